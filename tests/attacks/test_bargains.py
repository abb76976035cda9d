"""Whoever bargains dishonestly: swapped counters, floods of requests, races for a version."""

from __future__ import annotations

import pytest

from ledger.client import Ledger
from ledger.codes import Purpose, ReasonCode
from ledger.errors import ContractError, RecordError
from ledger.events import GrantState
from ledger.records import digest
from tests.attacks.modified import act, put, terms
from tests.country import Country

pytestmark = pytest.mark.integration

DIGEST = b"\x22" * 32


@pytest.fixture
def labour(country: Country) -> Ledger:
    return country.world.department("labour")


@pytest.fixture
def health(country: Country) -> Ledger:
    return country.world.department("health")


def counter(owner: Ledger, requester: Ledger, *, said: bool, meant: bool) -> bytes:
    """Counter request 3 by a record that says one thing of onward use, and a call the other."""
    record = terms(requester, onward_use=said).to_bytes()
    put(owner, record)
    valid_until = owner.session.now() + 30 * 86_400
    call = (digest(record), int(Purpose.PLANNING), True, meant, valid_until)
    act(owner, "officer", "AccessGrants", "counter", 3, call)
    return digest(record)


def test_a_counter_is_accepted_by_its_digest_and_no_other(
    country: Country, labour: Ledger, health: Ledger
) -> None:
    """What was asked for, and what was countered before, can't be had by `accept`."""
    asked = country.state().grant(3).terms
    labour.requests.counter(3, valid_days=30)
    for wrong in (asked, DIGEST):
        with pytest.raises(ContractError) as error:
            act(health, "officer", "AccessGrants", "accept", 3, wrong)
        assert error.value.name == "TermsMismatch"
    assert country.state().grant(3).state is GrantState.COUNTERED


def test_a_counter_whose_record_says_otherwise_than_its_call_is_not_accepted(
    country: Country, labour: Ledger, health: Ledger
) -> None:
    counter(labour, health, said=True, meant=False)
    with pytest.raises(RecordError):
        health.requests.accept(3)
    ran = country.ledger("request accept 3 --yes", as_="health")
    assert (ran.code, ran.out) == (4, "")
    assert country.state().grant(3).state is GrantState.COUNTERED


def test_a_flood_of_requests_ends_at_eight_and_hurts_nobody_else(
    country: Country, labour: Ledger
) -> None:
    interior, dataset = country.world.department("interior"), country.state().dataset
    of = dataset("labour/employment").id
    until = interior.session.now() + 86_400
    for _ in range(8):
        act(interior, "officer", "AccessGrants", "request", of, (DIGEST, 5, True, False, until))
    with pytest.raises(ContractError) as error:
        act(interior, "officer", "AccessGrants", "request", of, (DIGEST, 5, True, False, until))
    assert error.value.name == "TooManyUnanswered"
    ran = country.ledger(
        "request create labour/employment --purpose planning --why w --legal-basis l "
        "--valid-days 9 --retention-days 9 --security s",
        as_="energy",
    )
    assert ran.code == 0, ran
    # One that is answered makes room for one.
    labour.requests.refuse(
        max(
            n for n, g in country.state().grants.items() if g.requester == interior.session.me().id
        ),
        reason=ReasonCode.EXCESSIVE,
        text="Nine are enough.",
    )
    act(interior, "officer", "AccessGrants", "request", of, (DIGEST, 5, True, False, until))


def test_two_officers_who_publish_at_once_do_not_overwrite_each_other(
    country: Country, labour: Ledger
) -> None:
    """Each names the number that it expects: the second learns that it is taken."""
    of = country.state().dataset("labour/employment").id
    act(labour, "officer", "DatasetRegistry", "publishVersion", of, 2, DIGEST)
    with pytest.raises(ContractError) as error:
        act(labour, "officer", "DatasetRegistry", "publishVersion", of, 2, digest(DIGEST))
    assert error.value.name == "VersionUnexpected"
    assert country.state().dataset("labour/employment").version(2).manifest == DIGEST


def test_an_offer_is_not_stretched_by_who_asks_under_it(country: Country, labour: Ledger) -> None:
    """Other purposes, onward use, and longer than it allows: the contract compares."""
    of = country.state().dataset("labour/employment").id
    now = labour.session.now()
    offered = (DIGEST, bytes(32), int(Purpose.PLANNING), 0, True, False, now + 90 * 86_400, 86_400)
    act(labour, "officer", "AccessGrants", "publishOffer", of, offered)
    interior = country.world.department("interior")
    for purpose, onward, until in (
        (Purpose.RESEARCH, False, now + 3600),
        (Purpose.PLANNING, True, now + 3600),
        (Purpose.PLANNING, False, now + 80 * 86_400),
    ):
        call = (DIGEST, int(purpose), True, onward, until)
        with pytest.raises(ContractError) as error:
            act(interior, "officer", "AccessGrants", "requestUnderOffer", 1, call)
        assert error.value.name == "OfferDoesNotFit"
    fits = (DIGEST, int(Purpose.PLANNING), True, False, now + 3600)
    act(interior, "officer", "AccessGrants", "requestUnderOffer", 1, fits)
    assert country.state().grant(max(country.state().grants)).state is GrantState.ACTIVE
