"""Sealed annexes: who reads them, what their length tells, and every way to move or alter one."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.envelope import annex as annex_module
from ledger.envelope.annex import Recipient, open_annex, seal_annex
from ledger.envelope.binding import SecretKey
from ledger.envelope.keyset import Keyset
from ledger.errors import InputError, IntegrityError, NotFound, RecordError
from ledger.identifiers import Code, KeyNumber
from ledger.models import SIZE_CLASSES, Manifest, Reason, SealedAnnex, Terms
from ledger.records import encode
from tests.unit.samples import manifest, reason, terms

D = bytes([1]) * 32
OWNER, REQUESTER, AUDITOR = Code("labour"), Code("health"), Code("audit")
OWNER_KEYS = Keyset.generate().numbered(1)
REQUESTER_KEYS = Keyset.generate().numbered(4)
SECRET: dict[str, object] = {"case": "2026/117", "contact": "Dr A. Example"}


def _recipient(department: Code, keyset: Keyset) -> Recipient:
    number, key = next(iter(keyset.keys.items()))
    return Recipient(department, number, key.public_key)


RECIPIENTS = [_recipient(OWNER, OWNER_KEYS), _recipient(REQUESTER, REQUESTER_KEYS)]
SEALED = seal_annex(terms(), SECRET, RECIPIENTS, deployment=D)


def _open(
    record: Terms, keyset: Keyset = OWNER_KEYS, department: Code = OWNER
) -> dict[str, object]:
    return open_annex(record, keyset, department=department, deployment=D)


def _with(record: Terms, **changes: Any) -> Terms:
    assert record.annex is not None
    return record.model_copy(update={"annex": record.annex.model_copy(update=changes)})


def test_every_recipient_reads_the_annex() -> None:
    assert _open(SEALED) == SECRET
    assert _open(SEALED, REQUESTER_KEYS, REQUESTER) == SECRET


def test_the_annex_survives_the_record_s_bytes() -> None:
    record = Terms.from_bytes(SEALED.to_bytes())
    assert record == SEALED
    assert _open(record) == SECRET
    assert b"2026/117" not in SEALED.to_bytes()


@pytest.mark.parametrize("record", [reason(), manifest()])
def test_reasons_and_manifests_carry_an_annex_too(record: Reason | Manifest) -> None:
    sealed = seal_annex(record, SECRET, RECIPIENTS[:1], deployment=D)
    again = type(sealed).from_bytes(sealed.to_bytes())
    assert open_annex(again, OWNER_KEYS, department=OWNER, deployment=D) == SECRET


def test_who_is_no_recipient_is_told_so() -> None:
    for keyset, department in (
        (Keyset.generate().numbered(1), AUDITOR),
        (Keyset.generate().numbered(9), OWNER),
    ):
        with pytest.raises(NotFound, match="no annex"):
            _open(SEALED, keyset, department)
    with pytest.raises(NotFound, match="no annex"):
        _open(terms())


def test_another_key_under_the_same_number_does_not_open_it() -> None:
    with pytest.raises(IntegrityError, match="does not open"):
        _open(SEALED, Keyset.generate().numbered(1))


def test_an_annex_moved_to_another_record_is_refused() -> None:
    moved = terms(requester="police").model_copy(update={"annex": SEALED.annex})
    with pytest.raises(IntegrityError):
        _open(moved)


def test_an_annex_of_another_deployment_is_refused() -> None:
    with pytest.raises(IntegrityError):
        open_annex(SEALED, OWNER_KEYS, department=OWNER, deployment=bytes(32))


def test_a_wrap_given_to_another_department_is_refused() -> None:
    assert SEALED.annex is not None
    mine = next(one for one in SEALED.annex.recipients if one.department == OWNER)
    stolen = _with(SEALED, recipients=(mine.model_copy(update={"department": AUDITOR}),))
    with pytest.raises(IntegrityError):
        _open(stolen, OWNER_KEYS, AUDITOR)


def test_an_altered_ciphertext_or_commitment_is_refused() -> None:
    assert SEALED.annex is not None
    data = SEALED.annex.ciphertext
    for altered in (data[:-1], data + b"\0", bytes([data[0] ^ 1]) + data[1:], b""):
        with pytest.raises(IntegrityError):
            _open(_with(SEALED, ciphertext=altered))
    with pytest.raises(IntegrityError, match="another key"):
        _open(_with(SEALED, key_commitment=bytes(32)))


def test_two_recipients_cannot_be_given_two_keys() -> None:
    other = seal_annex(terms(), {"case": "another"}, RECIPIENTS, deployment=D)
    assert SEALED.annex is not None
    assert other.annex is not None
    mixed = _with(SEALED, recipients=(SEALED.annex.recipients[0], other.annex.recipients[1]))
    readers = {OWNER: OWNER_KEYS, REQUESTER: REQUESTER_KEYS}
    second = mixed.annex.recipients[1].department if mixed.annex else OWNER
    with pytest.raises(IntegrityError, match="another key"):
        _open(mixed, readers[second], second)


@pytest.mark.parametrize("size", [0, 1, 200, 1000, 4000, 60_000])
def test_the_length_tells_only_the_size_class(size: int) -> None:
    record = seal_annex(terms(), {"t": "x" * size}, RECIPIENTS[:1], deployment=D)
    assert record.annex is not None
    assert len(record.annex.ciphertext) - 16 in SIZE_CLASSES
    assert _open(record) == {"t": "x" * size}


def test_an_annex_that_fits_no_class_is_refused() -> None:
    with pytest.raises(InputError, match="at most 65,532"):
        seal_annex(terms(), {"t": "x" * 65_536}, RECIPIENTS, deployment=D)


def test_recipients_are_needed_each_once_and_with_a_good_key() -> None:
    with pytest.raises(InputError, match="recipients"):
        seal_annex(terms(), SECRET, [], deployment=D)
    with pytest.raises(InputError, match="each named once"):
        seal_annex(terms(), SECRET, RECIPIENTS * 2, deployment=D)
    many = [
        Recipient(OWNER, KeyNumber(number), RECIPIENTS[0].public_key) for number in range(1, 18)
    ]
    with pytest.raises(InputError, match="recipients is wrong"):
        seal_annex(terms(), SECRET, many, deployment=D)
    with pytest.raises(IntegrityError, match="encryption key"):
        seal_annex(terms(), SECRET, [Recipient(OWNER, KeyNumber(1), bytes(1216))], deployment=D)


def _forged(padded: bytes, monkeypatch: pytest.MonkeyPatch) -> Terms:
    """What a dishonest sender makes who pads as it likes."""
    with monkeypatch.context() as patch:
        patch.setattr(annex_module, "pad", lambda *_: padded)
        return seal_annex(terms(), {}, RECIPIENTS, deployment=D)


@pytest.mark.parametrize(
    "padded",
    [
        b"",
        b"\0\0",
        (2).to_bytes(4, "big") + b"{}",
        ((2).to_bytes(4, "big") + b"{}").ljust(1024, b"\0"),
        ((2).to_bytes(4, "big") + b"{}hidden").ljust(256, b"\0"),
        b"\xff" * 256,
        ((252).to_bytes(4, "big")).ljust(200, b"\0"),
    ],
)
def test_padding_in_any_other_way_is_refused(
    padded: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = _forged(padded, monkeypatch)
    with pytest.raises(IntegrityError, match="padded"):
        _open(record)


def test_a_sealed_part_that_is_no_record_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    record = _forged(((4).to_bytes(4, "big") + b"[[1]").ljust(256, b"\0"), monkeypatch)
    with pytest.raises(RecordError):
        _open(record)


@pytest.mark.parametrize("secret", [{"case": "\x1b[2J"}, {"a\u202eb": 1}, {"x": [{"y": "\x00"}]}])
def test_a_sealed_part_that_would_drive_a_terminal_is_refused(
    secret: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="the sealed part has the character"):
        seal_annex(terms(), secret, RECIPIENTS, deployment=D)
    data = encode(secret)
    record = _forged((len(data).to_bytes(4, "big") + data).ljust(256, b"\0"), monkeypatch)
    with pytest.raises(RecordError, match="the sealed part of this record has the character"):
        _open(record)


def test_recipients_out_of_order_are_not_a_record() -> None:
    assert SEALED.annex is not None
    annex: SealedAnnex = SEALED.annex
    swapped = _with(SEALED, recipients=annex.recipients[::-1])
    with pytest.raises(RecordError, match="sorted"):
        Terms.from_bytes(swapped.to_bytes())


def test_base64_in_another_spelling_is_not_a_record() -> None:
    data = SEALED.to_bytes()
    end = data.index(b'"', data.index(b'"ciphertext":"') + len('"ciphertext":"'))
    # 272 bytes of ciphertext end in base64 with "=" and two unused bits.
    assert data[end - 1 : end] == b"="
    letter = data[end - 2]
    respelled = data[: end - 2] + bytes([letter + 1]) + data[end - 1 :]
    with pytest.raises(RecordError):
        Terms.from_bytes(respelled)
    with pytest.raises(RecordError, match="base64"):
        Terms.from_bytes(data[: end - 1] + data[end:])


def test_each_annex_has_its_own_key() -> None:
    again = seal_annex(terms(), SECRET, RECIPIENTS, deployment=D)
    assert again.annex is not None
    assert SEALED.annex is not None
    assert again.annex.key_commitment != SEALED.annex.key_commitment
    assert SecretKey.generate() != SecretKey.generate()
