"""The events of `IDatasetRegistry`, field for field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ledger.events.base import Event
from ledger.events.wire import (
    ApprovalsField,
    CodeField,
    CountField,
    DatasetField,
    DatasetKindField,
    DepartmentField,
    DigestField,
    FlagField,
    Indexed,
    NeedField,
    ReasonField,
    SharingField,
    VersionField,
)
from ledger.identifiers import ContractName


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfDatasetRegistry(Event):
    CONTRACT: ClassVar[ContractName] = "DatasetRegistry"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecificationPublished(_OfDatasetRegistry):
    """The agency published a specification's next version."""

    agency: Indexed[DepartmentField]
    name: Indexed[CodeField]
    specification_version: Indexed[CountField]
    specification: DigestField


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecificationDeprecated(_OfDatasetRegistry):
    """The agency says that new datasets shouldn't use this version any more."""

    agency: Indexed[DepartmentField]
    name: Indexed[CodeField]
    specification_version: Indexed[CountField]
    reason_code: ReasonField
    reason: DigestField


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedPublished(_OfDatasetRegistry):
    """A department misses data that nobody lists."""

    need: Indexed[NeedField]
    department: Indexed[DepartmentField]
    description: DigestField


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedWithdrawn(_OfDatasetRegistry):
    """The department withdrew its need, met or not."""

    need: Indexed[NeedField]
    department: Indexed[DepartmentField]
    reason_code: ReasonField
    reason: DigestField


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetRegistered(_OfDatasetRegistry):
    """A department listed a dataset."""

    dataset: Indexed[DatasetField]
    owner: Indexed[DepartmentField]
    slug: Indexed[CodeField]
    kind: DatasetKindField
    sharing: SharingField
    approvals: ApprovalsField
    agent_may_publish: FlagField
    consent_needed: FlagField
    description: DigestField


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetEdited(_OfDatasetRegistry):
    """The owner changed a dataset's rules or description."""

    dataset: Indexed[DatasetField]
    owner: Indexed[DepartmentField]
    sharing: SharingField
    approvals: ApprovalsField
    agent_may_publish: FlagField
    consent_needed: FlagField
    description: DigestField


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetWithdrawn(_OfDatasetRegistry):
    """The owner withdrew a dataset for good."""

    dataset: Indexed[DatasetField]
    owner: Indexed[DepartmentField]
    reason_code: ReasonField
    reason: DigestField


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionPublished(_OfDatasetRegistry):
    """The owner published a version, whose record is `manifest`."""

    dataset: Indexed[DatasetField]
    owner: Indexed[DepartmentField]
    dataset_version: Indexed[VersionField]
    manifest: DigestField


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionWithdrawn(_OfDatasetRegistry):
    """The owner withdrew one version."""

    dataset: Indexed[DatasetField]
    owner: Indexed[DepartmentField]
    dataset_version: Indexed[VersionField]
    reason_code: ReasonField
    reason: DigestField
