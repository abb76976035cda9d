"""Asking under an offer: what speaks against it, and that no lost record of one stops anybody."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from ledger.codes import Purpose
from ledger.errors import RecordUnavailable, RefusedError
from ledger.events import Event, OfferRetired
from ledger.models import Terms
from tests.unit import samples
from tests.unit.chapters import REASON, offer
from tests.unit.office import LEAFLETS, UNTIL, Office, Scene, two_homes
from tests.unit.story import EMPLOYMENT, edit

DAY_S = 86_400
ASKED: dict[str, Any] = {
    "purpose": Purpose.STATISTICS,
    "purpose_text": "Sick leave.",
    "legal_basis": "Health Act, section 21",
    "retention_days": 90,
    "security_measures": "Encrypted disk, access by two analysts.",
    "valid_days": 1,
}


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with two_homes(tmp_path) as made:
        yield made


def offered(
    office: Office, dataset: int = EMPLOYMENT, *, standing: int = 0, longest: int = 2 * DAY_S
) -> None:
    """An offer of labour's, to everybody for everything, with its record."""
    record = samples.offer(
        group=None,
        standing=standing,
        purpose=None,
        fields=None,
        onward_use=True,
        valid_until=UNTIL,
        longest_seconds=longest,
    )
    named = office.put(record)
    offer(office.story, dataset, terms=named, standing=standing, longest=longest, valid_until=UNTIL)


def asked(office: Office, **more: Any) -> tuple[str, Terms]:
    """What is called when the dataset is asked for, and with which terms."""
    story = office.story

    def contracts(function: str, of: int, call: tuple[Any, ...]) -> Sequence[Event]:
        named, purpose, all_fields, onward_use, valid_until = call
        return [
            story.request(
                EMPLOYMENT,
                offer=of if function == "requestUnderOffer" else 0,
                terms=named,
                purpose=purpose,
                all_fields=all_fields,
                onward_use=onward_use,
                valid_until=valid_until,
            )
        ]

    office.chain.contracts = contracts
    office.ledger.requests.create("labour/employment", **ASKED | more)
    (sent,) = office.chain.sent
    return sent.function, office.session.fetch_record(Terms, sent.arguments[1][0])


@pytest.mark.parametrize("named", [None, 1])
def test_what_an_offer_covers_is_asked_under_it(scene: Scene, named: int | None) -> None:
    offered(scene.labour)
    function, terms = asked(scene.health, offer=named)
    assert (function, terms.requester) == ("requestUnderOffer", "health")


def of_another_dataset(office: Office) -> None:
    offered(office, LEAFLETS)


def for_two_officers(office: Office) -> None:
    offered(office)
    described = office.session.state().datasets[EMPLOYMENT].description
    edit(office.story, approvals=2, description=described)


def retired(office: Office) -> None:
    offered(office)
    office.story.emit(OfferRetired, offer=1, dataset=EMPLOYMENT, **REASON)


def of_a_standing(office: Office) -> None:
    offered(office, standing=3)


def for_a_shorter_time(office: Office) -> None:
    offered(office, longest=DAY_S - 1)


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (of_another_dataset, "it is of another dataset"),
        (for_two_officers, "asks for two officers by now"),
        (retired, "it is retired or over"),
        (of_a_standing, "health is not in its group, or of a lower standing"),
        (for_a_shorter_time, "it grants for 0 days at most"),
    ],
)
def test_what_speaks_against_the_offer_that_was_named_is_said(
    scene: Scene, made: Callable[[Office], None], message: str
) -> None:
    made(scene.labour)
    with pytest.raises(RefusedError, match=f"offer 1 doesn't cover this request: .*{message}"):
        asked(scene.health, offer=1)
    assert scene.health.chain.sent == []
    assert scene.health.store.unfinished("request create") == []


def test_an_offer_whose_record_no_node_has_leaves_the_decision_to_the_owner(scene: Scene) -> None:
    offer(scene.labour.story)
    with pytest.raises(RecordUnavailable):
        asked(scene.health, offer=1)
    assert scene.health.chain.sent == []
    function, terms = asked(scene.health)
    assert (function, terms.requester) == ("request", "health")


def test_a_request_whose_terms_no_node_has_stops_no_other(scene: Scene) -> None:
    request = scene.labour.story.request(EMPLOYMENT)
    (grant,) = (one for one in scene.health.ledger.requests.list() if one.terms == request.terms)
    with pytest.raises(RecordUnavailable):
        scene.health.ledger.requests.terms(grant.id)
    assert asked(scene.health)[0] == "request"
