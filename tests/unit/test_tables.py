"""Tables against Table Schemas: own verdicts, and the same verdicts as frictionless."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from ledger.errors import InputError, NotFound, SpecificationBroken
from ledger.tables import check_table
from ledger.tables.reading import MAX_ROW_CHARACTERS
from ledger.tableschema import TableSchema, parse_table_schema


def schema_of(*fields: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"fields": list(fields), **members}


def column(kind: str, name: str = "a", **constraints: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"name": name, "type": kind}
    return {**found, "constraints": constraints} if constraints else found


def parsed(descriptor: dict[str, Any]) -> TableSchema:
    return parse_table_schema(json.dumps(descriptor).encode())


def problems_of(tmp_path: Path, text: str | bytes, descriptor: dict[str, Any]) -> list[str]:
    path = tmp_path / "table.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    try:
        check_table(path, parsed(descriptor))
    except SpecificationBroken as error:
        return list(error.problems)
    return []


S = column("string")
AB = schema_of(column("string", "a"), column("integer", "b"))

# (name, text, schema, whether the table follows it); frictionless must say the same.
CASES: list[tuple[str, str, dict[str, Any], bool]] = [
    ("plain", "a,b\nx,1\ny,2\n", AB, True),
    ("no last line end", "a,b\nx,1", AB, True),
    ("windows line ends", "a,b\r\nx,1\r\n", AB, True),
    ("byte order mark", "\ufeffa,b\nx,1\n", AB, True),
    ("header only", "a,b\n", AB, True),
    ("empty file", "", AB, False),
    ("missing column", "a\nx\n", AB, False),
    ("extra column", "a,b,c\nx,1,2\n", AB, False),
    ("another order", "b,a\n1,x\n", AB, False),
    ("header twice", "a,a\nx,1\n", AB, False),
    ("other name", "a,B\nx,1\n", AB, False),
    ("short row", "a,b\nx\n", AB, False),
    ("long row", "a,b\nx,1,2\n", AB, False),
    ("blank row", "a,b\nx,1\n\ny,2\n", AB, False),
    ("quoted comma", 'a,b\n"x,y",1\n', AB, True),
    ("quoted line end", 'a,b\n"x\ny",1\n', AB, True),
    ("doubled quote", 'a,b\n"x""y",1\n', AB, True),
    ("empty cells", "a,b\n,1\nx,\n", AB, True),
    ("row of empty cells", "a,b\n,\n", AB, False),
    ("required given", "a\nx\n", schema_of(column("string", required=True)), True),
    (
        "required missing",
        "a,b\n,1\n",
        schema_of(column("string", required=True), column("integer", "b")),
        False,
    ),
    ("integer", "a\n7\n-7\n0\n", schema_of(column("integer")), True),
    ("integer with plus", "a\n+7\n", schema_of(column("integer")), True),
    ("integer, leading zeros", "a\n007\n", schema_of(column("integer")), True),
    ("integer of 30 digits", f"a\n{'9' * 30}\n", schema_of(column("integer")), True),
    ("integer with fraction", "a\n7.0\n", schema_of(column("integer")), False),
    ("integer as words", "a\nseven\n", schema_of(column("integer")), False),
    ("number", "a\n0.5\n-3\n1e5\n.5\n5.\n", schema_of(column("number")), True),
    ("number infinite", "a\nINF\n-INF\nNaN\n", schema_of(column("number")), True),
    ("number with comma", 'a\n"0,5"\n', schema_of(column("number")), False),
    ("number as words", "a\nhalf\n", schema_of(column("number")), False),
    ("boolean", "a\ntrue\nFalse\nTRUE\n1\n0\n", schema_of(column("boolean")), True),
    ("boolean as yes", "a\nyes\n", schema_of(column("boolean")), False),
    ("boolean as tRue", "a\ntRue\n", schema_of(column("boolean")), False),
    ("date", "a\n2024-02-29\n", schema_of(column("date")), True),
    ("date that does not exist", "a\n2023-02-29\n", schema_of(column("date")), False),
    ("date the other way", "a\n29.02.2024\n", schema_of(column("date")), False),
    ("date of year 0", "a\n0000-01-01\n", schema_of(column("date")), False),
    ("date with time", "a\n2024-02-29T00:00:00Z\n", schema_of(column("date")), False),
    ("time", "a\n09:30:00\n", schema_of(column("time")), True),
    ("time without seconds", "a\n09:30\n", schema_of(column("time")), False),
    ("time beyond the day", "a\n25:00:00\n", schema_of(column("time")), False),
    ("datetime", "a\n2024-02-29T09:30:00Z\n", schema_of(column("datetime")), True),
    ("datetime with offset", "a\n2024-02-29T09:30:00+02:00\n", schema_of(column("datetime")), True),
    ("datetime on no day", "a\n2023-02-29T09:30:00Z\n", schema_of(column("datetime")), False),
    ("datetime without time", "a\n2024-02-29\n", schema_of(column("datetime")), False),
    ("year", "a\n2024\n0001\n", schema_of(column("year")), True),
    ("year of two digits", "a\n24\n", schema_of(column("year")), False),
    ("year of letters", "a\n20x1\n", schema_of(column("year")), False),
    ("month", "a\n2024-12\n", schema_of(column("yearmonth")), True),
    ("month 13", "a\n2024-13\n", schema_of(column("yearmonth")), False),
    ("any", "a\nwhat,\n".replace(",", ""), schema_of(column("any")), True),
    ("minimum kept", "a\n5\n6\n", schema_of(column("integer", minimum=5)), True),
    ("minimum broken", "a\n4\n", schema_of(column("integer", minimum=5)), False),
    ("maximum kept", "a\n5\n", schema_of(column("integer", maximum=5)), True),
    ("maximum broken", "a\n6\n", schema_of(column("integer", maximum=5)), False),
    ("number at its minimum", "a\n0.10\n", schema_of(column("number", minimum="0.1")), True),
    (
        "number a hair below",
        "a\n0.09999999999999999999999999999999\n",
        schema_of(column("number", minimum="0.1")),
        False,
    ),
    (
        "number a hair above",
        "a\n0.10000000000000000000000000000001\n",
        schema_of(column("number", maximum="0.1")),
        False,
    ),
    (
        "date below its minimum",
        "a\n2023-12-31\n",
        schema_of(column("date", minimum="2024-01-01")),
        False,
    ),
    ("year above its maximum", "a\n2025\n", schema_of(column("year", maximum=2024)), False),
    ("length kept", "a\nabc\n", schema_of(column("string", minLength=3, maxLength=3)), True),
    ("too short", "a\nab\n", schema_of(column("string", minLength=3)), False),
    ("too long", "a\nabcd\n", schema_of(column("string", maxLength=3)), False),
    ("length of letters beyond ASCII", "a\nßüé\n", schema_of(column("string", maxLength=3)), True),
    ("pattern kept", "a\nAB-12\n", schema_of(column("string", pattern="[A-Z]{2}-[0-9]+")), True),
    (
        "pattern matched in part",
        "a\nAB-12x\n",
        schema_of(column("string", pattern="[A-Z]{2}-[0-9]+")),
        False,
    ),
    ("enum kept", "a\nred\n", schema_of(column("string", enum=["red", "blue"])), True),
    ("enum broken", "a\nRed\n", schema_of(column("string", enum=["red", "blue"])), False),
    ("enum of integers", "a\n01\n", schema_of(column("integer", enum=[1, 2])), True),
    ("unique kept", "a\n1\n2\n", schema_of(column("integer", unique=True)), True),
    ("unique broken", "a\n1\n2\n1\n", schema_of(column("integer", unique=True)), False),
    ("unique by value", "a\n1\n01\n", schema_of(column("integer", unique=True)), False),
    (
        "unique ignores missing",
        "a,b\nx,\ny,\n",
        schema_of(S, column("integer", "b", unique=True)),
        True,
    ),
    ("key kept", "a,b\nx,1\nx,2\n", {**AB, "primaryKey": ["a", "b"]}, True),
    ("key broken", "a,b\nx,1\nx,1\n", {**AB, "primaryKey": ["a", "b"]}, False),
    ("key of one column", "a,b\nx,1\nx,2\n", {**AB, "primaryKey": "a"}, False),
    ("other missing values", "a,b\nx,n/a\n", {**AB, "missingValues": ["n/a", ""]}, True),
    ("empty is a value", "a,b\n,1\n", {**AB, "missingValues": ["-"]}, True),
    ("empty is no integer", "a,b\nx,\n", {**AB, "missingValues": ["-"]}, False),
]
IDS = [case[0] for case in CASES]


@pytest.mark.parametrize(("_", "text", "descriptor", "valid"), CASES, ids=IDS)
def test_verdict(
    tmp_path: Path, _: str, text: str, descriptor: dict[str, Any], valid: bool
) -> None:
    problems = problems_of(tmp_path, text, descriptor)
    assert (problems == []) is valid, problems


@pytest.mark.parametrize(("_", "text", "descriptor", "valid"), CASES, ids=IDS)
def test_frictionless_gives_the_same_verdict(
    tmp_path: Path, _: str, text: str, descriptor: dict[str, Any], valid: bool
) -> None:
    frictionless = pytest.importorskip("frictionless")
    path = tmp_path / "table.csv"
    path.write_text(text, newline="")
    with frictionless.system.use_context(trusted=True):
        resource = frictionless.Resource(
            path=str(path),
            schema=frictionless.Schema.from_descriptor(descriptor),
            dialect=frictionless.Dialect(controls=[frictionless.formats.CsvControl()]),
            encoding="utf-8",
        )
        report = resource.validate()
    assert report.valid is valid, report.flatten(["type", "note"])


@pytest.mark.parametrize(
    ("text", "descriptor", "expected"),
    [
        (
            "a,b\nx,1\ny,two\n",
            AB,
            "row 3, column 'b': 'two' is not an integer (expected digits, for example 7)",
        ),
        (
            "a\n20x1\n",
            schema_of(column("year")),
            "row 2, column 'a': '20x1' is not a year (expected YYYY)",
        ),
        ("b\n1\n", AB, "row 1, column 'a': is missing"),
        ("a,b,c\n", AB, "row 1, column 'c': is not in the specification"),
        (
            "a;b\nx;1\n",
            AB,
            "row 1 seems to be separated by semicolons: expected commas between columns",
        ),
        (
            "a\tb\nx\t1\n",
            AB,
            "row 1 seems to be separated by tabs: expected commas between columns",
        ),
        ("b,a\n", AB, "row 1 has the columns in another order: expected 'a', 'b'"),
        ("a,b,a\n", AB, "row 1, column 'a': appears more than once"),
        ("", AB, "the file is empty: expected a first row with the columns' names"),
        ("a,b\nx,1\ny\n", AB, "row 3 has 1 cells, expected 2"),
        ("a,b\n\nx,1\n", AB, "row 2 is empty"),
        ("a,b\n,\n", AB, "row 2 has no value at all"),
        (
            "a,b\n,1\n",
            schema_of(column("string", required=True), column("integer", "b")),
            "row 2, column 'a': is empty, but a value is required",
        ),
        (
            "a,b\n,1\n",
            {**AB, "primaryKey": "a"},
            "row 2, column 'a': is empty, but belongs to the primary key",
        ),
        (
            "a\n4\n",
            schema_of(column("integer", minimum=5)),
            "row 2, column 'a': '4' is below the minimum 5",
        ),
        (
            "a\nabcd\n",
            schema_of(column("string", maxLength=3)),
            "row 2, column 'a': 'abcd' is longer than 3 characters",
        ),
        (
            "a\nx\n",
            schema_of(column("string", pattern="[0-9]")),
            "row 2, column 'a': 'x' does not match '[0-9]'",
        ),
        (
            "a\nx\n",
            schema_of(column("string", enum=["y", "z"])),
            "row 2, column 'a': 'x' is none of 'y', 'z'",
        ),
        (
            "a\n5\n6\n05\n",
            schema_of(column("integer", unique=True)),
            "row 4, column 'a': '05' occurs already in row 2",
        ),
        (
            "a,b\nx,1\nx,1\n",
            {**AB, "primaryKey": ["a", "b"]},
            "row 3, column 'a, b': 'x', '1' occurs already in row 2",
        ),
    ],
)
def test_a_problem_names_its_row_and_column(
    tmp_path: Path, text: str, descriptor: dict[str, Any], expected: str
) -> None:
    assert problems_of(tmp_path, text, descriptor) == [expected]


def test_the_message_carries_the_first_problem(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("a,b\nx,1\ny,two\nz,three\n")
    with pytest.raises(SpecificationBroken, match="in 2 places: row 3, column 'b'") as caught:
        check_table(path, parsed(AB))
    assert caught.value.hint
    assert caught.value.exit_code == 2


def test_the_number_of_rows_is_returned(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("a,b\n" + "x,1\n" * 123_456)
    assert check_table(path, parsed(AB)) == 123_456


def test_20_problems_are_told_and_the_rest_is_counted(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, "a,b\n" + "x,y\n" * 150_000, AB)
    assert len(problems) == 21
    assert problems[0].startswith("row 2, ")
    assert problems[19].startswith("row 21, ")
    assert problems[20] == "and 149,980 more"


def test_problems_come_in_the_order_of_rows(tmp_path: Path) -> None:
    descriptor = schema_of(column("integer"), column("integer", "b"))
    rows = [
        problem.split(",")[0]
        for problem in problems_of(tmp_path, "a,b\n1,x\ny,1\n2,z\n", descriptor)
    ]
    assert rows == ["row 2", "row 3", "row 4"]


def test_a_row_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, b"a,b\nx,1\nZ\xfcrich,2\ny,three\n", AB)
    assert problems[0] == "row 3, column 'a': is not UTF-8 text"
    assert problems[1].startswith("row 4, column 'b'")


def test_a_header_that_is_not_utf8_is_no_column(tmp_path: Path) -> None:
    assert problems_of(tmp_path, b"Z\xfcrich,b\nx,1\n", AB)


def test_utf16_is_refused_with_a_hint(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("a,b\nx,1\n", encoding="utf-16")
    with pytest.raises(InputError, match="UTF-16") as caught:
        check_table(path, parsed(AB))
    assert caught.value.hint


@pytest.mark.parametrize("row", ['"x"y,1', '"x,1', '"' + "x\n" * 600_000 + '",1'])
def test_broken_quoting_ends_the_check(tmp_path: Path, row: str) -> None:
    problems = problems_of(tmp_path, f"a,b\nx,1\n{row}\n", AB)
    assert len(problems) == 1
    assert problems[0].startswith("row 3 is not CSV")


def test_an_endless_line_is_refused_without_reading_it(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, "a,b\n" + "x" * (MAX_ROW_CHARACTERS + 1), AB)
    assert "longer than 1,048,576 characters" in problems[0]
    assert problems_of(tmp_path, "x" * (MAX_ROW_CHARACTERS + 1), AB)


def test_a_line_of_the_greatest_length_is_read(tmp_path: Path) -> None:
    width = 16
    names = [f"c{number}" for number in range(width)]
    row = ",".join(["x" * 65_535] * width)
    assert len(row) == MAX_ROW_CHARACTERS - 1
    text = f"{','.join(names)}\n{row}\n"
    assert problems_of(tmp_path, text, schema_of(*(column("string", n) for n in names))) == []


@pytest.mark.parametrize("name", ["^.*$", "*", "a b", "", "c0", "x,y", "ü"])
def test_a_strange_column_name_is_only_a_name(tmp_path: Path, name: str) -> None:
    if not name:
        with pytest.raises(InputError):
            parsed(schema_of(column("integer", name)))
        return
    text = f'"{name}",b\nseven,1\n'
    problems = problems_of(tmp_path, text, schema_of(column("integer", name), column("any", "b")))
    assert len(problems) == 1


def test_a_hostile_pattern_takes_linear_time(tmp_path: Path) -> None:
    descriptor = schema_of(column("string", pattern="(a+)+$"))
    began = time.monotonic()
    assert problems_of(tmp_path, "a\n" + "a" * 50_000 + "!\n", descriptor)
    assert time.monotonic() - began < 5


def test_a_pattern_that_the_engine_refuses_is_a_wrong_input(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("a\nx\n")
    with pytest.raises(InputError):
        check_table(path, parsed(schema_of(column("string", pattern="(?x)a # comment"))))


def test_keys_of_two_columns_are_not_run_together(tmp_path: Path) -> None:
    descriptor = schema_of(column("string"), column("string", "b"), primaryKey=["a", "b"])
    assert problems_of(tmp_path, "a,b\nx,yz\nxy,z\n", descriptor) == []


@pytest.mark.parametrize(
    ("kind", "first", "second"),
    [
        ("number", "100", "1e2"),
        ("number", "0.10", ".1"),
        ("number", "-0", "0.0"),
        ("boolean", "true", "1"),
        ("datetime", "2024-01-01T12:00:00Z", "2024-01-01T14:00:00+02:00"),
    ],
)
def test_the_same_value_written_otherwise_is_not_unique(
    tmp_path: Path, kind: str, first: str, second: str
) -> None:
    text = f"a\n{first}\n{second}\n"
    assert len(problems_of(tmp_path, text, schema_of(column(kind, unique=True)))) == 1


def test_repetitions_far_apart_are_found(tmp_path: Path) -> None:
    text = "a,b\n" + "".join(f"x,{number}\n" for number in range(120_000)) + "x,7\nx,119999\n"
    descriptor = schema_of(column("string"), column("integer", "b", unique=True))
    assert problems_of(tmp_path, text, descriptor) == [
        "row 120002, column 'b': '7' occurs already in row 9",
        "row 120003, column 'b': '119999' occurs already in row 120001",
    ]


def test_datetimes_are_compared_in_utc(tmp_path: Path) -> None:
    descriptor = schema_of(column("datetime", minimum="2024-01-01T12:00:00Z"))
    assert problems_of(tmp_path, "a\n2024-01-01T13:00:00+01:00\n", descriptor) == []
    assert problems_of(tmp_path, "a\n2024-01-01T12:30:00+01:00\n", descriptor)
    assert problems_of(tmp_path, "a\n2024-01-01T11:59:59.999999\n", descriptor)


def test_not_a_number_is_outside_every_bound(tmp_path: Path) -> None:
    assert problems_of(tmp_path, "a\nNaN\n", schema_of(column("number", minimum=0)))
    assert problems_of(tmp_path, "a\nNaN\n", schema_of(column("number", maximum=0)))


def test_a_zero_with_a_huge_exponent_is_harmless(tmp_path: Path) -> None:
    descriptor = schema_of(column("number", minimum=0, unique=True))
    assert problems_of(tmp_path, "a\n0e9999\n1e9999\n", descriptor) == []
    assert problems_of(tmp_path, "a\n0e99999999999\n", descriptor)


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        check_table(tmp_path / "none.csv", parsed(AB))
    with pytest.raises(InputError):
        check_table(tmp_path, parsed(AB))
