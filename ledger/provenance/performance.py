"""How a department did in a period: its duties and acts, counted from the events alone.

A duty belongs to the period in which its deadline falls, whenever it was met. Times are block
times, in Unix seconds; the end of a period is not part of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from ledger.events import (
    AccessOrdered,
    AccessRequested,
    CounterAccepted,
    DocumentSent,
    Event,
    GrantActivated,
    QueryOpened,
    RequestCountered,
    RequestEscalated,
    RequestRefused,
    RequestResubmitted,
    RequestReturned,
    RequestWithdrawn,
    TransferAcknowledged,
    TransferDeclined,
    TransferDisputed,
    TransferOpened,
    TransferReleased,
)
from ledger.identifiers import DepartmentId
from ledger.provenance.access import Grant
from ledger.provenance.deliveries import Transfer
from ledger.provenance.lineage import concerned
from ledger.provenance.state import LedgerState


@dataclass(frozen=True, slots=True)
class Period:
    """From when until when; the end is not part of it."""

    start: int
    end: int

    def __contains__(self, at: int) -> bool:
        """Whether a time is in the period."""
        return self.start <= at < self.end


@dataclass(frozen=True, slots=True)
class Tally:
    """How often a deadline of the period was met, met late, or still missed at the period's end."""

    in_time: int
    late: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Performance:
    """A department's period in numbers."""

    respond: Tally
    release: Tally
    acknowledge: Tally
    comply: Tally
    attest: Tally
    versions_published: int
    refused_attempts: int
    disputes_against: int
    findings: int


class _Duty(NamedTuple):
    due: int
    done_at: int | None


def performance(state: LedgerState, department: DepartmentId, period: Period) -> Performance:
    """Count what a department owed and did in a period that is over."""
    owned = [grant for grant in state.grants.values() if grant.owner == department]
    sent = [each for each in state.transfers.values() if each.sender == department]
    received = [each for each in state.transfers.values() if each.receiver == department]
    return Performance(
        respond=_tally((duty for grant in owned for duty in _responses(grant)), period),
        release=_tally((duty for transfer in sent for duty in _releases(transfer)), period),
        acknowledge=_tally((duty for each in received for duty in _receipts(each)), period),
        comply=_tally((duty for grant in owned for duty in _orders(grant)), period),
        attest=_tally(_attestations(state, department), period),
        versions_published=sum(
            version.published_at in period
            for dataset in state.datasets.values()
            if dataset.owner == department
            for version in dataset.versions.values()
        ),
        refused_attempts=sum(
            event.receiver == department and event.at.timestamp in period for event in state.refused
        ),
        disputes_against=sum(
            isinstance(event, TransferDisputed) and event.at.timestamp in period
            for transfer in sent
            for event in transfer.events
        ),
        findings=sum(
            found.decision.decided_at in period for found in state.departments[department].findings
        ),
    )


def _tally(duties: Iterable[_Duty], period: Period) -> Tally:
    counts = {"in_time": 0, "late": 0, "overdue": 0}
    for due, done_at in duties:
        if due not in period:
            continue
        if done_at is not None and done_at <= due:
            counts["in_time"] += 1
        elif done_at is not None and done_at < period.end:
            counts["late"] += 1
        else:
            counts["overdue"] += 1
    return Tally(**counts)


def _responses(grant: Grant) -> Iterator[_Duty]:
    """Each time that the owner had to answer a request."""
    asked: AccessRequested | RequestResubmitted | CounterAccepted | None = None
    for event in grant.events:
        if isinstance(event, (AccessRequested, RequestResubmitted, CounterAccepted)):
            asked = event
        elif asked is None:
            continue
        elif isinstance(event, GrantActivated) and _together(asked, event):
            asked = None  # granted by the rules or by what was offered: nothing was owed
        elif isinstance(event, (GrantActivated, RequestCountered, RequestReturned, RequestRefused)):
            yield _Duty(asked.respond_by, event.at.timestamp)
            asked = None
        elif isinstance(event, (RequestWithdrawn, RequestEscalated)):
            if event.at.timestamp > asked.respond_by:
                yield _Duty(asked.respond_by, None)
            asked = None
    if asked is not None:
        yield _Duty(asked.respond_by, None)


def _orders(grant: Grant) -> Iterator[_Duty]:
    """The order to grant it, if there was one."""
    ordered: AccessOrdered | None = None
    for event in grant.events:
        if isinstance(event, AccessOrdered):
            ordered = event
        elif isinstance(event, GrantActivated) and ordered is not None:
            yield _Duty(ordered.comply_by, event.at.timestamp)
            return
    if ordered is not None:
        yield _Duty(ordered.comply_by, None)


def _releases(transfer: Transfer) -> Iterator[_Duty]:
    """The first release of what was opened; declining it in time is an answer, too."""
    due: int | None = None
    for event in transfer.events:
        if isinstance(event, (TransferOpened, QueryOpened)):
            due = event.release_by
        elif isinstance(event, (TransferReleased, TransferDeclined)) and due is not None:
            yield _Duty(due, event.at.timestamp)
            return
    if due is not None:
        yield _Duty(due, None)


def _receipts(transfer: Transfer) -> Iterator[_Duty]:
    """Each release that had to be acknowledged or disputed."""
    due: int | None = None
    for event in transfer.events:
        if isinstance(event, (TransferReleased, DocumentSent)):
            due = event.acknowledge_by
        elif isinstance(event, (TransferAcknowledged, TransferDisputed)) and due is not None:
            yield _Duty(due, event.at.timestamp)
            due = None
    if due is not None:
        yield _Duty(due, None)


def _attestations(state: LedgerState, receiver: DepartmentId) -> Iterator[_Duty]:
    for recall in state.recalls.values():
        for concern in concerned(state, recall):
            if concern.transfer.receiver == receiver:
                attested = concern.transfer.attestations.get(recall.id)
                yield _Duty(concern.attest_by, attested.decided_at if attested else None)


def _together(one: Event, other: Event) -> bool:
    return one.at.transaction == other.at.transaction
