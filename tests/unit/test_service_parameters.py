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


def parsed(**changes: Any) -> Any:
    return parse_parameter_schema(json.dumps(SCHEMA | changes).encode())


def test_a_schema_of_a_flat_object_is_read() -> None:
    schema = parse_parameter_schema(b"\xef\xbb\xbf" + json.dumps(SCHEMA).encode())
    assert schema.required == ("year",)
    assert list(schema.properties) == ["year", "full", "name"]
    assert schema.properties["name"].enum == ("a", "b")
    assert schema.properties["year"].minimum == 2000


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"{", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "expected a JSON object"),
        (json.dumps(SCHEMA | {"type": "array"}).encode(), "type"),
        (json.dumps(SCHEMA | {"additionalProperties": True}).encode(), "additionalProperties"),
        (json.dumps(SCHEMA | {"oneOf": []}).encode(), "oneOf"),
        (json.dumps(SCHEMA | {"required": ["month"]}).encode(), "required names month"),
        (json.dumps(SCHEMA | {"properties": {"y": {"type": "number"}}}).encode(), "y.type"),
        (json.dumps(SCHEMA | {"properties": {"1": {"type": "string"}}}).encode(), "properties"),
        (
            json.dumps(
                SCHEMA | {"properties": {"y": {"type": "integer", "maxLength": 3}}}
            ).encode(),
            "cannot have max_length",
        ),
    ],
)
def test_what_is_no_such_schema_is_told_where(data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_parameter_schema(data)


def test_what_people_type_gets_the_parameters_type_where_it_can() -> None:
    schema = parsed()
    texts = {"year": "2001", "full": "true", "name": "7", "unknown": "7"}
    found = typed(schema, texts)
    assert found == {"year": 2001, "full": True, "name": "7", "unknown": "7"}
    assert [type(value) for value in found.values()] == [int, bool, str, str]


@pytest.mark.parametrize(
    ("texts", "breach"),
    [
        ({"year": "2001.5"}, "is no integer"),
        ({"year": "２００１"}, "is no integer"),
        ({"year": "1" * 40}, "is no integer"),
        ({"year": "-1"}, "is below 2000"),
        ({"year": "2001", "full": "yes"}, "is no boolean"),
        ({"year": "2001", "unknown": "7"}, "is not a parameter"),
        ({}, "year is missing"),
    ],
)
def test_what_fits_no_parameter_is_a_breach(texts: dict[str, str], breach: str) -> None:
    schema = parsed()
    (found,) = schema.breaches(typed(schema, texts))
    assert breach in found
