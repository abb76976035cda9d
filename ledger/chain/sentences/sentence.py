"""One sentence about a refusal."""

from __future__ import annotations

from typing import NamedTuple


class Sentence(NamedTuple):
    """A message with placeholders, and a hint without."""

    text: str
    hint: str | None = None
