"""How long work shows itself: a bar on stderr where that is a terminal, else nothing."""

from __future__ import annotations

import sys
import threading
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from ledger.render import size

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

# Work that is over sooner shows no bar.
_PATIENCE_S: Final = 1.0


class BarTask:
    """One line with a bar."""

    def __init__(self, bars: Bars, number: TaskID, total_bytes: int | None) -> None:
        self._bars = bars
        self._number = number
        self._total_bytes = total_bytes
        self._so_far = 0

    def advance(self, amount: int) -> None:
        """Add `amount` to what is done."""
        self._so_far += amount
        shown = f"{self._so_far:,}"
        if self._total_bytes is not None:
            shown = f"{size(self._so_far)} of {size(self._total_bytes)}"
        self._bars.update(self._number, advance=amount, amount=shown)

    def done(self) -> None:
        """Take the line away."""
        self._bars.remove_task(self._number)


class TerminalProgress:
    """`ledger.ports.Progress` as bars on stderr, from a second of work on."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            Progress,
            SpinnerColumn,
            TextColumn,
            TimeRemainingColumn,
        )

        self._bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[amount]}"),
            TimeRemainingColumn(),
            console=Console(file=sys.stderr),
            transient=True,
        )
        self._timer = threading.Timer(_PATIENCE_S, self._bars.start)
        self._timer.daemon = True
        self._started = False

    def start(self, label: str, total_bytes: int | None) -> BarTask:
        """Show a new line."""
        if not self._started:
            self._started = True
            self._timer.start()
        number = self._bars.add_task(label, total=total_bytes, amount="")
        return BarTask(self._bars, number, total_bytes)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        self._bars.stop()
