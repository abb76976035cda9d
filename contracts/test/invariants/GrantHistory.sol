// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {Capability, GrantBasis, GrantState, RefusalCause, SharingClass} from "../../Types.sol";
import {IAccessGrants} from "../../interfaces/IAccessGrants.sol";
import {ICheats} from "./Cheats.sol";
import {DatasetHistory} from "./DatasetHistory.sol";
import {Rule} from "./Stage.sol";

/// @dev Requests, offers and grants as the events of {AccessGrants} tell them.
abstract contract GrantHistory is DatasetHistory {
    /// @dev `respondBy` is of the last request or counter; `heldFrom` when the owner last decided that it holds.
    struct Grant {
        uint32 dataset;
        uint32 requester;
        uint32 owner;
        GrantState state;
        uint8 approvals;
        bool ordered;
        uint40 respondBy;
        uint40 heldFrom;
        IAccessGrants.Terms terms;
        IAccessGrants.Terms counter;
        uint40 counteredAt;
        address firstOfficer;
        uint40 firstValidUntil;
        uint32 offer;
    }

    struct Offer {
        uint32 dataset;
        uint40 publishedAt;
        bool retired;
        IAccessGrants.Offer offered;
    }

    uint32 internal grantCount;
    uint32 internal offerCount;
    mapping(uint32 grant => Grant) internal asked;
    mapping(uint32 offer => Offer) internal offers;

    // ------------------------------------------------------------------ what is so now
    /// @dev Why the grant doesn't permit `receiver` to have `dataset`; overdue receipts and consents apart.
    function causeOf(
        uint32 grant,
        uint32 dataset,
        uint32 receiver
    ) internal view returns (RefusalCause) {
        Grant storage found = asked[grant];
        if (found.state == GrantState.None) return RefusalCause.NoGrant;
        if (found.dataset != dataset || found.requester != receiver) return RefusalCause.NoGrant;
        if (found.state == GrantState.Suspended) return RefusalCause.Suspended;
        if (found.state == GrantState.Revoked) return RefusalCause.Revoked;
        if (found.state != GrantState.Active) return RefusalCause.NotActive;
        if (time >= found.terms.validUntil) return RefusalCause.Expired;
        bool before = found.heldFrom < lastResetOf(found.requester);
        return before ? RefusalCause.RequesterReset : RefusalCause.None;
    }

    // ------------------------------------------------------------------ reading
    function readGrant(ICheats.Log memory log) internal {
        bytes32 topic0 = log.topics[0];
        uint32 number = uint32(uint256(log.topics[1]));
        uint32 dataset = uint32(uint256(log.topics[2]));
        if (topic0 == IAccessGrants.OfferPublished.selector) {
            _publishOffer(number, dataset, log);
            return;
        }
        if (topic0 == IAccessGrants.OfferRetired.selector) {
            must(!offers[number].retired, Rule.OffersFit);
            offers[number].retired = true;
            return;
        }
        uint32 requester = uint32(uint256(log.topics[3]));
        Grant storage grant = asked[number];
        if (topic0 == IAccessGrants.AccessRequested.selector) {
            _request(number, dataset, requester, log.data);
            return;
        }
        must(grant.dataset == dataset && grant.requester == requester, Rule.GrantSteps);
        if (topic0 == IAccessGrants.GrantActivated.selector) {
            (bytes32 terms, GrantBasis basis) = abi.decode(log.data, (bytes32, GrantBasis));
            _activate(grant, terms, basis);
        } else if (topic0 == IAccessGrants.ApprovalRecorded.selector) {
            (address officer, bytes32 terms) = abi.decode(log.data, (address, bytes32));
            _approve(grant, officer, terms);
        } else if (
            topic0 == IAccessGrants.RequestCountered.selector ||
            topic0 == IAccessGrants.CounterAccepted.selector ||
            topic0 == IAccessGrants.RequestResubmitted.selector
        ) {
            _negotiate(grant, topic0, log.data);
        } else {
            _conclude(grant, topic0, log.data);
        }
    }

    function _publishOffer(uint32 offer, uint32 dataset, ICheats.Log memory log) private {
        must(offer == ++offerCount, Rule.Numbers);
        must(_ownerDecides(catalogue[dataset].owner), Rule.OwnersDecide);
        Offer storage made = offers[offer];
        (made.dataset, made.publishedAt) = (dataset, time);
        IAccessGrants.Offer memory offered;
        offered.group = log.topics[3];
        (
            offered.digest,
            offered.purpose,
            offered.standing,
            offered.allFields,
            offered.onwardUse,
            offered.validUntil,
            offered.longest
        ) = abi.decode(log.data, (bytes32, uint16, uint8, bool, bool, uint40, uint32));
        made.offered = offered;
    }

    function _request(uint32 number, uint32 dataset, uint32 requester, bytes memory data) private {
        must(number == ++grantCount, Rule.Numbers);
        must(!isRetired(), Rule.RetiredOpensNothing);
        Grant storage grant = asked[number];
        Dataset storage wanted = catalogue[dataset];
        must(
            wanted.owner != requester &&
                !wanted.withdrawn &&
                wanted.rules.sharing != SharingClass.Closed,
            Rule.GrantSteps
        );
        must(isGood(wanted.owner), Rule.GoodStanding);
        grant.dataset = dataset;
        grant.requester = requester;
        grant.owner = wanted.owner;
        grant.approvals = wanted.rules.approvals;
        grant.state = GrantState.Requested;
        (grant.offer, grant.terms, grant.respondBy) = abi.decode(
            data,
            (uint32, IAccessGrants.Terms, uint40)
        );
        _mustBeWanted(grant.terms);
        _mustBeDue(grant.respondBy);
    }

    function _activate(Grant storage grant, bytes32 terms, GrantBasis basis) private {
        must(grant.terms.validUntil > time || basis == GrantBasis.Counter, Rule.GrantSteps);
        grant.heldFrom = time;
        uint32 by = accounts[caller].department;
        if (basis == GrantBasis.Approval || basis == GrantBasis.Order) {
            bool order = basis == GrantBasis.Order;
            must(
                grant.state == (order ? GrantState.Ordered : GrantState.Requested),
                Rule.GrantSteps
            );
            must(_ownerDecides(grant.owner), Rule.OwnersDecide);
            must(terms == grant.terms.digest, Rule.TermsNamed);
            if (grant.approvals > 1) _mustBeSecond(grant, 0);
            grant.ordered = order;
        } else if (basis == GrantBasis.Counter) {
            must(grant.state == GrantState.Countered && by == grant.requester, Rule.GrantSteps);
            must(grant.approvals == 1, Rule.TwoOfficers);
            must(terms == grant.counter.digest, Rule.TermsNamed);
            must(time < grant.respondBy && time < grant.counter.validUntil, Rule.GrantSteps);
            grant.terms = grant.counter;
            grant.heldFrom = grant.counteredAt;
        } else {
            must(grant.state == GrantState.Requested && by == grant.requester, Rule.GrantSteps);
            must(terms == grant.terms.digest, Rule.TermsNamed);
            if (basis == GrantBasis.Offer) _mustFit(grant);
            else
                must(
                    catalogue[grant.dataset].rules.sharing == SharingClass.Open,
                    Rule.OwnersDecide
                );
        }
        grant.state = GrantState.Active;
        delete grant.firstOfficer;
    }

    /// @dev The first of two approvals, of the request or order, or of an extension.
    function _approve(Grant storage grant, address officer, bytes32 terms) private {
        must(officer == caller && _ownerDecides(grant.owner), Rule.OwnersDecide);
        must(grant.approvals > 1, Rule.TwoOfficers);
        grant.firstOfficer = officer;
        grant.firstValidUntil = 0;
        if (grant.state == GrantState.Active) grant.firstValidUntil = uint40(uint256(terms));
        else must(terms == grant.terms.digest, Rule.TermsNamed);
    }

    function _negotiate(Grant storage grant, bytes32 topic0, bytes memory data) private {
        if (topic0 == IAccessGrants.RequestCountered.selector) {
            must(grant.state == GrantState.Requested, Rule.GrantSteps);
            must(_ownerDecides(grant.owner), Rule.OwnersDecide);
            address officer;
            (grant.counter, grant.respondBy, officer) = abi.decode(
                data,
                (IAccessGrants.Terms, uint40, address)
            );
            must(officer == caller, Rule.OwnersDecide);
            _mustBeWanted(grant.counter);
            (grant.firstOfficer, grant.firstValidUntil) = (officer, 0);
            (grant.state, grant.counteredAt) = (GrantState.Countered, time);
        } else if (topic0 == IAccessGrants.CounterAccepted.selector) {
            must(grant.state == GrantState.Countered && grant.approvals > 1, Rule.GrantSteps);
            must(time < grant.respondBy && time < grant.counter.validUntil, Rule.GrantSteps);
            bytes32 terms;
            (terms, grant.respondBy) = abi.decode(data, (bytes32, uint40));
            must(terms == grant.counter.digest, Rule.TermsNamed);
            (grant.state, grant.terms) = (GrantState.Requested, grant.counter);
        } else {
            must(grant.state == GrantState.Returned && !isRetired(), Rule.GrantSteps);
            (grant.terms, grant.respondBy) = abi.decode(data, (IAccessGrants.Terms, uint40));
            _mustBeWanted(grant.terms);
            grant.state = GrantState.Requested;
        }
        _mustBeDue(grant.respondBy);
    }

    function _conclude(Grant storage grant, bytes32 topic0, bytes memory data) private {
        GrantState from = grant.state;
        if (topic0 == IAccessGrants.GrantExtended.selector) {
            uint40 validUntil = abi.decode(data, (uint40));
            must(from == GrantState.Active && time < grant.terms.validUntil, Rule.GrantSteps);
            must(validUntil > grant.terms.validUntil, Rule.GrantSteps);
            must(_ownerDecides(grant.owner), Rule.OwnersDecide);
            if (grant.approvals > 1) _mustBeSecond(grant, validUntil);
            grant.terms.validUntil = validUntil;
            delete grant.firstOfficer;
        } else if (topic0 == IAccessGrants.GrantSuspended.selector) {
            must(from == GrantState.Active, Rule.GrantSteps);
            grant.state = GrantState.Suspended;
        } else if (topic0 == IAccessGrants.GrantResumed.selector) {
            bool reset = from == GrantState.Active && grant.heldFrom < lastResetOf(grant.requester);
            must(reset || from == GrantState.Suspended, Rule.GrantSteps);
            must(_ownerDecides(grant.owner), Rule.OwnersDecide);
            (grant.state, grant.heldFrom) = (GrantState.Active, time);
        } else if (topic0 == IAccessGrants.GrantRevoked.selector) {
            must(from == GrantState.Active || from == GrantState.Suspended, Rule.GrantSteps);
            grant.state = GrantState.Revoked;
        } else {
            _end(grant, from, topic0, data);
            delete grant.firstOfficer;
        }
    }

    function _end(Grant storage grant, GrantState from, bytes32 topic0, bytes memory data) private {
        bool open =
            from == GrantState.Countered ||
                from == GrantState.Returned ||
                from == GrantState.Refused;
        if (topic0 == IAccessGrants.RequestReturned.selector) {
            must(from == GrantState.Requested, Rule.GrantSteps);
            grant.state = GrantState.Returned;
        } else if (topic0 == IAccessGrants.RequestRefused.selector) {
            must(from == GrantState.Requested, Rule.GrantSteps);
            grant.state = GrantState.Refused;
        } else if (topic0 == IAccessGrants.RequestWithdrawn.selector) {
            open = open || from == GrantState.Requested || from == GrantState.Escalated;
            must(open, Rule.GrantSteps);
            grant.state = GrantState.Withdrawn;
        } else if (topic0 == IAccessGrants.RequestEscalated.selector) {
            bool late = from == GrantState.Requested && time > grant.respondBy;
            must(open || late, Rule.GrantSteps);
            grant.state = GrantState.Escalated;
        } else {
            bool order = topic0 == IAccessGrants.AccessOrdered.selector;
            must(from == GrantState.Escalated, Rule.GrantSteps);
            must(grant.requester != accounts[caller].department, Rule.OwnersDecide);
            must(abi.decode(data, (bytes32)) == grant.terms.digest, Rule.TermsNamed);
            grant.state = order ? GrantState.Ordered : GrantState.Upheld;
            if (order) _mustGiveTime(data);
        }
    }

    // ------------------------------------------------------------------ checks
    function _ownerDecides(uint32 owner) private view returns (bool) {
        return holds(caller, owner, Capability.OFFICER);
    }

    function _mustBeSecond(Grant storage grant, uint40 validUntil) private {
        must(
            grant.firstOfficer != address(0) &&
                grant.firstOfficer != caller &&
                grant.firstValidUntil == validUntil,
            Rule.TwoOfficers
        );
    }

    function _mustFit(Grant storage grant) private {
        Offer storage offer = offers[grant.offer];
        IAccessGrants.Offer memory offered = offer.offered;
        IAccessGrants.Terms memory terms = grant.terms;
        must(
            offer.dataset == grant.dataset &&
                !offer.retired &&
                time < offered.validUntil &&
                (offered.purpose == 0 || offered.purpose == terms.purpose) &&
                (offered.allFields || !terms.allFields) &&
                (offered.onwardUse || !terms.onwardUse) &&
                terms.validUntil <= time + offered.longest,
            Rule.OffersFit
        );
        must(
            (offered.group == 0 || isInGroup(offered.group, grant.requester)) &&
                standingOf(grant.requester) >= offered.standing &&
                offer.publishedAt >= lastResetOf(grant.requester) &&
                grant.approvals == 1,
            Rule.OffersFit
        );
    }

    function _mustBeWanted(IAccessGrants.Terms memory terms) private {
        must(terms.digest != 0 && terms.purpose != 0 && terms.validUntil > time, Rule.GrantSteps);
    }

    function _mustBeDue(uint40 respondBy) private {
        must(respondBy == time + periodsNow().respond, Rule.Minimum);
        must(respondBy >= time + MINIMUM, Rule.Minimum);
    }

    function _mustGiveTime(bytes memory data) private {
        (, , , uint40 effectiveAt, uint40 complyBy) = abi.decode(
            data,
            (bytes32, uint16, bytes32, uint40, uint40)
        );
        must(effectiveAt >= time + NOTICE, Rule.Notice);
        must(complyBy >= effectiveAt + MINIMUM, Rule.Minimum);
    }
}
