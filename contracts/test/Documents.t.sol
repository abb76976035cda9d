// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase, check-send-result, multiple-sends

import {
    DatasetId,
    DepartmentId,
    GrantId,
    PayloadKind,
    RecallId,
    TransferId,
    TransferState
} from "../Types.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";
import {ITransferLog} from "../interfaces/ITransferLog.sol";
import {Base} from "./Base.sol";

contract DocumentsTest is Base {
    // ------------------------------------------------------------------ send
    function test_any_member_sends_a_document() public {
        uint40 acknowledgeBy = uint40(block.timestamp + 1 days + 2);
        VM.expectEmit(address(transfers));
        emit ITransferLog.DocumentSent(
            TRANSFER,
            LABOUR,
            HEALTH,
            digest("document"),
            digest("wrap"),
            1,
            acknowledgeBy
        );
        VM.assertEq(TransferId.unwrap(sendDocument()), 1);
        checkMemberHead(
            transfers,
            HEALTH,
            extended(
                0,
                ITransferLog.DocumentSent.selector,
                abi.encode(
                    TRANSFER,
                    LABOUR,
                    HEALTH,
                    digest("document"),
                    digest("wrap"),
                    uint32(1),
                    acknowledgeBy
                )
            )
        );
        ITransferLog.Transfer memory expected = ITransferLog.Transfer({
            dataset: DatasetId.wrap(0),
            datasetVersion: 0,
            grant: GrantId.wrap(0),
            sender: LABOUR,
            receiver: HEALTH,
            state: TransferState.Released,
            kind: PayloadKind.Document,
            cured: false,
            clock: acknowledgeBy,
            consent: NO_CONSENT
        });
        VM.assertEq(abi.encode(transfers.transferOf(TRANSFER)), abi.encode(expected));
        VM.assertEq(transfers.releasedManifest(TRANSFER), digest("document"));
    }

    function test_a_document_names_manifest_wrap_and_current_key() public {
        bytes memory refusal = abi.encodeWithSelector(IDepartmentRegistry.DigestMissing.selector);
        expectFrom(agent(LABOUR), refusal);
        transfers.send(HEALTH, 0, 1, digest("wrap"));
        expectFrom(agent(LABOUR), refusal);
        transfers.send(HEALTH, digest("document"), 1, 0);
        expectFrom(
            agent(LABOUR),
            abi.encodeWithSelector(ITransferLog.KeyNotCurrent.selector, HEALTH, 2, 1)
        );
        transfers.send(HEALTH, digest("document"), 2, digest("wrap"));
    }

    function test_a_document_goes_to_another_member_in_good_standing() public {
        expectFrom(agent(LABOUR), abi.encodeWithSelector(ITransferLog.DocumentToSelf.selector));
        transfers.send(LABOUR, digest("document"), 1, digest("wrap"));
        DepartmentId nobody = DepartmentId.wrap(9);
        expectFrom(
            agent(LABOUR),
            abi.encodeWithSelector(IDepartmentRegistry.KeyMissing.selector, nobody)
        );
        transfers.send(nobody, digest("document"), 1, digest("wrap"));
        suspendMember(HEALTH);
        expectFrom(
            agent(LABOUR),
            abi.encodeWithSelector(IDepartmentRegistry.DepartmentIsSuspended.selector, HEALTH)
        );
        transfers.send(HEALTH, digest("document"), 1, digest("wrap"));
    }

    // ------------------------------------------------------------------ how many wait
    function test_six_documents_of_one_sender_wait_for_a_receipt() public {
        for (uint256 i = 0; i < 6; ++i) sendDocument();
        expectFlood(agent(LABOUR));
        transfers.send(HEALTH, digest("document"), 1, digest("wrap"));
        // Another sender, another receiver and the releases of a dataset are counted apart.
        VM.prank(agent(ENERGY));
        transfers.send(HEALTH, digest("document"), 1, digest("wrap"));
        VM.prank(agent(LABOUR));
        transfers.send(ENERGY, digest("document"), 1, digest("wrap"));
        VM.prank(agent(HEALTH));
        transfers.send(LABOUR, digest("document"), 1, digest("wrap"));
        release(open());
        VM.assertEq(transfers.overdueCount(DatasetId.wrap(0), HEALTH), 0);
        // A receipt and a dispute each make room for one more.
        acknowledgeAs(TransferId.wrap(2), digest("document"));
        sendDocument();
        expectFlood(agent(LABOUR));
        transfers.send(HEALTH, digest("document"), 1, digest("wrap"));
        dispute(TransferId.wrap(3));
        sendDocument();
        expectFlood(agent(LABOUR));
        transfers.resend(TransferId.wrap(3), digest("document"), 1, digest("wrap"));
    }

    function test_documents_that_nobody_acknowledged_stop_no_transfer() public {
        for (uint256 i = 0; i < 6; ++i) sendDocument();
        VM.warp(block.timestamp + 10 days);
        VM.assertEq(TransferId.unwrap(open()), 7);
    }

    // ------------------------------------------------------------------ receipt, dispute
    function test_a_document_is_acknowledged_by_its_own_manifest() public {
        sendDocument();
        expectFrom(
            agent(HEALTH),
            abi.encodeWithSelector(
                ITransferLog.ManifestMismatch.selector,
                TRANSFER,
                digest("another"),
                digest("document")
            )
        );
        transfers.acknowledge(TRANSFER, digest("another"), digest("tag"));
        bytes32 head = transfers.memberHead(HEALTH);
        VM.expectEmit(address(transfers));
        emit ITransferLog.TransferAcknowledged(
            TRANSFER,
            DatasetId.wrap(0),
            HEALTH,
            digest("document"),
            digest("tag")
        );
        acknowledgeAs(TRANSFER, digest("document"));
        checkMemberHead(
            transfers,
            HEALTH,
            extended(
                head,
                ITransferLog.TransferAcknowledged.selector,
                abi.encode(TRANSFER, DatasetId.wrap(0), HEALTH, digest("document"), digest("tag"))
            )
        );
    }

    function test_a_disputed_document_is_sent_once_more() public {
        sendDocument();
        bytes32 head = transfers.memberHead(HEALTH);
        dispute(TRANSFER);
        head = extended(
            head,
            ITransferLog.TransferDisputed.selector,
            abi.encode(TRANSFER, DatasetId.wrap(0), HEALTH, why())
        );
        checkMemberHead(transfers, HEALTH, head);
        expectFrom(
            agent(ENERGY),
            abi.encodeWithSelector(ITransferLog.NotTheSender.selector, TRANSFER, ENERGY)
        );
        transfers.resend(TRANSFER, digest("cure"), 1, digest("wrap"));
        VM.expectEmit(address(transfers));
        emit ITransferLog.DocumentSent(
            TRANSFER,
            LABOUR,
            HEALTH,
            digest("cure"),
            digest("wrap"),
            1,
            uint40(block.timestamp + 1 days + 2)
        );
        resend();
        checkState(TRANSFER, TransferState.Released);
        VM.assertTrue(transfers.transferOf(TRANSFER).cured, "cured");
        dispute(TRANSFER);
        expectFrom(
            agent(LABOUR),
            abi.encodeWithSelector(ITransferLog.CuredAlready.selector, TRANSFER)
        );
        transfers.resend(TRANSFER, digest("cure"), 1, digest("wrap"));
        settle(TRANSFER);
        checkState(TRANSFER, TransferState.Settled);
    }

    function test_a_cure_is_acknowledged_by_its_own_manifest() public {
        sendDocument();
        dispute(TRANSFER);
        resend();
        expectFrom(
            agent(HEALTH),
            abi.encodeWithSelector(
                ITransferLog.ManifestMismatch.selector,
                TRANSFER,
                digest("document"),
                digest("cure")
            )
        );
        transfers.acknowledge(TRANSFER, digest("document"), digest("tag"));
        acknowledgeAs(TRANSFER, digest("cure"));
    }

    function test_a_document_is_not_released_as_what_a_grant_permits() public {
        sendDocument();
        dispute(TRANSFER);
        expectFrom(
            agent(LABOUR),
            abi.encodeWithSelector(
                ITransferLog.KindUnexpected.selector,
                TRANSFER,
                PayloadKind.Document
            )
        );
        transfers.release(TRANSFER, digest("cure"), 1, digest("wrap"));
    }

    function test_what_became_of_a_document_is_on_its_receivers_head() public {
        sendDocument();
        bytes32 head = transfers.memberHead(HEALTH);
        VM.prank(agent(HEALTH));
        transfers.attest(TRANSFER, RecallId.wrap(0), why());
        checkMemberHead(
            transfers,
            HEALTH,
            extended(
                head,
                ITransferLog.TransferAttested.selector,
                abi.encode(TRANSFER, DatasetId.wrap(0), RecallId.wrap(0), HEALTH, why())
            )
        );
        dispute(TRANSFER);
        head = transfers.memberHead(HEALTH);
        settle(TRANSFER);
        checkMemberHead(
            transfers,
            HEALTH,
            extended(
                head,
                ITransferLog.TransferSettled.selector,
                abi.encode(TRANSFER, DatasetId.wrap(0), HEALTH, HEALTH, why())
            )
        );
        VM.assertEq(transfers.datasetHead(DatasetId.wrap(0)), 0);
    }

    // ------------------------------------------------------------------ helpers
    function resend() private {
        VM.prank(agent(LABOUR));
        transfers.resend(TRANSFER, digest("cure"), 1, digest("wrap"));
    }

    function expectFlood(address by) private {
        expectFrom(
            by,
            abi.encodeWithSelector(
                ITransferLog.TooManyUnacknowledged.selector,
                DatasetId.wrap(0),
                HEALTH,
                6
            )
        );
    }
}
