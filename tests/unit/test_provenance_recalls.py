"""Folding sources, recalls and attestations; what a recall concerns, directly and by lineage."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.events import (
    GrantRevoked,
    TransferAcknowledged,
    TransferAttested,
    TransferDisputed,
    TransferReleased,
)
from ledger.provenance import Concern, concerned, fold, unattested
from tests.unit.chapters import (
    REASON,
    activated,
    alter_last,
    declare,
    delivered,
    recall,
    recalled,
    service,
)
from tests.unit.impossible import Alter, Impossible, check_refused, each_of
from tests.unit.story import (
    ATTEST,
    AUDIT,
    EMPLOYMENT,
    HEALTH,
    LABOUR,
    Story,
    country,
    of,
    suspend,
    withdraw_dataset,
    withdraw_version,
)

HEALTHS, AUDITS = 2, 3


def attest(story: Story, transfer: int, number: int = 1, **changes: Any) -> TransferAttested:
    transfers = {
        event.transfer: event for event in story.events if isinstance(event, TransferReleased)
    }
    values = of(transfers[transfer]) | {"recall": number} | REASON
    return story.emit(TransferAttested, **(values | changes))


def passed_on() -> Story:
    """`labour/employment@1` goes to `health`, what is made of it to `audit-office`, and back."""
    story = country()
    delivered(story, requester=HEALTH)
    story.register(HEALTHS, "analysis", owner=HEALTH)
    story.publish(HEALTHS, 1, owner=HEALTH)
    declare(story, HEALTHS, 1, 1)
    delivered(story, HEALTHS, requester=AUDIT)
    story.register(AUDITS, "findings", owner=AUDIT)
    story.publish(AUDITS, 1, owner=AUDIT)
    declare(story, AUDITS, 1, 2)
    delivered(story, AUDITS, requester=LABOUR)
    return story


def concerns(story: Story, number: int = 1) -> list[Concern]:
    state = fold(story.events)
    return list(concerned(state, state.recalls[number]))  # type: ignore[index]


def numbers(story: Story, number: int = 1) -> list[int]:
    return [concern.transfer.id for concern in concerns(story, number)]


# ------------------------------------------------------------------ what the state answers
def test_a_recall_concerns_every_release_of_its_version() -> None:
    story = country()
    delivered(story)
    story.open(activated(story))
    story.release(story.open(activated(story, all_fields=False)))
    story.publish(EMPLOYMENT, 2)
    delivered(story, version=2)
    event = recalled(story)
    # Neither what was only opened, nor another version.
    assert numbers(story) == [1, 3]
    (first, _) = concerns(story)
    assert (first.since, first.via) == (event.at.timestamp, None)
    assert first.attest_by == event.attest_by
    assert not first.overdue(event.attest_by)
    assert first.overdue(event.attest_by + 1)


def test_a_recall_concerns_what_was_made_of_its_version() -> None:
    story = passed_on()
    event = recalled(story)
    found = concerns(story)
    assert [(each.transfer.id, each.via) for each in found] == [(1, None), (2, 1), (3, 2)]
    assert {each.since for each in found} == {event.at.timestamp}


def test_who_attested_owes_nothing_more() -> None:
    story = passed_on()
    event = recalled(story)
    attest(story, 2)
    state = fold(story.events)
    assert [each.transfer.id for each in unattested(state, HEALTH)] == [1]  # type: ignore[arg-type]
    assert unattested(state, AUDIT) == ()  # type: ignore[arg-type]
    assert [each.attested for each in concerns(story)] == [False, True, False]
    assert not concerns(story)[1].overdue(event.attest_by + 1)
    decision = state.transfer(2).attestations[1]  # type: ignore[index]
    assert (decision.code, decision.decided_at) == (REASON["reason_code"], story.now)


def test_one_transfer_may_be_subject_to_two_recalls() -> None:
    story = passed_on()
    recalled(story)
    withdraw_version_of(story, HEALTHS, HEALTH)
    recall(story, HEALTHS)
    assert numbers(story, 2) == [2, 3]
    attest(story, 2, 1)
    attest(story, 2, 2)
    attest(story, 2, 0)
    assert set(fold(story.events).transfer(2).attestations) == {0, 1, 2}


def test_sources_that_are_declared_late_give_the_receivers_their_time() -> None:
    story = country()
    delivered(story)
    story.register(HEALTHS, "analysis", owner=HEALTH)
    story.publish(HEALTHS, 1, owner=HEALTH)
    delivered(story, HEALTHS, requester=AUDIT)
    event = recalled(story)
    story.pass_time(ATTEST + 1)
    declared = declare(story, HEALTHS, 1, 1)
    first, second = concerns(story)
    assert first.overdue(story.now)
    assert not second.overdue(story.now)
    assert second.since == declared.at.timestamp
    assert second.attest_by == declared.at.timestamp + event.attest_by - event.at.timestamp


def test_what_is_released_after_a_recall_counts_from_its_release() -> None:
    story = passed_on()
    recalled(story)
    story.pass_time(1000)
    later = delivered(story, HEALTHS, requester=AUDIT)
    found = next(each for each in concerns(story) if each.transfer.id == later.transfer)
    assert found.since == fold(story.events).transfer(later.transfer).released_at


def test_a_circle_of_sources_ends() -> None:
    story = passed_on()
    # `labour` says that its first version was made from what was made of it.
    declare(story, EMPLOYMENT, 1, 3)
    delivered(story)
    recalled(story)
    assert [(each.transfer.id, each.via) for each in concerns(story)] == [
        (1, None),
        (2, 1),
        (3, 2),
        (4, None),
    ]


def test_sources_are_in_the_histories_of_all_that_they_are_about() -> None:
    story = passed_on()
    declared = declare(story, EMPLOYMENT, 1, 3)
    state = fold(story.events)
    for thing in (state.dataset(EMPLOYMENT), state.department("labour"), state.transfer(3)):
        assert thing.history[-1] is declared


def test_a_document_may_be_attested() -> None:
    story = country()
    sent = story.send(LABOUR, HEALTH)
    attested = story.because(TransferAttested, sent, recall=0)
    transfer = fold(story.events).transfer(1)
    assert set(transfer.attestations) == {0}
    assert transfer.history[-1] is attested


def test_a_version_of_several_sources_is_concerned_once() -> None:
    story = country()
    delivered(story)
    delivered(story)
    story.register(HEALTHS, "analysis", owner=HEALTH)
    story.publish(HEALTHS, 1, owner=HEALTH)
    declare(story, HEALTHS, 1, 1, 2)
    delivered(story, HEALTHS, requester=AUDIT)
    recalled(story)
    assert numbers(story) == [1, 2, 3]


def test_a_long_chain_of_sources_is_followed_to_its_end() -> None:
    story = country()
    delivered(story)
    for number in range(1, 400):
        owner, receiver = (HEALTH, AUDIT) if number % 2 else (AUDIT, HEALTH)
        story.register(number + 1, f"made-{number}", owner=owner)
        story.publish(number + 1, 1, owner=owner)
        declare(story, number + 1, 1, number)
        delivered(story, number + 1, requester=receiver)
    recalled(story)
    assert numbers(story) == list(range(1, 401))


def test_the_version_of_a_withdrawn_dataset_can_be_recalled() -> None:
    story = country()
    delivered(story)
    withdraw_dataset(story)
    recalled(story)
    assert numbers(story) == [1]


def test_an_answer_may_be_a_source_too() -> None:
    story = country()
    request = service(story, consent_needed=False, onward_use=True)
    story.acknowledge(story.release(story.query(request)))
    story.register(3, "analysis", owner=HEALTH)
    story.publish(3, 1, owner=HEALTH)
    declare(story, 3, 1, 1)
    state = fold(story.events)
    assert state.transfer(1).made == [(3, 1)]
    assert state.datasets[3].versions[1].sources == (1,)  # type: ignore[index]


def test_a_suspended_receiver_may_attest() -> None:
    story = country()
    delivered(story)
    recalled(story)
    suspend(story, HEALTH)
    attest(story, 1)
    assert concerns(story)[0].attested


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_every_release_is_concerned_exactly_where_a_path_leads(data: st.DataObject) -> None:
    story = country()
    made: dict[int, set[int]] = {}
    delivered(story)
    count = data.draw(st.integers(1, 6))
    for number in range(1, count + 1):
        owner = HEALTH if number % 2 else AUDIT
        mine = [t for t in range(1, number + 1) if (t % 2 == 1) is (owner == HEALTH)]
        sources = data.draw(st.lists(st.sampled_from(mine), max_size=3, unique=True))
        story.register(number + 1, f"made-{number}", owner=owner)
        story.publish(number + 1, 1, owner=owner)
        if sources:
            declare(story, number + 1, 1, *sorted(sources))
        made[number + 1] = set(sources)
        delivered(story, number + 1, requester=AUDIT if owner == HEALTH else HEALTH)
    recalled(story)
    expected = {1}
    for number in range(2, count + 2):
        if made[number] & expected:
            expected.add(number)
    assert set(numbers(story)) == expected


# ------------------------------------------------------------------ what is refused
def withdraw_version_of(story: Story, dataset: int, owner: int) -> None:
    withdraw_version(story)
    alter_last(story, dataset=dataset, owner=owner)


def analysis(story: Story, *sources: int, **changes: Any) -> None:
    """`health` says from what its analysis was made."""
    story.register(HEALTHS, "analysis", owner=HEALTH)
    story.publish(HEALTHS, 1, owner=HEALTH)
    declare(story, HEALTHS, 1, *sources)
    alter_last(story, **changes)


def disputed(story: Story) -> TransferAcknowledged:
    acknowledged = delivered(story)
    story.because(TransferDisputed, acknowledged)
    return acknowledged


IMPOSSIBLE: Impossible = {
    "sources of an unknown version": (
        lambda s: (delivered(s), analysis(s, 1, dataset_version=2)),
        "there is no version of health/analysis with number 2",
    ),
    "sources that were never received": (lambda s: analysis(s, 1), "there is no transfer 1"),
    "sources of a version by another": (
        lambda s: (delivered(s), declare(s, EMPLOYMENT, 1, 1)),
        "transfer 1 isn't one that labour acknowledged",
    ),
    "sources that aren't acknowledged": (
        lambda s: (s.release(s.open(activated(s, onward_use=True))), analysis(s, 1)),
        "transfer 1 isn't one that health acknowledged",
    ),
    "sources that are disputed": (
        lambda s: (disputed(s), analysis(s, 1)),
        "transfer 1 isn't one that health acknowledged",
    ),
    "sources that may not be passed on": (
        lambda s: (s.acknowledge(s.release(s.open(activated(s)))), analysis(s, 1)),
        "transfer 1 allows no onward use",
    ),
    "a document as a source": (
        lambda s: (s.acknowledge(s.send(LABOUR, HEALTH)), analysis(s, 1)),
        "transfer 1 allows no onward use",
    ),
    "sources twice": (
        lambda s: (delivered(s), analysis(s, 1), declare(s, HEALTHS, 1, 1)),
        "the sources of health/analysis@1 are declared",
    ),
    "a source twice": (lambda s: (delivered(s), analysis(s, 1, 1)), "the sources don't ascend"),
    "sources out of order": (
        lambda s: (delivered(s), delivered(s), analysis(s, 2, 1)),
        "the sources don't ascend",
    ),
    "sources by a suspended owner": (
        lambda s: (
            delivered(s),
            s.register(HEALTHS, "analysis", owner=HEALTH),
            s.publish(HEALTHS, 1, owner=HEALTH),
            suspend(s, HEALTH),
            declare(s, HEALTHS, 1, 1),
        ),
        "health was not a member in good standing",
    ),
    "a recall out of sequence": (
        lambda s: (withdraw_version(s), recall(s, recall=2)),
        "the number isn't the next one",
    ),
    "a recall of an unknown version": (
        lambda s: recall(s, dataset_version=2),
        "there is no version of labour/employment with number 2",
    ),
    "a recall of what isn't withdrawn": (
        lambda s: recall(s),
        "labour/employment@1 isn't withdrawn",
    ),
    "a recall twice": (
        lambda s: (recalled(s), recall(s)),
        "labour/employment@1 is recalled already",
    ),
    "a recall with another deadline": (
        lambda s: (recalled(s), alter_last(s, attest_by=s.now)),
        "its deadline is +0, expected +5000",
    ),
    "a recall by a suspended owner": (
        lambda s: (withdraw_version(s), suspend(s, LABOUR), recall(s)),
        "labour was not a member in good standing",
    ),
    "an attestation for an unknown recall": (
        lambda s: (delivered(s), attest(s, 1)),
        "there is no recall 1",
    ),
    "an attestation of what was never released": (
        lambda s: (s.emit(TransferAttested, **of(s.open(activated(s))), recall=0, **REASON),),
        "transfer 1 was never released",
    ),
    "an attestation twice": (
        lambda s: (delivered(s), recalled(s), attest(s, 1), attest(s, 1)),
        "transfer 1 is attested for it already",
    ),
    "an attestation by another": (
        lambda s: (delivered(s), recalled(s), attest(s, 1, receiver=AUDIT)),
        "transfer 1 is of another dataset or receiver",
    ),
    "an attestation of another dataset": (
        lambda s: (delivered(s), recalled(s), attest(s, 1, dataset=0)),
        "transfer 1 is of another dataset or receiver",
    ),
}


@each_of(IMPOSSIBLE)
def test_what_the_contracts_cannot_emit_is_refused(alter: Alter, said: str) -> None:
    check_refused(alter, said)


def test_a_revoked_grant_still_allows_what_it_allowed() -> None:
    story = country()
    received = delivered(story)
    request = next(e for e in story.events if type(e).__name__ == "AccessRequested")
    story.because(GrantRevoked, request)
    analysis(story, received.transfer)
    assert fold(story.events).transfer(1).made == [(HEALTHS, 1)]
