// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase, avoid-low-level-calls

import {Capability, DatasetId, DatasetKind, DepartmentId, NeedId, SharingClass} from "../Types.sol";
import {IConsentRegistry} from "../interfaces/IConsentRegistry.sol";
import {IDatasetRegistry} from "../interfaces/IDatasetRegistry.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";
import {HeadFolding} from "./HeadFolding.sol";

contract RegistryHeadsTest is HeadFolding {
    /// @dev One for each state-changing call.
    enum Act {
        Admit,
        SuspendMember,
        Reinstate,
        AppointAuditor,
        RemoveAuditor,
        SetGroupMember,
        PublishScorecard,
        PublishFinding,
        ResetAdmin,
        ProposeHandover,
        SetDeadlines,
        Retire,
        AcceptHandover,
        VetoReset,
        AddAccount,
        RemoveAccount,
        PublishKey,
        RetireKey,
        PublishSpecification,
        DeprecateSpecification,
        PublishNeed,
        WithdrawNeed,
        Register,
        Edit,
        WithdrawDataset,
        PublishVersion,
        WithdrawVersion,
        RecordConsent,
        WithdrawConsent
    }

    uint256 private constant EVENTS = 30;

    function setUp() public override {
        super.setUp();
        follow(departments);
        follow(datasets);
        follow(consents);
    }

    function test_every_event_extends_its_own_head_and_no_other() public {
        done(Act.SetDeadlines, 2);
        done(Act.AppointAuditor, 2);
        done(Act.RemoveAuditor, 2);
        done(Act.SetGroupMember, 2);
        done(Act.SetGroupMember, 3);
        done(Act.PublishScorecard, 2);
        done(Act.PublishFinding, 2);
        done(Act.AddAccount, 2);
        done(Act.RemoveAccount, 2);
        done(Act.PublishKey, 2);
        done(Act.RetireKey, 2);
        done(Act.Admit, 1);
        done(Act.SuspendMember, 4);
        done(Act.Reinstate, 4);
        done(Act.ResetAdmin, 4);
        done(Act.VetoReset, 4);
        done(Act.PublishSpecification, 1);
        done(Act.DeprecateSpecification, 1);
        done(Act.PublishNeed, 3);
        done(Act.WithdrawNeed, 3);
        done(Act.Register, 2);
        done(Act.RecordConsent, 1);
        done(Act.WithdrawConsent, 1);
        done(Act.Edit, 1);
        done(Act.PublishVersion, 1);
        done(Act.WithdrawVersion, 2);
        done(Act.WithdrawDataset, 1);
        done(Act.Retire, 1);
        done(Act.ProposeHandover, 2);
        done(Act.AcceptHandover, 2);
        VM.assertEq(kinds, EVENTS);
    }

    /// @dev Many calls of such a walk revert: those leave every head as it was. The agency changes on the way.
    function testFuzz_any_walk_leaves_the_heads_that_its_logs_tell(
        uint8[24] memory acts,
        uint8[24] memory numbers
    ) public {
        for (uint256 i = 0; i < acts.length; ++i) {
            act(Act(acts[i] % (uint8(type(Act).max) + 1)), (numbers[i] % 4) + 1);
            VM.warp(block.timestamp + uint256(numbers[i]) * 30);
        }
        checkHeads();
    }

    // ------------------------------------------------------------------ calls
    function done(Act act_, uint32 n) private {
        VM.warp(block.timestamp + 1);
        VM.assertTrue(act(act_, n), VM.toString(uint256(act_)));
        checkHeads();
    }

    function act(Act act_, uint32 n) private returns (bool) {
        DepartmentId member = DepartmentId.wrap(n);
        address agency = officer(departments.agency());
        if (act_ <= Act.Retire) return perform(agency, address(departments), agencyCall(act_, n));
        if (act_ <= Act.VetoReset)
            return perform(officer(member), address(departments), officerCall(act_));
        if (act_ <= Act.RetireKey)
            return perform(admin(member), address(departments), adminCall(act_, n));
        if (act_ <= Act.DeprecateSpecification)
            return perform(agency, address(datasets), specificationCall(act_, n));
        if (act_ <= Act.Register)
            return perform(officer(member), address(datasets), memberCall(act_));
        if (act_ <= Act.WithdrawVersion)
            return perform(officer(LABOUR), address(datasets), datasetCall(act_, n));
        return perform(agent(member), address(consents), consentCall(act_));
    }

    function agencyCall(Act act_, uint32 n) private view returns (bytes memory) {
        DepartmentId member = DepartmentId.wrap(n);
        if (act_ == Act.Admit)
            return
                abi.encodeCall(
                    departments.admit,
                    (bytes32(bytes1(uint8(0x60 + n))), address(uint160(0xaaa + n)), digest("card"))
                );
        if (act_ == Act.SuspendMember) return abi.encodeCall(departments.suspend, (member, why()));
        if (act_ == Act.Reinstate) return abi.encodeCall(departments.reinstate, (member, why()));
        if (act_ == Act.AppointAuditor) return abi.encodeCall(departments.appointAuditor, (member));
        if (act_ == Act.RemoveAuditor)
            return abi.encodeCall(departments.removeAuditor, (member, why()));
        if (act_ == Act.SetGroupMember)
            return abi.encodeCall(departments.setGroupMember, ("bureaus", member, n % 2 == 0));
        if (act_ == Act.PublishScorecard) {
            IDepartmentRegistry.Standing[] memory lines = new IDepartmentRegistry.Standing[](n);
            for (uint32 i = 0; i < n; ++i)
                lines[i] = IDepartmentRegistry.Standing(DepartmentId.wrap(i + 1), uint8(n));
            return abi.encodeCall(departments.publishScorecard, (digest("scorecard"), lines));
        }
        if (act_ == Act.PublishFinding)
            return abi.encodeCall(departments.publishFinding, (member, why()));
        if (act_ == Act.ResetAdmin)
            return
                abi.encodeCall(
                    departments.resetAdmin,
                    (member, address(uint160(0xbbb + n)), why())
                );
        if (act_ == Act.ProposeHandover)
            return abi.encodeCall(departments.proposeHandover, (member));
        if (act_ == Act.SetDeadlines)
            return abi.encodeCall(departments.setDeadlines, (periodsOf(100 * n)));
        return abi.encodeCall(departments.retire, (digest("successor")));
    }

    function officerCall(Act act_) private view returns (bytes memory) {
        if (act_ == Act.AcceptHandover) return abi.encodeCall(departments.acceptHandover, ());
        return abi.encodeCall(departments.vetoReset, ());
    }

    function adminCall(Act act_, uint32 n) private view returns (bytes memory) {
        address newcomer = account(DepartmentId.wrap(n), 9);
        if (act_ == Act.AddAccount)
            return abi.encodeCall(departments.addAccount, (newcomer, Capability.AGENT));
        if (act_ == Act.RemoveAccount) return abi.encodeCall(departments.removeAccount, (newcomer));
        if (act_ == Act.PublishKey)
            return abi.encodeCall(departments.publishKey, (2, publicKey(2)));
        return abi.encodeCall(departments.retireKey, (1));
    }

    function specificationCall(Act act_, uint32 n) private view returns (bytes memory) {
        if (act_ == Act.PublishSpecification)
            return abi.encodeCall(datasets.publishSpecification, ("jobs", n, digest("schema")));
        return abi.encodeCall(datasets.deprecateSpecification, ("jobs", n, why()));
    }

    function memberCall(Act act_) private view returns (bytes memory) {
        if (act_ == Act.PublishNeed) return abi.encodeCall(datasets.publishNeed, (digest("need")));
        if (act_ == Act.WithdrawNeed)
            return abi.encodeCall(datasets.withdrawNeed, (NeedId.wrap(1), why()));
        IDatasetRegistry.Rules memory asking = rules(SharingClass.Open, 1);
        asking.consentNeeded = true;
        return
            abi.encodeCall(datasets.register, ("beds", DatasetKind.Service, asking, digest("d")));
    }

    function datasetCall(Act act_, uint32 n) private view returns (bytes memory) {
        DatasetId dataset = DatasetId.wrap(n);
        if (act_ == Act.Edit)
            return
                abi.encodeCall(
                    datasets.edit,
                    (dataset, rules(SharingClass.Conditional, 2), digest("d"))
                );
        if (act_ == Act.WithdrawDataset) return abi.encodeCall(datasets.withdraw, (dataset, why()));
        if (act_ == Act.PublishVersion)
            return abi.encodeCall(datasets.publishVersion, (DATASET, n + 2, manifestOf(n + 2)));
        return abi.encodeCall(datasets.withdrawVersion, (DATASET, n, why()));
    }

    function consentCall(Act act_) private view returns (bytes memory) {
        bytes32 secret = digest("secret");
        if (act_ == Act.WithdrawConsent) return abi.encodeCall(consents.withdraw, (secret));
        // Whose signature it is doesn't matter here.
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(1, digest("consent"));
        IConsentRegistry.Consent memory given = IConsentRegistry.Consent({
            dataset: DatasetId.wrap(2),
            receiver: HEALTH,
            purpose: 5,
            validUntil: START + 365 days,
            withdrawal: keccak256(abi.encode(secret))
        });
        return abi.encodeCall(consents.record, (given, abi.encodePacked(r, s, v)));
    }
}
