"""Folding the agency's acts: groups, standings, auditors, resets, handover, retirement."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.errors import NotFound
from ledger.events import (
    AccountRemoved,
    AdminResetVetoed,
    AuditorAppointed,
    AuditorRemoved,
    Capability,
    DepartmentAdmitted,
    DepartmentReinstated,
    DeploymentRetired,
    FindingPublished,
    HandoverAccepted,
    HandoverProposed,
    NeedPublished,
    NeedWithdrawn,
    ScorecardPublished,
    SpecificationDeprecated,
    SpecificationPublished,
    StandingSet,
)
from ledger.identifiers import Code
from ledger.provenance import LedgerState, fold
from tests.unit.chapters import NOTICE_S, REASON, alter_last, group, reset, standing
from tests.unit.impossible import Alter, Impossible, check_refused, each_of
from tests.unit.story import (
    AGENCY,
    AUDIT,
    EMPLOYMENT,
    HEALTH,
    LABOUR,
    Story,
    account,
    country,
    digest,
    shared,
    suspend,
)

HOSPITALS = Code("hospitals")
NEW_ADMIN = account(HEALTH, Capability.AGENT)


def propose(story: Story, successor: int = LABOUR, agency: int = AGENCY) -> HandoverProposed:
    return story.emit(HandoverProposed, agency=agency, successor=successor)


def accept(story: Story, successor: int = LABOUR, agency: int = AGENCY) -> HandoverAccepted:
    effective_at = story.now + 1 + NOTICE_S
    return story.emit(
        HandoverAccepted, agency=agency, successor=successor, effective_at=effective_at
    )


def handed_over(story: Story) -> None:
    propose(story)
    accept(story)
    story.pass_time(NOTICE_S)


def remove_auditor(story: Story, department: int = AUDIT) -> AuditorRemoved:
    return story.emit(
        AuditorRemoved, department=department, effective_at=story.now + 1 + NOTICE_S, **REASON
    )


def retire(story: Story, successor: str = "next", **changes: Any) -> DeploymentRetired:
    values = {
        "agency": AGENCY,
        "successor": digest(successor),
        "effective_at": story.now + 1 + NOTICE_S,
    }
    return story.emit(DeploymentRetired, **(values | changes))


def veto(story: Story, vetoer: str, department: int = HEALTH) -> AdminResetVetoed:
    admin = account(department, Capability.AGENT)
    return story.emit(AdminResetVetoed, department=department, admin=admin, vetoer=vetoer)


def find(story: Story, finder: int, department: int = HEALTH) -> FindingPublished:
    return story.emit(FindingPublished, department=department, finder=finder, **REASON)


def need(story: Story, number: int = 1) -> NeedPublished:
    return story.emit(NeedPublished, need=number, department=HEALTH, description=digest("need"))


def withdraw_need(story: Story, number: int = 1, department: int = HEALTH) -> NeedWithdrawn:
    return story.emit(NeedWithdrawn, need=number, department=department, **REASON)


def deprecate(story: Story, **changes: Any) -> SpecificationDeprecated:
    values = {"agency": AGENCY, "name": "employment", "specification_version": 1, **REASON}
    return story.emit(SpecificationDeprecated, **(values | changes))


# ------------------------------------------------------------------ what the state answers
def test_a_department_is_in_a_group_after_notice_and_out_of_it_at_once() -> None:
    story = country()
    joined = group(story)
    health = fold(story.events).department("health")
    assert not health.in_group(HOSPITALS, joined.effective_at - 1)
    assert health.in_group(HOSPITALS, joined.effective_at)
    group(story, member=False)
    assert not fold(story.events).department("health").in_group(HOSPITALS, joined.effective_at)


def test_naming_a_group_member_again_keeps_its_time() -> None:
    story = country()
    joined = group(story)
    story.pass_time(10)
    group(story)
    alter_last(story, effective_at=joined.effective_at)
    assert fold(story.events).department("health").groups == {HOSPITALS: joined.effective_at}


def test_a_standing_takes_effect_later_and_a_pending_one_is_replaced() -> None:
    story = country()
    first = standing(story, 3)
    state = fold(story.events)
    assert state.department("health").standing(first.effective_at - 1) == 0
    assert state.department("health").standing(first.effective_at) == 3
    second = standing(story, 2)
    health = fold(story.events).department("health")
    assert health.standing(first.effective_at) == 0
    assert health.standing(second.effective_at) == 2
    story.pass_time(NOTICE_S)
    third = standing(story, 9)
    health = fold(story.events).department("health")
    assert health.standing(third.effective_at - 1) == 2
    assert health.standing(third.effective_at) == 9


def test_a_standing_that_comes_into_effect_as_another_is_set_holds_until_then() -> None:
    story = country()
    first = standing(story, 3)
    story.pass_time(first.effective_at - story.now - 1)
    card = story.emit(ScorecardPublished, agency=AGENCY, scorecard=digest("next"))
    assert card.at.timestamp == first.effective_at
    second = story.emit(
        StandingSet,
        department=HEALTH,
        standing=1,
        scorecard=digest("next"),
        effective_at=story.now + NOTICE_S,
        same_block=True,
    )
    health = fold(story.events).department("health")
    assert health.standing(story.now) == 3
    assert health.standings.pending(story.now) == (second.effective_at, 1)
    assert health.standings.pending(second.effective_at) is None


def test_a_group_may_be_entered_at_once_where_no_notice_is_asked_for_and_left_by_anybody() -> None:
    story = country()
    joined = group(story)
    alter_last(story, effective_at=joined.at.timestamp)
    assert fold(story.events).department("health").in_group(HOSPITALS, story.now)
    group(story, department=LABOUR, member=False)
    assert fold(story.events).department("labour").groups == {}


def test_an_auditor_is_one_until_its_removal_takes_effect_and_may_be_appointed_again() -> None:
    story = country()
    removed = remove_auditor(story)
    audit = fold(story.events).department("audit-office")
    assert audit.auditor(removed.effective_at - 1)
    assert not audit.auditor(removed.effective_at)
    story.pass_time(NOTICE_S)
    story.emit(AuditorAppointed, department=AUDIT)
    assert fold(story.events).department("audit-office").auditor(story.now)


def test_findings_are_the_agencys_and_the_auditors() -> None:
    story = country()
    find(story, AGENCY)
    find(story, AUDIT)
    state = fold(story.events)
    health = state.department("health")
    assert [found.finder for found in health.findings] == [AGENCY, AUDIT]
    assert health.findings[0].decision.code == REASON["reason_code"]
    assert state.department("audit-office").history[-1] is health.history[-1]


def test_an_auditor_may_still_find_until_its_removal_takes_effect() -> None:
    story = country()
    remove_auditor(story)
    find(story, AUDIT)
    assert fold(story.events).department("health").findings[0].finder == AUDIT


def test_the_admin_of_a_reset_may_act_once_it_is_in_effect() -> None:
    story = country()
    announced = reset(story)
    state = fold(story.events)
    health = state.department("health")
    assert state.accounts[NEW_ADMIN] == HEALTH
    assert health.capabilities(NEW_ADMIN, announced.effective_at - 1) == Capability(0)
    assert health.capabilities(NEW_ADMIN, announced.effective_at) == Capability.ADMIN
    assert health.pending_reset(announced.effective_at - 1) is health.resets[0]
    assert health.pending_reset(announced.effective_at) is None
    assert health.last_reset(announced.effective_at - 1) == 0
    assert health.last_reset(announced.effective_at) == announced.effective_at
    # Then the department may let go of the ADMIN that it lost, and be reset again.
    story.pass_time(NOTICE_S)
    story.emit(AccountRemoved, department=HEALTH, account=account(HEALTH, Capability.ADMIN))
    reset(story, admin=account(HEALTH, Capability.AGENT | Capability.OFFICER))
    assert len(fold(story.events).department("health").resets) == 2


def test_a_vetoed_reset_leaves_nothing_behind() -> None:
    story = country()
    suspend(story, HEALTH)
    announced = reset(story)
    vetoed = veto(story, account(HEALTH, Capability.OFFICER))
    state = fold(story.events)
    health = state.department("health")
    assert NEW_ADMIN not in state.accounts
    assert NEW_ADMIN not in health.accounts
    assert health.last_reset(announced.effective_at) == 0
    assert health.resets[0].vetoer == vetoed.vetoer
    reset(story)
    assert fold(story.events).department("health").pending_reset(story.now) is not None


def test_a_grant_does_not_hold_after_a_reset_until_its_owner_resumes_it() -> None:
    story, _, _ = shared()
    announced = reset(story)
    grant = fold(story.events).grant(1)
    assert grant.holds(announced.effective_at - 1)
    assert not grant.holds(announced.effective_at)
    assert grant.reset(announced.effective_at)


def test_the_agency_hands_over_after_notice() -> None:
    story = country()
    propose(story)
    assert fold(story.events).proposed_agency == LABOUR
    accepted = accept(story)
    state = fold(story.events)
    assert state.proposed_agency is None
    assert state.agency_at(accepted.effective_at - 1) == AGENCY
    assert state.agency_at(accepted.effective_at) == LABOUR
    story.pass_time(NOTICE_S)
    suspend(story, AGENCY)
    propose(story, HEALTH, agency=LABOUR)
    assert fold(story.events).department("agency").suspended


@pytest.mark.parametrize("successor", [0, HEALTH])
def test_a_handover_that_is_not_in_effect_is_taken_back(successor: int) -> None:
    story = country()
    propose(story)
    accepted = accept(story)
    propose(story, successor)
    state = fold(story.events)
    assert state.agency_at(accepted.effective_at) == AGENCY
    assert state.proposed_agency == (successor or None)


def test_there_is_no_agency_before_the_first_department() -> None:
    with pytest.raises(NotFound, match=r"^there is no agency$") as caught:
        LedgerState().agency_at(1)
    assert caught.value.hint == "look at a later block"


def test_a_retirement_may_be_replaced_until_it_is_in_effect() -> None:
    story = country()
    retire(story)
    last = retire(story, "another")
    state = fold(story.events)
    assert not state.retired(last.effective_at - 1)
    assert state.retired(last.effective_at)
    assert state.retirement is not None
    assert state.retirement.successor == digest("another")


def test_needs_and_deprecated_specifications_are_known() -> None:
    story = country()
    need(story)
    withdraw_need(story)
    need(story, 2)
    deprecate(story)
    state = fold(story.events)
    assert [each.withdrawn for each in state.needs.values()] == [True, False]
    assert state.specifications["employment"][1].deprecation is not None


# ------------------------------------------------------------------ what is refused
def admit_later(story: Story) -> None:
    story.emit(
        DepartmentAdmitted,
        department=5,
        code="energy",
        admin=account(5, Capability.ADMIN),
        card=digest("card"),
        effective_at=story.now + 2 * NOTICE_S,
    )


IMPOSSIBLE: Impossible = {
    "a return to a group at another time": (
        lambda s: (group(s), s.pass_time(9), group(s)),
        "health is in hospitals since another time",
    ),
    "a group without notice": (
        lambda s: (group(s), alter_last(s, effective_at=s.now - 1)),
        "it comes without notice",
    ),
    "a slow farewell to a group": (
        lambda s: (group(s, member=False), alter_last(s, effective_at=s.now + 1)),
        "a department leaves a group at once",
    ),
    "a standing without a scorecard": (
        lambda s: s.emit(
            StandingSet,
            department=HEALTH,
            standing=1,
            scorecard=digest("x"),
            effective_at=s.now + 9,
        ),
        "there is no scorecard",
    ),
    "a standing of another scorecard": (
        lambda s: (standing(s, 1), alter_last(s, scorecard=digest("x"))),
        "its scorecard wasn't published in its transaction",
    ),
    "a standing in another transaction": (
        lambda s: (
            standing(s, 1),
            s.emit(
                StandingSet,
                department=HEALTH,
                standing=1,
                scorecard=s.events[-1].scorecard,  # type: ignore[attr-defined]
                effective_at=s.now + 9,
            ),
        ),
        "its scorecard wasn't published in its transaction",
    ),
    "a standing at once": (
        lambda s: (standing(s, 1), alter_last(s, effective_at=s.now - 1)),
        "it takes effect before it was announced",
    ),
    "the removal of what is no auditor": (
        lambda s: remove_auditor(s, HEALTH),
        "health is no auditor, or not for long",
    ),
    "a removal twice": (
        lambda s: (remove_auditor(s), remove_auditor(s)),
        "audit-office is no auditor, or not for long",
    ),
    "an appointment during a removal": (
        lambda s: (remove_auditor(s), s.emit(AuditorAppointed, department=AUDIT)),
        "audit-office is an auditor already",
    ),
    "a finding by a member": (
        lambda s: find(s, LABOUR),
        "labour is neither the agency nor an auditor",
    ),
    "a finding by a former auditor": (
        lambda s: (remove_auditor(s), s.pass_time(NOTICE_S), find(s, AUDIT)),
        "audit-office is neither the agency nor an auditor",
    ),
    "a finding by a suspended auditor": (
        lambda s: (suspend(s, AUDIT), find(s, AUDIT)),
        "audit-office was not a member in good standing",
    ),
    "a reset of the agency": (
        lambda s: reset(s, AGENCY),
        "the agency, and the one to come, can't be suspended or reset",
    ),
    "a reset of the agency to come": (
        lambda s: (propose(s), accept(s), reset(s, LABOUR)),
        "the agency, and the one to come, can't be suspended or reset",
    ),
    "a suspension of the agency to come": (
        lambda s: (propose(s), accept(s), suspend(s, LABOUR)),
        "the agency, and the one to come, can't be suspended or reset",
    ),
    "a reset of a member to be": (
        lambda s: (admit_later(s), reset(s, 5)),
        "energy isn't a member yet",
    ),
    "a reset during another": (
        lambda s: (reset(s), reset(s, admin=account(99, Capability.ADMIN))),
        "another reset is pending",
    ),
    "a reset to another's account": (
        lambda s: reset(s, admin=account(LABOUR, Capability.ADMIN)),
        "account 0x0000000000000000000000000000000000000021 is taken",
    ),
    "a reset at once": (
        lambda s: (reset(s), alter_last(s, effective_at=s.now - 1)),
        "it takes effect before it was announced",
    ),
    "a veto of nothing": (
        lambda s: veto(s, account(HEALTH, Capability.OFFICER)),
        "no such reset is pending",
    ),
    "a veto that comes late": (
        lambda s: (
            reset(s),
            s.pass_time(NOTICE_S),
            veto(s, account(HEALTH, Capability.OFFICER)),
        ),
        "no such reset is pending",
    ),
    "a veto by the new ADMIN": (
        lambda s: (reset(s), veto(s, NEW_ADMIN)),
        "0x0000000000000000000000000000000000000034 isn't its account",
    ),
    "a veto by another department": (
        lambda s: (reset(s), veto(s, account(LABOUR, Capability.ADMIN))),
        "0x0000000000000000000000000000000000000021 isn't its account",
    ),
    "removing the ADMIN of a pending reset": (
        lambda s: (reset(s), s.emit(AccountRemoved, department=HEALTH, account=NEW_ADMIN)),
        "0x0000000000000000000000000000000000000034 is the ADMIN of a reset that is pending",
    ),
    "removing the last ADMIN while a reset is pending": (
        lambda s: (
            reset(s),
            s.emit(AccountRemoved, department=HEALTH, account=account(HEALTH, Capability.ADMIN)),
        ),
        "it leaves no ADMIN",
    ),
    "an account that a suspended department adds": (
        lambda s: (suspend(s, HEALTH), s.add_account(HEALTH, Capability.AGENT)),
        "health was not a member in good standing",
    ),
    "a proposal by another": (
        lambda s: propose(s, HEALTH, agency=LABOUR),
        "labour isn't the agency",
    ),
    "a proposal of itself": (lambda s: propose(s, AGENCY), "agency is the agency"),
    "a proposal of a suspended member": (
        lambda s: (suspend(s, LABOUR), propose(s)),
        "labour was not a member in good standing",
    ),
    "a handover that nobody proposed": (lambda s: accept(s), "labour isn't proposed as the agency"),
    "a handover to another than proposed": (
        lambda s: (propose(s), accept(s, HEALTH)),
        "health isn't proposed as the agency",
    ),
    "a handover accepted twice": (
        lambda s: (propose(s), accept(s), accept(s)),
        "labour isn't proposed as the agency",
    ),
    "a handover to a department that is being reset": (
        lambda s: (propose(s, HEALTH), reset(s), accept(s, HEALTH)),
        "a reset of the successor is pending",
    ),
    "a specification by the former agency": (
        lambda s: (
            handed_over(s),
            s.emit(
                SpecificationPublished,
                agency=AGENCY,
                name="employment",
                specification_version=2,
                specification=digest("x"),
            ),
        ),
        "agency isn't the agency",
    ),
    "a retirement by another": (lambda s: retire(s, agency=LABOUR), "labour isn't the agency"),
    "a retirement after the retirement": (
        lambda s: (retire(s), s.pass_time(NOTICE_S), retire(s)),
        "the deployment is retired already",
    ),
    "an admission after the retirement": (
        lambda s: (
            retire(s),
            s.pass_time(NOTICE_S),
            admit_later(s),
        ),
        "the deployment is retired",
    ),
    "a request after the retirement": (
        lambda s: (retire(s), s.pass_time(NOTICE_S), s.request(EMPLOYMENT)),
        "the deployment is retired",
    ),
    "a document after the retirement": (
        lambda s: (retire(s), s.pass_time(NOTICE_S), s.send(LABOUR, HEALTH)),
        "the deployment is retired",
    ),
    "a need out of sequence": (lambda s: need(s, 2), "the number isn't the next one"),
    "the withdrawal of an unknown need": (lambda s: withdraw_need(s), "there is no need 1"),
    "the withdrawal of another's need": (
        lambda s: (need(s), withdraw_need(s, department=LABOUR)),
        "need 1 isn't labour's",
    ),
    "the withdrawal of a need twice": (
        lambda s: (need(s), withdraw_need(s), withdraw_need(s)),
        "need 1 is withdrawn",
    ),
    "the deprecation of an unknown version": (
        lambda s: deprecate(s, specification_version=2),
        "there is no version of the specification employment with number 2",
    ),
    "a deprecation by another": (lambda s: deprecate(s, agency=LABOUR), "labour isn't the agency"),
    "a deprecation twice": (lambda s: (deprecate(s), deprecate(s)), "it is deprecated already"),
    "a needless reinstatement after a reset": (
        lambda s: (reset(s), s.emit(DepartmentReinstated, department=HEALTH, **REASON)),
        "health isn't suspended",
    ),
}


@each_of(IMPOSSIBLE)
def test_what_the_contracts_cannot_emit_is_refused(alter: Alter, said: str) -> None:
    check_refused(alter, said)


def test_what_was_opened_is_not_released_after_the_retirement() -> None:
    def alter(story: Story) -> None:
        request = story.request(EMPLOYMENT)
        story.activate(request)
        opened = story.open(request)
        retire(story)
        story.pass_time(NOTICE_S)
        story.release(opened)

    check_refused(alter, "the deployment is retired")


def test_what_was_received_is_acknowledged_after_the_retirement() -> None:
    story, _, released = shared()
    retire(story)
    story.pass_time(NOTICE_S)
    story.acknowledge(released)
    assert fold(story.events).transfer(1).acknowledged_at == story.now
