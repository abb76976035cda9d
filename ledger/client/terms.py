"""The records of terms: written from what people say, changed, and read back from what the chain
names.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from ledger.client.session import Session
from ledger.envelope.annex import open_annex, seal_annex
from ledger.errors import InputError, NotFound
from ledger.events import AccessRequested, RequestCountered, RequestResubmitted
from ledger.identifiers import Digest
from ledger.models import DatasetDescription, Purpose, Specification, Terms, checking_input
from ledger.provenance import Counter, Dataset, Grant, LedgerState
from ledger.tableschema import TableSchema

SECONDS_PER_DAY = 86_400
TermsEvent = AccessRequested | RequestResubmitted | RequestCountered
"""Those that name terms."""


class Changes(TypedDict, total=False):
    """What shall be different in terms; what isn't named stays as it is."""

    purpose: Purpose
    purpose_text: str
    legal_basis: str
    fields: Sequence[str]
    all_fields: bool
    """Every column, whatever the terms said."""
    retention_days: int
    security_measures: str
    onward_use: bool
    valid_days: int
    """Counted from now."""
    valid_until: int
    """Unix seconds."""


def changed(terms: Terms, changes: Changes, now: int, *, counter_by: str | None = None) -> Terms:
    """Terms with changes, without an annex.

    Raises:
        InputError: they aren't well formed, or say twice for how long.
    """
    new: dict[str, object] = {"counter_by": counter_by}
    if "valid_days" in changes and "valid_until" in changes:
        raise InputError("the terms say either for how many days or until when, not both")
    if "valid_days" in changes:
        new["valid_until"] = until(changes["valid_days"], now)
    if "fields" in changes:
        new["fields"] = tuple(changes["fields"])
    if changes.get("all_fields"):
        new["fields"] = None
    same = Terms.model_fields.keys() - {"annex", "counter_by"}
    kept = {name: changes.get(name, getattr(terms, name)) for name in same}
    with checking_input("what the terms say"):
        return Terms.model_validate(kept | new)


def said(changes: Changes) -> dict[str, object]:
    """Changes as an intent's record can hold them."""
    return {
        name: list(value) if name == "fields" else value  # type: ignore[call-overload]
        for name, value in changes.items()
    }


def until(valid_days: int | None, now: int) -> int:
    """The end, in Unix seconds, of a validity that begins now.

    Raises:
        InputError: it isn't a number of days from 1 on.
    """
    if valid_days is None or valid_days < 1:
        raise InputError("a request says how long it is for, in days from 1 on, or until when")
    return now + valid_days * SECONDS_PER_DAY


class TermsRecords:
    """Reads and writes the terms of requests."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def terms(self, number: int) -> Terms:
        """The terms of a request, checked against what the chain says of it.

        Raises:
            NotFound: no such request.
            RecordUnavailable: no node has them.
            RecordError: they contradict the chain.
        """
        grant = self._session.state().grant(number)
        return self._checked(grant, grant.terms)

    def counter_terms(self, number: int) -> Terms:
        """The terms that the owner offers instead, checked against what the chain says of them.

        Raises:
            NotFound: no such request, or no counter waits.
            RecordUnavailable: no node has them.
            RecordError: they contradict the chain.
        """
        grant = self._session.state().grant(number)
        return self._checked(grant, self._counter(grant).terms.digest)

    def sealed(self, number: int) -> dict[str, object]:
        """The sealed part of a request's terms, for those to whom it is sealed.

        Raises:
            NotFound: there is none, or it isn't sealed to this department.
            IntegrityError: it was altered.
        """
        return self._opened(self.terms(number))

    def _checked(self, grant: Grant, digest: Digest) -> Terms:
        terms = self._session.fetch_record(Terms, digest)
        check_terms(terms, digest, grant, self._session.state())
        return terms

    def _counter(self, grant: Grant) -> Counter:
        if grant.counter is None:
            raise NotFound(
                f"the owner offers no other terms for request {grant.id}",
                hint=f"ledger request show {grant.id}",
            )
        return grant.counter

    def _opened(self, terms: Terms) -> dict[str, object]:
        session = self._session
        return open_annex(
            terms, session.keys.load(), department=session.code, deployment=session.deployment
        )

    def _sealed(self, terms: Terms, dataset: Dataset, secret: dict[str, object]) -> Terms:
        """The terms with what is secret sealed to the owner, this department and the auditors."""
        if not secret:
            return terms
        session = self._session
        owner = session.state().departments[dataset.owner]
        return seal_annex(
            terms, secret, session.recipients([owner, session.me()]), deployment=session.deployment
        )

    def _require_columns(self, dataset: Dataset, fields: Sequence[str] | None) -> None:
        """Check that a dataset has these columns.

        Raises:
            InputError: one of them isn't a column of its specification, or it has none.
        """
        if fields is None:
            return
        schema = self._table_schema(dataset)
        if schema is None:
            raise InputError(
                f"{dataset.name} follows no specification of a table, so single fields of it "
                "can't be asked for",
                hint="leave out --field to ask for all of it",
            )
        known = schema.field_names
        unknown = [name for name in fields if name not in known]
        if unknown:
            raise InputError(
                f"{dataset.name} has no column {', '.join(map(repr, unknown))}; "
                f"its columns are {', '.join(known)}"
            )

    def _table_schema(self, dataset: Dataset) -> TableSchema | None:
        description = self._session.fetch_record(DatasetDescription, dataset.description)
        if description.specification is None:
            return None
        found = self._session.fetch_record(Specification, description.specification.digest)
        return found.table_schema


def check_terms(terms: Terms, digest: bytes, grant: Grant, state: LedgerState) -> None:
    """Check the terms with this digest, which a request names, against what the chain says.

    Raises:
        RecordError: they contradict it.
    """
    event = _said(grant, digest)
    countered = isinstance(event, RequestCountered)
    terms.require_match(
        dataset=state.datasets[grant.dataset].name,
        requester=state.departments[grant.requester].code,
        purpose=event.purpose,
        all_fields=event.all_fields,
        onward_use=event.onward_use,
        valid_until=event.valid_until,
        counter_by=state.departments[grant.owner].code if countered else None,
    )


def _said(grant: Grant, digest: bytes) -> TermsEvent:
    """The event that named these terms of a request; an extension changes no terms."""
    return next(
        event
        for event in reversed(grant.history)
        if isinstance(event, TermsEvent) and event.terms == digest
    )


def call_of(terms: Terms, digest: bytes) -> tuple[bytes, int, bool, bool, int]:
    """The terms as a contract call names them (`IAccessGrants.Terms`)."""
    return digest, int(terms.purpose), terms.all_fields, terms.onward_use, terms.valid_until
