"""A content encrypted into IPFS under a fresh key, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ledger.client.session import Session
from ledger.client.source import Hashing
from ledger.envelope.binding import AssociatedData, SecretKey
from ledger.envelope.streaming import encrypt_stream
from ledger.identifiers import Digest
from ledger.models import Payload


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
    ciphertext = Hashing()
    encrypted = encrypt_stream(key, bound, plaintext.passing(chunks))
    cid = session.ipfs.add_payload(ciphertext.passing(encrypted), name)
    payload = Payload(cid=cid, sha256=Digest(ciphertext.digest()), size_bytes=ciphertext.size_bytes)
    return Uploaded(payload, plaintext.size_bytes, plaintext.digest())
