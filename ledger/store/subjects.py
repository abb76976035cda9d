"""`SqlSubjects`: the keys that subjects enrolled, the links of consents, the orders to hide."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Column, Table, delete, insert, select

from ledger.ports import Hiding
from ledger.store.database import Database
from ledger.store.schema import consent_links, enrolments, hidings


class SqlSubjects:
    """`ledger.ports.SubjectStore` in a home's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save_enrolment(self, index: bytes, sealed: bytes) -> None:
        """Keep a subject's sealed key under an index, in place of an earlier one."""
        self._replace(enrolments, enrolments.c.subject, {"subject": index, "sealed": sealed})

    def enrolment(self, index: bytes) -> bytes | None:
        """Return the sealed key under an index."""
        with self._database.reading() as connection:
            mine = enrolments.c.subject == index
            return connection.execute(select(enrolments.c.sealed).where(mine)).scalar_one_or_none()

    def enrolments(self) -> list[tuple[bytes, bytes]]:
        """Return every index with its sealed key."""
        with self._database.reading() as connection:
            rows = connection.execute(select(enrolments).order_by(enrolments.c.subject)).all()
        return [(row.subject, row.sealed) for row in rows]

    def forget_enrolment(self, index: bytes) -> None:
        """Delete the sealed key under an index."""
        with self._database.writing() as connection:
            connection.execute(delete(enrolments).where(enrolments.c.subject == index))

    def reseal(self, change: Callable[[bytes, bytes], tuple[bytes, bytes]]) -> int:
        """Replace each index and sealed key by `change(index, sealed)`, all or none.

        Return how many there are. What `change` raises passes through.
        """
        with self._database.writing() as connection:
            rows = connection.execute(select(enrolments)).all()
            changed = [change(row.subject, row.sealed) for row in rows]
            connection.execute(delete(enrolments))
            for index, sealed in changed:
                connection.execute(insert(enrolments).values(subject=index, sealed=sealed))
        return len(rows)

    def save_link(self, consent: int, link: bytes) -> None:
        """Keep the link of a recorded consent."""
        self._replace(consent_links, consent_links.c.consent, {"consent": consent, "link": link})

    def link(self, consent: int) -> bytes | None:
        """Return the link of a consent."""
        with self._database.reading() as connection:
            mine = consent_links.c.consent == consent
            found = select(consent_links.c.link).where(mine)
            return connection.execute(found).scalar_one_or_none()

    def save_hiding(self, hiding: Hiding) -> None:
        """Keep an order to hide, in place of an earlier one for the grant."""
        self._replace(
            hidings,
            hidings.c.grant,
            {
                "grant": hiding.grant,
                "until": hiding.until,
                "code": hiding.code,
                "ruling": hiding.ruling,
            },
        )

    def hiding(self, grant: int) -> Hiding | None:
        """Return the order to hide for a grant."""
        with self._database.reading() as connection:
            mine = hidings.c.grant == grant
            row = connection.execute(select(hidings).where(mine)).one_or_none()
        return None if row is None else Hiding(row.grant, row.until, row.code, row.ruling)

    def end_hiding(self, grant: int) -> None:
        """Delete the order to hide for a grant."""
        with self._database.writing() as connection:
            connection.execute(delete(hidings).where(hidings.c.grant == grant))

    def _replace(self, table: Table, key: Column[Any], values: dict[str, object]) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(table).where(key == values[key.name]))
            connection.execute(insert(table).values(**values))
