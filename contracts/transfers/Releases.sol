// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {requireDigest, requireReason} from "../Checks.sol";
import {
    Capability,
    ConsentId,
    DatasetId,
    DepartmentId,
    GrantId,
    PayloadKind,
    RefusalCause,
    TransferId,
    TransferState
} from "../Types.sol";
import {ITransferLog} from "../interfaces/ITransferLog.sol";
import {TransferSlot} from "./TransferSlot.sol";
import {TransferStore} from "./TransferStore.sol";

/// @title Releases under a grant, and the tags of the subjects that answers are about
abstract contract Releases is TransferStore {
    /// @dev keccak256(abi.encode(commitment, hiddenUntil)) of a tag that isn't revealed yet; else 0.
    mapping(TransferId transfer => bytes32) private _hiddenTags;

    // ------------------------------------------------------------------ calls
    /// @inheritdoc ITransferLog
    function release(
        TransferId transfer,
        bytes32 manifest,
        uint32 keyNumber,
        bytes32 wrap
    ) external {
        _release(transfer, manifest, keyNumber, wrap);
    }

    /// @inheritdoc ITransferLog
    function releaseTagged(
        TransferId transfer,
        bytes32 manifest,
        uint32 keyNumber,
        bytes32 wrap,
        SubjectTag calldata subject
    ) external {
        TransferSlot sent = _existing(transfer);
        if (!sent.isOf(PayloadKind.Answer)) revert KindUnexpected(transfer, sent.kind());
        if (subject.tag == 0) revert TagMissing();
        _release(transfer, manifest, keyNumber, wrap);
        if (subject.hiddenUntil != 0) _hide(transfer, subject);
        DatasetId dataset = sent.dataset();
        Head storage head = _datasetHeads[dataset];
        head.value = keccak256(
            abi.encode(
                head.value,
                SubjectTagged.selector,
                block.timestamp,
                transfer,
                dataset,
                subject
            )
        );
        emit SubjectTagged(
            transfer,
            dataset,
            subject.tag,
            subject.hiddenUntil,
            subject.opening,
            subject.ruling.code,
            subject.ruling.digest
        );
    }

    /// @inheritdoc ITransferLog
    function reveal(TransferId transfer, bytes32 tag, bytes32 salt, uint40 hiddenUntil) external {
        TransferSlot tagged = _existing(transfer);
        DepartmentId revealer = departments.authorize(msg.sender, Capability.OFFICER);
        if (revealer != tagged.sender()) {
            if (!departments.isAuditor(revealer)) revert NotTheSender(transfer, revealer);
            if (block.timestamp < hiddenUntil) revert RevealTooEarly(transfer, hiddenUntil);
        }
        bytes32 commitment = keccak256(abi.encode(tag, salt));
        if (_hiddenTags[transfer] != _hidden(commitment, hiddenUntil)) revert TagMismatch(transfer);
        delete _hiddenTags[transfer];
        DatasetId dataset = tagged.dataset();
        Head storage head = _datasetHeads[dataset];
        head.value = keccak256(
            abi.encode(
                head.value,
                SubjectRevealed.selector,
                block.timestamp,
                transfer,
                dataset,
                tag,
                salt,
                revealer
            )
        );
        emit SubjectRevealed(transfer, dataset, tag, salt, revealer);
    }

    // ------------------------------------------------------------------ internal
    function _release(
        TransferId transfer,
        bytes32 manifest,
        uint32 keyNumber,
        bytes32 wrap
    ) private {
        TransferSlot sent = _existing(transfer);
        (DatasetId dataset, DepartmentId receiver) = (sent.dataset(), sent.receiver());
        (uint40 acknowledgeBy, uint40 resetAt) = _authorizeRelease(
            transfer,
            sent.sender(),
            receiver,
            keyNumber
        );
        if (sent.isOf(PayloadKind.Document)) revert KindUnexpected(transfer, sent.kind());
        if (sent.isIn(TransferState.Disputed)) _requireUncured(transfer, sent);
        else _requireState(transfer, sent, TransferState.Opened);
        _requireStillDue(transfer, sent, manifest, resetAt);
        requireDigest(wrap);
        _startClock(sent, acknowledgeBy);
        _transfers[transfer] = sent.released(acknowledgeBy);
        if (!sent.isOf(PayloadKind.Version)) releasedManifest[transfer] = manifest;
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

    /// @dev What is hidden stays hidden as it is, also through a cure, until it is revealed.
    function _hide(TransferId transfer, SubjectTag calldata subject) private {
        if (block.timestamp >= subject.hiddenUntil) revert HiddenUntilOver(subject.hiddenUntil);
        requireDigest(subject.opening);
        requireReason(subject.ruling);
        bytes32 hidden = _hidden(subject.tag, subject.hiddenUntil);
        bytes32 earlier = _hiddenTags[transfer];
        if (earlier != 0 && earlier != hidden) revert TagMismatch(transfer);
        _hiddenTags[transfer] = hidden;
    }

    /// @dev Everything that may have changed since the transfer was opened, or since its dispute.
    function _requireStillDue(
        TransferId transfer,
        TransferSlot sent,
        bytes32 manifest,
        uint40 resetAt
    ) private view {
        (DatasetId dataset, DepartmentId receiver) = (sent.dataset(), sent.receiver());
        bool consentNeeded = false;
        if (sent.isOf(PayloadKind.Answer)) {
            (, consentNeeded) = datasets.queryRules(dataset);
            requireDigest(manifest);
        } else {
            bytes32 own = datasets.manifestOfServable(dataset, sent.datasetVersion());
            if (sent.isOf(PayloadKind.Version)) {
                if (manifest != own) revert ManifestMismatch(transfer, manifest, own);
            } else {
                requireDigest(manifest);
                if (manifest == own) revert ManifestNotDerived(transfer, manifest);
            }
        }
        GrantId grant = sent.grant();
        (RefusalCause cause, , , uint16 purpose) = grants.permissionSince(
            grant,
            dataset,
            receiver,
            resetAt
        );
        if (cause != RefusalCause.None) revert GrantDoesNotHold(grant, cause);
        ConsentId consent = sent.consent();
        // Also where the dataset has stopped needing consents since: it was asked for under this one.
        if (
            (consentNeeded || ConsentId.unwrap(consent) != 0) &&
            !consents.inForce(consent, dataset, receiver, purpose)
        ) revert ConsentNotInForce(consent);
    }

    function _hidden(bytes32 commitment, uint40 hiddenUntil) private pure returns (bytes32) {
        return keccak256(abi.encode(commitment, hiddenUntil));
    }
}
