// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase

import {
    DatasetId,
    DatasetKind,
    DepartmentId,
    GrantBasis,
    GrantId,
    GrantState,
    OfferId,
    Reason,
    RefusalCause,
    SharingClass
} from "../Types.sol";
import {IAccessGrants} from "../interfaces/IAccessGrants.sol";
import {IDatasetRegistry} from "../interfaces/IDatasetRegistry.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";
import {Base} from "./Base.sol";

contract AccessGrantsTest is Base {
    GrantId internal constant UNKNOWN = GrantId.wrap(9);

    // ------------------------------------------------------------------ request
    function testFuzz_a_request_is_recorded(IAccessGrants.Terms memory asked) public {
        VM.assume(asked.purpose != 0 && asked.validUntil > block.timestamp);
        VM.assume(uint256(asked.digest) > 1);
        uint40 respondBy = uint40(block.timestamp + 1 days);
        bytes32 head = grants.datasetHead(DATASET);
        VM.expectEmit(address(grants));
        emit IAccessGrants.AccessRequested(
            NEXT,
            DATASET,
            ENERGY,
            OfferId.wrap(0),
            asked.digest,
            asked.purpose,
            asked.allFields,
            asked.onwardUse,
            asked.validUntil,
            respondBy
        );
        VM.prank(officer(ENERGY));
        VM.assertEq(GrantId.unwrap(grants.request(DATASET, asked)), grants.grantCount());
        checkDatasetHead(
            grants,
            DATASET,
            head,
            IAccessGrants.AccessRequested.selector,
            abi.encode(NEXT, DATASET, ENERGY, OfferId.wrap(0), asked, respondBy)
        );
        IAccessGrants.Grant memory expected = IAccessGrants.Grant({
            dataset: DATASET,
            requester: ENERGY,
            owner: LABOUR,
            state: GrantState.Requested,
            approvals: 1,
            purpose: asked.purpose,
            allFields: asked.allFields,
            onwardUse: asked.onwardUse,
            ordered: false,
            clock: respondBy,
            validUntil: asked.validUntil,
            terms: asked.digest
        });
        VM.assertEq(abi.encode(grants.grantOf(NEXT)), abi.encode(expected));
    }

    function test_a_request_of_an_open_dataset_is_granted_at_once() public {
        edit(SharingClass.Open, 2);
        VM.prank(officer(ENERGY));
        VM.expectEmit(address(grants));
        emit IAccessGrants.GrantActivated(
            NEXT,
            DATASET,
            ENERGY,
            digest("terms"),
            GrantBasis.OpenClass
        );
        grants.request(DATASET, terms());
        checkState(NEXT, GrantState.Active);
        VM.assertEq(grants.grantOf(NEXT).terms, 0);
        VM.assertEq(grants.grantOf(NEXT).clock, block.timestamp);
        checkCause(NEXT, ENERGY, RefusalCause.None);
    }

    function test_the_head_of_an_open_request_covers_both_events() public {
        edit(SharingClass.Open, 1);
        bytes32 head = extended(
            grants.datasetHead(DATASET),
            IAccessGrants.AccessRequested.selector,
            abi.encode(
                NEXT,
                DATASET,
                ENERGY,
                OfferId.wrap(0),
                terms(),
                uint40(block.timestamp + 1 days)
            )
        );
        ask(ENERGY);
        checkDatasetHead(
            grants,
            DATASET,
            head,
            IAccessGrants.GrantActivated.selector,
            abi.encode(NEXT, DATASET, ENERGY, digest("terms"), GrantBasis.OpenClass)
        );
    }

    function test_terms_that_the_contract_cannot_grant_are_refused() public {
        IAccessGrants.Terms memory asked = terms();
        asked.purpose = 0;
        expectFrom(officer(ENERGY), abi.encodeWithSelector(IAccessGrants.PurposeMissing.selector));
        grants.request(DATASET, asked);
        asked = terms();
        // One is what a free place says, so it is no digest either.
        for (uint256 none = 0; none < 2; ++none) {
            asked.digest = bytes32(none);
            expectFrom(
                officer(ENERGY),
                abi.encodeWithSelector(IDepartmentRegistry.DigestMissing.selector)
            );
            grants.request(DATASET, asked);
        }
        asked = terms();
        asked.validUntil = uint40(block.timestamp);
        expectFrom(
            officer(ENERGY),
            abi.encodeWithSelector(IAccessGrants.ValidityOver.selector, asked.validUntil)
        );
        grants.request(DATASET, asked);
    }

    function test_some_datasets_cannot_be_requested() public {
        expectFrom(
            officer(LABOUR),
            abi.encodeWithSelector(IAccessGrants.OwnDataset.selector, DATASET)
        );
        grants.request(DATASET, terms());
        expectFrom(
            officer(ENERGY),
            abi.encodeWithSelector(IDatasetRegistry.DatasetUnknown.selector, DatasetId.wrap(9))
        );
        grants.request(DatasetId.wrap(9), terms());
        edit(SharingClass.Closed, 1);
        expectFrom(
            officer(ENERGY),
            abi.encodeWithSelector(IAccessGrants.DatasetIsClosed.selector, DATASET)
        );
        grants.request(DATASET, terms());
        suspendMember(LABOUR);
        expectFrom(
            officer(ENERGY),
            abi.encodeWithSelector(IDepartmentRegistry.DepartmentIsSuspended.selector, LABOUR)
        );
        grants.request(DATASET, terms());
    }

    function test_a_withdrawn_dataset_cannot_be_requested() public {
        ask(ENERGY);
        VM.prank(officer(LABOUR));
        datasets.withdraw(DATASET, why());
        bytes memory refusal = abi.encodeWithSelector(
            IDatasetRegistry.DatasetIsWithdrawn.selector,
            DATASET
        );
        expectFrom(officer(ENERGY), refusal);
        grants.request(DATASET, terms());
        // What was requested before can still be decided: nothing is opened or released of it any more.
        VM.prank(officer(LABOUR));
        grants.refuse(NEXT, why());
    }

    function test_an_edit_does_not_lower_the_approvals_of_a_request_that_waits() public {
        edit(SharingClass.Conditional, 2);
        ask(ENERGY);
        edit(SharingClass.Conditional, 1);
        approve(NEXT, officer(LABOUR));
        checkState(NEXT, GrantState.Requested);
    }

    // ------------------------------------------------------------------ approve
    function test_one_approval_makes_a_grant() public {
        ask(ENERGY);
        bytes32 head = grants.datasetHead(DATASET);
        VM.expectEmit(address(grants));
        emit IAccessGrants.GrantActivated(
            NEXT,
            DATASET,
            ENERGY,
            digest("terms"),
            GrantBasis.Approval
        );
        approve(NEXT, officer(LABOUR));
        checkDatasetHead(
            grants,
            DATASET,
            head,
            IAccessGrants.GrantActivated.selector,
            abi.encode(NEXT, DATASET, ENERGY, digest("terms"), GrantBasis.Approval)
        );
        checkState(NEXT, GrantState.Active);
        VM.assertEq(grants.firstApprover(NEXT), address(0));
    }

    function test_two_approvals_come_from_two_officers() public {
        needTwo();
        ask(ENERGY);
        bytes memory mismatch = abi.encodeWithSelector(
            IAccessGrants.TermsMismatch.selector,
            NEXT,
            digest("other"),
            digest("terms")
        );
        expectFrom(officer(LABOUR), mismatch);
        grants.approve(NEXT, digest("other"));
        bytes32 head = grants.datasetHead(DATASET);
        VM.expectEmit(address(grants));
        emit IAccessGrants.ApprovalRecorded(
            NEXT,
            DATASET,
            ENERGY,
            officer(LABOUR),
            digest("terms")
        );
        approve(NEXT, officer(LABOUR));
        checkDatasetHead(
            grants,
            DATASET,
            head,
            IAccessGrants.ApprovalRecorded.selector,
            abi.encode(NEXT, DATASET, ENERGY, officer(LABOUR), digest("terms"))
        );
        checkState(NEXT, GrantState.Requested);
        VM.assertEq(grants.firstApprover(NEXT), officer(LABOUR));
        expectFrom(
            officer(LABOUR),
            abi.encodeWithSelector(
                IAccessGrants.ApprovalGivenAlready.selector,
                NEXT,
                officer(LABOUR)
            )
        );
        grants.approve(NEXT, digest("terms"));
        // The second names the terms as well.
        expectFrom(SECOND_OFFICER, mismatch);
        grants.approve(NEXT, digest("other"));
        approve(NEXT, SECOND_OFFICER);
        checkState(NEXT, GrantState.Active);
    }

    function test_a_request_that_one_of_two_officers_approved_still_ends_either_way() public {
        edit(SharingClass.Conditional, 2);
        ask(ENERGY);
        approve(NEXT, officer(LABOUR));
        uint256 snapshot = VM.snapshotState();
        VM.prank(officer(LABOUR));
        grants.refuse(NEXT, why());
        checkState(NEXT, GrantState.Refused);
        VM.assertTrue(VM.revertToState(snapshot), "snapshot");
        VM.prank(officer(ENERGY));
        grants.withdraw(NEXT);
        checkState(NEXT, GrantState.Withdrawn);
    }

    function test_a_first_approval_counts_for_its_own_request_only() public {
        needTwo();
        ask(ENERGY);
        approve(NEXT, officer(LABOUR));
        GrantId another = ask(ENERGY);
        VM.assertEq(grants.firstApprover(another), address(0));
        approve(another, SECOND_OFFICER);
        checkState(another, GrantState.Requested);
        checkState(NEXT, GrantState.Requested);
    }

    function test_the_second_approval_comes_in_time_too() public {
        needTwo();
        ask(ENERGY);
        approve(NEXT, officer(LABOUR));
        VM.warp(terms().validUntil);
        expectFrom(
            SECOND_OFFICER,
            abi.encodeWithSelector(IAccessGrants.GrantHasExpired.selector, NEXT, terms().validUntil)
        );
        grants.approve(NEXT, digest("terms"));
    }

    function testFuzz_an_approval_of_other_terms_is_refused(bytes32 other) public {
        VM.assume(other != digest("terms"));
        ask(ENERGY);
        expectFrom(
            officer(LABOUR),
            abi.encodeWithSelector(
                IAccessGrants.TermsMismatch.selector,
                NEXT,
                other,
                digest("terms")
            )
        );
        grants.approve(NEXT, other);
    }

    function test_a_grant_whose_terms_are_no_longer_stored_cannot_be_approved_with_no_terms()
        public
    {
        expectState(officer(LABOUR), GRANT, GrantState.Active);
        grants.approve(GRANT, 0);
    }

    function test_terms_that_expired_are_not_approved() public {
        ask(ENERGY);
        VM.warp(terms().validUntil);
        expectFrom(
            officer(LABOUR),
            abi.encodeWithSelector(IAccessGrants.GrantHasExpired.selector, NEXT, terms().validUntil)
        );
        grants.approve(NEXT, digest("terms"));
        VM.warp(terms().validUntil - 1);
        approve(NEXT, officer(LABOUR));
    }

    // ------------------------------------------------------------------ how many wait
    function test_eight_requests_to_one_owner_wait_at_a_time() public {
        for (uint256 i = 0; i < 8; ++i) ask(HEALTH);
        VM.assertEq(grants.MAX_UNANSWERED(), 8);
        expectTooMany(HEALTH);
        grants.request(DATASET, terms());
        // Another department's and another owner's are counted apart.
        ask(ENERGY);
        VM.prank(officer(ENERGY));
        DatasetId other = datasets.register(
            "grid",
            DatasetKind.File,
            rules(SharingClass.Conditional, 1),
            digest("d")
        );
        askFor(other, HEALTH, terms());
        edit(SharingClass.Open, 1);
        ask(HEALTH);
    }

    function test_whatever_answers_a_request_makes_room_for_another() public {
        for (uint256 i = 0; i < 8; ++i) ask(HEALTH);
        for (uint256 i = 0; i < 6; ++i) {
            GrantId answered = GrantId.wrap(uint32(9 - i));
            if (i == 0) approve(answered, officer(LABOUR));
            if (i == 1) refuse(answered);
            if (i == 2) counter(answered, officer(LABOUR));
            if (i == 3) {
                VM.prank(officer(LABOUR));
                grants.returnForCompletion(answered, why());
            }
            if (i == 4) {
                VM.prank(officer(HEALTH));
                grants.withdraw(answered);
            }
            if (i == 5) {
                VM.warp(block.timestamp + 1 days + 1);
                escalate(answered, HEALTH);
            }
            ask(HEALTH);
            expectTooMany(HEALTH);
            grants.request(DATASET, terms());
        }
    }

    function test_a_resubmission_waits_for_a_place_too() public {
        GrantId returned = ask(HEALTH);
        VM.prank(officer(LABOUR));
        grants.returnForCompletion(returned, why());
        for (uint256 i = 0; i < 8; ++i) ask(HEALTH);
        expectTooMany(HEALTH);
        grants.resubmit(returned, terms());
        refuse(GrantId.wrap(5));
        VM.prank(officer(HEALTH));
        grants.resubmit(returned, terms());
        expectTooMany(HEALTH);
        grants.request(DATASET, terms());
    }

    function test_requests_under_other_terms_do_not_change_places() public {
        IAccessGrants.Terms memory asked = terms();
        for (uint256 i = 0; i < 8; ++i) {
            asked.digest = bytes32(i + 100);
            askFor(DATASET, HEALTH, asked);
        }
        refuse(GrantId.wrap(4));
        asked.digest = bytes32(uint256(200));
        askFor(DATASET, HEALTH, asked);
        for (uint32 i = 0; i < 8; ++i) {
            // The refused one keeps its terms, as it may be escalated.
            VM.assertEq(grants.grantOf(GrantId.wrap(i + 2)).terms, bytes32(uint256(i) + 100));
        }
        VM.assertEq(grants.grantOf(GrantId.wrap(10)).terms, asked.digest);
    }

    // ------------------------------------------------------------------ refuse, withdraw
    function test_a_refusal_ends_a_request() public {
        ask(ENERGY);
        bytes32 head = grants.datasetHead(DATASET);
        VM.expectEmit(address(grants));
        emit IAccessGrants.RequestRefused(NEXT, DATASET, ENERGY, 7, digest("reason"));
        VM.prank(officer(LABOUR));
        grants.refuse(NEXT, why());
        checkReasonedHead(NEXT, ENERGY, head, IAccessGrants.RequestRefused.selector);
        checkState(NEXT, GrantState.Refused);
        expectState(officer(LABOUR), NEXT, GrantState.Refused);
        grants.approve(NEXT, digest("terms"));
    }

    function test_a_requester_takes_its_request_back() public {
        ask(ENERGY);
        expectFrom(
            officer(HEALTH),
            abi.encodeWithSelector(IAccessGrants.NotTheRequester.selector, NEXT, HEALTH)
        );
        grants.withdraw(NEXT);
        bytes32 head = grants.datasetHead(DATASET);
        VM.expectEmit(address(grants));
        emit IAccessGrants.RequestWithdrawn(NEXT, DATASET, ENERGY);
        VM.prank(officer(ENERGY));
        grants.withdraw(NEXT);
        checkDatasetHead(
            grants,
            DATASET,
            head,
            IAccessGrants.RequestWithdrawn.selector,
            abi.encode(NEXT, DATASET, ENERGY)
        );
        checkState(NEXT, GrantState.Withdrawn);
        expectState(officer(LABOUR), NEXT, GrantState.Withdrawn);
        grants.refuse(NEXT, why());
    }

    // ------------------------------------------------------------------ suspend, resume, revoke
    function test_a_grant_is_suspended_resumed_and_revoked() public {
        bytes32 head = grants.datasetHead(DATASET);
        VM.expectEmit(address(grants));
        emit IAccessGrants.GrantSuspended(GRANT, DATASET, HEALTH, 7, digest("reason"));
        VM.prank(officer(LABOUR));
        grants.suspend(GRANT, why());
        checkReasonedHead(GRANT, HEALTH, head, IAccessGrants.GrantSuspended.selector);
        checkState(GRANT, GrantState.Suspended);
        checkCause(GRANT, HEALTH, RefusalCause.Suspended);

        head = grants.datasetHead(DATASET);
        VM.expectEmit(address(grants));
        emit IAccessGrants.GrantResumed(GRANT, DATASET, HEALTH);
        VM.prank(officer(LABOUR));
        grants.resume(GRANT);
        checkDatasetHead(
            grants,
            DATASET,
            head,
            IAccessGrants.GrantResumed.selector,
            abi.encode(GRANT, DATASET, HEALTH)
        );
        checkState(GRANT, GrantState.Active);
        checkCause(GRANT, HEALTH, RefusalCause.None);

        head = grants.datasetHead(DATASET);
        VM.expectEmit(address(grants));
        emit IAccessGrants.GrantRevoked(GRANT, DATASET, HEALTH, 7, digest("reason"));
        VM.prank(officer(LABOUR));
        grants.revoke(GRANT, why());
        checkReasonedHead(GRANT, HEALTH, head, IAccessGrants.GrantRevoked.selector);
        checkState(GRANT, GrantState.Revoked);
        checkCause(GRANT, HEALTH, RefusalCause.Revoked);
    }

    function test_a_suspended_grant_can_be_revoked() public {
        VM.startPrank(officer(LABOUR));
        grants.suspend(GRANT, why());
        grants.revoke(GRANT, why());
        checkState(GRANT, GrantState.Revoked);
    }

    function test_a_grant_that_expired_is_decided_about_as_before() public {
        VM.warp(terms().validUntil);
        VM.startPrank(officer(LABOUR));
        grants.suspend(GRANT, why());
        checkCause(GRANT, HEALTH, RefusalCause.Suspended);
        grants.resume(GRANT);
        checkState(GRANT, GrantState.Active);
        checkCause(GRANT, HEALTH, RefusalCause.Expired);
        grants.revoke(GRANT, why());
        checkCause(GRANT, HEALTH, RefusalCause.Revoked);
    }

    function test_decisions_ask_for_a_reason() public {
        ask(ENERGY);
        Reason[2] memory missing = [Reason(0, digest("reason")), Reason(7, 0)];
        bytes memory refusal = abi.encodeWithSelector(IDepartmentRegistry.ReasonMissing.selector);
        for (uint256 i = 0; i < 2; ++i) {
            expectFrom(officer(LABOUR), refusal);
            grants.refuse(NEXT, missing[i]);
            expectFrom(officer(LABOUR), refusal);
            grants.suspend(GRANT, missing[i]);
            expectFrom(officer(LABOUR), refusal);
            grants.revoke(GRANT, missing[i]);
        }
    }

    // ------------------------------------------------------------------ views
    function test_a_grant_holds_until_its_validity_ends() public {
        VM.warp(terms().validUntil - 1);
        checkCause(GRANT, HEALTH, RefusalCause.None);
        VM.warp(terms().validUntil);
        checkCause(GRANT, HEALTH, RefusalCause.Expired);
    }

    function test_requests_do_not_hold_in_any_other_state() public {
        ask(ENERGY);
        checkCause(NEXT, ENERGY, RefusalCause.NotActive);
        VM.prank(officer(LABOUR));
        grants.refuse(NEXT, why());
        checkCause(NEXT, ENERGY, RefusalCause.NotActive);
        ask(ENERGY);
        VM.prank(officer(ENERGY));
        grants.withdraw(GrantId.wrap(3));
        checkCause(GrantId.wrap(3), ENERGY, RefusalCause.NotActive);
    }

    function testFuzz_a_grant_holds_for_its_requester_and_dataset_only(
        uint32 grant,
        uint32 dataset,
        uint32 receiver
    ) public view {
        bool own = grant == 1 && dataset == 1 && receiver == 3;
        (RefusalCause cause, , , ) = grants.permission(
            GrantId.wrap(grant),
            DatasetId.wrap(dataset),
            DepartmentId.wrap(receiver)
        );
        VM.assertTrue(cause == (own ? RefusalCause.None : RefusalCause.NoGrant), "cause");
    }

    function test_a_permission_tells_what_is_permitted() public {
        GrantId given = grantUnder(DATASET, otherTerms());
        (RefusalCause cause, bool allFields, bool onwardUse, uint16 purpose) = grants.permission(
            given,
            DATASET,
            HEALTH
        );
        VM.assertTrue(cause == RefusalCause.None, "it holds");
        VM.assertTrue(!allFields && onwardUse && purpose == 4, "what");
        (cause, allFields, onwardUse, purpose) = grants.permissionSince(
            GRANT,
            DATASET,
            HEALTH,
            uint40(block.timestamp)
        );
        VM.assertTrue(cause == RefusalCause.None, "it holds since");
        VM.assertTrue(allFields && !onwardUse && purpose == 3, "what");
        (cause, , , ) = grants.permissionSince(GRANT, DATASET, HEALTH, uint40(block.timestamp) + 1);
        VM.assertTrue(cause == RefusalCause.RequesterReset, "it doesn't after");
    }

    function test_the_number_zero_is_no_grant() public view {
        (RefusalCause cause, , , ) = grants.permission(
            GrantId.wrap(0),
            DatasetId.wrap(0),
            DepartmentId.wrap(0)
        );
        VM.assertTrue(cause == RefusalCause.NoGrant, "zero");
    }

    function test_unknown_grants_are_refused() public {
        bytes memory refusal = abi.encodeWithSelector(IAccessGrants.GrantUnknown.selector, UNKNOWN);
        expectFrom(officer(LABOUR), refusal);
        grants.approve(UNKNOWN, digest("terms"));
        expectFrom(officer(LABOUR), refusal);
        grants.refuse(UNKNOWN, why());
        expectFrom(officer(LABOUR), refusal);
        grants.withdraw(UNKNOWN);
        expectFrom(officer(LABOUR), refusal);
        grants.suspend(UNKNOWN, why());
        expectFrom(officer(LABOUR), refusal);
        grants.resume(UNKNOWN);
        expectFrom(officer(LABOUR), refusal);
        grants.revoke(UNKNOWN, why());
        VM.expectRevert(refusal);
        grants.grantOf(UNKNOWN);
    }

    function test_the_contract_knows_what_it_depends_on() public view {
        VM.assertEq(address(grants.departments()), address(departments));
        VM.assertEq(address(grants.datasets()), address(datasets));
        VM.assertEq(address(grants.consents()), address(consents));
        VM.assertEq(grants.version(), "0.1.0", "version");
    }

    // ------------------------------------------------------------------ helpers
    function expectTooMany(DepartmentId requester) private {
        expectFrom(
            officer(requester),
            abi.encodeWithSelector(IAccessGrants.TooManyUnanswered.selector, requester, LABOUR, 8)
        );
    }

    function checkReasonedHead(
        GrantId grant,
        DepartmentId requester,
        bytes32 head,
        bytes32 topic0
    ) private view {
        checkDatasetHead(
            grants,
            DATASET,
            head,
            topic0,
            abi.encode(grant, DATASET, requester, why())
        );
    }
}
