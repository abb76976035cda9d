"""CSV files (RFC 4180, UTF-8, comma) as batches of text columns, in bounded memory.

Python's csv module splits, because it alone tells short rows and the number of each row exactly;
everything after that is done column by column.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

import polars as pl

from ledger.errors import InputError, NotFound
from ledger.identifiers import shown
from ledger.tables.problems import Problems

MAX_ROW_CHARACTERS: Final = 1024 * 1024
_CELLS_PER_BATCH: Final = 100_000
_CHARACTERS_PER_BATCH: Final = 4 * 1024 * 1024
_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Batch:
    """Some rows: their numbers (the header is row 1), and their cells as one text column each."""

    numbers: list[int]
    columns: list[pl.Series]


class CsvTable:
    """One pass over an open CSV file; rows that cannot be lined up go to `problems`."""

    def __init__(self, file: TextIO, problems: Problems) -> None:
        self._file = file
        self._problems = problems
        self._number = 0
        self._row_characters = 0
        self._rows = self._split()
        self.header = next(self._rows, [])

    def batches(self) -> Iterator[Batch]:
        """Yield the rows that have as many cells as the header, in order."""
        width = len(self.header)
        size = max(1, _CELLS_PER_BATCH // width)
        numbers: list[int] = []
        cells: list[str] = []
        characters = 0
        for row in self._rows:
            if len(row) != width:
                self._misfit(row, width)
                continue
            numbers.append(self._number)
            cells += row
            characters += self._row_characters
            if len(numbers) >= size or characters >= _CHARACTERS_PER_BATCH:
                yield self._batch(numbers, cells)
                numbers, cells, characters = [], [], 0
        if numbers:
            yield self._batch(numbers, cells)

    def _split(self) -> Iterator[list[str]]:
        try:
            for row in csv.reader(self._lines(), strict=True):
                self._number += 1
                yield row
                self._row_characters = 0
        except csv.Error as error:
            self._problems.add(
                self._number + 1, f"is not CSV ({error}); the rows after it were not checked"
            )

    def _lines(self) -> Iterator[str]:
        """Lines as the csv module takes them; a row without an end is refused, not read."""
        readline = self._file.readline
        while line := readline(MAX_ROW_CHARACTERS + 1):
            self._row_characters += len(line)
            if self._row_characters > MAX_ROW_CHARACTERS:
                raise csv.Error(f"longer than {MAX_ROW_CHARACTERS:,} characters")
            yield line

    def _misfit(self, row: list[str], width: int) -> None:
        if not row:
            self._problems.add(self._number, "is empty")
        else:
            self._problems.add(self._number, f"has {len(row)} cells, expected {width}")

    def _batch(self, numbers: list[int], cells: list[str]) -> Batch:
        width = len(self.header)
        try:
            flat = pl.Series(cells, dtype=pl.String)
        except UnicodeEncodeError:
            numbers, cells = self._without_foreign_bytes(numbers, cells)
            flat = pl.Series(cells, dtype=pl.String)
        return Batch(numbers, [flat.gather_every(width, offset) for offset in range(width)])

    def _without_foreign_bytes(
        self, numbers: list[int], cells: list[str]
    ) -> tuple[list[int], list[str]]:
        width = len(self.header)
        kept_numbers: list[int] = []
        kept_cells: list[str] = []
        for index, number in enumerate(numbers):
            row = cells[index * width : (index + 1) * width]
            broken = [name for name, cell in zip(self.header, row, strict=True) if not _utf8(cell)]
            for name in broken:
                self._problems.add(number, "is not UTF-8 text", column=name)
            if not broken:
                kept_numbers.append(number)
                kept_cells += row
        return kept_numbers, kept_cells


@contextmanager
def opened(path: Path) -> Iterator[TextIO]:
    """Open a CSV file as text in which bytes that are not UTF-8 become lone surrogates.

    Raises:
        NotFound: there is no such file.
        InputError: it cannot be read, or is UTF-16.
    """
    if path.exists() and not path.is_file():
        # A pipe would be waited for, and gives its content only once.
        raise InputError(f"{shown(str(path))} is not a regular file")
    try:
        with path.open("rb") as raw:
            if raw.read(2) in _UTF16_MARKS:
                raise InputError(
                    f"{path.name} is UTF-16, expected UTF-8",
                    hint="save it as 'CSV UTF-8' or convert it with iconv",
                )
        # newline="": the csv module needs line ends as they are.
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            yield file
    except FileNotFoundError as error:
        raise NotFound(f"there is no file {shown(str(path))}") from error
    except OSError as error:
        raise InputError(f"{shown(str(path))} cannot be read: {error.strerror}") from error


def _utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
