// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {EventHeads} from "../EventHeads.sol";
import {
    Capability,
    DatasetId,
    DepartmentId,
    GrantBasis,
    GrantId,
    GrantState,
    OfferId,
    Reason
} from "../Types.sol";
import {FREE, PLACES, Unanswered} from "../Unanswered.sol";
import {IAccessGrants} from "../interfaces/IAccessGrants.sol";
import {IConsentRegistry} from "../interfaces/IConsentRegistry.sol";
import {IDatasetRegistry} from "../interfaces/IDatasetRegistry.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";
import {GrantSlot, newGrant} from "./GrantSlot.sol";

/// @title What is stored of requests and grants, and the steps that several calls share
abstract contract GrantStore is EventHeads, IAccessGrants {
    /// @dev One slot. `validUntil`: what the officer agreed to, where it is an extension; else 0.
    struct Approval {
        address officer;
        uint40 validUntil;
    }

    /// @dev Two slots: the counter's terms, and when the owner made it.
    struct Counter {
        bytes32 digest;
        uint16 purpose;
        bool allFields;
        bool onwardUse;
        uint40 validUntil;
        uint40 madeAt;
    }

    /// @inheritdoc IAccessGrants
    uint256 public constant MAX_UNANSWERED = PLACES;

    /// @inheritdoc IAccessGrants
    IDepartmentRegistry public immutable departments;

    /// @inheritdoc IAccessGrants
    IDatasetRegistry public immutable datasets;

    /// @inheritdoc IAccessGrants
    IConsentRegistry public immutable consents;

    /// @inheritdoc IAccessGrants
    uint32 public grantCount;

    /// @inheritdoc IAccessGrants
    uint32 public offerCount;

    mapping(GrantId grant => GrantSlot) internal _grants;

    /// @dev While a request waits for its owner's response, the digest of its terms is here, in its place.
    mapping(uint64 parties => Unanswered) private _unanswered;

    /// @dev After that, unless it became Active, it is here.
    mapping(GrantId grant => bytes32 digest) internal _answered;

    mapping(GrantId grant => Counter) internal _counters;

    /// @dev The first of two approvals, while it waits for the second.
    mapping(GrantId grant => Approval) internal _firstApprovals;

    constructor(IConsentRegistry consentRegistry) {
        consents = consentRegistry;
        datasets = consentRegistry.datasets();
        departments = consentRegistry.departments();
    }

    // ------------------------------------------------------------------ steps
    /// @dev A new grant, Active at once (`granted`) or Requested.
    function _create(
        bool granted,
        OfferId offer,
        DatasetId dataset,
        DepartmentId requester,
        DepartmentId owner,
        uint8 approvals,
        uint40 respondBy,
        Terms calldata terms
    ) internal returns (GrantId grant) {
        Terms memory asked = terms;
        _requireTerms(asked);
        grant = GrantId.wrap(++grantCount);
        GrantSlot created = newGrant({
            dataset_: dataset,
            requester_: requester,
            owner_: owner,
            approvals_: approvals,
            purpose_: asked.purpose,
            allFields_: asked.allFields,
            onwardUse_: asked.onwardUse,
            validUntil_: asked.validUntil
        });
        _grants[grant] =
            granted
                ? created.inState(GrantState.Active).since(uint40(block.timestamp))
                : _waiting(created, asked.digest, respondBy);
        _recordRequest(grant, dataset, requester, offer, asked, respondBy);
    }

    /// @dev Requested, in a place among those that wait for this owner's response.
    function _waiting(
        GrantSlot asked,
        bytes32 terms,
        uint40 respondBy
    ) internal returns (GrantSlot) {
        uint8 place = _unanswered[asked.parties()].take(terms);
        if (place == PLACES) revert TooManyUnanswered(asked.requester(), asked.owner(), PLACES);
        return asked.inState(GrantState.Requested).inPlace(place).since(respondBy);
    }

    /// @dev As {_waiting}, of a request that was answered before.
    function _waitingAgain(
        GrantId grant,
        GrantSlot asked,
        bytes32 terms,
        uint40 respondBy
    ) internal returns (GrantSlot) {
        delete _answered[grant];
        return _waiting(asked, terms, respondBy);
    }

    /// @dev Into another state than Requested and Active, with neither a first approval nor a counter.
    function _answer(GrantId grant, GrantSlot asked, GrantState next) internal {
        if (asked.isIn(GrantState.Requested)) _answered[grant] = _leavePlace(asked);
        _grants[grant] = asked.inState(next);
        delete _firstApprovals[grant];
        delete _counters[grant];
    }

    /// @dev Its `terms` aren't stored any more. `from`: when the owner decided that it holds.
    function _activate(
        GrantId grant,
        GrantSlot asked,
        bytes32 terms,
        GrantBasis basis,
        uint40 from
    ) internal {
        if (asked.approvals() > 1) delete _firstApprovals[grant];
        _grants[grant] = asked.inState(GrantState.Active).since(from);
        _recordActivation(grant, asked.dataset(), asked.requester(), terms, basis);
    }

    function _recordRequest(
        GrantId grant,
        DatasetId dataset,
        DepartmentId requester,
        OfferId offer,
        Terms memory asked,
        uint40 respondBy
    ) private {
        Head storage head = _datasetHeads[dataset];
        head.value = keccak256(
            abi.encode(
                head.value,
                AccessRequested.selector,
                block.timestamp,
                grant,
                dataset,
                requester,
                offer,
                asked,
                respondBy
            )
        );
        emit AccessRequested(
            grant,
            dataset,
            requester,
            offer,
            asked.digest,
            asked.purpose,
            asked.allFields,
            asked.onwardUse,
            asked.validUntil,
            respondBy
        );
    }

    function _recordActivation(
        GrantId grant,
        DatasetId dataset,
        DepartmentId requester,
        bytes32 terms,
        GrantBasis basis
    ) internal {
        Head storage head = _datasetHeads[dataset];
        head.value = keccak256(
            abi.encode(
                head.value,
                GrantActivated.selector,
                block.timestamp,
                grant,
                dataset,
                requester,
                terms,
                basis
            )
        );
        emit GrantActivated(grant, dataset, requester, terms, basis);
    }

    /// @dev `validUntil` as in {Approval}.
    function _recordApproval(
        GrantId grant,
        GrantSlot asked,
        bytes32 terms,
        uint40 validUntil
    ) internal {
        (DatasetId dataset, DepartmentId requester) = (asked.dataset(), asked.requester());
        _firstApprovals[grant] = Approval(msg.sender, validUntil);
        Head storage head = _datasetHeads[dataset];
        head.value = keccak256(
            abi.encode(
                head.value,
                ApprovalRecorded.selector,
                block.timestamp,
                grant,
                dataset,
                requester,
                msg.sender,
                terms
            )
        );
        emit ApprovalRecorded(grant, dataset, requester, msg.sender, terms);
    }

    function _extend(bytes32 topic0, GrantId grant, GrantSlot of_) internal {
        DatasetId dataset = of_.dataset();
        Head storage head = _datasetHeads[dataset];
        head.value = keccak256(
            abi.encode(head.value, topic0, block.timestamp, grant, dataset, of_.requester())
        );
    }

    function _extend(
        bytes32 topic0,
        GrantId grant,
        GrantSlot of_,
        Reason calldata reason
    ) internal {
        DatasetId dataset = of_.dataset();
        Head storage head = _datasetHeads[dataset];
        head.value = keccak256(
            abi.encode(head.value, topic0, block.timestamp, grant, dataset, of_.requester(), reason)
        );
    }

    /// @dev Returns the terms that waited there.
    function _leavePlace(GrantSlot asked) internal returns (bytes32) {
        return _unanswered[asked.parties()].vacate(asked.place());
    }

    // ------------------------------------------------------------------ checks
    /// @dev The terms that wait for an answer, or did so; zero once it is Active.
    function _termsOf(GrantId grant, GrantSlot asked) internal view returns (bytes32) {
        return
            asked.isIn(GrantState.Requested)
                ? _unanswered[asked.parties()].termsAt(asked.place())
                : _answered[grant];
    }

    /// @dev Whether no officer has approved this yet; the second approval has to come from another one.
    function _isFirstApproval(GrantId grant, uint40 validUntil) internal view returns (bool) {
        Approval memory first = _firstApprovals[grant];
        if (first.officer == address(0) || first.validUntil != validUntil) return true;
        if (first.officer == msg.sender) revert ApprovalGivenAlready(grant, msg.sender);
        return false;
    }

    function _requireTerms(Terms memory terms) internal view {
        if (terms.purpose == 0) revert PurposeMissing();
        _requireFuture(terms.validUntil);
        if (terms.digest <= FREE) revert IDepartmentRegistry.DigestMissing();
    }

    function _requireFuture(uint40 validUntil) internal view {
        if (block.timestamp >= validUntil) revert ValidityOver(validUntil);
    }

    function _requireSameTerms(GrantId grant, bytes32 terms, bytes32 expected) internal pure {
        if (terms != expected) revert TermsMismatch(grant, terms, expected);
    }

    function _requireUnexpired(GrantId grant, uint40 validUntil) internal view {
        if (block.timestamp >= validUntil) revert GrantHasExpired(grant, validUntil);
    }

    function _requireState(GrantId grant, GrantSlot of_, GrantState expected) internal pure {
        if (!of_.isIn(expected)) revert GrantStateUnexpected(grant, of_.state());
    }

    /// @dev The grant, on which an OFFICER of its owner calls.
    function _ofOwner(GrantId grant) internal view returns (GrantSlot found) {
        found = _existing(grant);
        _authorizeOwner(found.dataset(), found.owner());
    }

    function _authorizeOwner(DatasetId dataset, DepartmentId owner) internal view {
        DepartmentId department = departments.authorize(msg.sender, Capability.OFFICER);
        if (department != owner) revert IDatasetRegistry.NotTheOwner(dataset, department);
    }

    /// @dev The grant, on which an OFFICER of its requester calls.
    function _ofRequester(GrantId grant) internal view returns (GrantSlot found) {
        found = _existing(grant);
        DepartmentId department = departments.authorize(msg.sender, Capability.OFFICER);
        if (found.requester() != department) revert NotTheRequester(grant, department);
    }

    function _existing(GrantId grant) internal view returns (GrantSlot found) {
        found = _grants[grant];
        if (found.isIn(GrantState.None)) revert GrantUnknown(grant);
    }

    /// @dev When a response that is due from now on is late.
    function _responseDue() internal view returns (uint40) {
        return uint40(block.timestamp + departments.periods().respond);
    }
}
