"""What only the owner of a version has: its data key, and the hash of its plaintext.

Both are sealed to the archive key and lie in the store: whoever reads the hash of a content that
can be guessed has the content.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from ledger.client.session import Session
from ledger.envelope.archive import open_kept, seal_secret
from ledger.envelope.binding import SecretKey
from ledger.envelope.keyset import Keyset

PUBLISHING: Final = "dataset publish"
"""The command whose intents hold a version's sealed secrets, as `key`, until the manifest is
there."""

DOCUMENTS: Final = (0, 0)
"""The dataset and version under which the secrets of documents are kept, by their manifests."""

_LABEL: Final = "data-key"
_KEY_BYTES: Final = 32


@dataclass(frozen=True)
class VersionSecrets:
    """The secrets of one version."""

    key: SecretKey
    plaintext_sha256: bytes | None = field(repr=False)
    """None where the version was published before its hash was kept, or isn't read yet."""


def seal_secrets(keyset: Keyset, secrets: VersionSecrets, dataset: int, version: int) -> bytes:
    """The secrets of a version as the store keeps them: the key, then the hash, sealed."""
    plain = secrets.key.value + (secrets.plaintext_sha256 or b"")
    return seal_secret(keyset.archive, plain, _LABEL, _place(dataset, version))


def open_secrets(keyset: Keyset, sealed: bytes, dataset: int, version: int) -> VersionSecrets:
    """What `seal_secrets` sealed.

    Raises:
        IntegrityError: it was altered, sealed under another key, or is of another version.
    """
    plain = open_kept(keyset, sealed, _LABEL, _place(dataset, version))
    return VersionSecrets(SecretKey(plain[:_KEY_BYTES]), plain[_KEY_BYTES:] or None)


def secrets_of(
    session: Session, dataset: int, version: int, manifest: bytes
) -> VersionSecrets | None:
    """The secrets of a version that this home published; None where the store has none.

    Raises:
        IntegrityError: what is stored was altered, or belongs to another home.
    """
    sealed = session.store.data_key(dataset, version, manifest)
    return None if sealed is None else open_secrets(session.keys.load(), sealed, dataset, version)


def _place(dataset: int, version: int) -> bytes:
    """Which version the secrets are of: dataset and version, 4 bytes each, big-endian."""
    return dataset.to_bytes(4, "big") + version.to_bytes(4, "big")
