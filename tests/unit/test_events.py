"""Logs as events: field by field as in the ABI, one encoding of each, nothing else accepted."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from enum import IntEnum
from importlib import resources
from pathlib import Path
from typing import Any, get_args

import eth_abi
import pytest
from eth_hash.auto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import IntegrityError
from ledger.events import (
    EVENTS,
    ZERO_HEAD,
    AccountAdded,
    AuditorAppointed,
    DatasetKind,
    DatasetRegistered,
    DeadlinesSet,
    Event,
    EventType,
    GrantBasis,
    GrantState,
    HeadKey,
    KeyPublished,
    Position,
    RefusalCause,
    SharingClass,
    SpecificationPublished,
    TransferOpened,
    TransferRefused,
    TransferState,
    VersionPublished,
    decode,
    encode,
    extend_head,
    head_of,
    type_of,
    wire,
)
from ledger.identifiers import ContractName, parse_address
from tests.unit.story import country, digest, shared

TYPES = sorted(EVENTS.values(), key=lambda kind: kind.signature)
ROOT = Path(__file__).parents[2]

_NUMBERS = st.integers(1, 2**32 - 1)
_DIGESTS = st.binary(min_size=32, max_size=32).filter(any)
_CODES = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=32)
_ADDRESSES = (
    st.binary(min_size=20, max_size=20).filter(any).map(lambda b: parse_address(f"0x{b.hex()}"))
)
STRATEGIES: dict[wire.Kind, st.SearchStrategy[Any]] = {
    get_args(field)[1]: strategy
    for field, strategy in (
        (wire.DepartmentField, _NUMBERS),
        (wire.TransferField, st.integers(1, 2**64 - 1)),
        (wire.AttemptedGrantField, st.integers(0, 2**32 - 1)),
        (wire.CodeField, _CODES),
        (wire.DigestField, _DIGESTS),
        (wire.AddressField, _ADDRESSES),
        (wire.BytesField, st.binary(max_size=1300)),
        (wire.FlagField, st.booleans()),
        (wire.TimeField, st.integers(1, 2**40 - 1)),
        (wire.PeriodField, st.integers(0, 2**32 - 1)),
        (wire.ApprovalsField, st.integers(1, 2)),
        (wire.PurposeField, st.integers(0, 2**16 - 1)),
        (wire.ReasonField, st.integers(0, 2**16 - 1)),
        (wire.CapabilitiesField, st.integers(1, 7)),
        (wire.SharingField, st.sampled_from(SharingClass)),
        (wire.DatasetKindField, st.sampled_from(DatasetKind)),
        (wire.BasisField, st.sampled_from(GrantBasis)),
        (wire.CauseField, st.sampled_from([c for c in RefusalCause if c])),
    )
}


def position(contract: ContractName) -> Position:
    return Position(contract, 7, digest("block"), 1_700_000_000, digest("transaction"), 3)


@st.composite
def any_event(draw: st.DrawFn) -> Event:
    kind = draw(st.sampled_from(TYPES))
    values = {field.name: draw(STRATEGIES[field.kind]) for field in kind.fields}
    return kind.event(at=position(kind.event.CONTRACT), **values)


def abi_value(kind: wire.Kind, value: Any) -> Any:
    if kind.abi == "bytes32" and isinstance(value, str):
        return value.encode("ascii")
    return value.lower() if kind.abi == "address" else value


def sample(kind: type[Event]) -> Event:
    """The first event of this kind in a story."""
    return next(event for event in shared()[0].events if type(event) is kind)


def abi_events(contract: str) -> dict[str, list[tuple[str, str, bool]]]:
    text = (resources.files("ledger") / "abi" / f"{contract}.json").read_text("utf-8")
    return {
        entry["name"]: [(i["name"], i["type"], i["indexed"]) for i in entry["inputs"]]
        for entry in json.loads(text)["abi"]
        if entry["type"] == "event"
    }


@pytest.mark.parametrize("contract", get_args(ContractName))
def test_events_are_those_of_the_abi_field_by_field(contract: str) -> None:
    ours = {
        kind.event.__name__: [(f.solidity_name, f.kind.abi, f.indexed) for f in kind.fields]
        for kind in TYPES
        if contract == kind.event.CONTRACT
    }
    assert ours == abi_events(contract)


@pytest.mark.parametrize(
    "enum", [SharingClass, DatasetKind, GrantState, GrantBasis, TransferState, RefusalCause]
)
def test_enumerations_are_those_of_the_contracts(enum: type[IntEnum]) -> None:
    source = (ROOT / "contracts" / "Types.sol").read_text("utf-8")
    match = re.search(rf"enum {enum.__name__} {{([^}}]*)}}", source)
    assert match
    names = [
        re.sub(r"(?<!^)(?=[A-Z])", "_", name).upper() for name in match[1].replace(",", " ").split()
    ]
    assert names == [member.name for member in enum]
    assert [member.value for member in enum] == list(range(len(names)))


@settings(max_examples=300, deadline=None)
@given(any_event())
def test_any_event_survives_encoding_and_decoding(event: Event) -> None:
    topics, data = encode(event)
    again = decode(event.at, topics, data)
    assert again == event
    assert type(again) is type(event)


@settings(max_examples=200, deadline=None)
@given(any_event())
def test_encoding_and_heads_agree_with_eth_abi(event: Event) -> None:
    kind = type_of(event)
    listed = [(f, abi_value(f.kind, getattr(event, f.name))) for f in kind.fields]
    topics, data = encode(event)
    plain = [(f.kind.abi, value) for f, value in listed if not f.indexed]
    assert data == eth_abi.encode([t for t, _ in plain], [value for _, value in plain])
    indexed = [(f.kind.abi, value) for f, value in listed if f.indexed]
    assert topics[1:] == tuple(eth_abi.encode([t], [value]) for t, value in indexed)

    head = digest("head")
    types = ["bytes32", "bytes32", "uint256", *(f.kind.abi for f, _ in listed)]
    values = [head, kind.topic0, event.at.timestamp, *(value for _, value in listed)]
    assert extend_head(head, event) == keccak(eth_abi.encode(types, values))


@settings(max_examples=500, deadline=None)
@given(any_event(), st.data())
def test_no_altered_log_reads_as_the_same_event(event: Event, draw: st.DataObject) -> None:
    topics, data = encode(event)
    log = bytearray(b"".join(topics) + data)
    place = draw.draw(st.integers(0, len(log) - 1))
    log[place] ^= draw.draw(st.integers(1, 255))
    cut = 32 * len(topics)
    altered = [bytes(log[i : i + 32]) for i in range(0, cut, 32)]
    try:
        found = decode(event.at, altered, bytes(log[cut:]))
    except IntegrityError:
        return
    assert found != event


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(TYPES),
    st.lists(st.binary(max_size=40), max_size=4),
    st.binary(max_size=400),
)
def test_noise_is_read_or_refused_and_nothing_else(
    kind: EventType, topics: list[bytes], data: bytes
) -> None:
    try:
        event = decode(position(kind.event.CONTRACT), [kind.topic0, *topics], data)
    except IntegrityError:
        return
    assert encode(event) == ((kind.topic0, *topics), data)


def test_a_log_of_an_unknown_event_is_refused() -> None:
    for topics in ([], [bytes(32)]):
        with pytest.raises(IntegrityError, match="none of the ledger's events"):
            decode(position("TransferLog"), topics, b"")


def test_an_event_of_another_contract_is_refused() -> None:
    topics, data = encode(sample(TransferOpened))
    with pytest.raises(IntegrityError, match=r"AccessGrants emitted it"):
        decode(position("AccessGrants"), topics, data)


def test_a_missing_and_a_superfluous_topic_are_refused() -> None:
    topics, data = encode(sample(TransferOpened))
    for wrong in (topics[:-1], [*topics, bytes(32)]):
        with pytest.raises(IntegrityError, match="topics, expected 4"):
            decode(position("TransferLog"), wrong, data)


def test_data_that_is_cut_off_or_goes_on_is_refused() -> None:
    for kind in (TransferOpened, KeyPublished):
        event = sample(kind)
        topics, data = encode(event)
        for wrong in (data[:-1], data[:-32], data + b"\0", data + bytes(32), b"", bytes(100_000)):
            with pytest.raises(IntegrityError, match="malformed"):
                decode(event.at, topics, wrong)


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


@pytest.mark.parametrize(
    ("kind", "place", "content"),
    [
        pytest.param(DatasetRegistered, 0, word(2), id="a kind that is no member"),
        pytest.param(DatasetRegistered, 1, word(3), id="a sharing class that is no member"),
        pytest.param(DatasetRegistered, 2, word(0), id="no approvals"),
        pytest.param(DatasetRegistered, 2, word(3), id="three approvals"),
        pytest.param(DatasetRegistered, 3, word(2), id="a bool that is 2"),
        pytest.param(DatasetRegistered, 3, word(2**255), id="a bool with high bits"),
        pytest.param(DatasetRegistered, 4, bytes(32), id="a zero digest"),
        pytest.param(TransferOpened, 0, word(0), id="a grant numbered 0"),
        pytest.param(TransferOpened, 0, word(2**32), id="a grant beyond 32 bits"),
        pytest.param(TransferOpened, 2, word(2**40), id="a time beyond 40 bits"),
        pytest.param(AccountAdded, 0, word(0), id="no capabilities"),
        pytest.param(AccountAdded, 0, word(8), id="an unknown capability"),
    ],
)
def test_a_value_that_cannot_be_is_refused(kind: type[Event], place: int, content: bytes) -> None:
    event = sample(kind)
    topics, data = encode(event)
    altered = data[: 32 * place] + content + data[32 * place + 32 :]
    with pytest.raises(IntegrityError, match=f"{kind.__name__} at block .* is malformed"):
        decode(event.at, topics, altered)


@pytest.mark.parametrize(
    ("kind", "place", "content"),
    [
        pytest.param(TransferOpened, 1, bytes(32), id="a transfer numbered 0"),
        pytest.param(TransferOpened, 1, word(2**64), id="a transfer beyond 64 bits"),
        pytest.param(TransferOpened, 1, b"\1", id="a short topic"),
        pytest.param(DatasetRegistered, 3, b"Labour".ljust(32, b"\0"), id="a malformed slug"),
        pytest.param(DatasetRegistered, 3, b"a\0b".ljust(32, b"\0"), id="a slug after zeros"),
        pytest.param(AccountAdded, 2, bytes(32), id="the zero address"),
        pytest.param(AccountAdded, 2, b"\1" * 32, id="an address with padding"),
    ],
)
def test_a_topic_that_cannot_be_is_refused(kind: type[Event], place: int, content: bytes) -> None:
    event = sample(kind)
    topics, data = encode(event)
    with pytest.raises(IntegrityError, match="is malformed"):
        decode(event.at, [*topics[:place], content, *topics[place + 1 :]], data)


def test_a_refusal_without_a_cause_is_refused() -> None:
    event = TransferRefused(
        at=position("TransferLog"),
        dataset=1,  # type: ignore[arg-type]
        receiver=2,  # type: ignore[arg-type]
        grant=0,  # type: ignore[arg-type]
        dataset_version=1,  # type: ignore[arg-type]
        cause=RefusalCause.NO_GRANT,
    )
    topics, data = encode(event)
    assert decode(event.at, topics, data) == event
    with pytest.raises(IntegrityError, match="cause"):
        decode(event.at, topics, data[:-32] + bytes(32))


@pytest.mark.parametrize(
    "alter",
    [
        pytest.param(lambda d: d[:63] + b"\x80" + d[64:], id="an offset elsewhere"),
        pytest.param(lambda d: d[:96] + b"\xff" * 32 + d[128:], id="an endless length"),
        pytest.param(lambda d: d[:96] + word(1217) + d[128:], id="a longer length"),
        pytest.param(lambda d: d[:96] + word(1215) + d[128:], id="padding that isn't zero"),
    ],
)
def test_a_public_key_encoded_otherwise_is_refused(alter: Any) -> None:
    event = sample(KeyPublished)
    topics, data = encode(event)
    with pytest.raises(IntegrityError, match="public_key"):
        decode(event.at, topics, alter(data))


def test_the_head_is_the_datasets_or_else_a_members() -> None:
    expected = {
        VersionPublished: HeadKey("DatasetRegistry", "dataset", 1),
        TransferOpened: HeadKey("TransferLog", "dataset", 1),
        SpecificationPublished: HeadKey("DatasetRegistry", "member", 1),
        DeadlinesSet: HeadKey("DepartmentRegistry", "member", 1),
        AuditorAppointed: HeadKey("DepartmentRegistry", "member", 4),
    }
    assert {kind: head_of(sample(kind)) for kind in expected} == expected


def test_the_head_depends_on_the_time_and_on_the_head_before() -> None:
    event = country().events[-1]
    later = replace(event, at=replace(event.at, timestamp=event.at.timestamp + 1))
    heads = {
        extend_head(ZERO_HEAD, event),
        extend_head(ZERO_HEAD, later),
        extend_head(digest("head"), event),
    }
    assert len(heads) == 3


def test_events_load_without_heavy_libraries() -> None:
    code = (
        "import ledger.events, sys\n"
        "heavy = {'web3', 'eth_abi', 'eth_utils', 'pydantic', 'rlp', 'trie'}\n"
        "sys.exit(' '.join(heavy & set(sys.modules)) or None)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
