"""The store: intents, outbox, data keys and wraps, alone and under competition."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import Any

import pytest

from ledger.errors import LedgerError
from ledger.ports import CallId, Outgoing, ReceiptCheck, Signed, Store, Wrap
from ledger.store import SqlOutbox, SqlStore

GENESIS = bytes([9]) * 32
ACCOUNT = "0x" + "11" * 20
OTHER = "0x" + "22" * 20
CALL = CallId("AccessGrants", "approve", bytes(32))

Opening = Callable[[], SqlStore]


@pytest.fixture
def store(location: str) -> Iterator[SqlStore]:
    opened = SqlStore.open(location)
    yield opened
    opened.close()


@pytest.fixture
def reopened(location: str) -> Iterator[Opening]:
    """The same store in another process, once more each time."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(SqlStore.open(location)))


def test_it_is_a_store(store: SqlStore) -> None:
    port: Store = store
    assert port.unpublished_wraps() == []


# ------------------------------------------------------------------ intents


def test_an_unfinished_intent_is_found_again(reopened: Opening, store: SqlStore) -> None:
    intent = store.intent("publish", {"dataset": "a/b", "hash": "00"})
    intent.save(version=3)
    intent.save(cid="bafy", parts=[1, {"é": None}])
    again = reopened().intent("publish", {"hash": "00", "dataset": "a/b"})
    assert again.key == intent.key
    assert again.state == {"version": 3, "cid": "bafy", "parts": [1, {"é": None}]}
    assert again.state == intent.state


def test_other_commands_and_arguments_are_other_intents(store: SqlStore) -> None:
    keys = {
        store.intent("publish", {}).key,
        store.intent("publish", {"a": 1}).key,
        store.intent("publish", {"a": "1"}).key,
        store.intent("request", {"a": 1}).key,
    }
    assert len(keys) == 4


@pytest.mark.parametrize("end", ["finish", "drop"])
def test_an_ended_intent_is_not_continued(store: SqlStore, end: str) -> None:
    intent = store.intent("publish", {"a": 1})
    intent.save(key="sealed")
    getattr(intent, end)()
    fresh = store.intent("publish", {"a": 1})
    assert fresh.key != intent.key
    assert fresh.state == {}


def test_competing_processes_begin_one_intent(reopened: Opening, store: SqlStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: reopened().intent("publish", {"a": 1}).key, range(16)))
    assert len(keys) == 1


def test_what_another_process_saved_is_kept(reopened: Opening, store: SqlStore) -> None:
    one, two = store.intent("publish", {}), reopened().intent("publish", {})
    one.save(version=3)
    two.save(cid="bafy")
    assert two.state == {"version": 3, "cid": "bafy"}


# ------------------------------------------------------------------ outbox


def signed(nonce: int, account: str = ACCOUNT) -> Signed:
    raw = f"{account} {nonce}".encode()
    return Signed(raw, hashlib.sha256(raw).digest())


def add(outbox: SqlOutbox, key: str, *, account: str = ACCOUNT, on_chain: int = 0) -> Outgoing:
    return outbox.sign(
        key, account, CALL, next_nonce=lambda: on_chain, make=lambda nonce: signed(nonce, account)
    )


@pytest.fixture
def outbox(store: SqlStore) -> SqlOutbox:
    return store.outbox(GENESIS)


def test_what_was_signed_is_found_again(reopened: Opening, outbox: SqlOutbox) -> None:
    assert outbox.find("a") is None
    made = add(outbox, "a", on_chain=5)
    assert made.nonce == 5
    assert made.state == "signed"
    assert reopened().outbox(GENESIS).find("a") == made


def test_a_key_is_signed_once(outbox: SqlOutbox) -> None:
    made = add(outbox, "a")

    def never(_: int) -> Signed:
        raise AssertionError("signed twice")

    assert outbox.sign("a", ACCOUNT, CALL, next_nonce=lambda: 7, make=never) == made


def test_nonces_follow_chain_and_store_without_gaps(outbox: SqlOutbox) -> None:
    assert [add(outbox, key).nonce for key in "abc"] == [0, 1, 2]
    assert add(outbox, "d", on_chain=2).nonce == 3
    assert add(outbox, "e", on_chain=9).nonce == 9
    assert add(outbox, "f", account=OTHER).nonce == 0


@pytest.mark.parametrize("part", ["next_nonce", "make"])
def test_a_failure_before_the_end_allocates_nothing(outbox: SqlOutbox, part: str) -> None:
    add(outbox, "a")

    def fail(*_: object) -> Any:
        raise LedgerError("no")

    parts: dict[str, Any] = {"next_nonce": lambda: 0, "make": signed, part: fail}
    with pytest.raises(LedgerError, match="no"):
        outbox.sign("b", ACCOUNT, CALL, **parts)
    assert outbox.find("b") is None
    assert add(outbox, "c").nonce == 1


def test_chains_do_not_mix(store: SqlStore, outbox: SqlOutbox) -> None:
    add(outbox, "a")
    fresh = store.outbox(bytes(32))
    assert fresh.find("a") is None
    assert add(fresh, "a").nonce == 0


