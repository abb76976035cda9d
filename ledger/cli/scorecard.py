"""`ledger agency scorecard`: how the departments did, and the standings that follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.context import Invocation
from ledger.cli.frame import command, noun
from ledger.cli.options import start_of_day
from ledger.errors import InputError
from ledger.identifiers import shown
from ledger.render import Column
from ledger.words import counted

if TYPE_CHECKING:
    from ledger.models import Duty, ScorecardLine


def start_of_next(text: str) -> int:
    """Read a date such as `2027-01-01`; give when the day after it starts, in Unix seconds.

    Raises:
        InputError: it is something else.
    """
    return start_of_day(text) + 86_400


def standing(text: str) -> tuple[str, int]:
    """Read `CODE=N`.

    Raises:
        InputError: it is something else.
    """
    code, _, number = text.partition("=")
    if not code or not number.isascii() or not number.isdecimal() or len(number) > 3:
        raise InputError(
            f"{shown(text)} is not a standing: expected a department's code, = and 0 to 255",
            hint="for example labour=3",
        )
    return code, int(number)


SinceOption = Annotated[
    int,
    typer.Option("--from", metavar="DATE", parser=start_of_day, help="The period's first day."),
]
UntilOption = Annotated[
    int,
    typer.Option("--until", metavar="DATE", parser=start_of_next, help="The period's last day."),
]
MethodOption = Annotated[
    str,
    typer.Option("--method", metavar="TEXT", help="How a standing follows from the counts."),
]


@dataclass(frozen=True)
class ScoreRow:
    """A department's period: each duty as met in time, late, and still owed."""

    department: str
    standing: int
    respond: str
    release: str
    acknowledge: str
    comply: str
    attest: str
    versions_published: int
    refused_attempts: int
    disputes_against: int
    findings: int

    @classmethod
    def of(cls, line: ScorecardLine) -> ScoreRow:
        """Flatten a line of a scorecard."""
        return cls(
            department=line.department,
            standing=line.standing,
            respond=_duty(line.respond),
            release=_duty(line.release),
            acknowledge=_duty(line.acknowledge),
            comply=_duty(line.comply),
            attest=_duty(line.attest),
            versions_published=line.versions_published,
            refused_attempts=line.refused_attempts,
            disputes_against=line.disputes_against,
            findings=line.findings,
        )


def _duty(duty: Duty) -> str:
    return f"{duty.in_time}/{duty.late}/{duty.overdue}"


SCORE_COLUMNS = [
    Column("Department", "department"),
    Column("Standing", "standing", right=True),
    Column("Respond", "respond", right=True),
    Column("Release", "release", right=True),
    Column("Receipts", "acknowledge", right=True),
    Column("Comply", "comply", right=True),
    Column("Attest", "attest", right=True),
    Column("Versions", "versions_published", right=True),
    Column("Refused", "refused_attempts", right=True),
    Column("Disputed", "disputes_against", right=True),
    Column("Findings", "findings", right=True),
]

scorecard_app = noun("How the departments did in a period, and the standings that follow.")


@command(
    scorecard_app,
    "count",
    example="ledger agency scorecard count --from 2027-01-01 --until 2027-03-31",
)
def count(cli: Invocation, since: SinceOption, until: UntilOption) -> None:
    """Count every member's period from the events; anyone can.

    Each duty is shown as met in time, met late, and still owed at the period's end.
    """
    with cli.ledger() as ledger:
        lines = ledger.scorecards.count(since=since, until=until)
        cli.out.report(lines, [ScoreRow.of(line) for line in lines], SCORE_COLUMNS)


@command(
    scorecard_app,
    "publish",
    example="ledger agency scorecard publish --from 2027-01-01 --until 2027-03-31 \\\n"
    '  --method "3 less 1 for each duty in ten that is late." --standing labour=3',
    writes=True,
)
def publish(
    cli: Invocation,
    since: SinceOption,
    until: UntilOption,
    method: MethodOption,
    standings: Annotated[
        list[str],
        typer.Option(
            "--standing",
            metavar="CODE=N",
            help="A department's standing from now on; may be repeated.",
        ),
    ],
) -> None:
    """Count a period and publish it with the standings that follow, after the notice period."""
    pairs = [standing(text) for text in standings]
    given = dict(pairs)
    if len(given) != len(pairs):
        raise InputError("a department has one standing: one is given twice")
    cli.confirm(f"Publish the scorecard with {counted(len(given), 'standing')}?")
    with cli.ledger() as ledger:
        done = ledger.scorecards.publish(since=since, until=until, method=method, standings=given)
        cli.out.show(
            done, f"The scorecard {done.scorecard.hex()} is published: {done.standings} standings."
        )
