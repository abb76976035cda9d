// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase

import {
    DepartmentId,
    PayloadKind,
    Reason,
    RefusalCause,
    TransferId,
    TransferState
} from "../Types.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";
import {ITransferLog} from "../interfaces/ITransferLog.sol";
import {Base} from "./Base.sol";

/// @dev Which subject an answer is about: told at once, or hidden until a time.
contract SubjectTagsTest is Base {
    bytes32 internal constant SALT = "salt";
    uint40 internal constant HIDDEN_UNTIL = START + 20 days;

    function setUp() public override {
        super.setUp();
        registerService(false);
        grantUnder(SERVICE, terms());
        query(NEXT, NO_CONSENT);
    }

    // ------------------------------------------------------------------ release
    function test_a_tag_is_told_with_the_release() public {
        ITransferLog.SubjectTag memory subject = told("subject");
        bytes32 head = transfers.datasetHead(SERVICE);
        uint40 acknowledgeBy = uint40(block.timestamp + 1 days + 2);
        VM.expectEmit(address(transfers));
        emit ITransferLog.TransferReleased(
            TRANSFER,
            SERVICE,
            HEALTH,
            digest("answer"),
            digest("wrap"),
            1,
            acknowledgeBy
        );
        VM.expectEmit(address(transfers));
        emit ITransferLog.SubjectTagged(TRANSFER, SERVICE, digest("subject"), 0, 0, 0, 0);
        releaseTagged(subject);
        head = extended(
            head,
            ITransferLog.TransferReleased.selector,
            abi.encode(
                TRANSFER,
                SERVICE,
                HEALTH,
                digest("answer"),
                digest("wrap"),
                uint32(1),
                acknowledgeBy
            )
        );
        checkDatasetHead(
            transfers,
            SERVICE,
            head,
            ITransferLog.SubjectTagged.selector,
            abi.encode(TRANSFER, SERVICE, subject)
        );
        checkState(TRANSFER, TransferState.Released);
        // Nothing was hidden, so nothing is revealed.
        expectMismatch(officer(LABOUR));
        transfers.reveal(TRANSFER, digest("subject"), 0, 0);
    }

    function test_a_tag_is_hidden_under_a_ruling_and_until_a_time() public {
        ITransferLog.SubjectTag memory subject = hidden("subject");
        VM.expectEmit(address(transfers));
        emit ITransferLog.SubjectTagged(
            TRANSFER,
            SERVICE,
            subject.tag,
            HIDDEN_UNTIL,
            digest("opening"),
            7,
            digest("reason")
        );
        releaseTagged(subject);

        query(NEXT, NO_CONSENT);
        TransferId next = TransferId.wrap(2);
        subject.ruling.code = 0;
        expectFrom(
            agent(LABOUR),
            abi.encodeWithSelector(IDepartmentRegistry.ReasonMissing.selector)
        );
        transfers.releaseTagged(next, digest("answer"), 1, digest("wrap"), subject);
        subject = hidden("subject");
        subject.opening = 0;
        expectFrom(
            agent(LABOUR),
            abi.encodeWithSelector(IDepartmentRegistry.DigestMissing.selector)
        );
        transfers.releaseTagged(next, digest("answer"), 1, digest("wrap"), subject);
        subject = hidden("subject");
        subject.hiddenUntil = uint40(block.timestamp);
        expectFrom(
            agent(LABOUR),
            abi.encodeWithSelector(ITransferLog.HiddenUntilOver.selector, subject.hiddenUntil)
        );
        transfers.releaseTagged(next, digest("answer"), 1, digest("wrap"), subject);
        subject.tag = 0;
        expectFrom(agent(LABOUR), abi.encodeWithSelector(ITransferLog.TagMissing.selector));
        transfers.releaseTagged(next, digest("answer"), 1, digest("wrap"), subject);
    }

    function test_a_tagged_release_is_checked_as_any() public {
        revoke(NEXT);
        expectNotHolding(agent(LABOUR), NEXT, RefusalCause.Revoked);
        transfers.releaseTagged(TRANSFER, digest("answer"), 1, digest("wrap"), told("subject"));
        expectFrom(
            agent(ENERGY),
            abi.encodeWithSelector(ITransferLog.NotTheSender.selector, TRANSFER, ENERGY)
        );
        transfers.releaseTagged(TRANSFER, digest("answer"), 1, digest("wrap"), told("subject"));
    }

    function test_documents_are_not_tagged() public {
        TransferId document = sendDocument();
        dispute(document);
        expectFrom(
            agent(LABOUR),
            abi.encodeWithSelector(
                ITransferLog.KindUnexpected.selector,
                document,
                PayloadKind.Document
            )
        );
        transfers.releaseTagged(document, digest("answer"), 1, digest("wrap"), told("subject"));
    }

    // ------------------------------------------------------------------ reveal
    function test_the_owner_reveals_a_tag_when_it_wants() public {
        releaseTagged(hidden("subject"));
        bytes32 head = transfers.datasetHead(SERVICE);
        VM.expectEmit(address(transfers));
        emit ITransferLog.SubjectRevealed(TRANSFER, SERVICE, digest("subject"), SALT, LABOUR);
        reveal(officer(LABOUR));
        checkDatasetHead(
            transfers,
            SERVICE,
            head,
            ITransferLog.SubjectRevealed.selector,
            abi.encode(TRANSFER, SERVICE, digest("subject"), SALT, LABOUR)
        );
        expectMismatch(officer(LABOUR));
        transfers.reveal(TRANSFER, digest("subject"), SALT, HIDDEN_UNTIL);
    }

    function test_an_auditor_reveals_a_tag_once_it_is_due() public {
        releaseTagged(hidden("subject"));
        VM.prank(officer(AGENCY));
        departments.appointAuditor(ENERGY);
        VM.warp(HIDDEN_UNTIL - 1);
        expectFrom(
            officer(ENERGY),
            abi.encodeWithSelector(ITransferLog.RevealTooEarly.selector, TRANSFER, HIDDEN_UNTIL)
        );
        transfers.reveal(TRANSFER, digest("subject"), SALT, HIDDEN_UNTIL);
        // Naming an earlier time doesn't help.
        expectMismatch(officer(ENERGY));
        transfers.reveal(TRANSFER, digest("subject"), SALT, uint40(block.timestamp));
        VM.warp(HIDDEN_UNTIL);
        VM.expectEmit(address(transfers));
        emit ITransferLog.SubjectRevealed(TRANSFER, SERVICE, digest("subject"), SALT, ENERGY);
        reveal(officer(ENERGY));
    }

    function test_nobody_else_reveals_a_tag() public {
        releaseTagged(hidden("subject"));
        VM.warp(HIDDEN_UNTIL);
        DepartmentId[3] memory outsiders = [AGENCY, HEALTH, ENERGY];
        for (uint256 i = 0; i < 3; ++i) {
            expectFrom(
                officer(outsiders[i]),
                abi.encodeWithSelector(ITransferLog.NotTheSender.selector, TRANSFER, outsiders[i])
            );
            transfers.reveal(TRANSFER, digest("subject"), SALT, HIDDEN_UNTIL);
        }
    }

    function testFuzz_only_what_was_hidden_is_revealed(
        bytes32 tag,
        bytes32 salt,
        uint40 hiddenUntil
    ) public {
        VM.assume(tag != digest("subject") || salt != SALT || hiddenUntil != HIDDEN_UNTIL);
        releaseTagged(hidden("subject"));
        expectMismatch(officer(LABOUR));
        transfers.reveal(TRANSFER, tag, salt, hiddenUntil);
    }

    function test_a_hidden_tag_is_not_swapped_in_a_cure() public {
        releaseTagged(hidden("subject"));
        dispute(TRANSFER);
        expectMismatch(agent(LABOUR));
        transfers.releaseTagged(TRANSFER, digest("cure"), 1, digest("wrap"), hidden("another"));
        ITransferLog.SubjectTag memory longer = hidden("subject");
        longer.hiddenUntil += 1;
        expectMismatch(agent(LABOUR));
        transfers.releaseTagged(TRANSFER, digest("cure"), 1, digest("wrap"), longer);
        // A cure names the same tag, or none, or tells one; what was hidden is still there to reveal.
        uint256 snapshot = VM.snapshotState();
        releaseTagged(hidden("subject"));
        reveal(officer(LABOUR));
        VM.assertTrue(VM.revertToState(snapshot), "snapshot");
        snapshot = VM.snapshotState();
        releaseAs(TRANSFER, digest("cure"));
        reveal(officer(LABOUR));
        VM.assertTrue(VM.revertToState(snapshot), "snapshot");
        releaseTagged(told("another"));
        reveal(officer(LABOUR));
    }

    // ------------------------------------------------------------------ helpers
    function told(string memory subject) private pure returns (ITransferLog.SubjectTag memory) {
        return ITransferLog.SubjectTag(digest(subject), 0, 0, Reason(0, 0));
    }

    function hidden(string memory subject) private pure returns (ITransferLog.SubjectTag memory) {
        return
            ITransferLog.SubjectTag({
                tag: keccak256(abi.encodePacked(digest(subject), SALT)),
                hiddenUntil: HIDDEN_UNTIL,
                opening: digest("opening"),
                ruling: why()
            });
    }

    function releaseTagged(ITransferLog.SubjectTag memory subject) private {
        VM.prank(agent(LABOUR));
        transfers.releaseTagged(TRANSFER, digest("answer"), 1, digest("wrap"), subject);
    }

    function reveal(address by) private {
        VM.prank(by);
        transfers.reveal(TRANSFER, digest("subject"), SALT, HIDDEN_UNTIL);
    }

    function expectMismatch(address by) private {
        expectFrom(by, abi.encodeWithSelector(ITransferLog.TagMismatch.selector, TRANSFER));
    }
}
