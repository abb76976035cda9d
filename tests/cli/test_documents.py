"""The JSON documents have the keys that docs/cli.md names."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.commands import COMMANDS
from tests.country import Country

PAGE = Path(__file__).resolve().parents[2] / "docs" / "cli.md"


def documented_keys(words: str) -> set[str]:
    """The keys that docs/cli.md names for a command's JSON document."""
    section = PAGE.read_text().split(f"\n### ledger {words}\n")[1].split("\n### ")[0]
    line = re.search(r"^JSON: (.*)\.$", section, re.M)
    assert line
    return set(re.findall(r"`(\w+)`", line[1]))


@pytest.mark.parametrize(
    "line",
    [
        "doctor",
        "inbox",
        "access check labour/employment --purpose planning",
        "department list",
        "department show health",
        "department key list",
        "spec list",
        "spec show employment",
        "dataset list",
        "dataset search employment",
        "dataset show labour/employment",
        "request list",
        "request show 3",
        "grant list",
        "grant show 6",
        "transfer list",
        "transfer show 3",
        "audit recipients labour/employment",
        "audit timeline labour/employment",
        "audit events",
        "audit verify",
        "agent status",
    ],
)
def test_a_json_document_has_the_documented_keys(country: Country, line: str) -> None:
    words = next(one for one in COMMANDS if line.split()[: len(one.split())] == one.split())
    document = json.loads(country.ledger(f"{line} --json", as_="labour").out)
    objects = document if isinstance(document, list) else [document]
    assert objects
    assert all(set(found) == documented_keys(words) for found in objects)
