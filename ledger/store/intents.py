"""Intents: what a command notes before its first effect, so that its next run can finish it."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import insert, select, update

from ledger.store.database import Database
from ledger.store.schema import intents


class SqlIntent:
    """`ledger.ports.Intent` as one row."""

    def __init__(self, database: Database, key: str, state: Mapping[str, object]) -> None:
        self._database = database
        self._key = key
        self._state = dict(state)

    @property
    def key(self) -> str:
        """Unique among all intents, the finished ones included."""
        return self._key

    @property
    def state(self) -> Mapping[str, object]:
        """What was saved so far."""
        return dict(self._state)

    def save(self, **values: object) -> None:
        """Add JSON values to the state, durably."""
        with self._database.writing() as connection:
            mine = intents.c.key == self._key
            row = connection.execute(select(intents.c.state).where(mine)).one()
            # Read again: another process may continue the same intent.
            state = {**_loaded(row.state), **values}
            connection.execute(update(intents).where(mine).values(state=_dumped(state)))
        self._state = _loaded(_dumped(state))

    def finish(self) -> None:
        """The command is done: the same arguments begin a new intent from now on."""
        self._end()

    def drop(self) -> None:
        """The command can't be done: nothing of it is continued."""
        self._end()

    def _end(self) -> None:
        with self._database.writing() as connection:
            # State and arguments go: they may hold sealed keys, which have to be erasable, the hash
            # of a content that could be guessed, or what a request seals to its readers.
            nothing = _dumped({})
            connection.execute(
                update(intents)
                .where(intents.c.key == self._key)
                .values(unfinished=None, arguments=nothing, state=nothing)
            )


def find_or_begin(database: Database, command: str, arguments: Mapping[str, object]) -> SqlIntent:
    """Return the unfinished intent of this command with these arguments, or begin one."""
    plain = _dumped(arguments)
    fingerprint = hashlib.sha256(_dumped([command, plain]).encode()).digest()
    with database.writing() as connection:
        found = connection.execute(
            select(intents.c.key, intents.c.state).where(intents.c.unfinished == fingerprint)
        ).one_or_none()
        if found is not None:
            return SqlIntent(database, found.key, _loaded(found.state))
        key = secrets.token_hex(16)
        connection.execute(
            insert(intents).values(
                key=key,
                command=command,
                arguments=plain,
                unfinished=fingerprint,
                state=_dumped({}),
                created_at=int(time.time()),
            )
        )
    return SqlIntent(database, key, {})


def unfinished_intents(database: Database, command: str) -> list[SqlIntent]:
    """Return the unfinished intents of a command, the oldest first."""
    with database.reading() as connection:
        rows = connection.execute(
            select(intents.c.key, intents.c.state)
            .where(intents.c.command == command, intents.c.unfinished.is_not(None))
            .order_by(intents.c.created_at, intents.c.key)
        ).all()
    return [SqlIntent(database, row.key, _loaded(row.state)) for row in rows]


def _dumped(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _loaded(value: str) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads(value))
