"""The records of the protocol as typed, frozen models; bytes in, a model or `RecordError` out."""

from __future__ import annotations

from ledger.errors import RecordError
from ledger.identifiers import shown
from ledger.models.access import Offer, Terms
from ledger.models.catalogue import (
    DatasetDescription,
    DepartmentCard,
    Level,
    Need,
    Specification,
    SpecificationReference,
)
from ledger.models.codes import PayloadKind, Purpose, ReasonCode
from ledger.models.decisions import (
    RECALLING,
    Duty,
    Finding,
    Grounds,
    Reason,
    Scorecard,
    ScorecardLine,
)
from ledger.models.manifest import (
    MAX_SOURCES,
    SEGMENT_BYTES,
    Encryption,
    Manifest,
    Payload,
    ciphertext_size,
)
from ledger.models.messages import (
    ConsentLink,
    DisclosureContent,
    DocumentContent,
    Enrolment,
    EnrolmentContent,
    OpeningContent,
    Query,
    QueryContent,
    ReceiptDisclosure,
    TagOpening,
)
from ledger.models.sealed import (
    AnnexedRecord,
    AnnexWrap,
    SealedAnnex,
    SealedContent,
    SealedRecord,
)
from ledger.models.service import Parameter, Parameters, ParameterSchema, Service
from ledger.models.sizes import SIZE_CLASSES, size_class
from ledger.recordmodel import RecordModel, checking_input
from ledger.records import decode

__all__ = [
    "MAX_SOURCES",
    "RECALLING",
    "SEGMENT_BYTES",
    "SIZE_CLASSES",
    "AnnexWrap",
    "AnnexedRecord",
    "ConsentLink",
    "DatasetDescription",
    "DepartmentCard",
    "DisclosureContent",
    "DocumentContent",
    "Duty",
    "Encryption",
    "Enrolment",
    "EnrolmentContent",
    "Finding",
    "Grounds",
    "Level",
    "Manifest",
    "Need",
    "Offer",
    "OpeningContent",
    "Parameter",
    "ParameterSchema",
    "Parameters",
    "Payload",
    "PayloadKind",
    "Purpose",
    "Query",
    "QueryContent",
    "Reason",
    "ReasonCode",
    "ReceiptDisclosure",
    "RecordModel",
    "Scorecard",
    "ScorecardLine",
    "SealedAnnex",
    "SealedContent",
    "SealedRecord",
    "Service",
    "Specification",
    "SpecificationReference",
    "TagOpening",
    "Terms",
    "checking_input",
    "ciphertext_size",
    "parse_record",
    "size_class",
]

_TYPES: dict[str, type[RecordModel]] = {
    kind.TYPE: kind
    for kind in (
        DepartmentCard,
        Specification,
        DatasetDescription,
        Need,
        Offer,
        Terms,
        Manifest,
        Reason,
        Finding,
        Scorecard,
        Query,
        TagOpening,
        ReceiptDisclosure,
        Enrolment,
    )
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
