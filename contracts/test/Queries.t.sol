// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase

import {
    ConsentId,
    GrantId,
    PayloadKind,
    RefusalCause,
    SharingClass,
    TransferId,
    TransferState
} from "../Types.sol";
import {IAccessGrants} from "../interfaces/IAccessGrants.sol";
import {IDatasetRegistry} from "../interfaces/IDatasetRegistry.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";
import {ITransferLog} from "../interfaces/ITransferLog.sol";
import {Base} from "./Base.sol";

/// @dev Queries of a service and their answers, with and without consents.
contract QueriesTest is Base {
    function setUp() public override {
        super.setUp();
        registerService(true);
        recordConsent();
        grantUnder(SERVICE, terms());
    }

    // ------------------------------------------------------------------ query
    function test_a_grantee_asks_a_service() public {
        uint40 releaseBy = uint40(block.timestamp + 1 days + 1);
        VM.expectEmit(address(transfers));
        emit ITransferLog.QueryOpened(
            TRANSFER,
            SERVICE,
            HEALTH,
            NEXT,
            CONSENT,
            digest("query"),
            releaseBy
        );
        VM.assertEq(TransferId.unwrap(query(NEXT, CONSENT)), 1);
        checkDatasetHead(
            transfers,
            SERVICE,
            0,
            ITransferLog.QueryOpened.selector,
            abi.encode(TRANSFER, SERVICE, HEALTH, NEXT, CONSENT, digest("query"), releaseBy)
        );
        ITransferLog.Transfer memory expected = ITransferLog.Transfer({
            dataset: SERVICE,
            datasetVersion: 0,
            grant: NEXT,
            sender: LABOUR,
            receiver: HEALTH,
            state: TransferState.Opened,
            kind: PayloadKind.Answer,
            cured: false,
            clock: releaseBy,
            consent: CONSENT
        });
        VM.assertEq(abi.encode(transfers.transferOf(TRANSFER)), abi.encode(expected));
    }

    function test_attempts_without_a_consent_in_force_are_recorded() public {
        expectRefusal(NEXT, NO_CONSENT, RefusalCause.NoConsent);
        expectRefusal(NEXT, ConsentId.wrap(2), RefusalCause.NoConsent);
        // For another purpose, and for another receiver.
        IAccessGrants.Terms memory asked = terms();
        asked.purpose = 4;
        expectRefusal(grantUnder(SERVICE, asked), CONSENT, RefusalCause.NoConsent);
        GrantId others = askFor(SERVICE, ENERGY, terms());
        approve(others, officer(LABOUR));
        VM.expectEmit(address(transfers));
        emit ITransferLog.TransferRefused(SERVICE, ENERGY, others, 0, RefusalCause.NoConsent);
        VM.prank(agent(ENERGY));
        transfers.query(SERVICE, others, CONSENT, digest("query"));
        withdrawConsent();
        expectRefusal(NEXT, CONSENT, RefusalCause.NoConsent);
    }

    function test_a_consent_that_ended_is_none() public {
        VM.warp(START + 10 days - 1);
        query(NEXT, CONSENT);
        VM.warp(START + 10 days);
        expectRefusal(NEXT, CONSENT, RefusalCause.NoConsent);
    }

    function test_attempts_are_refused_for_their_grant_first() public {
        expectRefusal(GRANT, NO_CONSENT, RefusalCause.NoGrant);
        for (uint64 i = 1; i <= 4; ++i) {
            query(NEXT, CONSENT);
            releaseAs(TransferId.wrap(i), digest("answer"));
        }
        VM.warp(block.timestamp + 2 days);
        expectRefusal(NEXT, NO_CONSENT, RefusalCause.OverdueReceipts);
        revoke(NEXT);
        expectRefusal(NEXT, NO_CONSENT, RefusalCause.Revoked);
    }

    function test_a_service_that_needs_no_consent_keeps_none() public {
        stopNeedingConsents();
        query(NEXT, CONSENT);
        VM.assertEq(ConsentId.unwrap(transfers.transferOf(TRANSFER).consent), 0);
        withdrawConsent();
        releaseAs(TRANSFER, digest("answer"));
    }

    function test_what_is_asked_is_named_and_asked_of_a_service() public {
        expectFrom(agent(HEALTH), abi.encodeWithSelector(ITransferLog.QueryMissing.selector));
        transfers.query(SERVICE, NEXT, CONSENT, 0);
        expectFrom(
            agent(HEALTH),
            abi.encodeWithSelector(IDatasetRegistry.NotAServiceDataset.selector, DATASET)
        );
        transfers.query(DATASET, GRANT, NO_CONSENT, digest("query"));
        expectFrom(
            agent(HEALTH),
            abi.encodeWithSelector(IDatasetRegistry.VersionUnknown.selector, SERVICE, 1)
        );
        transfers.open(SERVICE, 1, NEXT);
        VM.prank(officer(LABOUR));
        datasets.withdraw(SERVICE, why());
        expectFrom(
            agent(HEALTH),
            abi.encodeWithSelector(IDatasetRegistry.DatasetIsWithdrawn.selector, SERVICE)
        );
        transfers.query(SERVICE, NEXT, CONSENT, digest("query"));
    }

    function test_nothing_is_asked_of_a_suspended_owner_or_a_retired_deployment() public {
        uint256 snapshot = VM.snapshotState();
        suspendMember(LABOUR);
        expectFrom(
            agent(HEALTH),
            abi.encodeWithSelector(IDepartmentRegistry.DepartmentIsSuspended.selector, LABOUR)
        );
        transfers.query(SERVICE, NEXT, CONSENT, digest("query"));
        VM.assertTrue(VM.revertToState(snapshot), "snapshot");
        retireDeployment();
        VM.warp(block.timestamp + NOTICE);
        expectFrom(
            agent(HEALTH),
            abi.encodeWithSelector(
                IDepartmentRegistry.DeploymentIsRetired.selector,
                digest("successor")
            )
        );
        transfers.query(SERVICE, NEXT, CONSENT, digest("query"));
    }

    // ------------------------------------------------------------------ answers
    function test_an_answer_is_released_and_acknowledged() public {
        query(NEXT, CONSENT);
        expectFrom(
            agent(LABOUR),
            abi.encodeWithSelector(IDepartmentRegistry.DigestMissing.selector)
        );
        transfers.release(TRANSFER, 0, 1, digest("wrap"));
        releaseAs(TRANSFER, digest("answer"));
        VM.assertEq(transfers.releasedManifest(TRANSFER), digest("answer"));
        expectFrom(
            agent(HEALTH),
            abi.encodeWithSelector(
                ITransferLog.ManifestMismatch.selector,
                TRANSFER,
                digest("another"),
                digest("answer")
            )
        );
        transfers.acknowledge(TRANSFER, digest("another"), digest("tag"));
        acknowledgeAs(TRANSFER, digest("answer"));
        checkState(TRANSFER, TransferState.Acknowledged);
    }

    function test_nothing_is_answered_once_the_consent_is_withdrawn() public {
        query(NEXT, CONSENT);
        withdrawConsent();
        bytes memory refusal = abi.encodeWithSelector(
            ITransferLog.ConsentNotInForce.selector,
            CONSENT
        );
        expectFrom(agent(LABOUR), refusal);
        transfers.release(TRANSFER, digest("answer"), 1, digest("wrap"));
        // Not even where the dataset has stopped needing consents.
        stopNeedingConsents();
        expectFrom(agent(LABOUR), refusal);
        transfers.release(TRANSFER, digest("answer"), 1, digest("wrap"));
    }

    function test_a_query_from_before_consents_were_needed_is_not_answered_without() public {
        stopNeedingConsents();
        query(NEXT, NO_CONSENT);
        IDatasetRegistry.Rules memory needing = rules(SharingClass.Conditional, 1);
        needing.consentNeeded = true;
        VM.prank(officer(LABOUR));
        datasets.edit(SERVICE, needing, digest("d"));
        expectFrom(
            agent(LABOUR),
            abi.encodeWithSelector(ITransferLog.ConsentNotInForce.selector, NO_CONSENT)
        );
        transfers.release(TRANSFER, digest("answer"), 1, digest("wrap"));
    }

    function test_a_cure_rechecks_the_consent() public {
        query(NEXT, CONSENT);
        releaseAs(TRANSFER, digest("answer"));
        dispute(TRANSFER);
        withdrawConsent();
        expectFrom(
            agent(LABOUR),
            abi.encodeWithSelector(ITransferLog.ConsentNotInForce.selector, CONSENT)
        );
        transfers.release(TRANSFER, digest("answer"), 1, digest("wrap"));
    }

    function test_nothing_is_answered_after_a_revocation_or_a_withdrawal() public {
        query(NEXT, CONSENT);
        uint256 snapshot = VM.snapshotState();
        revoke(NEXT);
        expectNotHolding(agent(LABOUR), NEXT, RefusalCause.Revoked);
        transfers.release(TRANSFER, digest("answer"), 1, digest("wrap"));
        VM.assertTrue(VM.revertToState(snapshot), "snapshot");
        VM.prank(officer(LABOUR));
        datasets.withdraw(SERVICE, why());
        expectFrom(
            agent(LABOUR),
            abi.encodeWithSelector(IDatasetRegistry.DatasetIsWithdrawn.selector, SERVICE)
        );
        transfers.release(TRANSFER, digest("answer"), 1, digest("wrap"));
    }

    // ------------------------------------------------------------------ helpers
    function stopNeedingConsents() private {
        VM.prank(officer(LABOUR));
        datasets.edit(SERVICE, rules(SharingClass.Conditional, 1), digest("d"));
    }

    function expectRefusal(GrantId grant, ConsentId consent, RefusalCause cause) private {
        uint64 count = transfers.transferCount();
        bytes32 head = transfers.datasetHead(SERVICE);
        VM.expectEmit(address(transfers));
        emit ITransferLog.TransferRefused(SERVICE, HEALTH, grant, 0, cause);
        VM.assertEq(TransferId.unwrap(query(grant, consent)), 0);
        VM.assertEq(transfers.transferCount(), count);
        checkDatasetHead(
            transfers,
            SERVICE,
            head,
            ITransferLog.TransferRefused.selector,
            abi.encode(SERVICE, HEALTH, grant, uint32(0), cause)
        );
    }
}
