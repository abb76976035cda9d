"""The entry point of the command line: runs one command and exits with its code."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

import typer

from ledger.cli.app import app
from ledger.cli.failures import INTERRUPTED, failure_of, interrupted, report


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; exits with a code of design section 8."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if sys.stdout is None:
        _break_stdout()
    signal.signal(signal.SIGTERM, _interrupt)
    code = run(given)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _silence_stdout()
    sys.exit(code)


def run(given: list[str]) -> int:
    """Run one command; return the exit code."""
    as_json = "--json" in given
    try:
        code = app(args=given, prog_name="ledger", standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except BrokenPipeError:
        _silence_stdout()
        return 1
    except Exception as error:  # noqa: BLE001 - the one place where everything becomes a line
        return report(failure_of(error), as_json=as_json)
    if code == INTERRUPTED:
        return report(interrupted(), as_json=as_json)
    return code if isinstance(code, int) else 0


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    # As SIGINT does: context managers close what is open on the way out.
    raise KeyboardInterrupt


def _break_stdout() -> None:
    # Closed by the caller (`>&-`): as if whoever reads the output had left already.
    reader, writer = os.pipe()
    os.close(reader)
    os.dup2(writer, 1)
    sys.stdout = os.fdopen(1, "w")


def _silence_stdout() -> None:
    # Whoever read the output left; Python shall not complain when it flushes at the end.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
