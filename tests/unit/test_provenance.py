"""Folding events: what the state answers."""

from __future__ import annotations

import pytest

from ledger.errors import InputError, NotFound
from ledger.events import (
    AccountRemoved,
    Capability,
    DeadlinesSet,
    DepartmentAdmitted,
    DepartmentReinstated,
    GrantBasis,
    GrantResumed,
    GrantRevoked,
    GrantState,
    GrantSuspended,
    KeyRetired,
    RefusalCause,
    RequestRefused,
    RequestWithdrawn,
    SharingClass,
    TransferDeclined,
    TransferDisputed,
    TransferRefused,
    TransferState,
)
from ledger.provenance import fold
from tests.unit.story import (
    ACKNOWLEDGE,
    AGENCY,
    AIRPORTS,
    AUDIT,
    EMPLOYMENT,
    HEALTH,
    LABOUR,
    RESPOND,
    account,
    country,
    digest,
    edit,
    manifest,
    of,
    public_key,
    refuse,
    shared,
    suspend,
    withdraw_version,
)

OFFICER = account(LABOUR, Capability.OFFICER)


def test_departments_are_found_by_code_and_number() -> None:
    story = country()
    state = fold(story.events)
    labour = state.department("labour")
    assert state.department(LABOUR) is labour
    assert (labour.id, labour.auditor(story.now), labour.suspended) == (LABOUR, False, False)
    assert labour.accounts == {
        account(LABOUR, Capability.ADMIN): Capability.ADMIN,
        OFFICER: Capability.OFFICER,
    }
    assert labour.keys[1].public_key == public_key(LABOUR, 1)
    assert state.department("audit-office").auditor(story.now)
    assert state.accounts[OFFICER] == LABOUR


def test_a_removed_account_is_nobodys_and_may_be_added_again() -> None:
    story = country()
    story.emit(AccountRemoved, department=LABOUR, account=OFFICER)
    state = fold(story.events)
    assert OFFICER not in state.accounts
    assert OFFICER not in state.department("labour").accounts
    story.add_account(LABOUR, Capability.OFFICER)
    assert fold(story.events).accounts[OFFICER] == LABOUR


def test_a_misspelt_name_is_answered_with_what_it_may_have_been() -> None:
    state = fold(country().events)
    with pytest.raises(NotFound) as caught:
        state.department("labor")
    assert caught.value.message == "there is no department 'labor'; did you mean labour?"
    assert caught.value.hint == "list them: ledger department list"
    with pytest.raises(NotFound) as caught:
        state.dataset("labour/employmnt@2")
    assert caught.value.message == (
        "there is no dataset 'labour/employmnt'; did you mean labour/employment?"
    )
    assert caught.value.hint == "list them: ledger dataset list"
    with pytest.raises(InputError, match="is not a dataset's name"):
        state.dataset("employment")
    with pytest.raises(NotFound) as caught:
        state.dataset(EMPLOYMENT).version(2)
    assert caught.value.message == ("dataset labour/employment has no version 2; the latest is 1")
    assert caught.value.hint == "ledger dataset show labour/employment"


def test_three_near_misses_are_named_at_most_and_none_where_there_is_none() -> None:
    story = country()
    for number in range(2, 6):
        story.register(number, f"employment-{number}")
    state = fold(story.events)
    near = [f"labour/employment-{number}" for number in (5, 4, 3)]
    with pytest.raises(NotFound) as caught:
        state.dataset("labour/employment-")
    assert caught.value.message == (
        f"there is no dataset 'labour/employment-'; did you mean {' or '.join(near)}?"
    )
    with pytest.raises(NotFound, match=r"^there is no dataset 'x/y'$"):
        state.dataset("x/y")


@pytest.mark.parametrize(
    ("thing", "how_many"),
    [
        ("department", "are 4"),
        ("dataset", "is 1"),
        ("need", "are none"),
        ("consent", "are none"),
        ("offer", "are none"),
        ("grant", "is 1"),
        ("transfer", "is 1"),
        ("recall", "are none"),
    ],
)
def test_an_unknown_number_is_answered_with_how_many_there_are(thing: str, how_many: str) -> None:
    state = fold(shared()[0].events)
    name = "request" if thing == "grant" else thing
    with pytest.raises(NotFound, match=f"^there is no {name} 99; there {how_many}$"):
        getattr(state, thing)(99)


