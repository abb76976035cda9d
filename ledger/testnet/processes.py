"""A test network's processes, a chain and an IPFS node, as its `testnet.json` lists them."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from filelock import FileLock

from ledger.errors import ConfigError, ToolchainError
from ledger.testnet import kubo
from ledger.testnet.daemon import LOOPBACK, Daemon, free_port, last_lines, start, wait_until_ready
from ledger.testnet.http import answers, json_rpc
from ledger.testnet.settings import ChainSettings, Engine

PARTS = ("chain", "ipfs")
"""The folders, inside a test network's, that hold all its data: what a snapshot copies."""

_STATE = "testnet.json"
_START_S = 60.0
_TRIES = 3


@dataclass(frozen=True)
class ChainProcess:
    """A test chain: its engine, the address of its JSON-RPC, its process."""

    engine: Engine
    url: str
    pid: int
    identity: str

    @property
    def daemon(self) -> Daemon:
        """The process, to ask whether it runs."""
        return Daemon(self.pid, self.identity)


@dataclass(frozen=True)
class IpfsProcess:
    """A Kubo node: the addresses of its API and its gateway, its process."""

    api: str
    gateway: str
    pid: int
    identity: str

    @property
    def daemon(self) -> Daemon:
        """The process, to ask whether it runs."""
        return Daemon(self.pid, self.identity)


def start_chain(
    program: Sequence[str],
    engine: Engine,
    settings: ChainSettings,
    folder: Path,
    *,
    with_parent: bool = False,
) -> ChainProcess:
    """Start a test chain on the data in `folder`, or return it where it runs.

    `program` is the command of the engine. `with_parent` has the chain end with the calling thread.

    Raises:
        ConfigError: the folder's data were made by another engine.
        ToolchainError: the engine does not start.
    """

    def launch(ports: Sequence[int]) -> Daemon:
        data = _private_folder(folder / "chain")
        command = [*program, *_engine_flags(engine, data, ports[0]), *settings.flags(engine)]
        return start(
            command,
            log=folder / "chain.log",
            environment=_environment(data),
            with_parent=with_parent,
        )

    def ready(ports: Sequence[int]) -> bool:
        if json_rpc(_url(ports[0]), "eth_chainId") != hex(settings.chain_id):
            return False
        _go_on_from_last_block(engine, _url(ports[0]))
        return True

    with _opened(folder) as state:
        known = _chain(state)
        if known and known.engine != engine:
            raise ConfigError(
                f"the test network in {folder} was made with {known.engine}, not {engine}",
                hint="Go on with that engine, or reset the test network.",
            )

        def record(daemon: Daemon, ports: Sequence[int]) -> None:
            chain = ChainProcess(engine, _url(ports[0]), daemon.pid, daemon.identity)
            state["chain"] = asdict(chain)
            _save(folder, state)

        ports = [_port(known.url) if known else 0]
        running = known.daemon if known else None
        _start(running, ports, launch, ready, record, folder / "chain.log")
        return cast("ChainProcess", _chain(state))


def start_ipfs(program: Path, folder: Path, *, with_parent: bool = False) -> IpfsProcess:
    """Start a private, offline IPFS node on the data in `folder`, or return it where it runs.

    `program` is Kubo's `ipfs`. `with_parent` has the node end with the calling thread.

    Raises:
        ToolchainError: Kubo does not start.
    """

    def launch(ports: Sequence[int]) -> Daemon:
        repository = _private_folder(folder / "ipfs")
        environment = _environment(repository) | kubo.environment(repository)
        if not (repository / "config").exists():
            kubo.initialise(program, repository, environment)
        kubo.configure(repository, api_port=ports[0], gateway_port=ports[1])
        return start(
            [str(program), *kubo.DAEMON],
            log=folder / "ipfs.log",
            environment=environment,
            with_parent=with_parent,
        )

    def ready(ports: Sequence[int]) -> bool:
        return answers(f"{_url(ports[0])}/api/v0/version")

    with _opened(folder) as state:
        known = _ipfs(state)

        def record(daemon: Daemon, ports: Sequence[int]) -> None:
            ipfs = IpfsProcess(_url(ports[0]), _url(ports[1]), daemon.pid, daemon.identity)
            state["ipfs"] = asdict(ipfs)
            _save(folder, state)

        ports = [_port(known.api), _port(known.gateway)] if known else [0, 0]
        running = known.daemon if known else None
        _start(running, ports, launch, ready, record, folder / "ipfs.log")
        return cast("IpfsProcess", _ipfs(state))


def processes(folder: Path) -> tuple[ChainProcess | None, IpfsProcess | None]:
    """Return what was started in `folder`, whether or not it still runs (`.daemon.runs()`)."""
    state = _read(folder)
    return _chain(state), _ipfs(state)


