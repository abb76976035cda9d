// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {isCode, requireDigest, requireReason} from "./Checks.sol";
import {EventHeads} from "./EventHeads.sol";
import {
    Capability,
    DatasetId,
    DatasetKind,
    DepartmentId,
    NeedId,
    Reason,
    SharingClass
} from "./Types.sol";
import {IDatasetRegistry} from "./interfaces/IDatasetRegistry.sol";
import {IDepartmentRegistry} from "./interfaces/IDepartmentRegistry.sol";

/// @title Specifications, datasets and their versions
contract DatasetRegistry is EventHeads, IDatasetRegistry {
    /// @dev One slot:
    ///
    ///     bits  32          8
    ///           department  withdrawn
    struct Need {
        DepartmentId department;
        bool withdrawn;
    }

    /// @inheritdoc IDatasetRegistry
    IDepartmentRegistry public immutable departments;

    /// @inheritdoc IDatasetRegistry
    uint32 public datasetCount;

    /// @inheritdoc IDatasetRegistry
    uint32 public needCount;

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

    /// @inheritdoc IDatasetRegistry
    mapping(bytes32 name => uint32 versions) public specificationVersions;

    mapping(bytes32 name => mapping(uint32 specificationVersion => bool deprecated))
        private _deprecated;

    mapping(NeedId need => Need) private _needs;

    constructor(IDepartmentRegistry departmentRegistry) {
        departments = departmentRegistry;
    }

    // ------------------------------------------------------------------ calls
    /// @inheritdoc IDatasetRegistry
    function publishSpecification(
        bytes32 name,
        uint32 specificationVersion,
        bytes32 specification
    ) external {
        DepartmentId agency = departments.authorizeAgency(msg.sender);
        if (!isCode(name)) revert SpecificationNameInvalid(name);
        uint32 expected = specificationVersions[name] + 1;
        if (specificationVersion != expected) {
            revert SpecificationVersionUnexpected(name, specificationVersion, expected);
        }
        requireDigest(specification);
        specificationVersions[name] = specificationVersion;
        Head storage head = _memberHeads[agency];
        head.value = keccak256(
            abi.encode(
                head.value,
                SpecificationPublished.selector,
                block.timestamp,
                agency,
                name,
                specificationVersion,
                specification
            )
        );
        emit SpecificationPublished(agency, name, specificationVersion, specification);
    }

    /// @inheritdoc IDatasetRegistry
    function deprecateSpecification(
        bytes32 name,
        uint32 specificationVersion,
        Reason calldata reason
    ) external {
        DepartmentId agency = departments.authorizeAgency(msg.sender);
        if (specificationVersion == 0 || specificationVersion > specificationVersions[name])
            revert SpecificationUnknown(name, specificationVersion);
        if (_deprecated[name][specificationVersion])
            revert SpecificationIsDeprecated(name, specificationVersion);
        requireReason(reason);
        _deprecated[name][specificationVersion] = true;
        Head storage head = _memberHeads[agency];
        head.value = keccak256(
            abi.encode(
                head.value,
                SpecificationDeprecated.selector,
                block.timestamp,
                agency,
                name,
                specificationVersion,
                reason
            )
        );
        emit SpecificationDeprecated(
            agency,
            name,
            specificationVersion,
            reason.code,
            reason.digest
        );
    }

    /// @inheritdoc IDatasetRegistry
    function publishNeed(bytes32 description) external returns (NeedId need) {
        DepartmentId department = departments.authorize(msg.sender, Capability.OFFICER);
        requireDigest(description);
        need = NeedId.wrap(++needCount);
        _needs[need].department = department;
        Head storage head = _memberHeads[department];
        head.value = keccak256(
            abi.encode(
                head.value,
                NeedPublished.selector,
                block.timestamp,
                need,
                department,
                description
            )
        );
        emit NeedPublished(need, department, description);
    }

    /// @inheritdoc IDatasetRegistry
    function withdrawNeed(NeedId need, Reason calldata reason) external {
        DepartmentId department = departments.authorize(msg.sender, Capability.OFFICER);
        Need storage withdrawn = _needs[need];
        if (DepartmentId.unwrap(withdrawn.department) == 0) revert NeedUnknown(need);
        if (withdrawn.department != department) revert NotTheNeedsDepartment(need, department);
        if (withdrawn.withdrawn) revert NeedIsWithdrawn(need);
        requireReason(reason);
        withdrawn.withdrawn = true;
        Head storage head = _memberHeads[department];
        head.value = keccak256(
            abi.encode(
                head.value,
                NeedWithdrawn.selector,
                block.timestamp,
                need,
                department,
                reason
            )
        );
        emit NeedWithdrawn(need, department, reason.code, reason.digest);
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
        Dataset storage published = _existing(dataset);
        DepartmentId owner = departments.authorize(
            msg.sender,
            published.agentMayPublish ? Capability.OFFICER | Capability.AGENT : Capability.OFFICER
        );
        if (published.owner != owner) revert NotTheOwner(dataset, owner);
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
