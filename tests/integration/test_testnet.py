"""A whole test network on real parts: up, down, reset, snapshots, time, and the seeded country."""

from __future__ import annotations

import json
import os
import signal
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ledger.config import ROLES, Home
from ledger.errors import ConfigError, InputError, NodeUnreachable, NotFound
from ledger.events import GrantState, SharingClass, TransferState
from ledger.provenance import LedgerState
from ledger.testnet.country import examples
from ledger.testnet.daemon import wait_until_ready
from ledger.testnet.http import json_rpc
from ledger.testnet.offices import addresses, make_accounts, open_home
from ledger.testnet.processes import processes
from ledger.testnet.settings import DEFAULT_CONFIG
from ledger.testnet.world import Testnet
from tests.chain_fixtures import port_taken

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("testnet")]

DAY_S = 86_400
MEMBERS = [
    "agency",
    "audit-office",
    "labour",
    "energy",
    "transport",
    "health",
    "statistics",
    "interior",
]


@pytest.fixture
def testnet(tmp_path: Path) -> Iterator[Testnet]:
    made = Testnet(tmp_path / "homes" / "testnet", with_parent=True)
    yield made
    made.down()


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Testnet]:
    """A seeded country on Ganache, which tests here only look at."""
    made = Testnet(tmp_path_factory.mktemp("country") / "testnet", with_parent=True)
    try:
        made.up("ganache")
        made.seed()
        yield made
    finally:
        made.down()


def test_a_home_whose_accounts_name_no_address_is_named(tmp_path: Path) -> None:
    make_accounts(tmp_path / "home")
    assert set(addresses(tmp_path / "home")) == set(ROLES)
    officer = tmp_path / "home" / "accounts" / "officer.json"
    found = json.loads(officer.read_text())
    del found["address"]
    officer.write_text(json.dumps(found))
    with pytest.raises(ConfigError, match=r"an account in .*home names no address"):
        addresses(tmp_path / "home")


def test_an_installation_without_the_example_tables_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.testnet.country._PACKAGE", tmp_path / "ledger" / "testnet")
    with pytest.raises(NotFound, match="the example tables are missing"):
        examples()


def state_of(testnet: Testnet, code: str = "agency") -> LedgerState:
    with open_home(testnet.root / code) as ledger:
        return ledger.state()


def runs(testnet: Testnet) -> list[bool]:
    return [bool(process and process.daemon.runs()) for process in processes(testnet.folder)]


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".lock"
    }


@pytest.mark.parametrize("engine", ["ganache", "anvil"])
def test_up_founds_a_ledger_whose_agency_can_work(testnet: Testnet, engine: str) -> None:
    status = testnet.up(engine)
    assert status.up
    assert (status.engine, status.homes) == (engine, ("agency",))
    with open_home(testnet.root / "agency") as agency:
        me = agency.session.me()
        assert len(me.accounts) == 3
        assert me.current_key(agency.session.now()) is not None
        admitted = agency.agency.admit("labour", "0x" + "11" * 20, name="Labour")
    assert admitted.department == 2


def test_up_again_changes_nothing(testnet: Testnet) -> None:
    first = testnet.up("anvil")
    before = files(testnet.root / "agency")
    assert testnet.up() == first
    assert files(testnet.root / "agency") == before


def test_two_ups_at_once_found_one_ledger(testnet: Testnet) -> None:
    with ThreadPoolExecutor(max_workers=2) as pool:
        others = [Testnet(testnet.folder) for _ in range(2)]
        found = list(pool.map(lambda other: other.up("anvil"), others))
    assert found[0] == found[1]
    assert [d.code for d in state_of(testnet).departments.values()] == ["agency"]


def test_what_was_done_is_there_after_down_and_up(testnet: Testnet) -> None:
    testnet.up("anvil")
    testnet.seed_members()
    testnet.advance(30 * DAY_S)
    time = head_time(testnet)
    testnet.down()
    assert runs(testnet) == [False, False]
    assert testnet.status().up is False
    testnet.up()
    assert list(state_of(testnet, "labour").departments_by_code) == MEMBERS
    assert testnet.advance(1) > time


