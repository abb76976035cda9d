"""Sealing what a department keeps for itself (data keys at rest, backups) to its archive key."""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.envelope.binding import SecretKey, derive, labelled
from ledger.envelope.keyset import Keyset
from ledger.errors import IntegrityError

_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16


def seal_secret(archive_key: SecretKey, plaintext: bytes, label: str, associated: bytes) -> bytes:
    """Seal bytes for oneself: a random 96-bit nonce, then AES-256-GCM.

    `label` says what is sealed ("data-key"), `associated` which one; both are needed to open it.
    One archive key seals at most 2^32 secrets (NIST SP 800-38D, section 8.3).
    """
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + _cipher(archive_key).encrypt(nonce, plaintext, _bound(label, associated))


def open_secret(archive_key: SecretKey, sealed: bytes, label: str, associated: bytes) -> bytes:
    """Open what `seal_secret` sealed.

    Raises:
        IntegrityError: altered, sealed under another key, or as something else.
    """
    nonce, ciphertext = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    if len(ciphertext) < _TAG_BYTES:
        raise IntegrityError("sealed secret is cut")
    try:
        return _cipher(archive_key).decrypt(nonce, ciphertext, _bound(label, associated))
    except InvalidTag as error:
        raise IntegrityError(
            "sealed secret does not open: it was altered, or belongs to another key or place"
        ) from error


def open_kept(keyset: Keyset, sealed: bytes, label: str, associated: bytes) -> bytes:
    """Open what the archive key sealed, or the former one while it is being replaced.

    Raises:
        IntegrityError: altered, sealed under another key, or as something else.
    """
    if keyset.former is not None:
        with suppress(IntegrityError):
            return open_secret(keyset.former, sealed, label, associated)
    return open_secret(keyset.archive, sealed, label, associated)


def _cipher(archive_key: SecretKey) -> AESGCM:
    return AESGCM(derive(archive_key, "archive").value)


def _bound(label: str, associated: bytes) -> bytes:
    # The label's length goes first: no label and associated bytes can pose as another pair.
    text = label.encode("utf-8")
    return labelled("archive", len(text).to_bytes(2, "big"), text, associated)
