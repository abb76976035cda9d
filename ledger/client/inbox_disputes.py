"""What disputes ask of arbiters who were given a key, and of senders whose cure didn't help."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.client.naming import delivered_name
from ledger.client.results import InboxItem
from ledger.events import TransferState
from ledger.provenance import LedgerState, Transfer


def of_disputes(state: LedgerState, me: int) -> Iterator[InboxItem]:
    """Disputes that this department can judge, or bring before an arbiter."""
    for transfer in state.transfers.values():
        if transfer.state is TransferState.DISPUTED:
            if any(disclosure.arbiter == me for disclosure in transfer.disclosures):
                yield _to_judge(state, transfer)
            elif transfer.sender == me and transfer.cured:
                yield _not_cured(state, transfer)


def _to_judge(state: LedgerState, transfer: Transfer) -> InboxItem:
    receiver, name = state.departments[transfer.receiver].code, delivered_name(state, transfer)
    what = f"{receiver} disputes {name}, and this department may judge it"
    command = f"ledger transfer arbitrate {transfer.id}"
    return InboxItem("judgement", transfer.id, what, None, command)


def _not_cured(state: LedgerState, transfer: Transfer) -> InboxItem:
    receiver = state.departments[transfer.receiver].code
    what = f"{receiver} disputes {delivered_name(state, transfer)} again: an arbiter may judge it"
    return InboxItem("dispute", transfer.id, what, None, f"ledger transfer show {transfer.id}")
