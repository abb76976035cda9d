// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

/// @dev The requests of one department that wait for one owner's response: eight places, each with the digest of one
/// request's terms. A place that a request has left holds {LEFT}, not zero: it is cheaper to write the next time.
struct Unanswered {
    bytes32[8] places;
}

using {enter, leave, termsAt} for Unanswered global;

uint256 constant PLACES = 8;

/// @dev Not the digest of any terms.
bytes32 constant LEFT = bytes32(uint256(1));

/// @dev Takes the first free place; {PLACES} where there is none. Requires terms that {isTerms}.
function enter(Unanswered storage self, bytes32 terms) returns (uint8 place) {
    for (; place < PLACES; ++place) {
        if (!isTerms(self.places[place])) {
            self.places[place] = terms;
            return place;
        }
    }
}

/// @dev Gives a place free, and returns the terms that were in it.
function leave(Unanswered storage self, uint8 place) returns (bytes32 terms) {
    terms = self.places[place];
    self.places[place] = LEFT;
}

function termsAt(Unanswered storage self, uint8 place) view returns (bytes32) {
    return self.places[place];
}

/// @dev Whether it may be the digest of terms, and is no mark of a free place.
function isTerms(bytes32 digest) pure returns (bool) {
    return digest > LEFT;
}
