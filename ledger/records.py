"""Records as bytes: canonical JSON (RFC 8785) in, the same bytes out, nothing else accepted."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from typing import Any, Final, Never, cast

import rfc8785

from ledger.errors import InputError, RecordError
from ledger.identifiers import Digest

MAX_RECORD_BYTES: Final = 1024 * 1024
MAX_DEPTH: Final = 32
MAX_INTEGER: Final = 2**53 - 1
# A sign and the 16 digits of 2^53-1: longer ones are refused before they are converted.
_MAX_INTEGER_DIGITS: Final = 17
# A string, or one bracket; possessive, so that hostile bytes are scanned once.
_STRUCTURE: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)


def digest(data: bytes) -> Digest:
    """The SHA-256 of a record's bytes, which is its address on the chain and in IPFS."""
    return Digest(hashlib.sha256(data).digest())


def encode(record: dict[str, object]) -> bytes:
    """Write a record as canonical JSON (RFC 8785).

    Raises:
        InputError: it is too large or too deep, or holds a float, an integer beyond ±(2^53-1), a
            lone surrogate, or anything that JSON does not have.
    """
    reason = _breach(record)
    if reason is None:
        try:
            data = rfc8785.dumps(cast("Any", record))
        except ValueError:
            reason = "it holds text that is not Unicode (a lone surrogate)"
        else:
            if len(data) <= MAX_RECORD_BYTES:
                return data
            reason = f"it takes {len(data):,} bytes, at most {MAX_RECORD_BYTES:,} are allowed"
    raise InputError(f"this cannot be written as a record: {reason}")


def decode(data: bytes) -> dict[str, object]:
    """Read a record, refusing every spelling but the canonical one.

    Safe on hostile input: size, nesting and the length of numbers are bounded before they cost
    anything.

    Raises:
        RecordError: more than 1 MiB, not UTF-8, not one JSON object, nested deeper than 32, a
            duplicate key, a float, an integer beyond ±(2^53-1), a lone surrogate, or not canonical.
    """
    if len(data) > MAX_RECORD_BYTES:
        raise RecordError(
            f"record of {len(data):,} bytes, at most {MAX_RECORD_BYTES:,} are allowed"
        )
    require_shallow(data)
    try:
        value = _STRICT.decode(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise RecordError("record is not UTF-8") from error
    except json.JSONDecodeError as error:
        raise RecordError(f"record is not JSON (at character {error.pos})") from error
    if not isinstance(value, dict):
        raise RecordError("record is not a JSON object")
    try:
        canonical = encode(value)
    except InputError as error:
        raise RecordError(f"record breaks the rules: {error.message}") from error
    if canonical != data:
        raise RecordError("record is not in canonical form (RFC 8785)")
    return value


def require_shallow(data: bytes) -> None:
    """Refuse JSON nested deeper than 32, before it is parsed.

    Python's parser recurses, and eth-account's dependency py_ecc raises the recursion limit so far
    that a stranger's megabyte of "[" would not raise RecursionError but end the process.

    Raises:
        RecordError: it is nested deeper.
    """
    depth = 0
    for token in _STRUCTURE.finditer(data):
        first = data[token.start()]
        if first in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise RecordError(f"record is nested deeper than {MAX_DEPTH}")
        elif first in b"]}":
            depth -= 1


def _breach(record: dict[str, object]) -> str | None:
    """Why this is no record, or None; walks without recursion, so depth costs no stack."""
    pending: list[tuple[object, int]] = [(record, 1)]
    while pending:
        value, depth = pending.pop()
        inner: Iterable[object] = ()
        if isinstance(value, dict):
            if not all(isinstance(key, str) for key in value):
                return "it has a key that is not text"
            inner = value.values()
        elif isinstance(value, list | tuple):
            inner = value
        elif isinstance(value, float):
            return "it holds a fraction; numbers must be integers, or text such as '0.5'"
        elif isinstance(value, int) and abs(value) > MAX_INTEGER:
            return "it holds an integer beyond ±(2^53-1)"
        elif not isinstance(value, str | int | None):
            return f"it holds a {type(value).__name__}, which JSON does not have"
        if isinstance(value, dict | list | tuple) and depth > MAX_DEPTH:
            return f"it is nested deeper than {MAX_DEPTH}"
        pending.extend((item, depth + 1) for item in inner)
    return None


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise RecordError("record has the same key twice in one object")
    return result


def _integer(text: str) -> int:
    if len(text) > _MAX_INTEGER_DIGITS:
        raise RecordError("record holds an integer beyond ±(2^53-1)")
    return int(text)


def _no_fraction(_: str) -> Never:
    raise RecordError("record holds a number that is not an integer")


_STRICT: Final = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_int=_integer,
    parse_float=_no_fraction,
    parse_constant=_no_fraction,
)
