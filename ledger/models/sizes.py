"""The sizes that sealed parts, queries and answers are padded to: all that their length tells."""

from __future__ import annotations

from typing import Final

LENGTH_BYTES: Final = 4
"""In front of the content: its length, big-endian."""

SIZE_CLASSES: Final = tuple(4**power for power in range(4, 16))
"""256 bytes, 1 KiB, 4 KiB … 1 GiB."""

MAX_SEALED_BYTES: Final = 65536
"""The largest class that fits into a record, in an annex."""


def size_class(content_bytes: int) -> int | None:
    """The size that content of so many bytes is padded to; None where it fits no class."""
    return next((size for size in SIZE_CLASSES if size >= LENGTH_BYTES + content_bytes), None)
