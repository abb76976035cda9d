// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {
    DatasetId,
    DepartmentId,
    GrantId,
    Reason,
    RefusalCause,
    TransferId,
    TransferState
} from "../Types.sol";
import {IAccessGrants} from "./IAccessGrants.sol";
import {IDatasetRegistry} from "./IDatasetRegistry.sol";
import {IDepartmentRegistry} from "./IDepartmentRegistry.sol";
import {IEventHeads} from "./IEventHeads.sol";

/// @title Deliveries: no key without a trace
/// @notice A grantee opens a transfer, the owner records the release of the key, the receiver acknowledges or
/// disputes it.
interface ITransferLog is IEventHeads {
    /// @notice One storage slot. `acknowledgeBy` is 0 until the release.
    struct Transfer {
        DatasetId dataset;
        uint32 datasetVersion;
        GrantId grant;
        DepartmentId sender;
        DepartmentId receiver;
        TransferState state;
        bool cured;
        uint40 releaseBy;
        uint40 acknowledgeBy;
    }

    // ------------------------------------------------------------------ events (head: the dataset's)
    event TransferOpened(
        TransferId indexed transfer,
        DatasetId indexed dataset,
        DepartmentId indexed receiver,
        GrantId grant,
        uint32 datasetVersion,
        uint40 releaseBy
    );
    /// @notice An attempt by a member in good standing whose grant doesn't hold: recorded, without a transfer number.
    event TransferRefused(
        DatasetId indexed dataset,
        DepartmentId indexed receiver,
        GrantId indexed grant,
        uint32 datasetVersion,
        RefusalCause cause
    );
    /// @notice `wrap` is the SHA-256 of the wrapped key, which the owner puts into IPFS once this is final.
    event TransferReleased(
        TransferId indexed transfer,
        DatasetId indexed dataset,
        DepartmentId indexed receiver,
        bytes32 manifest,
        bytes32 wrap,
        uint32 keyNumber,
        uint40 acknowledgeBy
    );
    event TransferDeclined(
        TransferId indexed transfer,
        DatasetId indexed dataset,
        DepartmentId indexed receiver,
        uint16 reasonCode,
        bytes32 reason
    );
    /// @notice `receiptTag` can be made only by one who has the key and the content.
    event TransferAcknowledged(
        TransferId indexed transfer,
        DatasetId indexed dataset,
        DepartmentId indexed receiver,
        bytes32 manifest,
        bytes32 receiptTag
    );
    event TransferDisputed(
        TransferId indexed transfer,
        DatasetId indexed dataset,
        DepartmentId indexed receiver,
        uint16 reasonCode,
        bytes32 reason
    );
    event TransferSettled(
        TransferId indexed transfer,
        DatasetId indexed dataset,
        DepartmentId indexed receiver,
        uint16 reasonCode,
        bytes32 reason
    );

    // ------------------------------------------------------------------ errors
    error CuredAlready(TransferId transfer);
    error GrantDoesNotHold(GrantId grant, RefusalCause cause);
    error KeyNotCurrent(DepartmentId receiver, uint32 keyNumber, uint32 current);
    error ManifestMismatch(TransferId transfer, bytes32 manifest, bytes32 expected);
    error NotTheReceiver(TransferId transfer, DepartmentId department);
    error NotTheSender(TransferId transfer, DepartmentId department);
    error ReceiptTagMissing();
    error TooManyUnacknowledged(DatasetId dataset, DepartmentId receiver, uint256 limit);
    error TransferStateUnexpected(TransferId transfer, TransferState state);
    error TransferUnknown(TransferId transfer);

    // ------------------------------------------------------------------ calls
    /// @notice Asks for one delivery of a version. Where the grant doesn't hold, or more than {MAX_OVERDUE} releases of
    /// the dataset to the caller's department are overdue, the attempt is recorded as refused and 0 is returned.
    /// Requirements: caller is an OFFICER or AGENT; the version exists and neither it nor the dataset is withdrawn.
    /// Emits {TransferOpened} or {TransferRefused}.
    function open(
        DatasetId dataset,
        uint32 datasetVersion,
        GrantId grant
    ) external returns (TransferId transfer);

    /// @notice Records the release of the key, or its one cure after a dispute; rechecks everything in this
    /// transaction.
    /// Requirements: caller is an OFFICER or AGENT of the sender; Opened, or Disputed and not cured; the grant
    /// holds; the receiver is in good
    /// standing; the version may be served and `manifest` is its own; `keyNumber` is the receiver's current key;
    /// `wrap` not zero; fewer than {MAX_UNACKNOWLEDGED} releases of the dataset to the receiver wait for a receipt.
    /// Emits {TransferReleased}.
    function release(
        TransferId transfer,
        bytes32 manifest,
        uint32 keyNumber,
        bytes32 wrap
    ) external;

    /// @notice Requirements: caller is an OFFICER or AGENT of the sender; Opened; reason given. Emits
    /// {TransferDeclined}.
    function decline(TransferId transfer, Reason calldata reason) external;

    /// @notice Acknowledges a release once, naming the manifest that was released; a suspended receiver may.
    /// Requirements: caller is an OFFICER or AGENT of the receiver; Released; same manifest; tag not zero.
    /// Emits {TransferAcknowledged}.
    function acknowledge(TransferId transfer, bytes32 manifest, bytes32 receiptTag) external;

    /// @notice Says that a release can't be used, which stops its clock; a suspended receiver may.
    /// Requirements: caller is an OFFICER or AGENT of the receiver; Released or Acknowledged; reason given. Emits
    /// {TransferDisputed}.
    function dispute(TransferId transfer, Reason calldata reason) external;

    /// @notice Ends a dispute by the party that raised it.
    /// Requirements: caller is an OFFICER or AGENT of the receiver; Disputed; reason given. Emits {TransferSettled}.
    function settle(TransferId transfer, Reason calldata reason) external;

    // ------------------------------------------------------------------ views
    /// @notice Reverts with {TransferUnknown} where there is none.
    function transferOf(TransferId transfer) external view returns (Transfer memory);

    /// @notice How many releases of `dataset` to `receiver` are past their `acknowledgeBy`, neither acknowledged nor
    /// disputed, under whichever grant: a new grant doesn't shed the receipts that an old one owes.
    function overdueCount(DatasetId dataset, DepartmentId receiver) external view returns (uint256);

    function transferCount() external view returns (uint64);

    /// @notice Overdue releases of a dataset that a receiver may have before its new attempts are refused.
    function MAX_OVERDUE() external view returns (uint256);

    /// @notice Releases of a dataset to one receiver that may wait for a receipt at a time.
    function MAX_UNACKNOWLEDGED() external view returns (uint256);

    function departments() external view returns (IDepartmentRegistry);

    function datasets() external view returns (IDatasetRegistry);

    function grants() external view returns (IAccessGrants);
}
