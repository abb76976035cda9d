// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {DepartmentId, Periods, Reason} from "../Types.sol";
import {IEventHeads} from "./IEventHeads.sol";

/// @title Members, their accounts and their encryption keys
/// @notice The agency admits departments and sets the deadlines; each department's ADMIN keeps its accounts and keys.
interface IDepartmentRegistry is IEventHeads {
    /// @notice One line of a scorecard. Offers ask for a least standing; a member starts with 0.
    struct Standing {
        DepartmentId department;
        uint8 standing;
    }

    // ------------------------------------------------------------------ events
    /// @notice `department` is a member from `effectiveAt` on. Head: member `department`.
    event DepartmentAdmitted(
        DepartmentId indexed department,
        bytes32 indexed code,
        address admin,
        bytes32 card,
        uint40 effectiveAt
    );
    event DepartmentSuspended(DepartmentId indexed department, uint16 reasonCode, bytes32 reason);
    event DepartmentReinstated(DepartmentId indexed department, uint16 reasonCode, bytes32 reason);
    event AuditorAppointed(DepartmentId indexed department);
    /// @notice `department` is an auditing body until `effectiveAt`.
    event AuditorRemoved(
        DepartmentId indexed department,
        uint16 reasonCode,
        bytes32 reason,
        uint40 effectiveAt
    );
    /// @notice `department` is in `group` from `effectiveAt` on, or out of it at once. Head: member `department`.
    event GroupMemberSet(
        DepartmentId indexed department,
        bytes32 indexed group,
        bool member,
        uint40 effectiveAt
    );
    /// @notice Head: member `agency`.
    event ScorecardPublished(DepartmentId indexed agency, bytes32 scorecard);
    /// @notice From `effectiveAt` on. Head: member `department`.
    event StandingSet(
        DepartmentId indexed department,
        uint8 standing,
        bytes32 scorecard,
        uint40 effectiveAt
    );
    /// @notice `finder` is the agency or an auditing body. Head: member `department`.
    event FindingPublished(
        DepartmentId indexed department,
        DepartmentId indexed finder,
        uint16 reasonCode,
        bytes32 reason
    );
    /// @notice `admin` becomes an ADMIN of `department` at `effectiveAt`, unless the department vetoes. Head: member
    /// `department`.
    event AdminResetAnnounced(
        DepartmentId indexed department,
        address indexed admin,
        uint16 reasonCode,
        bytes32 reason,
        uint40 effectiveAt
    );
    event AdminResetVetoed(
        DepartmentId indexed department,
        address indexed admin,
        address indexed vetoer
    );
    /// @notice `successor` 0 takes the proposal, or a handover that isn't in effect yet, back. Head: member `agency`.
    event HandoverProposed(DepartmentId indexed agency, DepartmentId indexed successor);
    /// @notice `successor` is the agency from `effectiveAt` on. Head: member `agency`, the one handing over.
    event HandoverAccepted(
        DepartmentId indexed agency,
        DepartmentId indexed successor,
        uint40 effectiveAt
    );
    /// @notice From `effectiveAt` on nothing is requested, opened or released here; `successor` is the digest of the
    /// deployment that takes over. Head: member `agency`.
    event DeploymentRetired(
        DepartmentId indexed agency,
        bytes32 indexed successor,
        uint40 effectiveAt
    );
    event AccountAdded(
        DepartmentId indexed department,
        address indexed account,
        uint8 capabilities
    );
    event AccountRemoved(DepartmentId indexed department, address indexed account);
    /// @notice `publicKey` is the raw X-Wing key (1,216 bytes); `digest` its SHA-256. Head: member `department`.
    event KeyPublished(
        DepartmentId indexed department,
        uint32 indexed keyNumber,
        bytes32 digest,
        bytes publicKey,
        uint40 effectiveAt
    );
    event KeyRetired(DepartmentId indexed department, uint32 indexed keyNumber);
    /// @notice New periods, in seconds, from `effectiveAt` on. Head: member `agency`.
    event DeadlinesSet(
        DepartmentId indexed agency,
        uint32 respond,
        uint32 release,
        uint32 acknowledge,
        uint32 comply,
        uint32 attest,
        uint40 effectiveAt
    );

