// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {EventHeads} from "./EventHeads.sol";
import {isCode} from "./Codes.sol";
import {Capability, DepartmentId, Periods, Reason} from "./Types.sol";
import {IDepartmentRegistry} from "./interfaces/IDepartmentRegistry.sol";

/// @title Members, their accounts and their encryption keys
contract DepartmentRegistry is EventHeads, IDepartmentRegistry {
    uint256 private constant PUBLIC_KEY_BYTES = 1216;
    DepartmentId private constant AGENCY = DepartmentId.wrap(1);

    // One slot: | admins 32 | keyEffectiveAt 40 | keys 32 | effectiveAt 40 | auditor 8 | suspended 8 |
    struct Department {
        bool suspended;
        bool auditor;
        uint40 effectiveAt;
        uint32 keys;
        uint40 keyEffectiveAt;
        uint32 admins;
    }

    // One slot: | capabilities 8 | department 32 |
    struct Account {
        DepartmentId department;
        uint8 capabilities;
    }

    // One slot each; `retired` shares none with the digest, which fills it.
    struct Key {
        bytes32 digest;
        bool retired;
    }

    // One slot: | effectiveAt 40 | five periods of 32 |
    struct DatedPeriods {
        Periods periods;
        uint40 effectiveAt;
    }

    /// @inheritdoc IDepartmentRegistry
    uint32 public immutable noticePeriod;
    /// @inheritdoc IDepartmentRegistry
    uint32 public immutable keyDelay;
    /// @inheritdoc IDepartmentRegistry
    uint32 public immutable minimumPeriod;

    /// @inheritdoc IDepartmentRegistry
    uint32 public departmentCount;
    mapping(DepartmentId department => Department) private _departments;
    mapping(address account => Account) private _accounts;
    mapping(DepartmentId department => mapping(uint32 keyNumber => Key)) private _keys;
    mapping(bytes32 code => DepartmentId) private _byCode;
    mapping(DepartmentId department => bytes32) private _codes;
    DatedPeriods private _latestPeriods;
    DatedPeriods private _earlierPeriods;

    constructor(
        bytes32 agencyCode,
        address agencyAdmin,
        bytes32 agencyCard,
        uint32 noticePeriod_,
        uint32 keyDelay_,
        uint32 minimumPeriod_,
        Periods memory periods_
    ) {
        noticePeriod = noticePeriod_;
        keyDelay = keyDelay_;
        minimumPeriod = minimumPeriod_;
        _admit(agencyCode, agencyAdmin, agencyCard, uint40(block.timestamp));
        _setPeriods(periods_, uint40(block.timestamp));
    }

    // ------------------------------------------------------------------ the agency's calls

    /// @inheritdoc IDepartmentRegistry
    function admit(bytes32 code, address admin, bytes32 card) external returns (DepartmentId department) {
        authorizeAgency(msg.sender);
        return _admit(code, admin, card, uint40(block.timestamp + noticePeriod));
    }

    /// @inheritdoc IDepartmentRegistry
    function suspend(DepartmentId department, Reason calldata reason) external {
        authorizeAgency(msg.sender);
        if (reason.digest == 0) revert DigestMissing();
        Department storage target = _known(department);
        if (department == AGENCY) revert AgencyRequired(department);
        if (target.suspended) revert DepartmentIsSuspended(department);
        target.suspended = true;
        emit DepartmentSuspended(department, reason.code, reason.digest);
        _setMemberHead(
            department,
            abi.encode(
                memberHead(department),
                DepartmentSuspended.selector,
                block.timestamp,
                department,
                reason.code,
                reason.digest
            )
        );
    }

    /// @inheritdoc IDepartmentRegistry
    function reinstate(DepartmentId department, Reason calldata reason) external {
        authorizeAgency(msg.sender);
        if (reason.digest == 0) revert DigestMissing();
        Department storage target = _known(department);
        if (!target.suspended) revert DepartmentIsNotSuspended(department);
        target.suspended = false;
        emit DepartmentReinstated(department, reason.code, reason.digest);
        _setMemberHead(
            department,
            abi.encode(
                memberHead(department),
                DepartmentReinstated.selector,
                block.timestamp,
                department,
                reason.code,
                reason.digest
            )
        );
    }

    /// @inheritdoc IDepartmentRegistry
    function appointAuditor(DepartmentId department) external {
        authorizeAgency(msg.sender);
        Department storage target = _known(department);
        if (target.auditor) revert AuditorAlready(department);
        target.auditor = true;
        emit AuditorAppointed(department);
        _setMemberHead(
            department,
            abi.encode(memberHead(department), AuditorAppointed.selector, block.timestamp, department)
        );
    }

    /// @inheritdoc IDepartmentRegistry
    function setDeadlines(Periods calldata newPeriods) external {
        authorizeAgency(msg.sender);
        _setPeriods(newPeriods, uint40(block.timestamp + noticePeriod));
    }

    // ------------------------------------------------------------------ a department's own calls

    /// @inheritdoc IDepartmentRegistry
    function addAccount(address account, uint8 capabilities) external {
        _addAccount(authorize(msg.sender, Capability.ADMIN), account, capabilities);
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
        emit AccountRemoved(department, account);
        _setMemberHead(
            department,
            abi.encode(memberHead(department), AccountRemoved.selector, block.timestamp, department, account)
        );
    }

    /// @inheritdoc IDepartmentRegistry
    function publishKey(uint32 keyNumber, bytes calldata publicKey) external {
        DepartmentId department = authorize(msg.sender, Capability.ADMIN);
        if (publicKey.length != PUBLIC_KEY_BYTES) revert KeyLengthInvalid(publicKey.length, PUBLIC_KEY_BYTES);
        Department storage own = _departments[department];
        uint32 published = own.keys;
        if (keyNumber != published + 1) revert KeyNumberUnexpected(keyNumber, published + 1);
        if (published != 0 && block.timestamp < own.keyEffectiveAt) {
            revert KeyRotationPending(department, published, own.keyEffectiveAt);
        }
        uint40 effectiveAt = uint40(block.timestamp + (published == 0 ? 0 : keyDelay));
        bytes32 digest = sha256(publicKey);
        own.keys = keyNumber;
        own.keyEffectiveAt = effectiveAt;
        _keys[department][keyNumber].digest = digest;
        emit KeyPublished(department, keyNumber, digest, publicKey, effectiveAt);
        _setMemberHead(
            department,
            abi.encode(
                memberHead(department),
                KeyPublished.selector,
                block.timestamp,
                department,
                keyNumber,
                digest,
                publicKey,
                effectiveAt
            )
        );
    }

    /// @inheritdoc IDepartmentRegistry
    function retireKey(uint32 keyNumber) external {
        DepartmentId department = authorizeSuspended(msg.sender, Capability.ADMIN);
        Key storage key = _keys[department][keyNumber];
        if (key.digest == 0 || key.retired) revert KeyUnknown(department, keyNumber);
        key.retired = true;
        emit KeyRetired(department, keyNumber);
        _setMemberHead(
            department,
            abi.encode(memberHead(department), KeyRetired.selector, block.timestamp, department, keyNumber)
        );
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc IDepartmentRegistry
    function authorize(address account, uint8 capabilities) public view returns (DepartmentId department) {
        department = authorizeSuspended(account, capabilities);
        if (_departments[department].suspended) revert DepartmentIsSuspended(department);
    }

    /// @inheritdoc IDepartmentRegistry
    function authorizeSuspended(
        address account,
        uint8 capabilities
    ) public view returns (DepartmentId department) {
        Account memory found = _accounts[account];
        if (found.capabilities & capabilities == 0) revert AccountUnauthorized(account, capabilities);
        department = found.department;
        uint40 effectiveAt = _departments[department].effectiveAt;
        if (block.timestamp < effectiveAt) revert DepartmentNotYetAdmitted(department, effectiveAt);
    }

    /// @inheritdoc IDepartmentRegistry
    function authorizeAgency(address account) public view returns (DepartmentId department) {
        Account memory found = _accounts[account];
        if (found.department != AGENCY || found.capabilities & Capability.OFFICER == 0) revert AgencyOnly(account);
        return AGENCY;
    }

    /// @inheritdoc IDepartmentRegistry
    function inGoodStanding(DepartmentId department) external view returns (bool) {
        Department memory found = _departments[department];
        return found.effectiveAt != 0 && block.timestamp >= found.effectiveAt && !found.suspended;
    }

    /// @inheritdoc IDepartmentRegistry
    function currentKey(DepartmentId department) external view returns (uint32 keyNumber) {
        Department memory found = _departments[department];
        keyNumber = found.keys;
        if (keyNumber != 0 && block.timestamp < found.keyEffectiveAt) --keyNumber;
        if (keyNumber == 0 || _keys[department][keyNumber].retired) revert KeyMissing(department);
    }

    /// @inheritdoc IDepartmentRegistry
    function keyDigest(DepartmentId department, uint32 keyNumber) external view returns (bytes32) {
        return _keys[department][keyNumber].digest;
    }

    /// @inheritdoc IDepartmentRegistry
    function accountOf(address account) external view returns (DepartmentId department, uint8 capabilities) {
        Account memory found = _accounts[account];
        return (found.department, found.capabilities);
    }

    /// @inheritdoc IDepartmentRegistry
    function departmentByCode(bytes32 code) external view returns (DepartmentId) {
        return _byCode[code];
    }

    /// @inheritdoc IDepartmentRegistry
    function codeOf(DepartmentId department) external view returns (bytes32) {
        return _codes[department];
    }

    /// @inheritdoc IDepartmentRegistry
    function periods() external view returns (Periods memory) {
        DatedPeriods memory latest = _latestPeriods;
        return block.timestamp >= latest.effectiveAt ? latest.periods : _earlierPeriods.periods;
    }

    /// @inheritdoc IDepartmentRegistry
    function agency() external pure returns (DepartmentId) {
        return AGENCY;
    }

    /// @inheritdoc IDepartmentRegistry
    function isAuditor(DepartmentId department) external view returns (bool) {
        return _departments[department].auditor;
    }

    // ------------------------------------------------------------------ internals

    function _admit(
        bytes32 code,
        address admin,
        bytes32 card,
        uint40 effectiveAt
    ) private returns (DepartmentId department) {
        if (!isCode(code)) revert CodeInvalid(code);
        if (card == 0) revert DigestMissing();
        DepartmentId taken = _byCode[code];
        if (DepartmentId.unwrap(taken) != 0) revert CodeTaken(code, taken);
        department = DepartmentId.wrap(++departmentCount);
        _byCode[code] = department;
        _codes[department] = code;
        _departments[department].effectiveAt = effectiveAt;
        emit DepartmentAdmitted(department, code, admin, card, effectiveAt);
        _setMemberHead(
            department,
            abi.encode(
                memberHead(department),
                DepartmentAdmitted.selector,
                block.timestamp,
                department,
                code,
                admin,
                card,
                effectiveAt
            )
        );
        _addAccount(department, admin, Capability.ADMIN);
    }

    function _addAccount(DepartmentId department, address account, uint8 capabilities) private {
        if (account == address(0)) revert AccountInvalid(account);
        if (capabilities == 0 || capabilities > Capability.ALL) revert CapabilitiesInvalid(capabilities);
        DepartmentId taken = _accounts[account].department;
        if (DepartmentId.unwrap(taken) != 0) revert AccountTaken(account, taken);
        _accounts[account] = Account(department, capabilities);
        if (capabilities & Capability.ADMIN != 0) ++_departments[department].admins;
        emit AccountAdded(department, account, capabilities);
        _setMemberHead(
            department,
            abi.encode(
                memberHead(department),
                AccountAdded.selector,
                block.timestamp,
                department,
                account,
                capabilities
            )
        );
    }

    function _setPeriods(Periods memory next, uint40 effectiveAt) private {
        _requireMinimum(next.respond);
        _requireMinimum(next.release);
        _requireMinimum(next.acknowledge);
        _requireMinimum(next.comply);
        _requireMinimum(next.attest);
        // Replacing periods that are still pending leaves those in force as they are.
        if (block.timestamp >= _latestPeriods.effectiveAt) _earlierPeriods = _latestPeriods;
        _latestPeriods = DatedPeriods(next, effectiveAt);
        emit DeadlinesSet(
            AGENCY,
            next.respond,
            next.release,
            next.acknowledge,
            next.comply,
            next.attest,
            effectiveAt
        );
        _setMemberHead(
            AGENCY,
            abi.encode(memberHead(AGENCY), DeadlinesSet.selector, block.timestamp, AGENCY, next, effectiveAt)
        );
    }

    function _requireMinimum(uint32 period) private view {
        if (period < minimumPeriod) revert PeriodTooShort(period, minimumPeriod);
    }

    function _known(DepartmentId department) private view returns (Department storage found) {
        found = _departments[department];
        if (found.effectiveAt == 0) revert DepartmentUnknown(department);
    }
}
