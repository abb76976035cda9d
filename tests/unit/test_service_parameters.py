"""What a service is asked with, as its owner writes it and as people type it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ledger.errors import InputError
from ledger.models.service import parse_parameter_schema, typed

SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "required": ["year"],
    "properties": {
        "year": {"type": "integer", "minimum": 2000, "title": "Year"},
        "full": {"type": "boolean"},
        "name": {"type": "string", "maxLength": 20, "enum": ["a", "b"]},
    },
}


NO_JSON = "this is no schema of parameters: the file is not JSON"
WRONG = "this schema of parameters is wrong:"


def changed(**changes: Any) -> bytes:
    return json.dumps(SCHEMA | changes).encode()


def parsed(**changes: Any) -> Any:
    return parse_parameter_schema(changed(**changes))


def test_a_schema_of_a_flat_object_is_read() -> None:
    schema = parse_parameter_schema(b"\xef\xbb\xbf" + json.dumps(SCHEMA).encode())
    assert schema.required == ("year",)
    assert list(schema.properties) == ["year", "full", "name"]
    assert schema.properties["name"].enum == ("a", "b")
    assert schema.properties["year"].minimum == 2000


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"{", NO_JSON),
        (b"\xff", NO_JSON),
        (b"[" * 100_000, NO_JSON),
        (b"[]", "this is no schema of parameters: expected a JSON object"),
        (changed(type="array"), f"{WRONG} type: Input should be 'object'"),
        (
            changed(additionalProperties=True),
            f"{WRONG} additionalProperties: Input should be False",
        ),
        (changed(oneOf=[]), f"{WRONG} oneOf: Extra inputs are not permitted"),
        (
            changed(required=["month"]),
            f"{WRONG} required names month, which is not a parameter",
        ),
        (
            changed(properties={"y": {"type": "number"}}),
            f"{WRONG} properties.y.type: Input should be 'string', 'integer' or 'boolean'",
        ),
        (
            changed(properties={"y": {"type": "integer", "max_length": 3}}),
            f"{WRONG} properties.y.max_length: Extra inputs are not permitted",
        ),
        (
            changed(properties={"y": {"type": "integer", "maxLength": 3}}),
            f"{WRONG} properties.y: a parameter of type integer cannot have max_length",
        ),
    ],
)
def test_what_is_no_such_schema_is_told_where(data: bytes, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_parameter_schema(data)
    assert caught.value.message == message


def test_a_schema_need_not_say_which_version_of_json_schema_it_is() -> None:
    schema = {name: value for name, value in SCHEMA.items() if name != "$schema"}
    assert parse_parameter_schema(json.dumps(schema).encode()) == parsed()


@pytest.mark.parametrize(("text", "value"), [("false", False), ("no", "no"), ("FALSE", "FALSE")])
def test_a_truth_value_is_typed_as_json_writes_it(text: str, value: object) -> None:
    assert typed(parsed(), {"full": text}) == {"full": value}


def test_what_people_type_gets_the_parameters_type_where_it_can() -> None:
    schema = parsed()
    texts = {"year": "2001", "full": "true", "name": "7", "unknown": "7"}
    found = typed(schema, texts)
    assert found == {"year": 2001, "full": True, "name": "7", "unknown": "7"}
    assert [type(value) for value in found.values()] == [int, bool, str, str]


@pytest.mark.parametrize(
    ("texts", "breach"),
    [
        ({"year": "2001.5"}, "'year' is no integer"),
        ({"year": "２００１"}, "'year' is no integer"),
        ({"year": "1" * 17}, "'year' is no integer"),
        ({"year": "-1"}, "'year' is below 2000"),
        ({"year": "2001", "full": "yes"}, "'full' is no boolean"),
        ({"year": "2001", "unknown": "7"}, "'unknown' is not a parameter of this service"),
        ({}, "year is missing"),
    ],
)
def test_what_fits_no_parameter_is_a_breach(texts: dict[str, str], breach: str) -> None:
    schema = parsed()
    assert schema.breaches(typed(schema, texts)) == (breach,)
