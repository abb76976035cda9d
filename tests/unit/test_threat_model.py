"""The threat model names the tests that attack the ledger, all of them, and no others."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROWS = re.findall(
    r"^\| (?!attack|---)(.+) \|$", (ROOT / "docs" / "threat-model.md").read_text(), re.M
)


def attacks() -> set[str]:
    """Every test of the folder, as the table names it."""
    found = set()
    for path in (ROOT / "tests" / "attacks").glob("test_*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found.add(f"{path.stem}::{node.name}")
    return found


def named(row: str) -> list[str]:
    return re.findall(r"`(test_\w+::test_\w+)`", row.split("|")[-1])


def test_each_row_names_what_tries_it() -> None:
    assert len(ROWS) >= 40
    for row in ROWS:
        cells = row.split("|")
        assert len(cells) == 4, row
        assert all(cell.strip() for cell in cells[:2]), row
        assert named(row), row


def test_the_table_names_each_attack_once() -> None:
    listed = [test for row in ROWS for test in named(row)]
    assert len(set(listed)) == len(listed)
    assert set(listed) == attacks()
