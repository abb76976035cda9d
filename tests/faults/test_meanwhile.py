"""What happens between a command that was broken off and its next run doesn't spoil either."""

from __future__ import annotations

import pytest

from ledger.codes import ReasonCode
from ledger.errors import RefusedError
from ledger.events import GrantState, TransferState
from ledger.models import Manifest
from tests.faults.breaking import Errand
from tests.faults.scenarios import (
    CONTENT,
    DATASET,
    approve,
    ask_again,
    check_published,
    content_of,
    publish,
    register,
    serve,
)
from tests.faults.stage import Outcome, Stage

OTHER = CONTENT[::-1]


def publishing(stage: Stage) -> Errand:
    return stage.errand("labour", "dataset", "publish", DATASET, "book.bin")


def fetching(stage: Stage, *, owner: str | None = None, what: str = DATASET) -> Errand:
    return stage.errand("health", "transfer", "fetch", what, "--out", "received.bin", owner=owner)


def kill_before(stage: Stage, errand: Errand, point: str, *, turn: int = 1) -> None:
    """Kill a command at a point of this name, the `turn`th of it."""
    before = stage.mark()
    points = stage.run(errand).points
    stage.back(before)
    places = [number for number, name in enumerate(points, start=1) if name == point]
    assert stage.run(errand, at=places[turn - 1]).killed


def require_done(outcome: Outcome) -> None:
    assert outcome.code == 0, outcome.output


NOTED = {"turn": 2}
"""The second time that the intent is saved: the payload is in IPFS, and its CID not noted."""


def test_a_payload_that_was_pinned_and_not_noted_is_not_kept(stage: Stage) -> None:
    register(stage)
    mark = stage.mark()
    kill_before(stage, publishing(stage), "store.intent.save", **NOTED)
    assert len(stage.pins() - mark.pins) == 1
    require_done(stage.run(publishing(stage)))
    check_published(stage, mark)


@pytest.mark.parametrize("point", ["ipfs.pinned", "ipfs.unpin", "ipfs.add_payload", "outbox.sign"])
def test_a_run_that_goes_on_after_a_crash_may_be_broken_off_too(stage: Stage, point: str) -> None:
    register(stage)
    mark = stage.mark()
    kill_before(stage, publishing(stage), "store.intent.save", **NOTED)
    kill_before(stage, publishing(stage), point)
    require_done(stage.run(publishing(stage)))
    check_published(stage, mark)
    stage.require_settled("labour")


def test_a_payload_that_was_lost_meanwhile_is_encrypted_again(stage: Stage) -> None:
    register(stage)
    mark = stage.mark()
    kill_before(stage, publishing(stage), "ipfs.put_block")
    (lost,) = stage.pins() - mark.pins
    stage.ipfs(f"pin/rm?arg={lost}")
    stage.ipfs("repo/gc")
    require_done(stage.run(publishing(stage)))
    check_published(stage, mark)


def test_a_file_that_was_written_again_meanwhile_is_the_same_publication(stage: Stage) -> None:
    register(stage)
    mark = stage.mark()
    kill_before(stage, publishing(stage), "chain.mined")
    (stage.work / "book.bin").unlink()
    (stage.work / "book.bin").write_bytes(CONTENT)
    require_done(stage.run(publishing(stage)))
    check_published(stage, mark)
    stage.require_settled("labour")


@pytest.mark.parametrize("point", ["ipfs.put_block", "outbox.sign", "chain.stored", "chain.mined"])
def test_a_file_that_changed_meanwhile_behind_its_beginning_is_another_publication(
    stage: Stage, point: str
) -> None:
    register(stage)
    pins = stage.pins()
    kill_before(stage, publishing(stage), point)
    changed = CONTENT[:-1] + bytes([CONTENT[-1] ^ 1])
    (stage.work / "book.bin").write_bytes(changed)
    signed = point in ("chain.stored", "chain.mined")
    expected = [CONTENT, changed] if signed else [changed]
    if point == "chain.stored":
        # What was signed is sent first, and takes the number.
        assert stage.run(publishing(stage)).code == 3
    require_done(stage.run(publishing(stage)))
    assert [content_of(stage, number + 1) for number in range(len(expected))] == expected
    (stage.work / "book.bin").write_bytes(CONTENT)
    if not signed:
        # The first publication goes on where it stopped; its number is another's by now.
        assert stage.run(publishing(stage)).code == 3
        expected.append(CONTENT)
    require_done(stage.run(publishing(stage)))
    assert [content_of(stage, number + 1) for number in range(len(expected))] == expected
    require_only_payloads_pinned(stage, pins)
    assert stage.notes("labour", "SELECT command FROM intents WHERE unfinished NOT NULL") == []


def require_only_payloads_pinned(stage: Stage, before: frozenset[str]) -> None:
    """Check that IPFS keeps the payloads of the versions, and no other."""
    with stage.ledger("labour") as labour:
        versions = labour.state().dataset(DATASET).versions.values()
        payloads = {
            labour.session.fetch_record(Manifest, version.manifest).payload.cid
            for version in versions
        }
    assert {pin for pin in stage.pins() - before if pin.startswith("bafybei")} == payloads


def test_a_version_broken_off_at_its_last_step_does_not_stand_in_for_a_later_one(
    stage: Stage,
) -> None:
    register(stage)
    kill_before(stage, publishing(stage), "store.intent.finish")
    require_done(stage.run(publishing(stage)))
    (stage.work / "book.bin").write_bytes(OTHER)
    require_done(stage.run(publishing(stage)))
    (stage.work / "book.bin").write_bytes(CONTENT)
    third = stage.run(publishing(stage))
    assert "labour/ledgerbook@3 is published" in third.output
    assert [content_of(stage, number) for number in (1, 2, 3)] == [CONTENT, OTHER, CONTENT]


