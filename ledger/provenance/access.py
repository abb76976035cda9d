"""What the events say about requests, grants and transfers.

Only the fold changes these objects; to everybody else they are to be read. What depends on the
time is a method: `now` is block time, in Unix seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from ledger.events import Event, GrantBasis, GrantState, RefusalCause, TransferState
from ledger.identifiers import (
    Address,
    Code,
    DatasetId,
    DepartmentId,
    Digest,
    GrantId,
    KeyNumber,
    TransferId,
    VersionNumber,
)
from ledger.provenance.catalogue import Decision

MAX_OVERDUE: Final = 3
"""Overdue receipts that a grant may have before attempts are refused (`ITransferLog`)."""

MAX_UNACKNOWLEDGED: Final = 6
"""Releases of a dataset to one receiver that may wait for a receipt (`ITransferLog`)."""


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
    state: GrantState = GrantState.REQUESTED
    basis: GrantBasis | None = None
    first_approver: Address | None = None
    activated_at: int | None = None
    decision: Decision | None = None
    """The reason of the latest refusal, suspension or revocation."""
    transfers: list[TransferId] = field(default_factory=list)
    waiting: dict[TransferId, int] = field(default_factory=dict)
    """By when each release of the dataset to the requester that is neither acknowledged nor
    disputed should be; shared by all grants of the two, so that a new one sheds nothing."""
    events: list[Event] = field(default_factory=list, repr=False)

    @property
    def history(self) -> tuple[Event, ...]:
        """Every event about it: its own, its transfers', and attempts refused under it."""
        return tuple(self.events)

    def expired(self, now: int) -> bool:
        """Whether its terms have ended."""
        return now >= self.valid_until

    def holds(self, now: int) -> bool:
        """Whether it permits releases, as far as its own state and terms go."""
        return self.refusal_cause(now) in (RefusalCause.NONE, RefusalCause.OVERDUE_RECEIPTS)

    def refusal_cause(self, now: int) -> RefusalCause:
        """Why an attempt of its own requester would be refused, as the contracts decide it."""
        if self.state is not GrantState.ACTIVE:
            causes = {
                GrantState.SUSPENDED: RefusalCause.SUSPENDED,
                GrantState.REVOKED: RefusalCause.REVOKED,
            }
            return causes.get(self.state, RefusalCause.NOT_ACTIVE)
        if self.expired(now):
            return RefusalCause.EXPIRED
        if self.overdue_receipts(now) > MAX_OVERDUE:
            return RefusalCause.OVERDUE_RECEIPTS
        return RefusalCause.NONE

    def overdue_receipts(self, now: int) -> int:
        """How many releases to the requester should have been acknowledged or disputed by now."""
        return sum(now > due for due in self.waiting.values())

    def overdue(self, now: int) -> bool:
        """Whether the owner should have answered the request by now."""
        return self.state is GrantState.REQUESTED and now > self.respond_by


@dataclass(slots=True)
class Transfer:
    """One delivery to one department. Times in Unix seconds."""

    id: TransferId
    dataset: DatasetId
    version: VersionNumber
    grant: GrantId
    sender: DepartmentId
    receiver: DepartmentId
    opened_at: int
    release_by: int
    state: TransferState = TransferState.OPENED
    manifest: Digest | None = None
    """The released manifest."""
    wrap: Digest | None = None
    """SHA-256 of the wrapped key of the latest release."""
    key_number: KeyNumber | None = None
    released_at: int | None = None
    acknowledge_by: int | None = None
    acknowledged_at: int | None = None
    receipt_tag: Digest | None = None
    cured: bool = False
    """Whether a release followed a dispute; there is one."""
    decision: Decision | None = None
    """The reason of the latest decline, dispute or settlement."""
    events: list[Event] = field(default_factory=list, repr=False)

    @property
    def history(self) -> tuple[Event, ...]:
        """Every event about it."""
        return tuple(self.events)

    def overdue(self, now: int) -> bool:
        """Whether a party is late: the sender to release, or the receiver to acknowledge."""
        if self.state is TransferState.OPENED:
            return now > self.release_by
        return self.receipt_overdue(now)

    def receipt_overdue(self, now: int) -> bool:
        """Whether the receiver should have acknowledged or disputed by now."""
        due = self.acknowledge_by
        return self.state is TransferState.RELEASED and due is not None and now > due


@dataclass(frozen=True, slots=True)
class Delivery:
    """One release of a key: who received what, from whom, under which grant.

    When, and whether the receiver acknowledged it, is in `transfer`.
    """

    dataset: str
    """`department/slug`."""
    sender: Code
    receiver: Code
    transfer: Transfer
    grant: Grant

    @property
    def acknowledged(self) -> bool:
        """Whether the receiver has said that it has the content."""
        return self.transfer.acknowledged_at is not None
