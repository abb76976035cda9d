"""What the events say about specifications, needs, datasets and their versions.

Only the fold changes these objects; to everybody else they are to be read.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ledger.errors import NotFound
from ledger.events import DatasetKind, Event, SharingClass
from ledger.identifiers import (
    Code,
    DatasetId,
    DepartmentId,
    Digest,
    NeedId,
    RecallId,
    TransferId,
    VersionNumber,
)
from ledger.provenance.times import Decision


@dataclass(slots=True)
class Specification:
    """One version of a specification that the agency published."""

    digest: Digest
    deprecation: Decision | None = None
    """Why new datasets shouldn't use it any more."""


@dataclass(slots=True)
class Need:
    """Data that a department misses and nobody lists. Times in Unix seconds."""

    id: NeedId
    department: DepartmentId
    description: Digest
    published_at: int
    withdrawal: Decision | None = None

    @property
    def withdrawn(self) -> bool:
        """Whether the department withdrew it, met or not."""
        return self.withdrawal is not None


@dataclass(slots=True)
class Version:
    """One published payload of a file dataset; times in Unix seconds."""

    number: VersionNumber
    manifest: Digest
    published_at: int
    withdrawal: Decision | None = None
    sources: tuple[TransferId, ...] = ()
    """The transfers from which it was made, as its owner declared."""
    sources_declared_at: int | None = None
    recall: RecallId | None = None
    transfers: list[TransferId] = field(default_factory=list)
    """Every transfer of it, of some of its fields too."""

    @property
    def withdrawn(self) -> bool:
        """Whether nothing of it is opened or released any more."""
        return self.withdrawal is not None


@dataclass(slots=True)
class Dataset:
    """A dataset with its rules and versions; `name` is `department/slug`. Times in Unix seconds."""

    id: DatasetId
    name: str
    owner: DepartmentId
    slug: Code
    kind: DatasetKind
    sharing: SharingClass
    approvals: int
    """How many different officers must approve a request."""
    agent_may_publish: bool
    consent_needed: bool
    """Whether each query names a consent that is in force."""
    description: Digest
    registered_at: int
    withdrawal: Decision | None = None
    versions: dict[VersionNumber, Version] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list, repr=False)

    @property
    def withdrawn(self) -> bool:
        """Whether it was withdrawn for good."""
        return self.withdrawal is not None

    @property
    def history(self) -> tuple[Event, ...]:
        """Every event about it, refused attempts included."""
        return tuple(self.events)

    @property
    def version_count(self) -> int:
        """How many versions were published, withdrawn ones included."""
        return len(self.versions)

    @property
    def latest(self) -> Version | None:
        """The version with the highest number, withdrawn or not."""
        return self.versions.get(VersionNumber(len(self.versions)))

    def version(self, number: int) -> Version:
        """One version.

        Raises:
            NotFound: there is none of this number.
        """
        found = self.versions.get(VersionNumber(number))
        if found is None:
            listed = f"the latest is {self.version_count}" if self.versions else "none is published"
            raise NotFound(
                f"dataset {self.name} has no version {number}; {listed}",
                hint=f"ledger dataset show {self.name}",
            )
        return found
