// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {DatasetId, DepartmentId} from "./Types.sol";
import {IEventHeads} from "./interfaces/IEventHeads.sol";

/// @title The rolling hashes of one contract
/// @dev The first base of every contract, so that the two mappings lie in storage slots 0 and 1.
abstract contract EventHeads is IEventHeads {
    mapping(DatasetId dataset => bytes32 head) private _datasetHeads;
    mapping(DepartmentId department => bytes32 head) private _memberHeads;

    /// @inheritdoc IEventHeads
    function datasetHead(DatasetId dataset) public view returns (bytes32) {
        return _datasetHeads[dataset];
    }

    /// @inheritdoc IEventHeads
    function memberHead(DepartmentId department) public view returns (bytes32) {
        return _memberHeads[department];
    }

    /// @inheritdoc IEventHeads
    function version() external pure returns (string memory) {
        return "0.1.0";
    }

    function _setDatasetHead(DatasetId dataset, bytes memory headAndEvent) internal {
        _datasetHeads[dataset] = keccak256(headAndEvent);
    }

    function _setMemberHead(DepartmentId department, bytes memory headAndEvent) internal {
        _memberHeads[department] = keccak256(headAndEvent);
    }
}
