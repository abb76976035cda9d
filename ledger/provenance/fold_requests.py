"""The rules of a requester's events, and what all rules of requests share.

A rule checks everything before it changes anything, and returns the histories that its event
belongs to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.events import (
    AccessRequested,
    CounterAccepted,
    GrantEvent,
    GrantState,
    RequestCountered,
    RequestResubmitted,
    RequestWithdrawn,
    SharingClass,
)
from ledger.identifiers import DepartmentId, GrantId
from ledger.provenance.access import MAX_UNANSWERED, Grant, Terms
from ledger.provenance.catalogue import Dataset
from ledger.provenance.fold_offers import require_fitting, require_requestable
from ledger.provenance.rules import (
    Histories,
    acting,
    histories,
    known,
    periods,
    require,
    require_deadline,
    require_not_retired,
)

if TYPE_CHECKING:
    from ledger.provenance.state import LedgerState


def requested(state: LedgerState, event: AccessRequested) -> Histories:
    """A request with the next number, for another department's dataset."""
    requester = acting(state, event, event.requester)
    dataset = known(state.datasets, event.dataset, event, "dataset")
    owner = acting(state, event, dataset.owner)
    asked = _asked(state, event)
    require(event.grant == len(state.grants) + 1, event, "the number isn't the next one")
    require(owner.id != requester.id, event, f"{dataset.name} is the requester's own")
    require_requestable(dataset, event)
    if event.offer:
        require_fitting(state, event, dataset, requester, asked)
    elif dataset.sharing is not SharingClass.OPEN:
        require_unanswered(state, event, owner.id)
    grant = Grant(
        id=event.grant,
        dataset=dataset.id,
        owner=owner.id,
        requester=requester.id,
        terms=asked.digest,
        purpose=asked.purpose,
        all_fields=asked.all_fields,
        onward_use=asked.onward_use,
        valid_until=asked.valid_until,
        respond_by=event.respond_by,
        requested_at=event.at.timestamp,
        approvals=dataset.approvals,
        offer=event.offer or None,
        waiting=state.waiting.setdefault((dataset.id, requester.id), {}),
        resets=requester.resets,
    )
    state.grants[grant.id] = grant
    await_answer(state, grant)
    return grant_histories(state, grant)


def resubmitted(state: LedgerState, event: RequestResubmitted) -> Histories:
    """The requester asks again after a return; approvals start anew."""
    grant, _ = grant_of(state, event, GrantState.RETURNED)
    acting(state, event, event.requester)
    acting(state, event, grant.owner)
    asked = _asked(state, event)
    require_unanswered(state, event, grant.owner)
    grant.state = GrantState.REQUESTED
    grant.respond_by = event.respond_by
    await_answer(state, grant)
    set_terms(grant, asked)
    return grant_histories(state, grant)


def withdrawn(state: LedgerState, event: RequestWithdrawn) -> Histories:
    """The requester takes its request back."""
    grant, _ = grant_of(
        state,
        event,
        GrantState.REQUESTED,
        GrantState.COUNTERED,
        GrantState.RETURNED,
        GrantState.REFUSED,
        GrantState.ESCALATED,
    )
    acting(state, event, event.requester)
    grant.state = GrantState.WITHDRAWN
    grant.first_approver = grant.counter = None
    return grant_histories(state, grant)


def grant_of(state: LedgerState, event: GrantEvent, *allowed: GrantState) -> tuple[Grant, Dataset]:
    """The grant that the event is about, when it says the same of it and its state allows it.

    Raises:
        IntegrityError: there is none, or it is of others, or in another state.
    """
    grant = known(state.grants, event.grant, event, "grant")
    same = (grant.dataset, grant.requester) == (event.dataset, event.requester)
    require(same, event, f"grant {grant.id} is of another dataset or requester")
    require(grant.state in allowed, event, f"grant {grant.id} is {grant.state.label}")
    return grant, state.datasets[grant.dataset]


def decided_by_owner(
    state: LedgerState, event: GrantEvent, *allowed: GrantState
) -> tuple[Grant, Dataset]:
    """As `grant_of`, of an event by which the owner decided."""
    grant, dataset = grant_of(state, event, *allowed)
    acting(state, event, grant.owner)
    return grant, dataset


def require_extension(grant: Grant, valid_until: int, event: GrantEvent) -> None:
    """Check that a grant may be made to hold until a later time.

    Raises:
        IntegrityError: it has expired, or the time isn't later.
    """
    require(not grant.expired(event.at.timestamp), event, "the terms have expired")
    require(valid_until > grant.valid_until, event, "it doesn't hold for longer")


def grant_histories(state: LedgerState, grant: Grant) -> Histories:
    """The histories of everything that an event of a grant concerns."""
    parties = [
        grant.events,
        state.datasets[grant.dataset].events,
        state.departments[grant.owner].events,
        state.departments[grant.requester].events,
    ]
    if grant.offer is not None:
        parties.append(state.offers[grant.offer].events)
    return histories(*parties)


def require_unanswered(
    state: LedgerState,
    event: AccessRequested | CounterAccepted | RequestResubmitted,
    owner: DepartmentId,
) -> None:
    """Check that not too many requests of a department wait for one owner's answer.

    Raises:
        IntegrityError: as many as may wait do.
    """
    waiting = _unanswered(state, event.requester, owner)
    few = len(waiting) < MAX_UNANSWERED
    require(few, event, "too many requests wait for the owner's answer")


def await_answer(state: LedgerState, grant: Grant) -> None:
    """Count a request among those that wait for its owner's answer; forget the answered ones."""
    others = _unanswered(state, grant.requester, grant.owner)
    waiting = [*(number for number in others if number != grant.id), grant.id]
    state.unanswered[grant.requester, grant.owner] = waiting


def _unanswered(state: LedgerState, requester: DepartmentId, owner: DepartmentId) -> list[GrantId]:
    numbers = state.unanswered.get((requester, owner), [])
    return [each for each in numbers if state.grants[each].state is GrantState.REQUESTED]


def _asked(state: LedgerState, event: AccessRequested | RequestResubmitted) -> Terms:
    require_not_retired(state, event)
    require(event.valid_until > event.at.timestamp, event, "its validity is over already")
    require_deadline(event.respond_by, periods(state, event).respond, event)
    return terms_of(event)


def terms_of(event: AccessRequested | RequestResubmitted | RequestCountered) -> Terms:
    """The terms that an event tells."""
    return Terms(event.terms, event.purpose, event.all_fields, event.onward_use, event.valid_until)


def set_terms(grant: Grant, terms: Terms) -> None:
    """Let a request be for other terms."""
    grant.terms = terms.digest
    grant.purpose = terms.purpose
    grant.all_fields = terms.all_fields
    grant.onward_use = terms.onward_use
    grant.valid_until = terms.valid_until
