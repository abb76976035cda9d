"""One command of the real command line in a child process, broken off at a chosen point.

Only what runs in the child may be put here. A point lies before each durable step of a command;
the adapters are wrapped where a home is opened, so that nothing in the product knows.
`serve` is a server that has loaded everything once, and forks for each errand.
"""

from __future__ import annotations

import errno
import gc
import importlib
import os
import pickle
import resource
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal, NoReturn

from ledger import backup, opening
from ledger.agent import Agent
from ledger.chain import Web3Chain
from ledger.cli import main
from ledger.errors import DiskFull
from ledger.identifiers import record_cid
from ledger.ipfs import KuboIpfs
from ledger.store import SqlStore
from ledger.testnet.offices import open_home
from ledger.testnet.processes import processes

How = Literal["kill", "interrupt", "full", "outage"]
"""SIGKILL, SIGINT, no space left, the chain's process ended."""

END = "end"
"""The point after the last step, before the process ends."""

_LONGEST_S = 60
# What a command loads when it first needs it; here it is loaded before it is forked.
_LOADED_LATE = (
    *(
        f"ledger.cli.{name}"
        for name in (
            *("agent", "agentrun", "backup", "dataset", "document", "judging", "query"),
            *("recalling", "request", "transfer"),
        )
    ),
    *("coincurve", "multiformats", "netaddr", "prometheus_client", "sqlalchemy.dialects.sqlite"),
    *("ledger.cli.progress", "multiaddr.codecs.ip4"),
    "cryptography.hazmat.primitives.asymmetric.ec",
)
_FILLS_A_DISK = (
    "store.",
    "backups.",
    "outbox.",
    "file.",
    "ipfs.put_block",
    "ipfs.add_payload",
)


@dataclass(frozen=True)
class Errand:
    """What a child does; its current folder is `folder`."""

    homes: Path
    folder: Path
    arguments: tuple[str, ...]
    notes: Path
    """Where its points and its output are written."""
    owner: str | None = None
    """Whose agent serves as soon as a transfer is opened."""
    at: int = 0
    """The number of the point that is hit, from 1; 0 for none."""
    how: How = "kill"
    file_limit_bytes: int | None = None
    testnet: Path | None = None
    """The test network whose chain an outage ends."""
    watch_homes: bool = False
    """Whether steps on files in the homes are points too, not only those in `folder`."""


def serve() -> None:
    """Run errands, pickled on stdin, each in a child; answer its exit code, negative for a signal.

    Ends with stdin.
    """
    for name in _LOADED_LATE:
        importlib.import_module(name)
    record_cid(bytes(32))
    gc.freeze()
    while True:
        try:
            errand = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        child = os.fork()
        if child == 0:
            _end_with(errand)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _end_with(errand: Errand) -> NoReturn:
    code = 70
    try:
        run(errand)
    except SystemExit as ending:
        code = ending.code if isinstance(ending.code, int) else 71
    except KeyboardInterrupt:
        code = 130
    finally:
        os._exit(code)


def run(errand: Errand) -> None:
    """Run the command line as a process of its own would; never returns."""
    signal.alarm(_LONGEST_S)
    # What a shell starts in the background ignores it, and so does whatever that starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ["LEDGER_HOME"] = str(errand.homes)
    os.chdir(errand.folder)
    output = os.open(errand.notes / "output", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    if errand.file_limit_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (errand.file_limit_bytes, -1))
    points = Points(errand)
    _wrap_adapters(points)
    _wrap_files(points)
    try:
        main.main(errand.arguments)
    except SystemExit:
        points.reach(END)
        raise


class Points:
    """Counts what a command passes, and hits it where that was asked for."""

    def __init__(self, errand: Errand) -> None:
        self.errand = errand
        self._count = 0
        self.paused = False
        """While it is, what happens is not the command's own doing."""
        self._trace = os.open(errand.notes / "trace", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)

    def reach(self, name: str) -> None:
        """Note the point; hit the process if it is the one."""
        if self.paused:
            return
        self._count += 1
        os.write(self._trace, f"{name}\n".encode())
        if self._count != self.errand.at:
            return
        if self.errand.how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif self.errand.how == "interrupt":
            os.kill(os.getpid(), signal.SIGINT)
        elif self.errand.how == "outage":
            self._end_chain()
        elif name.startswith("file."):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        else:
            raise DiskFull("no space is left", hint="free some space and run again")

    def _end_chain(self) -> None:
        assert self.errand.testnet is not None
        chain, _ = processes(self.errand.testnet)
        assert chain is not None
        chain.daemon.stop()


