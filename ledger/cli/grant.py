"""`ledger grant`: what approved requests became."""

from __future__ import annotations

from typing import Annotated

import typer

from ledger.cli.context import Invocation
from ledger.cli.frame import command, noun
from ledger.cli.options import (
    GrantArgument,
    GroundsOption,
    MineOption,
    OfDatasetOption,
    ReasonOption,
    TextOption,
    end_of_day,
    sealed_option,
)
from ledger.cli.story import REASON_COLUMNS, STEP_COLUMNS, steps
from ledger.cli.views import GRANT_COLUMNS, GrantRow, grant_rows

grant_app = noun("Grants: what approved requests became.")


@command(grant_app, "list", example="ledger grant list --dataset labour/employment")
def list_(cli: Invocation, mine: MineOption = False, dataset: OfDatasetOption = None) -> None:
    """List the grants, those that ended included."""
    with cli.ledger() as ledger:
        rows = grant_rows(ledger, ledger.grants.list(dataset=dataset), mine=mine)
        cli.out.rows(rows, GRANT_COLUMNS, empty="There is no such grant.")


@command(grant_app, "show", example="ledger grant show 7")
def show(cli: Invocation, number: GrantArgument) -> None:
    """Show a grant and all that happened to it."""
    with cli.ledger() as ledger:
        state, grant = ledger.state(), ledger.grants.show(number)
        row = GrantRow.of(grant, state, ledger.session.now())
        hiding = ledger.grants.hiding(number)
        own = [event for event in grant.history if event.CONTRACT == "AccessGrants"]
        cli.out.detail(
            row,
            more={"hides_until": hiding.until if hiding else None},
            rare=["reasons"],
            reasons=(ledger.reasons(own), REASON_COLUMNS),
            history=(steps(grant.history, state), STEP_COLUMNS),
        )


@command(
    grant_app,
    "suspend",
    example='ledger grant suspend 7 --reason security --text "A leak is being looked into."',
    writes=True,
)
def suspend(
    cli: Invocation,
    number: GrantArgument,
    reason: ReasonOption,
    text: TextOption,
    grounds: GroundsOption = None,
) -> None:
    """Suspend a grant of one's own dataset: nothing is released until it is resumed."""
    cli.confirm(f"Suspend grant {number} at once?")
    with cli.ledger() as ledger:
        done = ledger.grants.suspend(number, reason=reason, text=text, grounds=grounds)
        cli.out.show(done, f"Grant {number} is suspended.")


@command(grant_app, "extend", example="ledger grant extend 7 --days 365", writes=True)
def extend(
    cli: Invocation,
    number: GrantArgument,
    days: Annotated[
        int | None,
        typer.Option("--days", min=1, max=36_500, metavar="N", help="For so many more days."),
    ] = None,
    until: Annotated[
        int | None,
        typer.Option("--until", metavar="DATE", parser=end_of_day, help="Until this day."),
    ] = None,
) -> None:
    """Let a grant of one's own dataset hold for longer."""
    with cli.ledger() as ledger:
        done = ledger.grants.extend(number, days=days, valid_until=until)
        ends = cli.out.when(done.valid_until)
        if done.extended:
            cli.out.show(done, f"Grant {number} holds until {ends}.")
        else:
            second = f"another officer has to extend it too, until {ends}"
            cli.out.show(done, f"Grant {number} has its first approval; {second}.")


@command(grant_app, "resume", example="ledger grant resume 7", writes=True)
def resume(cli: Invocation, number: GrantArgument) -> None:
    """Resume a grant that was suspended, or that a reset of the requester's ADMIN stopped."""
    with cli.ledger() as ledger:
        done = ledger.grants.resume(number)
        cli.out.show(done, f"Grant {number} is active again.")


@command(
    grant_app,
    "revoke",
    example='ledger grant revoke 7 --reason misuse --text "The data was passed on."',
    writes=True,
)
def revoke(
    cli: Invocation,
    number: GrantArgument,
    reason: ReasonOption,
    text: TextOption,
    grounds: GroundsOption = None,
) -> None:
    """Revoke a grant for good; what was received stays received."""
    cli.confirm(f"Revoke grant {number} for good?")
    with cli.ledger() as ledger:
        done = ledger.grants.revoke(number, reason=reason, text=text, grounds=grounds)
        cli.out.show(done, f"Grant {number} is revoked: no key is released under it any more.")


@command(
    grant_app,
    "hide",
    example='ledger grant hide 7 --until 2027-06-30 --reason court-order --text "By order." \\\n'
    '  --legal-ground "Code of Procedure, section 100"',
    writes=True,
)
def hide(
    cli: Invocation,
    number: GrantArgument,
    until: Annotated[
        int,
        typer.Option("--until", metavar="DATE", parser=end_of_day, help="The last day of it."),
    ],
    reason: ReasonOption,
    text: TextOption,
    legal_ground: Annotated[
        str,
        typer.Option("--legal-ground", metavar="TEXT", help="The law or order it rests on."),
    ],
    grounds: Annotated[
        str | None, sealed_option("--grounds", "More, sealed to the auditing bodies.")
    ] = None,
) -> None:
    """Hide, for a time, whom the answers of one's own service under a grant are about.

    Their subjects find them once the time is over: ledger transfer reveal.
    """
    cli.confirm(f"Hide whom the answers under grant {number} are about?")
    with cli.ledger() as ledger:
        done = ledger.grants.hide(
            number,
            until=until,
            reason=reason,
            text=text,
            legal_ground=legal_ground,
            grounds=grounds,
        )
        cli.end_dry_run()
        ends = cli.out.when(done.until)
        cli.out.show(done, f"Answers under grant {number} hide whom they are about until {ends}.")


@command(grant_app, "unhide", example="ledger grant unhide 7", writes=True)
def unhide(cli: Invocation, number: GrantArgument) -> None:
    """End the order to hide under a grant; what is hidden already stays so until it is revealed."""
    with cli.ledger() as ledger:
        ledger.grants.end_hiding(number)
        cli.end_dry_run()
        cli.out.show({"hidden": False}, f"New answers under grant {number} hide nobody.")
