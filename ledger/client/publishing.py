"""Publishing a version: two passes over the file, the second encrypting into IPFS; resumable,
exactly one version.

What is durable, in this order: the intent with its sealed data key, the payload's CID, the
manifest's digest, the transaction. A crash
anywhere between continues from the last of them.
"""

from __future__ import annotations

import mimetypes
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ledger.client.datakeys import PUBLISHING, open_data_key, opened_data_key, seal_data_key
from ledger.client.results import Published
from ledger.client.session import Session
from ledger.client.source import Hashing, Watch, opened
from ledger.client.specs import Specifications
from ledger.envelope.binding import SecretKey, version_associated_data
from ledger.envelope.commitments import content_commitment, key_commitment
from ledger.envelope.streaming import encrypt_stream, read_chunks
from ledger.errors import ContractError, InputError, RecordUnavailable
from ledger.events import DatasetKind
from ledger.identifiers import DatasetName, Digest
from ledger.models import (
    DatasetDescription,
    Encryption,
    Manifest,
    Payload,
    PayloadKind,
    SpecificationReference,
    checking_input,
)
from ledger.ports import Intent
from ledger.provenance import Dataset

DEFAULT_MEDIA_TYPE = "application/octet-stream"


@dataclass(frozen=True)
class FirstPass:
    """What the first pass over the file found."""

    sha256: bytes
    size_bytes: int
    rows: int | None
    specification: SpecificationReference | None


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
    ) -> Published:
        """Publish a file as the dataset's next version; identical content is a no-op unless
        `again`.

        Raises:
            NotFound: no such dataset, or no such file.
            InputError: it is another department's, a service, or the latest version's data key is
            not here and `again` wasn't said.
            SpecificationBroken: the file doesn't follow the dataset's specification.
            FileChanged: the file changed while it was read; nothing was published.
            ContractError: the dataset is withdrawn, or the account may not publish.
        """
        session = self._session
        dataset = session.own_dataset(name)
        if dataset.kind is not DatasetKind.FILE:
            raise InputError(f"{dataset.name} is a service: it answers queries and has no versions")
        with opened(file) as source:
            unchanged = Watch(file, source)
            first = self._first_pass(dataset, file, source, validate=validate)
            unchanged.require()
            with session.intent(
                PUBLISHING,
                dataset=dataset.name,
                content=first.sha256.hex(),
                name=file.name,
                again=again,
            ) as intent:
                # What a crash broke off is finished first: it may be the very version that is
                # looked for here.
                if not (again or intent.state):
                    published = self._published_before(dataset, first)
                    if published is not None:
                        return published
                return self._second_pass(intent, dataset, unchanged, first, media_type)

    def _first_pass(
        self, dataset: Dataset, file: Path, source: BinaryIO, *, validate: bool
    ) -> FirstPass:
        session = self._session
        rows, specification = None, None
        if validate:
            description = session.fetch_record(DatasetDescription, dataset.description)
            if description.specification is not None:
                reference = description.specification
                report = self._specs.check(file, f"{reference.name}@{reference.version}")
                rows, specification = report.rows, report.specification
        hashing = Hashing(session.progress, "hashing", os.fstat(source.fileno()).st_size)
        for _ in hashing.passing(read_chunks(source)):
            pass
        return FirstPass(hashing.digest(), hashing.size_bytes, rows, specification)

    def _published_before(self, dataset: Dataset, first: FirstPass) -> Published | None:
        """The latest version, when its content is this content: only the holder of its data key can
        tell.

        Raises:
            InputError: its data key is not here.
        """
        session = self._session
        latest = dataset.latest
        if latest is None or latest.withdrawn:
            return None
        key = open_data_key(session, dataset.id, latest.number, latest.manifest)
        if key is None:
            # Published after the backup that this home came from: nobody can tell what it holds.
            raise InputError(
                f"the data key of {dataset.name}@{latest.number} is not in this home, so its "
                "content can't be compared with this file",
                hint=f"publish the file as version {latest.number + 1} with --again",
            )
        manifest = session.fetch_record(Manifest, latest.manifest)
        if content_commitment(key, first.sha256) != manifest.encryption.content_commitment:
            return None
        return _published(dataset.name, latest.number, latest.manifest, manifest, already=True)

    def _second_pass(
        self,
        intent: Intent,
        dataset: Dataset,
        watch: Watch,
        first: FirstPass,
        media_type: str | None,
    ) -> Published:
        session = self._session
        if "version" not in intent.state:
            version = dataset.version_count + 1
            key = SecretKey.generate()
            fresh = seal_data_key(session.keys.load(), key, dataset.id, version)
            intent.save(dataset=dataset.id, version=version, key=fresh.hex())
        version = int(str(intent.state["version"]))
        sealed = bytes.fromhex(str(intent.state["key"]))
        key = opened_data_key(session.keys.load(), sealed, dataset.id, version)
        if "manifest" not in intent.state:
            payload = self._stored(intent, watch, dataset, version, key, first)
            digest = session.publish_record(
                self._manifest(dataset, version, payload, key, watch.file, first, media_type)
            )
            session.store.save_data_key(dataset.id, version, digest, sealed)
            # Kept, since another run could describe the same content otherwise: by other options,
            # or after the dataset was edited.
            intent.save(manifest=digest.hex())
        digest = Digest(bytes.fromhex(str(intent.state["manifest"])))
        manifest = session.fetch_record(Manifest, digest)
        try:
            session.act(
                "publisher",
                "DatasetRegistry",
                "publishVersion",
                dataset.id,
                version,
                digest,
                key=intent.key,
            )
        except ContractError:
            session.ipfs.unpin(manifest.payload.cid)
            session.store.delete_data_key(dataset.id, version, digest)
            raise
        return _published(dataset.name, version, digest, manifest, already=False)

    def _stored(
        self,
        intent: Intent,
        watch: Watch,
        dataset: Dataset,
        version: int,
        key: SecretKey,
        first: FirstPass,
    ) -> Payload:
        """The payload, encrypted into IPFS and pinned; what an earlier run left there is taken."""
        saved = intent.state
        if "cid" in saved:
            payload = Payload(
                cid=str(saved["cid"]),
                sha256=Digest(bytes.fromhex(str(saved["sha256"]))),
                size_bytes=int(str(saved["size_bytes"])),
            )
            # Until it is pinned, the node's garbage collection may take it.
            with suppress(RecordUnavailable):
                self._session.ipfs.pin(payload.cid)
                return payload
        payload = self._encrypt(watch, dataset, version, key, first)
        intent.save(cid=payload.cid, sha256=payload.sha256.hex(), size_bytes=payload.size_bytes)
        self._session.ipfs.pin(payload.cid)
        return payload

    def _manifest(
        self,
        dataset: Dataset,
        version: int,
        payload: Payload,
        key: SecretKey,
        file: Path,
        first: FirstPass,
        media_type: str | None,
    ) -> Manifest:
        with checking_input("the manifest"):
            return Manifest(
                kind=PayloadKind.VERSION,
                sender=self._session.code,
                dataset=dataset.name,
                version=version,
                name=file.name,
                media_type=media_type or _media_type(file),
                payload=payload,
                plaintext_size_bytes=first.size_bytes,
                rows=first.rows,
                encryption=Encryption(
                    key_commitment=key_commitment(key),
                    content_commitment=content_commitment(key, first.sha256),
                ),
                specification=first.specification,
            )

    def _encrypt(
        self, watch: Watch, dataset: Dataset, version: int, key: SecretKey, first: FirstPass
    ) -> Payload:
        session, source = self._session, watch.source
        slug = DatasetName.parse(dataset.name).slug
        bound = version_associated_data(session.deployment, session.code, slug, version)
        source.seek(0)
        plaintext = Hashing(session.progress, "encrypting", first.size_bytes)
        ciphertext = Hashing()
        chunks = plaintext.passing(read_chunks(source))
        cid = session.ipfs.add_payload(ciphertext.passing(encrypt_stream(key, bound, chunks)))
        if plaintext.digest() != first.sha256:
            raise watch.changed()
        watch.require()
        return Payload(
            cid=cid, sha256=Digest(ciphertext.digest()), size_bytes=ciphertext.size_bytes
        )


def _media_type(file: Path) -> str:
    return mimetypes.guess_type(file.name)[0] or DEFAULT_MEDIA_TYPE


def _published(
    dataset: str, version: int, digest: Digest, manifest: Manifest, *, already: bool
) -> Published:
    return Published(
        dataset=dataset,
        version=version,
        manifest=digest,
        cid=manifest.payload.cid,
        size_bytes=manifest.plaintext_size_bytes,
        rows=manifest.rows,
        already=already,
    )
