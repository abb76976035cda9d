"""Help is quick: no command's `--help` loads a heavy library, and `ledger --help` takes no longer than typer twice."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from tests.cli.commands import COMMANDS

HEAVY = ("web3", "ipfshttpclient", "eth_account", "polars", "tink", "sqlalchemy", "frictionless")

# Runs every command's --help in one process; argv[1:] are the commands, one argument each.
_ALL_HELP = """
import contextlib, io, sys
from ledger.cli.main import run
for line in sys.argv[1:]:
    with contextlib.redirect_stdout(io.StringIO()) as shown:
        code = run([*line.split(), "--help"])
    if code or "Usage: ledger " + line not in shown.getvalue():
        sys.exit(f"ledger {line} --help: exit {code}")
    loaded = [name for name in %r if name in sys.modules]
    if loaded:
        sys.exit(f"ledger {line} --help loads {loaded}")
"""


def test_no_help_loads_a_heavy_library() -> None:
    lines = ["", *COMMANDS]
    done = subprocess.run(
        [sys.executable, "-c", _ALL_HELP % (HEAVY,), *lines], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "module", ["ledger", "ledger.errors", "ledger.identifiers", "ledger.codes"]
)
def test_light_modules_load_no_heavy_library(module: str) -> None:
    code = f"import sys, {module}; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_takes_at_most_twice_as_long_as_typer() -> None:
    help_argv = ["-c", "from ledger.cli.main import main; main(['--help'])"]
    # The best of several: what the machine does besides can only add.
    assert _best(help_argv) <= 2 * _best(["-c", "import typer"])


def _best(arguments: list[str]) -> float:
    def once() -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, *arguments], capture_output=True, check=True)
        return time.perf_counter() - start

    once()
    return min(once() for _ in range(7))
