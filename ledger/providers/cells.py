"""Values on their way to a table: as text, in bounded number and size."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from ledger.errors import InputError, SpecificationBroken
from ledger.ports import Row


@dataclass(frozen=True)
class Limits:
    """How long a provider may take, and how much it may answer."""

    timeout_s: float
    max_rows: int
    max_bytes: int


def rows_of(
    values: Iterable[Sequence[object]], columns: Sequence[str], limits: Limits
) -> list[Row]:
    """Rows of values as rows of text.

    Raises:
        InputError: they are more than the limits allow.
        SpecificationBroken: a value is of a type that no cell can hold.
    """
    found: list[Row] = []
    size_bytes = 0
    for number, row in enumerate(values, start=1):
        if number > limits.max_rows:
            raise InputError(f"the answer has more than {limits.max_rows:,} rows")
        cells = tuple(
            _cell(value, number, column) for value, column in zip(row, columns, strict=True)
        )
        size_bytes += sum(len((cell or "").encode()) + 1 for cell in cells)
        if size_bytes > limits.max_bytes:
            raise InputError(f"the answer has more than {limits.max_bytes:,} bytes")
        found.append(cells)
    return found


def broken(problem: str) -> SpecificationBroken:
    """The error of an answer that no table of its specification can be."""
    return SpecificationBroken(
        f"the answer breaks its specification: {problem}", problems=[problem]
    )


def require_columns(given: Sequence[str], columns: Sequence[str]) -> None:
    """Check that these are the columns of the specification, in whatever order.

    Raises:
        SpecificationBroken: one is missing, or another is there, or one twice; no name of the
            answer is in the message.
    """
    lacking = [name for name in columns if name not in given]
    if lacking:
        raise broken(f"it lacks the column {', '.join(lacking)}")
    if len(given) != len(columns):
        raise broken("it has a column that isn't in the specification, or one twice")


# A specification's own way of writing values (Table Schema, lexical formats).
_WRITTEN: Final[dict[type, Callable[[Any], str]]] = {
    str: str,
    int: str,
    bool: lambda value: "true" if value else "false",
    float: lambda value: _float(value),
    Decimal: str,
    date: date.isoformat,
    datetime: datetime.isoformat,
    time: time.isoformat,
    UUID: str,
}


def _cell(value: object, number: int, column: str) -> str | None:
    if value is None:
        return None
    write = _WRITTEN.get(type(value))
    if write is None:
        raise broken(f"row {number}, column {column}: a value of no type that a cell has")
    text = write(value)
    try:
        text.encode()
    except UnicodeEncodeError:
        # A lone surrogate; the error would quote the text.
        raise broken(f"row {number}, column {column}: text that isn't Unicode") from None
    return text


def _float(value: float) -> str:
    if math.isinf(value):
        return "INF" if value > 0 else "-INF"
    return "NaN" if math.isnan(value) else repr(value)