def test_competing_processes_allocate_every_nonce_once(
    reopened: Opening, outbox: SqlOutbox
) -> None:
    def work(worker: int) -> list[int]:
        mine = reopened()
        made = [add(mine.outbox(GENESIS), f"{worker}-{n}").nonce for n in range(10)]
        mine.close()
        return made

    with ThreadPoolExecutor(4) as pool:
        nonces = [nonce for each in pool.map(work, range(4)) for nonce in each]
    assert sorted(nonces) == list(range(40))


def test_settled_and_discarded_transactions_are_not_left_behind(outbox: SqlOutbox) -> None:
    made = [add(outbox, key) for key in "abcd"]
    outbox.settle(made[0], 10, None)
    outbox.settle(made[1], 11, b"why")
    assert outbox.unfinished(ACCOUNT, 0, 99) == made[2:]
    assert outbox.unfinished(ACCOUNT, 3, 99) == made[3:]
    assert outbox.unfinished(ACCOUNT, 0, 3) == made[2:3]
    assert outbox.unfinished(OTHER, 0, 99) == []
    assert outbox.find("a") == replace(made[0], state="mined")
    assert outbox.find("b") == replace(made[1], state="reverted", revert=b"why")
    outbox.discard(made[3])
    assert outbox.find("d") is None


def test_discarding_spares_what_was_signed_anew(outbox: SqlOutbox) -> None:
    old = add(outbox, "a")
    outbox.discard(old)
    fresh = add(outbox, "a", on_chain=4)
    outbox.discard(old)
    outbox.settle(old, 3, b"")
    assert outbox.find("a") == fresh


# ------------------------------------------------------------------ data keys and wraps


def test_data_keys_of_competing_manifests_are_kept_apart(store: SqlStore) -> None:
    one, two = bytes([1]) * 32, bytes([2]) * 32
    assert store.data_key(1, 1, one) is None
    store.save_data_key(1, 1, one, b"first")
    store.save_data_key(1, 1, one, b"first")
    store.save_data_key(1, 1, two, b"second")
    assert store.data_key(1, 1, one) == b"first"
    assert store.data_key(1, 1, two) == b"second"
    store.delete_data_key(1, 1, two)
    assert store.data_key(1, 1, one) == b"first"
    with pytest.raises(LedgerError, match="another data key of dataset 1, version 1"):
        store.save_data_key(1, 1, one, b"else")
    store.delete_data_key(1, 1, one)
    assert store.data_key(1, 1, one) is None


def test_what_was_found_of_a_receipt_replaces_what_was_found_before(
    reopened: Opening, store: SqlStore
) -> None:
    first, second = (4, bytes([1]) * 32), (4, bytes([2]) * 32)
    store.save_receipt_check(*first, ReceiptCheck("not checkable", "no key"))
    store.save_receipt_check(*first, ReceiptCheck("wrong", "another tag"))
    store.save_receipt_check(*second, ReceiptCheck("checked"))
    assert reopened().receipt_checks() == {
        first: ReceiptCheck("wrong", "another tag"),
        second: ReceiptCheck("checked"),
    }


def test_a_wrap_is_kept_until_published_and_then_for_good(store: SqlStore) -> None:
    wrap = Wrap(transfer=4, attempt=0, key_number=1, wrapped=b"w", published=False)
    assert store.wrap(4, 0) is None
    store.save_wrap(replace(wrap, wrapped=b"for the old key"))
    store.save_wrap(replace(wrap, transfer=3))
    store.save_wrap(wrap)
    assert store.wrap(4, 0) == wrap
    assert store.wrap(4, 1) is None
    assert [each.transfer for each in store.unpublished_wraps()] == [3, 4]
    published = replace(wrap, published=True)
    store.save_wrap(published)
    store.save_wrap(wrap)  # by an agent that doesn't know yet
    assert store.wrap(4, 0) == published
    assert [each.transfer for each in store.unpublished_wraps()] == [3]
    with pytest.raises(LedgerError, match="is published already"):
        store.save_wrap(replace(published, wrapped=b"other"))


def test_a_store_that_stays_locked_is_told(
    reopened: Opening, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.store.database._BUSY_TIMEOUT_MS", 50)
    waiting = reopened()
    with store._database.writing(), pytest.raises(LedgerError, match="in use by another process"):
        waiting.intent("publish", {})


@pytest.mark.parametrize("count", [2, 8])
def test_a_store_that_several_open_for_the_first_time_is_made_once(
    location: str, count: int
) -> None:
    def first(_: int) -> str:
        with closing(SqlStore.open(location)) as mine:
            return mine.intent("publish", {}).key

    with ThreadPoolExecutor(count) as pool:
        assert len(set(pool.map(first, range(count)))) == 1


def test_an_error_tells_no_values(store: SqlStore) -> None:
    store.close()
    with store._database.writing() as connection:
        connection.exec_driver_sql("DROP TABLE data_keys")
    with pytest.raises(LedgerError, match="failed") as caught:
        store.save_data_key(1, 1, bytes(32), b"canary")
    assert "canary" not in f"{caught.value} {caught.value.__cause__}"
