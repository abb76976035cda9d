"""Good inputs of every parser, for `tests/fuzz/targets.py` to alter."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from eth_utils.address import to_checksum_address

from ledger.citizen.directory import Directory, ListedMember, ListedService, OwnersKey
from ledger.codes import Purpose
from ledger.deployment import CONTRACTS, Deployment
from ledger.envelope import streaming
from ledger.envelope.annex import Recipient, seal_annex
from ledger.envelope.binding import AssociatedData, SecretKey, WrapInfo
from ledger.envelope.keyset import Keyset
from ledger.envelope.papers import Agreed, make_consent, make_withdrawal
from ledger.envelope.streaming import encrypt_stream
from ledger.envelope.wrap import PrivateKey
from ledger.events import EVENTS, EventField
from ledger.identifiers import Code, DatasetName, KeyNumber, encode_code
from ledger.models import AnnexedRecord
from ledger.records import encode as encode_record
from tests.unit import samples

D = bytes([1]) * 32
KEY = SecretKey(bytes(range(32)))
PRIVATE = PrivateKey(bytes(range(32)))
KEYS = Keyset(archive=KEY, keys={KeyNumber(3): PRIVATE})
LABOUR = Code("labour")
BOUND, INFO = AssociatedData(b"bound"), WrapInfo(b"info")


@contextmanager
def short_segments() -> Iterator[None]:
    """Payloads in segments of 96 bytes instead of 1 MiB, so that small ones have many."""
    sizes = {
        "SEGMENT_BYTES": SEGMENT_BYTES,
        "_FIRST_PLAIN_BYTES": SEGMENT_BYTES - 40 - 16,
        "_PLAIN_BYTES": SEGMENT_BYTES - 16,
    }
    with patch.multiple(streaming, **sizes):
        yield


def payloads() -> Iterator[bytes]:
    """Of no segment but the last, of some, and of full ones only."""
    for text in PLAINTEXTS:
        with short_segments():
            payload = b"".join(encrypt_stream(KEY, BOUND, [text]))
        yield payload


def _sealed(record: AnnexedRecord, secret: dict[str, object]) -> bytes:
    to = [Recipient(LABOUR, KeyNumber(3), PRIVATE.public_key)]
    return seal_annex(record, secret, to, deployment=D).to_bytes()


def logs() -> Iterator[bytes]:
    """Every event with all its numbers 1; a dynamic field has one item."""
    for number, kind in enumerate(EVENTS.values()):
        rest = [field for field in kind.fields if not field.indexed]
        topics = [_word(field, 0) for field in kind.fields if field.indexed]
        words = [_word(field, len(rest)) for field in rest]
        tail = b"".join(
            _ONE + (_ONE[::-1] if field.kind.abi == "bytes" else _ONE)
            for field in rest
            if field.kind.dynamic
        )
        yield bytes([number, len(topics)]) + b"".join([*topics, *words]) + tail


def _word(field: EventField, words: int) -> bytes:
    if field.kind.dynamic:
        return (32 * words).to_bytes(32, "big")
    return encode_code(LABOUR) if field.name in ("code", "name", "slug", "group") else _ONE


_ONE = bytes(31) + b"\1"

RECORDS = tuple(
    record.to_bytes()
    for record in (
        samples.card(),
        samples.specification(),
        samples.dataset(),
        samples.dataset(service=samples.service()),
        samples.need(),
        samples.terms(),
        samples.terms(fields=("month",), counter_by="labour"),
        samples.offer(),
        samples.reason(),
        samples.finding(),
        samples.scorecard(),
        samples.manifest(),
        samples.derived(),
        samples.answer(subject_nonce=bytes(32)),
    )
)
MEMBERS: tuple[dict[str, object], ...] = (
    {"parameters": {"year": 2020, "town": "Ghent"}, "subject": "1985-117-9"},
    {"parameters": {}, "consent": {"number": 5, "link": "00" * 32}},
    {"tag": "00" * 32, "salt": "00" * 32},
    {"receiptKey": "00" * 32, "plaintextSha256": "00" * 32},
    {"ownerSubjectKey": "00" * 32},
    {"name": "a.pdf", "note": "b", "title": "A"},
)
SECRETS = (MEMBERS[0], MEMBERS[2], MEMBERS[-1])
SEALED = tuple(
    _sealed(record, secret)
    for record, secret in zip(
        (samples.query(), samples.opening(), samples.document()), SECRETS, strict=True
    )
)
PLAINTEXTS = (b"", b"content" * 30, bytes(2 * 80 + 40))
SEGMENT_BYTES = 96
DAG_PB_CID = b"b" + base64.b32encode(b"\1\x70\x12\x20" + bytes(range(32))).lower().rstrip(b"=")
_ADDRESSES = [to_checksum_address(f"0x{number:040x}") for number in range(1, 10)]
_FIRST_PART: dict[str, object] = {
    "type": Deployment.TYPE,
    "chainId": 1,
    "genesisHash": "00" * 32,
    "engine": "anvil",
    "contracts": {
        name: {"address": address, "codeHash": "00" * 32}
        for name, address in zip(CONTRACTS, _ADDRESSES, strict=False)
    },
    "firstBlock": 1,
    "delays": {"noticePeriod": 1, "keyDelay": 1, "minimumPeriod": 1},
}
_CHECKPOINTS = [{"blockNumber": number, "blockHash": "00" * 32} for number in (1, 2)]
DEPLOYMENTS = tuple(
    encode_record(_FIRST_PART | more)
    for more in (
        {"validators": [], "checkpoints": []},
        {"validators": _ADDRESSES[-2:], "checkpoints": _CHECKPOINTS, "predecessor": "00" * 32},
        {},
    )
)
LEDGER = Deployment.from_bytes(DEPLOYMENTS[0])

_AGREED = Agreed(DatasetName.parse("labour/status"), 4, Code("health"), 3, Purpose.AUDIT, 9)
_CONSENT = make_consent(KEY, _AGREED, LEDGER)
_LISTED = OwnersKey(number=2, public_key=PRIVATE.public_key)
_DIRECTORIES = (
    Directory(deployment=LEDGER, made_at=1, members=(), services=()),
    Directory(
        deployment=LEDGER,
        made_at=1,
        members=(
            ListedMember(code=Code("health"), number=3),
            ListedMember(code=LABOUR, number=4, key=_LISTED),
        ),
        services=(ListedService(name="labour/status", number=4, title="S", consent_needed=True),),
    ),
)
PAPERS = (
    _CONSENT.to_bytes(),
    make_withdrawal(KEY, _CONSENT).to_bytes(),
    *(directory.to_bytes() for directory in _DIRECTORIES),
)

_COLUMNS = b"""{"fields":[
{"name":"a","title":"A","constraints":{"required":true,"unique":true,"minLength":1,"maxLength":3}},
{"name":"b","type":"integer","constraints":{"minimum":"1","maximum":9,"enum":[1,"2"]}},
{"name":"c","type":"number","constraints":{"minimum":0.5,"maximum":"1e3","enum":[1.50,"2"]}},
{"name":"d","type":"boolean","constraints":{"enum":["true",false]}},
{"name":"e","type":"date","constraints":{"minimum":"2026-02-28","maximum":"2028-02-29"}},
{"name":"f","type":"datetime","constraints":{"maximum":"2026-11-27T09:30:00.5+01:00"}},
{"name":"g","type":"time","constraints":{"minimum":"00:00:00"}},
{"name":"h","type":"year","constraints":{"enum":[2026,"2027"]}},
{"name":"i","type":"yearmonth","constraints":{"minimum":"2026-11"}},
{"name":"j","type":"any","format":"default"}],
"$schema":"x","missingValues":["","-"],"primaryKey":["a","b"]}"""
SCHEMAS = (
    b'{"fields":[{"name":"month","type":"date"}],"primaryKey":"month"}',
    b'{"fields":[{"name":"n","type":"integer","constraints":{"enum":[1,"2"]}}]}',
    b'{"fields":[{"name":"a","constraints":{"pattern":"^a+$","maxLength":3}}]}',
    _COLUMNS,
)
_PROPERTIES = b"""{"type":"object","additionalProperties":false,"required":["a","c"],"properties":{
"a":{"type":"string","title":"A","enum":["x","y"],"minLength":1,"maxLength":3,"format":"date"},
"b":{"type":"integer","description":"B","minimum":-1,"maximum":3,"enum":[1,2]},
"c":{"type":"boolean"}}}"""
PARAMETERS = (
    b'{"type":"object","required":["year"],"properties":{"year":{"type":"integer"}}}',
    b'{"type":"object","properties":{"name":{"type":"string","pattern":"^a+$"}}}',
    _PROPERTIES,
)
