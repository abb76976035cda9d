"""Orders to hide, for a time, whom the answers under a grant are about."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.client.session import Session
from ledger.envelope.annex import seal_annex
from ledger.errors import InputError, NotFound, RefusedError
from ledger.events import DatasetKind
from ledger.identifiers import Digest
from ledger.models import Reason, ReasonCode, checking_input
from ledger.models.decisions import HIDING
from ledger.ports import Hiding


@dataclass(frozen=True)
class Hidden:
    """Answers under a grant hide whom they are about until `until` (Unix seconds)."""

    grant: int
    until: int
    ruling: Digest


def hide(
    session: Session,
    number: int,
    *,
    until: int,
    reason: ReasonCode,
    text: str,
    legal_ground: str,
    grounds: str | None = None,
) -> Hidden:
    """Order that the answers under a grant of one's own service hide whom they are about.

    The ruling's record is public, but for `grounds`, which are sealed to the auditing bodies. It is
    named by each release from now on, in place of an earlier order's.

    Raises:
        NotFound: no such grant.
        InputError: it is of another's service, of a file, or the time is over; or the reason isn't
            one to hide for.
        RefusedError: no auditing body has a key to reveal them with.
    """
    _require_own(session, number)
    if all(reader.department == session.code for reader in session.recipients([session.me()])):
        raise RefusedError("no auditing body has a key, so nobody but this department could reveal")
    if until <= session.now():
        raise InputError("a subject is hidden until a day that is still to come")
    if reason not in HIDING:
        listed = ", ".join(sorted(one.label for one in HIDING))
        raise InputError(f"nobody is hidden for {reason.label!r}", hint=f"use one of {listed}")
    with checking_input("the ruling"):
        ruling = Reason(department=session.code, code=reason, text=text, legal_ground=legal_ground)
    if grounds is not None:
        readers = session.recipients([session.me()])
        ruling = seal_annex(ruling, {"grounds": grounds}, readers, deployment=session.deployment)
    named = session.publish_record(ruling)
    session.store.subjects().save_hiding(Hiding(number, until, int(reason), named))
    return Hidden(number, until, named)


def end_hiding(session: Session, number: int) -> None:
    """End the order to hide under a grant; what is hidden stays so until it is revealed.

    Raises:
        NotFound: no such grant, or no order.
    """
    _require_own(session, number)
    if session.store.subjects().hiding(number) is None:
        raise NotFound(f"nobody is hidden under grant {number}")
    session.store.subjects().end_hiding(number)


def _require_own(session: Session, number: int) -> None:
    grant = session.state().grant(number)
    dataset = session.state().datasets[grant.dataset]
    if grant.owner != session.me().id or dataset.kind is not DatasetKind.SERVICE:
        raise InputError(f"grant {number} is not of a service of {session.code}")
