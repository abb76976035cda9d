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
import {GrantSlot} from "./GrantSlot.sol";
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
        if (granted)
            _recordActivation(grant, dataset, requester, terms.digest, GrantBasis.OpenClass);
    }

    /// @inheritdoc IAccessGrants
    function accept(GrantId grant, bytes32 terms) external {
        GrantSlot asked = _ofRequester(grant);
        _requireState(grant, asked, GrantState.Countered);
        if (block.timestamp >= asked.clock()) revert CounterHasLapsed(grant, asked.clock());
        Counter memory made = _counters[grant];
        _requireSameTerms(grant, terms, made.digest);
        _requireUnexpired(grant, made.validUntil);
        delete _counters[grant];
        asked = asked.under(made.purpose, made.allFields, made.onwardUse).until(made.validUntil);
        if (asked.approvals() > 1) {
            _acceptForSecondOfficer(grant, asked, terms);
        } else {
            delete _answered[grant];
            // Decided when the counter was made: not for an ADMIN whom a reset has brought in since.
            _activate(grant, asked, terms, GrantBasis.Counter, made.madeAt);
        }
    }

    /// @inheritdoc IAccessGrants
    function resubmit(GrantId grant, Terms calldata terms) external {
        GrantSlot asked = _existing(grant);
        DatasetId dataset = asked.dataset();
        (DepartmentId requester, uint40 respondBy) = departments.authorizeRequest(
            msg.sender,
            asked.owner()
        );
        if (asked.requester() != requester) revert NotTheRequester(grant, requester);
        _requireState(grant, asked, GrantState.Returned);
        _requireTerms(terms);
        asked = asked.under(terms.purpose, terms.allFields, terms.onwardUse).until(
            terms.validUntil
        );
        _grants[grant] = _waitingAgain(grant, asked, terms.digest, respondBy);
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
        GrantSlot asked = _ofRequester(grant);
        GrantState state = asked.state();
        if (
            state != GrantState.Requested &&
            state != GrantState.Countered &&
            state != GrantState.Returned &&
            state != GrantState.Refused &&
            state != GrantState.Escalated
        ) revert GrantStateUnexpected(grant, state);
        _answer(grant, asked, GrantState.Withdrawn);
        _extend(RequestWithdrawn.selector, grant, asked);
        emit RequestWithdrawn(grant, asked.dataset(), asked.requester());
    }

    // ------------------------------------------------------------------ calls of the owner
    /// @inheritdoc IAccessGrants
    function approve(GrantId grant, bytes32 terms) external {
        GrantSlot asked = _ofOwner(grant);
        _requireState(grant, asked, GrantState.Requested);
        _requireUnexpired(grant, asked.validUntil());
        if (asked.approvals() > 1 && _isFirstApproval(grant, 0)) {
            _requireSameTerms(grant, terms, _termsOf(grant, asked));
            _recordApproval(grant, asked, terms, 0);
        } else {
            _requireSameTerms(grant, terms, _leavePlace(asked));
            _activate(grant, asked, terms, GrantBasis.Approval, uint40(block.timestamp));
        }
    }

    /// @inheritdoc IAccessGrants
    function counter(GrantId grant, Terms calldata terms) external {
        GrantSlot asked = _ofOwner(grant);
        _requireState(grant, asked, GrantState.Requested);
        _requireTerms(terms);
        uint40 lapsesAt = _responseDue();
        _answer(grant, asked.since(lapsesAt), GrantState.Countered);
        _counters[grant] = Counter({
            digest: terms.digest,
            purpose: terms.purpose,
            allFields: terms.allFields,
            onwardUse: terms.onwardUse,
            validUntil: terms.validUntil,
            madeAt: uint40(block.timestamp)
        });
        // It counts as this officer's approval of its terms, and no earlier one does.
        if (asked.approvals() > 1) _firstApprovals[grant] = Approval(msg.sender, 0);
        _recordCounter(grant, asked.dataset(), asked.requester(), terms, lapsesAt);
    }

    /// @inheritdoc IAccessGrants
    function returnForCompletion(GrantId grant, Reason calldata reason) external {
        GrantSlot asked = _ofOwner(grant);
        _requireState(grant, asked, GrantState.Requested);
        requireReason(reason);
        _answer(grant, asked, GrantState.Returned);
        _extend(RequestReturned.selector, grant, asked, reason);
        emit RequestReturned(grant, asked.dataset(), asked.requester(), reason.code, reason.digest);
    }

    /// @inheritdoc IAccessGrants
    function refuse(GrantId grant, Reason calldata reason) external {
        GrantSlot asked = _ofOwner(grant);
        _requireState(grant, asked, GrantState.Requested);
        requireReason(reason);
        _answer(grant, asked, GrantState.Refused);
        _extend(RequestRefused.selector, grant, asked, reason);
        emit RequestRefused(grant, asked.dataset(), asked.requester(), reason.code, reason.digest);
    }

    // ------------------------------------------------------------------ internal
    function _acceptForSecondOfficer(GrantId grant, GrantSlot asked, bytes32 terms) private {
        (DatasetId dataset, DepartmentId requester) = (asked.dataset(), asked.requester());
        uint40 respondBy = _responseDue();
        _grants[grant] = _waitingAgain(grant, asked, terms, respondBy);
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
