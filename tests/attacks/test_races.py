"""A revocation that races a release, and other things that happen at the wrong moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from ledger.agent import Agent
from ledger.chain import Step, Web3Chain
from ledger.client import Ledger
from ledger.codes import ReasonCode
from ledger.errors import ContractError
from ledger.events import GrantState, TransferReleased, TransferState
from ledger.ipfs import KuboIpfs
from ledger.provenance import LedgerState
from ledger.records import digest
from ledger.store import SqlStore
from ledger.testnet.http import json_rpc
from tests.attacks.modified import act
from tests.country import EMPLOYMENT, Country

pytestmark = pytest.mark.integration


@contextmanager
def changed_chain(country: Country, on_step: Callable[[Step], None]) -> Iterator[Ledger]:
    """Labour's open ledger, for the block told of every step of its transactions."""
    labour = country.world.department("labour")
    honest = labour.session.chain
    with closing(SqlStore.open(country.home("labour").store)) as store:
        outbox = store.outbox(honest.deployment.genesis_hash)
        rpc = country.home("labour").rpc
        labour.session.chain = Web3Chain(honest.deployment, rpc, outbox, on_step=on_step)
        try:
            yield labour
        finally:
            labour.session.chain = honest


@contextmanager
def interrupted_agent(
    country: Country, step: Step, act_then: Callable[[], object]
) -> Iterator[Agent]:
    """Labour's agent, in whose first transaction something happens at a step."""
    pending = [act_then]

    def on_step(found: Step) -> None:
        if found == step and pending:
            pending.pop()()

    with changed_chain(country, on_step):
        yield country.world.agent("labour")
    assert not pending


def releases(state: LedgerState, number: int) -> list[TransferReleased]:
    return [e for e in state.transfer(number).history if isinstance(e, TransferReleased)]


ENDS: dict[str, Callable[[Country], object]] = {
    "revoked": lambda country: country.world.department("labour").grants.revoke(
        3, reason=ReasonCode.MISUSE, text="Passed on."
    ),
    "suspended": lambda country: country.world.department("labour").grants.suspend(
        3, reason=ReasonCode.SECURITY, text="Until the audit."
    ),
    "expired": lambda country: country.world.advance(400 * 86_400),
    "receiver suspended": lambda country: country.world.department("agency").agency.suspend(
        "health", reason=ReasonCode.MISUSE, text="Passed on."
    ),
    "version withdrawn": lambda country: country.world.department("labour").datasets.withdraw(
        "labour/employment@1", reason=ReasonCode.ERASURE, text="Wrong."
    ),
}


@pytest.mark.parametrize("how", list(ENDS))
def test_a_grant_that_ends_while_the_release_is_under_way_discloses_nothing(
    country: Country, how: str
) -> None:
    """The release is signed already when the grant ends: it reverts, and the wrap stays secret."""
    country.approved()
    number = country.world.department("health").transfers.open("labour/employment").transfer
    with interrupted_agent(country, "stored", lambda: ENDS[how](country)) as agent:
        done = agent.step()
    assert done.released == 0
    with closing(SqlStore.open(country.home("labour").store)) as store:
        wrap = store.wrap(number, 0)
    assert wrap is not None
    assert not wrap.published
    ipfs = KuboIpfs(country.home("health").ipfs)
    assert not ipfs.has_block(digest(wrap.wrapped))
    state = country.state()
    assert releases(state, number) == []
    assert state.transfer(number).state in (TransferState.DECLINED, TransferState.OPENED)
    # Later rounds disclose nothing either.
    for _ in range(2):
        assert country.world.agent("labour").step().released == 0
    assert not ipfs.has_block(digest(wrap.wrapped))
    ran = country.ledger(f"transfer fetch {number} --out got.csv --timeout 1s", as_="health")
    assert ran.code in (3, 6)
    assert not Path("got.csv").exists()


def test_what_waits_to_be_mined_holds_no_key(country: Country) -> None:
    """Who reads the pool of transactions learns the wrap's digest; nothing is behind it yet."""
    country.approved()
    number = country.world.department("health").transfers.open("labour/employment").transfer
    seen: list[bool] = []

    def look() -> None:
        with closing(SqlStore.open(country.home("labour").store)) as store:
            wrap = store.wrap(number, 0)
            assert wrap is not None
            named = digest(wrap.wrapped)
            outbox = store.outbox(labour.chain.deployment.genesis_hash)
            waiting = outbox.find(f"release:{number}:{named.hex()}")
        assert waiting is not None
        seen.append(wrap.wrapped[:32] in waiting.raw)
        seen.append(KuboIpfs(country.home("health").ipfs).has_block(named))
        seen.append(named not in waiting.raw)

    labour = country.world.department("labour").session
    with interrupted_agent(country, "stored", look) as agent:
        assert agent.step().released == 1
    assert seen == [False, False, False]


