// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase, avoid-low-level-calls

import {GrantState, PayloadKind, Reason, RecallId, RefusalCause} from "../Types.sol";
import {IAccessGrants} from "../interfaces/IAccessGrants.sol";
import {ITransferLog} from "../interfaces/ITransferLog.sol";
import {Base} from "./Base.sol";

/// @dev Every call in every state, also those that are computed: it leads to the state that the table says, or
/// reverts with the error that it says, whole. Each call comes from one who may make it.
contract StatesTest is Base {
    /// @dev How a request or grant got where it is.
    enum Row {
        Requested,
        RequestedLate,
        RequestedExpired,
        Countered,
        CounterLapsed,
        CounterExpired,
        Returned,
        Refused,
        Withdrawn,
        Escalated,
        Ordered,
        OrderedLate,
        OrderedExpired,
        Upheld,
        Active,
        ActiveExpired,
        ActiveReset,
        ActiveOrdered,
        Suspended,
        SuspendedOrdered,
        Revoked
    }

    uint256 private constant CALLS = 15;
    uint40 private constant LATER = START + 500 days;

    // ------------------------------------------------------------------ requests and grants
    /// @dev Columns: approve, counter, returnForCompletion, refuse, comply, extend, suspend, resume, revoke (by the
    /// owner), accept, resubmit, withdraw, escalate (by the requester), order, uphold (by the agency); then the cause
    /// that an attempt to open would be refused for.
    ///
    ///     R Requested   C Countered   T Returned  F Refused  W Withdrawn  E Escalated  O Ordered  U Upheld
    ///     A Active      S Suspended   V Revoked
    ///     - GrantStateUnexpected      d ResponseNotYetDue    e GrantHasExpired
    ///     l CounterHasLapsed          o GrantIsOrdered
    function test_every_call_on_a_grant_in_every_state() public {
        check(Row.Requested, "ACTF-------Wd--", RefusalCause.NotActive);
        check(Row.RequestedLate, "ACTF-------WE--", RefusalCause.NotActive);
        check(Row.RequestedExpired, "eCTF-------WE--", RefusalCause.NotActive);
        check(Row.Countered, "---------A-WE--", RefusalCause.NotActive);
        check(Row.CounterLapsed, "---------l-WE--", RefusalCause.NotActive);
        check(Row.CounterExpired, "---------e-WE--", RefusalCause.NotActive);
        check(Row.Returned, "----------RWE--", RefusalCause.NotActive);
        check(Row.Refused, "-----------WE--", RefusalCause.NotActive);
        check(Row.Withdrawn, "---------------", RefusalCause.NotActive);
        check(Row.Escalated, "-----------W-OU", RefusalCause.NotActive);
        check(Row.Ordered, "----A----------", RefusalCause.NotActive);
        check(Row.OrderedLate, "----A----------", RefusalCause.NotActive);
        check(Row.OrderedExpired, "----e----------", RefusalCause.NotActive);
        check(Row.Upheld, "---------------", RefusalCause.NotActive);
        check(Row.Active, "-----AS-V------", RefusalCause.None);
        check(Row.ActiveExpired, "-----eS-V------", RefusalCause.Expired);
        check(Row.ActiveReset, "-----ASAV------", RefusalCause.RequesterReset);
        check(Row.ActiveOrdered, "-----Ao-o------", RefusalCause.None);
        check(Row.Suspended, "-------AV------", RefusalCause.Suspended);
        check(Row.SuspendedOrdered, "------oAo------", RefusalCause.Suspended);
        check(Row.Revoked, "---------------", RefusalCause.Revoked);
    }

    /// @dev As above, where two officers decide and the other one has done so, by an approval or a counter.
    function test_every_call_of_the_second_officer() public {
        needTwo();
        checkAfterFirst(Row.Requested, true, "ACTF-------Wd--");
        checkAfterFirst(Row.Requested, false, "RCTF-------Wd--");
        checkAfterFirst(Row.Countered, false, "---------R-WE--");
        checkAfterFirst(Row.Ordered, true, "----A----------");
        checkAfterFirst(Row.Ordered, false, "----O----------");
    }

    function check(Row row, string memory expected, RefusalCause cause) private {
        uint256 snapshot = VM.snapshotState();
        ask(ENERGY);
        bring(row, officer(LABOUR));
        checkCause(NEXT, ENERGY, cause);
        checkCalls(expected, VM.toString(uint256(row)));
        VM.assertTrue(VM.revertToState(snapshot), "snapshot");
    }

    function checkAfterFirst(Row row, bool approved, string memory expected) private {
        uint256 snapshot = VM.snapshotState();
        ask(ENERGY);
        if (row == Row.Ordered || !approved) bring(row, SECOND_OFFICER);
        if (approved) {
            VM.prank(SECOND_OFFICER);
            if (row == Row.Ordered) grants.comply(NEXT, digest("terms"));
            else grants.approve(NEXT, digest("terms"));
        }
        checkCalls(expected, VM.toString(uint256(row)));
        VM.assertTrue(VM.revertToState(snapshot), "snapshot");
    }

    function checkCalls(string memory expected, string memory row) private {
        VM.assertEq(bytes(expected).length, CALLS);
        for (uint256 call_ = 0; call_ < CALLS; ++call_) {
            uint256 snapshot = VM.snapshotState();
            string memory where = string.concat(row, ", ", VM.toString(call_));
            VM.prank(caller(call_));
            (bool done, bytes memory answer) = address(grants).call(grantCall(call_));
            bytes1 letter = bytes(expected)[call_];
            string memory found = done ? stateLetter() : "an error";
            bytes memory refusal = refusalOf(letter);
            if (refusal.length == 0) VM.assertEq(found, string(abi.encodePacked(letter)), where);
            else VM.assertEq(answer, refusal);
            VM.assertTrue(VM.revertToState(snapshot), "snapshot");
        }
    }

    /// @dev From Requested.
    function bring(Row row, address by) private {
        if (row == Row.RequestedLate) VM.warp(START + NOTICE + 1 days + 1);
        if (row == Row.RequestedExpired) VM.warp(terms().validUntil);
        if (row == Row.Countered || row == Row.CounterLapsed) counter(NEXT, by);
        if (row == Row.CounterLapsed) VM.warp(START + NOTICE + 1 days);
        if (row == Row.CounterExpired) {
            IAccessGrants.Terms memory brief = otherTerms();
            brief.validUntil = START + NOTICE + 1 hours;
            VM.prank(by);
            grants.counter(NEXT, brief);
            VM.warp(brief.validUntil);
        }
        if (row == Row.Returned) {
            VM.prank(by);
            grants.returnForCompletion(NEXT, why());
        }
        if (row == Row.Refused) refuse(NEXT);
        if (row == Row.Withdrawn) {
            VM.prank(officer(ENERGY));
            grants.withdraw(NEXT);
        }
        if (row >= Row.Escalated && row <= Row.Upheld) bringBeforeAgency(row);
        if (row >= Row.Active) bringActive(row);
    }

    function bringBeforeAgency(Row row) private {
        refuse(NEXT);
        escalate(NEXT, ENERGY);
        if (row == Row.Escalated) return;
        VM.prank(officer(AGENCY));
        grants.rule(NEXT, digest("terms"), row != Row.Upheld, why());
        if (row == Row.OrderedLate) VM.warp(grants.grantOf(NEXT).clock + 1);
        if (row == Row.OrderedExpired) VM.warp(terms().validUntil);
    }

    function bringActive(Row row) private {
        bool ordered = row == Row.ActiveOrdered || row == Row.SuspendedOrdered;
        if (ordered) {
            bringBeforeAgency(Row.Ordered);
            VM.prank(officer(LABOUR));
            grants.comply(NEXT, digest("terms"));
        } else {
            approve(NEXT, officer(LABOUR));
        }
        if (row == Row.ActiveExpired) VM.warp(terms().validUntil);
        if (row == Row.ActiveReset) {
            resetAdmin(ENERGY, address(0xdef));
            VM.warp(START + 2 * NOTICE);
        }
        if (row == Row.Suspended || row == Row.SuspendedOrdered) {
            VM.prank(officer(ordered ? AGENCY : LABOUR));
            grants.suspend(NEXT, why());
        }
        if (row == Row.Revoked) revoke(NEXT);
    }

    function caller(uint256 call_) private pure returns (address) {
        if (call_ < 9) return officer(LABOUR);
        return call_ < 13 ? officer(ENERGY) : officer(AGENCY);
    }

    function grantCall(uint256 call_) private view returns (bytes memory) {
        bytes32 named = digest("terms");
        if (call_ == 0) return abi.encodeCall(grants.approve, (NEXT, named));
        if (call_ == 1) return abi.encodeCall(grants.counter, (NEXT, longTerms()));
        if (call_ == 2) return abi.encodeCall(grants.returnForCompletion, (NEXT, why()));
        if (call_ == 3) return abi.encodeCall(grants.refuse, (NEXT, why()));
        if (call_ == 4) return abi.encodeCall(grants.comply, (NEXT, named));
        if (call_ == 5) return abi.encodeCall(grants.extend, (NEXT, LATER));
        if (call_ == 6) return abi.encodeCall(grants.suspend, (NEXT, why()));
        if (call_ == 7) return abi.encodeCall(grants.resume, (NEXT));
        if (call_ == 8) return abi.encodeCall(grants.revoke, (NEXT, why()));
        if (call_ == 9) return abi.encodeCall(grants.accept, (NEXT, digest("other terms")));
        if (call_ == 10) return abi.encodeCall(grants.resubmit, (NEXT, longTerms()));
        if (call_ == 11) return abi.encodeCall(grants.withdraw, (NEXT));
        if (call_ == 12) return abi.encodeCall(grants.escalate, (NEXT, why()));
        return abi.encodeCall(grants.rule, (NEXT, named, call_ == 13, why()));
    }

    /// @dev In the future in every row.
    function longTerms() private pure returns (IAccessGrants.Terms memory long) {
        long = otherTerms();
        long.validUntil = LATER;
    }

    /// @dev Empty for the letter of a state.
    function refusalOf(bytes1 letter) private view returns (bytes memory) {
        IAccessGrants.Grant memory found = grants.grantOf(NEXT);
        if (letter == "-")
            return
                abi.encodeWithSelector(
                    IAccessGrants.GrantStateUnexpected.selector,
                    NEXT,
                    found.state
                );
        if (letter == "d")
            return
                abi.encodeWithSelector(IAccessGrants.ResponseNotYetDue.selector, NEXT, found.clock);
        if (letter == "l")
            return
                abi.encodeWithSelector(IAccessGrants.CounterHasLapsed.selector, NEXT, found.clock);
        if (letter == "e") {
            uint40 until =
                found.state == GrantState.Countered
                    ? grants.counterOf(NEXT).validUntil
                    : found.validUntil;
            return abi.encodeWithSelector(IAccessGrants.GrantHasExpired.selector, NEXT, until);
        }
        if (letter == "o")
            return abi.encodeWithSelector(IAccessGrants.GrantIsOrdered.selector, NEXT);
        return "";
    }

    function stateLetter() private view returns (string memory) {
        bytes memory letters = "?RASVFWCTEOU";
        return string(abi.encodePacked(letters[uint256(grants.grantOf(NEXT).state)]));
    }

    // ------------------------------------------------------------------ transfers
    /// @dev How a transfer got where it is.
    enum Stage {
        Opened,
        Released,
        ReleasedLate,
        Acknowledged,
        Declined,
        Disputed,
        DisputedAgain,
        Settled
    }

    uint256 private constant STEPS = 10;

    /// @dev Columns: release, releaseTagged, resend, decline (by an AGENT of the sender), acknowledge, dispute, settle,
    /// attest (by one of the receiver), disclose, reveal (by an OFFICER of the sender).
    ///
    ///     O Opened  R Released  A Acknowledged  D Declined  P Disputed  S Settled
    ///     - TransferStateUnexpected  c CuredAlready  k KindUnexpected  m TagMismatch
    function test_every_call_on_a_transfer_in_every_state() public {
        registerService(false);
        grantUnder(SERVICE, terms());
        PayloadKind kind = PayloadKind.Version;
        check(kind, Stage.Opened, "RkkD-----m");
        check(kind, Stage.Released, "-kk-AP-R-m");
        check(kind, Stage.ReleasedLate, "-kk-AP-R-m");
        check(kind, Stage.Acknowledged, "-kk--P-A-m");
        check(kind, Stage.Declined, "-kk------m");
        check(kind, Stage.Disputed, "Rkk---SPPm");
        check(kind, Stage.DisputedAgain, "ckk---SPPm");
        check(kind, Stage.Settled, "-kk----S-m");
        kind = PayloadKind.Answer;
        check(kind, Stage.Opened, "RRkD-----m");
        check(kind, Stage.Released, "--k-AP-R-m");
        check(kind, Stage.ReleasedLate, "--k-AP-R-m");
        check(kind, Stage.Acknowledged, "--k--P-A-m");
        check(kind, Stage.Declined, "--k------m");
        check(kind, Stage.Disputed, "RRk---SPPm");
        check(kind, Stage.DisputedAgain, "cck---SPPm");
        check(kind, Stage.Settled, "--k----S-m");
        // A document is released as it is sent.
        kind = PayloadKind.Document;
        check(kind, Stage.Released, "kk--AP-R-m");
        check(kind, Stage.ReleasedLate, "kk--AP-R-m");
        check(kind, Stage.Acknowledged, "kk---P-A-m");
        check(kind, Stage.Disputed, "kkR---SPPm");
        check(kind, Stage.DisputedAgain, "kkc---SPPm");
        check(kind, Stage.Settled, "kk-----S-m");
    }

    function check(PayloadKind kind, Stage stage, string memory expected) private {
        uint256 outer = VM.snapshotState();
        bring(kind, stage);
        VM.assertEq(bytes(expected).length, STEPS);
        for (uint256 step = 0; step < STEPS; ++step) {
            uint256 snapshot = VM.snapshotState();
            bytes1 letter = bytes(expected)[step];
            bytes memory refusal = refusalOf(letter, kind);
            VM.prank(
                step < 4
                    ? agent(LABOUR)
                    : step < 8
                        ? agent(HEALTH)
                        : officer(LABOUR)
            );
            (bool done, bytes memory answer) = address(transfers).call(transferCall(step, kind));
            string memory where = string.concat(
                VM.toString(uint256(kind)),
                ", ",
                string.concat(VM.toString(uint256(stage)), ", ", VM.toString(step))
            );
            if (refusal.length == 0) {
                string memory found = done ? transferLetter() : "an error";
                VM.assertEq(found, string(abi.encodePacked(letter)), where);
            } else {
                VM.assertEq(answer, refusal);
            }
            VM.assertTrue(VM.revertToState(snapshot), "snapshot");
        }
        VM.assertTrue(VM.revertToState(outer), "snapshot");
    }

    function bring(PayloadKind kind, Stage stage) private {
        if (kind == PayloadKind.Version) open();
        if (kind == PayloadKind.Answer) query(NEXT, NO_CONSENT);
        if (kind == PayloadKind.Document) sendDocument();
        if (stage == Stage.Declined) {
            VM.prank(agent(LABOUR));
            transfers.decline(TRANSFER, why());
        } else if (stage != Stage.Opened && kind != PayloadKind.Document) {
            releaseAs(TRANSFER, manifestFor(kind));
        }
        if (stage == Stage.ReleasedLate) VM.warp(transfers.transferOf(TRANSFER).clock + 1);
        if (stage == Stage.Acknowledged) acknowledgeAs(TRANSFER, manifestFor(kind));
        if (stage >= Stage.Disputed) dispute(TRANSFER);
        if (stage == Stage.DisputedAgain) {
            VM.prank(agent(LABOUR));
            if (kind == PayloadKind.Document)
                transfers.resend(TRANSFER, manifestFor(kind), 1, digest("wrap"));
            else transfers.release(TRANSFER, manifestFor(kind), 1, digest("wrap"));
            dispute(TRANSFER);
        }
        if (stage == Stage.Settled) settle(TRANSFER);
    }

    function transferCall(uint256 step, PayloadKind kind) private view returns (bytes memory) {
        bytes32 manifest = manifestFor(kind);
        bytes32 wrap = digest("wrap");
        if (step == 0) return abi.encodeCall(transfers.release, (TRANSFER, manifest, 1, wrap));
        if (step == 1) {
            ITransferLog.SubjectTag memory tag = ITransferLog.SubjectTag("tag", 0, 0, Reason(0, 0));
            return abi.encodeCall(transfers.releaseTagged, (TRANSFER, manifest, 1, wrap, tag));
        }
        if (step == 2) return abi.encodeCall(transfers.resend, (TRANSFER, manifest, 1, wrap));
        if (step == 3) return abi.encodeCall(transfers.decline, (TRANSFER, why()));
        if (step == 4)
            return abi.encodeCall(transfers.acknowledge, (TRANSFER, manifest, digest("tag")));
        if (step == 5) return abi.encodeCall(transfers.dispute, (TRANSFER, why()));
        if (step == 6) return abi.encodeCall(transfers.settle, (TRANSFER, why()));
        if (step == 7) return abi.encodeCall(transfers.attest, (TRANSFER, RecallId.wrap(0), why()));
        if (step == 8) return abi.encodeCall(transfers.disclose, (TRANSFER, ENERGY, 1, wrap));
        return abi.encodeCall(transfers.reveal, (TRANSFER, "tag", "salt", START));
    }

    function refusalOf(bytes1 letter, PayloadKind kind) private view returns (bytes memory) {
        if (letter == "-")
            return
                abi.encodeWithSelector(
                    ITransferLog.TransferStateUnexpected.selector,
                    TRANSFER,
                    transfers.transferOf(TRANSFER).state
                );
        if (letter == "c")
            return abi.encodeWithSelector(ITransferLog.CuredAlready.selector, TRANSFER);
        if (letter == "k")
            return abi.encodeWithSelector(ITransferLog.KindUnexpected.selector, TRANSFER, kind);
        if (letter == "m")
            return abi.encodeWithSelector(ITransferLog.TagMismatch.selector, TRANSFER);
        return "";
    }

    function manifestFor(PayloadKind kind) private pure returns (bytes32) {
        if (kind == PayloadKind.Version) return manifestOf(1);
        return digest(kind == PayloadKind.Document ? "document" : "answer");
    }

    function transferLetter() private view returns (string memory) {
        bytes memory letters = "?ORADPS";
        return string(abi.encodePacked(letters[uint256(transfers.transferOf(TRANSFER).state)]));
    }
}
