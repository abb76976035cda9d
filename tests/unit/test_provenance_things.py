"""Folding events: each thing is kept as its events tell it; what isn't there can't be told of."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from ledger.codes import PayloadKind
from ledger.errors import RecordError
from ledger.events import (
    EVENTS,
    Capability,
    DatasetKind,
    DeadlinesSet,
    DepartmentAdmitted,
    Event,
    GrantRevoked,
    GrantState,
    GrantSuspended,
    KeyDisclosed,
    NeedPublished,
    NeedWithdrawn,
    RequestEscalated,
    RequestRefused,
    RequestReturned,
    SharingClass,
    SpecificationDeprecated,
    SpecificationPublished,
    SubjectRevealed,
    TransferDeclined,
    TransferDisputed,
    TransferState,
)
from ledger.provenance import (
    Consent,
    Counter,
    Dataset,
    Decision,
    Department,
    Disclosure,
    EncryptionKey,
    Grant,
    Need,
    Offer,
    Order,
    Periods,
    Reset,
    Specification,
    SubjectTag,
    Terms,
    Transfer,
    fold,
)
from tests.unit.chapters import (
    OFFICER,
    REASON,
    SALT,
    SERVICE,
    TAG,
    accept,
    activated,
    answered,
    consent,
    counter,
    escalated,
    hide,
    offer,
    order,
    reset,
    service,
    uphold,
)
from tests.unit.impossible import check_refused
from tests.unit.story import (
    ACKNOWLEDGE,
    AGENCY,
    ATTEST,
    AUDIT,
    COMPLY,
    EMPLOYMENT,
    HEALTH,
    LABOUR,
    RELEASE,
    RESPOND,
    Story,
    account,
    country,
    digest,
    edit,
    of,
)

BY_NAME = {kind.event.__name__: kind for kind in EVENTS.values()}
# What an event names first. Those that create the first thing that they name are about another.
ABOUT = {
    "AccessRequested": "department",
    "ConsentRecorded": "dataset",
    "DatasetRegistered": "department",
    "NeedPublished": "department",
    "OfferPublished": "dataset",
    "QueryOpened": "dataset",
    "TransferOpened": "dataset",
    "TransferRefused": "dataset",
}


def first_named(kind: type[Event]) -> str:
    names = [field.name for field in BY_NAME[kind.__name__].fields]
    things = ("consent", "grant", "need", "offer", "transfer", "dataset")
    return ABOUT.get(kind.__name__) or next((n for n in names if n in things), "department")


@pytest.mark.parametrize("kind", sorted(BY_NAME.keys() - {"DepartmentAdmitted", "DocumentSent"}))
def test_an_event_about_what_is_not_there_is_refused(kind: str) -> None:
    def alter(story: Story) -> None:
        values = {}
        for field in BY_NAME[kind].fields:
            # The number 99 where there may be one; what else the field can hold, where not.
            for number in (99, 1):
                with suppress(ValueError, RecordError):
                    values.setdefault(field.name, field.kind.read(number.to_bytes(32, "big")))
            values.setdefault(field.name, "any")
        story.emit(BY_NAME[kind].event, **values)

    check_refused(alter, f"there is no {first_named(BY_NAME[kind].event)} 99")


# ------------------------------------------------------------------ what is kept of each
def because(event: Any) -> Decision:
    return Decision(event.reason_code, event.reason, event.at.timestamp)


def test_a_department_is_kept_as_it_was_admitted() -> None:
    story = country()
    admitted = story.emit(
        DepartmentAdmitted,
        department=5,
        code="energy",
        admin=account(5, Capability.ADMIN),
        card=digest("card of energy"),
        effective_at=story.now + 9,
    )
    assert fold(story.events).department(5) == Department(
        id=5,
        code="energy",
        card=digest("card of energy"),
        admitted_at=admitted.at.timestamp,
        effective_at=admitted.effective_at,
        events=[admitted],
    )


def test_a_key_is_kept_with_its_digest_and_the_next_may_follow_as_it_takes_effect() -> None:
    story = country()
    second = story.publish_key(HEALTH, 2, delay=10)
    story.pass_time(9)
    third = story.publish_key(HEALTH, 3)
    assert third.at.timestamp == second.effective_at
    kept = fold(story.events).department(HEALTH).keys
    assert [kept[2], kept[3]] == [
        EncryptionKey(key.key_number, key.digest, key.public_key, key.effective_at)
        for key in (second, third)
    ]


def test_periods_are_kept_with_the_time_from_which_they_count() -> None:
    story = country()
    first = next(event for event in story.events if isinstance(event, DeadlinesSet))
    assert fold(story.events).periods_at(story.now) == Periods(
        respond=RESPOND,
        release=RELEASE,
        acknowledge=ACKNOWLEDGE,
        comply=COMPLY,
        attest=ATTEST,
        effective_at=first.effective_at,
    )


def test_a_reset_is_kept_with_its_reason_and_officers_decide_while_it_is_pending() -> None:
    story = country()
    edit(story, approvals=2)
    announced = reset(story, LABOUR)
    approved = story.approve_once(story.request(EMPLOYMENT), OFFICER)
    state = fold(story.events)
    assert state.department(LABOUR).resets == [
        Reset(announced.admin, because(announced), announced.effective_at)
    ]
    assert state.grant(1).first_approver == approved.officer


def test_a_specification_is_kept_by_name_and_version() -> None:
    story = country()
    values = {"agency": AGENCY, "name": "employment", "specification_version": 2}
    story.emit(SpecificationPublished, **values, specification=digest("second"))
    deprecated = story.emit(SpecificationDeprecated, **values, **REASON)
    story.emit(
        SpecificationPublished,
        agency=AGENCY,
        name="wages",
        specification_version=1,
        specification=digest("wages"),
    )
    first, second = fold(story.events).specifications["employment"].values()
    assert first == Specification(digest("employment specification"))
    assert second == Specification(digest("second"), because(deprecated))
    assert fold(story.events).specifications["wages"] == {1: Specification(digest("wages"))}


def test_no_version_of_an_unknown_specification_is_deprecated() -> None:
    def alter(story: Story) -> None:
        values = {"agency": AGENCY, "name": "wages", "specification_version": 1}
        story.emit(SpecificationDeprecated, **values, **REASON)

    check_refused(alter, "there is no version of the specification wages with number 1")


def test_a_need_is_kept_until_it_is_withdrawn_and_after() -> None:
    story = country()
    published = story.emit(NeedPublished, need=1, department=HEALTH, description=digest("need"))
    assert fold(story.events).need(1) == Need(1, HEALTH, digest("need"), published.at.timestamp)
    withdrawn = story.emit(NeedWithdrawn, need=1, department=HEALTH, **REASON)
    assert fold(story.events).need(1).withdrawal == because(withdrawn)


def test_a_dataset_is_kept_as_it_was_registered() -> None:
    story = country()
    registered = story.register(
        2,
        "lookup",
        kind=DatasetKind.SERVICE,
        sharing=SharingClass.OPEN,
        approvals=2,
        agent_may_publish=True,
        consent_needed=True,
    )
    assert fold(story.events).dataset(2) == Dataset(
        id=2,
        name="labour/lookup",
        owner=LABOUR,
        slug="lookup",
        kind=DatasetKind.SERVICE,
        sharing=SharingClass.OPEN,
        approvals=2,
        agent_may_publish=True,
        consent_needed=True,
        description=digest("description of lookup"),
        registered_at=registered.at.timestamp,
        events=[registered],
    )


def test_a_consent_is_kept_as_it_was_recorded_and_its_owner_told() -> None:
    story = country()
    service(story)
    recorded = consent(story, purpose=3)
    state = fold(story.events)
    assert state.consent(1) == Consent(
        id=1,
        dataset=SERVICE,
        receiver=HEALTH,
        purpose=3,
        valid_until=recorded.valid_until,
        withdrawal=recorded.withdrawal,
        signer=recorded.signer,
        recorded_at=recorded.at.timestamp,
    )
    for thing in (state.department(LABOUR), state.department(HEALTH), state.dataset(SERVICE)):
        assert thing.history[-1] is recorded


def test_an_offer_is_kept_as_it_was_published() -> None:
    story = country()
    event = offer(story, group="hospitals", standing=3, purpose=2)
    assert fold(story.events).offer(1) == Offer(
        id=1,
        dataset=EMPLOYMENT,
        owner=LABOUR,
        terms=Terms(event.terms, 2, event.all_fields, event.onward_use, event.valid_until),
        group="hospitals",
        standing=3,
        longest=event.longest,
        published_at=event.at.timestamp,
        events=[event],
    )


def test_an_offer_covers_as_much_as_it_says_and_no_more() -> None:
    asked = Terms(digest("terms"), 1, all_fields=False, onward_use=False, valid_until=150)
    offered = replace(asked, purpose=0, valid_until=1000)
    kept = Offer(1, EMPLOYMENT, LABOUR, offered, None, 0, longest=50, published_at=1)
    assert kept.covers(asked, now=100)
    assert not kept.covers(asked, now=99)
    assert not kept.covers(replace(asked, onward_use=True), now=100)
    assert not kept.covers(replace(asked, all_fields=True), now=100)
    assert replace(kept, terms=replace(offered, onward_use=True)).covers(asked, now=100)


def test_a_request_is_kept_as_it_was_made_and_as_it_became_a_grant() -> None:
    story = country()
    request = story.request(EMPLOYMENT)
    kept = Grant(
        id=1,
        dataset=EMPLOYMENT,
        owner=LABOUR,
        requester=HEALTH,
        terms=request.terms,
        purpose=1,
        all_fields=True,
        onward_use=False,
        valid_until=request.valid_until,
        respond_by=request.respond_by,
        requested_at=request.at.timestamp,
        approvals=1,
        events=[request],
    )
    assert fold(story.events).grant(1) == kept
    active = story.activate(request)
    kept.state, kept.basis = GrantState.ACTIVE, active.basis
    kept.activated_at = kept.held_since = active.at.timestamp
    kept.events.append(active)
    assert fold(story.events).grant(1) == kept


def test_a_counter_is_kept_until_it_is_accepted() -> None:
    story = country()
    event = counter(story, story.request(EMPLOYMENT))
    grant = fold(story.events).grant(1)
    assert grant.counter == Counter(
        Terms(event.terms, event.purpose, event.all_fields, event.onward_use, event.valid_until),
        made_at=event.at.timestamp,
        lapses_at=event.lapses_at,
        officer=OFFICER,
    )
    # One officer decides: nothing waits for a second one.
    assert grant.first_approver is None
    edit(story, approvals=2)
    story.because(RequestRefused, story.request(EMPLOYMENT))
    second = counter(story, story.request(EMPLOYMENT))
    assert fold(story.events).grant(3).first_approver == OFFICER
    accept(story, second)
    grant = fold(story.events).grant(3)
    assert (grant.counter, grant.first_approver) == (None, OFFICER)


@pytest.mark.parametrize("kind", [RequestReturned, RequestRefused])
def test_a_no_to_a_request_is_kept_with_its_reason(kind: Any) -> None:
    story = country()
    edit(story, approvals=2)
    request = story.request(EMPLOYMENT)
    story.approve_once(request, OFFICER)
    event = story.because(kind, request)
    grant = fold(story.events).grant(1)
    assert (grant.decision, grant.first_approver) == (because(event), None)


@pytest.mark.parametrize("kind", [GrantSuspended, GrantRevoked])
def test_the_end_of_a_grant_is_kept_with_its_reason(kind: Any) -> None:
    story = country()
    event = story.because(kind, activated(story))
    assert fold(story.events).grant(1).decision == because(event)


def test_rulings_are_kept_with_their_reasons() -> None:
    story = country()
    request = escalated(story)
    event = story.events[-1]
    assert isinstance(event, RequestEscalated)
    assert fold(story.events).grant(1).decision == because(event)
    ruling = order(story, request)
    grant = fold(story.events).grant(1)
    assert grant.decision == because(ruling)
    assert grant.order == Order(because(ruling), ruling.effective_at, ruling.comply_by)
    upheld = uphold(story, escalated(story))
    assert fold(story.events).grant(2).decision == because(upheld)


def test_a_grant_that_its_owner_wants_as_a_reset_takes_effect_holds() -> None:
    story = country()
    request = story.request(EMPLOYMENT)
    announced = reset(story)
    story.pass_time(announced.effective_at - story.now - 1)
    active = story.activate(request)
    assert active.at.timestamp == announced.effective_at
    assert not fold(story.events).grant(1).reset(active.at.timestamp)


def test_an_offer_that_is_made_as_a_reset_takes_effect_fits() -> None:
    story = country()
    announced = reset(story)
    story.pass_time(announced.effective_at - story.now - 1)
    published = offer(story)
    assert published.at.timestamp == announced.effective_at
    health = fold(story.events).department(HEALTH)
    assert health.qualifies(None, 0, published.at.timestamp, story.now)
    assert not health.qualifies(None, 0, published.at.timestamp - 1, story.now)


def test_a_transfer_is_kept_as_it_was_opened_and_released() -> None:
    story = country()
    request = activated(story)
    opened = story.open(request)
    kept = Transfer(
        id=1,
        kind=PayloadKind.VERSION,
        dataset=EMPLOYMENT,
        version=1,
        grant=1,
        sender=LABOUR,
        receiver=HEALTH,
        opened_at=opened.at.timestamp,
        release_by=opened.release_by,
        events=[opened],
    )
    assert fold(story.events).transfer(1) == kept
    assert fold(story.events).grant(1).transfers == [1]
    story.publish_key(HEALTH, 2)
    event = story.release(opened, key_number=2)
    kept.state, kept.manifest, kept.wrap = TransferState.RELEASED, event.manifest, event.wrap
    kept.key_number, kept.released_at = 2, event.at.timestamp
    kept.acknowledge_by = event.acknowledge_by
    kept.waiting = {1: event.acknowledge_by}
    kept.events.append(event)
    state = fold(story.events)
    assert state.transfer(1) == kept
    for thing in (state.grant(1), state.department(LABOUR), state.department(HEALTH)):
        assert thing.history[-1] is event


def test_a_query_is_kept_as_it_was_asked_and_its_answer_waits_for_a_receipt() -> None:
    story = country()
    asked = story.query(service(story), consent(story).consent)
    kept = Transfer(
        id=1,
        kind=PayloadKind.ANSWER,
        dataset=SERVICE,
        version=None,
        grant=1,
        sender=LABOUR,
        receiver=HEALTH,
        opened_at=asked.at.timestamp,
        release_by=asked.release_by,
        consent=1,
        query=asked.query,
        events=[asked],
    )
    assert fold(story.events).transfer(1) == kept
    answer = story.release(asked)
    assert fold(story.events).grant(1).waiting == {1: answer.acknowledge_by}


def test_a_document_is_kept_as_it_was_sent() -> None:
    story = country()
    sent = story.send(LABOUR, HEALTH)
    assert fold(story.events).transfer(1) == Transfer(
        id=1,
        kind=PayloadKind.DOCUMENT,
        dataset=None,
        version=None,
        grant=None,
        sender=LABOUR,
        receiver=HEALTH,
        opened_at=sent.at.timestamp,
        release_by=None,
        state=TransferState.RELEASED,
        manifest=sent.manifest,
        wrap=sent.wrap,
        key_number=1,
        released_at=sent.at.timestamp,
        acknowledge_by=sent.acknowledge_by,
        waiting={1: sent.acknowledge_by},
        events=[sent],
    )
    assert fold(story.events).transfer(1).cured is False


def test_releases_of_different_datasets_wait_for_their_own_receipts() -> None:
    story = country()
    story.register(2, "wages")
    story.publish(2, 1)
    first = story.release(story.open(activated(story)))
    second = story.release(story.open(activated(story, 2)))
    state = fold(story.events)
    assert state.grant(1).waiting == {1: first.acknowledge_by}
    assert state.grant(2).waiting == {2: second.acknowledge_by}
    assert [each.transfer.id for each in state.recipients("labour/wages")] == [2]
    assert [each.transfer.id for each in state.recipients("labour/wages@1")] == [2]


def test_a_dispute_its_disclosure_and_its_end_are_kept() -> None:
    story = country()
    released = story.release(story.open(activated(story)))
    disputed = story.because(TransferDisputed, released)
    assert fold(story.events).transfer(1).decision == because(disputed)
    story.publish_key(AUDIT, 2)
    disclosed = story.emit(
        KeyDisclosed, **of(released), arbiter=AUDIT, key_number=2, wrap=digest("wrap")
    )
    state = fold(story.events)
    assert state.transfer(1).disclosures == [
        Disclosure(AUDIT, 2, digest("wrap"), disclosed.at.timestamp)
    ]
    concerned = (state.transfer(1), state.grant(1), state.dataset(EMPLOYMENT))
    for thing in (*concerned, state.department(AUDIT)):
        assert thing.history[-1] is disclosed
    settled = story.settle(released, AGENCY)
    state = fold(story.events)
    assert state.transfer(1).decision == because(settled)
    for thing in (state.transfer(1), state.grant(1), state.department(AGENCY)):
        assert thing.history[-1] is settled


def test_a_decline_is_kept_with_its_reason() -> None:
    story = country()
    declined = story.because(TransferDeclined, story.open(activated(story)))
    assert fold(story.events).transfer(1).decision == because(declined)


def test_a_hidden_tag_is_kept_with_what_permits_it_and_an_auditor_opens_it_when_it_is_due() -> None:
    story = country()
    hidden = hide(story, answered(story))
    (subject,) = fold(story.events).transfer(1).subjects
    ruling = Decision(7, digest("ruling"), hidden.at.timestamp)
    assert subject == SubjectTag(hidden.tag, hidden.hidden_until, digest("opening"), ruling)
    story.pass_time(hidden.hidden_until - story.now - 1)
    revealed = story.emit(
        SubjectRevealed, transfer=1, dataset=SERVICE, tag=TAG, salt=SALT, revealer=AUDIT
    )
    assert revealed.at.timestamp == hidden.hidden_until
    state = fold(story.events)
    (subject,) = state.transfer(1).subjects
    assert (subject.tag, subject.revealed_at) == (TAG, hidden.hidden_until)
    for thing in (state.transfer(1), state.grant(1), state.department(AUDIT)):
        assert thing.history[-1] is revealed
