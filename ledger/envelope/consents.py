"""Consents: the key that a subject signs one with, what is signed (EIP-712), its withdrawal.

Keys and secrets follow from the subject's key and the consent's nonce, so that this nonce, which
is no secret, is all that the subject has to keep of a consent.
"""

from __future__ import annotations

import hmac
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import coincurve
from eth_hash.auto import keccak

from ledger.envelope.binding import NONCE_BYTES, SecretKey, derive, fixed, labelled
from ledger.errors import IntegrityError
from ledger.identifiers import Address, Digest, parse_address

SIGNATURE_BYTES: Final = 65

# secp256k1: the order of the group (SEC 2, section 2.4.1).
_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_DOMAIN_TYPE: Final = keccak(
    b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
_CONSENT_TYPE: Final = keccak(
    b"Consent(uint32 dataset,uint32 receiver,uint16 purpose,uint40 validUntil,bytes32 withdrawal)"
)
_NAME: Final = keccak(b"sharing-ledger")
_VERSION: Final = keccak(b"1")


@dataclass(frozen=True, slots=True)
class Consent:
    """What a subject agrees to: that a department asks a service for a purpose until a date."""

    dataset: int
    receiver: int
    purpose: int
    valid_until: int
    """Block time, in seconds since 1970."""
    withdrawal: bytes
    """`withdrawal_hash` of the consent's secret."""


def consent_key(subject_key: SecretKey, nonce: bytes) -> SecretKey:
    """The secp256k1 key that signs this consent and no other.

    HKDF of the subject's key, the nonce and a counter from 0 on, until it is in range: between 1
    and the group's order. One in 2^128 isn't.
    """
    bound = fixed(nonce, NONCE_BYTES)
    keys = (derive(subject_key, "consent key", bound, u32) for u32 in _counters())
    return next(key for key in keys if 0 < int.from_bytes(key.value, "big") < _ORDER)


def withdrawal_secret(subject_key: SecretKey, nonce: bytes) -> SecretKey:
    """The 32 bytes whose publication withdraws the consent."""
    return derive(subject_key, "consent withdrawal", fixed(nonce, NONCE_BYTES))


def withdrawal_hash(secret: SecretKey) -> Digest:
    """`keccak256` of the secret: what the consent carries."""
    return Digest(keccak(secret.value))


def consent_digest(consent: Consent, *, chain_id: int, contract: str) -> Digest:
    """The 32 bytes that are signed (EIP-712), for the ConsentRegistry at `contract`."""
    domain = keccak(
        _DOMAIN_TYPE + _NAME + _VERSION + _word(chain_id) + _word(int(contract, 16), bits=160)
    )
    struct = keccak(
        _CONSENT_TYPE
        + _word(consent.dataset, bits=32)
        + _word(consent.receiver, bits=32)
        + _word(consent.purpose, bits=16)
        + _word(consent.valid_until, bits=40)
        + fixed(consent.withdrawal, 32)
    )
    return Digest(keccak(b"\x19\x01" + domain + struct))


def signer_of(key: SecretKey) -> Address:
    """The address of a consent's key."""
    return _address(coincurve.PublicKey.from_secret(key.value))


def sign_consent(key: SecretKey, digest: bytes) -> bytes:
    """Sign a consent's digest: r, s and v (27 or 28), 65 bytes; deterministic (RFC 6979), low s."""
    signature = coincurve.PrivateKey(key.value).sign_recoverable(fixed(digest, 32), hasher=None)
    return signature[:64] + bytes([signature[64] + 27])


def recover_signer(digest: bytes, signature: bytes) -> Address:
    """Who signed a consent's digest.

    Raises:
        IntegrityError: it is no signature in the one form that the contract takes.
    """
    wrong = IntegrityError("this is not the signature of a consent")
    if len(signature) != SIGNATURE_BYTES or signature[64] not in (27, 28):
        raise wrong
    # Of s and the order minus s, both of which verify, the contract takes the lower one.
    if int.from_bytes(signature[32:64], "big") > _ORDER // 2:
        raise wrong
    try:
        public_key = coincurve.PublicKey.from_signature_and_message(
            signature[:64] + bytes([signature[64] - 27]), fixed(digest, 32), hasher=None
        )
    except Exception as error:
        raise wrong from error
    return _address(public_key)


def consent_link(owner_key: SecretKey, deployment: bytes, signer: str) -> Digest:
    """What shows an owner that a consent's signer is the subject who enrolled this key with it.

    `HMAC-SHA-256(owner subject key, label ‖ deployment ‖ address)`.
    """
    address = fixed(bytes.fromhex(signer.removeprefix("0x")), 20)
    message = labelled("consent link", fixed(deployment, 32), address)
    return Digest(hmac.digest(owner_key.value, message, "sha256"))


def check_link(link: bytes, owner_key: SecretKey, deployment: bytes, signer: str) -> None:
    """Check a consent's link.

    Raises:
        IntegrityError: the consent was signed by another subject, or for another owner.
    """
    if not hmac.compare_digest(consent_link(owner_key, deployment, signer), link):
        raise IntegrityError("the consent is not this subject's")


def _counters() -> Iterator[bytes]:
    return (number.to_bytes(4, "big") for number in itertools.count())


def _word(number: int, bits: int = 256) -> bytes:
    if not 0 <= number < 2**bits:
        raise ValueError(f"{number} has more than {bits} bits")
    return number.to_bytes(32, "big")


def _address(public_key: coincurve.PublicKey) -> Address:
    return parse_address("0x" + keccak(public_key.format(compressed=False)[1:])[12:].hex())
