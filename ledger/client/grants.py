"""Grants: the requests that became permissions, and how their owners suspend and revoke them."""

from __future__ import annotations

from dataclasses import replace

from ledger.client.hiding import Hidden, end_hiding, hide
from ledger.client.results import Done, Extended
from ledger.client.session import Because, Session
from ledger.client.terms import SECONDS_PER_DAY
from ledger.errors import InputError
from ledger.events import GrantExtended, GrantState
from ledger.models import ReasonCode
from ledger.ports import Hiding
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

    def extend(
        self, number: int, *, days: int | None = None, valid_until: int | None = None
    ) -> Extended:
        """Let a grant hold for so many more days, or until a time (Unix seconds).

        Where the dataset asks for two officers, the second names the same time.

        Raises:
            NotFound: no such grant.
            InputError: neither or both are said.
            ContractError: it isn't this department's, not active, or would hold no longer.
        """
        if (days is None) == (valid_until is None):
            raise InputError("an extension says either for how many days or until when")
        session, grant = self._session, self._session.state().grant(number)
        with session.intent(
            "grant extend", grant=number, days=days, valid_until=valid_until
        ) as intent:
            if "until" not in intent.state:
                # Kept: once it is extended, the days would count from another end.
                later = grant.valid_until + (days or 0) * SECONDS_PER_DAY
                intent.save(until=valid_until or later)
            until = int(str(intent.state["until"]))
            receipt = session.act(
                "officer", "AccessGrants", "extend", grant.id, until, key=intent.key
            )
        extended = any(isinstance(event, GrantExtended) for event in receipt.events)
        return Extended(grant.id, until, extended)

    def resume(self, number: int) -> Done:
        """Resume a grant that was suspended, or that a reset of the requester's ADMIN stopped.

        Raises:
            NotFound: no such grant.
            ContractError: it isn't this department's to resume, or it holds already.
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

    def hide(
        self,
        number: int,
        *,
        until: int,
        reason: ReasonCode,
        text: str,
        legal_ground: str,
        grounds: str | None = None,
    ) -> Hidden:
        """Hide until a time (Unix seconds) whom the answers under a grant are about.

        Raises:
            NotFound: no such grant.
            InputError: it is of another's dataset or of a file, the time is over, or the reason
                isn't one to hide for.
            RefusedError: no auditing body has a key to reveal them with.
        """
        return hide(
            self._session,
            number,
            until=until,
            reason=reason,
            text=text,
            legal_ground=legal_ground,
            grounds=grounds,
        )

    def end_hiding(self, number: int) -> None:
        """Hide nobody any more in new answers under a grant.

        Raises:
            NotFound: no such grant, or nobody is hidden.
            InputError: it is of another's dataset.
        """
        end_hiding(self._session, number)

    def hiding(self, number: int) -> Hiding | None:
        """The order to hide under a grant of one's own dataset."""
        return self._session.store.subjects().hiding(number)

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
