// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {ConsentId, DatasetId, DepartmentId} from "../Types.sol";
import {IDatasetRegistry} from "./IDatasetRegistry.sol";
import {IDepartmentRegistry} from "./IDepartmentRegistry.sol";
import {IEventHeads} from "./IEventHeads.sol";

/// @title Consents of subjects
/// @notice A subject signs a consent with a key derived for that consent alone; any member brings it to the ledger, and
/// any member brings its withdrawal. Who the subject is, nobody can tell from here.
interface IConsentRegistry is IEventHeads {
    /// @notice What the subject signs (EIP-712, type `Consent`).
    /// `withdrawal`: keccak256 of 32 secret bytes; whoever reveals them withdraws the consent.
    /// `validUntil`: block time, in seconds, at which the consent ends by itself.
    struct Consent {
        DatasetId dataset;
        DepartmentId receiver;
        uint16 purpose;
        uint40 validUntil;
        bytes32 withdrawal;
    }

    // ------------------------------------------------------------------ events (head: the dataset's)
    event ConsentRecorded(
        ConsentId indexed consent,
        DatasetId indexed dataset,
        DepartmentId indexed receiver,
        uint16 purpose,
        uint40 validUntil,
        bytes32 withdrawal,
        address signer
    );
    event ConsentWithdrawn(
        ConsentId indexed consent,
        DatasetId indexed dataset,
        DepartmentId indexed receiver,
        bytes32 preimage
    );

    // ------------------------------------------------------------------ errors
    error ConsentHasEnded(uint40 validUntil);
    error ConsentIsWithdrawn(ConsentId consent);
    error ConsentNotNeeded(DatasetId dataset);
    error ConsentRecordedAlready(ConsentId consent);
    error ConsentUnknown(bytes32 withdrawal);
    error PurposeMissing();

    // ------------------------------------------------------------------ calls
    /// @notice Records a consent that `signer` signed.
    /// Requirements: caller is an OFFICER or AGENT of any member; the dataset exists, isn't withdrawn and needs
    /// consents; `receiver` is a member; purpose and `withdrawal` not zero; `validUntil` in the future; no consent with
    /// this `withdrawal` was ever recorded, so that a withdrawn one can't come back; the signature (65 bytes, the lower
    /// form) recovers to an address, else one of ECDSA's errors.
    /// Emits {ConsentRecorded}.
    function record(
        Consent calldata consent,
        bytes calldata signature
    ) external returns (ConsentId number);

    /// @notice Withdraws the consent whose `withdrawal` is the hash of `preimage`.
    /// Requirements: caller is an OFFICER or AGENT of any member; there is such a consent and it isn't withdrawn.
    /// Emits {ConsentWithdrawn}.
    function withdraw(bytes32 preimage) external;

    // ------------------------------------------------------------------ views
    /// @notice Whether `consent` permits `receiver` to ask `dataset` for `purpose` now. Never reverts.
    function inForce(
        ConsentId consent,
        DatasetId dataset,
        DepartmentId receiver,
        uint16 purpose
    ) external view returns (bool);

    /// @notice The consent with this `withdrawal`; zero where there is none.
    function consentByWithdrawal(bytes32 withdrawal) external view returns (ConsentId);

    function consentCount() external view returns (uint32);

    function departments() external view returns (IDepartmentRegistry);

    function datasets() external view returns (IDatasetRegistry);
}
