"""The ledger on which commands are broken off: a chain and homes that go back to a mark.

Helpers of the tests only; what runs inside a broken command is in `breaking.py`.
"""

from __future__ import annotations

import itertools
import json
import pickle
import shutil
import signal
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ledger.client import Ledger
from ledger.events import Event
from ledger.testing import World
from ledger.testnet.http import json_rpc
from ledger.testnet.offices import open_home
from ledger.testnet.world import Testnet
from tests.faults.breaking import Errand


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    """Its exit code, negative for a signal."""
    output: str
    points: tuple[str, ...]

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL


@dataclass
class Mark:
    """A moment to go back to: the chain, the homes, and what IPFS had pinned."""

    snapshot: Any
    homes: Path
    events: int
    pins: frozenset[str]


@contextmanager
def errand_server() -> Iterator[subprocess.Popen[bytes]]:
    """The server that runs commands, ended at the end."""
    # Not `breaking` itself: what is pickled must come from a module of that name, not `__main__`.
    program = "from tests.faults.breaking import serve; serve()"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as server:
        try:
            yield server
        finally:
            server.kill()


@dataclass
class Stage:
    """Departments, labour and health above all, on a chain of their own."""

    testnet: Testnet
    folder: Path
    server: subprocess.Popen[bytes]
    """`breaking.py` as a server."""
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def homes(self) -> Path:
        """`LEDGER_HOME` of every command."""
        return self.folder / "homes"

    @property
    def work(self) -> Path:
        """The current folder of every command: files are published from and fetched to it."""
        return self.folder / "work"

    def build(self) -> None:
        """Admit the departments."""
        self.work.mkdir()
        world = World(self.testnet, self.homes)
        for code in ("labour", "health", "statistics", "agency"):
            world.department(code)
        world.close()

    @contextmanager
    def ledger(self, code: str) -> Iterator[Ledger]:
        """A department's home, opened in this process."""
        with open_home(self.homes / code) as ledger:
            yield ledger

    def errand(self, code: str, *arguments: str, **options: Any) -> Errand:
        """A command of a department."""
        return Errand(
            homes=self.homes,
            folder=self.work,
            arguments=("--profile", code, "--yes", *arguments),
            notes=self.folder,
            testnet=self.testnet.folder,
            **options,
        )

    def run(self, errand: Errand, **changes: Any) -> Outcome:
        """Run a command in a child process to its end, whichever it is."""
        assert self.server.stdin is not None
        assert self.server.stdout is not None
        self.server.stdin.write(pickle.dumps(replace(errand, **changes)))
        self.server.stdin.flush()
        code = int(self.server.stdout.readline())
        return Outcome(
            code,
            (self.folder / "output").read_text(),
            tuple((self.folder / "trace").read_text().split()),
        )

    def mark(self) -> Mark:
        """Remember this moment."""
        copy = self.folder / f"mark-{next(self._numbers)}"
        shutil.copytree(self.homes, copy)
        snapshot = json_rpc(self.testnet.nodes().rpc, "evm_snapshot")
        return Mark(snapshot, copy, len(self.events()), self.pins())

    def back(self, mark: Mark) -> None:
        """Go back to a moment; IPFS forgets its pins, if not their content."""
        url = self.testnet.nodes().rpc
        json_rpc(url, "evm_revert", [mark.snapshot])
        mark.snapshot = json_rpc(url, "evm_snapshot")
        shutil.rmtree(self.homes)
        shutil.copytree(mark.homes, self.homes)
        for file in self.work.glob("received*"):
            file.unlink()
        for file in self.work.glob(".received*"):
            file.unlink()
        added = self.pins() - mark.pins
        if added:
            self.ipfs("pin/rm?" + "&".join(f"arg={cid}" for cid in added))

    def events(self) -> list[Event]:
        """Everything that happened on the ledger."""
        with self.ledger("health") as ledger:
            return list(ledger.session.chain.events())

    def pins(self) -> frozenset[str]:
        """What the IPFS node keeps."""
        return frozenset(self.ipfs("pin/ls?type=recursive")["Keys"])

    def ipfs(self, call: str) -> Any:
        """Ask the IPFS node itself; the last line of its answer."""
        api = self.testnet.nodes().ipfs
        request = urllib.request.Request(f"{api}/api/v0/{call}", method="POST")
        with urllib.request.urlopen(request, timeout=30) as answer:
            lines = answer.read().splitlines()
        return json.loads(lines[-1]) if lines else None

    def notes(self, code: str, query: str) -> list[tuple[Any, ...]]:
        """Ask a home's store directly."""
        with closing(sqlite3.connect(self.homes / code / "ledger.db")) as database:
            return database.execute(query).fetchall()

    def require_settled(self, code: str) -> None:
        """Check that a home has nothing unfinished, and its accounts no gap before their next."""
        assert self.notes(code, "SELECT command FROM intents WHERE unfinished NOT NULL") == []
        url = self.testnet.nodes().rpc
        for key, number in self.notes(code, "SELECT key, '0x' || HEX(hash) FROM outbox"):
            receipt: Any = json_rpc(url, "eth_getTransactionReceipt", [number])
            assert receipt is not None, key
            assert receipt["status"] == "0x1", key
        accounts = self.notes(code, "SELECT account, MAX(nonce) FROM outbox GROUP BY account")
        for account, highest in accounts:
            count = json_rpc(url, "eth_getTransactionCount", [account, "latest"])
            assert int(str(count), 16) == highest + 1, account
