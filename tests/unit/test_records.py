"""Canonical JSON: what is accepted, and every way to be refused."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import InputError, RecordError
from ledger.records import (
    MAX_DEPTH,
    MAX_INTEGER,
    MAX_RECORD_BYTES,
    decode,
    digest,
    encode,
    require_shallow,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SCALARS = st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | TEXT
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXT, inner, max_size=5),
    max_leaves=20,
)
RECORDS = st.dictionaries(TEXT, VALUES, max_size=6)

NOT_CANONICAL = "record is not in canonical form (RFC 8785)"
TWICE = "record has the same key twice in one object"
NO_INTEGER = "record holds a number that is not an integer"
TOO_LARGE = "it holds an integer beyond ±(2^53-1)"
SURROGATE = "it holds text that is not Unicode (a lone surrogate)"
NOT_WRITTEN = "this cannot be written as a record: "
BREAKS = f"record breaks the rules: {NOT_WRITTEN}"


@given(RECORDS)
@settings(derandomize=True, max_examples=60, deadline=None)
def test_what_is_encoded_decodes_to_the_same(record: dict[str, Any]) -> None:
    assert decode(encode(record)) == record


@given(RECORDS, st.data())
@settings(derandomize=True, max_examples=60, deadline=None)
def test_a_flipped_byte_is_refused_or_is_another_canonical_record(
    record: dict[str, Any], data: st.DataObject
) -> None:
    encoded = bytearray(encode(record))
    position = data.draw(st.integers(0, len(encoded) - 1))
    encoded[position] ^= data.draw(st.integers(1, 255))
    try:
        other = decode(bytes(encoded))
    except RecordError:
        return
    assert encode(other) == bytes(encoded)


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda t: t.encode("utf-8", "replace")))
@settings(derandomize=True, max_examples=300, deadline=None)
def test_arbitrary_bytes_raise_nothing_but_a_record_error(data: bytes) -> None:
    with contextlib.suppress(RecordError):
        decode(data)


def test_keys_are_sorted_by_utf16_and_whitespace_is_gone() -> None:
    # RFC 8785, section 3.2.3: U+1F600 sorts by its surrogates, before U+FB33.
    record: dict[str, object] = {"\ufb33": 1, "\U0001f600": 2, "a": [True, None]}
    assert encode(record) == '{"a":[true,null],"\U0001f600":2,"\ufb33":1}'.encode()


def test_the_digest_is_sha256() -> None:
    assert digest(b"").hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        (b"", "record is not JSON (at character 0)"),
        (b"{", "record is not JSON (at character 1)"),
        (b"{} ", NOT_CANONICAL),
        (b' {"a":1}', NOT_CANONICAL),
        (b'{"b":1,"a":1}', NOT_CANONICAL),
        (b'{"a":1,"a":1}', TWICE),
        (b'{"x":{"a":1,"\\u0061":2}}', TWICE),
        (b'{"a":1.0}', NO_INTEGER),
        (b'{"a":1e3}', NO_INTEGER),
        (b'{"a":NaN}', NO_INTEGER),
        (b'{"a":-Infinity}', NO_INTEGER),
        (b'{"a":-0}', NOT_CANONICAL),
        (b'{"a":01}', "record is not JSON (at character 6)"),
        (b'{"a":9007199254740992}', BREAKS + TOO_LARGE),
        (b'{"a":100000000000000000}', "record holds an integer beyond ±(2^53-1)"),
        (b'{"a":-9007199254740992}', BREAKS + TOO_LARGE),
        (b'{"a":"\\ud800"}', BREAKS + SURROGATE),
        (b'{"\\udfff":1}', BREAKS + SURROGATE),
        (b'{"a":"\\u0041"}', NOT_CANONICAL),
        (b'{"a":"\\/"}', NOT_CANONICAL),
        (b'{"a":"\x01"}', "record is not JSON (at character 6)"),
        (b'{"a":"\xff"}', "record is not UTF-8"),
        (b'{"a":"\xed\xa0\x80"}', "record is not UTF-8"),
        (b'\xef\xbb\xbf{"a":1}', "record is not JSON (at character 0)"),
        ('{"a":1}'.encode("utf-16"), "record is not UTF-8"),
        (b"[]", "record is not a JSON object"),
        (b"1", "record is not a JSON object"),
        (b'"a"', "record is not a JSON object"),
        (b"null", "record is not a JSON object"),
        (b"{}{}", "record is not JSON (at character 2)"),
        (b"{}\0", "record is not JSON (at character 2)"),
    ],
)
def test_a_record_in_any_other_spelling_is_refused(data: bytes, wrong: str) -> None:
    with pytest.raises(RecordError) as caught:
        decode(data)
    assert caught.value.message == wrong


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_a_bomb_of_brackets_does_not_end_the_process(opening: bytes) -> None:
    program = (
        "import eth_account, sys\n"  # raises the recursion limit, as every real process has it
        "from ledger import records\n"
        "from ledger.errors import RecordError\n"
        "try: records.decode(sys.stdin.buffer.read())\n"
        "except RecordError as error: print(error)"
    )
    bomb = b'{"a":' + opening * (MAX_RECORD_BYTES // len(opening) - 5)
    done = subprocess.run(
        [sys.executable, "-c", program], input=bomb, capture_output=True, check=False
    )
    assert done.returncode == 0
    assert b"nested deeper" in done.stdout


@pytest.mark.parametrize("text", ["[" * 1000, '"' + "[" * 1000, "\\" * 99 + "{" * 99, "]" * 99])
def test_brackets_inside_text_are_no_nesting(text: str) -> None:
    assert decode(encode({"a": text, "b": [text]})) == {"a": text, "b": [text]}


def _nested(depth: int) -> bytes:
    return b'{"a":' * depth + b"1" + b"}" * depth


def test_nesting_is_accepted_up_to_the_limit_and_not_beyond() -> None:
    assert decode(_nested(MAX_DEPTH))
    with pytest.raises(RecordError, match="nested deeper"):
        decode(_nested(MAX_DEPTH + 1))


def test_what_was_closed_counts_no_more_and_what_was_not_still_does() -> None:
    require_shallow(b"[[]" * (MAX_DEPTH - 1))
    with pytest.raises(RecordError, match="nested deeper"):
        require_shallow(b"[[]" * MAX_DEPTH)


@pytest.mark.parametrize(
    "bomb",
    [
        b"[" * MAX_RECORD_BYTES,
        b'{"a":' * (MAX_RECORD_BYTES // 5),
        b'{"a":' + b"[" * 500_000 + b"]" * 500_000 + b"}",
        b'{"a":' + b"9" * 1_000_000 + b"}",
        b'{"a":-' + b"9" * 1_000_000 + b"}",
        b'{"a":1e' + b"9" * 1_000_000 + b"}",
        b"x" * (MAX_RECORD_BYTES + 1),
        b'{"a":[' + b"[]," * 300_000 + b"[]] }",
    ],
)
def test_a_bomb_fails_fast(bomb: bytes) -> None:
    started = time.process_time()
    with pytest.raises(RecordError) as caught:
        decode(bomb)
    assert time.process_time() - started < 10
    assert len(caught.value.message) < 200


def test_a_record_of_exactly_the_limit_is_accepted() -> None:
    data = encode({"a": "x" * (MAX_RECORD_BYTES - len('{"a":""}'))})
    assert len(data) == MAX_RECORD_BYTES
    assert decode(data)
    with pytest.raises(InputError, match="1,048,577 bytes"):
        encode({"a": "x" * (MAX_RECORD_BYTES - len('{"a":""}') + 1)})


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        (0.5, "it holds a fraction; numbers must be integers, or text such as '0.5'"),
        (2**53, TOO_LARGE),
        ({1: 2}, "it has a key that is not text"),
        ({1, 2}, "it holds a set, which JSON does not have"),
        (b"x", "it holds a bytes, which JSON does not have"),
        ("\ud800", SURROGATE),
        ({"\ud800": 1}, SURROGATE),
        (json.loads("[" * 40 + "]" * 40), "it is nested deeper than 32"),
    ],
)
def test_what_json_integers_cannot_say_is_not_written(value: object, wrong: str) -> None:
    with pytest.raises(InputError) as caught:
        encode({"a": value})
    assert caught.value.message == NOT_WRITTEN + wrong
