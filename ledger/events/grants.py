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
    GroupField,
    Indexed,
    MaybeOfferField,
    OfferField,
    PeriodField,
    PurposeField,
    ReasonField,
    StandingField,
    TimeField,
)
from ledger.identifiers import ContractName


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferPublished(Event):
    """An owner's standing permission: who fits until `valid_until` is granted at once.

    No group and purpose 0 stand for any; a grant is valid for `longest` seconds at most.
    """

    CONTRACT: ClassVar[ContractName] = "AccessGrants"

    offer: Indexed[OfferField]
    dataset: Indexed[DatasetField]
    group: Indexed[GroupField]
    terms: DigestField
    purpose: PurposeField
    standing: StandingField
    all_fields: FlagField
    onward_use: FlagField
    valid_until: TimeField
    longest: PeriodField


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferRetired(Event):
    """The owner ended an offer; grants made under it stay."""

    CONTRACT: ClassVar[ContractName] = "AccessGrants"

    offer: Indexed[OfferField]
    dataset: Indexed[DatasetField]
    reason_code: ReasonField
    reason: DigestField


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantEvent(Event):
    """An event of one request or grant."""

    CONTRACT: ClassVar[ContractName] = "AccessGrants"

    grant: Indexed[GrantField]
    dataset: Indexed[DatasetField]
    requester: Indexed[DepartmentField]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRequested(GrantEvent):
    """A department asked for a dataset under terms; the owner answers until `respond_by`.

    `offer` is 0 unless it was made under one.
    """

    offer: MaybeOfferField
    terms: DigestField
    purpose: PurposeField
    all_fields: FlagField
    onward_use: FlagField
    valid_until: TimeField
    respond_by: TimeField


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRecorded(GrantEvent):
    """The first of two approvals; the grant isn't Active yet, or not extended yet."""

    officer: AddressField
    terms: DigestField
    """What is approved: the terms' digest, or the time until which the grant is extended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantActivated(GrantEvent):
    """The grant holds from now on, until its terms end it."""

    terms: DigestField
    basis: BasisField


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestCountered(GrantEvent):
    """The owner offers other terms, which the requester may accept until `lapses_at`."""

    terms: DigestField
    purpose: PurposeField
    all_fields: FlagField
    onward_use: FlagField
    valid_until: TimeField
    lapses_at: TimeField
    officer: AddressField


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterAccepted(GrantEvent):
    """The requester takes the owner's terms; a second officer is still to approve them."""

    terms: DigestField
    respond_by: TimeField


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestReturned(GrantEvent):
    """The owner sent the request back for completion."""

    reason_code: ReasonField
    reason: DigestField


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestResubmitted(GrantEvent):
    """The requester asks again after a return, under these terms."""

    terms: DigestField
    purpose: PurposeField
    all_fields: FlagField
    onward_use: FlagField
    valid_until: TimeField
    respond_by: TimeField


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRefused(GrantEvent):
    """The owner refused."""

    reason_code: ReasonField
    reason: DigestField


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestWithdrawn(GrantEvent):
    """The requester withdrew its request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestEscalated(GrantEvent):
    """The requester brought a request that got no yes before the agency."""

    reason_code: ReasonField
    reason: DigestField


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessOrdered(GrantEvent):
    """The agency ruled for the requester, from `effective_at` on; the owner complies until
    `comply_by`."""

    terms: DigestField
    reason_code: ReasonField
    reason: DigestField
    effective_at: TimeField
    comply_by: TimeField


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalUpheld(GrantEvent):
    """The agency ruled for the owner."""

    terms: DigestField
    reason_code: ReasonField
    reason: DigestField


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantExtended(GrantEvent):
    """The owner lets the grant hold for longer."""

    valid_until: TimeField


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantSuspended(GrantEvent):
    """The owner, or the agency where it ordered the grant, suspended it."""

    reason_code: ReasonField
    reason: DigestField


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantResumed(GrantEvent):
    """The owner lets the grant hold again, after a suspension or a reset of the requester."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRevoked(GrantEvent):
    """The owner, or the agency where it ordered the grant, revoked it for good."""

    reason_code: ReasonField
    reason: DigestField
