"""One column against its field: which cells break which rule (Table Schema v1, lexical formats).

Regular expressions of specifications are a stranger's: they run in polars (Rust), in linear time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import polars as pl

from ledger.errors import InputError
from ledger.identifiers import shown
from ledger.tableschema import Constraints, TableField
from ledger.tablevalues import FieldType, logical

_TRUE: Final = ("true", "True", "TRUE", "1")
_FALSE: Final = ("false", "False", "FALSE", "0")
_CLOCK: Final = "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
_LEXICAL: Final = {
    FieldType.INTEGER: r"\A[+-]?[0-9]{1,38}\z",
    FieldType.NUMBER: (
        r"\A(?:[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?|NaN|-?INF)\z"
    ),
    FieldType.DATE: r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}\z",
    FieldType.TIME: rf"\A{_CLOCK}\z",
    FieldType.DATETIME: (
        rf"\A[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T{_CLOCK}(?:\.[0-9]{{1,6}})?"
        r"(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])?\z"
    ),
    FieldType.YEAR: r"\A[0-9]{4}\z",
    FieldType.YEARMONTH: r"\A[0-9]{4}-(?:0[1-9]|1[0-2])\z",
}
_EXPECTED: Final = {
    FieldType.INTEGER: "an integer (expected digits, for example 7)",
    FieldType.NUMBER: "a number (expected for example 0.5)",
    FieldType.BOOLEAN: "a boolean (expected true or false)",
    FieldType.DATE: "a date (expected YYYY-MM-DD)",
    FieldType.TIME: "a time (expected hh:mm:ss)",
    FieldType.DATETIME: "a date and time (expected YYYY-MM-DDThh:mm:ssZ)",
    FieldType.YEAR: "a year (expected YYYY)",
    FieldType.YEARMONTH: "a month (expected YYYY-MM)",
}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Breach:
    """The cells (True in `cells`) that break one rule, and what to say of each."""

    cells: pl.Series
    say: Callable[[str], str]


def breaches(field: TableField, texts: pl.Series) -> Iterator[Breach]:
    """Yield one breach for each rule that some cell breaks; null stands for a missing value.

    Raises:
        InputError: the field's pattern cannot be used.
    """
    wrong = ~fits(field.type, texts)
    yield from _some(wrong, lambda text: f"{text} is not {_EXPECTED[field.type]}")
    rules = field.constraints
    if rules is None:
        return
    if rules.required:
        yield from _some(texts.is_null(), lambda _: "is empty, but a value is required")
    yield from _value_breaches(field.type, rules, with_nulls(texts, wrong))


def fits(kind: FieldType, texts: pl.Series) -> pl.Series:
    """Tell for each cell whether it is written as a value of this type; nulls fit."""
    if kind in (FieldType.STRING, FieldType.ANY):
        return _constant(texts, value=True)
    if kind is FieldType.BOOLEAN:
        return texts.is_in([*_TRUE, *_FALSE]).fill_null(value=True)
    lexical = texts.str.contains(_LEXICAL[kind])
    if kind in (FieldType.DATE, FieldType.DATETIME):
        day = texts.str.slice(0, 10)
        exists = day.str.to_date("%Y-%m-%d", strict=False).is_not_null()
        lexical = lexical & exists & ~day.str.starts_with("0000")
    return lexical.fill_null(value=True)


def keys(kind: FieldType, texts: pl.Series) -> pl.Series:
    """One text per value, the same for the same value however it is written; all cells must fit."""
    match kind:
        case FieldType.INTEGER:
            return texts.cast(pl.Int128).cast(pl.String)
        case FieldType.NUMBER:
            return pl.Series([_number_key(text) for text in texts], dtype=pl.String)
        case FieldType.BOOLEAN:
            return texts.is_in(_TRUE).cast(pl.String)
        case FieldType.DATETIME:
            return _microseconds(texts).cast(pl.String)
        case _:
            return texts


def with_nulls(texts: pl.Series, where: pl.Series) -> pl.Series:
    """The column with null where `where` is true."""
    return pl.select(pl.when(~where).then(texts)).to_series()


def _value_breaches(kind: FieldType, rules: Constraints, texts: pl.Series) -> Iterator[Breach]:
    for bound, above in ((rules.minimum, False), (rules.maximum, True)):
        if bound is not None:
            side = f"above the maximum {bound}" if above else f"below the minimum {bound}"
            yield from _some(_outside(kind, texts, bound, above=above), _is(side))
    low, high = rules.min_length, rules.max_length
    if low is not None:
        yield from _some(texts.str.len_chars() < low, _is(f"shorter than {low} characters"))
    if high is not None:
        yield from _some(texts.str.len_chars() > high, _is(f"longer than {high} characters"))
    if rules.pattern is not None:
        pattern = rules.pattern
        yield from _some(
            ~_matches(texts, pattern), lambda text: f"{text} does not match {shown(pattern)}"
        )
    if rules.enum is not None:
        allowed = keys(kind, pl.Series([_as_text(value) for value in rules.enum]))
        listed = ", ".join(shown(_as_text(value)) for value in rules.enum[:8])
        more = ", …" if len(rules.enum) > 8 else ""
        yield from _some(
            ~keys(kind, texts).is_in(allowed.to_list()), _is(f"none of {listed}{more}")
        )


def _is(what: str) -> Callable[[str], str]:
    return lambda text: f"{text} is {what}"


def _some(cells: pl.Series, say: Callable[[str], str]) -> Iterator[Breach]:
    known = cells.fill_null(value=False)
    if known.any():
        yield Breach(known, say)


def _outside(kind: FieldType, texts: pl.Series, bound: object, *, above: bool) -> pl.Series:
    limit: Any = logical(kind, bound)
    values: pl.Series
    if kind is FieldType.NUMBER:
        return _number_outside(texts, limit, above=above)
    if kind is FieldType.INTEGER:
        values = texts.cast(pl.Int128)
    elif kind is FieldType.DATETIME:
        values = _microseconds(texts)
        delta = limit.replace(tzinfo=UTC) - _EPOCH
        limit = (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds
    else:
        # Dates, times, months and years have a fixed width, so that text sorts as they do.
        values, limit = texts, f"{bound:04d}" if kind is FieldType.YEAR else bound
    outside: pl.Series = values > limit if above else values < limit
    return outside


def _number_outside(texts: pl.Series, limit: Decimal, *, above: bool) -> pl.Series:
    values = texts.cast(pl.Float64)
    near = float(limit)
    broken = ((values > near) if above else (values < near)) | values.is_nan()
    # Different decimals may be one float: where it is the bound's, only decimals can tell.
    close = (values == near).fill_null(value=False)
    if not close.any():
        return broken
    beyond = [
        text
        for text in texts.filter(close).unique()
        if (Decimal(text) > limit if above else Decimal(text) < limit)
    ]
    return broken | texts.is_in(beyond)


def _microseconds(texts: pl.Series) -> pl.Series:
    """Microseconds since 1970 (UTC); a time without an offset is UTC."""
    zoned = texts.str.replace(r"\A(.{19}(?:\.[0-9]{1,6})?)Z?\z", "${1}+00:00")
    moments = zoned.str.to_datetime(
        "%Y-%m-%dT%H:%M:%S%.f%:z", strict=False, time_unit="us", time_zone="UTC"
    )
    return moments.to_physical()


def _number_key(text: str | None) -> str | None:
    if text is None or text.endswith(("N", "F")):
        return text
    sign, digits, exponent = Decimal(text).as_tuple()
    written = "".join(map(str, digits)).lstrip("0")
    kept = written.rstrip("0")
    if not kept:
        return "0"
    return f"{'-' * sign}{kept}e{int(exponent) + len(written) - len(kept)}"


def _matches(texts: pl.Series, pattern: str) -> pl.Series:
    try:
        return texts.str.contains(rf"\A(?:{pattern})\z")
    except pl.exceptions.PolarsError as error:
        raise InputError(f"the pattern {shown(pattern)} cannot be used") from error


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _constant(like: pl.Series, *, value: bool) -> pl.Series:
    return pl.repeat(value, len(like), eager=True, dtype=pl.Boolean)
