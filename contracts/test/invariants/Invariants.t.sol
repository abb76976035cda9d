// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// It takes our `send` for that of addresses.
// solhint-disable func-name-mixedcase, function-max-lines, check-send-result

import {CHEATS} from "./Cheats.sol";
import {Call} from "./Handler.sol";
import {Rule} from "./Stage.sol";
import {World} from "./World.sol";

/// @dev What no sequence of calls breaks, whoever makes them. `forge` calls {World}'s handlers at random and after each
/// checks every law; docs/assurance.md tells what each shows.
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
        for (uint256 run = 0; run < 8; ++run) {
            setUp();
            for (uint256 i = 0; i < 10 * handlers.length; ++i) {
                // Another handler follows each time. Many calls are refused, as in the campaigns.
                bytes4 handler = handlers[(i * 23) % handlers.length];
                // solhint-disable-next-line avoid-low-level-calls
                (bool success, ) = address(world).call(abi.encodeWithSelector(handler, i + run));
                assert(success);
            }
            for (uint256 i = 0; i < handlers.length; ++i) reached[i] += world.done(Call(i));
        }
        for (uint256 i = 0; i < handlers.length; ++i)
            CHEATS.assertGt(reached[i], 0, CHEATS.toString(i));
    }

    /// @dev One campaign for all laws, each checked after every call: 34 of them would make the same calls 34 times.
    function invariant_every_law_holds() public view {
        law_heads_are_the_replayed_events();
        law_counters_never_go_back();
        law_an_account_belongs_to_one_department();
        law_every_department_has_an_admin();
        law_there_is_always_an_agency_in_good_standing();
        law_acts_of_the_agency_take_effect_after_notice();
        law_deadlines_are_never_below_the_minimum();
        law_releases_use_the_current_key();
        law_at_most_eight_requests_wait_for_one_owner();
        law_at_most_six_releases_wait_for_receipts();
        law_a_withdrawn_consent_never_comes_back();
        law_requests_and_grants_follow_the_table();
        law_permissions_are_what_the_events_say();
        law_transfers_follow_the_table();
        law_nobody_without_the_capability_changes_anything();
        law_a_suspended_department_does_only_what_rule_8_lists();
        law_every_change_is_told();
        law_nothing_is_released_after_revocation_or_expiry();
        law_nothing_withdrawn_or_recalled_is_released();
        law_some_fields_are_never_served_with_the_versions_manifest();
        law_nothing_is_opened_without_a_grant_that_holds();
        law_refused_attempts_tell_their_true_cause();
        law_answers_need_a_consent_in_force();
        law_nothing_goes_to_or_from_a_suspended_department();
        law_a_release_is_acknowledged_at_most_once();
        law_a_dispute_is_cured_at_most_once();
        law_the_agency_alone_never_makes_a_grant_active();
        law_two_officers_decide_where_two_are_asked_for();
        law_decisions_name_the_terms();
        law_a_grant_under_an_offer_fits_it();
        law_a_retired_deployment_opens_nothing();
        law_hidden_tags_are_revealed_once_and_not_early();
        law_sources_are_acknowledged_transfers_for_onward_use();
        law_recalls_follow_withdrawals_and_are_attested_once();
    }

    // ------------------------------------------------------------------ at any time
    function law_heads_are_the_replayed_events() private view {
        world.checkHeads();
    }

    function law_counters_never_go_back() private view {
        world.checkCounters();
        kept(Rule.Numbers);
    }

    function law_an_account_belongs_to_one_department() private view {
        world.checkAccounts();
        kept(Rule.OneDepartment);
    }

    function law_every_department_has_an_admin() private view {
        world.checkAdmins();
    }

    function law_there_is_always_an_agency_in_good_standing() private view {
        world.checkAgency();
    }

    function law_acts_of_the_agency_take_effect_after_notice() private view {
        world.checkNotice();
        kept(Rule.Notice);
    }

    function law_deadlines_are_never_below_the_minimum() private view {
        world.checkPeriods();
        kept(Rule.Minimum);
    }

    function law_releases_use_the_current_key() private view {
        world.checkKeys();
        kept(Rule.CurrentKey);
    }

    function law_at_most_eight_requests_wait_for_one_owner() private view {
        world.checkUnanswered();
    }

    function law_at_most_six_releases_wait_for_receipts() private view {
        world.checkReceipts();
    }

    function law_a_withdrawn_consent_never_comes_back() private view {
        world.checkConsents();
        kept(Rule.ConsentsEnd);
    }

    function law_requests_and_grants_follow_the_table() private view {
        world.checkGrants();
        kept(Rule.GrantSteps);
    }

    function law_permissions_are_what_the_events_say() private view {
        world.checkPermissions();
    }

    function law_transfers_follow_the_table() private view {
        world.checkTransfers();
        kept(Rule.TransferSteps);
    }

    // ------------------------------------------------------------------ at every call
    function law_nobody_without_the_capability_changes_anything() private view {
        kept(Rule.Authority);
    }

    function law_a_suspended_department_does_only_what_rule_8_lists() private view {
        kept(Rule.SuspendedIsIdle);
    }

    function law_every_change_is_told() private view {
        kept(Rule.EveryChangeIsTold);
    }

    function law_nothing_is_released_after_revocation_or_expiry() private view {
        kept(Rule.HeldWhenReleased);
    }

    function law_nothing_withdrawn_or_recalled_is_released() private view {
        kept(Rule.ServableWhenReleased);
    }

    function law_some_fields_are_never_served_with_the_versions_manifest() private view {
        kept(Rule.RightManifest);
    }

    function law_nothing_is_opened_without_a_grant_that_holds() private view {
        kept(Rule.HeldWhenOpened);
    }

    function law_refused_attempts_tell_their_true_cause() private view {
        kept(Rule.RefusalsAreTrue);
    }

    function law_answers_need_a_consent_in_force() private view {
        kept(Rule.ConsentInForce);
    }

    function law_nothing_goes_to_or_from_a_suspended_department() private view {
        kept(Rule.GoodStanding);
    }

    function law_a_release_is_acknowledged_at_most_once() private view {
        kept(Rule.AcknowledgedOnce);
    }

    function law_a_dispute_is_cured_at_most_once() private view {
        kept(Rule.OneCure);
    }

    function law_the_agency_alone_never_makes_a_grant_active() private view {
        kept(Rule.OwnersDecide);
    }

    function law_two_officers_decide_where_two_are_asked_for() private view {
        kept(Rule.TwoOfficers);
    }

    function law_decisions_name_the_terms() private view {
        kept(Rule.TermsNamed);
    }

    function law_a_grant_under_an_offer_fits_it() private view {
        kept(Rule.OffersFit);
    }

    function law_a_retired_deployment_opens_nothing() private view {
        kept(Rule.RetiredOpensNothing);
    }

    function law_hidden_tags_are_revealed_once_and_not_early() private view {
        kept(Rule.Tags);
    }

    function law_sources_are_acknowledged_transfers_for_onward_use() private view {
        kept(Rule.Lineage);
    }

    function law_recalls_follow_withdrawals_and_are_attested_once() private view {
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
