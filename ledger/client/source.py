"""The file that a publication reads: opened, watched, and hashed while it passes by."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from ledger.envelope.streaming import read_chunks
from ledger.errors import FileChanged, InputError, NotFound
from ledger.ports import Progress

_BEGINNING_BYTES: Final = 1024 * 1024


class Watch:
    """An open file that must stay what it is, under its name, until it is published."""

    def __init__(self, file: Path, source: BinaryIO) -> None:
        self.file = file
        self.source = source
        status = os.fstat(source.fileno())
        self.size_bytes = status.st_size
        self._identity = _identity(status)

    def beginning(self) -> bytes:
        """What the file begins with: all of it, where it is small."""
        self.source.seek(0)
        return self.source.read(_BEGINNING_BYTES)

    def chunks(self) -> Iterator[bytes]:
        """The file from its beginning."""
        self.source.seek(0)
        return read_chunks(self.source)

    def require(self) -> None:
        """Check that the name still leads to the same, unaltered file.

        Raises:
            FileChanged: it doesn't.
        """
        try:
            found = _identity(self.file.stat())
        except OSError:
            raise self.changed("vanished") from None
        if found != self._identity:
            raise self.changed()

    def changed(self, how: str = "changed") -> FileChanged:
        """The error that says so."""
        return FileChanged(
            f"{str(self.file)!r} {how} while it was being published; nothing was published",
            hint="run the command again once nothing writes to the file",
        )


def _identity(found: os.stat_result) -> tuple[int, ...]:
    # The time of change beside that of modification, which anybody can set back.
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


class Hashing:
    """SHA-256 and size of the chunks that pass through, shown as progress when there is a label."""

    def __init__(
        self, progress: Progress | None = None, label: str = "", total_bytes: int | None = None
    ) -> None:
        self._task = progress.start(label, total_bytes) if progress else None
        self._sha256 = hashlib.sha256()
        self.size_bytes = 0

    def passing(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The same chunks."""
        for chunk in chunks:
            self._sha256.update(chunk)
            self.size_bytes += len(chunk)
            if self._task:
                self._task.advance(len(chunk))
            yield chunk
        if self._task:
            self._task.done()

    def digest(self) -> bytes:
        """The hash of what passed so far."""
        return self._sha256.digest()


def opened(file: Path) -> BinaryIO:
    """Open a file to be published.

    Raises:
        NotFound: there is none of this name.
        InputError: it can't be read.
    """
    if file.exists() and not file.is_file():
        # A pipe would be waited for, and gives its content only once.
        raise InputError(f"{str(file)!r} is not a regular file")
    try:
        source = file.open("rb")
    except FileNotFoundError as error:
        raise NotFound(f"there is no file {str(file)!r}") from error
    except OSError as error:
        raise InputError(f"{str(file)!r} can't be read: {error.strerror}") from error
    return source
