"""A provider that is a database: one SELECT, its parameters bound, in a connection that only reads.

SQLite is opened `mode=ro` and may read tables and nothing else; PostgreSQL gets a READ ONLY
transaction with a statement timeout.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, NullPool, create_engine, exc, make_url, text

from ledger.errors import ConfigError, ProviderError
from ledger.ports import Question, Row
from ledger.providers.cells import Limits, require_columns, rows_of

SUBJECT: Final = "subject"
"""The name that a statement has the query's subject under."""

_SELECT: Final = re.compile(r"\s*(?:SELECT|WITH)\b[^;]*;?\s*", re.IGNORECASE)
_READING: Final = frozenset(
    {
        sqlite3.SQLITE_SELECT,
        sqlite3.SQLITE_READ,
        sqlite3.SQLITE_FUNCTION,
        sqlite3.SQLITE_RECURSIVE,
    }
)
# Steps of SQLite's machine between two looks at the clock.
_STEPS: Final = 1_000


class SqlProvider:
    """`ledger.ports.Provider` by one statement."""

    def __init__(self, dataset: str, sql: str, database: str, folder: Path, limits: Limits) -> None:
        """`database` is a SQLite file, from `folder` on, or a URL.

        Raises:
            ConfigError: it isn't one SELECT, or the database's URL can't be used.
        """
        self._dataset = dataset
        self._limits = limits
        if not _SELECT.fullmatch(sql):
            raise self._wrong("its sql isn't one SELECT", "one statement, without a semicolon")
        self._statement = text(sql)
        self._names = frozenset(self._statement.compile().params)
        self._engine = self._connecting(database, folder)

    def require_fits(self, parameters: Collection[str], *, subject: bool) -> None:
        """Check that the statement takes these parameters, and in SQLite that it can be run.

        Raises:
            ConfigError: it takes others, or doesn't look at the subject.
        """
        if subject and SUBJECT in parameters:
            raise self._wrong(f"its parameter {SUBJECT!r} hides its subject", "rename it")
        known = {*parameters, *([SUBJECT] if subject else [])}
        unknown = sorted(self._names - known)
        if unknown:
            raise self._wrong(
                f"its sql takes :{unknown[0]}, which queries haven't",
                f"they have {', '.join(sorted(known)) or 'no parameters'}",
            )
        if subject and SUBJECT not in self._names:
            raise self._wrong(
                f"its sql doesn't take :{SUBJECT}, so it would tell of everybody",
                f"for example … WHERE person = :{SUBJECT}",
            )
        if self._engine.dialect.name == "sqlite":
            self._try_statement()

    def rows(self, question: Question, columns: Sequence[str]) -> list[Row]:
        """Return the rows of the answer, each with its cells in the order of `columns`.

        Raises:
            ProviderError: the database failed, or took too long.
            SpecificationBroken: the statement has other columns, or a cell holds no such value.
            InputError: the answer is larger than the limits allow.
        """
        subject = {} if question.subject is None else {SUBJECT: question.subject}
        asked = {**question.parameters, **subject}
        bound = {name: asked.get(name) for name in self._names}
        with self._failing(), self._reading() as connection:
            # Row by row, so that what is too much is never held.
            streamed = connection.execution_options(stream_results=True)
            result = streamed.execute(self._statement, bound)
            given = tuple(result.keys())
            require_columns(given, columns)
            places = [given.index(name) for name in columns]
            values = ([row[place] for place in places] for row in result)
            return rows_of(values, columns, self._limits)

    def _connecting(self, database: str, folder: Path) -> Engine:
        hint = "a path to a SQLite file, or postgresql+psycopg://user@host/database"
        try:
            url = None if "://" not in database else make_url(database)
            backend = "sqlite" if url is None else url.get_backend_name()
            if url is not None and backend == "postgresql":
                return create_engine(
                    url,
                    poolclass=NullPool,
                    hide_parameters=True,
                    # Seconds, of libpq.
                    connect_args={"connect_timeout": max(2, int(self._limits.timeout_s))},
                )
        except (exc.ArgumentError, ImportError, ValueError):
            # The URL may hold a password: neither it nor its error is repeated.
            raise self._wrong(
                "its database's URL is malformed, or the driver isn't installed", hint
            ) from None
        if backend != "sqlite":
            raise self._wrong("its database is of a kind that isn't supported", hint)
        file = folder / Path((url.database or "") if url is not None else database).expanduser()
        address = f"{file.absolute().as_uri()}?mode=ro"
        return create_engine(
            "sqlite://",
            creator=lambda: sqlite3.connect(address, uri=True, timeout=self._limits.timeout_s),
            poolclass=NullPool,
            hide_parameters=True,
        )

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        engine = self._engine.execution_options(postgresql_readonly=True)
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                self._only_reading(connection.connection.dbapi_connection)
            else:
                timeout_ms = int(self._limits.timeout_s * 1000)
                connection.exec_driver_sql(f"SET LOCAL statement_timeout = {timeout_ms}")
            yield connection

    def _only_reading(self, connection: Any) -> None:
        """Deny all but reading, `ATTACH` of other files too, and end what takes too long."""
        deadline = time.monotonic() + self._limits.timeout_s
        connection.set_authorizer(
            lambda action, *_: sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY
        )
        connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)

    def _try_statement(self) -> None:
        explained = text(f"EXPLAIN {self._statement.text}")
        try:
            with self._reading() as connection:
                connection.execute(explained, dict.fromkeys(self._names)).close()
        except exc.SQLAlchemyError as error:
            # Of the statement, which is the owner's; nobody asked anything yet.
            raise self._wrong(
                f"its sql can't be run: {getattr(error, 'orig', None) or type(error).__name__}",
                "try it with sqlite3 -readonly",
            ) from None

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except exc.SQLAlchemyError as error:
            # What drivers say of a statement or a row may quote it: only the kind is told.
            raise ProviderError(f"the database of {self._dataset} {_what(error)}") from None

    def _wrong(self, what: str, hint: str) -> ConfigError:
        return ConfigError(f"the service {self._dataset} can't answer: {what}", hint=hint)


def _what(error: exc.SQLAlchemyError) -> str:
    original = getattr(error, "orig", None)
    state = getattr(original, "sqlstate", None)
    name = getattr(original, "sqlite_errorname", None)
    if name == "SQLITE_INTERRUPT" or state == "57014":
        return "took too long"
    return f"failed ({name or state or type(original or error).__name__})"
