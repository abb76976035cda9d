"""Publishing and fetching a large file, against `ipfs add` and `ipfs cat` on the same daemon.

Every run has a fresh random file; runs alternate, after a first pair that doesn't count. `--large`
adds a run of 4 GiB, for the memory. Processor time is that of the client (this process, or the
`ipfs` command) and the daemon together: unlike the speeds, it says something on a busy machine too.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR

from ledger.client import Ledger
from ledger.codes import Purpose
from ledger.events import SharingClass
from scripts.benchmarks._network import Network, network, note
from scripts.benchmarks._report import Figure, at_least, at_most, report

MIB = 1024 * 1024
SIZE = 1024 * MIB
LARGE = 4 * SIZE
PAIRS = 8
"""As many that begin with us as with the yardstick: the second of a pair is slower, either way."""
DATASET = "labour/random"
MEMORY_MIB = 64
SPEED = 0.9


@dataclass(frozen=True)
class Run:
    """One timed piece of work."""

    seconds: float
    growth_mib: float
    """By how much the resident memory grew at its peak, of this process."""
    cpu_s: float
    """Processor time of this process, its children and the daemon."""

    @property
    def speed(self) -> float:
        """MiB/s for a file of `SIZE`."""
        return SIZE / MIB / self.seconds


def timed(work: Callable[[], object], daemon: int) -> Run:
    """Do it, on quiet disks."""
    os.sync()
    # Writing 5 resets the peak (proc(5), clear_refs).
    Path("/proc/self/clear_refs").write_text("5")
    before, spent, started = memory_mib("VmRSS"), cpu_s(daemon), time.perf_counter()
    work()
    seconds = time.perf_counter() - started
    return Run(seconds, memory_mib("VmHWM") - before, cpu_s(daemon) - spent)


def cpu_s(daemon: int) -> float:
    """Processor time so far, of this process, its ended children and the daemon."""
    times = psutil.Process(daemon).cpu_times()
    return sum(os.times()[:4]) + times.user + times.system


def memory_mib(field: str) -> float:
    """A figure of this process's memory, as Linux keeps it."""
    found = re.search(rf"^{field}:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.M)
    assert found
    return int(found[1]) / 1024


def random_file(path: Path, size: int) -> Path:
    """A file of fresh random bytes, faster than the kernel makes them."""
    stream = Cipher(AES256(os.urandom(32)), CTR(os.urandom(16))).encryptor()
    with path.open("wb") as file:
        for _ in range(size // MIB):
            file.write(stream.update(bytes(MIB)))
    return path


@dataclass
class Course:
    """Where the runs take place: an owner, a grantee, and the daemon's own commands."""

    net: Network
    owner: Ledger
    grantee: Ledger
    latest: list[str] = field(default_factory=list)
    """The CID of the latest version's payload, which the next publication looks at."""

    def prepare(self) -> None:
        """Register, grant, and warm up with a small file."""
        self.owner.datasets.register(
            "random", title="Random", description="Random bytes", sharing=SharingClass.OPEN
        )
        self.grantee.requests.create(
            DATASET,
            purpose=Purpose.RESEARCH,
            purpose_text="To measure.",
            legal_basis="Research Act, section 1",
            retention_days=1,
            security_measures="deleted at once",
            valid_days=1,
        )
        small = random_file(self.net.folder / "small", MIB)
        self.publish(small)
        self.fetch(self.net.folder / "small.fetched")

    def publish(self, file: Path) -> str:
        """Publish the next version; its CID."""
        return self.owner.datasets.publish(DATASET, file, validate=False).cid

    def fetch(self, out: Path) -> None:
        """Fetch the latest version."""
        self.grantee.transfers.fetch(DATASET, out)

    def ipfs_add(self, file: Path) -> str:
        """Add a file as it is; its CID."""
        options = ("--quieter", "--chunker=size-1048576", "--cid-version=1", "--raw-leaves")
        return self._ipfs("add", *options, str(file))

    def ipfs_cat(self, cid: str, out: Path) -> None:
        """Read a file out."""
        with out.open("wb") as file:
            command = [str(self.net.ipfs), "cat", "--progress=false", cid]
            subprocess.run(command, env=self.net.ipfs_environment(), check=True, stdout=file)

    def _ipfs(self, *arguments: str) -> str:
        command, environment = [str(self.net.ipfs), *arguments], self.net.ipfs_environment()
        done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE)
        return done.stdout.decode().strip()

    def pair(self, turn: int) -> dict[str, Run]:
        """The four pieces of work, each on a file of its own; who begins, alternates."""
        plain = random_file(self.net.folder / "plain", SIZE)
        shared = random_file(self.net.folder / "shared", SIZE)
        added, fetched = self.net.folder / "plain.out", self.net.folder / "shared.out"
        cids: dict[str, str] = {}
        works: list[tuple[str, Callable[[], object]]] = [
            ("ipfs add", lambda: cids.update(plain=self.ipfs_add(plain))),
            ("publish", lambda: cids.update(shared=self.publish(shared))),
            ("ipfs cat", lambda: self.ipfs_cat(cids["plain"], added)),
            ("fetch", lambda: self.fetch(fetched)),
        ]
        if turn % 2:
            works = [works[1], works[0], works[3], works[2]]
        runs = {}
        for name, work in works:
            runs[name] = timed(work, self.net.daemon)
            note(f"{name}: {runs[name].seconds:.1f} s, processor {runs[name].cpu_s:.1f} s")
        for file in (plain, shared, added, fetched):
            file.unlink()
        self._forget(cids["plain"], *self.latest)
        self.latest = [cids["shared"]]
        return runs

    def _forget(self, *cids: str) -> None:
        """Empty the daemon, so that each pair finds disk and memory as the one before."""
        self._ipfs("pin", "rm", *cids)
        self._ipfs("repo", "gc", "--quiet")

    def large(self) -> tuple[Run, Run]:
        """Publish and fetch 4 GiB."""
        source = random_file(self.net.folder / "large", LARGE)
        published = timed(lambda: self.publish(source), self.net.daemon)
        source.unlink()
        note(f"publish 4 GiB: {published.seconds:.1f} s")
        fetched = timed(lambda: self.fetch(self.net.folder / "large.out"), self.net.daemon)
        note(f"fetch 4 GiB: {fetched.seconds:.1f} s")
        return published, fetched


def figures(pairs: list[dict[str, Run]]) -> list[Figure]:
    """Medians of the speeds and times, their ratios, and the largest growth."""
    found = []
    for ours, yardstick in (("publish", "ipfs add"), ("fetch", "ipfs cat")):
        speeds = {
            name: statistics.median(runs[name].speed for runs in pairs)
            for name in (yardstick, ours)
        }
        found += [Figure(name, round(speed, 1), "MiB/s") for name, speed in speeds.items()]
        ratio = speeds[ours] / speeds[yardstick]
        found.append(at_least(f"{ours} / {yardstick}", ratio, "x", SPEED))
        for name in (yardstick, ours):
            spent = statistics.median(runs[name].cpu_s for runs in pairs)
            found.append(Figure(f"processor time, {name}", round(spent, 2), "s"))
    for ours in ("publish", "fetch"):
        growth = max(runs[ours].growth_mib for runs in pairs)
        found.append(at_most(f"memory, {ours} 1 GiB", growth, "MiB", MEMORY_MIB))
    return found


def main() -> None:
    """Run the pairs on one network, with the owner's agent beside."""
    with (
        network() as net,
        net.offices.open("labour") as owner,
        net.offices.open("energy") as grantee,
        net.agent("labour"),
    ):
        course = Course(net, owner, grantee)
        course.prepare()
        found = figures([course.pair(turn) for turn in range(PAIRS + 1)][1:])
        if "--large" in sys.argv[1:]:
            for verb, run in zip(("publish", "fetch"), course.large(), strict=True):
                growth = run.growth_mib
                found.append(at_most(f"memory, {verb} 4 GiB", growth, "MiB", MEMORY_MIB))
    report("stream", found)


if __name__ == "__main__":
    main()
