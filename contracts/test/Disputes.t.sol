// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase

import {Capability, DatasetId, DepartmentId, RefusalCause, TransferState} from "../Types.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";
import {ITransferLog} from "../interfaces/ITransferLog.sol";
import {Base} from "./Base.sol";

contract DisputesTest is Base {
    // ------------------------------------------------------------------ dispute, cure, settle
    function test_a_dispute_is_cured_once() public {
        open();
        release(TRANSFER);
        bytes32 head = transfers.datasetHead(DATASET);
        VM.expectEmit(address(transfers));
        emit ITransferLog.TransferDisputed(TRANSFER, DATASET, HEALTH, 7, digest("reason"));
        dispute(TRANSFER);
        checkReasonedHead(head, ITransferLog.TransferDisputed.selector);
        checkState(TRANSFER, TransferState.Disputed);

        VM.warp(block.timestamp + 5);
        release(TRANSFER);
        checkState(TRANSFER, TransferState.Released);
        VM.assertTrue(transfers.transferOf(TRANSFER).cured, "cured");
        VM.assertEq(transfers.transferOf(TRANSFER).clock, block.timestamp + 1 days + 2);
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
        checkState(TRANSFER, TransferState.Acknowledged);
        VM.assertEq(transfers.overdueCount(DATASET, HEALTH), 0);
    }

    function test_a_cure_rechecks_the_grant() public {
        open();
        release(TRANSFER);
        dispute(TRANSFER);
        revoke(GRANT);
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
        emit ITransferLog.TransferSettled(TRANSFER, DATASET, HEALTH, HEALTH, 7, digest("reason"));
        settle(TRANSFER);
        checkDatasetHead(
            transfers,
            DATASET,
            head,
            ITransferLog.TransferSettled.selector,
            abi.encode(TRANSFER, DATASET, HEALTH, HEALTH, why())
        );
        checkState(TRANSFER, TransferState.Settled);
    }

    function test_the_agency_settles_a_dispute_of_others() public {
        disputed();
        bytes32 head = transfers.datasetHead(DATASET);
        VM.expectEmit(address(transfers));
        emit ITransferLog.TransferSettled(TRANSFER, DATASET, HEALTH, AGENCY, 7, digest("reason"));
        VM.prank(officer(AGENCY));
        transfers.settle(TRANSFER, why());
        checkDatasetHead(
            transfers,
            DATASET,
            head,
            ITransferLog.TransferSettled.selector,
            abi.encode(TRANSFER, DATASET, HEALTH, AGENCY, why())
        );
    }

    function test_an_agent_of_the_agency_does_not_settle() public {
        disputed();
        expectFrom(
            agent(AGENCY),
            abi.encodeWithSelector(
                IDepartmentRegistry.AccountUnauthorized.selector,
                agent(AGENCY),
                Capability.OFFICER
            )
        );
        transfers.settle(TRANSFER, why());
    }

    function test_an_agency_does_not_settle_what_it_sent_itself() public {
        handOver(LABOUR);
        VM.warp(block.timestamp + NOTICE);
        disputed();
        expectFrom(
            officer(LABOUR),
            abi.encodeWithSelector(ITransferLog.NotTheReceiver.selector, TRANSFER, LABOUR)
        );
        transfers.settle(TRANSFER, why());
        settle(TRANSFER);
    }

    function test_an_agency_that_received_settles_with_any_of_its_hands() public {
        handOver(HEALTH);
        VM.warp(block.timestamp + NOTICE);
        disputed();
        settle(TRANSFER);
    }

    // ------------------------------------------------------------------ disclose
    function test_the_owner_discloses_a_key_to_an_arbiter() public {
        disputed();
        bytes32 head = transfers.datasetHead(DATASET);
        VM.expectEmit(address(transfers));
        emit ITransferLog.KeyDisclosed(TRANSFER, DATASET, ENERGY, HEALTH, 1, digest("wrap"));
        disclose(ENERGY);
        checkDatasetHead(
            transfers,
            DATASET,
            head,
            ITransferLog.KeyDisclosed.selector,
            abi.encode(TRANSFER, DATASET, ENERGY, HEALTH, uint32(1), digest("wrap"))
        );
        checkState(TRANSFER, TransferState.Disputed);
    }

    function test_a_disclosure_about_a_document_is_on_its_receivers_head() public {
        sendDocument();
        dispute(TRANSFER);
        bytes32 head = transfers.memberHead(HEALTH);
        disclose(ENERGY);
        checkMemberHead(
            transfers,
            HEALTH,
            extended(
                head,
                ITransferLog.KeyDisclosed.selector,
                abi.encode(TRANSFER, DatasetId.wrap(0), ENERGY, HEALTH, uint32(1), digest("wrap"))
            )
        );
    }

    function test_no_key_is_disclosed_to_a_party() public {
        disputed();
        DepartmentId[2] memory parties = [LABOUR, HEALTH];
        for (uint256 i = 0; i < 2; ++i) {
            expectFrom(
                officer(LABOUR),
                abi.encodeWithSelector(ITransferLog.ArbiterIsParty.selector, TRANSFER, parties[i])
            );
            transfers.disclose(TRANSFER, parties[i], 1, digest("wrap"));
        }
    }

    function test_a_key_is_disclosed_to_the_current_key_of_a_member_in_good_standing() public {
        disputed();
        expectDisclosure(
            ENERGY,
            2,
            digest("wrap"),
            abi.encodeWithSelector(ITransferLog.KeyNotCurrent.selector, ENERGY, 2, 1)
        );
        expectDisclosure(
            ENERGY,
            1,
            0,
            abi.encodeWithSelector(IDepartmentRegistry.DigestMissing.selector)
        );
        DepartmentId nobody = DepartmentId.wrap(9);
        expectDisclosure(
            nobody,
            1,
            digest("wrap"),
            abi.encodeWithSelector(IDepartmentRegistry.KeyMissing.selector, nobody)
        );
        suspendMember(ENERGY);
        expectDisclosure(
            ENERGY,
            1,
            digest("wrap"),
            abi.encodeWithSelector(IDepartmentRegistry.DepartmentIsSuspended.selector, ENERGY)
        );
    }

    // ------------------------------------------------------------------ helpers
    function disputed() private {
        open();
        release(TRANSFER);
        dispute(TRANSFER);
    }

    function disclose(DepartmentId arbiter) private {
        VM.prank(officer(LABOUR));
        transfers.disclose(TRANSFER, arbiter, 1, digest("wrap"));
    }

    function expectDisclosure(
        DepartmentId arbiter,
        uint32 keyNumber,
        bytes32 wrap,
        bytes memory refusal
    ) private {
        expectFrom(officer(LABOUR), refusal);
        transfers.disclose(TRANSFER, arbiter, keyNumber, wrap);
    }

    function expectRelease(bytes memory refusal) private {
        expectFrom(agent(LABOUR), refusal);
        transfers.release(TRANSFER, manifestOf(1), 1, digest("wrap"));
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
