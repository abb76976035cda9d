"""One good record of each kind, for tests to alter."""

from __future__ import annotations

import hashlib
from typing import Any

from ledger.envelope.binding import SecretKey
from ledger.envelope.commitments import content_commitment, key_commitment
from ledger.identifiers import Code, record_cid
from ledger.models import (
    DatasetDescription,
    DepartmentCard,
    Duty,
    Encryption,
    Enrolment,
    Finding,
    Level,
    Manifest,
    Need,
    Offer,
    Parameter,
    ParameterSchema,
    Payload,
    PayloadKind,
    Purpose,
    Query,
    Reason,
    ReasonCode,
    ReceiptDisclosure,
    Scorecard,
    ScorecardLine,
    Service,
    Specification,
    SpecificationReference,
    TagOpening,
    Terms,
    ciphertext_size,
)
from ledger.models.service import ParameterType
from ledger.tableschema import parse_table_schema

DATA_KEY = SecretKey(bytes(range(32)))
PLAINTEXT_SHA256 = hashlib.sha256(b"content").digest()
CID = record_cid(bytes(32))
NONCE = bytes([9]) * 32
REFERENCE = SpecificationReference(name=Code("employment"), version=1, digest=bytes([5]) * 32)


def card(**changes: Any) -> DepartmentCard:
    values: dict[str, Any] = {
        "code": "labour",
        "name": "Ministry of Labour",
        "level": Level.NATIONAL,
        "contact": "data@labour.example",
    }
    return DepartmentCard(**(values | changes))


def specification(**changes: Any) -> Specification:
    schema = parse_table_schema(
        b'{"fields":[{"name":"month","type":"date"},{"name":"jobs","type":"integer",'
        b'"constraints":{"minimum":0}}],"primaryKey":"month"}'
    )
    values: dict[str, Any] = {
        "name": "employment",
        "version": 1,
        "title": "Employment by month",
        "table_schema": schema,
    }
    return Specification(**(values | changes))


def dataset(**changes: Any) -> DatasetDescription:
    values: dict[str, Any] = {
        "publisher": "labour",
        "title": "Employment",
        "description": "Jobs by month.\nSeasonally adjusted.",
        "keywords": ("jobs", "economy"),
        "specification": REFERENCE,
        "language": "en",
    }
    return DatasetDescription(**(values | changes))


def manifest(**changes: Any) -> Manifest:
    size = changes.pop("plaintext_size_bytes", 1000)
    values: dict[str, Any] = {
        "kind": PayloadKind.VERSION,
        "sender": "labour",
        "dataset": "labour/employment",
        "version": 3,
        "name": "employment.csv",
        "media_type": "text/csv",
        "payload": Payload(cid=CID, size_bytes=ciphertext_size(size)),
        "plaintext_size_bytes": size,
        "rows": 120,
        "encryption": encryption(),
        "specification": REFERENCE,
    }
    return Manifest(**(values | changes))


def derived(**changes: Any) -> Manifest:
    values: dict[str, Any] = {
        "kind": PayloadKind.DERIVED,
        "derived_from": bytes([7]) * 32,
        "fields": ("month",),
        "encryption": encryption(NONCE),
    }
    return manifest(**(values | changes))


def answer(**changes: Any) -> Manifest:
    values: dict[str, Any] = {
        "kind": PayloadKind.ANSWER,
        "version": None,
        "name": None,
        "rows": None,
        "plaintext_size_bytes": 1024,
        "query": bytes([8]) * 32,
        "encryption": encryption(NONCE),
    }
    return manifest(**(values | changes))


def document(**changes: Any) -> Manifest:
    values: dict[str, Any] = {
        "kind": PayloadKind.DOCUMENT,
        "dataset": None,
        "version": None,
        "name": None,
        "rows": None,
        "encryption": encryption(NONCE),
    }
    return manifest(**(values | changes))


def encryption(nonce: bytes | None = None) -> Encryption:
    return Encryption(
        key_commitment=key_commitment(DATA_KEY),
        content_commitment=content_commitment(DATA_KEY, PLAINTEXT_SHA256),
        nonce=nonce,
    )


