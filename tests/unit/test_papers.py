"""Papers: what a subject's device makes for a window, and what is not taken for one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ledger.codes import Purpose
from ledger.envelope.annex import Recipient, open_content
from ledger.envelope.binding import SecretKey
from ledger.envelope.consents import check_link, withdrawal_hash
from ledger.envelope.keyset import Keyset
from ledger.envelope.papers import (
    Agreed,
    ConsentPaper,
    WithdrawalPaper,
    make_consent,
    make_enrolment,
    make_withdrawal,
    read_paper,
)
from ledger.envelope.subjects import owner_subject_key, write_subject_key
from ledger.errors import InputError, IntegrityError, NotFound
from ledger.identifiers import Code, DatasetName, KeyNumber
from ledger.models import Enrolment, EnrolmentContent
from ledger.records import decode, encode
from tests.unit.test_deployment import read

DEPLOYMENT = read({})
KEY, OTHER = SecretKey(bytes(range(32))), SecretKey(bytes(range(1, 33)))
LABOUR = Code("labour")
AGREED = Agreed(
    DatasetName.parse("labour/status"), 4, Code("health"), 3, Purpose.ELIGIBILITY, 1_800_000_000
)


def paper(key: SecretKey = KEY) -> ConsentPaper:
    return make_consent(key, AGREED, DEPLOYMENT)


def altered(change: Callable[[dict[str, Any]], object]) -> ConsentPaper:
    members = decode(paper().to_bytes())
    change(members)
    return ConsentPaper.from_bytes(encode(members))


def test_a_consent_is_read_again_as_it_was_made() -> None:
    made = paper()
    found = read_paper(made.to_bytes(), ConsentPaper, "consent")
    assert found == made
    found.require_signed(DEPLOYMENT)
    owner_key = owner_subject_key(KEY, LABOUR)
    check_link(found.link, owner_key, DEPLOYMENT.digest, found.signer)
    assert found.link.hex() not in repr(found)


def test_no_two_consents_can_be_told_to_be_one_person_s() -> None:
    first, second = paper(), paper()
    for name in ("nonce", "withdrawal", "signer", "signature", "link"):
        assert getattr(first, name) != getattr(second, name)
    written = first.to_bytes() + second.to_bytes()
    assert KEY.value.hex().encode() not in written
    assert write_subject_key(KEY).encode() not in written


@pytest.mark.parametrize(
    "change",
    [
        lambda members: members.update(datasetNumber=5),
        lambda members: members.update(receiverNumber=9),
        lambda members: members.update(purpose="law-enforcement"),
        lambda members: members.update(validUntil=1_900_000_000),
        lambda members: members.update(withdrawal="77" * 32),
        lambda members: members.update(signer=paper(OTHER).signer),
        lambda members: members.update(signature=paper(OTHER).signature.hex()),
    ],
)
def test_what_was_signed_cannot_be_changed(change: Callable[[dict[str, Any]], object]) -> None:
    with pytest.raises(IntegrityError) as caught:
        altered(change).require_signed(DEPLOYMENT)
    assert caught.value.message == (
        "the consent's signature isn't by the key that it names, or something in it was changed"
    )
    assert caught.value.hint == "ask the subject for the file again, or for a new consent"


@pytest.mark.parametrize(
    "change",
    [
        lambda members: members.update(signature="00" * 65),
        lambda members: members.update(signature="ff" * 64 + "1b"),
        lambda members: members.update(signature=members["signature"][:-2] + "1d"),
    ],
)
def test_what_is_no_signature_is_refused(change: Callable[[dict[str, Any]], object]) -> None:
    with pytest.raises(IntegrityError, match=r"^this is not the signature of a consent$"):
        altered(change).require_signed(DEPLOYMENT)


def test_a_consent_out_of_range_is_wrong_input() -> None:
    said = "the consent is wrong: valid_until: Input should be greater than or equal to 1"
    with pytest.raises(InputError, match=f"^{said}$"):
        make_consent(KEY, replace(AGREED, valid_until=0), DEPLOYMENT)


def test_a_consent_for_another_ledger_is_refused() -> None:
    elsewhere = DEPLOYMENT.model_copy(update={"chain_id": DEPLOYMENT.chain_id + 1})
    here, there = DEPLOYMENT.digest.hex()[:8], elsewhere.digest.hex()[:8]
    ledgers = f"was made for another ledger: {here}…, this one is {there}…$"
    with pytest.raises(InputError, match=f"^the consent {ledgers}") as caught:
        paper().require_signed(elsewhere)
    assert caught.value.hint == "the subject makes one with this ledger's directory"
    # Relabelled, it isn't what was signed.
    relabelled = altered(lambda members: members.update(deployment=elsewhere.digest.hex()))
    with pytest.raises(IntegrityError):
        relabelled.require_signed(elsewhere)
    withdrawal = make_withdrawal(KEY, paper())
    with pytest.raises(InputError, match=f"^the withdrawal {ledgers}"):
        withdrawal.withdrawal(elsewhere)


def test_a_signature_of_another_length_is_none() -> None:
    said = "is not a signature of 65 bytes, in lower-case hexadecimal"
    for signature in (bytes(64), "00" * 64, "FF" * 65, "f" * 65, ["00"] * 65):
        with pytest.raises(ValueError, match=f"Value error, {said} "):
            ConsentPaper.model_validate(paper().model_dump() | {"signature": signature})


def test_a_withdrawal_is_derived_anew_by_the_one_who_signed() -> None:
    consent = paper()
    withdrawal = read_paper(make_withdrawal(KEY, consent).to_bytes(), WithdrawalPaper, "withdrawal")
    assert withdrawal.withdrawal(DEPLOYMENT) == consent.withdrawal
    assert withdrawal_hash(SecretKey(withdrawal.preimage)) == consent.withdrawal
    assert withdrawal.preimage.hex() not in repr(withdrawal)
    with pytest.raises(InputError, match=r"^this consent was not made with this key$") as caught:
        make_withdrawal(OTHER, consent)
    assert caught.value.hint == "use the key that signed it"


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b"\xff", b'{"type":"sharing-ledger/v1/terms"}', b"[" * 100_000]
)
def test_what_is_no_paper_is_wrong_input(data: bytes) -> None:
    for kind in (ConsentPaper, WithdrawalPaper, Enrolment):
        with pytest.raises(InputError, match="this is no paper"):
            read_paper(data, kind, "paper")


def test_a_paper_in_another_spelling_is_refused() -> None:
    members = json.loads(paper().to_bytes())
    for data in (json.dumps(members).encode(), encode(members | {"more": 1})):
        with pytest.raises(InputError):
            read_paper(data, ConsentPaper, "consent")


def test_an_enrolment_opens_at_its_owner_alone() -> None:
    owner, stranger = Keyset.generate().numbered(1), Keyset.generate().numbered(1)
    recipient = Recipient(LABOUR, KeyNumber(1), owner.key(1).public_key)
    record = make_enrolment(KEY, "1985-117-9", recipient, deployment=DEPLOYMENT.digest)
    found = read_paper(record.to_bytes(), Enrolment, "enrolment")

    def opened(keyset: Keyset, code: Code, enrolment: Enrolment = found) -> EnrolmentContent:
        return open_content(
            enrolment,
            EnrolmentContent,
            keyset,
            department=code,
            deployment=DEPLOYMENT.digest,
        )

    assert opened(owner, LABOUR).owner_subject_key == owner_subject_key(KEY, LABOUR).value
    with pytest.raises(IntegrityError):
        opened(stranger, LABOUR)
    with pytest.raises(NotFound):
        opened(owner, Code("energy"))
    # A window can't use it for somebody else.
    with pytest.raises(IntegrityError):
        opened(owner, LABOUR, found.model_copy(update={"subject": "1990-1-1"}))


@pytest.mark.parametrize("subject", ["", " 1985", "a\nb", "x" * 201, "\u202eevil"])
def test_who_cannot_be_in_a_register_is_wrong_input(subject: str) -> None:
    owner = Keyset.generate().numbered(1)
    recipient = Recipient(LABOUR, KeyNumber(1), owner.key(1).public_key)
    with pytest.raises(InputError, match=r"^the enrolment is wrong: subject: "):
        make_enrolment(KEY, subject, recipient, deployment=DEPLOYMENT.digest)
