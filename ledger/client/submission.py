"""What is published: a file as a dataset's next version, and the manifest that describes it."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass

from ledger.client.source import Watch
from ledger.envelope.binding import SecretKey
from ledger.envelope.commitments import content_commitment, key_commitment
from ledger.identifiers import Code
from ledger.models import (
    Encryption,
    Manifest,
    Payload,
    PayloadKind,
    SpecificationReference,
    checking_input,
    ciphertext_size,
)
from ledger.provenance import Dataset

DEFAULT_MEDIA_TYPE = "application/octet-stream"


@dataclass(frozen=True)
class Submission:
    """A file that becomes a dataset's next version."""

    dataset: Dataset
    watch: Watch
    media_type: str | None
    """None: by the file's name."""
    rows: int | None = None
    """Known where the file was checked."""
    specification: SpecificationReference | None = None
    """What it was checked against."""
    sources: tuple[int, ...] = ()
    """The transfers that it was made from, ascending."""

    def manifest(self, sender: Code, saved: Mapping[str, object], key: SecretKey) -> Manifest:
        """The manifest of the payload that an intent's state describes.

        Raises:
            InputError: the file's name or media type can't be in a manifest.
        """
        name, content = self.watch.file.name, bytes.fromhex(str(saved["content"]))
        with checking_input("the manifest"):
            return Manifest(
                kind=PayloadKind.VERSION,
                sender=sender,
                dataset=self.dataset.name,
                version=int(str(saved["version"])),
                name=name,
                media_type=self.media_type or mimetypes.guess_type(name)[0] or DEFAULT_MEDIA_TYPE,
                payload=Payload(
                    cid=str(saved["cid"]), size_bytes=ciphertext_size(self.watch.size_bytes)
                ),
                plaintext_size_bytes=self.watch.size_bytes,
                rows=self.rows,
                encryption=Encryption(
                    key_commitment=key_commitment(key),
                    content_commitment=content_commitment(key, content),
                ),
                specification=self.specification,
                sources=self.sources,
            )
