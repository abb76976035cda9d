"""What recalls and the ends of retentions ask of a department, and what others owe by now."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.client.naming import delivered_name, recalled_name
from ledger.client.results import InboxItem
from ledger.client.retention import END_OF_RETENTION, Ending, Retentions
from ledger.client.session import Session
from ledger.codes import ReasonCode
from ledger.errors import NodeUnreachable
from ledger.identifiers import DepartmentId
from ledger.provenance import Concern, LedgerState, Transfer, concerned


def of_recalls(session: Session) -> Iterator[InboxItem]:
    """Copies that this department has to give up; of others', those that are overdue, for the owner
    and the agency.
    """
    state, me, now = session.state(), session.me().id, session.now()
    agency = state.agency_at(now)
    for recall in state.recalls.values():
        for concern in concerned(state, recall):
            if concern.attested:
                continue
            if concern.transfer.receiver == me:
                yield _recalled(state, concern)
            elif concern.overdue(now) and me in (agency, state.datasets[recall.dataset].owner):
                yield _unattested(state, concern)
    try:
        yield from _of_retentions(session, state, agency, now)
    except NodeUnreachable as error:
        # Terms are records; all else is told without any.
        what = f"which retentions are over can't be told: {error.message}"
        yield InboxItem("node", 0, what, None, "ledger doctor")


def _of_retentions(
    session: Session, state: LedgerState, agency: DepartmentId, now: int
) -> Iterator[InboxItem]:
    retentions, me = Retentions(session), session.me().id
    for transfer in state.transfers.values():
        if me not in (transfer.receiver, transfer.sender, agency):
            continue
        ending = retentions.due(transfer, now)
        if ending is not None:
            yield from _ended(state, transfer, ending, me, now)


def _recalled(state: LedgerState, concern: Concern) -> InboxItem:
    recall, transfer = concern.recall, concern.transfer
    owner = state.departments[state.datasets[recall.dataset].owner].code
    name, why = recalled_name(state, recall), ReasonCode.told(recall.decision.code)
    what = f"{owner} recalls {name} ({why})"
    if concern.via is not None:
        what += f", and {delivered_name(state, transfer)} was made from it"
    command = f"ledger transfer attest {transfer.id} --recall {recall.id} --outcome OUTCOME"
    return InboxItem("recall", transfer.id, what, concern.attest_by, command)


def _unattested(state: LedgerState, concern: Concern) -> InboxItem:
    transfer = concern.transfer
    receiver = state.departments[transfer.receiver].code
    what = (
        f"{receiver} hasn't said what became of {delivered_name(state, transfer)}, "
        f"which recall {concern.recall.id} concerns"
    )
    return _overdue(transfer, what, concern.attest_by)


def _ended(
    state: LedgerState, transfer: Transfer, ending: Ending, me: DepartmentId, now: int
) -> Iterator[InboxItem]:
    name, receiver = delivered_name(state, transfer), state.departments[transfer.receiver].code
    if transfer.receiver == me:
        what = f"{name} may not be kept any longer: its retention is over"
        command = (
            f"ledger transfer attest {transfer.id} --recall {END_OF_RETENTION} --outcome OUTCOME"
        )
        yield InboxItem("retention", transfer.id, what, ending.attest_by, command)
    elif now > ending.attest_by:
        what = f"{receiver} hasn't said what became of {name}, whose retention is over"
        yield _overdue(transfer, what, ending.attest_by)


def _overdue(transfer: Transfer, what: str, deadline: int) -> InboxItem:
    command = f"ledger transfer show {transfer.id}"
    return InboxItem("unattested", transfer.id, what, deadline, command)
