"""The vocabularies of `ledger.codes` as fields of records, which write the label."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

from ledger.codes import Labelled, PayloadKind, Purpose, ReasonCode
from ledger.errors import InputError

__all__ = [
    "KindLabel",
    "Labelled",
    "PayloadKind",
    "Purpose",
    "PurposeLabel",
    "ReasonCode",
    "ReasonLabel",
]


def _reader(kind: type[Labelled]) -> BeforeValidator:
    def read(value: object) -> Labelled:
        if isinstance(value, kind):
            return value
        if isinstance(value, str):
            try:
                return kind.parse(value)
            except InputError as error:
                raise ValueError(error.message) from error
        raise ValueError("is not a label")

    return BeforeValidator(read)


def _label(member: Labelled) -> str:
    return member.label


PurposeLabel = Annotated[Purpose, _reader(Purpose), PlainSerializer(_label)]
ReasonLabel = Annotated[ReasonCode, _reader(ReasonCode), PlainSerializer(_label)]
KindLabel = Annotated[PayloadKind, _reader(PayloadKind), PlainSerializer(_label)]
