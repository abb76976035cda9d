// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {
    DatasetId,
    DepartmentId,
    GrantBasis,
    GrantId,
    GrantState,
    OfferId,
    Reason,
    RefusalCause
} from "../Types.sol";
import {IConsentRegistry} from "./IConsentRegistry.sol";
import {IDatasetRegistry} from "./IDatasetRegistry.sol";
import {IDepartmentRegistry} from "./IDepartmentRegistry.sol";
import {IEventHeads} from "./IEventHeads.sol";

/// @title Requests, offers and the grants that they become
/// @notice A department asks for a dataset; its owner decides, or has decided by an offer; whoever got no yes escalates
/// to the agency. One number for request and grant.
interface IAccessGrants is IEventHeads {
    /// @notice What the contracts enforce of the terms; the record must say the same (clients reject one that
    /// doesn't).
    /// `validUntil`: block time, in seconds, at which the grant expires. `digest`: 1 is missing as 0 is.
    struct Terms {
        bytes32 digest;
        uint16 purpose;
        bool allFields;
        bool onwardUse;
        uint40 validUntil;
    }

    /// @notice A request or grant. `terms` is zero once it is Active: nothing compares with it any more, and the
    /// events tell it. `owner` and `approvals` are the dataset's at the time of the request: an edit changes nothing
    /// about requests that wait.
    /// `clock` is the one time that matters in a state: Requested: the response is due; Countered: the counter lapses;
    /// Ordered: the owner has to comply; Active: since when the owner wants it to hold. Otherwise without meaning.
    /// `ordered`: made Active under an order.
    struct Grant {
        DatasetId dataset;
        DepartmentId requester;
        DepartmentId owner;
        GrantState state;
        uint8 approvals;
        uint16 purpose;
        bool allFields;
        bool onwardUse;
        bool ordered;
        uint40 clock;
        uint40 validUntil;
        bytes32 terms;
    }

    /// @notice An owner's standing permission. `group` zero: any; `purpose` zero: any; `allFields` false: only some
    /// fields, those of the offer's record. A request may ask for less, never for more.
    /// `validUntil`: block time, in seconds, until which requests fit; `longest`: seconds a grant may be valid.
    struct Offer {
        bytes32 digest;
        bytes32 group;
        uint16 purpose;
        uint8 standing;
        bool allFields;
        bool onwardUse;
        uint40 validUntil;
        uint32 longest;
    }

