"""Table Schema files of users: what is taken, how it is written, what is refused and how."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from ledger.errors import InputError
from ledger.tableschema import TableSchema, parse_table_schema
from ledger.tablevalues import FieldType, from_file, logical


def _parse(*fields: dict[str, Any], **more: Any) -> TableSchema:
    return parse_table_schema(json.dumps({"fields": list(fields), **more}).encode())


def _column(kind: str, **constraints: Any) -> dict[str, Any]:
    return {"name": "x", "type": kind, "constraints": constraints}


SCHEMA = "this Table Schema is wrong:"
COLUMN = "column 'x' is wrong:"
CONSTRAINTS = "column 'x', constraints is wrong:"
USE = f"use one of {', '.join(FieldType)}"
NO_PATTERN = "pattern is not a regular expression without look-around and back references"
EMPTY = "should have at least 1 item after validation, not 0"
NO_JSON = "this is not a Table Schema: the file is not JSON in UTF-8"
NO_COLUMNS = "this is not a Table Schema: 'fields' must be a list of columns"


def assert_said(found: str, said: str) -> None:
    """What is said in full, or, before an ellipsis, how it begins."""
    assert found == said or (said.endswith("…") and found.startswith(said[:-1]))


def test_a_usual_schema_is_read() -> None:
    schema = _parse(
        {"name": "year", "type": "year"},
        {"name": "rate", "type": "number", "constraints": {"minimum": 0.5, "maximum": "1e2"}},
        {"name": "iata", "constraints": {"required": True, "unique": True, "pattern": "[A-Z]{3}"}},
        {"name": "open", "type": "boolean", "format": "default"},
        missingValues=["", "NA"],
        primaryKey="iata",
    )
    assert schema.field_names == ("year", "rate", "iata", "open")
    assert schema.primary_key == ("iata",)
    assert schema.missing_values == ("", "NA")
    assert schema.fields[2].type is FieldType.STRING
    rules = schema.fields[1].constraints
    assert rules is not None
    assert (rules.minimum, rules.maximum) == ("0.5", "100")


def test_the_written_form_reads_as_the_same_schema() -> None:
    schema = _parse(_column("number", enum=[1.5, "2"]), primaryKey=["x"])
    written = schema.model_dump_json(by_alias=True, exclude_none=True)
    assert parse_table_schema(written.encode()) == schema
    assert TableSchema.model_validate_json(written) == schema


@pytest.mark.parametrize(
    ("kind", "value", "written"),
    [
        ("integer", 5, 5),
        ("integer", "5", 5),
        ("integer", -5, -5),
        ("number", 5, "5"),
        ("number", "0.50", "0.5"),
        ("number", "-0.0", "0"),
        ("number", "1E3", "1000"),
        ("boolean", True, True),
        *(("boolean", text, True) for text in ("true", "True", "TRUE", "1")),
        *(("boolean", text, False) for text in ("false", "False", "FALSE", "0")),
        ("string", "true", "true"),
        ("any", "0", "0"),
        ("number", "100", "100"),
        ("number", "100.0", "100"),
        ("number", "9" * 60, "9" * 60),
        ("year", 0, 0),
        ("year", 9999, 9999),
        ("year", "2026", 2026),
        ("yearmonth", "2026-11", "2026-11"),
        ("date", "2026-02-28", "2026-02-28"),
        ("time", "23:59:59", "23:59:59"),
        ("datetime", "2026-11-23T09:30:00Z", "2026-11-23T09:30:00Z"),
        ("datetime", "2026-11-23T09:30:00.5+02:00", "2026-11-23T09:30:00.5+02:00"),
        ("string", "5", "5"),
        ("any", "5", "5"),
    ],
)
def test_a_value_in_a_file_has_one_written_form(kind: str, value: Any, written: Any) -> None:
    converted = from_file(FieldType(kind), value)
    assert converted == written
    assert type(converted) is type(written)


@pytest.mark.parametrize(
    ("kind", "value", "wrong"),
    [
        ("integer", 5.5, "'5.5' is not an integer such as 7"),
        ("integer", "five", "'five' is not an integer such as 7"),
        ("integer", True, "'True' is not an integer such as 7"),
        ("number", True, "'True' is not a decimal number such as 0.5"),
        ("number", "five", "'five' is not a decimal number such as 0.5"),
        ("number", "9" * 61, f"'{'9' * 60}'… is not a decimal number such as 0.5"),
        ("number", "1e60", f"'1{'0' * 59}'… is not a decimal number such as 0.5"),
        ("number", "1e61", "'1e61' is not a decimal number such as 0.5"),
        ("number", "x" * 60, f"'{'x' * 60}' is not a decimal number such as 0.5"),
        ("number", "NaN", "'NaN' is not a decimal number such as 0.5"),
        ("number", "Infinity", "'Infinity' is not a decimal number such as 0.5"),
        ("number", "1e1000000", "'1e1000000' is not a decimal number such as 0.5"),
        ("number", "1e-1000000", "'1e-1000000' is not a decimal number such as 0.5"),
        ("number", None, "'None' is not a decimal number such as 0.5"),
        ("boolean", 2, "'2' is not true or false"),
        ("boolean", "yes", "'yes' is not true or false"),
        ("year", -1, "'-1' is not a year such as 2026"),
        ("year", 10000, "'10000' is not a year such as 2026"),
        ("year", "20x6", "'20x6' is not a year such as 2026"),
        ("yearmonth", "2026-13", "'2026-13' is not a month such as 2026-11"),
        ("date", "2026-02-30", "'2026-02-30' is not a date such as 2026-11-23"),
        ("date", "20260228", "'20260228' is not a date such as 2026-11-23"),
        ("time", "25:00:00", "'25:00:00' is not a time such as 09:30:00"),
        (
            "datetime",
            "2026-11-23 09:30:00",
            "'2026-11-23 09:30:00' is not a date and time such as 2026-11-23T09:30:00Z",
        ),
        ("string", 5, "'5' is not text"),
        ("string", ["a"], "\"['a']\" is not text"),
        ("any", None, "'None' is not text"),
    ],
)
def test_a_bound_of_another_type_is_refused(kind: str, value: Any, wrong: str) -> None:
    with pytest.raises(InputError) as caught:
        _parse(_column(kind, enum=[value]))
    assert caught.value.message == f"column 'x': {wrong}"


@pytest.mark.parametrize(
    ("fields", "more", "wrong"),
    [
        (
            [],
            {},
            f"{SCHEMA} fields: Tuple {EMPTY}",
        ),
        ([{}], {}, "column 1 is wrong: name: Field required"),
        (
            [{"name": "x"}, {"name": "x"}],
            {},
            f"{SCHEMA} the column 'x' is defined twice",
        ),
        (
            [{"name": "x\x1b[2J"}],
            {},
            "column 'x\\x1b[2J' is wrong: name: has the character U+001B, which is not allowed",
        ),
        (
            [{"name": "x\u202ey"}],
            {},
            "column 'x\\u202ey' is wrong: name: has the character U+202E, which is not allowed",
        ),
        (
            [{"name": "x", "type": "geopoint"}],
            {},
            f"column 'x': type 'geopoint' is not supported, {USE}",
        ),
        (
            [{"name": "x", "type": 7}],
            {},
            f"column 'x': type '7' is not supported, {USE}",
        ),
        ([{"name": "x", "format": "email"}], {}, "column 'x': 'format' is not supported"),
        (
            [{"name": "x", "constraints": {"jsonSchema": {}}}],
            {},
            "column 'x', constraints: 'jsonSchema' is not supported",
        ),
        ([{"name": "x", "constraints": []}], {}, "column 'x', constraints must be a JSON object"),
        (
            [_column("string", minimum="a")],
            {},
            f"{COLUMN} a column of type string cannot have minimum or maximum",
        ),
        (
            [_column("boolean", maximum=True)],
            {},
            f"{CONSTRAINTS} maximum.'constrained-int': …",
        ),
        (
            [_column("integer", minLength=1)],
            {},
            f"{COLUMN} a column of type integer cannot have minLength",
        ),
        (
            [_column("integer", pattern="1")],
            {},
            f"{COLUMN} a column of type integer cannot have pattern",
        ),
        (
            [_column("integer", minimum=3, maximum=2)],
            {},
            f"{COLUMN} minimum 3 is above maximum 2",
        ),
        (
            [_column("number", minimum="10", maximum="9.5")],
            {},
            f"{COLUMN} minimum 10 is above maximum 9.5",
        ),
        (
            [_column("string", minLength=3, maxLength=2)],
            {},
            f"{CONSTRAINTS} minLength 3 is above maxLength 2",
        ),
        (
            [_column("string", minLength=-1)],
            {},
            f"{CONSTRAINTS} minLength: Input should be greater than or equal to 0",
        ),
        (
            [_column("string", required="yes")],
            {},
            f"{CONSTRAINTS} required: Input should be a valid boolean",
        ),
        (
            [_column("string", enum=[])],
            {},
            f"{CONSTRAINTS} enum: Tuple {EMPTY}",
        ),
        ([_column("string", enum="ab")], {}, "column 'x', enum must be a list"),
        ([_column("string", enum=["a", "a"])], {}, f"{COLUMN} enum names a value twice"),
        (
            [_column("number", enum=["1", "1.0"])],
            {},
            f"{COLUMN} enum names a value twice",
        ),
        (
            [_column("string", pattern="(")],
            {},
            f"{CONSTRAINTS} pattern: {NO_PATTERN}",
        ),
        (
            [_column("string", pattern="(?=a)")],
            {},
            f"{CONSTRAINTS} pattern: {NO_PATTERN}",
        ),
        (
            [_column("string", pattern=r"(a)\1")],
            {},
            f"{CONSTRAINTS} pattern: {NO_PATTERN}",
        ),
        (
            [_column("string", pattern="((a{1000}){1000}){1000}")],
            {},
            f"{CONSTRAINTS} pattern: {NO_PATTERN}",
        ),
        (
            [_column("string", pattern="a" * 501)],
            {},
            f"{CONSTRAINTS} pattern: pattern is longer than 500 characters",
        ),
        (
            [{"name": "x"}],
            {"primaryKey": "y"},
            f"{SCHEMA} primaryKey names 'y', which is not a column",
        ),
        (
            [{"name": "x"}],
            {"primaryKey": []},
            f"{SCHEMA} primaryKey: Value {EMPTY}",
        ),
        ([{"name": "x"}], {"primaryKey": 3}, "primaryKey must be a list"),
        (
            [{"name": "x"}],
            {"missingValues": ["", ""]},
            f"{SCHEMA} missingValues names a text twice",
        ),
        ([{"name": "x"}], {"missingValues": ""}, "missingValues must be a list"),
        (
            [{"name": "x"}],
            {"missingValues": ["\x1b[2J"]},
            f"{SCHEMA} missingValues.0: has the character U+001B, which is not allowed",
        ),
        (
            [_column("string", enum=["\x1b[2J"])],
            {},
            f"{CONSTRAINTS} enum.0.'constrained-int': …",
        ),
        (
            [_column("integer", enum=[10**30])],
            {},
            f"{CONSTRAINTS} enum.0.'constrained-int': …",
        ),
        ([{"name": "x"}], {"foreignKeys": []}, "the schema: 'foreignKeys' is not supported"),
    ],
)
def test_an_unsupported_or_contradictory_schema_is_refused(
    fields: list[dict[str, Any]], more: dict[str, Any], wrong: str
) -> None:
    with pytest.raises(InputError) as caught:
        _parse(*fields, **more)
    assert_said(caught.value.message, wrong)


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        (b"", NO_JSON),
        (b"{", NO_JSON),
        (b"\xff", NO_JSON),
        (b"[" * 100_000, NO_JSON),
        (b"[]", "the schema must be a JSON object"),
        (b"{}", NO_COLUMNS),
        (b'{"fields": {}}', NO_COLUMNS),
        (b'{"fields": [7]}', "column 1 must be a JSON object"),
        (
            b'{"fields": [{"name": "a"}, {"name": 7}]}',
            "column 2 is wrong: name: Input should be a valid string",
        ),
        (b" " * (2**20 + 1), "this Table Schema is larger than 1,048,576 bytes"),
    ],
)
def test_a_file_that_is_no_schema_is_refused(data: bytes, wrong: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_table_schema(data)
    assert caught.value.message == wrong


def test_a_schema_of_a_mebibyte_is_read() -> None:
    data = json.dumps({"fields": [{"name": "x"}]}).encode()
    assert parse_table_schema(data.ljust(2**20)).field_names == ("x",)


def test_what_is_not_supported_is_answered_with_what_is() -> None:
    with pytest.raises(InputError) as caught:
        _parse({"name": "x"}, foreignKeys=[])
    assert caught.value.hint == "supported are fields, missingValues, primaryKey"


def test_what_says_nothing_about_the_columns_is_dropped() -> None:
    more = {"$schema": "https://example.org", "profile": "tabular-data-package"}
    schema = _parse(
        {"name": "x", "format": "default", "title": "X", "description": "An x."}, **more
    )
    assert schema == TableSchema.model_validate_json(
        '{"fields":[{"name":"x","type":"string","title":"X","description":"An x."}]}'
    )


def test_a_record_may_not_write_a_bound_in_another_spelling() -> None:
    for bound in ('"0.50"', '"1e2"', '"-0"', '".5"', "5"):
        field = f'{{"name":"x","type":"number","constraints":{{"minimum":{bound}}}}}'
        with pytest.raises(ValidationError):
            TableSchema.model_validate_json(f'{{"fields":[{field}]}}')


def test_a_pattern_of_the_greatest_length_is_taken() -> None:
    rules = _parse(_column("string", pattern="a" * 500)).fields[0].constraints
    assert rules is not None
    assert rules.pattern == "a" * 500


@pytest.fixture
def _tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as there:
        there.setenv("TZ", "JST-9")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("_tokyo")
def test_moments_do_not_depend_on_where_the_machine_is() -> None:
    nine = dt.datetime(2026, 11, 23, 9)  # noqa: DTZ001 - naive, in UTC
    for text in ("2026-11-23T09:00:00", "2026-11-23T09:00:00Z", "2026-11-23T10:00:00+01:00"):
        assert logical(FieldType.DATETIME, text) == nine


def test_moments_compare_in_utc() -> None:
    early = logical(FieldType.DATETIME, "2026-11-23T09:30:00+02:00")
    assert early == dt.datetime(2026, 11, 23, 7, 30)  # noqa: DTZ001 - naive, in UTC
    assert logical(FieldType.YEARMONTH, "2026-11") == dt.date(2026, 11, 1)
    assert logical(FieldType.TIME, "09:30:00") == dt.time(9, 30)
    assert early < logical(FieldType.DATETIME, "2026-11-23T08:00:00")
