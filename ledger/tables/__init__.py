"""The table adapter: CSV files against a Table Schema, fast and in bounded memory, by polars."""

from __future__ import annotations

from pathlib import Path

from ledger.tables.answers import read_answer, write_answer
from ledger.tables.cutting import cut_columns
from ledger.tableschema import TableSchema


def check_table(path: Path, schema: TableSchema) -> int:
    """Check a CSV file against a specification's schema and return its number of rows.

    Raises:
        SpecificationBroken: what is wrong and where, at most 20 places, then a count.
        NotFound: there is no such file.
        InputError: it cannot be read, or the schema's pattern cannot be used.
    """
    # Imported here: polars takes 0.3 s to load, and most commands check no table.
    from ledger.tables.checking import check_table as check

    return check(path, schema)


__all__ = ["check_table", "cut_columns", "read_answer", "write_answer"]
