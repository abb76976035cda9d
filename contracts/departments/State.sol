// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {EventHeads} from "../EventHeads.sol";
import {DepartmentId, Periods} from "../Types.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";

/// @title What is stored of departments, and what holds of it now
/// @dev Whatever takes effect later is decided by time wherever it is read: no second transaction is owed.
abstract contract State is EventHeads, IDepartmentRegistry {
    /// @dev One slot:
    ///
    ///     bits  40           40              32    8       8          8               8
    ///           effectiveAt  keyEffectiveAt  keys  admins  suspended  lastKeyRetired  previousKeyRetired
    ///     bits  40            40           8         8
    ///           auditorUntil  standingAt   standing  earlierStanding
    ///
    /// `keys` is the number of the last key, in effect from `keyEffectiveAt` on; until then the one before it is
    /// current. In the same way `earlierStanding` holds until `standingAt`. `auditorUntil` is {FOREVER} until a removal
    /// is announced. `admins` doesn't count the ADMIN of a reset that isn't settled.
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

    /// @dev One slot. `effectiveAt` repeats the department's, save for the ADMIN of a reset, where it is the reset's.
    struct Account {
        DepartmentId department;
        uint8 capabilities;
        uint40 effectiveAt;
    }

    /// @dev One slot:
    ///
    ///     bits  160    40           40
    ///           admin  effectiveAt  settledAt
    ///
    /// `admin` is zero unless a reset was announced, which is in effect from `effectiveAt` on; `settledAt` is when the
    /// one before it took effect. Whatever needs to know a department's ADMINs settles a reset in effect first.
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
    uint256 public constant MAX_STANDINGS = 8;

    uint40 internal constant FOREVER = type(uint40).max;

    /// @inheritdoc IDepartmentRegistry
    uint32 public immutable noticePeriod;

    /// @inheritdoc IDepartmentRegistry
    uint32 public immutable keyDelay;

    /// @inheritdoc IDepartmentRegistry
    uint32 public immutable minimumPeriod;

    Rules internal _rules;
    /// @dev In force until `_rules.effectiveAt`.
    Periods internal _earlierPeriods;
    Office internal _office;
    bytes32 internal _successorDeployment;

    /// @inheritdoc IDepartmentRegistry
    uint32 public departmentCount;
    uint32 internal _suspendedMembers;

    mapping(DepartmentId department => Department) internal _departments;
    mapping(address account => Account) internal _accounts;
    mapping(DepartmentId department => Reset) internal _resets;
    mapping(bytes32 group => mapping(DepartmentId department => uint40 since)) internal _groups;

    /// @inheritdoc IDepartmentRegistry
    mapping(bytes32 code => DepartmentId department) public departmentByCode;

    /// @inheritdoc IDepartmentRegistry
    mapping(DepartmentId department => mapping(uint32 keyNumber => bytes32 digest))
        public keyDigest;

    mapping(DepartmentId department => mapping(uint32 keyNumber => bool retired))
        internal _retiredKeys;

    constructor(uint32 notice, uint32 delay, uint32 minimum) {
        noticePeriod = notice;
        keyDelay = delay;
        minimumPeriod = minimum;
        _rules.retiredAt = FOREVER;
    }

    // ------------------------------------------------------------------ views
    /// @inheritdoc IDepartmentRegistry
    function agency() public view returns (DepartmentId) {
        Office memory office = _office;
        bool handedOver = office.handoverAt != 0 && block.timestamp >= office.handoverAt;
        return handedOver ? office.successor : office.agency;
    }

    /// @inheritdoc IDepartmentRegistry
    function periods() public view returns (Periods memory) {
        if (block.timestamp < _rules.effectiveAt) return _earlierPeriods;
        Rules memory rules = _rules;
        return Periods(rules.respond, rules.release, rules.acknowledge, rules.comply, rules.attest);
    }

    /// @inheritdoc IDepartmentRegistry
    function accountOf(
        address account
    ) external view returns (DepartmentId department, uint8 capabilities) {
        Account memory found = _accounts[account];
        return (found.department, found.capabilities);
    }

    /// @inheritdoc IDepartmentRegistry
    function inGoodStanding(DepartmentId department) external view returns (bool) {
        Department memory member = _departments[department];
        return
            member.effectiveAt != 0 && block.timestamp >= member.effectiveAt && !member.suspended;
    }

    /// @inheritdoc IDepartmentRegistry
    function isAuditor(DepartmentId department) public view returns (bool) {
        return block.timestamp < _departments[department].auditorUntil;
    }

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
    function lastReset(DepartmentId department) public view returns (uint40) {
        if (!_rules.someReset) return 0;
        Reset memory reset = _resets[department];
        bool inEffect = reset.admin != address(0) && block.timestamp >= reset.effectiveAt;
        return inEffect ? reset.effectiveAt : reset.settledAt;
    }

    // ------------------------------------------------------------------ internal
    /// @dev Costs the read of a slot: asked only where `_rules.someSuspended`.
    function _requireNotSuspended(DepartmentId department) internal view {
        if (_departments[department].suspended) revert DepartmentIsSuspended(department);
    }

    function _existing(DepartmentId department) internal view returns (Department storage member) {
        member = _departments[department];
        if (member.effectiveAt == 0) revert DepartmentUnknown(department);
    }

    function _effective(DepartmentId department) internal view returns (Department storage member) {
        member = _existing(department);
        if (block.timestamp < member.effectiveAt)
            revert DepartmentNotYetAdmitted(department, member.effectiveAt);
    }

    /// @dev Nor the one that comes: as the agency, it could be neither reinstated nor vetoed by another.
    function _requireNotAgency(DepartmentId department) internal view {
        bool coming = _office.handoverAt != 0 && department == _office.successor;
        if (coming || department == agency()) revert AgencyRequired(department);
    }

    function _afterNotice() internal view returns (uint40) {
        return uint40(block.timestamp + noticePeriod);
    }
}
