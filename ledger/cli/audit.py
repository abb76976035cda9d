"""`ledger audit`: who got what, when, why; straight from the chain.

Only `finding` needs an account, and `receipt` the keys of an auditing body.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.context import Invocation
from ledger.cli.frame import command, noun
from ledger.cli.options import (
    DepartmentArgument,
    ReasonOption,
    TextOption,
    TransferArgument,
    record_file,
    sealed_option,
)
from ledger.cli.story import (
    SENTENCES,
    STEP_COLUMNS,
    event_name,
    purpose_label,
    reason_label,
    steps,
)
from ledger.cli.views import dataset_label
from ledger.errors import InputError, IntegrityError
from ledger.render import Column

if TYPE_CHECKING:
    from ledger.provenance import Delivery, LedgerState

GrantOption = Annotated[
    int | None, typer.Option("--grant", min=1, metavar="NUMBER", help="Of this request or grant.")
]
TransferOption = Annotated[
    int | None, typer.Option("--transfer", min=1, metavar="NUMBER", help="Of this transfer.")
]
DepartmentOption = Annotated[
    str | None, typer.Option("--department", metavar="CODE", help="Of this department.")
]


@dataclass(frozen=True)
class DeliveryRow:
    """Who received what, when, under which grant."""

    sender: str
    receiver: str
    dataset: str | None
    """With the version, if it was one; None of a document, as are purpose and grant."""
    purpose: str | None
    grant: int | None
    transfer: int
    released_at: int | None
    acknowledged_at: int | None
    manifest: bytes | None

    @classmethod
    def of(cls, delivery: Delivery) -> DeliveryRow:
        """Flatten a delivery."""
        transfer = delivery.transfer
        return cls(
            sender=delivery.sender,
            receiver=delivery.receiver,
            dataset=dataset_label(delivery.dataset, transfer),
            purpose=purpose_label(delivery.grant.purpose) if delivery.grant else None,
            grant=transfer.grant,
            transfer=transfer.id,
            released_at=transfer.released_at,
            acknowledged_at=transfer.acknowledged_at,
            manifest=transfer.manifest,
        )


@dataclass(frozen=True)
class HiddenRow:
    """An answer that hid, or hides, whom it is about."""

    transfer: int
    dataset: str
    receiver: str
    ruling: str
    """Why, as its reason code says."""
    hidden_until: int
    revealed_at: int | None
    overdue: bool
    """Whether it should have been revealed by now."""

    @classmethod
    def all_of(cls, state: LedgerState, now: int) -> list[HiddenRow]:
        """Flatten every tag that was ever hidden."""
        return [
            cls(
                transfer=transfer.id,
                dataset=state.datasets[transfer.dataset].name,
                receiver=state.departments[transfer.receiver].code,
                ruling=reason_label(subject.ruling.code),
                hidden_until=subject.hidden_until,
                revealed_at=subject.revealed_at,
                overdue=subject.overdue(now),
            )
            for transfer in state.transfers.values()
            for subject in transfer.subjects
            if transfer.dataset and subject.hidden_until is not None and subject.ruling is not None
        ]


DELIVERY_COLUMNS = [
    Column("Receiver", "receiver"),
    Column("Dataset", "dataset"),
    Column("Purpose", "purpose"),
    Column("Grant", "grant", right=True),
    Column("Transfer", "transfer", right=True),
    Column("Key released", "released_at"),
    Column("Acknowledged", "acknowledged_at"),
]
RECEIVED_COLUMNS = [Column("Sender", "sender"), *DELIVERY_COLUMNS[1:]]
HIDDEN_COLUMNS = [
    Column("Transfer", "transfer", right=True),
    Column("Dataset", "dataset"),
    Column("Receiver", "receiver"),
    Column("Ruling", "ruling"),
    Column("Hidden until", "hidden_until"),
    Column("Revealed", "revealed_at"),
    Column("Overdue", "overdue"),
]
FINDING_COLUMNS = [
    Column("What", "subject"),
    Column("Wrong", "what"),
    Column("Expected", "expected"),
    Column("Found", "found"),
]

audit_app = noun("Who got what, when, why; straight from the chain.")


@command(audit_app, "recipients", example="ledger audit recipients labour/employment")
def recipients(
    cli: Invocation,
    dataset: Annotated[
        str | None, typer.Argument(metavar="DATASET", help="A dataset, as labour/employment.")
    ] = None,
    department: Annotated[
        str | None,
        typer.Option(
            "--department", metavar="CODE", help="All that this department received instead."
        ),
    ] = None,
) -> None:
    """List who received a dataset, or what a department received: when, and under which grant."""
    if (dataset is None) == (department is None):
        raise InputError("name either a dataset or, with --department, a department")
    with cli.auditor() as auditor:
        found = auditor.recipients(dataset) if dataset else auditor.received_by(department or "")
        rows = [DeliveryRow.of(delivery) for delivery in found]
        columns = DELIVERY_COLUMNS if dataset else RECEIVED_COLUMNS
        cli.out.rows(rows, columns, empty="Nobody has received it." if dataset else "Nothing.")


@command(audit_app, "timeline", example="ledger audit timeline labour/employment")
def timeline(
    cli: Invocation,
    dataset: Annotated[
        str | None, typer.Argument(metavar="DATASET", help="A dataset, as labour/employment.")
    ] = None,
    grant: GrantOption = None,
    transfer: TransferOption = None,
    department: DepartmentOption = None,
) -> None:
    """Tell all that happened to a dataset, grant, transfer or department, in order."""
    with cli.auditor() as auditor:
        found = auditor.timeline(
            dataset=dataset, grant=grant, transfer=transfer, department=department
        )
        told = steps(found, auditor.state())
        cli.out.rows(told, STEP_COLUMNS, empty="Nothing happened.")


@command(audit_app, "events", example="ledger audit events --kind TransferRefused")
def events(
    cli: Invocation,
    kinds: Annotated[
        list[str] | None,
        typer.Option(
            "--kind",
            metavar="EVENT",
            parser=event_name,
            autocompletion=lambda: list(SENTENCES),
            help="Only this one, as TransferRefused; may be repeated.",
        ),
    ] = None,
) -> None:
    """List the ledger's events, the oldest first."""
    with cli.auditor() as auditor:
        found = auditor.events(lambda event: not kinds or type(event).__name__ in kinds)
        told = steps(found, auditor.state())
        cli.out.rows(told, STEP_COLUMNS, empty="There is no such event.")


