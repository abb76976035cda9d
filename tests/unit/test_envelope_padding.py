"""Padding: what a length tells, and that there is one way to pad."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.envelope.padding import pad, pad_stream, unpad, unpad_stream
from ledger.errors import FileChanged, InputError, IntegrityError
from ledger.models import SIZE_CLASSES


def _pieces(data: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


@given(st.binary(max_size=5000), st.integers(1, 700))
@settings(derandomize=True, max_examples=100, deadline=None)
def test_whole_and_in_pieces_are_the_same(content: bytes, size: int) -> None:
    padded = pad(content)
    assert len(padded) in SIZE_CLASSES
    assert b"".join(pad_stream(len(content), _pieces(content, size))) == padded
    assert unpad(padded) == content
    assert b"".join(unpad_stream(_pieces(padded, size))) == content


@pytest.mark.parametrize(("size", "padded"), [(0, 256), (252, 256), (253, 1024), (1020, 1024)])
def test_content_takes_the_smallest_class_that_fits(size: int, padded: int) -> None:
    assert len(pad(bytes(size))) == padded


@pytest.mark.parametrize("size", [251, 252, 253, 1019, 1020, 1021])
def test_a_stream_is_padded_exactly_to_its_class(size: int) -> None:
    content = b"x" * size
    assert b"".join(pad_stream(size, [content])) == pad(content)


def test_a_mebibyte_of_padding_is_made_in_bounded_pieces() -> None:
    pieces = list(pad_stream(300_000, [b"x" * 300_000]))
    assert sum(map(len, pieces)) == 1024 * 1024
    big = list(pad_stream(1_100_000, [b"x" * 1_100_000]))
    assert max(map(len, big)) <= 1_100_000
    assert b"".join(unpad_stream(big)) == b"x" * 1_100_000


def test_content_beyond_a_limit_is_refused() -> None:
    with pytest.raises(InputError, match="at most 252"):
        pad(bytes(253), limit=256)
    with pytest.raises(InputError, match="at most 1,073,741,820"):
        next(pad_stream(2**30, []))


@pytest.mark.parametrize("content", [b"", b"four", b"sixsix"])
def test_content_of_another_size_than_was_said_is_refused(content: bytes) -> None:
    with pytest.raises(FileChanged, match="5 bytes"):
        list(pad_stream(5, [content]))


GOOD = pad(b"content")


@pytest.mark.parametrize(
    "padded",
    [
        b"",
        b"\0\0\0",
        GOOD[:4],
        GOOD[:-1],
        GOOD + b"\0",
        GOOD.ljust(1024, b"\0"),
        GOOD[:-1] + b"\1",
        (8).to_bytes(4, "big") + GOOD[4:12] + b"\1" + GOOD[13:],
        (253).to_bytes(4, "big") + bytes(252),
        (253).to_bytes(4, "big") + bytes(253),
        b"\xff" * 256,
        bytes(4),
    ],
)
def test_any_other_padding_is_refused(padded: bytes) -> None:
    with pytest.raises(IntegrityError, match="padded"):
        unpad(padded)
    with pytest.raises(IntegrityError, match="padded"):
        list(unpad_stream(_pieces(padded, 3)))


def test_an_endless_padding_is_not_read_to_its_end() -> None:
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        yield GOOD
        while True:
            read += 1
            yield bytes(1024)

    with pytest.raises(IntegrityError, match="padded"):
        list(unpad_stream(endless()))
    assert read == 1
