"""The directory, and a subject's log: what they find on a ledger that others wrote."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ledger.citizen import Directory, SubjectLog, directory_of, subject_log
from ledger.codes import Purpose
from ledger.envelope.binding import SecretKey
from ledger.envelope.subjects import hidden_tag, owner_subject_key, subject_tag
from ledger.errors import InputError, NodeUnreachable, NotFound, RecordError, RefusedError
from ledger.events import (
    DatasetKind,
    KeyRetired,
    SubjectRevealed,
    TransferDisputed,
    TransferReleased,
)
from ledger.identifiers import Code
from ledger.models import RecordModel
from ledger.provenance import fold
from ledger.records import digest
from tests.twins import MemoryIpfs
from tests.unit import samples
from tests.unit.chapters import SALT, SERVICE, activated, consent, hide, tag
from tests.unit.story import AUDIT, EMPLOYMENT, HEALTH, LABOUR, Story, country
from tests.unit.test_deployment import read

DEPLOYMENT = read({})
D = DEPLOYMENT.digest
ME, OTHER = SecretKey(bytes(range(32))), SecretKey(bytes(range(1, 33)))
NONCE = bytes([3]) * 32
QUERY = digest(b"query")


class Told:
    """A story of a service about single persons, with the records that its events name."""

    def __init__(self) -> None:
        self.story: Story = country()
        self.ipfs = MemoryIpfs()
        described = samples.dataset(service=samples.service(), legal_reason=None)
        self.story.register(
            SERVICE,
            "lookup",
            kind=DatasetKind.SERVICE,
            consent_needed=True,
            description=self.put(described),
        )
        self.request = activated(self.story, SERVICE, terms=self.terms("labour/lookup"))

    def put(self, record: RecordModel) -> bytes:
        return self.ipfs.put_block(record.to_bytes())

    def terms(self, dataset: str, **said: Any) -> bytes:
        until = self.story.now + 100_000
        return self.put(samples.terms(dataset=dataset, valid_until=until, **said))

    def manifest(self, nonce: bytes | None = NONCE, **said: Any) -> bytes:
        values = {"dataset": "labour/lookup", "query": QUERY, "specification": None} | said
        return self.put(samples.answer(subject_nonce=nonce, **values))

    def answer(self, **said: Any) -> TransferReleased:
        """Release an answer that is yet to be tagged."""
        agreed = consent(self.story, withdrawal=digest(str(self.story.now).encode()))
        asked = replace(self.story.query(self.request, agreed.consent), query=QUERY)
        self.story.events[-1] = asked
        return self.story.release(asked, manifest=self.manifest(**said))

    def log(self, key: SecretKey = ME) -> SubjectLog:
        return subject_log(fold(self.story.events), self.ipfs, key, deployment=D)


@pytest.fixture
def told() -> Told:
    return Told()


def tag_of(key: SecretKey = ME, nonce: bytes = NONCE, owner: str = "labour") -> bytes:
    return subject_tag(owner_subject_key(key, Code(owner)), D, nonce)


def test_a_subject_finds_its_own_answers_with_all_that_it_asks(told: Told) -> None:
    tag(told.story, told.answer(), tag=tag_of())
    other = told.answer(nonce=bytes(32))
    tag(told.story, other, tag=tag_of(OTHER, bytes(32)))
    (use,) = told.log().about_me
    assert (use.receiver, use.owner, use.dataset) == ("health", "labour", "labour/lookup")
    assert (use.purpose, use.grant, use.consent) == (Purpose.STATISTICS, told.request.grant, 1)
    assert use.legal_basis == samples.terms().legal_basis
    assert use.released_at
    assert [one.transfer for one in told.log(OTHER).about_me] == [other.transfer]
    assert told.log(SecretKey(bytes(32))).about_me == ()


def test_whom_an_answer_is_about_shows_once_it_is_revealed(told: Told) -> None:
    released = told.answer()
    hide(told.story, released, tag=hidden_tag(tag_of(), SALT))
    before = told.log()
    assert (before.about_me, before.hidden) == ((), 1)
    told.story.emit(
        SubjectRevealed,
        transfer=released.transfer,
        dataset=SERVICE,
        tag=tag_of(),
        salt=SALT,
        revealer=LABOUR,
    )
    after = told.log()
    assert ([use.transfer for use in after.about_me], after.hidden) == ([released.transfer], 0)


def test_a_second_release_is_found_too(told: Told) -> None:
    released = told.answer()
    tag(told.story, released, tag=tag_of())
    told.story.because(TransferDisputed, released, code=22)
    again = told.story.release(released, manifest=told.manifest(bytes([4]) * 32))
    tag(told.story, again, tag=tag_of(nonce=bytes([4]) * 32))
    assert [use.transfer for use in told.log().about_me] == [released.transfer]


@pytest.mark.parametrize(
    "said",
    [
        {"nonce": None},
        {"dataset": "labour/other"},
        {"query": bytes(32)},
        {"sender": "health", "dataset": "health/lookup"},
    ],
)
def test_a_manifest_that_contradicts_the_chain_is_told(told: Told, said: dict[str, Any]) -> None:
    released = told.answer(**said)
    tag(told.story, released, tag=tag_of())
    found = told.log()
    assert (found.about_me, found.unreadable) == ((), (released.transfer,))


def test_a_manifest_that_no_node_has_is_told(told: Told) -> None:
    tag(told.story, told.answer(), tag=tag_of())
    released = told.story.release(
        told.story.query(told.request, consent(told.story).consent), manifest=bytes(32)
    )
    tag(told.story, released, tag=tag_of())
    found = told.log()
    assert (len(found.about_me), found.unreadable) == (1, (released.transfer,))


def test_files_about_many_may_include_the_subject(told: Told) -> None:
    request = activated(told.story, EMPLOYMENT, terms=told.terms("labour/employment"))
    released = told.story.release(told.story.open(request))
    told.answer(nonce=None)
    found = told.log()
    assert found.about_me == ()
    (bulk,) = found.bulk
    assert (bulk.transfer, bulk.dataset) == (released.transfer, "labour/employment@1")
    assert bulk.legal_basis


def test_terms_that_contradict_the_chain_say_nothing(told: Told) -> None:
    lying = told.terms("labour/employment", purpose=Purpose.RESEARCH)
    request = activated(told.story, EMPLOYMENT, terms=lying)
    told.story.release(told.story.open(request))
    assert [use.legal_basis for use in told.log().bulk] == [None]


def test_the_node_learns_nothing_from_what_is_asked_for(told: Told) -> None:
    tag(told.story, told.answer(), tag=tag_of())
    tag(told.story, told.answer(nonce=bytes(32)), tag=tag_of(OTHER, bytes(32)))

    class Watched(MemoryIpfs):
        def __init__(self, other: MemoryIpfs) -> None:
            super().__init__()
            self.content, self.asked = other.content, list[bytes]()

        def get_block(self, digest: bytes) -> bytes:
            self.asked.append(digest)
            return super().get_block(digest)

    asked = []
    for key in (ME, OTHER, SecretKey(bytes(32))):
        watched = Watched(told.ipfs)
        subject_log(fold(told.story.events), watched, key, deployment=D)
        asked.append(watched.asked)
    assert asked[0] == asked[1] == asked[2]
    assert len(asked[0]) == 3


def test_a_node_that_is_away_is_no_empty_log(told: Told) -> None:
    tag(told.story, told.answer(), tag=tag_of())
    told.ipfs.down = True
    with pytest.raises(NodeUnreachable):
        told.log()


# ------------------------------------------------------------------ the directory
def listed(told: Told) -> Directory:
    found = directory_of(fold(told.story.events), DEPLOYMENT, told.ipfs, now=told.story.now)
    return Directory.from_bytes(found.to_bytes())


def test_a_directory_lists_services_about_single_persons(told: Told) -> None:
    found = listed(told)
    assert [(one.name, one.number, one.consent_needed) for one in found.services] == [
        ("labour/lookup", SERVICE, True)
    ]
    assert {one.code: one.number for one in found.members} == {
        "agency": 1, "labour": LABOUR, "health": HEALTH, "audit-office": AUDIT,
    }  # fmt: skip
    assert found.deployment.digest == D
    agreed = found.agreed("labour/lookup", "health", Purpose.RESEARCH, told.story.now + 1)
    assert (agreed.dataset_number, agreed.receiver_number) == (SERVICE, HEALTH)


def test_what_it_does_not_list_cannot_be_agreed_to(told: Told) -> None:
    found, until = listed(told), told.story.now + 1
    for name in ("labour/employment", "labour/none", "labour/lookup@1"):
        with pytest.raises(NotFound, match="lists no service"):
            found.agreed(name, "health", Purpose.RESEARCH, until)
    with pytest.raises(InputError, match="still to come"):
        found.agreed("labour/lookup", "health", Purpose.RESEARCH, told.story.now)
    with pytest.raises(NotFound, match="lists no member"):
        found.agreed("labour/lookup", "\x1b[2J", Purpose.RESEARCH, until)
    with pytest.raises(NotFound, match="lists no member"):
        found.owner("nobody")
    with pytest.raises(RefusedError, match="no encryption key"):
        found.owner("health")
    assert (found.owner("labour").department, found.owner("labour").key_number) == ("labour", 1)


def test_an_owner_without_a_key_in_use_cannot_be_written_to(told: Told) -> None:
    told.story.publish_key(LABOUR, 2, delay=100)
    told.story.emit(KeyRetired, department=LABOUR, key_number=1)
    found = listed(told)
    assert [one.name for one in found.services] == ["labour/lookup"]
    with pytest.raises(RefusedError, match="no encryption key"):
        found.owner("labour")


@pytest.mark.parametrize(
    "alter", [lambda m: m[::-1], lambda m: (*m, m[-1])], ids=["order", "twice"]
)
def test_a_directory_that_could_mean_two_is_refused(told: Told, alter: Any) -> None:
    found = listed(told)
    altered = found.model_copy(update={"members": alter(found.members)})
    with pytest.raises(RecordError, match="members must ascend by name"):
        Directory.from_bytes(altered.to_bytes())


def test_a_service_whose_description_is_missing_or_lies_is_left_out(told: Told) -> None:
    told.story.register(3, "other", kind=DatasetKind.SERVICE, description=bytes(32))
    stranger = samples.dataset(publisher="health", service=samples.service(), legal_reason=None)
    told.story.register(4, "third", kind=DatasetKind.SERVICE, description=told.put(stranger))
    many = samples.dataset(service=samples.service(subject=False), legal_reason=None)
    told.story.register(5, "fourth", kind=DatasetKind.SERVICE, description=told.put(many))
    assert [one.name for one in listed(told).services] == ["labour/lookup"]
