"""A requester who says one thing in the record and another in the call, or says nothing at all."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.codes import Purpose
from ledger.events import GrantState
from tests.attacks.modified import DAY_S, act, ask, hostile_records, terms
from tests.country import Country

pytestmark = pytest.mark.integration


def refused_with(country: Country, grant: int, *words: str) -> None:
    """Approving is refused with exit code 4, nothing changes, and refusing stays possible."""
    ran = country.ledger(f"request approve {grant}", as_="labour")
    assert (ran.code, ran.out) == (4, ""), ran
    assert len(ran.err.splitlines()) <= 2
    assert all(word in ran.err for word in words), ran.err
    assert country.state().grant(grant).state is GrantState.REQUESTED
    ran = country.ledger(
        f"request refuse {grant} --reason record-unavailable --text 'Terms that contradict.'",
        as_="labour",
    )
    assert ran.code == 0, ran
    assert country.state().grant(grant).state is GrantState.REFUSED


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ({"dataset": "transport/airports"}, "dataset is transport/airports in the record"),
        ({"requester": "statistics"}, "requester is statistics in the record"),
        ({"purpose": Purpose.STATISTICS}, "purpose is 1 in the record, 5 on the chain"),
        ({"fields": ("month",)}, "allFields is False in the record, True on the chain"),
        ({"onward_use": True}, "onwardUse is True in the record, False on the chain"),
        ({"valid_until": 2_000_000_000}, "validUntil is 2000000000 in the record"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_terms_that_contradict_the_call_are_never_approved(
    country: Country, said: dict[str, Any], word: str
) -> None:
    health = country.world.department("health")
    until = health.session.now() + 30 * DAY_S
    record = terms(health, **{"valid_until": until, **said}).to_bytes()
    grant = ask(health, record, valid_until=until)
    assert word in country.ledger(f"request show {grant}", as_="labour").err
    refused_with(country, grant, "terms and chain differ", word)
    ran = country.ledger("audit verify --json", as_="audit-office")
    assert ran.code == 4
    assert f"terms of request {grant}" in ran.out
    assert word in ran.out


def test_terms_that_nobody_has_are_never_approved(country: Country) -> None:
    grant = ask(country.world.department("health"), None)
    assert f"request show {grant}" in country.ledger("inbox --json", as_="labour").out
    refused_with(country, grant, "does not have it")
    ran = country.ledger("audit verify", as_="audit-office")
    assert ran.code == 4
    assert f"terms of request {grant}" in ran.out
    assert "no node has it" in ran.out


def test_terms_that_are_no_record_are_never_approved(country: Country) -> None:
    for what, record in hostile_records():
        grant = ask(country.world.department("health"), record)
        ran = country.ledger(f"request show {grant}", as_="labour")
        assert ran.code == 4, what
        assert "\x1b" not in ran.err, what
        refused_with(country, grant)
    access = "access check labour/employment --purpose planning --as health"
    for line in ("inbox", "request list", "grant list", access):
        assert country.ledger(line, as_="labour").code == 0


def test_terms_for_all_fields_do_not_pass_in_a_request_for_some(country: Country) -> None:
    health = country.world.department("health")
    grant = ask(health, terms(health).to_bytes(), all_fields=False)
    refused_with(country, grant, "allFields is True in the record, False on the chain")


def test_somebody_elses_terms_cannot_be_used_again(country: Country) -> None:
    digest = country.state().grant(2).terms
    health = country.world.department("health")
    original = country.state().grant(2)
    dataset = country.state().dataset("labour/employment").id
    said = (original.terms, original.purpose, True, original.onward_use, original.valid_until)
    act(health, "officer", "AccessGrants", "request", dataset, said)
    grant = max(country.state().grants)
    assert country.state().grant(grant).terms == digest
    refused_with(country, grant, "requester is statistics in the record, health on the chain")
