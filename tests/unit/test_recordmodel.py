"""What all records share: each type of member, and what is said of what it doesn't take."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Annotated, Any

import pytest
from pydantic import AfterValidator, StringConstraints, TypeAdapter, ValidationError

from ledger.errors import InputError, RecordError
from ledger.models import DatasetDescription, Grounds, Purpose, Terms, checking_input, parse_record
from ledger.recordmodel import (
    Base64Bytes,
    Digest32,
    Part,
    RecordModel,
    require_safe_text,
    require_same,
    safe_text,
)
from ledger.records import decode, encode
from tests.unit import samples

SHORT = "String should have at least 1 character"
NO_DIGEST = "is not 32 bytes, written as 64 lower-case hexadecimal digits"
NO_CID = "is not a CID of this ledger: expected CIDv1, base32, sha2-256, codec raw or dag-pb"

PURPOSES = "expected one of " + ", ".join(purpose.label for purpose in Purpose)


def _odd(text: str) -> str:
    raise ValueError(f"{text!r} is odd")


class Odd(Part):
    text: Annotated[str, StringConstraints(pattern="^[b]$")] = "b"
    flag: bool = True
    line: Annotated[str, AfterValidator(_odd)] = ""


def altered(record: RecordModel, place: str, value: object) -> bytes:
    """The record's bytes with another value in one place."""
    members: dict[str, Any] = decode(record.to_bytes())
    *parts, name = place.split("/")
    part = members
    for each in parts:
        part = part[each]
    part[name] = value
    return encode(members)


WRONG: list[tuple[RecordModel, str, object, str]] = [
    (samples.card(), "name", "", f"name: {SHORT}"),
    (samples.card(), "name", "x" * 201, "name: String should have at most 200 characters"),
    (samples.card(), "name", " a", "name: begins or ends with a space"),
    (samples.card(), "name", "a ", "name: begins or ends with a space"),
    (samples.card(), "name", "a\nb", "name: has the character U+000A, which is not allowed"),
    (samples.card(), "name", "a\u202e", "name: has the character U+202E, which is not allowed"),
    (samples.card(), "name", "\U000f0000", "name: has the character U+F0000, which is not allowed"),
    (samples.card(), "name", "\u200c\x07", "name: has the character U+0007, which is not allowed"),
    (samples.card(), "not a name", 1, "'not a name': Extra inputs are not permitted"),
    (samples.need(), "keywords", ["a", "b", "a"], "keywords: names something twice"),
    (samples.need(), "title", "a\tb", "title: has the character U+0009, which is not allowed"),
    (
        samples.need(),
        "description",
        "a\rb",
        "description: has the character U+000D, which is not allowed",
    ),
    (samples.manifest(), "name", "a/b", "name: is not a plain file name"),
    (samples.manifest(), "name", "a\\b", "name: is not a plain file name"),
    (samples.manifest(), "name", ".", "name: is not a plain file name"),
    (samples.manifest(), "name", "..", "name: is not a plain file name"),
    (samples.manifest(), "name", "é" * 128, "name: is longer than 255 bytes"),
    (samples.manifest(), "name", "a ", "name: begins or ends with a space"),
    (samples.manifest(), "payload/cid", "Qm", f"payload.cid: 'Qm' {NO_CID}"),
    (samples.manifest(), "encryption/keyCommitment", "00" * 31, f"{{}}: {NO_DIGEST}"),
    (samples.manifest(), "encryption/keyCommitment", "00" * 33, f"{{}}: {NO_DIGEST}"),
    (samples.manifest(), "encryption/keyCommitment", "AA" * 32, f"{{}}: {NO_DIGEST}"),
    (samples.manifest(), "encryption/keyCommitment", 7, f"{{}}: {NO_DIGEST}"),
    (samples.manifest(), "encryption/more", 1, "{}: Extra inputs are not permitted"),
    (
        samples.dataset(),
        "keywords",
        [""] * 3,
        "; ".join(f"keywords.{n}: {SHORT}" for n in range(3)),
    ),
    (
        samples.dataset(),
        "keywords",
        [""] * 5,
        "; ".join(f"keywords.{n}: {SHORT}" for n in range(3)) + "; and 2 more",
    ),
    (samples.terms(), "purpose", 7, "purpose: is not a label"),
    (samples.terms(), "purpose", "spying", f"purpose: 'spying' is not a purpose: {PURPOSES}"),
]


@pytest.mark.parametrize(("record", "place", "value", "said"), WRONG)
def test_a_member_that_is_wrong_is_named_with_why(
    record: RecordModel, place: str, value: object, said: str
) -> None:
    with pytest.raises(RecordError) as caught:
        parse_record(altered(record, place, value))
    problem = said.format(place.replace("/", "."))
    assert caught.value.message == f"record of type {record.TYPE} is wrong: {problem}"


def test_a_member_s_longest_values_are_taken() -> None:
    for record, place, value in (
        (samples.card(), "name", "x" * 200),
        (samples.card(), "name", "a\u200cb\u200dc"),
        (samples.need(), "description", "a\n\tb"),
        (samples.manifest(), "name", "é" * 127 + "a"),
        (samples.manifest(), "name", "X.csv"),
    ):
        assert parse_record(altered(record, place, value)) != record


def test_a_record_of_another_type_is_refused_and_the_right_type_named() -> None:
    with pytest.raises(RecordError) as caught:
        Terms.from_bytes(samples.card().to_bytes())
    assert caught.value.message == (
        "record is of type 'sharing-ledger/v1/department', expected 'sharing-ledger/v1/terms'"
    )


