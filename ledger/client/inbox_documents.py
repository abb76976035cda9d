"""What waits for a department of the documents that it sent and that were sent to it."""

from __future__ import annotations

from ledger.client.results import InboxItem
from ledger.client.serving import curable
from ledger.events import TransferState
from ledger.provenance import LedgerState, Transfer


def of_document(state: LedgerState, document: Transfer, me: int) -> InboxItem | None:
    """What a document asks of a department now, if anything; what is sealed in it isn't said."""
    if document.state is TransferState.RELEASED and document.receiver == me:
        sender = state.departments[document.sender].code
        return InboxItem(
            "document",
            document.id,
            f"{sender} sent a document",
            document.acknowledge_by,
            f"ledger document receive {document.id} --out FILE",
        )
    if curable(document) and document.sender == me:
        receiver = state.departments[document.receiver].code
        return InboxItem(
            "dispute",
            document.id,
            f"{receiver} refuses a document",
            None,
            f"ledger document show {document.id}",
        )
    return None
