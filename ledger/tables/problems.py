"""What is wrong with a table: the first few places in words, all of them in number."""

from __future__ import annotations

from typing import Final

from ledger.errors import SpecificationBroken
from ledger.identifiers import shown

MAX_PROBLEMS: Final = 20


class Problems:
    """Collects problems; only the first `MAX_PROBLEMS` keep their text."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.count = 0

    @property
    def room(self) -> int:
        """How many more texts are kept."""
        return MAX_PROBLEMS - len(self.texts)

    def add(self, row: int | None, text: str, *, column: str | None = None) -> None:
        """Note one problem; `row` counts from 1, which is the header."""
        self.count += 1
        if self.room > 0:
            places = [f"row {row}"] if row is not None else []
            places += [f"column {shown(column)}"] if column is not None else []
            separator = ": " if column is not None or row is None else " "
            self.texts.append(", ".join(places) + (separator if places else "") + text)

    def add_uncounted(self, number: int) -> None:
        """Note problems beyond those that are told."""
        self.count += number

    def raise_if_any(self, name: str) -> None:
        """Tell the verdict.

        Raises:
            SpecificationBroken: there is a problem; `problems` has the first ones, then a count.
        """
        if not self.count:
            return
        more = self.count - len(self.texts)
        lines = [*self.texts, f"and {more:,} more"] if more else self.texts
        places = "one place" if self.count == 1 else f"{self.count:,} places"
        raise SpecificationBroken(
            f"{name} breaks the specification in {places}: {lines[0]}",
            problems=lines,
            hint="correct the file, or ask the agency for another specification",
        )
