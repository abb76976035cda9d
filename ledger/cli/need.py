"""`ledger need`: data that departments miss and nobody lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.context import Invocation
from ledger.cli.frame import command, noun
from ledger.cli.options import PurposeOption, ReasonOption, TextOption, end_of_day
from ledger.render import Column

if TYPE_CHECKING:
    from ledger.client.results import NeedView

NeedArgument = Annotated[
    int, typer.Argument(metavar="NUMBER", min=1, help="The number of the need.")
]

NEED_COLUMNS = [
    Column("No.", "number", right=True),
    Column("Department", "department"),
    Column("Title", "title"),
    Column("Purpose", "purpose"),
    Column("Holder", "holder"),
    Column("Needed by", "needed_by"),
]


@dataclass(frozen=True)
class NeedRow:
    """A need; what its record says is None when no node has it."""

    number: int
    department: str
    title: str | None
    purpose: str | None
    holder: str | None
    """Who probably has the data."""
    needed_by: int | None
    published_at: int
    withdrawn: bool

    @classmethod
    def of(cls, view: NeedView) -> NeedRow:
        """Flatten a need."""
        record = view.record
        return cls(
            number=view.need.id,
            department=view.department,
            title=record.title if record else None,
            purpose=record.purpose.label if record else None,
            holder=record.holder if record else None,
            needed_by=record.needed_by if record else None,
            published_at=view.need.published_at,
            withdrawn=view.need.withdrawn,
        )


need_app = noun("Data that departments miss and nobody lists.")


@command(
    need_app,
    "publish",
    example='ledger need publish --title "Vacancies by municipality" --purpose planning \\\n'
    '  --description "Open posts, monthly." --holder labour',
    writes=True,
)
def publish(
    cli: Invocation,
    title: Annotated[str, typer.Option("--title", metavar="TEXT", help="Its title.")],
    description: Annotated[
        str, typer.Option("--description", metavar="TEXT", help="What is missing, in words.")
    ],
    purpose: PurposeOption,
    keywords: Annotated[
        list[str] | None,
        typer.Option("--keyword", metavar="WORD", help="A word to find it by; may be repeated."),
    ] = None,
    legal_basis: Annotated[
        str | None, typer.Option("--legal-basis", metavar="TEXT", help="The law that asks for it.")
    ] = None,
    holder: Annotated[
        str | None, typer.Option("--holder", metavar="CODE", help="Who probably has it.")
    ] = None,
    needed_by: Annotated[
        int | None,
        typer.Option("--needed-by", metavar="DATE", parser=end_of_day, help="The day it is for."),
    ] = None,
) -> None:
    """Tell the members which data this department misses."""
    with cli.ledger() as ledger:
        done = ledger.needs.publish(
            title=title,
            description=description,
            purpose=purpose,
            keywords=keywords or (),
            legal_basis=legal_basis,
            holder=holder,
            needed_by=needed_by,
        )
        cli.out.show(done, f"Need {done.need} is published.")


@command(need_app, "list", example="ledger need list --department health")
def list_(
    cli: Invocation,
    department: Annotated[
        str | None, typer.Option("--department", metavar="CODE", help="Only this department's.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Those that were withdrawn, too.")] = False,
) -> None:
    """List what is missing."""
    with cli.ledger() as ledger:
        views = ledger.needs.list(department=department, every=every)
        cli.out.rows([NeedRow.of(v) for v in views], NEED_COLUMNS, empty="Nothing is missing.")


@command(need_app, "show", example="ledger need show 3")
def show(cli: Invocation, number: NeedArgument) -> None:
    """Show one need whole."""
    with cli.ledger() as ledger:
        view = ledger.needs.show(number)
        record = view.record
        cli.out.detail(
            NeedRow.of(view),
            more={
                "description": record.description if record else None,
                "keywords": record.keywords if record else (),
                "legal_basis": record.legal_basis if record else None,
            },
        )


@command(
    need_app,
    "withdraw",
    example='ledger need withdraw 3 --reason need-met --text "labour/vacancies has it."',
    writes=True,
)
def withdraw(cli: Invocation, number: NeedArgument, reason: ReasonOption, text: TextOption) -> None:
    """Withdraw a need of this department, met or not."""
    cli.confirm(f"Withdraw need {number} for good?")
    with cli.ledger() as ledger:
        done = ledger.needs.withdraw(number, reason=reason, text=text)
        cli.out.show(done, f"Need {number} is withdrawn.")
