"""Payload encryption: a second implementation reads it, and every attack on the stream is seen."""

from __future__ import annotations

import hashlib
import io
import tracemalloc
from collections.abc import Iterator

import pytest
import tink
from tink import secret_key_access, streaming_aead
from tink.proto import aes_gcm_hkdf_streaming_pb2, common_pb2, tink_pb2

from ledger.envelope.binding import (
    AssociatedData,
    SecretKey,
    nonce_associated_data,
    version_associated_data,
)
from ledger.envelope.streaming import decrypt_stream, encrypt_stream, read_chunks
from ledger.errors import IntegrityError
from ledger.identifiers import Code
from ledger.models import PayloadKind, ciphertext_size

SEGMENT = 1024 * 1024
FIRST = SEGMENT - 40 - 16
KEY = SecretKey(bytes(range(32)))
DEPLOYMENT = bytes([7]) * 32
NONCE = bytes([9]) * 32
LABOUR = Code("labour")
AD = version_associated_data(DEPLOYMENT, LABOUR, Code("employment"), 3)


def _content(size: int) -> bytes:
    return hashlib.shake_256(b"content").digest(size)


def _encrypt(content: bytes, ad: AssociatedData = AD, key: SecretKey = KEY) -> bytes:
    return b"".join(encrypt_stream(key, ad, [content]))


def _decrypt(ciphertext: bytes, ad: AssociatedData = AD, key: SecretKey = KEY) -> bytes:
    return b"".join(decrypt_stream(key, ad, [ciphertext]))


def _tink(key: SecretKey) -> streaming_aead.StreamingAead:
    """Tink's own `AES256_GCM_HKDF_1MB` under this key."""
    streaming_aead.register()
    parameters = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingParams(
        ciphertext_segment_size=SEGMENT, derived_key_size=32, hkdf_hash_type=common_pb2.SHA256
    )
    raw = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingKey(
        version=0, params=parameters, key_value=key.value
    )
    keyset = tink_pb2.Keyset(primary_key_id=1)
    entry = keyset.key.add(status=tink_pb2.ENABLED, key_id=1, output_prefix_type=tink_pb2.RAW)
    entry.key_data.type_url = "type.googleapis.com/google.crypto.tink.AesGcmHkdfStreamingKey"
    entry.key_data.value = raw.SerializeToString()
    entry.key_data.key_material_type = tink_pb2.KeyData.SYMMETRIC
    handle = tink.proto_keyset_format.parse(keyset.SerializeToString(), secret_key_access.TOKEN)
    return handle.primitive(streaming_aead.StreamingAead)


class _Kept(io.BytesIO):
    """Tink closes what it has written to."""

    def close(self) -> None:
        """Keep the content."""


SIZES = [
    *(0, 1, FIRST - 1, FIRST, FIRST + 1, FIRST + SEGMENT - 16, FIRST + SEGMENT - 15),
    *(FIRST + 2 * (SEGMENT - 16), 3_000_000),
]


@pytest.mark.parametrize("size", SIZES)
def test_tink_decrypts_what_is_encrypted(size: int) -> None:
    content = _content(size)
    ciphertext = _encrypt(content)
    assert len(ciphertext) == ciphertext_size(size)
    with _tink(KEY).new_decrypting_stream(io.BytesIO(ciphertext), AD) as stream:
        assert stream.read() == content
    assert _decrypt(ciphertext) == content


@pytest.mark.parametrize("size", SIZES)
def test_what_tink_encrypts_is_decrypted(size: int) -> None:
    content = _content(size)
    ciphertext = _Kept()
    with _tink(KEY).new_encrypting_stream(ciphertext, AD) as stream:
        stream.write(content)
    assert _decrypt(ciphertext.getvalue()) == content


@pytest.mark.parametrize("size", SIZES)
def test_a_file_is_read_in_chunks_that_fill_a_segment_each(size: int) -> None:
    chunks = list(read_chunks(io.BytesIO(_content(size))))
    segments = list(encrypt_stream(KEY, AD, chunks))[1:]
    assert b"".join(chunks) == _content(size)
    assert [len(segment) - 16 for segment in segments] == ([len(c) for c in chunks] or [0])


def test_chunks_of_any_size_give_the_same_content() -> None:
    content = _content(2_500_000)
    uneven = [content[:1], b"", content[1:70_000], content[70_000:]]
    ciphertext = b"".join(encrypt_stream(KEY, AD, uneven))
    with _tink(KEY).new_decrypting_stream(io.BytesIO(ciphertext), AD) as stream:
        assert stream.read() == content
    pieces = [ciphertext[i : i + 99_991] for i in range(0, len(ciphertext), 99_991)]
    assert b"".join(decrypt_stream(KEY, AD, [b"", *pieces])) == content
    assert b"".join(decrypt_stream(KEY, AD, read_chunks(io.BytesIO(ciphertext)))) == content


