"""Events in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledger.cli.story import SENTENCES, event_name, steps
from ledger.errors import InputError
from ledger.events import (
    EVENTS,
    DeploymentRetired,
    GrantRevoked,
    HandoverProposed,
    RefusalCause,
    TransferAttested,
    TransferDisputed,
    TransferRefused,
)
from ledger.provenance import LedgerState, fold
from tests.unit.chapters import (
    NOTICE_S,
    consent,
    declare,
    delivered,
    group,
    hide,
    recalled,
    service,
    tag,
)
from tests.unit.story import AGENCY, EMPLOYMENT, HEALTH, LABOUR, Story, country, digest, of


def told(story: Story, count: int) -> list[str]:
    state = fold(story.events)
    return [step.what for step in steps(story.events, state)][-count:]


def test_every_event_has_a_sentence() -> None:
    assert set(SENTENCES) == {kind.event.__name__ for kind in EVENTS.values()}


def test_the_story_of_a_delivery_and_its_end() -> None:
    story = country()
    request = story.request(EMPLOYMENT)
    story.activate(request)
    released = story.release(story.open(request))
    story.acknowledge(released)
    story.because(TransferDisputed, released, code=22)
    story.because(GrantRevoked, request, code=43)
    story.emit(
        TransferRefused,
        dataset=EMPLOYMENT,
        receiver=HEALTH,
        grant=1,
        dataset_version=1,
        cause=RefusalCause.REVOKED,
    )
    assert told(story, 8) == [
        "health requests labour/employment for statistics: request 1",
        "request 1 of health for labour/employment is granted (approval)",
        "health opens transfer 1 of labour/employment@1",
        "labour releases the key of transfer 1 to health",
        "health acknowledges transfer 1 of labour/employment",
        "health disputes transfer 1 of labour/employment (corrupt)",
        "grant 1 of health for labour/employment is revoked (misuse)",
        "health is REFUSED labour/employment@1 (revoked), grant 1",
    ]


def test_the_story_of_a_recall() -> None:
    story = country()
    released = delivered(story)
    story.register(2, "analysis", owner=HEALTH)
    story.publish(2, 1, owner=HEALTH)
    declare(story, 2, 1, 1)
    recalled(story)
    for number, code in ((1, 82), (0, 81)):
        values = of(released) | {"recall": number, "reason_code": code, "reason": bytes([1] * 32)}
        story.emit(TransferAttested, **values)
    assert told(story, 5) == [
        "health declares that health/analysis@1 was made from transfer 1",
        "labour withdraws labour/employment@1 (superseded)",
        "labour recalls labour/employment@1: recall 1 (not-shareable)",
        "health attests for recall 1: transfer 1 is kept",
        "health attests for the end of the retention: transfer 1 is destroyed",
    ]


def test_an_attempt_without_a_grant_says_so() -> None:
    story = country()
    story.emit(
        TransferRefused,
        dataset=EMPLOYMENT,
        receiver=HEALTH,
        grant=0,
        dataset_version=1,
        cause=RefusalCause.NO_GRANT,
    )
    assert told(story, 1) == ["health is REFUSED labour/employment@1 (no-grant), grant none"]


def test_numbers_that_this_version_does_not_know_are_shown_as_numbers() -> None:
    story = country()
    request = story.request(EMPLOYMENT, purpose=999)
    story.activate(request)
    story.because(GrantRevoked, request, code=888)
    first, _, last = told(story, 3)
    assert "for Purpose 999:" in first
    assert last.endswith("(ReasonCode 888)")


def test_json_of_an_event_has_its_fields_without_the_public_key() -> None:
    story = country()
    key = next(event for event in story.events if type(event).__name__ == "KeyPublished")
    (step,) = steps([key], fold(story.events))
    assert set(step.fields) == {"department", "keyNumber", "digest", "effectiveAt"}
    assert str(step.fields["effectiveAt"]).endswith("Z")


def test_the_story_of_a_group() -> None:
    story = country()
    group(story)
    group(story, member=False)
    assert told(story, 2) == [
        "health comes into the group hospitals",
        "health leaves the group hospitals",
    ]


def test_the_story_of_a_handover_that_is_taken_back_and_of_a_retirement() -> None:
    story = country()
    story.emit(HandoverProposed, agency=AGENCY, successor=HEALTH)
    story.emit(HandoverProposed, agency=AGENCY, successor=0)
    story.emit(
        DeploymentRetired,
        agency=AGENCY,
        successor=digest("next"),
        effective_at=story.now + NOTICE_S,
    )
    assert told(story, 3) == [
        "agency proposes health as its successor",
        "agency proposes nobody as its successor",
        "agency retires this ledger in favour of another",
    ]


def test_the_story_of_a_document() -> None:
    story = country()
    sent = story.send(LABOUR, HEALTH)
    story.acknowledge(sent)
    story.because(TransferDisputed, sent, code=22)
    assert told(story, 3) == [
        "labour sends health a document: transfer 1",
        "health acknowledges transfer 1 of a document",
        "health disputes transfer 1 of a document (corrupt)",
    ]


def test_an_unknown_department_is_named_by_its_number() -> None:
    story = country()
    event = replace(story.events[0], department=77)
    assert steps([event], LedgerState())[0].what == "department 77 is admitted"


def test_a_misspelt_event_is_answered_with_the_nearest() -> None:
    assert event_name("TransferRefused") == "TransferRefused"
    with pytest.raises(InputError) as caught:
        event_name("TransferRefuse")
    assert caught.value.hint == "did you mean 'TransferRefused'?"
    with pytest.raises(InputError) as caught:
        event_name("xyz")
    assert "known are DepartmentAdmitted" in str(caught.value.hint)


def test_the_story_of_an_answer_about_a_subject() -> None:
    story = country()
    request = service(story)
    plain = story.release(story.query(request, consent(story).consent))
    tag(story, plain)
    hidden = story.release(story.query(request, 1))
    hide(story, hidden, ruling_code=91, hidden_until=1_800_000_000)
    marked = "transfer 2 of labour/lookup is marked for its subject"
    assert told(story, 7) == [
        "consent 1 for health to ask labour/lookup is recorded (statistics)",
        "health asks labour/lookup: transfer 1, under consent 1",
        "labour releases the key of transfer 1 to health",
        "transfer 1 of labour/lookup is marked for its subject",
        "health asks labour/lookup: transfer 2, under consent 1",
        "labour releases the key of transfer 2 to health",
        marked + ", hidden until 2027-01-15T08:00:00Z (court-order)",
    ]
