// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase

import {DatasetId, DepartmentId, GrantState} from "../../Types.sol";
import {put} from "../../Bits.sol";
import {LANE_BITS, LANES, Receipts, USED} from "../../Receipts.sol";
import {GrantSlot, newGrant} from "../../grants/GrantSlot.sol";
import {TransferSlot} from "../../transfers/TransferSlot.sol";
import {ISymbolicCheats} from "./Symbolic.sol";

/// @dev What is packed by hand, of any content.
contract SlotsCheck {
    ISymbolicCheats private constant VM = ISymbolicCheats(
        address(uint160(uint256(keccak256("hevm cheat code"))))
    );

    function check_put_changes_its_bits_alone(uint256 slot, uint8 value, uint8 offset) public pure {
        uint256 changed = put(slot, offset, 8, value);
        uint256 mask = uint256(0xff) << offset;
        assert(changed & ~mask == slot & ~mask);
        assert(changed & mask == (uint256(value) << offset));
    }

    function check_a_waiting_release_can_be_settled(uint256 lanes, uint40 due) public pure {
        Receipts receipts = Receipts.wrap(lanes);
        VM.assume(!receipts.isFull() && due != 0 && isWell(lanes));
        Receipts more = receipts.awaiting(due);
        assert(isWell(Receipts.unwrap(more)));
        assert(Receipts.unwrap(more.settled(due)) == lanes | USED);
    }

    function check_settling_takes_one_release_away(uint256 lanes, uint40 due) public pure {
        VM.assume(isWell(lanes) && due != 0);
        Receipts less = Receipts.wrap(lanes).settled(due);
        uint256 before = countOf(lanes);
        uint256 afterwards = countOf(Receipts.unwrap(less));
        assert(afterwards == before || afterwards + 1 == before);
        assert((afterwards == before) == !has(lanes, due));
    }

    function check_overdue_counts_no_more_than_waits(uint256 lanes, uint40 time) public pure {
        VM.assume(isWell(lanes));
        assert(Receipts.wrap(lanes).overdue(time) <= countOf(lanes));
    }

    function check_a_grants_steps_keep_the_rest(uint256 raw, uint40 time, uint8 next) public pure {
        GrantSlot slot = GrantSlot.wrap(raw);
        VM.assume(next <= uint8(type(GrantState).max));
        GrantSlot made = slot.inState(GrantState(next)).since(time);
        assert(made.state() == GrantState(next) && made.clock() == time);
        assert(made.parties() == slot.parties() && made.validUntil() == slot.validUntil());
        assert(made.approvals() == slot.approvals() && made.purpose() == slot.purpose());
        assert(made.allFields() == slot.allFields() && made.ordered() == slot.ordered());
        assert(DatasetId.unwrap(made.dataset()) == DatasetId.unwrap(slot.dataset()));
        assert(made.onwardUse() == slot.onwardUse() && made.place() == slot.place());
    }

    function check_a_grants_terms_keep_the_rest(
        uint256 raw,
        uint16 purpose,
        bool allFields,
        bool onwardUse,
        uint40 validUntil
    ) public pure {
        GrantSlot slot = GrantSlot.wrap(raw);
        GrantSlot made = slot.under(purpose, allFields, onwardUse).until(validUntil);
        assert(made.purpose() == purpose && made.validUntil() == validUntil);
        assert(made.allFields() == allFields && made.onwardUse() == onwardUse);
        assert(made.parties() == slot.parties() && made.clock() == slot.clock());
        assert(made.ordered() == slot.ordered() && made.place() == slot.place());
        assert(made.approvals() == slot.approvals());
    }

    function check_a_new_grant_is_what_was_asked(
        DatasetId dataset,
        DepartmentId requester,
        DepartmentId owner,
        uint8 approvals,
        uint16 purpose,
        bool allFields,
        bool onwardUse,
        uint40 until
    ) public pure {
        GrantSlot made = newGrant(
            dataset,
            requester,
            owner,
            approvals,
            purpose,
            allFields,
            onwardUse,
            until
        );
        assert(DatasetId.unwrap(made.dataset()) == DatasetId.unwrap(dataset));
        assert(made.requester() == requester && made.owner() == owner);
        assert(made.approvals() == approvals && made.isIn(GrantState.None));
        assert(made.purpose() == purpose && made.validUntil() == until);
        assert(made.allFields() == allFields && made.onwardUse() == onwardUse);
        assert(!made.ordered() && made.clock() == 0);
    }

    function check_a_release_keeps_the_rest(uint256 raw, uint40 due) public pure {
        TransferSlot slot = TransferSlot.wrap(raw);
        TransferSlot made = slot.released(due);
        assert(made.clock() == due && made.sender() == slot.sender());
        assert(
            made.receiver() == slot.receiver() && made.datasetVersion() == slot.datasetVersion()
        );
        assert(made.route() == slot.route() && made.onwardUse() == slot.onwardUse());
        assert(TransferSlot.unwrap(made) >> 224 == raw >> 224);
    }

    // ------------------------------------------------------------------ lanes
    /// @dev As {Receipts} keeps it: no empty lane below a taken one, nothing else above the lanes.
    function isWell(uint256 lanes) private pure returns (bool) {
        if ((lanes & ~USED) >> (LANES * LANE_BITS) != 0) return false;
        bool taken = false;
        for (uint256 i = LANES; i > 0; --i) {
            bool own = laneOf(lanes, i - 1) != 0;
            if (taken && !own) return false;
            taken = taken || own;
        }
        return true;
    }

    function countOf(uint256 lanes) private pure returns (uint256 count) {
        for (uint256 i = 0; i < LANES; ++i) if (laneOf(lanes, i) != 0) ++count;
    }

    function has(uint256 lanes, uint40 due) private pure returns (bool) {
        for (uint256 i = 0; i < LANES; ++i) if (laneOf(lanes, i) == due) return true;
        return false;
    }

    function laneOf(uint256 lanes, uint256 i) private pure returns (uint40) {
        return uint40(lanes >> (i * LANE_BITS));
    }
}
