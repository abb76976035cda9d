"""The keys that subjects enrolled with this department, by how its register knows them.

They lie in the store, sealed to the archive key; so is the index that they are found by, since a
register's number can be guessed.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from ledger.client.documents import Documents
from ledger.client.session import Session
from ledger.envelope.annex import open_content
from ledger.envelope.archive import open_kept, seal_secret
from ledger.envelope.binding import SecretKey, derive
from ledger.envelope.keyset import Keyset
from ledger.envelope.papers import read_paper
from ledger.errors import InputError, IntegrityError, NotFound
from ledger.identifiers import Code
from ledger.models import Enrolment, EnrolmentContent
from ledger.models.messages import SubjectText
from ledger.ports import SubjectStore
from ledger.recordmodel import CodeText, Digest32, Number64, RecordModel, UnixSeconds
from ledger.records import MAX_RECORD_BYTES

_LABEL: Final = "enrolment"
_INDEX: Final = "enrolment index"


class _Kept(RecordModel):
    """What is sealed in the store for one subject."""

    TYPE: ClassVar[str] = "sharing-ledger/v1/enrolled"

    type: Literal["sharing-ledger/v1/enrolled"] = "sharing-ledger/v1/enrolled"
    subject: SubjectText
    key: Annotated[Digest32, Field(repr=False)]
    window: CodeText
    document: Number64 | None = None
    enrolled_at: UnixSeconds


@dataclass(frozen=True)
class Candidate:
    """An enrolment that was opened, and who says that its subject is who it says."""

    subject: str = field(repr=False)
    key: SecretKey
    window: Code
    document: int | None
    """The transfer that brought it; None where it was brought here in person."""


@dataclass(frozen=True)
class Enrolled:
    """A subject whose answers are marked; `enrolled_at` in Unix seconds."""

    subject: str
    window: Code
    """Who saw that the subject is who it says."""
    document: int | None
    enrolled_at: int
    already: bool = False
    """Whether the same key was there before."""


class Enrolments:
    """Subjects that find what this department says about them."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def brought(self, paper: bytes) -> Candidate:
        """An enrolment that its subject brought to this department.

        Raises:
            InputError: it is none, or for another department.
            NotFound: it isn't sealed to a key that this department holds.
            IntegrityError: it was altered.
        """
        return self._candidate(paper, self._session.code, None)

    def sent(self, number: int) -> Candidate:
        """An enrolment that another department sent as a document, which is acknowledged.

        Raises:
            NotFound: no such document, or it isn't sealed to a key that this department holds.
            InputError: the document isn't to this department, is no enrolment, or another's.
            RefusedError: it is disputed or settled.
            IntegrityError: it was altered.
        """
        documents = Documents(self._session)
        with TemporaryDirectory(prefix="ledger-") as folder:
            got = documents.receive(number, Path(folder) / "enrolment.json")
            with got.path.open("rb") as file:
                paper = file.read(MAX_RECORD_BYTES + 1)
        return self._candidate(paper, got.sender, number)

    def enrol(self, candidate: Candidate, *, replace: bool = False) -> Enrolled:
        """Keep a subject's key, by which answers about it are marked from now on.

        Raises:
            InputError: the subject enrolled another key before, and it isn't to be replaced.
        """
        session = self._session
        with session.keys.held():
            before = self._kept(candidate.subject)
            if before is not None and before.key == candidate.key.value:
                return _enrolled(before, already=True)
            if before is not None and not replace:
                raise InputError(
                    f"this subject enrolled another key, which {before.window} vouched for",
                    hint="with --replace the former key finds nothing new any more",
                )
            kept = _Kept(
                subject=candidate.subject,
                key=candidate.key.value,
                window=candidate.window,
                document=candidate.document,
                enrolled_at=session.now(),
            )
            session.store.subjects().save_enrolment(*_sealed(session.keys.load(), kept))
        return _enrolled(kept)

    def list(self) -> list[Enrolled]:
        """Who enrolled, the first ones first.

        Raises:
            IntegrityError: what is stored was altered.
        """
        keyset, rows = self._session.keys.load(), self._session.store.subjects().enrolments()
        kept = [_opened(keyset, index, sealed) for index, sealed in rows]
        return [_enrolled(one) for one in sorted(kept, key=lambda one: one.enrolled_at)]

    def forget(self, subject: str) -> None:
        """Destroy a subject's key: answers about it aren't marked any more.

        Raises:
            NotFound: nobody enrolled so.
        """
        session = self._session
        with session.keys.held():
            if self._kept(subject) is None:
                raise NotFound("nobody of this name or number is enrolled here")
            for index in _indexes(session.keys.load(), subject):
                session.store.subjects().forget_enrolment(index)

    def key_of(self, subject: str) -> SecretKey | None:
        """The key that a subject enrolled; None where it didn't.

        Raises:
            IntegrityError: what is stored was altered.
        """
        kept = self._kept(subject)
        return SecretKey(kept.key) if kept else None

    def _kept(self, subject: str) -> _Kept | None:
        keyset, store = self._session.keys.load(), self._session.store.subjects()
        for index in _indexes(keyset, subject):
            sealed = store.enrolment(index)
            if sealed is not None:
                return _opened(keyset, index, sealed)
        return None

    def _candidate(self, paper: bytes, window: Code, document: int | None) -> Candidate:
        session = self._session
        record = read_paper(paper, Enrolment, "enrolment")
        if record.owner != session.code:
            raise InputError(
                f"this enrolment is for {record.owner}, not for {session.code}",
                hint=f"send it there: ledger document send {record.owner} FILE",
            )
        content = open_content(
            record,
            EnrolmentContent,
            session.keys.load(),
            department=session.code,
            deployment=session.deployment,
        )
        return Candidate(record.subject, SecretKey(content.owner_subject_key), window, document)


def reseal_enrolments(store: SubjectStore, keyset: Keyset) -> int:
    """Seal every enrolment anew to the keyset's archive key; return how many there are.

    Raises:
        IntegrityError: one doesn't open.
    """
    return store.reseal(lambda index, sealed: _sealed(keyset, _opened(keyset, index, sealed)))


def _sealed(keyset: Keyset, kept: _Kept) -> tuple[bytes, bytes]:
    index = _index(keyset.archive, kept.subject)
    return index, seal_secret(keyset.archive, kept.to_bytes(), _LABEL, index)


def _opened(keyset: Keyset, index: bytes, sealed: bytes) -> _Kept:
    kept = _Kept.from_bytes(open_kept(keyset, sealed, _LABEL, index))
    if index not in _indexes(keyset, kept.subject):
        raise IntegrityError("a stored enrolment is another subject's")
    return kept


def _indexes(keyset: Keyset, subject: str) -> Iterator[bytes]:
    """Where a subject's key is, or was before the archive key was replaced."""
    yield _index(keyset.archive, subject)
    if keyset.former is not None:
        yield _index(keyset.former, subject)


def _index(archive: SecretKey, subject: str) -> bytes:
    return hmac.digest(derive(archive, _INDEX).value, subject.encode(), "sha256")


def _enrolled(kept: _Kept, *, already: bool = False) -> Enrolled:
    return Enrolled(kept.subject, kept.window, kept.document, kept.enrolled_at, already)
