"""Subjects: keys, tags, hidden tags: who can tell whom an answer is about."""

from __future__ import annotations

import hashlib
import hmac
from itertools import pairwise

import pytest
from eth_abi.abi import encode as abi_encode
from eth_hash.auto import keccak

from ledger.envelope.binding import SecretKey
from ledger.envelope.subjects import (
    TaggedAnswer,
    check_opening,
    hidden_tag,
    own_answers,
    owner_subject_key,
    read_subject_key,
    subject_tag,
    write_subject_key,
)
from ledger.errors import InputError, IntegrityError
from ledger.identifiers import Code, TransferId

D, NONCE, SALT = bytes([1]) * 32, bytes([2]) * 32, bytes([3]) * 32
LABOUR, HEALTH = Code("labour"), Code("health")
ANNA, BORIS = SecretKey(bytes(range(32))), SecretKey(bytes([7]) * 32)


def test_an_owner_s_key_is_derived_as_documented() -> None:
    info = b"sharing-ledger/v1/owner subject key" + b"labour".ljust(32, b"\0")
    extracted = hmac.digest(bytes(32), ANNA.value, "sha256")
    expected = hmac.digest(extracted, info + b"\1", "sha256")
    assert owner_subject_key(ANNA, LABOUR).value == expected
    tag = subject_tag(owner_subject_key(ANNA, LABOUR), D, NONCE)
    assert tag == hmac.digest(expected, D + NONCE, "sha256")


def _answer(number: int, subject: SecretKey, owner: Code, nonce: bytes) -> TaggedAnswer:
    tag = subject_tag(owner_subject_key(subject, owner), D, nonce)
    return TaggedAnswer(TransferId(number), owner, nonce, tag)


def test_a_subject_finds_its_own_answers_of_all_owners_and_no_others() -> None:
    log = [
        _answer(1, ANNA, LABOUR, bytes([1]) * 32),
        _answer(2, BORIS, LABOUR, bytes([2]) * 32),
        _answer(3, ANNA, HEALTH, bytes([3]) * 32),
        _answer(4, BORIS, HEALTH, bytes([4]) * 32),
        _answer(5, ANNA, LABOUR, bytes([5]) * 32),
    ]
    assert [found.transfer for found in own_answers(ANNA, log, deployment=D)] == [1, 3, 5]
    assert [found.transfer for found in own_answers(BORIS, log, deployment=D)] == [2, 4]
    assert list(own_answers(SecretKey.generate(), log, deployment=D)) == []
    assert list(own_answers(ANNA, log, deployment=bytes(32))) == []


def test_an_answer_of_one_owner_is_not_found_as_another_s() -> None:
    moved = TaggedAnswer(
        TransferId(1), HEALTH, NONCE, subject_tag(owner_subject_key(ANNA, LABOUR), D, NONCE)
    )
    assert list(own_answers(ANNA, [moved], deployment=D)) == []


def test_tags_of_one_subject_have_nothing_in_common() -> None:
    tags = [
        _answer(n, ANNA, owner, bytes([n]) * 32).tag for n in range(9) for owner in (LABOUR, HEALTH)
    ]
    assert len(set(tags)) == len(tags)
    assert all(one != other for one, other in pairwise(tags))


def test_a_hidden_tag_is_what_a_contract_computes() -> None:
    tag = subject_tag(owner_subject_key(ANNA, LABOUR), D, NONCE)
    assert hidden_tag(tag, SALT) == keccak(abi_encode(["bytes32", "bytes32"], [tag, SALT]))
    check_opening(hidden_tag(tag, SALT), tag, SALT)


def test_another_tag_or_salt_is_not_the_hidden_one() -> None:
    tag = hashlib.sha256(b"tag").digest()
    for wrong in ((SALT, SALT), (tag, tag), (SALT, tag)):
        with pytest.raises(IntegrityError, match="not those"):
            check_opening(hidden_tag(tag, SALT), *wrong)


def test_the_subject_cannot_find_a_hidden_answer_before_it_is_revealed() -> None:
    answer = _answer(1, ANNA, LABOUR, NONCE)
    hidden = TaggedAnswer(answer.transfer, LABOUR, NONCE, hidden_tag(answer.tag, SALT))
    assert list(own_answers(ANNA, [hidden], deployment=D)) == []


@pytest.mark.parametrize("short", [b"", b"x" * 31, b"x" * 33])
def test_fields_of_another_width_are_refused(short: bytes) -> None:
    key = owner_subject_key(ANNA, LABOUR)
    for call in (
        lambda: subject_tag(key, short, NONCE),
        lambda: subject_tag(key, D, short),
        lambda: hidden_tag(short, SALT),
        lambda: hidden_tag(SALT, short),
    ):
        with pytest.raises(ValueError, match="expected 32 bytes"):
            call()


def test_a_subject_key_is_written_and_read() -> None:
    text = write_subject_key(ANNA)
    assert text == text.lower()
    assert len(text.replace("-", "")) == 56
    for spelling in (text, text.upper(), text.replace("-", " "), text.replace("-", ""), f" {text}"):
        assert read_subject_key(spelling) == ANNA


@pytest.mark.parametrize("position", range(0, 69, 7))
def test_a_mistyped_subject_key_is_refused_and_not_repeated(position: int) -> None:
    text = write_subject_key(ANNA)
    letter = "b" if text[position] != "b" else "c"
    if text[position] == "-":
        return
    with pytest.raises(InputError, match="mistyped") as caught:
        read_subject_key(text[:position] + letter + text[position + 1 :])
    assert text[:10] not in str(caught.value) + str(caught.value.hint)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "text", ["", "abc", "1" * 56, "a" * 55, "a" * 57, "é" * 56, "=" * 56, "a" * 55 + "="]
)
def test_text_that_is_no_subject_key_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="not a subject key"):
        read_subject_key(text)
