"""Commitments to a data key and its content, and the receipt tag (design, section 5).

AES-GCM does not commit to its key: one ciphertext can be made to decrypt under two keys, to two
contents. The commitments in the manifest leave room for one key and one content only.
"""

from __future__ import annotations

import hashlib
import hmac

from ledger.envelope.binding import SecretKey, derive, fixed
from ledger.errors import IntegrityError
from ledger.identifiers import Digest
from ledger.models import Manifest


def key_commitment(key: SecretKey) -> Digest:
    """`SHA-256(HKDF(key, "key commitment"))`."""
    return Digest(hashlib.sha256(derive(key, "key commitment").value).digest())


def content_commitment(key: SecretKey, plaintext_sha256: bytes) -> Digest:
    """`HMAC-SHA-256(HKDF(key, "content commitment"), SHA-256(plaintext))`."""
    return _hmac(derive(key, "content commitment"), fixed(plaintext_sha256, 32))


def check_key(manifest: Manifest, key: SecretKey) -> None:
    """Check that this is the data key that the manifest commits to.

    Raises:
        IntegrityError: it is another key.
    """
    require_key(manifest.encryption.key_commitment, key)


def require_key(commitment: bytes, key: SecretKey) -> None:
    """Check that this is the key that was committed to.

    Raises:
        IntegrityError: it is another key.
    """
    if not hmac.compare_digest(key_commitment(key), commitment):
        raise IntegrityError("key does not match the commitment to it: another key was delivered")


def check_content(manifest: Manifest, key: SecretKey, plaintext_sha256: bytes, size: int) -> None:
    """Check that a decrypted content, by its hash and size in bytes, is the committed one.

    Raises:
        IntegrityError: it is another content, or of another size.
    """
    if size != manifest.plaintext_size_bytes:
        raise IntegrityError(
            f"content has {size} bytes, the manifest says {manifest.plaintext_size_bytes}"
        )
    expected = manifest.encryption.content_commitment
    if not hmac.compare_digest(content_commitment(key, plaintext_sha256), expected):
        raise IntegrityError("content does not match the manifest's commitment to it")


def receipt_key(key: SecretKey, deployment: bytes, transfer: int) -> SecretKey:
    """The key of one transfer's receipt tag; disclosing it discloses nothing else."""
    return derive(key, "receipt", fixed(deployment, 32), transfer.to_bytes(8, "big"))


def receipt_tag(derived: SecretKey, manifest_digest: bytes, plaintext_sha256: bytes) -> Digest:
    """`HMAC-SHA-256(receipt key, manifest digest ‖ SHA-256(plaintext))`."""
    return _hmac(derived, fixed(manifest_digest, 32) + fixed(plaintext_sha256, 32))


def check_receipt(
    tag: bytes, derived: SecretKey, manifest_digest: bytes, plaintext_sha256: bytes
) -> None:
    """Check a receipt tag; the owner can, and an auditor to whom the receipt key was disclosed.

    Raises:
        IntegrityError: it was not made with this key, for this manifest and content.
    """
    if not hmac.compare_digest(receipt_tag(derived, manifest_digest, plaintext_sha256), tag):
        raise IntegrityError("receipt tag was not made with the released key and content")


def _hmac(key: SecretKey, message: bytes) -> Digest:
    return Digest(hmac.digest(key.value, message, "sha256"))
