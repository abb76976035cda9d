"""Payloads on their way: the ciphertext as IPFS has it, and the plaintext towards the disk."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from typing import BinaryIO, Final

from ledger.client.session import Session
from ledger.errors import IntegrityError
from ledger.models import Manifest, Payload
from ledger.unixfs import PayloadHash

_WRITE_BYTES: Final = 64 * 1024
_WRITE_BACK_BYTES: Final = 8 * 1024 * 1024


def checked_ciphertext(session: Session, manifest: Manifest) -> Iterator[bytes]:
    """The payload of a manifest as IPFS has it; running through it checks it to the last byte.

    Raises:
        RecordUnavailable: no node has it.
        IntegrityError: it is another payload.
    """
    return checked(session.ipfs.read_payload(manifest.payload.cid), manifest.payload)


def checked(chunks: Iterator[bytes], payload: Payload) -> Iterator[bytes]:
    """The same chunks, refused as soon as they are more than announced, or at the end when they
    hash otherwise.

    Raises:
        IntegrityError: they are another payload.
    """
    found, size_bytes = PayloadHash(), payload.size_bytes
    for chunk in chunks:
        found.update(chunk)
        if found.size_bytes > size_bytes:
            raise _not_the_payload(f"more than the {size_bytes:,} bytes that the manifest names")
        yield chunk
    if found.size_bytes != size_bytes:
        raise _not_the_payload(f"{found.size_bytes:,} bytes, the manifest names {size_bytes:,}")
    if found.cid() != payload.cid:
        raise _not_the_payload("another hash than the manifest names")


def _not_the_payload(how: str) -> IntegrityError:
    return IntegrityError(
        f"the ciphertext has {how}",
        hint="fetch it again; if that fails, dispute the transfer: ledger transfer dispute",
    )


class Writing:
    """Hashes what it takes, and writes it on towards the disk."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._sha256 = hashlib.sha256()
        self._written_back = 0
        self.size_bytes = 0

    def take(self, chunk: bytes) -> None:
        """Write a chunk."""
        self._sha256.update(chunk)
        # Linux takes up to ten times as long when it is given a mebibyte at once.
        for start in range(0, len(chunk), _WRITE_BYTES):
            self._file.write(memoryview(chunk)[start : start + _WRITE_BYTES])
        self.size_bytes += len(chunk)
        behind = self.size_bytes - self._written_back
        if behind >= _WRITE_BACK_BYTES:
            # Linux begins to write to the disk, so that `fsync` has next to nothing left to do.
            self._file.flush()
            os.posix_fadvise(
                self._file.fileno(), self._written_back, behind, os.POSIX_FADV_DONTNEED
            )
            self._written_back = self.size_bytes

    def digest(self) -> bytes:
        """The hash of what was written."""
        return self._sha256.digest()


def private(path: str, flags: int) -> int:
    """An opener of new files that nobody else may read."""
    return os.open(path, flags | os.O_EXCL, 0o600)
