// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {EventHeads} from "./EventHeads.sol";
import {isCode} from "./Codes.sol";
import {Capability, DatasetId, DatasetKind, DepartmentId, Reason} from "./Types.sol";
import {IDatasetRegistry} from "./interfaces/IDatasetRegistry.sol";
import {IDepartmentRegistry} from "./interfaces/IDepartmentRegistry.sol";

/// @title Specifications, datasets and their versions
contract DatasetRegistry is EventHeads, IDatasetRegistry {
    /// @inheritdoc IDatasetRegistry
    IDepartmentRegistry public immutable departments;

    /// @inheritdoc IDatasetRegistry
    uint32 public datasetCount;
    // One slot: | withdrawn 8 | agentMayPublish 8 | approvals 8 | sharing 8 | kind 8 | versions 32 | owner 32 |
    mapping(DatasetId dataset => Dataset) private _datasets;
    mapping(DatasetId dataset => mapping(uint32 datasetVersion => bytes32)) private _manifests;
    mapping(DatasetId dataset => mapping(uint32 datasetVersion => bool)) private _withdrawn;
    mapping(DepartmentId owner => mapping(bytes32 slug => DatasetId)) private _bySlug;
    /// @inheritdoc IDatasetRegistry
    mapping(bytes32 name => uint32 versions) public specificationVersions;

    constructor(IDepartmentRegistry departments_) {
        departments = departments_;
    }

    /// @inheritdoc IDatasetRegistry
    function publishSpecification(bytes32 name, uint32 specificationVersion, bytes32 specification) external {
        DepartmentId agency = departments.authorizeAgency(msg.sender);
        if (!isCode(name)) revert SpecificationNameInvalid(name);
        _requireDigest(specification);
        uint32 expected = specificationVersions[name] + 1;
        if (specificationVersion != expected) {
            revert SpecificationVersionUnexpected(name, specificationVersion, expected);
        }
        specificationVersions[name] = specificationVersion;
        emit SpecificationPublished(agency, name, specificationVersion, specification);
        _setMemberHead(
            agency,
            abi.encode(
                memberHead(agency),
                SpecificationPublished.selector,
                block.timestamp,
                agency,
                name,
                specificationVersion,
                specification
            )
        );
    }

    /// @inheritdoc IDatasetRegistry
    function register(
        bytes32 slug,
        DatasetKind kind,
        Rules calldata rules,
        bytes32 description
    ) external returns (DatasetId dataset) {
        DepartmentId owner = departments.authorize(msg.sender, Capability.OFFICER);
        if (!isCode(slug)) revert SlugInvalid(slug);
        _requireDigest(description);
        _requireApprovals(rules.approvals);
        DatasetId taken = _bySlug[owner][slug];
        if (DatasetId.unwrap(taken) != 0) revert SlugTaken(slug, taken);
        dataset = DatasetId.wrap(++datasetCount);
        _bySlug[owner][slug] = dataset;
        _datasets[dataset] = Dataset({
            owner: owner,
            versions: 0,
            kind: kind,
            sharing: rules.sharing,
            approvals: rules.approvals,
            agentMayPublish: rules.agentMayPublish,
            withdrawn: false
        });
        emit DatasetRegistered(
            dataset,
            owner,
            slug,
            kind,
            rules.sharing,
            rules.approvals,
            rules.agentMayPublish,
            description
        );
        _setDatasetHead(
            dataset,
            abi.encode(
                datasetHead(dataset),
                DatasetRegistered.selector,
                block.timestamp,
                dataset,
                owner,
                slug,
                kind,
                rules,
                description
            )
        );
    }

    /// @inheritdoc IDatasetRegistry
    function edit(DatasetId dataset, Rules calldata rules, bytes32 description) external {
        DepartmentId owner = _authorizeOwner(dataset);
        _requireDigest(description);
        _requireApprovals(rules.approvals);
        Dataset storage edited = _datasets[dataset];
        edited.sharing = rules.sharing;
        edited.approvals = rules.approvals;
        edited.agentMayPublish = rules.agentMayPublish;
        emit DatasetEdited(
            dataset,
            owner,
            rules.sharing,
            rules.approvals,
            rules.agentMayPublish,
            description
        );
        _setDatasetHead(
            dataset,
            abi.encode(
                datasetHead(dataset),
                DatasetEdited.selector,
                block.timestamp,
                dataset,
                owner,
                rules,
                description
            )
        );
    }

    /// @inheritdoc IDatasetRegistry
    function withdraw(DatasetId dataset, Reason calldata reason) external {
        DepartmentId owner = _authorizeOwner(dataset);
        _requireDigest(reason.digest);
        _datasets[dataset].withdrawn = true;
        emit DatasetWithdrawn(dataset, owner, reason.code, reason.digest);
        _setDatasetHead(
            dataset,
            abi.encode(
                datasetHead(dataset),
                DatasetWithdrawn.selector,
                block.timestamp,
                dataset,
                owner,
                reason.code,
                reason.digest
            )
        );
    }

    /// @inheritdoc IDatasetRegistry
    function publishVersion(DatasetId dataset, uint32 datasetVersion, bytes32 manifest) external {
        Dataset memory found = _datasets[dataset];
        _requireUsable(dataset, found);
        uint8 needed = found.agentMayPublish ? Capability.OFFICER | Capability.AGENT : Capability.OFFICER;
        DepartmentId caller = departments.authorize(msg.sender, needed);
        if (caller != found.owner) revert NotTheOwner(dataset, caller);
        if (found.kind != DatasetKind.File) revert NotAFileDataset(dataset);
        _requireDigest(manifest);
        if (datasetVersion != found.versions + 1) {
            revert VersionUnexpected(dataset, datasetVersion, found.versions + 1);
        }
        _datasets[dataset].versions = datasetVersion;
        _manifests[dataset][datasetVersion] = manifest;
        emit VersionPublished(dataset, caller, datasetVersion, manifest);
        _setDatasetHead(
            dataset,
            abi.encode(
                datasetHead(dataset),
                VersionPublished.selector,
                block.timestamp,
                dataset,
                caller,
                datasetVersion,
                manifest
            )
        );
    }

    /// @inheritdoc IDatasetRegistry
    function withdrawVersion(DatasetId dataset, uint32 datasetVersion, Reason calldata reason) external {
        DepartmentId owner = _authorizeOwner(dataset);
        _requireDigest(reason.digest);
        if (_manifests[dataset][datasetVersion] == 0) revert VersionUnknown(dataset, datasetVersion);
        if (_withdrawn[dataset][datasetVersion]) revert VersionIsWithdrawn(dataset, datasetVersion);
        _withdrawn[dataset][datasetVersion] = true;
        emit VersionWithdrawn(dataset, owner, datasetVersion, reason.code, reason.digest);
        _setDatasetHead(
            dataset,
            abi.encode(
                datasetHead(dataset),
                VersionWithdrawn.selector,
                block.timestamp,
                dataset,
                owner,
                datasetVersion,
                reason.code,
                reason.digest
            )
        );
    }

    /// @inheritdoc IDatasetRegistry
    function datasetOf(DatasetId dataset) external view returns (Dataset memory found) {
        found = _datasets[dataset];
        if (DepartmentId.unwrap(found.owner) == 0) revert DatasetUnknown(dataset);
    }

    /// @inheritdoc IDatasetRegistry
    function servableVersion(
        DatasetId dataset,
        uint32 datasetVersion
    ) external view returns (DepartmentId owner, bytes32 manifest) {
        Dataset memory found = _datasets[dataset];
        _requireUsable(dataset, found);
        manifest = _manifests[dataset][datasetVersion];
        if (manifest == 0) revert VersionUnknown(dataset, datasetVersion);
        if (_withdrawn[dataset][datasetVersion]) revert VersionIsWithdrawn(dataset, datasetVersion);
        return (found.owner, manifest);
    }

    /// @inheritdoc IDatasetRegistry
    function manifestOf(DatasetId dataset, uint32 datasetVersion) external view returns (bytes32) {
        return _manifests[dataset][datasetVersion];
    }

    /// @inheritdoc IDatasetRegistry
    function isVersionWithdrawn(DatasetId dataset, uint32 datasetVersion) external view returns (bool) {
        return _withdrawn[dataset][datasetVersion];
    }

    /// @inheritdoc IDatasetRegistry
    function datasetBySlug(DepartmentId owner, bytes32 slug) external view returns (DatasetId) {
        return _bySlug[owner][slug];
    }

    function _authorizeOwner(DatasetId dataset) private view returns (DepartmentId owner) {
        Dataset memory found = _datasets[dataset];
        _requireUsable(dataset, found);
        owner = departments.authorize(msg.sender, Capability.OFFICER);
        if (owner != found.owner) revert NotTheOwner(dataset, owner);
    }

    function _requireUsable(DatasetId dataset, Dataset memory found) private pure {
        if (DepartmentId.unwrap(found.owner) == 0) revert DatasetUnknown(dataset);
        if (found.withdrawn) revert DatasetIsWithdrawn(dataset);
    }

    function _requireApprovals(uint8 approvals) private pure {
        if (approvals != 1 && approvals != 2) revert ApprovalsInvalid(approvals);
    }

    function _requireDigest(bytes32 digest) private pure {
        if (digest == 0) revert IDepartmentRegistry.DigestMissing();
    }
}
