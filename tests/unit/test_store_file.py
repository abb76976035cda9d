"""The store as a SQLite file: who may read it, what is left in it, a full or damaged disk."""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ledger.errors import ConfigError, DiskFull, LedgerError
from ledger.ports import Wrap
from ledger.store import SqlStore

MANIFEST = bytes([5]) * 32


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[SqlStore]:
    opened = SqlStore.open(path)
    yield opened
    opened.close()


def test_an_ended_intent_leaves_nothing_of_it_on_disk(path: Path, store: SqlStore) -> None:
    intent = store.intent("publish", {"content": "canary-of-a-hash"})
    intent.save(key="canary-of-a-sealed-key")
    intent.finish()
    store.close()
    assert b"canary" not in path.read_bytes()


def test_a_deleted_data_key_is_gone_from_the_file(path: Path, store: SqlStore) -> None:
    store.save_data_key(1, 1, bytes(32), b"canary-of-a-sealed-key")
    store.delete_data_key(1, 1, bytes(32))
    store.close()
    assert b"canary" not in path.read_bytes()


def test_nobody_else_may_read_the_files(path: Path, store: SqlStore) -> None:
    store.intent("publish", {})
    files = list(path.parent.glob("store.sqlite*"))
    assert len(files) == 3
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_writes_are_durable_before_they_return(path: Path, store: SqlStore) -> None:
    with store._database.writing() as connection:
        pragma = connection.exec_driver_sql
        assert pragma("PRAGMA journal_mode").scalar_one() == "wal"
        assert pragma("PRAGMA synchronous").scalar_one() == 2


def test_a_later_version_of_the_store_is_refused(path: Path, store: SqlStore) -> None:
    store.close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE schema_version SET version = 2")
    connection.close()
    with pytest.raises(LedgerError, match="version 2 of its tables") as caught:
        SqlStore.open(path)
    assert caught.value.hint


def test_what_is_no_database_is_refused(path: Path) -> None:
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(LedgerError, match="is damaged"):
        SqlStore.open(path)


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match=r"cannot open the store .*missing"):
        SqlStore.open(tmp_path / "missing" / "store.sqlite")


@pytest.mark.parametrize(
    "url", ["mysql://user:canary@host/db", "postgresql+nothing://u:canary@h/d"]
)
def test_a_url_that_cannot_be_used_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        SqlStore.open(url)
    assert "canary" not in f"{caught.value} {caught.value.hint}"


def test_a_sqlite_url_is_a_path(path: Path) -> None:
    one = SqlStore.open(f"sqlite:///{path}")
    one.intent("publish", {"a": 1}).save(b=2)
    assert SqlStore.open(path).intent("publish", {"a": 1}).state == {"b": 2}
    one.close()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_without_room_for_a_store_is_told(
    path: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("os.open", full)
    with pytest.raises(DiskFull, match="no space is left for the store"):
        SqlStore.open(path)


def test_a_full_disk_is_told_and_leaves_nothing_half_done(store: SqlStore) -> None:
    intent = store.intent("publish", {})
    intent.save(small=1)
    with store._database.reading() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    # The pool gives this same connection to the next transaction.
    with store._database.reading() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    with pytest.raises(DiskFull, match="no space is left for the store"):
        intent.save(large="x" * 100_000)
    assert intent.state == {"small": 1}
    assert store.intent("publish", {}).state == {"small": 1}


def test_nothing_is_left_of_a_subject_that_was_forgotten(path: Path, store: SqlStore) -> None:
    store.subjects().save_enrolment(bytes(32), b"canary-of-a-sealed-key")
    store.subjects().forget_enrolment(bytes(32))
    store.compact()
    assert places(path.parent, b"canary-of-a-sealed-key") == []


def test_an_erased_key_is_in_no_file_of_the_store(store: SqlStore, path: Path) -> None:
    """Also not in what a process that was killed left in the log."""
    canary = os.urandom(60)
    kept = {version: os.urandom(60) for version in range(2, 300)}
    with closing(SqlStore.open(path)) as agent:
        # An open connection of another process keeps the log from being emptied at a close.
        agent.unpublished_wraps()
        store.save_data_key(1, 1, MANIFEST, canary)
        for version, sealed in kept.items():
            store.save_data_key(1, version, MANIFEST, sealed)
        intent = store.intent("dataset publish", {"version": 1})
        intent.save(key=canary.hex())
        store.save_wrap(Wrap(1, 0, 1, b"wrapped" + canary, published=True))
        assert places(path.parent, canary)
        store.erase(1, 1, [1])
        intent.drop()
        store.compact()
        assert places(path.parent, canary) == []
        for version, sealed in kept.items():
            assert agent.data_key(1, version, MANIFEST) == sealed
        assert agent.wrap(1, 0) is None


def places(folder: Path, secret: bytes) -> list[str]:
    forms = (secret, secret.hex().encode())
    return [
        file.name
        for file in folder.rglob("*")
        if file.is_file() and any(form in file.read_bytes() for form in forms)
    ]


def test_compacting_waits_for_readers_and_says_so_when_they_stay(
    store: SqlStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.store.database._BUSY_TIMEOUT_MS", 50)
    store.save_data_key(1, 1, MANIFEST, b"1")
    with closing(SqlStore.open(path)) as impatient, closing(sqlite3.connect(path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM data_keys").fetchall()
        with pytest.raises(LedgerError, match="in use by another process"):
            impatient.compact()
        reader.execute("ROLLBACK")
        impatient.compact()
