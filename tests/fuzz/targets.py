"""What hostile bytes are thrown at: every parser, with what it may raise and what has to hold.

`tests/unit/test_properties.py` throws some with hypothesis, `scripts/fuzz` many with atheris.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from ledger.citizen import Directory
from ledger.codes import Purpose
from ledger.deployment import CONTRACTS, Deployment
from ledger.envelope.annex import Recipient, open_annex, seal_annex
from ledger.envelope.binding import AssociatedData, SecretKey, WrapInfo, manifest_associated_data
from ledger.envelope.consents import recover_signer, sign_consent
from ledger.envelope.keyset import Keyset
from ledger.envelope.padding import pad, unpad, unpad_stream
from ledger.envelope.papers import (
    Agreed,
    ConsentPaper,
    WithdrawalPaper,
    make_consent,
    make_withdrawal,
    read_paper,
)
from ledger.envelope.streaming import decrypt_stream, encrypt_stream
from ledger.envelope.subjects import read_subject_key, write_subject_key
from ledger.envelope.wrap import PrivateKey, check_public_key, unwrap_key, wrap_key
from ledger.errors import InputError, IntegrityError, NotFound, RecordError
from ledger.events import EVENTS, EventField, Position, decode, encode
from ledger.identifiers import (
    Code,
    DatasetName,
    KeyNumber,
    decode_code,
    encode_code,
    parse_address,
    parse_cid,
    parse_code,
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
    QueryContent,
    Terms,
    parse_record,
)
from ledger.models.service import Service, parse_parameter_schema
from ledger.records import MAX_RECORD_BYTES
from ledger.records import decode as decode_record
from ledger.records import encode as encode_record
from ledger.tables import read_answer
from ledger.tableschema import parse_table_schema
from ledger.tablevalues import FieldType, check_pattern, from_file, logical
from tests.unit import samples

D = bytes([1]) * 32
KEY = SecretKey(bytes(range(32)))
PRIVATE = PrivateKey(bytes(range(32)))
KEYS = Keyset(archive=KEY, keys={KeyNumber(3): PRIVATE})
LABOUR = Code("labour")
BOUND, INFO = AssociatedData(b"bound"), WrapInfo(b"info")
CONTENTS = (
    Grounds,
    QueryContent,
    OpeningContent,
    DisclosureContent,
    EnrolmentContent,
    DocumentContent,
)


@dataclass(frozen=True)
class Target:
    """A parser: `feed` says whether it took the bytes, and raises only what is wrong with it."""

    feed: Callable[[bytes], bool]
    seeds: tuple[bytes, ...]


def spellings(data: bytes) -> Iterator[bytes]:
    """The bytes, and where they are JSON of some form, the form that a parser reads on."""
    yield data
    with suppress(ValueError, RecursionError, InputError):
        value = json.loads(data)
        if isinstance(value, dict) and (canonical := encode_record(value)) != data:
            yield canonical


def canonical_json(data: bytes) -> bool:
    """What is read as canonical is what is written."""
    with suppress(RecordError):
        assert encode_record(decode_record(data)) == data
        return True
    return False


def records(data: bytes) -> bool:
    """What is read as a record is written with the same bytes, and can be compared."""
    taken = [_record(spelling) for spelling in spellings(data)]
    return any(taken)


def _record(data: bytes) -> bool:
    try:
        record = parse_record(data)
    except RecordError:
        return False
    assert record.to_bytes() == data
    assert len(data) <= MAX_RECORD_BYTES
    repr(record)
    with suppress(RecordError):
        if isinstance(record, Terms):
            samples.offer().require_covers(record)
        if isinstance(record, Offer):
            record.require_covers(samples.terms())
    if isinstance(record, DatasetDescription) and record.service:
        record.service.parameters.breaches({"year": 1, "town": "Ghent", "kind": True})
    return True


def manifests(data: bytes) -> bool:
    """A manifest that is read says what its payload is bound to."""
    taken = False
    for spelling in spellings(data):
        with suppress(RecordError):
            manifest = Manifest.from_bytes(spelling)
            taken = True
            assert manifest.to_bytes() == spelling
            assert len(manifest_associated_data(D, manifest)) in (122, 126)
            manifest.require_granted(("month",))
    return taken


def annexes(data: bytes) -> bool:
    """An annex opens to what was sealed, or not at all."""
    taken = False
    for spelling in spellings(data):
        with suppress(NotFound, IntegrityError):
            record = parse_record(spelling)
            if isinstance(record, AnnexedRecord):
                found = open_annex(record, KEYS, department=LABOUR, deployment=D)
                assert found in _SECRETS
                taken = True
    return taken


def sealed_contents(data: bytes) -> bool:
    """What was padded, unpadded: queries, openings, disclosures, enrolments, titles."""
    with suppress(IntegrityError):
        plain = unpad(data)
        assert pad(plain) == data
        data = plain
    taken = False
    for spelling in spellings(data):
        for kind in CONTENTS:
            with suppress(RecordError):
                members = decode_record(spelling)
                content = kind.from_members(members)
                taken = True
                assert content.to_members() == members
                if isinstance(content, QueryContent):
                    content.require_fits(samples.service(), consent=0)
    return taken


def padding(data: bytes) -> bool:
    """Whole and in pieces, padding is taken or refused alike."""
    whole = pieces = None
    with suppress(IntegrityError):
        whole = unpad(data)
    with suppress(IntegrityError):
        pieces = b"".join(unpad_stream(data[at : at + 7] for at in range(0, len(data), 7)))
    assert whole == pieces
    return whole is not None


def keysets(data: bytes) -> bool:
    """A keyset that is read is written with the same bytes."""
    taken = False
    for spelling in spellings(data):
        with suppress(RecordError):
            assert Keyset.from_bytes(spelling).to_bytes() == spelling
            taken = True
    return taken


def papers(data: bytes) -> bool:
    """What somebody brings to a window: read as it is written, or wrong input."""
    taken = False
    for spelling in spellings(data):
        for kind in (ConsentPaper, WithdrawalPaper, Directory):
            with suppress(InputError):
                found = read_paper(spelling, kind, "paper")
                assert found.to_bytes() == spelling
                taken = True
                if isinstance(found, ConsentPaper):
                    with suppress(InputError, IntegrityError):
                        found.require_signed(_LEDGER)
    return taken


def deployments(data: bytes) -> bool:
    """A deployment that is read is written with the same bytes, whole or in part."""
    taken = False
    for spelling in spellings(data):
        with suppress(RecordError):
            assert Deployment.from_bytes(spelling).to_bytes() == spelling
            taken = True
        with suppress(RecordError):
            assert Deployment.from_first_part(spelling).first_part == spelling
            taken = True
    return taken


def table_schemas(data: bytes) -> bool:
    """A schema that is read from a user's file survives being a record."""
    try:
        schema = parse_table_schema(data)
    except InputError:
        return False
    with suppress(InputError):  # larger than a record may be
        record = samples.specification(table_schema=schema)
        assert parse_record(record.to_bytes()) == record
    return True