def fills_a_disk(point: str) -> bool:
    """Whether a full disk shows at this point."""
    return point.startswith(_FILLS_A_DISK)


class _Pointed:
    """An adapter with a point before each of the named methods; `scope` names it in the trace."""

    def __init__(self, inner: Any, points: Points, scope: str, methods: tuple[str, ...]) -> None:
        self._inner = inner
        self._points = points
        self._scope = scope
        self._methods = methods

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name not in self._methods:
            return found

        def method(*arguments: Any, **options: Any) -> Any:
            self._points.reach(f"{self._scope}.{name}")
            return found(*arguments, **options)

        return method


class _Chain(_Pointed):
    def transact(self, signer: Any, contract: Any, function: str, *rest: Any, key: str) -> Any:
        receipt = self._inner.transact(signer, contract, function, *rest, key=key)
        owner = self._points.errand.owner
        if function in ("open", "query") and owner:
            self._points.paused = True
            with open_home(self._points.errand.homes / owner) as ledger:
                Agent(ledger.session, lambda *_, **__: None).step()
            self._points.paused = False
        return receipt


class _Store(_Pointed):
    def intent(self, command: str, arguments: Any) -> Any:
        self._points.reach("store.intent")
        return self._intent(self._inner.intent(command, arguments))

    def unfinished(self, command: str) -> list[Any]:
        return [self._intent(intent) for intent in self._inner.unfinished(command)]

    def _intent(self, intent: Any) -> _Pointed:
        return _Pointed(intent, self._points, "store.intent", ("save", "finish", "drop"))

    def backups(self) -> Any:
        steps = ("begin", "finish", "fill", "note_restored")
        return _Pointed(self._inner.backups(), self._points, "backups", steps)

    def outbox(self, chain: bytes) -> Any:
        outbox = self._inner.outbox(chain)
        return _Pointed(outbox, self._points, "outbox", ("sign", "settle", "discard"))


class _Ipfs(_Pointed):
    def add_payload(self, chunks: Iterable[bytes], name: str) -> str:
        self._points.reach("ipfs.add_payload")
        cid: str = self._inner.add_payload(self._each("ipfs.sends", chunks), name)
        return cid

    def read_payload(self, cid: str, offset: int = 0) -> Iterator[bytes]:
        return self._each("ipfs.receives", self._inner.read_payload(cid, offset))

    def _each(self, name: str, chunks: Iterable[bytes]) -> Iterator[bytes]:
        # Once in the middle: whichever chunk is the last, what is left is the same.
        for number, chunk in enumerate(chunks):
            if number == 1:
                self._points.reach(name)
            yield chunk


def _wrap_adapters(points: Points) -> None:
    """Have homes opened with adapters that have points: in this process only."""

    def step(name: str) -> None:
        points.reach(f"chain.{name}")

    def store(location: Path) -> Any:
        keys = ("save_data_key", "delete_data_key", "reseal", "erase", "compact")
        methods = (*keys, "save_wrap")
        return _Store(SqlStore.open(location), points, "store", methods)

    def chain(deployment: Any, urls: Any, outbox: Any) -> Any:
        made = Web3Chain(deployment, urls, outbox, on_step=step)
        return _Chain(made, points, "chain", ())

    def ipfs(addresses: Any) -> Any:
        return _Ipfs(KuboIpfs(addresses), points, "ipfs", ("put_block", "pinned", "unpin"))

    builders: tuple[Any, ...] = (opening, backup.creating, backup.restoring)
    for built in builders:
        built.SqlStore = SimpleNamespace(open=store)
        built.Web3Chain = chain
        built.KuboIpfs = ipfs


def _wrap_files(points: Points) -> None:
    """A point before each step that a crash of the machine could undo, in the child's folders."""
    folders = (str(points.errand.folder),)
    if points.errand.watch_homes:
        folders += (str(points.errand.homes),)

    def inside(path: Any) -> bool:
        if isinstance(path, int):
            path = Path(f"/proc/self/fd/{path}").readlink()
        return str(Path(os.fspath(path)).absolute()).startswith(folders)

    def pointed(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(path: Any, *arguments: Any, **options: Any) -> Any:
            if inside(path):
                points.reach(f"file.{name}")
            return call(path, *arguments, **options)

        return wrapped

    system: Any = os
    for name in ("replace", "rename", "fsync", "link"):
        setattr(system, name, pointed(name, getattr(os, name)))
    opened = os.open

    def create(path: Any, flags: int, *arguments: Any, **options: Any) -> int:
        if flags & os.O_CREAT and inside(path):
            points.reach("file.create")
        return opened(path, flags, *arguments, **options)

    system.open = create
