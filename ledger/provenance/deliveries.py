"""What the events say about transfers, the subjects of answers, and recalls.

Only the fold changes these objects; to everybody else they are to be read. What depends on the
time is a method: `now` is block time, in Unix seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from ledger.codes import PayloadKind
from ledger.events import Event, TransferState
from ledger.identifiers import (
    Code,
    ConsentId,
    DatasetId,
    DepartmentId,
    Digest,
    GrantId,
    KeyNumber,
    RecallId,
    TransferId,
    VersionNumber,
)
from ledger.provenance.access import Grant
from ledger.provenance.times import Decision

MAX_UNACKNOWLEDGED: Final = 6
"""Releases of a dataset to one receiver, and documents of one sender to it, that may wait for a
receipt (`ITransferLog`)."""


@dataclass(slots=True)
class SubjectTag:
    """Which subject an answer is about, so that the subject finds it. Times in Unix seconds."""

    tag: bytes
    """The tag; of a hidden one, the Keccak-256 of tag and salt until it is revealed."""
    hidden_until: int | None = None
    opening: bytes | None = None
    """The digest of tag and salt, sealed to the auditors."""
    ruling: Decision | None = None
    """What permits hiding it."""
    revealer: DepartmentId | None = None
    revealed_at: int | None = None

    @property
    def hidden(self) -> bool:
        """Whether the tag can't be read yet."""
        return self.hidden_until is not None and self.revealed_at is None

    def overdue(self, now: int) -> bool:
        """Whether it should have been revealed by now."""
        return self.hidden and self.hidden_until is not None and now > self.hidden_until


@dataclass(frozen=True, slots=True)
class Disclosure:
    """The key of a disputed payload, given to an arbiter; `wrap` is the wrapped key's SHA-256."""

    arbiter: DepartmentId
    key_number: KeyNumber
    wrap: Digest
    disclosed_at: int


@dataclass(slots=True)
class Transfer:
    """One delivery to one department. Times in Unix seconds."""

    id: TransferId
    kind: PayloadKind
    dataset: DatasetId | None
    """None of a document."""
    version: VersionNumber | None
    """None of an answer or a document."""
    grant: GrantId | None
    """None of a document."""
    sender: DepartmentId
    receiver: DepartmentId
    opened_at: int
    release_by: int | None
    """None of a document, which is released as it is sent."""
    consent: ConsentId | None = None
    """Of a query, where the dataset needs one."""
    query: Digest | None = None
    """The SHA-256 of the query, sealed to the sender."""
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
    subjects: list[SubjectTag] = field(default_factory=list)
    """One for each release with a tag, save that a hidden one stays until it is revealed."""
    disclosures: list[Disclosure] = field(default_factory=list)
    """Those of the key of the latest release."""
    attestations: dict[RecallId, Decision] = field(default_factory=dict)
    """What the receiver did with it, for each recall; 0: at the end of the retention period."""
    made: list[tuple[DatasetId, VersionNumber]] = field(default_factory=list)
    """The versions that were declared to be made from it."""
    waiting: dict[TransferId, int] = field(default_factory=dict)
    """The releases that wait for a receipt as this one does: of the dataset to the receiver, or
    the sender's documents to it; shared by all of them."""
    events: list[Event] = field(default_factory=list, repr=False)

    @property
    def history(self) -> tuple[Event, ...]:
        """Every event about it."""
        return tuple(self.events)

    @property
    def whole_version(self) -> tuple[DatasetId, VersionNumber] | None:
        """The dataset and version whose own payload it delivers; None of any other kind."""
        if self.kind is not PayloadKind.VERSION or self.dataset is None or self.version is None:
            return None
        return self.dataset, self.version

    def overdue(self, now: int) -> bool:
        """Whether a party is late: the sender to release, or the receiver to acknowledge."""
        if self.state is TransferState.OPENED:
            return self.release_by is not None and now > self.release_by
        return self.receipt_overdue(now)

    def receipt_overdue(self, now: int) -> bool:
        """Whether the receiver should have acknowledged or disputed by now."""
        due = self.acknowledge_by
        return self.state is TransferState.RELEASED and due is not None and now > due


@dataclass(frozen=True, slots=True)
class Recall:
    """An owner's call on all receivers of a version, also of what was made from it."""

    id: RecallId
    dataset: DatasetId
    version: VersionNumber
    decision: Decision
    attest_by: int
    """Unix seconds."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One release of a key: who received what, from whom, under which grant.

    When, and whether the receiver acknowledged it, is in `transfer`.
    """

    dataset: str | None
    """`department/slug`; None of a document."""
    sender: Code
    receiver: Code
    transfer: Transfer
    grant: Grant | None
    """None of a document."""

    @property
    def acknowledged(self) -> bool:
        """Whether the receiver has said that it has the content."""
        return self.transfer.acknowledged_at is not None
