"""What waits for a department of its requests and grants, and of those that it has to decide."""

from __future__ import annotations

from ledger.client.results import InboxItem
from ledger.events import GrantState
from ledger.provenance import Grant, LedgerState


def of_grant(state: LedgerState, grant: Grant, me: int, now: int) -> InboxItem | None:
    """What a request or grant asks of a department now, if anything."""
    if me == grant.owner:
        return _of_owner(state, grant, now)
    if me == grant.requester:
        return _of_requester(state, grant, now)
    if grant.state is GrantState.ESCALATED and me == state.agency_at(now):
        what = f"{_requester(state, grant)} escalates its request for {_dataset(state, grant)}"
        return _item("escalation", grant, what, None, f"ledger request show {grant.id}")
    return None


def _of_owner(state: LedgerState, grant: Grant, now: int) -> InboxItem | None:
    who, what = _requester(state, grant), _dataset(state, grant)
    show = f"ledger request show {grant.id}"
    if grant.state is GrantState.REQUESTED:
        text = f"{who} requests {what}"
        if grant.first_approver is not None:
            text += ": the second officer's approval is missing"
        return _item("request", grant, text, grant.respond_by, show)
    if grant.state is GrantState.ORDERED and grant.order is not None:
        text = f"the agency orders to grant {what} to {who}"
        command = f"ledger request comply {grant.id}"
        return _item("order", grant, text, grant.order.comply_by, command)
    if grant.state is GrantState.ACTIVE and not grant.expired(now):
        if grant.reset(now):
            text = f"{who} was given a new ADMIN: its grant of {what} doesn't hold until resumed"
            return _item("reset", grant, text, None, f"ledger grant resume {grant.id}")
        if grant.extension is not None:
            text = f"the second officer's approval to extend {who}'s grant of {what} is missing"
            return _item("extension", grant, text, None, f"ledger grant show {grant.id}")
    return None


def _of_requester(state: LedgerState, grant: Grant, now: int) -> InboxItem | None:
    what, show = _dataset(state, grant), f"ledger request show {grant.id}"
    counter = grant.counter
    if grant.state is GrantState.COUNTERED and counter is not None:
        if counter.lapsed(now):
            text = f"other terms offered for {what} have lapsed"
            return _item("counter", grant, text, None, f"ledger request escalate {grant.id}")
        text = f"other terms are offered for {what}"
        return _item("counter", grant, text, counter.lapses_at, show)
    if grant.state is GrantState.RETURNED:
        text = f"the request for {what} was returned to be completed"
        return _item("return", grant, text, None, f"ledger request resubmit {grant.id}")
    if grant.overdue(now):
        late = "granted as ordered" if grant.state is GrantState.ORDERED else "answered in time"
        text = f"the request for {what} was not {late}"
        command = f"ledger request escalate {grant.id}"
        if grant.state is GrantState.ORDERED:
            command = show
        return _item("overdue", grant, text, None, command)
    return None


def _item(kind: str, grant: Grant, what: str, deadline: int | None, command: str) -> InboxItem:
    return InboxItem(kind, grant.id, what, deadline, command)


def _requester(state: LedgerState, grant: Grant) -> str:
    return state.departments[grant.requester].code


def _dataset(state: LedgerState, grant: Grant) -> str:
    return state.datasets[grant.dataset].name
