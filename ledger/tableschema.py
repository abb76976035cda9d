"""The part of Table Schema (Frictionless, v1) that specifications may use, as a strict model.

A record holds no floats: the bounds and the enum of a `number` are decimal text ("0.5"). A user's
file may write them as JSON numbers; `parse_table_schema` converts. Rows are checked elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel

from ledger.errors import InputError, RecordError
from ledger.identifiers import shown
from ledger.recordmodel import Line, Lines, Part, Text, checking_input, safe_text
from ledger.records import MAX_RECORD_BYTES, require_shallow
from ledger.tablevalues import BOUNDED, FieldType, Lexical, check_pattern, from_file, logical

_CONSTRAINT_NAMES: Final = frozenset(
    {"required", "unique", "minimum", "maximum", "minLength", "maxLength", "pattern", "enum"}
)
_FIELD_NAMES: Final = frozenset({"name", "type", "title", "description", "constraints"})
_SCHEMA_NAMES: Final = frozenset({"fields", "missingValues", "primaryKey"})

Length = Annotated[int, Field(ge=0, le=1_000_000)]
MissingValue = Annotated[str, StringConstraints(max_length=200), AfterValidator(safe_text)]


class Constraints(Part):
    """What every value of a column must satisfy; a `pattern` must match the whole value."""

    required: bool | None = None
    unique: bool | None = None
    minimum: Lexical | None = None
    maximum: Lexical | None = None
    min_length: Length | None = None
    max_length: Length | None = None
    pattern: Annotated[str, AfterValidator(check_pattern)] | None = None
    enum: Annotated[tuple[Lexical | bool, ...], Field(min_length=1, max_length=1000)] | None = None

    @model_validator(mode="after")
    def _lengths_in_order(self) -> Self:
        low, high = self.min_length, self.max_length
        if low is not None and high is not None and low > high:
            raise ValueError(f"minLength {low} is above maxLength {high}")
        return self


class TableField(Part):
    """One column."""

    name: Line
    type: FieldType
    title: Line | None = None
    description: Text | None = None
    constraints: Constraints | None = None

    @model_validator(mode="after")
    def _constraints_fit_the_type(self) -> Self:
        rules = self.constraints
        if rules is None:
            return self
        if self.type is not FieldType.STRING:
            for name in ("min_length", "max_length", "pattern"):
                if getattr(rules, name) is not None:
                    raise ValueError(f"a column of type {self.type} cannot have {to_camel(name)}")
        bounds = [bound for bound in (rules.minimum, rules.maximum) if bound is not None]
        if bounds and self.type not in BOUNDED:
            raise ValueError(f"a column of type {self.type} cannot have minimum or maximum")
        values = [logical(self.type, bound) for bound in bounds]
        if len(values) == 2 and values[0] > values[1]:
            raise ValueError(f"minimum {rules.minimum} is above maximum {rules.maximum}")
        allowed = [logical(self.type, value) for value in rules.enum or ()]
        if len(set(allowed)) != len(allowed):
            raise ValueError("enum names a value twice")
        return self


class TableSchema(Part):
    """The columns of a table, the texts that mean "no value", and the primary key."""

    fields: Annotated[tuple[TableField, ...], Field(min_length=1, max_length=1000)]
    missing_values: Annotated[tuple[MissingValue, ...], Field(max_length=20)] = ("",)
    primary_key: Annotated[Lines, Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _names_fit_together(self) -> Self:
        names = self.field_names
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"the column {twice[0]!r} is defined twice")
        unknown = [name for name in self.primary_key or () if name not in names]
        if unknown:
            raise ValueError(f"primaryKey names {unknown[0]!r}, which is not a column")
        if len(set(self.missing_values)) != len(self.missing_values):
            raise ValueError("missingValues names a text twice")
        return self

    @property
    def field_names(self) -> tuple[str, ...]:
        """The columns' names, in order."""
        return tuple(field.name for field in self.fields)


def parse_table_schema(data: bytes) -> TableSchema:
    """Read a Table Schema from the bytes of a user's JSON file.

    Raises:
        InputError: not JSON, or beyond the part of Table Schema that is supported; the message
            names the column and what was expected.
    """
    if len(data) > MAX_RECORD_BYTES:
        raise InputError(f"this Table Schema is larger than {MAX_RECORD_BYTES:,} bytes")
    try:
        require_shallow(data)
        descriptor = json.loads(data.decode("utf-8-sig"), parse_float=Decimal)
    except (ValueError, RecordError) as error:
        raise InputError("this is not a Table Schema: the file is not JSON in UTF-8") from error
    members = _object(descriptor, "the schema", _SCHEMA_NAMES, dropped=("$schema", "profile"))
    columns = members.get("fields")
    if not isinstance(columns, list):
        raise InputError("this is not a Table Schema: 'fields' must be a list of columns")
    members["fields"] = tuple(_field(column, number) for number, column in enumerate(columns, 1))
    if "missingValues" in members:
        members["missingValues"] = _tuple(members["missingValues"], "missingValues")
    if "primaryKey" in members:
        key = members["primaryKey"]
        members["primaryKey"] = (key,) if isinstance(key, str) else _tuple(key, "primaryKey")
    with checking_input("this Table Schema"):
        return TableSchema.model_validate(members, by_alias=True, by_name=False)


def _field(value: object, number: int) -> TableField:
    where = f"column {number}"
    if isinstance(value, dict) and isinstance(value.get("name"), str):
        where = f"column {shown(value['name'])}"
    if isinstance(value, dict) and value.get("format") == "default":
        value = {name: item for name, item in value.items() if name != "format"}
    members = _object(value, where, _FIELD_NAMES)
    kind = members.setdefault("type", "string")
    try:
        members["type"] = FieldType(kind)
    except ValueError:
        known = ", ".join(FieldType)
        raise InputError(
            f"{where}: type {shown(str(kind))} is not supported, use one of {known}"
        ) from None
    if "constraints" in members:
        members["constraints"] = _constraints(members["constraints"], members["type"], where)
    with checking_input(where):
        return TableField.model_validate(members, by_alias=True, by_name=False)


def _constraints(value: object, kind: FieldType, where: str) -> Constraints:
    members = _object(value, f"{where}, constraints", _CONSTRAINT_NAMES)
    try:
        for name in ("minimum", "maximum"):
            if name in members:
                members[name] = from_file(kind, members[name])
        if "enum" in members:
            items = _tuple(members["enum"], f"{where}, enum")
            members["enum"] = tuple(from_file(kind, item) for item in items)
    except ValueError as error:
        raise InputError(f"{where}: {error}") from error
    with checking_input(f"{where}, constraints"):
        return Constraints.model_validate(members, by_alias=True, by_name=False)


def _object(
    value: object, where: str, known: frozenset[str], dropped: Sequence[str] = ()
) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f"{where} must be a JSON object")
    unknown = [name for name in value if name not in known and name not in dropped]
    if unknown:
        raise InputError(
            f"{where}: {shown(unknown[0])} is not supported",
            hint=f"supported are {', '.join(sorted(known))}",
        )
    return {name: item for name, item in value.items() if name in known}


def _tuple(value: object, where: str) -> tuple[object, ...]:
    if not isinstance(value, list):
        raise InputError(f"{where} must be a list")
    return tuple(value)
