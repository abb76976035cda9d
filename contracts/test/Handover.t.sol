// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase

import {Capability, DepartmentId} from "../Types.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";
import {Registries} from "./Registries.sol";

contract HandoverTest is Registries {
    DepartmentId internal constant NONE = DepartmentId.wrap(0);
    DepartmentId internal constant NEXT = DepartmentId.wrap(5);
    address internal constant NEWCOMER = address(0xabc);

    function test_the_agency_hands_over_in_two_steps_and_after_the_notice_period() public {
        uint40 effectiveAt = uint40(block.timestamp) + NOTICE;
        bytes32 head = departments.memberHead(AGENCY);
        VM.expectEmit(address(departments));
        emit IDepartmentRegistry.HandoverProposed(AGENCY, HEALTH);
        propose(HEALTH);
        checkMemberHead(
            AGENCY,
            head,
            IDepartmentRegistry.HandoverProposed.selector,
            abi.encode(AGENCY, HEALTH)
        );
        head = departments.memberHead(AGENCY);
        VM.expectEmit(address(departments));
        emit IDepartmentRegistry.HandoverAccepted(AGENCY, HEALTH, effectiveAt);
        accept(HEALTH);
        checkMemberHead(
            AGENCY,
            head,
            IDepartmentRegistry.HandoverAccepted.selector,
            abi.encode(AGENCY, HEALTH, effectiveAt)
        );
        VM.warp(effectiveAt - 1);
        checkAgency(AGENCY, HEALTH);
        VM.warp(effectiveAt);
        checkAgency(HEALTH, AGENCY);
    }

    function test_a_proposal_alone_changes_nothing() public {
        propose(HEALTH);
        VM.warp(block.timestamp + 10 * NOTICE);
        checkAgency(AGENCY, HEALTH);
    }

    function test_only_the_member_that_was_proposed_accepts_and_once() public {
        expect(HEALTH, abi.encodeWithSelector(refusal(), HEALTH));
        departments.acceptHandover();
        propose(HEALTH);
        expect(ENERGY, abi.encodeWithSelector(refusal(), ENERGY));
        departments.acceptHandover();
        expect(AGENCY, abi.encodeWithSelector(refusal(), AGENCY));
        departments.acceptHandover();
        accept(HEALTH);
        expect(HEALTH, abi.encodeWithSelector(refusal(), HEALTH));
        departments.acceptHandover();
        VM.warp(block.timestamp + NOTICE);
        expect(HEALTH, abi.encodeWithSelector(refusal(), HEALTH));
        departments.acceptHandover();
    }

    function test_only_a_member_in_good_standing_is_proposed() public {
        expect(AGENCY, abi.encodeWithSelector(IDepartmentRegistry.AgencyRequired.selector, AGENCY));
        departments.proposeHandover(AGENCY);
        expect(
            AGENCY,
            abi.encodeWithSelector(IDepartmentRegistry.DepartmentUnknown.selector, NEXT)
        );
        departments.proposeHandover(NEXT);
        admitMember("tax", NEXT);
        expect(
            AGENCY,
            abi.encodeWithSelector(
                IDepartmentRegistry.DepartmentNotYetAdmitted.selector,
                NEXT,
                block.timestamp + NOTICE
            )
        );
        departments.proposeHandover(NEXT);
        suspendMember(HEALTH);
        expect(
            AGENCY,
            abi.encodeWithSelector(IDepartmentRegistry.DepartmentIsSuspended.selector, HEALTH)
        );
        departments.proposeHandover(HEALTH);
    }

    function test_a_member_that_is_suspended_meanwhile_accepts_once_it_is_reinstated() public {
        propose(HEALTH);
        suspendMember(HEALTH);
        expect(
            HEALTH,
            abi.encodeWithSelector(IDepartmentRegistry.DepartmentIsSuspended.selector, HEALTH)
        );
        departments.acceptHandover();
        VM.prank(officer(AGENCY));
        departments.reinstate(HEALTH, why());
        accept(HEALTH);
    }

    function test_a_proposal_is_taken_back_or_replaced() public {
        propose(HEALTH);
        VM.expectEmit(address(departments));
        emit IDepartmentRegistry.HandoverProposed(AGENCY, NONE);
        propose(NONE);
        expect(HEALTH, abi.encodeWithSelector(refusal(), HEALTH));
        departments.acceptHandover();
        propose(HEALTH);
        propose(ENERGY);
        expect(HEALTH, abi.encodeWithSelector(refusal(), HEALTH));
        departments.acceptHandover();
        accept(ENERGY);
    }

    function test_an_accepted_handover_is_taken_back_before_it_takes_effect() public {
        handOver(HEALTH);
        VM.warp(block.timestamp + NOTICE - 1);
        propose(NONE);
        VM.warp(block.timestamp + NOTICE);
        checkAgency(AGENCY, HEALTH);
        // And replaced: the next one has to accept too.
        handOver(HEALTH);
        propose(ENERGY);
        VM.warp(block.timestamp + NOTICE);
        checkAgency(AGENCY, HEALTH);
        accept(ENERGY);
        VM.warp(block.timestamp + NOTICE);
        checkAgency(ENERGY, AGENCY);
    }

    function test_what_is_in_effect_is_not_taken_back() public {
        handOver(HEALTH);
        VM.warp(block.timestamp + NOTICE);
        expect(
            AGENCY,
            abi.encodeWithSelector(IDepartmentRegistry.AgencyOnly.selector, officer(AGENCY))
        );
        departments.proposeHandover(NONE);
        // The next agency's own proposal leaves it the agency.
        VM.prank(officer(HEALTH));
        departments.proposeHandover(NONE);
        checkAgency(HEALTH, AGENCY);
        VM.prank(officer(HEALTH));
        departments.proposeHandover(AGENCY);
        checkAgency(HEALTH, AGENCY);
        accept(AGENCY);
        VM.warp(block.timestamp + NOTICE);
        checkAgency(AGENCY, HEALTH);
    }

    function test_the_coming_agency_is_neither_suspended_nor_reset() public {
        propose(HEALTH);
        suspendMember(HEALTH);
        VM.prank(officer(AGENCY));
        departments.reinstate(HEALTH, why());
        accept(HEALTH);
        bytes memory refused = abi.encodeWithSelector(
            IDepartmentRegistry.AgencyRequired.selector,
            HEALTH
        );
        expect(AGENCY, refused);
        departments.suspend(HEALTH, why());
        expect(AGENCY, refused);
        departments.resetAdmin(HEALTH, NEWCOMER, why());
        // Others are, and so is it once the handover is taken back.
        suspendMember(ENERGY);
        propose(NONE);
        suspendMember(HEALTH);
    }

    function test_no_admin_is_placed_in_the_next_agency_by_the_last() public {
        propose(HEALTH);
        resetAdmin(HEALTH, NEWCOMER);
        uint40 effectiveAt = uint40(block.timestamp) + NOTICE;
        expect(
            HEALTH,
            abi.encodeWithSelector(IDepartmentRegistry.ResetPending.selector, HEALTH, effectiveAt)
        );
        departments.acceptHandover();
        VM.prank(agent(HEALTH));
        departments.vetoReset();
        accept(HEALTH);
        VM.warp(effectiveAt);
        checkAgency(HEALTH, AGENCY);
    }

    function test_a_member_whose_reset_is_in_effect_can_become_the_agency() public {
        resetAdmin(HEALTH, NEWCOMER);
        VM.warp(block.timestamp + NOTICE);
        handOver(HEALTH);
        VM.warp(block.timestamp + NOTICE);
        checkAgency(HEALTH, AGENCY);
    }

    function test_after_the_handover_the_last_agency_is_a_member_like_others() public {
        handOver(HEALTH);
        VM.warp(block.timestamp + NOTICE);
        VM.startPrank(officer(HEALTH));
        departments.resetAdmin(AGENCY, NEWCOMER, why());
        departments.suspend(AGENCY, why());
        bytes memory refused = abi.encodeWithSelector(
            IDepartmentRegistry.AgencyRequired.selector,
            HEALTH
        );
        VM.expectRevert(refused);
        departments.suspend(HEALTH, why());
        VM.expectRevert(refused);
        departments.resetAdmin(HEALTH, address(0xdef), why());
        VM.stopPrank();
        VM.expectRevert(
            abi.encodeWithSelector(IDepartmentRegistry.DepartmentIsSuspended.selector, AGENCY)
        );
        departments.authorize(officer(AGENCY), Capability.OFFICER);
    }

    function test_the_agency_s_events_extend_the_head_of_the_agency_in_effect() public {
        handOver(HEALTH);
        VM.warp(block.timestamp + NOTICE);
        bytes32 head = departments.memberHead(HEALTH);
        VM.prank(officer(HEALTH));
        departments.setDeadlines(periodsOf(100));
        checkMemberHead(
            HEALTH,
            head,
            IDepartmentRegistry.DeadlinesSet.selector,
            abi.encode(HEALTH, periodsOf(100), uint40(block.timestamp) + NOTICE)
        );
    }

    // ------------------------------------------------------------------ helpers
    function propose(DepartmentId successor) private {
        VM.prank(officer(AGENCY));
        departments.proposeHandover(successor);
    }

    function accept(DepartmentId successor) private {
        VM.prank(officer(successor));
        departments.acceptHandover();
    }

    function refusal() private pure returns (bytes4) {
        return IDepartmentRegistry.HandoverNotProposed.selector;
    }

    function checkAgency(DepartmentId agency, DepartmentId other) private {
        VM.assertTrue(departments.agency() == agency, "agency");
        VM.assertTrue(departments.authorizeAgency(officer(agency)) == agency, "its officer");
        VM.expectRevert(
            abi.encodeWithSelector(IDepartmentRegistry.AgencyOnly.selector, officer(other))
        );
        departments.authorizeAgency(officer(other));
    }

    function expect(DepartmentId by, bytes memory refusal) private {
        VM.prank(officer(by));
        VM.expectRevert(refusal);
    }
}
