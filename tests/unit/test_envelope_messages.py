"""Sealed records: queries, openings, disclosures, enrolments, titles of documents."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from ledger.envelope.annex import Recipient, open_annex, open_content, seal_annex
from ledger.envelope.binding import SecretKey, disclosure_wrap_info, transfer_wrap_info
from ledger.envelope.commitments import check_receipt, receipt_key, receipt_tag
from ledger.envelope.keyset import Keyset
from ledger.envelope.subjects import check_opening, hidden_tag, owner_subject_key, subject_tag
from ledger.envelope.wrap import PrivateKey, unwrap_key, wrap_key
from ledger.errors import IntegrityError, NotFound, RecordError
from ledger.identifiers import Code, KeyNumber
from ledger.models import (
    AnnexedRecord,
    ConsentLink,
    DisclosureContent,
    DocumentContent,
    EnrolmentContent,
    OpeningContent,
    Query,
    QueryContent,
    SealedContent,
    parse_record,
)
from tests.unit import samples

D = bytes([1]) * 32
OWNER, REQUESTER = Code("labour"), Code("health")
KEYS = Keyset(archive=SecretKey(bytes(32)), keys={KeyNumber(3): PrivateKey(bytes(range(32)))})
TO = [Recipient(OWNER, KeyNumber(3), KEYS.key(3).public_key)]
TAG = subject_tag(owner_subject_key(SecretKey(bytes(32)), OWNER), D, bytes(32))

CONTENTS: list[tuple[AnnexedRecord, SealedContent]] = [
    (
        samples.query(),
        QueryContent(
            parameters={"year": 2020, "active": True, "town": "Ghent"},
            subject="1985-117-9",
            consent=ConsentLink(number=5, link=bytes(32)),
        ),
    ),
    (samples.query(), QueryContent(parameters={})),
    (samples.opening(), OpeningContent(tag=TAG, salt=bytes(32))),
    (
        samples.disclosure(),
        DisclosureContent(receipt_key=bytes([6]) * 32, plaintext_sha256=bytes(32)),
    ),
    (samples.enrolment(), EnrolmentContent(owner_subject_key=bytes([6]) * 32)),
    (samples.document(), DocumentContent(title="Warrant", name="warrant.pdf", note="Urgent.")),
]


def _sealed(record: AnnexedRecord, content: SealedContent) -> AnnexedRecord:
    return seal_annex(record, content.to_members(), TO, deployment=D)


def _open(record: AnnexedRecord, kind: type[SealedContent]) -> SealedContent:
    return open_content(record, kind, KEYS, department=OWNER, deployment=D)


@pytest.mark.parametrize(("record", "content"), CONTENTS)
def test_what_was_sealed_is_opened(record: AnnexedRecord, content: SealedContent) -> None:
    sealed = _sealed(record, content)
    read = parse_record(sealed.to_bytes())
    assert isinstance(read, AnnexedRecord)
    assert read == sealed
    assert _open(read, type(content)) == content


@pytest.mark.parametrize("record", [record for record, _ in CONTENTS[:5]])
def test_a_sealed_record_without_its_annex_is_no_record(record: AnnexedRecord) -> None:
    with pytest.raises(RecordError, match="has no annex"):
        parse_record(record.to_bytes())


@pytest.mark.parametrize("record", [samples.query(dataset="labour/wages"), samples.query(nonce=D)])
def test_a_query_is_bound_to_its_dataset_and_nonce(record: Query) -> None:
    sealed = _sealed(*CONTENTS[0])
    with pytest.raises(IntegrityError):
        _open(record.model_copy(update={"annex": sealed.annex}), QueryContent)


def test_a_query_is_bound_to_its_sender() -> None:
    stolen = samples.query(requester="police").model_copy(
        update={"annex": _sealed(*CONTENTS[0]).annex}
    )
    with pytest.raises(IntegrityError):
        _open(stolen, QueryContent)


def test_a_query_is_bound_to_deployment_and_key_number() -> None:
    sealed = _sealed(*CONTENTS[0])
    with pytest.raises(IntegrityError):
        open_annex(sealed, KEYS, department=OWNER, deployment=bytes(32))
    assert sealed.annex is not None
    wrap = sealed.annex.recipients[0].model_copy(update={"key_number": 4})
    moved = sealed.model_copy(
        update={"annex": sealed.annex.model_copy(update={"recipients": (wrap,)})}
    )
    same_key = Keyset(archive=KEYS.archive, keys={KeyNumber(4): KEYS.key(3)})
    with pytest.raises(IntegrityError):
        open_annex(moved, same_key, department=OWNER, deployment=D)


def test_who_only_carries_an_enrolment_cannot_open_it() -> None:
    window = Keyset.generate().numbered(1)
    with pytest.raises(NotFound):
        open_content(
            _sealed(*CONTENTS[4]), EnrolmentContent, window, department=REQUESTER, deployment=D
        )


def test_an_enrolment_cannot_be_given_to_another_subject() -> None:
    other = samples.enrolment(subject="1990-001-1").model_copy(
        update={"annex": _sealed(*CONTENTS[4]).annex}
    )
    with pytest.raises(IntegrityError):
        _open(other, EnrolmentContent)


def test_the_length_of_a_query_tells_its_size_class_alone() -> None:
    sizes = {
        len(_sealed(samples.query(), QueryContent(parameters={}, subject="x" * n)).to_bytes())
        for n in (1, 50, 150)
    }
    assert len(sizes) == 1


@pytest.mark.parametrize(
    ("kind", "members"),
    [
        (QueryContent, {}),
        (QueryContent, {"parameters": {"a b": 1}}),
        (QueryContent, {"parameters": {"a": [1]}}),
        (QueryContent, {"parameters": {"a": None}}),
        (QueryContent, {"parameters": {f"p{n}": n for n in range(51)}}),
        (QueryContent, {"parameters": {}, "subject": ""}),
        (QueryContent, {"parameters": {}, "subject": None}),
        (QueryContent, {"parameters": {}, "more": 1}),
        (QueryContent, {"parameters": {}, "consent": {"number": 0, "link": "00" * 32}}),
        (OpeningContent, {"tag": "00" * 32}),
        (OpeningContent, {"tag": "00" * 31, "salt": "00" * 32}),
        (DisclosureContent, {"receipt_key": "00" * 32, "plaintext_sha256": "00" * 32}),
        (EnrolmentContent, {"ownerSubjectKey": "AA" * 32}),
        (DocumentContent, {"title": "Warrant", "name": "../warrant.pdf"}),
        (DocumentContent, {"title": "War\u202erant", "name": "warrant.pdf"}),
        (DocumentContent, {"name": "warrant.pdf"}),
    ],
)
def test_content_that_breaks_a_rule_is_refused(
    kind: type[SealedContent], members: dict[str, Any]
) -> None:
    with pytest.raises(RecordError, match="sealed part") as caught:
        kind.from_members(members)
    assert "00" * 31 not in caught.value.message


def test_no_secret_shows_in_a_representation() -> None:
    for _, content in CONTENTS[:5]:
        shown = repr(content)
        assert "1985" not in shown
        assert "Ghent" not in shown
        assert repr(bytes([6]) * 4)[2:-1] not in shown
        assert repr(TAG)[2:-1] not in shown


def test_an_auditor_opens_a_hidden_tag() -> None:
    opening = samples.opening(commitment=hidden_tag(TAG, bytes(32)))
    content = _open(_sealed(opening, OpeningContent(tag=TAG, salt=bytes(32))), OpeningContent)
    assert isinstance(content, OpeningContent)
    check_opening(opening.commitment, content.tag, content.salt)


def test_an_auditor_checks_a_receipt_with_what_the_owner_discloses() -> None:
    data_key, plaintext = SecretKey(bytes([5]) * 32), hashlib.sha256(b"content").digest()
    record = samples.disclosure()
    tag = receipt_tag(receipt_key(data_key, D, 7), record.manifest, plaintext)
    disclosed = DisclosureContent(
        receipt_key=receipt_key(data_key, D, 7).value, plaintext_sha256=plaintext
    )
    content = _open(_sealed(record, disclosed), DisclosureContent)
    assert isinstance(content, DisclosureContent)
    check_receipt(tag, SecretKey(content.receipt_key), record.manifest, content.plaintext_sha256)
    with pytest.raises(IntegrityError):
        check_receipt(tag, SecretKey(content.receipt_key), bytes(32), content.plaintext_sha256)


def test_a_disputed_key_is_disclosed_to_the_arbiter_alone() -> None:
    key, arbiter = SecretKey(bytes([5]) * 32), KEYS.key(3)
    info = disclosure_wrap_info(D, 7, Code("audit"), 3)
    assert info == (
        b"sharing-ledger/v1/wrap/disclosure"
        + D
        + (7).to_bytes(8, "big")
        + b"audit".ljust(32, b"\0")
        + (3).to_bytes(4, "big")
    )
    wrapped = wrap_key(arbiter.public_key, key, info)
    assert unwrap_key(arbiter, wrapped, info) == key
    for other in (
        disclosure_wrap_info(D, 8, Code("audit"), 3),
        disclosure_wrap_info(D, 7, Code("police"), 3),
        disclosure_wrap_info(D, 7, Code("audit"), 4),
        disclosure_wrap_info(bytes(32), 7, Code("audit"), 3),
        transfer_wrap_info(D, 7, Code("audit"), 3),
    ):
        with pytest.raises(IntegrityError):
            unwrap_key(arbiter, wrapped, other)


def test_a_sealed_content_of_another_kind_is_refused() -> None:
    query = seal_annex(samples.query(), {"title": "x", "name": "y"}, TO, deployment=D)
    with pytest.raises(RecordError, match="sealed part"):
        _open(query, QueryContent)
