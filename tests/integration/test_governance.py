"""What the agency and the departments do to govern the ledger, on a real one."""

from __future__ import annotations

from contextlib import suppress

import pytest

from ledger.client import Ledger
from ledger.codes import Purpose, ReasonCode
from ledger.deployment import Deployment
from ledger.errors import ContractError, InputError, NotFound
from ledger.events import Capability
from ledger.identifiers import parse_address
from ledger.models import Finding, Scorecard
from ledger.tableschema import parse_table_schema
from ledger.testing import World

pytestmark = pytest.mark.integration

DAY_S = 86_400


@pytest.fixture
def agency(ledger_world: World) -> Ledger:
    """The agency."""
    return ledger_world.department("agency")


def kinds(ledger: Ledger) -> list[str]:
    return [item.kind for item in ledger.inbox()]


def test_groups_and_auditors_change_by_notice(ledger_world: World, agency: Ledger) -> None:
    health = ledger_world.department("health")
    joined = agency.agency.set_group_member("hospitals", "health", member=True)
    assert joined.effective_at > health.session.chain.head().timestamp
    # Naming it again keeps its time.
    again = agency.agency.set_group_member("hospitals", "health", member=True)
    assert again.effective_at == joined.effective_at
    assert not health.session.me().in_group("hospitals", joined.effective_at - 1)
    assert health.session.me().in_group("hospitals", joined.effective_at)
    agency.agency.set_group_member("hospitals", "health", member=False)
    assert not health.session.me().groups
    before = agency.state().last
    with pytest.raises(InputError, match="health is not in the group hospitals"):
        agency.agency.set_group_member("hospitals", "health", member=False)
    assert agency.state().last == before
    with pytest.raises(InputError, match="is not a code"):
        agency.agency.set_group_member("All hospitals", "health", member=True)
    with pytest.raises(ContractError) as refused:
        health.agency.set_group_member("hospitals", "health", member=True)
    assert refused.value.name == "AgencyOnly"

    agency.agency.appoint_auditor("health")
    ending = agency.agency.remove_auditor(
        "health", reason=ReasonCode.TERM_ENDED, text="Four years are over."
    )
    assert health.session.me().auditor(ending.effective_at - 1)
    assert not health.session.me().auditor(ending.effective_at)
    with pytest.raises(ContractError) as refused:
        agency.agency.remove_auditor("health", reason=ReasonCode.TERM_ENDED, text="Again.")
    assert refused.value.name == "NotAnAuditor"


def test_a_finding_is_read_by_all_and_its_grounds_by_whom_it_is_about(
    ledger_world: World, agency: Ledger
) -> None:
    health, labour = ledger_world.department("health"), ledger_world.department("labour")
    with pytest.raises(ContractError) as refused:
        labour.findings.publish("health", reason=ReasonCode.POOR_QUALITY, text="We say so.")
    assert refused.value.name == "AuditorOnly"
    agency.findings.publish(
        "health", reason=ReasonCode.DEADLINES_MISSED, text="Two of three.", grounds="The first two."
    )
    (found,) = labour.findings.about("health")
    assert (found.finder, found.reason_code) == ("agency", ReasonCode.DEADLINES_MISSED)
    assert found.record is not None
    assert found.record.text == "Two of three."
    assert health.findings.sealed("health", 1) == {"grounds": "The first two."}
    with pytest.raises(NotFound, match="no annex that is sealed to a key of labour"):
        labour.findings.sealed("health", 1)
    with pytest.raises(NotFound, match="there is no finding 2 about health; there is 1"):
        labour.findings.show("health", 2)
    (item,) = health.inbox()
    assert (item.kind, item.command) == ("finding", "ledger department finding health 1")
    assert kinds(labour) == []
    with pytest.raises(NotFound, match="no request 9"):
        agency.findings.publish("health", reason=ReasonCode.OTHER, text="Look.", grants=[9])