def test_a_dataset_shows_its_latest_rules_and_all_its_versions() -> None:
    story = country()
    story.publish(EMPLOYMENT, 2)
    edit(story, sharing=SharingClass.CLOSED, approvals=2, agent_may_publish=True)
    withdraw_version(story)
    dataset = fold(story.events).dataset("labour/employment@2")
    assert (dataset.sharing, dataset.approvals) == (SharingClass.CLOSED, 2)
    assert dataset.agent_may_publish
    assert dataset.description == digest("another description")
    assert [version.manifest for version in dataset.versions.values()] == [
        manifest(EMPLOYMENT, 1),
        manifest(EMPLOYMENT, 2),
    ]
    assert dataset.version(1).withdrawn
    assert dataset.latest is dataset.version(2)
    assert dataset.version_count == 2


def test_a_new_dataset_has_no_latest_version() -> None:
    story = country()
    story.register(AIRPORTS, "airports")
    dataset = fold(story.events).dataset(AIRPORTS)
    assert dataset.latest is None
    said = "dataset labour/airports has no version 1; none is published"
    with pytest.raises(NotFound, match=f"^{said}$"):
        dataset.version(1)


def test_a_department_is_a_member_from_its_effective_time_on() -> None:
    story = country()
    story.emit(
        DepartmentAdmitted,
        department=5,
        code="energy",
        admin=account(5, Capability.ADMIN),
        card=digest("card"),
        effective_at=story.now + 100,
    )
    energy = fold(story.events).department("energy")
    assert not energy.member(energy.effective_at - 1)
    assert energy.in_good_standing(energy.effective_at)
    suspend(story, HEALTH)
    health = fold(story.events).department("health")
    assert health.member(story.now)
    assert not health.in_good_standing(story.now)
    story.emit(DepartmentReinstated, department=HEALTH, reason_code=25, reason=digest("why"))
    health = fold(story.events).department("health")
    assert health.in_good_standing(story.now)
    assert health.suspended is False


def test_a_rotated_key_is_current_once_it_is_in_effect() -> None:
    story = country()
    rotation = story.publish_key(HEALTH, 2, delay=50)
    health = fold(story.events).department("health")
    assert health.current_key(rotation.effective_at - 1) is health.keys[1]
    assert health.current_key(rotation.effective_at) is health.keys[2]
    assert health.current_key(0) is None
    story.pass_time(50)
    story.emit(KeyRetired, department=HEALTH, key_number=2)
    # A retired key is not replaced by an older one: nothing is released until a new one is there.
    assert fold(story.events).department("health").current_key(story.now) is None


def test_periods_take_effect_later_and_pending_ones_are_replaced() -> None:
    story = country()

    def announce(respond: int) -> int:
        story.emit(
            DeadlinesSet,
            agency=AGENCY,
            respond=respond,
            release=1,
            acknowledge=1,
            comply=1,
            attest=1,
            effective_at=story.now + 101,
        )
        return story.now + 100

    announce(50)
    effective = announce(60)
    state = fold(story.events)
    assert state.periods_at(effective - 1).respond == RESPOND
    assert state.periods_at(effective).respond == 60
    with pytest.raises(NotFound, match=r"^the agency has set no deadlines$") as caught:
        state.periods_at(1)
    assert caught.value.hint == "look at a later block"


def test_a_delivery_is_told_with_its_grant_and_its_receipt() -> None:
    story, request, released = shared()
    (waiting,) = fold(story.events).recipients("labour/employment")
    assert not waiting.acknowledged
    story.acknowledge(released)
    state = fold(story.events)
    (delivery,) = state.recipients("labour/employment@1")
    assert (delivery.dataset, delivery.sender, delivery.receiver) == (
        "labour/employment",
        "labour",
        "health",
    )
    assert delivery.acknowledged
    assert delivery.grant.terms == request.terms
    assert delivery.transfer.manifest == manifest(EMPLOYMENT, 1)
    assert delivery.transfer.receipt_tag == digest("receipt 1")
    assert delivery.transfer.acknowledged_at == story.now
    with pytest.raises(NotFound, match="no version 2"):
        state.recipients("labour/employment@2")


