"""The rules of `AccessGrants`' events: what each requires and what it changes.

A rule checks everything before it changes anything, and returns the histories that its event
belongs to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.events import (
    AccessRequested,
    ApprovalRecorded,
    Capability,
    GrantActivated,
    GrantBasis,
    GrantEvent,
    GrantResumed,
    GrantRevoked,
    GrantState,
    GrantSuspended,
    RequestRefused,
    RequestWithdrawn,
    SharingClass,
)
from ledger.provenance.access import Grant
from ledger.provenance.catalogue import Dataset, Decision
from ledger.provenance.rules import (
    Histories,
    acting,
    known,
    periods,
    require,
    require_deadline,
)

if TYPE_CHECKING:
    from ledger.provenance.state import LedgerState


def requested(state: LedgerState, event: AccessRequested) -> Histories:
    """A request with the next number, for another department's dataset."""
    requester = acting(state, event, event.requester)
    dataset = known(state.datasets, event.dataset, event, "dataset")
    owner = acting(state, event, dataset.owner)
    require(event.grant == len(state.grants) + 1, event, "the number isn't the next one")
    require(owner.id != requester.id, event, f"{dataset.name} is the requester's own")
    require(not dataset.withdrawn, event, f"{dataset.name} is withdrawn")
    require(dataset.sharing is not SharingClass.CLOSED, event, f"{dataset.name} is closed")
    require(event.valid_until > event.at.timestamp, event, "its validity is over already")
    require_deadline(event.respond_by, periods(state, event).respond, event)
    grant = Grant(
        id=event.grant,
        dataset=dataset.id,
        owner=owner.id,
        requester=requester.id,
        terms=event.terms,
        purpose=event.purpose,
        all_fields=event.all_fields,
        onward_use=event.onward_use,
        valid_until=event.valid_until,
        respond_by=event.respond_by,
        requested_at=event.at.timestamp,
        approvals=dataset.approvals,
        waiting=state.waiting.setdefault((dataset.id, requester.id), {}),
    )
    state.grants[grant.id] = grant
    return _histories(state, grant)


def approval_recorded(state: LedgerState, event: ApprovalRecorded) -> Histories:
    """The first approval of a request that needs two, by an OFFICER of the owner."""
    grant, dataset = _decided_by_owner(state, event, GrantState.REQUESTED)
    _require_approvable(grant, event)
    require(grant.approvals == 2, event, f"{dataset.name} asks for one approval")
    require(grant.first_approver is None, event, "there is a first approval already")
    officer = state.departments[grant.owner].accounts.get(event.officer, Capability(0))
    require(Capability.OFFICER in officer, event, f"{event.officer} is no OFFICER of the owner")
    grant.first_approver = event.officer
    return _histories(state, grant)


def activated(state: LedgerState, event: GrantActivated) -> Histories:
    """A request becomes a grant: approved by its owner, or of an open dataset."""
    if event.basis is GrantBasis.APPROVAL:
        grant, dataset = _decided_by_owner(state, event, GrantState.REQUESTED)
        enough = grant.approvals == 1 or grant.first_approver is not None
        require(enough, event, f"{dataset.name} asks for two approvals")
    else:
        grant, dataset = _grant(state, event, GrantState.REQUESTED)
        require(dataset.sharing is SharingClass.OPEN, event, f"{dataset.name} isn't open")
        request = grant.events[-1].at
        at_once = request.transaction == event.at.transaction
        require(at_once, event, "the request of an open dataset is granted in its own transaction")
    _require_approvable(grant, event)
    grant.state = GrantState.ACTIVE
    grant.basis = event.basis
    grant.activated_at = event.at.timestamp
    return _histories(state, grant)


def refused(state: LedgerState, event: RequestRefused) -> Histories:
    """The owner's no."""
    grant, _ = _decided_by_owner(state, event, GrantState.REQUESTED)
    grant.state = GrantState.REFUSED
    grant.decision = Decision(event.reason_code, event.reason, event.at.timestamp)
    return _histories(state, grant)


def withdrawn(state: LedgerState, event: RequestWithdrawn) -> Histories:
    """The requester takes its request back."""
    grant, _ = _grant(state, event, GrantState.REQUESTED)
    acting(state, event, event.requester)
    grant.state = GrantState.WITHDRAWN
    return _histories(state, grant)


def suspended(state: LedgerState, event: GrantSuspended) -> Histories:
    """The owner suspends an Active grant."""
    grant, _ = _decided_by_owner(state, event, GrantState.ACTIVE)
    grant.state = GrantState.SUSPENDED
    grant.decision = Decision(event.reason_code, event.reason, event.at.timestamp)
    return _histories(state, grant)


def resumed(state: LedgerState, event: GrantResumed) -> Histories:
    """The owner ends a suspension."""
    grant, _ = _decided_by_owner(state, event, GrantState.SUSPENDED)
    grant.state = GrantState.ACTIVE
    return _histories(state, grant)


def revoked(state: LedgerState, event: GrantRevoked) -> Histories:
    """The owner ends the grant for good."""
    grant, _ = _decided_by_owner(state, event, GrantState.ACTIVE, GrantState.SUSPENDED)
    grant.state = GrantState.REVOKED
    grant.decision = Decision(event.reason_code, event.reason, event.at.timestamp)
    return _histories(state, grant)


def _grant(state: LedgerState, event: GrantEvent, *allowed: GrantState) -> tuple[Grant, Dataset]:
    """The grant that the event is about, when it says the same of it and its state allows it."""
    grant = known(state.grants, event.grant, event, "grant")
    same = (grant.dataset, grant.requester) == (event.dataset, event.requester)
    require(same, event, f"grant {grant.id} is of another dataset or requester")
    require(grant.state in allowed, event, f"grant {grant.id} is {grant.state.label}")
    return grant, state.datasets[grant.dataset]


def _decided_by_owner(
    state: LedgerState, event: GrantEvent, *allowed: GrantState
) -> tuple[Grant, Dataset]:
    grant, dataset = _grant(state, event, *allowed)
    acting(state, event, grant.owner)
    return grant, dataset


def _require_approvable(grant: Grant, event: ApprovalRecorded | GrantActivated) -> None:
    require(event.terms == grant.terms, event, "it agrees to other terms than were requested")
    require(not grant.expired(event.at.timestamp), event, "the terms have expired")


def _histories(state: LedgerState, grant: Grant) -> Histories:
    return (
        grant.events,
        state.datasets[grant.dataset].events,
        state.departments[grant.owner].events,
        state.departments[grant.requester].events,
    )
