"""How values look: to people (times, sizes, tables) and to programs (JSON).

`rich` is imported where a table is drawn, so that `--help` and errors do without it.
"""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import PurePath
from typing import Any, Final, Literal

from ledger.codes import Labelled

MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
NOTHING: Final = "–"
_LONG_LIST: Final = 60
_LONGEST_NAME: Final = 44
_NARROWEST: Final = 16
_UPPER: Final = {"ipfs": "IPFS", "rpc": "RPC", "url": "URL"}
_COLOURS: Final = {"red": "31", "green": "32", "yellow": "33", "cyan": "36"}
# Fields with these names hold Unix seconds; 0 means that there is no such time.
_TIME: Final = re.compile(r"(?:\w+_)?(?:at|by|due|until|deadline|timestamp)")


@dataclass(frozen=True)
class Column:
    """A column of a table: its title and the field of a row that it shows."""

    title: str
    field: str
    right: bool = False


def printable(text: str) -> str:
    """`text` as a terminal may show it: others wrote it, so it may move no cursor, hide nothing."""
    return "".join(_printable_character(character) for character in text)


def _printable_character(character: str) -> str:
    if character in "\n\r\t":
        return " "
    # Control characters, and invisible ones such as those that turn the direction of writing.
    if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        return f"\\u{ord(character):04x}"
    return character


def coloured(text: str, colour: str) -> str:
    """`text` in a colour where stderr is a terminal that wants colours (see no-color.org)."""
    if not sys.stderr.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m"


def camel(name: str) -> str:
    """The JSON key of a field: `effective_at` becomes `effectiveAt`."""
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


