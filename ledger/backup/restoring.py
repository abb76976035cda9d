"""Makes a home from a backup, complete or not at all, and brings it up to the chain."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from ledger.backup.contents import (
    DEPLOYMENT,
    KEYSET,
    MAX_FILE_BYTES,
    account_entry,
    digest_in,
    home_record,
    unknown,
)
from ledger.backup.reading import BackupFile, shown_chunks
from ledger.chain import Web3Chain
from ledger.chain.node import Node
from ledger.client.returning import Reconciled, reconcile
from ledger.config import Home, RemoteAccount, root
from ledger.envelope.backup import BackupHeader, Entry
from ledger.errors import ConfigError, InputError, IntegrityError
from ledger.files import cannot, make_private_folder, sync_folder, write_private
from ledger.identifiers import parse_cid, parse_code, shown
from ledger.ipfs import KuboIpfs
from ledger.keystore import Passphrase
from ledger.keystore.accounts import account_address
from ledger.opening import deployment_of, opened_ledger
from ledger.ports import Ipfs, Progress, Restoration
from ledger.records import MAX_RECORD_BYTES
from ledger.store import SqlStore
from ledger.store.rows import MAX_ROW_BYTES

_ROW: Final = "row/"
_RECORD: Final = "record/"
_PAYLOAD: Final = "payload/"


@dataclass(frozen=True)
class HomeRestored:
    """A home that came from a backup. Times in Unix seconds."""

    folder: Path
    department: str
    generation: int
    created_at: int
    payloads: int
    """How many ciphertexts were put back into IPFS."""
    lost: tuple[str, ...]
    """Versions that were published after the backup, so that their data keys exist nowhere."""
    erased: tuple[str, ...]
    """Versions that were erased after the backup, whose data keys were destroyed again."""
    waiting: tuple[int, ...]
    """Transfers to this department that were opened and not received."""
    already: bool
    """Whether an earlier run had restored it."""


def restore_backup(
    file: Path,
    *,
    profile: str | None = None,
    rpc: Sequence[str] = (),
    ipfs: Sequence[str] = (),
    ask: Callable[[], Passphrase],
    progress: Progress,
    payloads: bool = True,
) -> HomeRestored:
    """Make a home from a backup; node addresses are the backup's where none are given.

    The file is read twice: the first time only to know that it is whole.

    Raises:
        InputError: it is no backup, or there is such a home already.
        WrongPassphrase: the passphrase doesn't open it.
        IntegrityError: it was altered or cut.
        NodeError: no node answers.
        DiskFull: no space is left; no home is made.
    """
    source = BackupFile(file, ask)
    record = source.check(progress)
    name = parse_code(profile or record.name)
    folder = root() / name
    if folder.exists():
        found = _found_restored(folder, source.header, ask)
        return _told(folder, source.header, found, 0, already=True)
    with _partial_home(name) as partial:
        contents = source.entries()
        ahead = _make_files(partial, source.header, contents, rpc=rpc, ipfs=ipfs)
        home = Home.load(partial)
        with closing(SqlStore.open(home.store)) as store:
            rest = _fill(store, chain(ahead, contents))
            deployment = deployment_of(home)
            node = Web3Chain(deployment, home.rpc, store.outbox(deployment.genesis_hash)).node
            # A chain that is away is told of before anything is put into IPFS.
            node.head()
            count = _put_back(KuboIpfs(home.ipfs), rest, progress) if payloads else 0
            found = _bring_up_to_date(home, store, node, source.header, ask)
        _settle(partial, folder)
    return _told(folder, source.header, found, count, already=False)


@contextmanager
def _partial_home(name: str) -> Iterator[Path]:
    """A folder beside the homes, which is gone afterwards unless it was put in place.

    Raises:
        InputError: another home is being restored.
    """
    make_private_folder(root())
    lock = FileLock(root() / ".restore.lock", mode=0o600)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise InputError(
            "a home is being restored already", hint="wait until it is done"
        ) from error
    partial = root() / f".{name}.restoring"
    try:
        # What a crash left of an earlier run.
        shutil.rmtree(partial, ignore_errors=True)
        make_private_folder(partial)
        yield partial
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        lock.release()


def _make_files(
    partial: Path,
    header: BackupHeader,
    entries: Iterator[Entry],
    *,
    rpc: Sequence[str],
    ipfs: Sequence[str],
) -> list[Entry]:
    """Write configuration, deployment file, keyset and accounts; return the entry after them."""
    record = home_record(next(entries, None))
    for name in (DEPLOYMENT, KEYSET, *map(account_entry, record.files)):
        entry = next(entries, None)
        if entry is None or entry.name != name:
            raise IntegrityError(f"the backup lacks its entry {name!r}")
        path = partial / name
        make_private_folder(path.parent)
        write_private(path, entry.read(MAX_FILE_BYTES), replace=False)
    accounts: dict[str, Path | RemoteAccount] = {
        role: partial / account_entry(role) for role in record.files
    }
    for role, signer in record.signers.items():
        accounts[role] = RemoteAccount(signer.rpc, signer.address)
    home = Home.create(
        partial,
        department=header.department,
        rpc=tuple(rpc) or record.rpc,
        ipfs=tuple(ipfs) or record.ipfs,
        accounts=accounts,
    )
    if deployment_of(home).digest != header.deployment:
        raise IntegrityError("the backup's deployment file is another one than its first line says")
    return [entry for entry in (next(entries, None),) if entry is not None]


def _fill(store: SqlStore, entries: Iterator[Entry]) -> Iterator[Entry]:
    """Put the rows into a new store; return what follows them."""
    after: list[Entry] = []

    def rows() -> Iterator[tuple[str, bytes]]:
        for entry in entries:
            if not entry.name.startswith(_ROW):
                after.append(entry)
                return
            yield entry.name.removeprefix(_ROW), entry.read(MAX_ROW_BYTES)

    store.backups().fill(rows())
    return chain(after, entries)


def _put_back(ipfs: Ipfs, entries: Iterator[Entry], progress: Progress) -> int:
    """Put records and ciphertexts into IPFS and pin them; return how many ciphertexts."""
    count = 0
    for entry in entries:
        if entry.name.startswith(_RECORD):
            if ipfs.put_block(entry.read(MAX_RECORD_BYTES)) != digest_in(entry.name):
                raise IntegrityError(f"the backup's entry {entry.name!r} has another hash")
        elif entry.name.startswith(_PAYLOAD):
            cid = parse_cid(entry.name.removeprefix(_PAYLOAD))
            label = f"putting back {cid[-8:]}"
            chunks = shown_chunks(progress, label, entry.size_bytes, entry.chunks)
            added = ipfs.add_payload(chunks, f"restored {cid}")
            if added != cid:
                raise IntegrityError(f"a ciphertext became {added} in IPFS, it was {cid}")
            count += 1
        else:
            raise unknown(entry.name)
    return count


def _bring_up_to_date(
    home: Home,
    store: SqlStore,
    node: Node,
    header: BackupHeader,
    ask: Callable[[], Passphrase],
) -> Reconciled:
    """Note where the home came from, and learn from the chain what happened since."""
    with opened_ledger(home, ask=ask) as ledger:
        found = reconcile(ledger.session)
        block = ledger.session.chain.head().number
    addresses = [
        account.address if isinstance(account, RemoteAccount) else account_address(account)
        for account in home.accounts.values()
    ]
    store.backups().note_restored(
        Restoration(header.generation, header.created_at, int(time.time()), block),
        {address: node.transaction_count(address) for address in set(addresses) if address},
    )
    return found


def _found_restored(
    folder: Path, header: BackupHeader, ask: Callable[[], Passphrase]
) -> Reconciled:
    """Learn from the chain again for a home that this very backup has become.

    Raises:
        InputError: the home came from elsewhere.
    """
    exists = InputError(
        f"there is a home {folder.name!r} already: nothing was restored",
        hint="choose another name with --profile, or move the home away",
    )
    try:
        home = Home.load(folder)
        same = (home.department, deployment_of(home).digest) == (
            header.department,
            header.deployment,
        )
    except ConfigError:
        raise exists from None
    if not same:
        raise exists
    with closing(SqlStore.open(home.store)) as store:
        came_from = store.restored()
    if came_from is None or (came_from.generation, came_from.created_at) != (
        header.generation,
        header.created_at,
    ):
        raise exists
    with opened_ledger(home, ask=ask) as ledger:
        return reconcile(ledger.session)


def _told(
    folder: Path, header: BackupHeader, found: Reconciled, payloads: int, *, already: bool
) -> HomeRestored:
    return HomeRestored(
        folder,
        header.department,
        header.generation,
        header.created_at,
        payloads,
        found.lost,
        found.erased,
        found.waiting,
        already,
    )


def _settle(partial: Path, folder: Path) -> None:
    try:
        sync_folder(partial)
        partial.rename(folder)
        sync_folder(folder.parent)
    except OSError as error:
        raise cannot(error, f"the home {shown(folder.name)} can't be put in place") from error
