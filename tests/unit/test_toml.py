"""Configurations as TOML: what is written reads as it was."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import ConfigError
from ledger.toml import to_toml

PRINTABLE = st.text(st.characters(exclude_categories=("C", "Z"))) | st.sampled_from(
    ['say "x"', "back\\slash", "two\nlines\tand\r\ntabs", "a.b", " ", "labour/status", "'"]
)
VALUE = PRINTABLE | st.booleans() | st.integers(-(2**40), 2**40) | st.lists(PRINTABLE, max_size=3)
TABLE = st.dictionaries(PRINTABLE, VALUE, max_size=4)


@given(TABLE, st.dictionaries(PRINTABLE, TABLE, max_size=3), st.dictionaries(PRINTABLE, TABLE))
def test_what_is_written_reads_as_it_was(
    own: dict[str, Any], tables: dict[str, Any], services: dict[str, Any]
) -> None:
    values = own | tables
    if services:
        values |= {"services": services}
    assert tomllib.loads(to_toml(values)) == values


def test_fractions_are_written_as_numbers() -> None:
    assert to_toml({"timeout_s": 0.5}) == "timeout_s = 0.5\n"


def test_what_a_terminal_would_act_upon_is_not_written() -> None:
    with pytest.raises(ConfigError, match="cannot be printed"):
        to_toml({"name": "\x1b[2J"})
