"""`SqlBackups`: the count of a home's backups, what they lack, and a store's contents in one."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from sqlalchemy import Connection, func, insert, select, update

from ledger.ports import BackupStanding, Restoration
from ledger.store import rows
from ledger.store.database import Database
from ledger.store.schema import (
    backups,
    data_keys,
    erasures,
    restored,
    restored_accounts,
    wraps,
)

_NS: Final = 1_000_000_000


class SqlBackups:
    """Notes about backups in a home's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self) -> tuple[int, int]:
        """Count a new backup; return its generation and its time in Unix seconds."""
        now = time.time_ns()
        with self._database.writing() as connection:
            generation = _latest(connection) + 1
            connection.execute(
                insert(backups).values(generation=generation, created_at=now, finished=False)
            )
        return generation, now // _NS

    def finish(self, generation: int) -> None:
        """Note that a backup's file is whole and durable."""
        with self._database.writing() as connection:
            mine = backups.c.generation == generation
            connection.execute(update(backups).where(mine).values(finished=True))

    def unfinished(self, generation: int, created_at: int) -> bool:
        """Whether a backup of this generation and time was begun here and not finished."""
        with self._database.reading() as connection:
            row = connection.execute(
                select(backups).where(backups.c.generation == generation)
            ).one_or_none()
        return row is not None and not row.finished and row.created_at // _NS == created_at

    def contents(self) -> Iterator[tuple[str, bytes]]:
        """Yield each row of one state of the store, with its table's name."""
        with self._database.snapshot() as connection:
            yield from rows.written(connection)

    def fill(self, contents: Iterable[tuple[str, bytes]]) -> None:
        """Put a backup's rows into this store, which is new.

        Raises:
            IntegrityError: they aren't what a store of this version holds.
        """
        with self._database.writing() as connection:
            rows.read(connection, contents)
            # The backup is as good as finished where it could be read; wraps are published again,
            # since nobody knows whether the node that had them still exists.
            connection.execute(update(backups).values(finished=True))
            connection.execute(update(wraps).values(published=False))

    def note_restored(self, restoration: Restoration, transactions: Mapping[str, int]) -> None:
        """Note where this home came from, and what each account had sent on the chain by then."""
        with self._database.writing() as connection:
            connection.execute(
                insert(restored).values(
                    generation=restoration.generation,
                    created_at=restoration.created_at,
                    restored_at=restoration.restored_at,
                    block=restoration.block,
                )
            )
            for account, count in transactions.items():
                connection.execute(
                    insert(restored_accounts).values(account=account, transactions=count)
                )

    def restored(self) -> Restoration | None:
        """Tell which backup this home came from, if it came from one."""
        with self._database.reading() as connection:
            row = connection.execute(select(restored)).one_or_none()
        if row is None:
            return None
        return Restoration(row.generation, row.created_at, row.restored_at, row.block)

    def transactions_when_restored(self) -> dict[str, int]:
        """How many transactions each account had sent when this home was restored."""
        with self._database.reading() as connection:
            rows = connection.execute(select(restored_accounts)).all()
        return {row.account: row.transactions for row in rows}

    def standing(self) -> BackupStanding:
        """How this home stands with its backups."""
        with self._database.reading() as connection:
            count = select(func.count()).select_from(data_keys)
            latest = connection.execute(
                select(backups).where(backups.c.finished).order_by(backups.c.generation.desc())
            ).first()
            since = 0 if latest is None else latest.created_at
            return BackupStanding(
                keys=connection.execute(count).scalar_one(),
                generation=None if latest is None else latest.generation,
                created_at=None if latest is None else latest.created_at // _NS,
                unsaved=connection.execute(
                    count.where(data_keys.c.created_at >= since)
                ).scalar_one(),
                outdated=connection.execute(
                    select(func.max(erasures.c.generation)).where(erasures.c.generation > 0)
                ).scalar_one_or_none(),
            )


def note_erasure(connection: Connection, dataset: int, version: int) -> None:
    """Note that a version's data key was destroyed; the first time counts."""
    mine = (erasures.c.dataset == dataset) & (erasures.c.version == version)
    if connection.execute(select(erasures).where(mine)).first() is None:
        connection.execute(
            insert(erasures).values(
                dataset=dataset,
                version=version,
                generation=_latest(connection),
                erased_at=int(time.time()),
            )
        )


def _latest(connection: Connection) -> int:
    return connection.execute(select(func.max(backups.c.generation))).scalar_one() or 0
