"""What a home refuses, and why, before anything of it reaches the chain."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.client import Ledger
from ledger.codes import Purpose, ReasonCode
from ledger.errors import (
    InputError,
    LedgerError,
    NotFound,
    RecordError,
    RefusedError,
)
from ledger.events import SharingClass
from tests.unit.office import Office, Scene, two_homes
from tests.unit.story import (
    START,
    account,
)

ADDRESS = account(77, 1)
ASKED: dict[str, Any] = {
    "purpose": Purpose.PLANNING,
    "purpose_text": "Staff for clinics.",
    "legal_basis": "Health Act, section 21",
    "retention_days": 90,
    "security_measures": "Encrypted at rest.",
}
OFFERED: dict[str, Any] = {
    "longest_days": 30,
    "valid_days": 30,
    "retention_days": 90,
    "security_measures": "Encrypted at rest.",
}


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with two_homes(tmp_path) as made:
        yield made


Verb = Callable[[Ledger, Path], object]
OF_LABOUR: list[tuple[str, Verb, type[LedgerError], str]] = [
    (
        "a department under one that is none",
        lambda it, _: it.agency.admit("clinics", ADDRESS, name="Clinics", parent="helth"),
        NotFound,
        "helth",
    ),
    (
        "an account that may do nothing",
        lambda it, _: it.department.add_account(ADDRESS, []),
        InputError,
        "needs a capability",
    ),
    (
        "a closed dataset without its reason",
        lambda it, _: it.datasets.register(
            "secrets", title="Secrets", description="All.", sharing=SharingClass.CLOSED
        ),
        InputError,
        "with the legal reason",
    ),
    (
        "closing a dataset without its reason",
        lambda it, _: it.datasets.edit("labour/employment", sharing=SharingClass.CLOSED),
        InputError,
        "with the legal reason",
    ),
    (
        "a service that follows no table",
        lambda it, _: it.datasets.edit("labour/lookup", specification="leaflet"),
        InputError,
        "answers are tables that follow",
    ),
    (
        "a version of a service",
        lambda it, file: it.datasets.publish("labour/lookup", file),
        InputError,
        "answers queries and has no versions",
    ),
    (
        "a withdrawn version in place of one",
        lambda it, _: it.datasets.recall(
            "labour/employment@1", reason=ReasonCode.CORRECTION, text="Wrong.", replaced_by=2
        ),
        InputError,
        "labour/employment@2 is withdrawn",
    ),
    ("a delivery for a document", lambda it, _: it.documents.show(1), NotFound, "no document"),
    (
        "a delivery in place of a document",
        lambda it, file: it.documents.send("health", file, title="Jobs", again=1),
        InputError,
        "transfer 1 is no document from labour to health",
    ),
    (
        "a document to one without a key",
        lambda it, file: it.documents.send("department-5", file, title="Jobs"),
        RefusedError,
        "department-5 has no encryption key to send a document to",
    ),
    ("a need that nobody published", lambda it, _: it.needs.show(9), NotFound, "no need 9"),
    ("an offer that nobody made", lambda it, _: it.offers.show(9), NotFound, "no offer 9"),
    (
        "an offer of no days",
        lambda it, _: it.offers.publish("labour/employment", **OFFERED | {"longest_days": 0}),
        InputError,
        "for how many days",
    ),
    (
        "an offer that is over",
        lambda it, _: it.offers.publish("labour/employment", **OFFERED | {"valid_days": 0}),
        InputError,
        "in days from 1 on",
    ),
    (
        "a counter of two ends",
        lambda it, _: it.requests.counter(2, valid_days=3, valid_until=START * 2),
        InputError,
        "not both",
    ),
    (
        "a counter that isn't there",
        lambda it, _: it.requests.counter_terms(2),
        NotFound,
        "offers no other terms for request 2",
    ),
    (
        "a specification that isn't named so",
        lambda it, _: it.specs.show("jobs@first"),
        InputError,
        "expected name or name@version",
    ),
    (
        "a version of a specification that isn't there",
        lambda it, _: it.specs.show("jobs@9"),
        NotFound,
        "no version 9; the latest is 1",
    ),
    (
        "a specification whose record is of another",
        lambda it, _: it.specs.show("forged"),
        RecordError,
        "describes another one",
    ),
    (
        "rows against a specification of no table",
        lambda it, file: it.specs.check(file, "leaflet"),
        InputError,
        "not for tables",
    ),
    (
        "a scorecard of nobody",
        lambda it, _: it.scorecards.publish(since=1, until=2, method="Counted.", standings={}),
        InputError,
        "none is given",
    ),
    (
        "a scorecard of one who came later",
        lambda it, _: it.scorecards.publish(
            since=START, until=START + 5, method="Counted.", standings={"department-5": 3}
        ),
        InputError,
        "no member in that period: department-5",
    ),
]
OF_HEALTH: list[tuple[str, Verb, type[LedgerError], str]] = [
    (
        "columns of what is no table",
        lambda it, _: it.requests.create(
            "labour/leaflets", **ASKED, valid_days=3, fields=["month"]
        ),
        InputError,
        "single fields of it can't be asked for",
    ),
    (
        "a request for no days",
        lambda it, _: it.requests.create("labour/employment", **ASKED, valid_days=0),
        InputError,
        "in days from 1 on",
    ),
    (
        "a request under an offer of nobody",
        lambda it, _: it.requests.create("labour/employment", **ASKED, valid_days=3, offer=9),
        NotFound,
        "no offer 9",
    ),
    (
        "a delivery of nothing",
        lambda it, _: it.transfers.open("labour/leaflets"),
        NotFound,
        "has no version yet",
    ),
    (
        "whom a service about nobody is about",
        lambda it, _: it.queries.ask("labour/lookup", {"year": 2000}, subject="p-1"),
        InputError,
        "isn't asked about a person",
    ),
]


def require_refused(
    office: Office, file: Path, verb: Verb, error: type[LedgerError], message: str
) -> None:
    before = set(office.ipfs.content)
    with pytest.raises(error, match=message):
        verb(office.ledger, file)
    assert office.chain.sent == []
    assert set(office.ipfs.content) == before


@pytest.mark.parametrize(
    ("verb", "error", "message"),
    [case[1:] for case in OF_LABOUR],
    ids=[case[0] for case in OF_LABOUR],
)
def test_an_owner_is_told_what_cannot_be(
    scene: Scene, verb: Verb, error: type[LedgerError], message: str
) -> None:
    require_refused(scene.labour, scene.file, verb, error, message)


@pytest.mark.parametrize(
    ("verb", "error", "message"),
    [case[1:] for case in OF_HEALTH],
    ids=[case[0] for case in OF_HEALTH],
)
def test_a_requester_is_told_what_cannot_be(
    scene: Scene, verb: Verb, error: type[LedgerError], message: str
) -> None:
    require_refused(scene.health, scene.file, verb, error, message)


def test_only_its_receiver_fetches_a_delivery(scene: Scene) -> None:
    with pytest.raises(InputError, match="transfer 1 is not to labour"):
        scene.labour.ledger.transfers.fetch("1", scene.file.with_name("got"))
