"""Brings the country of `country.py` about, through the same verbs that its members use.

Every step looks first whether it is done: seeding again finishes what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ledger.agent import Agent
from ledger.client import Ledger
from ledger.codes import Purpose, ReasonCode
from ledger.errors import RefusedError
from ledger.events import GrantState, SharingClass, TransferState
from ledger.provenance import Grant
from ledger.tableschema import parse_table_schema
from ledger.testnet.country import (
    AGENCY,
    ASKS,
    AUDITOR,
    MEMBERS,
    TABLES,
    Ask,
    Member,
    Table,
    examples,
)

_VALID_DAYS = 365
_RETENTION_DAYS = 90

_GRANTED = (GrantState.ACTIVE, GrantState.SUSPENDED, GrantState.REVOKED)
_RECEIVED = (GrantState.ACTIVE, GrantState.REVOKED)


class Offices(Protocol):
    """Where the members' homes are."""

    def accounts(self, code: str) -> dict[str, str]:
        """A member's accounts, address by capability; its home is made where there is none."""
        ...

    def open(self, code: str) -> AbstractContextManager[Ledger]:
        """Open a member's home."""
        ...

    def received(self, code: str) -> Path:
        """The folder for what a member receives."""
        ...


@dataclass(frozen=True)
class Seeded:
    """What there is after seeding."""

    members: tuple[str, ...]
    specifications: tuple[str, ...]
    datasets: tuple[str, ...]
    grants: tuple[str, ...]
    """One line each: number, who, what, state."""
    commands: tuple[str, ...]
    """What to try next."""


