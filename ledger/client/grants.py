"""Grants: the requests that became permissions, and how their owners suspend and revoke them."""

from __future__ import annotations

from dataclasses import replace

from ledger.client.results import Done
from ledger.client.session import Because, Session
from ledger.events import GrantState
from ledger.models import ReasonCode
from ledger.provenance import Grant

GRANTED = (GrantState.ACTIVE, GrantState.SUSPENDED, GrantState.REVOKED)


def of_dataset(session: Session, name: str | None) -> list[Grant]:
    """Requests and grants by number, of one dataset or of all.

    Raises:
        NotFound: no such dataset.
    """
    state = session.state()
    wanted = state.dataset(name).id if name else None
    return [grant for _, grant in sorted(state.grants.items()) if wanted in (None, grant.dataset)]


class Grants:
    """What an owner does with a permission that it gave."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def suspend(
        self, number: int, *, reason: ReasonCode, text: str, grounds: str | None = None
    ) -> Done:
        """Suspend a grant: nothing is released under it until it is resumed.

        Raises:
            NotFound: no such grant.
            ContractError: it isn't this department's to suspend, or not active.
        """
        return self._because("suspend", number, Because(reason, text, grounds))

    def resume(self, number: int) -> Done:
        """Resume a suspended grant.

        Raises:
            NotFound: no such grant.
            ContractError: it isn't this department's to resume, or not suspended.
        """
        grant = self._session.state().grant(number)
        return self._session.decide("grant resume", "AccessGrants", "resume", grant.id)

    def revoke(
        self, number: int, *, reason: ReasonCode, text: str, grounds: str | None = None
    ) -> Done:
        """Revoke a grant for good; what was received stays received.

        Raises:
            NotFound: no such grant.
            ContractError: it isn't this department's to revoke, or over already.
        """
        return self._because("revoke", number, Because(reason, text, grounds))

    def list(self, *, dataset: str | None = None) -> list[Grant]:
        """Grants by number, of all members.

        Raises:
            NotFound: no such dataset.
        """
        return [one for one in of_dataset(self._session, dataset) if one.state in GRANTED]

    def show(self, number: int) -> Grant:
        """One grant.

        Raises:
            NotFound: there is none of this number.
        """
        return self._session.state().grant(number)

    def _because(self, verb: str, number: int, reason: Because) -> Done:
        state = self._session.state()
        grant = state.grant(number)
        return self._session.decide_because(
            f"grant {verb}",
            "AccessGrants",
            verb,
            grant.id,
            because=replace(reason, readers=(state.departments[grant.requester],)),
        )
