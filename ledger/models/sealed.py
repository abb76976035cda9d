"""The sealed annex as records carry it; sealing and opening are in `ledger.envelope.annex`."""

from __future__ import annotations

from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from ledger.recordmodel import Base64Bytes, CodeText, Digest32, Number32, Part, RecordModel

WRAP_BYTES: Final = 1168
"""An X-Wing encapsulation (1,120), then a 256-bit key under AES-256-GCM (48)."""

MAX_RECIPIENTS: Final = 16
MAX_ANNEX_BYTES: Final = 65536 + 16
"""The largest size class (`ledger.envelope.annex`) with its tag."""


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
