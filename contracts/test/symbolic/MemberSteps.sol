// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase, check-send-result

import {ConsentId, DatasetId, DepartmentId, GrantId, Periods, TransferId} from "../../Types.sol";
import {IAccessGrants} from "../../interfaces/IAccessGrants.sol";
import {Check, Reach, Symbolic} from "./Symbolic.sol";

/// @dev What one call on members, or two, lead to, from whatever state.
abstract contract MemberSteps is Symbolic {
    uint256 private constant NOTICE = 3600;

    function check_periods_are_never_below_the_minimum(address by, Periods memory set) public {
        uint32 least = departments.minimumPeriod();
        may(
            set.respond >= least &&
                set.release >= least &&
                set.acknowledge >= least &&
                set.comply >= least &&
                set.attest >= least,
            by,
            address(departments),
            abi.encodeCall(departments.setDeadlines, (set))
        );
    }

    function check_nobody_has_two_departments(
        address by,
        address account,
        uint8 capabilities
    ) public {
        (DepartmentId before, ) = departments.accountOf(account);
        may(
            DepartmentId.unwrap(before) == 0,
            by,
            address(departments),
            abi.encodeCall(departments.addAccount, (account, capabilities))
        );
    }

    function check_a_reset_takes_nobodys_account(
        address by,
        DepartmentId department,
        address account
    ) public {
        (DepartmentId before, ) = departments.accountOf(account);
        may(
            DepartmentId.unwrap(before) == 0 && department != departments.agency(),
            by,
            address(departments),
            abi.encodeCall(departments.resetAdmin, (department, account, why()))
        );
    }

    function check_a_reset_gives_nothing_before_its_notice(
        address by,
        DepartmentId department,
        address account,
        uint32 later
    ) public {
        bytes memory call_ = abi.encodeCall(departments.resetAdmin, (department, account, why()));
        if (!calls(by, address(departments), call_)) return;
        VM.assume(later < NOTICE);
        VM.warp(time + later);
        allows(!_mayAct(account));
    }

    function check_removed_accounts_may_do_nothing(address by, address account) public {
        bytes memory call_ = abi.encodeCall(departments.removeAccount, (account));
        if (!calls(by, address(departments), call_)) return;
        allows(!_mayAct(account));
    }

    function check_the_agency_is_not_suspended(address by, DepartmentId department) public {
        may(
            department != departments.agency(),
            by,
            address(departments),
            abi.encodeCall(departments.suspend, (department, why()))
        );
    }

    function check_a_proposal_is_no_handover(address by, DepartmentId proposed) public {
        DepartmentId before = departments.agency();
        bytes memory call_ = abi.encodeCall(departments.proposeHandover, (proposed));
        if (!calls(by, address(departments), call_)) return;
        allows(departments.agency() == before);
    }

    function check_a_handover_waits_for_its_notice(address by, uint32 later) public {
        DepartmentId before = departments.agency();
        bytes memory call_ = abi.encodeCall(departments.acceptHandover, ());
        if (!calls(by, address(departments), call_)) return;
        VM.assume(later < NOTICE);
        VM.warp(time + later);
        allows(departments.agency() == before);
    }

    function check_a_retired_deployment_opens_nothing(
        address agency,
        address by,
        uint32 number,
        uint8 which
    ) public {
        answersAnything(address(datasets));
        answersAnything(address(consents));
        bytes memory call_ = abi.encodeCall(departments.retire, ("successor"));
        if (!calls(agency, address(departments), call_)) return;
        VM.warp(time + NOTICE);
        (address target, bytes memory opening) = _openings(number, which);
        allows(!calls(by, target, opening));
    }

    function _mayAct(address account) private view returns (bool) {
        try departments.authorizeSuspended(account, type(uint8).max) returns (DepartmentId) {
            return true;
        } catch {
            return false;
        }
    }

    function _openings(
        uint32 n,
        uint8 which
    ) private view returns (address target, bytes memory call_) {
        IAccessGrants.Terms memory terms = IAccessGrants.Terms(
            bytes32("terms"),
            1,
            true,
            true,
            type(uint40).max
        );
        if (which == 0)
            return (
                address(departments),
                abi.encodeCall(departments.admit, ("tax", address(uint160(n)), "card"))
            );
        if (which < 2)
            return (address(grants), abi.encodeCall(grants.request, (DatasetId.wrap(n), terms)));
        target = address(transfers);
        if (which == 2)
            call_ = abi.encodeCall(transfers.open, (DatasetId.wrap(n), 1, GrantId.wrap(n)));
        else if (which == 3)
            call_ = abi.encodeCall(
                transfers.query,
                (DatasetId.wrap(n), GrantId.wrap(n), ConsentId.wrap(n), "query")
            );
        else if (which == 4)
            call_ = abi.encodeCall(transfers.send, (DepartmentId.wrap(n), "manifest", 1, "wrap"));
        else call_ = abi.encodeCall(transfers.release, (TransferId.wrap(n), "manifest", 1, "wrap"));
    }
}

contract MemberStepsCheck is MemberSteps, Check {}

contract MemberStepsReach is MemberSteps, Reach {}