def parameter_schemas(data: bytes) -> bool:
    """A schema of parameters that is read from a user's file survives being a record."""
    try:
        schema = parse_parameter_schema(data)
    except InputError:
        return False
    with suppress(InputError):  # larger than a record may be
        record = samples.dataset(service=Service(parameters=schema, subject=False))
        assert parse_record(record.to_bytes()) == record
    return True


def answer_tables(data: bytes) -> bool:
    """What is read of an answer is a table, and the same when it is written again."""
    try:
        rows = read_answer(data)
    except IntegrityError:
        return False
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    assert read_answer(text.getvalue().encode()) == rows
    return True


def table_values(data: bytes) -> bool:
    """A value of a type is one value, however a file writes it; patterns are bounded."""
    text = data.decode("utf-8", "replace")
    for kind in FieldType:
        with suppress(ValueError):
            logical(kind, text)
        with suppress(ValueError):
            written = from_file(kind, text)
            assert logical(kind, written) == logical(kind, from_file(kind, written))
    with suppress(ValueError):
        assert check_pattern(text) == text
    return True


def logs(data: bytes) -> bool:
    """A log that is read as an event is written with the same topics and data."""
    kinds = list(EVENTS.values())
    if len(data) < 2:
        return False
    kind, count = kinds[data[0] % len(kinds)], data[1] % 5
    rest = data[2:]
    topics = [rest[32 * at : 32 * at + 32] for at in range(count)]
    at = Position(kind.event.CONTRACT, 1, bytes(32), 1, bytes(32), 0)
    try:
        event = decode(at, [kind.topic0, *topics], rest[32 * count :])
    except IntegrityError:
        return False
    assert encode(event) == ((kind.topic0, *topics), rest[32 * count :])
    return True


def names(data: bytes) -> bool:
    """Names and addresses have one spelling each."""
    text = data.decode("utf-8", "replace")
    checks = [
        lambda: decode_code(encode_code(parse_code(text))) == text,
        lambda: str(DatasetName.parse(text)) == text,
        lambda: parse_address(text).lower() == text.lower(),
        lambda: parse_cid(text) == text,
        lambda: encode_code(decode_code(data)) == data,
        lambda: read_subject_key(write_subject_key(read_subject_key(text))) is not None,
    ]
    taken = False
    for check in checks:
        with suppress(InputError, RecordError):
            assert check()
            taken = True
    return taken


def payloads(data: bytes) -> bool:
    """A ciphertext decrypts to what was encrypted, or not at all."""
    with suppress(IntegrityError):
        assert b"".join(decrypt_stream(KEY, BOUND, [data])) in _PLAINTEXTS
        return True
    return False


def wraps(data: bytes) -> bool:
    """A wrap opens to the key that was wrapped, or not at all; so do public keys and signatures."""
    taken = False
    with suppress(IntegrityError):
        assert unwrap_key(PRIVATE, data, INFO) == KEY
        taken = True
    with suppress(IntegrityError):
        check_public_key(data)
        taken = True
    with suppress(IntegrityError):
        assert recover_signer(D, data).startswith("0x")
        taken = True
    return taken


