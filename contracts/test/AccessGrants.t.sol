// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase

import {
    Capability,
    DatasetId,
    DepartmentId,
    GrantBasis,
    GrantId,
    GrantState,
    Reason,
    RefusalCause,
    SharingClass
} from "../Types.sol";
import {IAccessGrants} from "../interfaces/IAccessGrants.sol";
import {IDatasetRegistry} from "../interfaces/IDatasetRegistry.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";
import {Base} from "./Base.sol";

contract AccessGrantsTest is Base {
    GrantId internal constant NEXT = GrantId.wrap(2);
    GrantId internal constant UNKNOWN = GrantId.wrap(9);
    address internal constant SECOND_OFFICER = address(0xabc);

    // ------------------------------------------------------------------ request
    function testFuzz_a_request_is_recorded(
        uint16 purpose,
        bool onwardUse,
        uint40 validUntil,
        bytes32 code
    ) public {
        VM.assume(purpose != 0 && validUntil > block.timestamp && code != 0);
        IAccessGrants.Terms memory asked = IAccessGrants.Terms(
            code,
            purpose,
            true,
            onwardUse,
            validUntil
        );
        uint40 respondBy = uint40(block.timestamp + 1 days);
        bytes32 head = grants.datasetHead(DATASET);
        VM.expectEmit(address(grants));
        emit IAccessGrants.AccessRequested(
            NEXT,
            DATASET,
            ENERGY,
            code,
            purpose,
            true,
            onwardUse,
            validUntil,
            respondBy
        );
        VM.prank(officer(ENERGY));
        VM.assertEq(GrantId.unwrap(grants.request(DATASET, asked)), grants.grantCount());
        checkDatasetHead(
            grants,
            DATASET,
            head,
            IAccessGrants.AccessRequested.selector,
            abi.encode(NEXT, DATASET, ENERGY, asked, respondBy)
        );
        IAccessGrants.Grant memory expected = IAccessGrants.Grant({
            dataset: DATASET,
            requester: ENERGY,
            owner: LABOUR,
            state: GrantState.Requested,
            approvals: 1,
            purpose: purpose,
            allFields: true,
            onwardUse: onwardUse,
            respondBy: respondBy,
            validUntil: validUntil,
            terms: code
        });
        VM.assertEq(abi.encode(grants.grantOf(NEXT)), abi.encode(expected));
    }

    function test_a_request_of_an_open_dataset_is_granted_at_once() public {
        VM.prank(officer(LABOUR));
        datasets.edit(DATASET, rules(SharingClass.Open, 2), digest("d"));
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
        VM.assertTrue(grants.refusalCause(NEXT, DATASET, ENERGY) == RefusalCause.None, "it holds");
    }

    function test_the_head_of_an_open_request_covers_both_events() public {
        VM.prank(officer(LABOUR));
        datasets.edit(DATASET, rules(SharingClass.Open, 1), digest("d"));
        bytes32 head = extended(
            grants.datasetHead(DATASET),
            IAccessGrants.AccessRequested.selector,
            abi.encode(NEXT, DATASET, ENERGY, terms(), uint40(block.timestamp + 1 days))
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
        asked.allFields = false;
        expectFrom(
            officer(ENERGY),
            abi.encodeWithSelector(IAccessGrants.PartialFieldsUnsupported.selector)
        );
        grants.request(DATASET, asked);
        asked = terms();
        asked.purpose = 0;
        expectFrom(officer(ENERGY), abi.encodeWithSelector(IAccessGrants.PurposeMissing.selector));
        grants.request(DATASET, asked);
        asked = terms();
        asked.digest = 0;
        expectFrom(
            officer(ENERGY),
            abi.encodeWithSelector(IDepartmentRegistry.DigestMissing.selector)
        );
        grants.request(DATASET, asked);
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
        VM.prank(officer(LABOUR));
        datasets.edit(DATASET, rules(SharingClass.Closed, 1), digest("d"));
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
        VM.prank(officer(LABOUR));
        datasets.edit(DATASET, rules(SharingClass.Conditional, 2), digest("d"));
        ask(ENERGY);
        VM.prank(officer(LABOUR));
        datasets.edit(DATASET, rules(SharingClass.Conditional, 1), digest("d"));
        approve(officer(LABOUR));
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
        approve(officer(LABOUR));
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
        addSecondOfficer();
        VM.prank(officer(LABOUR));
        datasets.edit(DATASET, rules(SharingClass.Conditional, 2), digest("d"));
        ask(ENERGY);
        bytes32 head = grants.datasetHead(DATASET);
        VM.expectEmit(address(grants));
        emit IAccessGrants.ApprovalRecorded(
            NEXT,
            DATASET,
            ENERGY,
            officer(LABOUR),
            digest("terms")
        );
        approve(officer(LABOUR));
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
        expectFrom(
            SECOND_OFFICER,
            abi.encodeWithSelector(
                IAccessGrants.TermsMismatch.selector,
                NEXT,
                digest("other"),
                digest("terms")
            )
        );
        grants.approve(NEXT, digest("other"));
        approve(SECOND_OFFICER);
        checkState(NEXT, GrantState.Active);
    }

    function test_a_request_that_one_of_two_officers_approved_still_ends_either_way() public {
        VM.prank(officer(LABOUR));
        datasets.edit(DATASET, rules(SharingClass.Conditional, 2), digest("d"));
        ask(ENERGY);
        approve(officer(LABOUR));
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
        addSecondOfficer();
        VM.prank(officer(LABOUR));
        datasets.edit(DATASET, rules(SharingClass.Conditional, 2), digest("d"));
        ask(ENERGY);
        approve(officer(LABOUR));
        GrantId another = ask(ENERGY);
        VM.assertEq(grants.firstApprover(another), address(0));
        VM.prank(SECOND_OFFICER);
        grants.approve(another, digest("terms"));
        checkState(another, GrantState.Requested);
        checkState(NEXT, GrantState.Requested);
    }

    function test_the_second_approval_comes_in_time_too() public {
        addSecondOfficer();
        VM.prank(officer(LABOUR));
        datasets.edit(DATASET, rules(SharingClass.Conditional, 2), digest("d"));
        ask(ENERGY);
        approve(officer(LABOUR));
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
        approve(officer(LABOUR));
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
        checkCause(RefusalCause.Suspended);

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
        checkCause(RefusalCause.None);

        head = grants.datasetHead(DATASET);
        VM.expectEmit(address(grants));
        emit IAccessGrants.GrantRevoked(GRANT, DATASET, HEALTH, 7, digest("reason"));
        VM.prank(officer(LABOUR));
        grants.revoke(GRANT, why());
        checkReasonedHead(GRANT, HEALTH, head, IAccessGrants.GrantRevoked.selector);
        checkState(GRANT, GrantState.Revoked);
        checkCause(RefusalCause.Revoked);
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
        checkCause(RefusalCause.Suspended);
        grants.resume(GRANT);
        checkState(GRANT, GrantState.Active);
        checkCause(RefusalCause.Expired);
        grants.revoke(GRANT, why());
        checkCause(RefusalCause.Revoked);
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
        checkCause(RefusalCause.None);
        VM.warp(terms().validUntil);
        checkCause(RefusalCause.Expired);
    }

    function test_requests_do_not_hold_in_any_other_state() public {
        ask(ENERGY);
        VM.assertTrue(
            grants.refusalCause(NEXT, DATASET, ENERGY) == RefusalCause.NotActive,
            "requested"
        );
        VM.prank(officer(LABOUR));
        grants.refuse(NEXT, why());
        VM.assertTrue(
            grants.refusalCause(NEXT, DATASET, ENERGY) == RefusalCause.NotActive,
            "refused"
        );
        ask(ENERGY);
        VM.prank(officer(ENERGY));
        grants.withdraw(GrantId.wrap(3));
        VM.assertTrue(
            grants.refusalCause(GrantId.wrap(3), DATASET, ENERGY) == RefusalCause.NotActive,
            "withdrawn"
        );
    }

    function testFuzz_a_grant_holds_for_its_requester_and_dataset_only(
        uint32 grant,
        uint32 dataset,
        uint32 receiver
    ) public view {
        bool own = grant == 1 && dataset == 1 && receiver == 3;
        RefusalCause cause = grants.refusalCause(
            GrantId.wrap(grant),
            DatasetId.wrap(dataset),
            DepartmentId.wrap(receiver)
        );
        VM.assertTrue(cause == (own ? RefusalCause.None : RefusalCause.NoGrant), "cause");
    }

    function test_the_number_zero_is_no_grant() public view {
        RefusalCause cause = grants.refusalCause(
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
    }

    // ------------------------------------------------------------------ every state with every call
    /// @dev Rows: Requested, Active, Suspended, Revoked, Refused, Withdrawn. Columns: approve, refuse, withdraw,
    /// suspend,
    /// resume, revoke. What isn't "x" reverts with the state that was found.
    function test_every_call_in_every_state() public {
        string[6] memory table = ["xxx---", "---x-x", "----xx", "------", "------", "------"];
        for (uint256 row = 0; row < 6; ++row) {
            for (uint256 column = 0; column < 6; ++column) {
                uint256 snapshot = VM.snapshotState();
                GrantState state = bring(row);
                bool allowed = bytes(table[row])[column] == "x";
                VM.prank(column == 2 ? officer(ENERGY) : officer(LABOUR));
                if (!allowed) {
                    VM.expectRevert(
                        abi.encodeWithSelector(
                            IAccessGrants.GrantStateUnexpected.selector,
                            NEXT,
                            state
                        )
                    );
                }
                decide(column);
                VM.assertTrue(VM.revertToState(snapshot), "snapshot");
            }
        }
    }

    function bring(uint256 row) private returns (GrantState) {
        ask(ENERGY);
        VM.startPrank(officer(LABOUR));
        if (row >= 1 && row <= 3) grants.approve(NEXT, digest("terms"));
        if (row == 2) grants.suspend(NEXT, why());
        if (row == 3) grants.revoke(NEXT, why());
        if (row == 4) grants.refuse(NEXT, why());
        VM.stopPrank();
        if (row == 5) {
            VM.prank(officer(ENERGY));
            grants.withdraw(NEXT);
        }
        return grants.grantOf(NEXT).state;
    }

    function decide(uint256 column) private {
        if (column == 0) grants.approve(NEXT, digest("terms"));
        if (column == 1) grants.refuse(NEXT, why());
        if (column == 2) grants.withdraw(NEXT);
        if (column == 3) grants.suspend(NEXT, why());
        if (column == 4) grants.resume(NEXT);
        if (column == 5) grants.revoke(NEXT, why());
    }

    // ------------------------------------------------------------------ helpers
    function expectFrom(address caller, bytes memory refusal) private {
        VM.prank(caller);
        VM.expectRevert(refusal);
    }

    function expectState(address caller, GrantId grant, GrantState state) private {
        expectFrom(
            caller,
            abi.encodeWithSelector(IAccessGrants.GrantStateUnexpected.selector, grant, state)
        );
    }

    function approve(address by) private {
        VM.prank(by);
        grants.approve(NEXT, digest("terms"));
    }

    function addSecondOfficer() private {
        VM.prank(admin(LABOUR));
        departments.addAccount(SECOND_OFFICER, Capability.OFFICER);
    }

    function checkState(GrantId grant, GrantState expected) private view {
        VM.assertTrue(grants.grantOf(grant).state == expected, "state");
    }

    function checkCause(RefusalCause expected) private view {
        VM.assertTrue(grants.refusalCause(GRANT, DATASET, HEALTH) == expected, "cause");
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
