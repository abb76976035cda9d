"""Sections 2 to 4 of the specification once more, from primitives alone: nothing of `ledger`.

Expected values of the vectors come from here wherever that is possible, so that they are not what
the implementation happens to do.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PublicKey, Suite

LABEL = b"sharing-ledger/v1/"
SEGMENT = 1024 * 1024

Wrap = Callable[[bytes, bytes, bytes], bytes]
"""From a seed, a key to wrap and an `info` to a wrapped key."""


def record(members: dict[str, Any]) -> bytes:
    """Canonical JSON of members with ASCII names and neither fractions nor control characters."""
    text = json.dumps(members, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8")


def cid(digest: bytes) -> str:
    """CIDv1, raw, sha2-256, base32."""
    return "b" + base64.b32encode(b"\x01\x55\x12\x20" + digest).decode().lower().rstrip("=")


def code32(code: str) -> bytes:
    """A code in 32 bytes."""
    return code.encode("ascii").ljust(32, b"\0")


def u32(number: int) -> bytes:
    """4 bytes, big-endian."""
    return number.to_bytes(4, "big")


def u64(number: int) -> bytes:
    """8 bytes, big-endian."""
    return number.to_bytes(8, "big")


def labelled(use: str, *fields: bytes) -> bytes:
    """A label and fields."""
    return LABEL + use.encode("ascii") + b"".join(fields)


def hkdf(key: bytes, use: str, *fields: bytes) -> bytes:
    """HKDF-SHA256 (RFC 5869), empty salt, 32 bytes."""
    extracted = hmac.digest(bytes(32), key, "sha256")
    return hmac.digest(extracted, labelled(use, *fields) + b"\x01", "sha256")


def mac(key: bytes, message: bytes) -> bytes:
    """HMAC-SHA-256."""
    return hmac.digest(key, message, "sha256")


def key_commitment(key: bytes) -> bytes:
    """Section 4, commitments."""
    return hashlib.sha256(hkdf(key, "key commitment")).digest()


def content_commitment(key: bytes, plaintext: bytes) -> bytes:
    """Section 4, commitments."""
    return mac(hkdf(key, "content commitment"), hashlib.sha256(plaintext).digest())


def encrypt(key: bytes, bound: bytes, plaintext: bytes, salt: bytes, prefix: bytes) -> bytes:
    """Tink's `AES256_GCM_HKDF_1MB`, with its salt (32 bytes) and nonce prefix (7) given."""
    extracted = hmac.digest(salt, key, "sha256")
    cipher = AESGCM(hmac.digest(extracted, bound + b"\x01", "sha256"))
    header = bytes([40]) + salt + prefix
    first, rest = SEGMENT - 16 - len(header), SEGMENT - 16
    segments = [plaintext[:first]]
    segments += [plaintext[at : at + rest] for at in range(first, len(plaintext), rest)]
    last = len(segments) - 1
    return header + b"".join(
        cipher.encrypt(prefix + u32(number) + bytes([number == last]), segment, None)
        for number, segment in enumerate(segments)
    )


def pad(content: bytes) -> bytes:
    """Length, content, zeros up to a power of four, at least 256."""
    size = 256
    while size < 4 + len(content):
        size *= 4
    return (u32(len(content)) + content).ljust(size, b"\0")


def private_parts(seed: bytes) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    """The two keys that an X-Wing seed expands to."""
    expanded = hashlib.shake_256(seed).digest(96)
    return (
        MLKEM768PrivateKey.from_seed_bytes(expanded[:64]),
        X25519PrivateKey.from_private_bytes(expanded[64:]),
    )


def public_key(seed: bytes) -> bytes:
    """The raw public key of an X-Wing seed."""
    mlkem, x25519 = private_parts(seed)
    return mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()


def wrap(seed: bytes, key: bytes, info: bytes) -> bytes:
    """HPKE to the public key of a seed; another result each time."""
    mlkem, x25519 = private_parts(seed)
    receiver = MLKEM768X25519PublicKey(mlkem.public_key(), x25519.public_key())
    return Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM).encrypt(
        key, receiver, info
    )


def annex(
    public: bytes,
    padded: bytes,
    key: bytes,
    readers: list[tuple[str, int, bytes]],
    *,
    deployment: bytes,
    wrapping: Wrap,
) -> dict[str, Any]:
    """The member `annex` of the record whose bytes without it are `public`."""
    digest = hashlib.sha256(public).digest()
    bound = labelled("annex", deployment, digest)
    ciphertext = AESGCM(hkdf(key, "annex")).encrypt(bytes(12), padded, bound)

    def wrapped(department: str, number: int, seed: bytes) -> str:
        info = labelled("wrap/annex", deployment, digest, code32(department), u32(number))
        return base64.b64encode(wrapping(seed, key, info)).decode()

    return {
        "keyCommitment": key_commitment(key).hex(),
        "ciphertext": base64.b64encode(ciphertext).decode(),
        "recipients": [
            {"department": department, "keyNumber": number, "wrappedKey": wrapped(*reader)}
            for reader in readers
            for department, number, _ in [reader]
        ],
    }
