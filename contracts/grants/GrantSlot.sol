// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {put} from "../Bits.sol";
import {DatasetId, DepartmentId, GrantState} from "../Types.sol";

/// @dev A grant without its terms, as it is stored, in one slot:
///
///     bits  32       32         32     8      8          16       8          8          8        8
///           dataset  requester  owner  state  approvals  purpose  allFields  onwardUse  ordered  place
///     bits  40     40
///           clock  validUntil
///
/// `place` is among the {Unanswered}, while it is Requested. Packed by hand: a call reads the slot once and writes it
/// once, which the compiler does field by field.
type GrantSlot is uint256;

using {
    dataset,
    requester,
    owner,
    parties,
    state,
    isIn,
    approvals,
    purpose,
    allFields,
    onwardUse,
    ordered,
    place,
    clock,
    validUntil,
    inState,
    inPlace,
    since,
    asOrdered,
    until,
    under
} for GrantSlot global;

uint256 constant REQUESTER = 32;
uint256 constant OWNER = 64;
uint256 constant STATE = 96;
uint256 constant APPROVALS = 104;
uint256 constant PURPOSE = 112;
uint256 constant ALL_FIELDS = 128;
uint256 constant ONWARD_USE = 136;
uint256 constant ORDERED = 144;
uint256 constant PLACE = 152;
uint256 constant CLOCK = 160;
uint256 constant VALID_UNTIL = 200;

/// @dev One in no state yet.
function newGrant(
    DatasetId dataset_,
    DepartmentId requester_,
    DepartmentId owner_,
    uint8 approvals_,
    uint16 purpose_,
    bool allFields_,
    bool onwardUse_,
    uint40 validUntil_
) pure returns (GrantSlot) {
    return
        GrantSlot.wrap(
            uint256(DatasetId.unwrap(dataset_)) |
                (uint256(DepartmentId.unwrap(requester_)) << REQUESTER) |
                (uint256(DepartmentId.unwrap(owner_)) << OWNER) |
                (uint256(approvals_) << APPROVALS) |
                (uint256(purpose_) << PURPOSE) |
                (allFields_ ? 1 << ALL_FIELDS : 0) |
                (onwardUse_ ? 1 << ONWARD_USE : 0) |
                (uint256(validUntil_) << VALID_UNTIL)
        );
}

// ------------------------------------------------------------------ what it says
function dataset(GrantSlot slot) pure returns (DatasetId) {
    return DatasetId.wrap(uint32(GrantSlot.unwrap(slot)));
}

function requester(GrantSlot slot) pure returns (DepartmentId) {
    return DepartmentId.wrap(uint32(GrantSlot.unwrap(slot) >> REQUESTER));
}

function owner(GrantSlot slot) pure returns (DepartmentId) {
    return DepartmentId.wrap(uint32(GrantSlot.unwrap(slot) >> OWNER));
}

/// @dev Requester and owner: a key for what is between the two.
function parties(GrantSlot slot) pure returns (uint64) {
    return uint64(GrantSlot.unwrap(slot) >> REQUESTER);
}

function state(GrantSlot slot) pure returns (GrantState) {
    return GrantState(uint8(GrantSlot.unwrap(slot) >> STATE));
}

/// @dev As a comparison of {state}, without checking that the slot holds a state at all.
function isIn(GrantSlot slot, GrantState state_) pure returns (bool) {
    return uint8(GrantSlot.unwrap(slot) >> STATE) == uint8(state_);
}

function approvals(GrantSlot slot) pure returns (uint8) {
    return uint8(GrantSlot.unwrap(slot) >> APPROVALS);
}

function purpose(GrantSlot slot) pure returns (uint16) {
    return uint16(GrantSlot.unwrap(slot) >> PURPOSE);
}

function allFields(GrantSlot slot) pure returns (bool) {
    return uint8(GrantSlot.unwrap(slot) >> ALL_FIELDS) != 0;
}

function onwardUse(GrantSlot slot) pure returns (bool) {
    return uint8(GrantSlot.unwrap(slot) >> ONWARD_USE) != 0;
}

function ordered(GrantSlot slot) pure returns (bool) {
    return uint8(GrantSlot.unwrap(slot) >> ORDERED) != 0;
}

function place(GrantSlot slot) pure returns (uint8) {
    return uint8(GrantSlot.unwrap(slot) >> PLACE);
}

function clock(GrantSlot slot) pure returns (uint40) {
    return uint40(GrantSlot.unwrap(slot) >> CLOCK);
}

function validUntil(GrantSlot slot) pure returns (uint40) {
    return uint40(GrantSlot.unwrap(slot) >> VALID_UNTIL);
}

// ------------------------------------------------------------------ what changes
function inState(GrantSlot slot, GrantState next) pure returns (GrantSlot) {
    return GrantSlot.wrap(put(GrantSlot.unwrap(slot), STATE, 8, uint8(next)));
}

function inPlace(GrantSlot slot, uint8 taken) pure returns (GrantSlot) {
    return GrantSlot.wrap(put(GrantSlot.unwrap(slot), PLACE, 8, taken));
}

/// @dev With another `clock`.
function since(GrantSlot slot, uint40 time) pure returns (GrantSlot) {
    return GrantSlot.wrap(put(GrantSlot.unwrap(slot), CLOCK, 40, time));
}

function asOrdered(GrantSlot slot) pure returns (GrantSlot) {
    return GrantSlot.wrap(GrantSlot.unwrap(slot) | (1 << ORDERED));
}

/// @dev With another `validUntil`.
function until(GrantSlot slot, uint40 time) pure returns (GrantSlot) {
    return GrantSlot.wrap(put(GrantSlot.unwrap(slot), VALID_UNTIL, 40, time));
}

/// @dev Under other terms, but for `validUntil`.
function under(
    GrantSlot slot,
    uint16 purpose_,
    bool allFields_,
    bool onwardUse_
) pure returns (GrantSlot) {
    uint256 flags = (allFields_ ? 1 << ALL_FIELDS : 0) | (onwardUse_ ? 1 << ONWARD_USE : 0);
    uint256 rest = put(GrantSlot.unwrap(slot), PURPOSE, 32, purpose_);
    return GrantSlot.wrap(rest | flags);
}
