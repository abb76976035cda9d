"""Table Schema files of users: what is taken, how it is written, what is refused and how."""

from __future__ import annotations

import json
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
        ("boolean", "FALSE", False),
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
    ("kind", "value"),
    [
        ("integer", 5.5),
        ("integer", "five"),
        ("integer", True),
        ("integer", 10**30),
        ("number", True),
        ("number", "NaN"),
        ("number", "Infinity"),
        ("number", "1e1000000"),
        ("number", "1e-1000000"),
        ("number", None),
        ("boolean", 2),
        ("boolean", "yes"),
        ("year", -1),
        ("year", 10000),
        ("year", "20x6"),
        ("yearmonth", "2026-13"),
        ("date", "2026-02-30"),
        ("date", "20260228"),
        ("time", "25:00:00"),
        ("datetime", "2026-11-23 09:30:00"),
        ("string", 5),
        ("string", ["a"]),
        ("any", None),
    ],
)
def test_a_bound_of_another_type_is_refused(kind: str, value: Any) -> None:
    with pytest.raises(InputError, match="column 'x'"):
        _parse(_column(kind, enum=[value]))


@pytest.mark.parametrize(
    ("fields", "more", "wrong"),
    [
        ([], {}, "fields"),
        ([{}], {}, "column 1.*name"),
        ([{"name": "x"}, {"name": "x"}], {}, "'x' is defined twice"),
        ([{"name": "x\x1b[2J"}], {}, r"U\+001B"),
        ([{"name": "x\u202ey"}], {}, r"U\+202E"),
        ([{"name": "x", "type": "geopoint"}], {}, "type 'geopoint' is not supported"),
        ([{"name": "x", "type": 7}], {}, "type '7' is not supported"),
        ([{"name": "x", "format": "email"}], {}, "'format' is not supported"),
        ([{"name": "x", "constraints": {"jsonSchema": {}}}], {}, "'jsonSchema' is not supported"),
        ([{"name": "x", "constraints": []}], {}, "must be a JSON object"),
        ([_column("string", minimum="a")], {}, "cannot have minimum"),
        ([_column("boolean", maximum=True)], {}, "cannot have minimum or maximum|maximum"),
        ([_column("integer", minLength=1)], {}, "cannot have minLength"),
        ([_column("integer", pattern="1")], {}, "cannot have pattern"),
        ([_column("integer", minimum=3, maximum=2)], {}, "minimum 3 is above maximum 2"),
        ([_column("number", minimum="10", maximum="9.5")], {}, "above"),
        ([_column("string", minLength=3, maxLength=2)], {}, "above"),
        ([_column("string", minLength=-1)], {}, "minLength"),
        ([_column("string", required="yes")], {}, "required"),
        ([_column("string", enum=[])], {}, "enum"),
        ([_column("string", enum="ab")], {}, "must be a list"),
        ([_column("string", enum=["a", "a"])], {}, "twice"),
        ([_column("number", enum=["1", "1.0"])], {}, "twice"),
        ([_column("string", pattern="(")], {}, "regular expression"),
        ([_column("string", pattern="(?=a)")], {}, "regular expression"),
        ([_column("string", pattern=r"(a)\1")], {}, "regular expression"),
        ([_column("string", pattern="((a{1000}){1000}){1000}")], {}, "regular expression"),
        ([_column("string", pattern="a" * 501)], {}, "longer"),
        ([{"name": "x"}], {"primaryKey": "y"}, "not a column"),
        ([{"name": "x"}], {"primaryKey": []}, "primaryKey"),
        ([{"name": "x"}], {"primaryKey": 3}, "must be a list"),
        ([{"name": "x"}], {"missingValues": ["", ""]}, "twice"),
        ([{"name": "x"}], {"missingValues": ""}, "must be a list"),
        ([{"name": "x"}], {"missingValues": ["\x1b[2J"]}, r"U\+001B"),
        ([_column("string", enum=["\x1b[2J"])], {}, r"U\+001B"),
        ([{"name": "x"}], {"foreignKeys": []}, "'foreignKeys' is not supported"),
    ],
)
def test_an_unsupported_or_contradictory_schema_is_refused(
    fields: list[dict[str, Any]], more: dict[str, Any], wrong: str
) -> None:
    with pytest.raises(InputError, match=wrong):
        _parse(*fields, **more)


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"\xff", b"{}", b'{"fields": {}}', b"[" * 100_000, b" " * 2_000_000],
)
def test_a_file_that_is_no_schema_is_refused(data: bytes) -> None:
    with pytest.raises(InputError):
        parse_table_schema(data)


def test_a_record_may_not_write_a_bound_in_another_spelling() -> None:
    for bound in ('"0.50"', '"1e2"', '"-0"', '".5"', "5"):
        field = f'{{"name":"x","type":"number","constraints":{{"minimum":{bound}}}}}'
        with pytest.raises(ValidationError):
            TableSchema.model_validate_json(f'{{"fields":[{field}]}}')


def test_moments_compare_in_utc() -> None:
    early = logical(FieldType.DATETIME, "2026-11-23T09:30:00+02:00")
    assert early < logical(FieldType.DATETIME, "2026-11-23T08:00:00")
