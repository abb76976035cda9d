// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {Capability, DatasetId, GrantId, GrantState, OfferId} from "../../Types.sol";
import {IAccessGrants} from "../../interfaces/IAccessGrants.sol";
import {Call} from "./Handler.sol";
import {DatasetCalls} from "./DatasetCalls.sol";

/// @dev Every call of {AccessGrants}.
abstract contract GrantCalls is DatasetCalls {
    // ------------------------------------------------------------------ of the requester
    function request(uint256 seed) external drawing(seed) {
        anyoneDoes(
            Call.Request,
            anyDepartment(),
            Capability.OFFICER,
            address(grants),
            abi.encodeCall(grants.request, (DatasetId.wrap(anyDataset()), anyTerms()))
        );
    }

    function requestUnderOffer(uint256 seed) external drawing(seed) {
        uint32 offer = uint32(1 + draw(offerCount));
        IAccessGrants.Terms memory terms = anyTerms();
        terms.validUntil = time + 1 + uint40(draw(offers[offer].offered.longest + 1));
        anyoneDoes(
            Call.RequestUnderOffer,
            anyDepartment(),
            Capability.OFFICER,
            address(grants),
            abi.encodeCall(grants.requestUnderOffer, (OfferId.wrap(offer), terms))
        );
    }

    function accept(uint256 seed) external drawing(seed) {
        uint32 grant = grantIn(GrantState.Countered);
        bytes32 terms = usually() ? asked[grant].counter.digest : asked[grant].terms.digest;
        officerDoes(
            Call.Accept,
            asked[grant].requester,
            address(grants),
            abi.encodeCall(grants.accept, (GrantId.wrap(grant), terms))
        );
    }

    function resubmit(uint256 seed) external drawing(seed) {
        uint32 grant = grantIn(GrantState.Returned);
        officerDoes(
            Call.Resubmit,
            asked[grant].requester,
            address(grants),
            abi.encodeCall(grants.resubmit, (GrantId.wrap(grant), anyTerms()))
        );
    }

    function withdrawRequest(uint256 seed) external drawing(seed) {
        uint32 grant = grantIn(draw(2) == 0 ? GrantState.Requested : GrantState.Countered);
        officerDoes(
            Call.WithdrawRequest,
            asked[grant].requester,
            address(grants),
            abi.encodeCall(grants.withdraw, (GrantId.wrap(grant)))
        );
    }

    function escalate(uint256 seed) external drawing(seed) {
        GrantState[4] memory states = [
            GrantState.Refused,
            GrantState.Requested,
            GrantState.Countered,
            GrantState.Returned
        ];
        uint32 grant = grantIn(states[draw(4)]);
        officerDoes(
            Call.Escalate,
            asked[grant].requester,
            address(grants),
            abi.encodeCall(grants.escalate, (GrantId.wrap(grant), why()))
        );
    }

    // ------------------------------------------------------------------ of the owner
    function publishOffer(uint256 seed) external drawing(seed) {
        uint32 dataset = anyDataset();
        uint32 owner = catalogue[dataset].owner;
        IAccessGrants.Offer memory offered = IAccessGrants.Offer({
            digest: digest(1),
            group: draw(2) == 0 ? bytes32(0) : bytes32("bureaus"),
            purpose: draw(2) == 0 ? 0 : PURPOSE,
            standing: uint8(draw(3)),
            allFields: draw(2) == 0,
            onwardUse: draw(2) == 0,
            validUntil: time + uint40(draw(1 days)),
            longest: uint32(draw(1 days))
        });
        oneDoes(
            Call.PublishOffer,
            owner,
            Capability.OFFICER,
            address(grants),
            abi.encodeCall(grants.publishOffer, (DatasetId.wrap(dataset), offered))
        );
    }

    function retireOffer(uint256 seed) external drawing(seed) {
        uint32 offer = uint32(1 + draw(offerCount));
        uint32 owner = catalogue[offers[offer].dataset].owner;
        oneDoes(
            Call.RetireOffer,
            owner,
            Capability.OFFICER,
            address(grants),
            abi.encodeCall(grants.retireOffer, (OfferId.wrap(offer), why()))
        );
    }

    function approve(uint256 seed) external drawing(seed) {
        uint32 grant = grantIn(GrantState.Requested);
        officerDoes(
            Call.Approve,
            asked[grant].owner,
            address(grants),
            abi.encodeCall(grants.approve, (GrantId.wrap(grant), _namedTerms(grant)))
        );
    }

    function counter(uint256 seed) external drawing(seed) {
        uint32 grant = grantIn(GrantState.Requested);
        officerDoes(
            Call.Counter,
            asked[grant].owner,
            address(grants),
            abi.encodeCall(grants.counter, (GrantId.wrap(grant), anyTerms()))
        );
    }

    function returnForCompletion(uint256 seed) external drawing(seed) {
        uint32 grant = grantIn(GrantState.Requested);
        officerDoes(
            Call.ReturnForCompletion,
            asked[grant].owner,
            address(grants),
            abi.encodeCall(grants.returnForCompletion, (GrantId.wrap(grant), why()))
        );
    }

    function refuse(uint256 seed) external drawing(seed) {
        uint32 grant = grantIn(GrantState.Requested);
        officerDoes(
            Call.Refuse,
            asked[grant].owner,
            address(grants),
            abi.encodeCall(grants.refuse, (GrantId.wrap(grant), why()))
        );
    }

    function comply(uint256 seed) external drawing(seed) {
        uint32 grant = grantIn(GrantState.Ordered);
        officerDoes(
            Call.Comply,
            asked[grant].owner,
            address(grants),
            abi.encodeCall(grants.comply, (GrantId.wrap(grant), _namedTerms(grant)))
        );
    }

    function extend(uint256 seed) external drawing(seed) {
        uint32 grant = grantIn(GrantState.Active);
        uint40 waiting_ = asked[grant].firstValidUntil;
        uint40 until = asked[grant].terms.validUntil + uint40(draw(1 days));
        officerDoes(
            Call.Extend,
            asked[grant].owner,
            address(grants),
            abi.encodeCall(
                grants.extend,
                (GrantId.wrap(grant), waiting_ != 0 && usually() ? waiting_ : until)
            )
        );
    }

    function suspendGrant(uint256 seed) external drawing(seed) {
        uint32 grant = grantIn(GrantState.Active);
        officerDoes(
            Call.SuspendGrant,
            _judgeOf(grant),
            address(grants),
            abi.encodeCall(grants.suspend, (GrantId.wrap(grant), why()))
        );
    }

    function resume(uint256 seed) external drawing(seed) {
        uint32 grant = grantIn(draw(3) == 0 ? GrantState.Active : GrantState.Suspended);
        officerDoes(
            Call.Resume,
            asked[grant].owner,
            address(grants),
            abi.encodeCall(grants.resume, (GrantId.wrap(grant)))
        );
    }

    function revoke(uint256 seed) external drawing(seed) {
        uint32 grant = grantIn(draw(2) == 0 ? GrantState.Active : GrantState.Suspended);
        officerDoes(
            Call.Revoke,
            _judgeOf(grant),
            address(grants),
            abi.encodeCall(grants.revoke, (GrantId.wrap(grant), why()))
        );
    }

    // ------------------------------------------------------------------ of the agency
    function rule(uint256 seed) external drawing(seed) {
        uint32 grant = grantIn(GrantState.Escalated);
        agencyDoes(
            Call.Rule,
            address(grants),
            abi.encodeCall(
                grants.rule,
                (GrantId.wrap(grant), _namedTerms(grant), draw(4) != 0, why())
            )
        );
    }

    // ------------------------------------------------------------------ internal
    function anyTerms() internal returns (IAccessGrants.Terms memory) {
        return
            IAccessGrants.Terms({
                digest: usually() ? digest(draw(1000)) : bytes32(draw(3)),
                purpose: usually() ? PURPOSE : uint16(draw(5)),
                allFields: draw(2) == 0,
                onwardUse: draw(2) == 0,
                validUntil: time + uint40(draw(2 days))
            });
    }

    function _namedTerms(uint32 grant) private returns (bytes32) {
        return usually() ? asked[grant].terms.digest : digest(draw(1000));
    }

    function _judgeOf(uint32 grant) private view returns (uint32) {
        return asked[grant].ordered ? agencyNow() : asked[grant].owner;
    }
}
