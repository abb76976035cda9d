"""A provider that is a program: the question as JSON on its stdin, rows as JSON on its stdout.

It gets no shell, no environment of the agent's, none of its files, and so much time.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import IO, Final, Never

from ledger.errors import ConfigError, InputError, ProviderError, RecordError
from ledger.ports import Question, Row
from ledger.providers.cells import Limits, broken, require_columns, rows_of
from ledger.records import require_shallow

_ENVIRONMENT: Final = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}
_CHUNK_BYTES: Final = 64 * 1024
# How much longer JSON may be than what it says: names of columns, quotes, escapes.
_JSON_FACTOR: Final = 8
_GLANCE_S: Final = 0.01


class CommandProvider:
    """`ledger.ports.Provider` by one program."""

    def __init__(self, dataset: str, argv: Sequence[str], folder: Path, limits: Limits) -> None:
        """`folder` is where the program runs."""
        self._dataset = dataset
        self._argv = tuple(argv)
        self._folder = folder
        self._limits = limits

    def require_fits(self, parameters: Collection[str], *, subject: bool) -> None:  # noqa: ARG002
        """Check that there is such a program; what it takes, nobody but it knows.

        Raises:
            ConfigError: there is none.
        """
        program = self._argv[0]
        if not Path(program).is_file() or not os.access(program, os.X_OK):
            raise ConfigError(
                f"the service {self._dataset} can't answer: there is no program {program}",
                hint="name one that this user may run",
            )

    def rows(self, question: Question, columns: Sequence[str]) -> list[Row]:
        """Return the rows of the answer, each with its cells in the order of `columns`.

        Raises:
            ProviderError: the program failed, took too long or wrote no rows.
            SpecificationBroken: a row has other columns, or what no cell can hold.
            InputError: the answer is larger than the limits allow.
        """
        asked = {"parameters": dict(question.parameters), "subject": question.subject}
        output = self._run(json.dumps(asked, ensure_ascii=False).encode())
        found = self._parsed(output)
        for row in found:
            require_columns(list(row), columns)
        values = ([row[name] for name in columns] for row in found)
        return rows_of(values, columns, self._limits)

    def _run(self, question: bytes) -> bytes:
        deadline = time.monotonic() + self._limits.timeout_s
        try:
            process = subprocess.Popen(
                self._argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_ENVIRONMENT,
                cwd=self._folder,
                start_new_session=True,
            )
        except OSError as error:
            raise self._failed(f"can't be started ({error.strerror})") from None
        stdin, stdout = process.stdin, process.stdout
        assert stdin is not None  # noqa: S101 - pipes were asked for
        assert stdout is not None  # noqa: S101
        try:
            output = self._exchange(stdin, stdout, question, deadline)
            while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                if time.monotonic() > deadline:
                    raise self._failed("took too long")
                time.sleep(_GLANCE_S)
        finally:
            # Before it is waited for, as its number is nobody else's till then; what it started
            # ends with it.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            for pipe in (stdin, stdout):
                with suppress(OSError):
                    pipe.close()
        if process.returncode != 0:
            raise self._failed(f"ended with {process.returncode}")
        return output

    def _exchange(
        self, stdin: IO[bytes], stdout: IO[bytes], question: bytes, deadline: float
    ) -> bytes:
        """Write the question and read the answer side by side, until its end."""
        left, output = memoryview(question), bytearray()
        limit = self._limits.max_bytes * _JSON_FACTOR
        with selectors.DefaultSelector() as ready:
            for pipe, event in ((stdin, selectors.EVENT_WRITE), (stdout, selectors.EVENT_READ)):
                os.set_blocking(pipe.fileno(), False)
                ready.register(pipe, event)
            while stdout in {key.fileobj for key in ready.get_map().values()}:
                events = ready.select(max(0.0, deadline - time.monotonic()))
                if not events or time.monotonic() > deadline:
                    raise self._failed("took too long")
                for key, _ in events:
                    if key.fileobj is stdin:
                        left = _written(stdin, left)
                        if not left:
                            ready.unregister(stdin)
                            stdin.close()
                        continue
                    chunk = os.read(stdout.fileno(), _CHUNK_BYTES)
                    output += chunk
                    if len(output) > limit:
                        raise InputError(f"the answer has more than {limit:,} bytes of JSON")
                    if not chunk:
                        ready.unregister(stdout)
        return bytes(output)

    def _parsed(self, output: bytes) -> list[dict[str, object]]:
        try:
            require_shallow(output)
            found = _ROWS.decode(output.decode())
        except (ValueError, RecordError):
            # Also what isn't UTF-8; what it is instead, nobody is told.
            raise self._failed("wrote something else than JSON") from None
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            raise broken("it isn't a list of rows")
        return found

    def _failed(self, how: str) -> ProviderError:
        return ProviderError(f"the program of {self._dataset} {how}")


def _written(pipe: IO[bytes], data: memoryview) -> memoryview:
    """What is left to write; nothing where the program reads no more of it."""
    try:
        return data[os.write(pipe.fileno(), data) :]
    except BrokenPipeError:
        return memoryview(b"")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("the same name twice")
    return found


def _no_number(_: str) -> Never:
    raise ValueError("NaN and infinity aren't JSON")


# Fractions as they are written: a float would change them.
_ROWS: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=Decimal, parse_constant=_no_number
)
