// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {Capability, DepartmentId} from "../Types.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";
import {State} from "./State.sol";

/// @title Who may act, and until when
/// @dev Other contracts ask this on nearly every call: each function reads as few slots as it can.
abstract contract Authorizations is State {
    uint8 private constant DELIVERERS = Capability.OFFICER | Capability.AGENT;

    /// @inheritdoc IDepartmentRegistry
    function authorize(
        address account,
        uint32 capabilities
    ) public view returns (DepartmentId department) {
        department = _authorize(account, capabilities);
        if (_rules.someSuspended) _requireNotSuspended(department);
    }

    /// @inheritdoc IDepartmentRegistry
    function authorizeSuspended(
        address account,
        uint8 capabilities
    ) public view returns (DepartmentId department) {
        return _authorize(account, capabilities);
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
        bool inForce;
        (requester, inForce) = _authorizeBoth(account, Capability.OFFICER, owner);
        respondBy = uint40(block.timestamp + (inForce ? _rules.respond : _earlierPeriods.respond));
    }

    /// @inheritdoc IDepartmentRegistry
    function authorizeOpening(
        address account,
        DepartmentId sender
    ) external view returns (DepartmentId receiver, uint40 releaseBy, uint40 resetAt) {
        bool inForce;
        (receiver, inForce) = _authorizeBoth(account, DELIVERERS, sender);
        releaseBy = uint40(block.timestamp + (inForce ? _rules.release : _earlierPeriods.release));
        resetAt = lastReset(receiver);
    }

    /// @inheritdoc IDepartmentRegistry
    function authorizeRelease(
        address account,
        DepartmentId receiver
    )
        external
        view
        returns (DepartmentId sender, uint32 keyNumber, uint40 acknowledgeBy, uint40 resetAt)
    {
        bool inForce;
        (sender, inForce) = _authorizeBoth(account, DELIVERERS, receiver);
        keyNumber = currentKey(receiver);
        acknowledgeBy = uint40(
            block.timestamp + (inForce ? _rules.acknowledge : _earlierPeriods.acknowledge)
        );
        resetAt = lastReset(receiver);
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

    // ------------------------------------------------------------------ internal
    function _authorize(
        address account,
        uint32 capabilities
    ) private view returns (DepartmentId department) {
        Account storage found = _accounts[account];
        uint8 held;
        uint40 effectiveAt;
        (department, held, effectiveAt) = (found.department, found.capabilities, found.effectiveAt);
        if (held & capabilities == 0) revert AccountUnauthorized(account, uint8(capabilities));
        if (block.timestamp < effectiveAt) {
            _effective(department);
            // The ADMIN of a reset that isn't in effect.
            revert AccountUnauthorized(account, uint8(capabilities));
        }
    }

    /// @dev Also whether the rules' periods are in force, as their slot has been read.
    function _authorizeBoth(
        address account,
        uint8 capabilities,
        DepartmentId other
    ) private view returns (DepartmentId department, bool inForce) {
        department = _authorize(account, capabilities);
        (uint40 effectiveAt, uint40 retiredAt, bool someSuspended) = (
            _rules.effectiveAt,
            _rules.retiredAt,
            _rules.someSuspended
        );
        if (someSuspended) _requireNotSuspended(department);
        if (block.timestamp >= retiredAt) revert DeploymentIsRetired(_successorDeployment);
        if (someSuspended) _requireNotSuspended(other);
        inForce = block.timestamp >= effectiveAt;
    }

    function _isOfAgency(address account) internal view returns (bool) {
        Account memory found = _accounts[account];
        return found.capabilities & Capability.OFFICER != 0 && found.department == agency();
    }
}
