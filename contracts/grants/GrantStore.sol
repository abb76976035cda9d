// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {requireDigest} from "../Checks.sol";
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
import {Unanswered, REQUEST_LANES} from "../Unanswered.sol";
import {IAccessGrants} from "../interfaces/IAccessGrants.sol";
import {IConsentRegistry} from "../interfaces/IConsentRegistry.sol";
import {IDatasetRegistry} from "../interfaces/IDatasetRegistry.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";

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
    uint256 public constant MAX_UNANSWERED = REQUEST_LANES;

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

    /// @dev Two slots each:
    ///
    ///     bits  32       32         32     8      8          16       8          8          8        40     40
    ///           dataset  requester  owner  state  approvals  purpose  allFields  onwardUse  ordered  clock  validUntil
    ///     bits  256
    ///           terms
    mapping(GrantId grant => Grant) internal _grants;

    mapping(GrantId grant => Counter) internal _counters;

    /// @dev The first of two approvals, while it waits for the second.
    mapping(GrantId grant => Approval) internal _firstApprovals;

    mapping(DepartmentId requester => mapping(DepartmentId owner => Unanswered))
        private _unanswered;

    constructor(IConsentRegistry consentRegistry) {
        consents = consentRegistry;
        datasets = consentRegistry.datasets();
        departments = consentRegistry.departments();
    }

    // ------------------------------------------------------------------ steps
    /// @dev A new request, `granted` at once or waiting for the owner's response.
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
        _requireTerms(terms);
        grant = GrantId.wrap(++grantCount);
        Grant storage created = _grants[grant];
        created.dataset = dataset;
        created.requester = requester;
        created.owner = owner;
        created.approvals = approvals;
        created.state = granted ? GrantState.Active : GrantState.Requested;
        created.purpose = terms.purpose;
        created.allFields = terms.allFields;
        created.onwardUse = terms.onwardUse;
        created.clock = granted ? uint40(block.timestamp) : respondBy;
        created.validUntil = terms.validUntil;
        if (!granted) created.terms = terms.digest;
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
                terms,
                respondBy
            )
        );
        emit AccessRequested(
            grant,
            dataset,
            requester,
            offer,
            terms.digest,
            terms.purpose,
            terms.allFields,
            terms.onwardUse,
            terms.validUntil,
            respondBy
        );
    }

    /// @dev Enters a request among those that wait for this owner's response: in the place of the oldest that doesn't
    /// any more.
    function _await(GrantId grant, DepartmentId requester, DepartmentId owner) internal {
        Unanswered waiting = _unanswered[requester][owner];
        for (uint256 lane = REQUEST_LANES; lane > 0; --lane) {
            if (_grants[waiting.requestAt(lane - 1)].state != GrantState.Requested) {
                _unanswered[requester][owner] = waiting.replaced(lane - 1, grant);
                return;
            }
        }
        revert TooManyUnanswered(requester, owner, MAX_UNANSWERED);
    }

    /// @dev As {_await}, of a request that waited before and may still be among them.
    function _awaitAgain(GrantId grant, DepartmentId requester, DepartmentId owner) internal {
        if (!_unanswered[requester][owner].contains(grant)) _await(grant, requester, owner);
    }

    /// @dev `since`: when the owner decided that it holds.
    function _activate(
        GrantId grant,
        Grant storage asked,
        bytes32 terms,
        GrantBasis basis,
        uint40 since
    ) internal {
        (DatasetId dataset, DepartmentId requester) = (asked.dataset, asked.requester);
        if (asked.approvals > 1) delete _firstApprovals[grant];
        asked.state = GrantState.Active;
        asked.clock = since;
        delete asked.terms;
        _recordActivation(grant, dataset, requester, terms, basis);
    }

    /// @dev Into a state in which neither a first approval nor a counter waits any more.
    function _leave(GrantId grant, Grant storage asked, GrantState next) internal {
        asked.state = next;
        delete _firstApprovals[grant];
        delete _counters[grant];
    }

    /// @dev `validUntil` as in {Approval}.
    function _recordApproval(
        GrantId grant,
        Grant storage asked,
        bytes32 terms,
        uint40 validUntil
    ) internal {
        (DatasetId dataset, DepartmentId requester) = (asked.dataset, asked.requester);
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

    function _extend(bytes32 topic0, GrantId grant, Grant storage of_) internal {
        DatasetId dataset = of_.dataset;
        Head storage head = _datasetHeads[dataset];
        head.value = keccak256(
            abi.encode(head.value, topic0, block.timestamp, grant, dataset, of_.requester)
        );
    }

    function _extend(
        bytes32 topic0,
        GrantId grant,
        Grant storage of_,
        Reason calldata reason
    ) internal {
        DatasetId dataset = of_.dataset;
        Head storage head = _datasetHeads[dataset];
        head.value = keccak256(
            abi.encode(head.value, topic0, block.timestamp, grant, dataset, of_.requester, reason)
        );
    }

    // ------------------------------------------------------------------ checks
    /// @dev Whether no officer has approved this yet; the second approval has to come from another one.
    function _isFirstApproval(GrantId grant, uint40 validUntil) internal view returns (bool) {
        Approval storage first = _firstApprovals[grant];
        if (first.officer == address(0) || first.validUntil != validUntil) return true;
        if (first.officer == msg.sender) revert ApprovalGivenAlready(grant, msg.sender);
        return false;
    }

    function _requireTerms(Terms calldata terms) internal view {
        if (terms.purpose == 0) revert PurposeMissing();
        _requireFuture(terms.validUntil);
        requireDigest(terms.digest);
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

    function _requireState(GrantId grant, Grant storage of_, GrantState expected) internal view {
        if (of_.state != expected) revert GrantStateUnexpected(grant, of_.state);
    }

    /// @dev The grant, on which an OFFICER of its owner calls.
    function _ofOwner(GrantId grant) internal view returns (Grant storage found) {
        found = _existing(grant);
        _authorizeOwner(found.dataset, found.owner);
    }

    function _authorizeOwner(DatasetId dataset, DepartmentId owner) internal view {
        DepartmentId department = departments.authorize(msg.sender, Capability.OFFICER);
        if (department != owner) revert IDatasetRegistry.NotTheOwner(dataset, department);
    }

    /// @dev The grant, on which an OFFICER of its requester calls.
    function _ofRequester(GrantId grant) internal view returns (Grant storage found) {
        found = _existing(grant);
        _requireRequester(grant, found, departments.authorize(msg.sender, Capability.OFFICER));
    }

    function _requireRequester(
        GrantId grant,
        Grant storage of_,
        DepartmentId department
    ) internal view {
        if (of_.requester != department) revert NotTheRequester(grant, department);
    }

    function _existing(GrantId grant) internal view returns (Grant storage found) {
        found = _grants[grant];
        if (found.state == GrantState.None) revert GrantUnknown(grant);
    }

    function _responseDue() internal view returns (uint40) {
        return uint40(block.timestamp + departments.periods().respond);
    }
}
