"""What the stories of the complete protocol share, beside `story`: each function tells a step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from eth_hash.auto import keccak

from ledger.events import (
    AccessOrdered,
    AccessRequested,
    AdminResetAnnounced,
    Capability,
    ConsentRecorded,
    CounterAccepted,
    DatasetKind,
    GrantActivated,
    GrantBasis,
    GroupMemberSet,
    OfferPublished,
    RefusalUpheld,
    RequestCountered,
    RequestEscalated,
    RequestRefused,
    RequestResubmitted,
    ScorecardPublished,
    SourcesDeclared,
    StandingSet,
    SubjectTagged,
    TransferAcknowledged,
    TransferReleased,
    VersionRecalled,
)
from tests.unit.story import (
    AGENCY,
    ATTEST,
    COMPLY,
    EMPLOYMENT,
    HEALTH,
    LABOUR,
    RESPOND,
    VALID_S,
    Story,
    account,
    digest,
    of,
    withdraw_version,
)

NOTICE_S = 50
SERVICE = 2
OFFICER = account(LABOUR, Capability.OFFICER)
SECRET = digest("what withdraws the consent")
REASON = {"reason_code": 7, "reason": digest("why")}
TAG, SALT = digest("tag"), digest("salt")


def alter_last(story: Story, **changes: Any) -> None:
    story.events[-1] = replace(story.events[-1], **changes)


# ------------------------------------------------------------------ the agency
def group(story: Story, department: int = HEALTH, *, member: bool = True) -> GroupMemberSet:
    return story.emit(
        GroupMemberSet,
        department=department,
        group="hospitals",
        member=member,
        effective_at=story.now + 1 + (NOTICE_S if member else 0),
    )


def standing(story: Story, number: int, department: int = HEALTH) -> StandingSet:
    card = digest(f"scorecard {story.now}")
    story.emit(ScorecardPublished, agency=AGENCY, scorecard=card)
    return story.emit(
        StandingSet,
        department=department,
        standing=number,
        scorecard=card,
        effective_at=story.now + NOTICE_S,
        same_block=True,
    )


def reset(story: Story, department: int = HEALTH, **changes: Any) -> AdminResetAnnounced:
    values = {
        "department": department,
        "admin": account(department, Capability.AGENT),
        "effective_at": story.now + 1 + NOTICE_S,
        **REASON,
    }
    return story.emit(AdminResetAnnounced, **(values | changes))


# ------------------------------------------------------------------ requests
def offer(story: Story, dataset: int = EMPLOYMENT, **changes: Any) -> OfferPublished:
    values = {
        "offer": sum(isinstance(event, OfferPublished) for event in story.events) + 1,
        "dataset": dataset,
        "group": None,
        "terms": digest("offered terms"),
        "purpose": 0,
        "standing": 0,
        "all_fields": True,
        "onward_use": True,
        "valid_until": story.now + VALID_S,
        "longest": 2 * VALID_S,
    }
    return story.emit(OfferPublished, **(values | changes))


def counter(story: Story, request: AccessRequested, **changes: Any) -> RequestCountered:
    values = {
        "terms": digest("other terms"),
        "purpose": request.purpose,
        "all_fields": False,
        "onward_use": False,
        "valid_until": story.now + VALID_S,
        "lapses_at": story.now + 1 + RESPOND,
        "officer": OFFICER,
    }
    return story.emit(RequestCountered, **of(request), **(values | changes))


def accept(story: Story, countered: RequestCountered, **changes: Any) -> CounterAccepted:
    values = {"terms": countered.terms, "respond_by": story.now + 1 + RESPOND}
    return story.emit(CounterAccepted, **of(countered), **(values | changes))


def resubmit(story: Story, request: AccessRequested, **changes: Any) -> RequestResubmitted:
    values = {
        "terms": digest("completed terms"),
        "purpose": 2,
        "all_fields": False,
        "onward_use": True,
        "valid_until": story.now + VALID_S,
        "respond_by": story.now + 1 + RESPOND,
    }
    return story.emit(RequestResubmitted, **of(request), **(values | changes))


def escalated(story: Story) -> AccessRequested:
    """A request of `health` that `labour` refused, brought before the agency."""
    request = story.request(EMPLOYMENT)
    story.because(RequestRefused, request)
    story.because(RequestEscalated, request)
    return request


def order(story: Story, request: AccessRequested, **changes: Any) -> AccessOrdered:
    values = {
        "terms": request.terms,
        "effective_at": story.now + 1 + NOTICE_S,
        "comply_by": story.now + 1 + NOTICE_S + COMPLY,
        **REASON,
    }
    return story.emit(AccessOrdered, **of(request), **(values | changes))


def comply(story: Story, event: Any) -> GrantActivated:
    return story.emit(GrantActivated, **of(event), terms=event.terms, basis=GrantBasis.ORDER)


def uphold(story: Story, request: AccessRequested, **changes: Any) -> RefusalUpheld:
    values = {"terms": request.terms, **REASON}
    return story.emit(RefusalUpheld, **of(request), **(values | changes))


def activated(story: Story, dataset: int = EMPLOYMENT, **changes: Any) -> AccessRequested:
    """A request that its owner approved."""
    request = story.request(dataset, **changes)
    story.activate(request)
    return request


# ------------------------------------------------------------------ services and consents
def service(
    story: Story, *, consent_needed: bool = True, onward_use: bool = False
) -> AccessRequested:
    """A service of `labour`, and a grant of `health` for it."""
    story.register(SERVICE, "lookup", kind=DatasetKind.SERVICE, consent_needed=consent_needed)
    return activated(story, SERVICE, onward_use=onward_use)


def consent(story: Story, **changes: Any) -> ConsentRecorded:
    values = {
        "consent": sum(isinstance(event, ConsentRecorded) for event in story.events) + 1,
        "dataset": SERVICE,
        "receiver": HEALTH,
        "purpose": 1,
        "valid_until": story.now + VALID_S,
        "withdrawal": bytes(keccak(SECRET)),
        "signer": account(77, Capability.ADMIN),
    }
    return story.emit(ConsentRecorded, **(values | changes))


def answered(story: Story) -> TransferReleased:
    """An answer of the service, released under a consent."""
    request = service(story)
    return story.release(story.query(request, consent(story).consent))


def tag(story: Story, released: TransferReleased, **changes: Any) -> SubjectTagged:
    values = {
        "transfer": released.transfer,
        "dataset": released.dataset,
        "tag": TAG,
        "hidden_until": 0,
        "opening": bytes(32),
        "ruling_code": 0,
        "ruling": bytes(32),
    }
    return story.emit(SubjectTagged, **(values | changes), same_block=True)


def hide(story: Story, released: TransferReleased, **changes: Any) -> SubjectTagged:
    values = {
        "tag": bytes(keccak(TAG + SALT)),
        "hidden_until": story.now + NOTICE_S,
        "opening": digest("opening"),
        "ruling_code": 7,
        "ruling": digest("ruling"),
    }
    return tag(story, released, **(values | changes))


# ------------------------------------------------------------------ sources and recalls
def delivered(
    story: Story, dataset: int = EMPLOYMENT, requester: int = HEALTH, version: int = 1
) -> TransferAcknowledged:
    """A version that `requester` received and may pass on."""
    request = activated(story, dataset, requester=requester, onward_use=True)
    return story.acknowledge(story.release(story.open(request, version)))


def declare(story: Story, dataset: int, version: int, *sources: int) -> SourcesDeclared:
    return story.emit(SourcesDeclared, dataset=dataset, dataset_version=version, sources=sources)


def recall(story: Story, dataset: int = EMPLOYMENT, **changes: Any) -> VersionRecalled:
    values = {
        "recall": sum(isinstance(event, VersionRecalled) for event in story.events) + 1,
        "dataset": dataset,
        "dataset_version": 1,
        "attest_by": story.now + 1 + ATTEST,
        **REASON,
    }
    return story.emit(VersionRecalled, **(values | changes))


def recalled(story: Story) -> VersionRecalled:
    """`labour/employment@1`, withdrawn and recalled."""
    withdraw_version(story)
    return recall(story)
