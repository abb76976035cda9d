// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {GrantId} from "./Types.sol";

/// @dev The last requests of one department to one owner, in one storage slot: eight lanes of 32 bits, each a request's
/// number, or 0; the youngest in the lowest lane. A lane is taken again once its request was answered, so every
/// request that waits is in here.
type Unanswered is uint256;

using {requestAt, contains, replaced} for Unanswered global;

uint256 constant REQUEST_BITS = 32;
uint256 constant REQUEST_LANES = 8;

/// @dev The request in a lane, or 0.
function requestAt(Unanswered requests, uint256 lane) pure returns (GrantId) {
    return GrantId.wrap(uint32(Unanswered.unwrap(requests) >> (lane * REQUEST_BITS)));
}

function contains(Unanswered requests, GrantId request) pure returns (bool) {
    for (uint256 lanes = Unanswered.unwrap(requests); lanes != 0; lanes >>= REQUEST_BITS) {
        if (uint32(lanes) == GrantId.unwrap(request)) return true;
    }
    return false;
}

/// @dev Without the request in `lane`; the younger ones move up, and `request` is the youngest.
function replaced(Unanswered requests, uint256 lane, GrantId request) pure returns (Unanswered) {
    uint256 lanes = Unanswered.unwrap(requests);
    uint256 older = type(uint256).max << ((lane + 1) * REQUEST_BITS);
    return
        Unanswered.wrap(
            (lanes & older) | ((lanes << REQUEST_BITS) & ~older) | GrantId.unwrap(request)
        );
}
