"""`SqlStore`: a home's intents, data keys, wraps and receipts, and its accounts' outboxes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Row, and_, delete, insert, select, update

from ledger.errors import LedgerError
from ledger.ports import ReceiptCheck, Restoration, Wrap
from ledger.store.backups import SqlBackups, note_erasure
from ledger.store.database import Database
from ledger.store.intents import SqlIntent, find_or_begin, unfinished_intents
from ledger.store.outgoing import SqlOutbox
from ledger.store.schema import data_keys, receipt_checks, wraps
from ledger.store.subjects import SqlSubjects


class SqlStore:
    """`ledger.ports.Store` in a database; safe for several threads and processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, location: str | Path) -> SqlStore:
        """Open or create the store: a path to a SQLite file, or a database's URL.

        Raises:
            ConfigError: the URL is malformed.
            DiskFull: no space is left.
            LedgerError: it cannot be opened, is damaged or of a later version.
        """
        return cls(Database.open(location))

    def close(self) -> None:
        """Close every connection."""
        self._database.close()

    def outbox(self, chain: bytes) -> SqlOutbox:
        """The transactions of this home's accounts on the chain with this genesis hash."""
        return SqlOutbox(self._database, chain)

    def intent(self, command: str, arguments: Mapping[str, object]) -> SqlIntent:
        """Return the unfinished intent of this command with these arguments, or begin one."""
        return find_or_begin(self._database, command, arguments)

    def save_data_key(self, dataset: int, version: int, manifest: bytes, sealed: bytes) -> None:
        """Keep the sealed data key of a version; the same again is a no-op.

        Raises:
            LedgerError: there is another data key of the same manifest.
        """
        place = _version(dataset, version, manifest)
        with self._database.writing() as connection:
            found = connection.execute(select(data_keys.c.sealed).where(place)).scalar_one_or_none()
            if found is None:
                connection.execute(
                    insert(data_keys).values(
                        dataset=dataset,
                        version=version,
                        manifest=manifest,
                        sealed=sealed,
                        created_at=time.time_ns(),
                    )
                )
            elif found != sealed:
                raise LedgerError(
                    f"the store has another data key of dataset {dataset}, version {version}"
                )

    def data_key(self, dataset: int, version: int, manifest: bytes) -> bytes | None:
        """Return the sealed data key of a version with this manifest, if there is one."""
        with self._database.reading() as connection:
            return connection.execute(
                select(data_keys.c.sealed).where(_version(dataset, version, manifest))
            ).scalar_one_or_none()

    def delete_data_key(self, dataset: int, version: int, manifest: bytes) -> None:
        """Forget the data key of a manifest that was not published."""
        with self._database.writing() as connection:
            connection.execute(delete(data_keys).where(_version(dataset, version, manifest)))

    def save_wrap(self, wrap: Wrap) -> None:
        """Keep a wrap, or note that it is published.

        Raises:
            LedgerError: another one was published for the same release.
        """
        place = _release(wrap.transfer, wrap.attempt)
        values = {
            "key_number": wrap.key_number,
            "wrapped": wrap.wrapped,
            "published": wrap.published,
        }
        with self._database.writing() as connection:
            found = connection.execute(select(wraps).where(place)).one_or_none()
            if found is None:
                connection.execute(
                    insert(wraps).values(transfer=wrap.transfer, attempt=wrap.attempt, **values)
                )
                return
            # An unpublished one may be made anew: a release is refused when the key has changed.
            if found.published and (found.wrapped, found.key_number) != (
                wrap.wrapped,
                wrap.key_number,
            ):
                raise LedgerError(f"another wrap of transfer {wrap.transfer} is published already")
            if not found.published:
                connection.execute(update(wraps).where(place).values(**values))

    def wrap(self, transfer: int, attempt: int) -> Wrap | None:
        """Return the wrap of a transfer's first (0) or curing (1) release."""
        with self._database.reading() as connection:
            row = connection.execute(select(wraps).where(_release(transfer, attempt))).one_or_none()
        return None if row is None else _wrap(row)

    def unpublished_wraps(self) -> list[Wrap]:
        """Return the wraps that aren't published, by transfer."""
        with self._database.reading() as connection:
            rows = connection.execute(
                select(wraps)
                .where(wraps.c.published.is_(False))
                .order_by(wraps.c.transfer, wraps.c.attempt)
            ).all()
        return [_wrap(row) for row in rows]

    def save_receipt_check(self, transfer: int, tag: bytes, check: ReceiptCheck) -> None:
        """Keep what was found of a receipt's tag, in place of what was found before."""
        place = and_(receipt_checks.c.transfer == transfer, receipt_checks.c.tag == tag)
        found = {"verdict": check.verdict, "why": check.why}
        with self._database.writing() as connection:
            connection.execute(delete(receipt_checks).where(place))
            connection.execute(insert(receipt_checks).values(transfer=transfer, tag=tag, **found))

    def receipt_checks(self) -> dict[tuple[int, bytes], ReceiptCheck]:
        """Return what was found of receipts, by transfer and tag."""
        with self._database.reading() as connection:
            rows = connection.execute(select(receipt_checks)).all()
        return {(row.transfer, row.tag): ReceiptCheck(row.verdict, row.why) for row in rows}

    def unfinished(self, command: str) -> list[SqlIntent]:
        """Return the unfinished intents of a command, whatever its arguments."""
        return unfinished_intents(self._database, command)

    def reseal(self, change: Callable[[int, int, bytes], bytes]) -> int:
        """Replace each sealed data key by `change(dataset, version, sealed)`, all or none.

        Return how many there are. What `change` raises passes through.
        """
        with self._database.writing() as connection:
            rows = connection.execute(select(data_keys)).all()
            for row in rows:
                place = _version(row.dataset, row.version, row.manifest)
                sealed = change(row.dataset, row.version, row.sealed)
                connection.execute(update(data_keys).where(place).values(sealed=sealed))
        return len(rows)

    def erase(self, dataset: int, version: int, transfers: Iterable[int]) -> None:
        """Delete a version's data key and the wraps of its transfers, and note that it was done."""
        place = and_(data_keys.c.dataset == dataset, data_keys.c.version == version)
        with self._database.writing() as connection:
            connection.execute(delete(data_keys).where(place))
            for transfer in transfers:
                connection.execute(delete(wraps).where(wraps.c.transfer == transfer))
            note_erasure(connection, dataset, version)

    def compact(self) -> None:
        """Leave nothing of what was deleted or replaced in the store's files.

        Raises:
            LedgerError: another process uses the store for too long.
        """
        self._database.compact()

    def restored(self) -> Restoration | None:
        """Tell which backup this home came from, if it came from one."""
        return self.backups().restored()

    def subjects(self) -> SqlSubjects:
        """The keys that subjects enrolled, links of consents, orders to hide."""
        return SqlSubjects(self._database)

    def backups(self) -> SqlBackups:
        """The notes about this home's backups, and the contents of one."""
        return SqlBackups(self._database)


def _version(dataset: int, version: int, manifest: bytes) -> Any:
    return and_(
        data_keys.c.dataset == dataset,
        data_keys.c.version == version,
        data_keys.c.manifest == manifest,
    )


def _release(transfer: int, attempt: int) -> Any:
    return and_(wraps.c.transfer == transfer, wraps.c.attempt == attempt)


def _wrap(row: Row[Any]) -> Wrap:
    return Wrap(row.transfer, row.attempt, row.key_number, row.wrapped, row.published)
