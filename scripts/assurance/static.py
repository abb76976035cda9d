"""`scripts/assure slither`: static analysis, with nothing left that isn't explained here.

An exception that slither finds no more is an error too, so that the list stays short.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

CONFIGURATION = "scripts/assurance/slither.json"
# As `scripts/assure` sets it for forge.
OUT = "build/slither/out"

ONLY_THE_REST = "what isn't used of several values is not needed there"
REFUSES = "it is called to refuse; whose account it is doesn't matter there"
# By detector, all of whose findings are of one kind.
OF_A_KIND = {
    "timestamp": "time is block time, and no period is below the minimum fixed at deployment",
    "naming-convention": "limits are written as the constants that they are; solhint checks names",
    "unimplemented-functions": "public mappings by user-defined types; the compiler would refuse",
}
# By detector and function or variable.
SINGLE = {
    ("uninitialized-state", "_memberHeads"): "a mapping, written through a pointer to storage",
    ("uninitialized-state", "_datasetHeads"): "a mapping, written through a pointer to storage",
    ("incorrect-equality", "authorizeAuditor"): "a mask of capabilities, not an amount",
    ("unused-return", "record"): REFUSES,
    ("unused-return", "withdraw"): REFUSES,
    ("unused-return", "_authorizeSettler"): REFUSES,
    ("unused-return", "_requireRecordable"): ONLY_THE_REST,
    ("unused-return", "send"): ONLY_THE_REST,
    ("unused-return", "_requireStillDue"): ONLY_THE_REST,
}

Finding = Mapping[str, Any]


def unexplained(findings: Iterable[Finding]) -> list[str]:
    """Return what is to be said of findings without a reason, and of reasons without a finding."""
    missing = {*SINGLE, *((detector, "") for detector in OF_A_KIND)}
    wrong = []
    for finding in findings:
        detector = finding["check"]
        name = "" if detector in OF_A_KIND else finding["elements"][0]["name"]
        missing.discard((detector, name))
        if detector not in OF_A_KIND and (detector, name) not in SINGLE:
            wrong.append(f"{detector}: {finding['description'].strip()}")
    return wrong + [f"{' '.join(at).strip()}: is excepted and not found" for at in sorted(missing)]


def main(options: list[str]) -> int:
    """Run slither; return the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = ["slither", ".", f"--config-file={CONFIGURATION}", f"--json={report}"]
        # Its exit code tells whether it found anything at all.
        subprocess.run(
            [*command, f"--foundry-out-directory={OUT}", *options], capture_output=True, check=False
        )
        if not report.exists():
            print("error: slither wrote no report", file=sys.stderr)
            return 1
        result = json.loads(report.read_text())
    if not result["success"]:
        print(f"error: {result['error']}", file=sys.stderr)
        return 1
    findings = result["results"].get("detectors", [])
    wrong = unexplained(findings)
    for line in wrong:
        print(line, file=sys.stderr)
    print(f"{len(findings)} found, {len(wrong)} unexplained")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
