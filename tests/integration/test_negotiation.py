"""What becomes of a request that gets no plain yes, on a real ledger: every way to a decision."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.client import Ledger
from ledger.codes import Purpose, ReasonCode
from ledger.errors import ContractError, InputError, RecordError, RefusedError
from ledger.events import GrantBasis, GrantState, RefusalCause, SharingClass
from ledger.tableschema import parse_table_schema
from ledger.testing import World

pytestmark = pytest.mark.integration

DAY_S = 86_400
DATASET = "labour/employment"
SCHEMA = b"""{"fields": [{"name": "year", "type": "year"}, {"name": "value", "type": "integer"}]}"""
ASKED: dict[str, Any] = {
    "purpose": Purpose.PLANNING,
    "purpose_text": "Staff for clinics.",
    "legal_basis": "Health Act, section 21",
    "retention_days": 90,
    "security_measures": "Encrypted at rest.",
    "valid_days": 300,
}


@pytest.fixture
def owner(ledger_world: World) -> Ledger:
    """Labour, with a dataset that follows a specification."""
    ledger_world.department("agency").specs.publish(
        "employment", parse_table_schema(SCHEMA), title="Employment"
    )
    labour = ledger_world.department("labour")
    labour.datasets.register(
        "employment", title="Employment", description="By year.", specification="employment"
    )
    return labour


@pytest.fixture
def asker(ledger_world: World) -> Ledger:
    """Health, which asks."""
    return ledger_world.department("health")


def ask(asker: Ledger, **changes: Any) -> int:
    """Request the dataset; the request's number."""
    return asker.requests.create(DATASET, **ASKED | changes).grant


def state_of(ledger: Ledger, number: int) -> GrantState:
    return ledger.requests.show(number).state


def test_single_fields_are_asked_for_by_their_names(owner: Ledger, asker: Ledger) -> None:
    number = ask(asker, fields=["year"])
    assert owner.requests.terms(number).fields == ("year",)
    assert not owner.requests.show(number).all_fields
    with pytest.raises(InputError, match="no column 'wage'; its columns are year, value"):
        ask(asker, fields=["wage"])


def test_a_counter_is_accepted_as_it_was_made(owner: Ledger, asker: Ledger) -> None:
    number = ask(asker, onward_use=True, contact="desk 7")
    owner.requests.counter(number, onward_use=False, fields=["year"], valid_days=30)
    assert [item.kind for item in asker.inbox()] == ["counter"]

    terms = asker.requests.counter_terms(number)
    assert (terms.fields, terms.onward_use, terms.counter_by) == (("year",), False, "labour")
    assert terms.legal_basis == ASKED["legal_basis"]
    asker.requests.accept(number)

    grant = owner.requests.show(number)
    assert (grant.state, grant.basis) == (GrantState.ACTIVE, GrantBasis.COUNTER)
    assert owner.requests.terms(number) == terms


def test_a_counter_lapses_and_can_be_escalated(
    ledger_world: World, owner: Ledger, asker: Ledger
) -> None:
    number = ask(asker)
    owner.requests.counter(number, retention_days=1)
    ledger_world.advance(40 * DAY_S)
    with pytest.raises(ContractError) as refused:
        asker.requests.accept(number)
    assert refused.value.name == "CounterHasLapsed"
    asker.requests.escalate(number, reason=ReasonCode.GROUNDS_CONTESTED, text="Too short to use.")
    assert [item.kind for item in ledger_world.department("agency").inbox()] == ["escalation"]


def test_a_returned_request_is_completed_and_keeps_what_was_sealed(
    owner: Ledger, asker: Ledger
) -> None:
    number = ask(asker, contact="desk 7")
    owner.requests.return_for_completion(number, reason=ReasonCode.INCOMPLETE, text="Which years?")
    asker.requests.resubmit(number, purpose_text="Staff for clinics, 2020 on.", case="A 17")
    assert owner.requests.terms(number).purpose_text == "Staff for clinics, 2020 on."
    assert owner.requests.sealed(number) == {"contact": "desk 7", "case": "A 17"}
    assert owner.requests.approve(number).granted


def test_an_order_is_complied_with_and_binds_the_owner(
    ledger_world: World, owner: Ledger, asker: Ledger
) -> None:
    agency = ledger_world.department("agency")
    number = ask(asker)
    with pytest.raises(ContractError) as early:
        asker.requests.escalate(number, reason=ReasonCode.NO_RESPONSE, text="Late.")
    assert early.value.name == "ResponseNotYetDue"
    owner.requests.refuse(number, reason=ReasonCode.EXCESSIVE, text="Too much.")
    asker.requests.escalate(
        number, reason=ReasonCode.GROUNDS_CONTESTED, text="Section 21 asks for it.", grounds="Case."
    )
    ruled = agency.agency.rule(number, order=True, reason=ReasonCode.UNFOUNDED, text="It does.")
    assert ruled.effective_at is not None
    assert ruled.comply_by is not None
    assert ruled.effective_at < ruled.comply_by
    assert state_of(asker, number) is GrantState.ORDERED
    assert [item.kind for item in owner.inbox()] == ["order"]

    assert owner.requests.comply(number).granted
    with pytest.raises(ContractError):
        owner.grants.revoke(number, reason=ReasonCode.OTHER, text="We won't.")
    agency.grants.revoke(number, reason=ReasonCode.MISUSE, text="Passed on.")
    assert state_of(asker, number) is GrantState.REVOKED


