// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

// solhint-disable func-name-mixedcase

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {ConsentId, DatasetId, DatasetKind, DepartmentId, SharingClass} from "../Types.sol";
import {IConsentRegistry} from "../interfaces/IConsentRegistry.sol";
import {IDatasetRegistry} from "../interfaces/IDatasetRegistry.sol";
import {IDepartmentRegistry} from "../interfaces/IDepartmentRegistry.sol";
import {Registries} from "./Registries.sol";

contract ConsentRegistryTest is Registries {
    DatasetId internal constant SERVICE = DatasetId.wrap(2);
    ConsentId internal constant CONSENT = ConsentId.wrap(1);
    uint256 internal constant SUBJECT = uint256(bytes32("a key for this consent alone"));
    bytes32 internal constant PREIMAGE = bytes32(uint256(0x5ec3e7));
    /// @dev The order of secp256k1: `s` and `ORDER - s` make two signatures of one.
    uint256 internal constant ORDER =
        0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    function setUp() public override {
        super.setUp();
        IDatasetRegistry.Rules memory asking = rules(SharingClass.Conditional, 1);
        asking.consentNeeded = true;
        VM.prank(officer(LABOUR));
        datasets.register("jobs", DatasetKind.Service, asking, digest("d"));
    }

    function test_the_registry_knows_the_others() public view {
        VM.assertEq(address(consents.departments()), address(departments));
        VM.assertEq(address(consents.datasets()), address(datasets));
        VM.assertEq(consents.version(), "0.1.0", "version");
        VM.assertEq(consents.consentCount(), 0);
    }

    // ------------------------------------------------------------------ record
    function test_any_member_records_what_a_subject_signed() public {
        IConsentRegistry.Consent memory given = consent();
        bytes32 head = consents.datasetHead(SERVICE);
        bytes memory signature = sign(given);
        VM.expectEmit(address(consents));
        emit IConsentRegistry.ConsentRecorded(
            CONSENT,
            SERVICE,
            HEALTH,
            5,
            given.validUntil,
            given.withdrawal,
            VM.addr(SUBJECT)
        );
        VM.prank(agent(ENERGY));
        VM.assertEq(ConsentId.unwrap(consents.record(given, signature)), 1);
        checkDatasetHead(
            consents,
            SERVICE,
            head,
            IConsentRegistry.ConsentRecorded.selector,
            abi.encode(CONSENT, given, VM.addr(SUBJECT))
        );
        VM.assertTrue(inForce(CONSENT), "in force");
        VM.assertEq(ConsentId.unwrap(consents.consentByWithdrawal(given.withdrawal)), 1);
        VM.assertEq(consents.consentCount(), 1);
    }

    /// @dev Signed by another implementation (eth-account), for this chain and address.
    function test_a_signature_that_others_made_is_read() public {
        address fixedAddress = address(0xC0FFEE00);
        VM.etch(fixedAddress, address(consents).code);
        VM.chainId(1337);
        IConsentRegistry.Consent memory given = IConsentRegistry.Consent({
            dataset: SERVICE,
            receiver: HEALTH,
            purpose: 5,
            validUntil: 1_900_000_000,
            withdrawal: keccak256(
                hex"1111111111111111111111111111111111111111111111111111111111111111"
            )
        });
        VM.expectEmit(fixedAddress);
        emit IConsentRegistry.ConsentRecorded(
            CONSENT,
            SERVICE,
            HEALTH,
            5,
            1_900_000_000,
            given.withdrawal,
            0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F
        );
        VM.prank(agent(ENERGY));
        IConsentRegistry(fixedAddress).record(
            given,
            // solhint-disable-next-line max-line-length
            hex"198ecf308b8201a9daedd568604cbb0e5c16f4dda5cab70d775e1339f94d342a04ee2ea9540bedf06b6b4a535ddf85084c9cc49882c04e01cb26a21fb9afb9841c"
        );
    }

    function testFuzz_whoever_changes_what_was_signed_is_another_signer(uint8 field) public {
        IConsentRegistry.Consent memory given = consent();
        bytes memory signature = sign(given);
        if (field % 4 == 0) given.receiver = ENERGY;
        else if (field % 4 == 1) given.purpose += 1;
        else if (field % 4 == 2) given.validUntil += 1;
        else given.withdrawal = digest("another");
        VM.recordLogs();
        VM.prank(agent(ENERGY));
        consents.record(given, signature);
        (, , , address signer) = abi.decode(
            VM.getRecordedLogs()[0].data,
            (uint16, uint40, bytes32, address)
        );
        VM.assertTrue(signer != VM.addr(SUBJECT), "the subject didn't sign this");
    }

    function test_a_signature_for_another_registry_is_another_signer_s() public {
        IConsentRegistry other = IConsentRegistry(
            VM.deployCode("ConsentRegistry.sol", abi.encode(datasets))
        );
        bytes memory signature = sign(consent());
        VM.recordLogs();
        VM.prank(agent(ENERGY));
        other.record(consent(), signature);
        (, , , address signer) = abi.decode(
            VM.getRecordedLogs()[0].data,
            (uint16, uint40, bytes32, address)
        );
        VM.assertTrue(signer != VM.addr(SUBJECT), "signed for one deployment");
    }

    function test_a_consent_is_recorded_once_and_never_again_after_its_withdrawal() public {
        IConsentRegistry.Consent memory given = consent();
        record(given);
        bytes memory refusal = abi.encodeWithSelector(
            IConsentRegistry.ConsentRecordedAlready.selector,
            CONSENT
        );
        expectRefused(given, refusal);
        withdraw(PREIMAGE);
        expectRefused(given, refusal);
        // Nor under other terms: the preimage is known now.
        given.purpose = 6;
        expectRefused(given, refusal);
    }

    function test_the_other_form_of_a_signature_is_refused() public {
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(SUBJECT, typedDataHash(consent()));
        bytes32 high = bytes32(ORDER - uint256(s));
        expectSignatureRefused(
            abi.encodePacked(r, high, v ^ 7),
            abi.encodeWithSelector(ECDSA.ECDSAInvalidSignatureS.selector, high)
        );
        // Compact (ERC-2098).
        expectSignatureRefused(
            abi.encodePacked(r, uint256(s) | (uint256(v - 27) << 255)),
            abi.encodeWithSelector(ECDSA.ECDSAInvalidSignatureLength.selector, 64)
        );
    }

    function test_what_is_no_signature_is_refused() public {
        (, bytes32 r, bytes32 s) = VM.sign(SUBJECT, typedDataHash(consent()));
        expectSignatureRefused(
            "",
            abi.encodeWithSelector(ECDSA.ECDSAInvalidSignatureLength.selector, 0)
        );
        expectSignatureRefused(
            abi.encodePacked(r, s, uint8(27), uint8(0)),
            abi.encodeWithSelector(ECDSA.ECDSAInvalidSignatureLength.selector, 66)
        );
        bytes memory refusal = abi.encodeWithSelector(ECDSA.ECDSAInvalidSignature.selector);
        expectSignatureRefused(abi.encodePacked(r, s, uint8(1)), refusal);
        expectSignatureRefused(new bytes(65), refusal);
    }

    function test_a_consent_is_for_a_service_that_needs_one() public {
        IConsentRegistry.Consent memory given = consent();
        given.dataset = DATASET;
        expectRefused(
            given,
            abi.encodeWithSelector(IDatasetRegistry.NotAServiceDataset.selector, DATASET)
        );
        given.dataset = DatasetId.wrap(3);
        expectRefused(given, abi.encodeWithSelector(IDatasetRegistry.DatasetUnknown.selector, 3));
        VM.startPrank(officer(LABOUR));
        datasets.register(
            "open",
            DatasetKind.Service,
            rules(SharingClass.Conditional, 1),
            digest("d")
        );
        VM.stopPrank();
        expectRefused(given, abi.encodeWithSelector(IConsentRegistry.ConsentNotNeeded.selector, 3));
        given.dataset = SERVICE;
        VM.prank(officer(LABOUR));
        datasets.withdraw(SERVICE, why());
        expectRefused(
            given,
            abi.encodeWithSelector(IDatasetRegistry.DatasetIsWithdrawn.selector, SERVICE)
        );
    }

    function test_malformed_consents_are_refused() public {
        IConsentRegistry.Consent memory given = consent();
        for (uint32 unknown = 0; unknown <= 5; unknown += 5) {
            given.receiver = DepartmentId.wrap(unknown);
            expectRefused(
                given,
                abi.encodeWithSelector(IDepartmentRegistry.DepartmentUnknown.selector, unknown)
            );
        }
        given = consent();
        given.purpose = 0;
        expectRefused(given, abi.encodeWithSelector(IConsentRegistry.PurposeMissing.selector));
        given = consent();
        given.validUntil = uint40(block.timestamp);
        expectRefused(
            given,
            abi.encodeWithSelector(IConsentRegistry.ConsentHasEnded.selector, block.timestamp)
        );
        given = consent();
        // Nobody could ever withdraw it.
        given.withdrawal = 0;
        expectRefused(given, abi.encodeWithSelector(IDepartmentRegistry.DigestMissing.selector));
    }

    // ------------------------------------------------------------------ withdraw
    function test_any_member_withdraws_a_consent_whose_secret_the_subject_reveals() public {
        record(consent());
        bytes32 head = consents.datasetHead(SERVICE);
        VM.expectEmit(address(consents));
        emit IConsentRegistry.ConsentWithdrawn(CONSENT, SERVICE, HEALTH, PREIMAGE);
        VM.prank(agent(LABOUR));
        consents.withdraw(PREIMAGE);
        checkDatasetHead(
            consents,
            SERVICE,
            head,
            IConsentRegistry.ConsentWithdrawn.selector,
            abi.encode(CONSENT, SERVICE, HEALTH, PREIMAGE)
        );
        VM.assertTrue(!inForce(CONSENT), "withdrawn");
        VM.prank(agent(LABOUR));
        VM.expectRevert(
            abi.encodeWithSelector(IConsentRegistry.ConsentIsWithdrawn.selector, CONSENT)
        );
        consents.withdraw(PREIMAGE);
    }

    function test_without_the_secret_nothing_is_withdrawn() public {
        record(consent());
        bytes32[3] memory guesses = [bytes32(0), withdrawalOf(PREIMAGE), bytes32(uint256(1))];
        for (uint256 i = 0; i < guesses.length; ++i) {
            VM.prank(agent(LABOUR));
            VM.expectRevert(
                abi.encodeWithSelector(
                    IConsentRegistry.ConsentUnknown.selector,
                    withdrawalOf(guesses[i])
                )
            );
            consents.withdraw(guesses[i]);
        }
        VM.assertTrue(inForce(CONSENT), "still");
    }

    function test_a_consent_of_a_withdrawn_dataset_is_still_withdrawn() public {
        record(consent());
        VM.prank(officer(LABOUR));
        datasets.withdraw(SERVICE, why());
        withdraw(PREIMAGE);
        VM.assertTrue(!inForce(CONSENT), "withdrawn");
    }

    function test_one_withdrawal_leaves_the_others() public {
        record(consent());
        IConsentRegistry.Consent memory second = consent();
        second.withdrawal = withdrawalOf(bytes32(uint256(2)));
        record(second);
        withdraw(PREIMAGE);
        VM.assertTrue(!inForce(CONSENT) && inForce(ConsentId.wrap(2)), "the second");
    }

    // ------------------------------------------------------------------ in force
    function test_a_consent_ends_by_itself() public {
        record(consent());
        VM.warp(consent().validUntil - 1);
        VM.assertTrue(inForce(CONSENT), "until then");
        VM.warp(consent().validUntil);
        VM.assertTrue(!inForce(CONSENT), "then");
    }

    /// @dev Whatever is asked, the answer is yes to the very consent alone, and never a revert.
    function testFuzz_a_consent_permits_what_was_signed_alone(
        uint32 number,
        uint32 dataset,
        uint32 receiver,
        uint16 purpose,
        bool[4] memory right
    ) public {
        record(consent());
        if (right[0]) number = 1;
        if (right[1]) dataset = 2;
        if (right[2]) receiver = 3;
        if (right[3]) purpose = 5;
        VM.assertEq(
            consents.inForce(
                ConsentId.wrap(number),
                DatasetId.wrap(dataset),
                DepartmentId.wrap(receiver),
                purpose
            ),
            number == 1 && dataset == 2 && receiver == 3 && purpose == 5
        );
    }

    function test_no_consent_is_in_force_by_what_was_never_given() public view {
        VM.assertTrue(
            !consents.inForce(ConsentId.wrap(0), DatasetId.wrap(0), DepartmentId.wrap(0), 0),
            "zeros"
        );
        VM.assertEq(ConsentId.unwrap(consents.consentByWithdrawal(0)), 0);
    }

    // ------------------------------------------------------------------ helpers
    function consent() private pure returns (IConsentRegistry.Consent memory) {
        return
            IConsentRegistry.Consent({
                dataset: SERVICE,
                receiver: HEALTH,
                purpose: 5,
                validUntil: START + 30 days,
                withdrawal: withdrawalOf(PREIMAGE)
            });
    }

    function withdrawalOf(bytes32 preimage) private pure returns (bytes32) {
        return keccak256(bytes.concat(preimage));
    }

    function sign(IConsentRegistry.Consent memory given) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(SUBJECT, typedDataHash(given));
        return abi.encodePacked(r, s, v);
    }

    /// @dev EIP-712, written out.
    function typedDataHash(IConsentRegistry.Consent memory given) private view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256(
                    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
                ),
                keccak256("sharing-ledger"),
                keccak256("1"),
                block.chainid,
                address(consents)
            )
        );
        bytes32 type_ = keccak256(
            "Consent(uint32 dataset,uint32 receiver,uint16 purpose,uint40 validUntil,bytes32 withdrawal)"
        );
        return
            keccak256(
                bytes.concat(hex"1901", domain, keccak256(bytes.concat(type_, abi.encode(given))))
            );
    }

    function record(IConsentRegistry.Consent memory given) private {
        bytes memory signature = sign(given);
        VM.prank(agent(ENERGY));
        consents.record(given, signature);
    }

    function withdraw(bytes32 preimage) private {
        VM.prank(agent(ENERGY));
        consents.withdraw(preimage);
    }

    function inForce(ConsentId number) private view returns (bool) {
        return consents.inForce(number, SERVICE, HEALTH, 5);
    }

    function expectRefused(IConsentRegistry.Consent memory given, bytes memory refusal) private {
        bytes memory signature = sign(given);
        VM.prank(agent(ENERGY));
        VM.expectRevert(refusal);
        consents.record(given, signature);
    }

    function expectSignatureRefused(bytes memory signature, bytes memory refusal) private {
        VM.prank(agent(ENERGY));
        VM.expectRevert(refusal);
        consents.record(consent(), signature);
    }
}
