"""The records of the protocol as typed, frozen models; bytes in, a model or `RecordError` out."""

from __future__ import annotations

from ledger.errors import RecordError
from ledger.identifiers import shown
from ledger.models.access import Reason, Terms
from ledger.models.catalogue import (
    DatasetDescription,
    DepartmentCard,
    Level,
    Specification,
    SpecificationReference,
)
from ledger.models.codes import PayloadKind, Purpose, ReasonCode
from ledger.models.manifest import (
    CHUNK_BYTES,
    SEGMENT_BYTES,
    Encryption,
    Manifest,
    Payload,
    ciphertext_size,
)
from ledger.models.sealed import AnnexedRecord, AnnexWrap, SealedAnnex
from ledger.recordmodel import RecordModel, checking_input
from ledger.records import decode

__all__ = [
    "CHUNK_BYTES",
    "SEGMENT_BYTES",
    "AnnexWrap",
    "AnnexedRecord",
    "DatasetDescription",
    "DepartmentCard",
    "Encryption",
    "Level",
    "Manifest",
    "Payload",
    "PayloadKind",
    "Purpose",
    "Reason",
    "ReasonCode",
    "RecordModel",
    "SealedAnnex",
    "Specification",
    "SpecificationReference",
    "Terms",
    "checking_input",
    "ciphertext_size",
    "parse_record",
]

_TYPES: dict[str, type[RecordModel]] = {
    kind.TYPE: kind
    for kind in (DepartmentCard, Specification, DatasetDescription, Manifest, Terms, Reason)
}


def parse_record(data: bytes) -> RecordModel:
    """Read hostile bytes as a record of whatever type they name.

    Raises:
        RecordError: not canonical JSON, of an unknown type, or not following the type's rules.
    """
    found = decode(data).get("type")
    kind = _TYPES.get(found) if isinstance(found, str) else None
    if kind is None:
        raise RecordError(
            f"record is of type {shown(str(found))}, expected one of {', '.join(_TYPES)}"
        )
    return kind.from_bytes(data)
