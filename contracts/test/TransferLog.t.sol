// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase

import {
    DatasetId,
    DatasetKind,
    GrantId,
    Reason,
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
        emit ITransferLog.TransferOpened(TRANSFER, DATASET, HEALTH, GRANT, 1, releaseBy);
        VM.assertEq(TransferId.unwrap(open()), 1);
        checkDatasetHead(
            transfers,
            DATASET,
            0,
            ITransferLog.TransferOpened.selector,
            abi.encode(TRANSFER, DATASET, HEALTH, GRANT, uint32(1), releaseBy)
        );
        ITransferLog.Transfer memory expected = ITransferLog.Transfer({
            dataset: DATASET,
            datasetVersion: 1,
            grant: GRANT,
            sender: LABOUR,
            receiver: HEALTH,
            state: TransferState.Opened,
            cured: false,
            releaseBy: releaseBy,
            acknowledgeBy: 0
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
        VM.prank(officer(LABOUR));
        grants.revoke(GRANT, why());
        expectRefusal(GRANT, RefusalCause.Revoked);
        VM.prank(officer(LABOUR));
        grants.approve(requested, digest("terms"));
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
        VM.prank(officer(LABOUR));
        grants.revoke(GRANT, why());
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
        VM.prank(officer(LABOUR));
        grants.approve(other, digest("terms"));
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
        checkState(TransferState.Released);
        VM.assertEq(transfers.transferOf(TRANSFER).acknowledgeBy, acknowledgeBy);
        VM.assertTrue(!transfers.transferOf(TRANSFER).cured, "no cure");
    }

    function test_nothing_is_released_after_a_revocation() public {
        open();
        VM.prank(officer(LABOUR));
        grants.revoke(GRANT, why());
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

    // ------------------------------------------------------------------ decline
    function test_the_owner_declines() public {
        open();
        bytes32 head = transfers.datasetHead(DATASET);
        VM.expectEmit(address(transfers));
        emit ITransferLog.TransferDeclined(TRANSFER, DATASET, HEALTH, 7, digest("reason"));
        VM.prank(agent(LABOUR));
        transfers.decline(TRANSFER, why());
        checkReasonedHead(head, ITransferLog.TransferDeclined.selector);
        checkState(TransferState.Declined);
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
        checkState(TransferState.Declined);
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
        checkState(TransferState.Acknowledged);
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
        checkState(TransferState.Acknowledged);
    }

    // ------------------------------------------------------------------ dispute, cure, settle
    function test_a_dispute_is_cured_once() public {
        open();
        release(TRANSFER);
        bytes32 head = transfers.datasetHead(DATASET);
        VM.expectEmit(address(transfers));
        emit ITransferLog.TransferDisputed(TRANSFER, DATASET, HEALTH, 7, digest("reason"));
        dispute(TRANSFER);
        checkReasonedHead(head, ITransferLog.TransferDisputed.selector);
        checkState(TransferState.Disputed);

        VM.warp(block.timestamp + 5);
        release(TRANSFER);
        checkState(TransferState.Released);
        VM.assertTrue(transfers.transferOf(TRANSFER).cured, "cured");
        VM.assertEq(transfers.transferOf(TRANSFER).acknowledgeBy, block.timestamp + 1 days + 2);
        dispute(TRANSFER);
        expectRelease(abi.encodeWithSelector(ITransferLog.CuredAlready.selector, TRANSFER));
    }

    function test_a_cure_can_be_acknowledged() public {
        open();
        release(TRANSFER);
        acknowledge(TRANSFER);
        dispute(TRANSFER);
        release(TRANSFER);
        acknowledge(TRANSFER);
        checkState(TransferState.Acknowledged);
        VM.assertEq(transfers.overdueCount(DATASET, HEALTH), 0);
    }

    function test_a_cure_rechecks_the_grant() public {
        open();
        release(TRANSFER);
        dispute(TRANSFER);
        VM.prank(officer(LABOUR));
        grants.revoke(GRANT, why());
        expectRelease(
            abi.encodeWithSelector(
                ITransferLog.GrantDoesNotHold.selector,
                GRANT,
                RefusalCause.Revoked
            )
        );
    }

    function test_a_suspended_receiver_disputes_and_does_not_settle() public {
        open();
        release(TRANSFER);
        suspendMember(HEALTH);
        dispute(TRANSFER);
        expectFrom(
            agent(HEALTH),
            abi.encodeWithSelector(IDepartmentRegistry.DepartmentIsSuspended.selector, HEALTH)
        );
        transfers.settle(TRANSFER, why());
    }

    function test_the_receiver_settles() public {
        open();
        release(TRANSFER);
        dispute(TRANSFER);
        bytes32 head = transfers.datasetHead(DATASET);
        VM.expectEmit(address(transfers));
        emit ITransferLog.TransferSettled(TRANSFER, DATASET, HEALTH, 7, digest("reason"));
        VM.prank(agent(HEALTH));
        transfers.settle(TRANSFER, why());
        checkReasonedHead(head, ITransferLog.TransferSettled.selector);
        checkState(TransferState.Settled);
    }

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
        VM.expectRevert(refusal);
        transfers.transferOf(TRANSFER);
    }

    function test_the_contract_knows_what_it_depends_on() public view {
        VM.assertEq(address(transfers.departments()), address(departments));
        VM.assertEq(address(transfers.datasets()), address(datasets));
        VM.assertEq(address(transfers.grants()), address(grants));
    }

    // ------------------------------------------------------------------ every state with every call
    /// @dev Rows: Opened, Released, Acknowledged, Declined, Disputed, Settled. Columns: release, decline,
    /// acknowledge,
    /// dispute, settle. What isn't "x" reverts with the state that was found.
    function test_every_call_in_every_state() public {
        string[6] memory table = ["xx---", "--xx-", "---x-", "-----", "x---x", "-----"];
        for (uint256 row = 0; row < 6; ++row) {
            for (uint256 column = 0; column < 5; ++column) {
                uint256 snapshot = VM.snapshotState();
                TransferState state = bring(row);
                bool allowed = bytes(table[row])[column] == "x";
                VM.prank(column < 2 ? agent(LABOUR) : agent(HEALTH));
                if (!allowed) {
                    VM.expectRevert(
                        abi.encodeWithSelector(
                            ITransferLog.TransferStateUnexpected.selector,
                            TRANSFER,
                            state
                        )
                    );
                }
                act(column);
                VM.assertTrue(VM.revertToState(snapshot), "snapshot");
            }
        }
    }

    function bring(uint256 row) private returns (TransferState) {
        open();
        if (row == 3) {
            VM.prank(agent(LABOUR));
            transfers.decline(TRANSFER, why());
        } else if (row > 0) {
            release(TRANSFER);
        }
        if (row == 2) acknowledge(TRANSFER);
        if (row >= 4) dispute(TRANSFER);
        if (row == 5) {
            VM.prank(agent(HEALTH));
            transfers.settle(TRANSFER, why());
        }
        return transfers.transferOf(TRANSFER).state;
    }

    function act(uint256 column) private {
        if (column == 0) transfers.release(TRANSFER, manifestOf(1), 1, digest("wrap"));
        if (column == 1) transfers.decline(TRANSFER, why());
        if (column == 2) transfers.acknowledge(TRANSFER, manifestOf(1), digest("tag"));
        if (column == 3) transfers.dispute(TRANSFER, why());
        if (column == 4) transfers.settle(TRANSFER, why());
    }

    // ------------------------------------------------------------------ helpers
    function expectFrom(address caller, bytes memory refusal) private {
        VM.prank(caller);
        VM.expectRevert(refusal);
    }

    function expectRelease(bytes memory refusal) private {
        expectFrom(agent(LABOUR), refusal);
        transfers.release(TRANSFER, manifestOf(1), 1, digest("wrap"));
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

    function checkState(TransferState expected) private view {
        VM.assertTrue(transfers.transferOf(TRANSFER).state == expected, "state");
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
