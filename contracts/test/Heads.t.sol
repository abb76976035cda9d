// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase, check-send-result, multiple-sends

import {
    DatasetId,
    DatasetKind,
    GrantId,
    OfferId,
    RecallId,
    SharingClass,
    TransferId
} from "../Types.sol";
import {IAccessGrants} from "../interfaces/IAccessGrants.sol";
import {ITransferLog} from "../interfaces/ITransferLog.sol";
import {Base} from "./Base.sol";
import {HeadFolding} from "./HeadFolding.sol";
import {IVm, Registries} from "./Registries.sol";

/// @dev "labour" is the owner and sender, "health" the requester and receiver, throughout.
contract HeadsTest is Base, HeadFolding {
    /// @dev One for each state-changing call, twice where it has two outcomes.
    enum Act {
        Request,
        RequestService,
        UseOffer,
        Accept,
        Resubmit,
        WithdrawRequest,
        Escalate,
        PublishOffer,
        RetireOffer,
        Approve,
        Counter,
        GiveBack,
        Refuse,
        Comply,
        Extend,
        SuspendGrant,
        Resume,
        Revoke,
        ApproveSecond,
        Order,
        Uphold,
        Open,
        Query,
        Acknowledge,
        Dispute,
        Settle,
        Attest,
        DeclareSources,
        Release,
        ReleaseTagged,
        Send,
        Resend,
        Decline,
        Reveal,
        Disclose,
        Recall
    }

    uint256 private constant EVENTS = 33;
    DatasetId private constant MADE = DatasetId.wrap(3);

    function setUp() public override(Base, Registries) {
        super.setUp();
        needTwo();
        edit(SharingClass.Conditional, 1);
        registerService(false);
        VM.startPrank(officer(LABOUR));
        datasets.edit(SERVICE, rules(SharingClass.Conditional, 2), digest("d"));
        datasets.withdrawVersion(DATASET, 2, why());
        VM.stopPrank();
        VM.startPrank(officer(HEALTH));
        datasets.register("made", DatasetKind.File, rules(SharingClass.Open, 1), digest("d"));
        datasets.publishVersion(MADE, 1, manifestOf(1));
        VM.stopPrank();
        follow(grants);
        follow(transfers);
    }

    function test_every_event_extends_its_own_head_and_no_other() public {
        negotiate();
        deliver();
        VM.assertEq(kinds, EVENTS);
    }

    /// @dev Most calls of such a walk revert: those leave every head as it was.
    function testFuzz_any_walk_leaves_the_heads_that_its_logs_tell(
        uint8[32] memory acts,
        uint8[32] memory numbers
    ) public {
        for (uint256 i = 0; i < acts.length; ++i) {
            act(Act(acts[i] % (uint8(type(Act).max) + 1)), (numbers[i] % 4) + 1);
            VM.warp(block.timestamp + numbers[i]);
        }
        checkHeads();
    }

    // ------------------------------------------------------------------ the walk
    function negotiate() private {
        done(Act.PublishOffer, 1);
        done(Act.UseOffer, 1);
        done(Act.RetireOffer, 1);

        done(Act.Request, 3);
        done(Act.Counter, 3);
        done(Act.Accept, 3);
        done(Act.Request, 4);
        done(Act.GiveBack, 4);
        done(Act.Resubmit, 4);
        done(Act.Refuse, 4);
        done(Act.Escalate, 4);
        done(Act.Order, 4);
        done(Act.Comply, 4);
        done(Act.Request, 5);
        done(Act.Refuse, 5);
        done(Act.Escalate, 5);
        done(Act.Uphold, 5);
        done(Act.Request, 6);
        done(Act.WithdrawRequest, 6);

        done(Act.RequestService, 7);
        done(Act.Counter, 7);
        done(Act.Accept, 7);
        done(Act.ApproveSecond, 7);
        done(Act.RequestService, 8);
        done(Act.Approve, 8);
        done(Act.ApproveSecond, 8);

        done(Act.Extend, 3);
        done(Act.SuspendGrant, 3);
        done(Act.Resume, 3);
        done(Act.Revoke, 3);
    }

    function deliver() private {
        done(Act.Open, 3);
        done(Act.Open, 2);
        done(Act.Decline, 1);
        done(Act.Open, 2);
        done(Act.Release, 2);
        done(Act.Acknowledge, 2);
        done(Act.DeclareSources, 2);
        done(Act.Dispute, 2);
        done(Act.Disclose, 2);
        done(Act.Release, 2);
        done(Act.Dispute, 2);
        done(Act.Settle, 2);
        done(Act.Attest, 2);
        done(Act.Recall, 2);

        done(Act.Query, 1);
        done(Act.Query, 7);
        done(Act.ReleaseTagged, 3);
        done(Act.Reveal, 3);
        done(Act.Query, 8);
        done(Act.Release, 4);

        done(Act.Send, 5);
        done(Act.Attest, 5);
        done(Act.Acknowledge, 5);
        done(Act.Dispute, 5);
        done(Act.Disclose, 5);
        done(Act.Resend, 5);
        done(Act.Dispute, 5);
        done(Act.Settle, 5);
    }

    // ------------------------------------------------------------------ calls
    function done(Act act_, uint32 n) private {
        VM.warp(block.timestamp + 1);
        VM.assertTrue(act(act_, n), VM.toString(uint256(act_)));
        checkHeads();
    }

    function act(Act act_, uint32 n) private returns (bool) {
        address target = address(act_ < Act.Open ? address(grants) : address(transfers));
        return perform(callerOf(act_), target, callOf(act_, n));
    }

    function callerOf(Act act_) private pure returns (address) {
        if (act_ <= Act.Escalate) return officer(HEALTH);
        if (act_ <= Act.Revoke) return officer(LABOUR);
        if (act_ == Act.ApproveSecond) return SECOND_OFFICER;
        if (act_ <= Act.Uphold) return officer(AGENCY);
        if (act_ <= Act.DeclareSources) return officer(HEALTH);
        return officer(LABOUR);
    }

    function callOf(Act act_, uint32 n) private view returns (bytes memory) {
        GrantId grant = GrantId.wrap(n);
        if (act_ <= Act.Escalate) return requesterCall(act_, grant);
        if (act_ <= Act.Uphold) return ownerCall(act_, grant);
        if (act_ == Act.Open) return abi.encodeCall(transfers.open, (DATASET, 1, grant));
        if (act_ == Act.Query)
            return abi.encodeCall(transfers.query, (SERVICE, grant, NO_CONSENT, digest("query")));
        if (act_ == Act.Recall) return abi.encodeCall(transfers.recall, (DATASET, n, why()));
        TransferId transfer = TransferId.wrap(n);
        return act_ < Act.Release ? receiverCall(act_, transfer) : senderCall(act_, transfer);
    }

    function requesterCall(Act act_, GrantId grant) private view returns (bytes memory) {
        if (act_ == Act.Request) return abi.encodeCall(grants.request, (DATASET, onward()));
        if (act_ == Act.RequestService) return abi.encodeCall(grants.request, (SERVICE, onward()));
        if (act_ == Act.UseOffer)
            return
                abi.encodeCall(
                    grants.requestUnderOffer,
                    (OfferId.wrap(GrantId.unwrap(grant)), onward())
                );
        if (act_ == Act.Accept) return abi.encodeCall(grants.accept, (grant, digest("terms")));
        if (act_ == Act.Resubmit) return abi.encodeCall(grants.resubmit, (grant, onward()));
        if (act_ == Act.WithdrawRequest) return abi.encodeCall(grants.withdraw, (grant));
        return abi.encodeCall(grants.escalate, (grant, why()));
    }

    function ownerCall(Act act_, GrantId grant) private view returns (bytes memory) {
        OfferId offer = OfferId.wrap(GrantId.unwrap(grant));
        bytes32 named = digest("terms");
        if (act_ == Act.PublishOffer)
            return abi.encodeCall(grants.publishOffer, (DATASET, anOffer()));
        if (act_ == Act.RetireOffer) return abi.encodeCall(grants.retireOffer, (offer, why()));
        if (act_ == Act.Counter) return abi.encodeCall(grants.counter, (grant, onward()));
        if (act_ == Act.GiveBack) return abi.encodeCall(grants.returnForCompletion, (grant, why()));
        if (act_ == Act.Refuse) return abi.encodeCall(grants.refuse, (grant, why()));
        if (act_ == Act.Comply) return abi.encodeCall(grants.comply, (grant, named));
        if (act_ == Act.Extend) return abi.encodeCall(grants.extend, (grant, START + 500 days));
        if (act_ == Act.SuspendGrant) return abi.encodeCall(grants.suspend, (grant, why()));
        if (act_ == Act.Resume) return abi.encodeCall(grants.resume, (grant));
        if (act_ == Act.Revoke) return abi.encodeCall(grants.revoke, (grant, why()));
        if (act_ == Act.Order || act_ == Act.Uphold)
            return abi.encodeCall(grants.rule, (grant, named, act_ == Act.Order, why()));
        return abi.encodeCall(grants.approve, (grant, named));
    }

    function receiverCall(Act act_, TransferId transfer) private view returns (bytes memory) {
        if (act_ == Act.Acknowledge)
            return abi.encodeCall(transfers.acknowledge, (transfer, manifestOf(1), digest("tag")));
        if (act_ == Act.Dispute) return abi.encodeCall(transfers.dispute, (transfer, why()));
        if (act_ == Act.Settle) return abi.encodeCall(transfers.settle, (transfer, why()));
        if (act_ == Act.Attest)
            return abi.encodeCall(transfers.attest, (transfer, RecallId.wrap(0), why()));
        TransferId[] memory sources = new TransferId[](1);
        sources[0] = transfer;
        return abi.encodeCall(transfers.declareSources, (MADE, 1, sources));
    }

    function senderCall(Act act_, TransferId transfer) private view returns (bytes memory) {
        bytes32 wrap = digest("wrap");
        if (act_ == Act.Release)
            return abi.encodeCall(transfers.release, (transfer, manifestOf(1), 1, wrap));
        if (act_ == Act.ReleaseTagged)
            return
                abi.encodeCall(
                    transfers.releaseTagged,
                    (transfer, manifestOf(1), 1, wrap, hidden())
                );
        if (act_ == Act.Send)
            return abi.encodeCall(transfers.send, (HEALTH, manifestOf(1), 1, wrap));
        if (act_ == Act.Resend)
            return abi.encodeCall(transfers.resend, (transfer, manifestOf(1), 1, wrap));
        if (act_ == Act.Decline) return abi.encodeCall(transfers.decline, (transfer, why()));
        if (act_ == Act.Reveal)
            return
                abi.encodeCall(
                    transfers.reveal,
                    (transfer, digest("subject"), digest("salt"), START + 20 days)
                );
        return abi.encodeCall(transfers.disclose, (transfer, ENERGY, 1, wrap));
    }

    function onward() private pure returns (IAccessGrants.Terms memory asked) {
        asked = terms();
        asked.onwardUse = true;
    }

    function anOffer() private pure returns (IAccessGrants.Offer memory) {
        return
            IAccessGrants.Offer({
                digest: digest("offer"),
                group: 0,
                purpose: 0,
                standing: 0,
                allFields: true,
                onwardUse: true,
                validUntil: START + 30 days,
                longest: 400 days
            });
    }

    function hidden() private pure returns (ITransferLog.SubjectTag memory) {
        return
            ITransferLog.SubjectTag({
                tag: keccak256(abi.encode(digest("subject"), digest("salt"))),
                hiddenUntil: START + 20 days,
                opening: digest("opening"),
                ruling: why()
            });
    }

    // ------------------------------------------------------------------ heads
    /// @dev What is about a document has no dataset: its head is the receiver's.
    function headOf(
        IVm.Log memory log
    ) internal view override returns (bool ofMember, bytes32 number) {
        bytes32 topic0 = log.topics[0];
        if (log.emitter == address(grants)) return (false, log.topics[2]);
        if (log.emitter != address(transfers)) return super.headOf(log);
        if (
            topic0 == ITransferLog.TransferRefused.selector ||
            topic0 == ITransferLog.SourcesDeclared.selector
        ) return (false, log.topics[1]);
        if (topic0 == ITransferLog.DocumentSent.selector) return (true, log.topics[3]);
        if (log.topics[2] != 0) return (false, log.topics[2]);
        if (
            topic0 == ITransferLog.KeyDisclosed.selector ||
            topic0 == ITransferLog.TransferAttested.selector
        ) return (true, bytes32(log.data));
        return (true, log.topics[3]);
    }
}
