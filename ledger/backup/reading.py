"""A backup file as it is read: its first line, a check of the whole, its entries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ledger.backup.contents import HomeRecord, home_record
from ledger.envelope.backup import MAX_HEADER_BYTES, BackupHeader, Entry, open_backup
from ledger.envelope.streaming import read_chunks
from ledger.errors import InputError
from ledger.identifiers import shown
from ledger.keystore import Passphrase
from ledger.ports import Progress


class BackupFile:
    """A file that may be a backup, opened anew each time that it is read."""

    def __init__(self, file: Path, ask: Callable[[], Passphrase]) -> None:
        """Read the first line, and only then ask for the passphrase.

        Raises:
            InputError: it is no backup, or can't be read.
            WrongPassphrase: the passphrase doesn't open it.
        """
        self._file = file
        self.header = header_of(file)
        self._key = self.header.key(ask().value)

    def check(self, progress: Progress) -> HomeRecord:
        """Read all of it; return its first entry.

        Raises:
            IntegrityError: it was altered or cut.
        """
        with _opened(self._file) as opened:
            opened.readline(MAX_HEADER_BYTES)
            size = self._file.stat().st_size
            chunks = shown_chunks(progress, "checking the backup", size, read_chunks(opened))
            entries = open_backup(self.header, self._key, chunks)
            record = home_record(next(entries, None))
            for _ in entries:
                pass
        return record

    def entries(self) -> Iterator[Entry]:
        """Its entries, each to be read before the next."""
        with _opened(self._file) as opened:
            opened.readline(MAX_HEADER_BYTES)
            yield from open_backup(self.header, self._key, read_chunks(opened))


def header_of(file: Path) -> BackupHeader:
    """The first line of a file.

    Raises:
        InputError: it is no backup, or can't be read.
    """
    with _opened(file) as opened:
        return BackupHeader.from_line(opened.readline(MAX_HEADER_BYTES))


def shown_chunks(
    progress: Progress, label: str, size_bytes: int, chunks: Iterable[bytes]
) -> Iterator[bytes]:
    """The same chunks, with a bar that shows how far they are."""
    task = progress.start(label, size_bytes)
    for chunk in chunks:
        yield chunk
        task.advance(len(chunk))
    task.done()


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    try:
        opened = file.open("rb")
    except OSError as error:
        raise InputError(f"{shown(str(file))} can't be read: {error.strerror}") from error
    with opened:
        yield opened
