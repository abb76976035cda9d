// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase

import {
    DatasetId,
    DepartmentId,
    GrantBasis,
    GrantState,
    OfferId,
    Reason,
    RefusalCause,
    SharingClass
} from "../Types.sol";
import {IAccessGrants} from "../interfaces/IAccessGrants.sol";
import {IDatasetRegistry} from "../interfaces/IDatasetRegistry.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";
import {Base} from "./Base.sol";

contract OffersTest is Base {
    OfferId internal constant OFFER = OfferId.wrap(1);
    OfferId internal constant UNKNOWN = OfferId.wrap(9);

    // ------------------------------------------------------------------ publish, retire
    function testFuzz_an_offer_is_published(IAccessGrants.Offer memory offered) public {
        VM.assume(offered.digest != 0 && offered.validUntil > block.timestamp);
        VM.assume(offered.longest != 0);
        offered.group = "bureaus";
        bytes32 head = grants.datasetHead(DATASET);
        VM.expectEmit(address(grants));
        emit IAccessGrants.OfferPublished(
            OFFER,
            DATASET,
            "bureaus",
            offered.digest,
            offered.purpose,
            offered.standing,
            offered.allFields,
            offered.onwardUse,
            offered.validUntil,
            offered.longest
        );
        VM.prank(officer(LABOUR));
        VM.assertEq(OfferId.unwrap(grants.publishOffer(DATASET, offered)), grants.offerCount());
        checkDatasetHead(
            grants,
            DATASET,
            head,
            IAccessGrants.OfferPublished.selector,
            abi.encode(
                OFFER,
                DATASET,
                offered.group,
                offered.digest,
                offered.purpose,
                offered.standing,
                offered.allFields,
                offered.onwardUse,
                offered.validUntil,
                offered.longest
            )
        );
        (DatasetId dataset, uint40 at, bool retired, IAccessGrants.Offer memory found) = grants
            .offerOf(OFFER);
        VM.assertEq(DatasetId.unwrap(dataset), 1);
        VM.assertEq(at, block.timestamp);
        VM.assertTrue(!retired, "not retired");
        VM.assertEq(abi.encode(found), abi.encode(offered));
    }

    function test_an_offer_is_well_formed() public {
        IAccessGrants.Offer memory offered = anOffer();
        offered.digest = 0;
        expectOffer(offered, abi.encodeWithSelector(IDepartmentRegistry.DigestMissing.selector));
        offered = anOffer();
        offered.group = "Bureaus";
        expectOffer(
            offered,
            abi.encodeWithSelector(IDepartmentRegistry.GroupNameInvalid.selector, offered.group)
        );
        offered = anOffer();
        offered.validUntil = uint40(block.timestamp);
        expectOffer(
            offered,
            abi.encodeWithSelector(IAccessGrants.ValidityOver.selector, offered.validUntil)
        );
        offered = anOffer();
        offered.longest = 0;
        expectOffer(offered, abi.encodeWithSelector(IAccessGrants.LongestMissing.selector));
    }

    function test_some_datasets_are_not_offered() public {
        edit(SharingClass.Closed, 1);
        expectOffer(
            anOffer(),
            abi.encodeWithSelector(IAccessGrants.DatasetIsClosed.selector, DATASET)
        );
        edit(SharingClass.Conditional, 2);
        expectOffer(
            anOffer(),
            abi.encodeWithSelector(IAccessGrants.DatasetNeedsTwoApprovals.selector, DATASET)
        );
        VM.prank(officer(LABOUR));
        datasets.withdraw(DATASET, why());
        expectOffer(
            anOffer(),
            abi.encodeWithSelector(IDatasetRegistry.DatasetIsWithdrawn.selector, DATASET)
        );
    }

    function test_a_retired_offer_grants_nothing_more_and_takes_nothing_back() public {
        offer(anOffer());
        use(HEALTH, terms());
        bytes32 head = grants.datasetHead(DATASET);
        VM.expectEmit(address(grants));
        emit IAccessGrants.OfferRetired(OFFER, DATASET, 7, digest("reason"));
        retire();
        checkDatasetHead(
            grants,
            DATASET,
            head,
            IAccessGrants.OfferRetired.selector,
            abi.encode(OFFER, DATASET, why())
        );
        (, , bool retired, ) = grants.offerOf(OFFER);
        VM.assertTrue(retired, "retired");
        checkCause(NEXT, HEALTH, RefusalCause.None);
        bytes memory refusal = abi.encodeWithSelector(IAccessGrants.OfferIsRetired.selector, OFFER);
        expectFrom(officer(HEALTH), refusal);
        grants.requestUnderOffer(OFFER, terms());
        expectFrom(officer(LABOUR), refusal);
        grants.retireOffer(OFFER, why());
    }

    function test_an_offer_is_retired_for_a_reason_also_of_a_withdrawn_dataset() public {
        offer(anOffer());
        expectFrom(
            officer(LABOUR),
            abi.encodeWithSelector(IDepartmentRegistry.ReasonMissing.selector)
        );
        grants.retireOffer(OFFER, Reason(7, 0));
        VM.prank(officer(LABOUR));
        datasets.withdraw(DATASET, why());
        retire();
    }

    function test_unknown_offers_are_refused() public {
        bytes memory refusal = abi.encodeWithSelector(IAccessGrants.OfferUnknown.selector, UNKNOWN);
        expectFrom(officer(LABOUR), refusal);
        grants.retireOffer(UNKNOWN, why());
        expectFrom(officer(HEALTH), refusal);
        grants.requestUnderOffer(UNKNOWN, terms());
        VM.expectRevert(refusal);
        grants.offerOf(UNKNOWN);
    }

    // ------------------------------------------------------------------ requests under an offer
    function test_whoever_fits_is_granted_at_once() public {
        offer(anOffer());
        uint40 respondBy = uint40(block.timestamp + 1 days);
        bytes32 head = extended(
            grants.datasetHead(DATASET),
            IAccessGrants.AccessRequested.selector,
            abi.encode(NEXT, DATASET, ENERGY, OFFER, terms(), respondBy)
        );
        VM.expectEmit(address(grants));
        emit IAccessGrants.AccessRequested(
            NEXT,
            DATASET,
            ENERGY,
            OFFER,
            digest("terms"),
            3,
            true,
            false,
            terms().validUntil,
            respondBy
        );
        VM.expectEmit(address(grants));
        emit IAccessGrants.GrantActivated(NEXT, DATASET, ENERGY, digest("terms"), GrantBasis.Offer);
        use(ENERGY, terms());
        checkDatasetHead(
            grants,
            DATASET,
            head,
            IAccessGrants.GrantActivated.selector,
            abi.encode(NEXT, DATASET, ENERGY, digest("terms"), GrantBasis.Offer)
        );
        IAccessGrants.Grant memory given = grants.grantOf(NEXT);
        VM.assertTrue(given.state == GrantState.Active, "Active");
        VM.assertEq(given.clock, block.timestamp);
        VM.assertEq(given.terms, 0);
        // One officer extends it, as one published the offer.
        VM.assertEq(given.approvals, 1);
        checkCause(NEXT, ENERGY, RefusalCause.None);
        // Less is fine too.
        IAccessGrants.Terms memory less = terms();
        less.allFields = false;
        less.validUntil = uint40(block.timestamp + 1);
        use(ENERGY, less);
    }

    function test_nobody_asks_for_more_than_is_offered() public {
        IAccessGrants.Offer memory offered = anOffer();
        offered.allFields = false;
        offered.purpose = 3;
        offer(offered);
        IAccessGrants.Terms memory asked = terms();
        expectMisfit(asked);
        asked.allFields = false;
        asked.onwardUse = true;
        expectMisfit(asked);
        asked.onwardUse = false;
        asked.purpose = 4;
        expectMisfit(asked);
        asked.purpose = 3;
        asked.validUntil = uint40(block.timestamp + 400 days + 1);
        expectMisfit(asked);
        asked.validUntil -= 1;
        use(HEALTH, asked);
        VM.warp(offered.validUntil);
        asked.validUntil = uint40(block.timestamp + 1);
        expectMisfit(asked);
        VM.warp(offered.validUntil - 1);
        use(HEALTH, asked);
    }

    function test_onward_use_is_granted_where_it_is_offered() public {
        IAccessGrants.Offer memory offered = anOffer();
        offered.onwardUse = true;
        offer(offered);
        IAccessGrants.Terms memory asked = terms();
        asked.onwardUse = true;
        use(HEALTH, asked);
        VM.assertTrue(grants.grantOf(NEXT).onwardUse, "onward use");
    }

    function test_terms_under_an_offer_are_well_formed_as_any() public {
        offer(anOffer());
        IAccessGrants.Terms memory asked = terms();
        asked.purpose = 0;
        expectFrom(officer(HEALTH), abi.encodeWithSelector(IAccessGrants.PurposeMissing.selector));
        grants.requestUnderOffer(OFFER, asked);
        asked = terms();
        asked.validUntil = uint40(block.timestamp);
        expectFrom(
            officer(HEALTH),
            abi.encodeWithSelector(IAccessGrants.ValidityOver.selector, asked.validUntil)
        );
        grants.requestUnderOffer(OFFER, asked);
    }

    function test_an_offer_to_a_group_is_for_those_who_are_in_it_now() public {
        IAccessGrants.Offer memory offered = anOffer();
        offered.group = "bureaus";
        offer(offered);
        expectMisfit(terms());
        setGroupMember(true);
        VM.warp(block.timestamp + NOTICE - 1);
        expectMisfit(terms());
        VM.warp(block.timestamp + 1);
        use(HEALTH, terms());
        setGroupMember(false);
        expectMisfit(terms());
    }

    function test_an_offer_asks_for_a_standing() public {
        IAccessGrants.Offer memory offered = anOffer();
        offered.standing = 2;
        offer(offered);
        expectMisfit(terms());
        setStanding(1);
        VM.warp(block.timestamp + NOTICE);
        expectMisfit(terms());
        setStanding(2);
        VM.warp(block.timestamp + NOTICE - 1);
        expectMisfit(terms());
        VM.warp(block.timestamp + 1);
        use(HEALTH, terms());
    }

    function test_an_offer_from_before_a_reset_does_not_fit() public {
        offer(anOffer());
        resetAdmin(HEALTH, address(0xdef));
        VM.warp(block.timestamp + NOTICE);
        expectMisfit(terms());
        use(ENERGY, terms());
        offer(anOffer());
        VM.prank(officer(HEALTH));
        grants.requestUnderOffer(OfferId.wrap(2), terms());
    }

    function test_an_offer_is_no_way_round_the_dataset() public {
        offer(anOffer());
        expectFrom(
            officer(LABOUR),
            abi.encodeWithSelector(IAccessGrants.OwnDataset.selector, DATASET)
        );
        grants.requestUnderOffer(OFFER, terms());
        // An older offer doesn't go round the second officer, nor round a class that has been closed since.
        edit(SharingClass.Conditional, 2);
        expectFrom(
            officer(HEALTH),
            abi.encodeWithSelector(IAccessGrants.DatasetNeedsTwoApprovals.selector, DATASET)
        );
        grants.requestUnderOffer(OFFER, terms());
        edit(SharingClass.Closed, 1);
        expectFrom(
            officer(HEALTH),
            abi.encodeWithSelector(IAccessGrants.DatasetIsClosed.selector, DATASET)
        );
        grants.requestUnderOffer(OFFER, terms());
        edit(SharingClass.Open, 1);
        use(HEALTH, terms());
        suspendMember(LABOUR);
        expectFrom(
            officer(HEALTH),
            abi.encodeWithSelector(IDepartmentRegistry.DepartmentIsSuspended.selector, LABOUR)
        );
        grants.requestUnderOffer(OFFER, terms());
    }

    function test_nothing_is_granted_under_an_offer_of_a_retired_deployment() public {
        offer(anOffer());
        retireDeployment();
        VM.warp(block.timestamp + NOTICE);
        expectFrom(
            officer(HEALTH),
            abi.encodeWithSelector(
                IDepartmentRegistry.DeploymentIsRetired.selector,
                digest("successor")
            )
        );
        grants.requestUnderOffer(OFFER, terms());
        retire();
    }

    function test_requests_under_offers_take_no_place_of_those_that_wait() public {
        offer(anOffer());
        for (uint256 i = 0; i < 8; ++i) ask(HEALTH);
        VM.prank(officer(HEALTH));
        grants.requestUnderOffer(OFFER, terms());
    }

    // ------------------------------------------------------------------ helpers
    /// @dev To all, for any purpose and all fields, without onward use.
    function anOffer() private pure returns (IAccessGrants.Offer memory) {
        return
            IAccessGrants.Offer({
                digest: digest("offer"),
                group: 0,
                purpose: 0,
                standing: 0,
                allFields: true,
                onwardUse: false,
                validUntil: START + 30 days,
                longest: 400 days
            });
    }

    function offer(IAccessGrants.Offer memory offered) private {
        VM.prank(officer(LABOUR));
        grants.publishOffer(DATASET, offered);
    }

    function retire() private {
        VM.prank(officer(LABOUR));
        grants.retireOffer(OFFER, why());
    }

    function use(DepartmentId by, IAccessGrants.Terms memory asked) private {
        VM.prank(officer(by));
        grants.requestUnderOffer(OFFER, asked);
    }

    function setGroupMember(bool member) private {
        VM.prank(officer(AGENCY));
        departments.setGroupMember("bureaus", HEALTH, member);
    }

    function setStanding(uint8 standing) private {
        IDepartmentRegistry.Standing[] memory standings = new IDepartmentRegistry.Standing[](1);
        standings[0] = IDepartmentRegistry.Standing(HEALTH, standing);
        VM.prank(officer(AGENCY));
        departments.publishScorecard(digest("scorecard"), standings);
    }

    function expectOffer(IAccessGrants.Offer memory offered, bytes memory refusal) private {
        expectFrom(officer(LABOUR), refusal);
        grants.publishOffer(DATASET, offered);
    }

    function expectMisfit(IAccessGrants.Terms memory asked) private {
        expectFrom(
            officer(HEALTH),
            abi.encodeWithSelector(IAccessGrants.OfferDoesNotFit.selector, OFFER, HEALTH)
        );
        grants.requestUnderOffer(OFFER, asked);
    }
}
