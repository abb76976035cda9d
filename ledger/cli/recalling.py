"""`ledger dataset`: datasets and their versions; here, how one is recalled."""

from __future__ import annotations

from typing import Annotated

import typer

from ledger.cli.context import Invocation
from ledger.cli.dataset import dataset_app
from ledger.cli.frame import command
from ledger.cli.lineage import told
from ledger.cli.options import ReasonOption, TextOption, VersionArgument
from ledger.codes import ReasonCode

__all__ = ["dataset_app"]


@command(
    dataset_app,
    "recall",
    example="ledger dataset recall labour/employment@3 --reason correction --replaced-by 4 \\\n"
    '  --text "Wrong sums."',
    writes=True,
)
def recall(
    cli: Invocation,
    name: VersionArgument,
    reason: ReasonOption,
    text: TextOption,
    replaced_by: Annotated[
        int | None,
        typer.Option(
            "--replaced-by", min=1, metavar="VERSION", help="The version that takes its place."
        ),
    ] = None,
) -> None:
    """Call on all receivers of a version, also of what was made from it, to give it up.

    The version is withdrawn first. Each receiver attests what it did: `ledger transfer attest`.
    """
    with cli.ledger() as ledger:
        concerned = told(ledger.datasets.concerned(name))
        cli.confirm(f"{concerned} Recall {name} for good?")
        if cli.settings.dry_run:
            cli.out.note(concerned)
        done = ledger.datasets.recall(name, reason=reason, text=text, replaced_by=replaced_by)
        due = cli.out.when(done.attest_by)
        cli.out.show(
            done,
            f"{done.dataset}@{done.version} is recalled (recall {done.recall}), "
            f"to be attested until {due}. {told(done.concerned)}",
        )
        if reason is ReasonCode.ERASURE:
            cli.out.note(f"Its key is still here; to destroy it: ledger dataset erase {name}")
