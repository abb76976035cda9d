"""Where locks are read and programs are kept: the one cache folder, its keys, its file locks."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ledger.errors import ToolchainError

LOCKS = Path(__file__).parent / "locks"

Progress = Callable[[str], None]
"""Told one short sentence at each step that takes long, and again while it goes on."""


def cache_folder() -> Path:
    """Return the one folder outside a checkout that this package writes programs to.

    Source: XDG Base Directory Specification, `XDG_CACHE_HOME`.
    """
    base = os.environ.get("XDG_CACHE_HOME", "")
    # The specification has relative paths ignored.
    root = Path(base) if base.startswith("/") else Path.home() / ".cache"
    return root / "sharing-ledger"


def lock_key(*names: str) -> str:
    """Return 16 hex digits that change with the named lock files and with the kind of machine."""
    digest = hashlib.sha256(f"{platform.system()} {platform.machine()}".encode())
    for name in names:
        content = (LOCKS / name).read_bytes()
        digest.update(f"\n{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:16]


def install_once(target: Path, install: Callable[[Path], None], progress: Progress) -> Path:
    """Have `install` fill an empty folder that then becomes `target`, complete or not at all.

    Safe when several processes ask for the same target: one installs, the others wait.

    Raises:
        ToolchainError: the cache folder cannot be written.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _turn(target, progress):
            if not target.exists():
                _install(target, install)
    except OSError as error:
        raise ToolchainError(
            f"cannot write the cache folder {target.parent}: {error.strerror or error}",
            hint="Set XDG_CACHE_HOME to a folder with 3 GB of free space that you may write.",
        ) from error
    return target


def _install(target: Path, install: Callable[[Path], None]) -> None:
    for leftover in target.parent.glob(f"{target.name}.partial-*"):
        remove_tree(leftover)
    # A fresh name each time: the child of a killed run may still be writing to its own folder.
    partial = Path(tempfile.mkdtemp(prefix=f"{target.name}.partial-", dir=target.parent))
    try:
        install(partial)
        partial.chmod(0o755)
        partial.rename(target)
    finally:
        remove_tree(partial)


@contextmanager
def _turn(target: Path, progress: Progress) -> Iterator[None]:
    lock = FileLock(target.with_name(f"{target.name}.lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        progress(f"waiting for another process that installs {target.name}")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def remove_tree(folder: Path) -> None:
    """Remove a folder if it is there; what cannot be removed stays."""
    shutil.rmtree(folder, ignore_errors=True)
