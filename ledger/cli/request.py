"""`ledger request`: from asking for a dataset to the owner's decision."""

from __future__ import annotations

from typing import Annotated

import typer

from ledger.cli.context import Invocation
from ledger.cli.frame import command, noun
from ledger.cli.options import (
    DatasetArgument,
    GrantArgument,
    GroundsOption,
    MineOption,
    OfDatasetOption,
    PurposeOption,
    ReasonOption,
    TextOption,
    end_of_day,
    sealed_option,
)
from ledger.cli.views import REQUEST_COLUMNS, GrantRow, grant_rows
from ledger.errors import InputError, IntegrityError, NotFound

request_app = noun("Requests for access, from asking to the decision.")


@command(
    request_app,
    "create",
    example="ledger request create labour/employment --purpose statistics \\\n"
    '  --why "Monthly report" --legal-basis "Statistics Act, section 7" --valid-days 365',
    writes=True,
)
def create(
    cli: Invocation,
    dataset: DatasetArgument,
    purpose: PurposeOption,
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="The purpose in words.")],
    legal_basis: Annotated[
        str, typer.Option("--legal-basis", metavar="TEXT", help="The law that allows it.")
    ],
    valid_days: Annotated[
        int | None,
        typer.Option("--valid-days", min=1, max=36_500, metavar="N", help="For how many days."),
    ] = None,
    valid_until: Annotated[
        int | None,
        typer.Option("--valid-until", metavar="DATE", parser=end_of_day, help="Until this day."),
    ] = None,
    retention_days: Annotated[
        int,
        typer.Option(
            "--retention-days", min=1, max=36_525, metavar="N", help="Days the data is kept."
        ),
    ] = 365,
    security: Annotated[
        str, typer.Option("--security", metavar="TEXT", help="How the data will be protected.")
    ] = "As this department's security policy says.",
    onward_use: Annotated[
        bool, typer.Option("--onward-use", help="Ask to publish what is made from it.")
    ] = False,
    fields: Annotated[
        list[str] | None,
        typer.Option("--field", metavar="COLUMN", help="Only this column; may be repeated."),
    ] = None,
    contact: Annotated[
        str | None, sealed_option("--contact", "Whom to ask; sealed to the owner.")
    ] = None,
    case: Annotated[str | None, sealed_option("--case", "The case; sealed to the owner.")] = None,
) -> None:
    """Ask for a dataset, for a purpose, on a legal basis, for a time."""
    if (valid_days is None) == (valid_until is None):
        raise InputError(
            "a request says how long it is for: expected --valid-days or --valid-until",
            hint="for example --valid-days 365",
        )
    with cli.ledger() as ledger:
        done = ledger.requests.create(
            dataset,
            purpose=purpose,
            purpose_text=why,
            legal_basis=legal_basis,
            valid_days=valid_days,
            valid_until=valid_until,
            retention_days=retention_days,
            security_measures=security,
            onward_use=onward_use,
            fields=fields,
            contact=contact,
            case=case,
        )
        again = "was made before and is" if done.already else "is"
        due = f"; the answer is due {cli.out.when(done.respond_by)}"
        waits = due if done.state == "requested" else ""
        cli.out.show(done, f"Request {done.grant} for {done.dataset} {again} {done.state}{waits}.")


@command(request_app, "list", example="ledger request list --mine")
def list_(cli: Invocation, mine: MineOption = False, dataset: OfDatasetOption = None) -> None:
    """List requests, whatever became of them."""
    with cli.ledger() as ledger:
        rows = grant_rows(ledger, ledger.requests.list(dataset=dataset), mine=mine)
        cli.out.rows(rows, REQUEST_COLUMNS, empty="There is no such request.")


@command(request_app, "show", example="ledger request show 7")
def show(cli: Invocation, number: GrantArgument) -> None:
    """Show a request with its terms, and what is sealed to this department."""
    with cli.ledger() as ledger:
        grant = ledger.requests.show(number)
        row = GrantRow.of(grant, ledger.state(), ledger.session.now())
        terms = ledger.requests.terms(number)
        more = terms.model_dump(include={"purpose_text", "legal_basis", "retention_days"})
        more |= {"fields": terms.fields or "all", "security_measures": terms.security_measures}
        try:
            more["sealed"] = ledger.requests.sealed(number)
        except (NotFound, IntegrityError):
            more["sealed"] = None
        cli.out.detail(row, more=more)


@command(request_app, "approve", example="ledger request approve 7", writes=True)
def approve(cli: Invocation, number: GrantArgument) -> None:
    """Approve a request: from then on the requester gets what it opens."""
    with cli.ledger() as ledger:
        done = ledger.requests.approve(number)
        cli.out.show(done, f"Request {number} is approved.")


@command(
    request_app,
    "refuse",
    example='ledger request refuse 7 --reason no-legal-basis --text "The Act does not cover it."',
    writes=True,
)
def refuse(
    cli: Invocation,
    number: GrantArgument,
    reason: ReasonOption,
    text: TextOption,
    grounds: GroundsOption = None,
) -> None:
    """Refuse a request, with a reason that stays on the record."""
    with cli.ledger() as ledger:
        done = ledger.requests.refuse(number, reason=reason, text=text, grounds=grounds)
        cli.out.show(done, f"Request {number} is refused.")


@command(request_app, "withdraw", example="ledger request withdraw 7", writes=True)
def withdraw(cli: Invocation, number: GrantArgument) -> None:
    """Take back a request of this department."""
    cli.confirm(f"Withdraw request {number}?")
    with cli.ledger() as ledger:
        done = ledger.requests.withdraw(number)
        cli.out.show(done, f"Request {number} is withdrawn.")
