"""Every parser against bytes that somebody made up, or made from good ones."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS

JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 300),
    st.sampled_from([2**32, 2**40, 2**53, 10**30, 0.5, "", "x" * 201, "00" * 32, "a\u202eb"]),
    st.text(max_size=8),
    st.lists(st.integers(0, 3), max_size=3),
    st.dictionaries(st.sampled_from(["a", "type", "name"]), st.integers(0, 3), max_size=2),
)


@st.composite
def altered(draw: st.DrawFn, seeds: tuple[bytes, ...]) -> bytes:
    """A good input with a piece cut out, put in or repeated."""
    data = draw(st.sampled_from(seeds))
    start = draw(st.integers(0, len(data)))
    end = draw(st.integers(start, min(len(data), start + 64)))
    return data[:start] + draw(st.binary(max_size=64)) + data[end:]


@st.composite
def rewritten(draw: st.DrawFn, seeds: tuple[bytes, ...]) -> bytes:
    """A good input, if it is JSON, with one member somewhere replaced, added or left out."""
    data = draw(st.sampled_from(seeds))
    try:
        whole: Any = json.loads(data)
    except ValueError:
        return data
    target = whole
    while isinstance(target, dict | list) and target:
        name: Any = (
            draw(st.sampled_from(sorted(target)))
            if isinstance(target, dict)
            else draw(st.integers(0, len(target) - 1))
        )
        inner = target[name]
        if isinstance(inner, dict | list) and inner and draw(st.booleans()):
            target = inner
            continue
        if draw(st.booleans()):
            target[name] = draw(JUNK)
        else:
            del target[name]
        break
    return json.dumps(whole, allow_nan=True).encode()


@pytest.mark.parametrize("name", TARGETS)
@given(st.data())
@settings(derandomize=True, max_examples=150, deadline=None)
def test_a_parser_takes_good_bytes_and_refuses_bad_ones_in_one_way(
    name: str, data: st.DataObject
) -> None:
    target = TARGETS[name]
    kinds = [altered(target.seeds), rewritten(target.seeds), st.binary(max_size=400)]
    target.feed(data.draw(st.one_of(kinds)))


@pytest.mark.parametrize("name", TARGETS)
def test_the_good_bytes_that_are_altered_are_good(name: str) -> None:
    assert [seed for seed in TARGETS[name].seeds if not TARGETS[name].feed(seed)] == []
