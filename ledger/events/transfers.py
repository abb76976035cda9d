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
    MaybeConsentField,
    MaybeDatasetField,
    MaybeRecallField,
    MaybeTimeField,
    MaybeVersionField,
    PayloadKindField,
    ReasonField,
    RecallField,
    SourcesField,
    TimeField,
    TransferField,
    VersionField,
    WordField,
)
from ledger.identifiers import ContractName


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfTransferLog(Event):
    CONTRACT: ClassVar[ContractName] = "TransferLog"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferEvent(_OfTransferLog):
    """An event of one transfer; `dataset` is 0 where it is of a document."""

    transfer: Indexed[TransferField]
    dataset: Indexed[MaybeDatasetField]
    receiver: Indexed[DepartmentField]


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferOpened(TransferEvent):
    """A grantee asked for one delivery of a version, due until `release_by`."""

    dataset: Indexed[DatasetField]
    grant: GrantField
    dataset_version: VersionField
    kind: PayloadKindField
    release_by: TimeField


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryOpened(TransferEvent):
    """A grantee asked a service; `query` is the SHA-256 of the query, sealed to the owner.

    `consent` is 0 where the dataset needs none.
    """

    dataset: Indexed[DatasetField]
    grant: GrantField
    consent: MaybeConsentField
    query: DigestField
    release_by: TimeField


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferRefused(_OfTransferLog):
    """An attempt whose grant didn't hold: recorded, without a transfer number."""

    dataset: Indexed[DatasetField]
    receiver: Indexed[DepartmentField]
    grant: Indexed[AttemptedGrantField]
    dataset_version: MaybeVersionField
    cause: CauseField


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferReleased(TransferEvent):
    """The owner released the key; `wrap` is the SHA-256 of the wrapped key."""

    dataset: Indexed[DatasetField]
    manifest: DigestField
    wrap: DigestField
    key_number: KeyField
    acknowledge_by: TimeField


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectTagged(_OfTransferLog):
    """Beside `TransferReleased` of an answer about one subject, who finds it by its tag.

    Where `hidden_until` isn't 0, `tag` is the Keccak-256 of the tag and a salt, and `opening` the
    digest of both, sealed to the auditors.
    """

    transfer: Indexed[TransferField]
    dataset: Indexed[DatasetField]
    tag: Indexed[DigestField]
    hidden_until: MaybeTimeField
    opening: WordField
    ruling_code: ReasonField
    ruling: WordField


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectRevealed(_OfTransferLog):
    """The owner or an auditing body opened a hidden tag."""

    transfer: Indexed[TransferField]
    dataset: Indexed[DatasetField]
    tag: Indexed[WordField]
    salt: WordField
    revealer: DepartmentField


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentSent(_OfTransferLog):
    """A document, released as it is sent, or sent once more after a dispute."""

    transfer: Indexed[TransferField]
    sender: Indexed[DepartmentField]
    receiver: Indexed[DepartmentField]
    manifest: DigestField
    wrap: DigestField
    key_number: KeyField
    acknowledge_by: TimeField


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferDeclined(TransferEvent):
    """The owner declined to deliver."""

    dataset: Indexed[DatasetField]
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
class KeyDisclosed(_OfTransferLog):
    """The sender gave the disputed payload's key to an arbiter; `wrap` as in `TransferReleased`."""

    transfer: Indexed[TransferField]
    dataset: Indexed[MaybeDatasetField]
    arbiter: Indexed[DepartmentField]
    receiver: DepartmentField
    key_number: KeyField
    wrap: DigestField


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferSettled(TransferEvent):
    """`settler`, the receiver or the agency, ended the dispute."""

    settler: DepartmentField
    reason_code: ReasonField
    reason: DigestField


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcesDeclared(_OfTransferLog):
    """The owner said from which transfers a version was made."""

    dataset: Indexed[DatasetField]
    dataset_version: Indexed[VersionField]
    sources: SourcesField


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRecalled(_OfTransferLog):
    """The owner called on all receivers of a version to replace or destroy it by `attest_by`."""

    recall: Indexed[RecallField]
    dataset: Indexed[DatasetField]
    dataset_version: Indexed[VersionField]
    reason_code: ReasonField
    reason: DigestField
    attest_by: TimeField


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferAttested(_OfTransferLog):
    """A receiver said what it did with what it has; `recall` 0: at the end of the retention."""

    transfer: Indexed[TransferField]
    dataset: Indexed[MaybeDatasetField]
    recall: Indexed[MaybeRecallField]
    receiver: DepartmentField
    reason_code: ReasonField
    reason: DigestField
