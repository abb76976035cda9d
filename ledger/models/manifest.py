"""The record of one payload."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from ledger.errors import RecordError
from ledger.models.access import Fields
from ledger.models.catalogue import SpecificationReference
from ledger.models.codes import KindLabel, PayloadKind
from ledger.models.sealed import AnnexedRecord
from ledger.models.sizes import SIZE_CLASSES
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
    require_same,
)

SEGMENT_BYTES: Final = 1024 * 1024
"""One ciphertext segment of `AES256_GCM_HKDF_1MB`, header and tag included."""

_HEADER_BYTES: Final = 1 + 32 + 7  # its own length, salt, nonce prefix
_TAG_BYTES: Final = 16
MAX_SOURCES: Final = 16
"""The transfers from which a payload may be made (`ITransferLog`)."""


def ciphertext_size(plaintext_bytes: int) -> int:
    """The size of the ciphertext of so many bytes in Tink's `AES256_GCM_HKDF_1MB` format.

    Source: Tink, "AES-GCM-HKDF Streaming AEAD": the header counts into the first segment, every
    segment ends with a tag, and there is at least one.
    """
    filled = _HEADER_BYTES + plaintext_bytes
    segments = -(-filled // (SEGMENT_BYTES - _TAG_BYTES))
    return filled + segments * _TAG_BYTES


class Payload(Part):
    """Where the ciphertext is: its CID is what it must hash to (`ledger.unixfs`)."""

    cid: CidText
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

    A `version` has dataset and version; a `derived` payload has them, a nonce, the `fields` that it
    was cut to and `derivedFrom`, the digest of that version's manifest; an `answer` has a dataset,
    a nonce and the digest of its query; a `document` has a nonce and an annex with its title. What
    would tell about a person, a file's name or the number of rows, is in no public part.
    """

    TYPE: ClassVar[str] = "sharing-ledger/v1/manifest"

    type: Literal["sharing-ledger/v1/manifest"] = "sharing-ledger/v1/manifest"
    kind: KindLabel
    sender: CodeText
    dataset: DatasetText | None = None
    version: Number32 | None = None
    name: FileName | None = None
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
    fields: Fields | None = None
    """The columns of a derived payload, or of an answer under a grant for some fields."""
    query: Digest32 | None = None
    """The digest of the sealed query that it answers."""
    subject_nonce: Digest32 | None = None
    """By which the subject finds the answer: see `ledger.envelope.subjects`."""
    sources: Annotated[tuple[Number64, ...], Field(max_length=MAX_SOURCES)] = ()
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

    def require_match(
        self,
        *,
        sender: str,
        dataset: str | None,
        version: int | None,
        kind: PayloadKind = PayloadKind.VERSION,
        derived_from: bytes | None = None,
        query: bytes | None = None,
    ) -> None:
        """Check that the manifest is of the payload that the chain names.

        `derived_from` is the manifest of the version that the transfer is of, `query` the digest
        that `QueryOpened` names; None where the kind has none.

        Raises:
            RecordError: they differ, the message names every difference; or a document's title
                isn't sealed in it.
        """
        if self.kind is PayloadKind.DOCUMENT and self.annex is None:
            raise RecordError("manifest of a document has no annex")
        require_same(
            "manifest",
            {
                "kind": (self.kind.label, kind.label),
                "sender": (self.sender, sender),
                "dataset": (self.dataset, dataset),
                "version": (self.version, version),
                "derivedFrom": (self.derived_from, derived_from),
                "query": (self.query, query),
            },
        )

    def require_sources(self, declared: tuple[int, ...]) -> None:
        """Check that it names the sources that `SourcesDeclared` names, of which none is ().

        Raises:
            RecordError: it names others.
        """
        require_same("manifest", {"sources": (self.sources, declared)})

    def require_granted(self, fields: tuple[str, ...] | None) -> None:
        """Check that it holds no columns but those that the grant is for; None is all of them.

        Raises:
            RecordError: it does, or a grant for some columns is served with all of them.
        """
        if fields is not None and not set(self.fields or ("",)) <= set(fields):
            raise RecordError("manifest is of other fields than the grant is for")

    def require_tagged(self, tagged: bool) -> None:
        """Check that there is a nonce for the subject's tag exactly where the release has a tag.

        Raises:
            RecordError: there is one of them without the other.
        """
        require_same("manifest", {"subjectNonce": (self.subject_nonce is not None, tagged)})


_NEEDED: Final = {
    PayloadKind.VERSION: {"dataset", "version", "name"},
    PayloadKind.DERIVED: {"dataset", "version", "name", "nonce", "derivedFrom", "fields"},
    PayloadKind.ANSWER: {"dataset", "nonce", "query"},
    PayloadKind.DOCUMENT: {"nonce"},
}
_POSSIBLE: Final = {
    PayloadKind.VERSION: {"rows"},
    PayloadKind.DERIVED: {"rows"},
    PayloadKind.ANSWER: {"fields", "subjectNonce"},
    PayloadKind.DOCUMENT: set[str](),
}


def _check_kind(manifest: Manifest) -> None:
    members = {
        "dataset": manifest.dataset,
        "version": manifest.version,
        "name": manifest.name,
        "rows": manifest.rows,
        "nonce": manifest.encryption.nonce,
        "derivedFrom": manifest.derived_from,
        "fields": manifest.fields,
        "query": manifest.query,
        "subjectNonce": manifest.subject_nonce,
    }
    kind = manifest.kind
    for name, value in members.items():
        if value is None and name in _NEEDED[kind]:
            raise ValueError(f"a manifest of kind {kind.label} needs {name}")
        if value is not None and name not in _NEEDED[kind] | _POSSIBLE[kind]:
            raise ValueError(f"a manifest of kind {kind.label} has no {name}")
    if manifest.dataset is not None and manifest.dataset.partition("/")[0] != manifest.sender:
        raise ValueError("the dataset is not the sender's")
    if kind is PayloadKind.ANSWER and manifest.plaintext_size_bytes not in SIZE_CLASSES:
        raise ValueError("an answer is not padded to a size class")