def test_a_key_that_is_rotated_while_the_release_is_under_way(country: Country) -> None:
    """The release with the old key reverts; the next round makes one with the new key."""
    country.approved()
    health = country.world.department("health")
    number = health.transfers.open("labour/employment").transfer

    def rotate() -> None:
        health.department.publish_key()
        country.world.advance(10)

    with interrupted_agent(country, "stored", rotate) as agent:
        assert agent.step().released == 0
    assert country.world.agent("labour").step().released == 1
    assert [event.key_number for event in releases(country.state(), number)] == [2]
    assert country.ledger(f"transfer fetch {number} --out got.csv", as_="health").code == 0
    assert Path("got.csv").read_bytes() == EMPLOYMENT.read_bytes()


def test_a_release_and_a_revocation_in_one_block_stand_in_this_order(country: Country) -> None:
    country.approved()
    number = country.world.department("health").transfers.open("labour/employment").transfer
    (url,) = country.home("labour").rpc

    def revoke() -> None:
        """Once the release waits in the node's pool, the revocation joins it there."""
        with changed_chain(country, mine_when_sent) as labour:
            act(labour, "officer", "AccessGrants", "revoke", 3, (43, b"\x11" * 32))

    def mine_when_sent(step: Step) -> None:
        if step == "sent":
            json_rpc(url, "evm_mine")

    json_rpc(url, "evm_setAutomine", [False])
    try:
        with interrupted_agent(country, "sent", revoke) as agent:
            agent.step()
    finally:
        json_rpc(url, "evm_setAutomine", [True])
    state = country.state()
    revoked = state.grant(3).history[-1].at
    assert state.grant(3).state is GrantState.REVOKED
    for event in releases(state, number):
        assert event.at.block_number == revoked.block_number
        released = state.transfer(number).wrap
        assert released is not None
    order = [
        event
        for event in state.dataset("labour/employment").history
        if event.at in (revoked, *(release.at for release in releases(state, number)))
    ]
    assert [type(event).__name__ for event in order][-1] == "GrantRevoked"


def test_two_agents_of_one_department_release_once(country: Country) -> None:
    country.approved()
    number = country.world.department("health").transfers.open("labour/employment").transfer
    home = country.home("labour")
    with home.agent_lock():
        ran = country.ledger("agent run --once", as_="labour")
    assert (ran.code, ran.out) == (2, "")
    assert "an agent of the home 'labour' is running already" in ran.err
    for _ in range(2):
        assert country.ledger("agent run --once", as_="labour").code == 0
    assert len(releases(country.state(), number)) == 1


def test_a_transfer_that_was_disputed_is_cured_once(country: Country) -> None:
    number = country.released()
    health, labour = (country.world.department(code) for code in ("health", "labour"))
    for expected in (1, 0):
        health.transfers.dispute(number, reason=ReasonCode.CORRUPT, text="It does not open.")
        assert country.world.agent("labour").step().released == expected
    manifest = country.state().dataset("labour/employment").version(1).manifest
    with pytest.raises(ContractError) as refused:
        act(labour, "agent", "TransferLog", "release", number, manifest, 1, b"\1" * 32)
    assert refused.value.name == "CuredAlready"


def test_a_link_in_the_place_of_the_plaintext_leads_nowhere(country: Country) -> None:
    """In a folder that others may write to, somebody waits for the file under its first name."""
    number = country.released()
    precious = Path("precious")
    precious.write_text("of another use")
    Path(f".got.csv.transfer-{number}.part").symlink_to(precious)
    assert country.ledger(f"transfer fetch {number} --out got.csv", as_="health").code == 0
    assert precious.read_text() == "of another use"
    assert not Path("got.csv").is_symlink()
    assert Path("got.csv").stat().st_mode & 0o777 == 0o600
    assert Path("got.csv").read_bytes() == EMPLOYMENT.read_bytes()
