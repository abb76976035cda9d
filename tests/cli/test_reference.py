"""docs/cli.md says what the commands say, docs/contracts.md what the contracts say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("script", ["cli_reference", "contract_reference"])
def test_a_reference_is_up_to_date(script: str) -> None:
    done = subprocess.run(
        [sys.executable, f"scripts/{script}.py", "--check"],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr or f"run scripts/{script}.py"
