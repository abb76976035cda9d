"""What hostile bytes are thrown at: every parser, its good inputs, and how they are altered.

`tests/unit/test_properties.py` throws some with hypothesis, `scripts/fuzz` many with atheris.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ledger.envelope.consents import sign_consent
from ledger.envelope.padding import pad
from ledger.envelope.subjects import write_subject_key
from ledger.envelope.wrap import wrap_key
from ledger.identifiers import encode_code
from ledger.records import encode as encode_record
from tests.fuzz import feeds, seeds
from tests.fuzz.mutations import (
    Mutation,
    blocks,
    edited_json,
    edited_padding,
    edited_sealed,
    of_lengths,
    pieces,
)
from tests.unit import samples


@dataclass(frozen=True)
class Target:
    """A parser: `feed` says whether it took the bytes, and raises only what is wrong with it."""

    feed: Callable[[bytes], bool]
    seeds: tuple[bytes, ...]
    alter: Mutation = edited_json
    max_bytes: int = 4096


_CODE = b"abcdefghijklmnopqrstuvwxyz0123456789-"
_LETTERS = tuple(bytes([byte]) for byte in _CODE + b"ABF/@=.:x\0 \xff")
_NUMBERS = tuple(number.to_bytes(32, "big") for number in (0, 1, 2, 3, 8, 32, 64, 96, 128, 160))
_POWERS = tuple(
    (2**bits + more).to_bytes(32, "big") for bits in (8, 32, 40, 64, 160) for more in (-1, 0)
)
_REPEATS = (b"(", b")", b"[", b"]", b"{1000}", b"{2,}", b"*", b"+", b"?", b"|", b"^", b"$", b".")
_CLASSES = (rb"\w", rb"\b", rb"\1", rb"\p{L}", b"(?i)", b"(?=a)", b"(?P<n>", b"a-z", b"&&", b"\0")
_VALUES = (b"true", b"False", b"nan", b"inf", b"1e", b"E-", b"2026-", b"-02-29", b"24:00:00", b"T")
_PARTS = (b"-", b"+", b"Z", b"+01:00", b".", b":", b"0", b"9" * 16, b"_", b" ", "\u0663".encode())

TARGETS: dict[str, Target] = {
    "json": Target(feeds.canonical_json, seeds.RECORDS[:3]),
    "records": Target(feeds.records, (*seeds.RECORDS, *seeds.SEALED)),
    "manifests": Target(feeds.manifests, (*seeds.RECORDS[-3:], seeds.SEALED[-1]), max_bytes=3072),
    "annexes": Target(feeds.annexes, seeds.SEALED),
    "contents": Target(
        feeds.sealed_contents,
        tuple(form(encode_record(m)) for m in seeds.MEMBERS for form in (bytes, pad)),
        alter=edited_sealed,
        max_bytes=2048,
    ),
    "padding": Target(
        feeds.padding, (pad(b""), pad(b"content"), pad(bytes(300))), alter=edited_padding
    ),
    "keysets": Target(
        feeds.keysets,
        (
            seeds.KEYS.to_bytes(),
            seeds.KEYS.with_pending().to_bytes(),
            seeds.KEYS.with_fresh_archive().to_bytes(),
        ),
        max_bytes=1024,
    ),
    "papers": Target(feeds.papers, seeds.PAPERS),
    "deployments": Target(feeds.deployments, seeds.DEPLOYMENTS, max_bytes=2048),
    "schemas": Target(feeds.table_schemas, seeds.SCHEMAS, max_bytes=2048),
    "parameters": Target(feeds.parameter_schemas, seeds.PARAMETERS, max_bytes=2048),
    "answers": Target(
        feeds.answer_tables,
        (b"a,b\r\n1,2\r\n", b'a\r\n"x, ""y""\r\nz"\r\n', b"\xc3\xa4\n"),
        alter=pieces(
            b'"', b'""', b",", b"\r\n", b"\n", b"\r", b"a", b"\0", b"\xef\xbb\xbf", b"\xc3"
        ),
        max_bytes=1024,
    ),
    "values": Target(
        feeds.table_values,
        (b"12", b"-0.50", b"1e9", b"true", b"2026-11-27", b"09:30:00", b"2026-11", b"^a(b|c)*$"),
        alter=pieces(*_VALUES, *_PARTS, *_REPEATS, *_CLASSES),
        max_bytes=600,
    ),
    "logs": Target(
        feeds.logs,
        tuple(seeds.logs()),
        alter=blocks(32, first=2, words=(*_NUMBERS, *_POWERS, b"\1".ljust(32, b"\0"))),
        max_bytes=2048,
    ),
    "names": Target(
        feeds.names,
        (
            b"labour",
            b"labour/employment@3",
            samples.CID.encode(),
            seeds.DAG_PB_CID,
            encode_code(seeds.LABOUR),
            b"0x5FbDB2315678afecb367f032d93F642f64180aa3",
            b"0x5fbdb2315678afecb367f032d93f642f64180aa3",
            write_subject_key(seeds.KEY).encode(),
        ),
        alter=pieces(*_LETTERS),
        max_bytes=128,
    ),
    "payloads": Target(
        feeds.payloads,
        tuple(seeds.payloads()),
        alter=blocks(seeds.SEGMENT_BYTES),
        max_bytes=1024,
    ),
    "wraps": Target(
        feeds.wraps,
        (
            wrap_key(seeds.PRIVATE.public_key, seeds.KEY, seeds.INFO),
            seeds.PRIVATE.public_key,
            sign_consent(seeds.KEY, seeds.D),
        ),
        alter=of_lengths(65, 1168, 1216),
        max_bytes=1300,
    ),
}
