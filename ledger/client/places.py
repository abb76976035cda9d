"""Where a delivery goes: checked before anything is asked for, so that none is opened in vain."""

from __future__ import annotations

import errno
import tempfile
from pathlib import Path

from ledger.errors import InputError
from ledger.models import Manifest
from ledger.ports import Intent


def require_absent(target: Path, intent: Intent) -> None:
    """Check that a command that begins doesn't write over a file.

    Raises:
        InputError: there is a file of this name.
    """
    if target.exists() and not intent.state:
        raise InputError(
            f"{str(target)!r} exists already",
            hint="choose another name with --out, or move the file away",
        )


def require_writable(out: Path) -> None:
    """Check, before anything is asked for, that a file can be made at `out` or in that folder.

    Raises:
        InputError: none can.
    """
    if str(out) == "-":
        raise InputError("a delivery can't go to stdout", hint="name a file or a folder with --out")
    try:
        place = out.absolute()
        above = place if place.is_dir() else next(one for one in place.parents if one.exists())
        with tempfile.TemporaryFile(dir=above):
            pass
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise InputError(
            f"{str(out)!r} can't be written: {error.strerror}",
            hint="choose another place with --out",
        ) from error


def target_of(out: Path, manifest: Manifest) -> Path:
    """The file that a delivery goes to: `out`, or the manifest's name in the folder `out`."""
    return out / (manifest.name or manifest.kind.label) if out.is_dir() else out
