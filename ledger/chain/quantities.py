"""Strict reading of a node's answers (JSON-RPC's hexadecimal), and writing of requests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, cast

from ledger.errors import NodeError
from ledger.identifiers import shown

_QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,64}", re.ASCII)
_DATA = re.compile(r"0x(?:[0-9a-fA-F]{2})*", re.ASCII)
MAX_DATA_BYTES: Final = 128 * 1024
"""More than any code, result or log of the ledger's contracts has."""


def number(value: object) -> int:
    """A quantity.

    Raises:
        NodeError: it is something else.
    """
    if not isinstance(value, str) or not _QUANTITY.fullmatch(value):
        raise nonsense(f"{shown(str(value))} is not a number")
    return int(value, 16)


def data(value: object, size: int | None = None) -> bytes:
    """Bytes, `size` of them or at most `MAX_DATA_BYTES`.

    Raises:
        NodeError: it is something else.
    """
    if not isinstance(value, str) or len(value) > 2 + 2 * MAX_DATA_BYTES:
        raise nonsense("too much data, or none")
    if not _DATA.fullmatch(value):
        raise nonsense(f"{shown(value)} is not hexadecimal data")
    content = bytes.fromhex(value[2:])
    if size is not None and len(content) != size:
        raise nonsense(f"{len(content)} bytes, expected {size}")
    return content


def members(value: object) -> Mapping[str, Any]:
    """A JSON object.

    Raises:
        NodeError: it is something else.
    """
    if not isinstance(value, dict):
        raise nonsense("not an object")
    return cast("Mapping[str, Any]", value)


def items(value: object) -> list[Any]:
    """A JSON array.

    Raises:
        NodeError: it is something else.
    """
    if not isinstance(value, list):
        raise nonsense("not a list")
    return value


def member(value: object, name: str) -> Any:
    """One member of a JSON object.

    Raises:
        NodeError: it is missing.
    """
    found = members(value)
    if name not in found:
        raise nonsense(f"{name} is missing")
    return found[name]


def nonsense(what: str) -> NodeError:
    """The error for an answer that no working node gives."""
    return NodeError(
        f"the chain node's answer makes no sense: {what}",
        hint="check that the address is a chain node's JSON-RPC",
    )


def hexadecimal(value: bytes | int) -> str:
    """A quantity or data for a request."""
    return hex(value) if isinstance(value, int) else f"0x{value.hex()}"
