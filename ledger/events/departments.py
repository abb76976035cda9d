"""The events of `IDepartmentRegistry`, field for field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ledger.events.base import Event
from ledger.events.wire import (
    AddressField,
    BytesField,
    CapabilitiesField,
    CodeField,
    DepartmentField,
    DigestField,
    FlagField,
    Indexed,
    KeyField,
    MaybeDepartmentField,
    PeriodField,
    ReasonField,
    StandingField,
    TimeField,
)
from ledger.identifiers import ContractName


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfDepartmentRegistry(Event):
    CONTRACT: ClassVar[ContractName] = "DepartmentRegistry"


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentAdmitted(_OfDepartmentRegistry):
    """`department` is a member from `effective_at` on."""

    department: Indexed[DepartmentField]
    code: Indexed[CodeField]
    admin: AddressField
    card: DigestField
    effective_at: TimeField


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentSuspended(_OfDepartmentRegistry):
    """The agency suspended a member at once."""

    department: Indexed[DepartmentField]
    reason_code: ReasonField
    reason: DigestField


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentReinstated(_OfDepartmentRegistry):
    """The agency ended a suspension."""

    department: Indexed[DepartmentField]
    reason_code: ReasonField
    reason: DigestField


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditorAppointed(_OfDepartmentRegistry):
    """A member became an auditing body."""

    department: Indexed[DepartmentField]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditorRemoved(_OfDepartmentRegistry):
    """`department` is an auditing body until `effective_at`."""

    department: Indexed[DepartmentField]
    reason_code: ReasonField
    reason: DigestField
    effective_at: TimeField


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupMemberSet(_OfDepartmentRegistry):
    """`department` is in `group`, or out of it, from `effective_at` on."""

    department: Indexed[DepartmentField]
    group: Indexed[CodeField]
    member: FlagField
    effective_at: TimeField


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorecardPublished(_OfDepartmentRegistry):
    """The agency published a scorecard; a `StandingSet` follows for each of its lines."""

    agency: Indexed[DepartmentField]
    scorecard: DigestField


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingSet(_OfDepartmentRegistry):
    """The standing that follows from a scorecard, from `effective_at` on."""

    department: Indexed[DepartmentField]
    standing: StandingField
    scorecard: DigestField
    effective_at: TimeField


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingPublished(_OfDepartmentRegistry):
    """`finder`, the agency or an auditing body, found something about a member."""

    department: Indexed[DepartmentField]
    finder: Indexed[DepartmentField]
    reason_code: ReasonField
    reason: DigestField


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminResetAnnounced(_OfDepartmentRegistry):
    """`admin` becomes an ADMIN of `department` at `effective_at`, unless the department vetoes."""

    department: Indexed[DepartmentField]
    admin: Indexed[AddressField]
    reason_code: ReasonField
    reason: DigestField
    effective_at: TimeField


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminResetVetoed(_OfDepartmentRegistry):
    """An account of the department stopped a pending reset."""

    department: Indexed[DepartmentField]
    admin: Indexed[AddressField]
    vetoer: Indexed[AddressField]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverProposed(_OfDepartmentRegistry):
    """`successor` may become the agency; 0 takes that back."""

    agency: Indexed[DepartmentField]
    successor: Indexed[MaybeDepartmentField]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverAccepted(_OfDepartmentRegistry):
    """`successor` is the agency from `effective_at` on."""

    agency: Indexed[DepartmentField]
    successor: Indexed[DepartmentField]
    effective_at: TimeField


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentRetired(_OfDepartmentRegistry):
    """The deployment with the digest `successor` takes over at `effective_at`."""

    agency: Indexed[DepartmentField]
    successor: Indexed[DigestField]
    effective_at: TimeField


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountAdded(_OfDepartmentRegistry):
    """A department may act through `account`."""

    department: Indexed[DepartmentField]
    account: Indexed[AddressField]
    capabilities: CapabilitiesField


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRemoved(_OfDepartmentRegistry):
    """A department no longer acts through `account`."""

    department: Indexed[DepartmentField]
    account: Indexed[AddressField]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPublished(_OfDepartmentRegistry):
    """A department's next encryption key: the raw X-Wing key (1,216 bytes) and its SHA-256."""

    department: Indexed[DepartmentField]
    key_number: Indexed[KeyField]
    digest: DigestField
    public_key: BytesField
    effective_at: TimeField


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRetired(_OfDepartmentRegistry):
    """Nothing is released to this key any more."""

    department: Indexed[DepartmentField]
    key_number: Indexed[KeyField]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlinesSet(_OfDepartmentRegistry):
    """New periods, in seconds, from `effective_at` on."""

    agency: Indexed[DepartmentField]
    respond: PeriodField
    release: PeriodField
    acknowledge: PeriodField
    comply: PeriodField
    attest: PeriodField
    effective_at: TimeField
