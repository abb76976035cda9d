"""`ledger spec`: specifications that datasets follow."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.context import Invocation
from ledger.cli.frame import command, noun
from ledger.cli.options import ReasonOption, TextOption, file_bytes
from ledger.render import Column
from ledger.words import counted

SpecificationArgument = Annotated[
    str,
    typer.Argument(metavar="NAME", help="A specification's name, as employment or employment@2."),
]

FIELD_COLUMNS = [Column("Name", "name"), Column("Type", "type"), Column("Title", "title")]


@dataclass(frozen=True)
class SpecificationRow:
    """A specification in one version."""

    name: str
    version: int
    title: str
    description: str | None
    deprecated: bool


spec_app = noun("Specifications that datasets follow.")


@command(
    spec_app,
    "publish",
    example='ledger spec publish employment employment.json --title "Employment by sector"',
    writes=True,
)
def publish(
    cli: Invocation,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The specification's name.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A Table Schema, in JSON.")],
    title: Annotated[str, typer.Option("--title", metavar="TEXT", help="What it describes.")],
    description: Annotated[
        str | None, typer.Option("--description", metavar="TEXT", help="More about it.")
    ] = None,
) -> None:
    """Publish a specification's next version; only the agency does."""
    from ledger.tableschema import parse_table_schema

    schema = parse_table_schema(file_bytes(file))
    with cli.ledger() as ledger:
        done = ledger.specs.publish(name, schema, title=title, description=description)
        how = "was published already" if done.already else "is published"
        cli.out.show(done, f"{done.name}@{done.version} {how}.")


@command(spec_app, "list", example="ledger spec list")
def list_(cli: Invocation) -> None:
    """List the specifications, every version."""
    with cli.ledger() as ledger:
        columns = [Column("Name", "name"), Column("Version", "version", right=True)]
        cli.out.rows(ledger.specs.list(), columns, empty="No specification is published yet.")


@command(spec_app, "show", example="ledger spec show employment")
def show(cli: Invocation, name: SpecificationArgument) -> None:
    """Show a specification: its columns and what they must hold."""
    with cli.ledger() as ledger:
        found = ledger.specs.show(name)
        schema = found.table_schema
        cli.out.detail(
            SpecificationRow(
                name=found.name,
                version=found.version,
                title=found.title,
                description=found.description,
                deprecated=ledger.specs.deprecated(found.name, found.version),
            ),
            columns=(schema.fields if schema else (), FIELD_COLUMNS),
        )


@command(spec_app, "check", example="ledger spec check employment.csv employment")
def check(
    cli: Invocation,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A table, in CSV.")],
    name: SpecificationArgument,
) -> None:
    """Check a file against a specification; every problem names its row and column."""
    with cli.ledger() as ledger:
        report = ledger.specs.check(file, name)
        which = f"{report.specification.name}@{report.specification.version}"
        cli.out.show(report, f"{file} follows {which}: {counted(report.rows, 'row')}.")


@command(
    spec_app,
    "deprecate",
    example='ledger spec deprecate employment@1 --reason superseded --text "Use version 2."',
    writes=True,
)
def deprecate(
    cli: Invocation, name: SpecificationArgument, reason: ReasonOption, text: TextOption
) -> None:
    """Say that a version shouldn't be used for new datasets any more; only the agency does."""
    cli.confirm(f"Deprecate {name} for good?")
    with cli.ledger() as ledger:
        done = ledger.specs.deprecate(name, reason=reason, text=text)
        cli.out.show(done, f"{name} is deprecated.")
