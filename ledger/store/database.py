"""One connection pool, its transactions, and the translation of the database's errors."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, exc, make_url

from ledger.errors import ConfigError, DiskFull, LedgerError
from ledger.store import schema

_WRITES: Final = "ledger_writes"
_BARE: Final = "ledger_without_transaction"
# Longer than a node's answer may take: the nonce is asked for while the store is locked.
_BUSY_TIMEOUT_MS: Final = 90_000
_POSTGRESQL_DISK_FULL: Final = "53100"
_POSTGRESQL_BUSY: Final = "55P03"
# Of this database alone: any number that means nothing else there.
_WRITERS_LOCK: Final = 1
# The second is what a full disk gives where the index of the write-ahead log cannot grow.
_SQLITE_DISK_FULL: Final = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE)


class Database:
    """A database with this schema; `reading` and `writing` are one transaction each."""

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine
        self._name = name

    @classmethod
    def open(cls, location: str | Path) -> Database:
        """Open, and where it is new create, a SQLite file (mode 0600) or a database by its URL.

        Raises:
            ConfigError: the URL is malformed, or names a database that isn't supported.
            DiskFull: no space is left.
            LedgerError: it cannot be opened, is damaged or of a later version.
        """
        if "://" in str(location):
            engine, name = _by_url(str(location))
        else:
            path = Path(location).absolute()
            engine, name = _sqlite(path), str(path)
        database = cls(engine, name)
        with database.writing() as connection:
            schema.create_or_check(connection)
        return database

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database."""
        with self._transaction(self._engine) as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database however long it takes."""
        engine = self._engine
        # In SQLite every transaction does.
        if engine.dialect.name == "postgresql":
            engine = engine.execution_options(isolation_level="REPEATABLE READ")
        with self._transaction(engine) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is durable at its end, or leaves no trace; one at a time."""
        engine = self._engine.execution_options(**{_WRITES: True})
        with self._transaction(engine) as connection:
            if engine.dialect.name == "postgresql":
                _wait_for_other_writers(connection)
            yield connection

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Connection]:
        try:
            with engine.begin() as connection:
                yield connection
        except exc.SQLAlchemyError as error:
            raise _translated(error, self._name) from error

    def compact(self) -> None:
        """Write the database anew, without what was deleted, and empty its log.

        PostgreSQL does so by itself, in its own time.

        Raises:
            LedgerError: another process uses it for too long.
        """
        if self._engine.dialect.name != "sqlite":
            return
        engine = self._engine.execution_options(**{_BARE: True})
        with self._transaction(engine) as connection:
            # VACUUM would otherwise copy everything through a file in the system's folder.
            connection.exec_driver_sql("PRAGMA temp_store=MEMORY")
            connection.exec_driver_sql("VACUUM")
            busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar_one()
        if busy:
            raise _in_use(self._name)

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


def _wait_for_other_writers(connection: Connection) -> None:
    """What BEGIN IMMEDIATE does in SQLite: who reads first and then writes finds what it read."""
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {_BUSY_TIMEOUT_MS}")
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS_LOCK})")


def _by_url(location: str) -> tuple[Engine, str]:
    try:
        url = make_url(location)
        if url.get_backend_name() not in ("sqlite", "postgresql"):
            raise ConfigError(
                "the store's URL names a database that isn't supported",
                hint="use a path to a SQLite file, or postgresql://…",
            )
        if url.get_backend_name() == "sqlite":
            path = Path(url.database or "").absolute()
            return _sqlite(path), str(path)
        engine = create_engine(url, hide_parameters=True, isolation_level="READ COMMITTED")
    except (exc.ArgumentError, ImportError) as error:
        # The URL may hold a password: it isn't repeated.
        raise ConfigError(
            "the store's URL cannot be used: it is malformed, or its driver isn't installed",
            hint="use a path to a SQLite file, or postgresql+psycopg://user@host/database after "
            "pip install 'sharing-ledger[postgresql]'",
        ) from error
    return engine, f"{url.host}/{url.database}"


def _sqlite(path: Path) -> Engine:
    try:
        # The journals take over the file's mode: nobody else may read either.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(f"no space is left for the store {path}") from error
        raise LedgerError(f"cannot open the store {path}: {error.strerror}") from error
    engine = create_engine(f"sqlite:///{path}", hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin below, not where sqlite3 would
    for pragma in (
        f"busy_timeout={_BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        # What is deleted (a data key) shall not linger in free pages.
        "secure_delete=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    # IMMEDIATE: a transaction that reads first and then writes could not wait for another's end.
    if not options.get(_BARE, False):
        writes = options.get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _translated(error: exc.SQLAlchemyError, name: str) -> LedgerError:
    original = getattr(error, "orig", None)
    code = getattr(original, "sqlite_errorcode", None)
    primary = code & 0xFF if isinstance(code, int) else None
    sqlstate = getattr(original, "sqlstate", None)
    if code in _SQLITE_DISK_FULL or sqlstate == _POSTGRESQL_DISK_FULL:
        return DiskFull(
            f"no space is left for the store {name}", hint="free some space and run again"
        )
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) or sqlstate == _POSTGRESQL_BUSY:
        return _in_use(name)
    if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return LedgerError(
            f"the store {name} is damaged: it is not a database of this program",
            hint="put a backup of the store in its place",
        )
    return LedgerError(f"the store {name} failed: {original or type(error).__name__}")


def _in_use(name: str) -> LedgerError:
    return LedgerError(
        f"the store {name} is in use by another process for too long",
        hint="wait for the other command to end and run again",
    )
