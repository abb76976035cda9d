// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase, avoid-low-level-calls

import {DatasetKind, DepartmentId, SharingClass} from "../Types.sol";
import {IAccessGrants} from "../interfaces/IAccessGrants.sol";
import {IDatasetRegistry} from "../interfaces/IDatasetRegistry.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";
import {ITransferLog} from "../interfaces/ITransferLog.sol";
import {Base} from "./Base.sol";

/// @dev Every state-changing function, called by every role: one verdict each. The columns are
///
///     0      stranger
///     1-3    agency's ADMIN, OFFICER, AGENT
///     4-6    owner's (labour)
///     7-9    requester's (health)
///     10-12  suspended department's (energy)
///     13     ADMIN of a department that is admitted, not yet a member
///
/// and the verdicts
///
///     Y  done                      r  recorded as refused
///     U  AccountUnauthorized       G  AgencyOnly
///     O  NotTheOwner, NotTheSender R  NotTheRequester, NotTheReceiver
///     S  DepartmentIsSuspended     N  DepartmentNotYetAdmitted
///     D  OwnDataset
///
/// The errors' arguments follow: whom they name, and which capabilities would have sufficed.
contract RolesTest is Base {
    uint256 private constant ROLES = 14;
    DepartmentId private constant PENDING = DepartmentId.wrap(5);
    address private constant NEWCOMER = address(0xabc);

    string private constant AGENCY_OFFICER = "GGYGGGGGGGGGGG";
    string private constant OWN_ADMIN = "UYUUYUUYUUSUUN";
    string private constant OWN_ADMIN_EVEN_SUSPENDED = "UYUUYUUYUUYUUN";
    string private constant OWNER_OFFICER = "UUOUUYUUOUUSUU";
    string private constant OWNER_AGENT = "UUOOUYYUOOUSSU";
    string private constant RECEIVER = "UURRURRUYYUSSU";
    string private constant RECEIVER_EVEN_SUSPENDED = "UURRURRUYYURRU";

    function setUp() public override {
        super.setUp();
        suspendMember(ENERGY);
        admitMember("tax", PENDING);
    }

    // ------------------------------------------------------------------ DepartmentRegistry
    function test_admit() public {
        check(
            abi.encodeCall(departments.admit, ("parks", NEWCOMER, digest("card"))),
            AGENCY_OFFICER
        );
    }

    function test_suspend_a_member() public {
        check(abi.encodeCall(departments.suspend, (HEALTH, why())), AGENCY_OFFICER);
    }

    function test_reinstate() public {
        check(abi.encodeCall(departments.reinstate, (ENERGY, why())), AGENCY_OFFICER);
    }

    function test_appoint_an_auditor() public {
        check(abi.encodeCall(departments.appointAuditor, (HEALTH)), AGENCY_OFFICER);
    }

    function test_set_deadlines() public {
        check(abi.encodeCall(departments.setDeadlines, (periodsOf(100))), AGENCY_OFFICER);
    }

    function test_add_an_account() public {
        check(abi.encodeCall(departments.addAccount, (NEWCOMER, 4)), OWN_ADMIN);
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
        check(abi.encodeCall(departments.publishKey, (2, publicKey(2))), OWN_ADMIN);
    }

    function test_retire_a_key() public {
        check(abi.encodeCall(departments.retireKey, (1)), OWN_ADMIN_EVEN_SUSPENDED);
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
        checkDatasets(call_, "UUYUUYUUYUUSUU");
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
            IDatasetRegistry.Rules(SharingClass.Conditional, 1, true),
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

    // ------------------------------------------------------------------ AccessGrants
    function test_request() public {
        checkGrants(abi.encodeCall(grants.request, (DATASET, terms())), "UUYUUDUUYUUSUU");
    }

    function test_approve() public {
        bytes memory call_ = abi.encodeCall(grants.approve, (ask(HEALTH), digest("terms")));
        checkGrants(call_, OWNER_OFFICER);
    }

    function test_refuse() public {
        checkGrants(abi.encodeCall(grants.refuse, (ask(HEALTH), why())), OWNER_OFFICER);
    }

    function test_withdraw_a_request() public {
        checkGrants(abi.encodeCall(grants.withdraw, (ask(HEALTH))), "UURUURUUYUUSUU");
    }

    function test_suspend_a_grant() public {
        checkGrants(abi.encodeCall(grants.suspend, (GRANT, why())), OWNER_OFFICER);
    }

    function test_resume() public {
        VM.prank(officer(LABOUR));
        grants.suspend(GRANT, why());
        checkGrants(abi.encodeCall(grants.resume, (GRANT)), OWNER_OFFICER);
    }

    function test_revoke() public {
        checkGrants(abi.encodeCall(grants.revoke, (GRANT, why())), OWNER_OFFICER);
    }

    // ------------------------------------------------------------------ TransferLog
    function test_open() public {
        checkTransfers(abi.encodeCall(transfers.open, (DATASET, 1, GRANT)), "UUrrUrrUYYUSSU");
    }

    function test_release() public {
        open();
        checkTransfers(
            abi.encodeCall(transfers.release, (TRANSFER, manifestOf(1), 1, digest("wrap"))),
            OWNER_AGENT
        );
    }

    function test_decline() public {
        open();
        checkTransfers(abi.encodeCall(transfers.decline, (TRANSFER, why())), OWNER_AGENT);
    }

    function test_acknowledge() public {
        open();
        release(TRANSFER);
        checkTransfers(
            abi.encodeCall(transfers.acknowledge, (TRANSFER, manifestOf(1), digest("tag"))),
            RECEIVER_EVEN_SUSPENDED
        );
    }

    function test_dispute() public {
        open();
        release(TRANSFER);
        checkTransfers(
            abi.encodeCall(transfers.dispute, (TRANSFER, why())),
            RECEIVER_EVEN_SUSPENDED
        );
    }

    function test_settle() public {
        open();
        release(TRANSFER);
        dispute(TRANSFER);
        checkTransfers(abi.encodeCall(transfers.settle, (TRANSFER, why())), RECEIVER);
    }

    // ------------------------------------------------------------------ the judge
    function check(bytes memory call_, string memory verdicts) private {
        checkAll(address(departments), call_, verdicts);
    }

    function checkDatasets(bytes memory call_, string memory verdicts) private {
        checkAll(address(datasets), call_, verdicts);
    }

    function checkGrants(bytes memory call_, string memory verdicts) private {
        checkAll(address(grants), call_, verdicts);
    }

    function checkTransfers(bytes memory call_, string memory verdicts) private {
        checkAll(address(transfers), call_, verdicts);
    }

    function checkAll(address target, bytes memory call_, string memory verdicts) private {
        VM.assertEq(bytes(verdicts).length, ROLES);
        for (uint256 role = 0; role < ROLES; ++role) checkRole(role, target, call_, verdicts);
    }

    function checkRole(
        uint256 role,
        address target,
        bytes memory call_,
        string memory verdicts
    ) private {
        uint256 snapshot = VM.snapshotState();
        address caller =
            role == 0 ? STRANGER : account(departmentOf(role), uint32((role - 1) % 3) + 1);
        VM.prank(caller);
        (bool done, bytes memory answer) = target.call(call_);
        string memory verdict = done ? verdictOn(target, answer) : refusalOf(bytes4(answer));
        string memory expected = string(abi.encodePacked(bytes(verdicts)[role]));
        VM.assertEq(verdict, expected, string.concat("role ", VM.toString(role)));
        if (!done) VM.assertEq(answer, errorOf(role, caller, bytes4(answer), verdicts));
        VM.assertTrue(VM.revertToState(snapshot), "snapshot");
    }

    /// @dev The whole error, with the arguments that it has to have.
    function errorOf(
        uint256 role,
        address caller,
        bytes4 selector,
        string memory verdicts
    ) private view returns (bytes memory) {
        DepartmentId department = departmentOf(role);
        if (selector == IDepartmentRegistry.AccountUnauthorized.selector)
            return abi.encodeWithSelector(selector, caller, sufficient(verdicts));
        if (selector == IDepartmentRegistry.AgencyOnly.selector)
            return abi.encodeWithSelector(selector, caller);
        if (selector == IDepartmentRegistry.DepartmentIsSuspended.selector)
            return abi.encodeWithSelector(selector, department);
        if (selector == IDepartmentRegistry.DepartmentNotYetAdmitted.selector)
            return abi.encodeWithSelector(selector, department, block.timestamp + NOTICE);
        if (selector == IAccessGrants.OwnDataset.selector)
            return abi.encodeWithSelector(selector, DATASET);
        if (selector == IAccessGrants.NotTheRequester.selector)
            return abi.encodeWithSelector(selector, grants.grantCount(), department);
        // The dataset or transfer, which has the number 1, then the department.
        return abi.encodeWithSelector(selector, 1, department);
    }

    /// @dev What is held by those who were not refused for lack of it.
    function sufficient(string memory verdicts) private pure returns (uint8 capabilities) {
        for (uint256 role = 1; role < ROLES; ++role) {
            if (bytes(verdicts)[role] != "U") capabilities |= uint8(1 << ((role - 1) % 3));
        }
    }

    function departmentOf(uint256 role) private pure returns (DepartmentId) {
        return DepartmentId.wrap(role == 0 ? 0 : uint32((role - 1) / 3) + 1);
    }

    function verdictOn(address target, bytes memory answer) private view returns (string memory) {
        bool refused =
            target == address(transfers) &&
                answer.length == 32 &&
                abi.decode(answer, (uint256)) == 0;
        return refused ? "r" : "Y";
    }

    function refusalOf(bytes4 selector) private pure returns (string memory) {
        if (selector == IDepartmentRegistry.AccountUnauthorized.selector) return "U";
        if (selector == IDepartmentRegistry.AgencyOnly.selector) return "G";
        if (selector == IDepartmentRegistry.DepartmentIsSuspended.selector) return "S";
        if (selector == IDepartmentRegistry.DepartmentNotYetAdmitted.selector) return "N";
        if (selector == IDatasetRegistry.NotTheOwner.selector) return "O";
        if (selector == ITransferLog.NotTheSender.selector) return "O";
        if (selector == IAccessGrants.NotTheRequester.selector) return "R";
        if (selector == ITransferLog.NotTheReceiver.selector) return "R";
        if (selector == IAccessGrants.OwnDataset.selector) return "D";
        return "another error";
    }
}
