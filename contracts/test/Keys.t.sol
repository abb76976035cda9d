// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase

import {DepartmentId} from "../Types.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";
import {Registries} from "./Registries.sol";

contract KeysTest is Registries {
    function test_the_first_key_is_current_at_once_and_a_later_one_after_the_delay() public {
        VM.assertEq(departments.currentKey(LABOUR), 1);
        uint40 effectiveAt = uint40(block.timestamp) + KEY_DELAY;
        bytes32 head = departments.memberHead(LABOUR);
        bytes memory key = publicKey(2);
        bytes32 keyDigest = sha256(key);
        VM.expectEmit(address(departments));
        emit IDepartmentRegistry.KeyPublished(LABOUR, 2, keyDigest, key, effectiveAt);
        VM.prank(admin(LABOUR));
        departments.publishKey(2, key);
        bytes32 topic0 = IDepartmentRegistry.KeyPublished.selector;
        // The key is the only dynamic field of all events, so this head is encoded as a whole.
        head = keccak256(
            abi.encode(
                head,
                topic0,
                block.timestamp,
                LABOUR,
                uint32(2),
                keyDigest,
                key,
                effectiveAt
            )
        );
        checkMemberHead(departments, LABOUR, head);
        VM.assertEq(departments.keyDigest(LABOUR, 2), keyDigest);
        VM.assertEq(departments.keyDigest(LABOUR, 3), 0);
        VM.warp(effectiveAt - 1);
        VM.assertEq(departments.currentKey(LABOUR), 1);
        VM.warp(effectiveAt);
        VM.assertEq(departments.currentKey(LABOUR), 2);
    }

    function test_a_rotation_has_to_end_before_the_next() public {
        rotate(2);
        uint40 effectiveAt = uint40(block.timestamp) + KEY_DELAY;
        VM.warp(effectiveAt - 1);
        VM.prank(admin(LABOUR));
        VM.expectRevert(
            abi.encodeWithSelector(
                IDepartmentRegistry.KeyRotationPending.selector,
                LABOUR,
                2,
                effectiveAt
            )
        );
        departments.publishKey(3, publicKey(3));
        VM.warp(effectiveAt);
        rotate(3);
        VM.assertEq(departments.currentKey(LABOUR), 2);
    }

    function test_a_key_has_the_next_number_and_the_right_length() public {
        VM.startPrank(admin(LABOUR));
        VM.expectRevert(
            abi.encodeWithSelector(IDepartmentRegistry.KeyNumberUnexpected.selector, 3, 2)
        );
        departments.publishKey(3, publicKey(3));
        VM.expectRevert(
            abi.encodeWithSelector(IDepartmentRegistry.KeyNumberUnexpected.selector, 1, 2)
        );
        departments.publishKey(1, publicKey(1));
        VM.expectRevert(
            abi.encodeWithSelector(IDepartmentRegistry.KeyLengthInvalid.selector, 1215, 1216)
        );
        departments.publishKey(2, new bytes(1215));
        VM.expectRevert(
            abi.encodeWithSelector(IDepartmentRegistry.KeyLengthInvalid.selector, 1217, 1216)
        );
        departments.publishKey(2, new bytes(1217));
    }

    function test_a_retired_key_is_not_replaced_by_an_older_one() public {
        rotate(2);
        VM.warp(block.timestamp + KEY_DELAY);
        bytes32 head = departments.memberHead(LABOUR);
        VM.expectEmit(address(departments));
        emit IDepartmentRegistry.KeyRetired(LABOUR, 2);
        retire(2);
        checkMemberHead(
            LABOUR,
            head,
            IDepartmentRegistry.KeyRetired.selector,
            abi.encode(LABOUR, uint32(2))
        );
        expectKeyMissing(LABOUR);
    }

    function test_a_key_retired_while_its_successor_is_pending_leaves_none_until_then() public {
        rotate(2);
        retire(1);
        expectKeyMissing(LABOUR);
        VM.warp(block.timestamp + KEY_DELAY);
        VM.assertEq(departments.currentKey(LABOUR), 2);
    }

    function test_a_key_retired_before_it_takes_effect_never_does() public {
        rotate(2);
        retire(2);
        VM.assertEq(departments.currentKey(LABOUR), 1);
        uint40 effectiveAt = uint40(block.timestamp) + KEY_DELAY;
        VM.prank(admin(LABOUR));
        VM.expectRevert(
            abi.encodeWithSelector(
                IDepartmentRegistry.KeyRotationPending.selector,
                LABOUR,
                2,
                effectiveAt
            )
        );
        departments.publishKey(3, publicKey(3));
        VM.warp(effectiveAt);
        expectKeyMissing(LABOUR);
        rotate(3);
        expectKeyMissing(LABOUR);
        VM.warp(block.timestamp + KEY_DELAY);
        VM.assertEq(departments.currentKey(LABOUR), 3);
    }

    function test_an_old_key_can_be_retired_without_effect_on_the_current() public {
        rotate(2);
        VM.warp(block.timestamp + KEY_DELAY);
        rotate(3);
        VM.warp(block.timestamp + KEY_DELAY);
        retire(1);
        VM.assertEq(departments.currentKey(LABOUR), 3);
        retire(2);
        VM.assertEq(departments.currentKey(LABOUR), 3);
    }

    function test_only_known_keys_are_retired_and_once() public {
        VM.startPrank(admin(LABOUR));
        VM.expectRevert(abi.encodeWithSelector(IDepartmentRegistry.KeyUnknown.selector, LABOUR, 0));
        departments.retireKey(0);
        VM.expectRevert(abi.encodeWithSelector(IDepartmentRegistry.KeyUnknown.selector, LABOUR, 2));
        departments.retireKey(2);
        departments.retireKey(1);
        VM.expectRevert(abi.encodeWithSelector(IDepartmentRegistry.KeyUnknown.selector, LABOUR, 1));
        departments.retireKey(1);
    }

    function test_whoever_has_no_key_has_none() public {
        expectKeyMissing(DepartmentId.wrap(5));
    }

    function test_a_suspended_department_still_removes_accounts_and_retires_keys() public {
        suspendMember(LABOUR);
        VM.startPrank(admin(LABOUR));
        departments.removeAccount(agent(LABOUR));
        departments.retireKey(1);
        VM.expectRevert(
            abi.encodeWithSelector(IDepartmentRegistry.DepartmentIsSuspended.selector, LABOUR)
        );
        departments.publishKey(2, publicKey(2));
    }

    // ------------------------------------------------------------------ helpers
    function expectKeyMissing(DepartmentId department) private {
        VM.expectRevert(
            abi.encodeWithSelector(IDepartmentRegistry.KeyMissing.selector, department)
        );
        departments.currentKey(department);
    }

    function rotate(uint32 keyNumber) private {
        VM.prank(admin(LABOUR));
        departments.publishKey(keyNumber, publicKey(uint8(keyNumber)));
    }

    function retire(uint32 keyNumber) private {
        VM.prank(admin(LABOUR));
        departments.retireKey(keyNumber);
    }
}
