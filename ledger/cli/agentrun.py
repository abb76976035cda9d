"""The agent as a process: metrics and health on loopback, a status file, a clean end on signals."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Final
from wsgiref.simple_server import WSGIRequestHandler, make_server

from ledger.errors import InputError
from ledger.render import iso, printable

if TYPE_CHECKING:
    from ledger.agent import Round
    from ledger.cli.context import Invocation
    from ledger.client import Ledger
    from ledger.config import Home

STATUS_FILE: Final = "agent.json"
# Without a completed round for this long, the agent is not healthy.
_HEALTHY_S: Final = 60.0


@dataclass(frozen=True)
class AgentStatus:
    """How a home's agent is."""

    running: bool
    healthy: bool | None = None
    url: str | None = None
    """Where its metrics (`/metrics`) and its health (`/health`) are, on loopback."""


class Monitor:
    """What the agent did, for Prometheus and for whoever asks after its health."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge

        self.registry = CollectorRegistry()
        self._events = Counter(
            "ledger_agent_transfers",
            "Transfers that the agent acted on.",
            ["outcome"],
            registry=self.registry,
        )
        self._receipts = Counter(
            "ledger_agent_receipts",
            "Receipts whose tag the agent checked.",
            ["outcome"],
            registry=self.registry,
        )
        self._waiting = Gauge(
            "ledger_agent_waiting", "Transfers that wait for something.", registry=self.registry
        )
        self._block = Gauge(
            "ledger_agent_block", "Latest final block that was looked at.", registry=self.registry
        )
        self._round_at = Gauge(
            "ledger_agent_round_timestamp_seconds",
            "When the latest round ended.",
            registry=self.registry,
        )
        self._last_round = time.monotonic()

    @property
    def healthy(self) -> bool:
        """Whether rounds are being completed."""
        return time.monotonic() - self._last_round < _HEALTHY_S

    def round(self, done: Round) -> None:
        """Note a completed round."""
        self._last_round = time.monotonic()
        self._round_at.set_to_current_time()
        self._block.set(done.block)
        self._waiting.set(done.waiting)
        self._events.labels("released").inc(done.released)
        self._events.labels("declined").inc(done.declined)
        self._receipts.labels("checked").inc(done.receipts_checked)
        self._receipts.labels("wrong").inc(done.receipts_wrong)


def run_agent(
    cli: Invocation, ledger: Ledger, *, poll_s: float, metrics_port: int, once: bool
) -> None:
    """Run the agent of an open home until SIGINT or SIGTERM, or for one round.

    Raises:
        LedgerError: something that no waiting mends.
    """
    from ledger.agent import Agent

    home, monitor, stop = cli.home(), Monitor(), threading.Event()
    agent = Agent(ledger.session, _log)
    # Unlocked before it says that it runs: a wrong passphrase shall not end it at the first key.
    ledger.session.accounts.signer("agent")
    ledger.session.keys.load()
    agent.require_services()
    with home.agent_lock(), _stopping(stop):
        if once:
            done = agent.step()
            said = f"Released {done.released}, declined {done.declined}."
            wrong = f"WRONG RECEIPTS: {done.receipts_wrong}, see: ledger inbox"
            cli.out.show(done, said, *([wrong] if done.receipts_wrong else []))
            return
        with _served(monitor, metrics_port) as url, _noted(home.path / STATUS_FILE, url):
            _log("running", department=ledger.code, url=url)
            agent.run(stop, poll_s=poll_s, on_round=monitor.round)
            _log("stopped")


def agent_status(home: Home) -> AgentStatus:
    """Ask the agent of a home how it is."""
    from urllib3 import PoolManager
    from urllib3.exceptions import HTTPError

    try:
        with home.agent_lock():
            return AgentStatus(running=False)
    except InputError:
        pass
    try:
        url = str(json.loads((home.path / STATUS_FILE).read_text())["url"])
        answer = PoolManager(retries=False).request("GET", f"{url}/health", timeout=5)
    except (OSError, ValueError, KeyError, HTTPError):
        return AgentStatus(running=True, healthy=False)
    return AgentStatus(running=True, healthy=answer.status == 200, url=url)


def _log(event: str, **fields: Any) -> None:
    """Write one line to stderr: time, event, fields; the agent gives no secrets."""
    told = " ".join(f"{name}={_quoted(printable(str(value)))}" for name, value in fields.items())
    print(f"{iso(int(time.time()))} {event} {told}".rstrip(), file=sys.stderr, flush=True)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False) if " " in text or '"' in text else text


@contextmanager
def _stopping(stop: threading.Event) -> Iterator[None]:
    """SIGINT and SIGTERM let the round end; a second one interrupts it."""

    def ask(_signal: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = [(number, signal.signal(number, ask)) for number in (signal.SIGINT, signal.SIGTERM)]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


@contextmanager
def _served(monitor: Monitor, port: int) -> Iterator[str]:
    from prometheus_client import make_wsgi_app

    metrics = make_wsgi_app(monitor.registry)

    def answer(environment: dict[str, Any], start: Any) -> Any:
        if environment["PATH_INFO"] != "/health":
            return metrics(environment, start)
        healthy = monitor.healthy
        start("200 OK" if healthy else "503 Service Unavailable", [("Content-Type", "text/plain")])
        return [b"healthy\n" if healthy else b"no round was completed for a minute\n"]

    try:
        made = make_server("127.0.0.1", port, answer, handler_class=_QuietHandler)
    except OSError as error:
        raise InputError(
            f"port {port} can't be used for metrics: {(error.strerror or str(error)).lower()}",
            hint="choose another with --metrics-port, or 0 for any that is free",
        ) from error
    with made as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class _QuietHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's
        """Write no access log."""


@contextmanager
def _noted(path: Path, url: str) -> Iterator[None]:
    path.write_text(json.dumps({"url": url}))
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
