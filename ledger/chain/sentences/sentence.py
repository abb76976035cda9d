"""One sentence about a refusal."""

from __future__ import annotations

from typing import NamedTuple


class Sentence(NamedTuple):
    """A message and a hint, both with placeholders."""

    text: str
    hint: str | None = None