def iso(seconds: int) -> str:
    """A time (Unix seconds) in UTC, as ISO 8601."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def plain(value: object, name: str = "") -> Any:
    """A result as JSON has it: keys in camel case, times in UTC, bytes as 0x and hexadecimal."""
    if isinstance(value, Enum):
        return _label(value)
    if isinstance(value, int) and not isinstance(value, bool) and _TIME.fullmatch(name):
        return iso(value) if value else None
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    if isinstance(value, PurePath):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {camel(f.name): plain(getattr(value, f.name), f.name) for f in fields(value)}
    return _plain_collection(value)


def _plain_collection(value: object) -> Any:
    model_fields = getattr(type(value), "model_fields", None)
    if model_fields is not None:
        return {camel(name): plain(getattr(value, name), name) for name in model_fields}
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(part) for key, part in value.items()}
    if isinstance(value, set | frozenset):
        return sorted((plain(part) for part in value), key=str)
    if isinstance(value, Iterable):
        return [plain(part) for part in value]
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _label(value: Enum) -> str:
    return value.label if isinstance(value, Labelled) else value.name.lower().replace("_", "-")


def shown(value: object, now: int, name: str = "") -> str:
    """A single value as people read it; `now` (Unix seconds) is what times are relative to."""
    if value is None or value == "" or value == ():
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and not isinstance(value, Enum) and _TIME.fullmatch(name):
        return when(value, now) if value else NOTHING
    if isinstance(value, int) and name.endswith("_bytes"):
        return size(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {shown(part, now)}" for key, part in value.items())
    if isinstance(value, set | frozenset):
        return ", ".join(sorted(shown(part, now) for part in value))
    if isinstance(value, list | tuple):
        return ", ".join(shown(part, now) for part in value)
    if is_dataclass(value) and type(value).__str__ is object.__str__:
        parts = ((f.name, getattr(value, f.name)) for f in fields(value))
        return ", ".join(f"{key.replace('_', ' ')}: {shown(part, now, key)}" for key, part in parts)
    return printable(str(value if is_dataclass(value) else plain(value)))


def when(seconds: int, now: int) -> str:
    """A time as people read it: local, and how far away; the last second of a day in UTC, which is
    what a date that somebody gave became, as that day.
    """
    if seconds % DAY == DAY - 1:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d} ({relative(seconds, now)})"
    local = datetime.fromtimestamp(seconds, UTC).astimezone()
    return f"{local:%Y-%m-%d %H:%M} ({relative(seconds, now)})"


def relative(seconds: int, now: int) -> str:
    """How far a time is from `now`: `in 5 d`, `2 h ago`."""
    distance = seconds - now
    if abs(distance) < 5:
        return "now"
    return f"in {duration(distance)}" if distance > 0 else f"{duration(-distance)} ago"


def duration(seconds: int) -> str:
    """A length of time, in the largest unit of which there are two or more."""
    for unit, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if seconds >= 2 * unit:
            return f"{seconds // unit} {name}"
    return f"{seconds} s"


def size(count: int) -> str:
    """A number of bytes, in binary units."""
    amount = float(count)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{count} bytes" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"


def details(value: object, now: int) -> str:
    """The fields of a result, by name."""
    assert is_dataclass(value)  # noqa: S101 - results of the client are
    return pairs({f.name: getattr(value, f.name) for f in fields(value)}, now)


def pairs(values: Mapping[str, object], now: int) -> str:
    """Names and values, aligned; a long list has one line for each item."""
    width = max((len(name) for name in values), default=0) + 2
    lines = []
    for name, value in values.items():
        title = " ".join(_UPPER.get(word, word) for word in name.split("_"))
        title = title[:1].upper() + title[1:]
        for text in _lines(value, now, name):
            lines.append(f"{title:<{width}}{text}")
            title = ""
    return "\n".join(lines)


def _lines(value: object, now: int, name: str) -> list[str]:
    text = shown(value, now, name)
    if isinstance(value, list | tuple) and len(text) > _LONG_LIST:
        return [shown(part, now) for part in value]
    return [text]


def table(rows: Sequence[object], columns: Sequence[Column], now: int) -> str:
    """A table as aligned text without colours or lines, for pipes and files."""
    cells = _cells(rows, columns, now)
    titles = [column.title for column in columns]
    widths = [max(map(len, texts)) for texts in zip(titles, *cells, strict=True)]
    lines = []
    for texts in [titles, *cells]:
        aligned = [
            text.rjust(width) if column.right else text.ljust(width)
            for text, width, column in zip(texts, widths, columns, strict=True)
        ]
        lines.append("  ".join(aligned).rstrip())
    return "\n".join(lines)


def print_table(rows: Sequence[object], columns: Sequence[Column], now: int) -> None:
    """Print a table on a terminal, wrapped to its width, or, where it can't be, a line for each
    value; names and words stay whole, nothing is cut.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console, cells = Console(), _cells(rows, columns, now)
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    needed = 0
    for index, column in enumerate(columns):
        texts = [column.title, *(row[index] for row in cells)]
        whole = all(map(_is_name, texts[1:]))
        pieces = texts if whole else [word for text in texts for word in text.split()]
        longest = max(map(len, pieces), default=0)
        narrowest = longest if whole else min(longest, _NARROWEST)
        needed += 2 + narrowest
        justify: Literal["left", "right"] = "right" if column.right else "left"
        drawn.add_column(
            column.title, justify=justify, overflow="fold", no_wrap=whole, min_width=narrowest
        )
    if needed - 2 > console.width:
        # rich would cut columns away.
        print(_below_each_other(columns, cells))
        return
    for row in cells:
        # As Text, not as markup: square brackets in a title are only square brackets.
        drawn.add_row(*map(Text, row))
    console.print(drawn)


def _below_each_other(columns: Sequence[Column], cells: Sequence[Sequence[str]]) -> str:
    width = max(len(column.title) for column in columns) + 2
    rows = (
        "\n".join(
            f"{column.title:<{width}}{text}" for column, text in zip(columns, row, strict=True)
        )
        for row in cells
    )
    return "\n\n".join(rows)


def _is_name(text: str) -> bool:
    """Whether a text is better kept in one piece: nobody copies half of a dataset's name."""
    return " " not in text and len(text) <= _LONGEST_NAME


def _cells(rows: Sequence[object], columns: Sequence[Column], now: int) -> list[list[str]]:
    return [
        [shown(getattr(row, column.field), now, column.field) for column in columns] for row in rows
    ]
