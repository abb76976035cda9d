"""What transfers and recalls are of, in words."""

from __future__ import annotations

from ledger.provenance import LedgerState, Recall, Transfer


def recalled_name(state: LedgerState, recall: Recall) -> str:
    """The version that a recall is of: `labour/employment@3`."""
    return f"{state.datasets[recall.dataset].name}@{recall.version}"


def delivered_name(state: LedgerState, transfer: Transfer) -> str:
    """What a transfer delivers: `labour/employment@3`, a service's answer, or a document."""
    if transfer.dataset is None:
        return "a document"
    name = state.datasets[transfer.dataset].name
    return name if transfer.version is None else f"{name}@{transfer.version}"
