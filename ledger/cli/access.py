"""`ledger access`: would a request be granted, and why."""

from __future__ import annotations

from typing import Annotated

import typer

from ledger.cli.context import Invocation
from ledger.cli.frame import command, noun
from ledger.cli.options import DatasetArgument, PurposeOption

access_app = noun("Would a request be granted, and why.")


@command(access_app, "check", example="ledger access check labour/employment --purpose statistics")
def check(
    cli: Invocation,
    dataset: DatasetArgument,
    purpose: PurposeOption,
    as_department: Annotated[
        str | None,
        typer.Option("--as", metavar="DEPARTMENT", help="If it asked; else this department."),
    ] = None,
) -> None:
    """Say beforehand what would come of a request."""
    with cli.ledger() as ledger:
        found = ledger.check_access(dataset, purpose, as_department)
        cli.out.show(found, f"{found.verdict}:", *(f"  {reason}" for reason in found.why))
