// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase

import {Capability, DepartmentId, Periods} from "../Types.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";
import {Registries} from "./Registries.sol";

contract GovernanceTest is Registries {
    DepartmentId internal constant NEXT = DepartmentId.wrap(5);
    address internal constant NEWCOMER = address(0xabc);

    // ------------------------------------------------------------------ deadlines
    function test_new_deadlines_are_in_force_after_the_notice_period() public {
        uint40 effectiveAt = uint40(block.timestamp) + NOTICE;
        bytes32 head = departments.memberHead(AGENCY);
        VM.expectEmit(address(departments));
        emit IDepartmentRegistry.DeadlinesSet(AGENCY, 100, 101, 102, 103, 104, effectiveAt);
        setDeadlines(100);
        checkMemberHead(
            AGENCY,
            head,
            IDepartmentRegistry.DeadlinesSet.selector,
            abi.encode(AGENCY, periodsOf(100), effectiveAt)
        );
        VM.warp(effectiveAt - 1);
        checkPeriods(1 days);
        VM.warp(effectiveAt);
        checkPeriods(100);
    }

    function test_deadlines_that_are_set_again_replace_those_that_were_pending() public {
        setDeadlines(100);
        VM.warp(block.timestamp + NOTICE - 1);
        setDeadlines(200);
        VM.warp(block.timestamp + 1);
        checkPeriods(1 days);
        VM.warp(block.timestamp + NOTICE - 1);
        checkPeriods(200);
        setDeadlines(300);
        checkPeriods(200);
    }

    function test_new_deadlines_leave_suspensions_as_they_are() public {
        suspendMember(LABOUR);
        setDeadlines(100);
        VM.expectRevert(
            abi.encodeWithSelector(IDepartmentRegistry.DepartmentIsSuspended.selector, LABOUR)
        );
        departments.authorize(officer(LABOUR), Capability.OFFICER);
    }

    function test_no_period_may_be_below_the_minimum() public {
        for (uint256 i = 0; i < 5; ++i) {
            uint32[5] memory set = [MINIMUM, MINIMUM, MINIMUM, MINIMUM, MINIMUM];
            set[i] -= 1;
            expectAgency(
                abi.encodeWithSelector(
                    IDepartmentRegistry.PeriodTooShort.selector,
                    MINIMUM - 1,
                    MINIMUM
                )
            );
            departments.setDeadlines(Periods(set[0], set[1], set[2], set[3], set[4]));
        }
    }

    // ------------------------------------------------------------------ retirement
    function test_a_retired_deployment_admits_requests_opens_and_releases_nothing() public {
        uint40 effectiveAt = uint40(block.timestamp) + NOTICE;
        bytes32 head = departments.memberHead(AGENCY);
        VM.expectEmit(address(departments));
        emit IDepartmentRegistry.DeploymentRetired(AGENCY, digest("successor"), effectiveAt);
        retireDeployment();
        checkMemberHead(
            AGENCY,
            head,
            IDepartmentRegistry.DeploymentRetired.selector,
            abi.encode(AGENCY, digest("successor"), effectiveAt)
        );
        VM.warp(effectiveAt - 1);
        checkPeriods(1 days);
        admitMember("tax", NEXT);
        VM.warp(effectiveAt);
        bytes memory refused = abi.encodeWithSelector(
            IDepartmentRegistry.DeploymentIsRetired.selector,
            digest("successor")
        );
        VM.expectRevert(refused);
        departments.authorizeRequest(officer(LABOUR), HEALTH);
        VM.expectRevert(refused);
        departments.authorizeOpening(agent(LABOUR), HEALTH);
        VM.expectRevert(refused);
        departments.authorizeRelease(agent(LABOUR), HEALTH);
        expectAgency(refused);
        departments.admit("parks", NEWCOMER, digest("card"));
    }

    function test_what_removes_or_closes_stays_possible_after_a_retirement() public {
        VM.prank(officer(AGENCY));
        departments.appointAuditor(ENERGY);
        retireDeployment();
        resetAdmin(HEALTH, NEWCOMER);
        VM.warp(block.timestamp + NOTICE - 1);
        VM.prank(agent(HEALTH));
        departments.vetoReset();
        VM.warp(block.timestamp + 1);
        VM.assertTrue(departments.authorize(agent(LABOUR), Capability.AGENT) == LABOUR, "closing");
        VM.startPrank(admin(LABOUR));
        departments.removeAccount(agent(LABOUR));
        departments.retireKey(1);
        VM.stopPrank();
        VM.startPrank(officer(AGENCY));
        departments.publishFinding(LABOUR, why());
        departments.removeAuditor(ENERGY, why());
        departments.suspend(LABOUR, why());
    }

    function test_a_retirement_is_replaced_before_it_takes_effect_and_final_after() public {
        retireDeployment();
        VM.warp(block.timestamp + NOTICE - 1);
        VM.prank(officer(AGENCY));
        departments.retire(digest("another"));
        VM.warp(block.timestamp + NOTICE - 1);
        checkPeriods(1 days);
        VM.warp(block.timestamp + 1);
        bytes memory refused = abi.encodeWithSelector(
            IDepartmentRegistry.DeploymentIsRetired.selector,
            digest("another")
        );
        VM.expectRevert(refused);
        departments.authorizeRequest(officer(LABOUR), HEALTH);
        expectAgency(refused);
        departments.retire(digest("a third"));
    }

    function test_a_retirement_names_the_successor() public {
        expectAgency(abi.encodeWithSelector(IDepartmentRegistry.DigestMissing.selector));
        departments.retire(0);
    }

    function test_new_deadlines_leave_a_retirement_and_resets_as_they_are() public {
        resetAdmin(LABOUR, NEWCOMER);
        retireDeployment();
        setDeadlines(100);
        VM.warp(block.timestamp + NOTICE);
        VM.assertEq(departments.lastReset(LABOUR), block.timestamp);
        VM.expectRevert(
            abi.encodeWithSelector(
                IDepartmentRegistry.DeploymentIsRetired.selector,
                digest("successor")
            )
        );
        departments.authorizeRequest(officer(HEALTH), ENERGY);
    }

    // ------------------------------------------------------------------ helpers
    function expectAgency(bytes memory refusal) private {
        VM.prank(officer(AGENCY));
        VM.expectRevert(refusal);
    }

    function setDeadlines(uint32 seconds_) private {
        VM.prank(officer(AGENCY));
        departments.setDeadlines(periodsOf(seconds_));
    }

    /// @dev By the view, and by the deadlines that other contracts are given.
    function checkPeriods(uint32 seconds_) private view {
        VM.assertEq(abi.encode(departments.periods()), abi.encode(periodsOf(seconds_)));
        (, uint40 respondBy) = departments.authorizeRequest(officer(LABOUR), HEALTH);
        (, uint40 releaseBy, ) = departments.authorizeOpening(agent(LABOUR), HEALTH);
        (, , uint40 acknowledgeBy, ) = departments.authorizeRelease(agent(LABOUR), HEALTH);
        VM.assertEq(respondBy, block.timestamp + seconds_);
        VM.assertEq(releaseBy, block.timestamp + seconds_ + 1);
        VM.assertEq(acknowledgeBy, block.timestamp + seconds_ + 2);
    }
}
