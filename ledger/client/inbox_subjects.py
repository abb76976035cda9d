"""What waits for a department of the tags that hide whom an answer is about."""

from __future__ import annotations

from ledger.client.results import InboxItem
from ledger.client.revealing import hidden_tag_of
from ledger.provenance import Department, LedgerState, Transfer


def of_hidden(state: LedgerState, transfer: Transfer, me: Department, now: int) -> InboxItem | None:
    """A tag that is due to be revealed, for its owner and the auditing bodies."""
    hidden = hidden_tag_of(transfer)
    if hidden is None or hidden.hidden_until is None or now < hidden.hidden_until:
        return None
    if me.id != transfer.sender and not me.auditor(now):
        return None
    owner, receiver = state.departments[transfer.sender], state.departments[transfer.receiver]
    return InboxItem(
        "reveal",
        transfer.id,
        f"{owner.code} still hides whom its answer to {receiver.code} is about",
        hidden.hidden_until,
        f"ledger transfer reveal {transfer.id}",
    )
