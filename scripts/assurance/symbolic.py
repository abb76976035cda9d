"""`scripts/assure halmos [PATTERN …]`: every symbolic property, and that none of them is empty.

A contract `…Check` holds properties, which all have to pass. Its twin `…Reach` asserts the contrary
where a call succeeds: there each has to have a counterexample, or no state was found in which the
call succeeds and the property says nothing. `PATTERN`: only properties `CONTRACT.NAME` that it
matches from their beginning on, for instance `GrantRights` or `TransferSteps.check_releases`.
Each property is given ten minutes.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

OUT = Path("build/symbolic/out")
HALMOS = Path("build/assurance-venv/bin/halmos")
OPTIONS = (
    f"--forge-build-out={OUT}",
    "--solver=yices",
    "--solver-threads=1",
    # As many turns of a loop: a request looks through eight places, receipts through six lanes.
    "--loop=9",
    "--solver-timeout-assertion=10m",
    "--early-exit",
    "--no-status",
)
LIMIT_S = 600
# halmos's exit codes.
PASSED, COUNTEREXAMPLE = 0, 1


@dataclass(frozen=True)
class Property:
    """A function of a contract `…Check`, and whether `…Reach` has it too."""

    contract: str
    signature: str
    has_twin: bool

    def __str__(self) -> str:
        return f"{self.contract}.{self.signature.partition('(')[0]}"


def properties() -> list[Property]:
    """Return all that were compiled, by contract."""
    found = []
    for path in sorted(OUT.glob("*/*Check.json")):
        contract = path.stem.removesuffix("Check")
        twins = _methods(path.with_name(f"{contract}Reach.json"))
        found += [
            Property(contract, signature, signature in twins)
            for signature in _methods(path)
            if signature.startswith("check_")
        ]
    return found


def _methods(artifact: Path) -> list[str]:
    return list(json.loads(artifact.read_text())["methodIdentifiers"]) if artifact.exists() else []


def verdict(of: Property) -> str:
    """Return what is wrong with a property; nothing if it passes and says something."""
    codes = _run(of)
    if (check := codes.get("Check")) != PASSED:
        return {None: "no answer in ten minutes", COUNTEREXAMPLE: "broken"}.get(
            check, f"no answer ({check})"
        )
    if of.has_twin and (reach := codes.get("Reach")) != COUNTEREXAMPLE:
        return f"passes, but no state was found in which its call succeeds ({reach})"
    return ""


def _run(of: Property) -> dict[str, int]:
    """Return halmos's exit codes for the property and its twin, as far as they were reached."""
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results.json"
        command = [
            *(HALMOS, *OPTIONS, f"--json-output={results}"),
            f"--match-contract=^{of.contract}(Check|Reach)$",
            f"--match-test=^{re.escape(of.signature)}$",
        ]
        path = f"{HALMOS.parent.resolve()}:{os.environ['PATH']}"
        with subprocess.Popen(
            command, env={**os.environ, "PATH": path}, stdout=subprocess.DEVNULL
        ) as process:
            try:
                process.wait(LIMIT_S)
            except subprocess.TimeoutExpired:
                # It writes the results that it has.
                process.terminate()
                try:
                    process.wait(60)
                except subprocess.TimeoutExpired:
                    process.kill()
        if not results.exists():
            return {}
        by_contract = json.loads(results.read_text())["test_results"]
    return {
        contract.removeprefix(of.contract)[-5:]: result["exitcode"]
        for contract, found in by_contract.items()
        for result in found
    }


def main(patterns: list[str]) -> int:
    """Run the properties that match one of the patterns, or all; return the exit code."""
    subprocess.run(["forge", "build"], stdout=subprocess.DEVNULL, check=True)
    chosen = [
        each
        for each in properties()
        if not patterns or any(re.match(pattern, str(each)) for pattern in patterns)
    ]
    failed = 0
    for each in chosen:
        started = time.monotonic()
        wrong = verdict(each)
        failed += bool(wrong)
        spent = time.monotonic() - started
        print(f"{each}: {wrong or 'holds'} ({spent:.0f} s)", flush=True)
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
