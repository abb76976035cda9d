"""`ledger transfer`: deliveries of datasets under a grant; here, what arbiters and auditors see."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.context import Invocation
from ledger.cli.frame import command
from ledger.cli.options import TransferArgument, timeout_option
from ledger.cli.transfer import transfer_app

__all__ = ["transfer_app"]


@command(
    transfer_app, "disclose", example="ledger transfer disclose 12 --to statistics", writes=True
)
def disclose(
    cli: Invocation,
    number: TransferArgument,
    arbiter: Annotated[
        str,
        typer.Option("--to", metavar="ARBITER", help="Of those whom the dispute's reason names."),
    ],
) -> None:
    """Give the key of one disputed payload to an arbiter, sealed, so that its commitments decide.

    The arbiter can read that payload from then on: `ledger transfer arbitrate`.
    """
    cli.confirm(f"Let {arbiter} read what transfer {number} delivered? Nobody can call it back.")
    with cli.ledger() as ledger:
        done = ledger.transfers.disclose(number, arbiter)
        how = "was disclosed before" if done.already else "is disclosed"
        cli.out.show(
            done,
            f"The key of transfer {number} {how} to {done.arbiter}, which judges it with: "
            f"ledger transfer arbitrate {number}",
        )


@command(transfer_app, "arbitrate", example="ledger transfer arbitrate 12 --json")
def arbitrate(
    cli: Invocation,
    number: TransferArgument,
    timeout: Annotated[int | None, timeout_option("the disclosed key")] = None,
) -> None:
    """Judge a disputed delivery, whose key was disclosed to this department, by its commitments.

    The payload is decrypted in memory and nothing of it is kept.
    """
    with cli.ledger() as ledger:
        found = ledger.transfers.arbitrate(number, timeout_s=timeout or 120)
        sentences = [
            f"Transfer {number}, disputed for {found.dispute}: {found.verdict}.",
            f"{found.why[0].upper()}{found.why[1:]}.",
        ]
        if found.settlement is None:
            sentences.append("That speaks for neither party.")
        else:
            party = found.sender if found.favours == "sender" else found.receiver
            sentences.append(f"That speaks for {party}. {found.receiver} or the agency ends it:")
            sentences.append(f"  {found.settlement}")
        cli.out.show(found, *sentences)


@command(
    transfer_app,
    "prove",
    example="ledger transfer prove 12 --to audit-office --out receipt-12.json",
)
def prove(
    cli: Invocation,
    number: TransferArgument,
    auditor: Annotated[
        str, typer.Option("--to", metavar="AUDITOR", help="The auditing body that it is sealed to.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The file to write.")],
) -> None:
    """Write a file that shows an auditing body that a receipt is genuine.

    It holds the receipt's own key and the hash of the content, sealed: neither data key nor
    content. The auditor checks it with `ledger audit receipt`.
    """
    cli.confirm(f"Let {auditor} know the hash of what transfer {number} delivered?")
    with cli.ledger() as ledger:
        done = ledger.transfers.prove(number, auditor, out)
        cli.out.show(
            done,
            f"{done.path} shows {done.auditor} that the receipt of transfer {number} is genuine; "
            f"it checks that with: ledger audit receipt {number} FILE",
        )
