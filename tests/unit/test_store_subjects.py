"""What a store keeps of subjects: enrolled keys, links of consents, orders to hide."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.ports import Hiding
from ledger.store import SqlStore

ONE, TWO = bytes([1]) * 32, bytes([2]) * 32


@pytest.fixture
def store(location: str) -> Iterator[SqlStore]:
    opened = SqlStore.open(location)
    yield opened
    opened.close()


def test_an_enrolment_is_found_replaced_and_forgotten(store: SqlStore) -> None:
    subjects = store.subjects()
    assert subjects.enrolment(ONE) is None
    subjects.save_enrolment(ONE, b"sealed 1")
    subjects.save_enrolment(TWO, b"sealed 2")
    subjects.save_enrolment(ONE, b"sealed anew")
    assert subjects.enrolments() == [(ONE, b"sealed anew"), (TWO, b"sealed 2")]
    subjects.forget_enrolment(ONE)
    assert (subjects.enrolment(ONE), subjects.enrolment(TWO)) == (None, b"sealed 2")


def test_all_are_sealed_anew_or_none(store: SqlStore) -> None:
    subjects = store.subjects()
    subjects.save_enrolment(ONE, b"1")
    subjects.save_enrolment(TWO, b"2")
    # An index may become what another one was.
    assert subjects.reseal(lambda i, s: (TWO if i == ONE else ONE, s + b"!")) == 2
    assert subjects.enrolments() == [(ONE, b"2!"), (TWO, b"1!")]

    def failing(index: bytes, sealed: bytes) -> tuple[bytes, bytes]:
        if index == TWO:
            raise ValueError
        return index, sealed + b"?"

    with pytest.raises(ValueError):  # noqa: PT011 - the test's own
        subjects.reseal(failing)
    assert subjects.enrolments() == [(ONE, b"2!"), (TWO, b"1!")]


def test_a_link_is_kept_by_its_consent(store: SqlStore) -> None:
    subjects = store.subjects()
    assert subjects.link(3) is None
    for link in (ONE, TWO, TWO):
        subjects.save_link(3, link)
    assert (subjects.link(3), subjects.link(4)) == (TWO, None)


def test_an_order_to_hide_is_kept_by_its_grant(store: SqlStore) -> None:
    subjects, order = store.subjects(), Hiding(7, 1_800_000_000, 91, ONE)
    subjects.save_hiding(Hiding(7, 1_700_000_000, 90, TWO))
    subjects.save_hiding(order)
    assert (subjects.hiding(7), subjects.hiding(8)) == (order, None)
    subjects.end_hiding(7)
    assert subjects.hiding(7) is None


def test_another_store_has_the_same_after_a_backup(store: SqlStore, tmp_path: Path) -> None:
    store.subjects().save_enrolment(ONE, b"sealed 1")
    store.subjects().save_link(3, TWO)
    store.subjects().save_hiding(Hiding(7, 1_800_000_000, 91, ONE))
    other = SqlStore.open(tmp_path / "other.db")
    other.backups().fill(store.backups().contents())
    found = other.subjects()
    assert (found.enrolment(ONE), found.link(3)) == (b"sealed 1", TWO)
    assert found.hiding(7) == store.subjects().hiding(7)
    other.close()
