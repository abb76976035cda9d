// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {
    Capability,
    DatasetId,
    DatasetKind,
    DepartmentId,
    NeedId,
    SharingClass
} from "../../Types.sol";
import {IConsentRegistry} from "../../interfaces/IConsentRegistry.sol";
import {IDatasetRegistry} from "../../interfaces/IDatasetRegistry.sol";
import {CHEATS} from "./Cheats.sol";
import {Call, Handler} from "./Handler.sol";

/// @dev Every call of {DatasetRegistry} and {ConsentRegistry}.
abstract contract DatasetCalls is Handler {
    bytes32 private constant DOMAIN_TYPE = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    );
    bytes32 private constant CONSENT_TYPE = keccak256(
        "Consent(uint32 dataset,uint32 receiver,uint16 purpose,uint40 validUntil,bytes32 withdrawal)"
    );
    uint16 internal constant PURPOSE = 3;
    uint8 internal constant DELIVERERS = Capability.OFFICER | Capability.AGENT;

    // ------------------------------------------------------------------ specifications and needs
    function publishSpecification(uint256 seed) external drawing(seed) {
        bytes32 name = bytes32(bytes1(uint8(0x61 + draw(2))));
        uint32 number = specifications[name] + (usually() ? 1 : uint32(draw(3)));
        agencyDoes(
            Call.PublishSpecification,
            address(datasets),
            abi.encodeCall(datasets.publishSpecification, (name, number, digest(1)))
        );
    }

    function deprecateSpecification(uint256 seed) external drawing(seed) {
        bytes32 name = bytes32(bytes1(uint8(0x61 + draw(2))));
        uint32 number = uint32(draw(specifications[name] + 2));
        agencyDoes(
            Call.DeprecateSpecification,
            address(datasets),
            abi.encodeCall(datasets.deprecateSpecification, (name, number, why()))
        );
    }

    function publishNeed(uint256 seed) external drawing(seed) {
        anyoneDoes(
            Call.PublishNeed,
            anyDepartment(),
            Capability.OFFICER,
            address(datasets),
            abi.encodeCall(datasets.publishNeed, (digest(1)))
        );
    }

    function withdrawNeed(uint256 seed) external drawing(seed) {
        uint32 need = uint32(1 + draw(needCount + 1));
        uint32 department = needs[need].department;
        oneDoes(
            Call.WithdrawNeed,
            department,
            Capability.OFFICER,
            address(datasets),
            abi.encodeCall(datasets.withdrawNeed, (NeedId.wrap(need), why()))
        );
    }

    // ------------------------------------------------------------------ datasets
    function register(uint256 seed) external drawing(seed) {
        bytes32 slug = bytes32(bytes1(uint8(0x61 + draw(26))));
        DatasetKind kind = DatasetKind(draw(2));
        anyoneDoes(
            Call.Register,
            anyDepartment(),
            Capability.OFFICER,
            address(datasets),
            abi.encodeCall(datasets.register, (slug, kind, _anyRules(kind), digest(1)))
        );
    }

    function edit(uint256 seed) external drawing(seed) {
        uint32 dataset = anyDataset();
        IDatasetRegistry.Rules memory rules = _anyRules(catalogue[dataset].kind);
        officerDoes(
            Call.Edit,
            catalogue[dataset].owner,
            address(datasets),
            abi.encodeCall(datasets.edit, (DatasetId.wrap(dataset), rules, digest(1)))
        );
    }

    /// @dev Not all of them, else there is nothing left to share.
    function withdrawDataset(uint256 seed) external drawing(seed) {
        uint32 dataset = draw(3) == 0 ? anyDataset() : datasetCount;
        officerDoes(
            Call.WithdrawDataset,
            catalogue[dataset].owner,
            address(datasets),
            abi.encodeCall(datasets.withdraw, (DatasetId.wrap(dataset), why()))
        );
    }

    function publishVersion(uint256 seed) external drawing(seed) {
        uint32 dataset = anyDataset();
        Dataset storage found = catalogue[dataset];
        uint8 needed = found.rules.agentMayPublish ? DELIVERERS : Capability.OFFICER;
        uint32 number = found.versions + (usually() ? 1 : uint32(draw(3)));
        oneDoes(
            Call.PublishVersion,
            found.owner,
            needed,
            address(datasets),
            abi.encodeCall(
                datasets.publishVersion,
                (DatasetId.wrap(dataset), number, keccak256(abi.encode(dataset, number)))
            )
        );
    }

    function withdrawVersion(uint256 seed) external drawing(seed) {
        uint32 dataset = anyDataset();
        uint32 number = uint32(draw(catalogue[dataset].versions + 2));
        officerDoes(
            Call.WithdrawVersion,
            catalogue[dataset].owner,
            address(datasets),
            abi.encodeCall(datasets.withdrawVersion, (DatasetId.wrap(dataset), number, why()))
        );
    }

    // ------------------------------------------------------------------ consents
    function recordConsent(uint256 seed) external drawing(seed) {
        // At times one that was recorded, and perhaps withdrawn, before.
        uint256 number = usually() ? consentCount + 1 : 1 + draw(consentCount + 1);
        IConsentRegistry.Consent memory consent = IConsentRegistry.Consent({
            dataset: DatasetId.wrap(usually() ? 3 : anyDataset()),
            receiver: DepartmentId.wrap(anyDepartment()),
            purpose: PURPOSE,
            validUntil: time + uint40(draw(1 days)),
            withdrawal: keccak256(abi.encode(digest(number)))
        });
        anyoneDoes(
            Call.RecordConsent,
            anyDepartment(),
            DELIVERERS,
            address(consents),
            abi.encodeCall(consents.record, (consent, signatureOf(consent, number)))
        );
    }

    function withdrawConsent(uint256 seed) external drawing(seed) {
        anyoneDoes(
            Call.WithdrawConsent,
            anyDepartment(),
            DELIVERERS,
            address(consents),
            abi.encodeCall(consents.withdraw, (digest(1 + draw(consentCount + 1))))
        );
    }

    // ------------------------------------------------------------------ internal
    function signatureOf(
        IConsentRegistry.Consent memory consent,
        uint256 privateKey
    ) internal view returns (bytes memory) {
        bytes32 domain = keccak256(
            abi.encode(
                DOMAIN_TYPE,
                keccak256("sharing-ledger"),
                keccak256("1"),
                block.chainid,
                address(consents)
            )
        );
        (uint8 v, bytes32 r, bytes32 s) = CHEATS.sign(
            privateKey,
            keccak256(bytes.concat(hex"1901", domain, keccak256(abi.encode(CONSENT_TYPE, consent))))
        );
        return bytes.concat(r, s, bytes1(v));
    }

    function _anyRules(DatasetKind kind) private returns (IDatasetRegistry.Rules memory) {
        return
            IDatasetRegistry.Rules({
                sharing: SharingClass(usually() ? draw(2) : 2),
                approvals: uint8(draw(8) == 0 ? 0 : 1 + draw(2)),
                agentMayPublish: draw(2) == 0,
                consentNeeded: kind == DatasetKind.Service && draw(2) == 0
            });
    }
}
