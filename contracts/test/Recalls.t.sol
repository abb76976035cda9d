// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase

import {
    DatasetId,
    DatasetKind,
    GrantId,
    Reason,
    RecallId,
    SharingClass,
    TransferId,
    TransferState
} from "../Types.sol";
import {IAccessGrants} from "../interfaces/IAccessGrants.sol";
import {IDatasetRegistry} from "../interfaces/IDatasetRegistry.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";
import {ITransferLog} from "../interfaces/ITransferLog.sol";
import {Base} from "./Base.sol";

/// @dev From what a version was made, its recall, and what receivers attest.
contract RecallsTest is Base {
    /// @dev Of "health", with one version made from what "labour" released to it.
    DatasetId internal constant DERIVED = DatasetId.wrap(2);
    RecallId internal constant RECALL = RecallId.wrap(1);
    RecallId internal constant RETENTION = RecallId.wrap(0);

    GrantId private onward;

    function setUp() public override {
        super.setUp();
        VM.startPrank(officer(HEALTH));
        datasets.register(
            "merged",
            DatasetKind.File,
            rules(SharingClass.Conditional, 1),
            digest("d")
        );
        datasets.publishVersion(DERIVED, 1, digest("merged"));
        VM.stopPrank();
        IAccessGrants.Terms memory asked = terms();
        asked.onwardUse = true;
        onward = grantUnder(DATASET, asked);
    }

    // ------------------------------------------------------------------ sources
    function test_an_owner_declares_from_what_a_version_was_made() public {
        receive_(onward);
        receive_(onward);
        receive_(onward);
        TransferId[] memory sources = list(1, 3);
        bytes32 head = transfers.datasetHead(DERIVED);
        VM.expectEmit(address(transfers));
        emit ITransferLog.SourcesDeclared(DERIVED, 1, sources);
        declare(sources);
        VM.assertEq(
            transfers.datasetHead(DERIVED),
            keccak256(
                abi.encode(
                    head,
                    ITransferLog.SourcesDeclared.selector,
                    block.timestamp,
                    DERIVED,
                    uint32(1),
                    sources
                )
            )
        );
        expectFrom(
            officer(HEALTH),
            abi.encodeWithSelector(ITransferLog.SourcesDeclaredAlready.selector, DERIVED, 1)
        );
        transfers.declareSources(DERIVED, 1, list(2, 2));
    }

    function test_sixteen_sources_may_be_declared() public {
        for (uint64 i = 0; i < 17; ++i) receive_(onward);
        TransferId[] memory sources = new TransferId[](17);
        for (uint64 i = 0; i < 17; ++i) sources[i] = TransferId.wrap(i + 1);
        expectFrom(
            officer(HEALTH),
            abi.encodeWithSelector(ITransferLog.TooManySources.selector, 17, 16)
        );
        transfers.declareSources(DERIVED, 1, sources);
        expectFrom(officer(HEALTH), abi.encodeWithSelector(ITransferLog.SourcesMissing.selector));
        transfers.declareSources(DERIVED, 1, new TransferId[](0));
        TransferId[] memory most = new TransferId[](16);
        for (uint64 i = 0; i < 16; ++i) most[i] = sources[i];
        declare(most);
    }

    function test_what_was_not_acknowledged_is_no_source() public {
        openUnder(onward);
        expectInvalid(list(1, 1), 1);
        release(TRANSFER);
        expectInvalid(list(1, 1), 1);
        acknowledge(TRANSFER);
        dispute(TRANSFER);
        expectInvalid(list(1, 1), 1);
        expectInvalid(list(9, 9), 9);
        expectInvalid(list(0, 0), 0);
    }

    function test_what_another_received_is_no_source() public {
        IAccessGrants.Terms memory asked = terms();
        asked.onwardUse = true;
        GrantId others = askFor(DATASET, ENERGY, asked);
        approve(others, officer(LABOUR));
        VM.prank(agent(ENERGY));
        transfers.open(DATASET, 1, others);
        release(TRANSFER);
        VM.prank(agent(ENERGY));
        transfers.acknowledge(TRANSFER, manifestOf(1), digest("tag"));
        expectInvalid(list(1, 1), 1);
    }

    function test_a_source_is_declared_once_and_in_order() public {
        receive_(onward);
        receive_(onward);
        expectInvalid(list(1, 1, 2), 1);
        expectInvalid(list(2, 1, 2), 1);
    }

    function test_what_may_not_go_on_is_no_source() public {
        receive_(onward);
        receive_(GRANT);
        expectFrom(
            officer(HEALTH),
            abi.encodeWithSelector(ITransferLog.OnwardUseForbidden.selector, TransferId.wrap(2))
        );
        transfers.declareSources(DERIVED, 1, list(1, 2));
        // A document is under no grant at all.
        TransferId document = sendDocument();
        acknowledgeAs(document, digest("document"));
        expectFrom(
            officer(HEALTH),
            abi.encodeWithSelector(ITransferLog.OnwardUseForbidden.selector, document)
        );
        transfers.declareSources(DERIVED, 1, list(1, 3));
    }

    function test_what_was_received_may_go_on_after_the_grant_ended() public {
        receive_(onward);
        revoke(onward);
        declare(list(1, 1));
    }

    function test_sources_are_of_a_version_that_exists() public {
        receive_(onward);
        for (uint32 version = 0; version < 3; version += 2) {
            expectFrom(
                officer(HEALTH),
                abi.encodeWithSelector(IDatasetRegistry.VersionUnknown.selector, DERIVED, version)
            );
            transfers.declareSources(DERIVED, version, list(1, 1));
        }
        expectFrom(
            officer(HEALTH),
            abi.encodeWithSelector(IDatasetRegistry.NotTheOwner.selector, DATASET, HEALTH)
        );
        transfers.declareSources(DATASET, 1, list(1, 1));
        expectFrom(
            officer(HEALTH),
            abi.encodeWithSelector(IDatasetRegistry.DatasetUnknown.selector, DatasetId.wrap(9))
        );
        transfers.declareSources(DatasetId.wrap(9), 1, list(1, 1));
    }

    // ------------------------------------------------------------------ recall
    function test_an_owner_recalls_what_it_withdrew() public {
        expectFrom(
            officer(LABOUR),
            abi.encodeWithSelector(ITransferLog.VersionNotWithdrawn.selector, DATASET, 1)
        );
        transfers.recall(DATASET, 1, why());
        withdrawVersion();
        bytes32 head = transfers.datasetHead(DATASET);
        uint40 attestBy = uint40(block.timestamp + 1 days + 4);
        VM.expectEmit(address(transfers));
        emit ITransferLog.VersionRecalled(RECALL, DATASET, 1, 7, digest("reason"), attestBy);
        VM.prank(officer(LABOUR));
        VM.assertEq(RecallId.unwrap(transfers.recall(DATASET, 1, why())), 1);
        checkDatasetHead(
            transfers,
            DATASET,
            head,
            ITransferLog.VersionRecalled.selector,
            abi.encode(RECALL, DATASET, uint32(1), why(), attestBy)
        );
        VM.assertEq(RecallId.unwrap(transfers.recallOf(DATASET, 1)), 1);
        VM.assertEq(RecallId.unwrap(transfers.recallOf(DATASET, 2)), 0);
        VM.assertEq(transfers.recallCount(), 1);
        expectFrom(
            officer(LABOUR),
            abi.encodeWithSelector(ITransferLog.VersionIsRecalled.selector, DATASET, 1, RECALL)
        );
        transfers.recall(DATASET, 1, why());
    }

    function test_nothing_of_a_recalled_version_is_released() public {
        open();
        recall();
        expectFrom(
            agent(LABOUR),
            abi.encodeWithSelector(IDatasetRegistry.VersionIsWithdrawn.selector, DATASET, 1)
        );
        transfers.release(TRANSFER, manifestOf(1), 1, digest("wrap"));
    }

    function test_a_recall_has_a_reason_and_an_owner() public {
        withdrawVersion();
        expectFrom(
            officer(LABOUR),
            abi.encodeWithSelector(IDepartmentRegistry.ReasonMissing.selector)
        );
        transfers.recall(DATASET, 1, Reason(7, 0));
        expectFrom(
            officer(HEALTH),
            abi.encodeWithSelector(IDatasetRegistry.NotTheOwner.selector, DATASET, HEALTH)
        );
        transfers.recall(DATASET, 1, why());
    }

    function test_a_version_with_sources_is_recalled_too() public {
        receive_(onward);
        declare(list(1, 1));
        VM.startPrank(officer(HEALTH));
        datasets.withdrawVersion(DERIVED, 1, why());
        transfers.recall(DERIVED, 1, why());
        VM.stopPrank();
        expectFrom(
            officer(HEALTH),
            abi.encodeWithSelector(ITransferLog.SourcesDeclaredAlready.selector, DERIVED, 1)
        );
        transfers.declareSources(DERIVED, 1, list(1, 1));
    }

    // ------------------------------------------------------------------ attest
    function test_a_receiver_attests_once_for_each_recall() public {
        receive_(GRANT);
        recall();
        bytes32 head = transfers.datasetHead(DATASET);
        VM.expectEmit(address(transfers));
        emit ITransferLog.TransferAttested(TRANSFER, DATASET, RECALL, HEALTH, 7, digest("reason"));
        attest(RECALL);
        checkDatasetHead(
            transfers,
            DATASET,
            head,
            ITransferLog.TransferAttested.selector,
            abi.encode(TRANSFER, DATASET, RECALL, HEALTH, why())
        );
        checkState(TRANSFER, TransferState.Acknowledged);
        expectFrom(
            agent(HEALTH),
            abi.encodeWithSelector(ITransferLog.AttestedAlready.selector, TRANSFER, RECALL)
        );
        transfers.attest(TRANSFER, RECALL, why());
        attest(RETENTION);
        expectFrom(
            agent(HEALTH),
            abi.encodeWithSelector(ITransferLog.AttestedAlready.selector, TRANSFER, RETENTION)
        );
        transfers.attest(TRANSFER, RETENTION, why());
    }

    function test_a_suspended_receiver_attests() public {
        receive_(GRANT);
        suspendMember(HEALTH);
        attest(RETENTION);
    }

    function test_an_attestation_is_for_a_recall_that_exists_and_has_a_reason() public {
        receive_(GRANT);
        expectFrom(
            agent(HEALTH),
            abi.encodeWithSelector(ITransferLog.RecallUnknown.selector, RECALL)
        );
        transfers.attest(TRANSFER, RECALL, why());
        expectFrom(
            agent(HEALTH),
            abi.encodeWithSelector(IDepartmentRegistry.ReasonMissing.selector)
        );
        transfers.attest(TRANSFER, RETENTION, Reason(0, digest("reason")));
        expectFrom(
            agent(LABOUR),
            abi.encodeWithSelector(ITransferLog.NotTheReceiver.selector, TRANSFER, LABOUR)
        );
        transfers.attest(TRANSFER, RETENTION, why());
    }

    // ------------------------------------------------------------------ helpers
    function receive_(GrantId grant) private {
        TransferId transfer = openUnder(grant);
        release(transfer);
        acknowledge(transfer);
    }

    function declare(TransferId[] memory sources) private {
        VM.prank(officer(HEALTH));
        transfers.declareSources(DERIVED, 1, sources);
    }

    function withdrawVersion() private {
        VM.prank(officer(LABOUR));
        datasets.withdrawVersion(DATASET, 1, why());
    }

    function recall() private {
        withdrawVersion();
        VM.prank(officer(LABOUR));
        transfers.recall(DATASET, 1, why());
    }

    function attest(RecallId recall_) private {
        VM.prank(agent(HEALTH));
        transfers.attest(TRANSFER, recall_, why());
    }

    /// @dev The two, or the one where they are the same.
    function list(uint64 first, uint64 second) private pure returns (TransferId[] memory sources) {
        sources = new TransferId[](first == second ? 1 : 2);
        sources[sources.length - 1] = TransferId.wrap(second);
        sources[0] = TransferId.wrap(first);
    }

    function list(
        uint64 first,
        uint64 second,
        uint64 third
    ) private pure returns (TransferId[] memory sources) {
        sources = new TransferId[](3);
        sources[0] = TransferId.wrap(first);
        sources[1] = TransferId.wrap(second);
        sources[2] = TransferId.wrap(third);
    }

    function expectInvalid(TransferId[] memory sources, uint64 invalid) private {
        expectFrom(
            officer(HEALTH),
            abi.encodeWithSelector(ITransferLog.SourceInvalid.selector, TransferId.wrap(invalid))
        );
        transfers.declareSources(DERIVED, 1, sources);
    }
}
