"""What a member can do with a client that it has changed: honest parts, dishonestly combined."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ledger.client import Ledger
from ledger.codes import Purpose
from ledger.envelope.archive import seal_secret
from ledger.envelope.binding import SecretKey, version_associated_data
from ledger.envelope.commitments import content_commitment, key_commitment
from ledger.envelope.streaming import encrypt_stream
from ledger.events import AccessRequested
from ledger.identifiers import Code
from ledger.ipfs import KuboIpfs
from ledger.models import Terms
from ledger.records import digest, encode

Change = Callable[[dict[str, Any]], None]
DAY_S = 86_400
PLAIN = b"month,heads\n2026-01-01,7\n2026-02-01,9\n"


def act(ledger: Ledger, capability: Any, contract: Any, function: str, *arguments: object) -> Any:
    """Send one transaction as whichever account, whatever it says."""
    key = f"attack-{secrets.token_hex(8)}"
    return ledger.session.act(capability, contract, function, *arguments, key=key)


def unchanged(record: dict[str, Any]) -> None:
    """Change nothing."""


def put(ledger: Ledger, data: bytes) -> bytes:
    """Store any bytes as a block, also more than a record may have; return their SHA-256."""
    ipfs = ledger.session.ipfs
    assert isinstance(ipfs, KuboIpfs)
    return ipfs._nodes[0].put_block(data)


def ask(requester: Ledger, record: bytes | None, **call: Any) -> int:
    """Request labour/employment with this record (None: of which there is none) and this call."""
    session = requester.session
    named = digest(record) if record is not None else secrets.token_bytes(32)
    if record is not None:
        put(requester, record)
    said = {
        "purpose": int(Purpose.PLANNING),
        "all_fields": True,
        "onward_use": False,
        "valid_until": session.now() + 30 * DAY_S,
    } | call
    dataset = requester.state().dataset("labour/employment").id
    receipt = act(requester, "officer", "AccessGrants", "request", dataset, (named, *said.values()))
    (event,) = [event for event in receipt.events if isinstance(event, AccessRequested)]
    return int(event.grant)


def terms(by: Ledger, **said: Any) -> Terms:
    """The terms that a request with `ask`'s defaults should have, but for what is said."""
    fields: dict[str, Any] = {
        "dataset": "labour/employment",
        "requester": by.code,
        "purpose": Purpose.PLANNING,
        "purpose_text": "To plan.",
        "legal_basis": "Health Act, section 1",
        "retention_days": 30,
        "onward_use": False,
        "security_measures": "Locked.",
        "valid_until": by.session.now() + 30 * DAY_S,
    }
    return Terms(**(fields | said))


@dataclass(frozen=True)
class Forged:
    """A version whose manifest was changed before it was published."""

    version: int
    key: SecretKey
    manifest: bytes


def publish(
    owner: Ledger,
    name: str,
    change: Change,
    *,
    content: bytes = PLAIN,
    ciphertext: Callable[[bytes], bytes] = lambda data: data,
    raw: Callable[[bytes], bytes] = lambda data: data,
) -> Forged:
    """Publish a version: `change` alters its manifest, `raw` the manifest's bytes."""
    session, dataset = owner.session, owner.state().dataset(name)
    version, key = dataset.version_count + 1, SecretKey.generate()
    slug = Code(name.partition("/")[2])
    bound = version_associated_data(session.deployment, session.code, slug, version)
    encrypted = ciphertext(b"".join(encrypt_stream(key, bound, iter([content]))))
    cid = session.ipfs.add_payload([encrypted], "modified")
    plain_sha256 = digest(content)
    record: dict[str, Any] = {
        "type": "sharing-ledger/v1/manifest",
        "kind": "version",
        "sender": session.code,
        "dataset": name,
        "version": version,
        "name": "data.csv",
        "mediaType": "text/csv",
        "payload": {
            "cid": cid,
            "sizeBytes": len(encrypted),
            "chunkBytes": 1024 * 1024,
        },
        "plaintextSizeBytes": len(content),
        "encryption": {
            "algorithm": "AES256_GCM_HKDF_1MB",
            "keyCommitment": key_commitment(key).hex(),
            "contentCommitment": content_commitment(key, plain_sha256).hex(),
        },
        "sources": [],
    }
    change(record)
    data = raw(encode(record))
    manifest = put(owner, data)
    archive = session.keys.load().archive
    place = dataset.id.to_bytes(4, "big") + version.to_bytes(4, "big")
    sealed = seal_secret(archive, key.value, "data-key", place)
    session.store.save_data_key(dataset.id, version, manifest, sealed)
    act(owner, "officer", "DatasetRegistry", "publishVersion", dataset.id, version, manifest)
    return Forged(version, key, manifest)


def hostile_records() -> Iterable[tuple[str, bytes]]:
    """Bytes that are no records, by what is wrong with them."""
    yield "nothing", b""
    yield "noise", bytes(range(256))
    yield "no object", b"[]"
    yield "deep", b'{"a":' * 200_000 + b"1" + b"}" * 200_000
    yield "deep lists", b'{"type":' + b"[" * 500_000 + b"]" * 500_000 + b"}"
    yield "the same key twice", b'{"type":"sharing-ledger/v1/terms","type":"x"}'
    yield "a long number", b'{"a":' + b"9" * 500_000 + b"}"
    yield "a fraction", b'{"a":1.5}'
    yield "not a number", b'{"a":NaN}'
    yield "spaces", json.dumps({"type": "sharing-ledger/v1/terms"}).encode()
    yield "another type", encode({"type": "sharing-ledger/v1/reason"})
    yield "an unknown member", encode({"type": "sharing-ledger/v1/terms", "x\x1b[2J": "y"})
    yield "a lone surrogate", b'{"a":"\\ud800"}'
    yield "a byte order mark", b"\xef\xbb\xbf{}"
    yield "too large", b'{"a":"' + b"x" * (1024 * 1024) + b'"}'
    yield "full", b'{"a":"' + b"x" * (1024 * 1024 - 8) + b'"}'
