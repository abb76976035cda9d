"""What a record says and what its event says: every member that both have, changed once."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from ledger.errors import RecordError
from ledger.models import (
    ConsentLink,
    EnrolmentContent,
    Grounds,
    Offer,
    Parameter,
    PayloadKind,
    Purpose,
    QueryContent,
    ReasonCode,
    SealedContent,
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
    "reason": (
        samples.reason().require_match,
        {"department": "labour", "code": 1},
        {"department": "health", "code": 2},
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


# What the messages call them.
KINDS = {
    "counter": "terms",
    "offer to anybody": "offer",
    "standing": "scorecard's line of labour",
    "service": "description",
    "file": "description",
    "derived payload": "manifest",
    "answer": "manifest",
}
MEMBERS = {"is_service": "service", "longest": "longestSeconds"}
NO_SUBJECT = "description names no subject, the dataset needs consents"
SAID = {
    ("service", "is_closed"): "description gives no legal reason, the dataset is closed",
    ("file", "consent_needed"): NO_SUBJECT,
    ("service without subjects", "consent_needed"): NO_SUBJECT,
    ("standing", "department"): (
        "scorecard's line of police and chain differ: "
        "standing is absent in the record, 3 on the chain"
    ),
    ("enrolment", "subject"): (
        "enrolment and chain differ: "
        "subject is somebody else in the record, the one expected on the chain"
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
    with pytest.raises(RecordError) as caught:
        check(**(event | {member: others[member]}))
    if (case, member) in SAID:
        assert caught.value.message == SAID[case, member]
        return
    what = KINDS.get(case, case)
    recorded, called = told(event[member]), told(others[member])
    name = MEMBERS.get(member, to_camel(member))
    differ = f"{name} is {recorded} in the record, {called} on the chain"
    assert caught.value.message == f"{what} and chain differ: {differ}"


def told(value: object) -> str:
    """A value as a message shows it."""
    if isinstance(value, PayloadKind):
        return value.label
    if isinstance(value, bytes):
        return value.hex()
    return "absent" if value is None else str(value)


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
    with pytest.raises(RecordError, match=r"^manifest of a document has no annex$"):
        samples.document().require_match(
            kind=PayloadKind.DOCUMENT, sender="labour", dataset=None, version=None
        )


AT_LEAST_1 = "Input should be greater than or equal to 1"
ONE_ITEM = "Tuple should have at least 1 item after validation, not 0"
ARBITERS = "arbiters must ascend, each once"
LINES = "lines must ascend by department, each once"
SCHEMAS = "expected exactly one of tableSchema and jsonSchema"


def test_a_sealed_record_without_its_annex_is_refused() -> None:
    said = "record of type sharing-ledger/v1/query has no annex"
    with pytest.raises(RecordError, match=f"^{said}$"):
        parse_record(samples.query().to_bytes())


@pytest.mark.parametrize(
    ("kind", "members", "said"),
    [
        (Grounds, {"grounds": ""}, "wrong: grounds: String should have at least 1 character"),
        (
            EnrolmentContent,
            {"owner_subject_key": "00" * 32},
            (
                "wrong: ownerSubjectKey: Field required; "
                "owner_subject_key: Extra inputs are not permitted"
            ),
        ),
        (QueryContent, {"parameters": {}, "subject": None}, "not in its one form"),
    ],
)
def test_sealed_content_has_one_form_too(
    kind: type[SealedContent], members: dict[str, object], said: str
) -> None:
    with pytest.raises(RecordError) as caught:
        kind.from_members(members)
    assert caught.value.message == f"the sealed part of this record is {said}"


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
        (samples.terms(dataset="labour/wages"), "dataset, fields"),
    ],
)
def test_terms_that_ask_for_more_than_the_offer_are_refused(terms: Terms, beyond: str) -> None:
    with pytest.raises(RecordError, match=f"^terms go beyond the offer: {beyond}$"):
        samples.offer().require_covers(terms)


@pytest.mark.parametrize(
    ("fields", "granted"),
    [(("month",), ("month", "jobs")), (("month",), ("month",)), (("month",), None), (None, None)],
)
def test_an_answer_of_granted_fields_is_taken(
    fields: tuple[str, ...] | None, granted: tuple[str, ...] | None
) -> None:
    samples.answer(fields=fields).require_granted(granted)


@pytest.mark.parametrize("fields", [None, ("jobs",), ("month", "jobs")])
def test_an_answer_of_other_fields_is_refused(fields: tuple[str, ...] | None) -> None:
    with pytest.raises(RecordError, match=r"^manifest is of other fields than the grant is for$"):
        samples.answer(fields=fields).require_granted(("month",))


def test_a_version_s_sources_are_those_that_were_declared() -> None:
    made = samples.manifest(sources=(3, 9))
    made.require_sources((3, 9))
    samples.manifest().require_sources(())
    for declared in ((), (3,), (3, 9, 10), (9, 3)):
        said = re.escape(f"sources is (3, 9) in the record, {declared} on the chain")
        with pytest.raises(RecordError, match=f"^manifest and chain differ: {said}$"):
            made.require_sources(declared)


@pytest.mark.parametrize("nonce", [None, D7])
def test_a_tag_and_its_nonce_come_together(nonce: bytes | None) -> None:
    manifest = samples.answer(subject_nonce=nonce)
    manifest.require_tagged(nonce is not None)
    has, tagged = nonce is not None, nonce is None
    said = f"subjectNonce is {has} in the record, {tagged} on the chain"
    with pytest.raises(RecordError, match=f"^manifest and chain differ: {said}$"):
        manifest.require_tagged(tagged)


def test_an_arbiter_is_one_whom_the_receiver_accepts() -> None:
    dispute = samples.reason(code=ReasonCode.CORRUPT, arbiters=("audit",))
    dispute.require_arbiter("audit")
    for reason, arbiter in ((dispute, "police"), (samples.reason(), "audit")):
        said = f"{arbiter} is not an arbiter whom the receiver accepts"
        with pytest.raises(RecordError, match=f"^{said}$"):
            reason.require_arbiter(arbiter)


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: samples.terms(counter_by="health"), "counterBy is not the dataset's owner"),
        (
            lambda: samples.reason(code=ReasonCode.KEPT),
            "the reason kept needs legalGround",
        ),
        (
            lambda: samples.reason(code=ReasonCode.COURT_ORDER),
            "the reason court-order needs legalGround",
        ),
        (lambda: samples.reason(arbiters=("audit",)), "the reason incomplete has no arbiters"),
        (lambda: samples.reason(replaced_by=2), "the reason incomplete has no replacedBy"),
        (lambda: samples.reason(code=ReasonCode.LEAK, replaced_by=0), AT_LEAST_1),
        (lambda: samples.reason(code=ReasonCode.CORRUPT, arbiters=()), ONE_ITEM),
        (
            lambda: samples.reason(code=ReasonCode.CORRUPT, arbiters=("labour",)),
            "a party can't be the arbiter",
        ),
        (lambda: samples.reason(code=ReasonCode.CORRUPT, arbiters=("b", "a")), ARBITERS),
        (lambda: samples.reason(code=ReasonCode.CORRUPT, arbiters=("a", "a")), ARBITERS),
        (lambda: samples.finding(grants=(9, 4)), "grants must ascend, each once"),
        (lambda: samples.finding(transfers=(4, 4)), "transfers must ascend, each once"),
        (
            lambda: samples.finding(transfers=tuple(range(1, 102))),
            "Tuple should have at most 100 items after validation, not 101",
        ),
        (
            lambda: samples.scorecard(period_until=1_700_000_000),
            "the period ends before it begins",
        ),
        (lambda: samples.scorecard(lines=()), ONE_ITEM),
        (lambda: samples.scorecard(lines=(samples.line(), samples.line("health"))), LINES),
        (lambda: samples.scorecard(lines=(samples.line(), samples.line())), LINES),
        (lambda: samples.line(standing=256), "Input should be less than or equal to 255"),
        (lambda: samples.offer(longest_seconds=0), AT_LEAST_1),
        (lambda: samples.offer(standing=-1), "Input should be greater than or equal to 0"),
        (lambda: samples.offer(fields=()), ONE_ITEM.replace("Tuple", "Value")),
        (lambda: samples.need(holder="Labour"), "String should match pattern '^[a-z0-9-]{1,32}$'"),
        (
            lambda: samples.query(nonce=bytes(31)),
            "is not 32 bytes, written as 64 lower-case hexadecimal digits",
        ),
        (lambda: samples.opening(transfer=0), AT_LEAST_1),
        (
            lambda: samples.enrolment(subject="a\nb"),
            "has the character U+000A, which is not allowed",
        ),
        (lambda: samples.card(parent="labour"), "a department is not its own parent"),
        (lambda: samples.specification(table_schema=None), SCHEMAS),
        (lambda: samples.specification(json_schema={}), SCHEMAS),
    ],
)
def test_a_record_that_breaks_a_rule_is_refused(build: Callable[[], object], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        build()
    (problem,) = caught.value.errors()
    assert problem["msg"].removeprefix("Value error, ") == said


NO_TYPE = "Input should be 'string', 'integer' or 'boolean'"
NO_PATTERN = "pattern is not a regular expression without look-around and back references"
NO_NAME = "String should match pattern '^[A-Za-z][A-Za-z0-9_]{0,63}$'"
BOUNDS = "a lower bound is above the upper one"
NO_DATE = "is not a date such as 2026-11-23"
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
        ({"year": 1989}, "'year' is below 1990"),
        ({"year": 2101}, "'year' is above 2100"),
        ({"year": 2020, "town": "ghent"}, "'town' does not match ^[A-Z][a-z]+$"),
        ({"year": 2020, "town": "G" + "h" * 60}, "'town' is longer than 60"),
        ({"year": 2020, "town": 3}, "'town' is no string"),
        ({"year": 2020, "since": "yesterday"}, f"'since' {NO_DATE}"),
        ({"year": 2020, "since": "2026-02-30"}, f"'since' {NO_DATE}"),
        ({"year": 2020, "kind": "none"}, "'kind' is not one of the values that are allowed"),
        ({"year": 2020, "active": 1}, "'active' is no boolean"),
        ({"year": 2020, "sql": "x"}, "'sql' is not a parameter of this service"),
        (
            {"town": 1, "since": 2, "kind": 3, "active": 4},
            "year is missing; 'town' is no string; 'since' is no string",
        ),
    ],
)
def test_a_query_that_does_not_fit_the_service_is_refused(
    parameters: dict[str, Any], breach: str
) -> None:
    with pytest.raises(RecordError) as caught:
        _asked(parameters=parameters).require_fits(SERVICE, consent=0)
    assert caught.value.message == f"query does not fit the service: {breach}"


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
    for content, service, consent, said in (
        (_asked(subject=None), SERVICE, 0, "subject is False in the record, True on the chain"),
        (_asked(), nobody, 0, "subject is True in the record, False on the chain"),
        (_asked(), SERVICE, 5, "consent is 0 in the record, 5 on the chain"),
        (_asked(consent=LINK), SERVICE, 6, "consent is 5 in the record, 6 on the chain"),
        (_asked(consent=LINK), SERVICE, 0, "consent is 5 in the record, 0 on the chain"),
    ):
        with pytest.raises(RecordError, match=f"^query and chain differ: {said}$"):
            content.require_fits(service, consent=consent)


@pytest.mark.parametrize(
    ("parameter", "said"),
    [
        ({"type": "number"}, f".type: {NO_TYPE}"),
        ({"type": ["string", "null"]}, f".type: {NO_TYPE}"),
        ({"type": "object", "properties": {}}, f".type: {NO_TYPE}; "),
        ({"type": "string", "minimum": 1}, ": a parameter of type string cannot have minimum"),
        ({"type": "string", "maximum": 1}, ": a parameter of type string cannot have maximum"),
        (
            {"type": "integer", "pattern": "^a$"},
            ": a parameter of type integer cannot have pattern",
        ),
        ({"type": "integer", "format": "date"}, ": a parameter of type integer cannot have format"),
        (
            {"type": "integer", "minLength": 3},
            ": a parameter of type integer cannot have min_length",
        ),
        (
            {"type": "integer", "maxLength": 3},
            ": a parameter of type integer cannot have max_length",
        ),
        ({"type": "boolean", "enum": [1]}, ": a parameter of type boolean cannot have enum"),
        ({"type": "integer", "enum": ["a"]}, ": enum holds a value that is no integer"),
        ({"type": "string", "enum": ["a", 1]}, ": enum holds a value that is no string"),
        ({"type": "integer", "enum": [True]}, ".enum.0."),
        ({"type": "string", "enum": []}, f".enum: {ONE_ITEM}"),
        ({"type": "string", "enum": ["a", "a"]}, ": enum names a value twice"),
        ({"type": "integer", "minimum": 3, "maximum": 2}, f": {BOUNDS}"),
        ({"type": "string", "minLength": 3, "maxLength": 2}, f": {BOUNDS}"),
        ({"type": "string", "pattern": "(a)\\1"}, f".pattern: {NO_PATTERN}"),
        ({"type": "string", "pattern": "(?=a)"}, f".pattern: {NO_PATTERN}"),
        (
            {"type": "string", "pattern": "a" * 501},
            ".pattern: pattern is longer than 500 characters",
        ),
        ({"type": "string", "format": "email"}, ".format: Input should be 'date'"),
        (
            {"type": "string", "$ref": "https://example.org/schema"},
            ".'$ref': Extra inputs are not permitted",
        ),
    ],
)
def test_a_schema_beyond_what_is_checked_alike_everywhere_is_refused(
    parameter: dict[str, Any], said: str
) -> None:
    members = decode(samples.dataset(service=samples.service()).to_bytes())
    properties = _schema(members)["properties"]
    parse_record(encode(members))
    properties["odd"] = parameter
    with pytest.raises(RecordError) as caught:
        parse_record(encode(members))
    assert_said(caught.value, f"service.parameters.properties.odd{said}")


def assert_said(error: RecordError, said: str) -> None:
    """What is wrong with a dataset, in full unless it is said how it begins."""
    found = error.message.removeprefix("record of type sharing-ledger/v1/dataset is wrong: ")
    assert found == said or (said.endswith((".", "; ")) and found.startswith(said))


@pytest.mark.parametrize(
    "parameter",
    [
        {"type": "integer", "minimum": 2, "maximum": 2, "enum": [1, 2]},
        {"type": "string", "minLength": 3, "maxLength": 3, "pattern": "a", "format": "date"},
        {"type": "string", "minLength": 3},
        {"type": "string", "maxLength": 3},
        {"type": "integer", "maximum": 2},
        {"type": "boolean", "title": "Active", "description": "Or not."},
    ],
)
def test_each_keyword_of_a_parameters_type_is_taken(parameter: dict[str, Any]) -> None:
    members = decode(samples.dataset(service=samples.service()).to_bytes())
    _schema(members)["properties"]["odd"] = parameter
    assert parse_record(encode(members)).to_bytes() == encode(members)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"required": ["year", "a"]}, ": required names a, which is not a parameter"),
        ({"required": ["year", "year"]}, ": required names a parameter twice"),
        ({"additionalProperties": True}, ".additionalProperties: Input should be False"),
        ({"type": "array"}, ".type: Input should be 'object'"),
        ({"properties": {"1st": {"type": "string"}}}, f".properties.'1st'.'[key]': {NO_NAME}"),
        ({"properties": {"a b": {"type": "string"}}}, f".properties.'a b'.'[key]': {NO_NAME}"),
        ({"$defs": {}}, ".'$defs': Extra inputs are not permitted"),
    ],
)
def test_a_schema_of_something_else_than_a_flat_object_is_refused(
    change: dict[str, Any], said: str
) -> None:
    members = decode(samples.dataset(service=samples.service()).to_bytes())
    _schema(members).update(change)
    with pytest.raises(RecordError) as caught:
        parse_record(encode(members))
    assert_said(caught.value, f"service.parameters{said}")


def _schema(members: Any) -> Any:
    return members["service"]["parameters"]
