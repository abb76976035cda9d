"""A backup file: one line that says what it is, then entries encrypted under a passphrase.

    file        header ‖ line feed ‖ ciphertext
    header      the record `sharing-ledger/v1/backup`
    ciphertext  `AES256_GCM_HKDF_1MB` under the stretched passphrase, bound to the header's SHA-256
    plaintext   entries, then u16(0): each is u16(n) ‖ n bytes of name ‖ u64(m) ‖ m bytes of content

Only the format is here: what the entries are is `ledger.backup`'s to say.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Final, Literal, Self

from ledger.envelope.binding import AssociatedData, SecretKey, labelled
from ledger.envelope.commitments import key_commitment
from ledger.envelope.streaming import decrypt_stream, encrypt_stream
from ledger.envelope.stretching import affordable, fresh_salt, stretch
from ledger.errors import InputError, IntegrityError, RecordError, WrongPassphrase
from ledger.identifiers import Code
from ledger.recordmodel import CodeText, Digest32, Number32, RecordModel, UnixSeconds
from ledger.records import digest

MAX_HEADER_BYTES: Final = 4096
"""The longest first line, its line feed included."""

_NAME_BYTES: Final = 255


class BackupHeader(RecordModel):
    """What everybody may read of a backup: whose it is, which, and what opens it."""

    TYPE: ClassVar[str] = "sharing-ledger/v1/backup"

    type: Literal["sharing-ledger/v1/backup"] = "sharing-ledger/v1/backup"
    department: CodeText
    deployment: Digest32
    generation: Number32
    """Counts the backups of one home."""
    created_at: UnixSeconds
    kdf: Literal["scrypt"] = "scrypt"
    n: int
    r: Literal[8] = 8
    p: Literal[1] = 1
    salt: Digest32
    cipher: Literal["AES256_GCM_HKDF_1MB"] = "AES256_GCM_HKDF_1MB"
    key_commitment: Digest32
    """Of the stretched passphrase: tells a wrong one from a damaged file."""

    @classmethod
    def sealed_by(
        cls,
        passphrase: str,
        *,
        n: int,
        department: Code,
        deployment: bytes,
        generation: int,
        created_at: int,
    ) -> tuple[Self, SecretKey]:
        """A header for a new backup, and the key that goes with it; `n` is scrypt's cost."""
        salt = fresh_salt()
        key = stretch(passphrase, salt, n)
        header = cls(
            department=department,
            deployment=deployment,
            generation=generation,
            created_at=created_at,
            n=n,
            salt=salt,
            key_commitment=key_commitment(key),
        )
        return header, key

    @classmethod
    def from_line(cls, line: bytes) -> Self:
        """Read the first line of a file, which may be anything.

        Raises:
            InputError: the file is no backup, or its first line was altered.
        """
        try:
            found = cls.from_bytes(line.removesuffix(b"\n"))
        except RecordError as error:
            raise InputError(
                f"this is no backup, or its first line was altered: {error.message}",
                hint="name a file that 'ledger backup create' wrote",
            ) from error
        if not line.endswith(b"\n") or not affordable(found.n):
            raise InputError("the backup's first line is cut, or demands scrypt out of bounds")
        return found

    def to_line(self) -> bytes:
        """The first line of the file."""
        return self.to_bytes() + b"\n"

    def key(self, passphrase: str) -> SecretKey:
        """The key of the rest of the file.

        Raises:
            WrongPassphrase: the passphrase is another one, or the first line was altered.
        """
        key = stretch(passphrase, self.salt, self.n)
        if not hmac.compare_digest(key_commitment(key), self.key_commitment):
            raise WrongPassphrase(
                "the passphrase does not open this backup",
                hint="give the one that the home had when the backup was made",
            )
        return key

    def associated_data(self) -> AssociatedData:
        """What the ciphertext is bound to."""
        return AssociatedData(labelled("backup", digest(self.to_bytes())))


@dataclass(frozen=True)
class Entry:
    """One thing in a backup; `chunks` can be run through once, before the next entry."""

    name: str
    size_bytes: int
    chunks: Iterable[bytes]

    @classmethod
    def of(cls, name: str, content: bytes) -> Self:
        """An entry whose content is at hand."""
        return cls(name, len(content), (content,))

    def read(self, limit_bytes: int) -> bytes:
        """The whole content.

        Raises:
            IntegrityError: it is longer than that.
        """
        if self.size_bytes > limit_bytes:
            raise IntegrityError(f"the backup's entry {self.name!r} is too large")
        return b"".join(self.chunks)


def seal_backup(header: BackupHeader, key: SecretKey, entries: Iterable[Entry]) -> Iterator[bytes]:
    """The bytes of the file, as the entries come; what their source raises passes through."""
    yield header.to_line()
    yield from encrypt_stream(key, header.associated_data(), _framed(entries))


def open_backup(
    header: BackupHeader, key: SecretKey, ciphertext: Iterable[bytes]
) -> Iterator[Entry]:
    """The entries of what follows the first line; what of one isn't read is skipped.

    Each chunk is authentic once it is yielded; whether the file is whole shows at the end.

    Raises:
        IntegrityError: the file was altered or cut.
    """
    plaintext = _Plaintext(_decrypted(header, key, ciphertext))
    while length := plaintext.number(2):
        try:
            name = plaintext.take(length).decode("ascii")
        except UnicodeDecodeError as error:
            raise _malformed("a name that is not ASCII") from error
        size = plaintext.number(8)
        chunks = plaintext.pieces(size)
        yield Entry(name, size, chunks)
        for _ in chunks:
            pass
    plaintext.require_end()


def _framed(entries: Iterable[Entry]) -> Iterator[bytes]:
    for entry in entries:
        name = entry.name.encode("ascii")
        if not 0 < len(name) <= _NAME_BYTES:
            raise ValueError(f"{entry.name!r} can't be the name of an entry")
        yield len(name).to_bytes(2, "big") + name + entry.size_bytes.to_bytes(8, "big")
        written = 0
        for chunk in entry.chunks:
            written += len(chunk)
            yield chunk
        if written != entry.size_bytes:
            raise IntegrityError(
                f"{entry.name} has {written:,} bytes, {entry.size_bytes:,} were announced"
            )
    yield bytes(2)


def _decrypted(
    header: BackupHeader, key: SecretKey, ciphertext: Iterable[bytes]
) -> Iterator[bytes]:
    try:
        yield from decrypt_stream(key, header.associated_data(), ciphertext)
    except IntegrityError as error:
        raise IntegrityError(
            "the backup is damaged: it was altered or cut", hint="use another copy of it"
        ) from error


class _Plaintext:
    """Reads fields off a stream of chunks."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""

    def number(self, width: int) -> int:
        return int.from_bytes(self.take(width), "big")

    def take(self, size: int) -> bytes:
        return b"".join(self.pieces(size))

    def pieces(self, size: int) -> Iterator[bytes]:
        while size:
            if not self._rest:
                self._rest = next(self._chunks, b"")
                if not self._rest:
                    raise _malformed("an end in the middle of an entry")
            piece, self._rest = self._rest[:size], self._rest[size:]
            size -= len(piece)
            yield piece

    def require_end(self) -> None:
        if self._rest or any(self._chunks):
            raise _malformed("something after its end")


def _malformed(what: str) -> IntegrityError:
    return IntegrityError(
        f"the backup has {what}", hint="use another copy, or the program that wrote it"
    )
