"""The column types of Table Schema, and the one way that a schema writes a value of each."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Annotated, Any, Final, cast

from pydantic import AfterValidator, Field, StringConstraints, TypeAdapter
from pydantic_core import SchemaError

from ledger.recordmodel import safe_text
from ledger.records import MAX_INTEGER

MAX_PATTERN_CHARACTERS: Final = 500
MAX_NUMBER_CHARACTERS: Final = 60

Lexical = (
    Annotated[int, Field(ge=-MAX_INTEGER, le=MAX_INTEGER)]
    | Annotated[str, StringConstraints(max_length=200), AfterValidator(safe_text)]
)
"""A value as a record writes it: integers and years as integers, everything else as text."""

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?", re.ASCII)
_YEAR_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])", re.ASCII)
_ISO: Final = {
    "date": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII),
    "time": re.compile(r"[0-9]{2}:[0-9]{2}:[0-9]{2}", re.ASCII),
    "datetime": re.compile(
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?"
        r"(Z|[+-][0-9]{2}:[0-9]{2})?",
        re.ASCII,
    ),
}


class FieldType(StrEnum):
    """A column's type, in Table Schema's `default` format."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    TIME = "time"
    DATETIME = "datetime"
    YEAR = "year"
    YEARMONTH = "yearmonth"
    ANY = "any"


BOUNDED: Final = frozenset(FieldType) - {FieldType.STRING, FieldType.BOOLEAN, FieldType.ANY}
"""The types that can have a minimum and a maximum."""

_WHOLE: Final = frozenset({FieldType.INTEGER, FieldType.YEAR})
_EXAMPLES: Final = {
    FieldType.STRING: "text",
    FieldType.INTEGER: "an integer such as 7",
    FieldType.NUMBER: "a decimal number such as 0.5",
    FieldType.BOOLEAN: "true or false",
    FieldType.DATE: "a date such as 2026-11-23",
    FieldType.TIME: "a time such as 09:30:00",
    FieldType.DATETIME: "a date and time such as 2026-11-23T09:30:00Z",
    FieldType.YEAR: "a year such as 2026",
    FieldType.YEARMONTH: "a month such as 2026-11",
    FieldType.ANY: "text",
}


def logical(kind: FieldType, value: object) -> Any:
    """The value that a record's `minimum`, `maximum` or `enum` means, comparable with others.

    int for integer and year, Decimal for number, bool, date, time, datetime (UTC, naive), the first
    day of the month for yearmonth, else text.

    Raises:
        ValueError: it is not written as a value of this type.
    """
    try:
        return _logical(kind, value)
    except (ValueError, InvalidOperation) as error:
        raise ValueError(f"{_cut(value)} is not {_EXAMPLES[kind]}") from error


def _logical(kind: FieldType, value: object) -> Any:
    if kind is FieldType.BOOLEAN or kind in _WHOLE:
        expected = bool if kind is FieldType.BOOLEAN else int
        if type(value) is not expected or (kind is FieldType.YEAR and not 0 <= int(value) <= 9999):
            raise ValueError
        return value
    if not isinstance(value, str):
        raise ValueError
    match kind:
        case FieldType.NUMBER:
            if not _NUMBER.fullmatch(value) or value == "-0" or len(value) > MAX_NUMBER_CHARACTERS:
                raise ValueError
            return Decimal(value)
        case FieldType.YEARMONTH:
            month = _YEAR_MONTH.fullmatch(value)
            if not month:
                raise ValueError
            return date(int(month[1]), int(month[2]), 1)
        case FieldType.DATE | FieldType.TIME | FieldType.DATETIME:
            return _moment(kind, value)
        case _:
            return value


def _moment(kind: FieldType, value: str) -> date | time:
    if not _ISO[kind].fullmatch(value):
        raise ValueError
    if kind is FieldType.DATE:
        return date.fromisoformat(value)
    if kind is FieldType.TIME:
        return time.fromisoformat(value)
    moment = datetime.fromisoformat(value)
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def from_file(kind: FieldType, value: object) -> int | str | bool:
    """A bound or enum value from a user's schema file, as a record writes it.

    Table Schema lets files write such values as JSON or as text ("5"); both are taken.

    Raises:
        ValueError: it is not a value of this type.
    """
    converted = _converted(kind, value)
    # What it takes is a whole number, a bool or a text.
    logical(kind, converted)
    return cast("int | str | bool", converted)


def _converted(kind: FieldType, value: object) -> object:
    plain = isinstance(value, int | Decimal) and not isinstance(value, bool)
    if kind is FieldType.NUMBER and (plain or isinstance(value, str)):
        return _decimal_text(value)
    if kind in _WHOLE and isinstance(value, Decimal | str):
        text = _decimal_text(value)
        return int(text) if re.fullmatch(r"-?[0-9]{1,16}", text, re.ASCII) else value
    if kind is FieldType.BOOLEAN and value in ("true", "True", "TRUE", "1"):
        return True
    if kind is FieldType.BOOLEAN and value in ("false", "False", "FALSE", "0"):
        return False
    return value


def _decimal_text(value: object) -> str:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return str(value)
    # Beyond this, plain notation of an exponent would take more memory than any schema deserves.
    if not number.is_finite() or abs(number.adjusted()) > MAX_NUMBER_CHARACTERS:
        return str(value)
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def check_pattern(pattern: str) -> str:
    """`pattern`, when it is a regular expression that is matched in linear time.

    The engine has no look-around and no back references, so that no pattern of a stranger's
    specification can make a check run for ever.

    Raises:
        ValueError: too long, unsafe to print, or not such an expression.
    """
    if len(pattern) > MAX_PATTERN_CHARACTERS:
        raise ValueError(f"pattern is longer than {MAX_PATTERN_CHARACTERS} characters")
    safe_text(pattern)
    try:
        TypeAdapter(Annotated[str, StringConstraints(pattern=pattern)])
    except SchemaError as error:
        raise ValueError(
            "pattern is not a regular expression without look-around and back references"
        ) from error
    return pattern


def _cut(value: object) -> str:
    text = str(value)
    return f"{text[:60]!a}" + ("…" if len(text) > 60 else "")
