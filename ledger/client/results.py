"""What the client's verbs return: frozen, typed, ready to be shown or written as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ledger.identifiers import (
    Code,
    DatasetId,
    DepartmentId,
    Digest,
    GrantId,
    KeyNumber,
    NeedId,
    OfferId,
    TransferId,
)
from ledger.models import DatasetDescription, DocumentContent, Finding
from ledger.models import Need as NeedRecord
from ledger.provenance import Dataset, Need, Transfer


@dataclass(frozen=True)
class Done:
    """A decision that is on the chain, in a final block."""

    transaction: bytes
    block: int


@dataclass(frozen=True)
class Announced:
    """A decision that is on the chain and takes effect at `effective_at` (Unix seconds)."""

    transaction: bytes
    block: int
    effective_at: int


@dataclass(frozen=True)
class Admitted:
    """A department that is a member from `effective_at` (Unix seconds) on."""

    department: DepartmentId
    code: Code
    effective_at: int


@dataclass(frozen=True)
class DeadlinesChanged:
    """New periods, in seconds, for deadlines that begin after `effective_at` (Unix seconds)."""

    respond: int
    release: int
    acknowledge: int
    comply: int
    attest: int
    effective_at: int


@dataclass(frozen=True)
class KeyPublished:
    """An encryption key that releases use from `effective_at` (Unix seconds) on."""

    number: KeyNumber
    digest: Digest
    effective_at: int


@dataclass(frozen=True)
class SpecificationPublished:
    """A specification's new version, or the one that says the same `already`."""

    name: Code
    version: int
    digest: Digest
    already: bool


@dataclass(frozen=True)
class Registered:
    """A dataset and the number that the chain gave it."""

    dataset: DatasetId
    name: str


@dataclass(frozen=True)
class Published:
    """A version of a dataset; `already` when identical content was published before."""

    dataset: str
    version: int
    manifest: Digest
    cid: str
    size_bytes: int
    rows: int | None
    sources: tuple[int, ...]
    """The transfers that it was made from."""
    already: bool


@dataclass(frozen=True)
class Erased:
    """A version whose data key was destroyed; `already` when there was nothing left of it."""

    dataset: str
    version: int
    already: bool


@dataclass(frozen=True)
class ArchiveKeyReplaced:
    """How many data keys a fresh archive key seals now."""

    data_keys: int


@dataclass(frozen=True)
class DatasetView:
    """A dataset with its description, which is None when no node has the record."""

    dataset: Dataset
    owner: Code
    description: DatasetDescription | None

    @property
    def name(self) -> str:
        """`labour/employment`."""
        return self.dataset.name


@dataclass(frozen=True)
class Requested:
    """A request's number and state; `already` when an identical one is waiting or granted."""

    grant: GrantId
    dataset: str
    state: str
    respond_by: int
    already: bool


@dataclass(frozen=True)
class Decided:
    """An approval that is on the chain; not `granted` while a second one is missing."""

    transaction: bytes
    block: int
    granted: bool


@dataclass(frozen=True)
class Countered:
    """Other terms that the owner offers until `lapses_at` (Unix seconds)."""

    grant: GrantId
    terms: Digest
    lapses_at: int


@dataclass(frozen=True)
class Extended:
    """A grant that holds until `valid_until` (Unix s), once a second officer agrees if it must."""

    grant: GrantId
    valid_until: int
    extended: bool


@dataclass(frozen=True)
class Offered:
    """A standing permission under which requests are granted until `valid_until` (Unix seconds)."""

    offer: OfferId
    dataset: str
    valid_until: int


@dataclass(frozen=True)
class Ruled:
    """A ruling; an order takes effect at `effective_at`, to be complied with by `comply_by`."""

    grant: GrantId
    ordered: bool
    effective_at: int | None
    comply_by: int | None


@dataclass(frozen=True)
class Scored:
    """A scorecard by its digest, and how many standings it set; the last transaction of it."""

    scorecard: Digest
    standings: int
    transaction: bytes
    block: int


@dataclass(frozen=True)
class NeedPublished:
    """A need, its number and the digest of its record."""

    need: NeedId
    description: Digest


@dataclass(frozen=True)
class NeedView:
    """A need with its record, which is None when no node has it, or it is another's."""

    need: Need
    department: Code
    record: NeedRecord | None


@dataclass(frozen=True)
class FindingView:
    """A finding about a department; its record is None when no node has it, or it is another."""

    number: int
    """Of the department's findings, from 1, the oldest first."""
    department: Code
    finder: Code
    reason_code: int
    found_at: int
    """Unix seconds."""
    record: Finding | None


@dataclass(frozen=True)
class Opened:
    """A transfer that the owner's agent should release by `release_by` (Unix seconds)."""

    transfer: TransferId
    release_by: int


@dataclass(frozen=True)
class Fetched:
    """A delivery that was decrypted, checked, acknowledged and put in place."""

    transfer: TransferId
    dataset: str
    version: int
    path: Path
    size_bytes: int
    rows: int | None
    manifest: Digest


@dataclass(frozen=True)
class Answered:
    """An answer that was decrypted, checked and acknowledged; `path` is where it was put."""

    transfer: TransferId
    dataset: str
    columns: tuple[str, ...]
    rows: int
    path: Path | None
    content: tuple[tuple[str, ...], ...] | None = field(repr=False)
    """The cells of each row, as text; None where they were put into a file."""
    manifest: Digest


@dataclass(frozen=True)
class Disclosed:
    """A disputed payload's key, wrapped for an arbiter; `already` when that was done before."""

    transfer: TransferId
    arbiter: Code
    wrap: Digest
    already: bool


@dataclass(frozen=True)
class Sent:
    """A document that its receiver should acknowledge by `acknowledge_by` (Unix seconds)."""

    transfer: TransferId
    receiver: Code
    manifest: Digest
    size_bytes: int
    acknowledge_by: int


@dataclass(frozen=True)
class Document:
    """A document; `content` is None where it can't be read, and `unreadable` says why."""

    transfer: Transfer
    content: DocumentContent | None
    unreadable: str | None = None


@dataclass(frozen=True)
class Received:
    """A document that was decrypted, checked, acknowledged and put in place."""

    transfer: TransferId
    sender: Code
    title: str
    path: Path
    size_bytes: int
    manifest: Digest


@dataclass(frozen=True)
class AccessVerdict:
    """What would come of a request or an attempt, and why, one clause each."""

    verdict: str
    why: tuple[str, ...]


@dataclass(frozen=True)
class InboxItem:
    """Something that waits for this department, and the command that answers it."""

    kind: str
    number: int
    what: str
    deadline: int | None
    command: str
