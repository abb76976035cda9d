"""A small country's events, as the contracts would emit them, for tests to fold and to alter."""

from __future__ import annotations

import hashlib
from dataclasses import fields
from typing import Any, TypeVar

from ledger.events import (
    AccessRequested,
    AccountAdded,
    ApprovalRecorded,
    AuditorAppointed,
    Capability,
    DatasetEdited,
    DatasetKind,
    DatasetRegistered,
    DatasetWithdrawn,
    DeadlinesSet,
    DepartmentAdmitted,
    DepartmentSuspended,
    Event,
    GrantActivated,
    GrantBasis,
    KeyPublished,
    Position,
    RefusalCause,
    SharingClass,
    SpecificationPublished,
    TransferAcknowledged,
    TransferOpened,
    TransferRefused,
    TransferReleased,
    VersionPublished,
    VersionWithdrawn,
)
from ledger.identifiers import parse_address

EventT = TypeVar("EventT", bound=Event)

START = 1_700_000_000
AGENCY, LABOUR, HEALTH, AUDIT = 1, 2, 3, 4
CODES = {AGENCY: "agency", LABOUR: "labour", HEALTH: "health", AUDIT: "audit-office"}
EMPLOYMENT, AIRPORTS = 1, 2
RESPOND, RELEASE, ACKNOWLEDGE = 1000, 2000, 3000
VALID_S = 100_000


def digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def account(department: int, capability: Capability) -> str:
    return parse_address(f"0x{department * 16 + capability:040x}")


def public_key(department: int, number: int) -> bytes:
    return bytes([department, number]) * 608


