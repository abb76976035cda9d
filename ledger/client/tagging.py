"""Whom an answer is about, at its release: whose consent it rests on, by which tag it is found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ledger.client.enrolments import Enrolments
from ledger.client.recipients import sealable
from ledger.client.revealing import hidden_tag_of, opening
from ledger.client.serving import UndeliverableError
from ledger.client.session import Session
from ledger.envelope.annex import seal_annex
from ledger.envelope.binding import fresh_nonce
from ledger.envelope.consents import check_link
from ledger.envelope.subjects import hidden_tag, subject_tag
from ledger.errors import IntegrityError
from ledger.identifiers import Digest
from ledger.models import OpeningContent, QueryContent, ReasonCode, TagOpening
from ledger.ports import Hiding, Intent
from ledger.provenance import Transfer

_STATE: Final = "subject"
_NONE: Final = bytes(32)
_UNFIT: Final = "The query doesn't rest on a consent of its subject that is in force."


@dataclass(frozen=True)
class Mark:
    """A subject's tag as a release carries it (`ITransferLog.SubjectTag`)."""

    tag: bytes
    hidden_until: int = 0
    opening: bytes = _NONE
    ruling_code: int = 0
    ruling: bytes = _NONE

    def call(self) -> tuple[Any, ...]:
        """The argument of `releaseTagged`."""
        return self.tag, self.hidden_until, self.opening, (self.ruling_code, self.ruling)


class Tagging:
    """Marks the answers about those who enrolled, and checks that they consented."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._enrolments = Enrolments(session)

    def require_consent(self, transfer: Transfer, content: QueryContent) -> None:
        """Check that the consent that a query was opened under is its subject's.

        That it is in force the contract checks once more at release.

        Raises:
            UndeliverableError: it is somebody else's, or nobody here can tell.
        """
        named = content.consent
        if (named.number if named else None) != transfer.consent:
            raise self._unfit(transfer, "the query names another consent than the chain")
        if named is None:
            return
        key = None if content.subject is None else self._enrolments.key_of(content.subject)
        if key is None:
            raise self._unfit(transfer, "its subject isn't enrolled, nobody can tell whose it is")
        state, now = self._session.state(), self._session.now()
        if transfer.grant is None or not state.consented(
            transfer.consent, state.grants[transfer.grant], now
        ):
            raise self._unfit(transfer, "it isn't in force")
        signer = state.consent(named.number).signer
        try:
            check_link(named.link, key, self._session.deployment, signer)
        except IntegrityError as error:
            raise self._unfit(transfer, "it isn't the subject's") from error

    def begin(self, intent: Intent, transfer: Transfer, subject: str | None) -> bytes | None:
        """Note how the answer about a subject is marked; return the nonce for its manifest.

        None where nobody is, or didn't enrol: then it isn't marked.

        Raises:
            IntegrityError: what is stored of the subject was altered, or it is to be hidden and no
                auditing body could reveal it.
        """
        key = None if subject is None else self._enrolments.key_of(subject)
        if key is None:
            intent.save(**{_STATE: None})
            return None
        nonce = fresh_nonce()
        tag = subject_tag(key, self._session.deployment, nonce)
        noted: dict[str, object] = {"tag": tag.hex()}
        hiding = self._session.store.subjects().hiding(transfer.grant or 0)
        if hiding is not None and hiding.until > self._session.now():
            noted |= self._hidden(transfer, tag, hiding)
        intent.save(**{_STATE: noted})
        return nonce

    def mark(self, intent: Intent) -> Mark | None:
        """How an answer that was begun is marked; None where it isn't."""
        noted = intent.state.get(_STATE)
        if not isinstance(noted, Mapping):
            return None
        until = int(noted.get("until", 0))
        if until <= self._session.now():
            # Nobody was hidden, or the time was over before it could be released.
            return Mark(bytes.fromhex(noted["tag"]))
        return Mark(
            tag=bytes.fromhex(noted["commitment"]),
            hidden_until=until,
            opening=bytes.fromhex(noted["opening"]),
            ruling_code=int(noted["code"]),
            ruling=bytes.fromhex(noted["ruling"]),
        )

    def mark_again(self, transfer: Transfer) -> Mark | None:
        """How the cure of an answer is marked: as its release was.

        Raises:
            IntegrityError: whom it hid until now can't be told any more.
        """
        if not transfer.subjects:
            return None
        hidden = hidden_tag_of(transfer)
        if hidden is None:
            return Mark(transfer.subjects[-1].tag)
        assert hidden.hidden_until is not None  # noqa: S101 - that is what hides it
        if hidden.hidden_until <= self._session.now():
            return Mark(opening(self._session, transfer, hidden).tag)
        assert hidden.opening is not None  # noqa: S101 - nothing is hidden without them
        assert hidden.ruling is not None  # noqa: S101
        return Mark(
            tag=hidden.tag,
            hidden_until=hidden.hidden_until,
            opening=hidden.opening,
            ruling_code=hidden.ruling.code,
            ruling=hidden.ruling.digest,
        )

    def _unfit(self, transfer: Transfer, why: str) -> UndeliverableError:
        """The refusal of a consent; why tells of the subject, so only the one who asks reads it."""
        session = self._session
        receiver = session.state().departments[transfer.receiver]
        told = why if sealable(receiver, session.now()) else None
        return UndeliverableError(ReasonCode.CONSENT_UNFIT, _UNFIT, grounds=told)

    def _hidden(self, transfer: Transfer, tag: Digest, hiding: Hiding) -> dict[str, object]:
        """What hides a tag: its opening is sealed to those who will reveal it."""
        session, salt = self._session, fresh_nonce()
        commitment = hidden_tag(tag, salt)
        readers = session.recipients([session.me()])
        if all(reader.department == session.code for reader in readers):
            raise IntegrityError(
                "the subject is to be hidden, but no auditing body has a key, so nobody could "
                "reveal it"
            )
        record = TagOpening(
            sender=session.code,
            transfer=transfer.id,
            commitment=commitment,
            hidden_until=hiding.until,
        )
        content = OpeningContent(tag=tag, salt=salt)
        sealed = seal_annex(record, content.to_members(), readers, deployment=session.deployment)
        return {
            "until": hiding.until,
            "commitment": commitment.hex(),
            "opening": session.publish_record(sealed).hex(),
            "code": hiding.code,
            "ruling": hiding.ruling.hex(),
        }
