"""Folding events into the state of the ledger: pure, incremental, refusing what cannot be."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.events import Event
from ledger.provenance.access import (
    MAX_OVERDUE,
    MAX_UNACKNOWLEDGED,
    Delivery,
    Grant,
    Transfer,
)
from ledger.provenance.catalogue import Dataset, Decision, Version
from ledger.provenance.members import Department, EncryptionKey, Periods
from ledger.provenance.rules import AGENCY
from ledger.provenance.state import LedgerState

__all__ = [
    "AGENCY",
    "MAX_OVERDUE",
    "MAX_UNACKNOWLEDGED",
    "Dataset",
    "Decision",
    "Delivery",
    "Department",
    "EncryptionKey",
    "Grant",
    "LedgerState",
    "Periods",
    "Transfer",
    "Version",
    "fold",
]


def fold(events: Iterable[Event], state: LedgerState | None = None) -> LedgerState:
    """The state after these events, which continue those of `state` (changed in place) if given.

    Raises:
        IntegrityError: the contracts could not have emitted these events in this order.
    """
    folded = LedgerState() if state is None else state
    for event in events:
        folded.apply(event)
    return folded
