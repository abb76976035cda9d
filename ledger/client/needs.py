"""Needs: data that departments miss and nobody lists."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.client.mined import only
from ledger.client.results import Done, NeedPublished, NeedView
from ledger.client.session import Because, Session
from ledger.errors import NotFound, RecordError, RecordUnavailable
from ledger.events import NeedPublished as NeedPublishedEvent
from ledger.identifiers import NeedId, parse_code
from ledger.models import Need as NeedRecord
from ledger.models import Purpose, ReasonCode, checking_input
from ledger.provenance import Need
from ledger.words import there_are


class Needs:
    """What is missing, as those who miss it say."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def publish(
        self,
        *,
        title: str,
        description: str,
        purpose: Purpose,
        keywords: Iterable[str] = (),
        legal_basis: str | None = None,
        holder: str | None = None,
        needed_by: int | None = None,
    ) -> NeedPublished:
        """Publish a need of this department; `holder` is who probably has the data, `needed_by`
        Unix seconds.

        Raises:
            InputError: malformed text.
            NotFound: no department has the code `holder`.
        """
        session = self._session
        with checking_input("the need"):
            record = NeedRecord(
                department=session.code,
                title=title,
                description=description,
                keywords=tuple(keywords),
                purpose=purpose,
                legal_basis=legal_basis,
                holder=parse_code(session.state().department(holder).code) if holder else None,
                needed_by=needed_by,
            )
        digest = session.publish_record(record)
        receipt = session.send("need publish", "DatasetRegistry", "publishNeed", digest)
        return NeedPublished(only(receipt, NeedPublishedEvent).need, digest)

    def withdraw(self, number: int, *, reason: ReasonCode, text: str) -> Done:
        """Withdraw a need of this department, met or not.

        Raises:
            NotFound: no such need.
            ContractError: it is another department's, or withdrawn already.
        """
        return self._session.decide_because(
            "need withdraw",
            "DatasetRegistry",
            "withdrawNeed",
            self._need(number).id,
            because=Because(reason, text),
        )

    def list(self, *, department: str | None = None, every: bool = False) -> list[NeedView]:
        """The needs by number; with `every` those that were withdrawn, too.

        Raises:
            NotFound: no department has the code `department`.
        """
        state = self._session.state()
        wanted = state.department(department).id if department else None
        return [
            self._view(need)
            for _, need in sorted(state.needs.items())
            if wanted in (None, need.department) and (every or not need.withdrawn)
        ]

    def show(self, number: int) -> NeedView:
        """One need, withdrawn or not.

        Raises:
            NotFound: there is none of this number.
        """
        return self._view(self._need(number))

    def _need(self, number: int) -> Need:
        needs = self._session.state().needs
        found = needs.get(NeedId(number))
        if found is None:
            raise NotFound(
                f"there is no need {number}; {there_are(len(needs))}", hint="ledger need list --all"
            )
        return found

    def _view(self, need: Need) -> NeedView:
        code = self._session.state().departments[need.department].code
        # A record that can't be fetched, or isn't what it should be, is treated as absent.
        try:
            record = self._session.fetch_record(NeedRecord, need.description)
            record.require_match(department=code)
        except (RecordUnavailable, RecordError):
            return NeedView(need, code, None)
        return NeedView(need, code, record)
