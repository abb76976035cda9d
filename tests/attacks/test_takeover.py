"""Stolen keys, members that exist for somebody else, and an agency that wants to see data."""

from __future__ import annotations

import time

import pytest
from eth_account import Account

from ledger.client import Ledger
from ledger.codes import ReasonCode
from ledger.envelope.wrap import PrivateKey
from ledger.errors import ContractError, RefusedError
from ledger.events import GrantState, RefusalCause, TransferRefused
from ledger.keystore.accounts import LocalSigner
from ledger.ports import Receipt
from tests.attacks.modified import act
from tests.country import Country

pytestmark = pytest.mark.integration

DIGEST = b"\x11" * 32
REASON = (int(ReasonCode.ACCOUNTS_LOST), DIGEST)
ADMIN, OFFICER, AGENT = 1, 2, 4


class Thief:
    """Somebody with an account of its own, whatever department it is added to."""

    def __init__(self, country: Country) -> None:
        self.signer = LocalSigner(Account.create())
        self.address = self.signer.address
        self._chain = country.world.department("audit-office").session.chain
        self._count = 0

    def act(self, contract: str, function: str, *arguments: object) -> Receipt:
        """Make a call."""
        self._count += 1
        key = f"{self.address}-{self._count}"
        return self._chain.transact(self.signer, contract, function, *arguments, key=key)  # type: ignore[arg-type]

    def refused(self, contract: str, function: str, *arguments: object) -> str:
        """Make a call that is refused; return the error's name."""
        with pytest.raises(ContractError) as error:
            self.act(contract, function, *arguments)
        return error.value.name

    def opened(self, dataset: int, grant: int) -> RefusalCause:
        """Try to open a transfer under a grant that doesn't hold; return why."""
        (event,) = self.act("TransferLog", "open", dataset, 1, grant).events
        assert isinstance(event, TransferRefused)
        return event.cause


@pytest.fixture
def thief(country: Country) -> Thief:
    return Thief(country)


@pytest.fixture
def agency(country: Country) -> Ledger:
    return country.world.department("agency")


def employment(country: Country) -> int:
    return country.state().dataset("labour/employment").id


def test_one_stolen_officers_key_opens_nothing_where_two_are_asked_for(country: Country) -> None:
    labour, interior = (country.world.department(code) for code in ("labour", "interior"))
    dataset, described = employment(country), country.state().dataset("labour/employment")
    rules = (1, 2, False, False)
    act(labour, "officer", "DatasetRegistry", "edit", dataset, rules, described.description)
    asked = (DIGEST, 5, True, False, labour.session.now() + 86_400)
    act(interior, "officer", "AccessGrants", "request", dataset, asked)
    number = max(country.state().grants)
    act(labour, "officer", "AccessGrants", "approve", number, DIGEST)
    with pytest.raises(ContractError) as error:
        act(labour, "officer", "AccessGrants", "approve", number, DIGEST)
    assert error.value.name == "ApprovalGivenAlready"
    assert country.state().grant(number).state is GrantState.REQUESTED
    with pytest.raises(RefusedError):
        interior.transfers.open("labour/employment")


def test_a_stolen_admins_key_gets_no_key_wrapped_for_it_before_all_could_see_it(
    country: Country,
) -> None:
    """The thief's encryption key takes effect after the delay; till then the real one is used.

    The delay is 5 s here: as often as a slow machine needs it.
    """
    country.approved()
    health = country.world.department("health")
    # Ahead of the wall clock, which the agent reads too: after other tests the chain may lag.
    lag_s = int(time.time()) - health.session.chain.head().timestamp
    country.world.advance(max(0, lag_s) + 600)
    for stolen in range(2, 7):
        number = health.transfers.open("labour/employment").transfer
        thiefs = PrivateKey.generate().public_key
        act(health, "admin", "DepartmentRegistry", "publishKey", stolen, thiefs)
        told = country.ledger("department show health", as_="labour").out
        country.world.agent("labour").step()
        if country.state().transfer(number).key_number == stolen - 1:
            break
        country.world.advance(10)
        country.world.agent("labour").step()
    else:
        pytest.fail("every release was for the thief's key")
    assert "(in " in told


def test_a_stolen_admins_key_yields_nothing_once_the_agency_suspends_its_department(
    country: Country, thief: Thief, agency: Ledger
) -> None:
    """At once, without notice; what is left to the thief harms that department alone."""
    country.approved()
    health = country.world.department("health")
    everything = ADMIN | OFFICER | AGENT
    act(health, "admin", "DepartmentRegistry", "addAccount", thief.address, everything)
    dataset = employment(country)
    assert thief.act("TransferLog", "open", dataset, 1, 3).events
    agency.agency.suspend("health", reason=ReasonCode.SECURITY, text="Their safe was open.")
    for contract, function, arguments in (
        ("TransferLog", "open", (dataset, 1, 3)),
        ("DepartmentRegistry", "addAccount", (Account.create().address, AGENT)),
        ("DepartmentRegistry", "publishKey", (2, b"\1" * 1216)),
        ("AccessGrants", "withdraw", (3,)),
    ):
        assert thief.refused(contract, function, *arguments) == "DepartmentIsSuspended"
    # Not even what was opened before.
    assert country.world.agent("labour").step().released == 0