@command(audit_app, "hidden", example="ledger audit hidden --overdue")
def hidden(
    cli: Invocation,
    overdue: Annotated[
        bool, typer.Option("--overdue", help="Only those that should be revealed by now.")
    ] = False,
) -> None:
    """List the answers that hide, or hid, whom they are about: by which ruling, until when."""
    with cli.auditor() as auditor:
        rows = HiddenRow.all_of(auditor.state(), auditor.now())
        shown = [row for row in rows if row.overdue or not overdue]
        cli.out.rows(shown, HIDDEN_COLUMNS, empty="There is no such answer.")
        late = sum(row.overdue for row in rows)
        if late:
            cli.out.note(f"{late} should be revealed by now: ledger transfer reveal NUMBER")


@command(audit_app, "verify", example="ledger audit verify")
def verify(cli: Invocation) -> None:
    """Recompute every event, head and record from chain and IPFS; name whatever was altered.

    Payloads aren't read: whoever fetches one checks it.
    """
    with cli.auditor() as auditor:
        report = auditor.verify()
        counts = f"{report.events:,} events, {report.heads:,} heads, {report.records:,} records"
        if not report.findings:
            cli.out.show(report, f"Everything is as it was recorded: {counts}.")
            return
        cli.out.report(report, report.findings, FINDING_COLUMNS)
        cli.out.note(f"Wrong: {len(report.findings)} of {counts}; each line names one.")
        raise typer.Exit(IntegrityError.exit_code)


@command(audit_app, "receipt", example="ledger audit receipt 12 receipt-12.json")
def receipt(
    cli: Invocation,
    number: TransferArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What the owner's `prove` wrote.")],
) -> None:
    """Recompute a receipt from what its owner disclosed to this auditing body.

    A receipt that fits was made by one who had the key and the content. One that doesn't fit
    proves nothing: the receipt or what was disclosed may be wrong.
    """
    from ledger.models import ReceiptDisclosure

    hint = "give the file that 'ledger transfer prove' wrote"
    proof = record_file(file, ReceiptDisclosure, "disclosure of a receipt", hint=hint)
    with cli.ledger() as ledger:
        found = ledger.transfers.check_proof(number, proof.to_bytes())
        cli.out.show(
            found,
            f"The receipt of transfer {number} is genuine: {found.receiver} had the key and the "
            f"content that {found.sender} delivered.",
        )


@command(
    audit_app,
    "finding",
    example="ledger audit finding labour --reason deadlines-missed --grant 7 \\\n"
    '  --text "A year without an answer."',
    writes=True,
)
def finding(
    cli: Invocation,
    code: DepartmentArgument,
    reason: ReasonOption,
    text: TextOption,
    grants: Annotated[
        list[int] | None,
        typer.Option("--grant", min=1, metavar="NUMBER", help="It shows it; may be repeated."),
    ] = None,
    transfers: Annotated[
        list[int] | None,
        typer.Option("--transfer", min=1, metavar="NUMBER", help="It shows it; may be repeated."),
    ] = None,
    grounds: Annotated[
        str | None, sealed_option("--grounds", "More, sealed to the department and the auditors.")
    ] = None,
) -> None:
    """Publish what was found about a member; only the agency and auditing bodies do.

    `ledger department show` lists the findings about a member.
    """
    cli.confirm(f"Publish this about {code} for good?")
    with cli.ledger() as ledger:
        done = ledger.findings.publish(
            code,
            reason=reason,
            text=text,
            grounds=grounds,
            grants=grants or (),
            transfers=transfers or (),
        )
        cli.out.show(done, f"The finding about {code} is published.")
