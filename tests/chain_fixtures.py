"""Real test chains, a deployed ledger, and a proxy with faults, for tests of the chain adapter."""

from __future__ import annotations

import itertools
import json
import socket
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal

import pytest

from ledger.chain import Founding, Step, Web3Chain, deploy
from ledger.chain.outbox import no_step
from ledger.deployment import Delays, Deployment
from ledger.identifiers import Address, Code, Digest, encode_code
from ledger.store import SqlStore
from ledger.testnet.http import json_rpc
from ledger.testnet.processes import start_chain, stop
from ledger.testnet.settings import load_settings
from ledger.toolchain.programs import locate
from tests.twins import FixedSigner

Engine = Literal["ganache", "anvil"]
ENGINES: tuple[Engine, ...] = ("ganache", "anvil")
CARD = Digest(bytes([1]) * 32)

_accounts = itertools.count(10_000)


def fresh_signer() -> FixedSigner:
    """An account that no other test uses."""
    return FixedSigner(next(_accounts))


@dataclass
class TestLedger:
    """A deployed ledger on a running chain, with an officer of the agency."""

    __test__ = False

    engine: Engine
    url: str
    deployment: Deployment
    officer: FixedSigner
    admin: FixedSigner

    def rpc(self, method: str, *parameters: object) -> Any:
        """Ask the node itself."""
        return json_rpc(self.url, method, parameters)

    def chain(
        self,
        store: SqlStore,
        *,
        url: str | None = None,
        on_step: Callable[[Step], None] = no_step,
        wait_s: float = 60.0,
    ) -> Web3Chain:
        """The adapter with its outbox in `store`."""
        outbox = store.outbox(self.deployment.genesis_hash)
        return Web3Chain(self.deployment, [url or self.url], outbox, on_step=on_step, wait_s=wait_s)

    def new_officer(self, store: SqlStore) -> FixedSigner:
        """Another officer of the agency, whose account has sent nothing yet."""
        account = fresh_signer()
        self.chain(store).transact(
            self.admin,
            "DepartmentRegistry",
            "addAccount",
            account.address,
            7,
            key=f"officer-{account.address}",
        )
        return account


@contextmanager
def running_ledger(engine: Engine, folder: Path) -> Iterator[TestLedger]:
    """A fresh chain with the contracts deployed, ended at the end."""
    programs = locate(development=True) or locate()
    if programs is None:
        pytest.fail("the test chains are missing: run scripts/setup")
    process = start_chain(
        programs.engine(engine), engine, load_settings(), folder, with_parent=True
    )
    try:
        store = SqlStore.open(folder / "founders.sqlite")
        admin, officer = fresh_signer(), fresh_signer()
        deployment = deploy([process.url], engine, admin, store.outbox, founding(admin.address))
        ledger = TestLedger(engine, process.url, deployment, officer, admin)
        ledger.chain(store).transact(
            admin, "DepartmentRegistry", "addAccount", officer.address, 7, key="officer"
        )
        store.close()
        yield ledger
    finally:
        stop(folder)


def founding(admin: str) -> Founding:
    """An agency whose periods are short."""
    return Founding(
        code=Code("agency"),
        admin=Address(admin),
        card=CARD,
        delays=Delays(notice_period=5, key_delay=5, minimum_period=1),
        respond=100,
        release=100,
        acknowledge=100,
        comply=100,
        attest=100,
    )


def admission(code: str) -> tuple[Any, ...]:
    """The arguments of an admission, with an account of its own."""
    return encode_code(Code(code)), fresh_signer().address, CARD


@contextmanager
def port_taken(folder: Path) -> Iterator[str]:
    """The chain of a stopped test network finds its port taken; gives its address."""
    file = folder / "testnet.json"
    state = json.loads(file.read_text())
    with socket.create_server(("127.0.0.1", 0)) as occupant:
        # Told that this is its port: the one that it had might be anybody's by now.
        state["chain"]["url"] = f"http://127.0.0.1:{occupant.getsockname()[1]}"
        file.write_text(json.dumps(state))
        yield state["chain"]["url"]


class FaultyProxy:
    """Stands between a client and a node, and damages what passes.

    `before(request)` runs before a request is forwarded and `after(request, answer)` before its
    answer is: each may return a replacement, or raise `ConnectionAbortedError` to cut the line.
    """

    def __init__(self, url: str) -> None:
        self.target = url
        self.methods: list[str] = []
        self.before: Callable[[Any], bytes | None] = lambda request: None
        self.after: Callable[[Any, Any], Any] = lambda request, answer: answer
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                try:
                    content = proxy.exchange(body)
                except ConnectionAbortedError:
                    self.close_connection = True
                    return
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def exchange(self, body: bytes) -> bytes:
        request = json.loads(body)
        for each in request if isinstance(request, list) else [request]:
            self.methods.append(each["method"])
        replaced = self.before(request)
        if replaced is not None:
            return replaced
        forwarded = urllib.request.Request(
            self.target, data=body, headers={"Content-Type": "application/json"}
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(forwarded, timeout=30) as response:
            answer = json.loads(response.read())
        changed = self.after(request, answer)
        return changed if isinstance(changed, bytes) else json.dumps(changed).encode()

    def __enter__(self) -> FaultyProxy:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
