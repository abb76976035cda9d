"""Why a department decides as it does, as a command says it."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.identifiers import Code
from ledger.models import Reason, ReasonCode, checking_input
from ledger.provenance import Department


@dataclass(frozen=True)
class Because:
    """A reason: a code, a text that every member may read, and grounds sealed to `readers` and the
    auditors.
    """

    code: ReasonCode
    text: str
    grounds: str | None = None
    readers: tuple[Department, ...] = ()
    arbiters: tuple[Code, ...] = ()
    """Who may judge a dispute, by code ascending."""
    legal_ground: str | None = None
    """The law or order that it rests on: needed to keep what was recalled."""
    replaced_by: int | None = None
    """The version that takes the place of one that is recalled."""

    def record(self, department: Code) -> Reason:
        """The public part of its record.

        Raises:
            InputError: malformed text, or something that the code needs is missing or unfit.
        """
        with checking_input("the reason"):
            return Reason(
                department=department,
                code=self.code,
                text=self.text,
                legal_ground=self.legal_ground,
                arbiters=self.arbiters or None,
                replaced_by=self.replaced_by,
            )
