"""Payload encryption: Tink's streaming AEAD `AES256_GCM_HKDF_1MB` under a raw 256-bit data key.

Chunks of bytes in, chunks of bytes out, in bounded memory whatever the size.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final, cast

import tink
from tink import secret_key_access, streaming_aead
from tink.proto import aes_gcm_hkdf_streaming_pb2, common_pb2, tink_pb2

from ledger.envelope.binding import AssociatedData, SecretKey
from ledger.errors import IntegrityError
from ledger.models import SEGMENT_BYTES

READ_BYTES: Final = 1024 * 1024

_TYPE_URL: Final = "type.googleapis.com/google.crypto.tink.AesGcmHkdfStreamingKey"
_KEY_ID: Final = 1  # RAW keys write no id; any constant does

streaming_aead.register()


def read_chunks(source: BinaryIO, size: int = READ_BYTES) -> Iterator[bytes]:
    """The contents of an open file, in chunks of up to `size` bytes."""
    while chunk := source.read(size):
        yield chunk


def encrypt_stream(
    key: SecretKey, associated_data: AssociatedData, plaintext: Iterable[bytes]
) -> Iterator[bytes]:
    """Encrypt chunks as they come; a data key is used for one payload only.

    What the source of `plaintext` raises passes through.
    """
    sink = _Sink()
    stream = _primitive(key).new_encrypting_stream(cast("BinaryIO", sink), associated_data)
    for chunk in plaintext:
        # A view per segment: Tink's writer copies what it is given.
        view = memoryview(chunk)
        for start in range(0, len(view), READ_BYTES):
            stream.write(view[start : start + READ_BYTES])
            yield from sink.take()
    stream.close()
    yield from sink.take()


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
    source = _Source(ciphertext)
    try:
        stream = _primitive(key).new_decrypting_stream(cast("BinaryIO", source), associated_data)
        while chunk := stream.read(READ_BYTES):
            yield chunk
    except tink.TinkError as error:
        if source.failure is not None:
            raise source.failure from None
        raise IntegrityError(
            "payload does not decrypt: it was altered or cut, or the key is not its key",
            hint="fetch it again; if that fails, dispute the transfer",
        ) from error


def _primitive(key: SecretKey) -> streaming_aead.StreamingAead:
    hashing = common_pb2.SHA256
    parameters = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingParams(
        ciphertext_segment_size=SEGMENT_BYTES, derived_key_size=32, hkdf_hash_type=hashing
    )
    raw = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingKey(
        version=0, params=parameters, key_value=key.value
    )
    keyset = tink_pb2.Keyset(primary_key_id=_KEY_ID)
    entry = keyset.key.add(status=tink_pb2.ENABLED, key_id=_KEY_ID, output_prefix_type=tink_pb2.RAW)
    entry.key_data.type_url = _TYPE_URL
    entry.key_data.value = raw.SerializeToString()
    entry.key_data.key_material_type = tink_pb2.KeyData.SYMMETRIC
    handle = tink.proto_keyset_format.parse(keyset.SerializeToString(), secret_key_access.TOKEN)
    return handle.primitive(streaming_aead.StreamingAead)


class _Sink(io.RawIOBase):
    """Collects what Tink writes until the generator hands it on."""

    def __init__(self) -> None:
        super().__init__()
        self._chunks: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]  # Tink passes bytes only
        self._chunks.append(data)
        return len(data)

    def take(self) -> list[bytes]:
        chunks, self._chunks = self._chunks, []
        return chunks


class _Source(io.RawIOBase):
    """Serves chunks as a file, and keeps what the chunks' producer raised.

    The exception would otherwise be lost on its way through Tink's C++ code.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        super().__init__()
        self._chunks = iter(chunks)
        self._rest = memoryview(b"")
        self.failure: BaseException | None = None

    def readable(self) -> bool:
        return True

    def read(self, size: int = READ_BYTES) -> bytes:
        try:
            while not self._rest:
                self._rest = memoryview(next(self._chunks))
        except StopIteration:
            return b""
        except BaseException as error:
            self.failure = error
            raise
        served, self._rest = self._rest[:size], self._rest[size:]
        return bytes(served)
