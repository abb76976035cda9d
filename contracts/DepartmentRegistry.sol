// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {isCode, requireDigest, requireReason} from "./Checks.sol";
import {Capability, DepartmentId, Periods, Reason} from "./Types.sol";
import {Accounts} from "./departments/Accounts.sol";
import {Assessments} from "./departments/Assessments.sol";
import {Governance} from "./departments/Governance.sol";
import {Keys} from "./departments/Keys.sol";
import {State} from "./departments/State.sol";
import {IDepartmentRegistry} from "./interfaces/IDepartmentRegistry.sol";

/// @title Members, their accounts and their encryption keys
/// @dev Each base in departments/ is one theme; all storage is in {State}.
contract DepartmentRegistry is Accounts, Assessments, Governance, Keys {
    /// @dev The agency is department 1 at once, and `initial` is in force at once.
    constructor(
        bytes32 agencyCode,
        address agencyAdmin,
        bytes32 agencyCard,
        uint32 notice,
        uint32 delay,
        uint32 minimum,
        Periods memory initial
    ) State(notice, delay, minimum) {
        _office.agency = _admit(agencyCode, agencyAdmin, agencyCard, uint40(block.timestamp));
        _setPeriods(_office.agency, initial, uint40(block.timestamp));
    }

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
        Department storage member = _existing(department);
        if (member.suspended) revert DepartmentIsSuspended(department);
        requireReason(reason);
        ++_suspendedMembers;
        _rules.someSuspended = true;
        member.suspended = true;
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
        _rules.someSuspended = --_suspendedMembers != 0;
        member.suspended = false;
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
}
