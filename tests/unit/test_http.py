"""Answers over HTTP that don't end, from servers that mean it."""

from __future__ import annotations

import gzip
import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from ledger.chain.endpoint import Endpoint, RpcError
from ledger.errors import RecordError
from ledger.http import AnswerTooLarge, bounded_json

LIMIT = 200_000


@contextmanager
def server(body: bytes, *, encoding: str | None = None, times: int = 1) -> Iterator[str]:
    """A server that answers with `times` the body, without saying how long that is."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            self.send_response(200)
            if encoding:
                self.send_header("Content-Encoding", encoding)
            self.end_headers()
            with suppress(ConnectionError):
                for _ in range(times):
                    self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{running.server_port}"
        finally:
            running.shutdown()
            thread.join()


def ask(url: str) -> bytes:
    return requests.post(url, hooks=bounded_json(LIMIT), timeout=20).content


def test_an_answer_may_be_as_large_as_the_limit() -> None:
    with server(b" " * LIMIT) as url:
        assert ask(url) == b" " * LIMIT
    with server(b" " * (LIMIT + 1)) as url, pytest.raises(AnswerTooLarge, match="200,000 bytes"):
        ask(url)


def test_an_answer_is_unpacked_before_it_is_measured() -> None:
    with server(gzip.compress(b"{}"), encoding="gzip") as url:
        assert ask(url) == b"{}"
    bomb = gzip.compress(bytes(200_000_000))
    assert len(bomb) < LIMIT
    with server(bomb, encoding="gzip") as url:
        tracemalloc.start()
        try:
            with pytest.raises(AnswerTooLarge):
                ask(url)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 20_000_000


def test_an_answer_without_an_end_is_not_read_to_it() -> None:
    with server(bytes(1_000_000), times=1_000_000) as url, pytest.raises(AnswerTooLarge):
        ask(url)


def test_an_answer_that_is_nested_too_deeply_is_refused() -> None:
    with server(b"[" * 40) as url, pytest.raises(RecordError, match="deeper than 32"):
        ask(url)


def test_who_asks_a_chain_node_for_too_much_may_ask_for_less() -> None:
    """As of a node that bounds its answers itself: a window of blocks is halved then."""
    with server(b" " * 1_000_000, times=100) as url, pytest.raises(RpcError) as caught:
        Endpoint(url).request("eth_getLogs", {})
    assert "more than 67,108,864 bytes" in caught.value.message
