"""The sealed annex as records carry it; sealing and opening are in `ledger.envelope.annex`.

A record has a public part that every member reads, and may have an annex for its recipients.
"""

from __future__ import annotations

from typing import Annotated, Final, Self

from pydantic import Field, ValidationError, model_validator

from ledger.errors import RecordError
from ledger.models.sizes import MAX_SEALED_BYTES
from ledger.recordmodel import (
    Base64Bytes,
    CodeText,
    Digest32,
    Number32,
    Part,
    RecordModel,
    problems,
)
from ledger.records import encode

WRAP_BYTES: Final = 1168
"""An X-Wing encapsulation (1,120), then a 256-bit key under AES-256-GCM (48)."""

MAX_RECIPIENTS: Final = 16
MAX_ANNEX_BYTES: Final = MAX_SEALED_BYTES + 16
"""The largest size class with its tag."""


class AnnexWrap(Part):
    """The annex's key, wrapped for one key of one department."""

    department: CodeText
    key_number: Number32
    wrapped_key: Annotated[Base64Bytes, Field(min_length=WRAP_BYTES, max_length=WRAP_BYTES)]


class SealedAnnex(Part):
    """The part of a record that only its recipients can read."""

    key_commitment: Digest32
    ciphertext: Annotated[Base64Bytes, Field(max_length=MAX_ANNEX_BYTES)]
    recipients: Annotated[tuple[AnnexWrap, ...], Field(min_length=1, max_length=MAX_RECIPIENTS)]

    @model_validator(mode="after")
    def _each_recipient_once_in_order(self) -> Self:
        keys = [(wrap.department, wrap.key_number) for wrap in self.recipients]
        if keys != sorted(set(keys)):
            raise ValueError("recipients must be sorted by department and key, each once")
        return self


class AnnexedRecord(RecordModel):
    """A record that can carry a sealed annex beside its public part."""

    annex: SealedAnnex | None = None


class SealedContent(Part):
    """What an annex of one kind of record holds."""

    def to_members(self) -> dict[str, object]:
        """The content as an annex is given it."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    @classmethod
    def from_members(cls, members: dict[str, object]) -> Self:
        """Read what was in an annex, as hostile as any record.

        Raises:
            RecordError: it does not follow the rules of this kind of content.
        """
        try:
            content = cls.model_validate_json(encode(members), by_alias=True, by_name=False)
        except ValidationError as error:
            raise RecordError(
                f"the sealed part of this record is wrong: {problems(error)}"
            ) from error
        if content.to_members() != members:
            raise RecordError("the sealed part of this record is not in its one form")
        return content


class SealedRecord(AnnexedRecord):
    """A record that is nothing without its annex; the public part says who may rely on it."""

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read hostile bytes as a record of this type.

        Raises:
            RecordError: as of any record, or there is no annex.
        """
        record = super().from_bytes(data)
        if record.annex is None:
            raise RecordError(f"record of type {cls.TYPE} has no annex")
        return record
