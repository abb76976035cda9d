"""Folding events: every sequence that the contracts can't emit is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import IntegrityError, NotFound
from ledger.events import (
    AccountAdded,
    AccountRemoved,
    AuditorAppointed,
    Capability,
    DatasetKind,
    DeadlinesSet,
    DepartmentAdmitted,
    DepartmentReinstated,
    Event,
    GrantBasis,
    GrantResumed,
    GrantRevoked,
    KeyRetired,
    RefusalCause,
    SharingClass,
    SpecificationPublished,
    TransferDeclined,
    TransferDisputed,
)
from ledger.provenance import LedgerState, fold
from tests.unit.impossible import Alter, Impossible, check_refused, each_of
from tests.unit.story import (
    AGENCY,
    AUDIT,
    EMPLOYMENT,
    HEALTH,
    LABOUR,
    VALID_S,
    Story,
    account,
    country,
    digest,
    edit,
    of,
    refuse,
    shared,
    suspend,
    withdraw_dataset,
    withdraw_version,
)

OFFICER = account(LABOUR, Capability.OFFICER)


def department(story: Story, **changes: Any) -> None:
    values = {
        "department": 5,
        "code": "energy",
        "admin": account(5, Capability.ADMIN),
        "card": digest("card"),
        "effective_at": story.now,
    }
    story.emit(DepartmentAdmitted, **(values | changes))


def specification(story: Story, **changes: Any) -> None:
    values = {
        "agency": AGENCY,
        "name": "employment",
        "specification_version": 2,
        "specification": digest("second"),
    }
    story.emit(SpecificationPublished, **(values | changes))


def with_altered_last(story: Story, **changes: Any) -> None:
    story.events[-1] = replace(story.events[-1], **changes)


def request_then(story: Story, alter: Callable[[Any], object]) -> None:
    alter(story.request(EMPLOYMENT))


def release_of(story: Story, **changes: Any) -> None:
    request = story.request(EMPLOYMENT)
    story.activate(request)
    story.release(story.open(request))
    with_altered_last(story, **changes)


def seventh_release(story: Story) -> None:
    request = story.request(EMPLOYMENT)
    story.activate(request)
    for _ in range(7):
        story.release(story.open(request))


def release_after(story: Story, between: Alter) -> None:
    request = story.request(EMPLOYMENT)
    story.activate(request)
    opened = story.open(request)
    between(story)
    story.release(opened)


def second_cure(story: Story) -> None:
    request = story.request(EMPLOYMENT)
    story.activate(request)
    opened = story.open(request)
    for _ in range(2):
        story.release(opened)
        story.because(TransferDisputed, opened)
    story.release(opened)


def first_key(story: Story, **changes: Any) -> None:
    story.publish_key(AGENCY, 1)
    with_altered_last(story, **changes)


IMPOSSIBLE: Impossible = {
    "a department out of sequence": (
        lambda s: department(s, department=6),
        "the number isn't the next one",
    ),
    "a code twice": (lambda s: department(s, code="labour"), "code 'labour' is taken"),
    "a suspended agency": (
        lambda s: suspend(s, AGENCY),
        "the agency, and the one to come, can't be suspended or reset",
    ),
    "a suspension twice": (
        lambda s: (suspend(s, HEALTH), suspend(s, HEALTH)),
        "health is suspended already",
    ),
    "an unknown department": (lambda s: suspend(s, 9), "there is no department 9"),
    "a needless reinstatement": (
        lambda s: s.emit(
            DepartmentReinstated, department=HEALTH, reason_code=1, reason=digest("x")
        ),
        "health isn't suspended",
    ),
    "an auditor twice": (
        lambda s: s.emit(AuditorAppointed, department=AUDIT),
        "audit-office is an auditor already",
    ),
    "an account twice": (
        lambda s: s.emit(
            AccountAdded, department=HEALTH, account=OFFICER, capabilities=Capability.ADMIN
        ),
        "account 0x0000000000000000000000000000000000000022 is taken",
    ),
    "removing another's account": (
        lambda s: s.emit(AccountRemoved, department=HEALTH, account=OFFICER),
        "0x0000000000000000000000000000000000000022 isn't its account",
    ),
    "removing the last ADMIN": (
        lambda s: s.emit(
            AccountRemoved, department=LABOUR, account=account(LABOUR, Capability.ADMIN)
        ),
        "it leaves no ADMIN",
    ),
    "a key out of sequence": (
        lambda s: first_key(s, key_number=2),
        "the number isn't the next one",
    ),
    "a key of another length": (
        lambda s: first_key(s, public_key=b"short"),
        "the key isn't 1,216 bytes long",
    ),
    "a key with another's digest": (
        lambda s: first_key(s, digest=digest("x")),
        "the digest isn't the key's",
    ),
    "a key that was in effect before": (
        lambda s: first_key(s, effective_at=1),
        "it takes effect before it was announced",
    ),
    "a key during a rotation": (
        lambda s: (s.publish_key(HEALTH, 2, delay=50), s.publish_key(HEALTH, 3)),
        "the key before isn't in effect yet",
    ),
    "a key of a suspended department": (
        lambda s: (suspend(s, HEALTH), s.publish_key(HEALTH, 2)),
        "health was not a member in good standing",
    ),
    "retiring an unknown key": (
        lambda s: s.emit(KeyRetired, department=HEALTH, key_number=2),
        "there is no key of health with number 2",
    ),
    "retiring a key twice": (
        lambda s: [s.emit(KeyRetired, department=HEALTH, key_number=1) for _ in range(2)],
        "key 1 of health is retired already",
    ),
    "deadlines by another": (
        lambda s: s.emit(
            DeadlinesSet,
            agency=LABOUR,
            respond=1,
            release=1,
            acknowledge=1,
            comply=1,
            attest=1,
            effective_at=s.now + 9,
        ),
        "labour isn't the agency",
    ),
    "a specification by another": (
        lambda s: specification(s, agency=LABOUR),
        "labour isn't the agency",
    ),
    "a specification out of sequence": (
        lambda s: specification(s, specification_version=3),
        "the number isn't the next one",
    ),
    "a dataset out of sequence": (
        lambda s: s.register(3, "airports"),
        "the number isn't the next one",
    ),
    "a slug twice": (lambda s: s.register(2, "employment"), "the name labour/employment is taken"),
    "a version out of sequence": (
        lambda s: s.publish(EMPLOYMENT, 3),
        "the number isn't the next one",
    ),
    "a version of a service": (
        lambda s: (s.register(2, "lookup", kind=DatasetKind.SERVICE), s.publish(2, 1)),
        "labour/lookup is a service",
    ),
    "a version by another": (
        lambda s: (s.publish(EMPLOYMENT, 2), with_altered_last(s, owner=HEALTH)),
        "health doesn't own labour/employment",
    ),
    "a version of a withdrawn dataset": (
        lambda s: (withdraw_dataset(s), s.publish(EMPLOYMENT, 2)),
        "labour/employment is withdrawn",
    ),
    "withdrawing a version twice": (
        lambda s: (withdraw_version(s), withdraw_version(s)),
        "labour/employment@1 is withdrawn already",
    ),
    "withdrawing an unknown version": (
        lambda s: withdraw_version(s, 2),
        "there is no version of labour/employment with number 2",
    ),
    "an edit by a suspended owner": (
        lambda s: (suspend(s, LABOUR), edit(s)),
        "labour was not a member in good standing",
    ),
    "a request out of sequence": (
        lambda s: s.request(EMPLOYMENT, grant=2),
        "the number isn't the next one",
    ),
    "a request of an unknown dataset": (lambda s: s.request(9), "there is no dataset 9"),
    "a request of one's own": (
        lambda s: s.request(EMPLOYMENT, LABOUR),
        "labour/employment is the requester's own",
    ),
    "a request of a withdrawn dataset": (
        lambda s: (withdraw_dataset(s), s.request(EMPLOYMENT)),
        "labour/employment is withdrawn",
    ),
    "a request of a closed dataset": (
        lambda s: (edit(s, sharing=SharingClass.CLOSED), s.request(EMPLOYMENT)),
        "labour/employment is closed",
    ),
    "a request that is over": (
        lambda s: s.request(EMPLOYMENT, valid_until=s.now + 1),
        "its validity is over already",
    ),
    "a request with another deadline": (
        lambda s: s.request(EMPLOYMENT, respond_by=s.now),
        "its deadline is -1, expected +1000",
    ),
    "a request to a suspended owner": (
        lambda s: (suspend(s, LABOUR), s.request(EMPLOYMENT)),
        "labour was not a member in good standing",
    ),
    "an approval of other terms": (
        lambda s: request_then(
            s, lambda r: (s.activate(r), with_altered_last(s, terms=digest("x")))
        ),
        "it agrees to other terms than were requested",
    ),
    "an approval after expiry": (
        lambda s: request_then(s, lambda r: (s.pass_time(VALID_S), s.activate(r))),
        "the terms have expired",
    ),
    "an approval that names another requester": (
        lambda s: request_then(s, lambda r: (s.activate(r), with_altered_last(s, requester=AUDIT))),
        "grant 1 is of another dataset or requester",
    ),
    "an approval of an unknown request": (
        lambda s: request_then(s, lambda r: s.activate(replace(r, grant=7))),
        "there is no grant 7",
    ),
    "an approval twice": (
        lambda s: request_then(s, lambda r: (s.activate(r), s.activate(r))),
        "grant 1 is active",
    ),
    "one approval of two": (
        lambda s: (edit(s, approvals=2), request_then(s, s.activate)),
        "labour/employment asks for two approvals",
    ),
    "a first approval where one is enough": (
        lambda s: request_then(s, lambda r: s.approve_once(r, OFFICER)),
        "labour/employment asks for one approval",
    ),
    "a first approval twice": (
        lambda s: (
            edit(s, approvals=2),
            request_then(s, lambda r: [s.approve_once(r, OFFICER) for _ in range(2)]),
        ),
        "there is a first approval already",
    ),
    "a first approval by a stranger": (
        lambda s: (
            edit(s, approvals=2),
            request_then(s, lambda r: s.approve_once(r, account(HEALTH, Capability.OFFICER))),
        ),
        "0x0000000000000000000000000000000000000032 is no OFFICER of labour",
    ),
    "a first approval by an ADMIN": (
        lambda s: (
            edit(s, approvals=2),
            request_then(s, lambda r: s.approve_once(r, account(LABOUR, Capability.ADMIN))),
        ),
        "0x0000000000000000000000000000000000000021 is no OFFICER of labour",
    ),
    "an approval by a suspended owner": (
        lambda s: request_then(s, lambda r: (suspend(s, LABOUR), s.activate(r))),
        "labour was not a member in good standing",
    ),
    "a conditional dataset granted as open": (
        lambda s: request_then(s, lambda r: s.activate(r, GrantBasis.OPEN_CLASS, same_block=True)),
        "labour/employment isn't open",
    ),
    "an open dataset granted later": (
        lambda s: (
            edit(s, sharing=SharingClass.OPEN),
            request_then(s, lambda r: s.activate(r, GrantBasis.OPEN_CLASS)),
        ),
        "such a request is granted in its own transaction",
    ),
    "a resumption of an active grant": (
        lambda s: request_then(s, lambda r: (s.activate(r), s.emit(GrantResumed, **of(r)))),
        "grant 1 is active, and its requester wasn't reset",
    ),
    "a revocation of a mere request": (
        lambda s: request_then(s, lambda r: s.because(GrantRevoked, r)),
        "grant 1 is requested",
    ),
    "a transfer of a mere request": (
        lambda s: request_then(s, s.open),
        "the cause is none, but the grant's is not-active",
    ),
    "a transfer out of sequence": (
        lambda s: request_then(
            s, lambda r: (s.activate(r), s.open(r), with_altered_last(s, transfer=2))
        ),
        "the number isn't the next one",
    ),
    "a transfer with another deadline": (
        lambda s: request_then(
            s, lambda r: (s.activate(r), s.open(r), with_altered_last(s, release_by=s.now))
        ),
        "its deadline is +0, expected +2000",
    ),
    "a transfer of another's grant": (
        lambda s: request_then(
            s, lambda r: (s.activate(r), s.open(r), with_altered_last(s, receiver=AUDIT))
        ),
        "the cause is none, but the grant's is no-grant",
    ),
    "a transfer of a withdrawn version": (
        lambda s: request_then(s, lambda r: (s.activate(r), withdraw_version(s), s.open(r))),
        "labour/employment@1 is withdrawn",
    ),
    "a refusal where there was no cause": (
        lambda s: request_then(s, lambda r: (s.activate(r), refuse(s, RefusalCause.REVOKED))),
        "the cause is revoked, but the grant's is none",
    ),
    "a refusal for another cause": (
        lambda s: request_then(s, lambda _: refuse(s, RefusalCause.EXPIRED)),
        "the cause is expired, but the grant's is not-active",
    ),
    "a refusal of an unknown version": (
        lambda s: refuse(s, RefusalCause.NO_GRANT, version=2),
        "there is no version of labour/employment with number 2",
    ),
    "a release of another manifest": (
        lambda s: release_of(s, manifest=digest("x")),
        "the manifest isn't the version's",
    ),
    "a release of another dataset": (
        lambda s: release_of(s, dataset=2),
        "transfer 1 is of another dataset",
    ),
    "a release to another key": (
        lambda s: release_of(s, key_number=2),
        "key 2 isn't the current one of health",
    ),
    "a release to another receiver": (
        lambda s: release_of(s, receiver=AUDIT),
        "transfer 1 is to another",
    ),
    "a release with another deadline": (
        lambda s: release_of(s, acknowledge_by=1),
        "its deadline is 1, expected +3000",
    ),
    "a release after a revocation": (
        lambda s: release_after(
            s,
            lambda s: s.emit(
                GrantRevoked,
                grant=1,
                dataset=EMPLOYMENT,
                requester=HEALTH,
                reason_code=1,
                reason=digest("x"),
            ),
        ),
        "grant 1 doesn't hold (revoked)",
    ),
    "a release after expiry": (
        lambda s: release_after(s, lambda s: s.pass_time(VALID_S)),
        "grant 1 doesn't hold (active)",
    ),
    "a release to a suspended receiver": (
        lambda s: release_after(s, lambda s: suspend(s, HEALTH)),
        "health was not a member in good standing",
    ),
    "a release of a withdrawn version": (
        lambda s: release_after(s, withdraw_version),
        "labour/employment@1 is withdrawn",
    ),
    "a release to a retired key": (
        lambda s: release_after(s, lambda s: s.emit(KeyRetired, department=HEALTH, key_number=1)),
        "key 1 isn't the current one of health",
    ),
    "a seventh release without a receipt": (
        seventh_release,
        "too many releases wait for a receipt",
    ),
    "a second cure": (second_cure, "transfer 1 was cured already"),
    "a receipt for another manifest": (
        lambda s: (
            release_of(s),
            s.acknowledge(s.events[-1]),  # type: ignore[arg-type]
            with_altered_last(s, manifest=digest("x")),
        ),
        "another manifest was released",
    ),
    "a receipt twice": (
        lambda s: (
            release_of(s),
            s.acknowledge(s.acknowledge(s.events[-1])),  # type: ignore[arg-type]
        ),
        "transfer 1 is acknowledged",
    ),
    "a decline after the release": (
        lambda s: (release_of(s), s.because(TransferDeclined, s.events[-1])),
        "transfer 1 is released",
    ),
    "a settlement without a dispute": (
        lambda s: (release_of(s), s.settle(s.events[-1])),
        "transfer 1 is released",
    ),
    "a settlement by a suspended receiver": (
        lambda s: (
            release_of(s),
            s.because(TransferDisputed, s.events[-1]),
            suspend(s, HEALTH),
            s.settle(s.events[-2]),
        ),
        "health was not a member in good standing",
    ),
}


@each_of(IMPOSSIBLE)
def test_what_the_contracts_cannot_emit_is_refused(alter: Alter, said: str) -> None:
    check_refused(alter, said)


def moved(event: Event, **changes: Any) -> Event:
    return replace(event, at=replace(event.at, **changes))


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"block_number": 1}, id="an earlier block"),
        pytest.param({"timestamp": 5}, id="an earlier time"),
    ],
)
def test_an_event_out_of_order_is_refused(changes: dict[str, Any]) -> None:
    *before, last = country().events
    said = r"it can't follow block \d+, log 0: the chain has another order"
    with pytest.raises(IntegrityError, match=f" is impossible: {said}$"):
        fold([*before, moved(last, **changes)])


def test_two_blocks_may_have_the_same_time() -> None:
    *before, last = country().events
    state = fold([*before, moved(last, timestamp=before[-1].at.timestamp)])
    assert state.last == moved(last, timestamp=before[-1].at.timestamp).at


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"log_index": 0}, id="the same log"),
        pytest.param({"log_index": 2, "block_hash": bytes(32)}, id="another block hash"),
        pytest.param({"log_index": 2, "timestamp": 1_800_000_000}, id="another time"),
    ],
)
def test_two_events_of_one_block_agree_on_it(changes: dict[str, Any]) -> None:
    admitted, added = country().events[3:5]
    assert admitted.at.block_number == added.at.block_number
    said = f"it can't follow block {added.at.block_number}, log 0 in the same block"
    with pytest.raises(IntegrityError, match=f" is impossible: {said}$"):
        fold([*country().events[:4], moved(added, **changes)])


def test_an_event_twice_is_refused() -> None:
    events = country().events
    with pytest.raises(IntegrityError, match="same block"):
        fold([*events, events[-1]])


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_list_with_a_gap_is_refused_or_folds_to_something_else(draw: st.DataObject) -> None:
    story, request, released = shared()
    story.acknowledge(released)
    story.because(GrantRevoked, request)
    refuse(story, RefusalCause.REVOKED)
    whole = fold(story.events)
    gap = draw.draw(st.integers(0, len(story.events) - 1))
    try:
        state = fold([*story.events[:gap], *story.events[gap + 1 :]])
    except IntegrityError:
        return
    assert state != whole


def test_requests_before_any_deadlines_are_refused() -> None:
    story = country()
    story.request(EMPLOYMENT)
    events = [event for event in story.events if not isinstance(event, DeadlinesSet)]
    with pytest.raises(IntegrityError, match=r" is impossible: the agency had set no deadlines$"):
        fold(events)


def test_an_empty_ledger_has_nothing() -> None:
    state = fold([])
    assert state == LedgerState()
    assert state.last is None
    with pytest.raises(NotFound, match=r"^there is no request 1; there are 0$"):
        state.grant(1)
