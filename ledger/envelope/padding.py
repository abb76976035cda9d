"""Padding of sealed parts and answers to size classes: the length, the content, zeros."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from ledger.errors import FileChanged, InputError, IntegrityError
from ledger.models.sizes import LENGTH_BYTES, SIZE_CLASSES, size_class

_ZEROS_BYTES: Final = 1024 * 1024


def pad(content: bytes, limit: int = SIZE_CLASSES[-1]) -> bytes:
    """`content` with its length in front, and zeros up to the smallest class that fits.

    Raises:
        InputError: it fits no class up to `limit`.
    """
    size = _class_of(len(content), limit)
    return (len(content).to_bytes(LENGTH_BYTES, "big") + content).ljust(size, b"\0")


def unpad(padded: bytes) -> bytes:
    """What `pad` was given.

    Raises:
        IntegrityError: it is padded in any other way.
    """
    return b"".join(unpad_stream([padded]))


def pad_stream(size_bytes: int, content: Iterable[bytes]) -> Iterator[bytes]:
    """As `pad`, for content of a known size that comes in chunks.

    Raises:
        InputError: it fits no class.
        FileChanged: it has another size than was said.
    """
    padding = _class_of(size_bytes, SIZE_CLASSES[-1]) - LENGTH_BYTES - size_bytes
    yield size_bytes.to_bytes(LENGTH_BYTES, "big")
    left = size_bytes
    for chunk in content:
        left -= len(chunk)
        if left < 0:
            break
        yield chunk
    if left != 0:
        raise FileChanged(f"the content has not the {size_bytes:,} bytes that it had before")
    zeros = bytes(min(padding, _ZEROS_BYTES))
    while padding > 0:
        yield zeros[:padding]
        padding -= len(zeros)


def unpad_stream(padded: Iterable[bytes]) -> Iterator[bytes]:
    """What was padded, in chunks; whoever consumes this discards what it got when it raises.

    Raises:
        IntegrityError: it is padded in any other way. There is one, or padding could carry
            something that no reader is shown.
    """
    head = b""
    left = total = 0
    size: int | None = None
    for chunk in padded:
        total += len(chunk)
        if size is None:
            head += chunk
            if len(head) < LENGTH_BYTES:
                continue
            left = int.from_bytes(head[:LENGTH_BYTES], "big")
            size, chunk = size_class(left), head[LENGTH_BYTES:]
        if size is None or total > size:
            break
        content, zeros = chunk[:left], chunk[left:]
        left -= len(content)
        if zeros.count(0) != len(zeros):
            break
        if content:
            yield content
    else:
        if total == size:
            return
    raise IntegrityError("content is not padded as it must be")


def _class_of(content_bytes: int, limit: int) -> int:
    size = size_class(content_bytes)
    if size is None or size > limit:
        raise InputError(
            f"this takes {content_bytes:,} bytes, "
            f"at most {limit - LENGTH_BYTES:,} are allowed in one sealed part or answer"
        )
    return size
