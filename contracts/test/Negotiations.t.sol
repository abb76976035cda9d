// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase

import {
    DatasetId,
    DatasetKind,
    GrantBasis,
    GrantId,
    GrantState,
    Reason,
    RefusalCause,
    SharingClass
} from "../Types.sol";
import {IAccessGrants} from "../interfaces/IAccessGrants.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";
import {Base} from "./Base.sol";

/// @dev Counters, returns and resubmissions, also where two officers decide.
contract NegotiationsTest is Base {
    // ------------------------------------------------------------------ counter, accept
    function test_an_owner_counters_with_other_terms() public {
        ask(ENERGY);
        bytes32 head = grants.datasetHead(DATASET);
        uint40 lapsesAt = uint40(block.timestamp + 1 days);
        VM.expectEmit(address(grants));
        emit IAccessGrants.RequestCountered(
            NEXT,
            DATASET,
            ENERGY,
            digest("other terms"),
            4,
            false,
            true,
            START + 300 days,
            lapsesAt,
            officer(LABOUR)
        );
        counter(NEXT, officer(LABOUR));
        checkDatasetHead(
            grants,
            DATASET,
            head,
            IAccessGrants.RequestCountered.selector,
            abi.encode(NEXT, DATASET, ENERGY, otherTerms(), lapsesAt, officer(LABOUR))
        );
        // It is no approval where one officer decides.
        VM.assertEq(grants.firstApprover(NEXT), address(0));
        IAccessGrants.Grant memory countered = grants.grantOf(NEXT);
        VM.assertTrue(countered.state == GrantState.Countered, "state");
        VM.assertEq(countered.clock, lapsesAt);
        // What was asked for stays: the agency may have to rule on it.
        VM.assertEq(countered.terms, digest("terms"));
        VM.assertEq(countered.purpose, 3);
        VM.assertEq(abi.encode(grants.counterOf(NEXT)), abi.encode(otherTerms()));
        checkCause(NEXT, ENERGY, RefusalCause.NotActive);
    }

    function test_a_requester_accepts_a_counter() public {
        ask(ENERGY);
        counter(NEXT, officer(LABOUR));
        uint40 madeAt = grants.grantOf(NEXT).clock - 1 days;
        VM.warp(block.timestamp + 100);
        bytes32 head = grants.datasetHead(DATASET);
        VM.expectEmit(address(grants));
        emit IAccessGrants.GrantActivated(
            NEXT,
            DATASET,
            ENERGY,
            digest("other terms"),
            GrantBasis.Counter
        );
        accept(digest("other terms"));
        checkDatasetHead(
            grants,
            DATASET,
            head,
            IAccessGrants.GrantActivated.selector,
            abi.encode(NEXT, DATASET, ENERGY, digest("other terms"), GrantBasis.Counter)
        );
        IAccessGrants.Grant memory expected = IAccessGrants.Grant({
            dataset: DATASET,
            requester: ENERGY,
            owner: LABOUR,
            state: GrantState.Active,
            approvals: 1,
            purpose: 4,
            allFields: false,
            onwardUse: true,
            ordered: false,
            clock: madeAt,
            validUntil: START + 300 days,
            terms: 0
        });
        VM.assertEq(abi.encode(grants.grantOf(NEXT)), abi.encode(expected));
        VM.assertEq(grants.counterOf(NEXT).digest, 0);
        checkCause(NEXT, ENERGY, RefusalCause.None);
    }

    function testFuzz_a_counter_is_accepted_by_its_own_digest_only(bytes32 other) public {
        VM.assume(other != digest("other terms"));
        ask(ENERGY);
        counter(NEXT, officer(LABOUR));
        expectFrom(
            officer(ENERGY),
            abi.encodeWithSelector(
                IAccessGrants.TermsMismatch.selector,
                NEXT,
                other,
                digest("other terms")
            )
        );
        grants.accept(NEXT, other);
    }

    function test_the_terms_that_were_asked_for_are_not_accepted_instead_of_the_counter() public {
        ask(ENERGY);
        counter(NEXT, officer(LABOUR));
        expectFrom(
            officer(ENERGY),
            abi.encodeWithSelector(
                IAccessGrants.TermsMismatch.selector,
                NEXT,
                digest("terms"),
                digest("other terms")
            )
        );
        grants.accept(NEXT, digest("terms"));
    }

    function test_an_accepted_counter_grants_what_it_says_and_no_more() public {
        VM.startPrank(officer(LABOUR));
        DatasetId even = datasets.register(
            "even",
            DatasetKind.File,
            rules(SharingClass.Conditional, 1),
            digest("d")
        );
        VM.stopPrank();
        for (uint256 i = 0; i < 4; ++i) {
            VM.prank(officer(ENERGY));
            GrantId grant = grants.request(even, i < 2 ? terms() : otherTerms());
            IAccessGrants.Terms memory offered = otherTerms();
            (offered.allFields, offered.onwardUse) = (i % 2 == 0, i > 1);
            VM.prank(officer(LABOUR));
            grants.counter(grant, offered);
            VM.prank(officer(ENERGY));
            grants.accept(grant, offered.digest);
            IAccessGrants.Grant memory given = grants.grantOf(grant);
            VM.assertEq(DatasetId.unwrap(given.dataset), DatasetId.unwrap(even));
            VM.assertTrue(given.requester == ENERGY, "requester");
            VM.assertEq(given.purpose, offered.purpose);
            VM.assertEq(given.allFields, offered.allFields);
            VM.assertEq(given.onwardUse, offered.onwardUse);
        }
    }

    function test_a_counter_is_not_swapped_for_another() public {
        ask(ENERGY);
        counter(NEXT, officer(LABOUR));
        expectState(officer(LABOUR), NEXT, GrantState.Countered);
        grants.counter(NEXT, terms());
    }

    function test_a_counter_lapses() public {
        ask(ENERGY);
        counter(NEXT, officer(LABOUR));
        uint40 lapsesAt = grants.grantOf(NEXT).clock;
        VM.warp(lapsesAt);
        expectFrom(
            officer(ENERGY),
            abi.encodeWithSelector(IAccessGrants.CounterHasLapsed.selector, NEXT, lapsesAt)
        );
        grants.accept(NEXT, digest("other terms"));
        VM.warp(lapsesAt - 1);
        accept(digest("other terms"));
        checkState(NEXT, GrantState.Active);
    }

    function test_a_counter_whose_terms_expired_is_not_accepted() public {
        ask(ENERGY);
        IAccessGrants.Terms memory offered = otherTerms();
        offered.validUntil = uint40(block.timestamp + 1 hours);
        VM.prank(officer(LABOUR));
        grants.counter(NEXT, offered);
        VM.warp(offered.validUntil);
        expectFrom(
            officer(ENERGY),
            abi.encodeWithSelector(IAccessGrants.GrantHasExpired.selector, NEXT, offered.validUntil)
        );
        grants.accept(NEXT, offered.digest);
    }

    function test_a_counter_has_terms_that_can_be_granted() public {
        ask(ENERGY);
        IAccessGrants.Terms memory offered = otherTerms();
        offered.purpose = 0;
        expectFrom(officer(LABOUR), abi.encodeWithSelector(IAccessGrants.PurposeMissing.selector));
        grants.counter(NEXT, offered);
        offered = otherTerms();
        // One is what a free place says, so it is no digest either.
        for (uint256 none = 0; none < 2; ++none) {
            offered.digest = bytes32(none);
            expectFrom(
                officer(LABOUR),
                abi.encodeWithSelector(IDepartmentRegistry.DigestMissing.selector)
            );
            grants.counter(NEXT, offered);
        }
        offered = otherTerms();
        offered.validUntil = uint40(block.timestamp);
        expectFrom(
            officer(LABOUR),
            abi.encodeWithSelector(IAccessGrants.ValidityOver.selector, offered.validUntil)
        );
        grants.counter(NEXT, offered);
    }

    function test_a_counter_that_was_left_is_gone() public {
        ask(ENERGY);
        counter(NEXT, officer(LABOUR));
        VM.prank(officer(ENERGY));
        grants.withdraw(NEXT);
        VM.assertEq(grants.counterOf(NEXT).digest, 0);
        VM.assertEq(grants.grantOf(NEXT).terms, digest("terms"));
    }

    function test_a_counter_made_before_a_reset_yields_nothing_until_the_owner_resumes() public {
        ask(ENERGY);
        resetAdmin(ENERGY, address(0xdef));
        VM.warp(block.timestamp + NOTICE - 1);
        counter(NEXT, officer(LABOUR));
        VM.warp(block.timestamp + 1);
        accept(digest("other terms"));
        checkState(NEXT, GrantState.Active);
        checkCause(NEXT, ENERGY, RefusalCause.RequesterReset);
        VM.prank(officer(LABOUR));
        grants.resume(NEXT);
        checkCause(NEXT, ENERGY, RefusalCause.None);
    }

    // ------------------------------------------------------------------ return, resubmit
    function test_a_request_is_returned_and_asked_again() public {
        ask(ENERGY);
        bytes32 head = grants.datasetHead(DATASET);
        VM.expectEmit(address(grants));
        emit IAccessGrants.RequestReturned(NEXT, DATASET, ENERGY, 7, digest("reason"));
        giveBack();
        checkDatasetHead(
            grants,
            DATASET,
            head,
            IAccessGrants.RequestReturned.selector,
            abi.encode(NEXT, DATASET, ENERGY, why())
        );
        checkState(NEXT, GrantState.Returned);

        VM.warp(block.timestamp + 5 days);
        uint40 respondBy = uint40(block.timestamp + 1 days);
        head = grants.datasetHead(DATASET);
        VM.expectEmit(address(grants));
        emit IAccessGrants.RequestResubmitted(
            NEXT,
            DATASET,
            ENERGY,
            digest("other terms"),
            4,
            false,
            true,
            START + 300 days,
            respondBy
        );
        resubmit(otherTerms());
        checkDatasetHead(
            grants,
            DATASET,
            head,
            IAccessGrants.RequestResubmitted.selector,
            abi.encode(NEXT, DATASET, ENERGY, otherTerms(), respondBy)
        );
        IAccessGrants.Grant memory asked = grants.grantOf(NEXT);
        VM.assertTrue(asked.state == GrantState.Requested, "state");
        VM.assertEq(asked.clock, respondBy);
        VM.assertEq(asked.terms, digest("other terms"));
        VM.prank(officer(LABOUR));
        grants.approve(NEXT, digest("other terms"));
        asked = grants.grantOf(NEXT);
        VM.assertEq(asked.validUntil, START + 300 days);
        VM.assertEq(asked.terms, 0);
        VM.assertTrue(asked.onwardUse && !asked.allFields && asked.purpose == 4, "terms");
    }

    function test_a_resubmission_has_terms_as_a_request_has() public {
        ask(ENERGY);
        giveBack();
        IAccessGrants.Terms memory asked = terms();
        asked.purpose = 0;
        expectFrom(officer(ENERGY), abi.encodeWithSelector(IAccessGrants.PurposeMissing.selector));
        grants.resubmit(NEXT, asked);
        asked = terms();
        asked.validUntil = uint40(block.timestamp);
        expectFrom(
            officer(ENERGY),
            abi.encodeWithSelector(IAccessGrants.ValidityOver.selector, asked.validUntil)
        );
        grants.resubmit(NEXT, asked);
        expectFrom(
            officer(HEALTH),
            abi.encodeWithSelector(IAccessGrants.NotTheRequester.selector, NEXT, HEALTH)
        );
        grants.resubmit(NEXT, terms());
        suspendMember(LABOUR);
        expectFrom(
            officer(ENERGY),
            abi.encodeWithSelector(IDepartmentRegistry.DepartmentIsSuspended.selector, LABOUR)
        );
        grants.resubmit(NEXT, terms());
    }

    function test_a_return_asks_for_a_reason() public {
        ask(ENERGY);
        expectFrom(
            officer(LABOUR),
            abi.encodeWithSelector(IDepartmentRegistry.ReasonMissing.selector)
        );
        grants.returnForCompletion(NEXT, Reason(0, digest("reason")));
    }

    function test_nothing_is_asked_again_of_a_retired_deployment() public {
        ask(ENERGY);
        giveBack();
        retireDeployment();
        VM.warp(block.timestamp + NOTICE);
        bytes memory refusal = abi.encodeWithSelector(
            IDepartmentRegistry.DeploymentIsRetired.selector,
            digest("successor")
        );
        expectFrom(officer(ENERGY), refusal);
        grants.resubmit(NEXT, terms());
        expectFrom(officer(ENERGY), refusal);
        grants.request(DATASET, terms());
        // What ends things still works.
        VM.prank(officer(ENERGY));
        grants.withdraw(NEXT);
        revoke(GRANT);
    }

    // ------------------------------------------------------------------ two officers
    function test_a_first_approval_does_not_survive_a_resubmission() public {
        needTwo();
        ask(ENERGY);
        approve(NEXT, officer(LABOUR));
        giveBack();
        VM.assertEq(grants.firstApprover(NEXT), address(0));
        resubmit(terms());
        approve(NEXT, SECOND_OFFICER);
        checkState(NEXT, GrantState.Requested);
        approve(NEXT, officer(LABOUR));
        checkState(NEXT, GrantState.Active);
        VM.assertEq(grants.firstApprover(NEXT), address(0));
    }

    function test_a_counter_is_the_first_approval_of_its_own_terms() public {
        needTwo();
        ask(ENERGY);
        counter(NEXT, officer(LABOUR));
        VM.assertEq(grants.firstApprover(NEXT), officer(LABOUR));
        VM.warp(block.timestamp + 100);
        uint40 respondBy = uint40(block.timestamp + 1 days);
        bytes32 head = grants.datasetHead(DATASET);
        VM.expectEmit(address(grants));
        emit IAccessGrants.CounterAccepted(NEXT, DATASET, ENERGY, digest("other terms"), respondBy);
        accept(digest("other terms"));
        checkDatasetHead(
            grants,
            DATASET,
            head,
            IAccessGrants.CounterAccepted.selector,
            abi.encode(NEXT, DATASET, ENERGY, digest("other terms"), respondBy)
        );
        IAccessGrants.Grant memory asked = grants.grantOf(NEXT);
        VM.assertTrue(asked.state == GrantState.Requested, "not Active yet");
        VM.assertEq(asked.clock, respondBy);
        VM.assertEq(asked.terms, digest("other terms"));
        VM.assertEq(asked.validUntil, START + 300 days);
        expectFrom(
            officer(LABOUR),
            abi.encodeWithSelector(
                IAccessGrants.ApprovalGivenAlready.selector,
                NEXT,
                officer(LABOUR)
            )
        );
        grants.approve(NEXT, digest("other terms"));
        VM.prank(SECOND_OFFICER);
        grants.approve(NEXT, digest("other terms"));
        checkState(NEXT, GrantState.Active);
        VM.assertEq(grants.grantOf(NEXT).clock, block.timestamp);
    }

    function test_an_approval_of_what_was_asked_does_not_count_for_a_counter() public {
        needTwo();
        ask(ENERGY);
        approve(NEXT, SECOND_OFFICER);
        counter(NEXT, officer(LABOUR));
        VM.assertEq(grants.firstApprover(NEXT), officer(LABOUR));
        accept(digest("other terms"));
        // So the one who countered can't be the second as well.
        expectFrom(
            officer(LABOUR),
            abi.encodeWithSelector(
                IAccessGrants.ApprovalGivenAlready.selector,
                NEXT,
                officer(LABOUR)
            )
        );
        grants.approve(NEXT, digest("other terms"));
    }

    function test_an_accepted_counter_waits_for_a_place_among_the_unanswered() public {
        needTwo();
        ask(ENERGY);
        counter(NEXT, officer(LABOUR));
        for (uint256 i = 0; i < 8; ++i) ask(ENERGY);
        expectFrom(
            officer(ENERGY),
            abi.encodeWithSelector(IAccessGrants.TooManyUnanswered.selector, ENERGY, LABOUR, 8)
        );
        grants.accept(NEXT, digest("other terms"));
    }

    // ------------------------------------------------------------------ helpers
    function accept(bytes32 named) private {
        VM.prank(officer(ENERGY));
        grants.accept(NEXT, named);
    }

    function giveBack() private {
        VM.prank(officer(LABOUR));
        grants.returnForCompletion(NEXT, why());
    }

    function resubmit(IAccessGrants.Terms memory asked) private {
        VM.prank(officer(ENERGY));
        grants.resubmit(NEXT, asked);
    }
}
