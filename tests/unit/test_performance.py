"""Counting how a department did: each duty once, in the period in which its deadline falls."""

from __future__ import annotations

import pytest

from ledger.events import (
    Capability,
    FindingPublished,
    GrantBasis,
    RefusalCause,
    RequestEscalated,
    RequestRefused,
    RequestReturned,
    RequestWithdrawn,
    SharingClass,
    TransferAttested,
    TransferDeclined,
    TransferDisputed,
)
from ledger.provenance import fold
from ledger.provenance.performance import Performance, Period, Tally, performance
from tests.unit.chapters import (
    REASON,
    answered,
    counter,
    delivered,
    escalated,
    order,
    recalled,
    resubmit,
    tag,
)
from tests.unit.story import (
    ACKNOWLEDGE,
    ATTEST,
    AUDIT,
    COMPLY,
    EMPLOYMENT,
    HEALTH,
    LABOUR,
    RELEASE,
    RESPOND,
    START,
    Story,
    account,
    country,
    edit,
    refuse,
    shared,
)

EVER = Period(START, START + 1_000_000)
NONE, IN_TIME, LATE, OVERDUE = Tally(0, 0, 0), Tally(1, 0, 0), Tally(0, 1, 0), Tally(0, 0, 1)


def counted(story: Story, department: int, period: Period = EVER) -> Performance:
    return performance(fold(story.events), department, period)


@pytest.mark.parametrize(("passed", "expected"), [(0, IN_TIME), (RESPOND, LATE)])
def test_an_answer_is_in_time_or_late(passed: int, expected: Tally) -> None:
    story = country()
    request = story.request(EMPLOYMENT)
    story.pass_time(passed)
    story.because(RequestRefused, request)
    assert counted(story, LABOUR).respond == expected
    assert counted(story, HEALTH).respond == NONE


def test_a_deadline_is_met_at_its_last_second() -> None:
    story = country()
    request = story.request(EMPLOYMENT)
    story.pass_time(RESPOND - 1)
    story.because(RequestRefused, request)
    assert story.now == request.respond_by
    assert counted(story, LABOUR).respond == IN_TIME


def test_a_duty_is_of_the_period_of_its_deadline_alone() -> None:
    story = country()
    request = story.request(EMPLOYMENT)
    due = request.respond_by
    story.pass_time(RESPOND + 100)
    story.because(RequestRefused, request)
    # Late after the period's end is still owed at its end.
    assert counted(story, LABOUR, Period(START, due + 1)).respond == OVERDUE
    assert counted(story, LABOUR, Period(due, story.now + 1)).respond == LATE
    assert counted(story, LABOUR, Period(START, due)).respond == NONE
    assert counted(story, LABOUR, Period(due + 1, story.now + 1)).respond == NONE


def test_what_is_granted_at_once_was_owed_by_nobody() -> None:
    story = country()
    story.register(2, "map", sharing=SharingClass.OPEN)
    request = story.request(2)
    story.activate(request, GrantBasis.OPEN_CLASS, same_block=True)
    countered = counter(story, story.request(EMPLOYMENT))
    story.activate(countered, GrantBasis.COUNTER)
    # The counter was an answer; its acceptance asks for nothing.
    assert counted(story, LABOUR).respond == IN_TIME


def test_duties_of_other_periods_and_several_late_ones_are_counted_one_by_one() -> None:
    story = country()
    early = story.request(EMPLOYMENT)
    story.because(RequestRefused, early)
    story.pass_time(RESPOND)
    start = story.now
    requests = [story.request(EMPLOYMENT) for _ in range(4)]
    story.pass_time(RESPOND)
    for request in requests[:2]:
        story.because(RequestRefused, request)
    assert counted(story, LABOUR, Period(start, story.now + 1)).respond == Tally(0, 2, 2)
    # What is done as the period ends was still owed in it.
    assert counted(story, LABOUR, Period(start, story.now)).respond == Tally(0, 1, 3)


def test_an_attempt_on_a_returned_request_is_no_round() -> None:
    story = country()
    request = story.request(EMPLOYMENT)
    story.because(RequestReturned, request)
    refuse(story, RefusalCause.NOT_ACTIVE)
    resubmit(story, request)
    assert counted(story, LABOUR).respond == Tally(1, 0, 1)


def test_each_round_of_a_request_is_a_duty_of_its_own() -> None:
    story = country()
    request = story.request(EMPLOYMENT)
    story.because(RequestReturned, request)
    again = resubmit(story, request)
    assert counted(story, LABOUR).respond == Tally(1, 0, 1)
    story.pass_time(RESPOND)
    story.activate(again)
    assert counted(story, LABOUR).respond == Tally(1, 1, 0)


