"""Who is right about a disputed payload, once its key was disclosed: the commitments decide."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from enum import StrEnum

from ledger.envelope.binding import SecretKey, manifest_associated_data
from ledger.envelope.commitments import check_content, check_key
from ledger.envelope.streaming import decrypt_stream
from ledger.errors import IntegrityError
from ledger.models import Manifest
from ledger.unixfs import PayloadHash


class Party(StrEnum):
    """Whom a verdict is for; NOBODY where the evidence decides nothing."""

    SENDER = "sender"
    RECEIVER = "receiver"
    NOBODY = "nobody"


class Verdict(StrEnum):
    """What an arbiter finds."""

    SOUND = "sound"
    """The payload decrypts to the content that the manifest commits to."""
    OTHER_KEY = "other-key"
    """The sender disclosed a key that the manifest doesn't commit to."""
    OTHER_CIPHERTEXT = "other-ciphertext"
    """These bytes aren't the manifest's payload: get them again, from somewhere else."""
    UNDECRYPTABLE = "undecryptable"
    """It is the payload and its key, and it doesn't decrypt."""
    OTHER_CONTENT = "other-content"
    """It decrypts, to something else than the manifest commits to."""

    @property
    def favours(self) -> Party:
        """Who was right: a sender must deliver what its manifest commits to."""
        if self is Verdict.SOUND:
            return Party.SENDER
        return Party.NOBODY if self is Verdict.OTHER_CIPHERTEXT else Party.RECEIVER


def arbitrate(
    manifest: Manifest, key: SecretKey, ciphertext: Iterable[bytes], *, deployment: bytes
) -> Verdict:
    """Judge a payload by its manifest, whose digest the release named, and the disclosed key.

    The ciphertext is read once, in bounded memory; what its source raises passes through. Whether
    the wrap that the receiver got could be opened isn't decided: nobody else can open it.
    """
    try:
        check_key(manifest, key)
    except IntegrityError:
        return Verdict.OTHER_KEY
    evidence = _Evidence(manifest, ciphertext)
    content = hashlib.sha256()
    size_bytes = 0
    decrypts = True
    try:
        associated_data = manifest_associated_data(deployment, manifest)
        for chunk in decrypt_stream(key, associated_data, evidence.read()):
            content.update(chunk)
            size_bytes += len(chunk)
    except IntegrityError:
        if evidence.lacking:
            raise
        decrypts = False
    if not evidence.is_payload():
        return Verdict.OTHER_CIPHERTEXT
    if not decrypts:
        return Verdict.UNDECRYPTABLE
    try:
        check_content(manifest, key, content.digest(), size_bytes)
    except IntegrityError:
        return Verdict.OTHER_CONTENT
    return Verdict.SOUND


class _Evidence:
    """The ciphertext as it passes by, hashed, and no more of it than the manifest's size."""

    def __init__(self, manifest: Manifest, chunks: Iterable[bytes]) -> None:
        self._payload = manifest.payload
        self._chunks = iter(chunks)
        self._hash = PayloadHash()
        self.lacking = False
        """Whether the source failed, so that nothing is decided."""

    def read(self) -> Iterator[bytes]:
        """The chunks, until they end or are too many."""
        while (chunk := self._next()) is not None:
            self._hash.update(chunk)
            yield chunk
            if self._hash.size_bytes > self._payload.size_bytes:
                return

    def _next(self) -> bytes | None:
        try:
            return next(self._chunks, None)
        except Exception:
            self.lacking = True
            raise

    def is_payload(self) -> bool:
        """Whether it is the manifest's payload, once the rest of it is read, too."""
        for _ in self.read():
            pass
        found = (self._hash.size_bytes, self._hash.cid())
        return found == (self._payload.size_bytes, self._payload.cid)
