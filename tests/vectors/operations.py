"""What the vectors ask an implementation to do, answered by this one: JSON in, JSON out.

Bytes are hexadecimal, accounts `0x` and EIP-55, records their text. README.md describes each.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any

from ledger.deployment import Deployment
from ledger.envelope import consents, papers, subjects
from ledger.envelope.annex import open_annex
from ledger.envelope.arbitration import arbitrate
from ledger.envelope.binding import (
    AssociatedData,
    SecretKey,
    WrapInfo,
    disclosure_wrap_info,
    manifest_associated_data,
    nonce_wrap_info,
    transfer_wrap_info,
)
from ledger.envelope.commitments import (
    check_content,
    check_key,
    check_receipt,
    content_commitment,
    key_commitment,
    receipt_key,
    receipt_tag,
)
from ledger.envelope.keyset import Keyset
from ledger.envelope.padding import pad, unpad
from ledger.envelope.streaming import decrypt_stream
from ledger.envelope.wrap import PrivateKey, check_public_key, unwrap_key
from ledger.events import ZERO_HEAD, Event, Position, decode, encode, extend_head, head_of, type_of
from ledger.identifiers import (
    Code,
    KeyNumber,
    TransferId,
    decode_code,
    encode_code,
    parse_cid,
    record_cid,
)
from ledger.models import (
    AnnexedRecord,
    DatasetDescription,
    DisclosureContent,
    DocumentContent,
    EnrolmentContent,
    Grounds,
    Manifest,
    Offer,
    OpeningContent,
    PayloadKind,
    QueryContent,
    SealedContent,
    Terms,
    ciphertext_size,
    parse_record,
)
from ledger.records import digest
from ledger.unixfs import PayloadHash
from tests.vectors import reference

Json = dict[str, Any]
OPERATIONS: dict[str, Callable[[Json], Json]] = {}

CONTENTS: dict[str, type[SealedContent]] = {
    "reason": Grounds,
    "document": DocumentContent,
    "query": QueryContent,
    "tag-opening": OpeningContent,
    "receipt-disclosure": DisclosureContent,
    "enrolment": EnrolmentContent,
}
_DIGESTS = {"derivedFrom", "query", "commitment", "manifest", "successor"}


def run(operation: str, given: Json) -> Json:
    """What this implementation answers."""
    return OPERATIONS[operation](given)


def operation(name: str) -> Callable[[Callable[[Json], Json]], Callable[[Json], Json]]:
    """Registers a function under the name that vectors use."""

    def register(function: Callable[[Json], Json]) -> Callable[[Json], Json]:
        OPERATIONS[name] = function
        return function

    return register


def _bytes(given: Json, name: str) -> bytes:
    return bytes.fromhex(given[name])


def _key(given: Json, name: str) -> SecretKey:
    return SecretKey(_bytes(given, name))


def _record(given: Json, name: str = "text") -> Any:
    return parse_record(given[name].encode("utf-8"))


def _snake(name: str) -> str:
    return re.sub(r"(?=[A-Z])", "_", name).lower()


# ---------------------------------------------------------------- names and records
@operation("code.encode")
def _(given: Json) -> Json:
    return {"bytes32": encode_code(Code(given["code"])).hex()}


@operation("code.decode")
def _(given: Json) -> Json:
    return {"code": decode_code(_bytes(given, "bytes32"))}


@operation("cid.of")
def _(given: Json) -> Json:
    return {"cid": record_cid(_bytes(given, "digest"))}


@operation("cid.read")
def _(given: Json) -> Json:
    return {"cid": parse_cid(given["text"])}


@operation("record.read")
def _(given: Json) -> Json:
    data = _bytes(given, "hex") if "hex" in given else given["text"].encode("utf-8")
    record = parse_record(data)
    assert record.to_bytes() == data
    return {"type": record.TYPE, "digest": digest(data).hex(), "cid": record_cid(digest(data))}


@operation("record.match")
def _(given: Json) -> Json:
    says = {
        _snake(name): bytes.fromhex(value) if name in _DIGESTS and value else value
        for name, value in given["event"].items()
    }
    if "kind" in says:
        says["kind"] = PayloadKind.parse(says["kind"])
    _record(given).require_match(**says)
    return {}


@operation("deployment.digest")
def _(given: Json) -> Json:
    deployment = Deployment.from_bytes(given["text"].encode("utf-8"))
    return {"digest": deployment.digest.hex(), "firstPart": deployment.first_part.decode()}


@operation("offer.covers")
def _(given: Json) -> Json:
    offer, terms = _record(given, "offer"), _record(given, "terms")
    assert isinstance(offer, Offer)
    assert isinstance(terms, Terms)
    offer.require_covers(terms)
    return {}


@operation("query.fits")
def _(given: Json) -> Json:
    described = _record(given, "dataset")
    assert isinstance(described, DatasetDescription)
    assert described.service is not None
    QueryContent.from_members(given["content"]).require_fits(
        described.service, consent=given["consent"]
    )
    return {}


@operation("manifest.granted")
def _(given: Json) -> Json:
    fields = given["fields"]
    _record(given).require_granted(None if fields is None else tuple(fields))
    return {}


@operation("manifest.tagged")
def _(given: Json) -> Json:
    _record(given).require_tagged(given["tagged"])
    return {}


@operation("content.read")
def _(given: Json) -> Json:
    content = CONTENTS[given["kind"]].from_members(given["members"])
    return {"members": content.to_members()}


# ---------------------------------------------------------------- payloads
@operation("payload.size")
def _(given: Json) -> Json:
    return {"ciphertextBytes": ciphertext_size(given["plaintextBytes"])}


@operation("payload.associatedData")
def _(given: Json) -> Json:
    manifest = _record(given, "manifest")
    assert isinstance(manifest, Manifest)
    found = manifest_associated_data(_bytes(given, "deployment"), manifest)
    return {"associatedData": found.hex()}


def _decrypted(given: Json, ciphertext: bytes) -> bytes:
    bound = AssociatedData(_bytes(given, "associatedData"))
    return b"".join(decrypt_stream(_key(given, "key"), bound, [ciphertext]))


@operation("payload.decrypt")
def _(given: Json) -> Json:
    return {"plaintext": _decrypted(given, _bytes(given, "ciphertext")).hex()}


@operation("payload.long")
def _(given: Json) -> Json:
    plaintext = bytes.fromhex(given["plaintext"]["repeat"]) * given["plaintext"]["times"]
    ciphertext = reference.encrypt(
        _bytes(given, "key"),
        _bytes(given, "associatedData"),
        plaintext,
        _bytes(given, "salt"),
        _bytes(given, "noncePrefix"),
    )
    assert _decrypted(given, ciphertext) == plaintext
    return {
        "ciphertextBytes": len(ciphertext),
        "ciphertextSha256": hashlib.sha256(ciphertext).hexdigest(),
    }


@operation("payload.address")
def _(given: Json) -> Json:
    hashing = PayloadHash()
    hashing.update(bytes.fromhex(given["content"]["repeat"]) * given["content"]["times"])
    return {"cid": hashing.cid()}


@operation("padding.pad")
def _(given: Json) -> Json:
    return {"padded": pad(_bytes(given, "content")).hex()}


@operation("padding.unpad")
def _(given: Json) -> Json:
    return {"content": unpad(_bytes(given, "padded")).hex()}


@operation("annex.open")
def _(given: Json) -> Json:
    record = _record(given, "record")
    assert isinstance(record, AnnexedRecord)
    keys = {KeyNumber(given["keyNumber"]): PrivateKey(_bytes(given, "seed"))}
    members = open_annex(
        record,
        Keyset(archive=SecretKey(bytes(32)), keys=keys),
        department=Code(given["department"]),
        deployment=_bytes(given, "deployment"),
    )
    if "content" in given:
        CONTENTS[given["content"]].from_members(members)
    return {"members": members}


# ---------------------------------------------------------------- keys, wraps, commitments
@operation("key.public")
def _(given: Json) -> Json:
    return {"publicKey": PrivateKey(_bytes(given, "seed")).public_key.hex()}


@operation("key.check")
def _(given: Json) -> Json:
    check_public_key(_bytes(given, "publicKey"))
    return {}


@operation("wrap.info")
def _(given: Json) -> Json:
    deployment, number = _bytes(given, "deployment"), given["keyNumber"]
    reader = Code(given["reader"])
    match given["use"]:
        case "transfer":
            info = transfer_wrap_info(deployment, given["transfer"], reader, number)
        case "disclosure":
            info = disclosure_wrap_info(deployment, given["transfer"], reader, number)
        case _:
            info = nonce_wrap_info(deployment, _bytes(given, "nonce"), reader, number)
    return {"info": info.hex()}


@operation("wrap.open")
def _(given: Json) -> Json:
    key = unwrap_key(
        PrivateKey(_bytes(given, "seed")), _bytes(given, "wrap"), WrapInfo(_bytes(given, "info"))
    )
    return {"key": key.value.hex()}


@operation("commitment.make")
def _(given: Json) -> Json:
    key = _key(given, "key")
    return {
        "keyCommitment": key_commitment(key).hex(),
        "contentCommitment": content_commitment(key, _bytes(given, "plaintextSha256")).hex(),
    }


@operation("commitment.check")
def _(given: Json) -> Json:
    manifest, key = _record(given, "manifest"), _key(given, "key")
    check_key(manifest, key)
    check_content(manifest, key, _bytes(given, "plaintextSha256"), given["plaintextSizeBytes"])
    return {}


@operation("receipt.make")
def _(given: Json) -> Json:
    derived = receipt_key(_key(given, "key"), _bytes(given, "deployment"), given["transfer"])
    tag = receipt_tag(derived, _bytes(given, "manifest"), _bytes(given, "plaintextSha256"))
    return {"receiptKey": derived.value.hex(), "receiptTag": tag.hex()}


@operation("receipt.check")
def _(given: Json) -> Json:
    check_receipt(
        _bytes(given, "receiptTag"),
        _key(given, "receiptKey"),
        _bytes(given, "manifest"),
        _bytes(given, "plaintextSha256"),
    )
    return {}


@operation("arbitrate")
def _(given: Json) -> Json:
    verdict = arbitrate(
        _record(given, "manifest"),
        _key(given, "key"),
        [_bytes(given, "ciphertext")],
        deployment=_bytes(given, "deployment"),
    )
    return {"verdict": verdict.value, "favours": verdict.favours.value}


# ---------------------------------------------------------------- subjects and consents
@operation("subject.key.read")
def _(given: Json) -> Json:
    return {"subjectKey": subjects.read_subject_key(given["text"]).value.hex()}


@operation("subject.tag")
def _(given: Json) -> Json:
    key = subjects.owner_subject_key(_key(given, "subjectKey"), Code(given["owner"]))
    tag = subjects.subject_tag(key, _bytes(given, "deployment"), _bytes(given, "nonce"))
    return {"ownerSubjectKey": key.value.hex(), "tag": tag.hex()}


@operation("subject.find")
def _(given: Json) -> Json:
    answers = [
        subjects.TaggedAnswer(
            TransferId(one["transfer"]),
            Code(one["owner"]),
            _bytes(one, "nonce"),
            _bytes(one, "tag"),
        )
        for one in given["answers"]
    ]
    found = subjects.own_answers(
        _key(given, "subjectKey"), answers, deployment=_bytes(given, "deployment")
    )
    return {"transfers": [one.transfer for one in found]}


@operation("tag.hide")
def _(given: Json) -> Json:
    return {"commitment": subjects.hidden_tag(_bytes(given, "tag"), _bytes(given, "salt")).hex()}


@operation("tag.open")
def _(given: Json) -> Json:
    subjects.check_opening(*(_bytes(given, name) for name in ("commitment", "tag", "salt")))
    return {}


@operation("consent.key")
def _(given: Json) -> Json:
    subject_key, nonce = _key(given, "subjectKey"), _bytes(given, "nonce")
    key = consents.consent_key(subject_key, nonce)
    secret = consents.withdrawal_secret(subject_key, nonce)
    return {
        "key": key.value.hex(),
        "signer": consents.signer_of(key),
        "preimage": secret.value.hex(),
        "withdrawal": consents.withdrawal_hash(secret).hex(),
    }


def _consent_digest(given: Json) -> bytes:
    consent = consents.Consent(
        dataset=given["dataset"],
        receiver=given["receiver"],
        purpose=given["purpose"],
        valid_until=given["validUntil"],
        withdrawal=_bytes(given, "withdrawal"),
    )
    return consents.consent_digest(
        consent, chain_id=given["chainId"], contract=given["verifyingContract"]
    )


@operation("consent.sign")
def _(given: Json) -> Json:
    found = _consent_digest(given["consent"])
    signature = consents.sign_consent(_key(given, "key"), found)
    return {"digest": found.hex(), "signature": signature.hex()}


@operation("consent.recover")
def _(given: Json) -> Json:
    found = _consent_digest(given["consent"])
    return {"signer": consents.recover_signer(found, _bytes(given, "signature"))}


@operation("consent.link")
def _(given: Json) -> Json:
    link = consents.consent_link(
        _key(given, "ownerSubjectKey"), _bytes(given, "deployment"), given["signer"]
    )
    return {"link": link.hex()}


@operation("consent.link.check")
def _(given: Json) -> Json:
    consents.check_link(
        _bytes(given, "link"),
        _key(given, "ownerSubjectKey"),
        _bytes(given, "deployment"),
        given["signer"],
    )
    return {}


@operation("paper.consent")
def _(given: Json) -> Json:
    consent = papers.read_paper(given["text"].encode("utf-8"), papers.ConsentPaper, "consent")
    consent.require_signed(Deployment.from_bytes(given["deployment"].encode("utf-8")))
    return {"signer": consent.signer, "withdrawal": consent.withdrawal.hex()}


@operation("paper.withdrawal")
def _(given: Json) -> Json:
    data = given["text"].encode("utf-8")
    withdrawal = papers.read_paper(data, papers.WithdrawalPaper, "withdrawal")
    deployment = Deployment.from_bytes(given["deployment"].encode("utf-8"))
    return {"withdrawal": withdrawal.withdrawal(deployment).hex()}


# ---------------------------------------------------------------- events
def _event(given: Json) -> Event:
    at = Position(given["contract"], 1, bytes(32), given["timestamp"], bytes(32), 0)
    topics = [bytes.fromhex(topic) for topic in given["topics"]]
    event = decode(at, topics, _bytes(given, "data"))
    assert encode(event) == (tuple(topics), _bytes(given, "data"))
    return event


@operation("event.read")
def _(given: Json) -> Json:
    event = _event(given)
    key = head_of(event)
    return {
        "event": type_of(event).signature,
        "head": {"kind": key.kind, "number": key.number},
        "fields": {
            field.solidity_name: _plain(getattr(event, field.name))
            for field in type_of(event).fields
        },
    }


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, bool | str) else int(value)


@operation("heads.replay")
def _(given: Json) -> Json:
    heads: dict[str, bytes] = {}
    for log in given["logs"]:
        event = _event(log)
        key = "/".join(map(str, head_of(event)))
        heads[key] = extend_head(heads.get(key, ZERO_HEAD), event)
    return {"heads": {key: head.hex() for key, head in sorted(heads.items())}}
