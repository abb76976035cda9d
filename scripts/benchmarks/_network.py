"""A test network for benchmarks, in a temporary folder, with the members of the seeded country."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from ledger import toolchain
from ledger.testnet import kubo
from ledger.testnet.offices import Offices
from ledger.testnet.processes import processes
from ledger.testnet.world import Testnet

LEDGER = Path(sys.executable).with_name("ledger")


@dataclass(frozen=True)
class Network:
    """A running test network and its members' homes."""

    folder: Path
    offices: Offices
    ipfs: Path
    """The program that the daemon runs."""
    repository: Path
    """The daemon's, by which `ipfs` commands find it."""
    daemon: int
    """The daemon's process id."""

    def ipfs_environment(self) -> dict[str, str]:
        """What an `ipfs` command needs to speak with the daemon."""
        return {**os.environ, **kubo.environment(self.repository)}

    @contextmanager
    def agent(self, code: str) -> Iterator[None]:
        """A member's agent, a process of its own as in earnest."""
        command = [str(LEDGER), "agent", "run", "--profile", code, "--poll", "0.25"]
        environment = {**os.environ, "LEDGER_HOME": str(self.folder)}
        process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        try:
            yield
        finally:
            process.terminate()
            process.wait()


def note(line: str) -> None:
    """Tell on stderr what goes on."""
    print(f"  {line}", file=sys.stderr, flush=True)


@contextmanager
def network() -> Iterator[Network]:
    """A fresh network on Ganache with instant blocks, gone at the end."""
    with TemporaryDirectory(prefix="ledger-bench-") as root:
        testnet = Testnet(Path(root) / "testnet", with_parent=True, say=note)
        try:
            testnet.up("ganache")
            testnet.seed_members()
            _, daemon = processes(testnet.folder)
            assert daemon is not None
            yield Network(
                folder=testnet.root,
                offices=Offices(testnet.root, testnet.deployment, testnet.nodes()),
                ipfs=toolchain.obtain(note).ipfs,
                repository=testnet.folder / "ipfs",
                daemon=daemon.daemon.pid,
            )
        finally:
            testnet.down()
