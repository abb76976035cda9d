// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {DatasetId, DepartmentId} from "../../Types.sol";
import {IDatasetRegistry} from "../../interfaces/IDatasetRegistry.sol";
import {IDepartmentRegistry} from "../../interfaces/IDepartmentRegistry.sol";
import {IEventHeads} from "../../interfaces/IEventHeads.sol";
import {ITransferLog} from "../../interfaces/ITransferLog.sol";
import {ICheats} from "./Cheats.sol";
import {TransferHistory} from "./TransferHistory.sol";

/// @dev All that an auditor knows: every event, read into what it means and folded into the heads.
abstract contract History is TransferHistory {
    mapping(address log => mapping(uint32 dataset => bytes32)) internal datasetHeads;
    mapping(address log => mapping(uint32 member => bytes32)) internal memberHeads;

    function read(ICheats.Log[] memory logs) internal {
        for (uint256 i = 0; i < logs.length; ++i) {
            _fold(logs[i]);
            address emitter = logs[i].emitter;
            if (emitter == address(departments)) readMember(logs[i]);
            else if (emitter == address(datasets)) readDataset(logs[i]);
            else if (emitter == address(consents)) readConsent(logs[i]);
            else if (emitter == address(grants)) readGrant(logs[i]);
            else readTransfer(logs[i]);
        }
    }

    /// @dev Compares the folded heads with those of one contract.
    function headsAgree(IEventHeads log) internal view returns (bool) {
        for (uint32 n = 0; n <= datasetCount + 1; ++n) {
            if (log.datasetHead(DatasetId.wrap(n)) != datasetHeads[address(log)][n]) return false;
        }
        for (uint32 n = 0; n <= memberCount + 1; ++n) {
            if (log.memberHead(DepartmentId.wrap(n)) != memberHeads[address(log)][n]) return false;
        }
        return true;
    }

    // ------------------------------------------------------------------ folding
    function _fold(ICheats.Log memory log) private {
        (bool ofMember, uint32 number) = _headOf(log);
        bytes32 head =
            ofMember ? memberHeads[log.emitter][number] : datasetHeads[log.emitter][number];
        head = keccak256(_preimage(head, log));
        if (ofMember) memberHeads[log.emitter][number] = head;
        else datasetHeads[log.emitter][number] = head;
    }

    /// @dev Which head an event extends, as the interfaces say it.
    function _headOf(ICheats.Log memory log) private view returns (bool ofMember, uint32 number) {
        bytes32 topic0 = log.topics[0];
        if (log.emitter == address(departments)) return (true, _topic(log, 1));
        if (log.emitter == address(datasets)) {
            bool need =
                topic0 == IDatasetRegistry.NeedPublished.selector ||
                    topic0 == IDatasetRegistry.NeedWithdrawn.selector;
            bool specification =
                topic0 == IDatasetRegistry.SpecificationPublished.selector ||
                    topic0 == IDatasetRegistry.SpecificationDeprecated.selector;
            return (need || specification, _topic(log, need ? 2 : 1));
        }
        if (log.emitter != address(transfers)) return (false, _topic(log, 2));
        if (
            topic0 == ITransferLog.TransferRefused.selector ||
            topic0 == ITransferLog.SourcesDeclared.selector
        ) return (false, _topic(log, 1));
        if (topic0 == ITransferLog.DocumentSent.selector) return (true, _topic(log, 3));
        if (_topic(log, 2) != 0) return (false, _topic(log, 2));
        bool third =
            topic0 == ITransferLog.KeyDisclosed.selector ||
                topic0 == ITransferLog.TransferAttested.selector;
        return (true, third ? abi.decode(log.data, (uint32)) : _topic(log, 3));
    }

    function _preimage(bytes32 head, ICheats.Log memory log) private view returns (bytes memory) {
        bytes32[] memory topics = log.topics;
        // Fields of variable length: their offset counts from the head's first word.
        if (topics[0] == IDepartmentRegistry.KeyPublished.selector) {
            (bytes32 digest_, bytes memory key, uint40 effectiveAt) = abi.decode(
                log.data,
                (bytes32, bytes, uint40)
            );
            return
                abi.encode(head, topics[0], time, topics[1], topics[2], digest_, key, effectiveAt);
        }
        if (topics[0] == ITransferLog.SourcesDeclared.selector) {
            uint64[] memory sources = abi.decode(log.data, (uint64[]));
            return abi.encode(head, topics[0], time, topics[1], topics[2], sources);
        }
        bytes memory fields = log.data;
        for (uint256 i = topics.length - 1; i > 0; --i) fields = bytes.concat(topics[i], fields);
        return bytes.concat(abi.encode(head, topics[0], time), fields);
    }

    function _topic(ICheats.Log memory log, uint256 index) private pure returns (uint32) {
        return uint32(uint256(log.topics[index]));
    }
}
