"""Consents: derived keys, what is signed, who signed, whose it is; against eth_account."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data

from ledger.envelope import consents
from ledger.envelope.binding import SecretKey
from ledger.envelope.consents import (
    Consent,
    check_link,
    consent_digest,
    consent_key,
    consent_link,
    recover_signer,
    sign_consent,
    signer_of,
    withdrawal_hash,
    withdrawal_secret,
)
from ledger.envelope.subjects import owner_subject_key
from ledger.errors import IntegrityError
from ledger.identifiers import Code

D, NONCE = bytes([1]) * 32, bytes([2]) * 32
SUBJECT = SecretKey(bytes(range(32)))
KEY = consent_key(SUBJECT, NONCE)
CONTRACT = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
CHAIN = {"chain_id": 1337, "contract": CONTRACT}
CONSENT = Consent(
    dataset=4,
    receiver=3,
    purpose=4,
    valid_until=1_800_000_000,
    withdrawal=withdrawal_hash(withdrawal_secret(SUBJECT, NONCE)),
)
DIGEST = consent_digest(CONSENT, chain_id=1337, contract=CONTRACT)
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def _typed(consent: Consent, chain_id: int = 1337, contract: str = CONTRACT) -> dict[str, Any]:
    fields = asdict(consent)
    return {
        "types": {
            "EIP712Domain": [
                {"name": "name", "type": "string"},
                {"name": "version", "type": "string"},
                {"name": "chainId", "type": "uint256"},
                {"name": "verifyingContract", "type": "address"},
            ],
            "Consent": [
                {"name": "dataset", "type": "uint32"},
                {"name": "receiver", "type": "uint32"},
                {"name": "purpose", "type": "uint16"},
                {"name": "validUntil", "type": "uint40"},
                {"name": "withdrawal", "type": "bytes32"},
            ],
        },
        "primaryType": "Consent",
        "domain": {
            "name": "sharing-ledger",
            "version": "1",
            "chainId": chain_id,
            "verifyingContract": contract,
        },
        "message": {**fields, "validUntil": fields.pop("valid_until")},
    }


def test_what_is_signed_is_what_eth_account_signs() -> None:
    message = encode_typed_data(full_message=_typed(CONSENT))
    signed = Account.from_key(KEY.value).sign_message(message)
    assert signed.message_hash == DIGEST
    assert bytes(signed.signature) == sign_consent(KEY, DIGEST)


def test_eth_account_recovers_the_signer() -> None:
    message = encode_typed_data(full_message=_typed(CONSENT))
    signature = sign_consent(KEY, DIGEST)
    assert Account.recover_message(message, signature=signature) == signer_of(KEY)
    assert recover_signer(DIGEST, signature) == signer_of(KEY)


@pytest.mark.parametrize(
    "change",
    [
        {"dataset": 5},
        {"receiver": 4},
        {"purpose": 5},
        {"valid_until": 1},
        {"withdrawal": bytes(32)},
    ],
)
def test_a_signature_is_for_this_consent_alone(change: dict[str, Any]) -> None:
    other = consent_digest(replace(CONSENT, **change), chain_id=1337, contract=CONTRACT)
    assert recover_signer(other, sign_consent(KEY, DIGEST)) != signer_of(KEY)


@pytest.mark.parametrize(("chain_id", "contract"), [(1, CONTRACT), (1337, "0x" + "00" * 20)])
def test_a_signature_is_for_this_contract_alone(chain_id: int, contract: str) -> None:
    other = consent_digest(CONSENT, chain_id=chain_id, contract=contract)
    assert recover_signer(other, sign_consent(KEY, DIGEST)) != signer_of(KEY)


@pytest.mark.parametrize(
    "change",
    [
        {"dataset": 2**32},
        {"receiver": 2**32},
        {"receiver": -1},
        {"purpose": 2**16},
        {"valid_until": 2**40},
    ],
)
def test_a_number_that_does_not_fit_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="more than"):
        consent_digest(replace(CONSENT, **change), chain_id=1337, contract=CONTRACT)
    with pytest.raises(ValueError, match="more than 160 bits"):
        consent_digest(CONSENT, chain_id=1337, contract="0x1" + 40 * "0")


def test_each_consent_has_its_own_key_and_secret() -> None:
    nonces = [bytes([n]) * 32 for n in range(5)]
    signers = {signer_of(consent_key(SUBJECT, nonce)) for nonce in nonces}
    secrets = {withdrawal_secret(SUBJECT, nonce).value for nonce in nonces}
    assert len(signers) == len(secrets) == 5
    assert not secrets & {consent_key(SUBJECT, nonce).value for nonce in nonces}


@pytest.mark.parametrize("edge", [1, ORDER - 1])
def test_a_key_out_of_range_is_passed_over(monkeypatch: pytest.MonkeyPatch, edge: int) -> None:
    candidates = [
        bytes(32),
        ORDER.to_bytes(32, "big"),
        b"\xff" * 32,
        edge.to_bytes(32, "big"),
    ]
    asked: list[bytes] = []

    def derived(_key: SecretKey, _use: str, _nonce: bytes, counter: bytes) -> SecretKey:
        asked.append(counter)
        return SecretKey(candidates[len(asked) - 1])

    monkeypatch.setattr(consents, "derive", derived)
    assert consent_key(SUBJECT, NONCE).value == candidates[-1]
    assert asked == [bytes(4), b"\0\0\0\1", b"\0\0\0\2", b"\0\0\0\3"]


def test_every_signature_that_is_made_is_accepted() -> None:
    digests = [bytes([number]) * 32 for number in range(30)]
    found = {recover_signer(digest, sign_consent(KEY, digest)) for digest in digests}
    assert found == {signer_of(KEY)}


def _twin(signature: bytes) -> bytes:
    """The other signature by the same key, with a high s."""
    s = ORDER - int.from_bytes(signature[32:64], "big")
    return signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])


def test_a_signature_in_another_form_is_refused() -> None:
    good = sign_consent(KEY, DIGEST)
    wrong = {
        "empty": b"",
        "cut": good[:-1],
        "extended": good + b"\0",
        "compact (EIP-2098)": good[:64],
        "v of 0 or 1": good[:64] + bytes([good[64] - 27]),
        "v of 29": good[:64] + b"\x1d",
        "high s": _twin(good),
        "r of zero": bytes(32) + good[32:],
        "s of zero": good[:32] + bytes(32) + good[64:],
        "r beyond the order": b"\xff" * 32 + good[32:],
    }
    for name, signature in wrong.items():
        with pytest.raises(IntegrityError, match="not the signature"):
            raise AssertionError(f"{name}: {recover_signer(DIGEST, signature)}")


def test_a_link_shows_the_owner_whose_consent_it_is() -> None:
    enrolled = owner_subject_key(SUBJECT, Code("labour"))
    link = consent_link(enrolled, D, signer_of(KEY))
    check_link(link, enrolled, D, signer_of(KEY))
    for key, deployment, signer in (
        (owner_subject_key(SecretKey.generate(), Code("labour")), D, signer_of(KEY)),
        (owner_subject_key(SUBJECT, Code("health")), D, signer_of(KEY)),
        (enrolled, bytes(32), signer_of(KEY)),
        (enrolled, D, signer_of(consent_key(SUBJECT, D))),
    ):
        with pytest.raises(IntegrityError, match="not this subject's"):
            check_link(link, key, deployment, signer)


def test_no_secret_shows_in_a_representation() -> None:
    assert KEY.value.hex() not in repr(KEY)
    assert repr(KEY) == "SecretKey()"
