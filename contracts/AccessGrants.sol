// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

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
    // Two slots: | validUntil 40 | respondBy 40 | onwardUse 8 | allFields 8 | purpose 16 | state 8 | requester 32 | dataset 32 |, terms
    mapping(GrantId grant => Grant) private _grants;
    /// @inheritdoc IAccessGrants
    mapping(GrantId grant => address officer) public firstApprover;

    constructor(IDatasetRegistry datasets_) {
        datasets = datasets_;
        departments = datasets_.departments();
    }

    /// @inheritdoc IAccessGrants
    function request(DatasetId dataset, Terms calldata terms) external returns (GrantId grant) {
        DepartmentId requester = departments.authorize(msg.sender, Capability.OFFICER);
        IDatasetRegistry.Dataset memory target = _usable(dataset);
        if (target.owner == requester) revert OwnDataset(dataset);
        if (target.sharing == SharingClass.Closed) revert DatasetIsClosed(dataset);
        if (!departments.inGoodStanding(target.owner)) {
            revert IDepartmentRegistry.DepartmentIsSuspended(target.owner);
        }
        if (terms.digest == 0) revert IDepartmentRegistry.DigestMissing();
        if (!terms.allFields) revert PartialFieldsUnsupported();
        if (terms.validUntil <= block.timestamp) revert ValidityOver(terms.validUntil);

        bool granted = target.sharing == SharingClass.Open;
        uint40 respondBy = uint40(block.timestamp + departments.periods().respond);
        grant = GrantId.wrap(++grantCount);
        _grants[grant] = Grant({
            dataset: dataset,
            requester: requester,
            state: granted ? GrantState.Active : GrantState.Requested,
            purpose: terms.purpose,
            allFields: terms.allFields,
            onwardUse: terms.onwardUse,
            respondBy: respondBy,
            validUntil: terms.validUntil,
            terms: terms.digest
        });
        emit AccessRequested(
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
        _setDatasetHead(
            dataset,
            abi.encode(
                datasetHead(dataset),
                AccessRequested.selector,
                block.timestamp,
                grant,
                dataset,
                requester,
                terms,
                respondBy
            )
        );
        if (granted) _emitActivated(grant, dataset, requester, terms.digest, GrantBasis.OpenClass);
    }

    /// @inheritdoc IAccessGrants
    function approve(GrantId grant, bytes32 terms) external {
        Grant storage requested = _inState(grant, GrantState.Requested);
        DatasetId dataset = requested.dataset;
        IDatasetRegistry.Dataset memory target = _usable(dataset);
        _requireOwner(dataset, target.owner);
        bytes32 expected = requested.terms;
        if (terms != expected) revert TermsMismatch(grant, terms, expected);
        uint40 validUntil = requested.validUntil;
        if (block.timestamp >= validUntil) revert GrantHasExpired(grant, validUntil);

        DepartmentId requester = requested.requester;
        if (target.approvals == 2) {
            address first = firstApprover[grant];
            if (first == address(0)) {
                _recordApproval(grant, dataset, requester, terms);
                return;
            }
            if (first == msg.sender) revert ApprovalGivenAlready(grant, msg.sender);
        }
        requested.state = GrantState.Active;
        _emitActivated(grant, dataset, requester, terms, GrantBasis.Approval);
    }

    /// @inheritdoc IAccessGrants
    function refuse(GrantId grant, Reason calldata reason) external {
        Grant storage changed = _decided(grant, GrantState.Requested, reason);
        (DatasetId dataset, DepartmentId requester) = (changed.dataset, changed.requester);
        changed.state = GrantState.Refused;
        emit RequestRefused(grant, dataset, requester, reason.code, reason.digest);
        _setReasonedHead(RequestRefused.selector, grant, dataset, requester, reason);
    }

    /// @inheritdoc IAccessGrants
    function withdraw(GrantId grant) external {
        Grant storage requested = _inState(grant, GrantState.Requested);
        (DatasetId dataset, DepartmentId requester) = (requested.dataset, requested.requester);
        DepartmentId caller = departments.authorize(msg.sender, Capability.OFFICER);
        if (caller != requester) revert NotTheRequester(grant, caller);
        requested.state = GrantState.Withdrawn;
        emit RequestWithdrawn(grant, dataset, requester);
        _setHead(RequestWithdrawn.selector, grant, dataset, requester);
    }

    /// @inheritdoc IAccessGrants
    function suspend(GrantId grant, Reason calldata reason) external {
        Grant storage changed = _decided(grant, GrantState.Active, reason);
        (DatasetId dataset, DepartmentId requester) = (changed.dataset, changed.requester);
        changed.state = GrantState.Suspended;
        emit GrantSuspended(grant, dataset, requester, reason.code, reason.digest);
        _setReasonedHead(GrantSuspended.selector, grant, dataset, requester, reason);
    }

    /// @inheritdoc IAccessGrants
    function resume(GrantId grant) external {
        Grant storage suspended = _inState(grant, GrantState.Suspended);
        (DatasetId dataset, DepartmentId requester) = (suspended.dataset, suspended.requester);
        _requireOwner(dataset, datasets.datasetOf(dataset).owner);
        suspended.state = GrantState.Active;
        emit GrantResumed(grant, dataset, requester);
        _setHead(GrantResumed.selector, grant, dataset, requester);
    }

    /// @inheritdoc IAccessGrants
    function revoke(GrantId grant, Reason calldata reason) external {
        GrantState state = _known(grant).state;
        if (state != GrantState.Suspended) state = GrantState.Active;
        Grant storage changed = _decided(grant, state, reason);
        (DatasetId dataset, DepartmentId requester) = (changed.dataset, changed.requester);
        changed.state = GrantState.Revoked;
        emit GrantRevoked(grant, dataset, requester, reason.code, reason.digest);
        _setReasonedHead(GrantRevoked.selector, grant, dataset, requester, reason);
    }

    /// @inheritdoc IAccessGrants
    function grantOf(GrantId grant) external view returns (Grant memory) {
        return _known(grant);
    }

    /// @inheritdoc IAccessGrants
    function refusalCause(
        GrantId grant,
        DatasetId dataset,
        DepartmentId receiver
    ) external view returns (RefusalCause) {
        Grant storage found = _grants[grant];
        if (
            found.state == GrantState.None ||
            DatasetId.unwrap(found.dataset) != DatasetId.unwrap(dataset) ||
            found.requester != receiver
        ) {
            return RefusalCause.NoGrant;
        }
        if (found.state == GrantState.Suspended) return RefusalCause.Suspended;
        if (found.state == GrantState.Revoked) return RefusalCause.Revoked;
        if (found.state != GrantState.Active) return RefusalCause.NotActive;
        return block.timestamp >= found.validUntil ? RefusalCause.Expired : RefusalCause.None;
    }

    function _recordApproval(
        GrantId grant,
        DatasetId dataset,
        DepartmentId requester,
        bytes32 terms
    ) private {
        firstApprover[grant] = msg.sender;
        emit ApprovalRecorded(grant, dataset, requester, msg.sender, terms);
        _setDatasetHead(
            dataset,
            abi.encode(
                datasetHead(dataset),
                ApprovalRecorded.selector,
                block.timestamp,
                grant,
                dataset,
                requester,
                msg.sender,
                terms
            )
        );
    }

    function _emitActivated(
        GrantId grant,
        DatasetId dataset,
        DepartmentId requester,
        bytes32 terms,
        GrantBasis basis
    ) private {
        emit GrantActivated(grant, dataset, requester, terms, basis);
        _setDatasetHead(
            dataset,
            abi.encode(
                datasetHead(dataset),
                GrantActivated.selector,
                block.timestamp,
                grant,
                dataset,
                requester,
                terms,
                basis
            )
        );
    }

    function _setHead(bytes32 topic0, GrantId grant, DatasetId dataset, DepartmentId requester) private {
        _setDatasetHead(
            dataset,
            abi.encode(datasetHead(dataset), topic0, block.timestamp, grant, dataset, requester)
        );
    }

    function _setReasonedHead(
        bytes32 topic0,
        GrantId grant,
        DatasetId dataset,
        DepartmentId requester,
        Reason calldata reason
    ) private {
        _setDatasetHead(
            dataset,
            abi.encode(datasetHead(dataset), topic0, block.timestamp, grant, dataset, requester, reason)
        );
    }

    /// @dev A grant in `state` that its owner's OFFICER decides about, with a reason.
    function _decided(
        GrantId grant,
        GrantState state,
        Reason calldata reason
    ) private view returns (Grant storage found) {
        found = _inState(grant, state);
        _requireOwner(found.dataset, datasets.datasetOf(found.dataset).owner);
        if (reason.digest == 0) revert IDepartmentRegistry.DigestMissing();
    }

    function _requireOwner(DatasetId dataset, DepartmentId owner) private view {
        DepartmentId caller = departments.authorize(msg.sender, Capability.OFFICER);
        if (caller != owner) revert IDatasetRegistry.NotTheOwner(dataset, caller);
    }

    function _usable(DatasetId dataset) private view returns (IDatasetRegistry.Dataset memory found) {
        found = datasets.datasetOf(dataset);
        if (found.withdrawn) revert IDatasetRegistry.DatasetIsWithdrawn(dataset);
    }

    function _inState(GrantId grant, GrantState state) private view returns (Grant storage found) {
        found = _known(grant);
        if (found.state != state) revert GrantStateUnexpected(grant, found.state);
    }

    function _known(GrantId grant) private view returns (Grant storage found) {
        found = _grants[grant];
        if (found.state == GrantState.None) revert GrantUnknown(grant);
    }
}
