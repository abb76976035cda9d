// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {requireReason} from "../Checks.sol";
import {
    Capability,
    DatasetId,
    DepartmentId,
    Reason,
    RecallId,
    TransferId,
    TransferState
} from "../Types.sol";
import {IDatasetRegistry} from "../interfaces/IDatasetRegistry.sol";
import {ITransferLog} from "../interfaces/ITransferLog.sol";
import {TransferSlot} from "./TransferSlot.sol";
import {TransferStore} from "./TransferStore.sol";

/// @title Lineage and recalls: from what a version was made, and what becomes of it
abstract contract Recalls is TransferStore {
    /// @dev One slot.
    struct Fate {
        bool sourcesDeclared;
        RecallId recall;
    }

    /// @inheritdoc ITransferLog
    uint256 public constant MAX_SOURCES = 16;

    mapping(DatasetId dataset => mapping(uint32 datasetVersion => Fate)) private _fates;

    mapping(RecallId recall => mapping(TransferId transfer => bool)) private _attested;

    // ------------------------------------------------------------------ calls of the owner
    /// @inheritdoc ITransferLog
    function declareSources(
        DatasetId dataset,
        uint32 datasetVersion,
        TransferId[] calldata sources
    ) external {
        DepartmentId owner = _authorizeOwner(dataset, datasetVersion);
        Fate storage fate = _fates[dataset][datasetVersion];
        if (fate.sourcesDeclared) revert SourcesDeclaredAlready(dataset, datasetVersion);
        if (sources.length == 0) revert SourcesMissing();
        if (sources.length > MAX_SOURCES) revert TooManySources(sources.length, MAX_SOURCES);
        _requireSources(sources, owner);
        fate.sourcesDeclared = true;
        Head storage head = _datasetHeads[dataset];
        head.value = keccak256(
            abi.encode(
                head.value,
                SourcesDeclared.selector,
                block.timestamp,
                dataset,
                datasetVersion,
                sources
            )
        );
        emit SourcesDeclared(dataset, datasetVersion, sources);
    }

    /// @inheritdoc ITransferLog
    function recall(
        DatasetId dataset,
        uint32 datasetVersion,
        Reason calldata reason
    ) external returns (RecallId recall_) {
        _authorizeOwner(dataset, datasetVersion);
        if (!datasets.isVersionWithdrawn(dataset, datasetVersion))
            revert VersionNotWithdrawn(dataset, datasetVersion);
        Fate storage fate = _fates[dataset][datasetVersion];
        RecallId earlier = fate.recall;
        if (RecallId.unwrap(earlier) != 0)
            revert VersionIsRecalled(dataset, datasetVersion, earlier);
        requireReason(reason);
        recall_ = RecallId.wrap(++recallCount);
        fate.recall = recall_;
        uint40 attestBy = uint40(block.timestamp + departments.periods().attest);
        Head storage head = _datasetHeads[dataset];
        head.value = keccak256(
            abi.encode(
                head.value,
                VersionRecalled.selector,
                block.timestamp,
                recall_,
                dataset,
                datasetVersion,
                reason,
                attestBy
            )
        );
        emit VersionRecalled(
            recall_,
            dataset,
            datasetVersion,
            reason.code,
            reason.digest,
            attestBy
        );
    }

    // ------------------------------------------------------------------ calls of the receiver
    /// @inheritdoc ITransferLog
    function attest(TransferId transfer, RecallId recall_, Reason calldata reason) external {
        TransferSlot received = _existing(transfer);
        _requireReceiver(transfer, received);
        TransferState state = received.state();
        if (state == TransferState.Opened || state == TransferState.Declined)
            revert TransferStateUnexpected(transfer, state);
        if (RecallId.unwrap(recall_) > recallCount) revert RecallUnknown(recall_);
        if (_attested[recall_][transfer]) revert AttestedAlready(transfer, recall_);
        requireReason(reason);
        _attested[recall_][transfer] = true;
        (DatasetId dataset, DepartmentId receiver) = (received.dataset(), received.receiver());
        Head storage head = _headOf(dataset, receiver);
        head.value = keccak256(
            abi.encode(
                head.value,
                TransferAttested.selector,
                block.timestamp,
                transfer,
                dataset,
                recall_,
                receiver,
                reason
            )
        );
        emit TransferAttested(transfer, dataset, recall_, receiver, reason.code, reason.digest);
    }

    // ------------------------------------------------------------------ views
    /// @inheritdoc ITransferLog
    function recallOf(DatasetId dataset, uint32 datasetVersion) external view returns (RecallId) {
        return _fates[dataset][datasetVersion].recall;
    }

    // ------------------------------------------------------------------ internal
    /// @dev Different transfers that the owner received and acknowledged, and may use onward.
    function _requireSources(TransferId[] calldata sources, DepartmentId owner) private view {
        uint64 last = 0;
        for (uint256 i = 0; i < sources.length; ++i) {
            TransferSlot source = _transfers[sources[i]];
            if (
                TransferId.unwrap(sources[i]) <= last ||
                source.receiver() != owner ||
                !source.isIn(TransferState.Acknowledged)
            ) revert SourceInvalid(sources[i]);
            if (!source.onwardUse()) revert OnwardUseForbidden(sources[i]);
            last = TransferId.unwrap(sources[i]);
        }
    }

    /// @dev The version exists, and the caller is an OFFICER of its dataset's owner.
    function _authorizeOwner(
        DatasetId dataset,
        uint32 datasetVersion
    ) private view returns (DepartmentId owner) {
        IDatasetRegistry.Dataset memory found = datasets.datasetOf(dataset);
        owner = departments.authorize(msg.sender, Capability.OFFICER);
        if (owner != found.owner) revert IDatasetRegistry.NotTheOwner(dataset, owner);
        if (datasetVersion == 0 || datasetVersion > found.versions)
            revert IDatasetRegistry.VersionUnknown(dataset, datasetVersion);
    }
}
