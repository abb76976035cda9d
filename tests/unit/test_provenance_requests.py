"""Folding requests that take more than a yes or no: offers, counters, returns, rulings, orders."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.events import (
    ApprovalRecorded,
    Capability,
    GrantActivated,
    GrantBasis,
    GrantExtended,
    GrantResumed,
    GrantRevoked,
    GrantState,
    GrantSuspended,
    OfferRetired,
    RefusalCause,
    RequestEscalated,
    RequestRefused,
    RequestReturned,
    RequestWithdrawn,
    SharingClass,
)
from ledger.provenance import fold
from tests.unit.chapters import (
    NOTICE_S,
    OFFICER,
    REASON,
    accept,
    activated,
    alter_last,
    comply,
    counter,
    escalated,
    group,
    offer,
    order,
    reset,
    resubmit,
    standing,
    uphold,
)
from tests.unit.impossible import Alter, Impossible, check_refused, each_of
from tests.unit.story import (
    AGENCY,
    COMPLY,
    EMPLOYMENT,
    HEALTH,
    LABOUR,
    RESPOND,
    VALID_S,
    Story,
    account,
    country,
    digest,
    edit,
    of,
    refuse,
    suspend,
    withdraw_dataset,
)

SECOND = account(LABOUR, Capability.AGENT)


def under_offer(story: Story, number: int = 1, **changes: Any) -> None:
    request = story.request(EMPLOYMENT, offer=number, **changes)
    story.activate(request, GrantBasis.OFFER, same_block=True)


def take(story: Story, event: Any, **changes: Any) -> GrantActivated:
    """The requester accepts a counter of one officer."""
    values = {"terms": event.terms, "basis": GrantBasis.COUNTER}
    return story.emit(GrantActivated, **of(event), **(values | changes))


def extend(story: Story, request: Any, valid_until: int) -> GrantExtended:
    return story.emit(GrantExtended, **of(request), valid_until=valid_until)


def approve_extension(story: Story, request: Any, valid_until: int) -> ApprovalRecorded:
    terms = valid_until.to_bytes(32, "big")
    return story.emit(ApprovalRecorded, **of(request), officer=OFFICER, terms=terms)


def retire(story: Story) -> OfferRetired:
    return story.emit(OfferRetired, offer=1, dataset=EMPLOYMENT, **REASON)


def unanswered(story: Story, count: int) -> list[Any]:
    return [story.request(EMPLOYMENT) for _ in range(count)]


# ------------------------------------------------------------------ offers
def test_whoever_fits_an_offer_is_granted_at_once() -> None:
    story = country()
    group(story)
    standing(story, 3)
    story.pass_time(NOTICE_S)
    published = offer(story, group="hospitals", standing=3, purpose=1)
    under_offer(story)
    state = fold(story.events)
    grant = state.grant(1)
    assert (grant.state, grant.basis, grant.offer) == (GrantState.ACTIVE, GrantBasis.OFFER, 1)
    found = state.offers[published.offer]
    assert [type(event).__name__ for event in found.history] == [
        "OfferPublished",
        "AccessRequested",
        "GrantActivated",
    ]
    retire(story)
    state = fold(story.events)
    assert not state.offers[published.offer].in_force(story.now)
    assert state.grant(1).holds(story.now)


def test_an_offer_is_over_at_its_time() -> None:
    story = country()
    published = offer(story)
    found = fold(story.events).offers[1]
    assert found.in_force(published.valid_until - 1)
    assert not found.in_force(published.valid_until)


# ------------------------------------------------------------------ counters
def test_a_counter_that_is_accepted_gives_its_own_terms() -> None:
    story = country()
    request = story.request(EMPLOYMENT)
    countered = counter(story, request)
    grant = fold(story.events).grant(1)
    assert (grant.state, grant.terms) == (GrantState.COUNTERED, request.terms)
    assert grant.counter is not None
    assert not grant.counter.lapsed(countered.lapses_at - 1)
    assert grant.counter.lapsed(countered.lapses_at)
    take(story, countered)
    grant = fold(story.events).grant(1)
    assert (grant.state, grant.basis) == (GrantState.ACTIVE, GrantBasis.COUNTER)
    assert (grant.terms, grant.all_fields) == (countered.terms, False)
    assert grant.counter is None


def test_a_reset_between_a_counter_and_its_acceptance_yields_no_data() -> None:
    story = country()
    countered = counter(story, story.request(EMPLOYMENT))
    reset(story)
    story.pass_time(NOTICE_S)
    take(story, countered)
    state = fold(story.events)
    cause = state.refusal_cause(1, EMPLOYMENT, HEALTH, story.now)
    assert cause is RefusalCause.REQUESTER_RESET
    refuse(story, RefusalCause.REQUESTER_RESET)
    story.emit(GrantResumed, **of(countered))
    assert fold(story.events).grant(1).holds(story.now)


def test_a_counter_counts_as_the_first_of_two_approvals() -> None:
    story = country()
    edit(story, approvals=2)
    request = story.request(EMPLOYMENT)
    countered = counter(story, request)
    accepted = accept(story, countered)
    grant = fold(story.events).grant(1)
    assert (grant.state, grant.first_approver) == (GrantState.REQUESTED, OFFICER)
    assert (grant.terms, grant.respond_by) == (countered.terms, accepted.respond_by)
    story.emit(GrantActivated, **of(request), terms=countered.terms, basis=GrantBasis.APPROVAL)
    assert fold(story.events).grant(1).state is GrantState.ACTIVE


# ------------------------------------------------------------------ returns
def test_a_resubmitted_request_has_new_terms_and_a_new_deadline() -> None:
    story = country()
    edit(story, approvals=2)
    request = story.request(EMPLOYMENT)
    story.approve_once(request, OFFICER)
    story.because(RequestReturned, request)
    grant = fold(story.events).grant(1)
    assert (grant.state, grant.first_approver) == (GrantState.RETURNED, None)
    again = resubmit(story, request)
    grant = fold(story.events).grant(1)
    assert (grant.state, grant.terms, grant.purpose) == (GrantState.REQUESTED, again.terms, 2)
    assert (grant.all_fields, grant.onward_use) == (False, True)
    assert (grant.valid_until, grant.respond_by) == (again.valid_until, again.respond_by)


@pytest.mark.parametrize("answer", [RequestReturned, RequestRefused, RequestEscalated, counter])
def test_a_request_may_be_withdrawn_until_it_is_granted(answer: Any) -> None:
    story = country()
    request = story.request(EMPLOYMENT)
    if answer is counter:
        counter(story, request)
    else:
        story.pass_time(RESPOND + 1)
        story.because(answer, request)
    story.emit(RequestWithdrawn, **of(request))
    grant = fold(story.events).grant(1)
    assert (grant.state, grant.counter) == (GrantState.WITHDRAWN, None)


def test_answered_requests_make_room_for_others() -> None:
    story = country()
    waiting = unanswered(story, 8)
    story.because(RequestRefused, waiting[3])
    story.request(EMPLOYMENT)
    # Open datasets and offers are granted at once and wait for nobody.
    offer(story)
    under_offer(story)
    edit(story, sharing=SharingClass.OPEN)
    story.activate(story.request(EMPLOYMENT), GrantBasis.OPEN_CLASS, same_block=True)
    assert len(fold(story.events).grants) == 11


# ------------------------------------------------------------------ rulings
def test_an_order_is_complied_with_by_the_owner() -> None:
    story = country()
    request = escalated(story)
    ordered = order(story, request)
    grant = fold(story.events).grant(1)
    assert (grant.state, grant.ordered) == (GrantState.ORDERED, False)
    assert grant.order is not None
    assert (grant.order.effective_at, grant.order.comply_by) == (
        ordered.effective_at,
        ordered.comply_by,
    )
    assert not grant.overdue(ordered.comply_by)
    assert grant.overdue(ordered.comply_by + 1)
    comply(story, ordered)
    grant = fold(story.events).grant(1)
    assert (grant.state, grant.ordered) == (GrantState.ACTIVE, True)
    assert not grant.overdue(ordered.comply_by + 1)


def test_a_ruling_is_in_the_agencys_history() -> None:
    story = country()
    ruled = uphold(story, escalated(story))
    state = fold(story.events)
    assert state.grant(1).state is GrantState.UPHELD
    assert state.department("agency").history[-1] is ruled


def test_the_agency_alone_ends_what_it_ordered() -> None:
    story = country()
    comply(story, order(story, escalated(story)))
    suspend(story, LABOUR)
    story.because(GrantSuspended, story.events[-2])
    story.because(GrantRevoked, story.events[-1])
    assert fold(story.events).grant(1).state is GrantState.REVOKED


@pytest.mark.parametrize("before", [RequestRefused, RequestReturned, counter, None])
def test_whoever_got_no_yes_may_escalate(before: Any) -> None:
    story = country()
    request = story.request(EMPLOYMENT)
    if before is counter:
        counter(story, request)
    elif before is None:
        story.pass_time(RESPOND)
    else:
        story.because(before, request)
    story.because(RequestEscalated, request)
    grant = fold(story.events).grant(1)
    assert (grant.state, grant.counter) == (GrantState.ESCALATED, None)
    assert grant.terms == request.terms


# ------------------------------------------------------------------ grants
def test_a_grant_holds_for_longer_once_it_is_extended() -> None:
    story = country()
    request = activated(story)
    extended = extend(story, request, request.valid_until + 9)
    grant = fold(story.events).grant(1)
    assert grant.holds(request.valid_until)
    assert grant.valid_until == extended.valid_until


def test_two_officers_extend_until_the_same_time() -> None:
    story = country()
    edit(story, approvals=2)
    request = story.request(EMPLOYMENT)
    story.approve_once(request, OFFICER)
    story.activate(request)
    approve_extension(story, request, request.valid_until + 5)
    # Another time begins anew.
    approve_extension(story, request, request.valid_until + 9)
    grant = fold(story.events).grant(1)
    assert (grant.extension, grant.first_approver) == (request.valid_until + 9, OFFICER)
    extend(story, request, request.valid_until + 9)
    grant = fold(story.events).grant(1)
    assert (grant.extension, grant.first_approver) == (None, None)
    assert grant.valid_until == request.valid_until + 9


# ------------------------------------------------------------------ what is refused
def offered_twice(story: Story) -> None:
    offer(story)
    edit(story, approvals=2)
    story.request(EMPLOYMENT, offer=1)


def two_officers(story: Story) -> Any:
    edit(story, approvals=2)
    return story.request(EMPLOYMENT)


def extended_by_two(story: Story) -> Any:
    request = two_officers(story)
    story.approve_once(request, OFFICER)
    story.activate(request)
    return request


IMPOSSIBLE: Impossible = {
    "an offer out of sequence": (lambda s: offer(s, offer=2), "the number isn't the next one"),
    "an offer of a closed dataset": (
        lambda s: (edit(s, sharing=SharingClass.CLOSED), offer(s)),
        "labour/employment is closed",
    ),
    "an offer of a withdrawn dataset": (
        lambda s: (withdraw_dataset(s), offer(s)),
        "labour/employment is withdrawn",
    ),
    "an offer that would go round the second officer": (
        lambda s: (edit(s, approvals=2), offer(s)),
        "labour/employment asks for two approvals",
    ),
    "an offer that is over": (lambda s: offer(s, valid_until=s.now + 1), "it is over already"),
    "an offer of a suspended owner": (
        lambda s: (suspend(s, LABOUR), offer(s)),
        "labour was not a member in good standing",
    ),
    "the end of an unknown offer": (lambda s: retire(s), "there is no offer 1"),
    "the end of an offer twice": (lambda s: (offer(s), retire(s), retire(s)), "offer 1 is retired"),
    "the end of another dataset's offer": (
        lambda s: (offer(s), retire(s), alter_last(s, dataset=2)),
        "offer 1 is of another dataset",
    ),
    "a request under an unknown offer": (
        lambda s: s.request(EMPLOYMENT, offer=1),
        "there is no offer 1",
    ),
    "a request under a retired offer": (
        lambda s: (offer(s), retire(s), s.request(EMPLOYMENT, offer=1)),
        "offer 1 is retired or over",
    ),
    "a request under an offer that is over": (
        lambda s: (offer(s, valid_until=s.now + 2), s.request(EMPLOYMENT, offer=1)),
        "offer 1 is retired or over",
    ),
    "a request under another dataset's offer": (
        lambda s: (s.register(2, "airports"), offer(s), s.request(2, offer=1)),
        "offer 1 is of another dataset",
    ),
    "a request by a department outside of the group": (
        lambda s: (offer(s, group="hospitals"), s.request(EMPLOYMENT, offer=1)),
        "offer 1 doesn't fit health",
    ),
    "a request by a department whose membership is to come": (
        lambda s: (group(s), offer(s, group="hospitals"), s.request(EMPLOYMENT, offer=1)),
        "offer 1 doesn't fit health",
    ),
    "a request by a department of lower standing": (
        lambda s: (offer(s, standing=1), s.request(EMPLOYMENT, offer=1)),
        "offer 1 doesn't fit health",
    ),
    "a request under an offer from before a reset": (
        lambda s: (offer(s), reset(s), s.pass_time(NOTICE_S), s.request(EMPLOYMENT, offer=1)),
        "offer 1 doesn't fit health",
    ),
    "a request for another purpose than offered": (
        lambda s: (offer(s, purpose=2), s.request(EMPLOYMENT, offer=1)),
        "offer 1 offers less",
    ),
    "a request for more fields than offered": (
        lambda s: (offer(s, all_fields=False), s.request(EMPLOYMENT, offer=1)),
        "offer 1 offers less",
    ),
    "a request for onward use that isn't offered": (
        lambda s: (offer(s, onward_use=False), s.request(EMPLOYMENT, offer=1, onward_use=True)),
        "offer 1 offers less",
    ),
    "a request for longer than offered": (
        lambda s: (offer(s, longest=9), s.request(EMPLOYMENT, offer=1)),
        "offer 1 offers less",
    ),
    "a request under an offer where two officers decide by now": (
        offered_twice,
        "labour/employment asks for two approvals",
    ),
    "an offer's grant in another transaction": (
        lambda s: (offer(s), s.activate(s.request(EMPLOYMENT, offer=1), GrantBasis.OFFER)),
        "such a request is granted in its own transaction",
    ),
    "an offer's grant without an offer": (
        lambda s: s.activate(s.request(EMPLOYMENT), GrantBasis.OFFER, same_block=True),
        "it was made under no offer",
    ),
    "a ninth unanswered request": (
        lambda s: unanswered(s, 9),
        "too many requests wait for the owner's answer",
    ),
    "a resubmission beyond the cap": (
        lambda s: (
            s.because(RequestReturned, unanswered(s, 1)[0]),
            unanswered(s, 8),
            resubmit(s, s.events[-10]),  # type: ignore[arg-type]
        ),
        "too many requests wait for the owner's answer",
    ),
    "a ninth unanswered request after a resubmission": (
        lambda s: (
            s.because(RequestReturned, unanswered(s, 1)[0]),
            unanswered(s, 7),
            resubmit(s, s.events[-9]),  # type: ignore[arg-type]
            s.request(EMPLOYMENT),
        ),
        "too many requests wait for the owner's answer",
    ),
    "a resubmission of what wasn't returned": (
        lambda s: resubmit(s, s.request(EMPLOYMENT)),
        "grant 1 is requested",
    ),
    "a resubmission that is over": (
        lambda s: (
            s.because(RequestReturned, s.request(EMPLOYMENT)),
            resubmit(s, s.events[-2], valid_until=s.now + 1),  # type: ignore[arg-type]
        ),
        "its validity is over already",
    ),
    "a resubmission with another deadline": (
        lambda s: (
            s.because(RequestReturned, s.request(EMPLOYMENT)),
            resubmit(s, s.events[-2], respond_by=s.now),  # type: ignore[arg-type]
        ),
        "its deadline is -1, expected +1000",
    ),
    "a return by a suspended owner": (
        lambda s: (
            s.request(EMPLOYMENT),
            suspend(s, LABOUR),
            s.because(RequestReturned, s.events[-2]),
        ),
        "labour was not a member in good standing",
    ),
    "a counter of what is granted": (lambda s: counter(s, activated(s)), "grant 1 is active"),
    "a counter by a stranger": (
        lambda s: counter(s, s.request(EMPLOYMENT), officer=account(HEALTH, Capability.OFFICER)),
        "0x0000000000000000000000000000000000000032 is no OFFICER of labour",
    ),
    "a counter that is over": (
        lambda s: counter(s, s.request(EMPLOYMENT), valid_until=s.now + 1),
        "its validity is over already",
    ),
    "a counter with another deadline": (
        lambda s: counter(s, s.request(EMPLOYMENT), lapses_at=s.now),
        "its deadline is -1, expected +1000",
    ),
    "an acceptance of other terms": (
        lambda s: take(s, counter(s, s.request(EMPLOYMENT)), terms=digest("x")),
        "it agrees to other terms than offered",
    ),
    "an acceptance that is late": (
        lambda s: (
            counter(s, s.request(EMPLOYMENT)),
            s.pass_time(RESPOND),
            take(s, s.events[-1]),
        ),
        "the counter has lapsed",
    ),
    "an acceptance of terms that expired": (
        lambda s: take(s, counter(s, s.request(EMPLOYMENT), valid_until=s.now + 2)),
        "the terms have expired",
    ),
    "an acceptance without a counter": (
        lambda s: take(s, s.request(EMPLOYMENT)),
        "grant 1 is requested",
    ),
    "an acceptance by a suspended requester": (
        lambda s: (
            counter(s, s.request(EMPLOYMENT)),
            suspend(s, HEALTH),
            take(s, s.events[-2]),
        ),
        "health was not a member in good standing",
    ),
    "an acceptance that skips the second officer": (
        lambda s: take(s, counter(s, two_officers(s))),
        "labour/employment asks for two approvals",
    ),
    "an acceptance that waits for a second officer in vain": (
        lambda s: accept(s, counter(s, s.request(EMPLOYMENT))),
        "labour/employment asks for one approval",
    ),
    "an acceptance beyond the cap": (
        lambda s: (
            counter(s, two_officers(s)),
            unanswered(s, 8),
            accept(s, s.events[-9]),  # type: ignore[arg-type]
        ),
        "too many requests wait for the owner's answer",
    ),
    "an approval of a countered request": (
        lambda s: (counter(s, s.request(EMPLOYMENT)), s.activate(s.events[-2])),  # type: ignore[arg-type]
        "grant 1 is countered",
    ),
    "an escalation before the answer is due": (
        lambda s: s.because(RequestEscalated, s.request(EMPLOYMENT)),
        "the owner's answer isn't due yet",
    ),
    "an escalation of what is granted": (
        lambda s: s.because(RequestEscalated, activated(s)),
        "grant 1 is active",
    ),
    "a ruling without an escalation": (
        lambda s: order(s, s.request(EMPLOYMENT)),
        "grant 1 is requested",
    ),
    "a ruling on other terms": (
        lambda s: order(s, escalated(s), terms=digest("x")),
        "it rules on other terms than were asked for",
    ),
    "a ruling that is in effect before it is made": (
        lambda s: order(s, escalated(s), effective_at=s.now),
        "it takes effect before it was announced",
    ),
    "an order with another deadline": (
        lambda s: order(s, escalated(s), comply_by=s.now + COMPLY),
        "its deadline is +3999, expected +4050",
    ),
    "a ruling on the agency's own request": (
        lambda s: (
            s.because(RequestRefused, s.request(EMPLOYMENT, AGENCY)),
            s.because(RequestEscalated, s.events[-2]),
            uphold(s, s.events[-3]),  # type: ignore[arg-type]
        ),
        "the agency can't rule on its own request",
    ),
    "complying with no order": (lambda s: comply(s, escalated(s)), "grant 1 is escalated"),
    "complying by approval": (
        lambda s: s.activate(order(s, escalated(s))),  # type: ignore[arg-type]
        "grant 1 is ordered",
    ),
    "complying with other terms": (
        lambda s: (comply(s, order(s, escalated(s))), alter_last(s, terms=digest("x"))),
        "it agrees to other terms than were requested",
    ),
    "complying after expiry": (
        lambda s: (order(s, escalated(s)), s.pass_time(VALID_S), comply(s, s.events[-1])),
        "the terms have expired",
    ),
    "an owner's end of what was ordered, during its own suspension": (
        lambda s: (
            activated(s),
            suspend(s, LABOUR),
            s.because(GrantSuspended, s.events[-2]),
        ),
        "labour was not a member in good standing",
    ),
    "an extension to an earlier time": (
        lambda s: extend(s, activated(s), s.now),
        "it doesn't hold for longer",
    ),
    "an extension to the same time": (
        lambda s: extend(s, activated(s, valid_until=s.now + VALID_S), s.now + VALID_S - 2),
        "it doesn't hold for longer",
    ),
    "an extension of what has expired": (
        lambda s: (activated(s), s.pass_time(VALID_S), extend(s, s.events[-1], 2**39)),
        "the terms have expired",
    ),
    "an extension by one of two officers": (
        lambda s: extend(s, extended_by_two(s), 2**39),
        "labour/employment asks for two approvals",
    ),
    "an extension to another time than approved": (
        lambda s: (
            approve_extension(s, extended_by_two(s), 2**38),
            extend(s, s.events[-1], 2**39),
        ),
        "labour/employment asks for two approvals",
    ),
    "a first approval of the same extension twice": (
        lambda s: [approve_extension(s, each, 2**39) for each in [extended_by_two(s)] * 2],
        "there is a first approval already",
    ),
    "a first approval of a shorter grant": (
        lambda s: approve_extension(s, extended_by_two(s), s.now),
        "it doesn't hold for longer",
    ),
    "a resumption before a reset is in effect": (
        lambda s: (activated(s), reset(s), s.emit(GrantResumed, **of(s.events[-2]))),
        "grant 1 is active, and its requester wasn't reset",
    ),
    "a transfer after a reset": (
        lambda s: (activated(s), reset(s), s.pass_time(NOTICE_S), s.open(s.events[-3])),  # type: ignore[arg-type]
        "the cause is none, but the grant's is requester-reset",
    ),
}


@each_of(IMPOSSIBLE)
def test_what_the_contracts_cannot_emit_is_refused(alter: Alter, said: str) -> None:
    check_refused(alter, said)
