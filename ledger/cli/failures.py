"""Every way in which a command can fail, as one line with a hint, or as one JSON document."""

from __future__ import annotations

import errno
import json
import os
import tempfile
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import typer

from ledger.codes import Labelled
from ledger.errors import ContractError, DiskFull, LedgerError, SpecificationBroken
from ledger.render import camel, coloured, plain, printable

INTERRUPTED: Final = 130
_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FULL: Final = "the disk is full"


@dataclass(frozen=True)
class Failure:
    """What the user is told: what was wrong, what to do next, and the exit code."""

    kind: str
    message: str
    hint: str | None
    exit_code: int
    lines: tuple[str, ...] = ()
    details: Mapping[str, object] = field(default_factory=dict)


def interrupted() -> Failure:
    """The failure of a command that SIGINT or SIGTERM ended."""
    hint = "run the same command again: it goes on where it stopped"
    return Failure("Interrupted", "interrupted", hint, INTERRUPTED)


def failure_of(error: Exception) -> Failure:
    """Turn whatever a command raised into what the user is told."""
    if isinstance(error, LedgerError):
        return _expected(error)
    if isinstance(error, typer.TyperException):
        return _usage(error)
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        where = f" at {error.filename}" if error.filename else ""
        what = "a file may not grow further (ulimit -f)" if error.errno == errno.EFBIG else _FULL
        hint = "free some space, then run the same command again"
        return _expected(DiskFull(f"{what}{where}", hint=hint))
    return _unexpected(error)


def report(failure: Failure, *, as_json: bool) -> int:
    """Tell the user, and return the exit code."""
    if as_json:
        typer.echo(json.dumps({"error": _document(failure)}, ensure_ascii=False))
        return failure.exit_code
    lines = [f"{coloured('error:', 'red')} {printable(failure.message)}"]
    lines += [f"  {printable(line)}" for line in failure.lines]
    if failure.hint:
        lines.append(f"{coloured('try:', 'cyan')} {printable(failure.hint)}")
    typer.echo("\n".join(lines), err=True)
    return failure.exit_code


def _document(failure: Failure) -> dict[str, object]:
    document: dict[str, object] = {
        "class": failure.kind,
        "message": failure.message,
        "hint": failure.hint,
        "exitCode": failure.exit_code,
    }
    return document | {camel(name): plain(value) for name, value in failure.details.items()}


def _expected(error: LedgerError) -> Failure:
    lines: tuple[str, ...] = ()
    details: dict[str, object] = {}
    if isinstance(error, SpecificationBroken):
        # The message names the first of them.
        lines = error.problems if len(error.problems) > 1 else ()
        details["problems"] = list(error.problems)
    if isinstance(error, ContractError):
        details["name"] = error.name
        details["arguments"] = error.arguments
    kind = type(error).__name__
    return Failure(kind, error.message, error.hint, error.exit_code, lines, details)


def _usage(error: typer.TyperException) -> Failure:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "ledger"
    return Failure("UsageError", _message(error), f"{command} --help", error.exit_code)


def _message(error: typer.TyperException) -> str:
    if isinstance(error, typer.BadParameter) and error.__cause__ is not None:
        # No `--help` loads these.
        from pydantic import ValidationError

        from ledger.recordmodel import entered_wrong

        if isinstance(error.__cause__, ValidationError):
            error.message = entered_wrong(error.__cause__)
    message = " ".join(error.format_message().split()).rstrip(".")
    what, listed, _ = message.partition(". Choose from: ")
    kind = getattr(getattr(error, "param", None), "type_descriptor", None)
    kind = getattr(kind, "annotation", None)
    if listed and isinstance(kind, type) and issubclass(kind, Labelled):
        # typer lists the numbers, which nobody can type.
        return f"{what}: expected one of {', '.join(member.label for member in kind)}"
    return message


def _unexpected(error: Exception) -> Failure:
    log = _write_log(error)
    where = f"the details are in {log}" if log else "the details could not be written to a file"
    message = f"something unexpected happened ({type(error).__name__}): {where}"
    return Failure("UnexpectedError", message, "report it with that file", LedgerError.exit_code)


def _write_log(error: Exception) -> Path | None:
    """Write the traceback, without the values of variables, for the user's eyes only."""
    text = "".join(traceback.format_exception(error, chain=True))
    name = f"error-{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}.log"
    for folder in (_root() / "logs", Path(tempfile.gettempdir())):
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = folder / name
            path.touch(mode=0o600, exist_ok=False)
            path.write_text(text)
        except OSError:
            continue
        return path
    return None


def _root() -> Path:
    from ledger.config import root

    return root()
