"""Subjects: the key of a person, the tags by which the person finds what was said about them.

A tag is made by an owner with the key that the subject gave to that owner alone. So an owner knows
the tags that it wrote, the subject all of them, and nobody else can tell one person's from
another's.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from eth_hash.auto import keccak

from ledger.envelope.binding import NONCE_BYTES, SecretKey, derive, fixed, labelled
from ledger.errors import InputError, IntegrityError
from ledger.identifiers import Code, Digest, TransferId, encode_code

_CHECK_BYTES: Final = 3
_GROUP: Final = 4
# 35 bytes in base32, which come out even: no padding, no unused bits.
_WRITTEN: Final = re.compile(r"[A-Z2-7]{56}", re.ASCII)


@dataclass(frozen=True, slots=True)
class TaggedAnswer:
    """An answer about a subject: what its events and its manifest say."""

    transfer: TransferId
    owner: Code
    nonce: bytes
    """The manifest's `subjectNonce`."""
    tag: bytes
    """Of `SubjectTagged`, or of `SubjectRevealed` where it was hidden."""


def owner_subject_key(subject_key: SecretKey, owner: Code) -> SecretKey:
    """The key that a subject enrols with one owner; it tells nothing about the others."""
    return derive(subject_key, "owner subject key", encode_code(owner))


def subject_tag(owner_key: SecretKey, deployment: bytes, nonce: bytes) -> Digest:
    """`HMAC-SHA-256(owner subject key, deployment ‖ nonce)`; the nonce is fresh for each answer."""
    message = fixed(deployment, 32) + fixed(nonce, NONCE_BYTES)
    return Digest(hmac.digest(owner_key.value, message, "sha256"))


def own_answers(
    subject_key: SecretKey, answers: Iterable[TaggedAnswer], *, deployment: bytes
) -> Iterator[TaggedAnswer]:
    """Those of many answers that are about the subject who has this key."""
    keys: dict[Code, SecretKey] = {}
    for answer in answers:
        if answer.owner not in keys:
            keys[answer.owner] = owner_subject_key(subject_key, answer.owner)
        expected = subject_tag(keys[answer.owner], deployment, answer.nonce)
        if hmac.compare_digest(expected, answer.tag):
            yield answer


def hidden_tag(tag: bytes, salt: bytes) -> Digest:
    """`keccak256(tag ‖ salt)`: what the chain holds until the tag is revealed."""
    return Digest(keccak(fixed(tag, 32) + fixed(salt, 32)))


def check_opening(commitment: bytes, tag: bytes, salt: bytes) -> None:
    """Check that tag and salt are what was hidden.

    Raises:
        IntegrityError: they are not.
    """
    if not hmac.compare_digest(hidden_tag(tag, salt), commitment):
        raise IntegrityError("tag and salt are not those that were hidden")


def write_subject_key(key: SecretKey) -> str:
    """A subject's key as the subject keeps it: 56 of a-z and 2-7 in groups, the last 5 a check."""
    text = base64.b32encode(key.value + _check(key.value)).decode("ascii").lower()
    return "-".join(text[start : start + _GROUP] for start in range(0, len(text), _GROUP))


def read_subject_key(text: str) -> SecretKey:
    """Read a subject's key that somebody typed; capitals, spaces and hyphens don't matter.

    Raises:
        InputError: it is none, or was mistyped; the message doesn't repeat it.
    """
    wrong = InputError(
        "this is not a subject key, or a character is mistyped",
        hint="expected 56 letters and digits (a-z, 2-7)",
    )
    plain = "".join(text.replace("-", " ").split()).upper()
    if not _WRITTEN.fullmatch(plain):
        raise wrong
    data = base64.b32decode(plain)
    key = SecretKey(data[:-_CHECK_BYTES])
    if not hmac.compare_digest(_check(key.value), data[-_CHECK_BYTES:]):
        raise wrong
    return key


def _check(key: bytes) -> bytes:
    return hashlib.sha256(labelled("subject code", key)).digest()[:_CHECK_BYTES]