def test_a_killed_chain_is_started_again_with_its_data(testnet: Testnet) -> None:
    testnet.up("ganache")
    before = state_of(testnet).last
    kill_chain(testnet)
    testnet.up()
    assert runs(testnet) == [True, True]
    assert state_of(testnet).last == before


def test_a_chain_that_lost_its_ledger_is_named(testnet: Testnet) -> None:
    testnet.up("anvil")
    # anvil writes its state when it ends, so a kill before loses everything.
    kill_chain(testnet)
    with pytest.raises(ConfigError, match="lost") as caught:
        testnet.up()
    assert "reset" in str(caught.value.hint)
    testnet.reset()
    assert testnet.up("anvil").up


def test_homes_follow_a_node_whose_port_was_taken(testnet: Testnet) -> None:
    testnet.up("anvil")
    testnet.down()
    with port_taken(testnet.folder) as taken:
        second = testnet.up()
    assert second.chain != taken
    assert Home.load(testnet.root / "agency").rpc == (second.chain,)
    assert state_of(testnet).departments_by_code["agency"]


def test_a_snapshot_brings_chain_ipfs_and_homes_back_together(testnet: Testnet) -> None:
    testnet.up("ganache")
    testnet.seed_members()
    before, time = state_of(testnet).last, head_time(testnet)
    testnet.snapshot("members")
    assert runs(testnet) == [True, True]
    testnet.seed()
    testnet.advance(30 * DAY_S)
    assert state_of(testnet).datasets

    testnet.restore("members")

    assert state_of(testnet).last == before
    # An agreed time: neither back before the snapshot nor still a month ahead.
    assert time <= testnet.advance(1) < time + DAY_S
    assert not (testnet.root / "statistics" / "received").exists()
    assert len(testnet.seed().grants) == 6
    assert testnet.status().snapshots == ("members",)


def test_a_snapshot_is_restored_where_another_engine_ran_since(testnet: Testnet) -> None:
    testnet.up("anvil")
    testnet.down()
    testnet.snapshot("anvil")
    testnet.reset()
    testnet.up("ganache")
    testnet.restore("anvil")
    assert testnet.status().engine == "anvil"
    assert state_of(testnet).departments_by_code["agency"]


def test_a_stopped_network_stays_stopped_over_a_snapshot(testnet: Testnet) -> None:
    testnet.up("anvil")
    testnet.down()
    testnet.snapshot("still")
    testnet.restore("still")
    assert runs(testnet) == [False, False]
    with pytest.raises(InputError, match="already"):
        testnet.snapshot("still")
    with pytest.raises(NotFound, match="still"):
        testnet.restore("other")


def test_files_under_a_running_agent_are_not_replaced(testnet: Testnet) -> None:
    testnet.up("anvil")
    testnet.snapshot("one")
    with Home.load(testnet.root / "agency").agent_lock():
        for attempt in (
            lambda: testnet.snapshot("two"),
            lambda: testnet.restore("one"),
            testnet.reset,
        ):
            with pytest.raises(InputError, match="agent of 'agency' runs"):
                attempt()
    assert runs(testnet) == [True, True]


def test_reset_removes_its_homes_and_no_other(testnet: Testnet) -> None:
    testnet.up("anvil")
    other = testnet.root / "elsewhere"
    other.mkdir(mode=0o700)
    (other / "config.toml").write_text("department = 'mine'")
    first = testnet.deployment.read_bytes()
    testnet.reset()
    assert runs(testnet) == [False, False]
    assert sorted(path.name for path in testnet.root.iterdir()) == ["elsewhere", "testnet"]
    testnet.up("anvil")
    assert testnet.deployment.read_bytes() != first


def test_an_agency_of_another_ledger_is_left_alone(testnet: Testnet) -> None:
    taken = testnet.root / "agency"
    taken.mkdir(parents=True, mode=0o700)
    (taken / "config.toml").write_text("department = 'mine'")
    with pytest.raises(ConfigError, match="another ledger"):
        testnet.up("anvil")
    assert [path.name for path in taken.iterdir()] == ["config.toml"]


def test_time_only_goes_forward_and_only_on_a_running_chain(testnet: Testnet) -> None:
    with pytest.raises(NodeUnreachable) as caught:
        testnet.advance(1)
    assert caught.value.hint == "ledger testnet up"
    testnet.up("anvil")
    time = head_time(testnet)
    assert testnet.advance(DAY_S) >= time + DAY_S
    with pytest.raises(InputError):
        testnet.advance(0)