def test_an_upheld_refusal_ends_it(ledger_world: World, owner: Ledger, asker: Ledger) -> None:
    number = ask(asker)
    owner.requests.refuse(number, reason=ReasonCode.NO_LEGAL_BASIS, text="Not by section 21.")
    asker.requests.escalate(number, reason=ReasonCode.GROUNDS_CONTESTED, text="By section 22.")
    ruled = ledger_world.department("agency").agency.rule(
        number, order=False, reason=ReasonCode.WELL_FOUNDED, text="Neither."
    )
    assert ruled.comply_by is None
    assert state_of(asker, number) is GrantState.UPHELD


def test_an_offer_grants_at_once_what_it_covers_and_nothing_more(
    ledger_world: World, owner: Ledger, asker: Ledger
) -> None:
    offered = owner.offers.publish(
        DATASET,
        longest_days=400,
        valid_days=100,
        retention_days=90,
        security_measures=ASKED["security_measures"],
        purpose=Purpose.PLANNING,
        fields=["year"],
    )
    assert asker.check_access(DATASET, Purpose.PLANNING).verdict == "granted at once"
    for beyond in ({"retention_days": 91}, {"fields": ["value"]}, {"fields": None}):
        with pytest.raises(RefusedError, match=f"offer {offered.offer} doesn't cover"):
            ask(asker, **{"fields": ["year"], "offer": offered.offer} | beyond)

    granted = ask(asker, fields=["year"])
    grant = owner.requests.show(granted)
    assert (grant.state, grant.offer) == (GrantState.ACTIVE, offered.offer)
    # Beyond the offer, the owner is asked.
    assert state_of(owner, ask(asker, purpose=Purpose.RESEARCH)) is GrantState.REQUESTED

    owner.offers.retire(offered.offer, reason=ReasonCode.SUPERSEDED, text="Another one.")
    assert asker.check_access(DATASET, Purpose.PLANNING).verdict != "granted at once"
    assert state_of(owner, granted) is GrantState.ACTIVE


def test_a_grant_is_extended_once_by_each_command(owner: Ledger, asker: Ledger) -> None:
    number = ask(asker)
    owner.requests.approve(number)
    before = owner.grants.show(number).valid_until
    assert owner.grants.extend(number, days=10).valid_until == before + 10 * DAY_S
    assert owner.grants.show(number).valid_until == before + 10 * DAY_S
    # An extension changes no terms: their record still says what was asked for.
    assert owner.requests.terms(number).valid_until == before
    with pytest.raises(InputError, match="either"):
        owner.grants.extend(number)


def test_terms_that_say_otherwise_than_the_chain_are_not_accepted(
    owner: Ledger, asker: Ledger
) -> None:
    number = ask(asker)
    session = owner.session
    terms = owner.requests.terms(number).model_copy(update={"counter_by": "labour"})
    digest = session.publish_record(terms)
    # The record says that nothing may go on, the call says that it may.
    call = (digest, int(terms.purpose), True, True, terms.valid_until)
    session.decide("forged counter", "AccessGrants", "counter", number, call)
    with pytest.raises(RecordError, match="onwardUse"):
        asker.requests.accept(number)


def test_open_datasets_need_no_offer(ledger_world: World, asker: Ledger) -> None:
    labour = ledger_world.department("labour")
    labour.datasets.register("map", title="Map", description="Open.", sharing=SharingClass.OPEN)
    made = asker.requests.create("labour/map", **ASKED)
    assert made.state == "active"
    assert asker.grants.show(made.grant).refusal_cause(asker.session.now()) is RefusalCause.NONE


def test_only_so_many_requests_wait_for_one_owner(owner: Ledger, asker: Ledger) -> None:
    for days in range(1, 9):
        ask(asker, retention_days=days)
    with pytest.raises(ContractError) as refused:
        ask(asker, retention_days=9)
    assert refused.value.name == "TooManyUnanswered"
    assert asker.check_access(DATASET, Purpose.PLANNING).verdict == "refused"
    owner.requests.refuse(1, reason=ReasonCode.OTHER, text="No.")
    ask(asker, retention_days=9)
