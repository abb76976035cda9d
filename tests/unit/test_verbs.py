"""Verbs over in-memory twins: what they make of records, keys and receipts that aren't as they
should be.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.codes import ReasonCode
from ledger.errors import ConfigError, RecordError, RefusedError
from ledger.events import KeyRetired
from tests.unit.office import Scene, opened, two_homes
from tests.unit.story import HEALTH, START


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with two_homes(tmp_path) as made:
        yield made


def test_nothing_is_sealed_to_who_has_no_key(scene: Scene) -> None:
    labour, health = scene.labour, scene.health
    health.story.emit(KeyRetired, department=HEALTH, key_number=1)
    with pytest.raises(RefusedError, match="health has no encryption key to seal to"):
        labour.ledger.requests.refuse(2, reason=ReasonCode.OTHER, text="No.", grounds="Secret.")
    with pytest.raises(RefusedError, match="health has no encryption key to seal to"):
        health.ledger.queries.ask("labour/lookup", {"year": 2000})
    assert labour.chain.sent == health.chain.sent == []


def test_a_home_that_was_not_admitted_says_whom_to_turn_to(scene: Scene, tmp_path: Path) -> None:
    with opened(scene.labour.story, tmp_path, "newcomer") as office:
        with pytest.raises(ConfigError, match="no department 'newcomer' yet") as refused:
            office.ledger.inbox()
        assert "to be admitted" in str(refused.value.hint)


def test_a_transaction_that_did_something_else_is_no_success(scene: Scene) -> None:
    """What a node tells of a transaction, or a contract of another version did."""
    labour = scene.labour
    labour.chain.contracts = lambda *_: ()
    with pytest.raises(RecordError, match="0 DatasetRegistered events, expected 1"):
        labour.ledger.datasets.register("jobs", title="Jobs", description="All.")


def test_a_dataset_without_its_record_is_searched_by_its_name(scene: Scene) -> None:
    assert [one.dataset.name for one in scene.health.ledger.datasets.search("regist")] == [
        "labour/register"
    ]
    assert scene.health.ledger.datasets.search("jobs month register") == []


def test_who_gets_no_standing_keeps_its_own(scene: Scene) -> None:
    until = scene.labour.chain.head().timestamp
    counted = scene.labour.ledger.scorecards.count(
        since=START, until=until, standings={"health": 7}
    )
    assert {line.department: line.standing for line in counted} == {
        "agency": 0,
        "audit-office": 0,
        "department-5": 0,
        "health": 7,
        "labour": 0,
    }