def _sealed(record: AnnexedRecord, secret: dict[str, object]) -> bytes:
    to = [Recipient(LABOUR, KeyNumber(3), PRIVATE.public_key)]
    return seal_annex(record, secret, to, deployment=D).to_bytes()


def _logs() -> Iterator[bytes]:
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

_RECORDS = tuple(
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
_MEMBERS: tuple[dict[str, object], ...] = (
    {"parameters": {"year": 2020, "town": "Ghent"}, "subject": "1985-117-9"},
    {"parameters": {}, "consent": {"number": 5, "link": "00" * 32}},
    {"tag": "00" * 32, "salt": "00" * 32},
    {"receiptKey": "00" * 32, "plaintextSha256": "00" * 32},
    {"ownerSubjectKey": "00" * 32},
    {"name": "a.pdf", "note": "b", "title": "A"},
)
_SECRETS = (_MEMBERS[0], _MEMBERS[2], _MEMBERS[-1])
_SEALED = tuple(
    _sealed(record, secret)
    for record, secret in zip(
        (samples.query(), samples.opening(), samples.document()), _SECRETS, strict=True
    )
)
_PLAINTEXTS = (b"", b"content" * 100)
_DEPLOYMENT = encode_record(
    {
        "type": Deployment.TYPE,
        "chainId": 1,
        "genesisHash": "00" * 32,
        "engine": "anvil",
        "contracts": {
            name: {"address": f"0x{number:040x}", "codeHash": "00" * 32}
            for number, name in enumerate(CONTRACTS)
        },
        "firstBlock": 1,
        "delays": {"noticePeriod": 1, "keyDelay": 1, "minimumPeriod": 1},
        "validators": [],
        "checkpoints": [],
    }
)

_LEDGER = Deployment.from_bytes(_DEPLOYMENT)
_AGREED = Agreed(DatasetName.parse("labour/status"), 4, Code("health"), 3, Purpose.AUDIT, 9)
_CONSENT = make_consent(KEY, _AGREED, _LEDGER)
_PAPERS = (
    _CONSENT.to_bytes(),
    make_withdrawal(KEY, _CONSENT).to_bytes(),
    Directory(deployment=_LEDGER, made_at=1, members=(), services=()).to_bytes(),
)

TARGETS: dict[str, Target] = {
    "json": Target(canonical_json, _RECORDS[:3]),
    "records": Target(records, (*_RECORDS, *_SEALED)),
    "manifests": Target(manifests, (*_RECORDS[-3:], _SEALED[-1])),
    "annexes": Target(annexes, _SEALED),
    "contents": Target(
        sealed_contents,
        tuple(form(encode_record(m)) for m in _MEMBERS for form in (bytes, pad)),
    ),
    "padding": Target(padding, (pad(b""), pad(b"content"), pad(bytes(300)))),
    "keysets": Target(keysets, (KEYS.to_bytes(), KEYS.with_pending().to_bytes())),
    "papers": Target(papers, _PAPERS),
    "deployments": Target(deployments, (_DEPLOYMENT,)),
    "schemas": Target(
        table_schemas,
        (
            b'{"fields":[{"name":"month","type":"date"}],"primaryKey":"month"}',
            b'{"fields":[{"name":"n","type":"integer","constraints":{"enum":[1,"2"]}}]}',
            b'{"fields":[{"name":"a","constraints":{"pattern":"^a+$","maxLength":3}}]}',
        ),
    ),
    "parameters": Target(
        parameter_schemas,
        (
            b'{"type":"object","required":["year"],"properties":{"year":{"type":"integer"}}}',
            b'{"type":"object","properties":{"name":{"type":"string","pattern":"^a+$"}}}',
        ),
    ),
    "answers": Target(
        answer_tables, (b"a,b\r\n1,2\r\n", b'a\r\n"x, ""y""\r\nz"\r\n', b"\xc3\xa4\n")
    ),
    "values": Target(
        table_values,
        (b"12", b"-0.50", b"1e9", b"true", b"2026-11-27", b"09:30:00", b"2026-11", b"^a(b|c)*$"),
    ),
    "logs": Target(logs, tuple(_logs())),
    "names": Target(
        names,
        (
            b"labour",
            b"labour/employment@3",
            samples.CID.encode(),
            encode_code(LABOUR),
            b"0x5FbDB2315678afecb367f032d93F642f64180aa3",
            write_subject_key(KEY).encode(),
        ),
    ),
    "payloads": Target(
        payloads, tuple(b"".join(encrypt_stream(KEY, BOUND, [text])) for text in _PLAINTEXTS)
    ),
    "wraps": Target(
        wraps, (wrap_key(PRIVATE.public_key, KEY, INFO), PRIVATE.public_key, sign_consent(KEY, D))
    ),
}
