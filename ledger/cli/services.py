"""How a service is asked, as `ledger dataset` takes and shows it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.options import file_bytes
from ledger.render import Column

if TYPE_CHECKING:
    from ledger.models import Parameter, Service

ParametersOption = Annotated[
    Path | None,
    typer.Option(
        "--parameters",
        metavar="FILE",
        help="What a service is asked with: a JSON Schema of a flat object, in JSON.",
    ),
]
SubjectOption = Annotated[
    bool | None,
    typer.Option(
        "--subject/--no-subject",
        help="Whether each query of a service is about one person, whom it names.",
        show_default=False,
    ),
]

PARAMETER_COLUMNS = [
    Column("Parameter", "name"),
    Column("Type", "type"),
    Column("Needed", "required"),
    Column("Rules", "rules"),
    Column("Title", "title"),
]


@dataclass(frozen=True)
class ParameterRow:
    """What a service is asked with, one parameter of it."""

    name: str
    type: str
    required: bool
    rules: str
    """What its values must satisfy, as the JSON Schema says it."""
    title: str | None
    description: str | None

    @classmethod
    def all_of(cls, service: Service) -> list[ParameterRow]:
        """Flatten a service's parameters."""
        schema = service.parameters
        return [
            cls(
                name=name,
                type=str(parameter.type),
                required=name in schema.required,
                rules=_rules(parameter),
                title=parameter.title,
                description=parameter.description,
            )
            for name, parameter in schema.properties.items()
        ]


def _rules(parameter: Parameter) -> str:
    said = parameter.model_dump(mode="json", by_alias=True, exclude_none=True)
    rules = {name: said[name] for name in said if name not in ("type", "title", "description")}
    return ", ".join(f"{name} {json.dumps(value)}" for name, value in rules.items())


def service_of(parameters: Path | None, *, subject: bool) -> Service | None:
    """How a service is asked, from a file's JSON Schema; None without one."""
    if parameters is None:
        return None
    from ledger.models.service import Service, parse_parameter_schema

    return Service(parameters=parse_parameter_schema(file_bytes(parameters)), subject=subject)
