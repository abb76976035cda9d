"""A Table Schema proposed from a CSV file's first rows, for a specification's author to correct."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import polars as pl

from ledger.errors import InputError
from ledger.tables.columns import fits
from ledger.tables.problems import Problems
from ledger.tables.reading import CsvTable, opened
from ledger.tableschema import Constraints, TableField, TableSchema
from ledger.tablevalues import FieldType

# The first that all values fit; digits alone are taken for integers, not for years or booleans.
_CANDIDATES: Final = (
    FieldType.INTEGER,
    FieldType.NUMBER,
    FieldType.BOOLEAN,
    FieldType.DATE,
    FieldType.DATETIME,
    FieldType.TIME,
    FieldType.YEARMONTH,
)


def infer_schema(path: Path) -> TableSchema:
    """Propose a schema from the first batch of rows: types, and `required` where none is empty.

    Raises:
        SpecificationBroken: the file is not CSV.
        NotFound: there is no such file.
        InputError: it cannot be read, has no header, or names a column twice.
    """
    problems = Problems()
    with opened(path) as file:
        table = CsvTable(file, problems)
        header = table.header
        batch = next(table.batches(), None) if header else None
    problems.raise_if_any(path.name)
    if not header or len(set(header)) != len(header) or not all(header):
        raise InputError(f"{path.name} has no usable first row: expected one name for each column")
    columns = batch.columns if batch else [pl.Series(dtype=pl.String) for _ in header]
    fields = tuple(_field(name, texts) for name, texts in zip(header, columns, strict=True))
    return TableSchema(fields=fields)


def _field(name: str, texts: pl.Series) -> TableField:
    values = texts.filter(texts != "")
    complete = len(values) == len(texts) > 0
    return TableField(
        name=name,
        type=_type(values),
        constraints=Constraints(required=True) if complete else None,
    )


def _type(values: pl.Series) -> FieldType:
    if values.is_empty():
        return FieldType.STRING
    return next((kind for kind in _CANDIDATES if fits(kind, values).all()), FieldType.STRING)
