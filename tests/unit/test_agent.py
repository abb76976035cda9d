"""A round of the agent over in-memory twins: what can't be released, and what it says of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from ledger.agent import Agent, Round
from ledger.errors import ContractError, NodeUnreachable
from ledger.events import Event, KeyRetired, TransferDeclined
from ledger.ports import Block, Restoration, Wrap
from tests.unit.chapters import activated
from tests.unit.chapters import service as service_of
from tests.unit.office import Office, opened
from tests.unit.story import EMPLOYMENT, HEALTH, Story, country


@pytest.fixture
def labour(tmp_path: Path) -> Iterator[Office]:
    """Labour's home, which has no data key of the version that the country begins with."""
    with opened(country(), tmp_path) as office:
        yield office


def round_of(office: Office) -> tuple[Round, list[tuple[str, dict[str, object]]]]:
    """What one round of the agent did, and what it reported."""
    told: list[tuple[str, dict[str, object]]] = []
    agent = Agent(office.session, lambda event, **more: told.append((event, more)))
    return agent.step(), told


def refused_as(
    name: str, meanwhile: Callable[..., Sequence[Event]]
) -> Callable[..., Sequence[Event]]:
    """Contracts that refuse every release."""

    def contracts(function: str, *arguments: Any) -> Sequence[Event]:
        if function == "release":
            raise ContractError(f"refused: {name}", name=name)
        return meanwhile(function, *arguments)

    return contracts


def whole(story: Story) -> None:
    story.open(activated(story))


def derived(story: Story) -> None:
    story.open(activated(story, all_fields=False))


@pytest.mark.parametrize("ask", [whole, derived])
def test_what_this_home_has_no_key_of_waits_for_a_backup(
    labour: Office, ask: Callable[[Story], None]
) -> None:
    ask(labour.story)
    done, told = round_of(labour)
    assert (done.released, done.declined, done.waiting) == (0, 0, 1)
    assert told == [("not released", {"transfer": 1, "reason": "its data key is not here"})]
    assert labour.chain.sent == []


def test_a_node_that_answers_again_is_reported_once(labour: Office) -> None:
    away = [True, True, False]
    head, stop = labour.chain.head, threading.Event()

    def answering() -> Block:
        if away and away.pop(0):
            raise NodeUnreachable("no chain node answers")
        return head()

    labour.chain.head = answering  # type: ignore[method-assign]
    told: list[str] = []
    rounds: list[Round] = []

    def on_round(done: Round) -> None:
        rounds.append(done)
        if len(rounds) == 2:
            stop.set()

    agent = Agent(labour.session, lambda event, **_: told.append(event))
    agent.run(stop, poll_s=0.001, on_round=on_round)
    assert told == ["waiting", "waiting", "working again"]


def test_a_receiver_without_a_key_is_waited_for(labour: Office) -> None:
    version = labour.session.state().datasets[EMPLOYMENT].version(1)
    labour.store.save_data_key(EMPLOYMENT, 1, version.manifest, labour.sealed(1))
    whole(labour.story)
    labour.story.emit(KeyRetired, department=HEALTH, key_number=1)
    done, told = round_of(labour)
    assert (done.released, done.declined, done.waiting) == (0, 0, 1)
    why = "the receiver has no encryption key"
    assert told == [("not released", {"transfer": 1, "reason": why})]
    assert labour.store.wrap(1, 0) is None


def test_a_release_that_a_crash_broke_off_and_the_grant_outlived_not_is_declined(
    labour: Office,
) -> None:
    story = labour.story
    transfer = story.open(activated(story))
    kept = Wrap(1, 0, 1, b"wrapped before the crash", published=False)
    labour.store.save_wrap(kept)

    def declined(function: str, *arguments: Any) -> Sequence[Event]:
        return [story.because(TransferDeclined, transfer)]

    labour.chain.contracts = refused_as("GrantDoesNotHold", declined)
    done, _ = round_of(labour)
    assert (done.released, done.declined, done.waiting) == (0, 1, 0)
    assert [sent.function for sent in labour.chain.sent] == ["decline"]
    # No second wrap was made, and the first is not in IPFS.
    assert labour.store.wrap(1, 0) == kept
    assert kept.wrapped not in labour.ipfs.content.values()


def test_only_a_version_s_key_can_be_lost_with_the_home_before(labour: Office) -> None:
    story = labour.story
    story.query(service_of(story, consent_needed=False))
    labour.store.backups().note_restored(
        Restoration(generation=1, created_at=1, restored_at=2, block=story.block), {}
    )
    done, told = round_of(labour)
    assert (done.declined, done.waiting) == (0, 1)
    assert [event for event, _ in told] == ["not released"]
    whole(story)
    labour.chain.contracts = lambda *_: [story.because(TransferDeclined, story.events[-1])]
    assert round_of(labour)[0].declined == 1
