"""Records against the events that name them: by hash, by type, by what they say (rule 13)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ledger.errors import IntegrityError, RecordError
from ledger.events import (
    AccessRequested,
    AuditorAppointed,
    DatasetRegistered,
    DatasetWithdrawn,
    DepartmentAdmitted,
    DepartmentSuspended,
    Event,
    GrantRevoked,
    RequestRefused,
    SharingClass,
    SpecificationPublished,
    TransferDeclined,
    TransferDisputed,
    VersionPublished,
    VersionWithdrawn,
)
from ledger.models import (
    PayloadKind,
    ReasonCode,
    RecordModel,
    SpecificationReference,
    Terms,
)
from ledger.provenance import Specification, fold
from ledger.records import digest
from ledger.verify import Severity, check_record, check_reference, reference
from tests.unit import samples
from tests.unit.story import (
    EMPLOYMENT,
    HEALTH,
    LABOUR,
    Story,
    shared,
    suspend,
    withdraw_dataset,
    withdraw_version,
)

SPECIFICATION = samples.specification()
PUBLISHED = SpecificationReference(
    name="employment", version=1, digest=digest(SPECIFICATION.to_bytes())
)


def findings(event: Event, record: RecordModel, story: Story) -> list[str]:
    """What is found when `event` names this record."""
    state = fold(story.events)
    state.specifications["employment"] = {1: Specification(PUBLISHED.digest)}
    named = reference(event, state)
    assert named is not None
    field = next(
        f
        for f in ("card", "specification", "description", "manifest", "terms", "reason")
        if hasattr(event, f)
    )
    changes: dict[str, Any] = {field: digest(record.to_bytes())}
    named = reference(replace(event, **changes), state)
    assert named is not None
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
    assert "another digest" in findings(event, samples.dataset(), story)[0]
    closed = replace(event, sharing=SharingClass.CLOSED)  # type: ignore[call-arg]
    assert "no legal reason" in findings(closed, good, story)[0]
    reasoned = samples.dataset(specification=PUBLISHED, legal_reason="Statistics Act, section 3")
    assert findings(closed, reasoned, story) == []


def test_a_manifest_is_of_the_published_version() -> None:
    story, _, _ = shared()
    event = last_of(story, VersionPublished)
    good = {"version": 1, "specification": PUBLISHED}
    assert findings(event, samples.manifest(**good), story) == []
    assert "version 3" in findings(event, samples.manifest(specification=PUBLISHED), story)[0]
    other = samples.manifest(**good, dataset="labour/jobs")
    assert "labour/jobs" in findings(event, other, story)[0]
    foreign = samples.manifest(**good, dataset="health/employment", sender="health")
    assert "health" in findings(event, foreign, story)[0]
    assert "another digest" in findings(event, samples.manifest(version=1), story)[0]
    answer = samples.manifest(
        kind=PayloadKind.ANSWER, version=None, encryption=samples.encryption(bytes(32))
    )
    assert "kind is 'answer'" in findings(event, answer, story)[0]


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
    assert "by energy" in found
    (found,) = findings(event, samples.reason(department=department, code=ReasonCode.LATE), story)
    assert "with code 47 in the record" in found


def test_a_record_that_no_node_has_is_reported_as_absent() -> None:
    story, request, _ = shared()
    state = fold(story.events)
    named = reference(request, state)
    assert named is not None
    (finding,) = check_reference(named, None, state)
    assert finding.severity is Severity.ABSENT
    assert finding.subject == "terms of request 1"


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff", b"[" * 100_000, bytes(2**20)])
def test_hostile_bytes_in_a_records_place_are_a_finding(data: bytes) -> None:
    story, request, _ = shared()
    state = fold(story.events)
    for event in (request, replace(request, terms=digest(data))):
        named = reference(event, state)
        assert named is not None
        (finding,) = check_reference(named, data, state)
        assert finding.severity is Severity.ALTERED


def test_things_are_named_for_people() -> None:
    story, by = reasons()
    state = fold(story.events)
    subjects = [found.subject for event, _ in by if (found := reference(event, state))]
    assert subjects == [
        "reason of transfer 1",
        "reason of request 1",
        "reason of request 2",
        "reason of transfer 2",
        "reason of labour/employment@1",
        "reason of labour/employment",
        "reason of health",
    ]
    others = [found.subject for event in story.events if (found := reference(event, state))]
    assert "card of labour" in others
    assert "specification of employment@1" in others
    assert reference(last_of(story, AuditorAppointed), state) is None
    assert isinstance(last_of(story, AccessRequested), AccessRequested)