    // ------------------------------------------------------------------ errors
    error AccountUnauthorized(address account, uint8 neededCapabilities);
    error AccountTaken(address account, DepartmentId department);
    error AccountUnknown(address account);
    error AccountInvalid(address account);
    error AgencyOnly(address account);
    error AgencyRequired(DepartmentId department);
    error AdminRequired(DepartmentId department);
    error CapabilitiesInvalid(uint8 capabilities);
    error CodeInvalid(bytes32 code);
    error CodeTaken(bytes32 code, DepartmentId department);
    error DepartmentUnknown(DepartmentId department);
    error DepartmentNotYetAdmitted(DepartmentId department, uint40 effectiveAt);
    error DepartmentIsSuspended(DepartmentId department);
    error DepartmentIsNotSuspended(DepartmentId department);
    error AuditorAlready(DepartmentId department);
    error AuditorOnly(address account);
    error DeploymentIsRetired(bytes32 successor);
    error GroupNameInvalid(bytes32 group);
    error HandoverNotProposed(DepartmentId department);
    error NotAnAuditor(DepartmentId department);
    error ResetPending(DepartmentId department, uint40 effectiveAt);
    error ResetNotPending(DepartmentId department);
    error TooManyStandings(uint256 count, uint256 limit);
    /// @dev A digest is zero; of terms, also 1.
    error DigestMissing();
    error KeyLengthInvalid(uint256 length, uint256 expected);
    error KeyNumberUnexpected(uint32 keyNumber, uint32 expected);
    error KeyRotationPending(DepartmentId department, uint32 keyNumber, uint40 effectiveAt);
    error KeyUnknown(DepartmentId department, uint32 keyNumber);
    error KeyMissing(DepartmentId department);
    error PeriodTooShort(uint32 period, uint32 minimum);
    /// @dev A reason's code or digest is zero.
    error ReasonMissing();

    // ------------------------------------------------------------------ calls
    /// @notice Admits a department, a member from the notice period's end on.
    /// Requirements: caller is an OFFICER of the agency; `code` well formed and free; `admin` is no member's
    /// account; `card` not zero.
    /// Emits {DepartmentAdmitted} and {AccountAdded}.
    function admit(
        bytes32 code,
        address admin,
        bytes32 card
    ) external returns (DepartmentId department);

    /// @notice Suspends a member at once: it may then only remove accounts, retire keys, acknowledge, dispute and
    /// attest.
    /// Requirements: caller is an OFFICER of the agency; `department` is a member, not suspended, neither the agency
    /// nor about to be it by an accepted handover; reason given.
    /// Emits {DepartmentSuspended}.
    function suspend(DepartmentId department, Reason calldata reason) external;

    /// @notice Ends a suspension at once.
    /// Requirements: caller is an OFFICER of the agency; `department` is suspended; reason given.
    /// Emits {DepartmentReinstated}.
    function reinstate(DepartmentId department, Reason calldata reason) external;

    /// @notice Makes a member an auditing body: sealed annexes are encrypted to it as well.
    /// Requirements: caller is an OFFICER of the agency; `department` is a member and no auditor yet.
    /// Emits {AuditorAppointed}.
    function appointAuditor(DepartmentId department) external;

    /// @notice Ends an appointment after the notice period, so that members see it coming and the auditor can still
    /// publish what it found.
    /// Requirements: caller is an OFFICER of the agency; `department` is an auditor whose removal isn't announced;
    /// reason given.
    /// Emits {AuditorRemoved}.
    function removeAuditor(DepartmentId department, Reason calldata reason) external;

    /// @notice Puts a member into a named group after the notice period, as offers to a group grant at once; takes it
    /// out at once. Whoever is in the group, or about to be, keeps its time when it is put in again.
    /// Requirements: caller is an OFFICER of the agency; `department` is a member; `group` well formed (as a code).
    /// Emits {GroupMemberSet}.
    function setGroupMember(bytes32 group, DepartmentId department, bool member) external;

