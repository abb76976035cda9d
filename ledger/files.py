"""Files that only their owner may read, written whole or not at all; for adapters and verbs."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from ledger.errors import ConfigError, DiskFull, InputError
from ledger.identifiers import shown

_OTHERS = 0o077


def write_private(path: Path, data: bytes, *, replace: bool) -> None:
    """Write a file of mode 0600 durably; after a crash there is the old one or the new one.

    Raises:
        InputError: it exists and may not be replaced, or cannot be written.
        DiskFull: no space is left.
    """
    partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        try:
            _write(partial, data)
            if replace:
                partial.replace(path)
            else:
                # A link, unlike a rename, fails where something is already there.
                path.hardlink_to(partial)
        finally:
            partial.unlink(missing_ok=True)
        sync_folder(path.parent)
    except FileExistsError as error:
        raise _exists(path) from error
    except OSError as error:
        raise cannot(error, f"{shown(str(path))} cannot be written") from error


def stream_private(path: Path, chunks: Iterable[bytes]) -> int:
    """Write a large file of mode 0600 durably, whole or not at all; return its size in bytes.

    What the source of `chunks` raises passes through. Two writers of one path disturb each other.

    Raises:
        InputError: it exists already, or cannot be written.
        DiskFull: no space is left.
    """
    partial = path.with_name(f".{path.name}.part")
    try:
        # What a crash left of an earlier run.
        partial.unlink(missing_ok=True)
        try:
            with open(partial, "xb", opener=_private) as file:
                for chunk in chunks:
                    file.write(chunk)
                size = file.tell()
                file.flush()
                os.fsync(file.fileno())
            if path.exists():
                raise FileExistsError
            partial.rename(path)
        finally:
            partial.unlink(missing_ok=True)
        sync_folder(path.parent)
    except FileExistsError as error:
        raise _exists(path) from error
    except OSError as error:
        raise cannot(error, f"{shown(str(path))} cannot be written") from error
    return size


def read_private(path: Path, *, limit_bytes: int, missing_hint: str) -> bytes:
    """Read a small file that others may not read.

    Raises:
        ConfigError: it is missing, too large, unreadable, or open to others.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(limit_bytes + 1)
    except FileNotFoundError as error:
        raise ConfigError(f"there is no file {shown(str(path))}", hint=missing_hint) from error
    except OSError as error:
        raise ConfigError(f"{shown(str(path))} cannot be read: {error.strerror}") from error
    if mode & _OTHERS:
        raise ConfigError(
            f"{shown(str(path))} is open to other users (mode {mode & 0o777:04o}), expected 0600",
            hint=f"chmod 600 {path}",
        )
    if len(data) > limit_bytes:
        raise ConfigError(f"{shown(str(path))} is larger than {limit_bytes:,} bytes")
    return data


def make_private_folder(path: Path) -> None:
    """Make a folder of mode 0700, with its parents; an existing one stays as it is.

    Raises:
        InputError: it cannot be made.
        DiskFull: no space is left.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.mkdir(exist_ok=True, mode=0o700)
    except OSError as error:
        raise cannot(error, f"the folder {shown(str(path))} cannot be made") from error


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def cannot(error: OSError, what: str) -> DiskFull | InputError:
    """The ledger's error for an `OSError` of writing."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(f"{what}: no space is left", hint="free some space, then run it again")
    return InputError(f"{what}: {error.strerror}")


def _exists(path: Path) -> InputError:
    return InputError(
        f"{shown(str(path))} exists already", hint="choose another name, or move it away"
    )


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _write(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
