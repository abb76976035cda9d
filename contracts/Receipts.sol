// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

/// @dev The releases from one source to one receiver that wait for a receipt, in one storage slot: six lanes of 40
/// bits, each the `acknowledgeBy` of one release, or 0; and {USED}.
type Receipts is uint256;

using {awaiting, settled, isFull, overdue} for Receipts global;

uint256 constant LANE_BITS = 40;
uint256 constant LANES = 6;

/// @dev Set from the first release on: a slot that isn't zero is written again for a quarter of what a new one costs.
uint256 constant USED = 1 << 255;

/// @dev With one more release. Requires that it isn't full.
function awaiting(Receipts receipts, uint40 acknowledgeBy) pure returns (Receipts) {
    return Receipts.wrap((lanesOf(receipts) << LANE_BITS) | acknowledgeBy | USED);
}

/// @dev Without one release that has this `acknowledgeBy`; of equal ones it doesn't matter which. The others close
/// up.
function settled(Receipts receipts, uint40 acknowledgeBy) pure returns (Receipts) {
    uint256 lanes = lanesOf(receipts);
    for (uint256 shift = 0; lanes >> shift != 0; shift += LANE_BITS) {
        if (uint40(lanes >> shift) == acknowledgeBy) {
            uint256 later = (lanes >> (shift + LANE_BITS)) << shift;
            return Receipts.wrap(later | (lanes & ((1 << shift) - 1)) | USED);
        }
    }
    return receipts;
}

function isFull(Receipts receipts) pure returns (bool) {
    return lanesOf(receipts) >> ((LANES - 1) * LANE_BITS) != 0;
}

/// @dev How many releases wait longer than they may at block time `time`.
function overdue(Receipts receipts, uint256 time) pure returns (uint256 count) {
    for (uint256 lanes = lanesOf(receipts); lanes != 0; lanes >>= LANE_BITS) {
        if (uint40(lanes) < time) ++count;
    }
}

function lanesOf(Receipts receipts) pure returns (uint256) {
    return Receipts.unwrap(receipts) & ~USED;
}
