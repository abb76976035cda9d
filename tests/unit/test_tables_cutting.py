"""Cutting columns out of a CSV file that streams by."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import InputError
from ledger.tables.cutting import cut_columns

CELL = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=8) | st.sampled_from(
    ["a,b", 'say "x"', "two\r\nlines", " ", ""]
)


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def cut(data: bytes, *fields: str, size: int = 7) -> bytes:
    return b"".join(cut_columns(pieces(data, size), fields))


def test_rows_keep_their_order_and_columns_get_the_order_asked_for() -> None:
    table = b"\xef\xbb\xbfid,name,wage\r\n2,\xc3\x84nne,90\r\n1,Bo,80\r\n"
    assert cut(table, "wage", "id") == b"wage,id\r\n90,2\r\n80,1\r\n"


@given(st.lists(st.tuples(CELL, CELL, CELL), max_size=20), st.integers(1, 50))
def test_what_is_cut_is_what_the_column_says(rows: list[tuple[str, ...]], size: int) -> None:
    table = io.StringIO(newline="")
    csv.writer(table).writerows([("a", "b", "c"), *rows])
    found = cut(table.getvalue().encode(), "b", size=size).decode()
    assert list(csv.reader(io.StringIO(found, newline=""))) == [["b"], *([row[1]] for row in rows)]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (b"", "no header"),
        (b"id,name\r\n", "'wage'"),
        (b"wage,id,wage\r\n", "'wage'"),
        (b"id,wage\r\n1\r\n", "row 2 has 1 cells, expected 2"),
        (b"id,wage\r\n\xff,1\r\n", "UTF-8"),
        (b'id,wage\r\n"1"secret,1\r\n', "isn't CSV"),
        (b"id,wage\r\n" + b"1" * 2_000_000 + b",secret\r\n", "isn't CSV"),
    ],
)
def test_what_is_no_such_table_is_refused_without_quoting_it(table: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message) as refused:
        cut(table, "wage", size=1000)
    assert "secret" not in str(refused.value)


def test_it_is_cut_as_it_comes() -> None:
    """No more of an endless table is read than what is asked for takes."""

    def endless() -> Iterator[bytes]:
        yield b"id,wage\r\n"
        while True:
            yield b"1,2\r\n" * 1000

    found = cut_columns(endless(), ["wage"])
    assert next(found).startswith(b"wage\r\n2\r\n2\r\n")
    assert len(next(found)) < 1_000_000
