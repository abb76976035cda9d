"""Names, codes, CIDs and addresses, well formed and hostile."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import InputError, RecordError
from ledger.identifiers import (
    Code,
    DatasetName,
    decode_code,
    encode_code,
    parse_address,
    parse_cid,
    parse_code,
    record_cid,
    shown,
)

CODES = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=32)
EMPTY = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"
CHECKSUMMED = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"  # EIP-55's first example


@given(CODES)
@settings(derandomize=True, deadline=None)
def test_every_code_survives_bytes32(text: str) -> None:
    encoded = encode_code(parse_code(text))
    assert len(encoded) == 32
    assert decode_code(encoded) == text


@given(st.binary(min_size=32, max_size=32))
@settings(derandomize=True, deadline=None)
def test_bytes32_that_decodes_encodes_to_the_same_bytes(data: bytes) -> None:
    try:
        code = decode_code(data)
    except RecordError:
        return
    assert encode_code(code) == data


@pytest.mark.parametrize(
    "text", ["", "Health", "a b", "a" * 33, "é", "a\n", "a_b", "a/b", "\u0430", "٣"]
)
def test_a_malformed_code_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_code(text)
    error = caught.value
    assert error.message == f"{text!a} is not a code: expected 1 to 32 of a-z, 0-9 and '-'"
    assert error.hint == "use lower-case letters, digits and hyphens, for example 'labour'"


@pytest.mark.parametrize(
    "data",
    [
        bytes(32),
        b"a\0b".ljust(32, b"\0"),
        b"\0a".ljust(32, b"\0"),
        b"A".ljust(32, b"\0"),
        b"\xff" * 32,
        b"health",
        b"a" * 33,
        b"a\n".ljust(32, b"\0"),
        b"aX".ljust(32, b"\0"),
    ],
)
def test_hostile_bytes32_is_not_a_code(data: bytes) -> None:
    said = "bytes32 is not a code: expected 1 to 32 of a-z, 0-9 and '-', then zeros"
    with pytest.raises(RecordError, match=f"^{said}$"):
        decode_code(data)


def test_a_dataset_is_named_with_or_without_its_version() -> None:
    name = DatasetName.parse("labour/employment@3")
    assert name == DatasetName(Code("labour"), Code("employment"), name.version)
    assert name.version == 3
    assert str(name) == "labour/employment@3"
    assert DatasetName.parse("labour/employment").version is None
    assert str(DatasetName.parse("labour/employment")) == "labour/employment"
    assert DatasetName.parse("labour/employment@4294967295").version == 2**32 - 1


@pytest.mark.parametrize(
    "text",
    [
        "labour",
        "labour/",
        "/x",
        "a/b/c",
        "a/b@",
        "a/b@0",
        "a/b@03",
        "a/b@-1",
        "a/b@x",
        "a/b@4294967296",
        "a/b@3\n",
        "a/b@٣",
        "A/b",
        "a/b@" + "9" * 5000,
    ],
)
def test_a_malformed_dataset_name_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        DatasetName.parse(text)
    expected = "expected department/slug or department/slug@version"
    assert caught.value.message == f"{shown(text)} is not a dataset's name: {expected}"
    assert caught.value.hint == "for example labour/employment or labour/employment@3"


def test_a_record_s_cid_is_computed_from_its_digest() -> None:
    digest = hashlib.sha256(b"hello").digest()
    by_hand = "b" + base64.b32encode(b"\x01\x55\x12\x20" + digest).decode().lower().rstrip("=")
    assert record_cid(digest) == by_hand
    assert parse_cid(by_hand) == by_hand


def test_the_cid_of_the_empty_block_is_the_known_one() -> None:
    assert record_cid(hashlib.sha256(b"").digest()) == EMPTY


def test_a_digest_of_another_length_has_no_cid() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        record_cid(b"short")


def _cid(head: bytes, digest: bytes = bytes(32)) -> str:
    return "b" + base64.b32encode(head + digest).decode().lower().rstrip("=")


def test_a_file_s_cid_is_accepted() -> None:
    text = _cid(b"\x01\x70\x12\x20")
    assert text.startswith("bafybei")
    assert parse_cid(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG",
        EMPTY.upper(),
        EMPTY + "\n",
        "/ipfs/" + EMPTY,
        EMPTY[:-1],
        EMPTY[:-1] + "v",
        "z" + EMPTY[1:],
        _cid(b"\x00\x55\x12\x20"),
        _cid(b"\x02\x55\x12\x20"),
        _cid(b"\x01\x71\x12\x20"),
        _cid(b"\x01\x55\x16\x20"),
        _cid(b"\x01\x55\x12\x1f"),
        _cid(b"\x01\x55\x00\x20"),
        _cid(b"\xff\xff\xff\xff"),
        # Hashes for which multiformats would look for a library: keccak-256, keccak-224, blake3.
        _cid(b"\x01\x55\x1b\x20"),
        _cid(b"\x01\x63\x1a\x20"),
        _cid(b"\x01\x55\x1e\x20"),
        "b" + "a" * 58,
        "b" + "a" * 1_000_000,
    ],
)
def test_another_kind_or_spelling_of_cid_is_refused(text: str) -> None:
    with pytest.raises(RecordError) as caught:
        parse_cid(text)
    expected = "expected CIDv1, base32, sha2-256, codec raw or dag-pb"
    assert caught.value.message == f"{shown(text)} is not a CID of this ledger: {expected}"


@given(st.binary(min_size=36, max_size=36))
@settings(derandomize=True, max_examples=200, deadline=None)
def test_any_36_bytes_are_a_cid_of_ours_or_refused(data: bytes) -> None:
    text = _cid(data, b"")
    ours = data[:4] in (b"\x01\x55\x12\x20", b"\x01\x70\x12\x20")
    if ours:
        assert parse_cid(text) == text
    else:
        with pytest.raises(RecordError):
            parse_cid(text)


def test_an_address_is_returned_with_its_checksum() -> None:
    assert parse_address(CHECKSUMMED) == CHECKSUMMED
    assert parse_address(CHECKSUMMED.lower()) == CHECKSUMMED


@pytest.mark.parametrize(
    "text",
    [
        CHECKSUMMED[:-1],
        CHECKSUMMED[2:],
        "0X" + CHECKSUMMED[2:],
        CHECKSUMMED + "\n",
        "0x" + "g" * 40,
    ],
)
def test_what_has_not_the_form_of_an_address_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_address(text)
    expected = "expected 0x and 40 hexadecimal digits"
    assert caught.value.message == f"{text!a} is not an address: {expected}"


def test_a_mistyped_address_is_refused() -> None:
    mistyped = CHECKSUMMED.replace("aA", "Aa")
    with pytest.raises(InputError) as caught:
        parse_address(mistyped)
    assert (
        caught.value.message == f"{mistyped} has a wrong checksum (EIP-55): expected {CHECKSUMMED}"
    )
    assert caught.value.hint == "compare the address with its source, a character may be mistyped"


def test_hostile_text_is_shown_without_control_characters_and_cut() -> None:
    assert shown("a" * 60) == f"'{'a' * 60}'"
    assert shown("a" * 61) == f"'{'a' * 60}'…"
    assert "\x1b" not in shown("\x1b[2J")
    assert len(shown("x" * 1000)) < 70
