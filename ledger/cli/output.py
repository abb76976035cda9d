"""Where results go: stdout, in tables and sentences for people or as JSON for programs."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cached_property
from types import SimpleNamespace
from typing import TYPE_CHECKING

import typer

from ledger import render
from ledger.cli.options import Settings
from ledger.errors import LedgerError
from ledger.render import Column, camel, plain, print_table, printable, shown

if TYPE_CHECKING:
    from ledger.cli.dryrun import Plan


class Output:
    """Prints results; notes to people go to stderr, and `--quiet` leaves them out."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.clock: Callable[[], float] = time.time
        """What times are shown relative to: that of the ledger, where one is open."""

    @cached_property
    def now(self) -> int:
        """What it says when the first time is shown, in Unix seconds."""
        try:
            return int(self.clock())
        except LedgerError:
            # The node went away; what was done shall be told all the same.
            return int(time.time())

    def show(self, result: object, *sentences: str) -> None:
        """Print a result: `sentences` about it for people, else its fields."""
        if self._settings.json:
            self.document(plain(result))
        elif sentences:
            typer.echo("\n".join(map(printable, sentences)))
        else:
            typer.echo(render.details(result, self.now))

    def rows(self, rows: Sequence[object], columns: Sequence[Column], *, empty: str) -> None:
        """Print a table, or `empty` where there is nothing in it."""
        if self._settings.json:
            self.document([plain(row) for row in rows])
        elif rows:
            self._table(rows, columns)
        else:
            self.note(empty)

    def report(self, whole: object, rows: Sequence[object], columns: Sequence[Column]) -> None:
        """Print `whole` as JSON; people see the rows that matter in it."""
        if self._settings.json:
            self.document(plain(whole))
        else:
            self._table(rows, columns)

    def cells(self, whole: object, rows: Sequence[Sequence[str]], columns: Sequence[str]) -> None:
        """Print `whole` as JSON; people see the rows of a table that somebody else made."""
        if self._settings.json:
            self.document(plain(whole))
            return
        named = [Column(printable(name), f"c{place}") for place, name in enumerate(columns)]
        self._table([SimpleNamespace(**_by_place(row)) for row in rows], named)

    def detail(
        self,
        row: object,
        *,
        more: Mapping[str, object] | None = None,
        rare: Sequence[str] = (),
        **parts: tuple[Sequence[object], Sequence[Column]],
    ) -> None:
        """Print one thing: its fields, `more` of them, and `parts`, each a titled table.

        People don't see a part of `rare` that is empty.
        """
        if self._settings.json:
            extra = {camel(name): plain(value, name) for name, value in (more or {}).items()}
            tables = {camel(name): plain(rows) for name, (rows, _) in parts.items()}
            self.document(plain(row) | extra | tables)
            return
        assert is_dataclass(row)  # noqa: S101 - the rows of `views.py` are
        values = {field.name: getattr(row, field.name) for field in fields(row)}
        typer.echo(render.pairs(values | dict(more or {}), self.now))
        for title, (rows, columns) in parts.items():
            if title in rare and not rows:
                continue
            typer.echo(f"\n{title.replace('_', ' ').capitalize()}")
            self._table(rows, columns)

    def parts(
        self, whole: object, parts: Mapping[str, tuple[Sequence[object], Sequence[Column]]]
    ) -> None:
        """Print `whole` as JSON; people see its parts, tables by their titles."""
        if self._settings.json:
            self.document(plain(whole))
            return
        for number, (title, (rows, columns)) in enumerate(parts.items()):
            typer.echo(f"\n{title}" if number else title)
            self._table(rows, columns)

    def note(self, text: str) -> None:
        """Tell people something that is no result."""
        if not (self._settings.quiet or self._settings.json):
            typer.echo(printable(text), err=True)

    def when(self, seconds: int) -> str:
        """A time (Unix seconds) as people read it."""
        return render.when(seconds, self.now)

    def plan(self, plan: Plan) -> None:
        """Print what a dry run found."""
        from ledger.cli.dryrun import visibility

        seen = visibility(plan)
        if self._settings.json:
            document = plain(plan)
            self.document({"dryRun": True, **document, "visibility": seen})
            return
        if plan.call is None and not plan.records:
            typer.echo("Dry run: nothing would be sent.")
            return
        typer.echo("Dry run: nothing was sent.")
        if plan.call is not None:
            typer.echo(f"\n{plan.call.sender} would call")
            typer.echo(f"  {plan.call.contract}.{plan.call.function}")
            for argument in plan.call.arguments:
                typer.echo(f"    {shown(argument, self.now)}")
        for record in plan.records:
            typer.echo(f"\nwith the record {record.digest.hex()}")
            for name, value in record.content.items():
                typer.echo(f"    {name}: {shown(value, self.now)}")
        typer.echo("\nWho could see it, and for how long:")
        typer.echo("\n".join(f"  {sentence}" for sentence in seen))

    def _table(self, rows: Sequence[object], columns: Sequence[Column]) -> None:
        if not rows:
            typer.echo("none")
        elif sys.stdout.isatty():
            print_table(rows, columns, self.now)
        else:
            typer.echo(render.table(rows, columns, self.now))

    @staticmethod
    def document(document: object) -> None:
        """Print one JSON document."""
        typer.echo(json.dumps(document, ensure_ascii=False, indent=2))


def _by_place(row: Sequence[str]) -> dict[str, str]:
    return {f"c{place}": cell for place, cell in enumerate(row)}
