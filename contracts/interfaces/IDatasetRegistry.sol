// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {DatasetId, DatasetKind, DepartmentId, NeedId, Reason, SharingClass} from "../Types.sol";
import {IDepartmentRegistry} from "./IDepartmentRegistry.sol";
import {IEventHeads} from "./IEventHeads.sol";

/// @title Specifications, datasets and their versions
/// @notice The agency publishes specifications; departments register datasets and publish versions of them.
interface IDatasetRegistry is IEventHeads {
    /// @notice What the owner sets for a dataset and may edit.
    /// `approvals`: how many different officers must approve a request, 1 or 2.
    /// `consentNeeded`: each query of the service names a consent that is in force.
    struct Rules {
        SharingClass sharing;
        uint8 approvals;
        bool agentMayPublish;
        bool consentNeeded;
    }

    /// @notice What is stored of a dataset; one storage slot.
    /// `versionsWithdrawn`: some are; while none is, nobody has to look.
    struct Dataset {
        DepartmentId owner;
        uint32 versions;
        DatasetKind kind;
        SharingClass sharing;
        uint8 approvals;
        bool agentMayPublish;
        bool consentNeeded;
        bool withdrawn;
        bool versionsWithdrawn;
    }

    // ------------------------------------------------------------------ events
    /// @notice Head: member `agency`.
    event SpecificationPublished(
        DepartmentId indexed agency,
        bytes32 indexed name,
        uint32 indexed specificationVersion,
        bytes32 specification
    );
    /// @notice Head: member `agency`.
    event SpecificationDeprecated(
        DepartmentId indexed agency,
        bytes32 indexed name,
        uint32 indexed specificationVersion,
        uint16 reasonCode,
        bytes32 reason
    );
    /// @notice Head: member `department`.
    event NeedPublished(NeedId indexed need, DepartmentId indexed department, bytes32 description);
    /// @notice Head: member `department`.
    event NeedWithdrawn(
        NeedId indexed need,
        DepartmentId indexed department,
        uint16 reasonCode,
        bytes32 reason
    );
    event DatasetRegistered(
        DatasetId indexed dataset,
        DepartmentId indexed owner,
        bytes32 indexed slug,
        DatasetKind kind,
        SharingClass sharing,
        uint8 approvals,
        bool agentMayPublish,
        bool consentNeeded,
        bytes32 description
    );
    event DatasetEdited(
        DatasetId indexed dataset,
        DepartmentId indexed owner,
        SharingClass sharing,
        uint8 approvals,
        bool agentMayPublish,
        bool consentNeeded,
        bytes32 description
    );
    event DatasetWithdrawn(
        DatasetId indexed dataset,
        DepartmentId indexed owner,
        uint16 reasonCode,
        bytes32 reason
    );
    event VersionPublished(
        DatasetId indexed dataset,
        DepartmentId indexed owner,
        uint32 indexed datasetVersion,
        bytes32 manifest
    );
    event VersionWithdrawn(
        DatasetId indexed dataset,
        DepartmentId indexed owner,
        uint32 indexed datasetVersion,
        uint16 reasonCode,
        bytes32 reason
    );

    // ------------------------------------------------------------------ errors
    error ApprovalsInvalid(uint8 approvals);
    /// @dev A consent covers one subject's answers; a file is about many.
    error ConsentNeedsService();
    error NeedIsWithdrawn(NeedId need);
    error NeedUnknown(NeedId need);
    error NotTheNeedsDepartment(NeedId need, DepartmentId department);
    error SpecificationIsDeprecated(bytes32 name, uint32 specificationVersion);
    error SpecificationUnknown(bytes32 name, uint32 specificationVersion);
    error DatasetUnknown(DatasetId dataset);
    error DatasetIsWithdrawn(DatasetId dataset);
    error NotAFileDataset(DatasetId dataset);
    error NotAServiceDataset(DatasetId dataset);
    error NotTheOwner(DatasetId dataset, DepartmentId department);
    error SlugInvalid(bytes32 slug);
    error SlugTaken(bytes32 slug, DatasetId dataset);
    error SpecificationNameInvalid(bytes32 name);
    error SpecificationVersionUnexpected(
        bytes32 name,
        uint32 specificationVersion,
        uint32 expected
    );
    error VersionUnexpected(DatasetId dataset, uint32 datasetVersion, uint32 expected);
    error VersionUnknown(DatasetId dataset, uint32 datasetVersion);
    error VersionIsWithdrawn(DatasetId dataset, uint32 datasetVersion);