def test_an_agency_that_resets_a_departments_admin_gets_none_of_its_data(
    country: Country, thief: Thief, agency: Ledger
) -> None:
    """The new ADMIN is the agency's own: it adds an agent, and the grants don't hold for it."""
    country.approved()
    agency.agency.reset("health", thief.address, reason=ReasonCode.ACCOUNTS_LOST, text="Lost.")
    country.world.advance(60)
    helper = Thief(country)
    thief.act("DepartmentRegistry", "addAccount", helper.address, OFFICER | AGENT)
    dataset = employment(country)
    assert helper.opened(dataset, 3) is RefusalCause.REQUESTER_RESET
    # Only the owner can say that it trusts the new people too.
    assert helper.refused("AccessGrants", "resume", 3) == "NotTheOwner"
    country.world.department("labour").grants.resume(3)
    assert helper.act("TransferLog", "open", dataset, 1, 3).events


def test_the_hot_key_of_a_department_that_is_there_stops_a_reset(
    country: Country, thief: Thief, agency: Ledger
) -> None:
    """The notice period is 5 s here: as often as a slow machine needs it."""
    health = country.world.department("health")
    for _ in range(20):
        agency.agency.reset("health", thief.address, reason=ReasonCode.ACCOUNTS_LOST, text="Lost.")
        try:
            act(health, "agent", "DepartmentRegistry", "vetoReset")
        except ContractError:
            thief = Thief(country)
        else:
            break
    country.world.advance(60)
    assert thief.refused("DepartmentRegistry", "addAccount", DIGEST[:20], 7) in (
        "AccountUnauthorized",
        "AccountInvalid",
    )
    assert health.transfers.open("transport/airports").transfer


def test_the_last_admin_cannot_be_removed(country: Country) -> None:
    for code in ("labour", "agency"):
        ledger = country.world.department(code)
        admin = ledger.session.accounts.signer("admin").address
        with pytest.raises(ContractError) as error:
            act(ledger, "admin", "DepartmentRegistry", "removeAccount", admin)
        assert error.value.name == "AdminRequired"


def test_a_puppet_department_gets_nothing_by_being_admitted(
    country: Country, thief: Thief, agency: Ledger
) -> None:
    """Members see it coming; then it may ask like anybody, and the owner decides."""
    code = b"puppet".ljust(32, b"\0")
    act(agency, "officer", "DepartmentRegistry", "admit", code, thief.address, DIGEST)
    dataset = employment(country)
    terms = (DIGEST, 5, True, False, country.world.department("labour").session.now() + 86_400)
    admitted = country.state().departments_by_code["puppet"]  # type: ignore[index]
    assert admitted.admitted_at < admitted.effective_at
    early = thief.refused("DepartmentRegistry", "addAccount", Account.create().address, OFFICER)
    # On a slow machine the notice of 5 s may be over by then: nothing but the account is gained.
    assert early in ("DepartmentNotYetAdmitted", "AccountUnauthorized")
    country.world.advance(60)
    officer = Thief(country)
    thief.act("DepartmentRegistry", "addAccount", officer.address, OFFICER)
    officer.act("AccessGrants", "request", dataset, terms)
    grant = max(country.state().grants)
    assert officer.opened(dataset, grant) is RefusalCause.NOT_ACTIVE
    # Another's grant doesn't become its own.
    assert officer.opened(dataset, 2) is RefusalCause.NO_GRANT
    inbox = country.ledger("inbox", as_="labour").out
    assert "puppet requests labour/employment" in inbox


def test_an_agency_orders_but_makes_no_grant_active(
    country: Country, agency: Ledger, thief: Thief
) -> None:
    labour, health = (country.world.department(code) for code in ("labour", "health"))
    labour.requests.refuse(3, reason=ReasonCode.EXCESSIVE, text="Too much.")
    health.requests.escalate(3, reason=ReasonCode.GROUNDS_CONTESTED, text="Section 21.")
    agency.agency.rule(3, order=True, reason=ReasonCode.UNFOUNDED, text="It is needed.")
    country.world.advance(60)
    terms = country.state().grant(3).terms
    for function, arguments in (("comply", (3, terms)), ("approve", (3, terms)), ("resume", (3,))):
        with pytest.raises(ContractError) as error:
            act(agency, "officer", "AccessGrants", function, *arguments)
        assert error.value.name == "NotTheOwner"
    assert country.state().grant(3).state is GrantState.ORDERED
    with pytest.raises(RefusedError):
        health.transfers.open("labour/employment")


def test_an_agency_does_not_rule_on_its_own_request(country: Country, agency: Ledger) -> None:
    valid_until = agency.session.now() + 30 * 86_400
    dataset = employment(country)
    asked = (DIGEST, 5, True, False, valid_until)
    act(agency, "officer", "AccessGrants", "request", dataset, asked)
    number = max(country.state().grants)
    labour = country.world.department("labour")
    labour.requests.refuse(number, reason=ReasonCode.EXCESSIVE, text="No.")
    act(agency, "officer", "AccessGrants", "escalate", number, REASON)
    with pytest.raises(ContractError) as error:
        act(agency, "officer", "AccessGrants", "rule", number, DIGEST, True, REASON)
    assert error.value.name == "OwnCase"
