"""Where a passphrase comes from: a prompt, a descriptor or a file; never argv or environment."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ledger.errors import ConfigError, InputError
from ledger.files import read_private

_MAX_BYTES: Final = 4096


@dataclass(frozen=True, slots=True)
class Passphrase:
    """A passphrase that no `repr`, and so no log or traceback, shows."""

    value: str = field(repr=False)

    def __post_init__(self) -> None:
        if not self.value:
            raise InputError("the passphrase is empty", hint="give one of at least one character")


class AskOnce:
    """A source that is asked when a passphrase is first needed, and not again."""

    def __init__(self, ask: Callable[[], Passphrase]) -> None:
        self._ask = ask
        self._given: Passphrase | None = None

    def __call__(self) -> Passphrase:
        """Return the passphrase.

        Raises:
            InputError: there is none.
        """
        if self._given is None:
            self._given = self._ask()
        return self._given


def passphrase_from_prompt(label: str, *, twice: bool = False) -> Passphrase:
    """Ask at the terminal, without echo; `twice` for a new one.

    Raises:
        InputError: there is no terminal, nothing was typed, or two different ones.
    """
    if not sys.stdin.isatty():
        raise InputError(
            "a passphrase is needed and there is no terminal to ask at",
            hint="use --passphrase-file or --passphrase-fd",
        )
    first = Passphrase(getpass.getpass(f"{label}: "))
    if twice and getpass.getpass(f"{label}, again: ") != first.value:
        raise InputError("the two passphrases differ", hint="type the same one twice")
    return first


def passphrase_from_descriptor(descriptor: int) -> Passphrase:
    """Read the first line of an open file descriptor, which is then closed.

    Raises:
        InputError: it cannot be read, or holds no passphrase.
    """
    try:
        with os.fdopen(descriptor, "rb") as file:
            data = file.readline(_MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise InputError(
            f"file descriptor {descriptor} cannot be read",
            hint="open it in the shell, for example: --passphrase-fd 3 3<file",
        ) from error
    return _first_line(data, f"file descriptor {descriptor}")


def passphrase_from_file(path: Path) -> Passphrase:
    """Read the first line of a file that others may not read.

    Raises:
        ConfigError: it is missing, or open to other users.
        InputError: it holds no passphrase.
    """
    data = read_private(
        path, limit_bytes=_MAX_BYTES, missing_hint="correct the path of the passphrase file"
    )
    return _first_line(data, f"the file {path.name}")


def _first_line(data: bytes, source: str) -> Passphrase:
    if len(data) > _MAX_BYTES:
        raise InputError(f"the passphrase in {source} is longer than {_MAX_BYTES:,} bytes")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        # Without the cause: it would carry the bytes into a traceback.
        raise ConfigError(f"the passphrase in {source} is not UTF-8") from None
    line = text.split("\n", 1)[0].removesuffix("\r")
    if not line:
        raise InputError(f"there is no passphrase in {source}: its first line is empty")
    return Passphrase(line)
