"""`ledger consent`: what subjects agreed to, and the keys that they enrolled."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.context import Invocation
from ledger.cli.frame import command, noun
from ledger.cli.options import OfDatasetOption, file_bytes, sealed_text
from ledger.cli.story import STEP_COLUMNS, purpose_label, steps
from ledger.render import Column

if TYPE_CHECKING:
    from ledger.provenance import Consent, LedgerState

ConsentArgument = Annotated[
    int, typer.Argument(metavar="NUMBER", min=1, help="The number of the consent.")
]

CONSENT_COLUMNS = [
    Column("No.", "number", right=True),
    Column("Dataset", "dataset"),
    Column("Receiver", "receiver"),
    Column("Purpose", "purpose"),
    Column("State", "state"),
    Column("Valid until", "valid_until"),
]


@dataclass(frozen=True)
class ConsentRow:
    """A subject's yes; whose it is, nobody can tell from here."""

    number: int
    dataset: str
    receiver: str
    purpose: str
    state: str
    valid_until: int
    recorded_at: int
    withdrawn_at: int | None
    signer: str
    """The address of the key that signed it and nothing else."""

    @classmethod
    def of(cls, consent: Consent, state: LedgerState, now: int) -> ConsentRow:
        """Flatten a consent."""
        ended = "over" if consent.withdrawn_at is None else "withdrawn"
        return cls(
            number=consent.id,
            dataset=state.datasets[consent.dataset].name,
            receiver=state.departments[consent.receiver].code,
            purpose=purpose_label(consent.purpose),
            state="in force" if consent.in_force(now) else ended,
            valid_until=consent.valid_until,
            recorded_at=consent.recorded_at,
            withdrawn_at=consent.withdrawn_at,
            signer=consent.signer,
        )


ENROLLED_COLUMNS = [
    Column("Subject", "subject"),
    Column("Vouched for by", "window"),
    Column("Document", "document", right=True),
    Column("Enrolled", "enrolled_at"),
]

consent_app = noun("What subjects agreed to, and the keys that they enrolled.")


@command(consent_app, "record", example="ledger consent record consent.json", writes=True)
def record(
    cli: Invocation,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The consent that a subject made.")],
) -> None:
    """Bring a consent that a subject signed to the ledger; any member may.

    Whoever asks under it records it too: the home keeps what the query has to carry.
    """
    with cli.ledger() as ledger:
        done = ledger.consents.record(file_bytes(file))
        what = f"{done.receiver} may ask {done.dataset} until {cli.out.when(done.valid_until)}"
        how = "was recorded already" if done.already else "is recorded"
        cli.out.show(done, f"Consent {done.consent} {how}: {what}.")


@command(consent_app, "withdraw", example="ledger consent withdraw withdrawal.json", writes=True)
def withdraw(
    cli: Invocation,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The withdrawal that the subject made.")
    ],
) -> None:
    """Withdraw a consent for its subject; any member may."""
    cli.confirm("Withdraw the consent for good?")
    with cli.ledger() as ledger:
        done = ledger.consents.withdraw(file_bytes(file))
        how = "was withdrawn already" if done.already else "is withdrawn"
        cli.out.show(done, f"Consent {done.consent} {how}: nothing is released under it any more.")


@command(consent_app, "list", example="ledger consent list --dataset labour/status")
def list_(
    cli: Invocation,
    dataset: OfDatasetOption = None,
    every: Annotated[bool, typer.Option("--all", help="Those that ended, too.")] = False,
) -> None:
    """List the consents in force."""
    with cli.ledger() as ledger:
        state, now = ledger.state(), ledger.session.now()
        found = ledger.consents.list(dataset=dataset, every=every)
        rows = [ConsentRow.of(consent, state, now) for consent in found]
        cli.out.rows(rows, CONSENT_COLUMNS, empty="There is no such consent.")


@command(consent_app, "show", example="ledger consent show 3")
def show(cli: Invocation, number: ConsentArgument) -> None:
    """Show a consent and all that was asked under it."""
    with cli.ledger() as ledger:
        state = ledger.state()
        row = ConsentRow.of(ledger.consents.show(number), state, ledger.session.now())
        history = steps(ledger.consents.history(number), state)
        cli.out.detail(row, history=(history, STEP_COLUMNS))


@command(consent_app, "enrol", example="ledger consent enrol 12", writes=True)
def enrol(
    cli: Invocation,
    what: Annotated[
        str,
        typer.Argument(
            metavar="NUMBER|FILE",
            help="The document that a window sent, or the file that the subject brought.",
        ),
    ],
    replace: Annotated[
        bool, typer.Option("--replace", help="Also when the subject enrolled another key before.")
    ] = False,
) -> None:
    """Keep the key by which answers about a subject are marked, so that it finds them.

    Whoever brought it vouches for the subject: only take it from whom you trust to check that.
    """
    with cli.ledger() as ledger:
        enrolments = ledger.enrolments
        if what.isdecimal():
            found = enrolments.sent(int(what))
        else:
            found = enrolments.brought(file_bytes(Path(what)))
        cli.confirm(f"Take {found.window}'s word that {found.subject!r} brought this key?")
        done = enrolments.enrol(found, replace=replace)
        cli.end_dry_run()
        how = "was enrolled already" if done.already else "is enrolled"
        cli.out.show(done, f"{done.subject} {how}; {done.window} vouches for that.")


@command(consent_app, "enrolled", example="ledger consent enrolled")
def enrolled(cli: Invocation) -> None:
    """List the subjects that enrolled with this department."""
    with cli.ledger() as ledger:
        rows = ledger.enrolments.list()
        cli.out.rows(rows, ENROLLED_COLUMNS, empty="Nobody is enrolled here.")


@command(consent_app, "forget", example="ledger consent forget @number", writes=True)
def forget(
    cli: Invocation,
    subject: Annotated[
        str,
        typer.Argument(
            metavar="TEXT|@FILE",
            help="How this department's register knows the subject; @FILE or @- for stdin.",
        ),
    ],
) -> None:
    """Destroy the key that a subject enrolled: answers about it aren't marked any more."""
    cli.confirm("Destroy the key that this subject enrolled, for good?")
    with cli.ledger() as ledger:
        ledger.enrolments.forget(sealed_text(subject))
        cli.end_dry_run()
        cli.out.show({"forgotten": True}, "The subject's key is destroyed.")
