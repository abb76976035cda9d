// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase, avoid-low-level-calls

import {DatasetId, DatasetKind, DepartmentId, NeedId, SharingClass} from "../Types.sol";
import {IConsentRegistry} from "../interfaces/IConsentRegistry.sol";
import {IDatasetRegistry} from "../interfaces/IDatasetRegistry.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";
import {Judge} from "./Judge.sol";

contract RegistryRolesTest is Judge {
    string private constant ANY_OFFICER = "UUYUUYUUYUUSUU";
    string private constant ANY_AGENT = "UUYYUYYUYYUSSU";

    function setUp() public override {
        super.setUp();
        setRoles();
    }

    // ------------------------------------------------------------------ DepartmentRegistry
    function test_admit() public {
        checkDepartments(
            abi.encodeCall(departments.admit, ("parks", NEWCOMER, digest("card"))),
            AGENCY_OFFICER
        );
    }

    function test_suspend_a_member() public {
        checkDepartments(abi.encodeCall(departments.suspend, (HEALTH, why())), AGENCY_OFFICER);
    }

    function test_reinstate() public {
        checkDepartments(abi.encodeCall(departments.reinstate, (ENERGY, why())), AGENCY_OFFICER);
    }

    function test_appoint_an_auditor() public {
        checkDepartments(abi.encodeCall(departments.appointAuditor, (HEALTH)), AGENCY_OFFICER);
    }

    function test_set_deadlines() public {
        checkDepartments(
            abi.encodeCall(departments.setDeadlines, (periodsOf(100))),
            AGENCY_OFFICER
        );
    }

    function test_add_an_account() public {
        checkDepartments(abi.encodeCall(departments.addAccount, (NEWCOMER, 4)), OWN_ADMIN);
    }

    function test_remove_an_account() public {
        for (uint256 role = 0; role < ROLES; ++role) {
            address own = agent(departmentOf(role));
            checkRole(
                role,
                address(departments),
                abi.encodeCall(departments.removeAccount, (own)),
                OWN_ADMIN_EVEN_SUSPENDED
            );
        }
    }

    function test_publish_a_key() public {
        checkDepartments(abi.encodeCall(departments.publishKey, (2, publicKey(2))), OWN_ADMIN);
    }

    function test_retire_a_key() public {
        checkDepartments(abi.encodeCall(departments.retireKey, (1)), OWN_ADMIN_EVEN_SUSPENDED);
    }

    function test_remove_an_auditor() public {
        appointAuditor(HEALTH);
        checkDepartments(
            abi.encodeCall(departments.removeAuditor, (HEALTH, why())),
            AGENCY_OFFICER
        );
    }

    function test_set_a_group_s_member() public {
        checkDepartments(
            abi.encodeCall(departments.setGroupMember, ("bureaus", HEALTH, true)),
            AGENCY_OFFICER
        );
    }

    function test_publish_a_scorecard() public {
        IDepartmentRegistry.Standing[] memory lines = new IDepartmentRegistry.Standing[](1);
        lines[0] = IDepartmentRegistry.Standing(HEALTH, 3);
        checkDepartments(
            abi.encodeCall(departments.publishScorecard, (digest("scorecard"), lines)),
            AGENCY_OFFICER
        );
    }

    function test_publish_a_finding() public {
        appointAuditor(HEALTH);
        checkDepartments(
            abi.encodeCall(departments.publishFinding, (LABOUR, why())),
            "AAYAAAAAYAAAAA"
        );
    }

    function test_publish_a_finding_of_a_suspended_auditor() public {
        appointAuditor(ENERGY);
        checkDepartments(
            abi.encodeCall(departments.publishFinding, (LABOUR, why())),
            "AAYAAAAAAAASAA"
        );
    }

    function test_reset_an_admin() public {
        checkDepartments(
            abi.encodeCall(departments.resetAdmin, (LABOUR, NEWCOMER, why())),
            AGENCY_OFFICER
        );
    }

    function test_veto_a_reset() public {
        resetAdmin(LABOUR, NEWCOMER);
        resetAdmin(ENERGY, address(0xdef));
        checkDepartments(abi.encodeCall(departments.vetoReset, ()), "UHHHYYYHHHYYYN");
    }

    function test_propose_a_handover() public {
        checkDepartments(abi.encodeCall(departments.proposeHandover, (HEALTH)), AGENCY_OFFICER);
    }

    function test_accept_a_handover() public {
        VM.prank(officer(AGENCY));
        departments.proposeHandover(HEALTH);
        checkDepartments(abi.encodeCall(departments.acceptHandover, ()), "UUHUUHUUYUUSUU");
    }

    function test_retire_the_deployment() public {
        checkDepartments(abi.encodeCall(departments.retire, (digest("successor"))), AGENCY_OFFICER);
    }

    // ------------------------------------------------------------------ DatasetRegistry
    function test_publish_a_specification() public {
        checkDatasets(
            abi.encodeCall(datasets.publishSpecification, ("jobs", 1, digest("schema"))),
            AGENCY_OFFICER
        );
    }

    function test_register() public {
        bytes memory call_ = abi.encodeCall(
            datasets.register,
            ("beds", DatasetKind.File, rules(SharingClass.Open, 1), digest("d"))
        );
        checkDatasets(call_, ANY_OFFICER);
    }

    function test_edit() public {
        checkDatasets(
            abi.encodeCall(datasets.edit, (DATASET, rules(SharingClass.Open, 1), digest("d"))),
            OWNER_OFFICER
        );
    }

    function test_withdraw_a_dataset() public {
        checkDatasets(abi.encodeCall(datasets.withdraw, (DATASET, why())), OWNER_OFFICER);
    }

    function test_publish_a_version() public {
        checkDatasets(
            abi.encodeCall(datasets.publishVersion, (DATASET, 3, manifestOf(3))),
            OWNER_OFFICER
        );
    }

    function test_publish_a_version_where_agents_may() public {
        VM.prank(officer(LABOUR));
        datasets.edit(
            DATASET,
            IDatasetRegistry.Rules(SharingClass.Conditional, 1, true, false),
            digest("d")
        );
        checkDatasets(
            abi.encodeCall(datasets.publishVersion, (DATASET, 3, manifestOf(3))),
            OWNER_AGENT
        );
    }

    function test_withdraw_a_version() public {
        checkDatasets(abi.encodeCall(datasets.withdrawVersion, (DATASET, 1, why())), OWNER_OFFICER);
    }

    function test_deprecate_a_specification() public {
        VM.prank(officer(AGENCY));
        datasets.publishSpecification("jobs", 1, digest("schema"));
        checkDatasets(
            abi.encodeCall(datasets.deprecateSpecification, ("jobs", 1, why())),
            AGENCY_OFFICER
        );
    }

    function test_publish_a_need() public {
        checkDatasets(abi.encodeCall(datasets.publishNeed, (digest("need"))), ANY_OFFICER);
    }

    function test_withdraw_a_need() public {
        VM.prank(officer(HEALTH));
        datasets.publishNeed(digest("need"));
        checkDatasets(
            abi.encodeCall(datasets.withdrawNeed, (NeedId.wrap(1), why())),
            "UUWUUWUUYUUSUU"
        );
    }

    // ------------------------------------------------------------------ ConsentRegistry
    function test_record_a_consent() public {
        checkAll(address(consents), recordCall(), ANY_AGENT);
    }

    function test_withdraw_a_consent() public {
        bytes memory call_ = recordCall();
        VM.prank(agent(LABOUR));
        (bool done, ) = address(consents).call(call_);
        VM.assertTrue(done, "recorded");
        checkAll(
            address(consents),
            abi.encodeCall(consents.withdraw, (digest("secret"))),
            ANY_AGENT
        );
    }

    // ------------------------------------------------------------------ helpers
    function appointAuditor(DepartmentId department) private {
        VM.prank(officer(AGENCY));
        departments.appointAuditor(department);
    }

    function recordCall() private returns (bytes memory) {
        IDatasetRegistry.Rules memory asking = rules(SharingClass.Conditional, 1);
        asking.consentNeeded = true;
        VM.prank(officer(LABOUR));
        DatasetId service = datasets.register("jobs", DatasetKind.Service, asking, digest("d"));
        IConsentRegistry.Consent memory given = IConsentRegistry.Consent({
            dataset: service,
            receiver: HEALTH,
            purpose: 5,
            validUntil: START + 30 days,
            withdrawal: keccak256(abi.encode(digest("secret")))
        });
        // Whose signature it is doesn't matter here.
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(1, digest("consent"));
        return abi.encodeCall(consents.record, (given, abi.encodePacked(r, s, v)));
    }

    function checkDepartments(bytes memory call_, string memory verdicts) private {
        checkAll(address(departments), call_, verdicts);
    }

    function checkDatasets(bytes memory call_, string memory verdicts) private {
        checkAll(address(datasets), call_, verdicts);
    }
}
