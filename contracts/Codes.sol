// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

/// @dev Whether `text` is a code or slug: 1 to 32 of `a-z0-9-`, left-aligned and zero-padded.
function isCode(bytes32 text) pure returns (bool) {
    if (text[0] == 0) return false;
    bool ended;
    for (uint256 i; i < 32; ++i) {
        bytes1 c = text[i];
        if (c == 0) {
            ended = true;
        } else if (ended || !((c >= "a" && c <= "z") || (c >= "0" && c <= "9") || c == "-")) {
            return false;
        }
    }
    return true;
}
