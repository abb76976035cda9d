// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

/// @dev The requests of one department that wait for one owner's response: eight places, each with the digest of one
/// request's terms, zero before its first, or {FREE} between two. What is answered leaves its place.
struct Unanswered {
    bytes32[8] places;
}

using {take, vacate, termsAt} for Unanswered global;

uint256 constant PLACES = 8;

/// @dev No digest of terms. Not zero: a slot is written again for a quarter of what a new one costs.
bytes32 constant FREE = bytes32(uint256(1));

/// @dev Takes the first free place; {PLACES} where there is none. Requires terms that are neither zero nor {FREE}.
function take(Unanswered storage self, bytes32 terms) returns (uint8 place) {
    for (; place < PLACES; ++place) {
        if (self.places[place] <= FREE) {
            self.places[place] = terms;
            return place;
        }
    }
}

/// @dev Gives a place free, and returns the terms that were in it.
function vacate(Unanswered storage self, uint8 place) returns (bytes32 terms) {
    terms = self.places[place];
    self.places[place] = FREE;
}

function termsAt(Unanswered storage self, uint8 place) view returns (bytes32) {
    return self.places[place];
}
