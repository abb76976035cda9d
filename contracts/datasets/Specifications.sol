// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {isCode, requireDigest, requireReason} from "../Checks.sol";
import {EventHeads} from "../EventHeads.sol";
import {Capability, DepartmentId, NeedId, Reason} from "../Types.sol";
import {IDatasetRegistry} from "../interfaces/IDatasetRegistry.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";

/// @title What data should look like, and what is missing
abstract contract Specifications is EventHeads, IDatasetRegistry {
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
    uint32 public needCount;

    mapping(NeedId need => Need) private _needs;

    /// @inheritdoc IDatasetRegistry
    mapping(bytes32 name => uint32 versions) public specificationVersions;

    mapping(bytes32 name => mapping(uint32 specificationVersion => bool deprecated))
        private _deprecated;

    constructor(IDepartmentRegistry departmentRegistry) {
        departments = departmentRegistry;
    }

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
}
