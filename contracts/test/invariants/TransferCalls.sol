// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// It takes our `send` for that of addresses.
// solhint-disable check-send-result

import {
    Capability,
    ConsentId,
    DatasetId,
    DatasetKind,
    DepartmentId,
    GrantId,
    GrantState,
    PayloadKind,
    RecallId,
    TransferId,
    TransferState
} from "../../Types.sol";
import {ITransferLog} from "../../interfaces/ITransferLog.sol";
import {Call} from "./Handler.sol";
import {GrantCalls} from "./GrantCalls.sol";

/// @dev Every call of {TransferLog}.
abstract contract TransferCalls is GrantCalls {
    // ------------------------------------------------------------------ of the grantee
    function open(uint256 seed) external drawing(seed) {
        uint32 grant = _grantOf(DatasetKind.File);
        uint32 dataset = usually() ? asked[grant].dataset : anyDataset();
        uint32 number = uint32(1 + draw(catalogue[dataset].versions + 1));
        anyoneDoes(
            Call.Open,
            asked[grant].requester,
            DELIVERERS,
            address(transfers),
            abi.encodeCall(transfers.open, (DatasetId.wrap(dataset), number, GrantId.wrap(grant)))
        );
    }

    function query(uint256 seed) external drawing(seed) {
        uint32 grant = _grantOf(DatasetKind.Service);
        uint32 requester = asked[grant].requester;
        uint32 consent = uint32(1 + draw(consentCount + 1));
        for (uint256 i = 0; i < consentCount && consented[consent].receiver != requester; ++i)
            consent = (consent % consentCount) + 1;
        anyoneDoes(
            Call.Query,
            requester,
            DELIVERERS,
            address(transfers),
            abi.encodeCall(
                transfers.query,
                (
                    DatasetId.wrap(asked[grant].dataset),
                    GrantId.wrap(grant),
                    ConsentId.wrap(consent),
                    digest(1)
                )
            )
        );
    }

    // ------------------------------------------------------------------ of the sender
    function release(uint256 seed) external drawing(seed) {
        uint64 number = _releasable();
        oneDoes(
            Call.Release,
            deliveries[number].sender,
            DELIVERERS,
            address(transfers),
            abi.encodeCall(
                transfers.release,
                (TransferId.wrap(number), _manifestFor(number), _keyFor(number), digest(2))
            )
        );
    }

    /// @dev Released with a hidden or an open tag; what is hidden is the transfer's number.
    function releaseTagged(uint256 seed) external drawing(seed) {
        uint64 number = _releasable();
        for (uint64 i = 0; i < transferCount && deliveries[number].kind != PayloadKind.Answer; ++i)
            number = (number % transferCount) + 1;
        ITransferLog.SubjectTag memory tag = ITransferLog.SubjectTag({
            tag: keccak256(abi.encode(digest(number), digest(5))),
            hiddenUntil: usually() ? time + uint40(draw(2 hours)) : 0,
            opening: digest(6),
            ruling: why()
        });
        if (deliveries[number].hiddenUntil != 0 && usually())
            tag.hiddenUntil = deliveries[number].hiddenUntil;
        oneDoes(
            Call.ReleaseTagged,
            deliveries[number].sender,
            DELIVERERS,
            address(transfers),
            abi.encodeCall(
                transfers.releaseTagged,
                (TransferId.wrap(number), digest(3), _keyFor(number), digest(2), tag)
            )
        );
    }

    function reveal(uint256 seed) external drawing(seed) {
        uint64 number = uint64(1 + draw(transferCount));
        for (uint64 i = 0; i < transferCount && deliveries[number].hiddenUntil == 0; ++i)
            number = (number % transferCount) + 1;
        Transfer storage found = deliveries[number];
        uint32 revealer = draw(2) == 0 ? found.sender : anyDepartment();
        address by = oneOf(revealer, Capability.OFFICER);
        uint32 own = accounts[by].department;
        perform(
            Call.Reveal,
            by,
            address(transfers),
            abi.encodeCall(
                transfers.reveal,
                (TransferId.wrap(number), digest(number), digest(5), found.hiddenUntil)
            ),
            holds(by, own, Capability.OFFICER) && (own == found.sender || isAuditor(own))
        );
    }

    function send(uint256 seed) external drawing(seed) {
        uint32 receiver = anyDepartment();
        uint32 key = usually() ? currentKeyOf(receiver) : uint32(draw(3));
        anyoneDoes(
            Call.Send,
            anyDepartment(),
            DELIVERERS,
            address(transfers),
            abi.encodeCall(transfers.send, (DepartmentId.wrap(receiver), digest(3), key, digest(2)))
        );
    }

    function resend(uint256 seed) external drawing(seed) {
        uint64 number = transferIn(TransferState.Disputed);
        for (uint64 i = 0; i < transferCount && !_isDisputedDocument(number); ++i)
            number = (number % transferCount) + 1;
        oneDoes(
            Call.Resend,
            deliveries[number].sender,
            DELIVERERS,
            address(transfers),
            abi.encodeCall(
                transfers.resend,
                (TransferId.wrap(number), digest(draw(9)), _keyFor(number), digest(2))
            )
        );
    }

    function decline(uint256 seed) external drawing(seed) {
        uint64 number = transferIn(TransferState.Opened);
        oneDoes(
            Call.Decline,
            deliveries[number].sender,
            DELIVERERS,
            address(transfers),
            abi.encodeCall(transfers.decline, (TransferId.wrap(number), why()))
        );
    }

    function disclose(uint256 seed) external drawing(seed) {
        uint64 number = transferIn(TransferState.Disputed);
        uint32 arbiter = anyDepartment();
        uint32 sender = deliveries[number].sender;
        oneDoes(
            Call.Disclose,
            sender,
            Capability.OFFICER,
            address(transfers),
            abi.encodeCall(
                transfers.disclose,
                (
                    TransferId.wrap(number),
                    DepartmentId.wrap(arbiter),
                    currentKeyOf(arbiter),
                    digest(2)
                )
            )
        );
    }

    // ------------------------------------------------------------------ of a version's owner
    function declareSources(uint256 seed) external drawing(seed) {
        uint64 number = transferIn(TransferState.Acknowledged);
        uint32 owner = deliveries[number].receiver;
        uint32 dataset = anyDataset();
        for (uint256 i = 0; i < datasetCount && catalogue[dataset].owner != owner; ++i)
            dataset = (dataset % datasetCount) + 1;
        TransferId[] memory sources = new TransferId[](usually() ? 1 : draw(3));
        for (uint64 i = 0; i < sources.length; ++i) sources[i] = TransferId.wrap(number + i);
        uint32 made = uint32(draw(catalogue[dataset].versions + 1));
        officerDoes(
            Call.DeclareSources,
            catalogue[dataset].owner,
            address(transfers),
            abi.encodeCall(transfers.declareSources, (DatasetId.wrap(dataset), made, sources))
        );
    }

    function recall(uint256 seed) external drawing(seed) {
        uint32 dataset = anyDataset();
        uint32 number = uint32(1 + draw(catalogue[dataset].versions + 1));
        for (uint32 i = 0; i < 24 && !_isRecallable(dataset, number); ++i) {
            dataset = anyDataset();
            number = uint32(1 + draw(catalogue[dataset].versions + 1));
        }
        officerDoes(
            Call.Recall,
            catalogue[dataset].owner,
            address(transfers),
            abi.encodeCall(transfers.recall, (DatasetId.wrap(dataset), number, why()))
        );
    }

    // ------------------------------------------------------------------ of the receiver
    function acknowledge(uint256 seed) external drawing(seed) {
        uint64 number = transferIn(TransferState.Released);
        bytes32 manifest = usually() ? deliveries[number].manifest : digest(draw(9));
        _receiverDoes(
            Call.Acknowledge,
            number,
            abi.encodeCall(transfers.acknowledge, (TransferId.wrap(number), manifest, digest(4)))
        );
    }

    function dispute(uint256 seed) external drawing(seed) {
        bool early = draw(2) == 0;
        uint64 number = transferIn(early ? TransferState.Released : TransferState.Acknowledged);
        _receiverDoes(
            Call.Dispute,
            number,
            abi.encodeCall(transfers.dispute, (TransferId.wrap(number), why()))
        );
    }

    function attest(uint256 seed) external drawing(seed) {
        uint64 number = transferIn(TransferState.Acknowledged);
        uint32 recall_ = uint32(draw(recallCount + 2));
        _receiverDoes(
            Call.Attest,
            number,
            abi.encodeCall(
                transfers.attest,
                (TransferId.wrap(number), RecallId.wrap(recall_), why())
            )
        );
    }

    function settle(uint256 seed) external drawing(seed) {
        uint64 number = transferIn(TransferState.Disputed);
        Transfer storage found = deliveries[number];
        bool ofAgency = draw(2) == 0;
        address by =
            ofAgency ? oneOf(agencyNow(), Capability.OFFICER) : oneOf(found.receiver, DELIVERERS);
        perform(
            Call.Settle,
            by,
            address(transfers),
            abi.encodeCall(transfers.settle, (TransferId.wrap(number), why())),
            holds(by, found.receiver, DELIVERERS) || (isOfAgency(by) && found.sender != agencyNow())
        );
    }

    // ------------------------------------------------------------------ internal
    /// @dev Usually an Active grant of such a dataset.
    function _grantOf(DatasetKind kind) private returns (uint32 grant) {
        grant = grantIn(GrantState.Active);
        for (uint256 i = 0; i < grantCount; ++i) {
            Grant storage found = asked[grant];
            if (found.state == GrantState.Active && catalogue[found.dataset].kind == kind)
                return grant;
            grant = (grant % grantCount) + 1;
        }
    }

    function _releasable() private returns (uint64) {
        return transferIn(draw(3) == 0 ? TransferState.Disputed : TransferState.Opened);
    }

    function _manifestFor(uint64 transfer) private returns (bytes32) {
        Transfer storage found = deliveries[transfer];
        bool own = usually() == (found.kind == PayloadKind.Version);
        return own ? versions[found.dataset][found.datasetVersion].manifest : digest(draw(9));
    }

    function _keyFor(uint64 transfer) private returns (uint32) {
        return usually() ? currentKeyOf(deliveries[transfer].receiver) : uint32(draw(3));
    }

    function _isDisputedDocument(uint64 transfer) private view returns (bool) {
        Transfer storage found = deliveries[transfer];
        return found.kind == PayloadKind.Document && found.state == TransferState.Disputed;
    }

    function _isRecallable(uint32 dataset, uint32 number) private view returns (bool) {
        Version storage version = versions[dataset][number];
        return version.withdrawn && !version.recalled;
    }

    function _receiverDoes(Call call_, uint64 transfer, bytes memory data) private {
        uint32 receiver = deliveries[transfer].receiver;
        address by = oneOf(receiver, DELIVERERS);
        perform(call_, by, address(transfers), data, holdsEvenSuspended(by, receiver, DELIVERERS));
    }
}