def stop(folder: Path) -> None:
    """End what was started in `folder`; its data, and the ports for the next start, stay."""
    if not (folder / _STATE).exists():
        return
    with _opened(folder) as state:
        for process in (_chain(state), _ipfs(state)):
            if process:
                process.daemon.stop()


def _start(
    running: Daemon | None,
    ports: Sequence[int],
    launch: Callable[[Sequence[int]], Daemon],
    ready: Callable[[Sequence[int]], bool],
    record: Callable[[Daemon, Sequence[int]], None],
    log: Path,
) -> None:
    """Have a daemon serve: the one that runs, or a new one, on the same ports where they are free.

    It is recorded before it is waited for: whoever is killed meanwhile leaves no unknown process.
    """
    if running and running.runs() and _wait(running, ready, ports):
        return
    for _ in range(_TRIES):
        ports = [free_port(port) for port in ports]
        daemon = launch(ports)
        try:
            record(daemon, ports)
            if _wait(daemon, ready, ports):
                return
        except BaseException:
            daemon.stop()
            raise
        if daemon.runs():
            daemon.stop()
            break
        # It ended by itself: another program may have been faster to take its port.
        ports = [0] * len(ports)
    raise ToolchainError(
        f"{log.stem} does not start:\n{last_lines(log)}", hint=f"The whole log is {log}."
    )


def _wait(daemon: Daemon, ready: Callable[[Sequence[int]], bool], ports: Sequence[int]) -> bool:
    def serves() -> bool:
        # Another program may have taken a port since: only an answer by this process counts.
        return all(daemon.listens(port) for port in ports) and ready(ports)

    return wait_until_ready(daemon, serves, timeout_s=_START_S)


def _engine_flags(engine: Engine, data: Path, port: int) -> list[str]:
    if engine == "ganache":
        return [
            f"--server.host={LOOPBACK}",
            f"--server.port={port}",
            f"--database.dbPath={data / 'database'}",
        ]
    return [
        f"--host={LOOPBACK}",
        f"--port={port}",
        f"--state={data / 'state.json'}",
        f"--cache-path={data / 'cache'}",
        f"--timestamp={_genesis_time(data / 'genesis-time')}",
        "--preserve-historical-states",
        "--no-cors",
        "--quiet",
    ]


def _genesis_time(file: Path) -> int:
    """When an anvil chain began, in Unix seconds.

    Anvil makes a first block at every start, and may then answer with it instead of the one in
    its state: so it is made to be the same.
    """
    if not file.exists():
        fresh = file.with_suffix(".fresh")
        fresh.write_text(str(int(time.time())))
        fresh.replace(file)
    return int(file.read_text())


def _go_on_from_last_block(engine: Engine, url: str) -> None:
    """Set the chain's clock to now, or to its last block where that is ahead after an advance.

    Neither engine keeps its clock's advance when it stops; time would run backwards.
    """
    block = cast("dict[str, Any]", json_rpc(url, "eth_getBlockByNumber", ["latest", False]))
    now, last = int(time.time()), int(block["timestamp"], 16)
    if engine == "anvil":
        json_rpc(url, "evm_setTime", [max(now, last)])
    elif last > now:
        json_rpc(url, "evm_increaseTime", [last - now])


def _environment(folder: Path) -> dict[str, str]:
    # The user's home is neither read nor written by the programs.
    return {"HOME": str(folder), "PATH": os.environ.get("PATH", os.defpath), "NO_COLOR": "1"}


def _url(port: int) -> str:
    return f"http://{LOOPBACK}:{port}"


def _port(url: str) -> int:
    return urlsplit(url).port or 0


def _private_folder(folder: Path) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder.resolve()


@contextmanager
def _opened(folder: Path) -> Iterator[dict[str, Any]]:
    """Hold the folder's lock; where something fails, its state stays what it was."""
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "testnet.lock"):
        before = _read(folder)
        state = dict(before)
        try:
            yield state
        except BaseException:
            if state != before:
                _save(folder, before)
            raise


def _save(folder: Path, state: dict[str, Any]) -> None:
    fresh = folder / f".{_STATE}.fresh"
    fresh.write_text(json.dumps(state, indent=2) + "\n", encoding="utf-8")
    fresh.replace(folder / _STATE)


def _read(folder: Path) -> dict[str, Any]:
    path = folder / _STATE
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
        _chain(state), _ipfs(state)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ConfigError(f"{path} is damaged: {error}", hint="Reset the test network.") from error
    return cast("dict[str, Any]", state)


def _chain(state: dict[str, Any]) -> ChainProcess | None:
    return ChainProcess(**state["chain"]) if state.get("chain") else None


def _ipfs(state: dict[str, Any]) -> IpfsProcess | None:
    return IpfsProcess(**state["ipfs"]) if state.get("ipfs") else None
