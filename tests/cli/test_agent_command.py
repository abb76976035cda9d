"""`ledger agent`: a process with metrics and health on loopback, which a signal ends cleanly."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ledger.agent import Round
from ledger.cli import agentrun
from ledger.cli.agentrun import Monitor
from ledger.errors import InputError
from tests.country import EMPLOYMENT, Country

ROOT = Path(__file__).parents[2]


@contextmanager
def running(country: Country, *more: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Labour's agent as a process, and the address of its metrics."""
    code = "from ledger.cli.main import main; main()"
    line = ["agent", "run", "--profile", "labour", "--no-input", "--poll", "0.05", *more]
    environment = {**os.environ, "LEDGER_HOME": str(country.root), "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-c", code, *line], env=environment, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr is not None
        first = process.stderr.readline()
        yield process, first.strip().rpartition("url=")[2]
    finally:
        process.kill()
        process.wait()


def got(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def told_of(url: str, line: str) -> None:
    """Wait until the metrics have this line: the receiver may be quicker than the round's end."""
    deadline = time.monotonic() + 60
    while line not in got(f"{url}/metrics")[1]:
        assert time.monotonic() < deadline, f"no {line!r} within a minute"
        time.sleep(0.05)


@pytest.mark.integration
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_an_agent_serves_tells_how_it_is_and_ends_cleanly(
    country: Country, ending: signal.Signals
) -> None:
    with running(country) as (process, url):
        ran = country.ledger("transfer fetch labour/employment --out e.csv", as_="statistics")
        assert ran.code == 0
        assert Path("e.csv").read_bytes() == EMPLOYMENT.read_bytes()
        assert got(f"{url}/health") == (200, "healthy\n")
        told_of(url, 'ledger_agent_transfers_total{outcome="released"} 1.0')
        # This one, and one that came before the agent ran.
        told_of(url, 'ledger_agent_receipts_total{outcome="checked"} 2.0')
        status = json.loads(country.ledger("agent status --json", as_="labour").out)
        assert status == {"running": True, "healthy": True, "url": url}
        second = country.ledger("agent run --once", as_="labour")
        assert second.code == 2
        assert "is running already" in second.err
        process.send_signal(ending)
        _, log = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Z released transfer=4 key_number=1\n" in log
    assert "Z receipt checked transfer=4 receiver=statistics\n" in log
    assert log.splitlines()[-1].endswith("Z stopped")
    assert not (country.root / "labour" / agentrun.STATUS_FILE).exists()
    status = json.loads(country.ledger("agent status --json", as_="labour").out)
    assert status == {"running": False, "healthy": None, "url": None}


@pytest.mark.integration
def test_an_agent_that_was_killed_is_not_said_to_run(country: Country) -> None:
    with running(country) as (process, _):
        process.kill()
        process.wait()
    assert (country.root / "labour" / agentrun.STATUS_FILE).exists()
    status = json.loads(country.ledger("agent status --json", as_="labour").out)
    assert status["running"] is False
    with running(country) as (process, url):
        assert got(f"{url}/health")[0] == 200


@pytest.mark.integration
def test_one_round_releases_what_waits(country: Country) -> None:
    assert country.ledger("transfer open labour/employment", as_="statistics").code == 0
    ran = country.ledger("agent run --once", as_="labour")
    assert (ran.code, ran.out) == (0, "Released 1, declined 0.\n")
    done = json.loads(country.ledger("agent run --once --json", as_="labour").out)
    assert (done["released"], done["waiting"]) == (0, 0)


@pytest.mark.integration
def test_a_wrong_passphrase_ends_the_agent_before_it_says_that_it_runs(country: Country) -> None:
    (country.root / "labour" / "passphrase").write_text("wrong\n")
    ran = country.ledger("agent run --once", as_="labour")
    assert ran.code == 2
    assert ran.err.startswith("error: ")
    assert "running" not in ran.err


@pytest.mark.integration
def test_an_agent_whose_status_cannot_be_read_is_running_and_not_healthy(country: Country) -> None:
    home = country.home("labour")
    with home.agent_lock():
        (home.path / agentrun.STATUS_FILE).write_text('{"url": "http://127.0.0.1:1"}')
        status = json.loads(country.ledger("agent status --json", as_="labour").out)
    assert status == {"running": True, "healthy": False, "url": None}


def test_a_port_that_is_in_use_is_told_as_such() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with (
            pytest.raises(InputError, match=f"port {port} .*: address already in use") as refused,
            agentrun._served(Monitor(), port),
        ):
            pass
    assert refused.value.hint == "choose another with --metrics-port, or 0 for any that is free"


def test_without_rounds_health_turns_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    monitor = Monitor()
    monitor.round(Round(7, released=2, declined=1, waiting=3, receipts_checked=5, receipts_wrong=1))
    with agentrun._served(monitor, 0) as url:
        assert got(f"{url}/health")[0] == 200
        monkeypatch.setattr(agentrun, "_HEALTHY_S", -1.0)
        assert got(f"{url}/health") == (503, "no round was completed for a minute\n")
        metrics = got(f"{url}/metrics")[1]
    assert "ledger_agent_block 7.0" in metrics
    assert "ledger_agent_waiting 3.0" in metrics
    assert 'ledger_agent_transfers_total{outcome="declined"} 1.0' in metrics
    assert 'ledger_agent_receipts_total{outcome="checked"} 5.0' in metrics
    assert 'ledger_agent_receipts_total{outcome="wrong"} 1.0' in metrics


def test_a_second_signal_interrupts() -> None:
    stop = threading.Event()
    with agentrun._stopping(stop):
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
