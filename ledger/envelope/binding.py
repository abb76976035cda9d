"""What every ciphertext is bound to: labels and fixed-width fields, no cryptography but HKDF.

All encodings are a label in ASCII, `sharing-ledger/v1/<use>`, then fields of fixed width: digests
and nonces as they are (32 bytes), codes and slugs as `bytes32`, numbers big-endian (kind 1 byte,
version and key number 4, transfer 8). No label begins another, so no two uses share an encoding.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Final, NewType, Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ledger.errors import RecordError
from ledger.identifiers import Code, DatasetName, encode_code
from ledger.models import Manifest, PayloadKind

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 32

LABELS: Final = (
    "payload",
    "wrap/transfer",
    "wrap/nonce",
    "wrap/annex",
    "wrap/disclosure",
    "annex",
    "archive",
    "backup",
    "key commitment",
    "content commitment",
    "receipt",
    "owner subject key",
    "subject code",
    "consent key",
    "consent withdrawal",
    "consent link",
    "enrolment index",
)
"""Every use; a test holds that none begins another."""

AssociatedData = NewType("AssociatedData", bytes)
WrapInfo = NewType("WrapInfo", bytes)


@dataclass(frozen=True, slots=True)
class SecretKey:
    """A 256-bit secret that no `repr`, and so no log or traceback, shows."""

    value: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.value) != KEY_BYTES:
            raise ValueError(f"a key has {KEY_BYTES} bytes, this one has {len(self.value)}")

    @classmethod
    def generate(cls) -> Self:
        """A fresh key from the operating system's randomness."""
        return cls(secrets.token_bytes(KEY_BYTES))


def fresh_nonce() -> bytes:
    """32 fresh random bytes: a payload's, a query's, a tag's or a consent's nonce, or a salt."""
    return secrets.token_bytes(NONCE_BYTES)


def labelled(use: str, *fields: bytes) -> bytes:
    """The label of `use`, then its fields, whose widths the use fixes."""
    if use not in LABELS:
        raise ValueError(f"{use!r} is not a listed use")
    return b"".join((b"sharing-ledger/v1/", use.encode("ascii"), *fields))


def derive(key: SecretKey, use: str, *fields: bytes) -> SecretKey:
    """HKDF-SHA256 (RFC 5869) of `key` with an empty salt, 32 bytes, for one use."""
    hkdf = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=labelled(use, *fields))
    return SecretKey(hkdf.derive(key.value))


def version_associated_data(
    deployment: bytes, sender: Code, slug: Code, version: int
) -> AssociatedData:
    """What a dataset version's ciphertext is bound to: deployment, kind, sender, slug, version."""
    return AssociatedData(
        labelled(
            "payload",
            fixed(deployment, 32),
            bytes([PayloadKind.VERSION]),
            encode_code(sender),
            encode_code(slug),
            version.to_bytes(4, "big"),
        )
    )


def nonce_associated_data(
    deployment: bytes, kind: PayloadKind, sender: Code, nonce: bytes
) -> AssociatedData:
    """What any other payload's ciphertext is bound to: deployment, kind, sender, nonce."""
    if kind is PayloadKind.VERSION:
        raise ValueError("a version is bound to its number, not to a nonce")
    return AssociatedData(
        labelled(
            "payload",
            fixed(deployment, 32),
            bytes([kind]),
            encode_code(sender),
            fixed(nonce, NONCE_BYTES),
        )
    )


def manifest_associated_data(deployment: bytes, manifest: Manifest) -> AssociatedData:
    """What the payload of this manifest is bound to.

    Raises:
        RecordError: the manifest lacks what its kind needs.
    """
    nonce = manifest.encryption.nonce
    if manifest.kind is not PayloadKind.VERSION and nonce is not None:
        return nonce_associated_data(deployment, manifest.kind, manifest.sender, nonce)
    if manifest.dataset is None or manifest.version is None:
        raise RecordError("manifest names neither a version nor a nonce")
    name = DatasetName.parse(manifest.dataset)
    return version_associated_data(deployment, manifest.sender, name.slug, manifest.version)


def transfer_wrap_info(
    deployment: bytes, transfer: int, receiver: Code, key_number: int
) -> WrapInfo:
    """What the key of a transfer is wrapped for: deployment, transfer, receiver, key number."""
    return WrapInfo(
        labelled(
            "wrap/transfer",
            fixed(deployment, 32),
            transfer.to_bytes(8, "big"),
            encode_code(receiver),
            key_number.to_bytes(4, "big"),
        )
    )


def nonce_wrap_info(deployment: bytes, nonce: bytes, receiver: Code, key_number: int) -> WrapInfo:
    """What the key of a document is wrapped for: deployment, nonce, receiver, key number."""
    return WrapInfo(
        labelled(
            "wrap/nonce",
            fixed(deployment, 32),
            fixed(nonce, NONCE_BYTES),
            encode_code(receiver),
            key_number.to_bytes(4, "big"),
        )
    )


def disclosure_wrap_info(
    deployment: bytes, transfer: int, arbiter: Code, key_number: int
) -> WrapInfo:
    """What a disputed key is wrapped for: deployment, transfer, arbiter, the arbiter's key."""
    return WrapInfo(
        labelled(
            "wrap/disclosure",
            fixed(deployment, 32),
            transfer.to_bytes(8, "big"),
            encode_code(arbiter),
            key_number.to_bytes(4, "big"),
        )
    )


def fixed(value: bytes, width: int) -> bytes:
    """`value`, which must have this many bytes.

    Raises:
        ValueError: it has another length.
    """
    if len(value) != width:
        raise ValueError(f"expected {width} bytes, got {len(value)}")
    return value
