"""Records against the events that name them: by hash, by type, and by what they say (rule 13)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from ledger.errors import IntegrityError
from ledger.events import (
    AccessOrdered,
    AccessRequested,
    AdminResetAnnounced,
    AuditorRemoved,
    DatasetEdited,
    DatasetRegistered,
    DatasetWithdrawn,
    DepartmentAdmitted,
    DepartmentReinstated,
    DepartmentSuspended,
    DocumentSent,
    Event,
    FindingPublished,
    GrantRevoked,
    GrantSuspended,
    NeedWithdrawn,
    OfferRetired,
    RefusalUpheld,
    RequestCountered,
    RequestEscalated,
    RequestRefused,
    RequestResubmitted,
    RequestReturned,
    SharingClass,
    SpecificationDeprecated,
    SpecificationPublished,
    TransferAttested,
    TransferDeclined,
    TransferDisputed,
    TransferReleased,
    TransferSettled,
    VersionPublished,
    VersionRecalled,
    VersionWithdrawn,
)
from ledger.identifiers import DepartmentId, Digest
from ledger.models import (
    DatasetDescription,
    DepartmentCard,
    Manifest,
    PayloadKind,
    Reason,
    RecordModel,
    Specification,
    SpecificationReference,
    Terms,
)
from ledger.provenance import LedgerState
from ledger.records import digest
from ledger.verify.findings import Finding, Severity

RecordT = TypeVar("RecordT", bound=RecordModel)


@dataclass(frozen=True, slots=True)
class Reference:
    """A record that an event names."""

    digest: Digest
    kind: type[RecordModel]
    event: Event
    subject: str
    """What it is, for people: `terms of request 3`."""


def check_record(named: bytes, data: bytes, kind: type[RecordT]) -> RecordT:
    """Hostile bytes as the record with this digest and of this type.

    Raises:
        IntegrityError: they hash to something else.
        RecordError: they are no record of this type.
    """
    found = digest(data)
    if found != named:
        raise IntegrityError(f"record hashes to {found.hex()}, expected {named.hex()}")
    return kind.from_bytes(data)


def reference(event: Event, state: LedgerState) -> Reference | None:
    """The record that this event, which `state` has folded, names; most name one or none."""
    rule = _RULES.get(type(event))
    if rule is None or not rule.applies(event, state):
        return None
    named: Digest = getattr(event, rule.field)
    return Reference(named, rule.kind, event, f"{rule.field} of {_thing(event, state)}")


def check_reference(named: Reference, data: bytes | None, state: LedgerState) -> list[Finding]:
    """What is wrong with the record that an event names; `data` is None when no node has it."""
    if data is None:
        expected = f"the record {named.digest.hex()}"
        return [Finding(Severity.ABSENT, named.subject, "record", expected, "no node has it")]
    try:
        record = check_record(named.digest, data, named.kind)
        _RULES[type(named.event)].check(named.event, record, state)
    except IntegrityError as error:
        what, expected = "record", f"what {type(named.event).__name__} at {named.event.at} says"
        return [Finding(Severity.ALTERED, named.subject, what, expected, error.message)]
    return []


def _check_card(event: DepartmentAdmitted, card: DepartmentCard, _: LedgerState) -> None:
    _require_same("code", card.code, event.code)


def _check_specification(
    event: SpecificationPublished, record: Specification, _: LedgerState
) -> None:
    _require_same("name", record.name, event.name)
    _require_same("version", record.version, event.specification_version)


def _check_description(
    event: DatasetRegistered | DatasetEdited, record: DatasetDescription, state: LedgerState
) -> None:
    _require_same("publisher", record.publisher, state.departments[event.owner].code)
    if event.sharing is SharingClass.CLOSED and record.legal_reason is None:
        raise IntegrityError("a closed dataset's description gives no legal reason")
    _require_known(record.specification, state)


def _check_manifest(event: VersionPublished, manifest: Manifest, state: LedgerState) -> None:
    _require_same("kind", manifest.kind.label, PayloadKind.VERSION.label)
    manifest.require_match(
        sender=state.departments[event.owner].code,
        dataset=state.datasets[event.dataset].name,
        version=event.dataset_version,
    )
    _require_known(manifest.specification, state)


def _check_made(
    event: TransferReleased | DocumentSent, manifest: Manifest, state: LedgerState
) -> None:
    """The manifest of what was made for one transfer."""
    transfer = state.transfers[event.transfer]
    dataset = None if transfer.dataset is None else state.datasets[transfer.dataset].name
    _require_same("kind", manifest.kind.label, transfer.kind.label)
    _require_same("sender", manifest.sender, state.departments[transfer.sender].code)
    _require_same("dataset", manifest.dataset, dataset)
    _require_same("version", manifest.version, transfer.version)


def _check_terms(
    event: AccessRequested | RequestResubmitted | RequestCountered,
    terms: Terms,
    state: LedgerState,
) -> None:
    terms.require_match(
        dataset=state.datasets[event.dataset].name,
        requester=state.departments[event.requester].code,
        purpose=event.purpose,
        all_fields=event.all_fields,
        onward_use=event.onward_use,
        valid_until=event.valid_until,
    )


def _reason_by(
    party: Callable[[Any, LedgerState], DepartmentId],
) -> Callable[[Any, Any, LedgerState], None]:
    def check(event: Any, reason: Reason, state: LedgerState) -> None:
        code = state.departments[party(event, state)].code
        reason.require_match(department=code, code=event.reason_code)

    return check


def _require_same(what: str, said: object, on_chain: object) -> None:
    if said != on_chain:
        raise IntegrityError(f"{what} is {said!r} in the record, {on_chain!r} on the chain")


def _require_known(named: SpecificationReference | None, state: LedgerState) -> None:
    """A specification that a record names must be the one that the agency published."""
    if named is not None:
        published = state.specifications.get(named.name, {}).get(named.version)
        if published is None or published.digest != named.digest:
            raise IntegrityError(
                f"the record names specification {named.name}@{named.version} with another digest "
                "than the agency published"
            )


def _thing(event: Any, state: LedgerState) -> str:
    """The thing that an event is about, by the most telling of its fields."""
    if hasattr(event, "transfer"):
        return f"transfer {event.transfer}"
    if hasattr(event, "grant"):
        return f"request {event.grant}"
    if hasattr(event, "offer"):
        return f"offer {event.offer}"
    if hasattr(event, "need"):
        return f"need {event.need}"
    if hasattr(event, "dataset"):
        name = state.datasets[event.dataset].name
        return f"{name}@{event.dataset_version}" if hasattr(event, "dataset_version") else name
    if isinstance(event, SpecificationPublished | SpecificationDeprecated):
        return f"{event.name}@{event.specification_version}"
    return state.departments[event.department].code


@dataclass(frozen=True, slots=True)
class _Rule:
    field: str
    kind: type[RecordModel]
    check: Callable[[Any, Any, LedgerState], None]
    applies: Callable[[Any, LedgerState], bool] = lambda *_: True


def _reason(party: Callable[[Any, LedgerState], DepartmentId]) -> _Rule:
    return _Rule("reason", Reason, _reason_by(party))


def _agency(event: Event, state: LedgerState) -> DepartmentId:
    return state.agency_at(event.at.timestamp)


def _grantor(event: GrantSuspended | GrantRevoked, state: LedgerState) -> DepartmentId:
    """Who decides about a grant: its owner, or the agency that ordered it."""
    grant = state.grants[event.grant]
    return _agency(event, state) if grant.ordered else grant.owner


def _made_for_it(event: TransferReleased, state: LedgerState) -> bool:
    """Whether a transfer has a manifest of its own, not its version's."""
    return state.transfers[event.transfer].whole_version is None


