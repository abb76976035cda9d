"""What each parser may raise on hostile bytes, and what has to hold of what it takes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from contextlib import suppress

from multiformats import CID

from ledger.citizen import Directory
from ledger.deployment import Deployment
from ledger.envelope.annex import open_annex
from ledger.envelope.binding import manifest_associated_data
from ledger.envelope.consents import recover_signer
from ledger.envelope.keyset import Keyset
from ledger.envelope.padding import pad, unpad, unpad_stream
from ledger.envelope.papers import ConsentPaper, WithdrawalPaper, read_paper
from ledger.envelope.streaming import decrypt_stream
from ledger.envelope.subjects import read_subject_key, write_subject_key
from ledger.envelope.wrap import check_public_key, unwrap_key
from ledger.errors import InputError, IntegrityError, NotFound, RecordError
from ledger.events import EVENTS, Position, decode, encode
from ledger.identifiers import (
    DatasetName,
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
from tests.fuzz import seeds
from tests.fuzz.mutations import written
from tests.unit import samples

CONTENTS = (
    Grounds,
    QueryContent,
    OpeningContent,
    DisclosureContent,
    EnrolmentContent,
    DocumentContent,
)


def spellings(data: bytes) -> Iterator[bytes]:
    """The bytes, and where they are JSON of some form, the form that a parser reads on."""
    yield data
    with suppress(ValueError, RecursionError):
        value = json.loads(data)
        if isinstance(value, dict) and (canonical := written(value)) != data:
            yield canonical


def canonical_json(data: bytes) -> bool:
    """What is read as canonical is what is written."""
    with suppress(RecordError):
        assert encode_record(decode_record(data)) == data
        return True
    return False


def records(data: bytes) -> bool:
    """What is read as a record is written with the same bytes, and can be compared."""
    return sum(map(_record, spellings(data))) > 0


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
            assert len(manifest_associated_data(seeds.D, manifest)) in (122, 126)
            manifest.require_granted(("month",))
    return taken


def annexes(data: bytes) -> bool:
    """An annex opens to what was sealed, or not at all."""
    taken = False
    for spelling in spellings(data):
        with suppress(NotFound, IntegrityError):
            record = parse_record(spelling)
            if isinstance(record, AnnexedRecord):
                found = open_annex(record, seeds.KEYS, department=seeds.LABOUR, deployment=seeds.D)
                assert found in seeds.SECRETS
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
        members = _members(spelling)
        for kind in CONTENTS if members is not None else ():
            with suppress(RecordError):
                content = kind.from_members(members)
                taken = True
                assert content.to_members() == members
                if isinstance(content, QueryContent):
                    content.require_fits(samples.service(), consent=0)
    return taken


def _members(data: bytes) -> dict[str, object] | None:
    try:
        return decode_record(data)
    except RecordError:
        return None


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
                        found.require_signed(seeds.LEDGER)
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
        lambda: _is_sha256(parse_cid(text)),
        lambda: encode_code(decode_code(data)) == data,
        lambda: read_subject_key(write_subject_key(read_subject_key(text))) is not None,
    ]
    taken = False
    for check in checks:
        with suppress(InputError, RecordError):
            assert check()
            taken = True
    return taken


def _is_sha256(text: str) -> bool:
    cid = CID.decode(text)
    said = (str(cid), cid.hashfun.name)
    return said == (text, "sha2-256") and cid.codec.name in ("raw", "dag-pb")


def payloads(data: bytes) -> bool:
    """A ciphertext decrypts to what was encrypted, whole and in pieces, or not at all."""
    with seeds.short_segments():
        whole = _decrypted([data])
        assert whole == _decrypted(data[at : at + 7] for at in range(0, len(data), 7))
    assert whole is None or whole in seeds.PLAINTEXTS
    return whole is not None


def _decrypted(chunks: Iterable[bytes]) -> bytes | None:
    try:
        return b"".join(decrypt_stream(seeds.KEY, seeds.BOUND, chunks))
    except IntegrityError:
        return None


def wraps(data: bytes) -> bool:
    """A wrap opens to the key that was wrapped, or not at all; so do public keys and signatures."""
    taken = False
    with suppress(IntegrityError):
        assert unwrap_key(seeds.PRIVATE, data, seeds.INFO) == seeds.KEY
        taken = True
    with suppress(IntegrityError):
        check_public_key(data)
        taken = True
    with suppress(IntegrityError):
        assert recover_signer(seeds.D, data).startswith("0x")
        taken = True
    return taken