class Seed:
    """One seeding; the homes that it opens are closed with it."""

    def __init__(
        self,
        offices: Offices,
        advance: Callable[[int], object],
        say: Callable[[str], None] = lambda _line: None,
    ) -> None:
        """`advance` lets seconds pass on the chain; `say` is told each step."""
        self._offices = offices
        self._advance = advance
        self._say = say
        self._opened: dict[str, Ledger] = {}
        self._closing = ExitStack()

    def __enter__(self) -> Seed:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.clear()
        self._closing.close()

    def everything(self) -> Seeded:
        """Build the whole country.

        Raises:
            LedgerError: chain or IPFS node is away.
        """
        self._say("admitting the members")
        self.members()
        self._say("publishing specifications and datasets")
        self.catalogue()
        self._say("asking for access, deciding and delivering")
        self.access()
        return self._summary()

    def members(self, members: Iterable[Member] = MEMBERS) -> None:
        """Admit members, with their accounts and encryption keys; appoint the auditor.

        Raises:
            LedgerError: chain or IPFS node is away.
        """
        members = tuple(members)
        agency = self._ledger(AGENCY)
        for member in members:
            if member.code not in agency.state().departments_by_code:
                admin = self._offices.accounts(member.code)["admin"]
                agency.agency.admit(member.code, admin, name=member.name)
        latest = max(agency.state().department(member.code).effective_at for member in members)
        self._wait_until(agency, latest)
        for member in members:
            equip(self._ledger(member.code), self._offices.accounts(member.code))
            if member.code == AUDITOR and not self._audits(agency):
                agency.agency.appoint_auditor(AUDITOR)

    def _audits(self, agency: Ledger) -> bool:
        return agency.state().department(AUDITOR).auditor(agency.session.now())

    def catalogue(self, tables: Iterable[Table] = TABLES) -> None:
        """Publish specifications; register and publish datasets.

        Raises:
            LedgerError: chain or IPFS node is away.
        """
        folder = examples()
        for table in tables:
            schema = folder / "specifications" / f"{table.specification}.json"
            self._ledger(AGENCY).specs.publish(
                table.specification, parse_table_schema(schema.read_bytes()), title=table.title
            )
            owner = self._ledger(table.owner)
            if table.dataset not in owner.state().datasets_by_name:
                owner.datasets.register(
                    table.slug,
                    title=table.title,
                    description=table.description,
                    sharing=SharingClass[table.sharing.upper()],
                    specification=table.specification,
                    legal_reason=table.legal_reason,
                    keywords=table.keywords,
                )
            owner.datasets.publish(table.dataset, folder / "data" / table.file)

    def access(self, asks: Iterable[Ask] = ASKS) -> None:
        """Make requests and bring each grant into its state, with deliveries and a refused attempt.

        Raises:
            LedgerError: chain or IPFS node is away.
        """
        for ask in asks:
            grant = self._grant(ask) or self._request(ask)
            self._decide(ask, grant)

    def _summary(self) -> Seeded:
        """What there is, and what to try next."""
        state = self._ledger(AGENCY).state()
        return Seeded(
            members=tuple(department.code for department in state.departments.values()),
            specifications=tuple(sorted(state.specifications)),
            datasets=tuple(
                f"{dataset.name} ({dataset.sharing.name.lower()})"
                for dataset in state.datasets.values()
            ),
            grants=tuple(
                f"{grant.id}: {state.departments[grant.requester].code} "
                f"for {state.datasets[grant.dataset].name}, {grant.state.name.lower()}"
                for grant in state.grants.values()
            ),
            commands=tuple(self._to_try()),
        )

    def _to_try(self) -> Iterator[str]:
        yield "ledger dataset list --profile health"
        yield "ledger inbox --profile labour"
        for ask in ASKS:
            grant = self._grant(ask)
            if grant is not None and grant.state is GrantState.REQUESTED:
                owner = ask.dataset.partition("/")[0]
                yield f"ledger request show {grant.id} --profile {owner}"
                yield f"ledger request approve {grant.id} --profile {owner}"
        yield "ledger agent run --profile labour"
        yield "ledger transfer fetch labour/employment --profile health"
        yield "ledger audit timeline labour/employment --profile audit-office"
        yield "ledger audit verify --profile audit-office"

    def _ledger(self, code: str) -> Ledger:
        if code not in self._opened:
            self._offices.accounts(code)
            self._opened[code] = self._closing.enter_context(self._offices.open(code))
        return self._opened[code]

    def _wait_until(self, ledger: Ledger, time: int) -> None:
        behind = time - ledger.session.chain.head().timestamp
        if behind > 0:
            self._advance(behind)

    def _grant(self, ask: Ask) -> Grant | None:
        state = self._ledger(ask.requester).state()
        asked = (state.dataset(ask.dataset).id, state.department(ask.requester).id)
        found = (g for g in state.grants.values() if (g.dataset, g.requester) == asked)
        return next(found, None)

    def _request(self, ask: Ask) -> Grant:
        requester = self._ledger(ask.requester)
        made = requester.requests.create(
            ask.dataset,
            purpose=Purpose.parse(ask.purpose),
            purpose_text=ask.text,
            legal_basis=ask.legal_basis,
            valid_days=_VALID_DAYS,
            retention_days=_RETENTION_DAYS,
            security_measures="Encrypted at rest; read by named officers only.",
            contact=f"data desk of {ask.requester}",
        )
        return requester.requests.show(made.grant)

    def _decide(self, ask: Ask, grant: Grant) -> None:
        wanted = GrantState[ask.state.upper()]
        owner = self._ledger(ask.dataset.partition("/")[0])
        if grant.state is GrantState.REQUESTED and wanted is GrantState.REFUSED:
            owner.requests.refuse(
                grant.id,
                reason=ReasonCode.EXCESSIVE,
                text="Yearly totals are enough for that purpose, and those are published.",
            )
        if grant.state is GrantState.REQUESTED and wanted in _GRANTED:
            owner.requests.approve(grant.id)
        if wanted in _RECEIVED and self._state_of(grant) is GrantState.ACTIVE:
            self._deliver(ask, grant, owner)
        if wanted is GrantState.SUSPENDED and self._state_of(grant) is GrantState.ACTIVE:
            owner.grants.suspend(
                grant.id, reason=ReasonCode.SECURITY, text="Until the security audit is passed."
            )
        if wanted is GrantState.REVOKED:
            if self._state_of(grant) is GrantState.ACTIVE:
                owner.grants.revoke(
                    grant.id, reason=ReasonCode.MISUSE, text="Passed on to a contractor."
                )
            self._attempt(ask, grant)

    def _state_of(self, grant: Grant) -> GrantState:
        return self._ledger(AGENCY).state().grant(grant.id).state

    def _deliver(self, ask: Ask, grant: Grant, owner: Ledger) -> None:
        requester = self._ledger(ask.requester)
        state = requester.state()
        mine = [state.transfers[number] for number in state.grant(grant.id).transfers]
        if any(transfer.state is TransferState.ACKNOWLEDGED for transfer in mine):
            return
        number = mine[-1].id if mine else requester.transfers.open(ask.dataset).transfer
        Agent(owner.session, _unreported).step()
        folder = self._offices.received(ask.requester)
        folder.mkdir(parents=True, exist_ok=True)
        requester.transfers.fetch(str(number), folder)

    def _attempt(self, ask: Ask, grant: Grant) -> None:
        """An attempt under a grant that doesn't hold any more: refused, and on the record."""
        requester = self._ledger(ask.requester)
        if any(event.grant == grant.id for event in requester.state().refused):
            return
        try:
            requester.transfers.open(ask.dataset)
        except RefusedError:
            return


def _unreported(event: str, **fields: object) -> None:
    """What an agent reports, where nobody listens."""


def equip(ledger: Ledger, accounts: Mapping[str, str]) -> None:
    """Give a member its accounts, address by capability, and its first encryption key.

    Raises:
        LedgerError: chain or IPFS node is away.
    """
    known = ledger.session.me().accounts
    for capability in ("officer", "agent"):
        address = accounts[capability]
        if address not in known:
            ledger.department.add_account(address, [capability])
    if not ledger.session.me().keys:
        ledger.department.publish_key()
