"""Some columns of a CSV file, cut out while it streams by; the order of its rows is kept."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from ledger.errors import InputError

MAX_ROW_CHARACTERS: Final = 1024 * 1024
_PIECE_CHARACTERS: Final = 64 * 1024


def cut_columns(chunks: Iterable[bytes], fields: Sequence[str]) -> Iterator[bytes]:
    """The header and the cells of these columns, in this order, as CSV (RFC 4180, UTF-8).

    What the source of `chunks` raises passes through. No message quotes a cell.

    Raises:
        InputError: a column is missing or there twice, or it isn't a table.
    """
    text = io.TextIOWrapper(io.BufferedReader(_Stream(chunks)), encoding="utf-8-sig", newline="")
    piece = io.StringIO(newline="")
    write = csv.writer(piece).writerow
    places: list[int] = []
    width = 0
    try:
        for number, row in enumerate(csv.reader(_lines(text), strict=True), start=1):
            if number == 1:
                places, width = _places(row, fields), len(row)
            elif len(row) != width:
                raise InputError(f"row {number} has {len(row)} cells, expected {width}")
            write([row[place] for place in places])
            if piece.tell() >= _PIECE_CHARACTERS:
                yield piece.getvalue().encode()
                piece.seek(0)
                piece.truncate()
    except csv.Error as error:
        raise InputError("the file isn't CSV from some row on") from error
    except UnicodeDecodeError as error:
        raise InputError("the file isn't UTF-8 text") from error
    if not width:
        raise InputError("the file has no header")
    yield piece.getvalue().encode()


def _places(header: list[str], fields: Sequence[str]) -> list[int]:
    lacking = [name for name in fields if header.count(name) != 1]
    if lacking:
        raise InputError(f"the file hasn't once the column {', '.join(map(repr, lacking))}")
    return [header.index(name) for name in fields]


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    while line := text.readline(MAX_ROW_CHARACTERS + 1):
        if len(line) > MAX_ROW_CHARACTERS:
            raise csv.Error(f"longer than {MAX_ROW_CHARACTERS:,} characters")
        yield line


class _Stream(io.RawIOBase):
    """Chunks as a file to read from."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._left:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._left = memoryview(chunk)
        count = min(len(buffer), len(self._left))
        buffer[:count] = self._left[:count]
        self._left = self._left[count:]
        return count
