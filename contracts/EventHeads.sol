// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {DatasetId, DepartmentId} from "./Types.sol";
import {IEventHeads} from "./interfaces/IEventHeads.sol";

/// @dev First base of every contract, so that the heads are in the slots where proofs look for them:
///
///     slot 0  mapping(DatasetId => bytes32), the datasets' heads
///     slot 1  mapping(DepartmentId => bytes32), the members' heads
///
/// Each head is written beside its `emit`, with the same fields: a static struct is encoded as its fields in their
/// order.
abstract contract EventHeads is IEventHeads {
    /// @dev One slot; a pointer to it is found once for reading and writing.
    struct Head {
        bytes32 value;
    }

    mapping(DatasetId dataset => Head) internal _datasetHeads;
    mapping(DepartmentId department => Head) internal _memberHeads;

    /// @inheritdoc IEventHeads
    function datasetHead(DatasetId dataset) external view returns (bytes32) {
        return _datasetHeads[dataset].value;
    }

    /// @inheritdoc IEventHeads
    function memberHead(DepartmentId department) external view returns (bytes32) {
        return _memberHeads[department].value;
    }

    /// @inheritdoc IEventHeads
    function version() external pure returns (string memory) {
        return "0.1.0";
    }
}
