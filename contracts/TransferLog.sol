// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {EventHeads} from "./EventHeads.sol";
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
    /// @inheritdoc ITransferLog
    uint256 public constant MAX_OVERDUE = 3;
    /// @inheritdoc ITransferLog
    uint256 public constant MAX_UNACKNOWLEDGED = 6;
    uint8 private constant EITHER = Capability.OFFICER | Capability.AGENT;

    /// @inheritdoc ITransferLog
    IDepartmentRegistry public immutable departments;
    /// @inheritdoc ITransferLog
    IDatasetRegistry public immutable datasets;
    /// @inheritdoc ITransferLog
    IAccessGrants public immutable grants;

    /// @inheritdoc ITransferLog
    uint64 public transferCount;
    // One slot each: see ITransferLog.Transfer, 256 bits.
    mapping(TransferId transfer => Transfer) private _transfers;
    // One slot: | releases 16 | six `acknowledgeBy` of 40 |, those of releases that are neither acknowledged nor disputed. `releases` only
    // grows, so that the slot never returns to zero, which would make it dear to write again.
    mapping(GrantId grant => uint256) private _waiting;

    constructor(IAccessGrants grants_) {
        grants = grants_;
        datasets = grants_.datasets();
        departments = grants_.departments();
    }
    /// @inheritdoc ITransferLog
    function open(DatasetId dataset, uint32 datasetVersion, GrantId grant) external returns (TransferId transfer) {
        DepartmentId receiver = departments.authorize(msg.sender, EITHER);
        (DepartmentId sender, ) = datasets.servableVersion(dataset, datasetVersion);
        _requireGoodStanding(sender);
        RefusalCause cause = grants.refusalCause(grant, dataset, receiver);
        if (cause == RefusalCause.None && overdueCount(grant) > MAX_OVERDUE) cause = RefusalCause.OverdueReceipts;
        if (cause != RefusalCause.None) {
            _recordRefusal(dataset, receiver, grant, datasetVersion, cause);
            return TransferId.wrap(0);
        }
        uint40 releaseBy = uint40(block.timestamp + departments.periods().release);
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
        emit TransferOpened(transfer, dataset, receiver, grant, datasetVersion, releaseBy);
        _setDatasetHead(
            dataset,
            abi.encode(
                datasetHead(dataset),
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
    }

    /// @inheritdoc ITransferLog
    function release(TransferId transfer, bytes32 manifest, uint32 keyNumber, bytes32 wrap) external {
        Transfer memory t = _known(transfer);
        _requireSender(transfer, t);
        if (t.state == TransferState.Disputed) {
            if (t.cured) revert CuredAlready(transfer);
            t.cured = true;
        } else if (t.state != TransferState.Opened) {
            revert TransferStateUnexpected(transfer, t.state);
        }
        if (wrap == 0) revert IDepartmentRegistry.DigestMissing();
        _requireGoodStanding(t.receiver);
        RefusalCause cause = grants.refusalCause(t.grant, t.dataset, t.receiver);
        if (cause != RefusalCause.None) revert GrantDoesNotHold(t.grant, cause);
        (, bytes32 expected) = datasets.servableVersion(t.dataset, t.datasetVersion);
        if (manifest != expected) revert ManifestMismatch(transfer, manifest, expected);
        uint32 current = departments.currentKey(t.receiver);
        if (keyNumber != current) revert KeyNotCurrent(t.receiver, keyNumber, current);

        t.state = TransferState.Released;
        t.acknowledgeBy = uint40(block.timestamp + departments.periods().acknowledge);
        _transfers[transfer] = t;
        _addWaiting(t.grant, t.acknowledgeBy);
        emit TransferReleased(transfer, t.dataset, t.receiver, manifest, wrap, keyNumber, t.acknowledgeBy);
        _setDatasetHead(
            t.dataset,
            abi.encode(
                datasetHead(t.dataset),
                TransferReleased.selector,
                block.timestamp,
                transfer,
                t.dataset,
                t.receiver,
                manifest,
                wrap,
                keyNumber,
                t.acknowledgeBy
            )
        );
    }

    /// @inheritdoc ITransferLog
    function decline(TransferId transfer, Reason calldata reason) external {
        Transfer memory t = _known(transfer);
        _requireSender(transfer, t);
        if (t.state != TransferState.Opened) revert TransferStateUnexpected(transfer, t.state);
        _requireReason(reason);
        _transfers[transfer].state = TransferState.Declined;
        emit TransferDeclined(transfer, t.dataset, t.receiver, reason.code, reason.digest);
        _setReasonedHead(TransferDeclined.selector, transfer, t, reason);
    }

    /// @inheritdoc ITransferLog
    function acknowledge(TransferId transfer, bytes32 manifest, bytes32 receiptTag) external {
        Transfer memory t = _known(transfer);
        _requireReceiver(transfer, t);
        if (t.state != TransferState.Released) revert TransferStateUnexpected(transfer, t.state);
        bytes32 expected = datasets.manifestOf(t.dataset, t.datasetVersion);
        if (manifest != expected) revert ManifestMismatch(transfer, manifest, expected);
        if (receiptTag == 0) revert ReceiptTagMissing();
        _transfers[transfer].state = TransferState.Acknowledged;
        _removeWaiting(t.grant, t.acknowledgeBy);
        emit TransferAcknowledged(transfer, t.dataset, t.receiver, manifest, receiptTag);
        _setDatasetHead(
            t.dataset,
            abi.encode(
                datasetHead(t.dataset),
                TransferAcknowledged.selector,
                block.timestamp,
                transfer,
                t.dataset,
                t.receiver,
                manifest,
                receiptTag
            )
        );
    }

    /// @inheritdoc ITransferLog
    function dispute(TransferId transfer, Reason calldata reason) external {
        Transfer memory t = _known(transfer);
        _requireReceiver(transfer, t);
        if (t.state == TransferState.Released) {
            _removeWaiting(t.grant, t.acknowledgeBy);
        } else if (t.state != TransferState.Acknowledged) {
            revert TransferStateUnexpected(transfer, t.state);
        }
        _requireReason(reason);
        _transfers[transfer].state = TransferState.Disputed;
        emit TransferDisputed(transfer, t.dataset, t.receiver, reason.code, reason.digest);
        _setReasonedHead(TransferDisputed.selector, transfer, t, reason);
    }

    /// @inheritdoc ITransferLog
    function settle(TransferId transfer, Reason calldata reason) external {
        Transfer memory t = _known(transfer);
        DepartmentId caller = departments.authorize(msg.sender, EITHER);
        if (caller != t.receiver) revert NotTheReceiver(transfer, caller);
        if (t.state != TransferState.Disputed) revert TransferStateUnexpected(transfer, t.state);
        _requireReason(reason);
        _transfers[transfer].state = TransferState.Settled;
        emit TransferSettled(transfer, t.dataset, t.receiver, reason.code, reason.digest);
        _setReasonedHead(TransferSettled.selector, transfer, t, reason);
    }

    /// @inheritdoc ITransferLog
    function transferOf(TransferId transfer) external view returns (Transfer memory) {
        return _known(transfer);
    }

    /// @inheritdoc ITransferLog
    function overdueCount(GrantId grant) public view returns (uint256 count) {
        uint256 waiting = _waiting[grant];
        for (uint256 i; i < MAX_UNACKNOWLEDGED; ++i) {
            uint40 acknowledgeBy = uint40(waiting >> (40 * i));
            if (acknowledgeBy != 0 && block.timestamp > acknowledgeBy) ++count;
        }
    }

    function _addWaiting(GrantId grant, uint40 acknowledgeBy) private {
        uint256 waiting = _waiting[grant];
        for (uint256 i; i < MAX_UNACKNOWLEDGED; ++i) {
            if (uint40(waiting >> (40 * i)) != 0) continue;
            waiting |= uint256(acknowledgeBy) << (40 * i);
            if (waiting >> 240 != type(uint16).max) waiting += 1 << 240;
            _waiting[grant] = waiting;
            return;
        }
        revert TooManyUnacknowledged(grant, MAX_UNACKNOWLEDGED);
    }

    function _removeWaiting(GrantId grant, uint40 acknowledgeBy) private {
        uint256 waiting = _waiting[grant];
        for (uint256 i; i < MAX_UNACKNOWLEDGED; ++i) {
            if (uint40(waiting >> (40 * i)) != acknowledgeBy) continue;
            _waiting[grant] = waiting & ~(uint256(type(uint40).max) << (40 * i));
            return;
        }
    }

    function _recordRefusal(
        DatasetId dataset,
        DepartmentId receiver,
        GrantId grant,
        uint32 datasetVersion,
        RefusalCause cause
    ) private {
        emit TransferRefused(dataset, receiver, grant, datasetVersion, cause);
        _setDatasetHead(
            dataset,
            abi.encode(
                datasetHead(dataset),
                TransferRefused.selector,
                block.timestamp,
                dataset,
                receiver,
                grant,
                datasetVersion,
                cause
            )
        );
    }

    function _setReasonedHead(
        bytes32 topic0,
        TransferId transfer,
        Transfer memory t,
        Reason calldata reason
    ) private {
        _setDatasetHead(
            t.dataset,
            abi.encode(
                datasetHead(t.dataset),
                topic0,
                block.timestamp,
                transfer,
                t.dataset,
                t.receiver,
                reason
            )
        );
    }

    function _requireSender(TransferId transfer, Transfer memory t) private view {
        DepartmentId caller = departments.authorize(msg.sender, EITHER);
        if (caller != t.sender) revert NotTheSender(transfer, caller);
    }

    function _requireReceiver(TransferId transfer, Transfer memory t) private view {
        DepartmentId caller = departments.authorizeSuspended(msg.sender, EITHER);
        if (caller != t.receiver) revert NotTheReceiver(transfer, caller);
    }

    function _requireGoodStanding(DepartmentId department) private view {
        if (!departments.inGoodStanding(department)) {
            revert IDepartmentRegistry.DepartmentIsSuspended(department);
        }
    }

    function _requireReason(Reason calldata reason) private pure {
        if (reason.digest == 0) revert IDepartmentRegistry.DigestMissing();
    }

    function _known(TransferId transfer) private view returns (Transfer memory t) {
        t = _transfers[transfer];
        if (t.state == TransferState.None) revert TransferUnknown(transfer);
    }
}
