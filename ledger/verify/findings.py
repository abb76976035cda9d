"""What a verification has found wrong, as data: a report lists findings, it doesn't stop at one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is."""

    ALTERED = "altered"
    """Something isn't what the chain says: the trail can't be relied upon there."""
    ABSENT = "absent"
    """Something couldn't be had, so it couldn't be checked."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that isn't as it should be."""

    severity: Severity
    subject: str
    """The item, by name: `terms of request 3`, `AccessGrants, dataset labour/employment`."""
    what: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.what}: expected {self.expected}, found {self.found}"
