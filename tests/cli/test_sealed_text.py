"""Sealed texts come as they are, from a file, or from stdin: no list of processes shows them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from ledger.cli.options import sealed_text
from ledger.errors import InputError


def test_a_text_is_taken_as_it_is() -> None:
    assert sealed_text("data desk, room 7") == "data desk, room 7"


def test_a_file_is_read_without_its_last_line_end(tmp_path: Path) -> None:
    path = tmp_path / "contact"
    path.write_text("data desk\nroom 7\n")
    assert sealed_text(f"@{path}") == "data desk\nroom 7"


def test_stdin_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("case 12/2026\n"))
    assert sealed_text("@-") == "case 12/2026"


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no file"):
        sealed_text(f"@{tmp_path / 'nothing'}")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "contact"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="can't be read as text"):
        sealed_text(f"@{path}")