    /// @notice Publishes a scorecard with the standings that follow from it, in effect after the notice period; a
    /// standing that isn't in effect yet is replaced. A long scorecard takes several calls with the same digest.
    /// Requirements: caller is an OFFICER of the agency; digest not zero; each is a member; at most {MAX_STANDINGS}.
    /// Emits {ScorecardPublished} and a {StandingSet} for each.
    function publishScorecard(bytes32 scorecard, Standing[] calldata standings) external;

    /// @notice Publishes what the agency or an auditor found about a member.
    /// Requirements: caller is an OFFICER of the agency or of an auditing body; `department` is a member; reason given.
    /// Emits {FindingPublished}.
    function publishFinding(DepartmentId department, Reason calldata reason) external;

    /// @notice Gives a department that lost its ADMIN a new one after the notice period. From then on, none of the
    /// grants it had holds until its owner resumes it, and no offer made before fits it: a reset never yields data.
    /// Requirements: caller is an OFFICER of the agency; `department` is a member, effective, neither the agency nor
    /// about to be it; `admin` is no member's account; no other reset of it is pending; reason given.
    /// Emits {AdminResetAnnounced}.
    function resetAdmin(DepartmentId department, address admin, Reason calldata reason) external;

    /// @notice Stops a pending reset of the caller's department, also of a suspended one.
    /// Requirements: caller is any account of the department, effective; a reset is pending.
    /// Emits {AdminResetVetoed}.
    function vetoReset() external;

    /// @notice Proposes another member as agency; 0 takes back a proposal or a handover that isn't in effect yet.
    /// Requirements: caller is an OFFICER of the agency; `successor` is 0 or a member in good standing, not the agency.
    /// Emits {HandoverProposed}.
    function proposeHandover(DepartmentId successor) external;

    /// @notice Becomes the agency after the notice period.
    /// Requirements: caller is an OFFICER of the member that the agency proposed; no reset of it is pending, so that no
    /// agency places an ADMIN in the next. Emits {HandoverAccepted}.
    function acceptHandover() external;

    /// @notice Retires this deployment after the notice period: from then on nothing is admitted, requested, opened,
    /// sent or released; receipts, disputes, attestations and withdrawals still are.
    /// Requirements: caller is an OFFICER of the agency; digest not zero; not retired already (a retirement that isn't
    /// in effect yet may be replaced). Emits {DeploymentRetired}.
    function retire(bytes32 successor) external;

    /// @notice Sets the periods for deadlines that begin after the notice period.
    /// Requirements: caller is an OFFICER of the agency; no period below {minimumPeriod}.
    /// Emits {DeadlinesSet}.
    function setDeadlines(Periods calldata newPeriods) external;

    /// @notice Adds an account to the caller's department.
    /// Requirements: caller is an ADMIN; `account` is no member's; `capabilities` is a non-empty set of known bits.
    /// Emits {AccountAdded}.
    function addAccount(address account, uint8 capabilities) external;

    /// @notice Removes an account of the caller's department; works for a suspended department too.
    /// Requirements: caller is an ADMIN; `account` is its department's, not the last ADMIN, and not the ADMIN of a
    /// pending reset, which is vetoed instead.
    /// Emits {AccountRemoved}.
    function removeAccount(address account) external;

    /// @notice Publishes the department's next encryption key: the first takes effect at once, later ones after
    /// {keyDelay}.
    /// Requirements: caller is an ADMIN; `keyNumber` is the next number; the key is 1,216 bytes; no rotation is
    /// pending.
    /// Emits {KeyPublished}.
    function publishKey(uint32 keyNumber, bytes calldata publicKey) external;

    /// @notice Retires a key: nothing is released to it any more; works for a suspended department too.
    /// Requirements: caller is an ADMIN; the key exists and isn't retired.
    /// Emits {KeyRetired}.
    function retireKey(uint32 keyNumber) external;

    // ------------------------------------------------------------------ views
    /// @notice The department of `account`, which holds one of `capabilities` and whose department is in good
    /// standing.
    /// Reverts with {AccountUnauthorized}, {DepartmentNotYetAdmitted} or {DepartmentIsSuspended}.
    /// @dev With `uint32`, its selector is among the lowest of the contract, which are compared first: 800 gas less on
    /// most transactions.
    function authorize(
        address account,
        uint32 capabilities
    ) external view returns (DepartmentId department);

