// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {Capability, DepartmentId} from "../Types.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";
import {Authorizations} from "./Authorizations.sol";

/// @title Encryption keys of departments
abstract contract Keys is Authorizations {
    /// @dev A raw X-Wing public key: ML-KEM-768, then X25519.
    uint256 private constant KEY_BYTES = 1216;

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
}
