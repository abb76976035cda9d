// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable avoid-low-level-calls

import {DepartmentId} from "../Types.sol";
import {IDatasetRegistry} from "../interfaces/IDatasetRegistry.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";
import {Registries} from "./Registries.sol";

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
///     A  AuditorOnly               H  HandoverNotProposed, ResetNotPending
///     O  NotTheOwner, NotTheSender R  NotTheRequester, NotTheReceiver
///     S  DepartmentIsSuspended     N  DepartmentNotYetAdmitted
///     D  OwnDataset                W  NotTheNeedsDepartment
///
/// The errors' arguments follow: whom they name, and which capabilities would have sufficed.
abstract contract Judge is Registries {
    uint256 internal constant ROLES = 14;
    DepartmentId internal constant PENDING = DepartmentId.wrap(5);
    address internal constant NEWCOMER = address(0xabc);

    string internal constant AGENCY_OFFICER = "GGYGGGGGGGGGGG";
    string internal constant OWN_ADMIN = "UYUUYUUYUUSUUN";
    string internal constant OWN_ADMIN_EVEN_SUSPENDED = "UYUUYUUYUUYUUN";
    string internal constant OWNER_OFFICER = "UUOUUYUUOUUSUU";
    string internal constant OWNER_AGENT = "UUOOUYYUOOUSSU";
    string internal constant RECEIVER = "UURRURRUYYUSSU";
    string internal constant RECEIVER_EVEN_SUSPENDED = "UURRURRUYYURRU";

    /// @dev "energy" is suspended and "tax" admitted; to be called at the end of `setUp`.
    function setRoles() internal {
        suspendMember(ENERGY);
        admitMember("tax", PENDING);
    }

    function checkAll(address target, bytes memory call_, string memory verdicts) internal {
        VM.assertEq(bytes(verdicts).length, ROLES);
        for (uint256 role = 0; role < ROLES; ++role) checkRole(role, target, call_, verdicts);
    }

    function checkRole(
        uint256 role,
        address target,
        bytes memory call_,
        string memory verdicts
    ) internal {
        uint256 snapshot = VM.snapshotState();
        address caller =
            role == 0 ? STRANGER : account(departmentOf(role), uint32((role - 1) % 3) + 1);
        VM.prank(caller);
        (bool done, bytes memory answer) = target.call(call_);
        string memory verdict = isRecordedRefusal(target, answer) ? "r" : "Y";
        bytes memory refusal = answer;
        if (!done) (verdict, refusal) = refusalOf(role, caller, bytes4(answer), verdicts);
        checkVerdict(role, verdict, verdicts);
        VM.assertEq(answer, refusal);
        VM.assertTrue(VM.revertToState(snapshot), "snapshot");
    }

    /// @dev The error's letter and the whole error, with the arguments that it has to have.
    function refusalOf(
        uint256 role,
        address caller,
        bytes4 selector,
        string memory verdicts
    ) internal view virtual returns (string memory verdict, bytes memory refusal) {
        DepartmentId department = departmentOf(role);
        bytes memory ofDepartment = abi.encodeWithSelector(selector, department);
        // The dataset or need, which has the number 1, then the department.
        bytes memory ofFirst = abi.encodeWithSelector(selector, 1, department);
        if (selector == IDepartmentRegistry.AccountUnauthorized.selector)
            return ("U", abi.encodeWithSelector(selector, caller, sufficient(verdicts)));
        if (selector == IDepartmentRegistry.AgencyOnly.selector)
            return ("G", abi.encodeWithSelector(selector, caller));
        if (selector == IDepartmentRegistry.AuditorOnly.selector)
            return ("A", abi.encodeWithSelector(selector, caller));
        if (selector == IDepartmentRegistry.HandoverNotProposed.selector)
            return ("H", ofDepartment);
        if (selector == IDepartmentRegistry.ResetNotPending.selector) return ("H", ofDepartment);
        if (selector == IDepartmentRegistry.DepartmentIsSuspended.selector)
            return ("S", ofDepartment);
        if (selector == IDepartmentRegistry.DepartmentNotYetAdmitted.selector)
            return ("N", abi.encodeWithSelector(selector, department, block.timestamp + NOTICE));
        if (selector == IDatasetRegistry.NotTheOwner.selector) return ("O", ofFirst);
        if (selector == IDatasetRegistry.NotTheNeedsDepartment.selector) return ("W", ofFirst);
        return ("another error", "");
    }

    /// @dev Whether a call that was done only recorded that it was refused.
    function isRecordedRefusal(address, bytes memory) internal view virtual returns (bool) {
        return false;
    }

    function departmentOf(uint256 role) internal pure returns (DepartmentId) {
        return DepartmentId.wrap(role == 0 ? 0 : uint32((role - 1) / 3) + 1);
    }

    function checkVerdict(
        uint256 role,
        string memory verdict,
        string memory verdicts
    ) private pure {
        string memory expected = string(abi.encodePacked(bytes(verdicts)[role]));
        VM.assertEq(verdict, expected, string.concat("role ", VM.toString(role)));
    }

    /// @dev What is held by those who were not refused for lack of it.
    function sufficient(string memory verdicts) private pure returns (uint8 capabilities) {
        for (uint256 role = 1; role < ROLES; ++role) {
            if (bytes(verdicts)[role] != "U") capabilities |= uint8(1 << ((role - 1) % 3));
        }
    }
}
