// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {isCode, requireDigest, requireReason} from "./Checks.sol";
import {Capability, DatasetId, DatasetKind, DepartmentId, Reason, SharingClass} from "./Types.sol";
import {Specifications} from "./datasets/Specifications.sol";
import {IDatasetRegistry} from "./interfaces/IDatasetRegistry.sol";
import {IDepartmentRegistry} from "./interfaces/IDepartmentRegistry.sol";

/// @title Specifications, datasets and their versions
contract DatasetRegistry is Specifications {
    /// @inheritdoc IDatasetRegistry
    uint32 public datasetCount;

    /// @dev One slot each:
    ///
    ///     bits  32     32        8     8        8          8                8              8
    ///           owner  versions  kind  sharing  approvals  agentMayPublish  consentNeeded  withdrawn
    ///     bits  8
    ///           versionsWithdrawn
    mapping(DatasetId dataset => Dataset) private _datasets;

    /// @inheritdoc IDatasetRegistry
    mapping(DatasetId dataset => mapping(uint32 datasetVersion => bytes32 manifest))
        public manifestOf;

    /// @inheritdoc IDatasetRegistry
    mapping(DatasetId dataset => mapping(uint32 datasetVersion => bool withdrawn))
        public isVersionWithdrawn;

    /// @inheritdoc IDatasetRegistry
    mapping(DepartmentId owner => mapping(bytes32 slug => DatasetId dataset)) public datasetBySlug;

    constructor(IDepartmentRegistry departmentRegistry) Specifications(departmentRegistry) {}

    // ------------------------------------------------------------------ calls
    /// @inheritdoc IDatasetRegistry
    function register(
        bytes32 slug,
        DatasetKind kind,
        Rules calldata rules,
        bytes32 description
    ) external returns (DatasetId dataset) {
        DepartmentId owner = departments.authorize(msg.sender, Capability.OFFICER);
        if (!isCode(slug)) revert SlugInvalid(slug);
        DatasetId taken = datasetBySlug[owner][slug];
        if (DatasetId.unwrap(taken) != 0) revert SlugTaken(slug, taken);
        _requireRules(kind, rules, description);
        dataset = DatasetId.wrap(++datasetCount);
        datasetBySlug[owner][slug] = dataset;
        Dataset storage created = _datasets[dataset];
        created.owner = owner;
        created.kind = kind;
        _setRules(created, rules);
        Head storage head = _datasetHeads[dataset];
        head.value = keccak256(
            abi.encode(
                head.value,
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
        emit DatasetRegistered(
            dataset,
            owner,
            slug,
            kind,
            rules.sharing,
            rules.approvals,
            rules.agentMayPublish,
            rules.consentNeeded,
            description
        );
    }

    /// @inheritdoc IDatasetRegistry
    function edit(DatasetId dataset, Rules calldata rules, bytes32 description) external {
        DepartmentId owner = departments.authorize(msg.sender, Capability.OFFICER);
        Dataset storage edited = _owned(dataset, owner);
        if (edited.withdrawn) revert DatasetIsWithdrawn(dataset);
        _requireRules(edited.kind, rules, description);
        _setRules(edited, rules);
        Head storage head = _datasetHeads[dataset];
        head.value = keccak256(
            abi.encode(
                head.value,
                DatasetEdited.selector,
                block.timestamp,
                dataset,
                owner,
                rules,
                description
            )
        );
        emit DatasetEdited(
            dataset,
            owner,
            rules.sharing,
            rules.approvals,
            rules.agentMayPublish,
            rules.consentNeeded,
            description
        );
    }

    /// @inheritdoc IDatasetRegistry
    function withdraw(DatasetId dataset, Reason calldata reason) external {
        DepartmentId owner = departments.authorize(msg.sender, Capability.OFFICER);
        Dataset storage withdrawn = _owned(dataset, owner);
        if (withdrawn.withdrawn) revert DatasetIsWithdrawn(dataset);
        requireReason(reason);
        withdrawn.withdrawn = true;
        Head storage head = _datasetHeads[dataset];
        head.value = keccak256(
            abi.encode(
                head.value,
                DatasetWithdrawn.selector,
                block.timestamp,
                dataset,
                owner,
                reason
            )
        );
        emit DatasetWithdrawn(dataset, owner, reason.code, reason.digest);
    }

    /// @inheritdoc IDatasetRegistry
    function publishVersion(DatasetId dataset, uint32 datasetVersion, bytes32 manifest) external {
        // As {_existing} and {_owned}, with one read for all.
        Dataset storage published = _datasets[dataset];
        (DepartmentId owner, bool agentMayPublish) = (published.owner, published.agentMayPublish);
        if (DepartmentId.unwrap(owner) == 0) revert DatasetUnknown(dataset);
        DepartmentId department = departments.authorize(
            msg.sender,
            agentMayPublish ? Capability.OFFICER | Capability.AGENT : Capability.OFFICER
        );
        if (department != owner) revert NotTheOwner(dataset, department);
        if (published.withdrawn) revert DatasetIsWithdrawn(dataset);
        if (published.kind != DatasetKind.File) revert NotAFileDataset(dataset);
        uint32 expected = published.versions + 1;
        if (datasetVersion != expected) revert VersionUnexpected(dataset, datasetVersion, expected);
        requireDigest(manifest);
        published.versions = datasetVersion;
        manifestOf[dataset][datasetVersion] = manifest;
        Head storage head = _datasetHeads[dataset];
        head.value = keccak256(
            abi.encode(
                head.value,
                VersionPublished.selector,
                block.timestamp,
                dataset,
                owner,
                datasetVersion,
                manifest
            )
        );
        emit VersionPublished(dataset, owner, datasetVersion, manifest);
    }

    /// @inheritdoc IDatasetRegistry
    function withdrawVersion(
        DatasetId dataset,
        uint32 datasetVersion,
        Reason calldata reason
    ) external {
        DepartmentId owner = departments.authorize(msg.sender, Capability.OFFICER);
        Dataset storage owned = _owned(dataset, owner);
        if (datasetVersion == 0 || datasetVersion > owned.versions)
            revert VersionUnknown(dataset, datasetVersion);
        if (isVersionWithdrawn[dataset][datasetVersion])
            revert VersionIsWithdrawn(dataset, datasetVersion);
        requireReason(reason);
        owned.versionsWithdrawn = true;
        isVersionWithdrawn[dataset][datasetVersion] = true;
        Head storage head = _datasetHeads[dataset];
        head.value = keccak256(
            abi.encode(
                head.value,
                VersionWithdrawn.selector,
                block.timestamp,
                dataset,
                owner,
                datasetVersion,
                reason
            )
        );
        emit VersionWithdrawn(dataset, owner, datasetVersion, reason.code, reason.digest);
    }

    // ------------------------------------------------------------------ views
    /// @inheritdoc IDatasetRegistry
    function datasetOf(DatasetId dataset) external view returns (Dataset memory) {
        return _existing(dataset);
    }

    /// @inheritdoc IDatasetRegistry
    function requestRules(
        DatasetId dataset
    ) external view returns (DepartmentId owner, SharingClass sharing, uint8 approvals) {
        Dataset storage found = _datasets[dataset];
        bool withdrawn;
        (owner, sharing, approvals, withdrawn) = (
            found.owner,
            found.sharing,
            found.approvals,
            found.withdrawn
        );
        if (DepartmentId.unwrap(owner) == 0) revert DatasetUnknown(dataset);
        if (withdrawn) revert DatasetIsWithdrawn(dataset);
    }

    /// @inheritdoc IDatasetRegistry
    function ownerOfServable(
        DatasetId dataset,
        uint32 datasetVersion
    ) public view returns (DepartmentId owner) {
        Dataset storage found = _datasets[dataset];
        uint32 versions;
        bool withdrawn;
        bool someWithdrawn;
        (owner, versions, withdrawn, someWithdrawn) = (
            found.owner,
            found.versions,
            found.withdrawn,
            found.versionsWithdrawn
        );
        if (DepartmentId.unwrap(owner) == 0) revert DatasetUnknown(dataset);
        if (withdrawn) revert DatasetIsWithdrawn(dataset);
        if (datasetVersion == 0 || datasetVersion > versions)
            revert VersionUnknown(dataset, datasetVersion);
        if (someWithdrawn && isVersionWithdrawn[dataset][datasetVersion]) {
            revert VersionIsWithdrawn(dataset, datasetVersion);
        }
    }

    /// @inheritdoc IDatasetRegistry
    function manifestOfServable(
        DatasetId dataset,
        uint32 datasetVersion
    ) external view returns (bytes32 manifest) {
        ownerOfServable(dataset, datasetVersion);
        return manifestOf[dataset][datasetVersion];
    }

    /// @inheritdoc IDatasetRegistry
    function queryRules(
        DatasetId dataset
    ) external view returns (DepartmentId owner, bool consentNeeded) {
        Dataset memory found = _existing(dataset);
        if (found.withdrawn) revert DatasetIsWithdrawn(dataset);
        if (found.kind != DatasetKind.Service) revert NotAServiceDataset(dataset);
        return (found.owner, found.consentNeeded);
    }

    // ------------------------------------------------------------------ internal
    function _setRules(Dataset storage dataset, Rules calldata rules) private {
        dataset.sharing = rules.sharing;
        dataset.approvals = rules.approvals;
        dataset.agentMayPublish = rules.agentMayPublish;
        dataset.consentNeeded = rules.consentNeeded;
    }

    function _requireRules(
        DatasetKind kind,
        Rules calldata rules,
        bytes32 description
    ) private pure {
        if (rules.approvals == 0 || rules.approvals > 2) revert ApprovalsInvalid(rules.approvals);
        if (rules.consentNeeded && kind != DatasetKind.Service) revert ConsentNeedsService();
        requireDigest(description);
    }

    function _owned(
        DatasetId dataset,
        DepartmentId department
    ) private view returns (Dataset storage found) {
        found = _existing(dataset);
        if (found.owner != department) revert NotTheOwner(dataset, department);
    }

    function _existing(DatasetId dataset) private view returns (Dataset storage found) {
        found = _datasets[dataset];
        if (DepartmentId.unwrap(found.owner) == 0) revert DatasetUnknown(dataset);
    }
}
