"""Accounts that try more than they may: an agent's hot key, a stranger, a replayed transaction."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from ledger.client import Ledger
from ledger.codes import ReasonCode
from ledger.errors import ContractError
from ledger.keystore.accounts import LocalSigner
from ledger.testnet.http import json_rpc
from tests.attacks.modified import act
from tests.country import Country, another_chain

pytestmark = pytest.mark.integration

DIGEST = b"\x11" * 32
REASON = (40, DIGEST)
ADDRESS = "0x000000000000000000000000000000000000dEaD"
CODE = b"stranger".ljust(32, b"\0")
NOT_ALLOWED = ("AccountUnauthorized", "AgencyOnly", "AuditorOnly")
NOT_THEIRS = (
    "NotTheOwner", "NotTheRequester", "NotTheSender", "NotTheReceiver", "NotTheNeedsDepartment",
    "HandoverNotProposed", "ResetNotPending",
)  # fmt: skip
# What any member may do of its own accord.
ANY_MEMBERS = {
    "register", "publishNeed", "request", "requestUnderOffer", "open", "query", "send",
}  # fmt: skip
# Any member brings consents and their withdrawals to the ledger.
RELAYED = "ConsentRegistry"
TERMS = (DIGEST, 5, True, False, 4_000_000_000)
SERVICE, ASKED = 4, 7
"""A service of labour's, and statistics' grant for it."""
OFFERED = (DIGEST, bytes(32), 0, 0, True, False, 4_000_000_000, 86_400)
# Every call that changes something, with arguments that an authorised account would get through
# with, or nearly; a test holds that none is missing.
CALLS: dict[str, dict[str, tuple[Any, ...]]] = {
    "DepartmentRegistry": {
        "admit": (CODE, ADDRESS, DIGEST),
        "suspend": (4, REASON),
        "reinstate": (4, REASON),
        "appointAuditor": (4,),
        "removeAuditor": (4, REASON),
        "setGroupMember": (CODE, 4, True),
        "publishScorecard": (DIGEST, [(4, 1)]),
        "publishFinding": (4, REASON),
        "resetAdmin": (4, ADDRESS, REASON),
        "vetoReset": (),
        "proposeHandover": (4,),
        "acceptHandover": (),
        "retire": (DIGEST,),
        "setDeadlines": ((100, 100, 100, 100, 100),),
        "addAccount": (ADDRESS, 7),
        "removeAccount": (ADDRESS,),
        "publishKey": (2, b"\1" * 1216),
        "retireKey": (1,),
    },
    "DatasetRegistry": {
        "publishSpecification": (b"employment".ljust(32, b"\0"), 2, DIGEST),
        "deprecateSpecification": (b"employment".ljust(32, b"\0"), 1, REASON),
        "publishNeed": (DIGEST,),
        "withdrawNeed": (1, REASON),
        "register": (CODE, 0, (1, 1, False, False), DIGEST),
        "edit": (2, (0, 1, True, False), DIGEST),
        "withdraw": (2, REASON),
        "publishVersion": (2, 2, DIGEST),
        "withdrawVersion": (2, 1, REASON),
    },
    "ConsentRegistry": {
        "record": ((SERVICE, 3, 5, 4_000_000_000, DIGEST), b"\1" * 65),
        "withdraw": (DIGEST,),
    },
    "AccessGrants": {
        "publishOffer": (2, OFFERED),
        "retireOffer": (1, REASON),
        "request": (2, TERMS),
        "requestUnderOffer": (1, TERMS),
        "accept": (3, None),
        "resubmit": (3, TERMS),
        "escalate": (3, REASON),
        "rule": (3, None, True, REASON),
        "approve": (3, None),
        "counter": (3, TERMS),
        "returnForCompletion": (3, REASON),
        "refuse": (3, REASON),
        "comply": (3, None),
        "withdraw": (3,),
        "extend": (2, 4_000_000_000),
        "suspend": (2, REASON),
        "resume": (5,),
        "revoke": (2, REASON),
    },
    "TransferLog": {
        "open": (2, 1, 2),
        "query": (SERVICE, ASKED, 0, DIGEST),
        "release": (6, None, 1, DIGEST),
        "releaseTagged": (7, DIGEST, 1, DIGEST, (DIGEST, 0, bytes(32), (0, bytes(32)))),
        "reveal": (7, DIGEST, DIGEST, 1),
        "send": (3, DIGEST, 1, DIGEST),
        "resend": (6, DIGEST, 1, DIGEST),
        "disclose": (5, 4, 1, DIGEST),
        "declareSources": (2, 1, [1]),
        "recall": (2, 1, REASON),
        "attest": (4, 0, REASON),
        "decline": (6, REASON),
        "acknowledge": (4, None, DIGEST),
        "dispute": (4, REASON),
        "settle": (5, REASON),
    },
}


def calls(country: Country) -> Iterator[tuple[str, str, tuple[Any, ...]]]:
    """Every call, with the digests that the chain has."""
    state = country.state()
    terms = state.grant(3).terms
    manifest = state.dataset("labour/employment").version(1).manifest
    for contract, functions in CALLS.items():
        for function, arguments in functions.items():
            known = terms if contract == "AccessGrants" else manifest
            yield contract, function, tuple(known if a is None else a for a in arguments)


def test_every_call_that_changes_something_is_tried() -> None:
    for contract, tried in CALLS.items():
        artifact = json.loads(files("ledger.abi").joinpath(f"{contract}.json").read_bytes())
        functions = [entry for entry in artifact["abi"] if entry["type"] == "function"]
        changing = {
            entry["name"] for entry in functions if entry["stateMutability"] not in ("view", "pure")
        }
        assert changing == set(tried)


@pytest.fixture
def busy(country: Country) -> Country:
    """Transfer 4 is released, 5 disputed, 6 opened; all of labour/employment to statistics.

    Transfer 7 is of a query. There are a need and an offer of labour's.
    """
    statistics = country.world.department("statistics")
    opened = [statistics.transfers.open("labour/employment").transfer for _ in range(2)]
    assert country.world.agent("labour").step().released == 2
    statistics.transfers.dispute(opened[1], reason=ReasonCode.CORRUPT, text="It is not.")
    assert [*opened, statistics.transfers.open("labour/employment").transfer] == [4, 5, 6]
    labour = country.world.department("labour")
    act(labour, "officer", "DatasetRegistry", "publishNeed", DIGEST)
    act(labour, "officer", "AccessGrants", "publishOffer", 2, OFFERED)
    act(labour, "officer", "DatasetRegistry", "register", CODE, 1, (0, 1, False, False), DIGEST)
    act(statistics, "officer", "AccessGrants", "request", SERVICE, TERMS)
    act(statistics, "agent", "TransferLog", "query", SERVICE, ASKED, 0, DIGEST)
    state = country.state()
    assert (len(state.datasets), len(state.grants), len(state.transfers)) == (SERVICE, ASKED, 7)
    return country


@contextmanager
def unchanged(country: Country) -> Iterator[None]:
    """The block leaves no event."""
    before = country.state().last
    yield
    assert country.state().last == before


def refused(ledger: Ledger, account: str, contract: str, function: str, *given: Any) -> str:
    """Make a call that is refused; return the error's name."""
    with pytest.raises(ContractError) as error:
        act(ledger, account, contract, function, *given)
    return error.value.name


