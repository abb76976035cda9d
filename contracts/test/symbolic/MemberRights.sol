// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase

import {Capability, DepartmentId, Periods} from "../../Types.sol";
import {IDepartmentRegistry} from "../../interfaces/IDepartmentRegistry.sol";
import {Check, Reach, Symbolic} from "./Symbolic.sol";

/// @dev Who may make the calls of {DepartmentRegistry}.
abstract contract MemberRights is Symbolic {
    function check_admit(address by, address admin, bytes32 card) public {
        may(
            isOfAgency(by),
            by,
            address(departments),
            abi.encodeCall(departments.admit, ("tax", admin, card))
        );
    }

    function check_suspend_a_member(address by, DepartmentId department) public {
        may(
            isOfAgency(by),
            by,
            address(departments),
            abi.encodeCall(departments.suspend, (department, why()))
        );
    }

    function check_reinstate(address by, DepartmentId department) public {
        may(
            isOfAgency(by),
            by,
            address(departments),
            abi.encodeCall(departments.reinstate, (department, why()))
        );
    }

    function check_appoint_an_auditor(address by, DepartmentId department) public {
        may(
            isOfAgency(by),
            by,
            address(departments),
            abi.encodeCall(departments.appointAuditor, (department))
        );
    }

    function check_remove_an_auditor(address by, DepartmentId department) public {
        may(
            isOfAgency(by),
            by,
            address(departments),
            abi.encodeCall(departments.removeAuditor, (department, why()))
        );
    }

    function check_set_deadlines(address by, Periods memory periods) public {
        may(
            isOfAgency(by),
            by,
            address(departments),
            abi.encodeCall(departments.setDeadlines, (periods))
        );
    }

    function check_set_a_group(address by, DepartmentId department, bool member) public {
        may(
            isOfAgency(by),
            by,
            address(departments),
            abi.encodeCall(departments.setGroupMember, ("bureaus", department, member))
        );
    }

    function check_reset_an_admin(address by, DepartmentId department, address admin) public {
        may(
            isOfAgency(by),
            by,
            address(departments),
            abi.encodeCall(departments.resetAdmin, (department, admin, why()))
        );
    }

    function check_propose_a_handover(address by, DepartmentId proposed) public {
        may(
            isOfAgency(by),
            by,
            address(departments),
            abi.encodeCall(departments.proposeHandover, (proposed))
        );
    }

    function check_retire(address by, bytes32 successor) public {
        may(
            isOfAgency(by),
            by,
            address(departments),
            abi.encodeCall(departments.retire, (successor))
        );
    }

    function check_publish_a_scorecard(
        address by,
        bytes32 scorecard,
        DepartmentId department,
        uint8 standing
    ) public {
        IDepartmentRegistry.Standing[] memory set = new IDepartmentRegistry.Standing[](1);
        set[0] = IDepartmentRegistry.Standing(department, standing);
        may(
            isOfAgency(by),
            by,
            address(departments),
            abi.encodeCall(departments.publishScorecard, (scorecard, set))
        );
    }

    function check_publish_a_finding(address by, DepartmentId department) public {
        (DepartmentId own, ) = departments.accountOf(by);
        may(
            isOfAgency(by) || (departments.isAuditor(own) && holdsOne(by, Capability.OFFICER)),
            by,
            address(departments),
            abi.encodeCall(departments.publishFinding, (department, why()))
        );
    }

    function check_accept_a_handover(address by) public {
        may(
            holdsOne(by, Capability.OFFICER),
            by,
            address(departments),
            abi.encodeCall(departments.acceptHandover, ())
        );
    }

    function check_add_an_account(address by, address account, uint8 capabilities) public {
        may(
            holdsOne(by, Capability.ADMIN),
            by,
            address(departments),
            abi.encodeCall(departments.addAccount, (account, capabilities))
        );
    }

    function check_remove_an_account(address by, address account) public {
        (DepartmentId department, ) = departments.accountOf(account);
        may(
            holdsEvenSuspended(by, department, Capability.ADMIN),
            by,
            address(departments),
            abi.encodeCall(departments.removeAccount, (account))
        );
    }

    function check_retire_a_key(address by, uint32 keyNumber) public {
        (DepartmentId own, ) = departments.accountOf(by);
        may(
            holdsEvenSuspended(by, own, Capability.ADMIN),
            by,
            address(departments),
            abi.encodeCall(departments.retireKey, (keyNumber))
        );
    }

    function check_veto_a_reset(address by) public {
        (DepartmentId own, ) = departments.accountOf(by);
        may(
            holdsEvenSuspended(by, own, Capability.ALL),
            by,
            address(departments),
            abi.encodeCall(departments.vetoReset, ())
        );
    }
}

contract MemberRightsCheck is MemberRights, Check {
    /// @dev It has no twin: halmos can't hash a key, which only those come to who may publish one.
    function check_publish_key(address by, uint32 number) public {
        may(
            holdsOne(by, Capability.ADMIN),
            by,
            address(departments),
            abi.encodeCall(departments.publishKey, (number, new bytes(1216)))
        );
    }
}

contract MemberRightsReach is MemberRights, Reach {}
