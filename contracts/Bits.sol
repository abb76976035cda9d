// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

/// @dev `slot` with `value` in its `bits` from `offset` on. Requires that it fits there.
function put(uint256 slot, uint256 offset, uint256 bits, uint256 value) pure returns (uint256) {
    uint256 mask = ((1 << bits) - 1) << offset;
    return (slot & ~mask) | (value << offset);
}
