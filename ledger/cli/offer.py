"""`ledger offer`: standing permissions, under which whoever fits is granted at once."""

from __future__ import annotations

from typing import Annotated

import typer

from ledger.cli.context import Invocation
from ledger.cli.frame import command, noun
from ledger.cli.options import (
    DatasetArgument,
    MaybePurposeOption,
    OfDatasetOption,
    ReasonOption,
    TextOption,
)
from ledger.cli.story import STEP_COLUMNS, steps
from ledger.cli.terms import FieldsOption
from ledger.cli.views import OFFER_COLUMNS, OfferRow

offer_app = noun("Standing permissions: whoever fits is granted at once.")

OfferArgument = Annotated[
    int, typer.Argument(metavar="NUMBER", min=1, help="The number of the offer.")
]


@command(
    offer_app,
    "publish",
    example="ledger offer publish labour/employment --group municipal --purpose planning \\\n"
    "  --longest-days 365 --valid-days 730",
    writes=True,
)
def publish(
    cli: Invocation,
    dataset: DatasetArgument,
    longest_days: Annotated[
        int,
        typer.Option(
            "--longest-days", min=1, max=36_500, metavar="N", help="Days that a grant may be valid."
        ),
    ],
    valid_days: Annotated[
        int,
        typer.Option(
            "--valid-days", min=1, max=36_500, metavar="N", help="Days that the offer stands."
        ),
    ],
    group: Annotated[
        str | None, typer.Option("--group", metavar="GROUP", help="Only for this group of members.")
    ] = None,
    standing: Annotated[
        int,
        typer.Option("--standing", min=0, max=255, metavar="N", help="Only from this standing on."),
    ] = 0,
    purpose: MaybePurposeOption = None,
    fields: FieldsOption = None,
    retention_days: Annotated[
        int,
        typer.Option(
            "--retention-days", min=1, max=36_525, metavar="N", help="Days the data may be kept."
        ),
    ] = 365,
    security: Annotated[
        str, typer.Option("--security", metavar="TEXT", help="How the data has to be protected.")
    ] = "As the requester's security policy says.",
    onward_use: Annotated[
        bool, typer.Option("--onward-use", help="What is made from it may be published.")
    ] = False,
) -> None:
    """Permit whoever fits to have a dataset of this department, granted when it asks."""
    with cli.ledger() as ledger:
        done = ledger.offers.publish(
            dataset,
            longest_days=longest_days,
            valid_days=valid_days,
            group=group,
            standing=standing,
            purpose=purpose,
            fields=fields,
            retention_days=retention_days,
            security_measures=security,
            onward_use=onward_use,
        )
        until = cli.out.when(done.valid_until)
        cli.out.show(done, f"Offer {done.offer} for {done.dataset} stands; it ends {until}.")


@command(offer_app, "list", example="ledger offer list --dataset labour/employment")
def list_(
    cli: Invocation,
    dataset: OfDatasetOption = None,
    every: Annotated[bool, typer.Option("--all", help="Those that ended, too.")] = False,
) -> None:
    """List the offers that stand."""
    with cli.ledger() as ledger:
        state, now = ledger.state(), ledger.session.now()
        offers = ledger.offers.list(dataset=dataset, in_force=not every)
        rows = [OfferRow.of(offer, state, now) for offer in offers]
        cli.out.rows(rows, OFFER_COLUMNS, empty="There is no such offer.")


@command(offer_app, "show", example="ledger offer show 2")
def show(cli: Invocation, number: OfferArgument) -> None:
    """Show an offer with its terms, and the requests made under it."""
    with cli.ledger() as ledger:
        state, offer, record = (
            ledger.state(),
            ledger.offers.show(number),
            ledger.offers.record(number),
        )
        more = {
            "fields": record.fields or "all",
            "retention_days": record.retention_days,
            "security_measures": record.security_measures,
        }
        row = OfferRow.of(offer, state, ledger.session.now())
        cli.out.detail(row, more=more, history=(steps(offer.history, state), STEP_COLUMNS))


@command(
    offer_app,
    "retire",
    example='ledger offer retire 2 --reason superseded --text "Offer 5 replaces it."',
    writes=True,
)
def retire(cli: Invocation, number: OfferArgument, reason: ReasonOption, text: TextOption) -> None:
    """End an offer of this department; what was granted under it stays granted."""
    cli.confirm(f"Retire offer {number} for good?")
    with cli.ledger() as ledger:
        done = ledger.offers.retire(number, reason=reason, text=text)
        cli.out.show(done, f"Offer {number} is retired.")
