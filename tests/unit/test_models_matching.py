"""What a record says and what its event says: every member that both have, changed once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from ledger.errors import RecordError
from ledger.models import (
    ConsentLink,
    Offer,
    Parameter,
    PayloadKind,
    Purpose,
    QueryContent,
    ReasonCode,
    Terms,
    parse_record,
)
from ledger.models.service import ParameterType
from ledger.records import decode, encode
from tests.unit import samples

D7, D8 = bytes([7]) * 32, bytes([8]) * 32

# A record's check, what its event says, and each other thing that it might say.
Case = tuple[Callable[..., None], dict[str, Any], dict[str, Any]]
MATCHES: dict[str, Case] = {
    "counter": (
        samples.terms(counter_by="labour").require_match,
        {
            "dataset": "labour/employment",
            "requester": "health",
            "counter_by": "labour",
            "purpose": 1,
            "all_fields": True,
            "onward_use": False,
            "valid_until": 1_800_000_000,
        },
        {
            "dataset": "labour/wages",
            "requester": "police",
            "counter_by": None,
            "purpose": 2,
            "all_fields": False,
            "onward_use": True,
            "valid_until": 1,
        },
    ),
    "offer": (
        samples.offer().require_match,
        {
            "dataset": "labour/employment",
            "group": "municipal-health",
            "purpose": 1,
            "standing": 3,
            "all_fields": False,
            "onward_use": False,
            "valid_until": 1_800_000_000,
            "longest": 31_536_000,
        },
        {
            "dataset": "labour/wages",
            "group": None,
            "purpose": 0,
            "standing": 2,
            "all_fields": True,
            "onward_use": True,
            "valid_until": 1,
            "longest": 1,
        },
    ),
    "offer to anybody": (
        samples.offer(group=None, purpose=None, fields=None, standing=0).require_match,
        {
            "dataset": "labour/employment",
            "group": None,
            "purpose": 0,
            "standing": 0,
            "all_fields": True,
            "onward_use": False,
            "valid_until": 1_800_000_000,
            "longest": 31_536_000,
        },
        {"group": "municipal-health", "purpose": 1, "standing": 1, "all_fields": False},
    ),
    "need": (samples.need().require_match, {"department": "health"}, {"department": "labour"}),
    "finding": (
        samples.finding().require_match,
        {"department": "labour", "finder": "audit", "code": 70},
        {"department": "health", "finder": "agency", "code": 71},
    ),
    "scorecard": (samples.scorecard().require_match, {"agency": "agency"}, {"agency": "audit"}),
    "standing": (
        samples.scorecard().require_standing,
        {"department": "labour", "standing": 3},
        {"department": "police", "standing": 2},
    ),
    "service": (
        samples.dataset(service=samples.service()).require_match,
        {"publisher": "labour", "is_service": True, "is_closed": False, "consent_needed": True},
        {"publisher": "health", "is_service": False, "is_closed": True},
    ),
    "file": (
        samples.dataset(legal_reason="Act 7").require_match,
        {"publisher": "labour", "is_service": False, "is_closed": True, "consent_needed": False},
        {"publisher": "health", "is_service": True, "consent_needed": True},
    ),
    "service without subjects": (
        samples.dataset(service=samples.service(subject=False)).require_match,
        {"publisher": "labour", "is_service": True, "is_closed": False, "consent_needed": False},
        {"consent_needed": True},
    ),
    "derived payload": (
        samples.derived().require_match,
        {
            "kind": PayloadKind.DERIVED,
            "sender": "labour",
            "dataset": "labour/employment",
            "version": 3,
            "derived_from": D7,
        },
        {
            "kind": PayloadKind.VERSION,
            "sender": "health",
            "dataset": "labour/wages",
            "version": 4,
            "derived_from": D8,
        },
    ),
    "answer": (
        samples.answer().require_match,
        {
            "kind": PayloadKind.ANSWER,
            "sender": "labour",
            "dataset": "labour/employment",
            "version": None,
            "query": D8,
        },
        {
            "kind": PayloadKind.DERIVED,
            "sender": "health",
            "dataset": "labour/wages",
            "version": 1,
            "query": D7,
        },
    ),
    "query": (
        samples.query().require_match,
        {"dataset": "labour/register", "requester": "health"},
        {"dataset": "labour/employment", "requester": "police"},
    ),
    "tag opening": (
        samples.opening().require_match,
        {
            "sender": "labour",
            "transfer": 7,
            "commitment": bytes([4]) * 32,
            "hidden_until": 1_800_000_000,
        },
        {"sender": "health", "transfer": 8, "commitment": D7, "hidden_until": 1},
    ),
    "receipt disclosure": (
        samples.disclosure().require_match,
        {"sender": "labour", "receiver": "health", "transfer": 7, "manifest": bytes([4]) * 32},
        {"sender": "health", "receiver": "labour", "transfer": 8, "manifest": D7},
    ),
    "enrolment": (
        samples.enrolment().require_match,
        {"owner": "labour", "subject": "1985-117-9"},
        {"owner": "health", "subject": "1985-117-8"},
    ),
}


@pytest.mark.parametrize("case", MATCHES)
def test_a_record_that_says_what_its_event_says_matches(case: str) -> None:
    check, event, _ = MATCHES[case]
    check(**event)


@pytest.mark.parametrize(
    ("case", "member"), [(case, member) for case, found in MATCHES.items() for member in found[2]]
)
def test_a_record_that_says_otherwise_is_refused(case: str, member: str) -> None:
    check, event, others = MATCHES[case]
    with pytest.raises(RecordError):
        check(**(event | {member: others[member]}))


def test_the_message_names_every_difference() -> None:
    with pytest.raises(RecordError) as caught:
        samples.finding().require_match(department="labour", finder="agency", code=7)
    assert caught.value.message == (
        "finding and chain differ: finder is audit in the record, agency on the chain; "
        "code is 70 in the record, 7 on the chain"
    )


def test_a_message_about_an_enrolment_does_not_name_the_subject() -> None:
    with pytest.raises(RecordError) as caught:
        samples.enrolment().require_match(owner="labour", subject="1985-117-8")
    assert "1985" not in caught.value.message
    assert "1985" not in repr(samples.enrolment())


def test_a_document_whose_title_is_not_sealed_is_refused() -> None:
    with pytest.raises(RecordError, match="no annex"):
        samples.document().require_match(
            kind=PayloadKind.DOCUMENT, sender="labour", dataset=None, version=None
        )


COVERED = samples.terms(fields=("jobs",))


@pytest.mark.parametrize(
    "offer",
    [
        samples.offer(),
        samples.offer(fields=None),
        samples.offer(purpose=None),
        samples.offer(onward_use=True),
        samples.offer(retention_days=400),
    ],
)
def test_terms_within_an_offer_are_covered(offer: Offer) -> None:
    offer.require_covers(COVERED)


@pytest.mark.parametrize(
    ("terms", "beyond"),
    [
        (samples.terms(), "fields"),
        (samples.terms(fields=("jobs", "wages")), "fields"),
        (samples.terms(fields=("jobs",), dataset="labour/wages"), "dataset"),
        (samples.terms(fields=("jobs",), purpose=Purpose.PLANNING), "purpose"),
        (samples.terms(fields=("jobs",), retention_days=366), "retentionDays"),
        (samples.terms(fields=("jobs",), onward_use=True), "onwardUse"),
        (samples.terms(fields=("jobs",), security_measures="None."), "securityMeasures"),
        (samples.terms(fields=("jobs",), counter_by="labour"), "counterBy"),
    ],
)
def test_terms_that_ask_for_more_than_the_offer_are_refused(terms: Terms, beyond: str) -> None:
    with pytest.raises(RecordError, match=f"beyond the offer: {beyond}$"):
        samples.offer().require_covers(terms)


@pytest.mark.parametrize(
    ("fields", "granted"), [(("month",), ("month", "jobs")), (("month",), None), (None, None)]
)
def test_an_answer_of_granted_fields_is_taken(
    fields: tuple[str, ...] | None, granted: tuple[str, ...] | None
) -> None:
    samples.answer(fields=fields).require_granted(granted)


@pytest.mark.parametrize("fields", [None, ("jobs",), ("month", "jobs")])
def test_an_answer_of_other_fields_is_refused(fields: tuple[str, ...] | None) -> None:
    with pytest.raises(RecordError, match="other fields"):
        samples.answer(fields=fields).require_granted(("month",))


def test_a_version_s_sources_are_those_that_were_declared() -> None:
    made = samples.manifest(sources=(3, 9))
    made.require_sources((3, 9))
    samples.manifest().require_sources(())
    for declared in ((), (3,), (3, 9, 10), (9, 3)):
        with pytest.raises(RecordError, match="sources"):
            made.require_sources(declared)


@pytest.mark.parametrize("nonce", [None, D7])
def test_a_tag_and_its_nonce_come_together(nonce: bytes | None) -> None:
    manifest = samples.answer(subject_nonce=nonce)
    manifest.require_tagged(nonce is not None)
    with pytest.raises(RecordError, match="subjectNonce"):
        manifest.require_tagged(nonce is None)


def test_an_arbiter_is_one_whom_the_receiver_accepts() -> None:
    dispute = samples.reason(code=ReasonCode.CORRUPT, arbiters=("audit",))
    dispute.require_arbiter("audit")
    for reason, arbiter in ((dispute, "police"), (samples.reason(), "audit")):
        with pytest.raises(RecordError, match="not an arbiter"):
            reason.require_arbiter(arbiter)


@pytest.mark.parametrize(
    "build",
    [
        lambda: samples.terms(counter_by="health"),
        lambda: samples.reason(code=ReasonCode.KEPT),
        lambda: samples.reason(code=ReasonCode.COURT_ORDER),
        lambda: samples.reason(arbiters=("audit",)),
        lambda: samples.reason(replaced_by=2),
        lambda: samples.reason(code=ReasonCode.LEAK, replaced_by=0),
        lambda: samples.reason(code=ReasonCode.CORRUPT, arbiters=()),
        lambda: samples.reason(code=ReasonCode.CORRUPT, arbiters=("labour",)),
        lambda: samples.reason(code=ReasonCode.CORRUPT, arbiters=("b", "a")),
        lambda: samples.reason(code=ReasonCode.CORRUPT, arbiters=("a", "a")),
        lambda: samples.finding(grants=(9, 4)),
        lambda: samples.finding(transfers=(4, 4)),
        lambda: samples.finding(transfers=tuple(range(1, 102))),
        lambda: samples.scorecard(period_until=1_700_000_000),
        lambda: samples.scorecard(lines=()),
        lambda: samples.scorecard(lines=(samples.line(), samples.line("health"))),
        lambda: samples.scorecard(lines=(samples.line(), samples.line())),
        lambda: samples.line(standing=256),
        lambda: samples.offer(longest_seconds=0),
        lambda: samples.offer(standing=-1),
        lambda: samples.offer(fields=()),
        lambda: samples.need(holder="Labour"),
        lambda: samples.query(nonce=bytes(31)),
        lambda: samples.opening(transfer=0),
        lambda: samples.enrolment(subject="a\nb"),
    ],
)
def test_a_record_that_breaks_a_rule_is_refused(build: Callable[[], object]) -> None:
    with pytest.raises(ValidationError):
        build()


SERVICE = samples.service()
LINK = ConsentLink(number=5, link=D7)


def _asked(**changes: Any) -> QueryContent:
    values: dict[str, Any] = {"parameters": {"year": 2020}, "subject": "1985-117-9"}
    return QueryContent(**(values | changes))


@pytest.mark.parametrize(
    "parameters",
    [
        {"year": 1990},
        {"year": 2100, "town": "Ghent", "since": "2026-11-27", "kind": "part", "active": True},
    ],
)
def test_a_query_that_fits_the_service_is_taken(parameters: dict[str, Any]) -> None:
    _asked(parameters=parameters).require_fits(SERVICE, consent=0)
    _asked(parameters=parameters, consent=LINK).require_fits(SERVICE, consent=5)


@pytest.mark.parametrize(
    ("parameters", "breach"),
    [
        ({}, "year is missing"),
        ({"year": "2020"}, "'year' is no integer"),
        ({"year": True}, "'year' is no integer"),
        ({"year": 1989}, "below 1990"),
        ({"year": 2101}, "above 2100"),
        ({"year": 2020, "town": "ghent"}, "does not match"),
        ({"year": 2020, "town": "G" + "h" * 60}, "longer than 60"),
        ({"year": 2020, "town": 3}, "no string"),
        ({"year": 2020, "since": "yesterday"}, "not a date"),
        ({"year": 2020, "since": "2026-02-30"}, "not a date"),
        ({"year": 2020, "kind": "none"}, "not one of"),
        ({"year": 2020, "active": 1}, "no boolean"),
        ({"year": 2020, "sql": "x"}, "not a parameter"),
    ],
)
def test_a_query_that_does_not_fit_the_service_is_refused(
    parameters: dict[str, Any], breach: str
) -> None:
    with pytest.raises(RecordError, match=breach):
        _asked(parameters=parameters).require_fits(SERVICE, consent=0)


def test_a_text_has_the_lengths_that_its_parameter_says() -> None:
    name = Parameter(type=ParameterType.STRING, min_length=2, max_length=3)
    assert [name.breach("x" * size) for size in (1, 2, 3, 4)] == [
        "is shorter than 2",
        None,
        None,
        "is longer than 3",
    ]


def test_a_refused_query_s_values_are_not_repeated() -> None:
    with pytest.raises(RecordError) as caught:
        _asked(parameters={"year": 2020, "town": "secret"}).require_fits(SERVICE, consent=0)
    assert "secret" not in caught.value.message
    assert "secret" not in repr(_asked(parameters={"town": "secret"}, subject="secret"))


def test_a_query_names_a_subject_and_a_consent_exactly_where_they_are_needed() -> None:
    nobody = samples.service(subject=False)
    for content, service, consent in (
        (_asked(subject=None), SERVICE, 0),
        (_asked(), nobody, 0),
        (_asked(), SERVICE, 5),
        (_asked(consent=LINK), SERVICE, 6),
        (_asked(consent=LINK), SERVICE, 0),
    ):
        with pytest.raises(RecordError, match="query and chain differ"):
            content.require_fits(service, consent=consent)


@pytest.mark.parametrize(
    "parameter",
    [
        {"type": "number"},
        {"type": "string", "minimum": 1},
        {"type": "integer", "pattern": "^a$"},
        {"type": "integer", "maxLength": 3},
        {"type": "boolean", "enum": [1]},
        {"type": "integer", "enum": ["a"]},
        {"type": "integer", "enum": [True]},
        {"type": "string", "enum": []},
        {"type": "string", "enum": ["a", "a"]},
        {"type": "integer", "minimum": 3, "maximum": 2},
        {"type": "string", "minLength": 3, "maxLength": 2},
        {"type": "string", "pattern": "(a)\\1"},
        {"type": "string", "pattern": "(?=a)"},
        {"type": "string", "pattern": "a" * 501},
        {"type": "string", "format": "email"},
        {"type": "string", "$ref": "https://example.org/schema"},
        {"type": ["string", "null"]},
        {"type": "object", "properties": {}},
    ],
)
def test_a_schema_beyond_what_is_checked_alike_everywhere_is_refused(
    parameter: dict[str, Any],
) -> None:
    members = decode(samples.dataset(service=samples.service()).to_bytes())
    properties = _schema(members)["properties"]
    parse_record(encode(members))
    properties["odd"] = parameter
    with pytest.raises(RecordError, match="odd"):
        parse_record(encode(members))


@pytest.mark.parametrize(
    "change",
    [
        {"required": ["unknown"]},
        {"required": ["year", "year"]},
        {"additionalProperties": True},
        {"type": "array"},
        {"properties": {"1st": {"type": "string"}}},
        {"properties": {"a b": {"type": "string"}}},
        {"$defs": {}},
    ],
)
def test_a_schema_of_something_else_than_a_flat_object_is_refused(change: dict[str, Any]) -> None:
    members = decode(samples.dataset(service=samples.service()).to_bytes())
    _schema(members).update(change)
    with pytest.raises(RecordError, match=r"service\.parameters"):
        parse_record(encode(members))


def _schema(members: Any) -> Any:
    return members["service"]["parameters"]
