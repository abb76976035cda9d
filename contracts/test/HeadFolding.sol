// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable avoid-low-level-calls

import {DatasetId, DepartmentId} from "../Types.sol";
import {IDatasetRegistry} from "../interfaces/IDatasetRegistry.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";
import {IEventHeads} from "../interfaces/IEventHeads.sol";
import {ITransferLog} from "../interfaces/ITransferLog.sol";
import {IVm, Registries} from "./Registries.sol";

/// @dev The heads as an auditor has them: folded from the logs alone, then compared with the storage of every contract.
/// So an event without its head, a head without its event, and an event on another's head are all found.
abstract contract HeadFolding is Registries {
    uint32 private constant NUMBERS = 6;

    IEventHeads[] private contracts;
    mapping(address log => mapping(uint32 dataset => bytes32)) private datasetHeads;
    mapping(address log => mapping(uint32 member => bytes32)) private memberHeads;
    mapping(bytes32 topic0 => bool) private seen;

    /// @dev How many kinds of events were folded.
    uint256 internal kinds;

    /// @dev Follows a contract from its heads of now on.
    function follow(IEventHeads log) internal {
        contracts.push(log);
        for (uint32 n = 0; n < NUMBERS; ++n) {
            datasetHeads[address(log)][n] = log.datasetHead(DatasetId.wrap(n));
            memberHeads[address(log)][n] = log.memberHead(DepartmentId.wrap(n));
        }
        VM.recordLogs();
    }

    /// @dev Calls, and folds what the call logged; a call without an event must be one that reverted.
    function perform(
        address by,
        address target,
        bytes memory call_
    ) internal returns (bool success) {
        VM.prank(by);
        (success, ) = target.call(call_);
        IVm.Log[] memory logs = VM.getRecordedLogs();
        if (!success) return false;
        VM.assertTrue(logs.length > 0, "a call without an event");
        for (uint256 i = 0; i < logs.length; ++i) fold(logs[i]);
    }

    /// @dev Which head an event extends: a member's or a dataset's, and its number.
    function headOf(
        IVm.Log memory log
    ) internal view virtual returns (bool ofMember, bytes32 number) {
        bytes32 topic0 = log.topics[0];
        if (log.emitter == address(departments)) return (true, log.topics[1]);
        if (log.emitter == address(consents)) return (false, log.topics[2]);
        if (
            topic0 == IDatasetRegistry.SpecificationPublished.selector ||
            topic0 == IDatasetRegistry.SpecificationDeprecated.selector
        ) return (true, log.topics[1]);
        if (
            topic0 == IDatasetRegistry.NeedPublished.selector ||
            topic0 == IDatasetRegistry.NeedWithdrawn.selector
        ) return (true, log.topics[2]);
        return (false, log.topics[1]);
    }

    function checkHeads() internal view {
        for (uint256 i = 0; i < contracts.length; ++i) {
            IEventHeads log = contracts[i];
            for (uint32 n = 0; n < NUMBERS; ++n) {
                bytes32 head = datasetHeads[address(log)][n];
                VM.assertEq(head, log.datasetHead(DatasetId.wrap(n)));
                VM.assertEq(head, VM.load(address(log), keccak256(abi.encode(n, 0))));
                head = memberHeads[address(log)][n];
                VM.assertEq(head, log.memberHead(DepartmentId.wrap(n)));
                VM.assertEq(head, VM.load(address(log), keccak256(abi.encode(n, 1))));
            }
        }
    }

    function fold(IVm.Log memory log) private {
        bytes32 topic0 = log.topics[0];
        if (!seen[topic0]) ++kinds;
        seen[topic0] = true;
        (bool ofMember, bytes32 found) = headOf(log);
        uint32 number = uint32(uint256(found));
        if (ofMember) extend(memberHeads[log.emitter], number, log);
        else extend(datasetHeads[log.emitter], number, log);
    }

    function extend(
        mapping(uint32 number => bytes32) storage heads,
        uint32 number,
        IVm.Log memory log
    ) private {
        bytes memory fields = log.data;
        for (uint256 i = log.topics.length - 1; i > 0; --i)
            fields = bytes.concat(log.topics[i], fields);
        if (log.topics[0] == IDepartmentRegistry.KeyPublished.selector) {
            heads[number] = keccak256(keyPublished(heads[number], log));
        } else if (log.topics[0] == ITransferLog.SourcesDeclared.selector) {
            heads[number] = keccak256(sourcesDeclared(heads[number], log));
        } else {
            heads[number] = extended(heads[number], log.topics[0], fields);
        }
    }

    /// @dev An event with a field of variable length, whose offset counts from the head's first word; so has the next.
    function keyPublished(bytes32 head, IVm.Log memory log) private view returns (bytes memory) {
        (bytes32 keyDigest, bytes memory key, uint40 effectiveAt) = abi.decode(
            log.data,
            (bytes32, bytes, uint40)
        );
        bytes32[] memory topics = log.topics;
        return
            abi.encode(
                head,
                topics[0],
                block.timestamp,
                topics[1],
                topics[2],
                keyDigest,
                key,
                effectiveAt
            );
    }

    function sourcesDeclared(bytes32 head, IVm.Log memory log) private view returns (bytes memory) {
        uint64[] memory sources = abi.decode(log.data, (uint64[]));
        bytes32[] memory topics = log.topics;
        return abi.encode(head, topics[0], block.timestamp, topics[1], topics[2], sources);
    }
}
