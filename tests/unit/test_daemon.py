"""Ports for processes that are started again later, and expect them to be free again."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from ledger.errors import ToolchainError
from ledger.testnet import daemon
from ledger.testnet.daemon import free_port

OUTGOING = Path("/proc/sys/net/ipv4/ip_local_port_range")


def listening(port: int) -> socket.socket:
    return socket.create_server(("127.0.0.1", port))


def test_a_fresh_port_is_none_that_an_outgoing_connection_could_take() -> None:
    first, last = map(int, OUTGOING.read_text().split())
    drawn = {free_port(0) for _ in range(50)}
    assert len(drawn) > 1
    assert not [port for port in drawn if first <= port <= last or port < 20_000]


def test_the_preferred_port_is_kept_while_it_is_free() -> None:
    preferred = free_port(0)
    assert free_port(preferred) == preferred
    with listening(preferred):
        other = free_port(preferred)
        assert other != preferred
        listening(other).close()


def test_a_machine_that_gives_every_port_to_outgoing_connections_has_ports_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(daemon, "_outgoing_ports", lambda: (1024, 65_535))
    listening(free_port(0)).close()


def test_a_process_that_does_not_listen_to_a_request_is_killed(tmp_path: Path) -> None:
    script = "trap '' TERM; echo deaf; while :; do :; done"
    log = tmp_path / "log"
    deaf = daemon.start(["/bin/sh", "-c", script], log=log, environment={})
    assert daemon.wait_until_ready(deaf, lambda: log.read_text() == "deaf\n", timeout_s=20)
    deaf.stop(timeout_s=0.1)
    assert not deaf.runs()


def test_a_machine_without_a_free_port_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(0) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(daemon, "_drawn", lambda: iter([port, port]))
        with pytest.raises(ToolchainError, match="no free port"):
            free_port(port)
