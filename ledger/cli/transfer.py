"""`ledger transfer`: deliveries of datasets under a grant."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from ledger.cli.context import Invocation
from ledger.cli.frame import command, noun
from ledger.cli.lineage import CONCERNED_COLUMNS
from ledger.cli.options import (
    MaybeReasonOption,
    MaybeTextOption,
    MineOption,
    OfDatasetOption,
    ReasonOption,
    TextOption,
    TransferArgument,
    VersionArgument,
    sealed_option,
    timeout_option,
)
from ledger.cli.story import REASON_COLUMNS, STEP_COLUMNS, steps
from ledger.cli.views import TRANSFER_COLUMNS, TransferRow, transfer_rows
from ledger.codes import ReasonCode
from ledger.render import size
from ledger.words import counted

Outcome = Literal["replaced", "destroyed", "kept"]
transfer_app = noun("Deliveries of datasets under a grant.")


@command(
    transfer_app,
    "fetch",
    example="ledger transfer fetch labour/employment --out employment.csv",
    writes=True,
)
def fetch(
    cli: Invocation,
    what: Annotated[
        str,
        typer.Argument(
            metavar="DATASET|NUMBER", help="A dataset, a version of it, or an opened transfer."
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="The file to write, or a folder for it.")
    ] = Path(),
    timeout: Annotated[int | None, timeout_option("the owner's agent")] = None,
) -> None:
    """Get a dataset: open a transfer, wait for the key, decrypt, check and acknowledge."""
    with cli.ledger() as ledger:
        done = ledger.transfers.fetch(what, out, timeout_s=timeout or 120)
        rows = "" if done.rows is None else f", {counted(done.rows, 'row')}"
        what = f"{done.dataset}@{done.version} is in {done.path} ({size(done.size_bytes)}{rows})"
        cli.out.show(done, f"{what}; transfer {done.transfer} is acknowledged.")


@command(transfer_app, "open", example="ledger transfer open labour/employment@3", writes=True)
def open_(cli: Invocation, name: VersionArgument) -> None:
    """Ask for one delivery without waiting for it; an attempt that is refused is recorded."""
    with cli.ledger() as ledger:
        done = ledger.transfers.open(name)
        due = cli.out.when(done.release_by)
        cli.out.show(done, f"Transfer {done.transfer} is open; its key is due {due}.")


@command(transfer_app, "list", example="ledger transfer list --mine")
def list_(
    cli: Invocation,
    mine: MineOption = False,
    dataset: OfDatasetOption = None,
    waiting: Annotated[
        bool, typer.Option("--waiting", help="Only those that wait for their key.")
    ] = False,
) -> None:
    """List the transfers."""
    with cli.ledger() as ledger:
        found = ledger.transfers.list(dataset=dataset, open_only=waiting)
        rows = transfer_rows(ledger, found, mine=mine)
        cli.out.rows(rows, TRANSFER_COLUMNS, empty="There is no such transfer.")


@command(transfer_app, "show", example="ledger transfer show 12")
def show(cli: Invocation, number: TransferArgument) -> None:
    """Show a transfer and all that happened to it."""
    with cli.ledger() as ledger:
        state, transfer = ledger.state(), ledger.transfers.show(number)
        history = steps(transfer.history, state)
        owed = ledger.transfers.obligations(number)
        cli.out.detail(
            TransferRow.of(transfer, state),
            more={
                "receipt": ledger.transfers.receipt(number),
                "retained_until": owed.retained_until,
                "retention": owed.retention,
            },
            rare=["recalls", "reasons"],
            reasons=(ledger.reasons(transfer.history), REASON_COLUMNS),
            recalls=(owed.recalls, CONCERNED_COLUMNS),
            history=(history, STEP_COLUMNS),
        )


@command(
    transfer_app,
    "decline",
    example='ledger transfer decline 12 --reason security --text "Maintenance of the vault."',
    writes=True,
)
def decline(
    cli: Invocation, number: TransferArgument, reason: ReasonOption, text: TextOption
) -> None:
    """Decline a transfer of one's own dataset that was opened."""
    cli.confirm(f"Decline transfer {number} for good?")
    with cli.ledger() as ledger:
        done = ledger.transfers.decline(number, reason=reason, text=text)
        cli.out.show(done, f"Transfer {number} is declined.")


