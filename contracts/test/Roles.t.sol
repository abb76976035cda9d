// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase, avoid-low-level-calls, check-send-result

import {
    Capability,
    DatasetId,
    DatasetKind,
    DepartmentId,
    OfferId,
    RecallId,
    SharingClass,
    TransferId
} from "../Types.sol";
import {IAccessGrants} from "../interfaces/IAccessGrants.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";
import {ITransferLog} from "../interfaces/ITransferLog.sol";
import {Base} from "./Base.sol";
import {Judge} from "./Judge.sol";
import {Registries} from "./Registries.sol";

/// @dev Verdicts besides those of {Judge}:
///
///     I  GrantIsOrdered     X  DocumentToSelf     u  AccountUnauthorized: an OFFICER would do
contract RolesTest is Base, Judge {
    string private constant ANY_OFFICER_BUT_OWNER = "UUYUUDUUYUUSUU";
    string private constant REQUESTER_OFFICER = "UURUURUUYUUSUU";
    string private constant ORDERS_JUDGE = "UUYUUIUUIUUSUU";

    function setUp() public override(Base, Registries) {
        super.setUp();
        setRoles();
    }

    // ------------------------------------------------------------------ AccessGrants
    function test_request() public {
        checkGrants(abi.encodeCall(grants.request, (DATASET, terms())), ANY_OFFICER_BUT_OWNER);
    }

    function test_approve() public {
        bytes memory call_ = abi.encodeCall(grants.approve, (ask(HEALTH), digest("terms")));
        checkGrants(call_, OWNER_OFFICER);
    }

    function test_refuse() public {
        checkGrants(abi.encodeCall(grants.refuse, (ask(HEALTH), why())), OWNER_OFFICER);
    }

    function test_withdraw_a_request() public {
        checkGrants(abi.encodeCall(grants.withdraw, (ask(HEALTH))), REQUESTER_OFFICER);
    }

    function test_suspend_a_grant() public {
        checkGrants(abi.encodeCall(grants.suspend, (GRANT, why())), OWNER_OFFICER);
    }

    function test_resume() public {
        VM.prank(officer(LABOUR));
        grants.suspend(GRANT, why());
        checkGrants(abi.encodeCall(grants.resume, (GRANT)), OWNER_OFFICER);
    }

    function test_revoke() public {
        checkGrants(abi.encodeCall(grants.revoke, (GRANT, why())), OWNER_OFFICER);
    }

    function test_request_under_an_offer() public {
        bytes memory call_ = abi.encodeCall(grants.requestUnderOffer, (publishOffer(), terms()));
        checkGrants(call_, ANY_OFFICER_BUT_OWNER);
    }

    function test_publish_an_offer() public {
        checkGrants(abi.encodeCall(grants.publishOffer, (DATASET, anOffer())), OWNER_OFFICER);
    }

    function test_retire_an_offer() public {
        checkGrants(abi.encodeCall(grants.retireOffer, (publishOffer(), why())), OWNER_OFFICER);
    }

    function test_counter() public {
        checkGrants(abi.encodeCall(grants.counter, (ask(HEALTH), otherTerms())), OWNER_OFFICER);
    }

    function test_accept() public {
        counter(ask(HEALTH), officer(LABOUR));
        checkGrants(
            abi.encodeCall(grants.accept, (NEXT, digest("other terms"))),
            REQUESTER_OFFICER
        );
    }

    function test_return_for_completion() public {
        checkGrants(
            abi.encodeCall(grants.returnForCompletion, (ask(HEALTH), why())),
            OWNER_OFFICER
        );
    }

    function test_resubmit() public {
        ask(HEALTH);
        VM.prank(officer(LABOUR));
        grants.returnForCompletion(NEXT, why());
        checkGrants(abi.encodeCall(grants.resubmit, (NEXT, terms())), REQUESTER_OFFICER);
    }

    function test_escalate() public {
        refuse(ask(HEALTH));
        checkGrants(abi.encodeCall(grants.escalate, (NEXT, why())), REQUESTER_OFFICER);
    }

    function test_rule() public {
        bringBeforeAgency();
        checkGrants(
            abi.encodeCall(grants.rule, (NEXT, digest("terms"), true, why())),
            AGENCY_OFFICER
        );
        checkGrants(
            abi.encodeCall(grants.rule, (NEXT, digest("terms"), false, why())),
            AGENCY_OFFICER
        );
    }

    function test_comply() public {
        bringBeforeAgency();
        order(NEXT);
        checkGrants(abi.encodeCall(grants.comply, (NEXT, digest("terms"))), OWNER_OFFICER);
    }

    function test_extend() public {
        checkGrants(abi.encodeCall(grants.extend, (GRANT, START + 500 days)), OWNER_OFFICER);
    }

    function test_suspend_and_revoke_what_was_ordered() public {
        bringBeforeAgency();
        order(NEXT);
        VM.prank(officer(LABOUR));
        grants.comply(NEXT, digest("terms"));
        checkGrants(abi.encodeCall(grants.suspend, (NEXT, why())), ORDERS_JUDGE);
        checkGrants(abi.encodeCall(grants.revoke, (NEXT, why())), ORDERS_JUDGE);
        VM.prank(officer(AGENCY));
        grants.suspend(NEXT, why());
        checkGrants(abi.encodeCall(grants.resume, (NEXT)), OWNER_OFFICER);
    }

    // ------------------------------------------------------------------ TransferLog
    function test_open() public {
        checkTransfers(abi.encodeCall(transfers.open, (DATASET, 1, GRANT)), "UUrrUrrUYYUSSU");
    }

    function test_release() public {
        open();
        checkTransfers(
            abi.encodeCall(transfers.release, (TRANSFER, manifestOf(1), 1, digest("wrap"))),
            OWNER_AGENT
        );
    }

    function test_decline() public {
        open();
        checkTransfers(abi.encodeCall(transfers.decline, (TRANSFER, why())), OWNER_AGENT);
    }

    function test_acknowledge() public {
        open();
        release(TRANSFER);
        checkTransfers(
            abi.encodeCall(transfers.acknowledge, (TRANSFER, manifestOf(1), digest("tag"))),
            RECEIVER_EVEN_SUSPENDED
        );
    }

    function test_dispute() public {
        open();
        release(TRANSFER);
        checkTransfers(
            abi.encodeCall(transfers.dispute, (TRANSFER, why())),
            RECEIVER_EVEN_SUSPENDED
        );
    }

    function test_settle() public {
        open();
        release(TRANSFER);
        dispute(TRANSFER);
        checkTransfers(abi.encodeCall(transfers.settle, (TRANSFER, why())), "UUYuURRUYYUSSU");
    }

    function test_query() public {
        registerService(false);
        grantUnder(SERVICE, terms());
        checkTransfers(
            abi.encodeCall(transfers.query, (SERVICE, NEXT, NO_CONSENT, digest("query"))),
            "UUrrUrrUYYUSSU"
        );
    }

    function test_release_tagged_and_reveal() public {
        registerService(false);
        grantUnder(SERVICE, terms());
        query(NEXT, NO_CONSENT);
        ITransferLog.SubjectTag memory subject = ITransferLog.SubjectTag({
            tag: keccak256(abi.encode(digest("subject"), digest("salt"))),
            hiddenUntil: START + 20 days,
            opening: digest("opening"),
            ruling: why()
        });
        bytes memory call_ = abi.encodeCall(
            transfers.releaseTagged,
            (TRANSFER, digest("answer"), 1, digest("wrap"), subject)
        );
        checkTransfers(call_, OWNER_AGENT);
        VM.prank(agent(LABOUR));
        (bool done, ) = address(transfers).call(call_);
        VM.assertTrue(done, "tagged");
        checkTransfers(
            abi.encodeCall(
                transfers.reveal,
                (TRANSFER, digest("subject"), digest("salt"), START + 20 days)
            ),
            OWNER_OFFICER
        );
    }

    function test_send() public {
        checkTransfers(
            abi.encodeCall(transfers.send, (HEALTH, digest("document"), 1, digest("wrap"))),
            "UUYYUYYUXXUSSU"
        );
    }

    function test_resend() public {
        dispute(sendDocument());
        checkTransfers(
            abi.encodeCall(transfers.resend, (TRANSFER, digest("document"), 1, digest("wrap"))),
            OWNER_AGENT
        );
    }

    function test_disclose() public {
        release(open());
        dispute(TRANSFER);
        checkTransfers(
            abi.encodeCall(transfers.disclose, (TRANSFER, AGENCY, 1, digest("wrap"))),
            OWNER_OFFICER
        );
    }

    function test_declare_sources() public {
        // From what "labour" itself received, which needs a dataset of another department.
        VM.startPrank(officer(HEALTH));
        DatasetId theirs = datasets.register(
            "beds",
            DatasetKind.File,
            rules(SharingClass.Open, 1),
            digest("d")
        );
        datasets.publishVersion(theirs, 1, manifestOf(1));
        VM.stopPrank();
        askFor(theirs, LABOUR, otherTerms());
        VM.prank(agent(LABOUR));
        transfers.open(theirs, 1, NEXT);
        VM.prank(agent(HEALTH));
        transfers.release(TRANSFER, digest("derived"), 1, digest("wrap"));
        VM.prank(agent(LABOUR));
        transfers.acknowledge(TRANSFER, digest("derived"), digest("tag"));
        TransferId[] memory sources = new TransferId[](1);
        sources[0] = TRANSFER;
        checkTransfers(
            abi.encodeCall(transfers.declareSources, (DATASET, 1, sources)),
            OWNER_OFFICER
        );
    }

    function test_recall() public {
        VM.prank(officer(LABOUR));
        datasets.withdrawVersion(DATASET, 1, why());
        checkTransfers(abi.encodeCall(transfers.recall, (DATASET, 1, why())), OWNER_OFFICER);
    }

    function test_attest() public {
        release(open());
        checkTransfers(
            abi.encodeCall(transfers.attest, (TRANSFER, RecallId.wrap(0), why())),
            RECEIVER_EVEN_SUSPENDED
        );
    }

    // ------------------------------------------------------------------ steps
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

    function publishOffer() private returns (OfferId) {
        VM.prank(officer(LABOUR));
        return grants.publishOffer(DATASET, anOffer());
    }

    function bringBeforeAgency() private {
        refuse(ask(HEALTH));
        escalate(NEXT, HEALTH);
    }

    // ------------------------------------------------------------------ the judge
    function checkGrants(bytes memory call_, string memory verdicts) private {
        checkAll(address(grants), call_, verdicts);
    }

    function checkTransfers(bytes memory call_, string memory verdicts) private {
        checkAll(address(transfers), call_, verdicts);
    }

    function refusalOf(
        uint256 role,
        address caller,
        bytes4 selector,
        string memory verdicts
    ) internal view override returns (string memory verdict, bytes memory refusal) {
        DepartmentId department = departmentOf(role);
        // The transfer, which has the number 1, then the department.
        bytes memory ofFirst = abi.encodeWithSelector(selector, 1, department);
        if (selector == ITransferLog.NotTheSender.selector) return ("O", ofFirst);
        if (selector == ITransferLog.NotTheReceiver.selector) return ("R", ofFirst);
        if (selector == IAccessGrants.NotTheRequester.selector)
            return ("R", abi.encodeWithSelector(selector, grants.grantCount(), department));
        if (selector == IAccessGrants.OwnDataset.selector)
            return ("D", abi.encodeWithSelector(selector, DATASET));
        if (selector == IAccessGrants.GrantIsOrdered.selector)
            return ("I", abi.encodeWithSelector(selector, NEXT));
        if (selector == ITransferLog.DocumentToSelf.selector)
            return ("X", abi.encodeWithSelector(selector));
        if (bytes(verdicts)[role] == "u")
            return (
                "u",
                abi.encodeWithSelector(
                    IDepartmentRegistry.AccountUnauthorized.selector,
                    caller,
                    Capability.OFFICER
                )
            );
        return super.refusalOf(role, caller, selector, verdicts);
    }

    function isRecordedRefusal(
        address target,
        bytes memory answer
    ) internal view override returns (bool) {
        return
            target == address(transfers) &&
            answer.length == 32 &&
            abi.decode(answer, (uint256)) == 0;
    }
}
