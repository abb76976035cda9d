"""The events of `IAccessGrants`, field for field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ledger.events.base import Event
from ledger.events.wire import (
    AddressField,
    BasisField,
    DatasetField,
    DepartmentField,
    DigestField,
    FlagField,
    GrantField,
    Indexed,
    PurposeField,
    ReasonField,
    TimeField,
)
from ledger.identifiers import ContractName


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantEvent(Event):
    """An event of one request or grant."""

    CONTRACT: ClassVar[ContractName] = "AccessGrants"

    grant: Indexed[GrantField]
    dataset: Indexed[DatasetField]
    requester: Indexed[DepartmentField]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRequested(GrantEvent):
    """A department asked for a dataset under terms; the owner answers until `respond_by`."""

    terms: DigestField
    purpose: PurposeField
    all_fields: FlagField
    onward_use: FlagField
    valid_until: TimeField
    respond_by: TimeField


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRecorded(GrantEvent):
    """The first of two approvals; the grant isn't Active yet."""

    officer: AddressField
    terms: DigestField


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantActivated(GrantEvent):
    """The grant holds from now on, until its terms end it."""

    terms: DigestField
    basis: BasisField


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRefused(GrantEvent):
    """The owner refused."""

    reason_code: ReasonField
    reason: DigestField


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestWithdrawn(GrantEvent):
    """The requester withdrew its request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantSuspended(GrantEvent):
    """The owner suspended the grant."""

    reason_code: ReasonField
    reason: DigestField


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantResumed(GrantEvent):
    """The owner ended the grant's suspension."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRevoked(GrantEvent):
    """The owner revoked the grant for good."""

    reason_code: ReasonField
    reason: DigestField
