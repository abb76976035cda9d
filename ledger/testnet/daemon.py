"""One background process on Linux: started, recognised later by pid and start time, and stopped."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ledger.errors import ToolchainError

LOOPBACK = "127.0.0.1"
_POLL_S = 0.05
# Below are the ports that programs are known by: 5432, 8080, 8545.
_FIRST_PORT = 20_000
_DRAWS = 100
_LOG_LINES = 12


@dataclass(frozen=True)
class Daemon:
    """A process; `identity` tells it from a later one with the same number."""

    pid: int
    identity: str

    def runs(self) -> bool:
        """Whether this very process still runs."""
        _reap(self.pid)
        return _identity(self.pid) == self.identity

    def listens(self, port: int) -> bool:
        """Whether this very process, and not another, serves the loopback port."""
        return self.runs() and bool(_listening_sockets(port) & _sockets(self.pid))

    def stop(self, *, timeout_s: float = 30) -> None:
        """End the process: ask, wait, then kill."""
        for number, patience_s in ((signal.SIGTERM, timeout_s), (signal.SIGKILL, 10.0)):
            if self.runs():
                with suppress(ProcessLookupError):
                    os.kill(self.pid, number)
                _eventually(lambda: not self.runs(), patience_s)


def start(
    command: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str],
    with_parent: bool = False,
) -> Daemon:
    """Start a process in a session of its own; `with_parent` has it end with the calling thread.

    Raises:
        ToolchainError: the program does not start.
    """
    setpriv = shutil.which("setpriv") if with_parent else None
    if setpriv:
        command = [setpriv, "--pdeathsig", "TERM", *command]
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    try:
        # Not subprocess: its object expects to live as long as the process, and that outlives us.
        pid = os.posix_spawn(
            command[0],
            list(command),
            dict(environment),
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(log), flags, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
        )
    except OSError as error:
        raise ToolchainError(f"{command[0]} does not start: {error.strerror}") from error
    return Daemon(pid, _identity(pid) or "ended at once")


def wait_until_ready(daemon: Daemon, ready: Callable[[], bool], *, timeout_s: float) -> bool:
    """Wait until `ready`; return False where the process ended or the time did."""
    answered = False

    def settled() -> bool:
        nonlocal answered
        answered = ready()
        return answered or not daemon.runs()

    _eventually(settled, timeout_s)
    return answered


def free_port(preferred: int) -> int:
    """Return the preferred loopback port where it is free and not 0, else another free one.

    Another one is drawn at random from those that the kernel gives to no outgoing connection: a
    process that is stopped most likely finds it free when it is started again.

    Raises:
        ToolchainError: there is none.
    """
    for port in filter(None, (preferred, *_drawn())):
        with socket.socket() as probe, suppress(OSError):
            # As servers do it: a port whose last connections are still closing is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((LOOPBACK, port))
            return port
    raise ToolchainError("no free port on this machine", hint="Close programs that listen.")


def last_lines(log: Path) -> str:
    """Return the end of a log, for an error message."""
    try:
        text = log.read_bytes()[-4096:].decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(line[:200] for line in text.strip().splitlines()[-_LOG_LINES:])


def _drawn() -> Iterator[int]:
    first, last = _outgoing_ports()
    every = range(_FIRST_PORT, 65_536)
    # A machine may give all of them to outgoing connections; then there is none better.
    ports = [port for port in every if not first <= port <= last] or every
    return (secrets.choice(ports) for _ in range(_DRAWS))


def _outgoing_ports() -> tuple[int, int]:
    """The first and the last port that the kernel gives to outgoing connections (ip(7))."""
    try:
        first, last = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    except OSError:
        return 32_768, 60_999
    return int(first), int(last)


def _eventually(condition: Callable[[], bool], timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_S)
    return True


def _identity(pid: int) -> str | None:
    """Return what distinguishes a process for ever: boot, and start in clock ticks (proc(5))."""
    try:
        # The name in parentheses may hold anything; the fields that matter come after it.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None
    state, start_ticks = fields[0], fields[19]
    return None if state in "ZX" else f"{boot}/{start_ticks}"


def _reap(pid: int) -> None:
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def _listening_sockets(port: int) -> set[str]:
    address, listening = f"0100007F:{port:04X}", "0A"
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    rows = (line.split() for line in lines)
    return {f"socket:[{row[9]}]" for row in rows if row[1] == address and row[3] == listening}


def _sockets(pid: int) -> set[str]:
    found = set()
    with suppress(OSError):
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                found.add(str(link.readlink()))
    return found
