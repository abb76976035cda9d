"""What a subject's log shows: who used data about it, or about many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.cli.story import purpose_label
from ledger.render import Column

if TYPE_CHECKING:
    from ledger.citizen import SubjectLog, Use

USE_COLUMNS = [
    Column("Who", "receiver"),
    Column("What", "dataset"),
    Column("What for", "purpose"),
    Column("When", "released_at"),
    Column("Legal basis", "legal_basis"),
    Column("Grant", "grant", right=True),
    Column("Transfer", "transfer", right=True),
]


@dataclass(frozen=True)
class UseRow:
    """One use of data about a subject, or about many."""

    receiver: str
    owner: str
    dataset: str
    purpose: str
    legal_basis: str | None
    grant: int
    consent: int | None
    transfer: int
    released_at: int | None
    acknowledged_at: int | None

    @classmethod
    def of(cls, use: Use) -> UseRow:
        """Flatten a use."""
        return cls(
            receiver=use.receiver,
            owner=use.owner,
            dataset=use.dataset,
            purpose=purpose_label(use.purpose),
            legal_basis=use.legal_basis,
            grant=use.grant,
            consent=use.consent,
            transfer=use.transfer,
            released_at=use.released_at,
            acknowledged_at=use.acknowledged_at,
        )


@dataclass(frozen=True)
class LogReport:
    """What a subject's key finds, and what it can't."""

    about_me: list[UseRow]
    bulk: list[UseRow]
    """Files about many, which may include the subject."""
    hidden: int
    """How many answers hide for now whom they are about, whoever that is."""
    unreadable: list[int]
    """The transfers of tagged answers that can't be checked."""

    @classmethod
    def of(cls, found: SubjectLog) -> LogReport:
        """Flatten a log."""
        return cls(
            about_me=[UseRow.of(use) for use in found.about_me],
            bulk=[UseRow.of(use) for use in found.bulk],
            hidden=found.hidden,
            unreadable=list(found.unreadable),
        )
