// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase, avoid-low-level-calls

import {
    DatasetId,
    DatasetKind,
    DepartmentId,
    GrantId,
    OfferId,
    RecallId,
    SharingClass,
    TransferId
} from "../Types.sol";
import {IAccessGrants} from "../interfaces/IAccessGrants.sol";
import {ITransferLog} from "../interfaces/ITransferLog.sol";
import {Base} from "./Base.sol";

/// @dev What the main job costs, and that no other call costs much: each call is a transaction of its own, with
/// intrinsic gas, calldata and refunds as `berlin` counts them. Run with `-vv` to read the figures.
contract GasTest is Base {
    address private constant CONSOLE = address(0x000000000000000000636F6e736F6c652e6c6f67);
    uint256 private constant CODE_LIMIT = 24_576;
    uint256 private constant BUDGET = 400_000;
    uint256 private constant LIMIT = 150_000;
    uint64 private constant SOURCES = 16;

    uint256 private total;

    /// @dev A new version, a new request and its first transfer, by a department that had the dataset before.
    /// forge-config: default.isolate = true
    function test_the_main_job_in_steady_state_stays_in_its_budget() public {
        serve(ENERGY, 3, GrantId.wrap(2), TransferId.wrap(1));
        checkServing(ENERGY, 4, GrantId.wrap(3), TransferId.wrap(2));
        checkServing(ENERGY, 5, GrantId.wrap(4), TransferId.wrap(3));
    }

    function test_contracts_stay_below_the_size_limit() public view {
        checkSize("DepartmentRegistry", address(departments));
        checkSize("DatasetRegistry", address(datasets));
        checkSize("ConsentRegistry", address(consents));
        checkSize("AccessGrants", address(grants));
        checkSize("TransferLog", address(transfers));
    }

    // ------------------------------------------------------------------ every other call
    /// @dev The dearest form of each: two officers, and slots that are written for the first time.
    /// forge-config: default.isolate = true
    function test_no_call_about_an_offer_is_dear() public {
        VM.prank(officer(LABOUR));
        grants.publishOffer(DATASET, anOffer());
        check("publishOffer");
        VM.prank(officer(ENERGY));
        grants.requestUnderOffer(OfferId.wrap(1), terms());
        check("requestUnderOffer");
        VM.prank(officer(LABOUR));
        grants.retireOffer(OfferId.wrap(1), why());
        check("retireOffer");
    }

    /// forge-config: default.isolate = true
    function test_no_call_about_a_request_is_dear() public {
        needTwo();
        askForMany();
        GrantId grant = GrantId.wrap(9);
        approve(grant, SECOND_OFFICER);
        check("approve, first");
        counter(grant, officer(LABOUR));
        check("counter");
        VM.prank(officer(ENERGY));
        grants.accept(grant, digest("other terms"));
        check("accept");
        VM.prank(officer(LABOUR));
        grants.returnForCompletion(grant, why());
        check("returnForCompletion");
        VM.prank(officer(ENERGY));
        grants.resubmit(grant, terms());
        check("resubmit");
        refuse(grant);
        check("refuse");
        escalate(grant, ENERGY);
        check("escalate");
        VM.prank(officer(ENERGY));
        grants.withdraw(GrantId.wrap(8));
        check("withdraw");
    }

    /// forge-config: default.isolate = true
    function test_no_call_about_an_ordered_grant_is_dear() public {
        needTwo();
        GrantId grant = ask(ENERGY);
        refuse(grant);
        escalate(grant, ENERGY);
        order(grant);
        check("rule");
        VM.prank(officer(LABOUR));
        grants.comply(grant, digest("terms"));
        check("comply, first");
        VM.prank(SECOND_OFFICER);
        grants.comply(grant, digest("terms"));
        check("comply, second");
        VM.prank(officer(LABOUR));
        grants.extend(grant, START + 500 days);
        check("extend, first");
        VM.prank(SECOND_OFFICER);
        grants.extend(grant, START + 500 days);
        check("extend, second");
        VM.prank(officer(AGENCY));
        grants.suspend(grant, why());
        check("suspend");
        VM.prank(officer(LABOUR));
        grants.resume(grant);
        check("resume");
        VM.prank(officer(AGENCY));
        grants.revoke(grant, why());
        check("revoke");
    }

    /// forge-config: default.isolate = true
    function test_no_call_of_the_transfer_log_is_dear() public {
        registerService(true);
        recordConsent();
        grantUnder(SERVICE, terms());
        query(NEXT, CONSENT);
        check("query");
        VM.prank(agent(LABOUR));
        transfers.releaseTagged(TRANSFER, digest("answer"), 1, digest("wrap"), hidden());
        check("releaseTagged");
        VM.prank(officer(LABOUR));
        transfers.reveal(TRANSFER, digest("subject"), digest("salt"), START + 20 days);
        check("reveal");
        query(NEXT, NO_CONSENT);
        check("query, refused");
        query(NEXT, CONSENT);
        VM.prank(agent(LABOUR));
        transfers.decline(TransferId.wrap(2), why());
        check("decline");
        TransferId document = sendDocument();
        check("send");
        dispute(document);
        check("dispute");
        VM.prank(officer(LABOUR));
        transfers.disclose(document, ENERGY, 1, digest("wrap"));
        check("disclose");
        VM.prank(agent(LABOUR));
        transfers.resend(document, digest("cure"), 1, digest("wrap"));
        check("resend");
        VM.prank(agent(HEALTH));
        transfers.attest(document, RecallId.wrap(0), why());
        check("attest");
        dispute(document);
        VM.prank(officer(AGENCY));
        transfers.settle(document, why());
        check("settle");
        VM.prank(officer(LABOUR));
        datasets.withdrawVersion(DATASET, 1, why());
        VM.prank(officer(LABOUR));
        transfers.recall(DATASET, 1, why());
        check("recall");
    }

    /// @dev As many as may be, each under a grant of its own.
    /// forge-config: default.isolate = true
    function test_declaring_sources_is_not_dear() public {
        IAccessGrants.Terms memory asked = terms();
        asked.onwardUse = true;
        TransferId[] memory sources = new TransferId[](SOURCES);
        for (uint64 i = 0; i < SOURCES; ++i) {
            sources[i] = openUnder(grantUnder(DATASET, asked));
            release(sources[i]);
            acknowledge(sources[i]);
        }
        VM.startPrank(officer(HEALTH));
        DatasetId made = datasets.register(
            "made",
            DatasetKind.File,
            rules(SharingClass.Open, 1),
            digest("d")
        );
        datasets.publishVersion(made, 1, manifestOf(1));
        transfers.declareSources(made, 1, sources);
        check("declareSources");
    }

    // ------------------------------------------------------------------ steps
    function checkServing(
        DepartmentId by,
        uint32 version,
        GrantId grant,
        TransferId transfer
    ) private {
        total = 0;
        serve(by, version, grant, transfer);
        print("together", total);
        VM.assertLe(total, BUDGET, "gas of the main job");
    }

    function serve(DepartmentId by, uint32 version, GrantId grant, TransferId transfer) private {
        publish(version);
        spend("publishVersion");
        ask(by);
        spend("request");
        VM.prank(officer(LABOUR));
        grants.approve(grant, digest("terms"));
        spend("approve");
        VM.prank(agent(by));
        transfers.open(DATASET, version, grant);
        spend("open");
        VM.prank(agent(LABOUR));
        transfers.release(transfer, manifestOf(version), 1, digest("wrap"));
        spend("release");
        VM.prank(agent(by));
        transfers.acknowledge(transfer, manifestOf(version), digest("tag"));
        spend("acknowledge");
    }

    /// @dev Until the last place among the unanswered is taken.
    function askForMany() private {
        for (uint256 i = 0; i < 8; ++i) ask(ENERGY);
        check("request");
    }

    function anOffer() private pure returns (IAccessGrants.Offer memory) {
        return
            IAccessGrants.Offer({
                digest: digest("offer"),
                group: 0,
                purpose: 3,
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

    // ------------------------------------------------------------------ figures
    function spend(string memory call_) private {
        uint256 gas = VM.lastCallGas().gasTotalUsed;
        print(call_, gas);
        total += gas;
    }

    function check(string memory call_) private view {
        uint256 gas = VM.lastCallGas().gasTotalUsed;
        print(call_, gas);
        VM.assertLe(gas, LIMIT, call_);
    }

    function checkSize(string memory name, address deployed) private view {
        print(name, deployed.code.length);
        VM.assertLe(deployed.code.length, CODE_LIMIT, name);
    }

    function print(string memory what, uint256 figure) private view {
        (bool printed, ) = CONSOLE.staticcall(
            abi.encodeWithSignature("log(string,uint256)", what, figure)
        );
        VM.assertTrue(printed, "print");
    }
}