    // ------------------------------------------------------------------ calls
    /// @notice Publishes a specification's next version.
    /// Requirements: caller is an OFFICER of the agency; the number is the next one; digest not zero.
    /// Emits {SpecificationPublished}.
    function publishSpecification(
        bytes32 name,
        uint32 specificationVersion,
        bytes32 specification
    ) external;

    /// @notice Says that a version of a specification shouldn't be used for new datasets any more.
    /// Requirements: caller is an OFFICER of the agency; the version exists and isn't deprecated; reason given.
    /// Emits {SpecificationDeprecated}.
    function deprecateSpecification(
        bytes32 name,
        uint32 specificationVersion,
        Reason calldata reason
    ) external;

    /// @notice Publishes a need: data that the caller's department misses and nobody lists.
    /// Requirements: caller is an OFFICER; digest not zero. Emits {NeedPublished}.
    function publishNeed(bytes32 description) external returns (NeedId need);

    /// @notice Withdraws a need, met or not.
    /// Requirements: caller is an OFFICER of the department that published it; not withdrawn; reason given.
    /// Emits {NeedWithdrawn}.
    function withdrawNeed(NeedId need, Reason calldata reason) external;

    /// @notice Registers a dataset of the caller's department.
    /// Requirements: caller is an OFFICER; `slug` well formed and free in its department; approvals 1 or 2;
    /// consents only for a service; digest not zero.
    /// Emits {DatasetRegistered}.
    function register(
        bytes32 slug,
        DatasetKind kind,
        Rules calldata rules,
        bytes32 description
    ) external returns (DatasetId dataset);

    /// @notice Changes a dataset's rules and description; requests already granted stay granted.
    /// Requirements: caller is an OFFICER of the owner; not withdrawn. Emits {DatasetEdited}.
    function edit(DatasetId dataset, Rules calldata rules, bytes32 description) external;

    /// @notice Withdraws a dataset for good: no requests, versions, transfers or releases any more.
    /// Requirements: caller is an OFFICER of the owner; not withdrawn; reason given. Emits {DatasetWithdrawn}.
    function withdraw(DatasetId dataset, Reason calldata reason) external;

    /// @notice Publishes the version that the caller expects to be next.
    /// Requirements: caller is an OFFICER of the owner, or an AGENT where the dataset allows it; a file dataset,
    /// not withdrawn;
    /// `datasetVersion` is the next number; `manifest` not zero. Emits {VersionPublished}.
    function publishVersion(DatasetId dataset, uint32 datasetVersion, bytes32 manifest) external;

    /// @notice Withdraws one version: nothing of it is opened or released any more.
    /// Requirements: caller is an OFFICER of the owner; the version exists and isn't withdrawn; reason given.
    /// Emits {VersionWithdrawn}.
    function withdrawVersion(
        DatasetId dataset,
        uint32 datasetVersion,
        Reason calldata reason
    ) external;

    // ------------------------------------------------------------------ views
    /// @notice Reverts with {DatasetUnknown} where there is none.
    function datasetOf(DatasetId dataset) external view returns (Dataset memory);

    /// @notice What decides about requests of a dataset. Reverts with {DatasetUnknown} or {DatasetIsWithdrawn}.
    function requestRules(
        DatasetId dataset
    ) external view returns (DepartmentId owner, SharingClass sharing, uint8 approvals);

    /// @notice The owner of a version that may be served.
    /// Reverts with {DatasetUnknown}, {DatasetIsWithdrawn}, {VersionUnknown} or {VersionIsWithdrawn}.
    function ownerOfServable(
        DatasetId dataset,
        uint32 datasetVersion
    ) external view returns (DepartmentId owner);

    /// @notice The manifest of a version that may be served. Reverts as {ownerOfServable}.
    function manifestOfServable(
        DatasetId dataset,
        uint32 datasetVersion
    ) external view returns (bytes32 manifest);

    /// @notice The manifest of a version, withdrawn or not; zero where there is none.
    function manifestOf(DatasetId dataset, uint32 datasetVersion) external view returns (bytes32);

    function isVersionWithdrawn(
        DatasetId dataset,
        uint32 datasetVersion
    ) external view returns (bool);

    function datasetBySlug(DepartmentId owner, bytes32 slug) external view returns (DatasetId);

    /// @notice What a query of a service needs. Reverts with {DatasetUnknown}, {DatasetIsWithdrawn} or
    /// {NotAServiceDataset}.
    function queryRules(
        DatasetId dataset
    ) external view returns (DepartmentId owner, bool consentNeeded);

    function needCount() external view returns (uint32);

    function specificationVersions(bytes32 name) external view returns (uint32);

    function datasetCount() external view returns (uint32);

    function departments() external view returns (IDepartmentRegistry);
}
