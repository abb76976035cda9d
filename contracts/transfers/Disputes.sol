// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {requireDigest, requireReason} from "../Checks.sol";
import {Capability, DatasetId, DepartmentId, Reason, TransferId, TransferState} from "../Types.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";
import {ITransferLog} from "../interfaces/ITransferLog.sol";
import {TransferSlot} from "./TransferSlot.sol";
import {TransferStore} from "./TransferStore.sol";

/// @title Disputes: releases that can't be used
abstract contract Disputes is TransferStore {
    /// @inheritdoc ITransferLog
    function dispute(TransferId transfer, Reason calldata reason) external {
        TransferSlot received = _existing(transfer);
        _requireReceiver(transfer, received);
        if (received.isIn(TransferState.Released)) _stopClock(received);
        else _requireState(transfer, received, TransferState.Acknowledged);
        requireReason(reason);
        _transfers[transfer] = received.inState(TransferState.Disputed);
        _extend(TransferDisputed.selector, transfer, received, reason);
        emit TransferDisputed(
            transfer,
            received.dataset(),
            received.receiver(),
            reason.code,
            reason.digest
        );
    }

    /// @inheritdoc ITransferLog
    function disclose(
        TransferId transfer,
        DepartmentId arbiter,
        uint32 keyNumber,
        bytes32 wrap
    ) external {
        TransferSlot disputed = _existing(transfer);
        (DatasetId dataset, DepartmentId receiver) = (disputed.dataset(), disputed.receiver());
        DepartmentId sender = departments.authorize(msg.sender, Capability.OFFICER);
        if (sender != disputed.sender()) revert NotTheSender(transfer, sender);
        _requireState(transfer, disputed, TransferState.Disputed);
        if (arbiter == sender || arbiter == receiver) revert ArbiterIsParty(transfer, arbiter);
        uint32 current = departments.currentKey(arbiter);
        // Only a member has a key.
        if (!departments.inGoodStanding(arbiter))
            revert IDepartmentRegistry.DepartmentIsSuspended(arbiter);
        if (keyNumber != current) revert KeyNotCurrent(arbiter, keyNumber, current);
        requireDigest(wrap);
        Head storage head = _headOf(dataset, receiver);
        head.value = keccak256(
            abi.encode(
                head.value,
                KeyDisclosed.selector,
                block.timestamp,
                transfer,
                dataset,
                arbiter,
                receiver,
                keyNumber,
                wrap
            )
        );
        emit KeyDisclosed(transfer, dataset, arbiter, receiver, keyNumber, wrap);
    }

    /// @inheritdoc ITransferLog
    function settle(TransferId transfer, Reason calldata reason) external {
        TransferSlot disputed = _existing(transfer);
        DepartmentId settler = _authorizeSettler(transfer, disputed);
        _requireState(transfer, disputed, TransferState.Disputed);
        requireReason(reason);
        _transfers[transfer] = disputed.inState(TransferState.Settled);
        (DatasetId dataset, DepartmentId receiver) = (disputed.dataset(), disputed.receiver());
        Head storage head = _headOf(dataset, receiver);
        head.value = keccak256(
            abi.encode(
                head.value,
                TransferSettled.selector,
                block.timestamp,
                transfer,
                dataset,
                receiver,
                settler,
                reason
            )
        );
        emit TransferSettled(transfer, dataset, receiver, settler, reason.code, reason.digest);
    }

    /// @dev The receiver, or the agency unless it is the sender.
    function _authorizeSettler(
        TransferId transfer,
        TransferSlot disputed
    ) private view returns (DepartmentId settler) {
        settler = departments.authorize(msg.sender, DELIVERERS);
        if (settler == disputed.receiver()) return settler;
        if (settler == disputed.sender() || settler != departments.agency())
            revert NotTheReceiver(transfer, settler);
        departments.authorize(msg.sender, Capability.OFFICER);
    }
}
