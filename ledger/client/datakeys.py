"""Data keys of this department's versions, as its store has them: sealed to its archive key."""

from __future__ import annotations

from typing import Final

from ledger.client.session import Session
from ledger.envelope.archive import open_kept, seal_secret
from ledger.envelope.binding import SecretKey
from ledger.envelope.keyset import Keyset

PUBLISHING: Final = "dataset publish"
"""The command whose intents hold a sealed data key, as `key`, until the manifest is there."""

_LABEL: Final = "data-key"


def seal_data_key(keyset: Keyset, key: SecretKey, dataset: int, version: int) -> bytes:
    """Seal a version's data key for the store."""
    return seal_secret(keyset.archive, key.value, _LABEL, _place(dataset, version))


def opened_data_key(keyset: Keyset, sealed: bytes, dataset: int, version: int) -> SecretKey:
    """Open what `seal_data_key` sealed.

    Raises:
        IntegrityError: altered, sealed under another key, or of another version.
    """
    return SecretKey(open_kept(keyset, sealed, _LABEL, _place(dataset, version)))


def open_data_key(
    session: Session, dataset: int, version: int, manifest: bytes
) -> SecretKey | None:
    """The data key of a version that this home published; None where the store has none.

    Raises:
        IntegrityError: the stored key was altered, or belongs to another home.
    """
    sealed = session.store.data_key(dataset, version, manifest)
    if sealed is None:
        return None
    return opened_data_key(session.keys.load(), sealed, dataset, version)


def _place(dataset: int, version: int) -> bytes:
    """Which data key a sealed one is: dataset and version, 4 bytes each, big-endian."""
    return dataset.to_bytes(4, "big") + version.to_bytes(4, "big")
