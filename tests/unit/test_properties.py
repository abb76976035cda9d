"""Every parser against bytes that somebody made up, or made from good ones."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS, Target


@st.composite
def altered(draw: st.DrawFn, seeds: tuple[bytes, ...]) -> bytes:
    """A good input with a piece cut out, put in or repeated."""
    data = draw(st.sampled_from(seeds))
    start = draw(st.integers(0, len(data)))
    end = draw(st.integers(start, min(len(data), start + 64)))
    return data[:start] + draw(st.binary(max_size=64)) + data[end:]


@st.composite
def edited(draw: st.DrawFn, target: Target) -> bytes:
    """A good input as the fuzzer alters it, which knows what it holds."""
    chance = random.Random(draw(st.integers(0, 2**32 - 1)))
    return target.alter(chance, draw(st.sampled_from(target.seeds)), target.seeds)


@pytest.mark.parametrize("name", TARGETS)
@given(st.data())
@settings(derandomize=True, max_examples=150, deadline=None)
def test_a_parser_takes_good_bytes_and_refuses_bad_ones_in_one_way(
    name: str, data: st.DataObject
) -> None:
    target = TARGETS[name]
    kinds = [altered(target.seeds), edited(target), st.binary(max_size=400)]
    target.feed(data.draw(st.one_of(kinds)))


@pytest.mark.parametrize("name", TARGETS)
def test_the_good_bytes_that_are_altered_are_good(name: str) -> None:
    assert [seed for seed in TARGETS[name].seeds if not TARGETS[name].feed(seed)] == []
