"""The rules of escalations, and of grants: what each event requires and changes.

A rule checks everything before it changes anything, and returns the histories that its event
belongs to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.events import (
    AccessOrdered,
    GrantExtended,
    GrantResumed,
    GrantRevoked,
    GrantState,
    GrantSuspended,
    RefusalUpheld,
    RequestEscalated,
)
from ledger.provenance.access import Grant, Order
from ledger.provenance.fold_requests import (
    decided_by_owner,
    grant_histories,
    grant_of,
    require_extension,
)
from ledger.provenance.rules import (
    Histories,
    acting,
    decision,
    histories,
    periods,
    require,
    require_deadline,
    require_notice,
)

if TYPE_CHECKING:
    from ledger.provenance.state import LedgerState


def escalated(state: LedgerState, event: RequestEscalated) -> Histories:
    """The requester, who got no yes, turns to the agency."""
    grant, _ = grant_of(
        state,
        event,
        GrantState.REQUESTED,
        GrantState.REFUSED,
        GrantState.COUNTERED,
        GrantState.RETURNED,
    )
    acting(state, event, event.requester)
    waiting = grant.state is GrantState.REQUESTED and not grant.overdue(event.at.timestamp)
    require(not waiting, event, "the owner's answer isn't due yet")
    grant.state = GrantState.ESCALATED
    grant.counter = grant.first_approver = None
    grant.decision = decision(event)
    return grant_histories(state, grant)


def ordered(state: LedgerState, event: AccessOrdered) -> Histories:
    """The agency rules for the requester; the period for complying begins after its notice."""
    grant = _ruled(state, event)
    require_notice(event.effective_at, event)
    comply = periods(state, event).comply
    require_deadline(event.comply_by, comply, event, since=event.effective_at)
    grant.state = GrantState.ORDERED
    grant.decision = decision(event)
    grant.order = Order(grant.decision, event.effective_at, event.comply_by)
    return _ruling_histories(state, grant, event)


def upheld(state: LedgerState, event: RefusalUpheld) -> Histories:
    """The agency rules for the owner."""
    grant = _ruled(state, event)
    grant.state = GrantState.UPHELD
    grant.decision = decision(event)
    return _ruling_histories(state, grant, event)


def extended(state: LedgerState, event: GrantExtended) -> Histories:
    """The owner lets the grant hold for longer."""
    grant, dataset = decided_by_owner(state, event, GrantState.ACTIVE)
    require_extension(grant, event.valid_until, event)
    enough = grant.approvals == 1 or grant.extension == event.valid_until
    require(enough, event, f"{dataset.name} asks for two approvals")
    grant.valid_until = event.valid_until
    grant.extension = grant.first_approver = None
    return grant_histories(state, grant)


def suspended(state: LedgerState, event: GrantSuspended) -> Histories:
    """The owner, or the agency that ordered it, suspends an Active grant."""
    grant = _decided(state, event, GrantState.ACTIVE)
    grant.state = GrantState.SUSPENDED
    grant.decision = decision(event)
    return grant_histories(state, grant)


def resumed(state: LedgerState, event: GrantResumed) -> Histories:
    """The owner ends a suspension, or wants a grant to hold in spite of the requester's reset."""
    grant, _ = decided_by_owner(state, event, GrantState.SUSPENDED, GrantState.ACTIVE)
    now = event.at.timestamp
    needed = grant.state is GrantState.SUSPENDED or grant.reset(now)
    require(needed, event, f"grant {grant.id} is active, and its requester wasn't reset")
    grant.state = GrantState.ACTIVE
    grant.held_since = now
    return grant_histories(state, grant)


def revoked(state: LedgerState, event: GrantRevoked) -> Histories:
    """The owner, or the agency that ordered it, ends the grant for good."""
    grant = _decided(state, event, GrantState.ACTIVE, GrantState.SUSPENDED)
    grant.state = GrantState.REVOKED
    grant.decision = decision(event)
    return grant_histories(state, grant)


def _decided(
    state: LedgerState, event: GrantSuspended | GrantRevoked, *allowed: GrantState
) -> Grant:
    """A grant that the event's sender may suspend or revoke."""
    grant, _ = grant_of(state, event, *allowed)
    if not grant.ordered:
        acting(state, event, grant.owner)
    return grant


def _ruled(state: LedgerState, event: AccessOrdered | RefusalUpheld) -> Grant:
    grant, _ = grant_of(state, event, GrantState.ESCALATED)
    own = state.agencies.at(event.at.timestamp) == grant.requester
    require(not own, event, "the agency can't rule on its own request")
    require(event.terms == grant.terms, event, "it rules on other terms than were asked for")
    return grant


def _ruling_histories(
    state: LedgerState, grant: Grant, event: AccessOrdered | RefusalUpheld
) -> Histories:
    agency = state.departments[state.agency_at(event.at.timestamp)]
    return histories(*grant_histories(state, grant), agency.events)
