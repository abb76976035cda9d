"""Commitments, receipts, and the attack that they are there for."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ledger.envelope.binding import AssociatedData, SecretKey, derive
from ledger.envelope.commitments import (
    check_content,
    check_key,
    check_receipt,
    content_commitment,
    key_commitment,
    receipt_key,
    receipt_tag,
)
from ledger.envelope.streaming import decrypt_stream
from ledger.errors import IntegrityError
from tests.unit.samples import DATA_KEY, PLAINTEXT_SHA256, manifest

D = bytes([1]) * 32
MANIFEST_DIGEST = bytes([2]) * 32
OTHER_KEY = SecretKey(bytes(32))


def test_commitments_are_as_documented() -> None:
    derived = derive(DATA_KEY, "key commitment").value
    assert key_commitment(DATA_KEY) == hashlib.sha256(derived).digest()
    derived = derive(DATA_KEY, "content commitment").value
    expected = hmac.digest(derived, PLAINTEXT_SHA256, "sha256")
    assert content_commitment(DATA_KEY, PLAINTEXT_SHA256) == expected


def test_the_committed_key_and_content_pass() -> None:
    check_key(manifest(), DATA_KEY)
    check_content(manifest(), DATA_KEY, PLAINTEXT_SHA256, 1000)


def test_another_key_or_content_or_size_is_refused() -> None:
    with pytest.raises(IntegrityError, match="another key"):
        check_key(manifest(), OTHER_KEY)
    with pytest.raises(IntegrityError, match="content does not match"):
        check_content(manifest(), DATA_KEY, bytes(32), 1000)
    with pytest.raises(IntegrityError, match="content does not match"):
        check_content(manifest(), OTHER_KEY, PLAINTEXT_SHA256, 1000)
    with pytest.raises(IntegrityError, match="999 bytes"):
        check_content(manifest(), DATA_KEY, PLAINTEXT_SHA256, 999)


def test_a_receipt_is_checked_with_the_disclosed_key_alone() -> None:
    derived = receipt_key(DATA_KEY, D, 7)
    tag = receipt_tag(derived, MANIFEST_DIGEST, PLAINTEXT_SHA256)
    assert tag == hmac.digest(derived.value, MANIFEST_DIGEST + PLAINTEXT_SHA256, "sha256")
    check_receipt(tag, derived, MANIFEST_DIGEST, PLAINTEXT_SHA256)


@pytest.mark.parametrize(
    ("derived", "digest", "content"),
    [
        (receipt_key(OTHER_KEY, D, 7), MANIFEST_DIGEST, PLAINTEXT_SHA256),
        (receipt_key(DATA_KEY, bytes(32), 7), MANIFEST_DIGEST, PLAINTEXT_SHA256),
        (receipt_key(DATA_KEY, D, 8), MANIFEST_DIGEST, PLAINTEXT_SHA256),
        (receipt_key(DATA_KEY, D, 7), bytes(32), PLAINTEXT_SHA256),
        (receipt_key(DATA_KEY, D, 7), MANIFEST_DIGEST, bytes(32)),
    ],
)
def test_a_receipt_for_anything_else_is_refused(
    derived: SecretKey, digest: bytes, content: bytes
) -> None:
    tag = receipt_tag(receipt_key(DATA_KEY, D, 7), MANIFEST_DIGEST, PLAINTEXT_SHA256)
    with pytest.raises(IntegrityError, match="receipt"):
        check_receipt(tag, derived, digest, content)


@pytest.mark.parametrize("tag", [b"", bytes(32), bytes(31)])
def test_a_made_up_receipt_is_refused(tag: bytes) -> None:
    with pytest.raises(IntegrityError):
        check_receipt(tag, receipt_key(DATA_KEY, D, 7), MANIFEST_DIGEST, PLAINTEXT_SHA256)


def test_one_ciphertext_under_two_keys_decrypts_twice_and_the_commitment_tells() -> None:
    # A dishonest owner makes one payload, gives one key to each of two receivers, and lets them
    # read different contents under one manifest. AES-GCM alone does not prevent it.
    ad = AssociatedData(b"both")
    ciphertext = _two_key_ciphertext(DATA_KEY, OTHER_KEY, ad)
    first = b"".join(decrypt_stream(DATA_KEY, ad, [ciphertext]))
    second = b"".join(decrypt_stream(OTHER_KEY, ad, [ciphertext]))
    assert first != second
    check_key(manifest(), DATA_KEY)
    with pytest.raises(IntegrityError, match="another key"):
        check_key(manifest(), OTHER_KEY)


def _two_key_ciphertext(one: SecretKey, two: SecretKey, ad: bytes) -> bytes:
    """A one-segment stream of two blocks; the second makes the tags under both keys agree."""
    salt, prefix = bytes(32), bytes(7)
    counter = prefix + bytes(4) + b"\x01"  # segment 0, the last
    keys = [
        HKDF(algorithm=SHA256(), length=32, salt=salt, info=ad).derive(key.value)
        for key in (one, two)
    ]
    h = [_block(key, bytes(16)) for key in keys]
    mask = [_block(key, counter + b"\0\0\0\x01") for key in keys]
    block, lengths = int.from_bytes(b"sixteen bytes ok"), (32 * 8)
    # tag = block·H^3 + x·H^2 + lengths·H + mask, for both keys; solved for x.
    rest = mask[0] ^ mask[1]
    for hash_key in h:
        square = _multiply(hash_key, hash_key)
        rest ^= _multiply(block, _multiply(square, hash_key)) ^ _multiply(lengths, hash_key)
    squares = _multiply(h[0], h[0]) ^ _multiply(h[1], h[1])
    x = _multiply(rest, _inverse(squares))
    square = _multiply(h[0], h[0])
    tag = (
        _multiply(block, _multiply(square, h[0]))
        ^ _multiply(x, square)
        ^ _multiply(lengths, h[0])
        ^ mask[0]
    )
    body = b"".join(value.to_bytes(16) for value in (block, x, tag))
    return bytes([40]) + salt + prefix + body


def _block(key: bytes, data: bytes) -> int:
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return int.from_bytes(encryptor.update(data))


def _multiply(x: int, y: int) -> int:
    """In GCM's field (NIST SP 800-38D, section 6.3)."""
    product = 0
    for bit in range(127, -1, -1):
        if x >> bit & 1:
            product ^= y
        y = y >> 1 ^ (0xE1 << 120 if y & 1 else 0)
    return product


def _inverse(x: int) -> int:
    """x^(2^128 - 2)."""
    result = x
    for _ in range(126):
        result = _multiply(_multiply(result, result), x)
    return _multiply(result, result)
