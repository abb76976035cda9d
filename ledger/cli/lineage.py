"""What was made from what, and what recalls ask for, as commands show it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.render import Column

if TYPE_CHECKING:
    from ledger.client.recalling import Concerned
    from ledger.provenance import LedgerState, Version


@dataclass(frozen=True)
class Link:
    """A version that something was made from or into, and the transfer between them."""

    dataset: str
    """With the version, if it is one: `labour/employment@3`."""
    transfer: int

    def __str__(self) -> str:
        return f"{self.dataset} (transfer {self.transfer})"


LINEAGE_COLUMNS: Final = [
    Column("Recall", "recall", right=True),
    Column("Made from", "sources"),
    Column("Made into", "made"),
]
CONCERNED_COLUMNS: Final = [
    Column("Recall", "recall", right=True),
    Column("Recalled", "recalled"),
    Column("Transfer", "transfer", right=True),
    Column("Receiver", "receiver"),
    Column("Of", "dataset"),
    Column("Made from", "via", right=True),
    Column("Attest until", "attest_by"),
    Column("Outcome", "outcome"),
    Column("Attested", "attested_at"),
]


def sources_of(version: Version, state: LedgerState) -> tuple[Link, ...]:
    """What a version was made from, as its owner declared."""
    from ledger.client.naming import delivered_name

    return tuple(
        Link(delivered_name(state, state.transfers[number]), number) for number in version.sources
    )


def made_from(version: Version, state: LedgerState) -> tuple[Link, ...]:
    """What was made from a version, as its receivers declared."""
    return tuple(
        Link(f"{state.datasets[dataset].name}@{number}", transfer)
        for transfer in version.transfers
        for dataset, number in state.transfers[transfer].made
    )


def told(concerned: Iterable[Concerned]) -> str:
    """Whom a recall concerns, in one sentence."""
    direct = sorted({one.receiver for one in concerned if one.via is None})
    onward = sorted({one.receiver for one in concerned if one.via is not None})
    if not direct:
        return "Nobody has received it."
    parts = [f"It concerns {', '.join(direct)}"]
    if onward:
        parts.append(f"and, through what was made from it, {', '.join(onward)}")
    return f"{' '.join(parts)}."
