"""The record of one payload."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from ledger.errors import RecordError
from ledger.models.catalogue import SpecificationReference
from ledger.models.codes import KindLabel, PayloadKind
from ledger.models.sealed import AnnexedRecord
from ledger.recordmodel import (
    CidText,
    CodeText,
    DatasetText,
    Digest32,
    FileName,
    Number32,
    Number64,
    Part,
    SizeBytes,
)

SEGMENT_BYTES: Final = 1024 * 1024
"""One ciphertext segment of `AES256_GCM_HKDF_1MB`, header and tag included."""

CHUNK_BYTES: Final = 1024 * 1024
"""One IPFS block of a payload (design, "Costly to change later")."""

_HEADER_BYTES: Final = 1 + 32 + 7  # its own length, salt, nonce prefix
_TAG_BYTES: Final = 16
_MAX_SOURCES: Final = 16


def ciphertext_size(plaintext_bytes: int) -> int:
    """The size of the ciphertext of so many bytes in Tink's `AES256_GCM_HKDF_1MB` format.

    Source: Tink, "AES-GCM-HKDF Streaming AEAD": the header counts into the first segment, every
    segment ends with a tag, and there is at least one.
    """
    filled = _HEADER_BYTES + plaintext_bytes
    segments = -(-filled // (SEGMENT_BYTES - _TAG_BYTES))
    return filled + segments * _TAG_BYTES


class Payload(Part):
    """Where the ciphertext is, and what it must hash to."""

    cid: CidText
    sha256: Digest32
    size_bytes: SizeBytes
    chunk_bytes: Literal[1048576] = 1048576


class Encryption(Part):
    """How the payload was encrypted, with the commitments to its key and its content."""

    algorithm: Literal["AES256_GCM_HKDF_1MB"] = "AES256_GCM_HKDF_1MB"
    key_commitment: Digest32
    content_commitment: Digest32
    nonce: Digest32 | None = None
    """Bound in the associated data where there is no dataset version to bind."""


class Manifest(AnnexedRecord):
    """The record of one payload: what it is, where its ciphertext is, what it was made from.

    A `version` has dataset and version; a `derived` payload has them, a nonce and `derivedFrom`
    (the digest of the manifest that it was made from); an `answer` has a dataset and a nonce; a
    `document` has a nonce alone.
    """

    TYPE: ClassVar[str] = "sharing-ledger/v1/manifest"

    type: Literal["sharing-ledger/v1/manifest"] = "sharing-ledger/v1/manifest"
    kind: KindLabel
    sender: CodeText
    dataset: DatasetText | None = None
    version: Number32 | None = None
    name: FileName
    media_type: Annotated[
        str,
        StringConstraints(
            pattern=r"^[a-z0-9][a-z0-9!#$&^_.+-]{0,62}/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}$"
        ),
    ]
    payload: Payload
    plaintext_size_bytes: SizeBytes
    rows: Annotated[int, Field(ge=0, le=2**53 - 1)] | None = None
    encryption: Encryption
    specification: SpecificationReference | None = None
    derived_from: Digest32 | None = None
    sources: Annotated[tuple[Number64, ...], Field(max_length=_MAX_SOURCES)] = ()
    """The transfers that it was made from, ascending."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        expected = ciphertext_size(self.plaintext_size_bytes)
        if self.payload.size_bytes != expected:
            raise ValueError(
                f"payload.sizeBytes is {self.payload.size_bytes}, but {self.plaintext_size_bytes} "
                f"bytes of plaintext make {expected}"
            )
        _check_kind(self)
        if list(self.sources) != sorted(set(self.sources)):
            raise ValueError("sources must ascend, each once")
        return self

    def require_match(self, *, sender: str, dataset: str | None, version: int | None) -> None:
        """Check that the manifest is of the payload that the chain names.

        Raises:
            RecordError: another sender, dataset or version.
        """
        said = (self.sender, self.dataset, self.version)
        if said != (sender, dataset, version):
            raise RecordError(
                f"manifest is of {self.dataset}, version {self.version}, by {self.sender}; "
                f"the chain says {dataset}, version {version}, by {sender}"
            )


_REQUIRED: Final = {
    # kind: dataset, version, nonce, derivedFrom
    PayloadKind.VERSION: (True, True, False, False),
    PayloadKind.DERIVED: (True, True, True, True),
    PayloadKind.ANSWER: (True, False, True, False),
    PayloadKind.DOCUMENT: (False, False, True, False),
}


def _check_kind(manifest: Manifest) -> None:
    values = (
        manifest.dataset,
        manifest.version,
        manifest.encryption.nonce,
        manifest.derived_from,
    )
    names = ("dataset", "version", "encryption.nonce", "derivedFrom")
    for name, value, required in zip(names, values, _REQUIRED[manifest.kind], strict=True):
        if (value is not None) != required:
            rule = "needs" if required else "has no"
            raise ValueError(f"a manifest of kind {manifest.kind.label} {rule} {name}")
    if manifest.dataset is not None and manifest.dataset.partition("/")[0] != manifest.sender:
        raise ValueError("the dataset is not the sender's")
