"""What each event says, asked of the record that it names (rule 13); one function for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ledger.errors import IntegrityError
from ledger.events import (
    AccessRequested,
    DatasetEdited,
    DatasetKind,
    DatasetRegistered,
    DepartmentAdmitted,
    DocumentSent,
    FindingPublished,
    NeedPublished,
    OfferPublished,
    QueryOpened,
    RequestCountered,
    RequestResubmitted,
    ScorecardPublished,
    SharingClass,
    SpecificationPublished,
    StandingSet,
    SubjectTagged,
    TransferReleased,
    VersionPublished,
)
from ledger.identifiers import DepartmentId
from ledger.models import (
    DatasetDescription,
    DepartmentCard,
    Finding,
    Manifest,
    Need,
    Offer,
    PayloadKind,
    Query,
    Reason,
    Scorecard,
    Specification,
    SpecificationReference,
    TagOpening,
    Terms,
)
from ledger.provenance import LedgerState, Transfer


def check_card(event: DepartmentAdmitted, card: DepartmentCard, _: LedgerState) -> None:
    _require_same("code", card.code, event.code)


def check_specification(
    event: SpecificationPublished, record: Specification, _: LedgerState
) -> None:
    _require_same("name", record.name, event.name)
    _require_same("version", record.version, event.specification_version)


def check_description(
    event: DatasetRegistered | DatasetEdited, record: DatasetDescription, state: LedgerState
) -> None:
    record.require_match(
        publisher=state.departments[event.owner].code,
        is_service=state.datasets[event.dataset].kind is DatasetKind.SERVICE,
        is_closed=event.sharing is SharingClass.CLOSED,
        consent_needed=event.consent_needed,
    )
    _require_known(record.specification, state)


def check_manifest(event: VersionPublished, manifest: Manifest, state: LedgerState) -> None:
    manifest.require_match(
        kind=PayloadKind.VERSION,
        sender=state.departments[event.owner].code,
        dataset=state.datasets[event.dataset].name,
        version=event.dataset_version,
    )
    manifest.require_sources(state.datasets[event.dataset].version(event.dataset_version).sources)
    _require_known(manifest.specification, state)


def check_made(
    event: TransferReleased | DocumentSent, manifest: Manifest, state: LedgerState
) -> None:
    """The manifest of what was made for one transfer."""
    transfer = state.transfers[event.transfer]
    dataset = None if transfer.dataset is None else state.datasets[transfer.dataset]
    derived_from = None
    if dataset is not None and transfer.version is not None:
        derived_from = dataset.version(transfer.version).manifest
    manifest.require_match(
        kind=transfer.kind,
        sender=state.departments[transfer.sender].code,
        dataset=None if dataset is None else dataset.name,
        version=transfer.version,
        derived_from=derived_from,
        query=transfer.query,
    )
    if isinstance(event, TransferReleased):
        manifest.require_tagged(_tagged(event, transfer))


def check_query(event: QueryOpened, query: Query, state: LedgerState) -> None:
    """A query is of the service that was asked, by who asked it."""
    query.require_match(
        dataset=state.datasets[event.dataset].name,
        requester=state.departments[event.receiver].code,
    )


def check_terms(
    event: AccessRequested | RequestResubmitted | RequestCountered,
    terms: Terms,
    state: LedgerState,
) -> None:
    dataset = state.datasets[event.dataset]
    owner = state.departments[dataset.owner].code
    terms.require_match(
        dataset=dataset.name,
        requester=state.departments[event.requester].code,
        purpose=event.purpose,
        all_fields=event.all_fields,
        onward_use=event.onward_use,
        valid_until=event.valid_until,
        counter_by=owner if isinstance(event, RequestCountered) else None,
    )


def check_offer(event: OfferPublished, offer: Offer, state: LedgerState) -> None:
    """An offer says what was published."""
    offer.require_match(
        dataset=state.datasets[event.dataset].name,
        group=event.group,
        purpose=event.purpose,
        standing=event.standing,
        all_fields=event.all_fields,
        onward_use=event.onward_use,
        valid_until=event.valid_until,
        longest=event.longest,
    )


def check_need(event: NeedPublished, need: Need, state: LedgerState) -> None:
    """A need is of the department that published it."""
    need.require_match(department=state.departments[event.department].code)


def check_finding(event: FindingPublished, finding: Finding, state: LedgerState) -> None:
    """A finding is by its finder, about the department that was named."""
    finding.require_match(
        department=state.departments[event.department].code,
        finder=state.departments[event.finder].code,
        code=event.reason_code,
    )


def check_scorecard(event: ScorecardPublished, scorecard: Scorecard, state: LedgerState) -> None:
    """A scorecard is by the agency."""
    scorecard.require_match(agency=state.departments[event.agency].code)


def check_standing(event: StandingSet, scorecard: Scorecard, state: LedgerState) -> None:
    """A standing follows from its line of the scorecard."""
    scorecard.require_standing(
        department=state.departments[event.department].code, standing=event.standing
    )


def check_opening(event: SubjectTagged, opening: TagOpening, state: LedgerState) -> None:
    """An opening is of the commitment that was published."""
    opening.require_match(
        sender=state.departments[state.transfers[event.transfer].sender].code,
        transfer=event.transfer,
        commitment=event.tag,
        hidden_until=event.hidden_until,
    )


def check_ruling(event: SubjectTagged, ruling: Reason, state: LedgerState) -> None:
    """What permits hiding a tag is said by the sender."""
    sender = state.departments[state.transfers[event.transfer].sender].code
    ruling.require_match(department=sender, code=event.ruling_code)


def reason_by(
    party: Callable[[Any, LedgerState], DepartmentId],
) -> Callable[[Any, Any, LedgerState], None]:
    def check(event: Any, reason: Reason, state: LedgerState) -> None:
        code = state.departments[party(event, state)].code
        reason.require_match(department=code, code=event.reason_code)

    return check


def _tagged(event: TransferReleased, transfer: Transfer) -> bool:
    """Whether a release told whom the answer is about: in its own transaction."""
    return any(
        isinstance(other, SubjectTagged) and other.at.transaction == event.at.transaction
        for other in transfer.history
    )


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
