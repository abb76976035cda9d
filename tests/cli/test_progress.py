"""Progress shows itself on a terminal, and only when work takes long."""

from __future__ import annotations

import io
import threading

import pytest

from ledger.cli import progress
from ledger.cli.context import Invocation
from ledger.cli.options import Settings
from ledger.cli.progress import TerminalProgress
from ledger.silence import Silence


def terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """A terminal as stderr; not a fixture, as pytest replaces stderr after those are made."""
    shown = io.StringIO()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr("sys.stderr", shown)
    monkeypatch.setattr(shown, "isatty", lambda: True)
    return shown


def test_short_work_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = terminal(monkeypatch)
    with TerminalProgress() as shown:
        task = shown.start("hashing", 100)
        task.advance(100)
        task.done()
    assert "hashing" not in stderr.getvalue()


@pytest.mark.parametrize(("total", "told"), [(4_096, "2.0 KiB of 4.0 KiB"), (None, "2,048")])
def test_long_work_shows_a_bar_with_what_is_done(
    total: int | None, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stderr = terminal(monkeypatch)
    begun = threading.Event()
    monkeypatch.setattr(progress, "_PATIENCE_S", 0.0)
    with TerminalProgress() as shown:
        start = shown._bars.start
        monkeypatch.setattr(shown._timer, "function", lambda: (start(), begun.set()))
        task = shown.start("checking [records]", total)
        assert begun.wait(10)
        task.advance(1_024)
        task.advance(1_024)
        shown._bars.refresh()
        task.done()
    assert "checking [records]" in stderr.getvalue()
    assert told in stderr.getvalue()


def test_several_lines_of_work_share_one_display(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal(monkeypatch)
    monkeypatch.setattr(progress, "_PATIENCE_S", 60.0)
    with TerminalProgress() as shown:
        first, second = shown.start("hashing", 100), shown.start("encrypting", 100)
        assert [task.description for task in shown._bars.tasks] == ["hashing", "encrypting"]
        first.done()
        assert [task.description for task in shown._bars.tasks] == ["encrypting"]
        second.done()


@pytest.mark.parametrize("settings", [Settings(json=True), Settings(quiet=True), Settings()])
def test_off_a_terminal_in_json_and_when_quiet_there_are_no_bars(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    stderr = terminal(monkeypatch)
    if settings == Settings():
        monkeypatch.setattr(stderr, "isatty", lambda: False)
    with Invocation(settings) as cli:
        assert isinstance(cli.progress, Silence)
        task = cli.progress.start("hashing", None)
        task.advance(1)
        task.done()
    assert stderr.getvalue() == ""


def test_on_a_terminal_there_are_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal(monkeypatch)
    with Invocation(Settings()) as cli:
        assert isinstance(cli.progress, TerminalProgress)
