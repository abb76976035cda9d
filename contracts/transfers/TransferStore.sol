// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {EventHeads} from "../EventHeads.sol";
import {LANES, Receipts} from "../Receipts.sol";
import {Capability, DatasetId, DepartmentId, Reason, TransferId, TransferState} from "../Types.sol";
import {IAccessGrants} from "../interfaces/IAccessGrants.sol";
import {IConsentRegistry} from "../interfaces/IConsentRegistry.sol";
import {IDatasetRegistry} from "../interfaces/IDatasetRegistry.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";
import {ITransferLog} from "../interfaces/ITransferLog.sol";
import {TransferSlot} from "./TransferSlot.sol";

/// @title What is stored of transfers, and the steps that several calls share
abstract contract TransferStore is EventHeads, ITransferLog {
    uint8 internal constant DELIVERERS = Capability.OFFICER | Capability.AGENT;

    /// @inheritdoc ITransferLog
    uint256 public constant MAX_UNACKNOWLEDGED = LANES;

    /// @inheritdoc ITransferLog
    IDepartmentRegistry public immutable departments;

    /// @inheritdoc ITransferLog
    IDatasetRegistry public immutable datasets;

    /// @inheritdoc ITransferLog
    IConsentRegistry public immutable consents;

    /// @inheritdoc ITransferLog
    IAccessGrants public immutable grants;

    /// @inheritdoc ITransferLog
    uint64 public transferCount;

    /// @inheritdoc ITransferLog
    uint32 public recallCount;

    mapping(TransferId transfer => TransferSlot) internal _transfers;

    /// @inheritdoc ITransferLog
    mapping(TransferId transfer => bytes32 manifest) public releasedManifest;

    mapping(uint256 route => Receipts) internal _receipts;

    constructor(IAccessGrants accessGrants) {
        grants = accessGrants;
        consents = accessGrants.consents();
        datasets = accessGrants.datasets();
        departments = accessGrants.departments();
    }

    // ------------------------------------------------------------------ steps
    function _startClock(TransferSlot sent, uint40 acknowledgeBy) internal {
        uint256 route = sent.route();
        Receipts receipts = _receipts[route];
        if (receipts.isFull())
            revert TooManyUnacknowledged(sent.dataset(), sent.receiver(), MAX_UNACKNOWLEDGED);
        _receipts[route] = receipts.awaiting(acknowledgeBy);
    }

    function _stopClock(TransferSlot received) internal {
        uint256 route = received.route();
        _receipts[route] = _receipts[route].settled(received.clock());
    }

    /// @dev The head of a transfer: its dataset's, or, of a document, its receiver's.
    function _headOf(
        DatasetId dataset,
        DepartmentId receiver
    ) internal view returns (Head storage) {
        return DatasetId.unwrap(dataset) == 0 ? _memberHeads[receiver] : _datasetHeads[dataset];
    }

    function _extend(
        bytes32 topic0,
        TransferId transfer,
        TransferSlot of_,
        Reason calldata reason
    ) internal {
        (DatasetId dataset, DepartmentId receiver) = (of_.dataset(), of_.receiver());
        Head storage head = _headOf(dataset, receiver);
        head.value = keccak256(
            abi.encode(head.value, topic0, block.timestamp, transfer, dataset, receiver, reason)
        );
    }

    // ------------------------------------------------------------------ checks
    /// @dev The caller is of the sender, the receiver in good standing, and `keyNumber` its key. Returns when the
    /// receipt is due, and when the receiver was last reset.
    function _authorizeRelease(
        TransferId transfer,
        DepartmentId sender,
        DepartmentId receiver,
        uint32 keyNumber
    ) internal view returns (uint40 acknowledgeBy, uint40 resetAt) {
        DepartmentId department;
        uint32 current;
        (department, current, acknowledgeBy, resetAt) = departments.authorizeRelease(
            msg.sender,
            receiver
        );
        if (department != sender) revert NotTheSender(transfer, department);
        if (keyNumber != current) revert KeyNotCurrent(receiver, keyNumber, current);
    }

    function _requireReceiver(TransferId transfer, TransferSlot received) internal view {
        DepartmentId department = departments.authorizeSuspended(msg.sender, DELIVERERS);
        if (received.receiver() != department) revert NotTheReceiver(transfer, department);
    }

    function _requireState(
        TransferId transfer,
        TransferSlot of_,
        TransferState expected
    ) internal pure {
        if (!of_.isIn(expected)) revert TransferStateUnexpected(transfer, of_.state());
    }

    function _requireUncured(TransferId transfer, TransferSlot disputed) internal pure {
        if (disputed.cured()) revert CuredAlready(transfer);
    }

    function _existing(TransferId transfer) internal view returns (TransferSlot found) {
        found = _transfers[transfer];
        if (found.isIn(TransferState.None)) revert TransferUnknown(transfer);
    }
}
