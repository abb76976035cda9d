"""Answers of services as tables: written by the owner, checked, cut to what was granted, and read.

They are small: a service says how much it gives at once.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from ledger.errors import IntegrityError
from ledger.ports import Row
from ledger.tables.cutting import cut_columns
from ledger.tableschema import TableSchema


def write_answer(schema: TableSchema, rows: Sequence[Row], fields: Sequence[str] | None) -> bytes:
    """The rows as CSV (RFC 4180, UTF-8), checked as a whole, then cut to `fields`; None is all.

    Raises:
        SpecificationBroken: they don't follow the schema; `problems` quotes cells.
    """
    # Imported here: polars takes 0.3 s to load, and most commands check no table.
    from ledger.tables.checking import check_bytes

    missing = schema.missing_values[0] if schema.missing_values else ""
    text = io.StringIO(newline="")
    write = csv.writer(text).writerow
    write(schema.field_names)
    for row in rows:
        write([missing if cell is None else cell for cell in row])
    whole = text.getvalue().encode()
    check_bytes(whole, "the answer", schema)
    return whole if fields is None else b"".join(cut_columns([whole], fields))


def read_answer(table: bytes) -> list[list[str]]:
    """The rows of an answer, the first with the columns' names.

    Raises:
        IntegrityError: it is no table; no cell is in the message.
    """
    try:
        text = io.StringIO(table.decode("utf-8"), newline="")
        rows = list(csv.reader(text, strict=True))
    except (csv.Error, UnicodeDecodeError):
        raise IntegrityError("the answer isn't a table (CSV in UTF-8)") from None
    if not rows or any(len(row) != len(rows[0]) for row in rows):
        raise IntegrityError("the answer isn't a table: its rows aren't of one length")
    return rows
