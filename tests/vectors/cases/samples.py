"""One good record of each kind, as members."""

from __future__ import annotations

import base64
import hashlib

from tests.vectors import reference
from tests.vectors.cases.case import CONTENT, DATA_KEY, NONCE, Json, drawn

PREFIX = "sharing-ledger/v1/"
SPECIFICATION = {"name": "employment", "version": 1, "digest": drawn("specification").hex()}

CARD: Json = {
    "type": PREFIX + "department",
    "code": "labour",
    "name": "Ministère du Travail",
    "level": "national",
    "contact": "data@labour.example",
}
SPEC: Json = {
    "type": PREFIX + "specification",
    "name": "employment",
    "version": 1,
    "title": "Employment by month",
    "tableSchema": {
        "fields": [
            {"name": "month", "type": "date", "constraints": {"required": True}},
            {"name": "jobs", "type": "integer", "constraints": {"minimum": 0}},
            {"name": "rate", "type": "number", "constraints": {"minimum": "0.5"}},
        ],
        "missingValues": [""],
        "primaryKey": ["month"],
    },
}
DATASET: Json = {
    "type": PREFIX + "dataset",
    "publisher": "labour",
    "title": "Employment",
    "description": "Jobs by month.\nSeasonally adjusted.",
    "keywords": ["jobs", "economy"],
    "specification": SPECIFICATION,
    "language": "en",
}
SERVICE: Json = {
    **DATASET,
    "title": "Register of workers",
    "service": {
        "parameters": {
            "type": "object",
            "properties": {
                "year": {"type": "integer", "minimum": 1990, "maximum": 2100},
                "town": {"type": "string", "pattern": "^[A-Z][a-z]+$", "maxLength": 60},
                "since": {"type": "string", "format": "date"},
                "kind": {"type": "string", "enum": ["full", "part"]},
                "active": {"type": "boolean"},
            },
            "required": ["year"],
            "additionalProperties": False,
        },
        "subject": True,
    },
}
NEED: Json = {
    "type": PREFIX + "need",
    "department": "health",
    "title": "Sick leave by industry",
    "description": "Days of sick leave by month and industry.",
    "keywords": [],
    "purpose": "planning",
    "holder": "labour",
    "neededBy": 1_800_000_000,
}
TERMS: Json = {
    "type": PREFIX + "terms",
    "dataset": "labour/employment",
    "requester": "health",
    "purpose": "statistics",
    "purposeText": "Comparing sick leave with employment.",
    "legalBasis": "Public Health Act, section 12",
    "fields": ["month", "jobs"],
    "retentionDays": 365,
    "onwardUse": False,
    "securityMeasures": "Encrypted disk, access by two analysts.",
    "validUntil": 1_800_000_000,
}
OFFER: Json = {
    "type": PREFIX + "offer",
    "dataset": "labour/employment",
    "group": "municipal-health",
    "standing": 3,
    "purpose": "statistics",
    "fields": ["month", "jobs"],
    "retentionDays": 365,
    "onwardUse": False,
    "securityMeasures": "Encrypted disk, access by two analysts.",
    "validUntil": 1_800_000_000,
    "longestSeconds": 31_536_000,
}
REASON: Json = {
    "type": PREFIX + "reason",
    "department": "labour",
    "code": "incomplete",
    "text": "The legal basis is missing.",
}
FINDING: Json = {
    "type": PREFIX + "finding",
    "department": "labour",
    "finder": "audit",
    "code": "deadlines-missed",
    "text": "Two requests waited for a month.",
    "grants": [4, 9],
    "transfers": [],
}
DUTY = {"inTime": 8, "late": 1, "overdue": 0}


def line(department: str, standing: int) -> Json:
    """A line of a scorecard."""
    return {
        "department": department,
        "standing": standing,
        **dict.fromkeys(("respond", "release", "acknowledge", "comply", "attest"), DUTY),
        "versionsPublished": 12,
        "refusedAttempts": 0,
        "disputesAgainst": 1,
        "findings": 0,
    }


SCORECARD: Json = {
    "type": PREFIX + "scorecard",
    "agency": "agency",
    "periodFrom": 1_700_000_000,
    "periodUntil": 1_710_000_000,
    "method": "3 where at least 85 of 100 duties were met in time.",
    "lines": [line("health", 2), line("labour", 3)],
}

ENCRYPTION = {
    "algorithm": "AES256_GCM_HKDF_1MB",
    "keyCommitment": reference.key_commitment(DATA_KEY).hex(),
    "contentCommitment": reference.content_commitment(DATA_KEY, CONTENT).hex(),
}
WITH_NONCE = {**ENCRYPTION, "nonce": NONCE.hex()}


def payload(ciphertext_bytes: int, ciphertext: bytes = b"") -> Json:
    """Where a ciphertext is."""
    digest = hashlib.sha256(ciphertext).digest()
    return {
        "cid": reference.cid(digest),
        "sizeBytes": ciphertext_bytes,
        "chunkBytes": 1048576,
    }


VERSION: Json = {
    "type": PREFIX + "manifest",
    "kind": "version",
    "sender": "labour",
    "dataset": "labour/employment",
    "version": 3,
    "name": "employment.csv",
    "mediaType": "text/csv",
    "payload": payload(len(CONTENT) + 56),
    "plaintextSizeBytes": len(CONTENT),
    "rows": 1,
    "encryption": ENCRYPTION,
    "specification": SPECIFICATION,
    "sources": [],
}
DERIVED: Json = {
    **VERSION,
    "kind": "derived",
    "derivedFrom": drawn("manifest").hex(),
    "fields": ["month"],
    "encryption": WITH_NONCE,
}
ANSWER: Json = {
    **{name: value for name, value in VERSION.items() if name not in ("version", "name", "rows")},
    "kind": "answer",
    "mediaType": "application/json",
    "query": drawn("query").hex(),
    "subjectNonce": drawn("subject nonce").hex(),
    "payload": payload(1024 + 56),
    "plaintextSizeBytes": 1024,
    "encryption": WITH_NONCE,
}
DOCUMENT: Json = {
    "type": PREFIX + "manifest",
    "kind": "document",
    "sender": "labour",
    "mediaType": "application/pdf",
    "payload": payload(len(CONTENT) + 56),
    "plaintextSizeBytes": len(CONTENT),
    "encryption": WITH_NONCE,
    "sources": [],
}
QUERY: Json = {
    "type": PREFIX + "query",
    "dataset": "labour/register",
    "requester": "health",
    "nonce": NONCE.hex(),
}
OPENING: Json = {
    "type": PREFIX + "tag-opening",
    "sender": "labour",
    "transfer": 7,
    "commitment": drawn("commitment").hex(),
    "hiddenUntil": 1_800_000_000,
}
DISCLOSURE: Json = {
    "type": PREFIX + "receipt-disclosure",
    "sender": "labour",
    "receiver": "health",
    "transfer": 7,
    "manifest": drawn("manifest").hex(),
}
ENROLMENT: Json = {
    "type": PREFIX + "enrolment",
    "owner": "labour",
    "subject": "1985-117-9",
    "nonce": NONCE.hex(),
}
# Looks like an annex, and opens for nobody.
CLOSED_ANNEX: Json = {
    "keyCommitment": bytes(32).hex(),
    "ciphertext": base64.b64encode(bytes(272)).decode(),
    "recipients": [
        {
            "department": "labour",
            "keyNumber": 3,
            "wrappedKey": base64.b64encode(bytes(1168)).decode(),
        }
    ],
}
