"""Everything that waits for one department, with the command that answers it."""

from __future__ import annotations

from ledger.client.inbox_disputes import of_disputes
from ledger.client.inbox_documents import of_document
from ledger.client.inbox_governance import of_governance
from ledger.client.inbox_grants import of_grant
from ledger.client.inbox_recalls import of_recalls
from ledger.client.inbox_subjects import of_hidden
from ledger.client.naming import delivered_name
from ledger.client.results import InboxItem
from ledger.client.session import Session
from ledger.events import TransferState
from ledger.identifiers import TransferId
from ledger.models import PayloadKind
from ledger.provenance import LedgerState, Transfer


def inbox(session: Session) -> list[InboxItem]:
    """What waits for this department, the most urgent first."""
    state, me, now = session.state(), session.me(), session.now()
    checks = session.store.receipt_checks()
    wrong = {place for place, check in checks.items() if check.verdict == "wrong"}
    items = [
        item
        for item in (
            *of_governance(state, me, now),
            *(of_grant(state, grant, me.id, now) for grant in state.grants.values()),
            *(_of_transfer(state, transfer, me.id) for transfer in state.transfers.values()),
            *(_of_receipt(state, *place, now) for place in wrong),
            *(of_hidden(state, transfer, me, now) for transfer in state.transfers.values()),
            *of_recalls(session),
            *of_disputes(state, me.id),
        )
        if item is not None
    ]
    if me.current_key(now) is None:
        items.append(
            InboxItem(
                "key", 0, "no encryption key is published", None, "ledger department key publish"
            )
        )
    return sorted(items, key=lambda item: (item.deadline is None, item.deadline, item.number))


def _of_transfer(state: LedgerState, transfer: Transfer, me: int) -> InboxItem | None:
    if transfer.dataset is None:
        return of_document(state, transfer, me)
    dataset = state.datasets[transfer.dataset]
    asked = transfer.kind is PayloadKind.ANSWER
    name = f"the answer of {dataset.name}" if asked else f"{dataset.name}@{transfer.version}"
    receiver = state.departments[transfer.receiver].code
    match transfer.state:
        case TransferState.OPENED if dataset.owner == me:
            return InboxItem(
                "transfer",
                transfer.id,
                f"{receiver} waits for {name if asked else f'the key of {name}'}",
                transfer.release_by,
                "ledger agent run",
            )
        case TransferState.DISPUTED if dataset.owner == me and not transfer.cured:
            return InboxItem(
                "dispute",
                transfer.id,
                f"{receiver} disputes {name if asked else f'the delivery of {name}'}",
                None,
                f"ledger transfer show {transfer.id}",
            )
        case TransferState.RELEASED if transfer.receiver == me:
            return InboxItem(
                "delivery",
                transfer.id,
                f"{name} is released and unacknowledged",
                transfer.acknowledge_by,
                f"ledger query {transfer.id}" if asked else f"ledger transfer fetch {transfer.id}",
            )
    return None


def _of_receipt(state: LedgerState, number: int, tag: bytes, now: int) -> InboxItem | None:
    """A wrong receipt waits until it is disputed, or its grant doesn't hold any more."""
    transfer = state.transfers.get(TransferId(number))
    if transfer is None or transfer.receipt_tag != tag:
        return None
    if transfer.state is not TransferState.ACKNOWLEDGED:
        return None
    if transfer.grant is not None and not state.grants[transfer.grant].holds(now):
        return None
    receiver = state.departments[transfer.receiver].code
    return InboxItem(
        "receipt",
        transfer.id,
        f"{receiver} acknowledged {delivered_name(state, transfer)} with a WRONG receipt",
        None,
        f"ledger transfer show {transfer.id}",
    )
