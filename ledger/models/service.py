"""What a service dataset is asked with: the parameters of its queries.

The schema is a JSON Schema (2020-12) of a flat object, restricted so that it is checked alike
everywhere and in linear time: strings, integers and booleans, no references, no nesting.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from ledger.errors import InputError, RecordError
from ledger.identifiers import shown
from ledger.recordmodel import Line, Part, Text, checking_input, safe_text
from ledger.records import MAX_INTEGER, require_shallow
from ledger.tablevalues import FieldType, check_pattern, logical

MAX_PARAMETERS: Final = 50
# What fits; ranges are checked with the rest.
_DIGITS: Final = re.compile(r"-?[0-9]{1,16}\Z", re.ASCII)

_Integer = Annotated[int, Field(ge=-MAX_INTEGER, le=MAX_INTEGER)]
_Length = Annotated[int, Field(ge=0, le=10_000)]
_Value = Annotated[
    str, StringConstraints(max_length=10_000), AfterValidator(lambda text: safe_text(text, "\n\t"))
]

ParameterName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
Parameters = Annotated[
    dict[ParameterName, _Integer | bool | _Value], Field(max_length=MAX_PARAMETERS)
]
"""A query's parameters by name."""


class ParameterType(StrEnum):
    """A parameter's type, as JSON Schema names it."""

    STRING = "string"
    INTEGER = "integer"
    BOOLEAN = "boolean"


_PYTHON: Final = {
    ParameterType.STRING: str,
    ParameterType.INTEGER: int,
    ParameterType.BOOLEAN: bool,
}


class Parameter(Part):
    """One parameter: the keywords of JSON Schema that it may have."""

    type: ParameterType
    title: Line | None = None
    description: Text | None = None
    enum: Annotated[tuple[_Integer | _Value, ...], Field(min_length=1, max_length=1000)] | None = (
        None
    )
    minimum: _Integer | None = None
    maximum: _Integer | None = None
    min_length: _Length | None = None
    max_length: _Length | None = None
    pattern: Annotated[str, AfterValidator(check_pattern)] | None = None
    """Searched for, as in JSON Schema: anchored only where it says `^` and `$`."""
    format: Literal["date"] | None = None

    @model_validator(mode="after")
    def _keywords_fit_the_type(self) -> Self:
        allowed = {
            ParameterType.STRING: {"enum", "min_length", "max_length", "pattern", "format"},
            ParameterType.INTEGER: {"enum", "minimum", "maximum"},
            ParameterType.BOOLEAN: set[str](),
        }[self.type]
        for name in ("enum", "minimum", "maximum", "min_length", "max_length", "pattern", "format"):
            if getattr(self, name) is not None and name not in allowed:
                raise ValueError(f"a parameter of type {self.type} cannot have {name}")
        for low, high in ((self.minimum, self.maximum), (self.min_length, self.max_length)):
            if low is not None and high is not None and low > high:
                raise ValueError("a lower bound is above the upper one")
        values = self.enum or ()
        if len(set(values)) != len(values):
            raise ValueError("enum names a value twice")
        if any(type(value) is not _PYTHON[self.type] for value in values):
            raise ValueError(f"enum holds a value that is no {self.type}")
        return self

    def breach(self, value: object) -> str | None:
        """Why this is not a value of the parameter, or None."""
        if type(value) is not _PYTHON[self.type]:
            return f"is no {self.type}"
        if self.enum is not None and value not in self.enum:
            return "is not one of the values that are allowed"
        if isinstance(value, str):
            return self._text_breach(value)
        if self.minimum is not None and isinstance(value, int) and value < self.minimum:
            return f"is below {self.minimum}"
        if self.maximum is not None and isinstance(value, int) and value > self.maximum:
            return f"is above {self.maximum}"
        return None

    def _text_breach(self, value: str) -> str | None:
        if self.min_length is not None and len(value) < self.min_length:
            return f"is shorter than {self.min_length}"
        if self.max_length is not None and len(value) > self.max_length:
            return f"is longer than {self.max_length}"
        if self.pattern is not None and not _found(self.pattern, value):
            return f"does not match {self.pattern}"
        if self.format is not None:
            try:
                logical(FieldType.DATE, value)
            except ValueError:
                return "is not a date such as 2026-11-23"
        return None


class ParameterSchema(Part):
    """The JSON Schema of a service's parameters."""

    type: Literal["object"] = "object"
    properties: Annotated[dict[ParameterName, Parameter], Field(max_length=MAX_PARAMETERS)]
    required: tuple[ParameterName, ...] = ()
    additional_properties: Literal[False] = False

    @model_validator(mode="after")
    def _required_ones_exist(self) -> Self:
        if len(set(self.required)) != len(self.required):
            raise ValueError("required names a parameter twice")
        unknown = [name for name in self.required if name not in self.properties]
        if unknown:
            raise ValueError(f"required names {unknown[0]}, which is not a parameter")
        return self

    def breaches(self, parameters: Parameters) -> tuple[str, ...]:
        """How parameters break the schema, one clause each, without their values."""
        missing = [f"{name} is missing" for name in self.required if name not in parameters]
        wrong = []
        for name, value in parameters.items():
            parameter = self.properties.get(name)
            breach = "is not a parameter of this service" if parameter is None else None
            if parameter is not None:
                breach = parameter.breach(value)
            if breach:
                wrong.append(f"{shown(name)} {breach}")
        return (*missing, *wrong)


class Service(Part):
    """How a service is asked; what it answers with is the dataset's specification."""

    parameters: ParameterSchema
    subject: bool
    """Whether each query is about one person, whom it names."""


def parse_parameter_schema(data: bytes) -> ParameterSchema:
    """Read the JSON Schema of a service's parameters from the bytes of a user's file.

    Raises:
        InputError: not JSON, or beyond the part of JSON Schema that is supported; the message names
            the parameter and what was expected.
    """
    try:
        require_shallow(data)
        members = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecordError) as error:
        raise InputError("this is no schema of parameters: the file is not JSON") from error
    if not isinstance(members, dict):
        raise InputError("this is no schema of parameters: expected a JSON object")
    members.pop("$schema", None)
    with checking_input("this schema of parameters"):
        # As JSON, whose lists become tuples.
        return ParameterSchema.model_validate_json(
            json.dumps(members), by_alias=True, by_name=False
        )


def typed(schema: ParameterSchema, texts: Mapping[str, str]) -> dict[str, int | bool | str]:
    """Parameters that people wrote as text, of the schema's types as far as they can be.

    What can't stays text, which no other type's check takes.
    """
    return {name: _typed(schema.properties.get(name), text) for name, text in texts.items()}


def _typed(parameter: Parameter | None, text: str) -> int | bool | str:
    if parameter is not None and parameter.type is ParameterType.INTEGER and _DIGITS.match(text):
        return int(text)
    if parameter is not None and parameter.type is ParameterType.BOOLEAN:
        return {"true": True, "false": False}.get(text, text)
    return text


def _found(pattern: str, value: str) -> bool:
    # pydantic's engine: no look-around and no back references, so linear time.
    try:
        TypeAdapter(Annotated[str, StringConstraints(pattern=pattern)]).validate_python(value)
    except ValidationError:
        return False
    return True
