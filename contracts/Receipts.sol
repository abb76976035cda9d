// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

/// @dev The releases from one source to one receiver that wait for a receipt, in one storage slot: six lanes of 40
/// bits, each the `acknowledgeBy` of one release, or 0.
type Receipts is uint256;

using {awaiting, settled, isFull, overdue} for Receipts global;

uint256 constant LANE_BITS = 40;
uint256 constant LANES = 6;

/// @dev With one more release. Requires that it isn't full.
function awaiting(Receipts receipts, uint40 acknowledgeBy) pure returns (Receipts) {
    return Receipts.wrap((Receipts.unwrap(receipts) << LANE_BITS) | acknowledgeBy);
}

/// @dev Without one release that has this `acknowledgeBy`; of equal ones it doesn't matter which. The others close
/// up.
function settled(Receipts receipts, uint40 acknowledgeBy) pure returns (Receipts) {
    uint256 lanes = Receipts.unwrap(receipts);
    for (uint256 shift = 0; lanes >> shift != 0; shift += LANE_BITS) {
        if (uint40(lanes >> shift) == acknowledgeBy) {
            uint256 later = (lanes >> (shift + LANE_BITS)) << shift;
            return Receipts.wrap(later | (lanes & ((1 << shift) - 1)));
        }
    }
    return receipts;
}

function isFull(Receipts receipts) pure returns (bool) {
    return Receipts.unwrap(receipts) >> ((LANES - 1) * LANE_BITS) != 0;
}

/// @dev How many releases wait longer than they may at block time `time`.
function overdue(Receipts receipts, uint256 time) pure returns (uint256 count) {
    for (uint256 lanes = Receipts.unwrap(receipts); lanes != 0; lanes >>= LANE_BITS) {
        if (uint40(lanes) < time) ++count;
    }
}
