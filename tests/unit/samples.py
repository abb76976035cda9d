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
    Encryption,
    Level,
    Manifest,
    Payload,
    PayloadKind,
    Purpose,
    Reason,
    ReasonCode,
    Specification,
    SpecificationReference,
    Terms,
    ciphertext_size,
)
from ledger.tableschema import parse_table_schema

DATA_KEY = SecretKey(bytes(range(32)))
PLAINTEXT_SHA256 = hashlib.sha256(b"content").digest()
CID = record_cid(bytes(32))
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
        "payload": Payload(cid=CID, sha256=bytes([6]) * 32, size_bytes=ciphertext_size(size)),
        "plaintext_size_bytes": size,
        "rows": 120,
        "encryption": encryption(),
        "specification": REFERENCE,
    }
    return Manifest(**(values | changes))


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
