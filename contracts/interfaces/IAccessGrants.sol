// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {
    DatasetId,
    DepartmentId,
    GrantBasis,
    GrantId,
    GrantState,
    Reason,
    RefusalCause
} from "../Types.sol";
import {IDatasetRegistry} from "./IDatasetRegistry.sol";
import {IDepartmentRegistry} from "./IDepartmentRegistry.sol";
import {IEventHeads} from "./IEventHeads.sol";

/// @title Requests and the grants that they become
/// @notice A department asks for a dataset; its owner decides; the contract keeps the state. One number for request
/// and grant.
interface IAccessGrants is IEventHeads {
    /// @notice What the contracts enforce of the terms; the record must say the same (clients reject one that
    /// doesn't).
    /// `validUntil`: block time, in seconds, at which the grant expires.
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
    struct Grant {
        DatasetId dataset;
        DepartmentId requester;
        DepartmentId owner;
        GrantState state;
        uint8 approvals;
        uint16 purpose;
        bool allFields;
        bool onwardUse;
        uint40 respondBy;
        uint40 validUntil;
        bytes32 terms;
    }

    // ------------------------------------------------------------------ events (head: the dataset's)
    event AccessRequested(
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
    /// @notice The first of two approvals; the grant isn't Active yet.
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
    error DatasetIsClosed(DatasetId dataset);
    error GrantHasExpired(GrantId grant, uint40 validUntil);
    error GrantStateUnexpected(GrantId grant, GrantState state);
    error GrantUnknown(GrantId grant);
    error NotTheRequester(GrantId grant, DepartmentId department);
    error OwnDataset(DatasetId dataset);
    error PartialFieldsUnsupported();
    error PurposeMissing();
    error TermsMismatch(GrantId grant, bytes32 terms, bytes32 expected);
    error ValidityOver(uint40 validUntil);

    // ------------------------------------------------------------------ calls
    /// @notice Asks for a dataset under terms; of an `open` dataset the grant is Active at once.
    /// Requirements: caller is an OFFICER; the dataset exists, is another department's, neither closed nor
    /// withdrawn; its owner is in
    /// good standing; all fields (until derived payloads exist); `validUntil` in the future; purpose and digest not
    /// zero.
    /// Emits {AccessRequested} and, for an open dataset, {GrantActivated}.
    function request(DatasetId dataset, Terms calldata terms) external returns (GrantId grant);

    /// @notice Approves a request, naming the digest of the terms that are agreed to.
    /// Requirements: caller is an OFFICER of the owner; Requested; same terms; not expired; where the
    /// dataset asked for two approvals when it was requested, the second comes from another officer.
    /// Emits {ApprovalRecorded} or {GrantActivated}.
    function approve(GrantId grant, bytes32 terms) external;

    /// @notice Requirements: caller is an OFFICER of the owner; Requested; reason given. Emits {RequestRefused}.
    function refuse(GrantId grant, Reason calldata reason) external;

    /// @notice Requirements: caller is an OFFICER of the requester; Requested. Emits {RequestWithdrawn}.
    function withdraw(GrantId grant) external;

    /// @notice Requirements: caller is an OFFICER of the owner; Active; reason given. Emits {GrantSuspended}.
    function suspend(GrantId grant, Reason calldata reason) external;

    /// @notice Requirements: caller is an OFFICER of the owner; Suspended. Emits {GrantResumed}.
    function resume(GrantId grant) external;

    /// @notice Requirements: caller is an OFFICER of the owner; Active or Suspended; reason given. Emits
    /// {GrantRevoked}.
    function revoke(GrantId grant, Reason calldata reason) external;

    // ------------------------------------------------------------------ views
    /// @notice Reverts with {GrantUnknown} where there is none.
    function grantOf(GrantId grant) external view returns (Grant memory);

    /// @notice Whether `grant` permits `receiver` to have `dataset` now; `None` means yes. Never reverts.
    function refusalCause(
        GrantId grant,
        DatasetId dataset,
        DepartmentId receiver
    ) external view returns (RefusalCause);

    /// @notice The officer who gave the first of two approvals, else zero.
    function firstApprover(GrantId grant) external view returns (address);

    function grantCount() external view returns (uint32);

    function departments() external view returns (IDepartmentRegistry);

    function datasets() external view returns (IDatasetRegistry);
}
