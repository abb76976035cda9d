// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase

import {GrantId, GrantState, RefusalCause, SharingClass} from "../Types.sol";
import {IAccessGrants} from "../interfaces/IAccessGrants.sol";
import {ITransferLog} from "../interfaces/ITransferLog.sol";
import {Base} from "./Base.sol";

/// @dev How long a grant holds: extensions, and what a reset of the requester's ADMIN does.
contract ExtensionsTest is Base {
    uint40 internal constant LATER = START + 500 days;
    bytes32 internal constant LATER_NAMED = bytes32(uint256(LATER));

    // ------------------------------------------------------------------ extend
    function test_an_owner_extends_a_grant() public {
        bytes32 head = grants.datasetHead(DATASET);
        VM.expectEmit(address(grants));
        emit IAccessGrants.GrantExtended(GRANT, DATASET, HEALTH, LATER);
        extend(LATER, officer(LABOUR));
        checkDatasetHead(
            grants,
            DATASET,
            head,
            IAccessGrants.GrantExtended.selector,
            abi.encode(GRANT, DATASET, HEALTH, LATER)
        );
        VM.assertEq(grants.grantOf(GRANT).validUntil, LATER);
        VM.warp(LATER - 1);
        checkCause(GRANT, HEALTH, RefusalCause.None);
        VM.warp(LATER);
        checkCause(GRANT, HEALTH, RefusalCause.Expired);
    }

    function test_an_extension_shortens_nothing() public {
        uint40 current = terms().validUntil;
        for (uint40 i = 0; i < 2; ++i) {
            expectFrom(
                officer(LABOUR),
                abi.encodeWithSelector(
                    IAccessGrants.ExtensionTooShort.selector,
                    GRANT,
                    current - i,
                    current
                )
            );
            grants.extend(GRANT, current - i);
        }
    }

    function test_what_expired_is_not_extended() public {
        VM.warp(terms().validUntil);
        expectFrom(
            officer(LABOUR),
            abi.encodeWithSelector(
                IAccessGrants.GrantHasExpired.selector,
                GRANT,
                terms().validUntil
            )
        );
        grants.extend(GRANT, LATER);
    }

    function test_two_officers_extend_where_two_approve() public {
        GrantId given = grantByTwo();
        bytes32 head = grants.datasetHead(DATASET);
        VM.expectEmit(address(grants));
        emit IAccessGrants.ApprovalRecorded(given, DATASET, ENERGY, officer(LABOUR), LATER_NAMED);
        VM.prank(officer(LABOUR));
        grants.extend(given, LATER);
        checkDatasetHead(
            grants,
            DATASET,
            head,
            IAccessGrants.ApprovalRecorded.selector,
            abi.encode(given, DATASET, ENERGY, officer(LABOUR), LATER_NAMED)
        );
        VM.assertEq(grants.grantOf(given).validUntil, terms().validUntil);
        VM.assertEq(grants.firstApprover(given), officer(LABOUR));
        expectFrom(
            officer(LABOUR),
            abi.encodeWithSelector(
                IAccessGrants.ApprovalGivenAlready.selector,
                given,
                officer(LABOUR)
            )
        );
        grants.extend(given, LATER);
        VM.prank(SECOND_OFFICER);
        grants.extend(given, LATER);
        VM.assertEq(grants.grantOf(given).validUntil, LATER);
        VM.assertEq(grants.firstApprover(given), address(0));
    }

    function test_two_officers_name_the_same_time() public {
        GrantId given = grantByTwo();
        VM.prank(officer(LABOUR));
        grants.extend(given, LATER);
        // Another time is another first approval, in place of the one before.
        VM.prank(SECOND_OFFICER);
        grants.extend(given, LATER + 1);
        VM.assertEq(grants.grantOf(given).validUntil, terms().validUntil);
        VM.assertEq(grants.firstApprover(given), SECOND_OFFICER);
        VM.prank(officer(LABOUR));
        grants.extend(given, LATER);
        VM.assertEq(grants.grantOf(given).validUntil, terms().validUntil);
        VM.prank(SECOND_OFFICER);
        grants.extend(given, LATER);
        VM.assertEq(grants.grantOf(given).validUntil, LATER);
    }

    function test_an_edit_does_not_lower_the_approvals_of_an_extension() public {
        GrantId given = grantByTwo();
        edit(SharingClass.Conditional, 1);
        VM.prank(officer(LABOUR));
        grants.extend(given, LATER);
        VM.assertEq(grants.grantOf(given).validUntil, terms().validUntil);
    }

    // ------------------------------------------------------------------ resets
    function test_a_reset_of_the_requester_stops_its_grants_until_the_owner_resumes() public {
        open();
        resetAdmin(HEALTH, address(0xdef));
        VM.warp(block.timestamp + NOTICE - 1);
        checkCause(GRANT, HEALTH, RefusalCause.None);
        expectState(officer(LABOUR), GRANT, GrantState.Active);
        grants.resume(GRANT);
        VM.warp(block.timestamp + 1);
        checkCause(GRANT, HEALTH, RefusalCause.RequesterReset);
        // Neither a new attempt nor the release of what was opened before yields data.
        VM.expectEmit(address(transfers));
        emit ITransferLog.TransferRefused(DATASET, HEALTH, GRANT, 1, RefusalCause.RequesterReset);
        open();
        expectNotHolding(agent(LABOUR), GRANT, RefusalCause.RequesterReset);
        transfers.release(TRANSFER, manifestOf(1), 1, digest("wrap"));
        // Nor does an extension.
        extend(LATER, officer(LABOUR));
        checkCause(GRANT, HEALTH, RefusalCause.RequesterReset);
        VM.expectEmit(address(grants));
        emit IAccessGrants.GrantResumed(GRANT, DATASET, HEALTH);
        VM.prank(officer(LABOUR));
        grants.resume(GRANT);
        VM.assertEq(grants.grantOf(GRANT).clock, block.timestamp);
        checkCause(GRANT, HEALTH, RefusalCause.None);
        release(TRANSFER);
        expectState(officer(LABOUR), GRANT, GrantState.Active);
        grants.resume(GRANT);
    }

    function test_a_reset_stops_no_grant_of_another_and_none_made_after() public {
        GrantId others = ask(ENERGY);
        approve(others, officer(LABOUR));
        GrantId waiting = ask(HEALTH);
        resetAdmin(HEALTH, address(0xdef));
        VM.warp(block.timestamp + NOTICE);
        checkCause(others, ENERGY, RefusalCause.None);
        approve(waiting, officer(LABOUR));
        checkCause(waiting, HEALTH, RefusalCause.None);
    }

    function test_a_grant_suspended_through_a_reset_holds_once_it_is_resumed() public {
        VM.prank(officer(LABOUR));
        grants.suspend(GRANT, why());
        resetAdmin(HEALTH, address(0xdef));
        VM.warp(block.timestamp + NOTICE);
        VM.prank(officer(LABOUR));
        grants.resume(GRANT);
        checkCause(GRANT, HEALTH, RefusalCause.None);
    }

    function test_a_grant_that_expired_says_so_before_the_reset() public {
        resetAdmin(HEALTH, address(0xdef));
        VM.warp(terms().validUntil);
        checkCause(GRANT, HEALTH, RefusalCause.Expired);
    }

    // ------------------------------------------------------------------ helpers
    function extend(uint40 validUntil, address by) private {
        VM.prank(by);
        grants.extend(GRANT, validUntil);
    }

    function grantByTwo() private returns (GrantId given) {
        needTwo();
        given = ask(ENERGY);
        approve(given, officer(LABOUR));
        approve(given, SECOND_OFFICER);
    }
}
