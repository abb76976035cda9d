// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {requireReason} from "../Checks.sol";
import {
    DatasetId,
    DepartmentId,
    GrantBasis,
    GrantId,
    GrantState,
    OfferId,
    Reason,
    SharingClass
} from "../Types.sol";
import {IAccessGrants} from "../interfaces/IAccessGrants.sol";
import {GrantStore} from "./GrantStore.sol";

/// @title What requester and owner settle between themselves
abstract contract Requests is GrantStore {
    // ------------------------------------------------------------------ calls of the requester
    /// @inheritdoc IAccessGrants
    function request(DatasetId dataset, Terms calldata terms) external returns (GrantId grant) {
        (DepartmentId owner, SharingClass sharing, uint8 approvals) = datasets.requestRules(
            dataset
        );
        (DepartmentId requester, uint40 respondBy) = departments.authorizeRequest(
            msg.sender,
            owner
        );
        if (owner == requester) revert OwnDataset(dataset);
        if (sharing == SharingClass.Closed) revert DatasetIsClosed(dataset);
        bool granted = sharing == SharingClass.Open;
        grant = _create(
            granted,
            OfferId.wrap(0),
            dataset,
            requester,
            owner,
            approvals,
            respondBy,
            terms
        );
        if (granted) {
            _recordActivation(grant, dataset, requester, terms.digest, GrantBasis.OpenClass);
        } else {
            _await(grant, requester, owner);
        }
    }

    /// @inheritdoc IAccessGrants
    function accept(GrantId grant, bytes32 terms) external {
        Grant storage asked = _ofRequester(grant);
        _requireState(grant, asked, GrantState.Countered);
        if (block.timestamp >= asked.clock) revert CounterHasLapsed(grant, asked.clock);
        Counter memory countered = _counters[grant];
        _requireSameTerms(grant, terms, countered.digest);
        _requireUnexpired(grant, countered.validUntil);
        delete _counters[grant];
        asked.purpose = countered.purpose;
        asked.allFields = countered.allFields;
        asked.onwardUse = countered.onwardUse;
        asked.validUntil = countered.validUntil;
        if (asked.approvals > 1) {
            _acceptForSecondOfficer(grant, asked, terms);
        } else {
            // Decided when the counter was made: not for an ADMIN whom a reset has brought in since.
            _activate(grant, asked, terms, GrantBasis.Counter, countered.madeAt);
        }
    }

    /// @inheritdoc IAccessGrants
    function resubmit(GrantId grant, Terms calldata terms) external {
        Grant storage asked = _existing(grant);
        (DatasetId dataset, DepartmentId owner) = (asked.dataset, asked.owner);
        (DepartmentId requester, uint40 respondBy) = departments.authorizeRequest(
            msg.sender,
            owner
        );
        _requireRequester(grant, asked, requester);
        _requireState(grant, asked, GrantState.Returned);
        _requireTerms(terms);
        _awaitAgain(grant, requester, owner);
        asked.state = GrantState.Requested;
        asked.purpose = terms.purpose;
        asked.allFields = terms.allFields;
        asked.onwardUse = terms.onwardUse;
        asked.clock = respondBy;
        asked.validUntil = terms.validUntil;
        asked.terms = terms.digest;
        Head storage head = _datasetHeads[dataset];
        head.value = keccak256(
            abi.encode(
                head.value,
                RequestResubmitted.selector,
                block.timestamp,
                grant,
                dataset,
                requester,
                terms,
                respondBy
            )
        );
        emit RequestResubmitted(
            grant,
            dataset,
            requester,
            terms.digest,
            terms.purpose,
            terms.allFields,
            terms.onwardUse,
            terms.validUntil,
            respondBy
        );
    }

    /// @inheritdoc IAccessGrants
    function withdraw(GrantId grant) external {
        Grant storage asked = _ofRequester(grant);
        GrantState state = asked.state;
        if (
            state != GrantState.Requested &&
            state != GrantState.Countered &&
            state != GrantState.Returned &&
            state != GrantState.Refused &&
            state != GrantState.Escalated
        ) revert GrantStateUnexpected(grant, state);
        _leave(grant, asked, GrantState.Withdrawn);
        _extend(RequestWithdrawn.selector, grant, asked);
        emit RequestWithdrawn(grant, asked.dataset, asked.requester);
    }

    // ------------------------------------------------------------------ calls of the owner
    /// @inheritdoc IAccessGrants
    function approve(GrantId grant, bytes32 terms) external {
        Grant storage asked = _ofOwner(grant);
        _requireState(grant, asked, GrantState.Requested);
        _requireSameTerms(grant, terms, asked.terms);
        _requireUnexpired(grant, asked.validUntil);
        if (asked.approvals > 1 && _isFirstApproval(grant, 0)) {
            _recordApproval(grant, asked, terms, 0);
        } else {
            _activate(grant, asked, terms, GrantBasis.Approval, uint40(block.timestamp));
        }
    }

    /// @inheritdoc IAccessGrants
    function counter(GrantId grant, Terms calldata terms) external {
        Grant storage asked = _ofOwner(grant);
        _requireState(grant, asked, GrantState.Requested);
        _requireTerms(terms);
        uint40 lapsesAt = _responseDue();
        _counters[grant] = Counter({
            digest: terms.digest,
            purpose: terms.purpose,
            allFields: terms.allFields,
            onwardUse: terms.onwardUse,
            validUntil: terms.validUntil,
            madeAt: uint40(block.timestamp)
        });
        // It counts as this officer's approval of its terms, and no earlier one does.
        if (asked.approvals > 1) _firstApprovals[grant] = Approval(msg.sender, 0);
        asked.state = GrantState.Countered;
        asked.clock = lapsesAt;
        _recordCounter(grant, asked.dataset, asked.requester, terms, lapsesAt);
    }

    /// @inheritdoc IAccessGrants
    function returnForCompletion(GrantId grant, Reason calldata reason) external {
        Grant storage asked = _ofOwner(grant);
        _requireState(grant, asked, GrantState.Requested);
        requireReason(reason);
        _leave(grant, asked, GrantState.Returned);
        _extend(RequestReturned.selector, grant, asked, reason);
        emit RequestReturned(grant, asked.dataset, asked.requester, reason.code, reason.digest);
    }

    /// @inheritdoc IAccessGrants
    function refuse(GrantId grant, Reason calldata reason) external {
        Grant storage asked = _ofOwner(grant);
        _requireState(grant, asked, GrantState.Requested);
        requireReason(reason);
        _leave(grant, asked, GrantState.Refused);
        _extend(RequestRefused.selector, grant, asked, reason);
        emit RequestRefused(grant, asked.dataset, asked.requester, reason.code, reason.digest);
    }

    // ------------------------------------------------------------------ internal
    function _acceptForSecondOfficer(GrantId grant, Grant storage asked, bytes32 terms) private {
        (DatasetId dataset, DepartmentId requester) = (asked.dataset, asked.requester);
        uint40 respondBy = _responseDue();
        _awaitAgain(grant, requester, asked.owner);
        asked.state = GrantState.Requested;
        asked.clock = respondBy;
        asked.terms = terms;
        Head storage head = _datasetHeads[dataset];
        head.value = keccak256(
            abi.encode(
                head.value,
                CounterAccepted.selector,
                block.timestamp,
                grant,
                dataset,
                requester,
                terms,
                respondBy
            )
        );
        emit CounterAccepted(grant, dataset, requester, terms, respondBy);
    }

    function _recordCounter(
        GrantId grant,
        DatasetId dataset,
        DepartmentId requester,
        Terms calldata terms,
        uint40 lapsesAt
    ) private {
        Head storage head = _datasetHeads[dataset];
        head.value = keccak256(
            abi.encode(
                head.value,
                RequestCountered.selector,
                block.timestamp,
                grant,
                dataset,
                requester,
                terms,
                lapsesAt,
                msg.sender
            )
        );
        emit RequestCountered(
            grant,
            dataset,
            requester,
            terms.digest,
            terms.purpose,
            terms.allFields,
            terms.onwardUse,
            terms.validUntil,
            lapsesAt,
            msg.sender
        );
    }
}
