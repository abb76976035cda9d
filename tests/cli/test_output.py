"""Tables and rows as people see them, on a terminal and off it, with what holds no more."""

from __future__ import annotations

import re
import time

import pytest

from ledger.cli.memberviews import KEY_COLUMNS, DepartmentRow, KeyRow, ResetRow
from ledger.cli.options import Settings
from ledger.cli.output import Output
from ledger.errors import NodeUnreachable
from ledger.events import AdminResetVetoed, Capability, KeyRetired
from ledger.provenance import Department, fold
from tests.unit.chapters import reset
from tests.unit.story import HEALTH, Story, account, country, suspend


def health(story: Story) -> Department:
    return fold(story.events).department("health")


@pytest.mark.parametrize("terminal", [True, False])
def test_a_table_is_drawn_on_a_terminal_and_plain_off_it(
    terminal: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal)
    story = country()
    rows = KeyRow.all_of(health(story), story.now)
    Output(Settings()).rows(rows, KEY_COLUMNS, empty="There is no key.")
    title, line = capsys.readouterr().out.splitlines()
    assert ("\x1b[1m" in title) == terminal
    title, line = (re.sub(r"\x1b\[[0-9;]*m", "", text) for text in (title, line))
    assert title.split() == ["Key", "State", "Used", "from", "SHA-256"]
    assert (line.split()[:3], rows[0].digest.hex() in line) == (["1", "in", "use"], True)


def test_times_are_told_by_this_clock_where_the_ledgers_is_away(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def away() -> float:
        raise NodeUnreachable("away")

    out = Output(Settings())
    out.clock = away
    out.show({}, out.when(int(time.time())))
    assert capsys.readouterr().out.endswith(" (now)\n")


def test_a_key_is_shown_with_what_it_is_for() -> None:
    story = country()
    story.publish_key(HEALTH, 2, delay=10)
    early = story.now
    story.pass_time(20)
    story.publish_key(HEALTH, 3)
    story.emit(KeyRetired, department=HEALTH, key_number=1)

    def states(now: int) -> list[str]:
        return [row.state for row in KeyRow.all_of(health(story), now)]

    assert states(early) == ["retired", "not yet in use", "not yet in use"]
    assert states(story.now) == ["retired", "replaced", "in use"]


def test_a_reset_is_shown_as_pending_in_effect_or_vetoed() -> None:
    story = country()
    announced = reset(story)

    def shown(now: int) -> list[tuple[str, str]]:
        return [(row.admin, row.state) for row in ResetRow.all_of(health(story), now)]

    assert shown(announced.effective_at - 1) == [(announced.admin, "pending")]
    assert shown(announced.effective_at) == [(announced.admin, "in effect")]
    vetoer = account(HEALTH, Capability.OFFICER)
    story.emit(AdminResetVetoed, department=HEALTH, admin=announced.admin, vetoer=vetoer)
    assert shown(announced.effective_at) == [(announced.admin, "vetoed")]


def test_a_member_that_is_suspended_or_new_is_shown_so() -> None:
    story = country()
    found = health(story)
    assert DepartmentRow.of(found, story.now).membership == "member"
    assert DepartmentRow.of(found, found.effective_at - 1).membership == "not yet a member"
    suspend(story, HEALTH)
    assert DepartmentRow.of(health(story), story.now).membership == "suspended"