def test_a_member_goes_by_its_name_on_the_wire_alone() -> None:
    members = decode(samples.dataset(keywords=(), legal_reason="Act 7").to_bytes())
    members["legal_reason"] = members.pop("legalReason")
    said = "is wrong: legal_reason: Extra inputs are not permitted"
    with pytest.raises(RecordError, match=f"^record of type sharing-ledger/v1/dataset {said}$"):
        DatasetDescription.from_bytes(encode(members))


def test_a_default_that_is_left_out_is_another_form() -> None:
    members = decode(samples.dataset(keywords=()).to_bytes())
    del members["keywords"]
    said = "record of type sharing-ledger/v1/dataset is not in the one form that it may have"
    with pytest.raises(RecordError, match=f"^{said}$"):
        DatasetDescription.from_bytes(encode(members))


def test_what_a_user_entered_is_named_as_it_is_called() -> None:
    with pytest.raises(InputError) as caught, checking_input("the card"):
        samples.card(name="", contact=" ")
    said = "name: is empty; contact: begins or ends with a space"
    assert caught.value.message == f"the card is wrong: {said}"


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: samples.card(name="x" * 201), "name: has more than 200 characters"),
        (lambda: samples.card(odd=1), "odd: is not known here"),
        (lambda: samples.terms(purpose_text=""), "why: is empty"),
        (lambda: samples.terms(retention_days=-1), "retention_days: is less than 1"),
        (lambda: samples.terms(retention_days=10**9), "retention_days: is more than 36525"),
        (lambda: samples.terms(retention_days="9"), "retention_days: is not a whole number"),
        (lambda: samples.terms(requester="A"), "requester: must be 1 to 32 of a-z, 0-9 and '-'"),
        (lambda: samples.terms(dataset="labour"), "dataset: must be like labour/employment"),
        (lambda: samples.manifest(media_type="csv"), "media_type: must be like text/csv"),
        (lambda: samples.dataset(language="Dutch"), "language: must be like en or pt-BR"),
        (lambda: Grounds(), "grounds: is missing"),  # type: ignore[call-arg]
        (lambda: Odd(text="a"), "text: must be of the form ^[b]$"),
        (lambda: Odd(flag="a{}"), "flag: Input should be a valid boolean"),
        (lambda: Odd(line="a{b}"), "line: 'a{b}' is odd"),
    ],
)
def test_what_a_user_entered_is_said_in_plain_words(build: Callable[[], object], said: str) -> None:
    with pytest.raises(InputError) as caught, checking_input("it"):
        build()
    assert caught.value.message == f"it is wrong: {said}"


@pytest.mark.parametrize(("wrong", "more"), [(3, ""), (4, "; and 1 more")])
def test_of_much_that_a_user_entered_wrong_three_things_are_said(wrong: int, more: str) -> None:
    with pytest.raises(InputError) as caught, checking_input("it"):
        samples.card(**{f"odd{number}": number for number in range(wrong)})
    assert caught.value.message.count("is not known here") == 3
    assert caught.value.message.endswith("is not known here" + more)


def test_every_difference_between_record_and_chain_is_said() -> None:
    pairs: dict[str, tuple[object, object]] = {
        "name": ("a", "b"),
        "digest": (b"\1\2", b"\3"),
        "number": (None, 7),
        "flag": (True, None),
        "same": (5, 5),
    }
    with pytest.raises(RecordError) as caught:
        require_same("thing", pairs)
    assert caught.value.message == (
        "thing and chain differ: name is a in the record, b on the chain; "
        "digest is 0102 in the record, 03 on the chain; "
        "number is absent in the record, 7 on the chain; "
        "flag is True in the record, absent on the chain"
    )


@pytest.mark.parametrize(
    "value", ["a\x07", {"a\x07": 1}, {"a": {"b": "\x07"}}, [1, "\x07"], (None, ["\x07"])]
)
def test_text_anywhere_in_json_is_checked(value: object) -> None:
    with pytest.raises(ValueError, match=r"^has the character U\+0007, which is not allowed$"):
        require_safe_text(value)


def test_text_in_json_may_have_lines_and_numbers_have_no_text() -> None:
    require_safe_text({"a\n": ["b\tc", 7, None, True, {"d": ("e",)}]})


def test_a_character_is_allowed_only_where_it_is_said() -> None:
    assert safe_text("a\nb\u200c", "\n") == "a\nb\u200c"
    with pytest.raises(ValueError, match=r"^has the character U\+000A, which is not allowed$"):
        safe_text("a\nb")


def test_a_digest_is_32_bytes_or_their_hexadecimal_digits() -> None:
    digest = TypeAdapter(Digest32)
    assert digest.validate_python(bytes(range(32))) == bytes(range(32))
    assert digest.validate_python(bytes(range(32)).hex()) == bytes(range(32))
    for wrong in (bytes(31), bytes(33), ["0"] * 32, None):
        with pytest.raises(ValidationError, match=NO_DIGEST):
            digest.validate_python(wrong)


def test_bytes_are_base64_as_rfc_4648_has_it() -> None:
    data = TypeAdapter(Base64Bytes)
    assert data.validate_python(b"\xff") == b"\xff"
    assert data.validate_python("/+8=") == base64.b64decode("/+8=")
    assert data.validate_python("") == b""
    for wrong in (
        "A",
        "AAA",
        "AAA==",
        "=",
        "A===",
        "====",
        "-_8=",
        "AA==AA==",
        "AA AA",
        "AAAA\n",
        7,
        None,
    ):
        with pytest.raises(ValidationError, match="Value error, is not base64 "):
            data.validate_python(wrong)
