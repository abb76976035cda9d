"""Whether something happened since to what a transaction was about."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from ledger.client.continuing import followed
from ledger.events import (
    AccountRemoved,
    Capability,
    DepartmentReinstated,
    Event,
    FindingPublished,
    GrantResumed,
    GrantSuspended,
    TransferDisputed,
    VersionWithdrawn,
)
from tests.unit.chapters import REASON, activated, delivered
from tests.unit.story import (
    EMPLOYMENT,
    HEALTH,
    LABOUR,
    Story,
    account,
    country,
    of,
    suspend,
    withdraw_version,
)

Deed = Callable[[Story], Event]


def suspended(story: Story) -> Event:
    return story.because(GrantSuspended, activated(story))


def resumed(story: Story) -> Event:
    grant = next(event for event in reversed(story.events) if isinstance(event, GrantSuspended))
    return story.emit(GrantResumed, **of(grant))


def disputed(story: Story) -> Event:
    return story.because(TransferDisputed, delivered(story))


def released_again(story: Story) -> Event:
    dispute = story.events[-1]
    assert isinstance(dispute, TransferDisputed)
    return story.release(dispute)


def withdrawn(story: Story) -> Event:
    withdraw_version(story)
    return next(one for one in reversed(story.events) if isinstance(one, VersionWithdrawn))


def published(story: Story) -> Event:
    return story.publish(EMPLOYMENT, 2)


def department_suspended(story: Story) -> Event:
    suspend(story, HEALTH)
    return story.events[-1]


def department_reinstated(story: Story) -> Event:
    return story.emit(DepartmentReinstated, department=HEALTH, **REASON)


def account_added(story: Story) -> Event:
    story.add_account(LABOUR, Capability.OFFICER)
    return story.events[-1]


def account_removed(story: Story) -> Event:
    return story.emit(
        AccountRemoved, department=LABOUR, account=account(LABOUR, Capability.OFFICER)
    )


def another_account_added(story: Story) -> Event:
    story.add_account(LABOUR, Capability.AGENT)
    return story.events[-1]


def another_grant(story: Story) -> Event:
    return activated(story)


def found_about(story: Story) -> Event:
    return story.emit(FindingPublished, department=LABOUR, finder=1, **REASON)


def is_followed(deed: Deed, *after: Deed) -> bool:
    story = country()
    event = deed(story)
    for later in after:
        later(story)

    def events(first: int) -> list[Event]:
        return [one for one in story.events if one.at.block_number >= first]

    chain: Any = SimpleNamespace(events=events)
    block = SimpleNamespace(number=event.at.block_number)
    receipt: Any = SimpleNamespace(events=(event,), block=block)
    return followed(chain, receipt)


@pytest.mark.parametrize(
    ("deed", "undone"),
    [
        (suspended, resumed),
        (disputed, released_again),
        (department_suspended, department_reinstated),
        (account_added, account_removed),
    ],
)
def test_what_was_undone_is_asked_for_anew(deed: Deed, undone: Deed) -> None:
    assert not is_followed(deed)
    assert is_followed(deed, undone)


@pytest.mark.parametrize(
    ("deed", "other"),
    [
        (suspended, another_grant),
        (withdrawn, published),
        (account_added, another_account_added),
        (department_suspended, found_about),
    ],
)
def test_what_happened_to_something_else_changes_nothing(deed: Deed, other: Deed) -> None:
    assert not is_followed(deed, other)
