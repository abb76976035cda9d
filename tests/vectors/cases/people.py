"""Subjects and their consents."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import Any

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_hash.auto import keccak
from eth_utils import to_checksum_address

from ledger.deployment import CONTRACTS
from tests.vectors import reference
from tests.vectors.cases.case import DEPLOYMENT, NONCE, Case, Json, bad, drawn, good, text
from tests.vectors.reference import code32, labelled

ANNA, BORIS = drawn("Anna"), drawn("Boris")
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
CONTRACT = "0x5FbDB2315678afecb367f032d93F642f64180aa3"


def owner_key(subject: bytes, owner: str) -> bytes:
    """The key that a subject enrols with an owner."""
    return reference.hkdf(subject, "owner subject key", code32(owner))


def _tag(subject: bytes, owner: str, nonce: bytes) -> bytes:
    return reference.mac(owner_key(subject, owner), DEPLOYMENT + nonce)


def _written(key: bytes) -> str:
    check = hashlib.sha256(labelled("subject code", key)).digest()[:3]
    plain = base64.b32encode(key + check).decode().lower()
    return "-".join(plain[at : at + 4] for at in range(0, 56, 4))


def subjects() -> Iterator[Case]:
    """Keys as people keep them, tags, hidden tags."""
    written = _written(ANNA)
    for name, spelling in (
        ("as written", written),
        ("without hyphens", written.replace("-", "")),
        ("in capitals with spaces", f" {written.upper().replace('-', ' ')} "),
    ):
        yield good(
            f"a key {name}", "subject.key.read", {"text": spelling}, {"subjectKey": ANNA.hex()}
        )
    swapped = written[1] + written[0] + written[2:]
    for spelling, why in (
        (written[:-1], "a character less"),
        (written + "a", "a character more"),
        (swapped, "two characters swapped"),
        (written[:-1] + "=", "padding of base32"),
        ("1" + written[1:], "a character that is none of base32"),
        ("", "nothing"),
    ):
        yield bad(f"a key: {why}", "subject.key.read", {"text": spelling}, why, "InputError")
    for owner in ("labour", "health"):
        given = {
            "subjectKey": ANNA.hex(),
            "owner": owner,
            "deployment": DEPLOYMENT.hex(),
            "nonce": NONCE.hex(),
        }
        output = {
            "ownerSubjectKey": owner_key(ANNA, owner).hex(),
            "tag": _tag(ANNA, owner, NONCE).hex(),
        }
        yield good(f"tag by {owner}", "subject.tag", given, output)
    answers = []
    for number, (subject, owner) in enumerate(
        [(ANNA, "labour"), (BORIS, "labour"), (ANNA, "health"), (BORIS, "health")], 1
    ):
        nonce = drawn("answer", number)
        tag = _tag(subject, owner, nonce)
        answers.append({"transfer": number, "owner": owner, "nonce": nonce.hex(), "tag": tag.hex()})
    # Made with the key for labour, and released by health: not found.
    answers.append({**answers[0], "transfer": 5, "owner": "health"})
    for name, subject, found in (
        ("Anna", ANNA, [1, 3]),
        ("Boris", BORIS, [2, 4]),
        ("somebody else", drawn("Carla"), []),
    ):
        given = {"subjectKey": subject.hex(), "deployment": DEPLOYMENT.hex(), "answers": answers}
        yield good(f"answers about {name}", "subject.find", given, {"transfers": found})
    tag, salt = _tag(ANNA, "labour", NONCE), drawn("salt")
    hidden: Json = {"tag": tag.hex(), "salt": salt.hex()}
    commitment = keccak(tag + salt).hex()
    yield good("a hidden tag", "tag.hide", hidden, {"commitment": commitment})
    yield good("an opened tag", "tag.open", {**hidden, "commitment": commitment}, {})
    for changes, why in (
        ({"salt": drawn("other salt").hex()}, "another salt"),
        ({"tag": drawn("other tag").hex()}, "another tag"),
        ({"tag": salt.hex(), "salt": tag.hex()}, "tag and salt swapped"),
    ):
        given = {**hidden, "commitment": commitment, **changes}
        yield bad(f"opened: {why}", "tag.open", given, why, "IntegrityError")


def _typed(consent: Json) -> Any:
    domain = {
        "name": "sharing-ledger",
        "version": "1",
        "chainId": consent["chainId"],
        "verifyingContract": consent["verifyingContract"],
    }
    kinds = {
        "dataset": "uint32",
        "receiver": "uint32",
        "purpose": "uint16",
        "validUntil": "uint40",
        "withdrawal": "bytes32",
    }
    message = {name: consent[name] for name in kinds}
    message["withdrawal"] = bytes.fromhex(consent["withdrawal"])
    return encode_typed_data(
        domain_data=domain,
        message_types={"Consent": [{"name": n, "type": kind} for n, kind in kinds.items()]},
        message_data=message,
    )


def consents() -> Iterator[Case]:
    """Keys of consents, what is signed, by whom, and for whom."""
    key = reference.hkdf(ANNA, "consent key", NONCE, bytes(4))
    preimage = reference.hkdf(ANNA, "consent withdrawal", NONCE)
    signer = Account.from_key(key).address
    withdrawal = keccak(preimage).hex()
    for nonce in (NONCE, drawn("second consent")):
        its_key = reference.hkdf(ANNA, "consent key", nonce, bytes(4))
        secret = reference.hkdf(ANNA, "consent withdrawal", nonce)
        output = {
            "key": its_key.hex(),
            "signer": Account.from_key(its_key).address,
            "preimage": secret.hex(),
            "withdrawal": keccak(secret).hex(),
        }
        given = {"subjectKey": ANNA.hex(), "nonce": nonce.hex()}
        yield good(f"key of consent {nonce.hex()[:8]}", "consent.key", given, output)
    consent: Json = {
        "dataset": 4,
        "receiver": 3,
        "purpose": 4,
        "validUntil": 1_800_000_000,
        "withdrawal": withdrawal,
        "chainId": 1337,
        "verifyingContract": CONTRACT,
    }
    signed = Account.sign_message(_typed(consent), key)
    signature = bytes(signed.signature)
    output = {"digest": bytes(signed.message_hash).hex(), "signature": signature.hex()}
    yield good("a signed consent", "consent.sign", {"key": key.hex(), "consent": consent}, output)
    given = {"consent": consent, "signature": signature.hex()}
    yield good("the signer of a consent", "consent.recover", given, {"signer": signer})
    for changes in (
        {"dataset": 5},
        {"receiver": 4},
        {"purpose": 5},
        {"validUntil": 1_800_000_001},
        {"withdrawal": "00" * 32},
        {"chainId": 1},
        {"verifyingContract": "0x0000000000000000000000000000000000000001"},
    ):
        altered = {**consent, **changes}
        somebody = Account.recover_message(_typed(altered), signature=signature)
        assert somebody != signer
        given = {"consent": altered, "signature": signature.hex()}
        name = f"somebody else's, for another {next(iter(changes))}"
        yield good(name, "consent.recover", given, {"signer": somebody})
    r, s, v = signature[:32], signature[32:64], signature[64:]
    high = (ORDER - int.from_bytes(s, "big")).to_bytes(32, "big") + bytes([55 - v[0]])
    for data, why in (
        (b"", "nothing"),
        (signature[:64], "64 bytes (EIP-2098)"),
        (signature + b"\0", "66 bytes"),
        (r + s + bytes([v[0] - 27]), "v of 0 or 1"),
        (r + s + b"\x1d", "v of 29"),
        (r + high, "a high s"),
        (bytes(32) + s + v, "r of zero"),
        (r + bytes(32) + v, "s of zero"),
        (b"\xff" * 32 + s + v, "r beyond the group's order"),
    ):
        given = {"consent": consent, "signature": data.hex()}
        yield bad(f"signature: {why}", "consent.recover", given, why, "IntegrityError")
    enrolled = owner_key(ANNA, "labour")
    linking = {"ownerSubjectKey": enrolled.hex(), "deployment": DEPLOYMENT.hex(), "signer": signer}
    message = labelled("consent link", DEPLOYMENT, bytes.fromhex(signer[2:]))
    link = reference.mac(enrolled, message).hex()
    yield good("a link", "consent.link", linking, {"link": link})
    yield good("a link that fits", "consent.link.check", {**linking, "link": link}, {})
    stranger = Account.from_key(drawn("stranger")).address
    for changes, why in (
        ({"ownerSubjectKey": owner_key(BORIS, "labour").hex()}, "another subject"),
        ({"ownerSubjectKey": owner_key(ANNA, "health").hex()}, "another owner"),
        ({"deployment": drawn("other deployment").hex()}, "another deployment"),
        ({"signer": stranger}, "another signer"),
    ):
        given = {**linking, "link": link, **changes}
        yield bad(f"link: {why}", "consent.link.check", given, why, "IntegrityError")


def papers() -> Iterator[Case]:
    """What subjects hand to windows, of a deployment that is given."""
    deployment = _deployment(1337)
    d = hashlib.sha256(_first_part(deployment)).digest()
    key = reference.hkdf(ANNA, "consent key", NONCE, bytes(4))
    preimage = reference.hkdf(ANNA, "consent withdrawal", NONCE)
    signer, withdrawal = Account.from_key(key).address, keccak(preimage).hex()
    typed: Json = {
        "dataset": 4,
        "receiver": 3,
        "purpose": 4,
        "validUntil": 1_800_000_000,
        "withdrawal": withdrawal,
        "chainId": 1337,
        "verifyingContract": deployment["contracts"]["ConsentRegistry"]["address"],
    }
    message = labelled("consent link", d, bytes.fromhex(signer[2:]))
    consent: Json = {
        "type": "sharing-ledger/v1/consent",
        "deployment": d.hex(),
        "dataset": "labour/status",
        "datasetNumber": 4,
        "receiver": "health",
        "receiverNumber": 3,
        "purpose": "eligibility",
        "validUntil": 1_800_000_000,
        "withdrawal": withdrawal,
        "nonce": NONCE.hex(),
        "signer": signer,
        "signature": bytes(Account.sign_message(_typed(typed), key).signature).hex(),
        "link": reference.mac(owner_key(ANNA, "labour"), message).hex(),
    }
    given = {"text": text(consent), "deployment": text(deployment)}
    yield good("a consent", "paper.consent", given, {"signer": signer, "withdrawal": withdrawal})
    stranger = Account.from_key(drawn("stranger")).address
    for changes, why, error in (
        ({"datasetNumber": 5}, "another dataset than was signed", "IntegrityError"),
        ({"receiverNumber": 4}, "another receiver than was signed", "IntegrityError"),
        ({"purpose": "research"}, "another purpose than was signed", "IntegrityError"),
        ({"validUntil": 1_800_000_001}, "longer than was signed", "IntegrityError"),
        ({"withdrawal": "00" * 32}, "another withdrawal than was signed", "IntegrityError"),
        ({"signer": stranger}, "another signer", "IntegrityError"),
        ({"signature": "00" * 65}, "no signature", "IntegrityError"),
        ({"signature": consent["signature"][:-2]}, "a signature of 64 bytes", "InputError"),
        ({"signer": signer.lower()}, "an address without its checksum", "InputError"),
        ({"purpose": 4}, "a purpose by its number", "InputError"),
        ({"subject": "Anna"}, "a member that no consent has", "InputError"),
        ({"deployment": drawn("other deployment").hex()}, "another deployment", "InputError"),
    ):
        wrong = {**given, "text": text({**consent, **changes})}
        yield bad(f"consent: {why}", "paper.consent", wrong, why, error)
    ending: Json = {
        "type": "sharing-ledger/v1/withdrawal",
        "deployment": d.hex(),
        "preimage": preimage.hex(),
    }
    given = {"text": text(ending), "deployment": text(deployment)}
    yield good("a withdrawal", "paper.withdrawal", given, {"withdrawal": withdrawal})
    elsewhere = {**given, "deployment": text(_deployment(1))}
    for wrong, why in (
        (elsewhere, "another deployment"),
        ({**given, "text": text({**ending, "preimage": "00"})}, "a preimage of one byte"),
        ({**given, "text": text(consent)}, "a consent"),
    ):
        yield bad(f"withdrawal: {why}", "paper.withdrawal", wrong, why, "InputError")


def _deployment(chain_id: int) -> Json:
    return {
        "type": "sharing-ledger/v1/deployment",
        "chainId": chain_id,
        "genesisHash": drawn("genesis").hex(),
        "engine": "qbft",
        "contracts": {
            name: {
                "address": to_checksum_address(drawn("contract", name)[:20]),
                "codeHash": drawn("code", name).hex(),
            }
            for name in CONTRACTS
        },
        "firstBlock": 1,
        "delays": {"noticePeriod": 5, "keyDelay": 6, "minimumPeriod": 7},
        "validators": [],
        "checkpoints": [],
    }


def _first_part(deployment: Json) -> bytes:
    outside = ("validators", "checkpoints")
    return reference.record({k: v for k, v in deployment.items() if k not in outside})
