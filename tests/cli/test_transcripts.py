"""What commands print, as transcripts: `transcripts/*.txt`, each on the seeded country.

A line that begins with `$ ` is a command; what it prints follows, and `[exit N]` where that isn't
0. `-- NAME --` begins a file that lies in the working folder. What differs from run to run is
written as TIME, ADDRESS, HASH, NODE or FOLDER, and runs of spaces as two. `UPDATE_TRANSCRIPTS=1`
writes them anew.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.country import Country

pytestmark = pytest.mark.integration

TRANSCRIPTS = sorted((Path(__file__).parent / "transcripts").glob("*.txt"))
_FILE = re.compile(r"^-- (\S+) --$", re.MULTILINE)
_VARYING = (
    (re.compile(r"\b(0x)?[0-9a-f]{64}\b"), "HASH"),
    (re.compile(r"\b0x[0-9a-fA-F]{40}\b"), "ADDRESS"),
    (re.compile(r"\bbaf[a-z2-7]{40,}\b"), "CID"),
    (re.compile(r"\b\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d UTC)?( \([^)]*\))?"), "TIME"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "TIME"),
    (re.compile(r"\bhttp://127\.0\.0\.1:\d+"), "NODE"),
    (re.compile(r"\bblock(\W+)\d+"), r"block\1N"),
    # Columns are as wide as what varied in them.
    (re.compile(r"(?<=\S) {2,}"), "  "),
    (re.compile(r" +$", re.MULTILINE), ""),
    # The number of a block, in the last column of a story.
    (re.compile(r"^(TIME  .*  )\d+$", re.MULTILINE), r"\1N"),
)


def normalised(text: str, folder: Path) -> str:
    """The text without what differs from run to run."""
    text = text.replace(str(folder), "FOLDER")
    for pattern, name in _VARYING:
        text = pattern.sub(name, text)
    return text


def replayed(country: Country, transcript: str) -> str:
    """The transcript as its commands print it now."""
    parts = _FILE.split(transcript)
    for name, content in zip(parts[1::2], parts[2::2], strict=True):
        Path(name).write_text(content.removeprefix("\n"))
    lines = []
    for line in parts[0].splitlines():
        if line.startswith(("#", "$ ")):
            lines.append(line)
        if line.startswith("$ ledger "):
            ran = country.ledger(line.removeprefix("$ ledger "))
            shown = normalised(ran.out + ran.err, country.root.parent)
            lines += shown.splitlines()
            lines += [f"[exit {ran.code}]"] if ran.code else []
            lines.append("")
    files = transcript[len(parts[0]) :]
    return "\n".join(lines) + ("\n" + files if files else "")


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_a_transcript_is_what_happens(country: Country, path: Path) -> None:
    expected = path.read_text()
    found = replayed(country, expected)
    if os.environ.get("UPDATE_TRANSCRIPTS"):
        path.write_text(found)
    assert found == expected or os.environ.get("UPDATE_TRANSCRIPTS")
