"""The ledger as its events tell it: what exists, found by number or by name.

It holds no rule: which event may follow which is in the `fold…` modules.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from ledger.errors import NotFound
from ledger.events import Event, Position, RefusalCause, ScorecardPublished, TransferRefused
from ledger.identifiers import (
    Address,
    ConsentId,
    DatasetId,
    DatasetName,
    DepartmentId,
    GrantId,
    NeedId,
    OfferId,
    RecallId,
    TransferId,
    shown,
)
from ledger.provenance.access import Grant, Offer
from ledger.provenance.catalogue import Dataset, Need, Specification
from ledger.provenance.consents import Consent
from ledger.provenance.deliveries import Delivery, Recall, Transfer
from ledger.provenance.members import Department, Periods, Retirement
from ledger.provenance.rules import impossible
from ledger.provenance.table import RULES
from ledger.provenance.times import Schedule
from ledger.words import there_are

KeyT = TypeVar("KeyT")
ThingT = TypeVar("ThingT")


@dataclass(slots=True)
class LedgerState:
    """Everything that a sequence of events says, as of the last one applied."""

    departments: dict[DepartmentId, Department] = field(default_factory=dict)
    departments_by_code: dict[str, Department] = field(default_factory=dict)
    accounts: dict[Address, DepartmentId] = field(default_factory=dict)
    agencies: Schedule[DepartmentId] = field(default_factory=Schedule)
    """Who is the agency, and who will be; ask `agency_at`."""
    proposed_agency: DepartmentId | None = None
    """The member that may accept to be the next agency."""
    periods: Schedule[Periods] = field(default_factory=Schedule)
    """Those in force and those to come; ask `periods_at`."""
    scorecards: list[ScorecardPublished] = field(default_factory=list)
    retirement: Retirement | None = None
    specifications: dict[str, dict[int, Specification]] = field(default_factory=dict)
    needs: dict[NeedId, Need] = field(default_factory=dict)
    datasets: dict[DatasetId, Dataset] = field(default_factory=dict)
    datasets_by_name: dict[str, Dataset] = field(default_factory=dict)
    consents: dict[ConsentId, Consent] = field(default_factory=dict)
    consents_by_withdrawal: dict[bytes, Consent] = field(default_factory=dict)
    offers: dict[OfferId, Offer] = field(default_factory=dict)
    grants: dict[GrantId, Grant] = field(default_factory=dict)
    unanswered: dict[tuple[DepartmentId, DepartmentId], list[GrantId]] = field(default_factory=dict)
    """The requests that waited for an answer when the last one began to, by requester and owner."""
    transfers: dict[TransferId, Transfer] = field(default_factory=dict)
    waiting: dict[tuple[DatasetId, DepartmentId], dict[TransferId, int]] = field(
        default_factory=dict
    )
    """By when which releases of a dataset to a receiver should be acknowledged or disputed."""
    waiting_documents: dict[tuple[DepartmentId, DepartmentId], dict[TransferId, int]] = field(
        default_factory=dict
    )
    """The same of documents, by sender and receiver."""
    refused: list[TransferRefused] = field(default_factory=list)
    """Every refused attempt."""
    recalls: dict[RecallId, Recall] = field(default_factory=dict)
    last: Position | None = None
    """Where the last event stands."""

    def apply(self, event: Event) -> None:
        """Add the next event; events come in the order of the chain, each once.

        Raises:
            IntegrityError: the contracts could not have emitted it after the events so far: one is
                missing, altered or invented. The state stays as it was.
        """
        self._require_next(event)
        # A rule checks everything before it changes anything.
        for history in RULES[type(event)](self, event):
            history.append(event)
        self.last = event.at

    def department(self, name: str | int) -> Department:
        """The department of this code or number.

        Raises:
            NotFound: there is none; near misses are named.
        """
        if isinstance(name, int):
            return _numbered(self.departments, DepartmentId(name), "department")
        return _named(self.departments_by_code, name, "department", "ledger department list")

    def dataset(self, name: str | int) -> Dataset:
        """The dataset of this number or name; a name may end with `@version`.

        Raises:
            InputError: it is not a dataset's name.
            NotFound: there is none; near misses are named.
        """
        if isinstance(name, int):
            return _numbered(self.datasets, DatasetId(name), "dataset")
        parsed = DatasetName.parse(name)
        base = f"{parsed.department}/{parsed.slug}"
        return _named(self.datasets_by_name, base, "dataset", "ledger dataset list")

    def need(self, number: int) -> Need:
        """The need of this number.

        Raises:
            NotFound: there is none.
        """
        return _numbered(self.needs, NeedId(number), "need")

    def consent(self, number: int) -> Consent:
        """The consent of this number.

        Raises:
            NotFound: there is none.
        """
        return _numbered(self.consents, ConsentId(number), "consent")

    def offer(self, number: int) -> Offer:
        """The offer of this number.

        Raises:
            NotFound: there is none.
        """
        return _numbered(self.offers, OfferId(number), "offer")

    def grant(self, number: int) -> Grant:
        """The request or grant of this number.

        Raises:
            NotFound: there is none.
        """
        return _numbered(self.grants, GrantId(number), "request")

    def transfer(self, number: int) -> Transfer:
        """The transfer of this number.

        Raises:
            NotFound: there is none.
        """
        return _numbered(self.transfers, TransferId(number), "transfer")

    def recall(self, number: int) -> Recall:
        """The recall of this number.

        Raises:
            NotFound: there is none.
        """
        return _numbered(self.recalls, RecallId(number), "recall")

    def periods_in_force(self, now: int) -> Periods | None:
        """The periods in force at block time `now`; None before the agency set any."""
        return self.periods.at(now)

    def periods_at(self, now: int) -> Periods:
        """The periods in force at block time `now`.

        Raises:
            NotFound: the agency had set none.
        """
        found = self.periods_in_force(now)
        if found is None:
            raise NotFound("the agency has set no deadlines", hint="look at a later block")
        return found

    def agency_at(self, now: int) -> DepartmentId:
        """The agency at block time `now`.

        Raises:
            NotFound: there was none.
        """
        found = self.agencies.at(now)
        if found is None:
            raise NotFound("there is no agency", hint="look at a later block")
        return found

    def retired(self, now: int) -> bool:
        """Whether another deployment has taken over."""
        return self.retirement is not None and now >= self.retirement.effective_at

    def consented(self, consent: int | None, grant: Grant, now: int) -> bool:
        """Whether a consent permits queries under a grant: of its dataset, receiver and purpose."""
        found = self.consents.get(ConsentId(consent or 0))
        if found is None:
            return False
        same = (found.dataset, found.receiver, found.purpose)
        return same == (grant.dataset, grant.requester, grant.purpose) and found.in_force(now)

    def refusal_cause(self, grant: int, dataset: int, receiver: int, now: int) -> RefusalCause:
        """Why `receiver`'s attempt on `dataset` under this grant would be refused; NONE: it holds.

        As the contracts decide it, for any numbers.
        """
        found = self.grants.get(GrantId(grant))
        if found is None or (found.dataset, found.requester) != (dataset, receiver):
            return RefusalCause.NO_GRANT
        return found.refusal_cause(now)

    def recipients(self, name: str | int) -> tuple[Delivery, ...]:
        """Who received a dataset: every release of it, or of one version (`…@version`).

        Raises:
            InputError: it is not a dataset's name.
            NotFound: there is no such dataset or version.
        """
        dataset = self.dataset(name)
        version = DatasetName.parse(name).version if isinstance(name, str) else None
        if version is not None:
            dataset.version(version)
        return self._deliveries(
            transfer
            for transfer in self.transfers.values()
            if transfer.dataset == dataset.id and version in (None, transfer.version)
        )

    def received_by(self, name: str | int) -> tuple[Delivery, ...]:
        """What a department received: every release to it.

        Raises:
            NotFound: there is no such department.
        """
        department = self.department(name)
        return self._deliveries(
            transfer for transfer in self.transfers.values() if transfer.receiver == department.id
        )

    def _deliveries(self, transfers: Iterable[Transfer]) -> tuple[Delivery, ...]:
        return tuple(
            Delivery(
                dataset=None if transfer.dataset is None else self.datasets[transfer.dataset].name,
                sender=self.departments[transfer.sender].code,
                receiver=self.departments[transfer.receiver].code,
                transfer=transfer,
                grant=None if transfer.grant is None else self.grants[transfer.grant],
            )
            for transfer in transfers
            if transfer.released_at is not None
        )

    def _require_next(self, event: Event) -> None:
        if self.last is None:
            return
        at, last = event.at, self.last
        if at.block_number == last.block_number:
            same = (at.block_hash, at.timestamp) == (last.block_hash, last.timestamp)
            if not same or at.log_index <= last.log_index:
                raise impossible(event, f"it can't follow {last} in the same block")
        elif at.block_number < last.block_number or at.timestamp < last.timestamp:
            raise impossible(event, f"it can't follow {last}: the chain has another order")


def _numbered(table: Mapping[KeyT, ThingT], number: KeyT, what: str) -> ThingT:
    found = table.get(number)
    if found is None:
        raise NotFound(f"there is no {what} {number}; {there_are(len(table))}")
    return found


def _named(table: Mapping[str, ThingT], name: str, what: str, command: str) -> ThingT:
    found = table.get(name)
    if found is None:
        near = difflib.get_close_matches(name, table, n=3)
        guess = f"; did you mean {' or '.join(near)}?" if near else ""
        raise NotFound(f"there is no {what} {shown(name)}{guess}", hint=f"list them: {command}")
    return found