def test_a_transfer_that_was_only_opened_has_reached_nobody() -> None:
    story = country()
    request = story.request(EMPLOYMENT)
    story.activate(request)
    opened = story.open(request)
    assert fold(story.events).recipients(EMPLOYMENT) == ()
    story.because(TransferDeclined, opened)
    state = fold(story.events)
    assert state.recipients(EMPLOYMENT) == ()
    assert state.transfer(1).state is TransferState.DECLINED
    assert state.transfer(1).decision is not None


def test_histories_tell_the_story_of_each_thing() -> None:
    story, request, released = shared()
    story.because(GrantRevoked, request)
    attempt = refuse(story, RefusalCause.REVOKED)
    state = fold(story.events)
    names = [type(event).__name__ for event in state.grant(1).history]
    assert names == [
        "AccessRequested",
        "GrantActivated",
        "TransferOpened",
        "TransferReleased",
        "GrantRevoked",
        "TransferRefused",
    ]
    assert state.transfer(1).history[-1] is released
    assert state.refused == [attempt]
    for thing in (
        state.dataset(EMPLOYMENT),
        state.department("labour"),
        state.department("health"),
    ):
        assert thing.history[-1] is attempt
        assert len(set(map(id, thing.history))) == len(thing.history)
    assert state.department("audit-office").history[-1].at.block_number < request.at.block_number


def test_an_attempt_with_anothers_grant_is_no_part_of_that_grants_history() -> None:
    story, _, _ = shared()
    story.emit(
        TransferRefused,
        dataset=EMPLOYMENT,
        receiver=AUDIT,
        grant=1,
        dataset_version=1,
        cause=RefusalCause.NO_GRANT,
    )
    state = fold(story.events)
    assert story.events[-1] not in state.grant(1).history
    assert state.department("audit-office").history[-1] is story.events[-1]


def test_an_owners_attempt_on_its_own_dataset_is_told_once() -> None:
    story = country()
    story.emit(
        TransferRefused,
        dataset=EMPLOYMENT,
        receiver=LABOUR,
        grant=0,
        dataset_version=1,
        cause=RefusalCause.NO_GRANT,
    )
    assert fold(story.events).department("labour").history.count(story.events[-1]) == 1


def test_a_grant_expires_without_an_event() -> None:
    story, request, _ = shared()
    grant = fold(story.events).grant(1)
    assert grant.holds(request.valid_until - 1)
    assert not grant.holds(request.valid_until)
    assert grant.expired(request.valid_until)
    assert grant.refusal_cause(request.valid_until) is RefusalCause.EXPIRED


def test_lateness_is_a_matter_of_time() -> None:
    story = country()
    request = story.request(EMPLOYMENT)
    grant = fold(story.events).grant(1)
    assert not grant.overdue(request.respond_by)
    assert grant.overdue(request.respond_by + 1)
    story.activate(request)
    opened = story.open(request)
    assert fold(story.events).transfer(1).overdue(opened.release_by + 1)
    released = story.release(opened)
    transfer = fold(story.events).transfer(1)
    assert not transfer.overdue(released.acknowledge_by)
    assert transfer.receipt_overdue(released.acknowledge_by + 1)
    story.acknowledge(released)
    assert not fold(story.events).transfer(1).overdue(released.acknowledge_by + 1)


def test_an_open_dataset_is_granted_in_the_requests_own_transaction() -> None:
    story = country()
    story.register(AIRPORTS, "airports", sharing=SharingClass.OPEN)
    story.activate(story.request(AIRPORTS), GrantBasis.OPEN_CLASS, same_block=True)
    grant = fold(story.events).grant(1)
    assert (grant.state, grant.basis) == (GrantState.ACTIVE, GrantBasis.OPEN_CLASS)


