"""The options by which people say what terms shall be, and what is to be different in them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ledger.cli.options import end_of_day, sealed_option

ValidDaysOption = Annotated[
    int | None,
    typer.Option("--valid-days", min=1, max=36_500, metavar="N", help="For how many days."),
]
ValidUntilOption = Annotated[
    int | None,
    typer.Option("--valid-until", metavar="DATE", parser=end_of_day, help="Until this day."),
]
FieldsOption = Annotated[
    list[str] | None,
    typer.Option("--field", metavar="COLUMN", help="Only this column; may be repeated."),
]
AllFieldsOption = Annotated[bool, typer.Option("--all-fields", help="Every column after all.")]
WhyOption = Annotated[
    str | None, typer.Option("--why", metavar="TEXT", help="The purpose in words.")
]
LegalBasisOption = Annotated[
    str | None, typer.Option("--legal-basis", metavar="TEXT", help="The law that allows it.")
]
RetentionOption = Annotated[
    int | None,
    typer.Option("--retention-days", min=1, max=36_525, metavar="N", help="Days the data is kept."),
]
SecurityOption = Annotated[
    str | None,
    typer.Option("--security", metavar="TEXT", help="How the data will be protected."),
]
OnwardUseOption = Annotated[
    bool | None,
    typer.Option(
        "--onward-use/--no-onward-use", help="Whether what is made from it may be published."
    ),
]
ContactOption = Annotated[
    str | None, sealed_option("--contact", "Whom to ask; sealed to the owner.")
]
CaseOption = Annotated[str | None, sealed_option("--case", "The case; sealed to the owner.")]


def said(options: dict[str, Any]) -> dict[str, Any]:
    """The options that were given."""
    return {name: value for name, value in options.items() if value is not None}
