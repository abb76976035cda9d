"""The pytest plug-in: a chain, an IPFS node and a deployed ledger, fresh for every test.

pytest loads this module wherever the package is installed: nothing heavy at its top.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

if TYPE_CHECKING:
    from ledger.agent import Agent
    from ledger.client import Ledger
    from ledger.testnet.seed import Seeded
    from ledger.testnet.settings import Engine
    from ledger.testnet.world import Testnet

__all__ = ["World", "ledger_testnet", "ledger_world"]

_AGENT_POLL_S = 0.05


class World:
    """One test's ledger: its members' homes, its clock, and nothing of any other test."""

    def __init__(self, testnet: Testnet, root: Path) -> None:
        """`root` is an empty folder for this test's homes."""
        from ledger.testnet.offices import Offices

        self.testnet = testnet
        self.root = root
        """The folder of the homes: `LEDGER_HOME` for the command line."""
        self._offices = Offices(root, testnet.deployment, testnet.nodes(), copied_from=testnet.root)
        self._closing = ExitStack()
        self._opened: dict[str, Ledger] = {}

    def department(self, code: str) -> Ledger:
        """A department's open ledger; a new member is admitted, with accounts and a key.

        Raises:
            InputError: a malformed code.
        """
        if code not in self._opened:
            if not self._offices.exists(code):
                self._admit(code)
            self._opened[code] = self._closing.enter_context(self._offices.open(code))
        return self._opened[code]

    def agent(self, code: str) -> Agent:
        """A department's agent, which works when it is told to: `step()` is one round."""
        from ledger.agent import Agent

        return Agent(self.department(code).session, _unreported)

    @contextmanager
    def running_agent(self, code: str) -> Iterator[None]:
        """A department's agent at work, beside the block.

        Raises:
            LedgerError: the agent came to an end by itself; raised at the end of the block.
        """
        from ledger.agent import Agent

        stop = threading.Event()

        def work() -> None:
            # The home is opened once more: a session belongs to one thread.
            with self._offices.open(code) as ledger:
                agent = Agent(ledger.session, _unreported)
                agent.run(stop, poll_s=_AGENT_POLL_S, on_round=_unreported)

        self.department(code)
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"agent-{code}") as pool:
            working = pool.submit(work)
            try:
                yield
            finally:
                stop.set()
            working.result()

    def advance(self, seconds: int) -> int:
        """Let time pass on the chain; return its time, in Unix seconds.

        Raises:
            InputError: less than a second.
        """
        return self.testnet.advance(seconds)

    def seed(self) -> Seeded:
        """Build the small country of `ledger testnet seed`: datasets, requests and grants."""
        from ledger.testnet.seed import Seed

        with Seed(self._offices, self.advance) as seed:
            return seed.everything()

    def close(self) -> None:
        """Close every home."""
        self._opened.clear()
        self._closing.close()

    def _admit(self, code: str) -> None:
        from ledger.identifiers import parse_code
        from ledger.testnet.country import Member
        from ledger.testnet.seed import Seed

        member = Member(parse_code(code), code.capitalize())
        with Seed(self._offices, self.advance) as seed:
            seed.members([member])


def _unreported(*_: object, **__: object) -> None:
    """What an agent reports, where nobody listens."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of this plug-in."""
    parser.getgroup("ledger", "sharing ledger").addoption(
        "--ledger-engine",
        choices=("ganache", "anvil"),
        default="ganache",
        help="the test chain that the ledger fixtures start (%(default)s)",
    )


@pytest.fixture(scope="session")
def ledger_testnet(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Testnet]:
    """A test network for the whole run: chain, IPFS node, deployed ledger, admitted members.

    `ganache.config.json` in the root folder configures the chain.
    """
    from ledger.testnet.world import Testnet

    config = request.config.rootpath / "ganache.config.json"
    testnet = Testnet(
        tmp_path_factory.mktemp("ledger") / "testnet",
        config=config if config.is_file() else None,
        with_parent=True,
    )
    try:
        testnet.up(cast("Engine", request.config.getoption("--ledger-engine")))
        testnet.seed_members()
        yield testnet
    finally:
        testnet.down()
        shutil.rmtree(testnet.root, ignore_errors=True)


@pytest.fixture
def ledger_world(ledger_testnet: Testnet, tmp_path: Path) -> Iterator[World]:
    """A ledger as it was when the run began: what a test does to it is undone after it."""
    with ledger_testnet.undone():
        world = World(ledger_testnet, tmp_path / "homes")
        try:
            yield world
        finally:
            world.close()