    // ------------------------------------------------------------------ events (head: the dataset's)
    event OfferPublished(
        OfferId indexed offer,
        DatasetId indexed dataset,
        bytes32 indexed group,
        bytes32 terms,
        uint16 purpose,
        uint8 standing,
        bool allFields,
        bool onwardUse,
        uint40 validUntil,
        uint32 longest
    );
    event OfferRetired(
        OfferId indexed offer,
        DatasetId indexed dataset,
        uint16 reasonCode,
        bytes32 reason
    );
    /// @notice `offer` is 0 unless the request was made under one.
    event AccessRequested(
        GrantId indexed grant,
        DatasetId indexed dataset,
        DepartmentId indexed requester,
        OfferId offer,
        bytes32 terms,
        uint16 purpose,
        bool allFields,
        bool onwardUse,
        uint40 validUntil,
        uint40 respondBy
    );
    /// @notice The first of two approvals; the grant isn't Active yet, or not extended yet.
    event ApprovalRecorded(
        GrantId indexed grant,
        DatasetId indexed dataset,
        DepartmentId indexed requester,
        address officer,
        bytes32 terms
    );
    event GrantActivated(
        GrantId indexed grant,
        DatasetId indexed dataset,
        DepartmentId indexed requester,
        bytes32 terms,
        GrantBasis basis
    );
    /// @notice Other terms, by the owner, which the requester may accept until `lapsesAt`.
    event RequestCountered(
        GrantId indexed grant,
        DatasetId indexed dataset,
        DepartmentId indexed requester,
        bytes32 terms,
        uint16 purpose,
        bool allFields,
        bool onwardUse,
        uint40 validUntil,
        uint40 lapsesAt,
        address officer
    );
    /// @notice The requester takes the owner's terms; a second officer of the owner is still to approve them.
    event CounterAccepted(
        GrantId indexed grant,
        DatasetId indexed dataset,
        DepartmentId indexed requester,
        bytes32 terms,
        uint40 respondBy
    );
    event RequestReturned(
        GrantId indexed grant,
        DatasetId indexed dataset,
        DepartmentId indexed requester,
        uint16 reasonCode,
        bytes32 reason
    );
    event RequestResubmitted(
        GrantId indexed grant,
        DatasetId indexed dataset,
        DepartmentId indexed requester,
        bytes32 terms,
        uint16 purpose,
        bool allFields,
        bool onwardUse,
        uint40 validUntil,
        uint40 respondBy
    );
    event RequestRefused(
        GrantId indexed grant,
        DatasetId indexed dataset,
        DepartmentId indexed requester,
        uint16 reasonCode,
        bytes32 reason
    );
    event RequestWithdrawn(
        GrantId indexed grant,
        DatasetId indexed dataset,
        DepartmentId indexed requester
    );
    event RequestEscalated(
        GrantId indexed grant,
        DatasetId indexed dataset,
        DepartmentId indexed requester,
        uint16 reasonCode,
        bytes32 reason
    );
    /// @notice The agency rules for the requester, in effect from `effectiveAt` on; the owner has until `complyBy`.
    event AccessOrdered(
        GrantId indexed grant,
        DatasetId indexed dataset,
        DepartmentId indexed requester,
        bytes32 terms,
        uint16 reasonCode,
        bytes32 reason,
        uint40 effectiveAt,
        uint40 complyBy
    );
    /// @notice The agency rules for the owner.
    event RefusalUpheld(
        GrantId indexed grant,
        DatasetId indexed dataset,
        DepartmentId indexed requester,
        bytes32 terms,
        uint16 reasonCode,
        bytes32 reason
    );
    event GrantExtended(
        GrantId indexed grant,
        DatasetId indexed dataset,
        DepartmentId indexed requester,
        uint40 validUntil
    );
    event GrantSuspended(
        GrantId indexed grant,
        DatasetId indexed dataset,
        DepartmentId indexed requester,
        uint16 reasonCode,
        bytes32 reason
    );
    event GrantResumed(
        GrantId indexed grant,
        DatasetId indexed dataset,
        DepartmentId indexed requester
    );
    event GrantRevoked(
        GrantId indexed grant,
        DatasetId indexed dataset,
        DepartmentId indexed requester,
        uint16 reasonCode,
        bytes32 reason
    );

    // ------------------------------------------------------------------ errors
    error ApprovalGivenAlready(GrantId grant, address officer);
    error CounterHasLapsed(GrantId grant, uint40 lapsesAt);
    error DatasetIsClosed(DatasetId dataset);
    /// @dev A standing permission would go round the second officer.
    error DatasetNeedsTwoApprovals(DatasetId dataset);
    error ExtensionTooShort(GrantId grant, uint40 validUntil, uint40 current);
    error GrantHasExpired(GrantId grant, uint40 validUntil);
    error GrantIsOrdered(GrantId grant);
    error GrantStateUnexpected(GrantId grant, GrantState state);
    error GrantUnknown(GrantId grant);
    error LongestMissing();
    error NotTheRequester(GrantId grant, DepartmentId department);
    error OfferDoesNotFit(OfferId offer, DepartmentId requester);
    error OfferIsRetired(OfferId offer);
    error OfferUnknown(OfferId offer);
    error OwnCase(GrantId grant);
    error OwnDataset(DatasetId dataset);
    error PurposeMissing();
    error ResponseNotYetDue(GrantId grant, uint40 respondBy);
    error TermsMismatch(GrantId grant, bytes32 terms, bytes32 expected);
    error TooManyUnanswered(DepartmentId requester, DepartmentId owner, uint256 limit);
    error ValidityOver(uint40 validUntil);