def test_a_first_approval_is_no_answer_yet() -> None:
    story = country()
    edit(story, approvals=2)
    request = story.request(EMPLOYMENT)
    story.approve_once(request, account(LABOUR, Capability.OFFICER))
    assert counted(story, LABOUR).respond == OVERDUE
    story.pass_time(RESPOND)
    story.activate(request)
    assert counted(story, LABOUR).respond == LATE


@pytest.mark.parametrize("kind", [RequestWithdrawn, RequestEscalated])
def test_a_request_taken_away_after_its_deadline_stays_unanswered(kind: type) -> None:
    story = country()
    request = story.request(EMPLOYMENT)
    story.pass_time(RESPOND)
    if kind is RequestEscalated:
        story.because(RequestEscalated, request)
    else:
        story.emit(RequestWithdrawn, grant=1, dataset=EMPLOYMENT, requester=HEALTH)
    assert counted(story, LABOUR).respond == OVERDUE


def test_a_request_withdrawn_in_time_asks_for_nothing() -> None:
    story = country()
    request = story.request(EMPLOYMENT)
    story.pass_time(RESPOND - 1)
    story.emit(RequestWithdrawn, grant=1, dataset=EMPLOYMENT, requester=HEALTH)
    assert story.now == request.respond_by
    assert counted(story, LABOUR).respond == NONE


@pytest.mark.parametrize(
    ("passed", "comply", "expected"),
    [(50, True, IN_TIME), (COMPLY + 60, True, LATE), (0, False, OVERDUE)],
)
def test_orders(passed: int, comply: bool, expected: Tally) -> None:
    story = country()
    request = escalated(story)
    order(story, request)
    story.pass_time(passed)
    if comply:
        story.activate(request, GrantBasis.ORDER)
    assert counted(story, LABOUR).comply == expected
    # The refusal was the answer; complying isn't another one.
    assert counted(story, LABOUR).respond == IN_TIME


def test_releases_and_receipts() -> None:
    story, request, released = shared()
    assert counted(story, LABOUR).release == IN_TIME
    assert counted(story, HEALTH).acknowledge == OVERDUE
    story.pass_time(ACKNOWLEDGE)
    story.acknowledge(released)
    assert counted(story, HEALTH).acknowledge == LATE
    opened = story.open(request)
    story.pass_time(RELEASE)
    story.because(TransferDeclined, opened)
    story.open(request)
    assert counted(story, LABOUR).release == Tally(1, 1, 1)
    assert counted(story, HEALTH).acknowledge == LATE
    assert counted(story, LABOUR).acknowledge == NONE


def test_a_dispute_is_a_receipt_and_what_cures_it_needs_another() -> None:
    story, _, released = shared()
    story.because(TransferDisputed, released)
    assert counted(story, HEALTH).acknowledge == IN_TIME
    assert counted(story, LABOUR).disputes_against == 1
    assert counted(story, HEALTH).disputes_against == 0
    story.acknowledge(story.release(released, manifest=released.manifest))
    assert counted(story, HEALTH).acknowledge == Tally(2, 0, 0)
    assert counted(story, LABOUR).release == IN_TIME


def test_a_tag_is_no_receipt() -> None:
    story = country()
    tag(story, answered(story))
    assert counted(story, HEALTH).acknowledge == OVERDUE


def test_a_document_asks_for_a_receipt_and_for_no_release() -> None:
    story = country()
    sent = story.send(LABOUR, HEALTH)
    assert counted(story, HEALTH).acknowledge == OVERDUE
    story.acknowledge(sent)
    assert counted(story, HEALTH).acknowledge == IN_TIME
    assert counted(story, LABOUR).release == NONE


def test_attestations() -> None:
    story = country()
    delivered(story)
    recalled(story)
    story.pass_time(ATTEST)
    assert counted(story, HEALTH).attest == OVERDUE
    assert counted(story, LABOUR).attest == NONE
    story.emit(
        TransferAttested,
        transfer=1,
        dataset=EMPLOYMENT,
        receiver=HEALTH,
        recall=1,
        **REASON,
    )
    assert counted(story, HEALTH).attest == LATE


def test_acts_are_counted_in_the_period_in_which_they_were() -> None:
    story, _, _ = shared()
    refuse(story, RefusalCause.NO_GRANT, grant=9)
    story.emit(FindingPublished, department=HEALTH, finder=AUDIT, **REASON)
    assert counted(story, HEALTH).refused_attempts == 1
    assert counted(story, HEALTH).findings == 1
    assert counted(story, LABOUR).findings == 0
    assert counted(story, LABOUR).versions_published == 1
    later = Period(story.now + 1, story.now + 2)
    assert counted(story, HEALTH, later).refused_attempts == 0
    assert counted(story, HEALTH, later).findings == 0
    assert counted(story, LABOUR, later).versions_published == 0
