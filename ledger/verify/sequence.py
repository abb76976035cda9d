"""Events that may have been tampered with: which can follow each other, and which can't."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ledger.errors import IntegrityError
from ledger.events import Event
from ledger.provenance import LedgerState
from ledger.verify.findings import Finding, Severity


@dataclass(frozen=True)
class CheckedEvents:
    """What the possible events say, and a finding for each of the others."""

    state: LedgerState
    possible: tuple[Event, ...]
    findings: tuple[Finding, ...]


def check_events(events: Iterable[Event]) -> CheckedEvents:
    """Fold events in the order of the chain; one that is impossible there is a finding."""
    state, possible, findings = LedgerState(), [], []
    for event in events:
        try:
            state.apply(event)
        except IntegrityError as error:
            subject = f"{type(event).__name__} at {event.at}"
            expected = "one that the contracts could emit there"
            findings.append(Finding(Severity.ALTERED, subject, "event", expected, error.message))
        else:
            possible.append(event)
    return CheckedEvents(state, tuple(possible), tuple(findings))
