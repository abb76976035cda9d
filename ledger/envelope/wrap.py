"""Key wrapping: HPKE (RFC 9180) with X-Wing, HKDF-SHA256 and AES-256-GCM.

`cryptography` does it, because it takes the raw keys that the ledger publishes; Tink would need
each key put into a protobuf keyset. The tests open each one's output with the other.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from ledger.envelope.binding import SecretKey, WrapInfo
from ledger.errors import IntegrityError
from ledger.models.sealed import WRAP_BYTES

SEED_BYTES: Final = 32
PUBLIC_KEY_BYTES: Final = 1216
"""ML-KEM-768's 1,184 bytes, then X25519's 32."""

_MLKEM_PUBLIC_BYTES: Final = 1184
_SUITE: Final = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


@dataclass(frozen=True)
class PrivateKey:
    """An X-Wing private key: the 32-byte seed of draft-connolly-cfrg-xwing-kem, section 5.2."""

    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.seed) != SEED_BYTES:
            raise ValueError(f"a seed has {SEED_BYTES} bytes, this one has {len(self.seed)}")

    @classmethod
    def generate(cls) -> Self:
        """A fresh key from the operating system's randomness."""
        return cls(secrets.token_bytes(SEED_BYTES))

    @cached_property
    def public_key(self) -> bytes:
        """The raw public key, 1,216 bytes, as it is published."""
        mlkem, x25519 = self._parts
        return mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()

    @cached_property
    def _parts(self) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
        expanded = hashlib.shake_256(self.seed).digest(96)
        return (
            MLKEM768PrivateKey.from_seed_bytes(expanded[:64]),
            X25519PrivateKey.from_private_bytes(expanded[64:]),
        )

    def _hpke(self) -> MLKEM768X25519PrivateKey:
        return MLKEM768X25519PrivateKey(*self._parts)


def check_public_key(public_key: bytes) -> None:
    """Check that these bytes are a public key that something can be wrapped for.

    Raises:
        IntegrityError: wrong length, an ML-KEM part that is out of range (FIPS 203, 7.2), or an
            X25519 part of low order.
    """
    # Only an encapsulation shows a point of low order; its output goes nowhere.
    wrap_key(public_key, SecretKey(bytes(32)), WrapInfo(b""))


def wrap_key(public_key: bytes, key: SecretKey, info: WrapInfo) -> bytes:
    """Wrap a key for one receiver and one use: 1,168 bytes, different each time.

    Raises:
        IntegrityError: the public key is malformed.
    """
    if len(public_key) != PUBLIC_KEY_BYTES:
        raise IntegrityError(
            f"encryption key has {len(public_key)} bytes, expected {PUBLIC_KEY_BYTES}"
        )
    try:
        receiver = MLKEM768X25519PublicKey(
            MLKEM768PublicKey.from_public_bytes(public_key[:_MLKEM_PUBLIC_BYTES]),
            X25519PublicKey.from_public_bytes(public_key[_MLKEM_PUBLIC_BYTES:]),
        )
        return _SUITE.encrypt(key.value, receiver, info)
    except ValueError as error:
        raise IntegrityError(
            "encryption key is malformed; nothing can be wrapped for it"
        ) from error


def unwrap_key(private_key: PrivateKey, wrapped: bytes, info: WrapInfo) -> SecretKey:
    """Open a wrapped key.

    Raises:
        IntegrityError: not 1,168 bytes, altered, wrapped for another key, or for another use.
    """
    if len(wrapped) != WRAP_BYTES:
        raise IntegrityError(f"wrapped key has {len(wrapped)} bytes, expected {WRAP_BYTES}")
    try:
        return SecretKey(_SUITE.decrypt(wrapped, private_key._hpke(), info))
    except (InvalidTag, ValueError) as error:
        raise IntegrityError(
            "wrapped key does not open: it was altered, or it was not made for this key and use"
        ) from error