def test_a_finding_whose_record_speaks_for_another_shows_no_text(
    ledger_world: World, agency: Ledger
) -> None:
    session = agency.session
    forged = Finding(
        department="labour", finder="agency", code=ReasonCode.GOOD_PRACTICE, text="The best."
    )
    call = (int(ReasonCode.GOOD_PRACTICE), session.publish_record(forged))
    health = ledger_world.department("health")
    session.decide("forged", "DepartmentRegistry", "publishFinding", health.session.me().id, call)
    assert health.findings.show("health", 1).record is None


def test_a_reset_is_vetoed_by_any_account_or_takes_effect(
    ledger_world: World, agency: Ledger
) -> None:
    health = ledger_world.department("health")
    with pytest.raises(NotFound, match="no reset of health's ADMIN is pending"):
        health.department.veto_reset()
    why = {"reason": ReasonCode.ACCOUNTS_LOST, "text": "Their safe burnt."}
    # The notice period is 5 s here: on a slow machine a veto may come too late.
    for number in range(1, 20):
        admin = parse_address(f"0x{number:040x}")
        announced = agency.agency.reset("health", admin, **why)
        assert health.session.me().resets[-1].effective_at == announced.effective_at
        with suppress(ContractError):
            health.department.veto_reset()
            break
    assert admin not in health.session.me().accounts
    with pytest.raises(NotFound, match="no reset"):
        health.department.veto_reset()

    admin = parse_address(f"0x{77:040x}")
    last = agency.agency.reset("health", admin, **why)
    ledger_world.advance(60)
    me = health.session.me()
    held = me.capabilities(admin, last.effective_at)
    assert held is Capability.ADMIN
    assert me.last_reset(last.effective_at) == last.effective_at
    with pytest.raises(ContractError) as refused:
        health.department.veto_reset()
    assert refused.value.name == "ResetNotPending"


def test_the_agency_hands_over_in_two_steps(ledger_world: World, agency: Ledger) -> None:
    health, labour = ledger_world.department("health"), ledger_world.department("labour")
    with pytest.raises(ContractError) as refused:
        health.agency.accept_handover()
    assert refused.value.name == "HandoverNotProposed"
    agency.agency.propose_handover("labour")
    assert kinds(labour) == ["handover"]
    agency.agency.cancel_handover()
    assert kinds(labour) == []
    before = agency.state().last
    with pytest.raises(NotFound, match="no handover is proposed or announced"):
        agency.agency.cancel_handover()
    assert agency.state().last == before
    agency.agency.propose_handover("health")
    health.agency.accept_handover()
    # Accepted, and not in effect yet.
    agency.agency.cancel_handover()
    agency.agency.propose_handover("health")
    accepted = health.agency.accept_handover()
    state = agency.state()
    assert state.agency_at(accepted.effective_at - 1) == agency.session.me().id
    assert state.agency_at(accepted.effective_at) == health.session.me().id
    ledger_world.advance(60)
    health.agency.set_group_member("hospitals", "labour", member=True)
    with pytest.raises(ContractError) as refused:
        agency.agency.set_group_member("hospitals", "labour", member=False)
    assert refused.value.name == "AgencyOnly"


def test_a_retired_ledger_names_its_successor(ledger_world: World, agency: Ledger) -> None:
    health = ledger_world.department("health")
    present = Deployment.from_bytes(ledger_world.testnet.deployment.read_bytes())
    with pytest.raises(InputError, match="predecessor is none, expected this ledger's"):
        agency.agency.retire(present)
    successor = present.model_copy(
        update={"first_block": present.first_block + 1, "predecessor": present.digest}
    )
    retired = agency.agency.retire(successor)
    assert health.state().retired(retired.effective_at)
    assert not health.state().retired(retired.effective_at - 1)
    assert kinds(health) == ["retirement"]
    ledger_world.advance(60)
    found = health.state().retirement
    assert found is not None
    stored = Deployment.from_first_part(health.session.ipfs.get_block(found.successor))
    stored.require_succeeds(health.session.chain.deployment.digest, successor=found.successor)
    with pytest.raises(ContractError) as refused:
        agency.agency.admit("forestry", f"0x{9:040x}", name="Forestry")
    assert refused.value.name == "DeploymentIsRetired"
    # What closes still works.
    agency.findings.publish("health", reason=ReasonCode.GOOD_PRACTICE, text="Thank you.")


