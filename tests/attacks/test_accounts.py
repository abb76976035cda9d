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
NOT_ALLOWED = ("AccountUnauthorized", "AgencyOnly")
NOT_THEIRS = ("NotTheOwner", "NotTheRequester", "NotTheSender", "NotTheReceiver")
# Every call that changes something, with arguments that an authorised account would get through
# with, or nearly; a test holds that none is missing.
CALLS: dict[str, dict[str, tuple[Any, ...]]] = {
    "DepartmentRegistry": {
        "admit": (CODE, ADDRESS, DIGEST),
        "suspend": (4, REASON),
        "reinstate": (4, REASON),
        "appointAuditor": (4,),
        "setDeadlines": ((100, 100, 100, 100, 100),),
        "addAccount": (ADDRESS, 7),
        "removeAccount": (ADDRESS,),
        "publishKey": (2, b"\1" * 1216),
        "retireKey": (1,),
    },
    "DatasetRegistry": {
        "publishSpecification": (b"employment".ljust(32, b"\0"), 2, DIGEST),
        "register": (CODE, 0, (1, 1, False), DIGEST),
        "edit": (2, (0, 1, True), DIGEST),
        "withdraw": (2, REASON),
        "publishVersion": (2, 2, DIGEST),
        "withdrawVersion": (2, 1, REASON),
    },
    "AccessGrants": {
        "request": (2, (DIGEST, 5, True, False, 4_000_000_000)),
        "approve": (3, None),
        "refuse": (3, REASON),
        "withdraw": (3,),
        "suspend": (2, REASON),
        "resume": (5,),
        "revoke": (2, REASON),
    },
    "TransferLog": {
        "open": (2, 1, 2),
        "release": (6, None, 1, DIGEST),
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
    """Transfer 4 is released, 5 disputed, 6 opened; all of labour/employment to statistics."""
    statistics = country.world.department("statistics")
    opened = [statistics.transfers.open("labour/employment").transfer for _ in range(2)]
    assert country.world.agent("labour").step().released == 2
    statistics.transfers.dispute(opened[1], reason=ReasonCode.CORRUPT, text="It is not.")
    assert [*opened, statistics.transfers.open("labour/employment").transfer] == [4, 5, 6]
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
            if contract != "TransferLog":
                name = refused(labour, "agent", contract, function, *arguments)
                assert name in NOT_ALLOWED, function


@pytest.mark.parametrize("account", ["agent", "admin"])
def test_the_agencys_hot_keys_rule_nothing(busy: Country, account: str) -> None:
    agency = busy.world.department("agency")
    admins = {"addAccount", "removeAccount", "publishKey", "retireKey"}
    with unchanged(busy):
        for contract, function, arguments in calls(busy):
            if contract != "TransferLog" and not (account == "admin" and function in admins):
                name = refused(agency, account, contract, function, *arguments)
                assert name in NOT_ALLOWED, function


def test_the_agency_decides_on_nobodys_data(busy: Country) -> None:
    """Its officer may rule members, but approves, serves and receives nothing of theirs."""
    agency = busy.world.department("agency")
    others = {"publishSpecification", "register", "request", "open"}
    with unchanged(busy):
        for contract, function, arguments in calls(busy):
            if contract != "DepartmentRegistry" and function not in others:
                name = refused(agency, "officer", contract, function, *arguments)
                assert name in NOT_THEIRS, function


def test_another_departments_officer_decides_nothing(busy: Country) -> None:
    interior = busy.world.department("interior")
    own = {"register", "request", "open"}
    with unchanged(busy):
        for contract, function, arguments in calls(busy):
            if function not in own:
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
    left = {"acknowledge", "dispute", "removeAccount", "retireKey"}
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
