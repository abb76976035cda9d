"""`ledger document`: files sent from one department to another."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.context import Invocation
from ledger.cli.frame import command, noun
from ledger.cli.options import (
    DepartmentArgument,
    MineOption,
    ReasonOption,
    TextOption,
    sealed_option,
    timeout_option,
)
from ledger.cli.story import REASON_COLUMNS, STEP_COLUMNS, steps
from ledger.cli.views import TransferRow, transfer_rows
from ledger.render import Column, size

if TYPE_CHECKING:
    from ledger.client.results import Document
    from ledger.provenance import LedgerState

document_app = noun("Files sent from one department to another.")

DocumentArgument = Annotated[
    int, typer.Argument(metavar="NUMBER", min=1, help="The number of the document.")
]


@dataclass(frozen=True)
class DocumentRow:
    """A document; title, name and note are None where they can't be read."""

    number: int
    sender: str
    receiver: str
    state: str
    title: str | None
    name: str | None
    note: str | None
    unreadable: str | None
    """Why title, name and note are missing."""
    sent_at: int | None
    acknowledge_by: int | None
    """None unless a receipt is awaited."""

    @property
    def told(self) -> str:
        """The title, or why there is none."""
        return self.title or f"({self.unreadable})"

    @classmethod
    def of(cls, document: Document, state: LedgerState) -> DocumentRow:
        """Flatten a document."""
        transfer, content = document.transfer, document.content
        row = TransferRow.of(transfer, state)
        return cls(
            number=row.number,
            sender=row.sender,
            receiver=row.receiver,
            state=row.state,
            title=content.title if content else None,
            name=content.name if content else None,
            note=content.note if content else None,
            unreadable=document.unreadable,
            sent_at=transfer.released_at,
            acknowledge_by=row.acknowledge_by,
        )


INBOX_COLUMNS = [
    Column("No.", "number", right=True),
    Column("From", "sender"),
    Column("Title", "told"),
    Column("State", "state"),
    Column("Sent", "sent_at"),
    Column("Receipt due", "acknowledge_by"),
]
LIST_COLUMNS = [
    Column("No.", "number", right=True),
    Column("From", "sender"),
    Column("To", "receiver"),
    Column("State", "state"),
    Column("Receipt due", "acknowledge_by"),
]


@command(
    document_app,
    "send",
    example='ledger document send health minutes.pdf --title "Minutes of 12 May"',
    writes=True,
)
def send(
    cli: Invocation,
    receiver: DepartmentArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to send.")],
    title: Annotated[str, sealed_option("--title", "What it is, sealed to the receiver.")],
    note: Annotated[
        str | None, sealed_option("--note", "A message, sealed to the receiver.")
    ] = None,
    again: Annotated[
        int | None,
        typer.Option(
            "--again", min=1, metavar="NUMBER", help="In place of this document, which is disputed."
        ),
    ] = None,
    media_type: Annotated[
        str | None,
        typer.Option("--media-type", metavar="TYPE", help="As text/csv; else by the file's name."),
    ] = None,
) -> None:
    """Send a file to a department; only it learns what the file is."""
    from ledger.client.source import opened

    # Nobody shall answer for a file that isn't there.
    opened(file).close()
    cli.confirm(f"Send {file.name} to {receiver}? Nobody can call it back.")
    with cli.ledger() as ledger:
        done = ledger.documents.send(
            receiver, file, title=title, note=note, media_type=media_type, again=again
        )
        due = cli.out.when(done.acknowledge_by)
        cli.out.show(
            done,
            f"Document {done.transfer} ({size(done.size_bytes)}) is sent to {done.receiver}; "
            f"its receipt is due {due}.",
        )


@command(document_app, "inbox", example="ledger document inbox")
def inbox(cli: Invocation) -> None:
    """List what was sent to this department, what waits for a receipt first."""
    with cli.ledger() as ledger:
        rows = [DocumentRow.of(one, ledger.state()) for one in ledger.documents.inbox()]
        cli.out.rows(rows, INBOX_COLUMNS, empty="Nobody sent a document.")


@command(document_app, "list", example="ledger document list --mine")
def list_(cli: Invocation, mine: MineOption = False) -> None:
    """List the documents of all members: who sent whom one, not what it is."""
    with cli.ledger() as ledger:
        rows = transfer_rows(ledger, ledger.documents.list(), mine=mine)
        cli.out.rows(rows, LIST_COLUMNS, empty="There is no such document.")


@command(document_app, "show", example="ledger document show 12")
def show(cli: Invocation, number: DocumentArgument) -> None:
    """Show a document, what is sealed in it for its parties, and all that happened to it."""
    with cli.ledger() as ledger:
        state, document = ledger.state(), ledger.documents.show(number)
        history = steps(document.transfer.history, state)
        cli.out.detail(
            DocumentRow.of(document, state),
            more={"receipt": ledger.transfers.receipt(number)},
            rare=["reasons"],
            reasons=(ledger.reasons(document.transfer.history), REASON_COLUMNS),
            history=(history, STEP_COLUMNS),
        )


@command(
    document_app, "receive", example="ledger document receive 12 --out minutes.pdf", writes=True
)
def receive(
    cli: Invocation,
    number: DocumentArgument,
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="The file to write, or a folder for it.")
    ],
    timeout: Annotated[int | None, timeout_option("the key")] = None,
) -> None:
    """Get a document: fetch, decrypt, check and acknowledge it."""
    with cli.ledger() as ledger:
        done = ledger.documents.receive(number, out, timeout_s=timeout or 120)
        cli.out.show(
            done,
            f"{done.title!r} from {done.sender} is in {done.path} ({size(done.size_bytes)}); "
            f"document {done.transfer} is acknowledged.",
        )


@command(
    document_app,
    "refuse",
    example='ledger document refuse 12 --reason not-addressee --text "It is for labour."',
    writes=True,
)
def refuse(
    cli: Invocation,
    number: DocumentArgument,
    reason: ReasonOption,
    text: TextOption,
    grounds: Annotated[
        str | None, sealed_option("--grounds", "More, sealed to the sender and the auditors.")
    ] = None,
) -> None:
    """Say that a document can't be used, is for somebody else or isn't wanted."""
    cli.confirm(f"Refuse document {number}?")
    with cli.ledger() as ledger:
        done = ledger.documents.refuse(number, reason=reason, text=text, grounds=grounds)
        cli.out.show(done, f"Document {number} is refused.")
