// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {
    ConsentId,
    DatasetId,
    DepartmentId,
    GrantId,
    PayloadKind,
    Reason,
    RecallId,
    RefusalCause,
    TransferId,
    TransferState
} from "../Types.sol";
import {IAccessGrants} from "./IAccessGrants.sol";
import {IConsentRegistry} from "./IConsentRegistry.sol";
import {IDatasetRegistry} from "./IDatasetRegistry.sol";
import {IDepartmentRegistry} from "./IDepartmentRegistry.sol";
import {IEventHeads} from "./IEventHeads.sol";

/// @title Deliveries: no key without a trace
/// @notice A grantee opens a transfer or asks a service, the owner records the release of the key, the receiver
/// acknowledges or disputes it; any member sends documents; owners recall versions and receivers attest what they did.
interface ITransferLog is IEventHeads {
    /// @notice One storage slot. A document has no dataset, version and grant; an answer has no version. `consent` is 0
    /// where the dataset needs none.
    /// `clock` is the one time that matters in a state: Opened: the release is due; Released: the receipt is due.
    /// Otherwise without meaning.
    struct Transfer {
        DatasetId dataset;
        uint32 datasetVersion;
        GrantId grant;
        DepartmentId sender;
        DepartmentId receiver;
        TransferState state;
        PayloadKind kind;
        bool cured;
        uint40 clock;
        ConsentId consent;
    }

    /// @notice Which subject an answer is about, so that the subject finds it. `hiddenUntil` 0: `tag` is the tag.
    /// Else `tag` is keccak256(tag ‖ salt), `hiddenUntil` the latest time, in seconds, at which the tag is revealed,
    /// `opening` the digest of tag and salt sealed to the auditors, and `ruling` what permits hiding it.
    struct SubjectTag {
        bytes32 tag;
        uint40 hiddenUntil;
        bytes32 opening;
        Reason ruling;
    }

