"""What the events say about departments, their accounts and keys, and the agency's periods.

Only the fold changes these objects; to everybody else they are to be read.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ledger.events import Capability, Event
from ledger.identifiers import Address, Code, DepartmentId, Digest, KeyNumber


@dataclass(frozen=True, slots=True)
class Periods:
    """How long each party has, in seconds, for deadlines that begin at `effective_at` or later."""

    respond: int
    release: int
    acknowledge: int
    comply: int
    attest: int
    effective_at: int


@dataclass(slots=True)
class EncryptionKey:
    """A department's public encryption key; releases use it from `effective_at` (Unix s) on."""

    number: KeyNumber
    digest: Digest
    public_key: bytes = field(repr=False)
    """The raw X-Wing key, 1,216 bytes, checked against `digest`."""
    effective_at: int
    retired: bool = False


@dataclass(slots=True)
class Department:
    """A member: what it is, what acts for it, what is encrypted to it. Times in Unix seconds."""

    id: DepartmentId
    code: Code
    card: Digest
    admitted_at: int
    effective_at: int
    suspended: bool = False
    auditor: bool = False
    accounts: dict[Address, Capability] = field(default_factory=dict)
    keys: dict[KeyNumber, EncryptionKey] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list, repr=False)

    @property
    def history(self) -> tuple[Event, ...]:
        """Every event about it: its own, and those where it is owner, requester or receiver."""
        return tuple(self.events)

    def member(self, now: int) -> bool:
        """Whether its admission has taken effect."""
        return now >= self.effective_at

    def in_good_standing(self, now: int) -> bool:
        """Whether it is a member and not suspended."""
        return self.member(now) and not self.suspended

    def current_key(self, now: int) -> EncryptionKey | None:
        """The key that releases must use: the latest in effect, unless it is retired."""
        for number in sorted(self.keys, reverse=True):
            key = self.keys[number]
            if now >= key.effective_at:
                return None if key.retired else key
        return None