def test_two_approvals_activate_a_grant_that_asks_for_two() -> None:
    story = country()
    edit(story, approvals=2)
    request = story.request(EMPLOYMENT)
    story.approve_once(request, OFFICER)
    state = fold(story.events)
    assert (state.grant(1).state, state.grant(1).first_approver) == (GrantState.REQUESTED, OFFICER)
    story.activate(request)
    assert fold(story.events).grant(1).state is GrantState.ACTIVE


def test_every_end_of_a_request() -> None:
    story = country()
    requests = [story.request(EMPLOYMENT) for _ in range(4)]
    story.because(RequestRefused, requests[0])
    story.emit(RequestWithdrawn, **of(requests[1]))
    story.activate(requests[2])
    story.because(GrantSuspended, requests[2], 43)
    state = fold(story.events)
    assert [grant.state for grant in state.grants.values()] == [
        GrantState.REFUSED,
        GrantState.WITHDRAWN,
        GrantState.SUSPENDED,
        GrantState.REQUESTED,
    ]
    causes = [state.refusal_cause(n, EMPLOYMENT, HEALTH, story.now) for n in (1, 2, 3, 4, 5)]
    assert causes == [
        RefusalCause.NOT_ACTIVE,
        RefusalCause.NOT_ACTIVE,
        RefusalCause.SUSPENDED,
        RefusalCause.NOT_ACTIVE,
        RefusalCause.NO_GRANT,
    ]
    decision = state.grant(3).decision
    assert decision is not None
    assert (decision.code, decision.decided_at) == (43, story.now)
    story.emit(GrantResumed, **of(requests[2]))
    assert fold(story.events).grant(3).state is GrantState.ACTIVE


def test_a_dispute_is_cured_once_or_settled() -> None:
    story, request, released = shared()
    story.because(TransferDisputed, story.acknowledge(released))
    cure = story.release(story.events[-4])  # type: ignore[arg-type]
    transfer = fold(story.events).transfer(1)
    assert (transfer.state, transfer.cured) == (TransferState.RELEASED, True)
    assert (transfer.wrap, transfer.acknowledged_at) == (cure.wrap, None)
    story.because(TransferDisputed, cure)
    story.settle(cure)
    state = fold(story.events)
    assert state.transfer(1).state is TransferState.SETTLED
    assert state.grant(request.grant).waiting == {}


def test_three_overdue_receipts_are_borne() -> None:
    story, request, _ = shared()
    for _ in range(2):
        released = story.release(story.open(request))
    grant = fold(story.events).grant(1)
    assert grant.overdue_receipts(released.acknowledge_by) == 2
    assert grant.overdue_receipts(released.acknowledge_by + 1) == 3
    assert grant.refusal_cause(released.acknowledge_by + 1) is RefusalCause.NONE


def test_overdue_receipts_refuse_the_next_attempt() -> None:
    story, request, _ = shared()
    for _ in range(3):
        story.release(story.open(request))
    story.pass_time(ACKNOWLEDGE + 1)
    refuse(story, RefusalCause.OVERDUE_RECEIPTS)
    state = fold(story.events)
    assert state.grant(1).overdue_receipts(story.now) == 4
    assert state.grant(1).holds(story.now)


def test_a_new_grant_does_not_shed_overdue_receipts() -> None:
    story, request, _ = shared()
    for _ in range(3):
        story.release(story.open(request))
    story.pass_time(ACKNOWLEDGE + 1)
    again = story.request(EMPLOYMENT)
    story.activate(again)
    state = fold(story.events)
    assert state.grant(again.grant).overdue_receipts(story.now) == 4


def test_an_edit_does_not_lower_the_approvals_of_a_request_that_waits() -> None:
    story = country()
    edit(story, approvals=2)
    request = story.request(EMPLOYMENT)
    edit(story, approvals=1)
    assert fold(story.events).grant(request.grant).approvals == 2


def test_a_suspended_receiver_may_still_acknowledge_and_dispute() -> None:
    story, _, released = shared()
    suspend(story, HEALTH)
    story.because(TransferDisputed, story.acknowledge(released))
    assert fold(story.events).transfer(1).state is TransferState.DISPUTED


def test_folding_piece_by_piece_gives_the_same() -> None:
    events = shared()[0].events
    for cut in range(len(events)):
        assert fold(events[cut:], fold(events[:cut])) == fold(events)
