"""Fetching one delivery: open, wait for the key, decrypt and check, acknowledge, and only then put
the file in place.

What is durable, in this order: the intent, the transfer's number, the checked file under its
temporary name, the receipt, the file's own
name. A crash anywhere between continues from the last of them.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

from ledger.client.behind import Behind
from ledger.client.results import Fetched
from ledger.client.session import Session
from ledger.envelope.binding import SecretKey, manifest_associated_data, transfer_wrap_info
from ledger.envelope.commitments import check_content, check_key, receipt_key, receipt_tag
from ledger.envelope.streaming import decrypt_stream
from ledger.envelope.wrap import unwrap_key
from ledger.errors import (
    InputError,
    IntegrityError,
    RecordError,
    RecordUnavailable,
    RefusedError,
    WaitTimeout,
)
from ledger.events import TransferReleased, TransferState
from ledger.files import sync_folder
from ledger.identifiers import DatasetId, Digest, VersionNumber
from ledger.models import Manifest
from ledger.ports import Intent
from ledger.provenance import Transfer

FoundT = TypeVar("FoundT")
_FIRST_WAIT_S = 0.05
_LONGEST_WAIT_S = 2.0
_WRITE_BYTES: Final = 64 * 1024
_WRITE_BACK_BYTES: Final = 8 * 1024 * 1024


@dataclass(frozen=True)
class _Release:
    """A transfer with its latest release."""

    transfer: Transfer
    event: TransferReleased

    @property
    def manifest(self) -> Digest:
        """The manifest that was released."""
        return self.event.manifest


class Fetcher:
    """Takes an opened transfer to a file in place."""

    def __init__(self, session: Session, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._session = session
        self._sleep = sleep

    def fetch(self, intent: Intent, number: int, out: Path, *, timeout_s: float) -> Fetched:
        """Receive transfer `number` into `out`, a file or a folder.

        Raises:
            RefusedError: the owner declined it.
            WaitTimeout: the owner didn't release it in time; run again.
            IntegrityError: key, manifest or payload aren't what was released; nothing is left
            behind.
        """
        released = self._wait(lambda: self._released(number), number, timeout_s)
        transfer = released.transfer
        dataset, version = delivered_version(transfer)
        manifest = self.manifest(dataset, version)
        if released.manifest != self._session.state().datasets[dataset].version(version).manifest:
            raise RecordError(
                f"transfer {number} was released with another manifest than its version's",
                hint=f"ledger transfer dispute {number}",
            )
        target = target_of(out, manifest)
        part = target.with_name(f".{target.name}.transfer-{number}.part")
        key = self._key(released.event, timeout_s)
        check_key(manifest, key)
        if intent.state.get("checked") == part.name and part.exists():
            plaintext_sha256 = bytes.fromhex(str(intent.state["plaintext"]))
        elif transfer.state is TransferState.ACKNOWLEDGED and not part.exists() and target.exists():
            # Renamed before the crash: the intent's last step is all that was missing.
            return self._fetched(transfer, released.manifest, manifest, target)
        else:
            plaintext_sha256 = self._receive(manifest, key, part)
            intent.save(checked=part.name, plaintext=plaintext_sha256.hex())
        if transfer.state is TransferState.RELEASED:
            tag = receipt_tag(
                receipt_key(key, self._session.deployment, number),
                released.manifest,
                plaintext_sha256,
            )
            try:
                self._session.act(
                    "agent",
                    "TransferLog",
                    "acknowledge",
                    number,
                    released.manifest,
                    tag,
                    key=f"{intent.key}:acknowledge",
                )
            except RefusedError:
                part.unlink()
                raise
        part.replace(target)
        sync_folder(target.parent)
        return self._fetched(transfer, released.manifest, manifest, target)

    def _released(self, number: int) -> _Release | None:
        transfer = self._session.state().transfer(number)
        if transfer.state in (TransferState.RELEASED, TransferState.ACKNOWLEDGED):
            releases = [e for e in transfer.history if isinstance(e, TransferReleased)]
            return _Release(transfer, releases[-1])
        if transfer.state is TransferState.OPENED:
            return None
        raise RefusedError(
            f"transfer {number} is {transfer.state.name.lower()}; nothing can be fetched",
            hint=f"ledger transfer show {number} tells why",
        )

    def manifest(self, dataset: DatasetId, version: int) -> Manifest:
        """The manifest of a version, checked against what the chain says of it.

        Raises:
            NotFound: no such version.
            RecordUnavailable: no node has it.
            RecordError: it is another version's, or another sender's.
        """
        state = self._session.state()
        found = state.datasets[dataset]
        manifest = self._session.fetch_record(Manifest, found.version(version).manifest)
        owner = state.departments[found.owner].code
        manifest.require_match(sender=owner, dataset=found.name, version=version)
        return manifest

    def _key(self, release: TransferReleased, timeout_s: float) -> SecretKey:
        session = self._session
        info = transfer_wrap_info(
            session.deployment, release.transfer, session.code, release.key_number
        )
        private_key = session.keys.load().key(release.key_number)
        wrapped = self._wait(lambda: self._wrap(release.wrap), release.transfer, timeout_s)
        return unwrap_key(private_key, wrapped, info)

    def _wrap(self, digest: bytes) -> bytes | None:
        # The owner publishes it once the release is final, so it may come a moment later.
        try:
            return self._session.ipfs.get_block(digest)
        except RecordUnavailable:
            return None

    def _receive(self, manifest: Manifest, key: SecretKey, part: Path) -> bytes:
        session = self._session
        bound = manifest_associated_data(session.deployment, manifest)
        ciphertext = _checked(
            session.ipfs.read_payload(manifest.payload.cid),
            manifest.payload.sha256,
            manifest.payload.size_bytes,
        )
        task = session.progress.start("fetching", manifest.plaintext_size_bytes)
        part.parent.mkdir(parents=True, exist_ok=True)
        # What a crash left, or a link that somebody put where the plaintext would go.
        part.unlink(missing_ok=True)
        try:
            with open(part, "wb", opener=_private) as file:
                writing = _Writing(file)
                # Half of the work on another thread: each half then takes about as long.
                with Behind(writing.take) as behind:
                    for chunk in decrypt_stream(key, bound, ciphertext):
                        behind.put(chunk)
                        task.advance(len(chunk))
                sha256 = writing.digest()
                check_content(manifest, key, sha256, writing.size_bytes)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        task.done()
        return sha256

    def _wait(self, ask: Callable[[], FoundT | None], number: int, timeout_s: float) -> FoundT:
        deadline, pause = time.monotonic() + timeout_s, _FIRST_WAIT_S
        while (found := ask()) is None:
            if time.monotonic() >= deadline:
                raise WaitTimeout(
                    f"transfer {number} was not released within {timeout_s:.0f} s; nothing is lost",
                    hint="run the same command again later; the owner's agent may not be running",
                )
            self._sleep(pause)
            pause = min(pause * 1.5, _LONGEST_WAIT_S)
        return found

    def _fetched(
        self, transfer: Transfer, digest: Digest, manifest: Manifest, path: Path
    ) -> Fetched:
        return Fetched(
            transfer=transfer.id,
            dataset=str(manifest.dataset),
            version=delivered_version(transfer)[1],
            path=path,
            size_bytes=manifest.plaintext_size_bytes,
            rows=manifest.rows,
            manifest=digest,
        )


def delivered_version(transfer: Transfer) -> tuple[DatasetId, VersionNumber]:
    """The dataset and version whose own payload a transfer delivers.

    Raises:
        InputError: it delivers something else.
    """
    whole = transfer.whole_version
    if whole is None:
        raise InputError(
            f"transfer {transfer.id} doesn't deliver a whole version "
            f"(its payload is of the kind {transfer.kind.label!r})"
        )
    return whole


def _checked(chunks: Iterator[bytes], sha256: bytes, size_bytes: int) -> Iterator[bytes]:
    """The same chunks, refused as soon as they are more than announced, or at the end when they
    hash otherwise.
    """
    found, size = hashlib.sha256(), 0
    for chunk in chunks:
        size += len(chunk)
        if size > size_bytes:
            raise _not_the_payload(f"more than the {size_bytes:,} bytes that the manifest names")
        found.update(chunk)
        yield chunk
    if size != size_bytes:
        raise _not_the_payload(f"{size:,} bytes, the manifest names {size_bytes:,}")
    if found.digest() != sha256:
        raise _not_the_payload("another hash than the manifest names")


def _not_the_payload(how: str) -> IntegrityError:
    return IntegrityError(
        f"the ciphertext has {how}",
        hint="fetch it again; if that fails, dispute the transfer: ledger transfer dispute",
    )


def target_of(out: Path, manifest: Manifest) -> Path:
    """The file that a delivery goes to: `out`, or the manifest's name in the folder `out`."""
    return out / (manifest.name or manifest.kind.label) if out.is_dir() else out


class _Writing:
    """Hashes what it takes, and writes it on towards the disk."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._sha256 = hashlib.sha256()
        self._written_back = 0
        self.size_bytes = 0

    def take(self, chunk: bytes) -> None:
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
        return self._sha256.digest()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_EXCL, 0o600)
