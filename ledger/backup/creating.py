"""Makes a backup: everything that another machine needs to be this home, in one encrypted file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from ledger.backup.contents import (
    DEPLOYMENT,
    HOME,
    KEYSET,
    MAX_FILE_BYTES,
    HomeRecord,
    account_entry,
)
from ledger.backup.reading import header_of, shown_chunks
from ledger.client.holdings import Holdings
from ledger.config import Home
from ledger.deployment import Deployment
from ledger.envelope.backup import BackupHeader, Entry, seal_backup
from ledger.errors import InputError
from ledger.files import read_private, stream_private
from ledger.identifiers import shown
from ledger.keystore import HomeKeys, Passphrase
from ledger.keystore.keysets import sealing_cost
from ledger.opening import deployment_of, opened_ledger
from ledger.ports import Progress
from ledger.records import digest
from ledger.store import SqlStore
from ledger.store.backups import SqlBackups


@dataclass(frozen=True)
class BackupMade:
    """A backup file that is whole and durable; `already` when an earlier run wrote it."""

    file: Path
    department: str
    generation: int
    created_at: int
    size_bytes: int
    missing: tuple[str, ...]
    """Versions that the file lacks the ciphertext of, since no IPFS node has it."""
    already: bool


def create_backup(
    home: Home,
    target: Path,
    *,
    ask: Callable[[], Passphrase],
    progress: Progress,
    payloads: bool = True,
) -> BackupMade:
    """Write a backup of a home to a file, or into a folder under a name of its own.

    Raises:
        InputError: the file exists already, or cannot be written.
        WrongPassphrase: the passphrase doesn't open the home's keyset.
        NodeError: with `payloads`, no node answers.
        DiskFull: no space is left; nothing is kept.
    """
    deployment = deployment_of(home)
    keys = HomeKeys(
        home.keyset, ask, department=home.department, deployment_digest=deployment.digest
    )
    # So the file opens with what the keys in it open with, and not with what was mistyped.
    keys.load()
    with (
        FileLock(home.path / "backup.lock", mode=0o600),
        closing(SqlStore.open(home.store)) as store,
        _holdings(home, ask, wanted=payloads) as holdings,
    ):
        notes = store.backups()
        if target.is_file():
            return _written_before(notes, target, home)
        generation, created_at = notes.begin()
        file = target / f"{home.name}-{generation}.backup" if target.is_dir() else target
        header, key = BackupHeader.sealed_by(
            ask().value,
            n=sealing_cost(home.keyset),
            department=home.department,
            deployment=deployment.digest,
            generation=generation,
            created_at=created_at,
        )
        entries = _entries(home, deployment, keys, notes, holdings, progress)
        size = stream_private(file, seal_backup(header, key, entries))
        notes.finish(generation)
        missing = () if holdings is None else tuple(holdings.missing)
    return BackupMade(
        file, home.department, generation, created_at, size, missing=missing, already=False
    )


@contextmanager
def _holdings(
    home: Home, ask: Callable[[], Passphrase], *, wanted: bool
) -> Iterator[Holdings | None]:
    """What the home's department has in IPFS; without it no node is asked anything."""
    if not wanted:
        yield None
        return
    with opened_ledger(home, ask=ask) as ledger:
        # Before anything is written: a node that is away is told of at once.
        ledger.state()
        yield Holdings(ledger.session)


def _entries(
    home: Home,
    deployment: Deployment,
    keys: HomeKeys,
    notes: SqlBackups,
    holdings: Holdings | None,
    progress: Progress,
) -> Iterator[Entry]:
    record = HomeRecord.of(home)
    yield Entry.of(HOME, record.to_bytes())
    yield Entry.of(DEPLOYMENT, deployment.to_bytes())
    # Keyset and rows go together: the archive key that sealed the data keys is in the keyset.
    with keys.held():
        yield Entry.of(KEYSET, _file(home.keyset))
        for role in record.files:
            account = home.accounts[role]
            assert isinstance(account, Path)  # noqa: S101 - the others are signers
            yield Entry.of(account_entry(role), _file(account))
        for table, row in notes.contents():
            yield Entry.of(f"row/{table}", row)
    if holdings is None:
        return
    for block in holdings.records():
        yield Entry.of(f"record/{digest(block).hex()}", block)
    for ciphertext in holdings.ciphertexts():
        chunks = shown_chunks(
            progress, ciphertext.version, ciphertext.size_bytes, ciphertext.chunks
        )
        yield Entry(f"payload/{ciphertext.cid}", ciphertext.size_bytes, chunks)


def _file(path: Path) -> bytes:
    return read_private(path, limit_bytes=MAX_FILE_BYTES, missing_hint="see 'ledger doctor'")


def _written_before(notes: SqlBackups, file: Path, home: Home) -> BackupMade:
    """The backup that an earlier run wrote here, when a crash left it without its last note.

    Raises:
        InputError: the file is anything else.
    """
    exists = InputError(
        f"{shown(str(file))} exists already", hint="choose another name, or move it away"
    )
    try:
        header = header_of(file)
    except InputError:
        raise exists from None
    begun_here = notes.unfinished(header.generation, header.created_at)
    if header.department != home.department or not begun_here:
        raise exists
    notes.finish(header.generation)
    size = file.stat().st_size
    return BackupMade(
        file, home.department, header.generation, header.created_at, size, missing=(), already=True
    )
