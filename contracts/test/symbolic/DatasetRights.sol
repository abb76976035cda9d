// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase

import {Capability, DatasetId, DatasetKind, NeedId} from "../../Types.sol";
import {IConsentRegistry} from "../../interfaces/IConsentRegistry.sol";
import {IDatasetRegistry} from "../../interfaces/IDatasetRegistry.sol";
import {Check, Reach, Symbolic} from "./Symbolic.sol";

/// @dev Who may make the calls of {DatasetRegistry} and {ConsentRegistry}.
abstract contract DatasetRights is Symbolic {
    function check_publish_a_specification(address by, uint32 number, bytes32 digest) public {
        may(
            isOfAgency(by),
            by,
            address(datasets),
            abi.encodeCall(datasets.publishSpecification, ("jobs", number, digest))
        );
    }

    function check_deprecate_a_specification(address by, bytes32 name, uint32 number) public {
        may(
            isOfAgency(by),
            by,
            address(datasets),
            abi.encodeCall(datasets.deprecateSpecification, (name, number, why()))
        );
    }

    function check_publish_a_need(address by, bytes32 description) public {
        may(
            holdsOne(by, Capability.OFFICER),
            by,
            address(datasets),
            abi.encodeCall(datasets.publishNeed, (description))
        );
    }

    function check_withdraw_a_need(address by, NeedId need) public {
        may(
            holdsOne(by, Capability.OFFICER),
            by,
            address(datasets),
            abi.encodeCall(datasets.withdrawNeed, (need, why()))
        );
    }

    function check_register(
        address by,
        IDatasetRegistry.Rules memory rules,
        bytes32 description
    ) public {
        may(
            holdsOne(by, Capability.OFFICER),
            by,
            address(datasets),
            abi.encodeCall(datasets.register, ("jobs", DatasetKind.File, rules, description))
        );
    }

    function check_edit(
        address by,
        DatasetId dataset,
        IDatasetRegistry.Rules memory rules,
        bytes32 description
    ) public {
        may(
            isOwners(by, dataset, Capability.OFFICER),
            by,
            address(datasets),
            abi.encodeCall(datasets.edit, (dataset, rules, description))
        );
    }

    function check_withdraw_a_dataset(address by, DatasetId dataset) public {
        may(
            isOwners(by, dataset, Capability.OFFICER),
            by,
            address(datasets),
            abi.encodeCall(datasets.withdraw, (dataset, why()))
        );
    }

    function check_publish_a_version(
        address by,
        DatasetId dataset,
        uint32 number,
        bytes32 manifest
    ) public {
        may(
            isOwners(by, dataset, agentMayPublish(dataset) ? DELIVERERS : Capability.OFFICER),
            by,
            address(datasets),
            abi.encodeCall(datasets.publishVersion, (dataset, number, manifest))
        );
    }

    function agentMayPublish(DatasetId dataset) private view returns (bool) {
        try datasets.datasetOf(dataset) returns (IDatasetRegistry.Dataset memory found) {
            return found.agentMayPublish;
        } catch {
            return false;
        }
    }

    function check_withdraw_a_version(address by, DatasetId dataset, uint32 number) public {
        may(
            isOwners(by, dataset, Capability.OFFICER),
            by,
            address(datasets),
            abi.encodeCall(datasets.withdrawVersion, (dataset, number, why()))
        );
    }

    function check_record_a_consent(
        address by,
        IConsentRegistry.Consent memory consent,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) public {
        may(
            holdsOne(by, DELIVERERS),
            by,
            address(consents),
            abi.encodeCall(consents.record, (consent, bytes.concat(r, s, bytes1(v))))
        );
    }

    function check_withdraw_a_consent(address by, bytes32 preimage) public {
        may(
            holdsOne(by, DELIVERERS),
            by,
            address(consents),
            abi.encodeCall(consents.withdraw, (preimage))
        );
    }
}

contract DatasetRightsCheck is DatasetRights, Check {}

contract DatasetRightsReach is DatasetRights, Reach {}
