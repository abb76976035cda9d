"""Payload encryption: Tink's streaming AEAD `AES256_GCM_HKDF_1MB` under a raw 256-bit data key.

Chunks of bytes in, chunks of bytes out, in bounded memory whatever the size. AES-GCM and HKDF are
`cryptography`'s; only the framing is here, since Tink's own streams copy every byte several
times on their way through Python (ADR 0010). Tests hold that Tink reads and writes the same.

    header      1 byte 40, salt (32), nonce prefix (7)
    segment n   AES-256-GCM under HKDF-SHA256(key, salt, associated data), nonce = prefix,
                n (4, big-endian), 1 byte that is 1 in the last segment alone

All segments fill 1 MiB of ciphertext, the first one with the header; the last may be shorter.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ledger.envelope.binding import AssociatedData, SecretKey
from ledger.errors import IntegrityError
from ledger.models import SEGMENT_BYTES

Piece = bytes | bytearray | memoryview

_SALT_BYTES: Final = 32
_PREFIX_BYTES: Final = 7
_HEADER_BYTES: Final = 1 + _SALT_BYTES + _PREFIX_BYTES
_TAG_BYTES: Final = 16
_FIRST_PLAIN_BYTES: Final = SEGMENT_BYTES - _HEADER_BYTES - _TAG_BYTES
_PLAIN_BYTES: Final = SEGMENT_BYTES - _TAG_BYTES


def read_chunks(source: BinaryIO) -> Iterator[bytes]:
    """The rest of an open file, in chunks that `encrypt_stream` takes without copying."""
    size = _FIRST_PLAIN_BYTES
    while chunk := source.read(size):
        yield chunk
        size = _PLAIN_BYTES


def encrypt_stream(
    key: SecretKey, associated_data: AssociatedData, plaintext: Iterable[bytes]
) -> Iterator[bytes]:
    """Encrypt chunks as they come; a data key is used for one payload only.

    What the source of `plaintext` raises passes through.
    """
    salt, prefix = secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_PREFIX_BYTES)
    cipher = _cipher(key, salt, associated_data)
    pieces = _numbered(_cut(plaintext, _FIRST_PLAIN_BYTES, _PLAIN_BYTES))
    yield bytes([_HEADER_BYTES]) + salt + prefix
    for number, last, piece in pieces:
        yield cipher.encrypt(_nonce(prefix, number, last=last), piece, None)


def decrypt_stream(
    key: SecretKey, associated_data: AssociatedData, ciphertext: Iterable[bytes]
) -> Iterator[bytes]:
    """Decrypt chunks as they come, each authenticated before it is yielded.

    A cut at the end shows only at the end: whoever consumes this must discard what it got so far
    when it raises. What the source of `ciphertext` raises passes through.

    Raises:
        IntegrityError: the key or the associated data is another one, or the ciphertext was
            truncated, extended, reordered or altered.
    """
    segments = _cut(ciphertext, SEGMENT_BYTES, SEGMENT_BYTES)
    beginning = next(segments, b"")
    header, first = bytes(beginning[:_HEADER_BYTES]), beginning[_HEADER_BYTES:]
    if len(header) < _HEADER_BYTES or header[0] != _HEADER_BYTES:
        raise _altered()
    salt, prefix = header[1 : 1 + _SALT_BYTES], header[1 + _SALT_BYTES :]
    cipher = _cipher(key, salt, associated_data)
    for number, last, segment in _numbered(chain([first], segments)):
        try:
            piece = cipher.decrypt(_nonce(prefix, number, last=last), segment, None)
        except InvalidTag as error:
            raise _altered() from error
        yield piece


def _altered() -> IntegrityError:
    return IntegrityError(
        "payload does not decrypt: it was altered or cut, or the key is not its key",
        hint="fetch it again; if that fails, dispute the transfer",
    )


def _cipher(key: SecretKey, salt: bytes, associated_data: AssociatedData) -> AESGCM:
    derivation = HKDF(algorithm=SHA256(), length=32, salt=salt, info=associated_data)
    return AESGCM(derivation.derive(key.value))


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + bytes([last])


def _numbered(pieces: Iterator[Piece]) -> Iterator[tuple[int, bool, Piece]]:
    """Each piece with its number, and whether it is the last; one empty piece if there is none."""
    number, piece = 0, next(pieces, b"")
    for following in pieces:
        yield number, False, piece
        number, piece = number + 1, following
    yield number, True, piece


def _cut(chunks: Iterable[bytes], first: int, then: int) -> Iterator[Piece]:
    """The same bytes in pieces of `first`, then of `then` bytes; the last may be shorter.

    A chunk that is such a piece already is not copied.
    """
    wanted, piece = first, bytearray()
    for chunk in chunks:
        rest = memoryview(chunk)
        while rest:
            missing = wanted - len(piece)
            part, rest = rest[:missing], rest[missing:]
            if len(part) == wanted:
                yield part
                wanted = then
                continue
            piece += part
            if len(piece) == wanted:
                yield piece
                wanted, piece = then, bytearray()
    if piece:
        yield piece
