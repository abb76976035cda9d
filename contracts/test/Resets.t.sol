// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase

import {Capability, DepartmentId, Reason} from "../Types.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";
import {Registries} from "./Registries.sol";

/// @dev A reset gives a department that lost its ADMIN a new one, and its agency nothing.
contract ResetsTest is Registries {
    address internal constant NEW_ADMIN = address(0xabc);
    address internal constant OTHER = address(0xdef);

    uint40 internal effectiveAt;

    function setUp() public override {
        super.setUp();
        effectiveAt = uint40(block.timestamp) + NOTICE;
    }

    // ------------------------------------------------------------------ announcement
    function test_a_reset_takes_effect_after_the_notice_period() public {
        bytes32 head = departments.memberHead(LABOUR);
        VM.expectEmit(address(departments));
        emit IDepartmentRegistry.AdminResetAnnounced(
            LABOUR,
            NEW_ADMIN,
            7,
            digest("reason"),
            effectiveAt
        );
        resetAdmin(LABOUR, NEW_ADMIN);
        checkMemberHead(
            LABOUR,
            head,
            IDepartmentRegistry.AdminResetAnnounced.selector,
            abi.encode(LABOUR, NEW_ADMIN, why(), effectiveAt)
        );
        VM.warp(effectiveAt - 1);
        expectUnauthorized(NEW_ADMIN);
        VM.assertEq(departments.lastReset(LABOUR), 0);
        VM.warp(effectiveAt);
        VM.assertTrue(departments.authorize(NEW_ADMIN, Capability.ADMIN) == LABOUR, "ADMIN");
        VM.assertEq(departments.lastReset(LABOUR), effectiveAt);
        VM.assertEq(departments.lastReset(HEALTH), 0);
        VM.expectRevert(
            abi.encodeWithSelector(
                IDepartmentRegistry.AccountUnauthorized.selector,
                NEW_ADMIN,
                Capability.OFFICER
            )
        );
        departments.authorize(NEW_ADMIN, Capability.OFFICER);
        VM.startPrank(NEW_ADMIN);
        departments.addAccount(OTHER, Capability.OFFICER);
        departments.removeAccount(admin(LABOUR));
        departments.publishKey(2, publicKey(2));
        VM.stopPrank();
        VM.assertTrue(departments.authorize(OTHER, Capability.OFFICER) == LABOUR, "OFFICER");
    }

    function test_the_new_admin_can_do_nothing_before_a_veto_is_too_late() public {
        resetAdmin(LABOUR, NEW_ADMIN);
        VM.warp(effectiveAt - 1);
        bytes memory refusal = abi.encodeWithSelector(
            IDepartmentRegistry.AccountUnauthorized.selector,
            NEW_ADMIN,
            Capability.ADMIN
        );
        VM.startPrank(NEW_ADMIN);
        VM.expectRevert(refusal);
        departments.addAccount(OTHER, Capability.OFFICER);
        VM.expectRevert(refusal);
        departments.removeAccount(admin(LABOUR));
        VM.expectRevert(refusal);
        departments.publishKey(2, publicKey(2));
        VM.expectRevert(refusal);
        departments.retireKey(1);
    }

    function test_nobody_but_a_member_that_is_not_the_agency_is_reset() public {
        DepartmentId next = DepartmentId.wrap(5);
        expectAgency(abi.encodeWithSelector(IDepartmentRegistry.AgencyRequired.selector, AGENCY));
        departments.resetAdmin(AGENCY, NEW_ADMIN, why());
        expectAgency(abi.encodeWithSelector(IDepartmentRegistry.DepartmentUnknown.selector, next));
        departments.resetAdmin(next, NEW_ADMIN, why());
        // Before it is a member it could hardly veto.
        admitMember("tax", next);
        expectAgency(
            abi.encodeWithSelector(
                IDepartmentRegistry.DepartmentNotYetAdmitted.selector,
                next,
                effectiveAt
            )
        );
        departments.resetAdmin(next, NEW_ADMIN, why());
    }

    function test_a_reset_asks_for_a_reason_and_a_free_account() public {
        Reason[2] memory missing = [Reason(0, digest("reason")), Reason(7, 0)];
        for (uint256 i = 0; i < 2; ++i) {
            expectAgency(abi.encodeWithSelector(IDepartmentRegistry.ReasonMissing.selector));
            departments.resetAdmin(LABOUR, NEW_ADMIN, missing[i]);
        }
        expectAgency(
            abi.encodeWithSelector(IDepartmentRegistry.AccountInvalid.selector, address(0))
        );
        departments.resetAdmin(LABOUR, address(0), why());
        address[2] memory taken = [officer(AGENCY), agent(LABOUR)];
        for (uint256 i = 0; i < 2; ++i) {
            (DepartmentId owner, ) = departments.accountOf(taken[i]);
            expectAgency(
                abi.encodeWithSelector(IDepartmentRegistry.AccountTaken.selector, taken[i], owner)
            );
            departments.resetAdmin(LABOUR, taken[i], why());
        }
    }

    function test_the_account_is_reserved_from_the_announcement_on() public {
        resetAdmin(LABOUR, NEW_ADMIN);
        bytes memory refusal = abi.encodeWithSelector(
            IDepartmentRegistry.AccountTaken.selector,
            NEW_ADMIN,
            LABOUR
        );
        VM.prank(admin(HEALTH));
        VM.expectRevert(refusal);
        departments.addAccount(NEW_ADMIN, Capability.AGENT);
        VM.prank(admin(LABOUR));
        VM.expectRevert(refusal);
        departments.addAccount(NEW_ADMIN, Capability.ALL);
        expectAgency(refusal);
        departments.admit("tax", NEW_ADMIN, digest("card"));
        expectAgency(refusal);
        departments.resetAdmin(HEALTH, NEW_ADMIN, why());
    }

    function test_one_reset_at_a_time() public {
        resetAdmin(LABOUR, NEW_ADMIN);
        VM.warp(effectiveAt - 1);
        expectAgency(
            abi.encodeWithSelector(IDepartmentRegistry.ResetPending.selector, LABOUR, effectiveAt)
        );
        departments.resetAdmin(LABOUR, OTHER, why());
        // Another department's is another matter.
        resetAdmin(HEALTH, OTHER);
    }

    // ------------------------------------------------------------------ veto
    function test_any_account_of_the_department_vetoes() public {
        address[3] memory accounts = [admin(LABOUR), officer(LABOUR), agent(LABOUR)];
        for (uint256 i = 0; i < 3; ++i) {
            resetAdmin(LABOUR, NEW_ADMIN);
            bytes32 head = departments.memberHead(LABOUR);
            VM.expectEmit(address(departments));
            emit IDepartmentRegistry.AdminResetVetoed(LABOUR, NEW_ADMIN, accounts[i]);
            veto(accounts[i]);
            checkMemberHead(
                LABOUR,
                head,
                IDepartmentRegistry.AdminResetVetoed.selector,
                abi.encode(LABOUR, NEW_ADMIN, accounts[i])
            );
        }
    }

    function test_a_vetoed_reset_leaves_nothing_behind() public {
        resetAdmin(LABOUR, NEW_ADMIN);
        VM.warp(effectiveAt - 1);
        veto(agent(LABOUR));
        VM.warp(effectiveAt + NOTICE);
        expectUnauthorized(NEW_ADMIN);
        (DepartmentId department, uint8 capabilities) = departments.accountOf(NEW_ADMIN);
        VM.assertTrue(department == DepartmentId.wrap(0) && capabilities == 0, "a stranger");
        VM.assertEq(departments.lastReset(LABOUR), 0);
        VM.assertTrue(departments.qualifies(LABOUR, 0, 0, START), "offers fit as before");
        expectLastAdmin(admin(LABOUR));
        // The account is free, and another department's suspension is not its own.
        VM.prank(admin(HEALTH));
        departments.addAccount(NEW_ADMIN, Capability.AGENT);
        suspendMember(LABOUR);
        VM.assertTrue(departments.authorize(NEW_ADMIN, Capability.AGENT) == HEALTH, "free");
    }

    function test_a_veto_after_an_earlier_reset_leaves_that_one() public {
        resetAdmin(LABOUR, NEW_ADMIN);
        VM.warp(effectiveAt);
        resetAdmin(LABOUR, OTHER);
        VM.assertEq(departments.lastReset(LABOUR), effectiveAt);
        veto(NEW_ADMIN);
        VM.warp(effectiveAt + NOTICE);
        VM.assertEq(departments.lastReset(LABOUR), effectiveAt);
        VM.assertTrue(departments.authorize(NEW_ADMIN, Capability.ADMIN) == LABOUR, "ADMIN");
        expectUnauthorized(OTHER);
    }

    function test_only_a_pending_reset_is_vetoed_and_only_by_its_department() public {
        bytes memory refusal = abi.encodeWithSelector(
            IDepartmentRegistry.ResetNotPending.selector,
            LABOUR
        );
        VM.prank(officer(LABOUR));
        VM.expectRevert(refusal);
        departments.vetoReset();
        resetAdmin(LABOUR, NEW_ADMIN);
        VM.prank(officer(HEALTH));
        VM.expectRevert(
            abi.encodeWithSelector(IDepartmentRegistry.ResetNotPending.selector, HEALTH)
        );
        departments.vetoReset();
        address[2] memory nobody = [STRANGER, NEW_ADMIN];
        for (uint256 i = 0; i < 2; ++i) {
            VM.prank(nobody[i]);
            VM.expectRevert(
                abi.encodeWithSelector(
                    IDepartmentRegistry.AccountUnauthorized.selector,
                    nobody[i],
                    Capability.ALL
                )
            );
            departments.vetoReset();
        }
        VM.warp(effectiveAt);
        VM.prank(officer(LABOUR));
        VM.expectRevert(refusal);
        departments.vetoReset();
    }

    // ------------------------------------------------------------------ the last ADMIN
    function test_the_admin_of_a_pending_reset_does_not_count_as_one() public {
        resetAdmin(LABOUR, NEW_ADMIN);
        VM.warp(effectiveAt - 1);
        expectLastAdmin(admin(LABOUR));
    }

    function test_in_effect_it_counts_for_the_old_admin_and_for_itself() public {
        resetAdmin(LABOUR, NEW_ADMIN);
        VM.warp(effectiveAt);
        VM.prank(admin(LABOUR));
        departments.removeAccount(admin(LABOUR));
        expectLastAdmin(NEW_ADMIN);
        VM.assertEq(departments.lastReset(LABOUR), effectiveAt);
    }

    function test_an_old_admin_that_turns_up_again_can_remove_the_new_one_but_not_the_reset()
        public
    {
        resetAdmin(LABOUR, NEW_ADMIN);
        VM.warp(effectiveAt);
        VM.prank(admin(LABOUR));
        departments.removeAccount(NEW_ADMIN);
        expectUnauthorized(NEW_ADMIN);
        expectLastAdmin(admin(LABOUR));
        VM.assertEq(departments.lastReset(LABOUR), effectiveAt);
        VM.assertTrue(!departments.qualifies(LABOUR, 0, 0, effectiveAt - 1), "no old offer");
    }

    function test_the_pending_admin_is_removed_by_a_veto_alone() public {
        resetAdmin(LABOUR, NEW_ADMIN);
        VM.prank(admin(LABOUR));
        VM.expectRevert(
            abi.encodeWithSelector(IDepartmentRegistry.ResetPending.selector, LABOUR, effectiveAt)
        );
        departments.removeAccount(NEW_ADMIN);
        // Others go as ever.
        VM.prank(admin(LABOUR));
        departments.removeAccount(agent(LABOUR));
    }

    function test_every_reset_adds_one_admin() public {
        resetAdmin(LABOUR, NEW_ADMIN);
        VM.warp(effectiveAt);
        resetAdmin(LABOUR, OTHER);
        VM.assertEq(departments.lastReset(LABOUR), effectiveAt);
        VM.warp(effectiveAt + NOTICE);
        VM.assertEq(departments.lastReset(LABOUR), effectiveAt + NOTICE);
        VM.startPrank(OTHER);
        departments.removeAccount(admin(LABOUR));
        departments.removeAccount(NEW_ADMIN);
        VM.stopPrank();
        expectLastAdmin(OTHER);
        VM.assertEq(departments.lastReset(LABOUR), effectiveAt + NOTICE);
    }

    // ------------------------------------------------------------------ suspension
    function test_a_suspended_department_is_reset_and_stays_suspended() public {
        suspendMember(LABOUR);
        resetAdmin(LABOUR, NEW_ADMIN);
        VM.warp(effectiveAt);
        expectSuspended(NEW_ADMIN);
        VM.prank(NEW_ADMIN);
        departments.removeAccount(admin(LABOUR));
        VM.prank(officer(AGENCY));
        departments.reinstate(LABOUR, why());
        VM.assertTrue(departments.authorize(NEW_ADMIN, Capability.ADMIN) == LABOUR, "reinstated");
    }

    function test_a_suspension_reaches_the_admin_of_a_pending_reset() public {
        resetAdmin(LABOUR, NEW_ADMIN);
        suspendMember(LABOUR);
        VM.warp(effectiveAt);
        expectSuspended(NEW_ADMIN);
    }

    function test_a_suspended_department_vetoes() public {
        suspendMember(LABOUR);
        resetAdmin(LABOUR, NEW_ADMIN);
        veto(agent(LABOUR));
        VM.warp(effectiveAt);
        expectUnauthorized(NEW_ADMIN);
    }

    // ------------------------------------------------------------------ what was granted before
    function test_no_offer_made_before_a_reset_fits_after_it() public {
        VM.assertTrue(departments.qualifies(LABOUR, 0, 0, 0), "never reset");
        resetAdmin(LABOUR, NEW_ADMIN);
        VM.warp(effectiveAt - 1);
        VM.assertTrue(departments.qualifies(LABOUR, 0, 0, START), "not in effect");
        VM.warp(effectiveAt);
        VM.assertTrue(!departments.qualifies(LABOUR, 0, 0, effectiveAt - 1), "before");
        VM.assertTrue(departments.qualifies(LABOUR, 0, 0, effectiveAt), "after");
        VM.assertTrue(departments.qualifies(HEALTH, 0, 0, START), "another's");
    }

    // ------------------------------------------------------------------ helpers
    function veto(address account_) private {
        VM.prank(account_);
        departments.vetoReset();
    }

    function expectLastAdmin(address account_) private {
        VM.prank(account_);
        VM.expectRevert(abi.encodeWithSelector(IDepartmentRegistry.AdminRequired.selector, LABOUR));
        departments.removeAccount(account_);
    }

    function expectUnauthorized(address account_) private {
        VM.expectRevert(
            abi.encodeWithSelector(
                IDepartmentRegistry.AccountUnauthorized.selector,
                account_,
                Capability.ADMIN
            )
        );
        departments.authorizeSuspended(account_, Capability.ADMIN);
    }

    function expectSuspended(address account_) private {
        VM.expectRevert(
            abi.encodeWithSelector(IDepartmentRegistry.DepartmentIsSuspended.selector, LABOUR)
        );
        departments.authorize(account_, Capability.ADMIN);
    }

    function expectAgency(bytes memory refusal) private {
        VM.prank(officer(AGENCY));
        VM.expectRevert(refusal);
    }
}