@command(
    transfer_app,
    "dispute",
    example='ledger transfer dispute 12 --reason corrupt --text "The hash does not match."',
    writes=True,
)
def dispute(
    cli: Invocation,
    number: TransferArgument,
    reason: ReasonOption,
    text: TextOption,
    arbiters: Annotated[
        list[str] | None,
        typer.Option(
            "--arbiter", metavar="CODE", help="A department that may judge it; may be repeated."
        ),
    ] = None,
    grounds: Annotated[
        str | None, sealed_option("--grounds", "More, sealed to the owner and the auditors.")
    ] = None,
) -> None:
    """Say that a delivery can't be used; its owner may release it once more."""
    with cli.ledger() as ledger:
        done = ledger.transfers.dispute(
            number, reason=reason, text=text, grounds=grounds, arbiters=arbiters or ()
        )
        cli.out.show(done, f"Transfer {number} is disputed.")


@command(
    transfer_app,
    "attest",
    example='ledger transfer attest 12 --outcome kept --ground "Archives Act, section 5"',
    writes=True,
)
def attest(
    cli: Invocation,
    number: TransferArgument,
    outcome: Annotated[
        Outcome, typer.Option("--outcome", help="What became of the copy that was received.")
    ],
    ground: Annotated[
        str | None,
        typer.Option("--ground", metavar="TEXT", help="The law or order on which it is kept."),
    ] = None,
    recall: Annotated[
        int | None,
        typer.Option(
            "--recall",
            min=0,
            metavar="NUMBER",
            help="For this recall, where several wait; 0: for the end of the retention.",
        ),
    ] = None,
    text: MaybeTextOption = None,
) -> None:
    """Say what became of what was received: after a recall, or at the end of its retention."""
    cli.confirm(f"Attest for good that the copy of transfer {number} is {outcome}?")
    with cli.ledger() as ledger:
        done = ledger.transfers.attest(
            number,
            outcome=ReasonCode.parse(outcome),
            legal_ground=ground,
            text=text,
            recall=recall,
        )
        which = f"recall {done.recall}" if done.recall else "the end of its retention"
        cli.out.show(done, f"Transfer {number} is attested for {which}: {done.outcome}.")


@command(
    transfer_app,
    "settle",
    example='ledger transfer settle 12 --text "The second delivery was right."',
    writes=True,
)
def settle(
    cli: Invocation,
    number: TransferArgument,
    text: TextOption,
    reason: MaybeReasonOption = None,
    grounds: Annotated[
        str | None, sealed_option("--grounds", "More, sealed to the parties and the auditors.")
    ] = None,
) -> None:
    """End a dispute that this department raised, or any as the agency."""
    with cli.ledger() as ledger:
        done = ledger.transfers.settle(
            number, reason=reason or ReasonCode.RESOLVED, text=text, grounds=grounds
        )
        cli.out.show(done, f"The dispute over transfer {number} is settled.")


@command(transfer_app, "reveal", example="ledger transfer reveal 12", writes=True)
def reveal(cli: Invocation, number: TransferArgument) -> None:
    """Let the subject of an answer find it; its owner may, and auditing bodies once it is due."""
    cli.confirm(f"Reveal the hidden tag of transfer {number} for good?")
    with cli.ledger() as ledger:
        done = ledger.transfers.reveal(number)
        how = "was revealed before" if done.already else "is revealed: its subject finds it now"
        cli.out.show(done, f"The tag of transfer {number} {how}.")