def test_an_agents_hot_key_approves_revokes_and_registers_nothing(busy: Country) -> None:
    labour = busy.world.department("labour")
    with unchanged(busy):
        for contract, function, arguments in calls(busy):
            if contract not in ("TransferLog", RELAYED) and function != "vetoReset":
                name = refused(labour, "agent", contract, function, *arguments)
                assert name in NOT_ALLOWED, function


@pytest.mark.parametrize("account", ["agent", "admin"])
def test_the_agencys_hot_keys_rule_nothing(busy: Country, account: str) -> None:
    agency = busy.world.department("agency")
    admins = {"addAccount", "removeAccount", "publishKey", "retireKey"}
    own = {"vetoReset"} | (admins if account == "admin" else set())
    with unchanged(busy):
        for contract, function, arguments in calls(busy):
            if contract not in ("TransferLog", RELAYED) and function not in own:
                name = refused(agency, account, contract, function, *arguments)
                assert name in NOT_ALLOWED, function


def test_the_agency_decides_on_nobodys_data(busy: Country) -> None:
    """Its officer may rule members, but approves, serves and receives nothing of theirs."""
    agency = busy.world.department("agency")
    duties = {"publishSpecification", "deprecateSpecification", "rule", "settle"}
    with unchanged(busy):
        for contract, function, arguments in calls(busy):
            others = contract not in ("DepartmentRegistry", RELAYED)
            if others and function not in ANY_MEMBERS | duties:
                name = refused(agency, "officer", contract, function, *arguments)
                assert name in NOT_THEIRS, function


