// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {requireDigest} from "./Checks.sol";
import {EventHeads} from "./EventHeads.sol";
import {Capability, ConsentId, DatasetId, DepartmentId} from "./Types.sol";
import {IConsentRegistry} from "./interfaces/IConsentRegistry.sol";
import {IDatasetRegistry} from "./interfaces/IDatasetRegistry.sol";
import {IDepartmentRegistry} from "./interfaces/IDepartmentRegistry.sol";

/// @title Consents of subjects
contract ConsentRegistry is EventHeads, EIP712, IConsentRegistry {
    /// @dev One slot:
    ///
    ///     bits  32       32        16       40          8
    ///           dataset  receiver  purpose  validUntil  withdrawn
    struct Recorded {
        DatasetId dataset;
        DepartmentId receiver;
        uint16 purpose;
        uint40 validUntil;
        bool withdrawn;
    }

    bytes32 private constant CONSENT_TYPE = keccak256(
        "Consent(uint32 dataset,uint32 receiver,uint16 purpose,uint40 validUntil,bytes32 withdrawal)"
    );

    uint8 private constant RELAYERS = Capability.OFFICER | Capability.AGENT;

    /// @inheritdoc IConsentRegistry
    IDepartmentRegistry public immutable departments;

    /// @inheritdoc IConsentRegistry
    IDatasetRegistry public immutable datasets;

    /// @inheritdoc IConsentRegistry
    uint32 public consentCount;

    mapping(ConsentId consent => Recorded) private _consents;

    /// @inheritdoc IConsentRegistry
    mapping(bytes32 withdrawal => ConsentId consent) public consentByWithdrawal;

    constructor(IDatasetRegistry datasetRegistry) EIP712("sharing-ledger", "1") {
        datasets = datasetRegistry;
        departments = datasetRegistry.departments();
    }

    // ------------------------------------------------------------------ calls
    /// @inheritdoc IConsentRegistry
    function record(
        Consent calldata consent,
        bytes calldata signature
    ) external returns (ConsentId number) {
        departments.authorize(msg.sender, RELAYERS);
        _requireRecordable(consent);
        address signer = ECDSA.recover(
            _hashTypedDataV4(keccak256(abi.encode(CONSENT_TYPE, consent))),
            signature
        );
        number = ConsentId.wrap(++consentCount);
        consentByWithdrawal[consent.withdrawal] = number;
        _consents[number] = Recorded({
            dataset: consent.dataset,
            receiver: consent.receiver,
            purpose: consent.purpose,
            validUntil: consent.validUntil,
            withdrawn: false
        });
        Head storage head = _datasetHeads[consent.dataset];
        head.value = keccak256(
            abi.encode(
                head.value,
                ConsentRecorded.selector,
                block.timestamp,
                number,
                consent,
                signer
            )
        );
        emit ConsentRecorded(
            number,
            consent.dataset,
            consent.receiver,
            consent.purpose,
            consent.validUntil,
            consent.withdrawal,
            signer
        );
    }

    /// @inheritdoc IConsentRegistry
    function withdraw(bytes32 preimage) external {
        departments.authorize(msg.sender, RELAYERS);
        bytes32 withdrawal = keccak256(abi.encode(preimage));
        ConsentId number = consentByWithdrawal[withdrawal];
        if (ConsentId.unwrap(number) == 0) revert ConsentUnknown(withdrawal);
        Recorded storage withdrawn = _consents[number];
        if (withdrawn.withdrawn) revert ConsentIsWithdrawn(number);
        withdrawn.withdrawn = true;
        (DatasetId dataset, DepartmentId receiver) = (withdrawn.dataset, withdrawn.receiver);
        Head storage head = _datasetHeads[dataset];
        head.value = keccak256(
            abi.encode(
                head.value,
                ConsentWithdrawn.selector,
                block.timestamp,
                number,
                dataset,
                receiver,
                preimage
            )
        );
        emit ConsentWithdrawn(number, dataset, receiver, preimage);
    }

    // ------------------------------------------------------------------ views
    /// @inheritdoc IConsentRegistry
    function inForce(
        ConsentId consent,
        DatasetId dataset,
        DepartmentId receiver,
        uint16 purpose
    ) external view returns (bool) {
        Recorded memory found = _consents[consent];
        return
            DatasetId.unwrap(found.dataset) == DatasetId.unwrap(dataset) &&
            found.receiver == receiver &&
            found.purpose == purpose &&
            block.timestamp < found.validUntil &&
            !found.withdrawn;
    }

    // ------------------------------------------------------------------ internal
    function _requireRecordable(Consent calldata consent) private view {
        (, bool consentNeeded) = datasets.queryRules(consent.dataset);
        if (!consentNeeded) revert ConsentNotNeeded(consent.dataset);
        uint32 receiver = DepartmentId.unwrap(consent.receiver);
        if (receiver == 0 || receiver > departments.departmentCount())
            revert IDepartmentRegistry.DepartmentUnknown(consent.receiver);
        if (consent.purpose == 0) revert PurposeMissing();
        if (block.timestamp >= consent.validUntil) revert ConsentHasEnded(consent.validUntil);
        requireDigest(consent.withdrawal);
        ConsentId recorded = consentByWithdrawal[consent.withdrawal];
        if (ConsentId.unwrap(recorded) != 0) revert ConsentRecordedAlready(recorded);
    }
}
