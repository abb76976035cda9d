"""Running a program to its end: signs of life, its output in the error, nothing left running."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from ledger.errors import ToolchainError
from ledger.toolchain.places import Progress

_SIGN_OF_LIFE_S = 15
_TAIL_LINES = 12


def run(
    command: Sequence[str | Path],
    *,
    what: str,
    hint: str,
    progress: Progress,
    folder: Path,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Run a program to its end and report every 15 s that it still runs.

    Raises:
        ToolchainError: it does not start, or fails; the message carries its last lines.
    """
    progress(what)
    with tempfile.TemporaryFile() as output:
        try:
            process = subprocess.Popen(
                [str(part) for part in command],
                cwd=folder,
                env=dict(environment) if environment is not None else None,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            message = f"{what}: {command[0]} does not start ({error.strerror})"
            raise ToolchainError(message, hint=hint) from error
        try:
            _wait(process, what, progress)
        finally:
            # Also after Ctrl-C: the program has its own session, so nobody else would end it.
            _end_session(process)
        if process.returncode != 0:
            output.seek(0)
            failure = f"{Path(command[0]).name} failed ({process.returncode})"
            raise ToolchainError(f"{what}: {failure}:\n{_tail(output.read())}", hint=hint)


def _wait(process: subprocess.Popen[bytes], what: str, progress: Progress) -> None:
    began = time.monotonic()
    while True:
        try:
            process.wait(timeout=_SIGN_OF_LIFE_S)
        except subprocess.TimeoutExpired:
            progress(f"{what}: {time.monotonic() - began:.0f} s")
        else:
            return


def _tail(output: bytes) -> str:
    lines = output.decode(errors="replace").strip().splitlines()[-_TAIL_LINES:]
    # Addresses of private package indexes may carry a password.
    return re.sub(r"://[^/\s]*@", "://***@", "\n".join(lines))


def _end_session(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def answer(
    command: Sequence[str | Path], environment: Mapping[str, str] | None = None
) -> str | None:
    """Return what a short command prints, or None where it is missing, fails or takes over 20 s."""
    try:
        result = subprocess.run(
            [str(part) for part in command],
            capture_output=True,
            check=True,
            env=environment,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=20,
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    return result.stdout.strip()
