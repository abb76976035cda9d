"""How long what was received may be kept: so many days from its receipt, as the terms say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ledger.client.session import Session
from ledger.client.terms import SECONDS_PER_DAY, TermsRecords
from ledger.codes import ReasonCode
from ledger.errors import RecordError, RecordUnavailable
from ledger.identifiers import GrantId, RecallId
from ledger.provenance import Transfer

END_OF_RETENTION: Final = RecallId(0)
"""What an attestation at the end of the retention names in place of a recall."""

_GONE: Final = (ReasonCode.REPLACED, ReasonCode.DESTROYED)


@dataclass(frozen=True)
class Ending:
    """The end of a retention, and until when its receiver attests it; Unix seconds."""

    ends_at: int
    attest_by: int


class Retentions:
    """Reads each grant's terms once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._days: dict[GrantId, int | None] = {}

    def ending(self, transfer: Transfer) -> Ending | None:
        """When what a transfer delivered has to go; None where nothing was received under terms,
        or no node has them.
        """
        received_at, grant = transfer.acknowledged_at, transfer.grant
        days = None if received_at is None or grant is None else self._retention(grant)
        if received_at is None or days is None:
            return None
        ends_at = received_at + days * SECONDS_PER_DAY
        period = self._session.state().periods_at(ends_at).attest
        return Ending(ends_at, ends_at + period)

    def due(self, transfer: Transfer, now: int) -> Ending | None:
        """The same, if its receiver has to attest by now what it did, and hasn't."""
        # A day at least, so that terms are read only where it may matter.
        if now < (transfer.acknowledged_at or now) + SECONDS_PER_DAY or _settled(transfer):
            return None
        ending = self.ending(transfer)
        return ending if ending is not None and now >= ending.ends_at else None

    def _retention(self, grant: GrantId) -> int | None:
        if grant not in self._days:
            try:
                self._days[grant] = TermsRecords(self._session).terms(grant).retention_days
            except (RecordUnavailable, RecordError):
                # A record that can't be had, or isn't what it should be, is treated as absent.
                self._days[grant] = None
        return self._days[grant]


def _settled(transfer: Transfer) -> bool:
    """Whether its receiver attested for the end of the retention, or gave it up before."""
    attested = transfer.attestations
    gone = any(decision.code in _GONE for decision in attested.values())
    return gone or END_OF_RETENTION in attested
