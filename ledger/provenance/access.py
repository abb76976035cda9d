"""What the events say about offers, requests and the grants that they become.

Only the fold changes these objects; to everybody else they are to be read. What depends on the
time is a method: `now` is block time, in Unix seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from ledger.events import Event, GrantBasis, GrantState, RefusalCause
from ledger.identifiers import (
    Address,
    Code,
    DatasetId,
    DepartmentId,
    Digest,
    GrantId,
    OfferId,
    TransferId,
)
from ledger.provenance.members import Reset, last_reset
from ledger.provenance.times import Decision

MAX_OVERDUE: Final = 3
"""Overdue receipts that a grant may have before attempts are refused (`ITransferLog`)."""

MAX_UNANSWERED: Final = 8
"""Requests of one department that may wait for one owner's response (`IAccessGrants`)."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the contracts enforce of the terms; their record, of this digest, says the same."""

    digest: Digest
    purpose: int
    """Its number; `ledger.codes.Purpose` names the known ones."""
    all_fields: bool
    onward_use: bool
    valid_until: int
    """Block time, in Unix seconds, at which they end."""


@dataclass(slots=True)
class Offer:
    """An owner's standing permission. Times in Unix seconds."""

    id: OfferId
    dataset: DatasetId
    owner: DepartmentId
    terms: Terms
    """What a request may ask for at most, purpose 0: for any; and until when it may."""
    group: Code | None
    """Whom it is for; None: any department."""
    standing: int
    """The least standing that it asks for."""
    longest: int
    """Seconds that a grant may be valid."""
    published_at: int
    retirement: Decision | None = None
    events: list[Event] = field(default_factory=list, repr=False)

    @property
    def history(self) -> tuple[Event, ...]:
        """Every event about it, the requests made under it included."""
        return tuple(self.events)

    def in_force(self, now: int) -> bool:
        """Whether requests may still be made under it."""
        return self.retirement is None and now < self.terms.valid_until

    def covers(self, asked: Terms, now: int) -> bool:
        """Whether it permits what these terms ask for."""
        return (
            self.terms.purpose in (0, asked.purpose)
            and self.terms.all_fields >= asked.all_fields
            and self.terms.onward_use >= asked.onward_use
            and asked.valid_until <= now + self.longest
        )


@dataclass(frozen=True, slots=True)
class Counter:
    """Other terms that the owner offered; the requester may accept them until `lapses_at`."""

    terms: Terms
    made_at: int
    lapses_at: int
    officer: Address

    def lapsed(self, now: int) -> bool:
        """Whether it is too late to accept it."""
        return now >= self.lapses_at


@dataclass(frozen=True, slots=True)
class Order:
    """The agency's ruling that the owner has to grant a request, in effect from a time on."""

    decision: Decision
    effective_at: int
    comply_by: int


@dataclass(slots=True)
class Grant:
    """A request, and the grant that it becomes under the same number. Times in Unix seconds."""

    id: GrantId
    dataset: DatasetId
    owner: DepartmentId
    requester: DepartmentId
    terms: Digest
    purpose: int
    """Its number; `ledger.codes.Purpose` names the known ones."""
    all_fields: bool
    onward_use: bool
    valid_until: int
    respond_by: int
    requested_at: int
    approvals: int
    """How many officers must approve it: what the dataset asked for when it was requested."""
    offer: OfferId | None = None
    """Under which offer it was made."""
    state: GrantState = GrantState.REQUESTED
    basis: GrantBasis | None = None
    first_approver: Address | None = None
    """Who gave the first of two approvals of what waits for the second."""
    counter: Counter | None = None
    """What the owner offered instead, while that is undecided."""
    order: Order | None = None
    extension: int | None = None
    """Until when the first of two officers extends it."""
    activated_at: int | None = None
    held_since: int = 0
    """Since when its owner wants it to hold: a reset of the requester after that ends it."""
    decision: Decision | None = None
    """The reason of the latest return, refusal, escalation, ruling, suspension or revocation."""
    transfers: list[TransferId] = field(default_factory=list)
    waiting: dict[TransferId, int] = field(default_factory=dict)
    """By when each release of the dataset to the requester that is neither acknowledged nor
    disputed should be; shared by all grants of the two, so that a new one sheds nothing."""
    resets: list[Reset] = field(default_factory=list)
    """The requester's, shared by all of its grants."""
    events: list[Event] = field(default_factory=list, repr=False)

    @property
    def history(self) -> tuple[Event, ...]:
        """Every event about it: its own, its transfers', and attempts refused under it."""
        return tuple(self.events)

    @property
    def ordered(self) -> bool:
        """Whether it was made under an order: then the agency alone suspends and revokes it."""
        return self.basis is GrantBasis.ORDER

    def expired(self, now: int) -> bool:
        """Whether its terms have ended."""
        return now >= self.valid_until

    def holds(self, now: int) -> bool:
        """Whether it permits releases, as far as its own state and terms go."""
        return self.refusal_cause(now) in (RefusalCause.NONE, RefusalCause.OVERDUE_RECEIPTS)

    def refusal_cause(self, now: int) -> RefusalCause:
        """Why an attempt of its own requester would be refused, as the contracts decide it.

        A consent, where the dataset needs one, is apart.
        """
        if self.state is not GrantState.ACTIVE:
            causes = {
                GrantState.SUSPENDED: RefusalCause.SUSPENDED,
                GrantState.REVOKED: RefusalCause.REVOKED,
            }
            return causes.get(self.state, RefusalCause.NOT_ACTIVE)
        if self.expired(now):
            return RefusalCause.EXPIRED
        if self.reset(now):
            return RefusalCause.REQUESTER_RESET
        if self.overdue_receipts(now) > MAX_OVERDUE:
            return RefusalCause.OVERDUE_RECEIPTS
        return RefusalCause.NONE

    def reset(self, now: int) -> bool:
        """Whether the requester's ADMIN was reset since the owner last wanted it to hold."""
        return self.held_since < last_reset(self.resets, now)

    def overdue_receipts(self, now: int) -> int:
        """How many releases to the requester should have been acknowledged or disputed by now."""
        return sum(now > due for due in self.waiting.values())

    def overdue(self, now: int) -> bool:
        """Whether the owner should have answered the request, or complied, by now."""
        if self.state is GrantState.ORDERED and self.order is not None:
            return now > self.order.comply_by
        return self.state is GrantState.REQUESTED and now > self.respond_by
