"""Bodies that may be large: streamed to and from Kubo by http.client, in bounded memory.

ipfshttpclient's own `add` and `cat` are 2 to 4 times slower, and `cat` holds the payload in memory.
"""

from __future__ import annotations

import http.client
import json
import secrets
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from typing import Final
from urllib.parse import urlencode

from ledger.errors import LedgerError, NodeUnreachable, RecordError
from ledger.ipfs.address import ApiAddress
from ledger.ipfs.translation import SourceError, refusal, translated
from ledger.records import require_shallow

_PIECE_BYTES: Final = 1024 * 1024
_MAX_ANSWER_BYTES: Final = 64 * 1024
_CONNECT_TIMEOUT_S: Final = 5.0
# Kubo answers an upload only once everything is written.
_UPLOAD_ANSWER_TIMEOUT_S: Final = 600.0


class _PlainHttp(http.client.HTTPConnection):
    """HTTP/1.0, where a body is not cut up: in 1.1 Kubo sends a gigabyte in chunks of 4 KiB."""

    _http_vsn = 10
    _http_vsn_str = "HTTP/1.0"


class _PlainHttps(http.client.HTTPSConnection):
    _http_vsn = 10
    _http_vsn_str = "HTTP/1.0"


class Streams:
    """The streaming calls of one Kubo API; each opens a connection of its own."""

    def __init__(self, address: ApiAddress, *, silence_timeout_s: float) -> None:
        self._address = address
        self._silence_timeout_s = silence_timeout_s

    def upload(self, path: str, chunks: Iterable[bytes], options: Mapping[str, str]) -> str:
        """Send one file as multipart form data (RFC 7578) and return the hash that Kubo names.

        An exception in `chunks` ends the request, so that nothing is kept, and goes through.

        Raises:
            NodeUnreachable: the connection failed.
            DiskFull: the node's disk is full.
            LedgerError: the node refused.
        """
        boundary = secrets.token_hex(24)
        with translated(self._address), closing(self._connect(plain=False)) as connection:
            connection.putrequest("POST", _target(path, options))
            connection.putheader("Content-Type", f"multipart/form-data; boundary={boundary}")
            connection.putheader("Transfer-Encoding", "chunked")
            connection.endheaders()
            # A node that refuses may answer, and close, before it has read everything.
            with suppress(BrokenPipeError, ConnectionResetError):
                _send_chunked(connection, _multipart(chunks, boundary))
            _set_timeout(connection, _UPLOAD_ANSWER_TIMEOUT_S)
            return self._hash(self._accepted(connection).read(_MAX_ANSWER_BYTES))

    def download(
        self, path: str, options: Mapping[str, str], *, expect_length: bool = False
    ) -> Generator[bytes, None, None]:
        """Yield the body of an answer; closing the iterator ends the request.

        Raises:
            NodeUnreachable: the connection failed, or the body ended before its announced length.
            RecordUnavailable: the node does not have it, or fell silent.
            LedgerError: the node refused.
        """
        received = 0
        with translated(self._address):
            connection = self._connect(plain=True)
        with closing(connection):
            with translated(self._address):
                headers = {"Host": f"{self._address.host}:{self._address.port}"}
                connection.request("POST", _target(path, options), headers=headers)
                answer = self._accepted(connection)
            while True:
                # Only the network's part is translated, never what the caller does with a piece.
                with translated(self._address):
                    piece = answer.read(_PIECE_BYTES)
                if not piece:
                    break
                received += len(piece)
                yield piece
            length = answer.headers.get("X-Content-Length", "") if expect_length else ""
        if length.isdecimal() and int(length) != received:
            raise NodeUnreachable(
                f"the IPFS node at {self._address} broke off "
                f"after {received:,} of {int(length):,} bytes"
            )

    def _connect(self, *, plain: bool) -> http.client.HTTPConnection:
        host, port = self._address.host, self._address.port
        connection: http.client.HTTPConnection
        if self._address.scheme == "https":
            kind = _PlainHttps if plain else http.client.HTTPSConnection
            connection = kind(host, port, timeout=_CONNECT_TIMEOUT_S)
        else:
            kind_http = _PlainHttp if plain else http.client.HTTPConnection
            connection = kind_http(host, port, timeout=_CONNECT_TIMEOUT_S)
        try:
            connection.connect()
        except TimeoutError as error:
            # A silent host is no answer about a record.
            raise ConnectionError from error
        _set_timeout(connection, self._silence_timeout_s)
        return connection

    def _accepted(self, connection: http.client.HTTPConnection) -> http.client.HTTPResponse:
        answer = connection.getresponse()
        if answer.status == 200:
            return answer
        message = _message(answer.read(_MAX_ANSWER_BYTES))
        raise refusal(self._address, message or f"HTTP status {answer.status}")

    def _hash(self, body: bytes) -> str:
        try:
            require_shallow(body)
            found = json.loads(body)
            name = found.get("Hash") or found["Key"]
        except (ValueError, KeyError, AttributeError, RecordError) as error:
            # A node that fails halfway has already answered "200 OK".
            raise LedgerError(
                f"the IPFS node at {self._address} did not finish the upload",
                hint="look at the node's log and free disk space, then run the command again",
            ) from error
        if not isinstance(name, str):
            raise LedgerError(f"the IPFS node at {self._address} answered without a CID")
        return name


def _target(path: str, options: Mapping[str, str]) -> str:
    return f"/api/v0/{path}?{urlencode(options)}"


def _set_timeout(connection: http.client.HTTPConnection, timeout_s: float) -> None:
    connection.timeout = timeout_s
    connection.sock.settimeout(timeout_s)


def _send_chunked(connection: http.client.HTTPConnection, parts: Iterator[bytes]) -> None:
    for part in parts:
        connection.send(b"%x\r\n" % len(part))
        connection.send(part)
        connection.send(b"\r\n")
    connection.send(b"0\r\n\r\n")


def _multipart(chunks: Iterable[bytes], boundary: str) -> Iterator[bytes]:
    yield (
        f"--{boundary}\r\n"
        'Content-Disposition: form-data; name="file"; filename="payload"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
    try:
        for chunk in chunks:
            # An empty piece would be read as the end of a chunked body.
            if chunk:
                yield chunk
    except Exception as error:
        raise SourceError(error) from error
    yield f"\r\n--{boundary}--\r\n".encode()


def _message(body: bytes) -> str:
    try:
        require_shallow(body)
        found = json.loads(body)
    except (ValueError, RecordError):
        return body.decode("utf-8", "replace").strip()
    return str(found.get("Message", "")) if isinstance(found, dict) else ""