    // ------------------------------------------------------------------ events
    // Head: the dataset's; of a document (dataset 0), member `receiver`'s.
    event TransferOpened(
        TransferId indexed transfer,
        DatasetId indexed dataset,
        DepartmentId indexed receiver,
        GrantId grant,
        uint32 datasetVersion,
        PayloadKind kind,
        uint40 releaseBy
    );
    /// @notice `query` is the SHA-256 of the query, sealed to the owner.
    event QueryOpened(
        TransferId indexed transfer,
        DatasetId indexed dataset,
        DepartmentId indexed receiver,
        GrantId grant,
        ConsentId consent,
        bytes32 query,
        uint40 releaseBy
    );
    /// @notice An attempt by a member in good standing whose grant doesn't hold: recorded, without a transfer number.
    /// `datasetVersion` is 0 for a query.
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
    /// @notice Beside {TransferReleased} of an answer about one subject.
    event SubjectTagged(
        TransferId indexed transfer,
        DatasetId indexed dataset,
        bytes32 indexed tag,
        uint40 hiddenUntil,
        bytes32 opening,
        uint16 rulingCode,
        bytes32 ruling
    );
    event SubjectRevealed(
        TransferId indexed transfer,
        DatasetId indexed dataset,
        bytes32 indexed tag,
        bytes32 salt,
        DepartmentId revealer
    );
    /// @notice A document, released as it is sent, or sent once more. `wrap` as in {TransferReleased}. Head: member
    /// `receiver`.
    event DocumentSent(
        TransferId indexed transfer,
        DepartmentId indexed sender,
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
    /// @notice The owner gives the disputed payload's key to an arbiter; `wrap` is the SHA-256 of the wrapped key.
    event KeyDisclosed(
        TransferId indexed transfer,
        DatasetId indexed dataset,
        DepartmentId indexed arbiter,
        DepartmentId receiver,
        uint32 keyNumber,
        bytes32 wrap
    );
    /// @notice `settler` is the receiver or the agency.
    event TransferSettled(
        TransferId indexed transfer,
        DatasetId indexed dataset,
        DepartmentId indexed receiver,
        DepartmentId settler,
        uint16 reasonCode,
        bytes32 reason
    );
    /// @notice `sources` are the transfers from which the version was made.
    event SourcesDeclared(
        DatasetId indexed dataset,
        uint32 indexed datasetVersion,
        TransferId[] sources
    );
    event VersionRecalled(
        RecallId indexed recall,
        DatasetId indexed dataset,
        uint32 indexed datasetVersion,
        uint16 reasonCode,
        bytes32 reason,
        uint40 attestBy
    );
    /// @notice `recall` 0: attested at the end of the retention period.
    event TransferAttested(
        TransferId indexed transfer,
        DatasetId indexed dataset,
        RecallId indexed recall,
        DepartmentId receiver,
        uint16 reasonCode,
        bytes32 reason
    );

    // ------------------------------------------------------------------ errors
    error ArbiterIsParty(TransferId transfer, DepartmentId arbiter);
    error AttestedAlready(TransferId transfer, RecallId recall);
    error ConsentNotInForce(ConsentId consent);
    error CuredAlready(TransferId transfer);
    error DocumentToSelf();
    error GrantDoesNotHold(GrantId grant, RefusalCause cause);
    error HiddenUntilOver(uint40 hiddenUntil);
    error KeyNotCurrent(DepartmentId receiver, uint32 keyNumber, uint32 current);
    /// @dev Documents are sent and resent, all else is released; only answers are tagged.
    error KindUnexpected(TransferId transfer, PayloadKind kind);
    error ManifestMismatch(TransferId transfer, bytes32 manifest, bytes32 expected);
    /// @dev A grant for some fields is never served with the version's own manifest.
    error ManifestNotDerived(TransferId transfer, bytes32 manifest);
    error NotTheReceiver(TransferId transfer, DepartmentId department);
    error NotTheSender(TransferId transfer, DepartmentId department);
    error OnwardUseForbidden(TransferId source);
    error QueryMissing();
    error RecallUnknown(RecallId recall);
    error ReceiptTagMissing();
    error RevealTooEarly(TransferId transfer, uint40 hiddenUntil);
    error SourceInvalid(TransferId source);
    error SourcesDeclaredAlready(DatasetId dataset, uint32 datasetVersion);
    error SourcesMissing();
    error TagMismatch(TransferId transfer);
    error TagMissing();
    error TooManySources(uint256 count, uint256 limit);
    /// @dev `dataset` 0: documents of one sender to `receiver`.
    error TooManyUnacknowledged(DatasetId dataset, DepartmentId receiver, uint256 limit);
    error TransferStateUnexpected(TransferId transfer, TransferState state);
    error TransferUnknown(TransferId transfer);
    error VersionIsRecalled(DatasetId dataset, uint32 datasetVersion, RecallId recall);
    /// @dev Withdrawn first, so that nothing of it can be released any more.
    error VersionNotWithdrawn(DatasetId dataset, uint32 datasetVersion);

    // ------------------------------------------------------------------ calls of the grantee
    /// @notice Asks for one delivery of a version. Where the grant doesn't hold, or more than {MAX_OVERDUE} releases of
    /// the dataset to the caller's department are overdue, the attempt is recorded as refused and 0 is returned.
    /// Requirements: caller is an OFFICER or AGENT; the version exists and neither it nor the dataset is withdrawn.
    /// Emits {TransferOpened} or {TransferRefused}.
    function open(
        DatasetId dataset,
        uint32 datasetVersion,
        GrantId grant
    ) external returns (TransferId transfer);

    /// @notice Asks a service. Refused attempts are recorded as for {open}, also where the dataset needs a consent that
    /// isn't in force for this department and the grant's purpose.
    /// Requirements: caller is an OFFICER or AGENT; a service dataset, not withdrawn; `query` not zero.
    /// Emits {QueryOpened} or {TransferRefused}.
    function query(
        DatasetId dataset,
        GrantId grant,
        ConsentId consent,
        bytes32 query_
    ) external returns (TransferId transfer);

    // ------------------------------------------------------------------ calls of the sender
    /// @notice Records the release of the key, or its one cure after a dispute; rechecks everything in this
    /// transaction.
    /// Requirements: caller is an OFFICER or AGENT of the sender; Opened, or Disputed and not cured; the grant
    /// holds; the receiver is in good standing; the version or the service may be served; the consent, where one is
    /// needed, is in force; `manifest` is the version's own for a grant of all fields, and isn't for one of some;
    /// `keyNumber` is the receiver's current key; `wrap` not zero; fewer than {MAX_UNACKNOWLEDGED} releases of the
    /// dataset to the receiver wait for a receipt. Emits {TransferReleased}.
    function release(
        TransferId transfer,
        bytes32 manifest,
        uint32 keyNumber,
        bytes32 wrap
    ) external;

    /// @notice As {release}, of an answer about one subject.
    /// Requirements: as {release}; an answer; tag not zero; hidden: a time in the future, a ruling and an opening, and
    /// in a cure no other tag or time than was hidden before and isn't revealed.
    /// Emits {TransferReleased} and {SubjectTagged}.
    function releaseTagged(
        TransferId transfer,
        bytes32 manifest,
        uint32 keyNumber,
        bytes32 wrap,
        SubjectTag calldata subject
    ) external;

    /// @notice Opens a hidden tag.
    /// Requirements: caller is an OFFICER of the sender, or, from `hiddenUntil` on, of an auditing body; a tag was
    /// hidden until then, isn't revealed yet, and is this one with this salt. Emits {SubjectRevealed}.
    function reveal(TransferId transfer, bytes32 tag, bytes32 salt, uint40 hiddenUntil) external;

    /// @notice Sends a document.
    /// Requirements: caller is an OFFICER or AGENT; `receiver` is another member in good standing; `manifest` and
    /// `wrap` not zero; `keyNumber` is the receiver's current key; fewer than {MAX_UNACKNOWLEDGED} documents to this
    /// receiver wait for a receipt. Emits {DocumentSent}.
    function send(
        DepartmentId receiver,
        bytes32 manifest,
        uint32 keyNumber,
        bytes32 wrap
    ) external returns (TransferId transfer);

    /// @notice Sends a disputed document once more. Requirements: as {send}; caller is of the sender; Disputed and not
    /// cured. Emits {DocumentSent}.
    function resend(TransferId transfer, bytes32 manifest, uint32 keyNumber, bytes32 wrap) external;

    /// @notice Requirements: caller is an OFFICER or AGENT of the sender; Opened; reason given. Emits
    /// {TransferDeclined}.
    function decline(TransferId transfer, Reason calldata reason) external;

    /// @notice Discloses a disputed payload's key to an arbiter, so that the commitments decide.
    /// Requirements: caller is an OFFICER of the sender; Disputed; `arbiter` is in good standing, neither party, and
    /// `keyNumber` its current key; `wrap` not zero. Emits {KeyDisclosed}.
    function disclose(
        TransferId transfer,
        DepartmentId arbiter,
        uint32 keyNumber,
        bytes32 wrap
    ) external;

    /// @notice Declares, once, from which transfers a version was made.
    /// Requirements: caller is an OFFICER of the owner; the version exists; 1 to {MAX_SOURCES} different transfers in
    /// ascending order, each acknowledged by the owner, and opened under a grant that allows onward use.
    /// Emits {SourcesDeclared}.
    function declareSources(
        DatasetId dataset,
        uint32 datasetVersion,
        TransferId[] calldata sources
    ) external;

    /// @notice Calls on all receivers of a version, also of what was made from it, to replace or destroy it.
    /// Requirements: caller is an OFFICER of the owner; the version is withdrawn and not recalled; reason given.
    /// Emits {VersionRecalled}.
    function recall(
        DatasetId dataset,
        uint32 datasetVersion,
        Reason calldata reason
    ) external returns (RecallId recall_);

    // ------------------------------------------------------------------ calls of the receiver
    /// @notice Acknowledges a release once, naming the manifest that was released; a suspended receiver may.
    /// Requirements: caller is an OFFICER or AGENT of the receiver; Released; same manifest; tag not zero.
    /// Emits {TransferAcknowledged}.
    function acknowledge(TransferId transfer, bytes32 manifest, bytes32 receiptTag) external;

    /// @notice Says that a release can't be used, which stops its clock; a suspended receiver may.
    /// Requirements: caller is an OFFICER or AGENT of the receiver; Released or Acknowledged; reason given. Emits
    /// {TransferDisputed}.
    function dispute(TransferId transfer, Reason calldata reason) external;

    /// @notice Ends a dispute, by the party that raised it or by the agency.
    /// Requirements: caller is an OFFICER or AGENT of the receiver, or an OFFICER of the agency, unless that is the
    /// sender; Disputed; reason given. Emits {TransferSettled}.
    function settle(TransferId transfer, Reason calldata reason) external;

    /// @notice Says what was done with what was received, once for each recall; a suspended receiver may. Whether the
    /// recall concerns the transfer, directly or through lineage, is seen from the declared sources.
    /// Requirements: caller is an OFFICER or AGENT of the receiver; released at some time; the recall exists or is 0
    /// (the end of the retention period); not attested for it; reason given. Emits {TransferAttested}.
    function attest(TransferId transfer, RecallId recall_, Reason calldata reason) external;

    // ------------------------------------------------------------------ views
    /// @notice Reverts with {TransferUnknown} where there is none.
    function transferOf(TransferId transfer) external view returns (Transfer memory);

    /// @notice The manifest that the last release of a derived payload, answer or document named; zero for whole
    /// versions, whose manifest is the version's own.
    function releasedManifest(TransferId transfer) external view returns (bytes32);

    /// @notice How many releases of `dataset` to `receiver` are past their `acknowledgeBy`, neither acknowledged nor
    /// disputed, under whichever grant: a new grant doesn't shed the receipts that an old one owes.
    function overdueCount(DatasetId dataset, DepartmentId receiver) external view returns (uint256);

    /// @notice The recall of a version; zero where there is none.
    function recallOf(DatasetId dataset, uint32 datasetVersion) external view returns (RecallId);

    function transferCount() external view returns (uint64);

    function recallCount() external view returns (uint32);

    /// @notice Overdue releases of a dataset that a receiver may have before its new attempts are refused.
    function MAX_OVERDUE() external view returns (uint256);

    /// @notice Releases of a dataset to one receiver, and documents of one sender to it, that may wait for a receipt at
    /// a time.
    function MAX_UNACKNOWLEDGED() external view returns (uint256);

    /// @notice Transfers from which a version may be declared to be made.
    function MAX_SOURCES() external view returns (uint256);

    function departments() external view returns (IDepartmentRegistry);

    function datasets() external view returns (IDatasetRegistry);

    function consents() external view returns (IConsentRegistry);

    function grants() external view returns (IAccessGrants);
}
