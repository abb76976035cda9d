"""An IPFS node that lies: it stands before a real one and changes what passes."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class LyingIpfs:
    """Kubo's HTTP API, changed on its way.

    `before(call, options)` runs before a call such as `cat` is passed on; `change(call, options,
    body)` returns the body to answer with, or raises `Refuse` with Kubo's own words.
    """

    def __init__(self, url: str) -> None:
        self.target = urlsplit(url).netloc
        self.before: Callable[[str, dict[str, str]], None] = lambda call, options: None
        self.change: Callable[[str, dict[str, str], bytes], bytes] = lambda call, options, body: (
            body
        )
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                parts = urlsplit(self.path)
                call = parts.path.removeprefix("/api/v0/")
                options = {name: values[0] for name, values in parse_qs(parts.query).items()}
                try:
                    body = self._body()
                except BrokenOff:
                    # Kubo drops what comes with an unfinished body, too.
                    self.close_connection = True
                    return
                try:
                    proxy.before(call, options)
                    status, kind, answer = proxy.forward(self.path, dict(self.headers), body)
                    if status == 200:
                        answer = proxy.change(call, options, answer)
                except Refuse as refusal:
                    status, kind, answer = 500, "text/plain", str(refusal).encode()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def _body(self) -> bytes:
                if self.headers.get("Transfer-Encoding") != "chunked":
                    return self.rfile.read(int(self.headers.get("Content-Length") or 0))
                body = bytearray()
                while size := self._chunk_size():
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return bytes(body)

            def _chunk_size(self) -> int:
                line = self.rfile.readline()
                if not line:
                    raise BrokenOff
                return int(line, 16)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self.address = f"/ip4/127.0.0.1/tcp/{self._server.server_address[1]}"

    def forward(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, str, bytes]:
        """What the real node answers."""
        passed = {"Content-Type": headers["Content-Type"]} if "Content-Type" in headers else {}
        connection = http.client.HTTPConnection(self.target, timeout=30)
        try:
            connection.request("POST", path, body=body, headers=passed)
            answer = connection.getresponse()
            kind = answer.headers.get("Content-Type", "application/json")
            return answer.status, kind, answer.read()
        finally:
            connection.close()

    def __enter__(self) -> LyingIpfs:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class BrokenOff(Exception):  # noqa: N818 - it is what the client did
    """The client ended its request in the middle."""


class Refuse(Exception):  # noqa: N818 - it is what the node does
    """The node answers with an error instead."""
