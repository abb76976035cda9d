// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {Capability, DepartmentId, Periods} from "../../Types.sol";
import {IDepartmentRegistry} from "../../interfaces/IDepartmentRegistry.sol";
import {Call, Handler} from "./Handler.sol";

/// @dev Every call of {DepartmentRegistry}.
abstract contract MemberCalls is Handler {
    uint32 internal constant MEMBERS = 8;

    // ------------------------------------------------------------------ of the agency
    function admit(uint256 seed) external drawing(seed) {
        uint32 next = memberCount + 1;
        // Enough members, else nobody meets anybody.
        if (next > MEMBERS) next = anyDepartment();
        agencyDoes(
            Call.Admit,
            address(departments),
            abi.encodeCall(
                departments.admit,
                (bytes32(bytes1(uint8(0x60 + next))), account(next, 1), digest(1))
            )
        );
    }

    function suspendMember(uint256 seed) external drawing(seed) {
        agencyDoes(
            Call.SuspendMember,
            address(departments),
            abi.encodeCall(departments.suspend, (DepartmentId.wrap(anyDepartment()), why()))
        );
    }

    function reinstate(uint256 seed) external drawing(seed) {
        uint32 department = anyDepartment();
        for (uint256 i = 0; i < memberCount && !members[department].suspended; ++i)
            department = (department % memberCount) + 1;
        agencyDoes(
            Call.Reinstate,
            address(departments),
            abi.encodeCall(departments.reinstate, (DepartmentId.wrap(department), why()))
        );
    }

    function appointAuditor(uint256 seed) external drawing(seed) {
        agencyDoes(
            Call.AppointAuditor,
            address(departments),
            abi.encodeCall(departments.appointAuditor, (DepartmentId.wrap(anyDepartment())))
        );
    }

    function removeAuditor(uint256 seed) external drawing(seed) {
        uint32 department = anyDepartment();
        for (uint256 i = 0; i < memberCount && !isAuditor(department); ++i)
            department = (department % memberCount) + 1;
        agencyDoes(
            Call.RemoveAuditor,
            address(departments),
            abi.encodeCall(departments.removeAuditor, (DepartmentId.wrap(department), why()))
        );
    }

    function setDeadlines(uint256 seed) external drawing(seed) {
        uint32 least = usually() ? MINIMUM : 0;
        Periods memory set = Periods(
            least + uint32(draw(2 hours)),
            least + uint32(draw(2 hours)),
            least + uint32(draw(2 hours)),
            least + uint32(draw(2 hours)),
            least + uint32(draw(2 hours))
        );
        agencyDoes(
            Call.SetDeadlines,
            address(departments),
            abi.encodeCall(departments.setDeadlines, (set))
        );
    }

    function setGroupMember(uint256 seed) external drawing(seed) {
        DepartmentId department = DepartmentId.wrap(anyDepartment());
        agencyDoes(
            Call.SetGroupMember,
            address(departments),
            abi.encodeCall(departments.setGroupMember, ("bureaus", department, draw(3) != 0))
        );
    }

    function publishScorecard(uint256 seed) external drawing(seed) {
        IDepartmentRegistry.Standing[] memory set = new IDepartmentRegistry.Standing[](draw(10));
        for (uint256 i = 0; i < set.length; ++i) {
            set[i].department = DepartmentId.wrap(anyDepartment());
            set[i].standing = uint8(draw(4));
        }
        agencyDoes(
            Call.PublishScorecard,
            address(departments),
            abi.encodeCall(departments.publishScorecard, (digest(1), set))
        );
    }

    function resetAdmin(uint256 seed) external drawing(seed) {
        uint32 department = anyDepartment();
        address admin = usually() ? account(department, 1000 + draw(1000)) : anybody();
        agencyDoes(
            Call.ResetAdmin,
            address(departments),
            abi.encodeCall(departments.resetAdmin, (DepartmentId.wrap(department), admin, why()))
        );
    }

    function proposeHandover(uint256 seed) external drawing(seed) {
        uint32 proposed = usually() ? anyDepartment() : 0;
        agencyDoes(
            Call.ProposeHandover,
            address(departments),
            abi.encodeCall(departments.proposeHandover, (DepartmentId.wrap(proposed)))
        );
    }

    /// @dev Rarely: afterwards little is left to do.
    function retire(uint256 seed) external drawing(seed) {
        if (draw(6) != 0) return;
        agencyDoes(
            Call.Retire,
            address(departments),
            abi.encodeCall(departments.retire, (digest(draw(3))))
        );
    }

    function publishFinding(uint256 seed) external drawing(seed) {
        uint32 finder = draw(2) == 0 ? agencyNow() : anyDepartment();
        address by = oneOf(finder, Capability.OFFICER);
        uint32 own = accounts[by].department;
        perform(
            Call.PublishFinding,
            by,
            address(departments),
            abi.encodeCall(departments.publishFinding, (DepartmentId.wrap(anyDepartment()), why())),
            isOfAgency(by) || (isAuditor(own) && holds(by, own, Capability.OFFICER))
        );
    }

    function acceptHandover(uint256 seed) external drawing(seed) {
        address by = oneOf(successor, Capability.OFFICER);
        perform(
            Call.AcceptHandover,
            by,
            address(departments),
            abi.encodeCall(departments.acceptHandover, ()),
            holds(by, successor, Capability.OFFICER)
        );
    }

    // ------------------------------------------------------------------ of a department
    function addAccount(uint256 seed) external drawing(seed) {
        uint32 department = anyDepartment();
        address added = usually() ? account(department, 1 + draw(2 * ROLES)) : anybody();
        _adminDoes(
            Call.AddAccount,
            department,
            abi.encodeCall(departments.addAccount, (added, uint8(draw(9))))
        );
    }

    function removeAccount(uint256 seed) external drawing(seed) {
        uint32 department = anyDepartment();
        address removed = usually() ? account(department, 1 + draw(2 * ROLES)) : anybody();
        _adminDoes(
            Call.RemoveAccount,
            department,
            abi.encodeCall(departments.removeAccount, (removed))
        );
    }

    function publishKey(uint256 seed) external drawing(seed) {
        uint32 department = anyDepartment();
        uint32 number = members[department].keys + (usually() ? 1 : uint32(draw(3)));
        _adminDoes(
            Call.PublishKey,
            department,
            abi.encodeCall(departments.publishKey, (number, new bytes(1216)))
        );
    }

    function retireKey(uint256 seed) external drawing(seed) {
        uint32 department = anyDepartment();
        uint32 number = uint32(draw(members[department].keys + 2));
        _adminDoes(Call.RetireKey, department, abi.encodeCall(departments.retireKey, (number)));
    }

    function vetoReset(uint256 seed) external drawing(seed) {
        uint32 department = anyDepartment();
        for (uint256 i = 0; i < memberCount && !resetPending(department); ++i)
            department = (department % memberCount) + 1;
        address by = oneOf(department, Capability.ALL);
        perform(
            Call.VetoReset,
            by,
            address(departments),
            abi.encodeCall(departments.vetoReset, ()),
            resetPending(accounts[by].department) &&
                holdsEvenSuspended(by, accounts[by].department, Capability.ALL)
        );
    }

    // ------------------------------------------------------------------ internal
    /// @dev The call names no department: it is the caller's own.
    function _adminDoes(Call call_, uint32 department, bytes memory data) private {
        address by = oneOf(department, Capability.ADMIN);
        uint32 own = accounts[by].department;
        bool entitled =
            call_ <= Call.Attest
                ? holdsEvenSuspended(by, own, Capability.ADMIN)
                : holds(by, own, Capability.ADMIN);
        perform(call_, by, address(departments), data, entitled);
    }
}