    /// @notice As {authorize}, for what a suspended department may still do.
    function authorizeSuspended(
        address account,
        uint8 capabilities
    ) external view returns (DepartmentId department);

    /// @notice Reverts with {AgencyOnly} unless `account` is an OFFICER of the agency; returns the agency.
    function authorizeAgency(address account) external view returns (DepartmentId department);

    /// @notice Reverts with {AuditorOnly} unless `account` is an OFFICER of an auditing body, and as {authorize};
    /// returns that body.
    function authorizeAuditor(address account) external view returns (DepartmentId department);

    /// @notice What a request to `owner` needs: the department of `account`, an OFFICER, and when a response is due.
    /// Reverts as {authorize}, with {DepartmentIsSuspended} where `owner` is, and with {DeploymentIsRetired}. `owner`
    /// has been a member before.
    function authorizeRequest(
        address account,
        DepartmentId owner
    ) external view returns (DepartmentId requester, uint40 respondBy);

    /// @notice What opening a transfer from `sender` needs: the department of `account`, an OFFICER or AGENT, when the
    /// release is due, and the {lastReset} of that department. Reverts as {authorizeRequest}.
    function authorizeOpening(
        address account,
        DepartmentId sender
    ) external view returns (DepartmentId receiver, uint40 releaseBy, uint40 resetAt);

    /// @notice What a release to `receiver` needs: the department of `account`, an OFFICER or AGENT, the receiver's
    /// current key, when the receipt is due, and the {lastReset} of the receiver. Reverts as {authorizeRequest} and
    /// {currentKey}.
    function authorizeRelease(
        address account,
        DepartmentId receiver
    )
        external
        view
        returns (DepartmentId sender, uint32 keyNumber, uint40 acknowledgeBy, uint40 resetAt);

    /// @notice Whether an offer made at `since` for `group` (zero: any) and `standing` fits `department` now: in the
    /// group, of that standing or a higher one, and not reset since.
    function qualifies(
        DepartmentId department,
        bytes32 group,
        uint8 standing,
        uint40 since
    ) external view returns (bool);

    /// @notice When the last reset of the department's ADMIN took effect, in block time; 0 where none has. What was
    /// granted to it before doesn't hold.
    function lastReset(DepartmentId department) external view returns (uint40);

    /// @notice The standing in effect.
    function standingOf(DepartmentId department) external view returns (uint8);

    /// @notice Whether `department` is in `group` now.
    function isInGroup(bytes32 group, DepartmentId department) external view returns (bool);

    /// @notice Whether `department` is a member, effective and not suspended.
    function inGoodStanding(DepartmentId department) external view returns (bool);

    /// @notice The number of the department's current key, the one that releases must use.
    /// Reverts with {KeyMissing} when there is none.
    function currentKey(DepartmentId department) external view returns (uint32 keyNumber);

    /// @notice The SHA-256 of a published key.
    function keyDigest(DepartmentId department, uint32 keyNumber) external view returns (bytes32);

    /// @notice The department and capabilities of `account`, in effect or about to be; zero for a stranger.
    function accountOf(
        address account
    ) external view returns (DepartmentId department, uint8 capabilities);

    function departmentByCode(bytes32 code) external view returns (DepartmentId);

    /// @notice The periods in force now, in seconds.
    function periods() external view returns (Periods memory);

    /// @notice The agency in effect.
    function agency() external view returns (DepartmentId);

    /// @notice How many standings one call may set.
    function MAX_STANDINGS() external view returns (uint256);

    function isAuditor(DepartmentId department) external view returns (bool);

    function departmentCount() external view returns (uint32);

    /// @notice Seconds between an act of the agency and its effect.
    function noticePeriod() external view returns (uint32);

    /// @notice Seconds until a later encryption key takes effect.
    function keyDelay() external view returns (uint32);

    /// @notice The shortest period, in seconds, that the agency may set.
    function minimumPeriod() external view returns (uint32);
}
