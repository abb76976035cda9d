"""How values look to people and to programs."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from ledger import render
from ledger.cli.scorecard import SCORE_COLUMNS
from ledger.codes import Purpose
from ledger.events import SharingClass
from ledger.models import SpecificationReference
from ledger.render import Column, plain, printable, shown

NOW = 1_800_000_000


@dataclass(frozen=True)
class Row:
    name: str
    size_bytes: int
    respond_by: int | None
    purposes: tuple[Purpose, ...] = ()


COLUMNS = [Column("Name", "name"), Column("Size", "size_bytes", right=True)]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "now"),
        (4, "now"),
        (-90, "90 s ago"),
        (119, "in 119 s"),
        (120, "in 2 min"),
        (3_600, "in 60 min"),
        (7_200, "in 2 h"),
        (-2 * 86_400 + 1, "47 h ago"),
        (5 * 86_400, "in 5 d"),
    ],
)
def test_a_time_is_told_by_how_far_away_it_is(seconds: int, expected: str) -> None:
    assert render.relative(NOW + seconds, NOW) == expected


def test_a_time_is_shown_local_and_relative(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert render.when(NOW, NOW - 86_400 * 3) == "2027-01-15 17:00 (in 3 d)"
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, "0 bytes"),
        (1_023, "1023 bytes"),
        (1_024, "1.0 KiB"),
        (5 * 1024**3, "5.0 GiB"),
        (3 * 1024**4, "3.0 TiB"),
    ],
)
def test_a_size_is_told_in_binary_units(count: int, expected: str) -> None:
    assert render.size(count) == expected


def test_json_has_camel_case_keys_and_times_in_utc() -> None:
    row = Row("a", 3, NOW, (Purpose.LEGAL_DUTY,))
    assert plain(row) == {
        "name": "a",
        "sizeBytes": 3,
        "respondBy": "2027-01-15T08:00:00Z",
        "purposes": ["legal-duty"],
    }


def test_json_of_every_kind_of_value_can_be_written() -> None:
    reference = SpecificationReference(name="a", version=2, digest=bytes(32))
    values = {
        "none": None,
        "flag": True,
        "no time": plain(0, "acknowledge_by"),
        "bytes": b"\x01\xff",
        "path": Path("/x"),
        "class": SharingClass.OPEN,
        "set": {"b", "a"},
        "record": reference,
        "generator": (number for number in (1, 2)),
    }
    assert json.loads(json.dumps(plain(values))) == {
        "none": None,
        "flag": True,
        "no time": None,
        "bytes": "0x01ff",
        "path": "/x",
        "class": "open",
        "set": ["a", "b"],
        "record": {"name": "a", "version": 2, "digest": "0x" + "00" * 32},
        "generator": [1, 2],
    }


def test_what_has_no_form_in_json_is_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError, match="object has no form"):
        plain(object())


@pytest.mark.parametrize(
    ("value", "name", "expected"),
    [
        (None, "", "–"),
        ("", "", "–"),
        ((), "", "–"),
        (True, "", "yes"),
        (7, "number", "7"),
        (0, "acknowledge_by", "–"),
        (2_048, "size_bytes", "2.0 KiB"),
        ({"b", "a"}, "", "a, b"),
        (("b", "a"), "", "b, a"),
        ({"x": 1, "y": True}, "", "x: 1, y: yes"),
        (Purpose.AUDIT, "", "audit"),
        (b"\x0a", "", "0x0a"),
    ],
)
def test_a_value_is_shown_to_people(value: object, name: str, expected: str) -> None:
    assert shown(value, NOW, name) == expected


@pytest.mark.parametrize(
    "hostile",
    ["\x1b]0;owned\x07", "\x1b[2J", "a\rb\x08", "\u202egnp.exe", "\u200bzero", "\x9b31m", "\ud800"],
)
def test_text_of_others_controls_no_terminal(hostile: str) -> None:
    told = printable(hostile)
    assert told.isprintable()
    assert shown(hostile, NOW) == told


def test_brackets_in_a_table_are_no_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr("sys.stdout", out)
    render.print_table([Row("[red]x[/red] \x1b[31m", 1, None)], COLUMNS, NOW)
    assert "[red]x[/red] \\u001b[31m" in out.getvalue()


def test_names_stay_whole_on_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr("sys.stdout", out)
    columns = [Column("Dataset", "name"), Column("Due", "respond_by")]
    render.print_table([Row("labour/employment", 1, NOW)], columns, NOW)
    assert "labour/employment " in out.getvalue()
    assert "(now)" in out.getvalue()


def test_nothing_is_cut_where_the_terminal_is_too_narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setenv("COLUMNS", "12")
    monkeypatch.setattr("sys.stdout", out)
    columns = [Column("Dataset", "name"), Column("Due", "respond_by")]
    render.print_table([Row("labour/employment", 1, NOW)] * 2, columns, NOW)
    row = f"Dataset  labour/employment\nDue      {render.when(NOW, NOW)}\n"
    assert out.getvalue() == f"{row}\n{row}"


def test_words_stay_whole_on_a_terminal_that_is_just_wide_enough(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = io.StringIO()
    monkeypatch.setenv("COLUMNS", str(len("labour/employment  ") + len("2027-01-15")))
    monkeypatch.setattr("sys.stdout", out)
    columns = [Column("Dataset", "name"), Column("Due", "respond_by")]
    render.print_table([Row("labour/employment", 1, NOW)], columns, NOW)
    assert [line.split() for line in out.getvalue().splitlines()][:2] == [
        ["Dataset", "Due"],
        ["labour/employment", "2027-01-15"],
    ]


def test_a_table_of_many_columns_fits_a_terminal_of_80(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("sys.stdout", out)
    line = dict.fromkeys((column.field for column in SCORE_COLUMNS), "12/34/56")
    render.print_table([SimpleNamespace(**line)], SCORE_COLUMNS, NOW)
    assert max(map(len, out.getvalue().splitlines())) <= 80
    assert out.getvalue().count("12/34/56") == len(SCORE_COLUMNS)


def test_a_table_in_a_file_is_aligned_and_never_cut() -> None:
    rows = [Row("n" * 200, 5, None), Row("b", 12_345, None)]
    lines = render.table(rows, COLUMNS, NOW).splitlines()
    assert lines[1] == "n" * 200 + "   5 bytes"
    assert lines[2].endswith("12.1 KiB")
    assert "\t" not in "".join(lines)


def test_a_label_has_its_abbreviations_in_capitals() -> None:
    told = render.pairs({"ipfs": "a", "url": "b", "valid_until_ipfs": "c"}, NOW)
    assert [line.split("  ")[0] for line in told.splitlines()] == [
        "IPFS",
        "URL",
        "Valid until IPFS",
    ]


def test_a_long_list_has_a_line_for_each_item() -> None:
    told = render.pairs({"a": ("x" * 40, "y" * 40), "longer": "z"}, NOW)
    assert told == f"A       {'x' * 40}\n        {'y' * 40}\nLonger  z"


@pytest.mark.parametrize(
    ("terminal", "environment", "coloured"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"TERM": "dumb"}, False),
    ],
)
def test_colours_are_for_terminals_that_want_them(
    terminal: bool, environment: dict[str, str], coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stderr.isatty", lambda: terminal)
    assert render.coloured("x", "red") == ("\x1b[31mx\x1b[0m" if coloured else "x")
