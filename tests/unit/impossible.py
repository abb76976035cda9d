"""How tests say that the fold refuses a story's last event."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping

import pytest

from ledger.errors import IntegrityError
from ledger.provenance import fold
from tests.unit.story import Story, country

Alter = Callable[[Story], object]
Impossible = Mapping[str, tuple[Alter, str]]
"""By what happens: what follows the country's events, and what is said about the last one."""


def each_of(impossible: Impossible) -> pytest.MarkDecorator:
    """One test for each."""
    return pytest.mark.parametrize(("alter", "said"), impossible.values(), ids=impossible)


def check_refused(alter: Alter, said: str) -> None:
    """The last event is refused for what is said, and the state stays as it was."""
    story = country()
    alter(story)
    *before, last = story.events
    state = fold(before)
    untouched = copy.deepcopy(state)
    with pytest.raises(IntegrityError, match=said) as caught:
        state.apply(last)
    assert f"{type(last).__name__} at {last.at}" in caught.value.message
    assert state == untouched