class Story:
    """Events one after another, each in a block of its own unless told otherwise."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.block = 0
        self.now = START
        self.counts = {"grant": 0, "transfer": 0}

    def pass_time(self, seconds: int) -> None:
        self.now += seconds

    def emit(self, kind: type[EventT], /, *, same_block: bool = False, **values: Any) -> EventT:
        if same_block:
            log_index = self.events[-1].at.log_index + 1
        else:
            self.block, self.now, log_index = self.block + 1, self.now + 1, 0
        at = Position(
            contract=kind.CONTRACT,
            block_number=self.block,
            block_hash=digest(f"block {self.block}"),
            timestamp=self.now,
            transaction=digest(f"transaction {self.block}"),
            log_index=log_index,
        )
        event = kind(at=at, **values)
        self.events.append(event)
        return event

    def next(self, name: str) -> int:
        self.counts[name] += 1
        return self.counts[name]

    def admit(self, department: int) -> None:
        admin = account(department, Capability.ADMIN)
        self.emit(
            DepartmentAdmitted,
            department=department,
            code=CODES.get(department, f"department-{department}"),
            admin=admin,
            card=digest(f"card {department}"),
            effective_at=self.now + 1,
        )
        self.add_account(department, Capability.ADMIN, same_block=True)

    def add_account(
        self, department: int, capability: Capability, *, same_block: bool = False
    ) -> None:
        self.emit(
            AccountAdded,
            department=department,
            account=account(department, capability),
            capabilities=capability,
            same_block=same_block,
        )

    def publish_key(self, department: int, number: int, delay: int = 0) -> KeyPublished:
        key = public_key(department, number)
        return self.emit(
            KeyPublished,
            department=department,
            key_number=number,
            digest=hashlib.sha256(key).digest(),
            public_key=key,
            effective_at=self.now + 1 + delay,
        )

    def register(self, dataset: int, slug: str, **changes: Any) -> DatasetRegistered:
        values = {
            "dataset": dataset,
            "owner": LABOUR,
            "slug": slug,
            "kind": DatasetKind.FILE,
            "sharing": SharingClass.CONDITIONAL,
            "approvals": 1,
            "agent_may_publish": False,
            "description": digest(f"description of {slug}"),
        }
        return self.emit(DatasetRegistered, **(values | changes))

    def publish(self, dataset: int, version: int) -> VersionPublished:
        return self.emit(
            VersionPublished,
            dataset=dataset,
            owner=LABOUR,
            dataset_version=version,
            manifest=manifest(dataset, version),
        )

    def request(self, dataset: int, requester: int = HEALTH, **changes: Any) -> AccessRequested:
        number = self.next("grant")
        values = {
            "grant": number,
            "dataset": dataset,
            "requester": requester,
            "terms": digest(f"terms {number}"),
            "purpose": 1,
            "all_fields": True,
            "onward_use": False,
            "valid_until": self.now + VALID_S,
            "respond_by": self.now + 1 + RESPOND,
        }
        return self.emit(AccessRequested, **(values | changes))

    def approve_once(self, request: AccessRequested, officer: str) -> ApprovalRecorded:
        return self.emit(ApprovalRecorded, **of(request), officer=officer, terms=request.terms)

    def activate(
        self,
        request: AccessRequested,
        basis: GrantBasis = GrantBasis.APPROVAL,
        *,
        same_block: bool = False,
    ) -> GrantActivated:
        return self.emit(
            GrantActivated,
            **of(request),
            terms=request.terms,
            basis=basis,
            same_block=same_block,
        )

    def open(self, request: AccessRequested, version: int = 1) -> TransferOpened:
        return self.emit(
            TransferOpened,
            transfer=self.next("transfer"),
            dataset=request.dataset,
            receiver=request.requester,
            grant=request.grant,
            dataset_version=version,
            release_by=self.now + 1 + RELEASE,
        )

    def release(self, opened: TransferOpened, key_number: int = 1) -> TransferReleased:
        return self.emit(
            TransferReleased,
            **of(opened),
            manifest=manifest(opened.dataset, opened.dataset_version),
            wrap=digest(f"wrap {opened.transfer} {self.now}"),
            key_number=key_number,
            acknowledge_by=self.now + 1 + ACKNOWLEDGE,
        )

    def acknowledge(self, released: TransferReleased) -> TransferAcknowledged:
        return self.emit(
            TransferAcknowledged,
            **of(released),
            manifest=released.manifest,
            receipt_tag=digest(f"receipt {released.transfer}"),
        )

    def because(self, kind: type[EventT], of_event: Event, code: int = 7) -> EventT:
        return self.emit(kind, **of(of_event), reason_code=code, reason=digest("reason"))


def of(event: Any) -> dict[str, Any]:
    """What later events repeat of the request or the transfer that they are about."""
    shared = (
        ("transfer", "dataset", "receiver")
        if hasattr(event, "transfer")
        else ("grant", "dataset", "requester")
    )
    return {
        field.name: getattr(event, field.name) for field in fields(event) if field.name in shared
    }


def manifest(dataset: int, version: int) -> bytes:
    return digest(f"manifest {dataset}@{version}")


def country() -> Story:
    """An agency, an auditor, two departments with keys, a specification, a dataset of `labour`."""
    story = Story()
    story.admit(AGENCY)
    story.emit(
        DeadlinesSet,
        agency=AGENCY,
        respond=RESPOND,
        release=RELEASE,
        acknowledge=ACKNOWLEDGE,
        comply=4000,
        attest=5000,
        effective_at=story.now,
        same_block=True,
    )
    for department in (LABOUR, HEALTH, AUDIT):
        story.admit(department)
        story.add_account(department, Capability.OFFICER)
        story.publish_key(department, 1)
    story.emit(AuditorAppointed, department=AUDIT)
    story.emit(
        SpecificationPublished,
        agency=AGENCY,
        name="employment",
        specification_version=1,
        specification=digest("employment specification"),
    )
    story.register(EMPLOYMENT, "employment")
    story.publish(EMPLOYMENT, 1)
    return story


def shared() -> tuple[Story, AccessRequested, TransferReleased]:
    """The country, and `labour/employment@1` delivered to `health`, not yet acknowledged."""
    story = country()
    request = story.request(EMPLOYMENT)
    story.activate(request)
    return story, request, story.release(story.open(request))


def refuse(story: Story, cause: RefusalCause, grant: int = 1, version: int = 1) -> TransferRefused:
    return story.emit(
        TransferRefused,
        dataset=EMPLOYMENT,
        receiver=HEALTH,
        grant=grant,
        dataset_version=version,
        cause=cause,
    )


def edit(story: Story, **changes: Any) -> DatasetEdited:
    values = {
        "dataset": EMPLOYMENT,
        "owner": LABOUR,
        "sharing": SharingClass.CONDITIONAL,
        "approvals": 1,
        "agent_may_publish": False,
        "description": digest("another description"),
    }
    return story.emit(DatasetEdited, **(values | changes))


def suspend(story: Story, department: int) -> None:
    story.emit(DepartmentSuspended, department=department, reason_code=43, reason=digest("why"))


def withdraw_version(story: Story, version: int = 1) -> None:
    story.emit(
        VersionWithdrawn,
        dataset=EMPLOYMENT,
        owner=LABOUR,
        dataset_version=version,
        reason_code=40,
        reason=digest("why"),
    )


def withdraw_dataset(story: Story) -> None:
    story.emit(
        DatasetWithdrawn, dataset=EMPLOYMENT, owner=LABOUR, reason_code=40, reason=digest("why")
    )
