"""`scripts/assure halmos`: every symbolic property, and that none of them is empty.

A contract `…Check` holds properties, which all have to pass. Its twin `…Reach` asserts the contrary
where a call succeeds: there each has to fail, or no state was found in which the call succeeds and
the property says nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HALMOS = Path("build/assurance-venv/bin/halmos")
OPTIONS = (
    "--forge-build-out=build/symbolic/out",
    "--function=check_",
    "--solver=yices",
    # Lists that contracts go through are of at most this length.
    "--loop=3",
    "--solver-timeout-assertion=10m",
    "--no-status",
)
PASSED = 0


def run(pattern: str, *options: str) -> dict[str, list[dict[str, Any]]]:
    """Return halmos's results of the contracts that match, by contract."""
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results.json"
        command = [HALMOS, *OPTIONS, *options, f"--json-output={results}", "-mc", pattern]
        path = f"{HALMOS.parent.resolve()}:{os.environ['PATH']}"
        subprocess.run(command, env={**os.environ, "PATH": path}, check=False)
        return dict(json.loads(results.read_text())["test_results"])


def main(arguments: list[str]) -> int:
    """Run the properties of the contracts whose names begin with the argument, or all."""
    name = arguments[0] if arguments else ""
    checks = run(f"^{name}.*Check$")
    reached = run(f"^{name}.*Reach$", "--early-exit")
    count = 0
    wrong: list[str] = []
    for contract, results in (checks | reached).items():
        for result in results:
            count += 1
            if (result["exitcode"] == PASSED) != contract.endswith("Check"):
                wrong.append(f"{contract}: {result['name']}")
    for line in wrong:
        print(f"error: {line}", file=sys.stderr)
    print(f"{count - len(wrong)} passed, {len(wrong)} failed")
    return 1 if wrong or not count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
