"""A CSV file against a Table Schema: the header, each row's shape, each cell, and uniqueness."""

from __future__ import annotations

import heapq
import io
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, TextIO

import polars as pl

from ledger.identifiers import shown
from ledger.tables.columns import breaches, fits, with_nulls
from ledger.tables.problems import MAX_PROBLEMS, Problems
from ledger.tables.reading import Batch, CsvTable, opened
from ledger.tables.uniqueness import UniqueRule
from ledger.tableschema import TableSchema

_SEPARATORS: Final = {";": "semicolons", "\t": "tabs"}


def check_table(path: Path, schema: TableSchema) -> int:
    """Check a CSV file against a specification's schema and return its number of rows.

    Rows are counted from 1, the header. Memory is bounded, but for eight bytes per row and unique
    column. Stricter than other readers in what Table Schema leaves open: no spaces around numbers,
    the columns in the schema's order.

    Raises:
        SpecificationBroken: what is wrong and where, at most 20 places, then a count.
        NotFound: there is no such file.
        InputError: it cannot be read, or the schema's pattern cannot be used.
    """
    return _check(lambda: opened(path), path.name, schema)


def check_bytes(table: bytes, name: str, schema: TableSchema) -> int:
    """As `check_table`, for a table in memory; `name` is what messages call it.

    Raises:
        SpecificationBroken: what is wrong and where, at most 20 places, then a count.
        InputError: the schema's pattern cannot be used.
    """

    def text() -> AbstractContextManager[TextIO]:
        return io.TextIOWrapper(
            io.BytesIO(table), encoding="utf-8-sig", errors="surrogateescape", newline=""
        )

    return _check(text, name, schema)


def _check(
    read: Callable[[], AbstractContextManager[TextIO]], name: str, schema: TableSchema
) -> int:
    problems = Problems()
    unique = _unique_rules(schema)
    rows = 0
    with read() as file:
        table = CsvTable(file, problems)
        if not problems.count:
            _check_header(table.header, schema.field_names, problems)
        if not problems.count:
            for batch in table.batches():
                rows += len(batch.numbers)
                columns = _check_batch(batch, schema, problems)
                for rule in unique:
                    rule.note(columns)
    suspicious = [rule for rule in unique if rule.has_suspects()]
    if suspicious:
        _name_repetitions(read, schema, suspicious, problems)
    problems.raise_if_any(name)
    return rows


def _check_header(header: list[str], expected: tuple[str, ...], problems: Problems) -> None:
    if not header:
        problems.add(None, "the file is empty: expected a first row with the columns' names")
        return
    separator = _other_separator(header, expected)
    if separator:
        problems.add(1, f"seems to be separated by {separator}: expected commas between columns")
        return
    for name, count in Counter(header).items():
        if count > 1:
            problems.add(1, "appears more than once", column=name)
    for name in expected:
        if name not in header:
            problems.add(1, "is missing", column=name)
    for name in dict.fromkeys(header):
        if name not in expected:
            problems.add(1, "is not in the specification", column=name)
    if not problems.count and tuple(header) != expected:
        problems.add(
            1, f"has the columns in another order: expected {', '.join(map(shown, expected[:20]))}"
        )


def _other_separator(header: list[str], expected: tuple[str, ...]) -> str | None:
    """What separates the columns of a header that has one column by mistake."""
    if len(header) != 1 or header[0] in expected:
        return None
    return next((name for sign, name in _SEPARATORS.items() if sign in header[0]), None)


def _check_batch(batch: Batch, schema: TableSchema, problems: Problems) -> list[pl.Series]:
    """Note the problems of a batch; return its columns with null for what is no value."""
    found: list[tuple[int, int, str]] = []
    told = total = 0
    columns = []
    blank = pl.repeat(value=True, n=len(batch.numbers), eager=True)
    for position, (field, raw) in enumerate(zip(schema.fields, batch.columns, strict=True)):
        texts = _without_missing(raw, schema)
        key = field.name in (schema.primary_key or ())
        for breach in breaches(field, texts):
            total += int(breach.cells.sum())
            found += [
                (index, position, breach.say(shown(texts[index] or "")))
                for index in breach.cells.arg_true().head(MAX_PROBLEMS)
            ]
        if key and texts.has_nulls() and not (field.constraints and field.constraints.required):
            missing = texts.is_null()
            total += int(missing.sum())
            found += [
                (index, position, "is empty, but belongs to the primary key")
                for index in missing.arg_true().head(MAX_PROBLEMS)
            ]
        columns.append(with_nulls(texts, ~fits(field.type, texts)))
        blank = blank & texts.is_null()
    total += int(blank.sum())
    found += [(index, -1, "has no value at all") for index in blank.arg_true().head(MAX_PROBLEMS)]
    for index, position, text in heapq.nsmallest(problems.room, found):
        column = schema.fields[position].name if position >= 0 else None
        problems.add(batch.numbers[index], text, column=column)
        told += 1
    problems.add_uncounted(total - told)
    return columns


def _without_missing(texts: pl.Series, schema: TableSchema) -> pl.Series:
    return with_nulls(texts, texts.is_in(schema.missing_values))


def _unique_rules(schema: TableSchema) -> list[UniqueRule]:
    groups: list[tuple[str, ...]] = [
        (field.name,) for field in schema.fields if field.constraints and field.constraints.unique
    ]
    if schema.primary_key and schema.primary_key not in groups:
        groups.append(schema.primary_key)
    names = schema.field_names
    return [
        UniqueRule(
            positions=tuple(names.index(name) for name in group),
            fields=tuple(schema.fields[names.index(name)] for name in group),
        )
        for group in groups
    ]


def _name_repetitions(
    read: Callable[[], AbstractContextManager[TextIO]],
    schema: TableSchema,
    rules: list[UniqueRule],
    problems: Problems,
) -> None:
    # What the first pass found about rows and cells is known already.
    ignored = Problems()
    with read() as file:
        for batch in CsvTable(file, ignored).batches():
            columns = [
                with_nulls(texts, ~fits(field.type, texts))
                for field, texts in (
                    (field, _without_missing(raw, schema))
                    for field, raw in zip(schema.fields, batch.columns, strict=True)
                )
            ]
            for rule in rules:
                rule.find(batch, columns, problems)
