"""Copies of a stopped test network: chain, IPFS and homes kept and put back together.

Only files are handled here; whoever calls has stopped the processes and holds the lock.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ledger.errors import DiskFull, InputError, NotFound
from ledger.identifiers import parse_code, shown

HOMES: Final = "homes"
_INCOMING: Final = ".incoming"
_READY: Final = ".ready"


@dataclass(frozen=True)
class Layout:
    """What belongs to one test network: parts in its own folder, and homes beside it."""

    folder: Path
    parts: tuple[str, ...]
    """Names of files and folders inside `folder`."""

    @property
    def root(self) -> Path:
        """The folder that holds the homes."""
        return self.folder.parent

    @property
    def snapshots(self) -> Path:
        """Where snapshots are kept, one folder each."""
        return self.folder / "snapshots"


def names(layout: Layout) -> list[str]:
    """The snapshots that exist, in alphabetical order."""
    if not layout.snapshots.is_dir():
        return []
    return sorted(
        entry.name for entry in layout.snapshots.iterdir() if not entry.name.startswith(".")
    )


def check_free(layout: Layout, name: str) -> None:
    """Check that a snapshot can be taken under this name, before anything is stopped.

    Raises:
        InputError: the name is taken, or is not 1 to 32 of a-z, 0-9 and '-'.
    """
    parse_code(name)
    if name in names(layout):
        raise InputError(
            f"there is a snapshot {shown(name)} already", hint="choose another name for this one"
        )


def check_exists(layout: Layout, name: str) -> None:
    """Check that a snapshot exists, before anything is stopped.

    Raises:
        NotFound: there is none of this name.
    """
    if name not in names(layout):
        known = ", ".join(names(layout)) or "none yet"
        raise NotFound(f"there is no snapshot {shown(name)}: the snapshots are {known}")


def take(layout: Layout, homes: Iterable[str], name: str) -> None:
    """Copy everything into a snapshot; it appears whole, under its name, or not at all.

    Raises:
        DiskFull: no space is left; nothing is kept.
    """
    partial = layout.snapshots / f".{name}"
    _remove(partial)
    with _disk_checked(), _removed_on_failure(partial):
        (partial / HOMES).mkdir(parents=True)
        for part in layout.parts:
            _copy(layout.folder / part, partial / part)
        for home in homes:
            _copy(layout.root / home, partial / HOMES / home)
        partial.rename(layout.snapshots / name)


def prepare(layout: Layout, name: str) -> None:
    """Copy a snapshot beside what it will replace; from here on `finish` completes a restore.

    Raises:
        DiskFull: no space is left; nothing was changed.
    """
    incoming = layout.folder / _INCOMING
    _remove(incoming)
    with _disk_checked(), _removed_on_failure(incoming):
        _copy(layout.snapshots / name, incoming)
        homes = sorted(home.name for home in (incoming / HOMES).iterdir())
        (incoming / ".names").write_text("\n".join(homes))
        # The point of no return: with this file in place an interrupted restore is completed.
        (incoming / ".names").rename(incoming / _READY)


def finish(layout: Layout, homes: Iterable[str]) -> bool:
    """Complete a prepared restore, also after a crash in the middle; tell whether there was one.

    `homes` are the ones of today: those that the snapshot lacks are removed.
    """
    incoming = layout.folder / _INCOMING
    if not (incoming / _READY).exists():
        _remove(incoming)
        return False
    recorded = (incoming / _READY).read_text().splitlines()
    # The recorded ones are left to the moves: after a crash some of them are back already.
    remove_all(layout.root / home for home in homes if home not in recorded)
    for source, target in _moves(layout, incoming):
        _remove(target)
        source.rename(target)
    (incoming / _READY).unlink()
    _remove(incoming)
    return True


def remove_all(paths: Iterable[Path]) -> None:
    """Remove files and folders; what is gone already is no error."""
    for path in paths:
        _remove(path)


def _moves(layout: Layout, incoming: Path) -> Iterator[tuple[Path, Path]]:
    for part in layout.parts:
        if (incoming / part).exists():
            yield incoming / part, layout.folder / part
    for home in sorted((incoming / HOMES).iterdir()):
        yield home, layout.root / home.name


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True)
    elif source.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def _removed_on_failure(path: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        shutil.rmtree(path, ignore_errors=True)
        raise


@contextmanager
def _disk_checked() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if _is_full(error):
            raise DiskFull(
                "the disk is full: the snapshot was not copied", hint="free some space, run again"
            ) from error
        raise


def _is_full(error: OSError) -> bool:
    # copytree collects its errors as texts inside one shutil.Error, without their numbers.
    return error.errno in (errno.ENOSPC, errno.EDQUOT) or (
        isinstance(error, shutil.Error) and os.strerror(errno.ENOSPC) in str(error)
    )
