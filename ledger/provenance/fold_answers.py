"""The rules of the answers to requests, until they are grants: what each requires and changes.

A rule checks everything before it changes anything, and returns the histories that its event
belongs to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.events import (
    ApprovalRecorded,
    CounterAccepted,
    GrantActivated,
    GrantBasis,
    GrantState,
    RequestCountered,
    RequestRefused,
    RequestReturned,
    SharingClass,
)
from ledger.provenance.access import Counter, Grant
from ledger.provenance.fold_requests import (
    await_answer,
    decided_by_owner,
    grant_histories,
    grant_of,
    require_extension,
    require_unanswered,
    set_terms,
    terms_of,
)
from ledger.provenance.rules import (
    Histories,
    acting,
    decision,
    impossible,
    periods,
    require,
    require_deadline,
    require_officer,
)

if TYPE_CHECKING:
    from ledger.provenance.state import LedgerState


def approval_recorded(state: LedgerState, event: ApprovalRecorded) -> Histories:
    """The first approval of what needs two, by an OFFICER of the owner.

    It is of a request's terms, of an order's, or of a grant's extension.
    """
    states = (GrantState.REQUESTED, GrantState.ORDERED, GrantState.ACTIVE)
    grant, dataset = decided_by_owner(state, event, *states)
    extension = grant.state is GrantState.ACTIVE
    require(grant.approvals == 2, event, f"{dataset.name} asks for one approval")
    owner = state.departments[grant.owner]
    require_officer(owner, event.officer, event)
    if extension:
        valid_until = int.from_bytes(event.terms, "big")
        require_extension(grant, valid_until, event)
        again = grant.extension == valid_until
    else:
        _require_approvable(grant, event)
        again = grant.first_approver is not None
    require(not again, event, "there is a first approval already")
    grant.first_approver = event.officer
    grant.extension = valid_until if extension else None
    return grant_histories(state, grant)


def activated(state: LedgerState, event: GrantActivated) -> Histories:
    """A request becomes a grant, by its owner's decision or standing permission."""
    rule = _ACTIVATIONS[event.basis]
    grant = rule(state, event)
    now = event.at.timestamp
    grant.state = GrantState.ACTIVE
    grant.basis = event.basis
    grant.activated_at = now
    # A counter was decided when it was made: not for an ADMIN whom a reset has brought in since.
    grant.held_since = grant.counter.made_at if grant.counter else now
    grant.first_approver = grant.counter = None
    return grant_histories(state, grant)


def countered(state: LedgerState, event: RequestCountered) -> Histories:
    """Other terms by an OFFICER of the owner, which lapse after the period for responses."""
    grant, _ = decided_by_owner(state, event, GrantState.REQUESTED)
    require_officer(state.departments[grant.owner], event.officer, event)
    terms = terms_of(event)
    require(terms.valid_until > event.at.timestamp, event, "its validity is over already")
    require_deadline(event.lapses_at, periods(state, event).respond, event)
    grant.state = GrantState.COUNTERED
    grant.counter = Counter(terms, event.at.timestamp, event.lapses_at, event.officer)
    # Where two have to approve, it is this officer's approval of its terms.
    grant.first_approver = event.officer if grant.approvals == 2 else None
    return grant_histories(state, grant)


def counter_accepted(state: LedgerState, event: CounterAccepted) -> Histories:
    """The requester takes the owner's terms, which wait for the second of two officers."""
    grant, dataset = grant_of(state, event, GrantState.COUNTERED)
    counter = _acceptable(state, event, grant)
    require(grant.approvals == 2, event, f"{dataset.name} asks for one approval")
    require_unanswered(state, event, grant.owner)
    require_deadline(event.respond_by, periods(state, event).respond, event)
    grant.state = GrantState.REQUESTED
    grant.respond_by = event.respond_by
    await_answer(state, grant)
    grant.counter = None
    set_terms(grant, counter.terms)
    return grant_histories(state, grant)


def returned(state: LedgerState, event: RequestReturned) -> Histories:
    """The owner sends the request back for completion."""
    grant, _ = decided_by_owner(state, event, GrantState.REQUESTED)
    grant.state = GrantState.RETURNED
    grant.first_approver = None
    grant.decision = decision(event)
    return grant_histories(state, grant)


def refused(state: LedgerState, event: RequestRefused) -> Histories:
    """The owner's no."""
    grant, _ = decided_by_owner(state, event, GrantState.REQUESTED)
    grant.state = GrantState.REFUSED
    grant.first_approver = None
    grant.decision = decision(event)
    return grant_histories(state, grant)


def _approved(state: LedgerState, event: GrantActivated) -> Grant:
    """By the owner, whom the agency may have ordered to."""
    wanted = GrantState.ORDERED if event.basis is GrantBasis.ORDER else GrantState.REQUESTED
    grant, dataset = decided_by_owner(state, event, wanted)
    enough = grant.approvals == 1 or grant.first_approver is not None
    require(enough, event, f"{dataset.name} asks for two approvals")
    _require_approvable(grant, event)
    return grant


def _granted_at_once(state: LedgerState, event: GrantActivated) -> Grant:
    """In the request's own transaction: of an open dataset, or under an offer."""
    grant, dataset = grant_of(state, event, GrantState.REQUESTED)
    if event.basis is GrantBasis.OFFER:
        require(grant.offer is not None, event, "it was made under no offer")
    else:
        open_class = dataset.sharing is SharingClass.OPEN and grant.offer is None
        require(open_class, event, f"{dataset.name} isn't open")
    at_once = grant.events[-1].at.transaction == event.at.transaction
    require(at_once, event, "such a request is granted in its own transaction")
    _require_approvable(grant, event)
    return grant


def _accepted(state: LedgerState, event: GrantActivated) -> Grant:
    """By the requester, under the owner's terms."""
    grant, dataset = grant_of(state, event, GrantState.COUNTERED)
    counter = _acceptable(state, event, grant)
    require(grant.approvals == 1, event, f"{dataset.name} asks for two approvals")
    set_terms(grant, counter.terms)
    return grant


_ACTIVATIONS = {
    GrantBasis.APPROVAL: _approved,
    GrantBasis.OPEN_CLASS: _granted_at_once,
    GrantBasis.OFFER: _granted_at_once,
    GrantBasis.COUNTER: _accepted,
    GrantBasis.ORDER: _approved,
}


def _acceptable(
    state: LedgerState, event: GrantActivated | CounterAccepted, grant: Grant
) -> Counter:
    acting(state, event, event.requester)
    counter = grant.counter
    if counter is None:
        raise impossible(event, "there is no counter")
    now = event.at.timestamp
    require(event.terms == counter.terms.digest, event, "it agrees to other terms than offered")
    require(not counter.lapsed(now), event, "the counter has lapsed")
    require(now < counter.terms.valid_until, event, "the terms have expired")
    return counter


def _require_approvable(grant: Grant, event: ApprovalRecorded | GrantActivated) -> None:
    require(event.terms == grant.terms, event, "it agrees to other terms than were requested")
    require(not grant.expired(event.at.timestamp), event, "the terms have expired")
