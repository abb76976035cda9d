// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {put} from "../Bits.sol";
import {
    ConsentId,
    DatasetId,
    DepartmentId,
    GrantId,
    PayloadKind,
    TransferState
} from "../Types.sol";

/// @dev A transfer, as it is stored, in one slot:
///
///     bits  32       32              32     32      32        8      8     1      7          40     32
///           dataset  datasetVersion  grant  sender  receiver  state  kind  cured  onwardUse  clock  consent
///
/// `onwardUse`: the grant allows it. It stays so, and whoever declares sources needn't read sixteen grants.
/// Packed by hand: a call reads the slot once and writes it once, which the compiler does field by field.
type TransferSlot is uint256;

using {
    dataset,
    datasetVersion,
    grant,
    sender,
    receiver,
    route,
    state,
    isIn,
    kind,
    isOf,
    cured,
    onwardUse,
    clock,
    consent,
    inState,
    released
} for TransferSlot global;

uint256 constant DATASET_VERSION = 32;
uint256 constant GRANT = 64;
uint256 constant SENDER = 96;
uint256 constant RECEIVER = 128;
uint256 constant STATE = 160;
uint256 constant KIND = 168;
uint256 constant CURED = 176;
uint256 constant ONWARD_USE = 177;
uint256 constant CLOCK = 184;
uint256 constant CONSENT = 224;

uint256 constant DOCUMENTS = 1 << 64;

/// @dev One whose release is due at `releaseBy`.
function newTransfer(
    DatasetId dataset_,
    uint32 datasetVersion_,
    GrantId grant_,
    DepartmentId sender_,
    DepartmentId receiver_,
    PayloadKind kind_,
    bool onwardUse_,
    uint40 releaseBy,
    ConsentId consent_
) pure returns (TransferSlot) {
    return
        TransferSlot.wrap(
            uint256(DatasetId.unwrap(dataset_)) |
                (uint256(datasetVersion_) << DATASET_VERSION) |
                (uint256(GrantId.unwrap(grant_)) << GRANT) |
                (uint256(DepartmentId.unwrap(sender_)) << SENDER) |
                (uint256(DepartmentId.unwrap(receiver_)) << RECEIVER) |
                (uint256(TransferState.Opened) << STATE) |
                (uint256(kind_) << KIND) |
                (onwardUse_ ? 1 << ONWARD_USE : 0) |
                (uint256(releaseBy) << CLOCK) |
                (uint256(ConsentId.unwrap(consent_)) << CONSENT)
        );
}

// ------------------------------------------------------------------ what it says
function dataset(TransferSlot slot) pure returns (DatasetId) {
    return DatasetId.wrap(uint32(TransferSlot.unwrap(slot)));
}

function datasetVersion(TransferSlot slot) pure returns (uint32) {
    return uint32(TransferSlot.unwrap(slot) >> DATASET_VERSION);
}

function grant(TransferSlot slot) pure returns (GrantId) {
    return GrantId.wrap(uint32(TransferSlot.unwrap(slot) >> GRANT));
}

function sender(TransferSlot slot) pure returns (DepartmentId) {
    return DepartmentId.wrap(uint32(TransferSlot.unwrap(slot) >> SENDER));
}

function receiver(TransferSlot slot) pure returns (DepartmentId) {
    return DepartmentId.wrap(uint32(TransferSlot.unwrap(slot) >> RECEIVER));
}

/// @dev A key for all releases of one dataset to one receiver, or all documents of one sender to it.
function route(TransferSlot slot) pure returns (uint256) {
    DatasetId of_ = slot.dataset();
    if (DatasetId.unwrap(of_) != 0) return routeOf(of_, slot.receiver());
    return DOCUMENTS | uint64(TransferSlot.unwrap(slot) >> SENDER);
}

/// @dev The key for the releases of one dataset to one receiver.
function routeOf(DatasetId dataset_, DepartmentId receiver_) pure returns (uint256) {
    return (uint256(DepartmentId.unwrap(receiver_)) << 32) | DatasetId.unwrap(dataset_);
}

function state(TransferSlot slot) pure returns (TransferState) {
    return TransferState(uint8(TransferSlot.unwrap(slot) >> STATE));
}

/// @dev As a comparison of {state}, without checking that the slot holds a state at all; so is {isOf}.
function isIn(TransferSlot slot, TransferState state_) pure returns (bool) {
    return uint8(TransferSlot.unwrap(slot) >> STATE) == uint8(state_);
}

function kind(TransferSlot slot) pure returns (PayloadKind) {
    return PayloadKind(uint8(TransferSlot.unwrap(slot) >> KIND));
}

function isOf(TransferSlot slot, PayloadKind kind_) pure returns (bool) {
    return uint8(TransferSlot.unwrap(slot) >> KIND) == uint8(kind_);
}

function cured(TransferSlot slot) pure returns (bool) {
    return TransferSlot.unwrap(slot) & (1 << CURED) != 0;
}

function onwardUse(TransferSlot slot) pure returns (bool) {
    return TransferSlot.unwrap(slot) & (1 << ONWARD_USE) != 0;
}

function clock(TransferSlot slot) pure returns (uint40) {
    return uint40(TransferSlot.unwrap(slot) >> CLOCK);
}

function consent(TransferSlot slot) pure returns (ConsentId) {
    return ConsentId.wrap(uint32(TransferSlot.unwrap(slot) >> CONSENT));
}

// ------------------------------------------------------------------ what changes
function inState(TransferSlot slot, TransferState next) pure returns (TransferSlot) {
    return TransferSlot.wrap(put(TransferSlot.unwrap(slot), STATE, 8, uint8(next)));
}

/// @dev Released, or cured where it was disputed.
function released(TransferSlot slot, uint40 acknowledgeBy) pure returns (TransferSlot) {
    uint256 cure = slot.isIn(TransferState.Disputed) ? 1 << CURED : 0;
    uint256 due = put(TransferSlot.unwrap(slot) | cure, CLOCK, 40, acknowledgeBy);
    return TransferSlot.wrap(due).inState(TransferState.Released);
}