def test_the_same_content_never_encrypts_to_the_same_bytes() -> None:
    assert _encrypt(b"same") != _encrypt(b"same")


CONTENT = _content(2 * SEGMENT + 1000)
CIPHERTEXT = _encrypt(CONTENT)
OTHER = _encrypt(_content(2 * SEGMENT + 999) + b"!")


def _segments(ciphertext: bytes) -> list[bytes]:
    return [ciphertext[i : i + SEGMENT] for i in range(0, len(ciphertext), SEGMENT)]


def _flipped(position: int) -> bytes:
    altered = bytearray(CIPHERTEXT)
    altered[position] ^= 1
    return bytes(altered)


A, B, C = _segments(CIPHERTEXT)
ATTACKS = {
    "empty": b"",
    "header alone": CIPHERTEXT[:40],
    "cut header": CIPHERTEXT[:20],
    "last byte missing": CIPHERTEXT[:-1],
    "last segment missing": A + B,
    "first segment alone": A,
    "first segment missing": B + C,
    "one byte more": CIPHERTEXT + b"\0",
    "a segment more": A + B + C + C,
    "another stream after it": CIPHERTEXT + CIPHERTEXT,
    "segments swapped": A + C + B,
    "a segment repeated": A + B + B + C,
    "a segment of another stream": A + _segments(OTHER)[1] + C,
    "the header of another stream": OTHER[:40] + CIPHERTEXT[40:],
    "header length altered": _flipped(0),
    "salt altered": _flipped(5),
    "nonce prefix altered": _flipped(35),
    "first byte altered": _flipped(40),
    "middle byte altered": _flipped(SEGMENT + 17),
    "tag altered": _flipped(len(CIPHERTEXT) - 1),
    "zeros": bytes(len(CIPHERTEXT)),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_altered_ciphertext_is_refused(attack: str) -> None:
    with pytest.raises(IntegrityError):
        _decrypt(ATTACKS[attack])


def test_another_key_is_refused() -> None:
    with pytest.raises(IntegrityError):
        _decrypt(CIPHERTEXT, key=SecretKey(bytes(32)))


@pytest.mark.parametrize(
    "ad",
    [
        version_associated_data(bytes(32), LABOUR, Code("employment"), 3),
        version_associated_data(DEPLOYMENT, Code("health"), Code("employment"), 3),
        version_associated_data(DEPLOYMENT, LABOUR, Code("wages"), 3),
        version_associated_data(DEPLOYMENT, LABOUR, Code("employment"), 4),
        nonce_associated_data(DEPLOYMENT, PayloadKind.DOCUMENT, LABOUR, NONCE),
        AssociatedData(b""),
    ],
)
def test_a_ciphertext_of_another_place_is_refused(ad: AssociatedData) -> None:
    with pytest.raises(IntegrityError):
        _decrypt(CIPHERTEXT, ad)


def test_what_the_source_raises_passes_through() -> None:
    class GoneError(Exception):
        pass

    def broken(data: bytes) -> Iterator[bytes]:
        yield data[: SEGMENT + 5]
        raise GoneError

    with pytest.raises(GoneError):
        list(decrypt_stream(KEY, AD, broken(CIPHERTEXT)))
    with pytest.raises(GoneError):
        list(encrypt_stream(KEY, AD, broken(CONTENT)))


def test_an_interrupt_while_reading_is_an_interrupt() -> None:
    def interrupted() -> Iterator[bytes]:
        yield CIPHERTEXT[:100]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(decrypt_stream(KEY, AD, interrupted()))


def test_a_stream_that_is_given_up_ends_quietly() -> None:
    stream = encrypt_stream(KEY, AD, [CONTENT, CONTENT])
    next(iter(stream))
    del stream


def test_memory_stays_bounded() -> None:
    block = bytes(SEGMENT)
    tracemalloc.start()
    ciphertext = encrypt_stream(KEY, AD, (block for _ in range(64)))
    size = sum(len(chunk) for chunk in decrypt_stream(KEY, AD, ciphertext))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size == 64 * SEGMENT
    assert peak < 16 * SEGMENT


def test_a_key_of_another_length_is_refused_and_none_is_shown() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        SecretKey(b"short")
    assert "\\x01" not in repr(KEY)
    assert repr(KEY) == "SecretKey()"
