"""What would come of a request: `access check` answers before anything is sent."""

from __future__ import annotations

from ledger.client.results import AccessVerdict
from ledger.client.session import Session
from ledger.events import GrantState, SharingClass
from ledger.models import Purpose
from ledger.provenance import MAX_UNANSWERED, Department, LedgerState


def check_access(
    session: Session, name: str, purpose: Purpose, as_department: str | None = None
) -> AccessVerdict:
    """Whether a request would be granted at once, decided by the owner, or refused, and why.

    Raises:
        NotFound: no such dataset or department.
    """
    state, now = session.state(), session.now()
    dataset = state.dataset(name)
    me = state.department(as_department) if as_department else session.me()
    owner = state.departments[dataset.owner]
    against = [
        reason
        for holds, reason in (
            (state.retired(now), "this ledger is retired: another deployment has taken over"),
            (dataset.withdrawn, f"{dataset.name} is withdrawn"),
            (dataset.owner == me.id, f"{dataset.name} is {me.code}'s own"),
            (dataset.sharing is SharingClass.CLOSED, f"{dataset.name} is closed"),
            (not me.in_good_standing(now), f"{me.code} is not a member in good standing"),
            (not owner.in_good_standing(now), f"{owner.code} is not a member in good standing"),
        )
        if holds
    ]
    if against:
        return AccessVerdict("refused", tuple(against))
    held = [
        grant
        for grant in state.grants.values()
        if (grant.dataset, grant.requester, grant.state) == (dataset.id, me.id, GrantState.ACTIVE)
        and not grant.expired(now)
    ]
    if held:
        return AccessVerdict("granted already", (f"grant {held[-1].id} holds",))
    waiting = unanswered(state, me, owner)
    offers = [
        offer.id
        for offer in state.offers.values()
        if offer.dataset == dataset.id
        and dataset.approvals == 1
        and offer.in_force(now)
        and offer.terms.purpose in (0, int(purpose))
        and me.qualifies(offer.group, offer.standing, offer.published_at, now)
    ]
    if dataset.sharing is SharingClass.OPEN:
        return AccessVerdict(
            "granted at once",
            (f"{dataset.name} is open: the contract grants every member's request",),
        )
    if offers:
        return AccessVerdict(
            "granted at once",
            tuple(
                f"offer {number} is for {me.code}, within its terms: ledger offer show {number}"
                for number in offers
            ),
        )
    if waiting >= MAX_UNANSWERED:
        return AccessVerdict(
            "refused",
            (f"{waiting} requests of {me.code} wait for {owner.code}, as many as may",),
        )
    approve = "an officer approves" if dataset.approvals == 1 else "two officers approve"
    return AccessVerdict(
        "owner decides",
        (
            f"{dataset.name} is conditional: {approve} for {owner.code}, or one refuses",
            f"{owner.code} would see the purpose {purpose.label!r}",
            f"it has {state.periods_at(now).respond // 3600} h to answer",
        ),
    )


def unanswered(state: LedgerState, requester: Department, owner: Department) -> int:
    """How many requests of a department wait for an owner's answer."""
    return sum(
        grant.state is GrantState.REQUESTED
        for grant in state.grants.values()
        if (grant.requester, grant.owner) == (requester.id, owner.id)
    )
