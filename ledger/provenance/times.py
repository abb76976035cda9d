"""What many things of the ledger have: a reasoned decision, and a value that changes by notice."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from ledger.identifiers import Digest

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Decision:
    """Why something was decided so: a reason's number (`ledger.codes`) and its record."""

    code: int
    digest: Digest
    decided_at: int
    """Block time, in Unix seconds."""


@dataclass(slots=True)
class Schedule(Generic[T]):
    """A value that changes at times announced before; what isn't in effect yet is replaced."""

    changes: list[tuple[int, T]] = field(default_factory=list)
    """From when on (Unix s) each value is in effect."""

    def at(self, now: int) -> T | None:
        """The value in effect at `now`; None before the first."""
        return next((value for since, value in reversed(self.changes) if now >= since), None)

    def pending(self, now: int) -> tuple[int, T] | None:
        """What is announced but isn't in effect yet, and from when on it will be."""
        return next((change for change in reversed(self.changes) if now < change[0]), None)

    def announce(self, value: T, effective_at: int, now: int) -> None:
        """Add a value, in the place of one that isn't in effect yet."""
        self.cancel(now)
        self.changes.append((effective_at, value))

    def cancel(self, now: int) -> None:
        """Drop what isn't in effect yet."""
        self.changes = [change for change in self.changes if now >= change[0]]
