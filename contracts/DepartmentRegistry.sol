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
    ///     bits  40           40              32    32      8          8        8               8
    ///           effectiveAt  keyEffectiveAt  keys  admins  suspended  auditor  lastKeyRetired  previousKeyRetired
    ///
    /// `keys` is the number of the last key, in effect from `keyEffectiveAt` on; until then the one before it is
    /// current.
    struct Department {
        uint40 effectiveAt;
        uint40 keyEffectiveAt;
        uint32 keys;
        uint32 admins;
        bool suspended;
        bool auditor;
        bool lastKeyRetired;
        bool previousKeyRetired;
    }

    /// @dev One slot, all that {authorize} reads. `effectiveAt` and `suspended` repeat the department's.
    struct Account {
        DepartmentId department;
        uint8 capabilities;
        uint40 effectiveAt;
        bool suspended;
    }

    /// @dev One slot, which nearly every call reads:
    ///
    ///     bits  32       32       32           32      32      40           32
    ///           respond  release  acknowledge  comply  attest  effectiveAt  suspendedMembers
    ///
    /// While no member is suspended, no department's slot has to be read to know that one isn't.
    struct Rules {
        uint32 respond;
        uint32 release;
        uint32 acknowledge;
        uint32 comply;
        uint32 attest;
        uint40 effectiveAt;
        uint32 suspendedMembers;
    }

    /// @inheritdoc IDepartmentRegistry
    uint256 public constant MAX_ACCOUNTS = 64;

    DepartmentId private constant AGENCY = DepartmentId.wrap(1);

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

    /// @inheritdoc IDepartmentRegistry
    uint32 public departmentCount;

    mapping(DepartmentId department => Department) private _departments;
    mapping(address account => Account) private _accounts;
    mapping(DepartmentId department => EnumerableSet.AddressSet) private _accountsOf;

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
        _admit(agencyCode, agencyAdmin, agencyCard, uint40(block.timestamp));
        _setPeriods(initial, uint40(block.timestamp));
    }

    // ------------------------------------------------------------------ calls of the agency
    /// @inheritdoc IDepartmentRegistry
    function admit(
        bytes32 code,
        address admin,
        bytes32 card
    ) external returns (DepartmentId department) {
        authorizeAgency(msg.sender);
        return _admit(code, admin, card, uint40(block.timestamp + noticePeriod));
    }

    /// @inheritdoc IDepartmentRegistry
    function suspend(DepartmentId department, Reason calldata reason) external {
        authorizeAgency(msg.sender);
        if (department == AGENCY) revert AgencyRequired(department);
        Department storage member = _existing(department);
        if (member.suspended) revert DepartmentIsSuspended(department);
        requireReason(reason);
        ++_rules.suspendedMembers;
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
        Department storage member = _existing(department);
        if (!member.suspended) revert DepartmentIsNotSuspended(department);
        requireReason(reason);
        --_rules.suspendedMembers;
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
        if (member.auditor) revert AuditorAlready(department);
        member.auditor = true;
        Head storage head = _memberHeads[department];
        head.value = keccak256(
            abi.encode(head.value, AuditorAppointed.selector, block.timestamp, department)
        );
        emit AuditorAppointed(department);
    }

    /// @inheritdoc IDepartmentRegistry
    function setDeadlines(Periods calldata newPeriods) external {
        authorizeAgency(msg.sender);
        // Periods that aren't in force yet are replaced; those in force stay so until the new ones are.
        _earlierPeriods = periods();
        _setPeriods(newPeriods, uint40(block.timestamp + noticePeriod));
    }

    // ------------------------------------------------------------------ calls of a department's ADMIN
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
            Department storage own = _departments[department];
            if (own.admins == 1) revert AdminRequired(department);
            --own.admins;
        }
        delete _accounts[account];
        _accountsOf[department].remove(account);
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

    // ------------------------------------------------------------------ views that other contracts call
    /// @inheritdoc IDepartmentRegistry
    function authorize(
        address account,
        uint8 capabilities
    ) public view returns (DepartmentId department) {
        department = authorizeSuspended(account, capabilities);
        if (_accounts[account].suspended) revert DepartmentIsSuspended(department);
    }

    /// @inheritdoc IDepartmentRegistry
    function authorizeSuspended(
        address account,
        uint8 capabilities
    ) public view returns (DepartmentId department) {
        Account storage found = _accounts[account];
        (DepartmentId own, uint8 held, uint40 effectiveAt) = (
            found.department,
            found.capabilities,
            found.effectiveAt
        );
        if (held & capabilities == 0) revert AccountUnauthorized(account, capabilities);
        if (block.timestamp < effectiveAt) revert DepartmentNotYetAdmitted(own, effectiveAt);
        return own;
    }

    /// @inheritdoc IDepartmentRegistry
    function authorizeAgency(address account) public view returns (DepartmentId department) {
        Account storage found = _accounts[account];
        if (found.department != AGENCY || found.capabilities & Capability.OFFICER == 0)
            revert AgencyOnly(account);
        return AGENCY;
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

    // ------------------------------------------------------------------ other views
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
    function isAuditor(DepartmentId department) external view returns (bool) {
        return _departments[department].auditor;
    }

    /// @inheritdoc IDepartmentRegistry
    function agency() external pure returns (DepartmentId) {
        return AGENCY;
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
        if (account == address(0)) revert AccountInvalid(account);
        DepartmentId owner = _accounts[account].department;
        if (DepartmentId.unwrap(owner) != 0) revert AccountTaken(account, owner);
        if (_accountsOf[department].length() == MAX_ACCOUNTS)
            revert TooManyAccounts(department, MAX_ACCOUNTS);
        _accountsOf[department].add(account);
        // Nobody can add an account to a suspended department.
        _accounts[account] = Account(department, capabilities, effectiveAt, false);
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

    function _setPeriods(Periods memory set, uint40 effectiveAt) private {
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
            _rules.suspendedMembers
        );
        Head storage head = _memberHeads[AGENCY];
        head.value = keccak256(
            abi.encode(head.value, DeadlinesSet.selector, block.timestamp, AGENCY, set, effectiveAt)
        );
        emit DeadlinesSet(
            AGENCY,
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

    function _authorizeBoth(
        address account,
        uint8 capabilities,
        DepartmentId other
    ) private view returns (DepartmentId department) {
        department = authorize(account, capabilities);
        if (_rules.suspendedMembers != 0 && _departments[other].suspended)
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
