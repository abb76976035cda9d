"""Rows as JSON lines that no dialect knows anything of: what a backup holds of a store."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import Connection, LargeBinary, Table, insert, select

from ledger.errors import IntegrityError, RecordError
from ledger.records import require_shallow
from ledger.store.schema import OF_THIS_HOME, metadata

MAX_ROW_BYTES: Final = 4 * 1024 * 1024
_BATCH: Final = 500

_TABLES: Final = {
    table.name: table for table in metadata.sorted_tables if table not in OF_THIS_HOME
}


def written(connection: Connection) -> Iterator[tuple[str, bytes]]:
    """Every row of every table that a backup takes along, with the table's name."""
    for name, table in _TABLES.items():
        rows = connection.execution_options(yield_per=_BATCH).execute(select(table))
        for row in rows.mappings():
            yield name, _to_json(dict(row))


def read(connection: Connection, rows: Iterable[tuple[str, bytes]]) -> None:
    """Insert what `written` gave into empty tables.

    Raises:
        IntegrityError: a row that isn't of a table of this version.
    """
    for name, group in groupby(rows, key=itemgetter(0)):
        table = _TABLES.get(name)
        if table is None:
            raise _unknown(f"a table {name!r}")
        batch: list[dict[str, Any]] = []
        for _, data in group:
            batch.append(_from_json(table, data))
            if len(batch) == _BATCH:
                connection.execute(insert(table), batch)
                batch = []
        if batch:
            connection.execute(insert(table), batch)


def _to_json(row: dict[str, Any]) -> bytes:
    plain = {
        name: value.hex() if isinstance(value, bytes) else value for name, value in row.items()
    }
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _from_json(table: Table, data: bytes) -> dict[str, Any]:
    try:
        require_shallow(data)
        found = json.loads(data)
        if set(found) != set(table.columns.keys()):
            raise ValueError
        return {name: _value(table, name, value) for name, value in found.items()}
    except (TypeError, ValueError, RecordError) as error:
        raise _unknown(f"a row that is none of {table.name}") from error


def _value(table: Table, name: str, value: object) -> object:
    column = table.columns[name]
    if value is None and column.nullable:
        return None
    if isinstance(column.type, LargeBinary):
        return bytes.fromhex(str(value))
    if type(value) is not column.type.python_type:
        raise ValueError
    return value


def _unknown(what: str) -> IntegrityError:
    return IntegrityError(
        f"the backup's store has {what}",
        hint="use the version of this program that wrote the backup, or a later one",
    )
