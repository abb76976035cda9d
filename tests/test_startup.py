"""Help is quick: no `--help` loads a heavy library, and `ledger --help` is near typer itself."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

from tests.cli.commands import COMMANDS

HEAVY = ("web3", "ipfshttpclient", "eth_account", "polars", "sqlalchemy", "frictionless")

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
    assert _best(help_argv) <= 2 * _best(["-c", "import typer"])


def _best(arguments: list[str]) -> float:
    """The least processor time of several runs, in seconds: what else runs here counts less."""

    def once() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *arguments], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)

    once()
    return min(once() for _ in range(7))
