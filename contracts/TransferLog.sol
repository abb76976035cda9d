// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {requireDigest, requireReason} from "./Checks.sol";
import {EventHeads} from "./EventHeads.sol";
import {Receipts, LANES} from "./Receipts.sol";
import {
    Capability,
    DatasetId,
    DepartmentId,
    GrantId,
    Reason,
    RefusalCause,
    TransferId,
    TransferState
} from "./Types.sol";
import {IAccessGrants} from "./interfaces/IAccessGrants.sol";
import {IDatasetRegistry} from "./interfaces/IDatasetRegistry.sol";
import {IDepartmentRegistry} from "./interfaces/IDepartmentRegistry.sol";
import {ITransferLog} from "./interfaces/ITransferLog.sol";

/// @title Deliveries: no key without a trace
contract TransferLog is EventHeads, ITransferLog {
    uint8 private constant DELIVERERS = Capability.OFFICER | Capability.AGENT;

    /// @inheritdoc ITransferLog
    uint256 public constant MAX_OVERDUE = 3;

    /// @inheritdoc ITransferLog
    uint256 public constant MAX_UNACKNOWLEDGED = LANES;

    /// @inheritdoc ITransferLog
    IDepartmentRegistry public immutable departments;

    /// @inheritdoc ITransferLog
    IDatasetRegistry public immutable datasets;

    /// @inheritdoc ITransferLog
    IAccessGrants public immutable grants;

    /// @inheritdoc ITransferLog
    uint64 public transferCount;

    /// @dev One slot each:
    ///
    ///     bits  32       32              32     32      32        8      8      40         40
    ///           dataset  datasetVersion  grant  sender  receiver  state  cured  releaseBy  acknowledgeBy
    mapping(TransferId transfer => Transfer) private _transfers;

    mapping(DatasetId dataset => mapping(DepartmentId receiver => Receipts)) private _receipts;

    constructor(IAccessGrants accessGrants) {
        grants = accessGrants;
        datasets = accessGrants.datasets();
        departments = accessGrants.departments();
    }

    // ------------------------------------------------------------------ calls of the grantee
    /// @inheritdoc ITransferLog
    function open(
        DatasetId dataset,
        uint32 datasetVersion,
        GrantId grant
    ) external returns (TransferId transfer) {
        DepartmentId sender = datasets.ownerOfServable(dataset, datasetVersion);
        (DepartmentId receiver, uint40 releaseBy) = departments.authorizeOpening(
            msg.sender,
            sender
        );
        RefusalCause cause = grants.refusalCause(grant, dataset, receiver);
        if (cause == RefusalCause.None && overdueCount(dataset, receiver) > MAX_OVERDUE)
            cause = RefusalCause.OverdueReceipts;
        if (cause == RefusalCause.None)
            return _open(dataset, datasetVersion, grant, sender, receiver, releaseBy);

        Head storage head = _datasetHeads[dataset];
        head.value = keccak256(
            abi.encode(
                head.value,
                TransferRefused.selector,
                block.timestamp,
                dataset,
                receiver,
                grant,
                datasetVersion,
                cause
            )
        );
        emit TransferRefused(dataset, receiver, grant, datasetVersion, cause);
    }

    /// @inheritdoc ITransferLog
    function acknowledge(TransferId transfer, bytes32 manifest, bytes32 receiptTag) external {
        Transfer memory received = _transfers[transfer];
        _authorizeReceiver(transfer, received);
        if (received.state != TransferState.Released)
            revert TransferStateUnexpected(transfer, received.state);
        DatasetId dataset = received.dataset;
        // The version's manifest, which never changes, is the one that the release named.
        bytes32 expected = datasets.manifestOf(dataset, received.datasetVersion);
        if (manifest != expected) revert ManifestMismatch(transfer, manifest, expected);
        if (receiptTag == 0) revert ReceiptTagMissing();
        _transfers[transfer].state = TransferState.Acknowledged;
        _stopClock(received);
        DepartmentId receiver = received.receiver;
        Head storage head = _datasetHeads[dataset];
        head.value = keccak256(
            abi.encode(
                head.value,
                TransferAcknowledged.selector,
                block.timestamp,
                transfer,
                dataset,
                receiver,
                manifest,
                receiptTag
            )
        );
        emit TransferAcknowledged(transfer, dataset, receiver, manifest, receiptTag);
    }

    /// @inheritdoc ITransferLog
    function dispute(TransferId transfer, Reason calldata reason) external {
        Transfer memory received = _transfers[transfer];
        _authorizeReceiver(transfer, received);
        if (received.state == TransferState.Released) _stopClock(received);
        else if (received.state != TransferState.Acknowledged) {
            revert TransferStateUnexpected(transfer, received.state);
        }
        requireReason(reason);
        _transfers[transfer].state = TransferState.Disputed;
        _extend(TransferDisputed.selector, transfer, received, reason);
        emit TransferDisputed(
            transfer,
            received.dataset,
            received.receiver,
            reason.code,
            reason.digest
        );
    }

    /// @inheritdoc ITransferLog
    function settle(TransferId transfer, Reason calldata reason) external {
        Transfer memory disputed = _existing(transfer);
        DepartmentId receiver = departments.authorize(msg.sender, DELIVERERS);
        if (disputed.receiver != receiver) revert NotTheReceiver(transfer, receiver);
        if (disputed.state != TransferState.Disputed)
            revert TransferStateUnexpected(transfer, disputed.state);
        requireReason(reason);
        _transfers[transfer].state = TransferState.Settled;
        _extend(TransferSettled.selector, transfer, disputed, reason);
        emit TransferSettled(transfer, disputed.dataset, receiver, reason.code, reason.digest);
    }

    // ------------------------------------------------------------------ calls of the owner
    /// @inheritdoc ITransferLog
    function release(
        TransferId transfer,
        bytes32 manifest,
        uint32 keyNumber,
        bytes32 wrap
    ) external {
        Transfer memory sent = _existing(transfer);
        DatasetId dataset = sent.dataset;
        DepartmentId receiver = sent.receiver;
        uint40 acknowledgeBy = _authorizeRelease(transfer, sent, keyNumber);
        _requireStillDue(transfer, sent, manifest);
        requireDigest(wrap);
        _startClock(dataset, receiver, acknowledgeBy);
        _setReleased(_transfers[transfer], sent.state == TransferState.Disputed, acknowledgeBy);
        Head storage head = _datasetHeads[dataset];
        head.value = keccak256(
            abi.encode(
                head.value,
                TransferReleased.selector,
                block.timestamp,
                transfer,
                dataset,
                receiver,
                manifest,
                wrap,
                keyNumber,
                acknowledgeBy
            )
        );
        emit TransferReleased(
            transfer,
            dataset,
            receiver,
            manifest,
            wrap,
            keyNumber,
            acknowledgeBy
        );
    }

    /// @inheritdoc ITransferLog
    function decline(TransferId transfer, Reason calldata reason) external {
        Transfer memory sent = _existing(transfer);
        DepartmentId sender = departments.authorize(msg.sender, DELIVERERS);
        if (sent.sender != sender) revert NotTheSender(transfer, sender);
        if (sent.state != TransferState.Opened)
            revert TransferStateUnexpected(transfer, sent.state);
        requireReason(reason);
        _transfers[transfer].state = TransferState.Declined;
        _extend(TransferDeclined.selector, transfer, sent, reason);
        emit TransferDeclined(transfer, sent.dataset, sent.receiver, reason.code, reason.digest);
    }

    // ------------------------------------------------------------------ views
    /// @inheritdoc ITransferLog
    function transferOf(TransferId transfer) external view returns (Transfer memory) {
        return _existing(transfer);
    }

    /// @inheritdoc ITransferLog
    function overdueCount(DatasetId dataset, DepartmentId receiver) public view returns (uint256) {
        return _receipts[dataset][receiver].overdue(block.timestamp);
    }

    // ------------------------------------------------------------------ internal
    function _open(
        DatasetId dataset,
        uint32 datasetVersion,
        GrantId grant,
        DepartmentId sender,
        DepartmentId receiver,
        uint40 releaseBy
    ) private returns (TransferId transfer) {
        transfer = TransferId.wrap(++transferCount);
        _transfers[transfer] = Transfer({
            dataset: dataset,
            datasetVersion: datasetVersion,
            grant: grant,
            sender: sender,
            receiver: receiver,
            state: TransferState.Opened,
            cured: false,
            releaseBy: releaseBy,
            acknowledgeBy: 0
        });
        Head storage head = _datasetHeads[dataset];
        head.value = keccak256(
            abi.encode(
                head.value,
                TransferOpened.selector,
                block.timestamp,
                transfer,
                dataset,
                receiver,
                grant,
                datasetVersion,
                releaseBy
            )
        );
        emit TransferOpened(transfer, dataset, receiver, grant, datasetVersion, releaseBy);
    }

    function _startClock(DatasetId dataset, DepartmentId receiver, uint40 acknowledgeBy) private {
        Receipts receipts = _receipts[dataset][receiver];
        if (receipts.isFull()) revert TooManyUnacknowledged(dataset, receiver, MAX_UNACKNOWLEDGED);
        _receipts[dataset][receiver] = receipts.awaiting(acknowledgeBy);
    }

    function _stopClock(Transfer memory received) private {
        Receipts receipts = _receipts[received.dataset][received.receiver];
        _receipts[received.dataset][received.receiver] = receipts.settled(received.acknowledgeBy);
    }

    function _setReleased(Transfer storage transfer, bool cured, uint40 acknowledgeBy) private {
        transfer.state = TransferState.Released;
        transfer.cured = cured;
        transfer.acknowledgeBy = acknowledgeBy;
    }

    function _extend(
        bytes32 topic0,
        TransferId transfer,
        Transfer memory of_,
        Reason calldata reason
    ) private {
        Head storage head = _datasetHeads[of_.dataset];
        head.value = keccak256(
            abi.encode(
                head.value,
                topic0,
                block.timestamp,
                transfer,
                of_.dataset,
                of_.receiver,
                reason
            )
        );
    }

    function _authorizeRelease(
        TransferId transfer,
        Transfer memory sent,
        uint32 keyNumber
    ) private view returns (uint40) {
        (DepartmentId sender, uint32 current, uint40 acknowledgeBy) = departments.authorizeRelease(
            msg.sender,
            sent.receiver
        );
        if (sent.sender != sender) revert NotTheSender(transfer, sender);
        if (keyNumber != current) revert KeyNotCurrent(sent.receiver, keyNumber, current);
        return acknowledgeBy;
    }

    /// @dev Everything that may have changed since the transfer was opened, or since its dispute.
    function _requireStillDue(
        TransferId transfer,
        Transfer memory sent,
        bytes32 manifest
    ) private view {
        if (sent.state == TransferState.Disputed) {
            if (sent.cured) revert CuredAlready(transfer);
        } else if (sent.state != TransferState.Opened) {
            revert TransferStateUnexpected(transfer, sent.state);
        }
        bytes32 expected = datasets.manifestOfServable(sent.dataset, sent.datasetVersion);
        if (manifest != expected) revert ManifestMismatch(transfer, manifest, expected);
        RefusalCause cause = grants.refusalCause(sent.grant, sent.dataset, sent.receiver);
        if (cause != RefusalCause.None) revert GrantDoesNotHold(sent.grant, cause);
    }

    function _authorizeReceiver(TransferId transfer, Transfer memory received) private view {
        if (received.state == TransferState.None) revert TransferUnknown(transfer);
        DepartmentId receiver = departments.authorizeSuspended(msg.sender, DELIVERERS);
        if (received.receiver != receiver) revert NotTheReceiver(transfer, receiver);
    }

    function _existing(TransferId transfer) private view returns (Transfer memory found) {
        found = _transfers[transfer];
        if (found.state == TransferState.None) revert TransferUnknown(transfer);
    }
}
