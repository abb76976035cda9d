"""The reasons that the events of a thing name, read for whoever may read them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ledger.client.session import Session
from ledger.envelope.annex import open_content
from ledger.errors import IntegrityError, NodeUnreachable, NotFound, RecordUnavailable
from ledger.events import Event
from ledger.identifiers import Code
from ledger.models import Grounds, Reason
from ledger.verify import Reference, check_reference, references

SEALED: Final = "sealed"
"""What is said of grounds to those who can't open them."""


@dataclass(frozen=True)
class GivenReason:
    """Why something was decided, as its record says; `given_at` in Unix seconds."""

    given_at: int
    event: str
    """The decision: `RequestRefused`."""
    department: Code | None
    """Who decided; None, as all that follows, where the record can't be had or is another."""
    code: str | None
    text: str | None
    legal_ground: str | None
    arbiters: tuple[Code, ...]
    replaced_by: int | None
    grounds: str | None
    """For those to whom they are sealed; None where there are none."""
    unreadable: str | None
    """What is wrong with the record."""

    @property
    def told(self) -> str:
        """The reason in words, with the law that it rests on and whom and what it names."""
        if self.unreadable is not None:
            return f"({self.unreadable})"
        parts = [self.text or ""]
        if self.legal_ground is not None:
            parts.append(f"On the ground of: {self.legal_ground}")
        if self.arbiters:
            parts.append(f"Arbiters: {', '.join(self.arbiters)}")
        if self.replaced_by is not None:
            parts.append(f"Replaced by version {self.replaced_by}")
        return "; ".join(parts)


def reasons(session: Session, events: Iterable[Event]) -> list[GivenReason]:
    """The reason of each decision among these events, in their order."""
    state = session.state()
    return [
        _read(session, named)
        for event in events
        for named in references(event, state)
        if named.kind is Reason
    ]


def _read(session: Session, named: Reference) -> GivenReason:
    at, event = named.event.at.timestamp, type(named.event).__name__
    try:
        data = session.ipfs.get_block(named.digest)
    except RecordUnavailable:
        data = None
    except (IntegrityError, NodeUnreachable) as error:
        return _unread(at, event, error.message)
    for finding in check_reference(named, data, session.state()):
        return _unread(at, event, finding.found)
    assert data is not None  # noqa: S101 - else it was found to be absent
    record = Reason.from_bytes(data)
    return GivenReason(
        given_at=at,
        event=event,
        department=record.department,
        code=record.code.label,
        text=record.text,
        legal_ground=record.legal_ground,
        arbiters=record.arbiters or (),
        replaced_by=record.replaced_by,
        grounds=_grounds(session, record),
        unreadable=None,
    )


def _unread(at: int, event: str, why: str) -> GivenReason:
    return GivenReason(at, event, None, None, None, None, (), None, None, why)


def _grounds(session: Session, record: Reason) -> str | None:
    """What is sealed in a reason, to those who can open it."""
    if record.annex is None:
        return None
    # Asked first, so that nobody has to enter a passphrase in vain.
    if all(one.department != session.code for one in record.annex.recipients):
        return SEALED
    try:
        return open_content(
            record,
            Grounds,
            session.keys.load(),
            department=session.code,
            deployment=session.deployment,
        ).grounds
    except NotFound:
        return SEALED
    except IntegrityError as error:
        return f"{SEALED} ({error.message})"
