"""The directory: what a subject's device has to know of the ledger to work without a node."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from ledger.deployment import Deployment
from ledger.envelope.annex import Recipient
from ledger.envelope.papers import Agreed
from ledger.envelope.wrap import check_public_key
from ledger.errors import InputError, IntegrityError, NotFound, RefusedError
from ledger.events import DatasetKind
from ledger.identifiers import Code, DatasetName, KeyNumber, shown
from ledger.models import DatasetDescription, Purpose
from ledger.ports import Ipfs
from ledger.provenance import Dataset, Department, LedgerState
from ledger.recordmodel import (
    Base64Bytes,
    CodeText,
    DatasetText,
    Line,
    Number32,
    Part,
    RecordModel,
    UnixSeconds,
)

PUBLIC_KEY_BYTES = 1216


class OwnersKey(Part):
    """The key that a subject's enrolment with an owner is sealed to."""

    number: Number32
    public_key: Annotated[
        Base64Bytes, Field(min_length=PUBLIC_KEY_BYTES, max_length=PUBLIC_KEY_BYTES)
    ]


class ListedMember(Part):
    """A member; it has a key here if it owns a service about single persons."""

    code: CodeText
    number: Number32
    key: OwnersKey | None = None


class ListedService(Part):
    """A service about single persons."""

    name: DatasetText
    number: Number32
    title: Line
    consent_needed: bool


class Directory(RecordModel):
    """Members and the services about single persons, with the numbers that the chain gave them.

    Whoever has a node can make it; a subject takes it from whom it trusts.
    """

    TYPE: ClassVar[str] = "sharing-ledger/v1/directory"

    type: Literal["sharing-ledger/v1/directory"] = "sharing-ledger/v1/directory"
    deployment: Deployment
    made_at: UnixSeconds
    """Block time."""
    members: tuple[ListedMember, ...]
    services: tuple[ListedService, ...]

    @model_validator(mode="after")
    def _each_once_in_order(self) -> Self:
        for what, names, numbers in (
            ("members", [m.code for m in self.members], [m.number for m in self.members]),
            ("services", [s.name for s in self.services], [s.number for s in self.services]),
        ):
            if names != sorted(set(names)) or len(set(numbers)) != len(numbers):
                raise ValueError(f"{what} must ascend by name, each name and number once")
        return self

    def agreed(self, dataset: str, receiver: str, purpose: Purpose, valid_until: int) -> Agreed:
        """What a consent to this says, with its numbers.

        Raises:
            NotFound: there is no such service or member.
            InputError: the service needs no consents, or the time is over.
        """
        name = DatasetName.parse(dataset)
        wanted = f"{name.department}/{name.slug}"
        service = next((one for one in self.services if one.name == wanted), None)
        if service is None or name.version is not None:
            raise NotFound(
                f"the directory lists no service {shown(dataset)}",
                hint=_listed([one.name for one in self.services]),
            )
        if not service.consent_needed:
            raise InputError(f"{service.name} needs no consents")
        if valid_until <= self.made_at:
            raise InputError("a consent is until a day that is still to come")
        asking = self._member(receiver)
        return Agreed(name, service.number, asking.code, asking.number, purpose, valid_until)

    def owner(self, code: str) -> Recipient:
        """The key of an owner to which an enrolment is sealed.

        Raises:
            NotFound: there is no such member.
            RefusedError: it owns no service about single persons, or has no key.
        """
        member = self._member(code)
        if member.key is None:
            raise RefusedError(
                f"{member.code} has no service about single persons, or no encryption key",
                hint="a newer directory may list one: ledger citizen directory",
            )
        return Recipient(member.code, KeyNumber(member.key.number), member.key.public_key)

    def _member(self, code: str) -> ListedMember:
        found = next((one for one in self.members if one.code == code), None)
        if found is None:
            raise NotFound(
                f"the directory lists no member {shown(code)}",
                hint=_listed([one.code for one in self.members]),
            )
        return found


def directory_of(state: LedgerState, deployment: Deployment, ipfs: Ipfs, *, now: int) -> Directory:
    """The directory as the chain has it now (block time); a service without a description is left
    out.

    Raises:
        NodeUnreachable: no IPFS node answers.
    """
    services = [
        ListedService(
            name=dataset.name,
            number=dataset.id,
            title=described.title,
            consent_needed=dataset.consent_needed,
        )
        for dataset in sorted(state.datasets.values(), key=lambda dataset: dataset.name)
        if dataset.kind is DatasetKind.SERVICE and not dataset.withdrawn
        for described in (_description(state, dataset, ipfs),)
        if described is not None and described.service is not None and described.service.subject
    ]
    owners = {DatasetName.parse(service.name).department for service in services}
    return Directory(
        deployment=deployment,
        made_at=now,
        members=tuple(
            ListedMember(code=member.code, number=member.id, key=_key(member, owners, now))
            for _, member in sorted(state.departments_by_code.items())
        ),
        services=tuple(services),
    )


def _description(state: LedgerState, dataset: Dataset, ipfs: Ipfs) -> DatasetDescription | None:
    with suppress(IntegrityError):
        record = DatasetDescription.from_bytes(ipfs.get_block(dataset.description))
        record.require_match(
            publisher=state.departments[dataset.owner].code,
            is_service=True,
            is_closed=False,
            consent_needed=dataset.consent_needed,
        )
        return record
    return None


def _key(member: Department, owners: set[Code], now: int) -> OwnersKey | None:
    if member.code not in owners:
        return None
    key = member.current_key(now)
    if key is None:
        return None
    try:
        check_public_key(key.public_key)
    except IntegrityError:
        # One member's malformed key shall not keep the others' out of the directory.
        return None
    return OwnersKey(number=key.number, public_key=key.public_key)


def _listed(names: list[str]) -> str:
    shown_names = ", ".join(names[:10])
    return f"it lists {shown_names}" if names else "it lists none"
