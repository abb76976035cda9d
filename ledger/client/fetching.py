"""Fetching one delivery: open, wait for the key, decrypt and check, acknowledge, and only then put
the file in place.

What is durable, in this order: the intent, the transfer's number, the checked file under its
temporary name, the receipt, the file's own
name. A crash anywhere between continues from the last of them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ledger.client.behind import Behind
from ledger.client.payloads import Writing, checked_ciphertext, private
from ledger.client.places import target_of
from ledger.client.results import Fetched
from ledger.client.session import Session
from ledger.client.terms import TermsRecords
from ledger.envelope.binding import (
    SecretKey,
    manifest_associated_data,
    nonce_wrap_info,
    transfer_wrap_info,
)
from ledger.envelope.commitments import check_content, check_key, receipt_key, receipt_tag
from ledger.envelope.streaming import decrypt_stream
from ledger.envelope.wrap import unwrap_key
from ledger.errors import (
    InputError,
    RecordUnavailable,
    RefusedError,
    WaitTimeout,
)
from ledger.events import TransferState
from ledger.files import sync_folder
from ledger.identifiers import DatasetId, Digest, KeyNumber, VersionNumber
from ledger.models import Manifest, PayloadKind
from ledger.ports import Intent
from ledger.provenance import Transfer

FoundT = TypeVar("FoundT")
_INSTEAD = {
    PayloadKind.ANSWER: "ledger query {}",
    PayloadKind.DOCUMENT: "ledger document receive {}",
}
_FIRST_WAIT_S = 0.05
_LONGEST_WAIT_S = 2.0


@dataclass(frozen=True)
class Release:
    """A transfer with its latest release, as it was when it was looked at."""

    transfer: Transfer
    manifest: Digest
    wrap: Digest
    key_number: KeyNumber


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
        released = self.release(number, timeout_s)
        transfer = released.transfer
        dataset, version = delivered_version(transfer)
        manifest = self._manifest_of(released, dataset, version)
        target = target_of(out, manifest)
        self.take(intent, released, manifest, target, timeout_s=timeout_s)
        return self._fetched(transfer, released.manifest, manifest, target)

    def take(
        self,
        intent: Intent,
        release: Release,
        manifest: Manifest,
        target: Path,
        *,
        timeout_s: float,
    ) -> None:
        """Decrypt and check what was released, acknowledge it, and put it in place.

        Raises:
            WaitTimeout: the wrapped key isn't in IPFS yet; run again.
            IntegrityError: key or payload aren't what was released; nothing is left behind.
            ContractError: it can't be acknowledged any more.
        """
        transfer, number = release.transfer, release.transfer.id
        part = target.with_name(f".{target.name}.transfer-{number}.part")
        key = self.key(release, manifest, timeout_s)
        if intent.state.get("checked") == part.name and part.exists():
            plaintext_sha256 = bytes.fromhex(str(intent.state["plaintext"]))
        elif transfer.state is TransferState.ACKNOWLEDGED and not part.exists() and target.exists():
            # Renamed before the crash: the intent's last step is all that was missing.
            return
        else:
            plaintext_sha256 = self._receive(manifest, key, part)
            intent.save(checked=part.name, plaintext=plaintext_sha256.hex())
        try:
            self.acknowledge(intent, release, key, plaintext_sha256)
        except RefusedError:
            part.unlink()
            raise
        part.replace(target)
        sync_folder(target.parent)

    def acknowledge(
        self, intent: Intent, release: Release, key: SecretKey, plaintext_sha256: bytes
    ) -> None:
        """Acknowledge what was checked, unless that is done.

        Raises:
            ContractError: it can't be acknowledged any more.
        """
        session, transfer = self._session, release.transfer
        if transfer.state is not TransferState.RELEASED:
            return
        derived = receipt_key(key, session.deployment, transfer.id)
        session.act(
            "agent",
            "TransferLog",
            "acknowledge",
            transfer.id,
            release.manifest,
            receipt_tag(derived, release.manifest, plaintext_sha256),
            key=f"{intent.key}:acknowledge",
        )

    def release(self, number: int, timeout_s: float) -> Release:
        """The latest release of a transfer, once there is one.

        Raises:
            RefusedError: it was declined, disputed or settled.
            WaitTimeout: the owner didn't release it in time; run again.
        """
        return self._wait(lambda: self._released(number), number, timeout_s)

    def _released(self, number: int) -> Release | None:
        transfer = self._session.state().transfer(number)
        manifest, wrap, key_number = transfer.manifest, transfer.wrap, transfer.key_number
        if transfer.state in (TransferState.RELEASED, TransferState.ACKNOWLEDGED):
            # A release sets all three.
            assert manifest and wrap  # noqa: S101, PT018
            assert key_number  # noqa: S101
            return Release(transfer, manifest, wrap, key_number)
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
            RecordError: it is another version's or another sender's, or names other sources than
            the owner declared.
        """
        state = self._session.state()
        found = state.datasets[dataset]
        published = found.version(version)
        manifest = self._session.fetch_record(Manifest, published.manifest)
        owner = state.departments[found.owner].code
        manifest.require_match(sender=owner, dataset=found.name, version=version)
        manifest.require_sources(published.sources)
        return manifest

    def _manifest_of(
        self, release: Release, dataset: DatasetId, version: VersionNumber
    ) -> Manifest:
        """The manifest that was released, checked against what was asked for.

        Raises:
            RecordUnavailable: no node has it, or the grant's terms.
            RecordError: it is another payload's, or has columns that weren't granted.
        """
        session, transfer = self._session, release.transfer
        found = session.state().datasets[dataset]
        named = found.version(version).manifest
        if transfer.kind is PayloadKind.VERSION:
            # What a release names is the version's own: the fold takes no other.
            return self.manifest(dataset, version)
        manifest = session.fetch_record(Manifest, release.manifest)
        manifest.require_match(
            sender=session.state().departments[transfer.sender].code,
            dataset=found.name,
            version=version,
            kind=PayloadKind.DERIVED,
            derived_from=named,
        )
        manifest.require_granted(TermsRecords(session).terms(transfer.grant or 0).fields)
        return manifest

    def key(self, release: Release, manifest: Manifest, timeout_s: float) -> SecretKey:
        """The data key that was released, once its wrap is in IPFS.

        Raises:
            WaitTimeout: it isn't there yet; run again.
            IntegrityError: it isn't wrapped for this transfer, or not the manifest's key.
        """
        session, number = self._session, release.transfer.id
        bound, code, key_number = session.deployment, session.code, release.key_number
        nonce = manifest.encryption.nonce
        if manifest.kind is PayloadKind.DOCUMENT and nonce is not None:
            info = nonce_wrap_info(bound, nonce, code, key_number)
        else:
            info = transfer_wrap_info(bound, number, code, key_number)
        private_key = session.keys.load().key(key_number)
        wrapped = self._wait(lambda: self._wrap(release.wrap), number, timeout_s)
        key = unwrap_key(private_key, wrapped, info)
        check_key(manifest, key)
        return key

    def _wrap(self, digest: bytes) -> bytes | None:
        # The owner publishes it once the release is final, so it may come a moment later.
        try:
            return self._session.ipfs.get_block(digest)
        except RecordUnavailable:
            return None

    def _receive(self, manifest: Manifest, key: SecretKey, part: Path) -> bytes:
        session = self._session
        bound = manifest_associated_data(session.deployment, manifest)
        ciphertext = checked_ciphertext(session, manifest)
        task = session.progress.start("fetching", manifest.plaintext_size_bytes)
        part.parent.mkdir(parents=True, exist_ok=True)
        # What a crash left, or a link that somebody put where the plaintext would go.
        part.unlink(missing_ok=True)
        try:
            with open(part, "wb", opener=private) as file:
                writing = Writing(file)
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
    """The dataset and version that a transfer delivers, whole or in part.

    Raises:
        InputError: it delivers something else.
    """
    if transfer.dataset is None or transfer.version is None:
        raise InputError(
            f"transfer {transfer.id} delivers no version "
            f"(its payload is of the kind {transfer.kind.label!r})",
            hint=_INSTEAD[transfer.kind].format(transfer.id),
        )
    return transfer.dataset, transfer.version
