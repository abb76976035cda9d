// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase

import {Capability} from "../Types.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";
import {Registries} from "./Registries.sol";

contract AccountsTest is Registries {
    address internal constant NEWCOMER = address(0xabc);

    function test_accounts_come_and_go() public {
        bytes32 head = departments.memberHead(LABOUR);
        VM.expectEmit(address(departments));
        emit IDepartmentRegistry.AccountAdded(LABOUR, NEWCOMER, Capability.ALL);
        VM.prank(admin(LABOUR));
        departments.addAccount(NEWCOMER, Capability.ALL);
        checkMemberHead(
            LABOUR,
            head,
            IDepartmentRegistry.AccountAdded.selector,
            abi.encode(LABOUR, NEWCOMER, Capability.ALL)
        );
        VM.assertTrue(departments.authorize(NEWCOMER, Capability.AGENT) == LABOUR, "added");

        head = departments.memberHead(LABOUR);
        VM.expectEmit(address(departments));
        emit IDepartmentRegistry.AccountRemoved(LABOUR, NEWCOMER);
        VM.prank(admin(LABOUR));
        departments.removeAccount(NEWCOMER);
        checkMemberHead(
            LABOUR,
            head,
            IDepartmentRegistry.AccountRemoved.selector,
            abi.encode(LABOUR, NEWCOMER)
        );
        VM.expectRevert(
            abi.encodeWithSelector(
                IDepartmentRegistry.AccountUnauthorized.selector,
                NEWCOMER,
                Capability.AGENT
            )
        );
        departments.authorize(NEWCOMER, Capability.AGENT);
    }

    function testFuzz_an_account_may_do_what_it_holds(uint8 held, uint8 needed) public {
        VM.prank(admin(LABOUR));
        if (held == 0 || held > 7) {
            VM.expectRevert(
                abi.encodeWithSelector(IDepartmentRegistry.CapabilitiesInvalid.selector, held)
            );
            departments.addAccount(NEWCOMER, held);
            return;
        }
        departments.addAccount(NEWCOMER, held);
        if (held & needed == 0) {
            VM.expectRevert(
                abi.encodeWithSelector(
                    IDepartmentRegistry.AccountUnauthorized.selector,
                    NEWCOMER,
                    needed
                )
            );
        }
        departments.authorize(NEWCOMER, needed);
    }

    function test_an_account_belongs_to_one_department() public {
        VM.prank(admin(LABOUR));
        VM.expectRevert(
            abi.encodeWithSelector(IDepartmentRegistry.AccountTaken.selector, agent(HEALTH), HEALTH)
        );
        departments.addAccount(agent(HEALTH), Capability.AGENT);
        VM.prank(admin(LABOUR));
        VM.expectRevert(
            abi.encodeWithSelector(IDepartmentRegistry.AccountUnknown.selector, agent(HEALTH))
        );
        departments.removeAccount(agent(HEALTH));
        VM.prank(admin(LABOUR));
        VM.expectRevert(
            abi.encodeWithSelector(IDepartmentRegistry.AccountUnknown.selector, NEWCOMER)
        );
        departments.removeAccount(NEWCOMER);
    }

    function test_the_last_admin_stays() public {
        VM.prank(admin(LABOUR));
        VM.expectRevert(abi.encodeWithSelector(IDepartmentRegistry.AdminRequired.selector, LABOUR));
        departments.removeAccount(admin(LABOUR));

        VM.startPrank(admin(LABOUR));
        departments.addAccount(NEWCOMER, Capability.ADMIN | Capability.AGENT);
        departments.removeAccount(admin(LABOUR));
        VM.stopPrank();
        VM.prank(NEWCOMER);
        VM.expectRevert(abi.encodeWithSelector(IDepartmentRegistry.AdminRequired.selector, LABOUR));
        departments.removeAccount(NEWCOMER);
    }

    function test_a_suspension_reaches_every_account_and_ends_for_each() public {
        VM.startPrank(admin(LABOUR));
        departments.addAccount(NEWCOMER, Capability.OFFICER);
        VM.stopPrank();
        VM.prank(officer(AGENCY));
        departments.suspend(LABOUR, why());
        // One that is removed meanwhile doesn't disturb the others.
        VM.prank(admin(LABOUR));
        departments.removeAccount(agent(LABOUR));
        bytes memory refusal = abi.encodeWithSelector(
            IDepartmentRegistry.DepartmentIsSuspended.selector,
            LABOUR
        );
        VM.expectRevert(refusal);
        departments.authorize(NEWCOMER, Capability.OFFICER);
        VM.expectRevert(refusal);
        departments.authorize(officer(LABOUR), Capability.OFFICER);
        VM.prank(officer(AGENCY));
        departments.reinstate(LABOUR, why());
        VM.assertTrue(departments.authorize(NEWCOMER, Capability.OFFICER) == LABOUR, "newcomer");
        VM.assertTrue(
            departments.authorize(officer(LABOUR), Capability.OFFICER) == LABOUR,
            "officer"
        );
    }

    function test_suspensions_are_looked_up_only_while_there_are_some() public {
        uint256 before = readsOfAuthorization();
        suspendMember(HEALTH);
        VM.assertTrue(readsOfAuthorization() > before, "looked up");
        VM.prank(officer(AGENCY));
        departments.reinstate(HEALTH, why());
        VM.assertEq(readsOfAuthorization(), before);
    }

    function test_resets_are_looked_up_only_once_there_was_one() public {
        VM.assertEq(readsOfReset(), 1);
        resetAdmin(HEALTH, NEWCOMER);
        VM.assertTrue(readsOfReset() > 1, "looked up");
    }

    function test_an_account_that_a_suspended_department_removed_is_a_stranger_s() public {
        suspendMember(LABOUR);
        VM.prank(admin(LABOUR));
        departments.removeAccount(agent(LABOUR));
        // Another department may take it; neither the suspension nor its end comes with it.
        VM.prank(admin(HEALTH));
        departments.addAccount(agent(LABOUR), Capability.OFFICER);
        VM.assertTrue(
            departments.authorize(agent(LABOUR), Capability.OFFICER) == HEALTH,
            "not suspended"
        );
        suspendMember(HEALTH);
        VM.prank(officer(AGENCY));
        departments.reinstate(LABOUR, why());
        VM.expectRevert(
            abi.encodeWithSelector(IDepartmentRegistry.DepartmentIsSuspended.selector, HEALTH)
        );
        departments.authorize(agent(LABOUR), Capability.OFFICER);
    }

    function readsOfReset() private returns (uint256) {
        VM.record();
        departments.lastReset(LABOUR);
        (bytes32[] memory reads, ) = VM.accesses(address(departments));
        return reads.length;
    }

    function readsOfAuthorization() private returns (uint256) {
        VM.record();
        departments.authorize(officer(LABOUR), Capability.OFFICER);
        (bytes32[] memory reads, ) = VM.accesses(address(departments));
        return reads.length;
    }
}
