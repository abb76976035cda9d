// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase

import {DepartmentId, Reason} from "../Types.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";
import {Registries} from "./Registries.sol";

contract AssessmentsTest is Registries {
    DepartmentId internal constant NEXT = DepartmentId.wrap(5);
    bytes32 internal constant GROUP = "municipal-health";

    // ------------------------------------------------------------------ auditors
    function test_an_auditor_is_appointed_once() public {
        bytes32 head = departments.memberHead(ENERGY);
        VM.expectEmit(address(departments));
        emit IDepartmentRegistry.AuditorAppointed(ENERGY);
        VM.prank(officer(AGENCY));
        departments.appointAuditor(ENERGY);
        checkMemberHead(
            ENERGY,
            head,
            IDepartmentRegistry.AuditorAppointed.selector,
            abi.encode(ENERGY)
        );
        VM.assertTrue(departments.isAuditor(ENERGY), "auditor");
        VM.assertTrue(!departments.isAuditor(HEALTH), "another");
        expectAgency(abi.encodeWithSelector(IDepartmentRegistry.AuditorAlready.selector, ENERGY));
        departments.appointAuditor(ENERGY);
        expectAgency(abi.encodeWithSelector(IDepartmentRegistry.DepartmentUnknown.selector, NEXT));
        departments.appointAuditor(NEXT);
    }

    function test_an_auditor_that_is_removed_audits_until_the_notice_period_ends() public {
        appoint(ENERGY);
        uint40 effectiveAt = uint40(block.timestamp) + NOTICE;
        bytes32 head = departments.memberHead(ENERGY);
        VM.expectEmit(address(departments));
        emit IDepartmentRegistry.AuditorRemoved(ENERGY, 7, digest("reason"), effectiveAt);
        remove(ENERGY);
        checkMemberHead(
            ENERGY,
            head,
            IDepartmentRegistry.AuditorRemoved.selector,
            abi.encode(ENERGY, why(), effectiveAt)
        );
        VM.warp(effectiveAt - 1);
        VM.assertTrue(departments.isAuditor(ENERGY), "still");
        VM.assertTrue(departments.authorizeAuditor(officer(ENERGY)) == ENERGY, "its officer");
        VM.prank(officer(ENERGY));
        departments.publishFinding(AGENCY, why());
        VM.warp(effectiveAt);
        VM.assertTrue(!departments.isAuditor(ENERGY), "no more");
        expectNoAuditor(officer(ENERGY));
    }

    function test_a_removal_is_announced_once_and_of_an_auditor() public {
        expectAgency(abi.encodeWithSelector(IDepartmentRegistry.NotAnAuditor.selector, ENERGY));
        departments.removeAuditor(ENERGY, why());
        appoint(ENERGY);
        remove(ENERGY);
        // Else a removal could be put off without end.
        expectAgency(abi.encodeWithSelector(IDepartmentRegistry.NotAnAuditor.selector, ENERGY));
        departments.removeAuditor(ENERGY, why());
        VM.warp(block.timestamp + NOTICE);
        expectAgency(abi.encodeWithSelector(IDepartmentRegistry.NotAnAuditor.selector, ENERGY));
        departments.removeAuditor(ENERGY, why());
    }

    function test_a_removed_auditor_is_appointed_again_once_it_is_none() public {
        appoint(ENERGY);
        remove(ENERGY);
        VM.warp(block.timestamp + NOTICE - 1);
        expectAgency(abi.encodeWithSelector(IDepartmentRegistry.AuditorAlready.selector, ENERGY));
        departments.appointAuditor(ENERGY);
        VM.warp(block.timestamp + 1);
        appoint(ENERGY);
        VM.warp(block.timestamp + 10 * NOTICE);
        VM.assertTrue(departments.isAuditor(ENERGY), "again");
        remove(ENERGY);
        VM.assertTrue(departments.isAuditor(ENERGY), "with notice again");
    }

    function test_a_removal_asks_for_a_reason() public {
        appoint(ENERGY);
        Reason[2] memory missing = [Reason(0, digest("reason")), Reason(7, 0)];
        for (uint256 i = 0; i < 2; ++i) {
            expectAgency(abi.encodeWithSelector(IDepartmentRegistry.ReasonMissing.selector));
            departments.removeAuditor(ENERGY, missing[i]);
        }
    }

    function test_only_an_auditor_s_officers_act_for_it() public {
        appoint(ENERGY);
        VM.assertTrue(departments.authorizeAuditor(officer(ENERGY)) == ENERGY, "officer");
        address[6] memory others = [
            STRANGER,
            admin(ENERGY),
            agent(ENERGY),
            officer(LABOUR),
            officer(AGENCY),
            address(0)
        ];
        for (uint256 i = 0; i < others.length; ++i) expectNoAuditor(others[i]);
    }

    function test_an_auditor_that_is_suspended_or_not_yet_a_member_does_not_act() public {
        appoint(ENERGY);
        suspendMember(ENERGY);
        VM.expectRevert(
            abi.encodeWithSelector(IDepartmentRegistry.DepartmentIsSuspended.selector, ENERGY)
        );
        departments.authorizeAuditor(officer(ENERGY));
        VM.prank(officer(AGENCY));
        departments.admit("court", address(0xabc), digest("card"));
        appoint(NEXT);
        expectNoAuditor(address(0xabc));
    }

    // ------------------------------------------------------------------ groups
    function test_a_department_joins_a_group_after_the_notice_period_and_leaves_it_at_once()
        public
    {
        uint40 effectiveAt = uint40(block.timestamp) + NOTICE;
        bytes32 head = departments.memberHead(HEALTH);
        VM.expectEmit(address(departments));
        emit IDepartmentRegistry.GroupMemberSet(HEALTH, GROUP, true, effectiveAt);
        group(HEALTH, true);
        checkMemberHead(
            HEALTH,
            head,
            IDepartmentRegistry.GroupMemberSet.selector,
            abi.encode(HEALTH, GROUP, true, effectiveAt)
        );
        VM.warp(effectiveAt - 1);
        checkGroup(HEALTH, false);
        VM.warp(effectiveAt);
        checkGroup(HEALTH, true);
        checkGroup(LABOUR, false);
        VM.assertTrue(!departments.isInGroup("another", HEALTH), "another group");

        head = departments.memberHead(HEALTH);
        VM.expectEmit(address(departments));
        emit IDepartmentRegistry.GroupMemberSet(HEALTH, GROUP, false, effectiveAt);
        group(HEALTH, false);
        checkMemberHead(
            HEALTH,
            head,
            IDepartmentRegistry.GroupMemberSet.selector,
            abi.encode(HEALTH, GROUP, false, effectiveAt)
        );
        checkGroup(HEALTH, false);
    }

    function test_whoever_is_taken_out_before_it_is_in_never_is() public {
        group(HEALTH, true);
        group(HEALTH, false);
        VM.warp(block.timestamp + NOTICE);
        checkGroup(HEALTH, false);
    }

    function test_whoever_leaves_a_group_waits_again_to_join_it() public {
        group(HEALTH, true);
        VM.warp(block.timestamp + NOTICE);
        group(HEALTH, false);
        group(HEALTH, true);
        checkGroup(HEALTH, false);
        VM.warp(block.timestamp + NOTICE);
        checkGroup(HEALTH, true);
    }

    function test_whoever_is_in_a_group_or_about_to_be_keeps_its_time() public {
        group(HEALTH, true);
        uint40 effectiveAt = uint40(block.timestamp) + NOTICE;
        VM.warp(effectiveAt - 1);
        VM.expectEmit(address(departments));
        emit IDepartmentRegistry.GroupMemberSet(HEALTH, GROUP, true, effectiveAt);
        group(HEALTH, true);
        VM.warp(effectiveAt);
        checkGroup(HEALTH, true);
        group(HEALTH, true);
        checkGroup(HEALTH, true);
    }

    function test_a_group_has_a_name_and_takes_members() public {
        bytes32[4] memory malformed = [bytes32(""), "Health", "a b", hex"7400780000"];
        for (uint256 i = 0; i < malformed.length; ++i) {
            expectAgency(
                abi.encodeWithSelector(IDepartmentRegistry.GroupNameInvalid.selector, malformed[i])
            );
            departments.setGroupMember(malformed[i], HEALTH, true);
        }
        bool[2] memory both = [true, false];
        for (uint256 i = 0; i < 2; ++i) {
            expectAgency(
                abi.encodeWithSelector(IDepartmentRegistry.DepartmentUnknown.selector, NEXT)
            );
            departments.setGroupMember(GROUP, NEXT, both[i]);
        }
    }

    // ------------------------------------------------------------------ standings
    function test_standings_take_effect_after_the_notice_period() public {
        uint40 effectiveAt = uint40(block.timestamp) + NOTICE;
        bytes32 agencyHead = departments.memberHead(AGENCY);
        bytes32 head = departments.memberHead(HEALTH);
        bytes32 scorecard = digest("scorecard");
        VM.expectEmit(address(departments));
        emit IDepartmentRegistry.ScorecardPublished(AGENCY, scorecard);
        VM.expectEmit(address(departments));
        emit IDepartmentRegistry.StandingSet(HEALTH, 3, scorecard, effectiveAt);
        VM.expectEmit(address(departments));
        emit IDepartmentRegistry.StandingSet(ENERGY, 255, scorecard, effectiveAt);
        IDepartmentRegistry.Standing[] memory lines = new IDepartmentRegistry.Standing[](2);
        lines[0] = IDepartmentRegistry.Standing(HEALTH, 3);
        lines[1] = IDepartmentRegistry.Standing(ENERGY, 255);
        VM.prank(officer(AGENCY));
        departments.publishScorecard(scorecard, lines);
        checkMemberHead(
            AGENCY,
            agencyHead,
            IDepartmentRegistry.ScorecardPublished.selector,
            abi.encode(AGENCY, scorecard)
        );
        checkMemberHead(
            HEALTH,
            head,
            IDepartmentRegistry.StandingSet.selector,
            abi.encode(HEALTH, uint8(3), scorecard, effectiveAt)
        );
        VM.warp(effectiveAt - 1);
        checkStanding(HEALTH, 0);
        checkStanding(ENERGY, 0);
        VM.warp(effectiveAt);
        checkStanding(HEALTH, 3);
        checkStanding(ENERGY, 255);
        checkStanding(LABOUR, 0);
    }

    function test_a_lower_standing_waits_as_a_higher_one_does() public {
        rate(HEALTH, 3);
        VM.warp(block.timestamp + NOTICE);
        rate(HEALTH, 1);
        VM.warp(block.timestamp + NOTICE - 1);
        checkStanding(HEALTH, 3);
        VM.warp(block.timestamp + 1);
        checkStanding(HEALTH, 1);
    }

    function test_a_standing_that_is_not_in_effect_is_replaced() public {
        rate(HEALTH, 3);
        VM.warp(block.timestamp + NOTICE);
        rate(HEALTH, 9);
        VM.warp(block.timestamp + NOTICE - 1);
        rate(HEALTH, 5);
        checkStanding(HEALTH, 3);
        // The one that was replaced never takes effect.
        VM.warp(block.timestamp + NOTICE - 1);
        checkStanding(HEALTH, 3);
        VM.warp(block.timestamp + 1);
        checkStanding(HEALTH, 5);
    }

    function test_a_scorecard_may_set_no_standing_but_not_too_many() public {
        VM.prank(officer(AGENCY));
        departments.publishScorecard(digest("scorecard"), new IDepartmentRegistry.Standing[](0));
        uint256 limit = departments.MAX_STANDINGS();
        IDepartmentRegistry.Standing[] memory lines = manyLines(limit);
        VM.prank(officer(AGENCY));
        departments.publishScorecard(digest("scorecard"), lines);
        lines = manyLines(limit + 1);
        expectAgency(
            abi.encodeWithSelector(IDepartmentRegistry.TooManyStandings.selector, limit + 1, limit)
        );
        departments.publishScorecard(digest("scorecard"), lines);
    }

    function test_a_scorecard_has_a_digest_and_concerns_members() public {
        IDepartmentRegistry.Standing[] memory lines = new IDepartmentRegistry.Standing[](2);
        lines[0] = IDepartmentRegistry.Standing(HEALTH, 3);
        lines[1] = IDepartmentRegistry.Standing(NEXT, 3);
        expectAgency(abi.encodeWithSelector(IDepartmentRegistry.DigestMissing.selector));
        departments.publishScorecard(0, lines);
        expectAgency(abi.encodeWithSelector(IDepartmentRegistry.DepartmentUnknown.selector, NEXT));
        departments.publishScorecard(digest("scorecard"), lines);
        VM.warp(block.timestamp + NOTICE);
        checkStanding(HEALTH, 0);
    }

    function testFuzz_whoever_is_in_the_group_and_of_the_standing_qualifies(
        uint8 standing,
        uint8 asked,
        bool member,
        bool groupAsked
    ) public {
        rate(HEALTH, standing);
        if (member) group(HEALTH, true);
        VM.warp(block.timestamp + NOTICE);
        VM.assertEq(
            departments.qualifies(HEALTH, groupAsked ? GROUP : bytes32(0), asked, START),
            (member || !groupAsked) && standing >= asked
        );
    }

    function test_standings_leave_the_rest_of_a_department_as_it_is() public {
        appoint(HEALTH);
        suspendMember(HEALTH);
        rate(HEALTH, 255);
        VM.warp(block.timestamp + NOTICE);
        VM.assertTrue(departments.isAuditor(HEALTH), "auditor");
        VM.assertTrue(!departments.inGoodStanding(HEALTH), "suspended");
        VM.assertEq(departments.currentKey(HEALTH), 1);
    }

    // ------------------------------------------------------------------ findings
    function test_the_agency_and_auditors_publish_findings_about_any_member() public {
        appoint(ENERGY);
        DepartmentId[2] memory finders = [AGENCY, ENERGY];
        DepartmentId[3] memory found = [LABOUR, AGENCY, ENERGY];
        for (uint256 i = 0; i < finders.length; ++i) {
            for (uint256 j = 0; j < found.length; ++j) {
                bytes32 head = departments.memberHead(found[j]);
                VM.expectEmit(address(departments));
                emit IDepartmentRegistry.FindingPublished(
                    found[j],
                    finders[i],
                    7,
                    digest("reason")
                );
                VM.prank(officer(finders[i]));
                departments.publishFinding(found[j], why());
                checkMemberHead(
                    found[j],
                    head,
                    IDepartmentRegistry.FindingPublished.selector,
                    abi.encode(found[j], finders[i], why())
                );
            }
        }
    }

    function test_after_a_handover_the_last_agency_publishes_no_findings() public {
        handOver(HEALTH);
        VM.warp(block.timestamp + NOTICE);
        VM.prank(officer(AGENCY));
        VM.expectRevert(
            abi.encodeWithSelector(IDepartmentRegistry.AuditorOnly.selector, officer(AGENCY))
        );
        departments.publishFinding(LABOUR, why());
        VM.prank(officer(HEALTH));
        departments.publishFinding(AGENCY, why());
    }

    function test_a_finding_is_about_a_member_and_gives_a_reason() public {
        expectAgency(abi.encodeWithSelector(IDepartmentRegistry.DepartmentUnknown.selector, NEXT));
        departments.publishFinding(NEXT, why());
        Reason[2] memory missing = [Reason(0, digest("reason")), Reason(7, 0)];
        for (uint256 i = 0; i < 2; ++i) {
            expectAgency(abi.encodeWithSelector(IDepartmentRegistry.ReasonMissing.selector));
            departments.publishFinding(LABOUR, missing[i]);
        }
    }

    // ------------------------------------------------------------------ helpers
    function appoint(DepartmentId department) private {
        VM.prank(officer(AGENCY));
        departments.appointAuditor(department);
    }

    function remove(DepartmentId department) private {
        VM.prank(officer(AGENCY));
        departments.removeAuditor(department, why());
    }

    function group(DepartmentId department, bool member) private {
        VM.prank(officer(AGENCY));
        departments.setGroupMember(GROUP, department, member);
    }

    function manyLines(
        uint256 count
    ) private pure returns (IDepartmentRegistry.Standing[] memory lines) {
        lines = new IDepartmentRegistry.Standing[](count);
        for (uint256 i = 0; i < count; ++i)
            lines[i] = IDepartmentRegistry.Standing(HEALTH, uint8(i));
    }

    function rate(DepartmentId department, uint8 standing) private {
        IDepartmentRegistry.Standing[] memory lines = new IDepartmentRegistry.Standing[](1);
        lines[0] = IDepartmentRegistry.Standing(department, standing);
        VM.prank(officer(AGENCY));
        departments.publishScorecard(digest("scorecard"), lines);
    }

    /// @dev By the view, and by the one that offers ask.
    function checkGroup(DepartmentId department, bool member) private view {
        VM.assertEq(departments.isInGroup(GROUP, department), member);
        VM.assertEq(departments.qualifies(department, GROUP, 0, START), member);
    }

    function checkStanding(DepartmentId department, uint8 standing) private view {
        VM.assertEq(departments.standingOf(department), standing);
        VM.assertTrue(departments.qualifies(department, 0, standing, START), "qualifies");
        if (standing == 255) return;
        VM.assertTrue(!departments.qualifies(department, 0, standing + 1, START), "no more");
    }

    function expectNoAuditor(address account_) private {
        VM.expectRevert(abi.encodeWithSelector(IDepartmentRegistry.AuditorOnly.selector, account_));
        departments.authorizeAuditor(account_);
    }

    function expectAgency(bytes memory refusal) private {
        VM.prank(officer(AGENCY));
        VM.expectRevert(refusal);
    }
}
