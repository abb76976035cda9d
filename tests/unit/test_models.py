"""Records as models: one written form each, and every rule of each kind broken once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ledger.envelope.binding import (
    manifest_associated_data,
    nonce_associated_data,
    version_associated_data,
)
from ledger.errors import InputError, RecordError
from ledger.identifiers import Code
from ledger.models import (
    DepartmentCard,
    Manifest,
    Payload,
    PayloadKind,
    Purpose,
    ReasonCode,
    RecordModel,
    Terms,
    checking_input,
    parse_record,
)
from ledger.records import MAX_RECORD_BYTES, decode, encode
from tests.unit import samples

NONCE = samples.NONCE
SAMPLES = [
    samples.card(),
    samples.card(parent="government", contact=None),
    samples.specification(),
    samples.specification(table_schema=None, json_schema={"const": None, "maxLength": 3}),
    samples.dataset(),
    samples.dataset(specification=None, legal_reason="Act 7", keywords=(), licence="CC0-1.0"),
    samples.manifest(),
    samples.manifest(rows=None, specification=None, sources=(3, 9)),
    samples.derived(),
    samples.document(),
    samples.terms(),
    samples.terms(fields=("month", "jobs")),
    samples.reason(),
    samples.dataset(service=samples.service()),
    samples.answer(),
    samples.answer(fields=("month",), subject_nonce=bytes(32)),
    samples.terms(counter_by="labour"),
    samples.reason(code=ReasonCode.KEPT, legal_ground="Archives Act, section 4"),
    samples.reason(code=ReasonCode.CORRUPT, arbiters=("audit", "statistics")),
    samples.offer(),
    samples.offer(group=None, purpose=None, fields=None),
    samples.need(),
    samples.finding(),
    samples.scorecard(),
]


@pytest.mark.parametrize("record", SAMPLES)
def test_a_record_survives_its_own_bytes(record: RecordModel) -> None:
    data = record.to_bytes()
    assert type(record).from_bytes(data) == record
    assert parse_record(data) == record
    assert decode(data)["type"] == record.TYPE


def test_the_wire_form_is_fixed() -> None:
    # Changing any of these digests changes every record that was ever written.
    digests = [hashlib.sha256(record.to_bytes()).hexdigest()[:16] for record in SAMPLES]
    assert digests == [
        "a988740b2a581752",  # department
        "9b207b50add91d85",  # department
        "15d772b6022c9c40",  # specification
        "6eddae554aa7ca54",  # specification
        "314fa92012ce6f27",  # dataset
        "6ad46bfd8759591b",  # dataset
        "16af949a85f05d89",  # manifest
        "376aa74f6ed3fd5f",  # manifest
        "afae23e1531a8a08",  # derived payload
        "7a8dcad04e441189",  # document
        "38e319a68ff899b2",  # terms
        "4bb027c3a8601077",  # terms
        "9d22b93a2c87a863",  # reason
        "039fa0b6dbe761c2",  # dataset, a service
        "2ee8138f9cac153d",  # answer
        "e981bba18013d3c4",  # answer about a subject
        "246edf342dfb6ad3",  # counter
        "f7506bd4563d3501",  # reason, kept
        "4981b3fcaff90f7c",  # reason, disputed
        "f856c7f297cb3f50",  # offer
        "10205cbebd17d749",  # offer
        "ab78f16988036dac",  # need
        "f629820cf7a93c83",  # finding
        "d3dfdba344d1d2b4",  # scorecard
    ]


def test_terms_are_written_as_documented() -> None:
    assert samples.terms(fields=("jobs",)).to_bytes().decode() == (
        '{"dataset":"labour/employment","fields":["jobs"],'
        '"legalBasis":"Public Health Act, section 12","onwardUse":false,"purpose":"statistics",'
        '"purposeText":"Comparing sick leave with employment.","requester":"health",'
        '"retentionDays":365,"securityMeasures":"Encrypted disk, access by two analysts.",'
        '"type":"sharing-ledger/v1/terms","validUntil":1800000000}'
    )


@pytest.mark.parametrize("record", SAMPLES)
def test_a_member_more_or_less_is_refused(record: RecordModel) -> None:
    members = decode(record.to_bytes())
    with pytest.raises(RecordError, match="extra"):
        parse_record(encode({**members, "extra": 1}))
    for name in members:
        without = {key: value for key, value in members.items() if key != name}
        try:
            other = parse_record(encode(without))
        except RecordError:
            continue
        assert other != record  # an optional member: then it is another record


@pytest.mark.parametrize("record", SAMPLES)
def test_a_null_or_snake_case_spelling_is_refused(record: RecordModel) -> None:
    members = decode(record.to_bytes())
    for name in type(record).model_fields:
        alias = type(record).model_fields[name].alias or name
        if alias not in members:
            with pytest.raises(RecordError):
                parse_record(encode({**members, alias: None}))
        elif alias != name:
            renamed = {name if key == alias else key: value for key, value in members.items()}
            with pytest.raises(RecordError):
                parse_record(encode(renamed))


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    st.lists(st.integers(0, 3), max_size=2),
    st.dictionaries(st.sampled_from(["a", "type", "name"]), st.integers(0, 3), max_size=2),
)


@given(st.sampled_from(SAMPLES), st.data())
@settings(derandomize=True, max_examples=200, deadline=None)
def test_junk_in_any_member_is_refused_or_makes_another_valid_record(
    record: RecordModel, data: st.DataObject
) -> None:
    members = decode(record.to_bytes())
    target: Any = members
    while True:
        name = data.draw(st.sampled_from(sorted(target)))
        if not (isinstance(target[name], dict) and target[name] and data.draw(st.booleans())):
            break
        target = target[name]
    target[name] = data.draw(JUNK)
    encoded = encode(members)
    try:
        other = parse_record(encoded)
    except RecordError:
        return
    assert other.to_bytes() == encoded


@pytest.mark.parametrize("found", [None, 7, "sharing-ledger/v2/terms", "x" * 10_000, ["a"]])
def test_an_unknown_type_is_refused(found: object) -> None:
    with pytest.raises(RecordError, match="record is of type") as caught:
        parse_record(encode({"type": found}))
    assert len(caught.value.message) < 500


def test_a_record_of_another_type_is_refused() -> None:
    with pytest.raises(RecordError, match="expected 'sharing-ledger/v1/terms'"):
        Terms.from_bytes(samples.card().to_bytes())


def test_what_a_user_entered_is_refused_as_input() -> None:
    with (
        pytest.raises(InputError, match="the card is wrong: name"),
        checking_input("the card"),
    ):
        samples.card(name="")


def test_hostile_names_of_members_are_quoted_in_messages() -> None:
    members = decode(samples.card().to_bytes())
    with pytest.raises(RecordError) as caught:
        parse_record(encode({**members, "\x1b[2J" * 100: 1}))
    assert "\x1b" not in caught.value.message
    assert len(caught.value.message) < 400


NAMES_THAT_LIE = [
    "a\nb",
    "a\x1b[31mb",
    "a\u202eb",
    "a\u200bb",
    "a\u2028b",
    " a",
    "a ",
    "",
    "x" * 201,
]


@pytest.mark.parametrize("name", NAMES_THAT_LIE)
def test_a_name_that_can_deceive_its_reader_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        samples.card(name=name)


@pytest.mark.parametrize(
    "name",
    ["a/b", "../a", "a\\b", ".", "..", "", "a\0b", "a\nb", "é" * 128, "/etc/passwd", "a\u202eb"],
)
def test_a_file_name_that_leaves_its_folder_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="name"):
        samples.manifest(name=name)


@pytest.mark.parametrize("name", ["data.csv", "...", "présentation finale.pdf", "é" * 127])
def test_a_plain_file_name_is_accepted(name: str) -> None:
    assert samples.manifest(name=name).name == name


def _payload(**changes: Any) -> Payload:
    return samples.manifest().payload.model_copy(update=changes)


def _revalidated(**changes: Any) -> Manifest:
    """Through bytes, since a copied payload was not checked."""
    return Manifest.from_bytes(samples.manifest().model_copy(update=changes).to_bytes())


WRONG_MANIFESTS: dict[str, Callable[[], Any]] = {
    "size of another plaintext": lambda: _revalidated(payload=_payload(size_bytes=1055)),
    "negative size": lambda: samples.manifest(plaintext_size_bytes=-1),
    "size beyond all sense": lambda: samples.manifest(plaintext_size_bytes=2**51),
    "other chunks": lambda: _revalidated(payload=_payload(chunk_bytes=262144)),
    "CID of another kind": lambda: _revalidated(payload=_payload(cid="QmYwAPJzv5CZsnA625")),
    "short digest": lambda: _revalidated(query=b"x"),
    "another sender's dataset": lambda: samples.manifest(sender="health"),
    "version without a number": lambda: samples.manifest(version=None),
    "version zero": lambda: samples.manifest(version=0),
    "version with a nonce": lambda: samples.manifest(encryption=samples.encryption(NONCE)),
    "version that is derived": lambda: samples.manifest(derived_from=bytes(32)),
    "version of some fields": lambda: samples.manifest(fields=("month",)),
    "version without a name": lambda: samples.manifest(name=None),
    "document without a nonce": lambda: samples.document(encryption=samples.encryption()),
    "document with a dataset": lambda: samples.document(dataset="labour/employment"),
    "document with a public name": lambda: samples.document(name="warrant.pdf"),
    "document with rows": lambda: samples.document(rows=3),
    "derived from nothing": lambda: samples.derived(derived_from=None),
    "derived of all fields": lambda: samples.derived(fields=None),
    "derived without a nonce": lambda: samples.derived(encryption=samples.encryption()),
    "derived of no version": lambda: samples.derived(version=None),
    "answer to nothing": lambda: samples.answer(query=None),
    "answer with a version": lambda: samples.answer(version=3),
    "answer whose rows tell": lambda: samples.answer(rows=0),
    "answer whose name tells": lambda: samples.answer(name="miller.json"),
    "answer without a nonce": lambda: samples.answer(encryption=samples.encryption()),
    "answer without padding": lambda: samples.answer(plaintext_size_bytes=1000),
    "subject of a whole version": lambda: samples.manifest(subject_nonce=NONCE),
    "query of a whole version": lambda: samples.manifest(query=NONCE),
    "sources out of order": lambda: samples.manifest(sources=(9, 3)),
    "a source twice": lambda: samples.manifest(sources=(3, 3)),
    "too many sources": lambda: samples.manifest(sources=tuple(range(1, 18))),
    "no media type": lambda: samples.manifest(media_type="csv"),
    "media type with a line feed": lambda: samples.manifest(media_type="text/csv\n"),
    "dataset with a version": lambda: samples.manifest(dataset="labour/employment@3"),
}


@pytest.mark.parametrize("case", WRONG_MANIFESTS)
def test_a_manifest_that_contradicts_itself_is_refused(case: str) -> None:
    with pytest.raises((ValidationError, RecordError)):
        WRONG_MANIFESTS[case]()


@pytest.mark.parametrize(
    "build",
    [
        lambda: samples.card(code="Labour"),
        lambda: samples.card(parent="labour"),
        lambda: samples.card(level="galactic"),
        lambda: samples.specification(table_schema=None),
        lambda: samples.specification(json_schema={}),
        lambda: samples.dataset(language="English"),
        lambda: samples.dataset(keywords=("a", "a")),
        lambda: samples.terms(fields=()),
        lambda: samples.terms(fields=("a", "a")),
        lambda: samples.terms(purpose="spying"),
        lambda: samples.terms(purpose=7),
        lambda: samples.terms(retention_days=0),
        lambda: samples.terms(onward_use=1),
        lambda: samples.terms(valid_until=2**40),
        lambda: samples.terms(valid_until=True),
        lambda: samples.reason(code="because"),
        lambda: samples.reason(text=""),
        lambda: samples.reason(text="x\x07"),
    ],
)
def test_a_record_that_breaks_a_rule_is_refused(build: Callable[[], RecordModel]) -> None:
    with pytest.raises(ValidationError):
        build()


def test_a_record_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        samples.card().name = "another"  # type: ignore[misc]


CALL: dict[str, Any] = {
    "dataset": "labour/employment",
    "requester": "health",
    "purpose": 1,
    "all_fields": True,
    "onward_use": False,
    "valid_until": 1_800_000_000,
}


def test_terms_that_say_what_the_call_said_match() -> None:
    samples.terms().require_match(**CALL)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dataset", "labour/wages"),
        ("requester", "police"),
        ("purpose", 2),
        ("all_fields", False),
        ("onward_use", True),
        ("valid_until", 1_800_000_001),
    ],
)
def test_terms_that_contradict_the_call_are_refused(name: str, value: object) -> None:
    with pytest.raises(RecordError, match="terms and chain differ"):
        samples.terms().require_match(**(CALL | {name: value}))


def test_terms_for_some_fields_contradict_a_call_for_all() -> None:
    with pytest.raises(RecordError, match="allFields is False in the record, True on the chain"):
        samples.terms(fields=("jobs",)).require_match(**CALL)


def test_a_reason_must_be_its_giver_s_and_have_the_call_s_code() -> None:
    samples.reason().require_match(department="labour", code=1)
    for department, code in (("health", 1), ("labour", 2)):
        with pytest.raises(RecordError, match="on the chain"):
            samples.reason().require_match(department=department, code=code)


def test_a_manifest_must_be_of_the_payload_that_the_chain_names() -> None:
    named: dict[str, Any] = {"sender": "labour", "dataset": "labour/employment", "version": 3}
    samples.manifest().require_match(**named)
    for change in (
        {"sender": "health"},
        {"dataset": "labour/wages"},
        {"version": 4},
        {"kind": PayloadKind.DERIVED},
    ):
        with pytest.raises(RecordError, match="on the chain"):
            samples.manifest().require_match(**(named | change))


def test_labels_and_numbers_stand_for_each_other() -> None:
    for kind in (Purpose, ReasonCode, PayloadKind):
        for member in kind:
            assert kind.parse(member.label) is member
            assert 0 < member < 2**16
    with pytest.raises(InputError, match="expected one of statistics"):
        Purpose.parse("spying")


def test_the_associated_data_of_a_manifest_follows_its_kind() -> None:
    deployment = bytes([1]) * 32
    labour = Code("labour")
    assert manifest_associated_data(deployment, samples.manifest()) == version_associated_data(
        deployment, labour, Code("employment"), 3
    )
    document = samples.document()
    assert manifest_associated_data(deployment, document) == nonce_associated_data(
        deployment, PayloadKind.DOCUMENT, labour, NONCE
    )
    broken = samples.manifest().model_copy(update={"version": None})
    with pytest.raises(RecordError):
        manifest_associated_data(deployment, broken)


def test_a_record_that_would_be_written_larger_than_a_block_is_refused() -> None:
    members = decode(samples.specification().to_bytes())
    # Without "missingValues", a default, these bytes just fit; the one written form does not.
    columns = [{"description": "x" * 9_900, "name": f"c{n}", "type": "any"} for n in range(105)]
    columns.append({"description": "", "name": "last", "type": "any"})
    schema: dict[str, object] = {"fields": columns}
    left = MAX_RECORD_BYTES - len(encode({**members, "tableSchema": schema}))
    columns[-1]["description"] = "x" * left
    with pytest.raises(RecordError, match="bytes, at most 1,048,576"):
        parse_record(encode({**members, "tableSchema": schema}))


def test_a_record_larger_than_a_block_is_refused() -> None:
    huge = samples.specification(table_schema=None, json_schema={"x": "y" * 2_000_000})
    with pytest.raises(InputError, match="at most"):
        huge.to_bytes()
    assert DepartmentCard.TYPE == "sharing-ledger/v1/department"
