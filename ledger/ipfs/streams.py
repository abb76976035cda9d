"""Bodies that may be large: streamed to and from Kubo by urllib3, in bounded memory.

ipfshttpclient's own `add` and `cat` are 2 to 4 times slower, and `cat` holds the payload in memory.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Generator, Iterable, Iterator, Mapping
from urllib.parse import urlencode

import urllib3
from urllib3.response import BaseHTTPResponse

from ledger.errors import LedgerError, NodeUnreachable, RecordError
from ledger.ipfs.address import ApiAddress
from ledger.ipfs.translation import SourceError, refusal, translated
from ledger.records import require_shallow

_PIECE_BYTES = 1024 * 1024
_MAX_ANSWER_BYTES = 64 * 1024
_CONNECT_TIMEOUT_S = 5.0
# Kubo answers an upload only once everything is written and pinned.
_UPLOAD_ANSWER_TIMEOUT_S = 600.0


class Streams:
    """The streaming calls of one Kubo API."""

    def __init__(self, address: ApiAddress, *, silence_timeout_s: float) -> None:
        self._address = address
        self._silence_timeout_s = silence_timeout_s
        self._pool = urllib3.connectionpool.connection_from_url(
            address.url, maxsize=4, retries=False
        )

    def upload(self, path: str, chunks: Iterable[bytes], options: Mapping[str, str]) -> str:
        """Send one file as multipart form data (RFC 7578) and return the hash that Kubo names.

        An exception in `chunks` ends the request, and goes through.

        Raises:
            NodeUnreachable: the connection failed.
            DiskFull: the node's disk is full.
            LedgerError: the node refused.
        """
        boundary = secrets.token_hex(24)
        with translated(self._address):
            answer = self._call(
                path,
                options,
                body=_multipart(chunks, boundary),
                headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
                answer_timeout_s=_UPLOAD_ANSWER_TIMEOUT_S,
            )
            try:
                return self._hash(answer.read(_MAX_ANSWER_BYTES))
            finally:
                answer.close()

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
            answer = self._call(path, options, answer_timeout_s=self._silence_timeout_s)
        length = answer.headers.get("X-Content-Length", "") if expect_length else ""
        try:
            pieces = answer.stream(_PIECE_BYTES)
            while True:
                # Only the network's part is translated, never what the caller does with a piece.
                with translated(self._address):
                    piece = next(pieces, None)
                if piece is None:
                    break
                received += len(piece)
                yield piece
        finally:
            answer.close()
        if length.isdecimal() and int(length) != received:
            raise NodeUnreachable(
                f"the IPFS node at {self._address} broke off "
                f"after {received:,} of {int(length):,} bytes"
            )

    def _call(
        self,
        path: str,
        options: Mapping[str, str],
        *,
        answer_timeout_s: float,
        body: Iterator[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> BaseHTTPResponse:
        answer = self._pool.request(
            "POST",
            f"/api/v0/{path}?{urlencode(options)}",
            body=body,
            headers=headers,
            chunked=body is not None,
            timeout=urllib3.Timeout(connect=_CONNECT_TIMEOUT_S, read=answer_timeout_s),
            preload_content=False,
            redirect=False,
        )
        if answer.status == 200:
            return answer
        try:
            message = _message(answer.read(_MAX_ANSWER_BYTES))
        finally:
            answer.close()
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
