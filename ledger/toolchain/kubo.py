"""Kubo, the IPFS node: from PATH where its version fits, else built from the pinned Go module."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from ledger.toolchain.places import (
    LOCKS,
    Progress,
    cache_folder,
    install_once,
    lock_key,
    remove_tree,
)
from ledger.toolchain.running import answer, run
from ledger.toolchain.runtimes import go_environment, obtain_go

_LOCKS = ("kubo/go.mod", "kubo/go.sum")
_PACKAGE = "github.com/ipfs/kubo/cmd/ipfs"
_REQUIRED = re.compile(r"github\.com/ipfs/kubo v(\d+\.\d+)\.(\d+)")


def find_kubo() -> Path | None:
    """Return an `ipfs` of the pinned minor version, from PATH or built earlier, or None."""
    on_path = shutil.which("ipfs")
    if on_path:
        version = answer([on_path, "version", "--number"]) or ""
        if version.startswith(f"{_pinned()[0]}."):
            return Path(on_path).absolute()
    built = _folder() / "ipfs"
    return built if built.exists() else None


def obtain_kubo(progress: Progress) -> Path:
    """Return an `ipfs` of the pinned minor version, built now if need be.

    Raises:
        ToolchainError: it cannot be built.
    """
    found = find_kubo()
    if found:
        return found
    return install_once(_folder(), lambda partial: _build(partial, progress), progress) / "ipfs"


def _pinned() -> tuple[str, str]:
    match = _REQUIRED.search((LOCKS / "kubo" / "go.mod").read_text())
    assert match is not None  # noqa: S101 - it locks Kubo
    return match[1], match[2]


def _folder() -> Path:
    return cache_folder() / f"kubo-{lock_key(*_LOCKS)}"


def _build(partial: Path, progress: Progress) -> None:
    go_folder = cache_folder() / f"go-{lock_key(*_LOCKS)}"
    go = obtain_go(go_folder, progress)
    for name in _LOCKS:
        shutil.copy(LOCKS / name, partial)
    run(
        [go, "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", "ipfs", _PACKAGE],
        what=f"building Kubo {'.'.join(_pinned())} (once; 2 to 6 minutes on 2 cores)",
        hint="It is built from Go modules: check that Go reaches its module proxy (GOPROXY) and "
        "that 3 GB of disk are free, or put an ipfs of that version on PATH.",
        progress=progress,
        folder=partial,
        environment=go_environment(go_folder),
    )
    for name in _LOCKS:
        (partial / Path(name).name).unlink()
    # 1.4 GB that only a next version would use; after an interrupted build they are kept.
    remove_tree(go_folder)
