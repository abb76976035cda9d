"""The store in backups: its rows, the count of backups, what is sealed anew."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ledger.errors import IntegrityError, LedgerError
from ledger.ports import CallId, Restoration, Signed, Wrap
from ledger.store import SqlStore

GENESIS = bytes([9]) * 32
ACCOUNT = "0x" + "11" * 20
MANIFEST = bytes([5]) * 32
RESTORATION = Restoration(generation=3, created_at=100, restored_at=200, block=7)


@pytest.fixture
def store(location: str) -> Iterator[SqlStore]:
    opened = SqlStore.open(location)
    yield opened
    opened.close()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[SqlStore]:
    opened = SqlStore.open(tmp_path / "other.db")
    yield opened
    opened.close()


def filled(store: SqlStore) -> SqlStore:
    """A store with something in each of its tables."""
    store.intent("dataset publish", {"dataset": "a/é"}).save(key="00ff", version=2)
    store.intent("done", {}).finish()
    store.outbox(GENESIS).sign(
        "approve:1",
        ACCOUNT,
        CallId("AccessGrants", "approve", bytes(32)),
        next_nonce=lambda: 4,
        make=lambda nonce: Signed(b"raw %d" % nonce, bytes([nonce]) * 32),
    )
    store.save_data_key(1, 1, MANIFEST, b"sealed 1")
    store.save_wrap(Wrap(1, 0, 1, b"wrapped 1", published=True))
    store.save_wrap(Wrap(2, 0, 1, b"wrapped 2", published=False))
    store.erase(1, 9, [])
    store.backups().begin()
    return store


def test_another_store_has_the_same_after_a_backup(store: SqlStore, other: SqlStore) -> None:
    rows = list(filled(store).backups().contents())
    assert {table for table, _ in rows} == {
        "backups", "data_keys", "erasures", "intents", "outbox", "wraps",
    }  # fmt: skip
    other.backups().fill(rows)
    (intent,) = other.unfinished("dataset publish")
    assert intent.state == {"key": "00ff", "version": 2}
    assert other.intent("dataset publish", {"dataset": "a/é"}).key == intent.key
    assert other.outbox(GENESIS).find("approve:1") == store.outbox(GENESIS).find("approve:1")
    assert other.data_key(1, 1, MANIFEST) == b"sealed 1"
    assert other.backups().standing().generation == 1


def test_wraps_are_to_be_published_again_by_a_restored_home(
    store: SqlStore, other: SqlStore
) -> None:
    other.backups().fill(filled(store).backups().contents())
    assert [wrap.wrapped for wrap in other.unpublished_wraps()] == [b"wrapped 1", b"wrapped 2"]


def test_many_rows_are_taken_along(store: SqlStore, other: SqlStore) -> None:
    for transfer in range(1, 1_203):
        store.save_wrap(Wrap(transfer, 0, 1, b"wrapped %d" % transfer, published=False))
    other.backups().fill(store.backups().contents())
    assert other.unpublished_wraps() == store.unpublished_wraps()


@pytest.mark.parametrize("count", [1, 499, 500, 501, 1_000])
def test_as_many_rows_come_back_as_there_were(store: SqlStore, other: SqlStore, count: int) -> None:
    store.save_wrap(Wrap(1, 0, 1, b"wrapped", published=False))
    ((table, row),) = store.backups().contents()
    rows = [json.dumps(json.loads(row) | {"transfer": n}).encode() for n in range(count)]
    other.backups().fill((table, row) for row in rows)
    assert [wrap.transfer for wrap in other.unpublished_wraps()] == list(range(count))


def test_a_backup_sees_one_state_while_others_write(store: SqlStore, location: str) -> None:
    filled(store)
    rows = store.backups().contents()
    first = next(rows)
    with closing(SqlStore.open(location)) as agent:
        agent.save_data_key(1, 2, MANIFEST, b"sealed 2")
        agent.save_wrap(Wrap(3, 0, 1, b"wrapped 3", published=False))
    rest = [first, *rows]
    assert [json.loads(row)["version"] for table, row in rest if table == "data_keys"] == [1]
    assert len([row for table, row in rest if table == "wraps"]) == 2


def test_where_a_home_came_from_is_no_part_of_its_backups(store: SqlStore, other: SqlStore) -> None:
    store.backups().note_restored(RESTORATION, {ACCOUNT: 5})
    assert store.restored() == RESTORATION
    assert store.backups().transactions_when_restored() == {ACCOUNT: 5}
    other.backups().fill(store.backups().contents())
    assert other.restored() is None


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("schema_version", b'{"version":1}'),
        ("restored", b"{}"),
        ("sqlite_master", b"{}"),
        ("wraps", b"{}"),
        ("wraps", b"[]"),
        ("wraps", b"\xff"),
        ("wraps", b"[" * 100_000),
        ("wraps", b'{"attempt":0,"key_number":1,"published":true,"transfer":1,"wrapped":"xy"}'),
        ("wraps", b'{"attempt":0,"key_number":1,"published":1,"transfer":1,"wrapped":"00"}'),
        ("wraps", b'{"attempt":0,"key_number":null,"published":true,"transfer":1,"wrapped":""}'),
        ("wraps", b'{"attempt":"0","key_number":1,"published":true,"transfer":1,"wrapped":""}'),
    ],
)
def test_rows_of_no_table_are_refused_and_nothing_is_kept(
    store: SqlStore, table: str, row: bytes
) -> None:
    good = b'{"attempt":0,"key_number":1,"published":true,"transfer":9,"wrapped":"00"}'
    with pytest.raises(IntegrityError, match="the backup's store has"):
        store.backups().fill([("wraps", good), (table, row)])
    assert store.wrap(9, 0) is None


def test_a_row_that_is_there_twice_is_refused(store: SqlStore) -> None:
    good = b'{"attempt":0,"key_number":1,"published":true,"transfer":9,"wrapped":"00"}'
    with pytest.raises(LedgerError):
        store.backups().fill([("wraps", good), ("wraps", good)])
    assert store.wrap(9, 0) is None


def test_backups_count_up_and_what_came_since_is_known(store: SqlStore) -> None:
    notes = store.backups()
    assert notes.standing().generation is None
    store.save_data_key(1, 1, MANIFEST, b"sealed 1")
    assert (notes.standing().keys, notes.standing().unsaved) == (1, 1)
    first, created_at = notes.begin()
    assert notes.unfinished(first, created_at)
    assert not notes.unfinished(first, created_at + 1)
    # Begun, but not finished: it doesn't count as a backup, and its number isn't used again.
    assert notes.standing().unsaved == 1
    second, created_at = notes.begin()
    notes.finish(second)
    assert (first, second) == (1, 2)
    standing = notes.standing()
    assert (standing.generation, standing.created_at, standing.unsaved) == (2, created_at, 0)
    store.save_data_key(1, 2, MANIFEST, b"sealed 2")
    assert notes.standing().unsaved == 1


def test_backups_before_an_erasure_are_known_as_such(store: SqlStore) -> None:
    notes = store.backups()
    store.erase(1, 1, [])
    assert notes.standing().outdated is None
    for _ in range(2):
        notes.finish(notes.begin()[0])
    store.erase(1, 2, [])
    notes.finish(notes.begin()[0])
    # Again: the first time counts.
    store.erase(1, 2, [])
    assert notes.standing().outdated == 2


def test_resealing_changes_every_data_key_or_none(store: SqlStore) -> None:
    store.save_data_key(1, 1, MANIFEST, b"1")
    store.save_data_key(1, 2, MANIFEST, b"2")

    def failing(dataset: int, version: int, sealed: bytes) -> bytes:
        if version == 2:
            raise IntegrityError("does not open")
        return b"changed"

    with pytest.raises(IntegrityError):
        store.reseal(failing)
    assert store.data_key(1, 1, MANIFEST) == b"1"
    assert store.reseal(lambda dataset, version, sealed: sealed + b"%d" % version) == 2
    assert [store.data_key(1, version, MANIFEST) for version in (1, 2)] == [b"11", b"22"]
