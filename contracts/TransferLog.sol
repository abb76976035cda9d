// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {requireReason} from "./Checks.sol";
import {
    ConsentId,
    DatasetId,
    DepartmentId,
    GrantId,
    PayloadKind,
    Reason,
    RefusalCause,
    TransferId,
    TransferState
} from "./Types.sol";
import {IAccessGrants} from "./interfaces/IAccessGrants.sol";
import {ITransferLog} from "./interfaces/ITransferLog.sol";
import {Disputes} from "./transfers/Disputes.sol";
import {Documents} from "./transfers/Documents.sol";
import {Recalls} from "./transfers/Recalls.sol";
import {Releases} from "./transfers/Releases.sol";
import {newTransfer, routeOf, TransferSlot} from "./transfers/TransferSlot.sol";
import {TransferStore} from "./transfers/TransferStore.sol";

/// @title Deliveries: no key without a trace
contract TransferLog is Releases, Documents, Disputes, Recalls {
    /// @inheritdoc ITransferLog
    uint256 public constant MAX_OVERDUE = 3;

    constructor(IAccessGrants accessGrants) TransferStore(accessGrants) {}

    // ------------------------------------------------------------------ calls of the grantee
    /// @inheritdoc ITransferLog
    function open(
        DatasetId dataset,
        uint32 datasetVersion,
        GrantId grant
    ) external returns (TransferId transfer) {
        DepartmentId sender = datasets.ownerOfServable(dataset, datasetVersion);
        (DepartmentId receiver, uint40 releaseBy, uint40 resetAt) = departments.authorizeOpening(
            msg.sender,
            sender
        );
        (RefusalCause cause, bool allFields, bool onwardUse, ) = _permission(
            grant,
            dataset,
            receiver,
            resetAt
        );
        if (cause != RefusalCause.None) {
            _recordRefusal(dataset, receiver, grant, datasetVersion, cause);
            return TransferId.wrap(0);
        }
        PayloadKind kind = allFields ? PayloadKind.Version : PayloadKind.Derived;
        transfer = TransferId.wrap(++transferCount);
        _transfers[transfer] = newTransfer({
            dataset_: dataset,
            datasetVersion_: datasetVersion,
            grant_: grant,
            sender_: sender,
            receiver_: receiver,
            kind_: kind,
            onwardUse_: onwardUse,
            releaseBy: releaseBy,
            consent_: ConsentId.wrap(0)
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
                kind,
                releaseBy
            )
        );
        emit TransferOpened(transfer, dataset, receiver, grant, datasetVersion, kind, releaseBy);
    }

    /// @inheritdoc ITransferLog
    function query(
        DatasetId dataset,
        GrantId grant,
        ConsentId consent,
        bytes32 query_
    ) external returns (TransferId transfer) {
        (DepartmentId sender, bool consentNeeded) = datasets.queryRules(dataset);
        (DepartmentId receiver, uint40 releaseBy, uint40 resetAt) = departments.authorizeOpening(
            msg.sender,
            sender
        );
        if (query_ == 0) revert QueryMissing();
        (RefusalCause cause, , bool onwardUse, uint16 purpose) = _permission(
            grant,
            dataset,
            receiver,
            resetAt
        );
        if (!consentNeeded) {
            consent = ConsentId.wrap(0);
        } else if (
            cause == RefusalCause.None && !consents.inForce(consent, dataset, receiver, purpose)
        ) {
            cause = RefusalCause.NoConsent;
        }
        if (cause != RefusalCause.None) {
            _recordRefusal(dataset, receiver, grant, 0, cause);
            return TransferId.wrap(0);
        }
        transfer = TransferId.wrap(++transferCount);
        _transfers[transfer] = newTransfer({
            dataset_: dataset,
            datasetVersion_: 0,
            grant_: grant,
            sender_: sender,
            receiver_: receiver,
            kind_: PayloadKind.Answer,
            onwardUse_: onwardUse,
            releaseBy: releaseBy,
            consent_: consent
        });
        _recordQuery(transfer, dataset, receiver, grant, consent, query_, releaseBy);
    }

    // ------------------------------------------------------------------ calls of the sender
    /// @inheritdoc ITransferLog
    function decline(TransferId transfer, Reason calldata reason) external {
        TransferSlot sent = _existing(transfer);
        DepartmentId sender = departments.authorize(msg.sender, DELIVERERS);
        if (sent.sender() != sender) revert NotTheSender(transfer, sender);
        _requireState(transfer, sent, TransferState.Opened);
        requireReason(reason);
        _transfers[transfer] = sent.inState(TransferState.Declined);
        _extend(TransferDeclined.selector, transfer, sent, reason);
        emit TransferDeclined(
            transfer,
            sent.dataset(),
            sent.receiver(),
            reason.code,
            reason.digest
        );
    }

    // ------------------------------------------------------------------ calls of the receiver
    /// @inheritdoc ITransferLog
    function acknowledge(TransferId transfer, bytes32 manifest, bytes32 receiptTag) external {
        TransferSlot received = _existing(transfer);
        (DatasetId dataset, DepartmentId receiver) = (received.dataset(), received.receiver());
        _requireReceiver(transfer, received);
        _requireState(transfer, received, TransferState.Released);
        // A version's manifest never changes, so it is the one that the release named.
        bytes32 expected =
            received.isOf(PayloadKind.Version)
                ? datasets.manifestOf(dataset, received.datasetVersion())
                : releasedManifest[transfer];
        if (manifest != expected) revert ManifestMismatch(transfer, manifest, expected);
        if (receiptTag == 0) revert ReceiptTagMissing();
        _stopClock(received);
        _transfers[transfer] = received.inState(TransferState.Acknowledged);
        Head storage head = _headOf(dataset, receiver);
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

    // ------------------------------------------------------------------ views
    /// @inheritdoc ITransferLog
    function transferOf(TransferId transfer) external view returns (Transfer memory) {
        TransferSlot found = _existing(transfer);
        return
            Transfer({
                dataset: found.dataset(),
                datasetVersion: found.datasetVersion(),
                grant: found.grant(),
                sender: found.sender(),
                receiver: found.receiver(),
                state: found.state(),
                kind: found.kind(),
                cured: found.cured(),
                clock: found.clock(),
                consent: found.consent()
            });
    }

    /// @inheritdoc ITransferLog
    function overdueCount(DatasetId dataset, DepartmentId receiver) public view returns (uint256) {
        return _receipts[routeOf(dataset, receiver)].overdue(block.timestamp);
    }

    // ------------------------------------------------------------------ internal
    function _recordQuery(
        TransferId transfer,
        DatasetId dataset,
        DepartmentId receiver,
        GrantId grant,
        ConsentId consent,
        bytes32 query_,
        uint40 releaseBy
    ) private {
        Head storage head = _datasetHeads[dataset];
        head.value = keccak256(
            abi.encode(
                head.value,
                QueryOpened.selector,
                block.timestamp,
                transfer,
                dataset,
                receiver,
                grant,
                consent,
                query_,
                releaseBy
            )
        );
        emit QueryOpened(transfer, dataset, receiver, grant, consent, query_, releaseBy);
    }

    function _recordRefusal(
        DatasetId dataset,
        DepartmentId receiver,
        GrantId grant,
        uint32 datasetVersion,
        RefusalCause cause
    ) private {
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

    /// @dev What the grant permits to a receiver that doesn't owe too many receipts.
    function _permission(
        GrantId grant,
        DatasetId dataset,
        DepartmentId receiver,
        uint40 resetAt
    ) private view returns (RefusalCause cause, bool allFields, bool onwardUse, uint16 purpose) {
        (cause, allFields, onwardUse, purpose) = grants.permissionSince(
            grant,
            dataset,
            receiver,
            resetAt
        );
        if (cause == RefusalCause.None && overdueCount(dataset, receiver) > MAX_OVERDUE)
            cause = RefusalCause.OverdueReceipts;
    }
}
