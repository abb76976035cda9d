// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {DatasetId, DepartmentId} from "../Types.sol";

/// @title Rolling hashes over a contract's events
/// @notice Each event extends one head: its dataset's, or, where it concerns no dataset, one member's:
/// `head = keccak256(abi.encode(head, topic0, block.timestamp, fields…))`, all fields in the order of the event,
/// indexed or not.
/// One storage proof of a head shows that a list of events is complete.
/// @dev `datasetHead` lies in storage slot 0 and `memberHead` in slot 1 of every contract, both mappings by number.
interface IEventHeads {
    /// @notice The head over this contract's events that concern `dataset`.
    function datasetHead(DatasetId dataset) external view returns (bytes32);

    /// @notice The head over this contract's events that concern `department` and no dataset.
    function memberHead(DepartmentId department) external view returns (bytes32);

    /// @notice The contract's version, "MAJOR.MINOR.PATCH".
    function version() external pure returns (string memory);
}
