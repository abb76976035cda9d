"""Publishing a version: the file is encrypted while it streams into IPFS; resumable, exactly one
version.

A first pass over the file, whose hash the second must find again, is made where something hangs on
it: a specification that the file was checked against, a latest version that begins alike, a
publication that was broken off (ADR 0009).

What is durable, in this order: the intent, the sealed data key, the payload under the intent's name
in IPFS, its CID and the content's hash, the manifest's digest, the transaction, and where there are
sources the one that declares them. A crash anywhere between continues from the last of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ledger.client.results import Published
from ledger.client.session import Session
from ledger.client.source import Hashing, Watch, opened
from ledger.client.sources import declare, require_usable
from ledger.client.specs import Specifications
from ledger.client.submission import Submission
from ledger.client.versionsecrets import (
    PUBLISHING,
    VersionSecrets,
    open_secrets,
    seal_secrets,
    secrets_of,
)
from ledger.envelope.binding import SecretKey, manifest_associated_data, version_associated_data
from ledger.envelope.commitments import content_commitment
from ledger.envelope.streaming import decrypt_stream, encrypt_stream
from ledger.errors import InputError, LedgerError, RefusedError
from ledger.events import DatasetKind
from ledger.identifiers import DatasetName, Digest
from ledger.models import DatasetDescription, Manifest
from ledger.ports import Intent
from ledger.provenance import Dataset


@dataclass(frozen=True)
class _Latest:
    """The latest version, for comparison with a file that may be the same."""

    number: int
    digest: Digest
    manifest: Manifest
    key: SecretKey

    def holds(self, content: bytes) -> bool:
        """Whether this is the hash of its content."""
        return content_commitment(self.key, content) == self.manifest.encryption.content_commitment


class Publisher:
    """Turns a file into the next version of a dataset."""

    def __init__(self, session: Session, specs: Specifications) -> None:
        self._session = session
        self._specs = specs

    def publish(
        self,
        name: str,
        file: Path,
        *,
        again: bool = False,
        validate: bool = True,
        media_type: str | None = None,
        sources: Iterable[int] = (),
    ) -> Published:
        """Publish a file as the dataset's next version; identical content is a no-op unless
        `again`. `sources` are the transfers that it was made from.

        Raises:
            NotFound: no such dataset, or no such file.
            InputError: it is another department's, a service, or the latest version's data key is
            not here and `again` wasn't said; a source isn't to this department.
            RefusedError: a source isn't acknowledged, or may not be used onward.
            SpecificationBroken: the file doesn't follow the dataset's specification.
            FileChanged: the file changed while it was read; nothing was published.
            ContractError: the dataset is withdrawn, or the account may not publish.
        """
        dataset = self._session.own_dataset(name)
        if dataset.kind is not DatasetKind.FILE:
            raise InputError(f"{dataset.name} is a service: it answers queries and has no versions")
        with opened(file) as source:
            watch = Watch(file, source)
            submission = Submission(dataset, watch, media_type, sources=tuple(sorted(set(sources))))
            if validate:
                submission = self._checked(submission)
            arguments, content = self._sought(submission, again=again)
            with self._session.intent(PUBLISHING, **arguments) as intent:
                resumed = bool(intent.state)
                try:
                    published = self._publish(intent, submission, content, again=again)
                except (InputError, RefusedError):
                    self._let_go(intent, resumed=resumed)
                    raise
                self._let_go(intent, resumed=resumed, but=published.cid)
                # What was published stays so, whatever becomes of this.
                declare(self._session, intent, dataset, published.version, submission.sources)
                return published

    def _checked(self, submission: Submission) -> Submission:
        """The same, checked against the dataset's specification if it has one."""
        dataset, watch = submission.dataset, submission.watch
        description = self._session.fetch_record(DatasetDescription, dataset.description)
        if description.specification is None:
            return submission
        reference = description.specification
        report = self._specs.check(watch.file, f"{reference.name}@{reference.version}")
        return replace(submission, rows=report.rows, specification=report.specification)

    def _sought(
        self, submission: Submission, *, again: bool
    ) -> tuple[dict[str, object], bytes | None]:
        """What the intent is found by, and the content's hash if that took it.

        Size and beginning find a publication that was broken off without reading the whole file.
        Should the file have changed since behind the same beginning, the content's hash tells the
        two publications apart.
        """
        watch = submission.watch
        arguments: dict[str, object] = {
            "dataset": submission.dataset.name,
            "name": watch.file.name,
            "size": watch.size_bytes,
            "beginning": hashlib.sha256(watch.beginning()).hexdigest(),
            "again": again,
            "sources": list(submission.sources),
        }
        earlier = self._session.store.intent(PUBLISHING, arguments).state.get("content")
        if earlier is None:
            return arguments, None
        content = self._first_pass(watch)
        if content.hex() != earlier:
            arguments["content"] = content.hex()
        return arguments, content

    def _first_pass(self, watch: Watch) -> bytes:
        hashing = Hashing(self._session.progress, "hashing", watch.size_bytes)
        for _ in hashing.passing(watch.chunks()):
            pass
        return hashing.digest()

    def _publish(
        self, intent: Intent, submission: Submission, content: bytes | None, *, again: bool
    ) -> Published:
        if not intent.state:
            require_usable(self._session, submission.sources)
        # What a crash broke off is finished first: it may be the very version that is looked for.
        latest = None if again or intent.state else self._alike(submission)
        if content is None and (latest or submission.specification):
            content = self._first_pass(submission.watch)
        submission.watch.require()
        if latest is not None and content is not None and latest.holds(content):
            _require_same_sources(latest, submission)
            return _published(latest.number, latest.digest, latest.manifest, already=True)
        if "manifest" not in intent.state:
            self._store(intent, submission, content)
        digest = Digest(bytes.fromhex(str(intent.state["manifest"])))
        version = int(str(intent.state["version"]))
        manifest = self._session.fetch_record(Manifest, digest)
        dataset = submission.dataset
        try:
            self._session.act(
                "publisher",
                "DatasetRegistry",
                "publishVersion",
                dataset.id,
                version,
                digest,
                key=intent.key,
            )
        except RefusedError:
            self._session.store.delete_data_key(dataset.id, version, digest)
            raise
        return _published(version, digest, manifest, already=False)

    def _alike(self, submission: Submission) -> _Latest | None:
        """The latest version, if its content may be the file's: only the holder of its data key can
        tell.

        Raises:
            InputError: its data key is not here.
        """
        session, dataset, watch = self._session, submission.dataset, submission.watch
        latest = dataset.latest
        if latest is None or latest.withdrawn:
            return None
        secrets = secrets_of(session, dataset.id, latest.number, latest.manifest)
        if secrets is None:
            # Published after the backup that this home came from: nobody can tell what it holds.
            raise InputError(
                f"the data key of {dataset.name}@{latest.number} is not in this home, so its "
                "content can't be compared with this file",
                hint=f"publish the file as version {latest.number + 1} with --again",
            )
        manifest = session.fetch_record(Manifest, latest.manifest)
        if manifest.plaintext_size_bytes != watch.size_bytes:
            return None
        bound = manifest_associated_data(session.deployment, manifest)
        try:
            payload = session.ipfs.read_payload(manifest.payload.cid)
            first = next(decrypt_stream(secrets.key, bound, payload))
        except LedgerError:
            # What became of the payload says nothing about its content.
            first = b""
        if not watch.beginning().startswith(first):
            return None
        return _Latest(latest.number, latest.manifest, manifest, secrets.key)

    def _store(self, intent: Intent, submission: Submission, content: bytes | None) -> None:
        """Put payload and manifest into IPFS; what an earlier run left there is taken."""
        session, dataset = self._session, submission.dataset
        if not intent.state or intent.state.get("cid") not in session.ipfs.pinned(intent.key):
            self._upload(intent, submission, content)
        saved = intent.state
        version, sealed = int(str(saved["version"])), bytes.fromhex(str(saved["key"]))
        key = open_secrets(session.keys.load(), sealed, dataset.id, version).key
        digest = session.publish_record(submission.manifest(session.code, saved, key))
        session.store.save_data_key(dataset.id, version, digest, sealed)
        # Kept, since another run could describe the same content otherwise: by other options, or
        # after the dataset was edited.
        intent.save(manifest=digest.hex())

    def _let_go(self, intent: Intent, *, resumed: bool, but: str | None = None) -> None:
        """Unpin what an intent put into IPFS; by its name also what a crash left there unnoted."""
        ipfs, noted = self._session.ipfs, intent.state.get("cid")
        for cid in ipfs.pinned(intent.key) if resumed else [noted]:
            if cid is not None and cid != but:
                ipfs.unpin(str(cid))

    def _begun(self, intent: Intent, dataset: Dataset, version: int) -> SecretKey | None:
        """The data key of an upload that was broken off: a backup made meanwhile has it."""
        if intent.state.get("version") != version:
            return None
        sealed = bytes.fromhex(str(intent.state["key"]))
        return open_secrets(self._session.keys.load(), sealed, dataset.id, version).key

    def _upload(self, intent: Intent, submission: Submission, content: bytes | None) -> None:
        """Encrypt the file into IPFS under a fresh data key.

        Raises:
            FileChanged: it did, or it isn't what the first pass found.
        """
        session, dataset, watch = self._session, submission.dataset, submission.watch
        version = dataset.version_count + 1
        key = self._begun(intent, dataset, version) or SecretKey.generate()
        sealed = seal_secrets(session.keys.load(), VersionSecrets(key, None), dataset.id, version)
        intent.save(dataset=dataset.id, version=version, key=sealed.hex(), cid=None)
        slug = DatasetName.parse(dataset.name).slug
        bound = version_associated_data(session.deployment, session.code, slug, version)
        plaintext = Hashing(session.progress, "encrypting", watch.size_bytes)

        def chunks() -> Iterator[bytes]:
            yield from plaintext.passing(watch.chunks())
            # Before the upload ends, so that nothing is pinned.
            if content not in (None, plaintext.digest()):
                raise watch.changed()
            if plaintext.size_bytes != watch.size_bytes:
                raise watch.changed()
            watch.require()

        cid = session.ipfs.add_payload(encrypt_stream(key, bound, chunks()), intent.key)
        secrets = VersionSecrets(key, plaintext.digest())
        intent.save(
            cid=cid,
            content=plaintext.digest().hex(),
            key=seal_secrets(session.keys.load(), secrets, dataset.id, version).hex(),
        )


def _require_same_sources(latest: _Latest, submission: Submission) -> None:
    """Check that a file that was published before is said to be made from the same.

    Raises:
        InputError: it isn't.
    """
    if latest.manifest.sources != submission.sources:
        raise InputError(
            f"{submission.dataset.name}@{latest.number} has this content, and other sources",
            hint="name the same with --source, or publish it once more with --again",
        )


def _published(version: int, digest: Digest, manifest: Manifest, *, already: bool) -> Published:
    return Published(
        dataset=str(manifest.dataset),
        version=version,
        manifest=digest,
        cid=manifest.payload.cid,
        size_bytes=manifest.plaintext_size_bytes,
        rows=manifest.rows,
        sources=manifest.sources,
        already=already,
    )
