"""Snapshots of a test network, as files: whole or not at all, also after a crash in the middle."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

import pytest

from ledger.errors import DiskFull, InputError, NotFound
from ledger.testnet import snapshots
from ledger.testnet.snapshots import Layout


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout(folder=tmp_path / "testnet", parts=("chain", "ipfs", "deployment.json"))
    fill(made, "first")
    return made


def fill(layout: Layout, text: str, homes: tuple[str, ...] = ("agency", "labour")) -> None:
    for file in ("chain/db", "ipfs/blocks/x", "deployment.json"):
        write(layout.folder / file, text)
    for home in homes:
        write(layout.root / home / "ledger.db", text)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def everything(layout: Layout) -> dict[str, str]:
    return {
        str(path.relative_to(layout.root)): path.read_text()
        for path in sorted(layout.root.rglob("*"))
        if path.is_file() and "snapshots" not in path.parts
    }


def restore(layout: Layout, name: str, homes: tuple[str, ...]) -> None:
    snapshots.prepare(layout, name)
    assert snapshots.finish(layout, homes)


def test_a_restore_puts_chain_ipfs_and_homes_back_together(layout: Layout) -> None:
    before = everything(layout)
    snapshots.take(layout, ["agency", "labour"], "one")
    fill(layout, "second", ("agency", "labour", "health"))
    write(layout.folder / "chain" / "newer", "x")

    restore(layout, "one", ("agency", "labour", "health"))

    assert everything(layout) == before


def test_a_restore_leaves_the_snapshot_for_the_next_time(layout: Layout) -> None:
    snapshots.take(layout, ["agency", "labour"], "one")
    before = everything(layout)
    for _ in range(2):
        fill(layout, "later")
        restore(layout, "one", ("agency", "labour"))
        assert everything(layout) == before
    assert snapshots.names(layout) == ["one"]


def test_what_was_not_there_is_not_in_the_snapshot(layout: Layout) -> None:
    (layout.folder / "deployment.json").unlink()
    before = everything(layout)
    snapshots.take(layout, ["agency", "labour"], "one")
    write(layout.folder / "chain" / "db", "newer")
    restore(layout, "one", ("agency", "labour"))
    assert everything(layout) == before


def test_a_home_of_something_else_is_not_touched(layout: Layout) -> None:
    snapshots.take(layout, ["agency", "labour"], "one")
    write(layout.root / "elsewhere" / "config.toml", "mine")
    restore(layout, "one", ("agency", "labour"))
    assert (layout.root / "elsewhere" / "config.toml").read_text() == "mine"


def test_private_files_stay_private(layout: Layout) -> None:
    secret = layout.root / "labour" / "ledger.db"
    secret.chmod(0o600)
    snapshots.take(layout, ["labour"], "one")
    restore(layout, "one", ("labour",))
    assert secret.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("moves", range(6))
def test_a_restore_killed_in_the_middle_is_completed_later(
    layout: Layout, monkeypatch: pytest.MonkeyPatch, moves: int
) -> None:
    before = everything(layout)
    snapshots.take(layout, ["agency", "labour"], "one")
    fill(layout, "second", ("agency", "labour", "health"))
    snapshots.prepare(layout, "one")
    done = 0
    rename = Path.rename

    def killed(self: Path, target: Path) -> Path:
        nonlocal done
        if done == moves:
            raise KeyboardInterrupt
        done += 1
        return rename(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", killed)
        if moves < 5:
            with pytest.raises(KeyboardInterrupt):
                snapshots.finish(layout, ("agency", "labour", "health"))
    snapshots.finish(layout, ("agency", "labour", "health"))

    assert everything(layout) == before


def test_a_restore_that_never_got_ready_changes_nothing(layout: Layout) -> None:
    before = everything(layout)
    write(layout.folder / ".incoming" / "chain" / "db", "half a copy")
    assert not snapshots.finish(layout, ("agency", "labour"))
    assert everything(layout) == before


@pytest.mark.parametrize("failure", ["plain", "copytree"])
def test_a_full_disk_leaves_no_half_snapshot(
    layout: Layout, monkeypatch: pytest.MonkeyPatch, failure: str
) -> None:
    def full(*_: object, **__: object) -> None:
        error = OSError(errno.ENOSPC, "No space left on device")
        raise error if failure == "plain" else shutil.Error([("a", "b", str(error))])

    monkeypatch.setattr(shutil, "copytree", full)
    with pytest.raises(DiskFull):
        snapshots.take(layout, ["agency"], "one")
    assert snapshots.names(layout) == []
    assert list(layout.snapshots.iterdir()) == []


def test_another_failure_of_the_disk_is_not_called_full(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(shutil, "copytree", broken)
    with pytest.raises(OSError, match="Input/output"):
        snapshots.take(layout, ["agency"], "one")


def test_a_name_that_is_taken_is_refused(layout: Layout) -> None:
    snapshots.take(layout, [], "one")
    with pytest.raises(InputError, match="already"):
        snapshots.check_free(layout, "one")


@pytest.mark.parametrize("name", ["../up", ".hidden", "", "with space", "A"])
def test_a_name_that_could_leave_the_folder_is_refused(layout: Layout, name: str) -> None:
    with pytest.raises(InputError):
        snapshots.check_free(layout, name)
    with pytest.raises(NotFound):
        snapshots.check_exists(layout, name)


def test_an_unknown_snapshot_names_those_that_exist(layout: Layout) -> None:
    snapshots.take(layout, [], "one")
    with pytest.raises(NotFound, match="the snapshots are one"):
        snapshots.check_exists(layout, "two")
