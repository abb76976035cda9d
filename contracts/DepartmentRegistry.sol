// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";
import {isCode, requireDigest, requireReason} from "./Checks.sol";
import {EventHeads} from "./EventHeads.sol";
import {Capability, DepartmentId, Periods, Reason} from "./Types.sol";
import {IDepartmentRegistry} from "./interfaces/IDepartmentRegistry.sol";

/// @title Members, their accounts and their encryption keys
contract DepartmentRegistry is EventHeads, IDepartmentRegistry {
    using EnumerableSet for EnumerableSet.AddressSet;

    /// @dev One slot:
    ///
    ///     bits  40           40              32    8       8          8               8
    ///           effectiveAt  keyEffectiveAt  keys  admins  suspended  lastKeyRetired  previousKeyRetired
    ///     bits  40            40           8         8
    ///           auditorUntil  standingAt   standing  earlierStanding
    ///
    /// `keys` is the number of the last key, in effect from `keyEffectiveAt` on; until then the one before it is
    /// current. So are `standing`, `standingAt` and `earlierStanding`. `auditorUntil` is {FOREVER} until a removal is
    /// announced. `admins` doesn't count the ADMIN of a reset that nobody has settled.
    struct Department {
        uint40 effectiveAt;
        uint40 keyEffectiveAt;
        uint32 keys;
        uint8 admins;
        bool suspended;
        bool lastKeyRetired;
        bool previousKeyRetired;
        uint40 auditorUntil;
        uint40 standingAt;
        uint8 standing;
        uint8 earlierStanding;
    }

    /// @dev One slot, all that {authorize} reads. `suspended` repeats the department's; so does `effectiveAt`, save for
    /// the ADMIN of a reset, where it is the reset's.
    struct Account {
        DepartmentId department;
        uint8 capabilities;
        uint40 effectiveAt;
        bool suspended;
    }

    /// @dev One slot:
    ///
    ///     bits  160    40           40
    ///           admin  effectiveAt  settledAt
    ///
    /// `admin` is zero unless a reset was announced, which is in effect from `effectiveAt` on; `settledAt` is when the
    /// one before it took effect. What changes a department's ADMINs settles a reset in effect first.
    struct Reset {
        address admin;
        uint40 effectiveAt;
        uint40 settledAt;
    }

    /// @dev One slot, which nearly every call reads:
    ///
    ///     bits  32       32       32           32      32      40           40         8              8
    ///           respond  release  acknowledge  comply  attest  effectiveAt  retiredAt  someSuspended  someReset
    ///
    /// While no member is suspended, or none was ever reset, no other slot has to be read to know that one isn't.
    struct Rules {
        uint32 respond;
        uint32 release;
        uint32 acknowledge;
        uint32 comply;
        uint32 attest;
        uint40 effectiveAt;
        uint40 retiredAt;
        bool someSuspended;
        bool someReset;
    }

    /// @dev One slot:
    ///
    ///     bits  32      32         40
    ///           agency  successor  handoverAt
    ///
    /// `successor` is proposed while `handoverAt` is 0, and the agency from `handoverAt` on.
    struct Office {
        DepartmentId agency;
        DepartmentId successor;
        uint40 handoverAt;
    }

    /// @inheritdoc IDepartmentRegistry
    uint256 public constant MAX_ACCOUNTS = 64;

    /// @inheritdoc IDepartmentRegistry
    uint256 public constant MAX_STANDINGS = 8;

    uint40 private constant FOREVER = type(uint40).max;

    /// @dev A raw X-Wing public key: ML-KEM-768, then X25519.
    uint256 private constant KEY_BYTES = 1216;

    /// @inheritdoc IDepartmentRegistry
    uint32 public immutable noticePeriod;

    /// @inheritdoc IDepartmentRegistry
    uint32 public immutable keyDelay;

    /// @inheritdoc IDepartmentRegistry
    uint32 public immutable minimumPeriod;

    Rules private _rules;
    /// @dev In force until `_rules.effectiveAt`.
    Periods private _earlierPeriods;
    Office private _office;
    bytes32 private _successorDeployment;

    /// @inheritdoc IDepartmentRegistry
    uint32 public departmentCount;
    uint32 private _suspendedMembers;

    mapping(DepartmentId department => Department) private _departments;
    mapping(address account => Account) private _accounts;
    mapping(DepartmentId department => EnumerableSet.AddressSet) private _accountsOf;
    mapping(DepartmentId department => Reset) private _resets;
    mapping(bytes32 group => mapping(DepartmentId department => uint40 since)) private _groups;

    /// @inheritdoc IDepartmentRegistry
    mapping(DepartmentId department => bytes32 code) public codeOf;

    /// @inheritdoc IDepartmentRegistry
    mapping(bytes32 code => DepartmentId department) public departmentByCode;

    /// @inheritdoc IDepartmentRegistry
    mapping(DepartmentId department => mapping(uint32 keyNumber => bytes32 digest))
        public keyDigest;

    mapping(DepartmentId department => mapping(uint32 keyNumber => bool retired))
        private _retiredKeys;

    /// @dev The agency is department 1 at once, and `initial` is in force at once.
    constructor(
        bytes32 agencyCode,
        address agencyAdmin,
        bytes32 agencyCard,
        uint32 notice,
        uint32 delay,
        uint32 minimum,
        Periods memory initial
    ) {
        noticePeriod = notice;
        keyDelay = delay;
        minimumPeriod = minimum;
        _rules.retiredAt = FOREVER;
        _office.agency = _admit(agencyCode, agencyAdmin, agencyCard, uint40(block.timestamp));
        _setPeriods(_office.agency, initial, uint40(block.timestamp));
    }

    // ------------------------------------------------------------------ calls of the agency
    /// @inheritdoc IDepartmentRegistry
    function admit(
        bytes32 code,
        address admin,
        bytes32 card
    ) external returns (DepartmentId department) {
        authorizeAgency(msg.sender);
        if (block.timestamp >= _rules.retiredAt) revert DeploymentIsRetired(_successorDeployment);
        return _admit(code, admin, card, _afterNotice());
    }

    /// @inheritdoc IDepartmentRegistry
    function suspend(DepartmentId department, Reason calldata reason) external {
        authorizeAgency(msg.sender);
        _requireNotAgency(department);
        if (_existing(department).suspended) revert DepartmentIsSuspended(department);
        requireReason(reason);
        ++_suspendedMembers;
        _rules.someSuspended = true;
        _setSuspended(department, true);
        Head storage head = _memberHeads[department];
        head.value = keccak256(
            abi.encode(
                head.value,
                DepartmentSuspended.selector,
                block.timestamp,
                department,
                reason
            )
        );
        emit DepartmentSuspended(department, reason.code, reason.digest);
    }

    /// @inheritdoc IDepartmentRegistry
    function reinstate(DepartmentId department, Reason calldata reason) external {
        authorizeAgency(msg.sender);
        if (!_existing(department).suspended) revert DepartmentIsNotSuspended(department);
        requireReason(reason);
        _rules.someSuspended = --_suspendedMembers != 0;
        _setSuspended(department, false);
        Head storage head = _memberHeads[department];
        head.value = keccak256(
            abi.encode(
                head.value,
                DepartmentReinstated.selector,
                block.timestamp,
                department,
                reason
            )
        );
        emit DepartmentReinstated(department, reason.code, reason.digest);
    }

    /// @inheritdoc IDepartmentRegistry
    function appointAuditor(DepartmentId department) external {
        authorizeAgency(msg.sender);
        Department storage member = _existing(department);
        if (block.timestamp < member.auditorUntil) revert AuditorAlready(department);
        member.auditorUntil = FOREVER;
        Head storage head = _memberHeads[department];
        head.value = keccak256(
            abi.encode(head.value, AuditorAppointed.selector, block.timestamp, department)
        );
        emit AuditorAppointed(department);
    }

    /// @inheritdoc IDepartmentRegistry
    function setDeadlines(Periods calldata newPeriods) external {
        DepartmentId agency_ = authorizeAgency(msg.sender);
        // Periods that aren't in force yet are replaced; those in force stay so until the new ones are.
        _earlierPeriods = periods();
        _setPeriods(agency_, newPeriods, _afterNotice());
    }

    /// @inheritdoc IDepartmentRegistry
    function removeAuditor(DepartmentId department, Reason calldata reason) external {
        authorizeAgency(msg.sender);
        Department storage member = _departments[department];
        if (member.auditorUntil != FOREVER) revert NotAnAuditor(department);
        requireReason(reason);
        uint40 effectiveAt = _afterNotice();
        member.auditorUntil = effectiveAt;
        Head storage head = _memberHeads[department];
        head.value = keccak256(
            abi.encode(
                head.value,
                AuditorRemoved.selector,
                block.timestamp,
                department,
                reason,
                effectiveAt
            )
        );
        emit AuditorRemoved(department, reason.code, reason.digest, effectiveAt);
    }

    /// @inheritdoc IDepartmentRegistry
    function setGroupMember(bytes32 group, DepartmentId department, bool member) external {
        authorizeAgency(msg.sender);
        if (!isCode(group)) revert GroupNameInvalid(group);
        _existing(department);
        uint40 effectiveAt = uint40(block.timestamp);
        if (member) {
            // Whoever is in the group, or about to be, keeps its time.
            uint40 since = _groups[group][department];
            effectiveAt = since == 0 ? _afterNotice() : since;
            _groups[group][department] = effectiveAt;
        } else {
            delete _groups[group][department];
        }
        Head storage head = _memberHeads[department];
        head.value = keccak256(
            abi.encode(
                head.value,
                GroupMemberSet.selector,
                block.timestamp,
                department,
                group,
                member,
                effectiveAt
            )
        );
        emit GroupMemberSet(department, group, member, effectiveAt);
    }

    /// @inheritdoc IDepartmentRegistry
    function publishScorecard(bytes32 scorecard, Standing[] calldata standings) external {
        DepartmentId agency_ = authorizeAgency(msg.sender);
        requireDigest(scorecard);
        if (standings.length > MAX_STANDINGS)
            revert TooManyStandings(standings.length, MAX_STANDINGS);
        Head storage head = _memberHeads[agency_];
        head.value = keccak256(
            abi.encode(head.value, ScorecardPublished.selector, block.timestamp, agency_, scorecard)
        );
        emit ScorecardPublished(agency_, scorecard);
        for (uint256 i = 0; i < standings.length; ++i) _setStanding(standings[i], scorecard);
    }

    /// @inheritdoc IDepartmentRegistry
    function publishFinding(DepartmentId department, Reason calldata reason) external {
        DepartmentId finder = _isOfAgency(msg.sender) ? agency() : authorizeAuditor(msg.sender);
        _existing(department);
        requireReason(reason);
        Head storage head = _memberHeads[department];
        head.value = keccak256(
            abi.encode(
                head.value,
                FindingPublished.selector,
                block.timestamp,
                department,
                finder,
                reason
            )
        );
        emit FindingPublished(department, finder, reason.code, reason.digest);
    }

    /// @inheritdoc IDepartmentRegistry
    function resetAdmin(DepartmentId department, address admin, Reason calldata reason) external {
        authorizeAgency(msg.sender);
        _requireNotAgency(department);
        Department storage member = _effective(department);
        requireReason(reason);
        _settleReset(department);
        Reset storage reset = _resets[department];
        if (reset.admin != address(0)) revert ResetPending(department, reset.effectiveAt);
        uint40 effectiveAt = _afterNotice();
        (reset.admin, reset.effectiveAt) = (admin, effectiveAt);
        _rules.someReset = true;
        _seat(department, admin, Capability.ADMIN, effectiveAt, member.suspended);
        Head storage head = _memberHeads[department];
        head.value = keccak256(
            abi.encode(
                head.value,
                AdminResetAnnounced.selector,
                block.timestamp,
                department,
                admin,
                reason,
                effectiveAt
            )
        );
        emit AdminResetAnnounced(department, admin, reason.code, reason.digest, effectiveAt);
    }

    /// @inheritdoc IDepartmentRegistry
    function proposeHandover(DepartmentId successor) external {
        DepartmentId agency_ = authorizeAgency(msg.sender);
        if (DepartmentId.unwrap(successor) != 0) {
            if (successor == agency_) revert AgencyRequired(successor);
            if (_effective(successor).suspended) revert DepartmentIsSuspended(successor);
        }
        _office = Office(agency_, successor, 0);
        Head storage head = _memberHeads[agency_];
        head.value = keccak256(
            abi.encode(head.value, HandoverProposed.selector, block.timestamp, agency_, successor)
        );
        emit HandoverProposed(agency_, successor);
    }

    /// @inheritdoc IDepartmentRegistry
    function acceptHandover() external {
        DepartmentId successor = authorize(msg.sender, Capability.OFFICER);
        Office memory office = _office;
        if (office.successor != successor || office.handoverAt != 0)
            revert HandoverNotProposed(successor);
        // No agency is reset: an earlier agency could place its own ADMIN in the next.
        Reset storage reset = _resets[successor];
        if (reset.admin != address(0) && block.timestamp < reset.effectiveAt)
            revert ResetPending(successor, reset.effectiveAt);
        uint40 effectiveAt = _afterNotice();
        _office.handoverAt = effectiveAt;
        Head storage head = _memberHeads[office.agency];
        head.value = keccak256(
            abi.encode(
                head.value,
                HandoverAccepted.selector,
                block.timestamp,
                office.agency,
                successor,
                effectiveAt
            )
        );
        emit HandoverAccepted(office.agency, successor, effectiveAt);
    }

    /// @inheritdoc IDepartmentRegistry
    function retire(bytes32 successor) external {
        DepartmentId agency_ = authorizeAgency(msg.sender);
        requireDigest(successor);
        if (block.timestamp >= _rules.retiredAt) revert DeploymentIsRetired(_successorDeployment);
        uint40 effectiveAt = _afterNotice();
        _rules.retiredAt = effectiveAt;
        _successorDeployment = successor;
        Head storage head = _memberHeads[agency_];
        head.value = keccak256(
            abi.encode(
                head.value,
                DeploymentRetired.selector,
                block.timestamp,
                agency_,
                successor,
                effectiveAt
            )
        );
        emit DeploymentRetired(agency_, successor, effectiveAt);
    }

    // ------------------------------------------------------------------ calls of a department
    /// @inheritdoc IDepartmentRegistry
    function addAccount(address account, uint8 capabilities) external {
        DepartmentId department = authorize(msg.sender, Capability.ADMIN);
        if (capabilities == 0 || capabilities > Capability.ALL)
            revert CapabilitiesInvalid(capabilities);
        _addAccount(department, account, capabilities, _accounts[msg.sender].effectiveAt);
    }

    /// @inheritdoc IDepartmentRegistry
    function removeAccount(address account) external {
        DepartmentId department = authorizeSuspended(msg.sender, Capability.ADMIN);
        Account memory removed = _accounts[account];
        if (removed.department != department) revert AccountUnknown(account);
        if (removed.capabilities & Capability.ADMIN != 0) {
            _settleReset(department);
            Reset storage reset = _resets[department];
            if (reset.admin == account) revert ResetPending(department, reset.effectiveAt);
            Department storage own = _departments[department];
            if (own.admins == 1) revert AdminRequired(department);
            --own.admins;
        }
        _unseat(department, account);
        Head storage head = _memberHeads[department];
        head.value = keccak256(
            abi.encode(head.value, AccountRemoved.selector, block.timestamp, department, account)
        );
        emit AccountRemoved(department, account);
    }

    /// @inheritdoc IDepartmentRegistry
    function publishKey(uint32 keyNumber, bytes calldata publicKey) external {
        DepartmentId department = authorize(msg.sender, Capability.ADMIN);
        if (publicKey.length != KEY_BYTES) revert KeyLengthInvalid(publicKey.length, KEY_BYTES);
        Department storage own = _departments[department];
        uint32 last = own.keys;
        if (keyNumber != last + 1) revert KeyNumberUnexpected(keyNumber, last + 1);
        if (block.timestamp < own.keyEffectiveAt)
            revert KeyRotationPending(department, last, own.keyEffectiveAt);

        uint40 effectiveAt = uint40(keyNumber == 1 ? block.timestamp : block.timestamp + keyDelay);
        own.keys = keyNumber;
        own.keyEffectiveAt = effectiveAt;
        own.previousKeyRetired = own.lastKeyRetired;
        own.lastKeyRetired = false;
        bytes32 digest = sha256(publicKey);
        keyDigest[department][keyNumber] = digest;
        Head storage head = _memberHeads[department];
        head.value = keccak256(
            abi.encode(
                head.value,
                KeyPublished.selector,
                block.timestamp,
                department,
                keyNumber,
                digest,
                publicKey,
                effectiveAt
            )
        );
        emit KeyPublished(department, keyNumber, digest, publicKey, effectiveAt);
    }

    /// @inheritdoc IDepartmentRegistry
    function retireKey(uint32 keyNumber) external {
        DepartmentId department = authorizeSuspended(msg.sender, Capability.ADMIN);
        Department storage own = _departments[department];
        uint32 last = own.keys;
        if (keyNumber == 0 || keyNumber > last || _retiredKeys[department][keyNumber]) {
            revert KeyUnknown(department, keyNumber);
        }
        _retiredKeys[department][keyNumber] = true;
        if (keyNumber == last) own.lastKeyRetired = true;
        else if (keyNumber + 1 == last) own.previousKeyRetired = true;
        Head storage head = _memberHeads[department];
        head.value = keccak256(
            abi.encode(head.value, KeyRetired.selector, block.timestamp, department, keyNumber)
        );
        emit KeyRetired(department, keyNumber);
    }

    /// @inheritdoc IDepartmentRegistry
    function vetoReset() external {
        DepartmentId department = authorizeSuspended(msg.sender, Capability.ALL);
        Reset storage reset = _resets[department];
        address admin = reset.admin;
        if (admin == address(0) || block.timestamp >= reset.effectiveAt)
            revert ResetNotPending(department);
        (reset.admin, reset.effectiveAt) = (address(0), 0);
        _unseat(department, admin);
        Head storage head = _memberHeads[department];
        head.value = keccak256(
            abi.encode(
                head.value,
                AdminResetVetoed.selector,
                block.timestamp,
                department,
                admin,
                msg.sender
            )
        );
        emit AdminResetVetoed(department, admin, msg.sender);
    }

    // ------------------------------------------------------------------ views that other contracts call
    /// @inheritdoc IDepartmentRegistry
    function authorize(
        address account,
        uint8 capabilities
    ) public view returns (DepartmentId department) {
        bool suspended;
        (department, suspended) = _authorize(account, capabilities);
        if (suspended) revert DepartmentIsSuspended(department);
    }

    /// @inheritdoc IDepartmentRegistry
    function authorizeSuspended(
        address account,
        uint8 capabilities
    ) public view returns (DepartmentId department) {
        (department, ) = _authorize(account, capabilities);
    }

    /// @inheritdoc IDepartmentRegistry
    function authorizeAgency(address account) public view returns (DepartmentId department) {
        if (!_isOfAgency(account)) revert AgencyOnly(account);
        return agency();
    }

    /// @inheritdoc IDepartmentRegistry
    function authorizeAuditor(address account) public view returns (DepartmentId department) {
        Account memory found = _accounts[account];
        if (found.capabilities & Capability.OFFICER == 0 || !isAuditor(found.department))
            revert AuditorOnly(account);
        return authorize(account, Capability.OFFICER);
    }

    /// @inheritdoc IDepartmentRegistry
    function authorizeRequest(
        address account,
        DepartmentId owner
    ) external view returns (DepartmentId requester, uint40 respondBy) {
        requester = _authorizeBoth(account, Capability.OFFICER, owner);
        respondBy = uint40(
            block.timestamp + (_rulesInForce() ? _rules.respond : _earlierPeriods.respond)
        );
    }

    /// @inheritdoc IDepartmentRegistry
    function authorizeOpening(
        address account,
        DepartmentId sender
    ) external view returns (DepartmentId receiver, uint40 releaseBy) {
        receiver = _authorizeBoth(account, Capability.OFFICER | Capability.AGENT, sender);
        releaseBy = uint40(
            block.timestamp + (_rulesInForce() ? _rules.release : _earlierPeriods.release)
        );
    }

    /// @inheritdoc IDepartmentRegistry
    function authorizeRelease(
        address account,
        DepartmentId receiver
    ) external view returns (DepartmentId sender, uint32 keyNumber, uint40 acknowledgeBy) {
        sender = _authorizeBoth(account, Capability.OFFICER | Capability.AGENT, receiver);
        keyNumber = currentKey(receiver);
        acknowledgeBy = uint40(
            block.timestamp + (_rulesInForce() ? _rules.acknowledge : _earlierPeriods.acknowledge)
        );
    }

    /// @inheritdoc IDepartmentRegistry
    function currentKey(DepartmentId department) public view returns (uint32 keyNumber) {
        Department storage member = _departments[department];
        (uint32 keys, uint40 effectiveAt) = (member.keys, member.keyEffectiveAt);
        (bool lastRetired, bool previousRetired) = (
            member.lastKeyRetired,
            member.previousKeyRetired
        );
        bool effective = block.timestamp >= effectiveAt;
        keyNumber = effective ? keys : keys - 1;
        if (keyNumber == 0 || (effective ? lastRetired : previousRetired))
            revert KeyMissing(department);
    }

    /// @inheritdoc IDepartmentRegistry
    function qualifies(
        DepartmentId department,
        bytes32 group,
        uint8 standing,
        uint40 since
    ) external view returns (bool) {
        return
            (group == 0 || isInGroup(group, department)) &&
            standingOf(department) >= standing &&
            since >= lastReset(department);
    }

    /// @inheritdoc IDepartmentRegistry
    function lastReset(DepartmentId department) public view returns (uint40) {
        if (!_rules.someReset) return 0;
        Reset memory reset = _resets[department];
        bool inEffect = reset.admin != address(0) && block.timestamp >= reset.effectiveAt;
        return inEffect ? reset.effectiveAt : reset.settledAt;
    }

    // ------------------------------------------------------------------ other views
    /// @inheritdoc IDepartmentRegistry
    function standingOf(DepartmentId department) public view returns (uint8) {
        Department memory member = _departments[department];
        return block.timestamp >= member.standingAt ? member.standing : member.earlierStanding;
    }

    /// @inheritdoc IDepartmentRegistry
    function isInGroup(bytes32 group, DepartmentId department) public view returns (bool) {
        uint40 since = _groups[group][department];
        return since != 0 && block.timestamp >= since;
    }

    /// @inheritdoc IDepartmentRegistry
    function inGoodStanding(DepartmentId department) external view returns (bool) {
        Department memory member = _departments[department];
        return
            member.effectiveAt != 0 && block.timestamp >= member.effectiveAt && !member.suspended;
    }

    /// @inheritdoc IDepartmentRegistry
    function accountOf(
        address account
    ) external view returns (DepartmentId department, uint8 capabilities) {
        Account memory found = _accounts[account];
        return (found.department, found.capabilities);
    }

    /// @inheritdoc IDepartmentRegistry
    function periods() public view returns (Periods memory) {
        if (!_rulesInForce()) return _earlierPeriods;
        Rules memory rules = _rules;
        return Periods(rules.respond, rules.release, rules.acknowledge, rules.comply, rules.attest);
    }

    /// @inheritdoc IDepartmentRegistry
    function isAuditor(DepartmentId department) public view returns (bool) {
        return block.timestamp < _departments[department].auditorUntil;
    }

    /// @inheritdoc IDepartmentRegistry
    function agency() public view returns (DepartmentId) {
        Office memory office = _office;
        bool handedOver = office.handoverAt != 0 && block.timestamp >= office.handoverAt;
        return handedOver ? office.successor : office.agency;
    }

    // ------------------------------------------------------------------ internal
    function _admit(
        bytes32 code,
        address admin,
        bytes32 card,
        uint40 effectiveAt
    ) private returns (DepartmentId department) {
        if (!isCode(code)) revert CodeInvalid(code);
        DepartmentId owner = departmentByCode[code];
        if (DepartmentId.unwrap(owner) != 0) revert CodeTaken(code, owner);
        requireDigest(card);
        department = DepartmentId.wrap(++departmentCount);
        _departments[department].effectiveAt = effectiveAt;
        codeOf[department] = code;
        departmentByCode[code] = department;
        Head storage head = _memberHeads[department];
        head.value = keccak256(
            abi.encode(
                head.value,
                DepartmentAdmitted.selector,
                block.timestamp,
                department,
                code,
                admin,
                card,
                effectiveAt
            )
        );
        emit DepartmentAdmitted(department, code, admin, card, effectiveAt);
        _addAccount(department, admin, Capability.ADMIN, effectiveAt);
    }

    function _addAccount(
        DepartmentId department,
        address account,
        uint8 capabilities,
        uint40 effectiveAt
    ) private {
        // Nobody can add an account to a suspended department.
        _seat(department, account, capabilities, effectiveAt, false);
        if (capabilities & Capability.ADMIN != 0) ++_departments[department].admins;
        Head storage head = _memberHeads[department];
        head.value = keccak256(
            abi.encode(
                head.value,
                AccountAdded.selector,
                block.timestamp,
                department,
                account,
                capabilities
            )
        );
        emit AccountAdded(department, account, capabilities);
    }

    function _seat(
        DepartmentId department,
        address account,
        uint8 capabilities,
        uint40 effectiveAt,
        bool suspended
    ) private {
        if (account == address(0)) revert AccountInvalid(account);
        DepartmentId owner = _accounts[account].department;
        if (DepartmentId.unwrap(owner) != 0) revert AccountTaken(account, owner);
        if (_accountsOf[department].length() == MAX_ACCOUNTS)
            revert TooManyAccounts(department, MAX_ACCOUNTS);
        _accountsOf[department].add(account);
        _accounts[account] = Account(department, capabilities, effectiveAt, suspended);
    }

    function _unseat(DepartmentId department, address account) private {
        delete _accounts[account];
        _accountsOf[department].remove(account);
    }

    /// @dev Counts the ADMIN of a reset that is in effect as any other.
    function _settleReset(DepartmentId department) private {
        Reset storage reset = _resets[department];
        if (reset.admin == address(0) || block.timestamp < reset.effectiveAt) return;
        _resets[department] = Reset(address(0), 0, reset.effectiveAt);
        ++_departments[department].admins;
    }

    function _setStanding(Standing calldata set, bytes32 scorecard) private {
        DepartmentId department = set.department;
        Department storage member = _existing(department);
        uint40 effectiveAt = _afterNotice();
        member.earlierStanding = standingOf(department);
        member.standing = set.standing;
        member.standingAt = effectiveAt;
        Head storage head = _memberHeads[department];
        head.value = keccak256(
            abi.encode(
                head.value,
                StandingSet.selector,
                block.timestamp,
                department,
                set.standing,
                scorecard,
                effectiveAt
            )
        );
        emit StandingSet(department, set.standing, scorecard, effectiveAt);
    }

    function _setPeriods(DepartmentId agency_, Periods memory set, uint40 effectiveAt) private {
        _requirePeriod(set.respond);
        _requirePeriod(set.release);
        _requirePeriod(set.acknowledge);
        _requirePeriod(set.comply);
        _requirePeriod(set.attest);
        _rules = Rules(
            set.respond,
            set.release,
            set.acknowledge,
            set.comply,
            set.attest,
            effectiveAt,
            _rules.retiredAt,
            _rules.someSuspended,
            _rules.someReset
        );
        Head storage head = _memberHeads[agency_];
        head.value = keccak256(
            abi.encode(
                head.value,
                DeadlinesSet.selector,
                block.timestamp,
                agency_,
                set,
                effectiveAt
            )
        );
        emit DeadlinesSet(
            agency_,
            set.respond,
            set.release,
            set.acknowledge,
            set.comply,
            set.attest,
            effectiveAt
        );
    }

    function _requirePeriod(uint32 period) private view {
        if (period < minimumPeriod) revert PeriodTooShort(period, minimumPeriod);
    }

    function _existing(DepartmentId department) private view returns (Department storage member) {
        member = _departments[department];
        if (member.effectiveAt == 0) revert DepartmentUnknown(department);
    }

    function _effective(DepartmentId department) private view returns (Department storage member) {
        member = _existing(department);
        if (block.timestamp < member.effectiveAt)
            revert DepartmentNotYetAdmitted(department, member.effectiveAt);
    }

    /// @dev Neither is the one that comes: it could be disabled until it is the agency, and then by nobody.
    function _requireNotAgency(DepartmentId department) private view {
        bool coming = _office.handoverAt != 0 && department == _office.successor;
        if (coming || department == agency()) revert AgencyRequired(department);
    }

    function _isOfAgency(address account) private view returns (bool) {
        Account memory found = _accounts[account];
        return found.capabilities & Capability.OFFICER != 0 && found.department == agency();
    }

    function _authorize(
        address account,
        uint8 capabilities
    ) private view returns (DepartmentId department, bool suspended) {
        Account storage found = _accounts[account];
        uint8 held;
        uint40 effectiveAt;
        (department, held, effectiveAt, suspended) = (
            found.department,
            found.capabilities,
            found.effectiveAt,
            found.suspended
        );
        if (held & capabilities == 0) revert AccountUnauthorized(account, capabilities);
        if (block.timestamp < effectiveAt) {
            _effective(department);
            // The ADMIN of a reset that isn't in effect.
            revert AccountUnauthorized(account, capabilities);
        }
    }

    function _afterNotice() private view returns (uint40) {
        return uint40(block.timestamp + noticePeriod);
    }

    function _authorizeBoth(
        address account,
        uint8 capabilities,
        DepartmentId other
    ) private view returns (DepartmentId department) {
        department = authorize(account, capabilities);
        if (block.timestamp >= _rules.retiredAt) revert DeploymentIsRetired(_successorDeployment);
        if (_rules.someSuspended && _departments[other].suspended)
            revert DepartmentIsSuspended(other);
    }

    /// @dev Bounded by {MAX_ACCOUNTS}.
    function _setSuspended(DepartmentId department, bool suspended) private {
        _departments[department].suspended = suspended;
        address[] memory accounts = _accountsOf[department].values();
        for (uint256 i = 0; i < accounts.length; ++i) _accounts[accounts[i]].suspended = suspended;
    }

    function _rulesInForce() private view returns (bool) {
        return block.timestamp >= _rules.effectiveAt;
    }
}