def test_needs_and_deprecated_specifications(ledger_world: World, agency: Ledger) -> None:
    health, labour = ledger_world.department("health"), ledger_world.department("labour")
    need = health.needs.publish(
        title="Vacancies", description="By month.", purpose=Purpose.PLANNING, holder="labour"
    ).need
    (view,) = labour.needs.list()
    assert (view.need.id, view.department) == (need, "health")
    assert view.record is not None
    assert (view.record.title, view.record.holder) == ("Vacancies", "labour")
    with pytest.raises(ContractError) as refused:
        labour.needs.withdraw(need, reason=ReasonCode.NEED_MET, text="We have it.")
    assert refused.value.name == "NotTheNeedsDepartment"
    health.needs.withdraw(need, reason=ReasonCode.NEED_MET, text="labour/vacancies has it.")
    assert labour.needs.list() == []
    assert [one.need.withdrawn for one in labour.needs.list(every=True)] == [True]
    # A copied record speaks for whom it names, not for the copier.
    copied = view.need.description
    labour.session.decide("copied", "DatasetRegistry", "publishNeed", copied)
    assert [one.record for one in health.needs.list()] == [None]

    # Nobody could consent to a file's release.
    labour.datasets.register("posts", title="Posts", description="All.")
    for consenting in (
        lambda: labour.datasets.edit("labour/posts", consent_needed=True),
        lambda: labour.datasets.register("p", title="P", description="P.", consent_needed=True),
    ):
        with pytest.raises(InputError, match="only a service"):
            consenting()

    schema = parse_table_schema(b'{"fields": [{"name": "year", "type": "year"}]}')
    agency.specs.publish("vacancies", schema, title="Vacancies")
    with pytest.raises(InputError, match="names no version"):
        agency.specs.deprecate("vacancies", reason=ReasonCode.FLAWED, text="Wrong.")
    agency.specs.deprecate("vacancies@1", reason=ReasonCode.FLAWED, text="It lacks the month.")
    assert health.specs.deprecated("vacancies", 1)
    with pytest.raises(ContractError) as refused:
        agency.specs.deprecate("vacancies@1", reason=ReasonCode.FLAWED, text="Again.")
    assert refused.value.name == "SpecificationIsDeprecated"


def test_a_scorecard_sets_more_standings_than_one_call_may(
    ledger_world: World, agency: Ledger
) -> None:
    state, session = agency.state(), agency.session
    for number in range(len(state.departments), 9):
        agency.agency.admit(f"town-{number}", f"0x{number + 1:040x}", name="A town")
    ledger_world.advance(60)
    standings = {one.code: 2 for one in agency.state().departments.values()}
    assert len(standings) == 9
    assert session.chain.read("DepartmentRegistry", "MAX_STANDINGS") == 8
    period = {"since": 1, "until": session.chain.head().timestamp}
    with pytest.raises(InputError, match="the period is not over"):
        agency.scorecards.publish(
            since=1, until=period["until"] + 3600, method="All 2.", standings=standings
        )
    with pytest.raises(InputError, match="the standing of health is 256"):
        agency.scorecards.publish(**period, method="All 256.", standings={"health": 256})
    done = agency.scorecards.publish(**period, method="All 2.", standings=standings)
    assert done.standings == 9
    state = agency.state()
    assert [card.scorecard for card in state.scorecards] == [done.scorecard] * 2
    ledger_world.advance(60)
    head = session.chain.head().timestamp
    assert {one.standing(head) for one in state.departments.values()} == {2}
    card = session.fetch_record(Scorecard, done.scorecard)
    card.require_match(agency="agency")
    card.require_standing(department="health", standing=2)
