"""The Python API of a department: `Ledger` with one namespace for each noun, one verb for each
method.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from ledger.client.access import check_access
from ledger.client.agency import Agency
from ledger.client.consents import Consents
from ledger.client.datasets import Datasets
from ledger.client.departments import OwnDepartment
from ledger.client.documents import Documents
from ledger.client.enrolments import Enrolments
from ledger.client.findings import Findings
from ledger.client.grants import Grants
from ledger.client.inbox import inbox
from ledger.client.needs import Needs
from ledger.client.offering import Offers
from ledger.client.querying import Queries
from ledger.client.reasons import GivenReason, reasons
from ledger.client.requests import Requests
from ledger.client.results import AccessVerdict, InboxItem
from ledger.client.scorecards import Scorecards
from ledger.client.session import Because, Session, TableCut
from ledger.client.specs import Specifications, TableCheck
from ledger.client.transfers import Transfers
from ledger.events import Event
from ledger.identifiers import Code
from ledger.models import Purpose
from ledger.ports import (
    Accounts,
    AnswerReader,
    AnswerWriter,
    Chain,
    Ipfs,
    Keys,
    Progress,
    Providers,
    Store,
)
from ledger.provenance import LedgerState

__all__ = ["Because", "Ledger", "Session"]


class Ledger:
    """One department's open ledger; adapters are passed in by whoever builds it."""

    def __init__(
        self,
        code: Code,
        *,
        chain: Chain,
        ipfs: Ipfs,
        store: Store,
        accounts: Accounts,
        keys: Keys,
        check_table: TableCheck,
        cut_table: TableCut,
        write_answer: AnswerWriter,
        read_answer: AnswerReader,
        providers: Providers,
        progress: Progress,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.session = Session(
            code,
            chain=chain,
            ipfs=ipfs,
            store=store,
            accounts=accounts,
            keys=keys,
            progress=progress,
            clock=clock,
            cut_table=cut_table,
            write_answer=write_answer,
            read_answer=read_answer,
            providers=providers,
        )
        self.agency = Agency(self.session)
        self.department = OwnDepartment(self.session)
        self.scorecards = Scorecards(self.session)
        self.findings = Findings(self.session)
        self.specs = Specifications(self.session, check_table)
        self.datasets = Datasets(self.session, self.specs)
        self.needs = Needs(self.session)
        self.offers = Offers(self.session)
        self.requests = Requests(self.session)
        self.grants = Grants(self.session)
        self.transfers = Transfers(self.session)
        self.queries = Queries(self.session)
        self.documents = Documents(self.session)
        self.consents = Consents(self.session)
        self.enrolments = Enrolments(self.session)

    @property
    def code(self) -> Code:
        """The code of this department."""
        return self.session.code

    def state(self) -> LedgerState:
        """The ledger up to the latest final block."""
        return self.session.state()

    def check_access(
        self, dataset: str, purpose: Purpose, as_department: str | None = None
    ) -> AccessVerdict:
        """Whether a request would be granted, and why.

        Raises:
            NotFound: no such dataset or department.
        """
        return check_access(self.session, dataset, purpose, as_department)

    def reasons(self, events: Iterable[Event]) -> list[GivenReason]:
        """The reason of each decision among these events, with what is sealed to this department.

        A record that can't be had, or contradicts the chain, is told as unreadable.
        """
        return reasons(self.session, events)

    def inbox(self) -> list[InboxItem]:
        """What waits for this department, the most urgent first."""
        return inbox(self.session)
