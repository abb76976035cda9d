"""A real, private Kubo daemon for tests of the IPFS adapter."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from ledger.testnet.daemon import free_port
from ledger.toolchain.places import cache_folder

NOWHERE = "/ip4/127.0.0.1/tcp/1"
"""An API address where nothing listens: no test's server is ever given a port this low."""


@dataclass
class Kubo:
    """A running daemon."""

    program: str
    repo: Path
    api: str
    process: subprocess.Popen[bytes]

    def ipfs(self, *arguments: str) -> str:
        """What an `ipfs` command against this daemon prints."""
        return subprocess.run(
            [self.program, *arguments],
            env=_environment(self.repo),
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()

    def kill(self) -> None:
        """End the daemon at once."""
        self.process.kill()
        self.process.wait()


@contextmanager
def running_kubo(
    repo: Path, *, private: bool = True, imports: Mapping[str, object] | None = None
) -> Iterator[Kubo]:
    """A fresh daemon on free ports of 127.0.0.1, ended at the end; `imports` alter its `Import`."""
    program = _program()
    profile = ["--profile", "server,autoconf-off,announce-off"] if private else []
    _run(program, repo, "init", "--empty-repo", *profile)
    port = free_port(0)
    _run(program, repo, "config", "Addresses.API", f"/ip4/127.0.0.1/tcp/{port}")
    _run(program, repo, "config", "Addresses.Gateway", "/ip4/127.0.0.1/tcp/0")
    _run(program, repo, "config", "--json", "Addresses.Swarm", "[]")
    for name, value in (imports or {}).items():
        _run(program, repo, "config", "--json", f"Import.{name}", json.dumps(value))
    if private:
        _run(program, repo, "config", "Routing.Type", "none")
        (repo / "swarm.key").write_text(f"/key/swarm/psk/1.0.0/\n/base16/\n{secrets.token_hex(32)}")
    process = subprocess.Popen(
        [program, "daemon", *([] if private else ["--offline"])],
        env=_environment(repo, forced=private),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port, process)
        yield Kubo(program, repo, f"/ip4/127.0.0.1/tcp/{port}", process)
    finally:
        process.kill()
        process.wait()


def _program() -> str:
    built = sorted(cache_folder().glob("kubo-*/ipfs"))
    program = str(built[-1]) if built else shutil.which("ipfs")
    if not program:
        pytest.fail("Kubo is missing: run scripts/setup")
    return program


def _environment(repo: Path, *, forced: bool = False) -> dict[str, str]:
    extra = {"LIBP2P_FORCE_PNET": "1"} if forced else {}
    return {**os.environ, "IPFS_PATH": str(repo), "IPFS_TELEMETRY": "off", **extra}


def _run(program: str, repo: Path, *arguments: str) -> None:
    subprocess.run([program, *arguments], env=_environment(repo), check=True, capture_output=True)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("Kubo did not start")
