"""A small country's events, as the contracts would emit them, for tests to fold and to alter."""

from __future__ import annotations

import hashlib
from typing import Any, TypeVar

from ledger.codes import PayloadKind
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
    DocumentSent,
    Event,
    GrantActivated,
    GrantBasis,
    KeyPublished,
    Position,
    QueryOpened,
    RefusalCause,
    SharingClass,
    SpecificationPublished,
    TransferAcknowledged,
    TransferOpened,
    TransferRefused,
    TransferReleased,
    TransferSettled,
    VersionPublished,
    VersionWithdrawn,
)
from ledger.identifiers import parse_address

EventT = TypeVar("EventT", bound=Event)

START = 1_700_000_000
AGENCY, LABOUR, HEALTH, AUDIT = 1, 2, 3, 4
CODES = {AGENCY: "agency", LABOUR: "labour", HEALTH: "health", AUDIT: "audit-office"}
EMPLOYMENT, AIRPORTS = 1, 2
RESPOND, RELEASE, ACKNOWLEDGE, COMPLY, ATTEST = 1000, 2000, 3000, 4000, 5000
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
            "consent_needed": False,
            "description": digest(f"description of {slug}"),
        }
        return self.emit(DatasetRegistered, **(values | changes))

    def publish(self, dataset: int, version: int, owner: int = LABOUR) -> VersionPublished:
        return self.emit(
            VersionPublished,
            dataset=dataset,
            owner=owner,
            dataset_version=version,
            manifest=manifest(dataset, version),
        )

    def request(self, dataset: int, requester: int = HEALTH, **changes: Any) -> AccessRequested:
        number = self.next("grant")
        values = {
            "grant": number,
            "dataset": dataset,
            "requester": requester,
            "offer": 0,
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
            kind=PayloadKind.VERSION if request.all_fields else PayloadKind.DERIVED,
            transfer=self.next("transfer"),
            dataset=request.dataset,
            receiver=request.requester,
            grant=request.grant,
            dataset_version=version,
            release_by=self.now + 1 + RELEASE,
        )

    def query(self, request: AccessRequested, consent: int = 0) -> QueryOpened:
        return self.emit(
            QueryOpened,
            transfer=self.next("transfer"),
            dataset=request.dataset,
            receiver=request.requester,
            grant=request.grant,
            consent=consent,
            query=digest("query"),
            release_by=self.now + 1 + RELEASE,
        )

    def release(self, opened: TransferOpened | QueryOpened, **changes: Any) -> TransferReleased:
        whole = isinstance(opened, TransferOpened) and opened.kind is PayloadKind.VERSION
        values = {
            "manifest": manifest(opened.dataset, opened.dataset_version)  # type: ignore[union-attr]
            if whole
            else digest(f"made for {opened.transfer}"),
            "wrap": digest(f"wrap {opened.transfer} {self.now}"),
            "key_number": 1,
            "acknowledge_by": self.now + 1 + ACKNOWLEDGE,
        }
        return self.emit(TransferReleased, **of(opened), **(values | changes))

    def send(
        self, sender: int, receiver: int, transfer: int | None = None, **changes: Any
    ) -> DocumentSent:
        values = {
            "transfer": self.next("transfer") if transfer is None else transfer,
            "sender": sender,
            "receiver": receiver,
            "manifest": digest("document"),
            "wrap": digest(f"wrap {self.now}"),
            "key_number": 1,
            "acknowledge_by": self.now + 1 + ACKNOWLEDGE,
        }
        return self.emit(DocumentSent, **(values | changes))

    def acknowledge(self, released: TransferReleased | DocumentSent) -> TransferAcknowledged:
        return self.emit(
            TransferAcknowledged,
            **of(released),
            manifest=released.manifest,
            receipt_tag=digest(f"receipt {released.transfer}"),
        )

    def because(self, kind: type[EventT], of_event: Event, code: int = 7, **values: Any) -> EventT:
        shared = of(of_event) | values
        return self.emit(kind, **shared, reason_code=code, reason=digest("reason"))

    def settle(self, of_event: Event, settler: int = HEALTH) -> TransferSettled:
        return self.because(TransferSettled, of_event, settler=settler)


def of(event: Any) -> dict[str, Any]:
    """What later events repeat of the request or the transfer that they are about."""
    if hasattr(event, "transfer"):
        # A document has no dataset.
        dataset = getattr(event, "dataset", 0)
        return {"transfer": event.transfer, "dataset": dataset, "receiver": event.receiver}
    return {name: getattr(event, name) for name in ("grant", "dataset", "requester")}


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
        comply=COMPLY,
        attest=ATTEST,
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
        "consent_needed": False,
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
