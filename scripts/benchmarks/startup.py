"""How long the command line takes to start, against importing typer alone, and what it loads."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from scripts.benchmarks._report import Figure, at_most, report

RUNS = 15
YARDSTICK = [sys.executable, "-c", "import typer"]
COMMAND = str(Path(sys.executable).with_name("ledger"))
HEAVY = ("web3", "ipfshttpclient")
# Prints the heavy modules that a command line has loaded when it ends.
PROBE = """
import sys
from ledger.cli.main import main
try:
    main()
except SystemExit:
    pass
print(*[name for name in {heavy!r} if name in sys.modules], file=sys.stderr)
"""
CHAINLESS = (
    ["--help"],
    ["init", "--help"],
    ["dataset", "publish", "--help"],
    ["testnet", "status"],
)


def seconds(command: list[str]) -> float:
    """The wall time of one run."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started


def loaded(arguments: list[str], home: str) -> list[str]:
    """The heavy modules that `ledger ARGUMENTS` loads."""
    run = subprocess.run(
        [sys.executable, "-c", PROBE.format(heavy=HEAVY), *arguments],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "LEDGER_HOME": home},
    )
    return [name for name in HEAVY if name in run.stderr.splitlines()[-1].split()]


def main() -> None:
    """Alternate the two commands, so that a change of the machine's speed meets both."""
    pairs = [(seconds([COMMAND, "--help"]), seconds(YARDSTICK)) for _ in range(RUNS + 1)][1:]
    ratio = statistics.median(command / yardstick for command, yardstick in pairs)
    heavy = sum(len(loaded(arguments, os.devnull + "/none")) for arguments in CHAINLESS)
    report(
        "startup",
        [
            Figure("import typer", round(statistics.median(y for _, y in pairs), 3), "s"),
            Figure("ledger --help", round(statistics.median(c for c, _ in pairs), 3), "s"),
            at_most("ledger --help / import typer", ratio, "x", 2.0),
            at_most("commands without a chain that load web3 or ipfshttpclient", heavy, "", 0),
        ],
    )


if __name__ == "__main__":
    main()
