"""The events of `ITransferLog`, field for field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ledger.events.base import Event
from ledger.events.wire import (
    AttemptedGrantField,
    CauseField,
    DatasetField,
    DepartmentField,
    DigestField,
    GrantField,
    Indexed,
    KeyField,
    ReasonField,
    TimeField,
    TransferField,
    VersionField,
)
from ledger.identifiers import ContractName


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferEvent(Event):
    """An event of one transfer."""

    CONTRACT: ClassVar[ContractName] = "TransferLog"

    transfer: Indexed[TransferField]
    dataset: Indexed[DatasetField]
    receiver: Indexed[DepartmentField]


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferOpened(TransferEvent):
    """A grantee asked for one delivery, due until `release_by`."""

    grant: GrantField
    dataset_version: VersionField
    release_by: TimeField


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferRefused(Event):
    """An attempt whose grant didn't hold: recorded, without a transfer number."""

    CONTRACT: ClassVar[ContractName] = "TransferLog"

    dataset: Indexed[DatasetField]
    receiver: Indexed[DepartmentField]
    grant: Indexed[AttemptedGrantField]
    dataset_version: VersionField
    cause: CauseField


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferReleased(TransferEvent):
    """The owner released the key; `wrap` is the SHA-256 of the wrapped key."""

    manifest: DigestField
    wrap: DigestField
    key_number: KeyField
    acknowledge_by: TimeField


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferDeclined(TransferEvent):
    """The owner declined to deliver."""

    reason_code: ReasonField
    reason: DigestField


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferAcknowledged(TransferEvent):
    """The receiver has the content; only with key and content can `receipt_tag` be made."""

    manifest: DigestField
    receipt_tag: DigestField


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferDisputed(TransferEvent):
    """The receiver says that it can't use the release."""

    reason_code: ReasonField
    reason: DigestField


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferSettled(TransferEvent):
    """The receiver ended its dispute."""

    reason_code: ReasonField
    reason: DigestField