_BY_AGENCY: Final = _reason(_agency)
_BY_DEPARTMENT: Final = _reason(lambda event, _: event.department)
_BY_FINDER: Final = _reason(lambda event, _: event.finder)
_BY_OFFERER: Final = _reason(lambda event, state: state.offers[event.offer].owner)
_BY_DATASET_OWNER: Final = _reason(lambda event, _: event.owner)
_BY_OWNER_OF_DATASET: Final = _reason(lambda event, state: state.datasets[event.dataset].owner)
_BY_REQUESTER: Final = _reason(lambda event, _: event.requester)
_BY_GRANTOR: Final = _reason(_grantor)
_BY_GRANT_OWNER: Final = _reason(lambda event, state: state.grants[event.grant].owner)
_BY_SENDER: Final = _reason(lambda event, state: state.transfers[event.transfer].sender)
_BY_RECEIVER: Final = _reason(lambda event, _: event.receiver)
_BY_SETTLER: Final = _reason(lambda event, _: event.settler)
_TERMS: Final = _Rule("terms", Terms, _check_terms)

_RULES: Final[dict[type[Event], _Rule]] = {
    DepartmentAdmitted: _Rule("card", DepartmentCard, _check_card),
    DepartmentSuspended: _BY_AGENCY,
    DepartmentReinstated: _BY_AGENCY,
    AuditorRemoved: _BY_AGENCY,
    AdminResetAnnounced: _BY_AGENCY,
    FindingPublished: _BY_FINDER,
    SpecificationPublished: _Rule("specification", Specification, _check_specification),
    SpecificationDeprecated: _BY_AGENCY,
    NeedWithdrawn: _BY_DEPARTMENT,
    DatasetRegistered: _Rule("description", DatasetDescription, _check_description),
    DatasetEdited: _Rule("description", DatasetDescription, _check_description),
    DatasetWithdrawn: _BY_DATASET_OWNER,
    VersionPublished: _Rule("manifest", Manifest, _check_manifest),
    VersionWithdrawn: _BY_DATASET_OWNER,
    OfferRetired: _BY_OFFERER,
    AccessRequested: _TERMS,
    RequestCountered: _TERMS,
    RequestReturned: _BY_GRANT_OWNER,
    RequestResubmitted: _TERMS,
    RequestRefused: _BY_GRANT_OWNER,
    RequestEscalated: _BY_REQUESTER,
    AccessOrdered: _BY_AGENCY,
    RefusalUpheld: _BY_AGENCY,
    GrantSuspended: _BY_GRANTOR,
    GrantRevoked: _BY_GRANTOR,
    TransferReleased: _Rule("manifest", Manifest, _check_made, _made_for_it),
    DocumentSent: _Rule("manifest", Manifest, _check_made),
    TransferDeclined: _BY_SENDER,
    TransferDisputed: _BY_RECEIVER,
    TransferSettled: _BY_SETTLER,
    VersionRecalled: _BY_OWNER_OF_DATASET,
    TransferAttested: _BY_RECEIVER,
}
