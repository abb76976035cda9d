// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {requireDigest, requireReason} from "./Checks.sol";
import {EventHeads} from "./EventHeads.sol";
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
} from "./Types.sol";
import {IAccessGrants} from "./interfaces/IAccessGrants.sol";
import {IDatasetRegistry} from "./interfaces/IDatasetRegistry.sol";
import {IDepartmentRegistry} from "./interfaces/IDepartmentRegistry.sol";

/// @title Requests and the grants that they become
contract AccessGrants is EventHeads, IAccessGrants {
    /// @inheritdoc IAccessGrants
    IDepartmentRegistry public immutable departments;

    /// @inheritdoc IAccessGrants
    IDatasetRegistry public immutable datasets;

    /// @inheritdoc IAccessGrants
    uint32 public grantCount;

    /// @dev Two slots each:
    ///
    ///     bits  32       32         32     8      8          16       8          8          40         40
    ///           dataset  requester  owner  state  approvals  purpose  allFields  onwardUse  respondBy  validUntil
    ///     bits  256
    ///           terms
    mapping(GrantId grant => Grant) private _grants;

    /// @inheritdoc IAccessGrants
    mapping(GrantId grant => address officer) public firstApprover;

    constructor(IDatasetRegistry datasetRegistry) {
        datasets = datasetRegistry;
        departments = datasetRegistry.departments();
    }

    // ------------------------------------------------------------------ calls
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
        Terms memory asked = terms;
        _requireTerms(asked);
        grant = GrantId.wrap(++grantCount);
        Grant storage created = _grants[grant];
        created.dataset = dataset;
        created.requester = requester;
        created.owner = owner;
        created.approvals = approvals;
        created.state = GrantState.Requested;
        created.purpose = asked.purpose;
        created.allFields = asked.allFields;
        created.onwardUse = asked.onwardUse;
        created.respondBy = respondBy;
        created.validUntil = asked.validUntil;
        _recordRequest(grant, dataset, requester, asked, respondBy);
        if (sharing == SharingClass.Open) {
            created.state = GrantState.Active;
            _recordActivation(grant, dataset, requester, asked.digest, GrantBasis.OpenClass);
        } else {
            created.terms = asked.digest;
        }
    }

    /// @inheritdoc IAccessGrants
    function approve(GrantId grant, bytes32 terms) external {
        Grant storage asked = _existing(grant);
        (DatasetId dataset, DepartmentId requester) = (asked.dataset, asked.requester);
        (GrantState state, uint40 validUntil) = (asked.state, asked.validUntil);
        (DepartmentId owner, uint8 approvals) = (asked.owner, asked.approvals);
        _authorizeOwner(dataset, owner);
        if (state != GrantState.Requested) revert GrantStateUnexpected(grant, state);
        if (asked.terms != terms) revert TermsMismatch(grant, terms, asked.terms);
        if (block.timestamp >= validUntil) revert GrantHasExpired(grant, validUntil);
        if (approvals > 1 && _isFirstApproval(grant)) {
            _recordApproval(grant, dataset, requester, terms);
        } else {
            asked.state = GrantState.Active;
            delete asked.terms;
            _recordActivation(grant, dataset, requester, terms, GrantBasis.Approval);
        }
    }

    /// @inheritdoc IAccessGrants
    function refuse(GrantId grant, Reason calldata reason) external {
        Grant storage asked = _decidedByOwner(grant);
        _requireState(grant, asked, GrantState.Requested);
        requireReason(reason);
        asked.state = GrantState.Refused;
        _extend(RequestRefused.selector, grant, asked, reason);
        emit RequestRefused(grant, asked.dataset, asked.requester, reason.code, reason.digest);
    }

    /// @inheritdoc IAccessGrants
    function withdraw(GrantId grant) external {
        DepartmentId requester = departments.authorize(msg.sender, Capability.OFFICER);
        Grant storage asked = _existing(grant);
        if (asked.requester != requester) revert NotTheRequester(grant, requester);
        _requireState(grant, asked, GrantState.Requested);
        asked.state = GrantState.Withdrawn;
        _extend(RequestWithdrawn.selector, grant, asked);
        emit RequestWithdrawn(grant, asked.dataset, requester);
    }

    /// @inheritdoc IAccessGrants
    function suspend(GrantId grant, Reason calldata reason) external {
        Grant storage given = _decidedByOwner(grant);
        _requireState(grant, given, GrantState.Active);
        requireReason(reason);
        given.state = GrantState.Suspended;
        _extend(GrantSuspended.selector, grant, given, reason);
        emit GrantSuspended(grant, given.dataset, given.requester, reason.code, reason.digest);
    }

    /// @inheritdoc IAccessGrants
    function resume(GrantId grant) external {
        Grant storage given = _decidedByOwner(grant);
        _requireState(grant, given, GrantState.Suspended);
        given.state = GrantState.Active;
        _extend(GrantResumed.selector, grant, given);
        emit GrantResumed(grant, given.dataset, given.requester);
    }

    /// @inheritdoc IAccessGrants
    function revoke(GrantId grant, Reason calldata reason) external {
        Grant storage given = _decidedByOwner(grant);
        if (given.state != GrantState.Suspended) _requireState(grant, given, GrantState.Active);
        requireReason(reason);
        given.state = GrantState.Revoked;
        _extend(GrantRevoked.selector, grant, given, reason);
        emit GrantRevoked(grant, given.dataset, given.requester, reason.code, reason.digest);
    }

    // ------------------------------------------------------------------ views
    /// @inheritdoc IAccessGrants
    function grantOf(GrantId grant) external view returns (Grant memory) {
        return _existing(grant);
    }

    /// @inheritdoc IAccessGrants
    function refusalCause(
        GrantId grant,
        DatasetId dataset,
        DepartmentId receiver
    ) external view returns (RefusalCause) {
        Grant storage given = _grants[grant];
        (DatasetId granted, DepartmentId requester) = (given.dataset, given.requester);
        (GrantState state, uint40 validUntil) = (given.state, given.validUntil);
        if (requester != receiver || DatasetId.unwrap(granted) != DatasetId.unwrap(dataset)) {
            return RefusalCause.NoGrant;
        }
        if (state == GrantState.Active) {
            return block.timestamp < validUntil ? RefusalCause.None : RefusalCause.Expired;
        }
        if (state == GrantState.Suspended) return RefusalCause.Suspended;
        if (state == GrantState.Revoked) return RefusalCause.Revoked;
        return state == GrantState.None ? RefusalCause.NoGrant : RefusalCause.NotActive;
    }

    // ------------------------------------------------------------------ internal
    function _recordRequest(
        GrantId grant,
        DatasetId dataset,
        DepartmentId requester,
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
                asked,
                respondBy
            )
        );
        emit AccessRequested(
            grant,
            dataset,
            requester,
            asked.digest,
            asked.purpose,
            asked.allFields,
            asked.onwardUse,
            asked.validUntil,
            respondBy
        );
    }

    function _recordApproval(
        GrantId grant,
        DatasetId dataset,
        DepartmentId requester,
        bytes32 terms
    ) private {
        firstApprover[grant] = msg.sender;
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
    ) private {
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

    function _extend(bytes32 topic0, GrantId grant, Grant storage of_) private {
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
    ) private {
        DatasetId dataset = of_.dataset;
        Head storage head = _datasetHeads[dataset];
        head.value = keccak256(
            abi.encode(head.value, topic0, block.timestamp, grant, dataset, of_.requester, reason)
        );
    }

    function _requireTerms(Terms memory terms) private view {
        if (!terms.allFields) revert PartialFieldsUnsupported();
        if (terms.purpose == 0) revert PurposeMissing();
        if (block.timestamp >= terms.validUntil) revert ValidityOver(terms.validUntil);
        requireDigest(terms.digest);
    }

    /// @dev Whether no officer has approved yet; the second approval has to come from another one.
    function _isFirstApproval(GrantId grant) private view returns (bool) {
        address first = firstApprover[grant];
        if (first == msg.sender) revert ApprovalGivenAlready(grant, first);
        return first == address(0);
    }

    function _decidedByOwner(GrantId grant) private view returns (Grant storage found) {
        found = _existing(grant);
        _authorizeOwner(found.dataset, found.owner);
    }

    function _authorizeOwner(DatasetId dataset, DepartmentId owner) private view {
        DepartmentId department = departments.authorize(msg.sender, Capability.OFFICER);
        if (department != owner) revert IDatasetRegistry.NotTheOwner(dataset, department);
    }

    function _requireState(GrantId grant, Grant storage of_, GrantState expected) private view {
        if (of_.state != expected) revert GrantStateUnexpected(grant, of_.state);
    }

    function _existing(GrantId grant) private view returns (Grant storage found) {
        found = _grants[grant];
        if (found.state == GrantState.None) revert GrantUnknown(grant);
    }
}
