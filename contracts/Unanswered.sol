// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

/// @dev The requests of one department that wait for one owner's response: eight places, each with the digest of one
/// request's terms, or zero. What is answered leaves its place.
struct Unanswered {
    bytes32[8] places;
}

using {take, vacate, termsAt} for Unanswered global;

uint256 constant PLACES = 8;

/// @dev Takes the first free place; {PLACES} where there is none. Requires terms that aren't zero.
function take(Unanswered storage self, bytes32 terms) returns (uint8 place) {
    for (; place < PLACES; ++place) {
        if (self.places[place] == 0) {
            self.places[place] = terms;
            return place;
        }
    }
}

/// @dev Gives a place free, and returns the terms that were in it.
function vacate(Unanswered storage self, uint8 place) returns (bytes32 terms) {
    terms = self.places[place];
    delete self.places[place];
}

function termsAt(Unanswered storage self, uint8 place) view returns (bytes32) {
    return self.places[place];
}
