// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {requireDigest} from "../Checks.sol";
import {
    ConsentId,
    DatasetId,
    DepartmentId,
    GrantId,
    PayloadKind,
    TransferId,
    TransferState
} from "../Types.sol";
import {ITransferLog} from "../interfaces/ITransferLog.sol";
import {newTransfer, TransferSlot} from "./TransferSlot.sol";
import {TransferStore} from "./TransferStore.sol";

/// @title Documents: payloads without a catalogue entry, released as they are sent
abstract contract Documents is TransferStore {
    /// @inheritdoc ITransferLog
    function send(
        DepartmentId receiver,
        bytes32 manifest,
        uint32 keyNumber,
        bytes32 wrap
    ) external returns (TransferId transfer) {
        (DepartmentId sender, uint32 current, uint40 acknowledgeBy, ) = departments
            .authorizeRelease(msg.sender, receiver);
        if (sender == receiver) revert DocumentToSelf();
        if (keyNumber != current) revert KeyNotCurrent(receiver, keyNumber, current);
        transfer = TransferId.wrap(++transferCount);
        TransferSlot sent = newTransfer({
            dataset_: DatasetId.wrap(0),
            datasetVersion_: 0,
            grant_: GrantId.wrap(0),
            sender_: sender,
            receiver_: receiver,
            kind_: PayloadKind.Document,
            onwardUse_: false,
            releaseBy: 0,
            consent_: ConsentId.wrap(0)
        });
        _deliver(transfer, sent, manifest, wrap, keyNumber, acknowledgeBy);
    }

    /// @inheritdoc ITransferLog
    function resend(
        TransferId transfer,
        bytes32 manifest,
        uint32 keyNumber,
        bytes32 wrap
    ) external {
        TransferSlot sent = _existing(transfer);
        (uint40 acknowledgeBy, ) = _authorizeRelease(
            transfer,
            sent.sender(),
            sent.receiver(),
            keyNumber
        );
        if (!sent.isOf(PayloadKind.Document)) revert KindUnexpected(transfer, sent.kind());
        _requireState(transfer, sent, TransferState.Disputed);
        _requireUncured(transfer, sent);
        _deliver(transfer, sent, manifest, wrap, keyNumber, acknowledgeBy);
    }

    // ------------------------------------------------------------------ internal
    function _deliver(
        TransferId transfer,
        TransferSlot sent,
        bytes32 manifest,
        bytes32 wrap,
        uint32 keyNumber,
        uint40 acknowledgeBy
    ) private {
        requireDigest(manifest);
        requireDigest(wrap);
        _startClock(sent, acknowledgeBy);
        _transfers[transfer] = sent.released(acknowledgeBy);
        releasedManifest[transfer] = manifest;
        (DepartmentId sender, DepartmentId receiver) = (sent.sender(), sent.receiver());
        Head storage head = _memberHeads[receiver];
        head.value = keccak256(
            abi.encode(
                head.value,
                DocumentSent.selector,
                block.timestamp,
                transfer,
                sender,
                receiver,
                manifest,
                wrap,
                keyNumber,
                acknowledgeBy
            )
        );
        emit DocumentSent(transfer, sender, receiver, manifest, wrap, keyNumber, acknowledgeBy);
    }
}