def terms(**changes: Any) -> Terms:
    values: dict[str, Any] = {
        "dataset": "labour/employment",
        "requester": "health",
        "purpose": Purpose.STATISTICS,
        "purpose_text": "Comparing sick leave with employment.",
        "legal_basis": "Public Health Act, section 12",
        "retention_days": 365,
        "onward_use": False,
        "security_measures": "Encrypted disk, access by two analysts.",
        "valid_until": 1_800_000_000,
    }
    return Terms(**(values | changes))


def reason(**changes: Any) -> Reason:
    values: dict[str, Any] = {
        "department": "labour",
        "code": ReasonCode.INCOMPLETE,
        "text": "The legal basis is missing.",
    }
    return Reason(**(values | changes))


def offer(**changes: Any) -> Offer:
    values: dict[str, Any] = {
        "dataset": "labour/employment",
        "group": "municipal-health",
        "standing": 3,
        "purpose": Purpose.STATISTICS,
        "fields": ("month", "jobs"),
        "retention_days": 365,
        "onward_use": False,
        "security_measures": "Encrypted disk, access by two analysts.",
        "valid_until": 1_800_000_000,
        "longest_seconds": 31_536_000,
    }
    return Offer(**(values | changes))


def need(**changes: Any) -> Need:
    values: dict[str, Any] = {
        "department": "health",
        "title": "Sick leave by industry",
        "description": "Days of sick leave by month and industry.",
        "keywords": ("health", "work"),
        "purpose": Purpose.PLANNING,
        "holder": "labour",
        "needed_by": 1_800_000_000,
    }
    return Need(**(values | changes))


def finding(**changes: Any) -> Finding:
    values: dict[str, Any] = {
        "department": "labour",
        "finder": "audit",
        "code": ReasonCode.DEADLINES_MISSED,
        "text": "Two requests waited for a month.",
        "grants": (4, 9),
    }
    return Finding(**(values | changes))


def line(department: str = "labour", standing: int = 3) -> ScorecardLine:
    duty = Duty(in_time=8, late=1, overdue=0)
    return ScorecardLine(
        department=Code(department),
        standing=standing,
        respond=duty,
        release=duty,
        acknowledge=duty,
        comply=duty,
        attest=duty,
        versions_published=12,
        refused_attempts=0,
        disputes_against=1,
        findings=0,
    )


def scorecard(**changes: Any) -> Scorecard:
    values: dict[str, Any] = {
        "agency": "agency",
        "period_from": 1_700_000_000,
        "period_until": 1_710_000_000,
        "method": "3 where at least 85 of 100 duties were met in time.",
        "lines": (line("health", 2), line()),
    }
    return Scorecard(**(values | changes))


def service(**changes: Any) -> Service:
    values: dict[str, Any] = {
        "parameters": ParameterSchema(
            properties={
                "year": Parameter(type=ParameterType.INTEGER, minimum=1990, maximum=2100),
                "town": Parameter(
                    type=ParameterType.STRING, max_length=60, pattern="^[A-Z][a-z]+$"
                ),
                "since": Parameter(type=ParameterType.STRING, format="date"),
                "kind": Parameter(type=ParameterType.STRING, enum=("full", "part")),
                "active": Parameter(type=ParameterType.BOOLEAN),
            },
            required=("year",),
        ),
        "subject": True,
    }
    return Service(**(values | changes))


def query(**changes: Any) -> Query:
    values: dict[str, Any] = {
        "dataset": "labour/register",
        "requester": "health",
        "nonce": NONCE,
    }
    return Query(**(values | changes))


def opening(**changes: Any) -> TagOpening:
    values: dict[str, Any] = {
        "sender": "labour",
        "transfer": 7,
        "commitment": bytes([4]) * 32,
        "hidden_until": 1_800_000_000,
    }
    return TagOpening(**(values | changes))


def disclosure(**changes: Any) -> ReceiptDisclosure:
    values: dict[str, Any] = {
        "sender": "labour",
        "receiver": "health",
        "transfer": 7,
        "manifest": bytes([4]) * 32,
    }
    return ReceiptDisclosure(**(values | changes))


def enrolment(**changes: Any) -> Enrolment:
    values: dict[str, Any] = {"owner": "labour", "subject": "1985-117-9", "nonce": NONCE}
    return Enrolment(**(values | changes))
