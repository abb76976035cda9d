"""How tests say that the fold refuses a story's last event."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping

import pytest

from ledger.errors import IntegrityError
from ledger.events import Event
from ledger.provenance import fold
from tests.unit.story import Story, country

Alter = Callable[[Story], object]
Impossible = Mapping[str, tuple[Alter, str]]
"""By what happens: what follows the country's events, and what is said about the last one.

Times are said in seconds since that event.
"""
_TIME = re.compile(r"\b17\d{8}\b")


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
    with pytest.raises(IntegrityError) as caught:
        state.apply(last)
    where = f"{type(last).__name__} at {last.at} of {last.at.contract}"
    assert since(last, caught.value.message) == f"{where} is impossible: {said}"
    assert (
        caught.value.hint == "an event before it is missing or altered: compare with another node"
    )
    assert state == untouched


def since(event: Event, message: str) -> str:
    """A message whose times are told in seconds since an event."""
    return _TIME.sub(lambda time: f"{int(time[0]) - event.at.timestamp:+}", message)
