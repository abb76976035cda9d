"""The demo as a whole: the story comes to its end, and an interruption leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("demo")]

ROOT = Path(__file__).parents[2]


def start(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "examples.demo", "--folder", str(folder)],
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def left_running(folder: Path) -> list[str]:
    """The processes whose command or home is in a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            known = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in known and int(process.name) != os.getpid():
            found.append(known.replace(b"\0", b" ").decode(errors="replace")[:300])
    return found


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Where a whole demo took place, and what it printed."""
    folder = tmp_path_factory.mktemp("demo") / "parties"
    demo = start(folder)
    printed, _ = demo.communicate(timeout=280)
    assert demo.returncode == 0, printed
    return folder, printed


def test_the_requester_has_what_the_owner_published(told: tuple[Path, str]) -> None:
    folder, _ = told
    published = ROOT / "examples" / "data" / "us-employment.csv"
    assert (folder / "energy" / "employment.csv").read_bytes() == published.read_bytes()
    assert not (folder / "energy" / "again.csv").exists()


def test_the_story_ends_with_the_refused_attempt_and_what_to_try(told: tuple[Path, str]) -> None:
    _, printed = told
    timeline = printed.rpartition("ledger audit timeline labour/employment\n    When")[0]
    assert timeline
    last = printed[printed.index("The auditor closes the books") :]
    assert "energy is REFUSED labour/employment@1 (revoked)" in last
    assert "Everything is as it was recorded" in last
    assert "What to try next" in last
    assert "ledger testnet seed" in last


def test_the_closed_dataset_is_refused(told: tuple[Path, str]) -> None:
    assert "energy/electricity is closed" in told[1]


def test_without_a_terminal_there_is_no_colour(told: tuple[Path, str]) -> None:
    assert "\033[" not in told[1]


def test_nothing_runs_when_the_story_is_over(told: tuple[Path, str]) -> None:
    assert left_running(told[0]) == []


def test_no_passphrase_is_printed_or_in_another_home(told: tuple[Path, str]) -> None:
    folder, printed = told
    for party in folder.iterdir():
        secret = (party / "passphrase").read_text().strip()
        assert secret not in printed
        for file in folder.rglob("*"):
            if file.is_file() and file != party / "passphrase":
                assert secret.encode() not in file.read_bytes(), file


def test_a_terminated_demo_leaves_no_process(tmp_path: Path) -> None:
    demo = start(tmp_path / "parties")
    assert demo.stdout is not None
    # In the middle: the network runs, and commands of several parties at once.
    for line in demo.stdout:
        if "ledger init" in line:
            break
    demo.send_signal(signal.SIGTERM)
    printed, _ = demo.communicate(timeout=60)
    assert demo.returncode == 130
    assert "nothing is left running" in printed
    assert "Traceback" not in printed
    assert left_running(tmp_path / "parties") == []


def test_ctrl_c_at_the_terminal_while_the_agents_run_leaves_no_process(tmp_path: Path) -> None:
    demo = start(tmp_path / "parties")
    assert demo.stdout is not None
    for line in demo.stdout:
        if "ledger agent run" in line:
            break
    # A terminal signals the whole group, and people press twice.
    os.killpg(demo.pid, signal.SIGINT)
    time.sleep(0.3)
    os.killpg(demo.pid, signal.SIGINT)
    printed, _ = demo.communicate(timeout=60)
    assert demo.returncode == 130
    assert "Traceback" not in printed
    assert left_running(tmp_path / "parties") == []


def test_two_demos_in_one_folder_do_not_mix(tmp_path: Path) -> None:
    first = start(tmp_path / "parties")
    assert first.stdout is not None
    first.stdout.readline()
    first.stdout.readline()
    second = start(tmp_path / "parties")
    printed, _ = second.communicate(timeout=60)
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=60)
    assert second.returncode == 2
    assert "another demo runs" in printed
