"""Commands of one transaction that a crash broke off: what their next run is to make of them."""

from __future__ import annotations

from dataclasses import fields
from typing import Final

from ledger.events import Event
from ledger.ports import Chain, Receipt

# What an event is about is named by its first field and, where it has one of these, by that too.
_PARTS: Final = ("account", "group", "dataset_version")


def followed(chain: Chain, receipt: Receipt) -> bool:
    """Whether the contracts that a transaction called have since told more of what it was about.

    Then its effect may be undone, and the same command asks for it anew: a grant that was
    suspended, and resumed by somebody else.
    """
    about = {_about(event) for event in receipt.events}
    last = max((_place(event) for event in receipt.events), default=(0, 0))
    return any(
        _place(event) > last and _about(event) in about
        for event in chain.events(receipt.block.number)
    )


def _about(event: Event) -> tuple[object, ...]:
    # After `at`, where it stands.
    first = fields(event)[1].name
    parts = [getattr(event, name, None) for name in _PARTS]
    return event.CONTRACT, first, getattr(event, first), *parts


def _place(event: Event) -> tuple[int, int]:
    return event.at.block_number, event.at.log_index
