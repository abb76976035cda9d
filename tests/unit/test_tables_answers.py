"""Answers as tables: written, checked as a whole, cut, and read by whoever gets one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import IntegrityError, SpecificationBroken
from ledger.tables import read_answer, write_answer
from ledger.tableschema import parse_table_schema

SCHEMA = parse_table_schema(
    b"""{"fields": [{"name": "person", "constraints": {"unique": true, "required": true}},
    {"name": "wage", "type": "integer", "constraints": {"minimum": 1}}, {"name": "note"}],
    "missingValues": ["-", ""]}"""
)
CELL = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=8)


def test_a_table_has_a_header_and_the_specifications_word_for_no_value() -> None:
    rows = [("p,1", "3", 'say "x"'), ("p-2", None, "two\r\nlines")]
    written = write_answer(SCHEMA, rows, None)
    assert written == (b'person,wage,note\r\n"p,1",3,"say ""x"""\r\np-2,-,"two\r\nlines"\r\n')
    assert read_answer(written) == [
        ["person", "wage", "note"],
        list(rows[0]),
        ["p-2", "-", rows[1][2]],
    ]


def test_no_rows_are_a_table_too() -> None:
    assert write_answer(SCHEMA, [], None) == b"person,wage,note\r\n"
    assert write_answer(SCHEMA, [], ["note", "wage"]) == b"note,wage\r\n"


def test_only_the_columns_that_were_granted_are_left_in_their_order() -> None:
    rows = [("p-1", "3", "secret"), ("p-2", "4", "secret")]
    assert write_answer(SCHEMA, rows, ["wage", "person"]) == b"wage,person\r\n3,p-1\r\n4,p-2\r\n"


@pytest.mark.parametrize(
    ("rows", "places"),
    [
        ([("p-1", "x", "a")], 1),
        ([("p-1", "0", "a")], 1),
        ([(None, "1", "a")], 1),
        ([("p-1", "1", "a"), ("p-1", "2", "b")], 1),
        ([("p-1", "x", "a"), ("p-2", "y", "b")], 2),
    ],
)
def test_the_whole_is_checked_also_what_is_cut_away(
    rows: list[tuple[str | None, ...]], places: int
) -> None:
    with pytest.raises(SpecificationBroken) as caught:
        write_answer(SCHEMA, rows, ["note"])
    assert len(caught.value.problems) == places


@given(st.lists(st.tuples(CELL, CELL), max_size=10))
def test_what_is_read_is_what_was_written(rows: list[tuple[str, str]]) -> None:
    schema = parse_table_schema(b'{"fields": [{"name": "a"}, {"name": "b"}], "missingValues": []}')
    assert read_answer(write_answer(schema, rows, None)) == [["a", "b"], *map(list, rows)]


@pytest.mark.parametrize(
    "table", [b"", b"a,b\r\n1\r\n", b'a\r\n"x', b"a\r\n\xff\r\n", b"a\x00b,\r\n1"]
)
def test_what_is_no_table_is_refused_without_quoting_it(table: bytes) -> None:
    with pytest.raises(IntegrityError) as caught:
        read_answer(table)
    assert "xff" not in str(caught.value)
