// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

/// @dev In the place of a contract that is only asked: it answers every question with whatever its storage holds, and
/// the same question alike. What is shown with it holds whatever that contract does.
contract Oracle {
    mapping(bytes32 question => mapping(uint256 word => bytes32)) private _answers;

    // solhint-disable-next-line payable-fallback, no-complex-fallback
    fallback() external {
        mapping(uint256 word => bytes32) storage answer = _answers[keccak256(msg.data)];
        bytes memory told = abi.encode(answer[0], answer[1], answer[2], answer[3]);
        // solhint-disable-next-line no-inline-assembly
        assembly {
            return(add(told, 0x20), mload(told))
        }
    }
}
