"""Attempts to get a delivery: which grant one names, and what is said where it is refused."""

from __future__ import annotations

from ledger.client.session import Session
from ledger.errors import RefusedError
from ledger.events import GrantState, RefusalCause, SharingClass, TransferRefused
from ledger.ports import Receipt
from ledger.provenance import Dataset

NO_GRANT = 0
# Which grant an attempt names, when this department has several for one dataset.
_PREFERENCE = (
    GrantState.ACTIVE,
    GrantState.SUSPENDED,
    GrantState.REVOKED,
    GrantState.REQUESTED,
    GrantState.COUNTERED,
    GrantState.RETURNED,
    GrantState.ESCALATED,
    GrantState.ORDERED,
    GrantState.REFUSED,
    GrantState.UPHELD,
    GrantState.WITHDRAWN,
)


def grant_to_name(session: Session, dataset: Dataset, *, purpose: int | None = None) -> int:
    """The grant to name: one that holds if there is one, else the latest that doesn't.

    Where a consent is for a purpose, one for the same is preferred. Without any it is 0, so that
    the attempt is recorded like every other that is refused.
    """
    me, now = session.me().id, session.now()
    mine = [
        grant
        for grant in session.state().grants.values()
        if (grant.dataset, grant.requester) == (dataset.id, me)
    ]
    named = min(
        mine,
        key=lambda grant: (
            purpose not in (None, grant.purpose),
            _PREFERENCE.index(grant.state),
            grant.expired(now),
            -grant.id,
        ),
        default=None,
    )
    return named.id if named else NO_GRANT


def require_opened(session: Session, receipt: Receipt, dataset: Dataset, grant: int) -> None:
    """Check that an attempt succeeded.

    Raises:
        RefusedError: it was refused and recorded.
    """
    refused = [event for event in receipt.events if isinstance(event, TransferRefused)]
    if refused and grant == NO_GRANT and dataset.sharing is SharingClass.CLOSED:
        raise RefusedError(
            f"refused: {dataset.name} is closed: it can't be requested; "
            "the attempt is on the record",
            hint=f"the legal reason is listed by: ledger dataset show {dataset.name}",
        )
    if refused and grant == NO_GRANT:
        raise RefusedError(
            f"refused: {session.code} has no grant for {dataset.name}; "
            "the attempt is on the record",
            hint=f"ask for one: ledger request create {dataset.name}",
        )
    if refused and refused[0].cause is RefusalCause.NO_CONSENT:
        raise RefusedError(
            f"refused: {dataset.name} needs the consent of whom the query is about, in force, for "
            f"{session.code} and the grant's purpose; the attempt is on the record",
            hint=f"ledger dataset show {dataset.name}",
        )
    if refused:
        cause = refused[0].cause.name.lower().replace("_", " ")
        raise RefusedError(
            f"refused: grant {grant} for {dataset.name} doesn't hold ({cause}); "
            "the attempt is on the record",
            hint=f"ledger grant show {grant}",
        )
