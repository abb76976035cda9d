// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase

import {Receipts, USED} from "../../Receipts.sol";
import {IVm} from "../Registries.sol";

contract ReceiptsTest {
    IVm internal constant VM = IVm(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// @dev Against a plain list: add and take away in any order, with equal deadlines among them.
    function testFuzz_it_counts_as_a_list_does(
        uint40[12] memory values,
        uint8[12] memory steps,
        uint40 time
    ) public pure {
        uint40[] memory list = new uint40[](6);
        uint256 length = 0;
        Receipts receipts = Receipts.wrap(0);
        for (uint256 i = 0; i < 12; ++i) {
            uint40 value = (values[i] % 4) + 1;
            VM.assertTrue(receipts.isFull() == (length == 6), "full");
            if (length == 6 || (length > 0 && steps[i] % 3 == 0)) {
                uint256 lane = steps[i] % length;
                receipts = receipts.settled(list[lane]);
                list[lane] = list[--length];
            } else {
                receipts = receipts.awaiting(value);
                list[length++] = value;
            }
            check(receipts, list, length, time % 6);
        }
    }

    function test_large_deadlines_stay_in_their_lanes() public pure {
        Receipts receipts = Receipts.wrap(0);
        for (uint40 i = 0; i < 6; ++i) receipts = receipts.awaiting(type(uint40).max - i);
        VM.assertTrue(receipts.isFull(), "full");
        VM.assertEq(receipts.overdue(type(uint40).max), 5);
        for (uint40 i = 0; i < 6; ++i) receipts = receipts.settled(type(uint40).max - i);
        VM.assertEq(Receipts.unwrap(receipts), USED);
    }

    function test_a_deadline_that_is_not_there_changes_nothing() public pure {
        Receipts receipts = Receipts.wrap(0).awaiting(5).awaiting(6);
        VM.assertEq(Receipts.unwrap(receipts.settled(7)), Receipts.unwrap(receipts));
        VM.assertEq(Receipts.unwrap(receipts.settled(0)), Receipts.unwrap(receipts));
    }

    function check(
        Receipts receipts,
        uint40[] memory list,
        uint256 length,
        uint256 time
    ) private pure {
        uint256 late = 0;
        for (uint256 i = 0; i < length; ++i) if (list[i] < time) ++late;
        VM.assertEq(receipts.overdue(time), late);
        // Once used, its slot never is zero again.
        if (length == 0) VM.assertTrue(Receipts.unwrap(receipts) & ~USED == 0, "empty");
    }
}