def test_a_chain_keeps_the_configuration_that_it_was_made_with(tmp_path: Path) -> None:
    config = json.loads(DEFAULT_CONFIG.read_text())
    config["chain"] |= {"chainId": 4242, "networkId": 4242}
    chosen = tmp_path / "ganache.config.json"
    chosen.write_text(json.dumps(config))
    made = Testnet(tmp_path / "homes" / "testnet", config=chosen, with_parent=True)
    try:
        made.up("anvil")
        made.down()
        again = Testnet(made.folder, with_parent=True).up()
        assert json_rpc(str(again.chain), "eth_chainId") == hex(4242)
    finally:
        made.down()


def test_another_engine_than_the_chain_has_is_refused(testnet: Testnet) -> None:
    testnet.up("anvil")
    with pytest.raises(ConfigError, match="made with anvil"):
        testnet.up("ganache")
    assert runs(testnet) == [True, True]


def test_what_happens_in_a_block_that_is_undone_did_not_happen(testnet: Testnet) -> None:
    testnet.up("anvil")
    before, time = state_of(testnet).last, head_time(testnet)
    with testnet.undone(), open_home(testnet.root / "agency") as agency:
        agency.agency.admit("labour", "0x" + "11" * 20, name="Labour")
        testnet.advance(DAY_S)
    assert state_of(testnet).last == before
    assert head_time(testnet) == time


def test_the_country_has_its_members_ready_to_work(country: Testnet) -> None:
    state = state_of(country)
    assert list(state.departments_by_code) == MEMBERS
    assert state.departments_by_code["audit-office"].auditor
    assert {len(department.accounts) for department in state.departments.values()} == {3}
    assert all(department.keys for department in state.departments.values())
    assert country.status().homes == tuple(sorted(MEMBERS))


def test_the_country_has_a_dataset_of_every_class(country: Testnet) -> None:
    state = state_of(country)
    assert {name: dataset.sharing for name, dataset in state.datasets_by_name.items()} == {
        "transport/airports": SharingClass.OPEN,
        "labour/employment": SharingClass.CONDITIONAL,
        "energy/electricity": SharingClass.CLOSED,
    }
    assert {dataset.version_count for dataset in state.datasets.values()} == {1}
    assert sorted(state.specifications) == ["airports", "electricity", "employment"]


def test_the_country_has_a_grant_in_every_state(country: Testnet) -> None:
    state = state_of(country)
    assert {number: grant.state for number, grant in state.grants.items()} == {
        1: GrantState.ACTIVE,
        2: GrantState.ACTIVE,
        3: GrantState.REQUESTED,
        4: GrantState.REFUSED,
        5: GrantState.SUSPENDED,
        6: GrantState.REVOKED,
    }
    assert [transfer.state for transfer in state.transfers.values()] == [
        TransferState.ACKNOWLEDGED
    ] * 3
    assert [attempt.grant for attempt in state.refused] == [6]


def test_what_members_received_is_what_was_published(country: Testnet) -> None:
    examples = Path(__file__).parents[2] / "examples" / "data"
    received = country.root / "statistics" / "received" / "us-employment.csv"
    assert received.read_bytes() == (examples / "us-employment.csv").read_bytes()


def test_homes_and_their_passphrases_are_private(country: Testnet) -> None:
    for code in MEMBERS:
        home = country.root / code
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
        secret = [home / "passphrase", home / "keyset.json", *home.glob("accounts/*")]
        assert {stat.S_IMODE(file.stat().st_mode) for file in secret} == {0o600}


def test_seeding_again_changes_nothing(country: Testnet) -> None:
    before = state_of(country).last
    again = country.seed()
    assert state_of(country).last == before
    assert again.grants[2] == "3: health for labour/employment, requested"


def kill_chain(testnet: Testnet) -> None:
    chain, _ = processes(testnet.folder)
    assert chain is not None
    os.kill(chain.pid, signal.SIGKILL)
    assert wait_until_ready(chain.daemon, lambda: False, timeout_s=20) is False


def head_time(testnet: Testnet) -> int:
    with open_home(testnet.root / "agency") as ledger:
        return ledger.session.chain.head().timestamp
