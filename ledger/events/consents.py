"""The events of `IConsentRegistry`, field for field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ledger.events.base import Event
from ledger.events.wire import (
    AddressField,
    ConsentField,
    DatasetField,
    DepartmentField,
    Indexed,
    PurposeField,
    TimeField,
    WordField,
)
from ledger.identifiers import ContractName


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfConsentRegistry(Event):
    CONTRACT: ClassVar[ContractName] = "ConsentRegistry"

    consent: Indexed[ConsentField]
    dataset: Indexed[DatasetField]
    receiver: Indexed[DepartmentField]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRecorded(_OfConsentRegistry):
    """A subject consents that `receiver` asks the dataset for a purpose, until `valid_until`.

    `withdrawal` is the Keccak-256 of what withdraws it.
    """

    purpose: PurposeField
    valid_until: TimeField
    withdrawal: WordField
    signer: AddressField


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWithdrawn(_OfConsentRegistry):
    """Whoever knew `preimage` withdrew the consent."""

    preimage: WordField
