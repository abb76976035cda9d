"""Arbitration: every way in which either party can lie about a payload, and who is found right."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest

from ledger.envelope.arbitration import Party, Verdict, arbitrate
from ledger.envelope.binding import SecretKey, manifest_associated_data
from ledger.envelope.commitments import content_commitment, key_commitment
from ledger.envelope.streaming import encrypt_stream
from ledger.errors import LedgerError, NodeUnreachable, RecordUnavailable
from ledger.models import Encryption, Manifest, Payload
from ledger.unixfs import PayloadHash
from tests.unit import samples

D = bytes([1]) * 32
KEY, OTHER = SecretKey(bytes(range(32))), SecretKey(bytes(32))
CONTENT = b"month,jobs\n2026-01,41\n" * 100_000


def _encrypted(content: bytes, key: SecretKey = KEY, deployment: bytes = D) -> bytes:
    bound = manifest_associated_data(deployment, samples.manifest())
    return b"".join(encrypt_stream(key, bound, [content]))


def _manifest(ciphertext: bytes, **changes: Any) -> Manifest:
    found = PayloadHash()
    found.update(ciphertext)
    payload = Payload(cid=found.cid(), size_bytes=len(ciphertext))
    encryption = Encryption(
        key_commitment=key_commitment(KEY),
        content_commitment=content_commitment(KEY, hashlib.sha256(CONTENT).digest()),
    )
    values = {"payload": payload, "encryption": encryption, "plaintext_size_bytes": len(CONTENT)}
    return samples.manifest().model_copy(update=values | changes)


CIPHERTEXT = _encrypted(CONTENT)
MANIFEST = _manifest(CIPHERTEXT)


def _judge(
    ciphertext: bytes = CIPHERTEXT, manifest: Manifest = MANIFEST, key: SecretKey = KEY
) -> Verdict:
    chunks = (ciphertext[start : start + 500_000] for start in range(0, len(ciphertext), 500_000))
    return arbitrate(manifest, key, chunks, deployment=D)


def test_a_sound_payload_speaks_for_the_sender() -> None:
    assert _judge() is Verdict.SOUND
    assert Verdict.SOUND.favours is Party.SENDER


def test_a_sender_who_discloses_another_key_loses() -> None:
    assert _judge(key=OTHER) is Verdict.OTHER_KEY
    assert Verdict.OTHER_KEY.favours is Party.RECEIVER


@pytest.mark.parametrize(
    "ciphertext",
    [
        b"",
        CIPHERTEXT[:-1],
        CIPHERTEXT + b"\0",
        CIPHERTEXT[:100] + bytes([CIPHERTEXT[100] ^ 1]) + CIPHERTEXT[101:],
        CIPHERTEXT[:-1] + bytes([CIPHERTEXT[-1] ^ 1]),
        _encrypted(CONTENT),
    ],
)
def test_bytes_that_are_not_the_payload_decide_nothing(ciphertext: bytes) -> None:
    assert _judge(ciphertext) is Verdict.OTHER_CIPHERTEXT
    assert Verdict.OTHER_CIPHERTEXT.favours is Party.NOBODY


@pytest.mark.parametrize(
    "ciphertext",
    [
        bytes(len(CIPHERTEXT)),
        _encrypted(CONTENT, OTHER),
        _encrypted(CONTENT, deployment=bytes(32)),
        CIPHERTEXT[:-1] + bytes([CIPHERTEXT[-1] ^ 1]),
    ],
    ids=["zeros", "under another key", "of another deployment", "altered at its end"],
)
def test_a_sender_whose_payload_does_not_decrypt_loses(ciphertext: bytes) -> None:
    assert _judge(ciphertext, _manifest(ciphertext)) is Verdict.UNDECRYPTABLE
    assert Verdict.UNDECRYPTABLE.favours is Party.RECEIVER


def test_a_sender_whose_content_is_another_loses() -> None:
    ciphertext = _encrypted(CONTENT[:-1] + b"!")
    assert _judge(ciphertext, _manifest(ciphertext)) is Verdict.OTHER_CONTENT
    assert Verdict.OTHER_CONTENT.favours is Party.RECEIVER


def test_a_sender_whose_content_is_shorter_than_its_manifest_says_loses() -> None:
    manifest = _manifest(CIPHERTEXT, plaintext_size_bytes=len(CONTENT) + 1)
    assert _judge(manifest=manifest) is Verdict.OTHER_CONTENT


def test_a_payload_of_another_manifest_does_not_decrypt_under_this_one() -> None:
    assert _judge(manifest=_manifest(CIPHERTEXT, version=4)) is Verdict.UNDECRYPTABLE


def test_an_endless_ciphertext_is_not_read_to_its_end() -> None:
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        while True:
            read += 1
            yield CIPHERTEXT

    assert arbitrate(MANIFEST, KEY, endless(), deployment=D) is Verdict.OTHER_CIPHERTEXT
    assert read <= 3


@pytest.mark.parametrize("failure", [NodeUnreachable, RecordUnavailable])
@pytest.mark.parametrize("before_bytes", [0, 100_000, len(CIPHERTEXT)])
def test_a_node_that_fails_midway_is_no_verdict(
    failure: type[LedgerError], before_bytes: int
) -> None:
    def failing() -> Iterator[bytes]:
        yield CIPHERTEXT[:before_bytes]
        raise failure("gone")

    with pytest.raises(failure):
        arbitrate(MANIFEST, KEY, failing(), deployment=D)
