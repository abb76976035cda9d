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
    NeedPublished,
    NeedWithdrawn,
    OfferPublished,
    OfferRetired,
    QueryOpened,
    RefusalUpheld,
    RequestCountered,
    RequestEscalated,
    RequestRefused,
    RequestResubmitted,
    RequestReturned,
    ScorecardPublished,
    SpecificationDeprecated,
    SpecificationPublished,
    StandingSet,
    SubjectTagged,
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
    Need,
    Offer,
    Query,
    Reason,
    RecordModel,
    Scorecard,
    Specification,
    TagOpening,
    Terms,
)
from ledger.models import Finding as FindingRecord
from ledger.provenance import LedgerState
from ledger.records import digest
from ledger.verify import checks
from ledger.verify.findings import Finding, Severity

RecordT = TypeVar("RecordT", bound=RecordModel)


@dataclass(frozen=True, slots=True)
class Reference:
    """A record that an event names."""

    digest: Digest
    kind: type[RecordModel]
    event: Event
    field: str
    """The event's field that names it."""
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


def references(event: Event, state: LedgerState) -> list[Reference]:
    """The records that this event, which `state` has folded, names; most name one or none."""
    return [
        Reference(
            getattr(event, rule.field),
            rule.kind,
            event,
            rule.field,
            f"{rule.field} of {_thing(event, state)}",
        )
        for rule in _RULES.get(type(event), ())
        if rule.applies(event, state)
    ]


def check_reference(named: Reference, data: bytes | None, state: LedgerState) -> list[Finding]:
    """What is wrong with the record that an event names; `data` is None when no node has it."""
    if data is None:
        expected = f"the record {named.digest.hex()}"
        return [Finding(Severity.ABSENT, named.subject, "record", expected, "no node has it")]
    try:
        record = check_record(named.digest, data, named.kind)
        rules = _RULES[type(named.event)]
        next(rule for rule in rules if rule.field == named.field).check(named.event, record, state)
    except IntegrityError as error:
        what, expected = "record", f"what {type(named.event).__name__} at {named.event.at} says"
        return [Finding(Severity.ALTERED, named.subject, what, expected, error.message)]
    return []


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
    member = event.agency if hasattr(event, "agency") else event.department
    return state.departments[member].code


@dataclass(frozen=True, slots=True)
class _Rule:
    field: str
    kind: type[RecordModel]
    check: Callable[[Any, Any, LedgerState], None]
    applies: Callable[[Any, LedgerState], bool] = lambda *_: True


def _reason(party: Callable[[Any, LedgerState], DepartmentId]) -> _Rule:
    return _Rule("reason", Reason, checks.reason_by(party))


def _agency(event: Event, state: LedgerState) -> DepartmentId:
    return state.agency_at(event.at.timestamp)


def _grantor(event: GrantSuspended | GrantRevoked, state: LedgerState) -> DepartmentId:
    """Who decides about a grant: its owner, or the agency that ordered it."""
    grant = state.grants[event.grant]
    return _agency(event, state) if grant.ordered else grant.owner


def _made_for_it(event: TransferReleased, state: LedgerState) -> bool:
    """Whether a transfer has a manifest of its own, not its version's."""
    return state.transfers[event.transfer].whole_version is None


def _is_hidden(event: SubjectTagged, _: LedgerState) -> bool:
    return event.hidden_until != 0


_BY_AGENCY: Final = _reason(_agency)
_BY_DEPARTMENT: Final = _reason(lambda event, _: event.department)
_BY_OFFERER: Final = _reason(lambda event, state: state.offers[event.offer].owner)
_BY_DATASET_OWNER: Final = _reason(lambda event, _: event.owner)
_BY_OWNER_OF_DATASET: Final = _reason(lambda event, state: state.datasets[event.dataset].owner)
_BY_REQUESTER: Final = _reason(lambda event, _: event.requester)
_BY_GRANTOR: Final = _reason(_grantor)
_BY_GRANT_OWNER: Final = _reason(lambda event, state: state.grants[event.grant].owner)
_BY_SENDER: Final = _reason(lambda event, state: state.transfers[event.transfer].sender)
_BY_RECEIVER: Final = _reason(lambda event, _: event.receiver)
_BY_SETTLER: Final = _reason(lambda event, _: event.settler)
_TERMS: Final = _Rule("terms", Terms, checks.check_terms)

_RULES: Final[dict[type[Event], tuple[_Rule, ...]]] = {
    DepartmentAdmitted: (_Rule("card", DepartmentCard, checks.check_card),),
    DepartmentSuspended: (_BY_AGENCY,),
    DepartmentReinstated: (_BY_AGENCY,),
    AuditorRemoved: (_BY_AGENCY,),
    AdminResetAnnounced: (_BY_AGENCY,),
    FindingPublished: (_Rule("reason", FindingRecord, checks.check_finding),),
    ScorecardPublished: (_Rule("scorecard", Scorecard, checks.check_scorecard),),
    StandingSet: (_Rule("scorecard", Scorecard, checks.check_standing),),
    SpecificationPublished: (_Rule("specification", Specification, checks.check_specification),),
    SpecificationDeprecated: (_BY_AGENCY,),
    NeedPublished: (_Rule("description", Need, checks.check_need),),
    NeedWithdrawn: (_BY_DEPARTMENT,),
    DatasetRegistered: (_Rule("description", DatasetDescription, checks.check_description),),
    DatasetEdited: (_Rule("description", DatasetDescription, checks.check_description),),
    DatasetWithdrawn: (_BY_DATASET_OWNER,),
    VersionPublished: (_Rule("manifest", Manifest, checks.check_manifest),),
    VersionWithdrawn: (_BY_DATASET_OWNER,),
    OfferPublished: (_Rule("terms", Offer, checks.check_offer),),
    OfferRetired: (_BY_OFFERER,),
    AccessRequested: (_TERMS,),
    RequestCountered: (_TERMS,),
    RequestReturned: (_BY_GRANT_OWNER,),
    RequestResubmitted: (_TERMS,),
    RequestRefused: (_BY_GRANT_OWNER,),
    RequestEscalated: (_BY_REQUESTER,),
    AccessOrdered: (_BY_AGENCY,),
    RefusalUpheld: (_BY_AGENCY,),
    GrantSuspended: (_BY_GRANTOR,),
    GrantRevoked: (_BY_GRANTOR,),
    QueryOpened: (_Rule("query", Query, checks.check_query),),
    TransferReleased: (_Rule("manifest", Manifest, checks.check_made, _made_for_it),),
    SubjectTagged: (
        _Rule("opening", TagOpening, checks.check_opening, _is_hidden),
        _Rule("ruling", Reason, checks.check_ruling, _is_hidden),
    ),
    DocumentSent: (_Rule("manifest", Manifest, checks.check_made),),
    TransferDeclined: (_BY_SENDER,),
    TransferDisputed: (_BY_RECEIVER,),
    TransferSettled: (_BY_SETTLER,),
    VersionRecalled: (_BY_OWNER_OF_DATASET,),
    TransferAttested: (_BY_RECEIVER,),
}
