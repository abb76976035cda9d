// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase

import {FREE, PLACES, Unanswered} from "../../Unanswered.sol";
import {IVm} from "../Registries.sol";

contract UnansweredTest {
    IVm internal constant VM = IVm(address(uint160(uint256(keccak256("hevm cheat code")))));

    Unanswered private waiting;
    bytes32[8] private model;

    /// @dev Against a plain list: enter and leave in any order.
    function testFuzz_what_waits_keeps_its_place(
        bytes32[24] memory terms,
        uint8[24] memory steps
    ) public {
        for (uint256 i = 0; i < 24; ++i) {
            uint8 place = steps[i] % 8;
            if (steps[i] >= 128 && model[place] > FREE) {
                VM.assertEq(waiting.vacate(place), model[place]);
                model[place] = FREE;
            } else if (terms[i] > FREE) {
                uint8 free = firstFree();
                VM.assertEq(waiting.take(terms[i]), free);
                if (free < PLACES) model[free] = terms[i];
            }
            check();
        }
    }

    function test_eight_wait_and_the_ninth_finds_no_place() public {
        for (uint8 i = 0; i < 8; ++i) VM.assertEq(waiting.take(bytes32(uint256(i) + 2)), i);
        VM.assertEq(waiting.take(bytes32(uint256(99))), PLACES);
        for (uint8 i = 0; i < 8; ++i) VM.assertEq(waiting.termsAt(i), bytes32(uint256(i) + 2));
        waiting.vacate(5);
        VM.assertEq(waiting.take(bytes32(uint256(99))), 5);
    }

    function firstFree() private view returns (uint8 place) {
        while (place < 8 && model[place] > FREE) ++place;
    }

    function check() private view {
        for (uint8 i = 0; i < 8; ++i) VM.assertEq(waiting.termsAt(i), model[i]);
    }
}
