// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {Reason} from "./Types.sol";
import {IDepartmentRegistry} from "./interfaces/IDepartmentRegistry.sol";

/// @dev Whether `code` is a department's code, a slug or a specification's name: 1 to 32 of `a-z`, `0-9` and `-`,
/// then
/// zeros. Clients rely on it: a name of another form could not be read by them any more.
function isCode(bytes32 code) pure returns (bool) {
    if (code[0] == 0) return false;
    bool ended = false;
    for (uint256 i = 0; i < 32; ++i) {
        bytes1 letter = code[i];
        bool allowed =
            (letter >= "a" && letter <= "z") || (letter >= "0" && letter <= "9") || letter == "-";
        if (ended ? letter != 0 : !allowed && letter != 0) return false;
        ended = ended || letter == 0;
    }
    return true;
}

function requireDigest(bytes32 digest) pure {
    if (digest == 0) revert IDepartmentRegistry.DigestMissing();
}

function requireReason(Reason calldata reason) pure {
    if (reason.code == 0 || reason.digest == 0) revert IDepartmentRegistry.ReasonMissing();
}