    // ------------------------------------------------------------------ calls of the requester
    /// @notice Asks for a dataset under terms; of an `open` dataset the grant is Active at once.
    /// Requirements: caller is an OFFICER; the dataset exists, is another department's, neither closed nor
    /// withdrawn; its owner is in good standing; `validUntil` in the future; purpose and digest not zero; unless the
    /// dataset is open, fewer than {MAX_UNANSWERED} requests to this owner wait for its response.
    /// Emits {AccessRequested} and, for an open dataset, {GrantActivated}.
    function request(DatasetId dataset, Terms calldata terms) external returns (GrantId grant);

    /// @notice Asks under an offer; the grant is Active at once.
    /// Requirements: as {request}, whatever the class but closed; the offer isn't retired or over, and fits the
    /// caller's department; the terms ask for no more than it offers; the dataset asks for one approval.
    /// Emits {AccessRequested} and {GrantActivated}.
    function requestUnderOffer(
        OfferId offer,
        Terms calldata terms
    ) external returns (GrantId grant);

    /// @notice Takes the owner's counter, naming its digest. The grant counts as wanted since the counter was made, so
    /// it doesn't hold where the requester's ADMIN was reset in between. Where the dataset asked for two approvals, the
    /// request waits for the second officer under the counter's terms, with a new deadline and among the unanswered.
    /// Requirements: caller is an OFFICER of the requester; Countered; not lapsed; same terms; not expired.
    /// Emits {GrantActivated} or {CounterAccepted}.
    function accept(GrantId grant, bytes32 terms) external;

    /// @notice Asks again after a return, with the same or other terms and a new deadline; approvals start anew.
    /// Requirements: caller is an OFFICER of the requester; Returned; terms as for {request}, the cap too.
    /// Emits {RequestResubmitted}.
    function resubmit(GrantId grant, Terms calldata terms) external;

    /// @notice Requirements: caller is an OFFICER of the requester; Requested, Countered, Returned, Refused or
    /// Escalated. Emits {RequestWithdrawn}.
    function withdraw(GrantId grant) external;

    /// @notice Brings a request that got no yes before the agency, under the terms that were asked for, not those of a
    /// counter. An approval given before doesn't count for what the agency may order.
    /// Requirements: caller is an OFFICER of the requester; Requested and past its deadline, Refused, Countered or
    /// Returned; reason given. Emits {RequestEscalated}.
    function escalate(GrantId grant, Reason calldata reason) external;

    // ------------------------------------------------------------------ calls of the owner
    /// @notice Publishes a standing permission.
    /// Requirements: caller is an OFFICER of the owner; the dataset exists, neither closed nor withdrawn, and asks for
    /// one approval; digest not zero; `group` zero or well formed; `validUntil` in the future; `longest` not zero.
    /// Emits {OfferPublished}.
    function publishOffer(
        DatasetId dataset,
        Offer calldata offered
    ) external returns (OfferId offer);

    /// @notice Ends an offer; grants made under it stay.
    /// Requirements: caller is an OFFICER of the owner; not retired; reason given. Emits {OfferRetired}.
    function retireOffer(OfferId offer, Reason calldata reason) external;

    /// @notice Approves a request, naming the digest of the terms that are agreed to.
    /// Requirements: caller is an OFFICER of the owner; Requested; same terms; not expired; where the
    /// dataset asked for two approvals when it was requested, the second comes from another officer.
    /// Emits {ApprovalRecorded} or {GrantActivated}.
    function approve(GrantId grant, bytes32 terms) external;

    /// @notice Offers other terms, which lapse after the period for responses. Where the dataset asked for two
    /// approvals, this is the first of them, and one of the terms that were asked for isn't any more.
    /// Requirements: caller is an OFFICER of the owner; Requested; `validUntil` in the future; purpose and digest not
    /// zero. Emits {RequestCountered}.
    function counter(GrantId grant, Terms calldata terms) external;

    /// @notice Sends a request back for completion.
    /// Requirements: caller is an OFFICER of the owner; Requested; reason given. Emits {RequestReturned}.
    function returnForCompletion(GrantId grant, Reason calldata reason) external;