@pytest.mark.parametrize("point", ["ipfs.put_block", "store.intent.save", "outbox.sign"])
def test_a_number_that_went_to_another_version_meanwhile_costs_that_one_nothing(
    stage: Stage, point: str
) -> None:
    register(stage)
    pins = stage.pins()
    kill_before(stage, publishing(stage), point, turn=3 if point == "store.intent.save" else 1)
    (stage.work / "book.bin").write_bytes(OTHER)
    require_done(stage.run(publishing(stage)))
    (stage.work / "book.bin").write_bytes(CONTENT)
    refused = stage.run(publishing(stage))
    assert refused.code == 3
    assert "another version was published meanwhile: run this again" in refused.output
    assert content_of(stage, 1) == OTHER
    require_done(stage.run(publishing(stage)))
    assert [content_of(stage, number) for number in (1, 2)] == [OTHER, CONTENT]
    require_only_payloads_pinned(stage, pins)
    stage.require_settled("labour")


def test_a_publication_goes_on_as_it_began_although_the_options_differ_now(stage: Stage) -> None:
    register(stage)
    mark = stage.mark()
    kill_before(stage, publishing(stage), "chain.mined")
    errand = stage.errand(
        "labour", "dataset", "publish", DATASET, "book.bin", "--media-type", "text/plain"
    )
    require_done(stage.run(errand))
    check_published(stage, mark)


def test_a_delivery_goes_on_under_its_grant_although_another_holds_now(stage: Stage) -> None:
    approve(stage)
    kill_before(stage, fetching(stage, owner="labour"), "chain.settled")
    with stage.ledger("labour") as labour:
        labour.grants.revoke(1, reason=ReasonCode.SECURITY, text="Asked for anew.")
    ask_again(stage)
    serve(stage)
    declined = stage.run(fetching(stage))
    assert declined.code == 3, declined.output
    with stage.ledger("health") as health:
        health.transfers.open(DATASET)
    serve(stage)
    require_done(
        stage.run(stage.errand("health", "transfer", "fetch", "2", "--out", "received.bin"))
    )
    assert (stage.work / "received.bin").read_bytes() == CONTENT
    with stage.ledger("health") as health:
        states = [transfer.state for transfer in health.state().transfers.values()]
        grants = [grant.state for grant in health.state().grants.values()]
    assert states == [TransferState.DECLINED, TransferState.ACKNOWLEDGED]
    assert grants == [GrantState.REVOKED, GrantState.ACTIVE]
    stage.require_settled("health")


def test_an_account_sends_on_after_it_was_killed_with_a_transaction_unsent(stage: Stage) -> None:
    publish(stage)
    (stage.work / "book.bin").write_bytes(OTHER)
    kill_before(stage, publishing(stage), "chain.sent")
    stage_of_other = stage.errand("labour", "dataset", "edit", DATASET, "--title", "The new book")
    require_done(stage.run(stage_of_other))
    require_done(stage.run(publishing(stage)))
    assert content_of(stage, 2) == OTHER
    stage.require_settled("labour")


SUSPEND = ("grant", "suspend", "1", "--reason", "security", "--text", "A leak is looked into.")


@pytest.mark.parametrize("point", ["chain.mined", "store.intent.finish"])
def test_a_grant_that_was_resumed_since_is_suspended_again(stage: Stage, point: str) -> None:
    approve(stage)
    kill_before(stage, stage.errand("labour", *SUSPEND), point)
    with stage.ledger("labour") as labour:
        labour.grants.resume(1)
    require_done(stage.run(stage.errand("labour", *SUSPEND)))
    with stage.ledger("labour") as labour:
        assert labour.state().grant(1).state is GrantState.SUSPENDED
        told = [type(event).__name__ for event in labour.state().grant(1).history]
    assert told[-3:] == ["GrantSuspended", "GrantResumed", "GrantSuspended"]
    stage.require_settled("labour")


@pytest.mark.parametrize("point", ["chain.mined", "store.intent.finish"])
def test_a_grant_of_which_others_made_use_since_is_not_suspended_twice(
    stage: Stage, point: str
) -> None:
    approve(stage)
    kill_before(stage, stage.errand("labour", *SUSPEND), point)
    with stage.ledger("health") as health, pytest.raises(RefusedError):
        health.transfers.open(DATASET)
    require_done(stage.run(stage.errand("labour", *SUSPEND)))
    with stage.ledger("labour") as labour:
        told = [type(event).__name__ for event in labour.state().grant(1).history]
    assert told.count("GrantSuspended") == 1
    stage.require_settled("labour")


def test_a_need_that_was_withdrawn_since_is_published_again(stage: Stage) -> None:
    publish_need = stage.errand(
        "health", "need", "publish", "--title", "Beds", "--description", "Beds by hospital.",
        "--purpose", "planning",
    )  # fmt: skip
    kill_before(stage, publish_need, "store.intent.finish")
    with stage.ledger("health") as health:
        health.needs.withdraw(1, reason=ReasonCode.NO_LONGER_NEEDED, text="Not now.")
    require_done(stage.run(publish_need))
    with stage.ledger("health") as health:
        needs = [(need.id, need.withdrawn) for need in health.state().needs.values()]
    assert needs == [(1, True), (2, False)]
    stage.require_settled("health")
