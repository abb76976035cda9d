"""What came of a query, checked: the manifest and the answer that were released, or why none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from ledger.client.fetching import Release
from ledger.client.payloads import checked_ciphertext
from ledger.client.session import Session
from ledger.client.terms import TermsRecords
from ledger.envelope.annex import open_annex
from ledger.envelope.binding import SecretKey, manifest_associated_data
from ledger.envelope.commitments import check_content
from ledger.envelope.padding import unpad
from ledger.envelope.streaming import decrypt_stream
from ledger.errors import IntegrityError, NotFound, RecordError
from ledger.events import SubjectTagged, TransferReleased
from ledger.models import Manifest, PayloadKind, Reason, Specification
from ledger.provenance import Dataset, Transfer
from ledger.records import digest

MAX_ANSWER_BYTES: Final = 64 * 1024 * 1024
"""The largest class of answers that is taken: they are held in memory."""


@dataclass(frozen=True)
class Answer:
    """An answer that was checked."""

    table: bytes = field(repr=False)
    rows: list[list[str]] = field(repr=False)
    plaintext_sha256: bytes = field(repr=False)


class Answers:
    """Reads what others released to this department's queries."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def manifest(self, release: Release) -> Manifest:
        """The manifest that was released, checked against what was asked.

        Raises:
            RecordUnavailable: no node has it, or the grant's terms.
            RecordError: it is another payload's, of columns that weren't granted, or too large.
        """
        session, transfer = self._session, release.transfer
        state = session.state()
        manifest = session.fetch_record(Manifest, release.manifest)
        manifest.require_match(
            sender=state.departments[transfer.sender].code,
            dataset=self.asked(transfer).name,
            version=None,
            kind=PayloadKind.ANSWER,
            query=transfer.query,
        )
        manifest.require_granted(TermsRecords(session).terms(transfer.grant or 0).fields)
        manifest.require_tagged(_tagged(transfer))
        if manifest.plaintext_size_bytes > MAX_ANSWER_BYTES:
            raise RecordError(f"the answer has more than {MAX_ANSWER_BYTES:,} bytes")
        return manifest

    def answer(self, transfer: Transfer, manifest: Manifest, key: SecretKey) -> Answer:
        """Decrypt an answer, and check that it is what its manifest says.

        Raises:
            RecordUnavailable: no node has the payload.
            IntegrityError: it is another one, padded otherwise, no table, or of other columns.
        """
        session = self._session
        bound = manifest_associated_data(session.deployment, manifest)
        chunks = decrypt_stream(key, bound, checked_ciphertext(session, manifest))
        padded = b"".join(chunks)
        sha256 = digest(padded)
        check_content(manifest, key, sha256, len(padded))
        table = unpad(padded)
        rows = session.read_answer(table)
        expected = manifest.fields or self._columns(manifest)
        if expected is not None and tuple(rows[0]) != expected:
            raise IntegrityError(
                "the answer has other columns than its manifest says",
                hint=f"ledger transfer dispute {transfer.id}",
            )
        return Answer(table, rows, sha256)

    def declined_because(self, transfer: Transfer) -> str:
        """What the owner gives as its reason, the part that is sealed to this department too."""
        session = self._session
        decision = transfer.decision
        assert decision is not None  # noqa: S101 - a decline has one
        try:
            reason = session.fetch_record(Reason, decision.digest)
            reason.require_match(
                department=session.state().departments[transfer.sender].code, code=decision.code
            )
        except IntegrityError:
            return "its reason can't be had"
        text = f"{reason.text} ({reason.code.label})"
        try:
            grounds = open_annex(
                reason, session.keys.load(), department=session.code, deployment=session.deployment
            )
        except (NotFound, IntegrityError):
            return text
        return f"{text}: {grounds.get('grounds')}"

    def asked(self, transfer: Transfer) -> Dataset:
        """The service that a query is of."""
        assert transfer.dataset is not None  # noqa: S101 - the kind says so
        return self._session.state().datasets[transfer.dataset]

    def _columns(self, manifest: Manifest) -> tuple[str, ...] | None:
        """The columns of the specification that an answer with all of them follows."""
        if manifest.specification is None:
            return None
        found = self._session.fetch_record(Specification, manifest.specification.digest)
        return None if found.table_schema is None else found.table_schema.field_names


def _tagged(transfer: Transfer) -> bool:
    """Whether the latest release was written with a subject's tag, in one transaction."""
    releases = [event for event in transfer.history if isinstance(event, TransferReleased)]
    return any(
        event.at.transaction == releases[-1].at.transaction
        for event in transfer.history
        if isinstance(event, SubjectTagged)
    )
