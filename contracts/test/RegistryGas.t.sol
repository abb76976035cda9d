// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase

import {Capability, DatasetId, DatasetKind, DepartmentId, NeedId, SharingClass} from "../Types.sol";
import {IConsentRegistry} from "../interfaces/IConsentRegistry.sol";
import {IDatasetRegistry} from "../interfaces/IDatasetRegistry.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";
import {Registries} from "./Registries.sol";

/// @dev What calls of the registries cost at most: each is a transaction of its own, the first of its kind, so that the
/// slots it writes are new.
contract RegistryGasTest is Registries {
    uint256 private constant LIMIT = 150_000;
    address private constant NEWCOMER = address(0xabc);

    /// forge-config: default.isolate = true
    function test_calls_of_the_agency_stay_below_the_limit() public {
        IDepartmentRegistry.Standing[] memory standings = lines();
        VM.startPrank(officer(AGENCY));
        departments.admit("tax", NEWCOMER, digest("card"));
        check("admit");
        departments.publishScorecard(digest("scorecard"), standings);
        check("publishScorecard");
        departments.setGroupMember("municipal-health", HEALTH, true);
        check("setGroupMember");
        departments.appointAuditor(ENERGY);
        check("appointAuditor");
        departments.removeAuditor(ENERGY, why());
        check("removeAuditor");
        departments.publishFinding(HEALTH, why());
        check("publishFinding");
        departments.resetAdmin(HEALTH, address(0xdef), why());
        check("resetAdmin");
        departments.setDeadlines(periodsOf(100));
        check("setDeadlines");
        departments.suspend(LABOUR, why());
        check("suspend");
        departments.reinstate(LABOUR, why());
        check("reinstate");
        departments.retire(digest("successor"));
        check("retire");
        departments.proposeHandover(LABOUR);
        check("proposeHandover");
        datasets.publishSpecification("jobs", 1, digest("schema"));
        check("publishSpecification");
        datasets.deprecateSpecification("jobs", 1, why());
        check("deprecateSpecification");
    }

    /// forge-config: default.isolate = true
    function test_calls_of_a_department_stay_below_the_limit() public {
        VM.prank(admin(LABOUR));
        departments.addAccount(NEWCOMER, Capability.ADMIN);
        check("addAccount");
        VM.prank(admin(LABOUR));
        departments.removeAccount(NEWCOMER);
        check("removeAccount");
        resetAdmin(LABOUR, NEWCOMER);
        VM.prank(agent(LABOUR));
        departments.vetoReset();
        check("vetoReset");
        VM.prank(admin(LABOUR));
        departments.retireKey(1);
        check("retireKey");
        VM.prank(officer(AGENCY));
        departments.proposeHandover(LABOUR);
        VM.startPrank(officer(LABOUR));
        departments.acceptHandover();
        check("acceptHandover");
        datasets.publishNeed(digest("need"));
        check("publishNeed");
        datasets.withdrawNeed(NeedId.wrap(1), why());
        check("withdrawNeed");
        datasets.register("jobs", DatasetKind.Service, asking(), digest("d"));
        check("register");
        datasets.edit(DatasetId.wrap(2), asking(), digest("another"));
        check("edit");
        datasets.withdrawVersion(DATASET, 1, why());
        check("withdrawVersion");
        datasets.withdraw(DATASET, why());
        check("withdraw");
    }

    /// forge-config: default.isolate = true
    function test_consents_stay_below_the_limit() public {
        VM.startPrank(officer(LABOUR));
        datasets.register("jobs", DatasetKind.Service, asking(), digest("d"));
        IConsentRegistry.Consent memory given = IConsentRegistry.Consent({
            dataset: DatasetId.wrap(2),
            receiver: HEALTH,
            purpose: 5,
            validUntil: START + 30 days,
            withdrawal: keccak256(abi.encode(digest("secret")))
        });
        // Whose signature it is doesn't matter here.
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(1, digest("consent"));
        consents.record(given, abi.encodePacked(r, s, v));
        check("record");
        consents.withdraw(digest("secret"));
        check("withdraw");
    }

    /// @dev One for each of as many members as a scorecard may concern.
    function lines() private returns (IDepartmentRegistry.Standing[] memory all) {
        all = new IDepartmentRegistry.Standing[](departments.MAX_STANDINGS());
        for (uint32 i = 0; i < all.length; ++i) {
            all[i] = IDepartmentRegistry.Standing(DepartmentId.wrap(i + 1), uint8(i + 1));
            if (i >= departments.departmentCount())
                admitMember(bytes32(bytes1(uint8(0x61 + i))), DepartmentId.wrap(i + 1));
        }
    }

    function asking() private pure returns (IDatasetRegistry.Rules memory given) {
        given = rules(SharingClass.Conditional, 1);
        given.consentNeeded = true;
    }

    function check(string memory call_) private view {
        uint256 gas = VM.lastCallGas().gasTotalUsed;
        VM.assertLe(gas, LIMIT, call_);
    }
}