def test_another_departments_officer_decides_nothing(busy: Country) -> None:
    interior = busy.world.department("interior")
    with unchanged(busy):
        for contract, function, arguments in calls(busy):
            if function not in ANY_MEMBERS and contract != RELAYED:
                name = refused(interior, "officer", contract, function, *arguments)
                assert name in (*NOT_ALLOWED, *NOT_THEIRS), function


def test_a_stranger_can_call_nothing(busy: Country) -> None:
    chain = busy.world.department("labour").session.chain
    stranger = LocalSigner(Account.create())
    with unchanged(busy):
        for contract, function, arguments in calls(busy):
            with pytest.raises(ContractError) as error:
                chain.transact(stranger, contract, function, *arguments, key=function)  # type: ignore[arg-type]
            assert error.value.name in NOT_ALLOWED, function


def test_a_suspended_department_can_only_end_what_it_began(busy: Country) -> None:
    agency, suspended = busy.world.department("agency"), busy.world.department("statistics")
    agency.agency.suspend("statistics", reason=ReasonCode.MISUSE, text="Passed data on.")
    left = {"acknowledge", "attest", "dispute", "removeAccount", "retireKey", "vetoReset"}
    with unchanged(busy):
        for contract, function, arguments in calls(busy):
            if function not in left:
                for account in ("officer", "agent", "admin"):
                    name = refused(suspended, account, contract, function, *arguments)
                    assert name in (*NOT_ALLOWED, "DepartmentIsSuspended"), function
    # And nothing is released to it.
    assert busy.world.agent("labour").step().released == 0


def test_a_removed_account_can_do_nothing_more(country: Country) -> None:
    labour = country.world.department("labour")
    address = labour.session.accounts.signer("officer").address
    labour.department.remove_account(address)
    ran = country.ledger("request approve 3", as_="labour")
    assert (ran.code, ran.out) == (3, "")
    assert len(ran.err.splitlines()) <= 2
    assert country.state().grant(3).state.name == "REQUESTED"


def _signed(country: Country) -> bytes:
    """The bytes of the transaction that approved request 3."""
    country.approved()
    approval = country.state().grant(3).history[-1].at.transaction
    (url,) = country.home("labour").rpc
    raw = json_rpc(url, "eth_getRawTransactionByHash", [f"0x{approval.hex()}"])
    assert isinstance(raw, str)
    return bytes.fromhex(raw[2:])


def test_a_transaction_sent_again_does_nothing_again(country: Country) -> None:
    raw = _signed(country)
    (url,) = country.home("labour").rpc
    with unchanged(country):
        json_rpc(url, "eth_sendRawTransaction", [f"0x{raw.hex()}"])
        json_rpc(url, "evm_mine")


@pytest.mark.parametrize("chain_id", [4242, 1337])
def test_a_transaction_of_another_ledger_does_nothing_here(
    country: Country, tmp_path: Path, chain_id: int
) -> None:
    """Even with the same chain id, or a node that doesn't check it: there is no contract there."""
    raw = _signed(country)
    with another_chain(tmp_path / "other", chain_id) as url:
        sent = json_rpc(url, "eth_sendRawTransaction", [f"0x{raw.hex()}"])
        json_rpc(url, "evm_mine")
        receipt = json_rpc(url, "eth_getTransactionReceipt", [sent]) if sent else None
    assert not (isinstance(receipt, dict) and receipt["logs"])
