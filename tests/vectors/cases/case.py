"""What a case is: an operation with its input, and what has to come of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from tests.vectors import reference
from tests.vectors.operations import run

Json = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One vector; a broken one has the error's class and what is wrong instead of an output."""

    name: str
    operation: str
    input: Json
    output: Json | None = None
    error: str | None = None
    why: str | None = None

    def to_json(self) -> Json:
        """As it is written."""
        members = {"name": self.name, "operation": self.operation, "input": self.input}
        if self.error is None:
            return {**members, "output": self.output}
        return {**members, "error": self.error, "why": self.why}


def good(name: str, operation: str, given: Json, output: Json | None = None) -> Case:
    """A case that has an output: as given, or as this implementation answers."""
    return Case(name, operation, given, run(operation, given) if output is None else output)


def bad(name: str, operation: str, given: Json, why: str, error: str = "RecordError") -> Case:
    """A case that has to be refused."""
    return Case(name, operation, given, error=error, why=why)


def drawn(*labels: object) -> bytes:
    """32 bytes that look random and are the same each time."""
    return hashlib.sha256(repr(("sharing-ledger vectors", *labels)).encode()).digest()


def text(members: Json) -> str:
    """A record's text."""
    return reference.record(members).decode("utf-8")


def read(name: str, members: Json) -> Case:
    """A good record: its type, digest and address."""
    data = reference.record(members)
    digest = hashlib.sha256(data).digest()
    output = {"type": members["type"], "digest": digest.hex(), "cid": reference.cid(digest)}
    return good(name, "record.read", {"text": data.decode("utf-8")}, output)


DEPLOYMENT = drawn("deployment")
DATA_KEY = drawn("data key")
NONCE = drawn("nonce")
SEEDS = {code: drawn("seed", code) for code in ("labour", "health", "audit")}
KEY_NUMBERS = {"labour": 3, "health": 1, "audit": 2}
CONTENT = b"month,jobs\n2026-01,41\n"
