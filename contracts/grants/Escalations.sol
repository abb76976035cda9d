// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {requireReason} from "../Checks.sol";
import {DatasetId, DepartmentId, GrantBasis, GrantId, GrantState, Reason} from "../Types.sol";
import {IAccessGrants} from "../interfaces/IAccessGrants.sol";
import {GrantSlot} from "./GrantSlot.sol";
import {GrantStore} from "./GrantStore.sol";

/// @title What becomes of requests that got no yes: the agency rules, the owner complies
abstract contract Escalations is GrantStore {
    /// @inheritdoc IAccessGrants
    function escalate(GrantId grant, Reason calldata reason) external {
        GrantSlot asked = _ofRequester(grant);
        GrantState state = asked.state();
        if (state == GrantState.Requested) {
            if (block.timestamp <= asked.clock()) revert ResponseNotYetDue(grant, asked.clock());
        } else if (
            state != GrantState.Refused &&
            state != GrantState.Countered &&
            state != GrantState.Returned
        ) revert GrantStateUnexpected(grant, state);
        requireReason(reason);
        _answer(grant, asked, GrantState.Escalated);
        _extend(RequestEscalated.selector, grant, asked, reason);
        emit RequestEscalated(
            grant,
            asked.dataset(),
            asked.requester(),
            reason.code,
            reason.digest
        );
    }

    /// @inheritdoc IAccessGrants
    function rule(GrantId grant, bytes32 terms, bool order, Reason calldata reason) external {
        DepartmentId agency = departments.authorizeAgency(msg.sender);
        GrantSlot asked = _existing(grant);
        _requireState(grant, asked, GrantState.Escalated);
        if (asked.requester() == agency) revert OwnCase(grant);
        _requireSameTerms(grant, terms, _termsOf(grant, asked));
        requireReason(reason);
        if (order) _order(grant, asked, terms, reason);
        else _uphold(grant, asked, terms, reason);
    }

    /// @inheritdoc IAccessGrants
    function comply(GrantId grant, bytes32 terms) external {
        GrantSlot asked = _ofOwner(grant);
        _requireState(grant, asked, GrantState.Ordered);
        _requireSameTerms(grant, terms, _termsOf(grant, asked));
        _requireUnexpired(grant, asked.validUntil());
        if (asked.approvals() > 1 && _isFirstApproval(grant, 0)) {
            _recordApproval(grant, asked, terms, 0);
        } else {
            delete _answered[grant];
            _activate(grant, asked.asOrdered(), terms, GrantBasis.Order, uint40(block.timestamp));
        }
    }

    // ------------------------------------------------------------------ internal
    function _order(GrantId grant, GrantSlot asked, bytes32 terms, Reason calldata reason) private {
        (DatasetId dataset, DepartmentId requester) = (asked.dataset(), asked.requester());
        uint40 effectiveAt = uint40(block.timestamp + departments.noticePeriod());
        uint40 complyBy = effectiveAt + departments.periods().comply;
        _grants[grant] = asked.inState(GrantState.Ordered).since(complyBy);
        Head storage head = _datasetHeads[dataset];
        head.value = keccak256(
            abi.encode(
                head.value,
                AccessOrdered.selector,
                block.timestamp,
                grant,
                dataset,
                requester,
                terms,
                reason,
                effectiveAt,
                complyBy
            )
        );
        emit AccessOrdered(
            grant,
            dataset,
            requester,
            terms,
            reason.code,
            reason.digest,
            effectiveAt,
            complyBy
        );
    }

    function _uphold(
        GrantId grant,
        GrantSlot asked,
        bytes32 terms,
        Reason calldata reason
    ) private {
        (DatasetId dataset, DepartmentId requester) = (asked.dataset(), asked.requester());
        _grants[grant] = asked.inState(GrantState.Upheld);
        Head storage head = _datasetHeads[dataset];
        head.value = keccak256(
            abi.encode(
                head.value,
                RefusalUpheld.selector,
                block.timestamp,
                grant,
                dataset,
                requester,
                terms,
                reason
            )
        );
        emit RefusalUpheld(grant, dataset, requester, terms, reason.code, reason.digest);
    }
}
