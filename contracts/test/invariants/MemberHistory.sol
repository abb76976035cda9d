// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {Capability, Periods} from "../../Types.sol";
import {IDepartmentRegistry} from "../../interfaces/IDepartmentRegistry.sol";
import {ICheats} from "./Cheats.sol";
import {Rule, Stage} from "./Stage.sol";

/// @dev Members, accounts and rules as the events of {DepartmentRegistry} tell them.
abstract contract MemberHistory is Stage {
    struct Account {
        uint32 department;
        uint8 capabilities;
        uint40 from;
    }

    /// @dev `lastReset` is of an earlier reset than the one of `resetAdmin`.
    struct Member {
        uint40 from;
        bool suspended;
        uint40 auditorUntil;
        uint8 standing;
        uint8 earlierStanding;
        uint40 standingAt;
        uint32 keys;
        uint40 keyFrom;
        address resetAdmin;
        uint40 resetAt;
        uint40 lastReset;
    }

    uint40 internal constant FOREVER = type(uint40).max;

    uint32 internal memberCount;
    mapping(uint32 department => Member) internal members;
    mapping(address account => Account) internal accounts;
    /// @dev Every address that ever was an account, and some that never are.
    address[] internal known;
    mapping(uint32 department => mapping(uint32 keyNumber => bool)) internal keyRetired;
    mapping(bytes32 group => mapping(uint32 department => uint40)) internal groupSince;

    uint32 private _agency = AGENCY;
    uint32 internal successor;
    uint40 internal handoverAt;
    uint40 internal retiredAt = FOREVER;
    Periods private _earlierPeriods;
    Periods private _periods;
    uint40 private _periodsFrom;

    // ------------------------------------------------------------------ what is so now
    function agencyNow() internal view returns (uint32) {
        return handoverAt != 0 && time >= handoverAt ? successor : _agency;
    }

    function periodsNow() internal view returns (Periods memory) {
        return time >= _periodsFrom ? _periods : _earlierPeriods;
    }

    function isRetired() internal view returns (bool) {
        return time >= retiredAt;
    }

    function isAuditor(uint32 department) internal view returns (bool) {
        return time < members[department].auditorUntil;
    }

    function standingOf(uint32 department) internal view returns (uint8) {
        Member storage member = members[department];
        return time >= member.standingAt ? member.standing : member.earlierStanding;
    }

    function isInGroup(bytes32 group, uint32 department) internal view returns (bool) {
        uint40 since = groupSince[group][department];
        return since != 0 && time >= since;
    }

    function lastResetOf(uint32 department) internal view returns (uint40) {
        Member storage member = members[department];
        bool effective = member.resetAdmin != address(0) && time >= member.resetAt;
        return effective ? member.resetAt : member.lastReset;
    }

    function resetPending(uint32 department) internal view returns (bool) {
        Member storage member = members[department];
        return member.resetAdmin != address(0) && time < member.resetAt;
    }

    /// @dev The key that releases have to use; 0 where there is none.
    function currentKeyOf(uint32 department) internal view returns (uint32 keyNumber) {
        Member storage member = members[department];
        if (member.keys == 0) return 0;
        keyNumber = time >= member.keyFrom ? member.keys : member.keys - 1;
        if (keyRetired[department][keyNumber]) return 0;
    }

    function isGood(uint32 department) internal view returns (bool) {
        Member storage member = members[department];
        return member.from != 0 && time >= member.from && !member.suspended;
    }

    /// @dev Whether `who` is an effective account of `department` with one of `capabilities`, suspended or not.
    function holdsEvenSuspended(
        address who,
        uint32 department,
        uint8 capabilities
    ) internal view returns (bool) {
        Account storage found = accounts[who];
        return
            department != 0 &&
            found.department == department &&
            found.capabilities & capabilities != 0 &&
            time >= found.from;
    }

    function holds(
        address who,
        uint32 department,
        uint8 capabilities
    ) internal view returns (bool) {
        return holdsEvenSuspended(who, department, capabilities) && isGood(department);
    }

    function isOfAgency(address who) internal view returns (bool) {
        return holds(who, agencyNow(), Capability.OFFICER);
    }

    // ------------------------------------------------------------------ reading
    function readMember(ICheats.Log memory log) internal {
        bytes32 topic0 = log.topics[0];
        uint32 department = uint32(uint256(log.topics[1]));
        Member storage member = members[department];
        if (topic0 == IDepartmentRegistry.DepartmentAdmitted.selector) {
            _admit(department, log.data);
        } else if (topic0 == IDepartmentRegistry.DepartmentSuspended.selector) {
            must(department != agencyNow() && !member.suspended, Rule.GoodStanding);
            member.suspended = true;
        } else if (topic0 == IDepartmentRegistry.DepartmentReinstated.selector) {
            member.suspended = false;
        } else if (topic0 == IDepartmentRegistry.AuditorAppointed.selector) {
            member.auditorUntil = FOREVER;
        } else if (topic0 == IDepartmentRegistry.AuditorRemoved.selector) {
            (, , member.auditorUntil) = abi.decode(log.data, (uint16, bytes32, uint40));
            _mustGiveNotice(member.auditorUntil);
        } else if (topic0 == IDepartmentRegistry.GroupMemberSet.selector) {
            _setGroup(department, log.topics[2], log.data);
        } else if (topic0 == IDepartmentRegistry.StandingSet.selector) {
            member.earlierStanding = standingOf(department);
            (member.standing, , member.standingAt) = abi.decode(log.data, (uint8, bytes32, uint40));
            _mustGiveNotice(member.standingAt);
        } else if (topic0 == IDepartmentRegistry.AccountAdded.selector) {
            _add(address(uint160(uint256(log.topics[2]))), department, log.data);
        } else if (topic0 == IDepartmentRegistry.AccountRemoved.selector) {
            address removed = address(uint160(uint256(log.topics[2])));
            must(accounts[removed].department == department, Rule.OneDepartment);
            delete accounts[removed];
        } else if (topic0 == IDepartmentRegistry.KeyPublished.selector) {
            _publishKey(department, uint32(uint256(log.topics[2])), log.data);
        } else if (topic0 == IDepartmentRegistry.KeyRetired.selector) {
            keyRetired[department][uint32(uint256(log.topics[2]))] = true;
        } else {
            _readOffice(log, department);
        }
    }

    function _readOffice(ICheats.Log memory log, uint32 department) private {
        bytes32 topic0 = log.topics[0];
        if (topic0 == IDepartmentRegistry.AdminResetAnnounced.selector) {
            _reset(department, address(uint160(uint256(log.topics[2]))), log.data);
        } else if (topic0 == IDepartmentRegistry.AdminResetVetoed.selector) {
            must(resetPending(department), Rule.Notice);
            delete accounts[members[department].resetAdmin];
            delete members[department].resetAdmin;
        } else if (topic0 == IDepartmentRegistry.HandoverProposed.selector) {
            must(department == agencyNow(), Rule.Authority);
            (_agency, successor, handoverAt) = (department, uint32(uint256(log.topics[2])), 0);
        } else if (topic0 == IDepartmentRegistry.HandoverAccepted.selector) {
            handoverAt = abi.decode(log.data, (uint40));
            _mustGiveNotice(handoverAt);
        } else if (topic0 == IDepartmentRegistry.DeploymentRetired.selector) {
            must(!isRetired(), Rule.RetiredOpensNothing);
            retiredAt = abi.decode(log.data, (uint40));
            _mustGiveNotice(retiredAt);
        } else if (topic0 == IDepartmentRegistry.DeadlinesSet.selector) {
            _setPeriods(log.data);
        }
    }

    function _admit(uint32 department, bytes memory data) private {
        must(department == ++memberCount, Rule.Numbers);
        must(!isRetired(), Rule.RetiredOpensNothing);
        (, , uint40 effectiveAt) = abi.decode(data, (address, bytes32, uint40));
        members[department].from = effectiveAt;
        if (department != AGENCY) _mustGiveNotice(effectiveAt);
    }

    function _add(address added, uint32 department, bytes memory data) private {
        must(accounts[added].department == 0, Rule.OneDepartment);
        uint8 capabilities = abi.decode(data, (uint8));
        accounts[added] = Account(department, capabilities, members[department].from);
        known.push(added);
    }

    function _setGroup(uint32 department, bytes32 group, bytes memory data) private {
        (bool added, uint40 since) = abi.decode(data, (bool, uint40));
        if (added && groupSince[group][department] == 0) _mustGiveNotice(since);
        groupSince[group][department] = added ? since : 0;
    }

    function _publishKey(uint32 department, uint32 keyNumber, bytes memory data) private {
        Member storage member = members[department];
        must(keyNumber == member.keys + 1 && time >= member.keyFrom, Rule.Numbers);
        (, , uint40 effectiveAt) = abi.decode(data, (bytes32, bytes, uint40));
        must(effectiveAt == (keyNumber == 1 ? time : time + KEY_DELAY), Rule.CurrentKey);
        (member.keys, member.keyFrom) = (keyNumber, effectiveAt);
    }

    function _reset(uint32 department, address admin, bytes memory data) private {
        must(!resetPending(department) && department != agencyNow(), Rule.Notice);
        must(accounts[admin].department == 0, Rule.OneDepartment);
        Member storage member = members[department];
        member.lastReset = lastResetOf(department);
        (, , uint40 effectiveAt) = abi.decode(data, (uint16, bytes32, uint40));
        _mustGiveNotice(effectiveAt);
        (member.resetAdmin, member.resetAt) = (admin, effectiveAt);
        accounts[admin] = Account(department, Capability.ADMIN, effectiveAt);
        known.push(admin);
    }

    function _setPeriods(bytes memory data) private {
        _earlierPeriods = periodsNow();
        Periods memory set;
        (set.respond, set.release, set.acknowledge, set.comply, set.attest, _periodsFrom) = abi
            .decode(data, (uint32, uint32, uint32, uint32, uint32, uint40));
        _periods = set;
        if (time > START) _mustGiveNotice(_periodsFrom);
        must(
            set.respond >= MINIMUM &&
                set.release >= MINIMUM &&
                set.acknowledge >= MINIMUM &&
                set.comply >= MINIMUM &&
                set.attest >= MINIMUM,
            Rule.Minimum
        );
    }

    function _mustGiveNotice(uint40 effectiveAt) private {
        must(effectiveAt >= time + NOTICE, Rule.Notice);
    }
}
