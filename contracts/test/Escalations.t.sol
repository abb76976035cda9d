// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase

import {DepartmentId, GrantBasis, GrantId, GrantState, Reason, RefusalCause} from "../Types.sol";
import {IAccessGrants} from "../interfaces/IAccessGrants.sol";
import {IDatasetRegistry} from "../interfaces/IDatasetRegistry.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";
import {Base} from "./Base.sol";

/// @dev From a request that got no yes to an order, and what an order compels and doesn't.
contract EscalationsTest is Base {
    // ------------------------------------------------------------------ escalate
    function test_a_refusal_is_escalated() public {
        ask(ENERGY);
        refuse(NEXT);
        bytes32 head = grants.datasetHead(DATASET);
        VM.expectEmit(address(grants));
        emit IAccessGrants.RequestEscalated(NEXT, DATASET, ENERGY, 7, digest("reason"));
        escalate(NEXT, ENERGY);
        checkReasonedHead(head, IAccessGrants.RequestEscalated.selector);
        checkState(NEXT, GrantState.Escalated);
        VM.assertEq(grants.grantOf(NEXT).terms, digest("terms"));
        checkCause(NEXT, ENERGY, RefusalCause.NotActive);
    }

    function test_a_request_is_escalated_once_its_response_is_late() public {
        ask(ENERGY);
        uint40 respondBy = grants.grantOf(NEXT).clock;
        VM.warp(respondBy);
        expectFrom(
            officer(ENERGY),
            abi.encodeWithSelector(IAccessGrants.ResponseNotYetDue.selector, NEXT, respondBy)
        );
        grants.escalate(NEXT, why());
        VM.warp(respondBy + 1);
        escalate(NEXT, ENERGY);
        checkState(NEXT, GrantState.Escalated);
        VM.assertEq(grants.grantOf(NEXT).terms, digest("terms"));
    }

    function test_neither_a_counter_nor_a_return_keeps_a_request_from_the_agency() public {
        ask(ENERGY);
        uint256 snapshot = VM.snapshotState();
        counter(NEXT, officer(LABOUR));
        escalate(NEXT, ENERGY);
        // On the terms that were asked for; the counter is gone.
        VM.assertEq(grants.counterOf(NEXT).digest, 0);
        order(NEXT);
        checkState(NEXT, GrantState.Ordered);
        VM.assertTrue(VM.revertToState(snapshot), "snapshot");
        VM.prank(officer(LABOUR));
        grants.returnForCompletion(NEXT, why());
        escalate(NEXT, ENERGY);
        order(NEXT);
        checkState(NEXT, GrantState.Ordered);
    }

    function test_an_escalation_asks_for_a_reason_and_the_requester() public {
        ask(ENERGY);
        refuse(NEXT);
        expectFrom(
            officer(ENERGY),
            abi.encodeWithSelector(IDepartmentRegistry.ReasonMissing.selector)
        );
        grants.escalate(NEXT, Reason(7, 0));
        expectFrom(
            officer(HEALTH),
            abi.encodeWithSelector(IAccessGrants.NotTheRequester.selector, NEXT, HEALTH)
        );
        grants.escalate(NEXT, why());
    }

    function test_an_escalation_can_be_withdrawn() public {
        escalated();
        VM.prank(officer(ENERGY));
        grants.withdraw(NEXT);
        checkState(NEXT, GrantState.Withdrawn);
    }

    // ------------------------------------------------------------------ rule
    function test_the_agency_orders_access() public {
        escalated();
        bytes32 head = grants.datasetHead(DATASET);
        uint40 effectiveAt = uint40(block.timestamp) + NOTICE;
        uint40 complyBy = effectiveAt + 1 days + 3;
        VM.expectEmit(address(grants));
        emit IAccessGrants.AccessOrdered(
            NEXT,
            DATASET,
            ENERGY,
            digest("terms"),
            7,
            digest("reason"),
            effectiveAt,
            complyBy
        );
        order(NEXT);
        checkDatasetHead(
            grants,
            DATASET,
            head,
            IAccessGrants.AccessOrdered.selector,
            abi.encode(NEXT, DATASET, ENERGY, digest("terms"), why(), effectiveAt, complyBy)
        );
        checkState(NEXT, GrantState.Ordered);
        VM.assertEq(grants.grantOf(NEXT).clock, complyBy);
        // An order alone yields nothing, however late the owner is.
        VM.warp(complyBy + 30 days);
        checkCause(NEXT, ENERGY, RefusalCause.NotActive);
    }

    function test_the_agency_upholds_a_refusal() public {
        escalated();
        bytes32 head = grants.datasetHead(DATASET);
        VM.expectEmit(address(grants));
        emit IAccessGrants.RefusalUpheld(
            NEXT,
            DATASET,
            ENERGY,
            digest("terms"),
            7,
            digest("reason")
        );
        VM.prank(officer(AGENCY));
        grants.rule(NEXT, digest("terms"), false, why());
        checkDatasetHead(
            grants,
            DATASET,
            head,
            IAccessGrants.RefusalUpheld.selector,
            abi.encode(NEXT, DATASET, ENERGY, digest("terms"), why())
        );
        checkState(NEXT, GrantState.Upheld);
    }

    function test_a_ruling_names_the_terms_and_gives_a_reason() public {
        escalated();
        expectFrom(
            officer(AGENCY),
            abi.encodeWithSelector(
                IAccessGrants.TermsMismatch.selector,
                NEXT,
                digest("other terms"),
                digest("terms")
            )
        );
        grants.rule(NEXT, digest("other terms"), true, why());
        expectFrom(
            officer(AGENCY),
            abi.encodeWithSelector(IDepartmentRegistry.ReasonMissing.selector)
        );
        grants.rule(NEXT, digest("terms"), true, Reason(0, digest("reason")));
    }

    function test_the_agency_does_not_rule_in_its_own_case() public {
        ask(AGENCY);
        refuse(NEXT);
        escalate(NEXT, AGENCY);
        for (uint256 i = 0; i < 2; ++i) {
            expectFrom(
                officer(AGENCY),
                abi.encodeWithSelector(IAccessGrants.OwnCase.selector, NEXT)
            );
            grants.rule(NEXT, digest("terms"), i == 0, why());
        }
    }

    function test_an_agency_that_handed_over_rules_no_more() public {
        escalated();
        handOver(HEALTH);
        VM.warp(block.timestamp + NOTICE);
        expectFrom(
            officer(AGENCY),
            abi.encodeWithSelector(IDepartmentRegistry.AgencyOnly.selector, officer(AGENCY))
        );
        grants.rule(NEXT, digest("terms"), true, why());
        VM.prank(officer(HEALTH));
        grants.rule(NEXT, digest("terms"), true, why());
    }

    // ------------------------------------------------------------------ comply
    function test_an_owner_complies() public {
        escalated();
        order(NEXT);
        bytes32 head = grants.datasetHead(DATASET);
        VM.expectEmit(address(grants));
        emit IAccessGrants.GrantActivated(NEXT, DATASET, ENERGY, digest("terms"), GrantBasis.Order);
        comply(officer(LABOUR));
        checkDatasetHead(
            grants,
            DATASET,
            head,
            IAccessGrants.GrantActivated.selector,
            abi.encode(NEXT, DATASET, ENERGY, digest("terms"), GrantBasis.Order)
        );
        IAccessGrants.Grant memory given = grants.grantOf(NEXT);
        VM.assertTrue(given.state == GrantState.Active && given.ordered, "by order");
        VM.assertEq(given.clock, block.timestamp);
        VM.assertEq(given.terms, 0);
        checkCause(NEXT, ENERGY, RefusalCause.None);
    }

    function test_an_owner_complies_late_too_but_not_under_terms_that_expired() public {
        escalated();
        order(NEXT);
        VM.warp(terms().validUntil);
        expectFrom(
            officer(LABOUR),
            abi.encodeWithSelector(IAccessGrants.GrantHasExpired.selector, NEXT, terms().validUntil)
        );
        grants.comply(NEXT, digest("terms"));
        VM.warp(terms().validUntil - 1);
        expectFrom(
            officer(LABOUR),
            abi.encodeWithSelector(
                IAccessGrants.TermsMismatch.selector,
                NEXT,
                digest("other terms"),
                digest("terms")
            )
        );
        grants.comply(NEXT, digest("other terms"));
        comply(officer(LABOUR));
    }

    function test_the_agency_makes_no_grant_active() public {
        escalated();
        order(NEXT);
        bytes memory refusal = abi.encodeWithSelector(
            IDatasetRegistry.NotTheOwner.selector,
            DATASET,
            AGENCY
        );
        expectFrom(officer(AGENCY), refusal);
        grants.comply(NEXT, digest("terms"));
        expectFrom(officer(AGENCY), refusal);
        grants.approve(NEXT, digest("terms"));
        expectFrom(officer(AGENCY), refusal);
        grants.extend(GRANT, terms().validUntil + 1);
        // Not even one that it suspended itself.
        comply(officer(LABOUR));
        VM.prank(officer(AGENCY));
        grants.suspend(NEXT, why());
        expectFrom(officer(AGENCY), refusal);
        grants.resume(NEXT);
    }

    function test_two_officers_comply_where_two_approve() public {
        needTwo();
        ask(ENERGY);
        // An approval before the escalation isn't one of the order.
        approve(NEXT, SECOND_OFFICER);
        VM.warp(block.timestamp + 1 days + 1);
        escalate(NEXT, ENERGY);
        VM.assertEq(grants.firstApprover(NEXT), address(0));
        order(NEXT);
        VM.expectEmit(address(grants));
        emit IAccessGrants.ApprovalRecorded(
            NEXT,
            DATASET,
            ENERGY,
            officer(LABOUR),
            digest("terms")
        );
        comply(officer(LABOUR));
        checkState(NEXT, GrantState.Ordered);
        VM.assertTrue(!grants.grantOf(NEXT).ordered, "not yet");
        expectFrom(
            officer(LABOUR),
            abi.encodeWithSelector(
                IAccessGrants.ApprovalGivenAlready.selector,
                NEXT,
                officer(LABOUR)
            )
        );
        grants.comply(NEXT, digest("terms"));
        comply(SECOND_OFFICER);
        checkState(NEXT, GrantState.Active);
    }

    function test_a_counter_is_no_approval_of_an_order() public {
        needTwo();
        ask(ENERGY);
        counter(NEXT, SECOND_OFFICER);
        escalate(NEXT, ENERGY);
        VM.assertEq(grants.firstApprover(NEXT), address(0));
        order(NEXT);
        comply(officer(LABOUR));
        checkState(NEXT, GrantState.Ordered);
    }

    // ------------------------------------------------------------------ grants made under an order
    function test_an_ordered_grant_is_ended_by_the_agency_alone() public {
        GrantId given = orderedGrant();
        bytes memory refusal = abi.encodeWithSelector(IAccessGrants.GrantIsOrdered.selector, given);
        DepartmentId[2] memory others = [LABOUR, ENERGY];
        for (uint256 i = 0; i < 2; ++i) {
            expectFrom(officer(others[i]), refusal);
            grants.suspend(given, why());
            expectFrom(officer(others[i]), refusal);
            grants.revoke(given, why());
        }
        VM.expectEmit(address(grants));
        emit IAccessGrants.GrantSuspended(given, DATASET, ENERGY, 7, digest("reason"));
        VM.prank(officer(AGENCY));
        grants.suspend(given, why());
        checkCause(given, ENERGY, RefusalCause.Suspended);
        VM.prank(officer(LABOUR));
        grants.resume(given);
        checkCause(given, ENERGY, RefusalCause.None);
        VM.expectEmit(address(grants));
        emit IAccessGrants.GrantRevoked(given, DATASET, ENERGY, 7, digest("reason"));
        VM.prank(officer(AGENCY));
        grants.revoke(given, why());
        checkCause(given, ENERGY, RefusalCause.Revoked);
    }

    function test_the_agency_ends_no_grant_that_was_not_ordered() public {
        bytes memory refusal = abi.encodeWithSelector(
            IDatasetRegistry.NotTheOwner.selector,
            DATASET,
            AGENCY
        );
        expectFrom(officer(AGENCY), refusal);
        grants.suspend(GRANT, why());
        expectFrom(officer(AGENCY), refusal);
        grants.revoke(GRANT, why());
    }

    // ------------------------------------------------------------------ helpers
    function escalated() private {
        ask(ENERGY);
        refuse(NEXT);
        escalate(NEXT, ENERGY);
    }

    function comply(address by) private {
        VM.prank(by);
        grants.comply(NEXT, digest("terms"));
    }

    function checkReasonedHead(bytes32 head, bytes32 topic0) private view {
        checkDatasetHead(grants, DATASET, head, topic0, abi.encode(NEXT, DATASET, ENERGY, why()));
    }
}
