"""Records against the events that name them: by hash, by type, by what they say (rule 13)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ledger.envelope.annex import Recipient, seal_annex
from ledger.envelope.keyset import Keyset
from ledger.errors import IntegrityError, RecordError
from ledger.events import (
    AccessRequested,
    AuditorAppointed,
    Capability,
    DatasetRegistered,
    DatasetWithdrawn,
    DepartmentAdmitted,
    DepartmentSuspended,
    Event,
    FindingPublished,
    GrantRevoked,
    NeedPublished,
    OfferPublished,
    QueryOpened,
    RequestCountered,
    RequestRefused,
    ScorecardPublished,
    SharingClass,
    SpecificationPublished,
    StandingSet,
    SubjectTagged,
    TransferAcknowledged,
    TransferDeclined,
    TransferDisputed,
    VersionPublished,
    VersionWithdrawn,
)
from ledger.identifiers import Code, KeyNumber
from ledger.models import (
    Query,
    ReasonCode,
    RecordModel,
    SpecificationReference,
    TagOpening,
    Terms,
)
from ledger.provenance import Specification, fold
from ledger.records import digest
from ledger.verify import (
    Finding,
    Severity,
    check_pair,
    check_record,
    check_reference,
    pairs,
    references,
)
from tests.unit import samples
from tests.unit.chapters import answered, comply, declare, delivered, escalated, offer, order, tag
from tests.unit.story import (
    AGENCY,
    AIRPORTS,
    AUDIT,
    EMPLOYMENT,
    HEALTH,
    LABOUR,
    Story,
    account,
    country,
    of,
    shared,
    suspend,
    withdraw_dataset,
    withdraw_version,
)

SPECIFICATION = samples.specification()
PUBLISHED = SpecificationReference(
    name="employment", version=1, digest=digest(SPECIFICATION.to_bytes())
)


def findings(event: Event, record: RecordModel, story: Story, field: str = "") -> list[str]:
    """What is found when `event` names this record, in its field `field` if it names several."""
    state = fold(story.events)
    state.specifications["employment"] = {1: Specification(PUBLISHED.digest)}
    field = field or references(event, state)[0].field
    changes: dict[str, Any] = {field: digest(record.to_bytes())}
    named = next(one for one in references(replace(event, **changes), state) if one.field == field)
    found = check_reference(named, record.to_bytes(), state)
    assert all(finding.severity is Severity.ALTERED for finding in found)
    assert all(finding.subject == named.subject for finding in found)
    return [finding.found for finding in found]


def last_of(story: Story, kind: type[Event]) -> Event:
    return next(event for event in reversed(story.events) if isinstance(event, kind))


def test_a_record_has_the_named_hash_and_type() -> None:
    terms = samples.terms()
    data = terms.to_bytes()
    assert check_record(digest(data), data, Terms) == terms
    with pytest.raises(IntegrityError, match="hashes to"):
        check_record(bytes(32), data, Terms)
    card = samples.card().to_bytes()
    with pytest.raises(RecordError, match="of type"):
        check_record(digest(card), card, Terms)


def test_a_card_is_of_the_department_that_was_admitted() -> None:
    story, _, _ = shared()
    event = next(
        e for e in story.events if isinstance(e, DepartmentAdmitted) and e.code == "labour"
    )
    assert findings(event, samples.card(), story) == []
    (found,) = findings(event, samples.card(code="health"), story)
    assert "code is 'health' in the record, 'labour' on the chain" in found


def test_a_specification_has_the_published_name_and_version() -> None:
    story, _, _ = shared()
    event = last_of(story, SpecificationPublished)
    assert findings(event, SPECIFICATION, story) == []
    assert "name is 'jobs'" in findings(event, samples.specification(name="jobs"), story)[0]
    assert "version is 2" in findings(event, samples.specification(version=2), story)[0]


def test_a_description_is_its_owners_and_names_a_published_specification() -> None:
    story, _, _ = shared()
    event = last_of(story, DatasetRegistered)
    good = samples.dataset(specification=PUBLISHED)
    assert findings(event, good, story) == []
    assert findings(event, samples.dataset(specification=None), story) == []
    assert "publisher" in findings(event, samples.dataset(publisher="health"), story)[0]
    said = "the record names specification {}@1 with another digest than the agency published"
    assert findings(event, samples.dataset(), story) == [said.format("employment")]
    unknown = PUBLISHED.model_copy(update={"name": "jobs"})
    assert findings(event, samples.dataset(specification=unknown), story) == [said.format("jobs")]
    closed = replace(event, sharing=SharingClass.CLOSED)  # type: ignore[call-arg]
    assert "no legal reason" in findings(closed, good, story)[0]
    reasoned = samples.dataset(specification=PUBLISHED, legal_reason="Statistics Act, section 3")
    assert findings(closed, reasoned, story) == []
    needing = replace(event, consent_needed=True)  # type: ignore[call-arg]
    assert "names no subject" in findings(needing, good, story)[0]


def test_a_manifest_is_of_the_published_version() -> None:
    story, _, _ = shared()
    event = last_of(story, VersionPublished)
    good = {"version": 1, "specification": PUBLISHED}
    assert findings(event, samples.manifest(**good), story) == []
    assert "version is 3" in findings(event, samples.manifest(specification=PUBLISHED), story)[0]
    other = samples.manifest(**good, dataset="labour/jobs")
    assert "labour/jobs" in findings(event, other, story)[0]
    foreign = samples.manifest(**good, dataset="health/employment", sender="health")
    assert "health" in findings(event, foreign, story)[0]
    assert "another digest" in findings(event, samples.manifest(version=1), story)[0]
    answer = samples.answer(specification=PUBLISHED)
    assert "kind is answer" in findings(event, answer, story)[0]


@pytest.mark.parametrize(
    ("on_chain", "said"),
    [
        ({"purpose": 2}, "purpose is 1 in the record, 2 on the chain"),
        ({"onward_use": True}, "onwardUse is False in the record, True on the chain"),
        ({"all_fields": False}, "allFields"),
        ({"valid_until": 1_800_000_001}, "validUntil"),
        ({"requester": LABOUR}, "requester is health in the record, labour on the chain"),
    ],
)
def test_terms_that_contradict_the_call_are_found(on_chain: dict[str, Any], said: str) -> None:
    story, request, _ = shared()
    same = replace(request, valid_until=1_800_000_000)
    assert findings(same, samples.terms(), story) == []
    (found,) = findings(replace(same, **on_chain), samples.terms(), story)
    assert said in found


def test_terms_for_another_dataset_are_found() -> None:
    story, request, _ = shared()
    same = replace(request, valid_until=1_800_000_000)
    assert "dataset" in findings(same, samples.terms(dataset="labour/jobs"), story)[0]


def reasons() -> tuple[Story, list[tuple[Event, str]]]:
    """Every decision that names a reason, with the department that gives it."""
    story, request, released = shared()
    by = [
        (story.because(TransferDisputed, released), "health"),
        (story.because(GrantRevoked, request), "labour"),
    ]
    by.append((story.because(RequestRefused, story.request(EMPLOYMENT)), "labour"))
    another = story.request(EMPLOYMENT)
    story.activate(another)
    by.append((story.because(TransferDeclined, story.open(another)), "labour"))
    withdraw_version(story)
    withdraw_dataset(story)
    suspend(story, HEALTH)
    by += [
        (last_of(story, VersionWithdrawn), "labour"),
        (last_of(story, DatasetWithdrawn), "labour"),
        (last_of(story, DepartmentSuspended), "agency"),
    ]
    return story, by


@pytest.mark.parametrize("index", range(7))
def test_a_reason_is_by_the_party_that_decided_and_with_its_code(index: int) -> None:
    story, by = reasons()
    event, department = by[index]
    code = ReasonCode(event.reason_code)  # type: ignore[attr-defined]
    good = samples.reason(department=department, code=code)
    assert findings(event, good, story) == []
    (found,) = findings(event, samples.reason(department="energy", code=code), story)
    assert "department is energy in the record" in found
    (found,) = findings(event, samples.reason(department=department, code=ReasonCode.LATE), story)
    assert "code is 47 in the record" in found


def test_a_counter_is_the_owner_s() -> None:
    story, request, _ = shared()
    countered = story.emit(
        RequestCountered,
        **of(request),
        terms=request.terms,
        purpose=1,
        all_fields=True,
        onward_use=False,
        valid_until=1_800_000_000,
        lapses_at=story.now + 1000,
        officer=account(LABOUR, Capability.OFFICER),
    )
    story.events.pop()  # this request was answered: only the record is looked at here
    assert findings(countered, samples.terms(counter_by="labour"), story) == []
    assert "counterBy is absent" in findings(countered, samples.terms(), story)[0]
    same = replace(request, valid_until=1_800_000_000)
    assert "counterBy is labour" in findings(same, samples.terms(counter_by="labour"), story)[0]


def test_an_offer_says_what_was_published() -> None:
    story, _, _ = shared()
    published = story.emit(
        OfferPublished,
        offer=1,
        dataset=EMPLOYMENT,
        group="municipal-health",
        terms=bytes([1]) * 32,
        purpose=1,
        standing=3,
        all_fields=False,
        onward_use=False,
        valid_until=1_800_000_000,
        longest=31_536_000,
    )
    assert findings(published, samples.offer(), story) == []
    for change in ({"group": None}, {"standing": 0}, {"fields": None}, {"purpose": None}):
        (found,) = findings(published, samples.offer(**change), story)
        assert "offer and chain differ" in found


def test_what_the_agency_and_auditors_publish_is_theirs() -> None:
    story, _, _ = shared()
    needed = story.emit(NeedPublished, need=1, department=HEALTH, description=bytes([1]) * 32)
    found = story.emit(
        FindingPublished,
        department=LABOUR,
        finder=AUDIT,
        reason_code=70,
        reason=bytes([1]) * 32,
    )
    scorecard = bytes([1]) * 32
    published = story.emit(ScorecardPublished, agency=AGENCY, scorecard=scorecard)
    standing = story.emit(
        StandingSet,
        department=LABOUR,
        standing=3,
        scorecard=scorecard,
        effective_at=story.now + 5,
        same_block=True,
    )
    finding = samples.finding(finder="audit-office")
    assert findings(needed, samples.need(), story) == []
    assert findings(found, finding, story) == []
    assert findings(published, samples.scorecard(), story) == []
    assert findings(standing, samples.scorecard(), story) == []
    others: list[tuple[Event, RecordModel]] = [
        (needed, samples.need(department="labour", holder=None)),
        (found, samples.finding()),
        (found, samples.reason(department="audit-office", code=ReasonCode.DEADLINES_MISSED)),
        (published, samples.scorecard(agency="audit-office")),
        (standing, samples.scorecard(lines=(samples.line("labour", 2),))),
        (standing, samples.scorecard(lines=(samples.line("health", 3),))),
    ]
    for event, record in others:
        assert len(findings(event, record, story)) == 1


def test_what_was_made_for_a_transfer_has_a_manifest_that_says_so() -> None:
    story, _, _ = shared()
    request = story.request(EMPLOYMENT, all_fields=False)
    story.activate(request)
    released = story.release(story.open(request))
    whole = last_of(story, VersionPublished).manifest  # type: ignore[attr-defined]
    derived = samples.derived(version=1, derived_from=whole, specification=PUBLISHED)
    assert findings(released, derived, story) == []
    for change in ({"version": 2}, {"derived_from": bytes(32)}, {"dataset": "labour/wages"}):
        (found,) = findings(released, derived.model_copy(update=change), story)
        assert "manifest and chain differ" in found
    sent = story.send(LABOUR, HEALTH)
    assert "no annex" in findings(sent, samples.document(), story)[0]


def test_a_manifest_names_the_sources_that_were_declared() -> None:
    story, _, _ = shared()
    event = last_of(story, VersionPublished)
    good = {"version": 1, "specification": PUBLISHED}
    (found,) = findings(event, samples.manifest(**good, sources=(1,)), story)
    assert found == "manifest and chain differ: sources is (1,) in the record, () on the chain"
    story.register(AIRPORTS, "beds", owner=HEALTH)
    story.publish(AIRPORTS, 1, owner=HEALTH)
    delivered(story, AIRPORTS, requester=LABOUR)
    number = last_of(story, TransferAcknowledged).transfer  # type: ignore[attr-defined]
    declare(story, EMPLOYMENT, 1, number)
    assert findings(event, samples.manifest(**good, sources=(number,)), story) == []
    assert "sources" in findings(event, samples.manifest(**good), story)[0]


# ------------------------------------------------------------------ records that go together
def tied(story: Story, event: Event, permitting: RecordModel, permitted: RecordModel) -> list[str]:
    """What is found when these are the two records that an event ties together."""
    (pair,) = pairs(event, fold(story.events))
    assert pair.permitting.kind is type(permitting)
    assert pair.permitted.kind is type(permitted)
    halves = [
        replace(half, digest=digest(record.to_bytes()))
        for half, record in ((pair.permitting, permitting), (pair.permitted, permitted))
    ]
    pair = replace(pair, permitting=halves[0], permitted=halves[1])
    found = check_pair(pair, permitting.to_bytes(), permitted.to_bytes())
    # What can't be had, or is no such record, is found by itself.
    assert check_pair(pair, None, permitted.to_bytes()) == []
    assert check_pair(pair, permitting.to_bytes(), None) == []
    assert check_pair(pair, b"hostile", permitted.to_bytes()) == []
    assert check_pair(pair, permitted.to_bytes(), permitted.to_bytes()) == []
    for finding in found:
        expected = f"what the record {halves[0].digest.hex()} permits"
        assert finding == Finding(Severity.ALTERED, pair.subject, "record", expected, finding.found)
    return [finding.found for finding in found]


def test_what_is_asked_under_an_offer_goes_no_further() -> None:
    story = country()
    published = offer(story)
    request = story.request(EMPLOYMENT, offer=published.offer)
    fits = samples.terms(
        retention_days=30, security_measures=samples.offer().security_measures, fields=("month",)
    )
    assert tied(story, request, samples.offer(), fits) == []
    beyond = samples.terms(
        retention_days=3650, security_measures=samples.offer().security_measures, fields=None
    )
    (found,) = tied(story, request, samples.offer(), beyond)
    assert found == "terms go beyond the offer: fields, retentionDays"
    (pair,) = pairs(request, fold(story.events))
    assert pair.subject == f"terms of request {request.grant}"
    assert (pair.permitting.digest, pair.permitted.digest) == (published.terms, request.terms)
    assert pairs(story.request(EMPLOYMENT), fold(story.events)) == []


def test_what_was_made_for_a_transfer_has_no_columns_but_the_granted_ones() -> None:
    story = country()
    request = story.request(EMPLOYMENT, all_fields=False)
    story.activate(request)
    released = story.release(story.open(request))
    granted = samples.terms(fields=("month", "jobs"))
    assert tied(story, released, granted, samples.derived(fields=("jobs",))) == []
    (found,) = tied(story, released, granted, samples.derived(fields=("jobs", "names")))
    assert found == "manifest is of other fields than the grant is for"
    (pair,) = pairs(released, fold(story.events))
    assert pair.subject == f"manifest of transfer {released.transfer}"
    assert (pair.permitting.digest, pair.permitted.digest) == (request.terms, released.manifest)
    whole = shared()
    assert pairs(whole[2], fold(whole[0].events)) == []


def test_a_service_describes_how_it_is_asked_and_a_file_does_not() -> None:
    story, _, _ = shared()
    event = last_of(story, DatasetRegistered)
    service = samples.dataset(specification=PUBLISHED, service=samples.service())
    assert "service is True in the record" in findings(event, service, story)[0]


@pytest.mark.parametrize("nonce", [None, samples.NONCE])
def test_a_manifest_has_a_subject_s_nonce_exactly_where_the_release_has_a_tag(
    nonce: bytes | None,
) -> None:
    story, _, _ = shared()
    released = answered(story)
    manifest = samples.answer(
        dataset="labour/lookup",
        query=digest(b"query"),
        subject_nonce=nonce,
        specification=PUBLISHED,
    )
    wrong = ["manifest and chain differ: subjectNonce is True in the record, False on the chain"]
    assert findings(released, manifest, story) == ([] if nonce is None else wrong)
    tag(story, released)
    wrong = ["manifest and chain differ: subjectNonce is False in the record, True on the chain"]
    assert findings(released, manifest, story) == (wrong if nonce is None else [])


def test_a_hidden_tag_names_its_opening_and_what_permits_hiding_it() -> None:
    story, _, released = shared()
    tagged = story.emit(
        SubjectTagged,
        transfer=released.transfer,
        dataset=EMPLOYMENT,
        tag=bytes([4]) * 32,
        hidden_until=1_800_000_000,
        opening=bytes([1]) * 32,
        ruling_code=ReasonCode.INVESTIGATION,
        ruling=bytes([1]) * 32,
    )
    story.events.pop()  # no answer: only the records are looked at here
    keyset = Keyset.generate().numbered(1)
    to = [Recipient(Code("audit-office"), KeyNumber(1), keyset.key(1).public_key)]

    def opening(**changes: Any) -> TagOpening:
        record = samples.opening(transfer=released.transfer, **changes)
        return seal_annex(record, {}, to, deployment=bytes(32))

    ruling = samples.reason(code=ReasonCode.INVESTIGATION, legal_ground="Code, section 9")
    assert findings(tagged, opening(), story, "opening") == []
    assert findings(tagged, ruling, story, "ruling") == []
    for change in ({"commitment": bytes(32)}, {"hidden_until": 1}, {"sender": "health"}):
        assert len(findings(tagged, opening(**change), story, "opening")) == 1
    assert len(findings(tagged, samples.reason(), story, "ruling")) == 1
    open_one = replace(tagged, hidden_until=0, ruling_code=0)
    assert references(open_one, fold(story.events)) == []


def test_a_query_is_of_the_service_that_was_asked_by_who_asked_it() -> None:
    story, _, _ = shared()
    answered(story)
    event = last_of(story, QueryOpened)
    keyset = Keyset.generate().numbered(1)
    to = [Recipient(Code("labour"), KeyNumber(1), keyset.key(1).public_key)]

    def query(**changes: Any) -> Query:
        record = samples.query(**({"dataset": "labour/lookup"} | changes))
        return seal_annex(record, {}, to, deployment=bytes(32))

    assert findings(event, query(), story) == []
    (found,) = findings(event, query(dataset="labour/employment"), story)
    assert "dataset is labour/employment in the record, labour/lookup on the chain" in found
    (found,) = findings(event, query(requester="labour"), story)
    assert "requester is labour in the record, health on the chain" in found
    assert "no annex" in findings(event, samples.query(dataset="labour/lookup"), story)[0]


def test_a_record_that_no_node_has_is_reported_as_absent() -> None:
    story, request, _ = shared()
    state = fold(story.events)
    (named,) = references(request, state)
    (finding,) = check_reference(named, None, state)
    assert finding == Finding(
        Severity.ABSENT,
        "terms of request 1",
        "record",
        f"the record {request.terms.hex()}",
        "no node has it",
    )


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff", b"[" * 100_000, bytes(2**20)])
def test_hostile_bytes_in_a_records_place_are_a_finding(data: bytes) -> None:
    story, request, _ = shared()
    state = fold(story.events)
    for event in (request, replace(request, terms=digest(data))):
        (named,) = references(event, state)
        (finding,) = check_reference(named, data, state)
        assert finding.severity is Severity.ALTERED
        assert (finding.subject, finding.what) == ("terms of request 1", "record")
        assert finding.expected == f"what AccessRequested at {event.at} says"


def test_things_are_named_for_people() -> None:
    story, by = reasons()
    state = fold(story.events)
    subjects = [found.subject for event, _ in by for found in references(event, state)]
    assert subjects == [
        "reason of transfer 1",
        "reason of request 1",
        "reason of request 2",
        "reason of transfer 2",
        "reason of labour/employment@1",
        "reason of labour/employment",
        "reason of health",
    ]
    others = [found.subject for event in story.events for found in references(event, state)]
    assert "card of labour" in others
    assert "specification of employment@1" in others
    assert references(last_of(story, AuditorAppointed), state) == []
    assert isinstance(last_of(story, AccessRequested), AccessRequested)
    story = country()
    published = offer(story)
    needed = story.emit(NeedPublished, need=1, department=HEALTH, description=bytes([1]) * 32)
    state = fold(story.events)
    assert [one.subject for one in references(published, state)] == ["terms of offer 1"]
    assert [one.subject for one in references(needed, state)] == ["description of need 1"]


def test_what_the_agency_ordered_it_ends_itself() -> None:
    story = country()
    comply(story, order(story, escalated(story)))
    suspend(story, LABOUR)
    revoked = story.because(GrantRevoked, story.events[-2])
    code = ReasonCode(revoked.reason_code)
    assert findings(revoked, samples.reason(department="agency", code=code), story) == []
    (found,) = findings(revoked, samples.reason(department="labour", code=code), story)
    assert "department is labour in the record, agency on the chain" in found
