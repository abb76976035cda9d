// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {EventHeads} from "../EventHeads.sol";
import {LANES, Receipts} from "../Receipts.sol";
import {
    Capability,
    DatasetId,
    DepartmentId,
    PayloadKind,
    Reason,
    TransferId,
    TransferState
} from "../Types.sol";
import {IAccessGrants} from "../interfaces/IAccessGrants.sol";
import {IConsentRegistry} from "../interfaces/IConsentRegistry.sol";
import {IDatasetRegistry} from "../interfaces/IDatasetRegistry.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";
import {ITransferLog} from "../interfaces/ITransferLog.sol";

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

    /// @dev One slot each:
    ///
    ///     bits  32       32              32     32      32        8      8     8      40     32
    ///           dataset  datasetVersion  grant  sender  receiver  state  kind  cured  clock  consent
    mapping(TransferId transfer => Transfer) internal _transfers;

    /// @inheritdoc ITransferLog
    mapping(TransferId transfer => bytes32 manifest) public releasedManifest;

    mapping(DatasetId dataset => mapping(DepartmentId receiver => Receipts)) internal _receipts;

    mapping(DepartmentId sender => mapping(DepartmentId receiver => Receipts))
        internal _documentReceipts;

    constructor(IAccessGrants accessGrants) {
        grants = accessGrants;
        consents = accessGrants.consents();
        datasets = accessGrants.datasets();
        departments = accessGrants.departments();
    }

    // ------------------------------------------------------------------ steps
    function _startClock(DatasetId dataset, DepartmentId receiver, uint40 acknowledgeBy) internal {
        Receipts receipts = _receipts[dataset][receiver];
        if (receipts.isFull()) revert TooManyUnacknowledged(dataset, receiver, MAX_UNACKNOWLEDGED);
        _receipts[dataset][receiver] = receipts.awaiting(acknowledgeBy);
    }

    function _startDocumentClock(
        DepartmentId sender,
        DepartmentId receiver,
        uint40 acknowledgeBy
    ) internal {
        Receipts receipts = _documentReceipts[sender][receiver];
        if (receipts.isFull())
            revert TooManyUnacknowledged(DatasetId.wrap(0), receiver, MAX_UNACKNOWLEDGED);
        _documentReceipts[sender][receiver] = receipts.awaiting(acknowledgeBy);
    }

    function _stopClock(Transfer storage received) internal {
        (DatasetId dataset, DepartmentId receiver) = (received.dataset, received.receiver);
        uint40 acknowledgeBy = received.clock;
        if (received.kind == PayloadKind.Document) {
            DepartmentId sender = received.sender;
            Receipts waiting = _documentReceipts[sender][receiver];
            _documentReceipts[sender][receiver] = waiting.settled(acknowledgeBy);
        } else {
            Receipts waiting = _receipts[dataset][receiver];
            _receipts[dataset][receiver] = waiting.settled(acknowledgeBy);
        }
    }

    /// @dev `state` is the one before the release: one from a dispute is its cure.
    function _setReleased(
        Transfer storage transfer,
        TransferState state,
        uint40 acknowledgeBy
    ) internal {
        transfer.state = TransferState.Released;
        transfer.cured = state == TransferState.Disputed;
        transfer.clock = acknowledgeBy;
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
        Transfer storage of_,
        Reason calldata reason
    ) internal {
        (DatasetId dataset, DepartmentId receiver) = (of_.dataset, of_.receiver);
        Head storage head = _headOf(dataset, receiver);
        head.value = keccak256(
            abi.encode(head.value, topic0, block.timestamp, transfer, dataset, receiver, reason)
        );
    }

    // ------------------------------------------------------------------ checks
    /// @dev The caller is of the sender, the receiver in good standing, and `keyNumber` its key; returns when the
    /// receipt is due.
    function _authorizeRelease(
        TransferId transfer,
        DepartmentId sender,
        DepartmentId receiver,
        uint32 keyNumber
    ) internal view returns (uint40) {
        (DepartmentId department, uint32 current, uint40 acknowledgeBy) = departments
            .authorizeRelease(msg.sender, receiver);
        if (department != sender) revert NotTheSender(transfer, department);
        if (keyNumber != current) revert KeyNotCurrent(receiver, keyNumber, current);
        return acknowledgeBy;
    }

    function _requireReceiver(TransferId transfer, Transfer storage received) internal view {
        DepartmentId department = departments.authorizeSuspended(msg.sender, DELIVERERS);
        if (received.receiver != department) revert NotTheReceiver(transfer, department);
    }

    function _requireState(
        TransferId transfer,
        Transfer storage of_,
        TransferState expected
    ) internal view {
        if (of_.state != expected) revert TransferStateUnexpected(transfer, of_.state);
    }

    function _requireUncured(TransferId transfer, Transfer storage disputed) internal view {
        if (disputed.cured) revert CuredAlready(transfer);
    }

    function _existing(TransferId transfer) internal view returns (Transfer storage found) {
        found = _transfers[transfer];
        if (found.state == TransferState.None) revert TransferUnknown(transfer);
    }
}
