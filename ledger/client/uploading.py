"""A content encrypted into IPFS under a fresh key, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ledger.client.session import Session
from ledger.client.source import Hashing
from ledger.envelope.binding import AssociatedData, SecretKey
from ledger.envelope.streaming import encrypt_stream
from ledger.models import Payload, ciphertext_size
from ledger.ports import Intent


@dataclass(frozen=True)
class Uploaded:
    """A payload in IPFS, with what its manifest says of the content."""

    payload: Payload
    plaintext_size_bytes: int
    plaintext_sha256: bytes = field(repr=False)


def upload(
    session: Session,
    chunks: Iterator[bytes],
    key: SecretKey,
    bound: AssociatedData,
    *,
    name: str,
    total_bytes: int | None = None,
) -> Uploaded:
    """Encrypt `chunks` into IPFS, pinned under `name`; where they raise, nothing is pinned."""
    plaintext = Hashing(session.progress, "encrypting", total_bytes)
    encrypted = encrypt_stream(key, bound, plaintext.passing(chunks))
    cid = session.ipfs.add_payload(encrypted, name)
    payload = Payload(cid=cid, size_bytes=ciphertext_size(plaintext.size_bytes))
    return Uploaded(payload, plaintext.size_bytes, plaintext.digest())


def forget(session: Session, intent: Intent, dataset: int, version: int) -> None:
    """Keep nothing of a payload that was made under an intent and isn't released: neither the data
    key of the manifest that the intent notes as `made`, nor what is pinned under its name.
    """
    if "made" in intent.state:
        named = bytes.fromhex(str(intent.state["made"]))
        session.store.delete_data_key(dataset, version, named)
    for cid in session.ipfs.pinned(intent.key):
        session.ipfs.unpin(cid)
