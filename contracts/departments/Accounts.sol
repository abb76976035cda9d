// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {requireReason} from "../Checks.sol";
import {Capability, DepartmentId, Reason} from "../Types.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";
import {Authorizations} from "./Authorizations.sol";

/// @title Accounts of departments, and the reset of a lost ADMIN
abstract contract Accounts is Authorizations {
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
        delete _accounts[account];
        Head storage head = _memberHeads[department];
        head.value = keccak256(
            abi.encode(head.value, AccountRemoved.selector, block.timestamp, department, account)
        );
        emit AccountRemoved(department, account);
    }

    /// @inheritdoc IDepartmentRegistry
    function resetAdmin(DepartmentId department, address admin, Reason calldata reason) external {
        authorizeAgency(msg.sender);
        _requireNotAgency(department);
        _effective(department);
        requireReason(reason);
        _settleReset(department);
        Reset storage reset = _resets[department];
        if (reset.admin != address(0)) revert ResetPending(department, reset.effectiveAt);
        uint40 effectiveAt = _afterNotice();
        (reset.admin, reset.effectiveAt) = (admin, effectiveAt);
        _rules.someReset = true;
        _seat(department, admin, Capability.ADMIN, effectiveAt);
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
    function vetoReset() external {
        DepartmentId department = authorizeSuspended(msg.sender, Capability.ALL);
        Reset storage reset = _resets[department];
        address admin = reset.admin;
        if (admin == address(0) || block.timestamp >= reset.effectiveAt)
            revert ResetNotPending(department);
        (reset.admin, reset.effectiveAt) = (address(0), 0);
        delete _accounts[admin];
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

    // ------------------------------------------------------------------ internal
    function _addAccount(
        DepartmentId department,
        address account,
        uint8 capabilities,
        uint40 effectiveAt
    ) internal {
        _seat(department, account, capabilities, effectiveAt);
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
        uint40 effectiveAt
    ) private {
        if (account == address(0)) revert AccountInvalid(account);
        DepartmentId owner = _accounts[account].department;
        if (DepartmentId.unwrap(owner) != 0) revert AccountTaken(account, owner);
        _accounts[account] = Account(department, capabilities, effectiveAt);
    }

    /// @dev Counts the ADMIN of a reset that is in effect as any other.
    function _settleReset(DepartmentId department) private {
        Reset storage reset = _resets[department];
        if (reset.admin == address(0) || block.timestamp < reset.effectiveAt) return;
        _resets[department] = Reset(address(0), 0, reset.effectiveAt);
        ++_departments[department].admins;
    }
}
