// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {DatasetKind, SharingClass} from "../../Types.sol";
import {IConsentRegistry} from "../../interfaces/IConsentRegistry.sol";
import {IDatasetRegistry} from "../../interfaces/IDatasetRegistry.sol";
import {ICheats} from "./Cheats.sol";
import {MemberHistory} from "./MemberHistory.sol";
import {Rule} from "./Stage.sol";

/// @dev Datasets and consents as the events of {DatasetRegistry} and {ConsentRegistry} tell them.
abstract contract DatasetHistory is MemberHistory {
    struct Dataset {
        uint32 owner;
        DatasetKind kind;
        IDatasetRegistry.Rules rules;
        bool withdrawn;
        uint32 versions;
    }

    /// @dev `recalled` and `sourcesDeclared` are told by {TransferLog}.
    struct Version {
        bytes32 manifest;
        bool withdrawn;
        bool recalled;
        bool sourcesDeclared;
    }

    struct Need {
        uint32 department;
        bool withdrawn;
    }

    struct Consent {
        uint32 dataset;
        uint32 receiver;
        uint16 purpose;
        uint40 validUntil;
        bytes32 withdrawal;
        bool withdrawn;
    }

    uint32 internal datasetCount;
    uint32 internal needCount;
    uint32 internal consentCount;
    mapping(uint32 dataset => Dataset) internal catalogue;
    mapping(uint32 dataset => mapping(uint32 datasetVersion => Version)) internal versions;
    mapping(uint32 need => Need) internal needs;
    mapping(uint32 consent => Consent) internal consented;
    mapping(bytes32 withdrawal => bool) internal withdrawalUsed;
    mapping(bytes32 name => uint32) internal specifications;
    mapping(bytes32 name => mapping(uint32 specificationVersion => bool)) internal deprecated;

    // ------------------------------------------------------------------ what is so now
    function isServable(uint32 dataset, uint32 datasetVersion) internal view returns (bool) {
        Dataset storage found = catalogue[dataset];
        Version storage version = versions[dataset][datasetVersion];
        return
            !found.withdrawn &&
            datasetVersion != 0 &&
            datasetVersion <= found.versions &&
            !version.withdrawn &&
            !version.recalled;
    }

    function isInForce(
        uint32 consent,
        uint32 dataset,
        uint32 receiver,
        uint16 purpose
    ) internal view returns (bool) {
        Consent storage found = consented[consent];
        return
            consent != 0 &&
            found.dataset == dataset &&
            found.receiver == receiver &&
            found.purpose == purpose &&
            time < found.validUntil &&
            !found.withdrawn;
    }

    // ------------------------------------------------------------------ reading
    function readDataset(ICheats.Log memory log) internal {
        bytes32 topic0 = log.topics[0];
        uint32 first = uint32(uint256(log.topics[1]));
        if (topic0 == IDatasetRegistry.DatasetRegistered.selector) {
            _register(first, uint32(uint256(log.topics[2])), log.data);
        } else if (topic0 == IDatasetRegistry.DatasetEdited.selector) {
            (catalogue[first].rules, ) = abi.decode(log.data, (IDatasetRegistry.Rules, bytes32));
        } else if (topic0 == IDatasetRegistry.DatasetWithdrawn.selector) {
            catalogue[first].withdrawn = true;
        } else if (topic0 == IDatasetRegistry.VersionPublished.selector) {
            _publish(first, uint32(uint256(log.topics[3])), log.data);
        } else if (topic0 == IDatasetRegistry.VersionWithdrawn.selector) {
            Version storage version = versions[first][uint32(uint256(log.topics[3]))];
            must(!version.withdrawn, Rule.Numbers);
            version.withdrawn = true;
        } else if (topic0 == IDatasetRegistry.NeedPublished.selector) {
            must(first == ++needCount, Rule.Numbers);
            needs[first].department = uint32(uint256(log.topics[2]));
        } else if (topic0 == IDatasetRegistry.NeedWithdrawn.selector) {
            must(!needs[first].withdrawn, Rule.Numbers);
            needs[first].withdrawn = true;
        } else if (topic0 == IDatasetRegistry.SpecificationPublished.selector) {
            must(uint256(log.topics[3]) == ++specifications[log.topics[2]], Rule.Numbers);
        } else {
            deprecated[log.topics[2]][uint32(uint256(log.topics[3]))] = true;
        }
    }

    function readConsent(ICheats.Log memory log) internal {
        uint32 consent = uint32(uint256(log.topics[1]));
        Consent storage found = consented[consent];
        if (log.topics[0] == IConsentRegistry.ConsentWithdrawn.selector) {
            bytes32 preimage = abi.decode(log.data, (bytes32));
            must(!found.withdrawn, Rule.ConsentsEnd);
            must(keccak256(abi.encode(preimage)) == found.withdrawal, Rule.ConsentsEnd);
            found.withdrawn = true;
            return;
        }
        must(consent == ++consentCount, Rule.Numbers);
        found.dataset = uint32(uint256(log.topics[2]));
        found.receiver = uint32(uint256(log.topics[3]));
        address signer;
        (found.purpose, found.validUntil, found.withdrawal, signer) = abi.decode(
            log.data,
            (uint16, uint40, bytes32, address)
        );
        must(signer != address(0), Rule.ConsentsEnd);
        must(!withdrawalUsed[found.withdrawal], Rule.ConsentsEnd);
        withdrawalUsed[found.withdrawal] = true;
    }

    function _register(uint32 dataset, uint32 owner, bytes memory data) private {
        must(dataset == ++datasetCount, Rule.Numbers);
        Dataset storage created = catalogue[dataset];
        created.owner = owner;
        (created.kind, created.rules, ) = abi.decode(
            data,
            (DatasetKind, IDatasetRegistry.Rules, bytes32)
        );
        must(created.rules.sharing <= SharingClass.Closed, Rule.Numbers);
    }

    function _publish(uint32 dataset, uint32 datasetVersion, bytes memory data) private {
        must(datasetVersion == ++catalogue[dataset].versions, Rule.Numbers);
        must(!catalogue[dataset].withdrawn, Rule.ServableWhenReleased);
        versions[dataset][datasetVersion].manifest = abi.decode(data, (bytes32));
    }
}
