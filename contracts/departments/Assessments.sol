// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {isCode, requireDigest, requireReason} from "../Checks.sol";
import {DepartmentId, Reason} from "../Types.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";
import {Authorizations} from "./Authorizations.sol";

/// @title What the agency and auditors say about departments
abstract contract Assessments is Authorizations {
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

    // ------------------------------------------------------------------ internal
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
}
