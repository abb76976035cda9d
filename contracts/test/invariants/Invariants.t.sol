// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// It takes our `send` for that of addresses.
// solhint-disable func-name-mixedcase, function-max-lines, check-send-result

import {CHEATS} from "./Cheats.sol";
import {Call} from "./Handler.sol";
import {Rule} from "./Stage.sol";
import {World} from "./World.sol";

/// @dev What no sequence of calls breaks, whoever makes them. `forge` calls {World}'s handlers at random and then each
/// invariant; docs/assurance.md tells what each shows.
contract InvariantsTest {
    World private world;

    function setUp() public {
        world = new World();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(world);
    }

    /// @dev Each handler succeeds at times: one that never does would show nothing.
    function test_every_call_is_reached() public {
        bytes4[62] memory handlers = handlersOf();
        uint256[62] memory reached;
        for (uint256 run = 0; run < 6; ++run) {
            setUp();
            for (uint256 i = 0; i < 10 * handlers.length; ++i) {
                // Another handler follows each time. Many calls are refused, as in the campaigns.
                bytes4 handler = handlers[(i * 23) % handlers.length];
                // solhint-disable-next-line avoid-low-level-calls
                (bool success, ) = address(world).call(abi.encodeWithSelector(handler, i + run));
                success;
            }
            for (uint256 i = 0; i < handlers.length; ++i) reached[i] += world.done(Call(i));
        }
        for (uint256 i = 0; i < handlers.length; ++i)
            CHEATS.assertGt(reached[i], 0, CHEATS.toString(i));
    }

    // ------------------------------------------------------------------ at any time
    function invariant_heads_are_the_replayed_events() public view {
        world.checkHeads();
    }

    function invariant_counters_never_go_back() public view {
        world.checkCounters();
        kept(Rule.Numbers);
    }

    function invariant_an_account_belongs_to_one_department() public view {
        world.checkAccounts();
        kept(Rule.OneDepartment);
    }

    function invariant_every_department_has_an_admin() public view {
        world.checkAdmins();
    }

    function invariant_there_is_always_an_agency_in_good_standing() public view {
        world.checkAgency();
    }

    function invariant_acts_of_the_agency_take_effect_after_notice() public view {
        world.checkNotice();
        kept(Rule.Notice);
    }

    function invariant_deadlines_are_never_below_the_minimum() public view {
        world.checkPeriods();
        kept(Rule.Minimum);
    }

    function invariant_releases_use_the_current_key() public view {
        world.checkKeys();
        kept(Rule.CurrentKey);
    }

    function invariant_at_most_eight_requests_wait_for_one_owner() public view {
        world.checkUnanswered();
    }

    function invariant_at_most_six_releases_wait_for_receipts() public view {
        world.checkReceipts();
    }

    function invariant_a_withdrawn_consent_never_comes_back() public view {
        world.checkConsents();
        kept(Rule.ConsentsEnd);
    }

    function invariant_requests_and_grants_follow_the_table() public view {
        world.checkGrants();
        kept(Rule.GrantSteps);
    }

    function invariant_permissions_are_what_the_events_say() public view {
        world.checkPermissions();
    }

    function invariant_transfers_follow_the_table() public view {
        world.checkTransfers();
        kept(Rule.TransferSteps);
    }

    // ------------------------------------------------------------------ at every call
    function invariant_nobody_without_the_capability_changes_anything() public view {
        kept(Rule.Authority);
    }

    function invariant_a_suspended_department_does_only_what_rule_8_lists() public view {
        kept(Rule.SuspendedIsIdle);
    }

    function invariant_every_change_is_told() public view {
        kept(Rule.EveryChangeIsTold);
    }

    function invariant_nothing_is_released_after_revocation_or_expiry() public view {
        kept(Rule.HeldWhenReleased);
    }

    function invariant_nothing_withdrawn_or_recalled_is_released() public view {
        kept(Rule.ServableWhenReleased);
    }

    function invariant_some_fields_are_never_served_with_the_versions_manifest() public view {
        kept(Rule.RightManifest);
    }

    function invariant_nothing_is_opened_without_a_grant_that_holds() public view {
        kept(Rule.HeldWhenOpened);
    }

    function invariant_refused_attempts_tell_their_true_cause() public view {
        kept(Rule.RefusalsAreTrue);
    }

    function invariant_answers_need_a_consent_in_force() public view {
        kept(Rule.ConsentInForce);
    }

    function invariant_nothing_goes_to_or_from_a_suspended_department() public view {
        kept(Rule.GoodStanding);
    }

    function invariant_a_release_is_acknowledged_at_most_once() public view {
        kept(Rule.AcknowledgedOnce);
    }

    function invariant_a_dispute_is_cured_at_most_once() public view {
        kept(Rule.OneCure);
    }

    function invariant_the_agency_alone_never_makes_a_grant_active() public view {
        kept(Rule.OwnersDecide);
    }

    function invariant_two_officers_decide_where_two_are_asked_for() public view {
        kept(Rule.TwoOfficers);
    }

    function invariant_decisions_name_the_terms() public view {
        kept(Rule.TermsNamed);
    }

    function invariant_a_grant_under_an_offer_fits_it() public view {
        kept(Rule.OffersFit);
    }

    function invariant_a_retired_deployment_opens_nothing() public view {
        kept(Rule.RetiredOpensNothing);
    }

    function invariant_hidden_tags_are_revealed_once_and_not_early() public view {
        kept(Rule.Tags);
    }

    function invariant_sources_are_acknowledged_transfers_for_onward_use() public view {
        kept(Rule.Lineage);
    }

    function invariant_recalls_follow_withdrawals_and_are_attested_once() public view {
        kept(Rule.Recalls);
    }

    // ------------------------------------------------------------------ internal
    function handlersOf() private view returns (bytes4[62] memory) {
        return
            [
                world.admit.selector,
                world.suspendMember.selector,
                world.reinstate.selector,
                world.appointAuditor.selector,
                world.removeAuditor.selector,
                world.setDeadlines.selector,
                world.setGroupMember.selector,
                world.publishScorecard.selector,
                world.publishFinding.selector,
                world.resetAdmin.selector,
                world.proposeHandover.selector,
                world.acceptHandover.selector,
                world.retire.selector,
                world.addAccount.selector,
                world.removeAccount.selector,
                world.publishKey.selector,
                world.retireKey.selector,
                world.vetoReset.selector,
                world.publishSpecification.selector,
                world.deprecateSpecification.selector,
                world.publishNeed.selector,
                world.withdrawNeed.selector,
                world.register.selector,
                world.edit.selector,
                world.withdrawDataset.selector,
                world.publishVersion.selector,
                world.withdrawVersion.selector,
                world.recordConsent.selector,
                world.withdrawConsent.selector,
                world.request.selector,
                world.requestUnderOffer.selector,
                world.accept.selector,
                world.resubmit.selector,
                world.withdrawRequest.selector,
                world.escalate.selector,
                world.publishOffer.selector,
                world.retireOffer.selector,
                world.approve.selector,
                world.counter.selector,
                world.returnForCompletion.selector,
                world.refuse.selector,
                world.comply.selector,
                world.extend.selector,
                world.suspendGrant.selector,
                world.resume.selector,
                world.revoke.selector,
                world.rule.selector,
                world.open.selector,
                world.query.selector,
                world.release.selector,
                world.releaseTagged.selector,
                world.reveal.selector,
                world.send.selector,
                world.resend.selector,
                world.decline.selector,
                world.disclose.selector,
                world.declareSources.selector,
                world.recall.selector,
                world.acknowledge.selector,
                world.dispute.selector,
                world.attest.selector,
                world.settle.selector
            ];
    }

    function kept(Rule rule) private view {
        CHEATS.assertEq(world.broken(rule), 0, CHEATS.toString(uint256(rule)));
    }
}
