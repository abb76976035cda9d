"""The seeded country on a real chain and IPFS node, as the tests of the command line meet it."""

from __future__ import annotations

import io
import json
import shlex
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ledger.cli.main import run
from ledger.config import Home
from ledger.provenance import LedgerState
from ledger.testing import World
from ledger.testnet.country import examples
from ledger.testnet.processes import start_chain, stop
from ledger.testnet.settings import ChainSettings, load_settings
from ledger.testnet.world import Testnet
from ledger.toolchain.programs import locate

EMPLOYMENT = examples() / "data" / "us-employment.csv"


@dataclass(frozen=True)
class Ran:
    """What a command did: its exit code and what it printed."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> dict[str, Any]:
        """The error document of `--json`."""
        document = json.loads(self.out)
        assert list(document) == ["error"]
        return dict(document["error"])


class Country:
    """One test's copy of the seeded country."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.root = world.root

    def ledger(self, line: str, *more: str | Path, as_: str = "") -> Ran:
        """Run one command line, and further arguments as they are, as a department."""
        given = [*shlex.split(line), *map(str, more)]
        if as_:
            given += ["--profile", as_]
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = run([*given, "--no-input"])
        return Ran(code, out.getvalue(), err.getvalue())

    def shown(self, line: str, as_: str) -> Any:
        """What a command that succeeds tells a department as JSON."""
        ran = self.ledger(f"{line} --json", as_=as_)
        assert ran.code == 0, ran.err
        return json.loads(ran.out)

    def state(self) -> LedgerState:
        """The ledger as it is now, from a node that tells the truth."""
        return self.world.department("agency").state()

    def home(self, code: str) -> Home:
        """A member's home."""
        return Home.load(self.root / code)

    @contextmanager
    def nodes(self, code: str, *, rpc: str = "", ipfs: str = "") -> Iterator[None]:
        """A member's home with other node addresses for the block."""
        home = self.home(code)
        home.with_addresses(rpc=(rpc,) if rpc else home.rpc, ipfs=(ipfs,) if ipfs else home.ipfs)
        try:
            yield
        finally:
            self.home(code).with_addresses(rpc=home.rpc, ipfs=home.ipfs)

    def approved(self) -> None:
        """Approve health's request 3 for labour/employment."""
        assert self.ledger("request approve 3", as_="labour").code == 0

    def released(self, dataset: str = "labour/employment") -> int:
        """Open a transfer of a dataset to health and release its key; return its number."""
        if dataset == "labour/employment":
            self.approved()
        number = self.world.department("health").transfers.open(dataset).transfer
        assert self.world.agent(dataset.partition("/")[0]).step().released == 1
        return number


@contextmanager
def another_chain(folder: Path, chain_id: int) -> Iterator[str]:
    """A fresh anvil with this chain id; gives its address."""
    settings = ChainSettings({**load_settings().options, "chain.chainId": chain_id})
    programs = locate()
    assert programs is not None
    process = start_chain(programs.engine("anvil"), "anvil", settings, folder, with_parent=True)
    try:
        yield process.url
    finally:
        stop(folder)


@pytest.fixture(scope="session")
def seeded_testnet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Testnet]:
    """A test network with the seeded country on it, for the whole run."""
    testnet = Testnet(tmp_path_factory.mktemp("country") / "testnet", with_parent=True)
    try:
        testnet.up("anvil")
        testnet.seed()
        yield testnet
    finally:
        testnet.down()
        shutil.rmtree(testnet.root, ignore_errors=True)


@pytest.fixture
def country(
    seeded_testnet: Testnet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Country]:
    """The seeded country; what a test does to its chain and its homes is undone after it."""
    root = tmp_path / "homes"
    shutil.copytree(seeded_testnet.root, root, ignore=shutil.ignore_patterns("testnet"))
    # So that `ledger testnet advance` finds it; tests here must not stop or restore it.
    (root / "testnet").symlink_to(seeded_testnet.folder)
    monkeypatch.setenv("LEDGER_HOME", str(root))
    monkeypatch.delenv("LEDGER_PROFILE", raising=False)
    monkeypatch.chdir(tmp_path)
    with seeded_testnet.undone():
        world = World(seeded_testnet, root)
        try:
            yield Country(world)
        finally:
            world.close()
