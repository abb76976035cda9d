// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase, check-send-result, multiple-sends

import {
    DatasetId,
    DatasetKind,
    GrantId,
    PayloadKind,
    Reason,
    RecallId,
    RefusalCause,
    SharingClass,
    TransferId,
    TransferState
} from "../Types.sol";
import {IDatasetRegistry} from "../interfaces/IDatasetRegistry.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";
import {ITransferLog} from "../interfaces/ITransferLog.sol";
import {Base} from "./Base.sol";

contract TransferLogTest is Base {
    // ------------------------------------------------------------------ open
    function test_a_grantee_opens_a_transfer() public {
        uint40 releaseBy = uint40(block.timestamp + 1 days + 1);
        VM.expectEmit(address(transfers));
        emit ITransferLog.TransferOpened(
            TRANSFER,
            DATASET,
            HEALTH,
            GRANT,
            1,
            PayloadKind.Version,
            releaseBy
        );
        VM.assertEq(TransferId.unwrap(open()), 1);
        checkDatasetHead(
            transfers,
            DATASET,
            0,
            ITransferLog.TransferOpened.selector,
            abi.encode(TRANSFER, DATASET, HEALTH, GRANT, uint32(1), PayloadKind.Version, releaseBy)
        );
        ITransferLog.Transfer memory expected = ITransferLog.Transfer({
            dataset: DATASET,
            datasetVersion: 1,
            grant: GRANT,
            sender: LABOUR,
            receiver: HEALTH,
            state: TransferState.Opened,
            kind: PayloadKind.Version,
            cured: false,
            clock: releaseBy,
            consent: NO_CONSENT
        });
        VM.assertEq(abi.encode(transfers.transferOf(TRANSFER)), abi.encode(expected));
        VM.assertEq(transfers.transferCount(), 1);
    }

    function test_an_attempt_without_a_grant_is_recorded() public {
        VM.expectEmit(address(transfers));
        emit ITransferLog.TransferRefused(DATASET, ENERGY, GRANT, 1, RefusalCause.NoGrant);
        VM.prank(agent(ENERGY));
        VM.assertEq(TransferId.unwrap(transfers.open(DATASET, 1, GRANT)), 0);
        checkDatasetHead(
            transfers,
            DATASET,
            0,
            ITransferLog.TransferRefused.selector,
            abi.encode(DATASET, ENERGY, GRANT, uint32(1), RefusalCause.NoGrant)
        );
        VM.assertEq(transfers.transferCount(), 0);
    }

    function test_an_attempt_on_the_own_dataset_is_recorded() public {
        VM.expectEmit(address(transfers));
        emit ITransferLog.TransferRefused(DATASET, LABOUR, GRANT, 1, RefusalCause.NoGrant);
        VM.prank(officer(LABOUR));
        transfers.open(DATASET, 1, GRANT);
    }

    function test_an_attempt_with_the_grant_of_another_dataset_is_recorded() public {
        VM.startPrank(officer(LABOUR));
        datasets.register(
            "other",
            DatasetKind.File,
            rules(SharingClass.Conditional, 1),
            digest("d")
        );
        datasets.publishVersion(DatasetId.wrap(2), 1, manifestOf(1));
        VM.stopPrank();
        VM.expectEmit(address(transfers));
        emit ITransferLog.TransferRefused(
            DatasetId.wrap(2),
            HEALTH,
            GRANT,
            1,
            RefusalCause.NoGrant
        );
        VM.prank(agent(HEALTH));
        transfers.open(DatasetId.wrap(2), 1, GRANT);
    }

    function test_attempts_are_recorded_with_their_cause() public {
        expectRefusal(GrantId.wrap(9), RefusalCause.NoGrant);
        GrantId requested = ask(HEALTH);
        expectRefusal(requested, RefusalCause.NotActive);
        VM.prank(officer(LABOUR));
        grants.suspend(GRANT, why());
        expectRefusal(GRANT, RefusalCause.Suspended);
        revoke(GRANT);
        expectRefusal(GRANT, RefusalCause.Revoked);
        approve(requested, officer(LABOUR));
        VM.warp(terms().validUntil);
        expectRefusal(requested, RefusalCause.Expired);
    }

    function test_a_version_that_is_not_served_is_not_opened() public {
        expectFrom(
            agent(HEALTH),
            abi.encodeWithSelector(IDatasetRegistry.VersionUnknown.selector, DATASET, 3)
        );
        transfers.open(DATASET, 3, GRANT);
        VM.prank(officer(LABOUR));
        datasets.withdrawVersion(DATASET, 1, why());
        expectFrom(
            agent(HEALTH),
            abi.encodeWithSelector(IDatasetRegistry.VersionIsWithdrawn.selector, DATASET, 1)
        );
        transfers.open(DATASET, 1, GRANT);
        VM.prank(officer(LABOUR));
        datasets.withdraw(DATASET, why());
        expectFrom(
            agent(HEALTH),
            abi.encodeWithSelector(IDatasetRegistry.DatasetIsWithdrawn.selector, DATASET)
        );
        transfers.open(DATASET, 2, GRANT);
        expectFrom(
            agent(HEALTH),
            abi.encodeWithSelector(IDatasetRegistry.DatasetUnknown.selector, DatasetId.wrap(9))
        );
        transfers.open(DatasetId.wrap(9), 1, GRANT);
    }

    function test_nothing_is_opened_from_a_suspended_owner() public {
        suspendMember(LABOUR);
        expectFrom(
            agent(HEALTH),
            abi.encodeWithSelector(IDepartmentRegistry.DepartmentIsSuspended.selector, LABOUR)
        );
        transfers.open(DATASET, 1, GRANT);
    }

    // ------------------------------------------------------------------ receipts that are due
    function test_more_than_three_overdue_receipts_stop_further_attempts() public {
        releaseMany(4);
        VM.warp(block.timestamp + 1 days + 2);
        VM.assertEq(transfers.overdueCount(DATASET, HEALTH), 0);
        VM.assertEq(TransferId.unwrap(open()), 5);
        VM.warp(block.timestamp + 1);
        VM.assertEq(transfers.overdueCount(DATASET, HEALTH), 4);
        expectRefusal(GRANT, RefusalCause.OverdueReceipts);
        // Each receipt and each dispute stops one clock.
        acknowledge(TransferId.wrap(2));
        VM.assertEq(transfers.overdueCount(DATASET, HEALTH), 3);
        VM.assertEq(TransferId.unwrap(open()), 6);
        dispute(TransferId.wrap(4));
        VM.assertEq(transfers.overdueCount(DATASET, HEALTH), 2);
    }

    function test_an_attempt_is_refused_for_its_grant_before_its_receipts() public {
        releaseMany(4);
        revoke(GRANT);
        VM.warp(block.timestamp + 2 days);
        VM.assertEq(transfers.overdueCount(DATASET, HEALTH), 4);
        expectRefusal(GRANT, RefusalCause.Revoked);
    }

    function test_overdue_receipts_stop_neither_another_receiver_nor_another_dataset() public {
        releaseMany(4);
        VM.warp(block.timestamp + 2 days);
        expectRefusal(GRANT, RefusalCause.OverdueReceipts);
        VM.assertEq(transfers.overdueCount(DATASET, ENERGY), 0);
        GrantId granted = ask(ENERGY);
        VM.startPrank(officer(LABOUR));
        grants.approve(granted, digest("terms"));
        DatasetId other = datasets.register(
            "other",
            DatasetKind.File,
            rules(SharingClass.Open, 1),
            digest("d")
        );
        datasets.publishVersion(other, 1, manifestOf(1));
        VM.stopPrank();
        VM.prank(agent(ENERGY));
        VM.assertEq(TransferId.unwrap(transfers.open(DATASET, 1, granted)), 5);
        VM.prank(officer(HEALTH));
        GrantId open_ = grants.request(other, terms());
        VM.prank(agent(HEALTH));
        VM.assertEq(TransferId.unwrap(transfers.open(other, 1, open_)), 6);
    }

    function test_a_dispute_of_what_was_acknowledged_stops_no_other_clock() public {
        // In one block, so both receipts are due at the same time.
        releaseMany(2);
        acknowledge(TransferId.wrap(1));
        dispute(TransferId.wrap(1));
        VM.warp(block.timestamp + 2 days);
        VM.assertEq(transfers.overdueCount(DATASET, HEALTH), 1);
        acknowledge(TransferId.wrap(2));
        VM.assertEq(transfers.overdueCount(DATASET, HEALTH), 0);
    }

    function test_a_receipt_in_between_leaves_the_others_waiting() public {
        uint256[5] memory due;
        for (uint64 i = 1; i <= 4; ++i) {
            // Even, then odd ones: a bit that is lost or left over shows.
            VM.warp(START + i * 1 hours + (i > 1 ? 1 : 0));
            open();
            release(TransferId.wrap(i));
            due[i] = block.timestamp + 1 days + 2;
        }
        acknowledge(TransferId.wrap(2));
        checkOverdue(due[1], 0);
        checkOverdue(due[1] + 1, 1);
        checkOverdue(due[3], 1);
        checkOverdue(due[3] + 1, 2);
        checkOverdue(due[4], 2);
        checkOverdue(due[4] + 1, 3);
    }

    function test_a_cure_starts_its_own_clock_and_waits_for_a_place() public {
        releaseMany(1);
        dispute(TRANSFER);
        releaseMany(6);
        expectRelease(
            abi.encodeWithSelector(ITransferLog.TooManyUnacknowledged.selector, DATASET, HEALTH, 6)
        );
        acknowledge(TransferId.wrap(2));
        release(TRANSFER);
        VM.warp(block.timestamp + 2 days);
        VM.assertEq(transfers.overdueCount(DATASET, HEALTH), 6);
    }

    function test_a_new_grant_does_not_shed_overdue_receipts() public {
        releaseMany(4);
        GrantId other = ask(HEALTH);
        approve(other, officer(LABOUR));
        VM.warp(block.timestamp + 2 days);
        expectRefusal(GRANT, RefusalCause.OverdueReceipts);
        expectRefusal(other, RefusalCause.OverdueReceipts);
    }

    function test_six_releases_may_wait_for_a_receipt() public {
        for (uint64 i = 1; i <= 7; ++i) open();
        for (uint64 i = 1; i <= 6; ++i) release(TransferId.wrap(i));
        bytes memory refusal = abi.encodeWithSelector(
            ITransferLog.TooManyUnacknowledged.selector,
            DATASET,
            HEALTH,
            6
        );
        expectFrom(agent(LABOUR), refusal);
        transfers.release(TransferId.wrap(7), manifestOf(1), 1, digest("wrap"));
        acknowledge(TransferId.wrap(3));
        release(TransferId.wrap(7));
    }

    function test_the_limits_are_told() public view {
        VM.assertEq(transfers.MAX_OVERDUE(), 3);
        VM.assertEq(transfers.MAX_UNACKNOWLEDGED(), 6);
        VM.assertEq(transfers.MAX_SOURCES(), 16);
    }

    // ------------------------------------------------------------------ release
    function test_the_owner_releases_a_key() public {
        open();
        uint40 acknowledgeBy = uint40(block.timestamp + 1 days + 2);
        bytes32 head = transfers.datasetHead(DATASET);
        VM.expectEmit(address(transfers));
        emit ITransferLog.TransferReleased(
            TRANSFER,
            DATASET,
            HEALTH,
            manifestOf(1),
            digest("wrap"),
            1,
            acknowledgeBy
        );
        release(TRANSFER);
        checkDatasetHead(
            transfers,
            DATASET,
            head,
            ITransferLog.TransferReleased.selector,
            abi.encode(
                TRANSFER,
                DATASET,
                HEALTH,
                manifestOf(1),
                digest("wrap"),
                uint32(1),
                acknowledgeBy
            )
        );
        checkState(TRANSFER, TransferState.Released);
        VM.assertEq(transfers.transferOf(TRANSFER).clock, acknowledgeBy);
        VM.assertTrue(!transfers.transferOf(TRANSFER).cured, "no cure");
    }

    function test_nothing_is_released_after_a_revocation() public {
        open();
        revoke(GRANT);
        expectRelease(
            abi.encodeWithSelector(
                ITransferLog.GrantDoesNotHold.selector,
                GRANT,
                RefusalCause.Revoked
            )
        );
    }

    function test_nothing_is_released_while_the_grant_is_suspended_or_once_it_expired() public {
        open();
        VM.prank(officer(LABOUR));
        grants.suspend(GRANT, why());
        expectRelease(
            abi.encodeWithSelector(
                ITransferLog.GrantDoesNotHold.selector,
                GRANT,
                RefusalCause.Suspended
            )
        );
        VM.prank(officer(LABOUR));
        grants.resume(GRANT);
        VM.warp(terms().validUntil);
        expectRelease(
            abi.encodeWithSelector(
                ITransferLog.GrantDoesNotHold.selector,
                GRANT,
                RefusalCause.Expired
            )
        );
    }

    function test_nothing_is_released_to_or_by_a_suspended_department() public {
        open();
        suspendMember(HEALTH);
        expectRelease(
            abi.encodeWithSelector(IDepartmentRegistry.DepartmentIsSuspended.selector, HEALTH)
        );
        VM.prank(officer(AGENCY));
        departments.reinstate(HEALTH, why());
        suspendMember(LABOUR);
        expectRelease(
            abi.encodeWithSelector(IDepartmentRegistry.DepartmentIsSuspended.selector, LABOUR)
        );
    }

    function test_nothing_is_released_of_what_was_withdrawn() public {
        open();
        VM.prank(officer(LABOUR));
        datasets.withdrawVersion(DATASET, 1, why());
        expectRelease(
            abi.encodeWithSelector(IDatasetRegistry.VersionIsWithdrawn.selector, DATASET, 1)
        );
        VM.prank(officer(LABOUR));
        datasets.withdraw(DATASET, why());
        expectRelease(
            abi.encodeWithSelector(IDatasetRegistry.DatasetIsWithdrawn.selector, DATASET)
        );
    }

    function testFuzz_only_the_manifest_of_the_version_is_released(bytes32 manifest) public {
        VM.assume(manifest != manifestOf(1));
        open();
        expectFrom(
            agent(LABOUR),
            abi.encodeWithSelector(
                ITransferLog.ManifestMismatch.selector,
                TRANSFER,
                manifest,
                manifestOf(1)
            )
        );
        transfers.release(TRANSFER, manifest, 1, digest("wrap"));
    }

    function test_a_release_names_the_wrap() public {
        open();
        expectFrom(
            agent(LABOUR),
            abi.encodeWithSelector(IDepartmentRegistry.DigestMissing.selector)
        );
        transfers.release(TRANSFER, manifestOf(1), 1, 0);
    }

    function test_a_release_is_to_the_current_key() public {
        open();
        VM.prank(admin(HEALTH));
        departments.publishKey(2, publicKey(2));
        expectFrom(
            agent(LABOUR),
            abi.encodeWithSelector(ITransferLog.KeyNotCurrent.selector, HEALTH, 2, 1)
        );
        transfers.release(TRANSFER, manifestOf(1), 2, digest("wrap"));
        VM.warp(block.timestamp + KEY_DELAY);
        expectRelease(abi.encodeWithSelector(ITransferLog.KeyNotCurrent.selector, HEALTH, 1, 2));
        VM.prank(admin(HEALTH));
        departments.retireKey(2);
        expectRelease(abi.encodeWithSelector(IDepartmentRegistry.KeyMissing.selector, HEALTH));
    }

    // ------------------------------------------------------------------ some fields
    function test_a_grant_for_some_fields_is_served_with_a_derived_payload() public {
        GrantId some = grantUnder(DATASET, otherTerms());
        VM.expectEmit(address(transfers));
        emit ITransferLog.TransferOpened(
            TRANSFER,
            DATASET,
            HEALTH,
            some,
            1,
            PayloadKind.Derived,
            uint40(block.timestamp + 1 days + 1)
        );
        openUnder(some);
        expectFrom(
            agent(LABOUR),
            abi.encodeWithSelector(
                ITransferLog.ManifestNotDerived.selector,
                TRANSFER,
                manifestOf(1)
            )
        );
        transfers.release(TRANSFER, manifestOf(1), 1, digest("wrap"));
        expectFrom(
            agent(LABOUR),
            abi.encodeWithSelector(IDepartmentRegistry.DigestMissing.selector)
        );
        transfers.release(TRANSFER, 0, 1, digest("wrap"));
        releaseAs(TRANSFER, digest("derived"));
        VM.assertEq(transfers.releasedManifest(TRANSFER), digest("derived"));
        expectFrom(
            agent(HEALTH),
            abi.encodeWithSelector(
                ITransferLog.ManifestMismatch.selector,
                TRANSFER,
                manifestOf(1),
                digest("derived")
            )
        );
        transfers.acknowledge(TRANSFER, manifestOf(1), digest("tag"));
        acknowledgeAs(TRANSFER, digest("derived"));
        checkState(TRANSFER, TransferState.Acknowledged);
    }

    function test_a_cure_of_a_derived_payload_is_acknowledged_by_its_own_manifest() public {
        openUnder(grantUnder(DATASET, otherTerms()));
        releaseAs(TRANSFER, digest("derived"));
        dispute(TRANSFER);
        releaseAs(TRANSFER, digest("cure"));
        expectFrom(
            agent(HEALTH),
            abi.encodeWithSelector(
                ITransferLog.ManifestMismatch.selector,
                TRANSFER,
                digest("derived"),
                digest("cure")
            )
        );
        transfers.acknowledge(TRANSFER, digest("derived"), digest("tag"));
        acknowledgeAs(TRANSFER, digest("cure"));
    }

    function test_nothing_derived_is_released_of_what_was_withdrawn() public {
        openUnder(grantUnder(DATASET, otherTerms()));
        VM.prank(officer(LABOUR));
        datasets.withdrawVersion(DATASET, 1, why());
        expectFrom(
            agent(LABOUR),
            abi.encodeWithSelector(IDatasetRegistry.VersionIsWithdrawn.selector, DATASET, 1)
        );
        transfers.release(TRANSFER, digest("derived"), 1, digest("wrap"));
    }

    function test_a_whole_version_needs_no_manifest_of_its_own_in_storage() public {
        open();
        release(TRANSFER);
        VM.assertEq(transfers.releasedManifest(TRANSFER), 0);
    }

    function test_only_answers_are_tagged_and_only_documents_resent() public {
        open();
        bytes memory refusal = abi.encodeWithSelector(
            ITransferLog.KindUnexpected.selector,
            TRANSFER,
            PayloadKind.Version
        );
        ITransferLog.SubjectTag memory tag = ITransferLog.SubjectTag("tag", 0, 0, Reason(0, 0));
        expectFrom(agent(LABOUR), refusal);
        transfers.releaseTagged(TRANSFER, manifestOf(1), 1, digest("wrap"), tag);
        release(TRANSFER);
        dispute(TRANSFER);
        expectFrom(agent(LABOUR), refusal);
        transfers.resend(TRANSFER, manifestOf(1), 1, digest("wrap"));
    }

    // ------------------------------------------------------------------ a retired deployment
    function test_nothing_is_opened_or_released_of_a_retired_deployment() public {
        open();
        open();
        release(TRANSFER);
        retireDeployment();
        VM.warp(block.timestamp + NOTICE);
        bytes memory refusal = abi.encodeWithSelector(
            IDepartmentRegistry.DeploymentIsRetired.selector,
            digest("successor")
        );
        expectFrom(agent(HEALTH), refusal);
        transfers.open(DATASET, 1, GRANT);
        expectFrom(agent(LABOUR), refusal);
        transfers.release(TransferId.wrap(2), manifestOf(1), 1, digest("wrap"));
        expectFrom(agent(LABOUR), refusal);
        transfers.send(HEALTH, digest("document"), 1, digest("wrap"));
        // Receipts, disputes, attestations and what ends things still are.
        acknowledge(TRANSFER);
        dispute(TRANSFER);
        VM.prank(officer(LABOUR));
        transfers.disclose(TRANSFER, ENERGY, 1, digest("wrap"));
        VM.startPrank(agent(HEALTH));
        transfers.settle(TRANSFER, why());
        transfers.attest(TRANSFER, RecallId.wrap(0), why());
        VM.stopPrank();
        VM.prank(agent(LABOUR));
        transfers.decline(TransferId.wrap(2), why());
    }

    // ------------------------------------------------------------------ decline
    function test_the_owner_declines() public {
        open();
        bytes32 head = transfers.datasetHead(DATASET);
        VM.expectEmit(address(transfers));
        emit ITransferLog.TransferDeclined(TRANSFER, DATASET, HEALTH, 7, digest("reason"));
        VM.prank(agent(LABOUR));
        transfers.decline(TRANSFER, why());
        checkReasonedHead(head, ITransferLog.TransferDeclined.selector);
        checkState(TRANSFER, TransferState.Declined);
    }

    function test_the_owner_declines_whatever_happened_since() public {
        open();
        VM.startPrank(officer(LABOUR));
        grants.revoke(GRANT, why());
        datasets.withdraw(DATASET, why());
        VM.stopPrank();
        suspendMember(HEALTH);
        VM.warp(terms().validUntil + 1);
        VM.prank(officer(LABOUR));
        transfers.decline(TRANSFER, why());
        checkState(TRANSFER, TransferState.Declined);
    }

    // ------------------------------------------------------------------ acknowledge
    function test_the_receiver_acknowledges_once() public {
        open();
        release(TRANSFER);
        bytes32 head = transfers.datasetHead(DATASET);
        VM.expectEmit(address(transfers));
        emit ITransferLog.TransferAcknowledged(
            TRANSFER,
            DATASET,
            HEALTH,
            manifestOf(1),
            digest("tag")
        );
        acknowledge(TRANSFER);
        checkDatasetHead(
            transfers,
            DATASET,
            head,
            ITransferLog.TransferAcknowledged.selector,
            abi.encode(TRANSFER, DATASET, HEALTH, manifestOf(1), digest("tag"))
        );
        checkState(TRANSFER, TransferState.Acknowledged);
        expectFrom(
            agent(HEALTH),
            abi.encodeWithSelector(
                ITransferLog.TransferStateUnexpected.selector,
                TRANSFER,
                TransferState.Acknowledged
            )
        );
        transfers.acknowledge(TRANSFER, manifestOf(1), digest("tag"));
    }

    function test_a_receipt_names_the_manifest_and_has_a_tag() public {
        open();
        release(TRANSFER);
        expectFrom(
            agent(HEALTH),
            abi.encodeWithSelector(
                ITransferLog.ManifestMismatch.selector,
                TRANSFER,
                manifestOf(2),
                manifestOf(1)
            )
        );
        transfers.acknowledge(TRANSFER, manifestOf(2), digest("tag"));
        expectFrom(agent(HEALTH), abi.encodeWithSelector(ITransferLog.ReceiptTagMissing.selector));
        transfers.acknowledge(TRANSFER, manifestOf(1), 0);
    }

    function test_what_was_released_is_acknowledged_whatever_happened_since() public {
        open();
        release(TRANSFER);
        VM.startPrank(officer(LABOUR));
        grants.revoke(GRANT, why());
        datasets.withdrawVersion(DATASET, 1, why());
        datasets.withdraw(DATASET, why());
        VM.stopPrank();
        suspendMember(HEALTH);
        suspendMember(LABOUR);
        VM.warp(terms().validUntil + 1);
        acknowledge(TRANSFER);
        checkState(TRANSFER, TransferState.Acknowledged);
    }

    // ------------------------------------------------------------------ what every call asks for
    function test_decisions_ask_for_a_reason() public {
        bytes memory refusal = abi.encodeWithSelector(IDepartmentRegistry.ReasonMissing.selector);
        Reason[2] memory missing = [Reason(0, digest("reason")), Reason(7, 0)];
        open();
        for (uint256 i = 0; i < 2; ++i) {
            expectFrom(agent(LABOUR), refusal);
            transfers.decline(TRANSFER, missing[i]);
        }
        release(TRANSFER);
        for (uint256 i = 0; i < 2; ++i) {
            expectFrom(agent(HEALTH), refusal);
            transfers.dispute(TRANSFER, missing[i]);
        }
        dispute(TRANSFER);
        for (uint256 i = 0; i < 2; ++i) {
            expectFrom(agent(HEALTH), refusal);
            transfers.settle(TRANSFER, missing[i]);
        }
    }

    function test_unknown_transfers_are_refused() public {
        bytes memory refusal = abi.encodeWithSelector(
            ITransferLog.TransferUnknown.selector,
            TRANSFER
        );
        expectFrom(agent(LABOUR), refusal);
        transfers.release(TRANSFER, manifestOf(1), 1, digest("wrap"));
        expectFrom(agent(LABOUR), refusal);
        transfers.decline(TRANSFER, why());
        expectFrom(agent(HEALTH), refusal);
        transfers.acknowledge(TRANSFER, manifestOf(1), digest("tag"));
        expectFrom(agent(HEALTH), refusal);
        transfers.dispute(TRANSFER, why());
        expectFrom(agent(HEALTH), refusal);
        transfers.settle(TRANSFER, why());
        expectFrom(agent(LABOUR), refusal);
        transfers.resend(TRANSFER, manifestOf(1), 1, digest("wrap"));
        expectFrom(agent(LABOUR), refusal);
        transfers.releaseTagged(
            TRANSFER,
            manifestOf(1),
            1,
            digest("wrap"),
            ITransferLog.SubjectTag("tag", 0, 0, Reason(0, 0))
        );
        expectFrom(officer(LABOUR), refusal);
        transfers.reveal(TRANSFER, "tag", "salt", 1);
        expectFrom(officer(LABOUR), refusal);
        transfers.disclose(TRANSFER, ENERGY, 1, digest("wrap"));
        expectFrom(agent(HEALTH), refusal);
        transfers.attest(TRANSFER, RecallId.wrap(0), why());
        VM.expectRevert(refusal);
        transfers.transferOf(TRANSFER);
    }

    function test_the_contract_knows_what_it_depends_on() public view {
        VM.assertEq(address(transfers.departments()), address(departments));
        VM.assertEq(address(transfers.datasets()), address(datasets));
        VM.assertEq(address(transfers.consents()), address(consents));
        VM.assertEq(address(transfers.grants()), address(grants));
        VM.assertEq(transfers.version(), "0.1.0", "version");
    }

    // ------------------------------------------------------------------ helpers
    function expectRelease(bytes memory refusal) private {
        expectFrom(agent(LABOUR), refusal);
        transfers.release(TRANSFER, manifestOf(1), 1, digest("wrap"));
    }

    function checkOverdue(uint256 time, uint256 count) private {
        VM.warp(time);
        VM.assertEq(transfers.overdueCount(DATASET, HEALTH), count);
    }

    function releaseMany(uint64 count) private {
        for (uint64 i = 0; i < count; ++i) release(open());
    }

    function expectRefusal(GrantId grant, RefusalCause cause) private {
        uint64 count = transfers.transferCount();
        VM.expectEmit(address(transfers));
        emit ITransferLog.TransferRefused(DATASET, HEALTH, grant, 1, cause);
        VM.prank(agent(HEALTH));
        VM.assertEq(TransferId.unwrap(transfers.open(DATASET, 1, grant)), 0);
        VM.assertEq(transfers.transferCount(), count);
    }

    function checkReasonedHead(bytes32 head, bytes32 topic0) private view {
        checkDatasetHead(
            transfers,
            DATASET,
            head,
            topic0,
            abi.encode(TRANSFER, DATASET, HEALTH, why())
        );
    }
}
