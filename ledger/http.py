"""Answers of nodes over HTTP: read whole, but never without end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from requests import Response

from ledger.errors import RecordError
from ledger.records import require_shallow

_PIECE_BYTES: Final = 64 * 1024


class AnswerTooLarge(RecordError):  # noqa: N818 - named as those in `errors`
    """An answer has more bytes than are taken of one, compressed or not."""


def bounded_json(limit_bytes: int) -> dict[str, Callable[..., None]]:
    """Hooks of `requests` that read an answer before anything parses it, and refuse what is too
    large or nested too deeply, also where it is the text of a refusal.

    Raises:
        AnswerTooLarge: it has more than `limit_bytes`; no more of it was held.
        RecordError: it is nested too deeply.
    """

    def read(answer: Response, **_: Any) -> None:
        body = bytearray()
        for piece in answer.iter_content(_PIECE_BYTES):
            body += piece
            if len(body) > limit_bytes:
                answer.close()
                raise AnswerTooLarge(f"an answer has more than {limit_bytes:,} bytes")
        # What `iter_content` reads isn't kept; this is where `Response.content` keeps it.
        answer._content = bytes(body)
        require_shallow(answer.content)

    return {"response": read}
