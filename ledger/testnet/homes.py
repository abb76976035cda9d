"""The homes of a test network's members: which they are, and where they find its nodes."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from ledger.config import Home
from ledger.errors import ConfigError, InputError


def members(root: Path, deployment: Path) -> list[Home]:
    """The homes in `root` that belong to the ledger of this deployment file, by name."""
    try:
        wanted = deployment.read_bytes()
    except FileNotFoundError:
        return []
    found = (_home(file.parent) for file in sorted(root.glob("*/config.toml")))
    return [home for home in found if home is not None and _deployment(home) == wanted]


def require_idle(homes: list[Home]) -> None:
    """Check that no agent works on files that are about to be replaced.

    Raises:
        InputError: one runs in one of the homes.
    """
    for home in homes:
        try:
            with home.agent_lock():
                pass
        except InputError as error:
            raise InputError(
                f"the agent of '{home.name}' runs: its files can't be replaced now",
                hint="stop it, and start it again afterwards",
            ) from error


def _home(path: Path) -> Home | None:
    # A home that can't be read is somebody's to mend, and no reason to fail here.
    with suppress(ConfigError):
        return Home.load(path)
    return None


def _deployment(home: Home) -> bytes | None:
    with suppress(OSError):
        return home.deployment.read_bytes()
    return None
