"""Opening the tags that hide whom an answer is about: the owner at any time, auditors when due."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.client.mined import only
from ledger.client.session import Session
from ledger.envelope.annex import open_content
from ledger.envelope.subjects import check_opening
from ledger.errors import NotFound, RefusedError
from ledger.events import SubjectRevealed
from ledger.identifiers import TransferId
from ledger.models import OpeningContent, TagOpening
from ledger.provenance import SubjectTag, Transfer


@dataclass(frozen=True)
class Revealed:
    """An answer whose subject finds it from now on; `already` when it was revealed before."""

    transfer: TransferId
    already: bool


def reveal(session: Session, number: int) -> Revealed:
    """Reveal the hidden tag of an answer, so that its subject finds it.

    Raises:
        NotFound: no such transfer, it hides nobody, or its opening isn't sealed to this department.
        RefusedError: this department is neither its owner nor an auditing body, or it isn't due.
        RecordUnavailable: no node has the opening.
        IntegrityError: the opening isn't of what was hidden.
        ContractError: the ledger's rules refuse it.
    """
    transfer = session.state().transfer(number)
    with session.intent("transfer reveal", transfer=transfer.id) as intent:
        hidden = hidden_tag_of(transfer)
        if hidden is None:
            if any(subject.revealed_at for subject in transfer.subjects):
                return Revealed(transfer.id, already=True)
            raise NotFound(f"transfer {number} hides nobody", hint=f"ledger transfer show {number}")
        _require_due(session, transfer, hidden)
        opened = opening(session, transfer, hidden)
        receipt = session.act(
            "officer",
            "TransferLog",
            "reveal",
            transfer.id,
            opened.tag,
            opened.salt,
            hidden.hidden_until,
            key=intent.key,
        )
        only(receipt, SubjectRevealed)
    return Revealed(transfer.id, already=False)


def hidden_tag_of(transfer: Transfer) -> SubjectTag | None:
    """The tag of an answer that isn't revealed yet."""
    return next((subject for subject in transfer.subjects if subject.hidden), None)


def opening(session: Session, transfer: Transfer, hidden: SubjectTag) -> OpeningContent:
    """Tag and salt of what is hidden, as the owner sealed them at release.

    Raises:
        NotFound: they aren't sealed to a key of this department.
        RecordUnavailable: no node has them.
        IntegrityError: they were altered, or aren't of what was hidden.
    """
    record = session.fetch_record(TagOpening, hidden.opening or b"")
    record.require_match(
        sender=session.state().departments[transfer.sender].code,
        transfer=transfer.id,
        commitment=hidden.tag,
        hidden_until=hidden.hidden_until or 0,
    )
    content = open_content(
        record,
        OpeningContent,
        session.keys.load(),
        department=session.code,
        deployment=session.deployment,
    )
    check_opening(hidden.tag, content.tag, content.salt)
    return content


def _require_due(session: Session, transfer: Transfer, hidden: SubjectTag) -> None:
    me, now = session.me(), session.now()
    if me.id == transfer.sender:
        return
    if not me.auditor(now):
        raise RefusedError(
            f"only {session.state().departments[transfer.sender].code} and the auditing bodies "
            f"can reveal whom transfer {transfer.id} is about"
        )
    if hidden.hidden_until is not None and now < hidden.hidden_until:
        raise RefusedError(
            f"transfer {transfer.id} isn't due to be revealed yet; until then only its owner can",
            hint="ledger inbox shows when it is",
        )
