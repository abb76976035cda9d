"""Folding events into the state of the ledger: pure, incremental, refusing what cannot be."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.events import Event
from ledger.provenance.access import (
    MAX_OVERDUE,
    MAX_UNANSWERED,
    Counter,
    Grant,
    Offer,
    Order,
    Terms,
)
from ledger.provenance.catalogue import Dataset, Need, Specification, Version
from ledger.provenance.consents import Consent
from ledger.provenance.deliveries import (
    MAX_UNACKNOWLEDGED,
    Delivery,
    Disclosure,
    Recall,
    SubjectTag,
    Transfer,
)
from ledger.provenance.lineage import Concern, concerned, unattested
from ledger.provenance.members import (
    Department,
    EncryptionKey,
    Periods,
    PublishedFinding,
    Reset,
    Retirement,
)
from ledger.provenance.state import LedgerState
from ledger.provenance.times import Decision

__all__ = [
    "MAX_OVERDUE",
    "MAX_UNACKNOWLEDGED",
    "MAX_UNANSWERED",
    "Concern",
    "Consent",
    "Counter",
    "Dataset",
    "Decision",
    "Delivery",
    "Department",
    "Disclosure",
    "EncryptionKey",
    "Grant",
    "LedgerState",
    "Need",
    "Offer",
    "Order",
    "Periods",
    "PublishedFinding",
    "Recall",
    "Reset",
    "Retirement",
    "Specification",
    "SubjectTag",
    "Terms",
    "Transfer",
    "Version",
    "concerned",
    "fold",
    "unattested",
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
