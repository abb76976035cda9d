"""What a transaction that was mined says."""

from __future__ import annotations

from typing import TypeVar

from ledger.client.results import Done
from ledger.errors import RecordError
from ledger.events import Event
from ledger.ports import Receipt

EventT = TypeVar("EventT", bound=Event)


def done(receipt: Receipt) -> Done:
    """What a command that was one transaction returns."""
    return Done(receipt.transaction, receipt.block.number)


def only(receipt: Receipt, kind: type[EventT]) -> EventT:
    """The one event of this kind in a receipt.

    Raises:
        RecordError: there is none, or more than one.
    """
    found = [event for event in receipt.events if isinstance(event, kind)]
    if len(found) != 1:
        raise RecordError(
            f"transaction 0x{receipt.transaction.hex()} has {len(found)} {kind.__name__} events, "
            "expected 1"
        )
    return found[0]