    /// @notice Requirements: caller is an OFFICER of the owner; Requested; reason given. Emits {RequestRefused}.
    function refuse(GrantId grant, Reason calldata reason) external;

    /// @notice Does what the agency ordered, naming the digest of the terms; late, too.
    /// Requirements: caller is an OFFICER of the owner; Ordered; same terms; not expired; two officers where the
    /// dataset asked for two approvals. Emits {ApprovalRecorded} or {GrantActivated}.
    function comply(GrantId grant, bytes32 terms) external;

    /// @notice Lets a grant hold for longer.
    /// Requirements: caller is an OFFICER of the owner; Active, not expired; `validUntil` later than now granted; two
    /// officers, who name the same time, where the dataset asked for two approvals (another time is a new first one).
    /// Emits {ApprovalRecorded} (with the time as `terms`) or {GrantExtended}.
    function extend(GrantId grant, uint40 validUntil) external;

    /// @notice Requirements: caller is an OFFICER of the owner, or, for a grant made under an order, of the agency
    /// alone; Active; reason given. Emits {GrantSuspended}.
    function suspend(GrantId grant, Reason calldata reason) external;

    /// @notice Lets a grant hold again that was suspended, or that a reset of the requester's ADMIN made not hold.
    /// Requirements: caller is an OFFICER of the owner, also for a grant made under an order; Suspended, or Active
    /// from before the reset. Emits {GrantResumed}.
    function resume(GrantId grant) external;

    /// @notice Requirements: caller is an OFFICER of the owner, or, for a grant made under an order, of the agency
    /// alone; Active or Suspended; reason given. Emits {GrantRevoked}.
    function revoke(GrantId grant, Reason calldata reason) external;

    // ------------------------------------------------------------------ calls of the agency
    /// @notice Rules on an escalation, naming the digest of the terms. An order takes effect after the notice period,
    /// and the period for complying begins then; it makes no grant Active by itself.
    /// Requirements: caller is an OFFICER of the agency; Escalated; the agency isn't the requester; same terms; reason
    /// given. Emits {AccessOrdered} or {RefusalUpheld}.
    function rule(GrantId grant, bytes32 terms, bool order, Reason calldata reason) external;

    // ------------------------------------------------------------------ views
    /// @notice Reverts with {GrantUnknown} where there is none.
    function grantOf(GrantId grant) external view returns (Grant memory);

    /// @notice The terms of the owner's counter; zero where there is none.
    function counterOf(GrantId grant) external view returns (Terms memory);

    /// @notice Reverts with {OfferUnknown} where there is none.
    function offerOf(
        OfferId offer
    )
        external
        view
        returns (DatasetId dataset, uint40 publishedAt, bool retired, Offer memory offered);

    /// @notice Whether `grant` permits `receiver` to have `dataset` now (`cause` None), which fields, whether for
    /// onward use too, and for what purpose. Never reverts.
    function permission(
        GrantId grant,
        DatasetId dataset,
        DepartmentId receiver
    ) external view returns (RefusalCause cause, bool allFields, bool onwardUse, uint16 purpose);

    /// @notice As {permission}, for a caller that has just read the receiver's {IDepartmentRegistry-lastReset}.
    function permissionSince(
        GrantId grant,
        DatasetId dataset,
        DepartmentId receiver,
        uint40 resetAt
    ) external view returns (RefusalCause cause, bool allFields, bool onwardUse, uint16 purpose);

    /// @notice The officer who gave the first of two approvals, while it waits for the second; else zero.
    function firstApprover(GrantId grant) external view returns (address);

    function grantCount() external view returns (uint32);

    function offerCount() external view returns (uint32);

    /// @notice How many requests of one department may wait for the response of one owner.
    function MAX_UNANSWERED() external view returns (uint256);

    function departments() external view returns (IDepartmentRegistry);

    function datasets() external view returns (IDatasetRegistry);

    function consents() external view returns (IConsentRegistry);
}
