"""Logs as events: field by field as in the ABI, one encoding of each, nothing else accepted."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
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

from ledger.codes import PayloadKind
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
    FindingPublished,
    GrantBasis,
    GrantState,
    HandoverProposed,
    HeadKey,
    KeyDisclosed,
    KeyPublished,
    Position,
    RefusalCause,
    SharingClass,
    SourcesDeclared,
    SpecificationPublished,
    TransferAttested,
    TransferDisputed,
    TransferOpened,
    TransferRefused,
    TransferState,
    VersionPublished,
    decode,
    encode,
    extend_head,
    head_of,
    wire,
)
from ledger.identifiers import ContractName, parse_address
from tests.unit.story import AUDIT, HEALTH, LABOUR, country, digest, of, shared

TYPES = sorted(EVENTS.values(), key=lambda kind: kind.signature)
ROOT = Path(__file__).parents[2]
OF_AN_ACCOUNT = "expected the 20 bytes of an account"
NO_SLUG = "slug bytes32 is not a code: expected 1 to 32 of a-z, 0-9 and '-', then zeros"

_NUMBERS = st.integers(1, 2**32 - 1)
_TRANSFERS = st.integers(1, 2**64 - 1)
_DIGESTS = st.binary(min_size=32, max_size=32).filter(any)
_CODES = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=32)
_ADDRESSES = (
    st.binary(min_size=20, max_size=20).filter(any).map(lambda b: parse_address(f"0x{b.hex()}"))
)
STRATEGIES: dict[wire.Kind, st.SearchStrategy[Any]] = {
    get_args(field)[1]: strategy
    for field, strategy in (
        (wire.DepartmentField, _NUMBERS),
        (wire.TransferField, _TRANSFERS),
        (wire.SourcesField, st.lists(_TRANSFERS, min_size=1, max_size=16).map(tuple)),
        (wire.MaybeDatasetField, st.integers(0, 2**32 - 1)),
        (wire.CodeField, _CODES),
        (wire.GroupField, st.none() | _CODES),
        (wire.DigestField, _DIGESTS),
        (wire.WordField, st.binary(min_size=32, max_size=32)),
        (wire.AddressField, _ADDRESSES),
        (wire.BytesField, st.binary(max_size=1300)),
        (wire.FlagField, st.booleans()),
        (wire.TimeField, st.integers(1, 2**40 - 1)),
        (wire.MaybeTimeField, st.integers(0, 2**40 - 1)),
        (wire.PeriodField, st.integers(0, 2**32 - 1)),
        (wire.StandingField, st.integers(0, 2**8 - 1)),
        (wire.ApprovalsField, st.integers(1, 2)),
        (wire.PurposeField, st.integers(0, 2**16 - 1)),
        (wire.ReasonField, st.integers(0, 2**16 - 1)),
        (wire.CapabilitiesField, st.integers(1, 7)),
        (wire.SharingField, st.sampled_from(SharingClass)),
        (wire.DatasetKindField, st.sampled_from(DatasetKind)),
        (wire.BasisField, st.sampled_from(GrantBasis)),
        (wire.PayloadKindField, st.sampled_from(PayloadKind)),
        (wire.CauseField, st.sampled_from([c for c in RefusalCause if c])),
    )
}


def position(contract: ContractName) -> Position:
    return Position(contract, 7, digest("block"), 1_700_000_000, digest("transaction"), 3)


def of_kind(kind: EventType) -> st.SearchStrategy[Event]:
    """Any event of this kind."""
    at = position(kind.event.CONTRACT)
    values = {field.name: STRATEGIES[field.kind] for field in kind.fields}
    return st.fixed_dictionaries(values).map(lambda drawn: kind.event(at=at, **drawn))


every_kind = pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.event.__name__)


def abi_value(kind: wire.Kind, value: Any) -> Any:
    if kind.abi == "bytes32" and not isinstance(value, bytes):
        return (value or "").encode("ascii")
    return value.lower() if kind.abi == "address" else value


def sample(kind: type[Event]) -> Event:
    """The first event of this kind in a story."""
    return next(event for event in shared()[0].events if type(event) is kind)


def check_refused(event: Event, topics: Sequence[bytes], data: bytes, said: str) -> None:
    """What should be this event's log is refused for what is said."""
    with pytest.raises(IntegrityError) as caught:
        decode(event.at, topics, data)
    where = f"{type(event).__name__} at {event.at} of {event.at.contract}"
    assert caught.value.message == f"{where} is malformed: {said}"


def abi_events(contract: str) -> dict[str, list[tuple[str, str, bool]]]:
    text = (resources.files("ledger") / "abi" / f"{contract}.json").read_text("utf-8")
    return {
        entry["name"]: [(i["name"], i["type"], i["indexed"]) for i in entry["inputs"]]
        for entry in json.loads(text)["abi"]
        # OpenZeppelin declares one that is never emitted.
        if entry["type"] == "event" and entry["name"] != "EIP712DomainChanged"
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
    "enum",
    [
        SharingClass,
        DatasetKind,
        GrantState,
        GrantBasis,
        PayloadKind,
        TransferState,
        RefusalCause,
    ],
)
def test_enumerations_are_those_of_the_contracts(enum: type[IntEnum]) -> None:
    source = (ROOT / "contracts" / "Types.sol").read_text("utf-8")
    match = re.search(rf"enum {enum.__name__} {{([^}}]*)}}", source)
    assert match
    names = [
        re.sub(r"(?<!^)(?=[A-Z])", "_", name).upper() for name in match[1].replace(",", " ").split()
    ]
    numbered = list(enumerate(names))
    # A payload without a kind is never on the chain.
    if enum is PayloadKind:
        assert numbered.pop(0) == (0, "NONE")
    assert numbered == [(member.value, member.name) for member in enum]


@every_kind
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_any_event_survives_encoding_and_decoding(kind: EventType, data: st.DataObject) -> None:
    event = data.draw(of_kind(kind))
    again = decode(event.at, *encode(event))
    assert again == event
    assert type(again) is type(event)


@every_kind
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_encoding_and_heads_agree_with_eth_abi(kind: EventType, data: st.DataObject) -> None:
    event = data.draw(of_kind(kind))
    listed = [(f, abi_value(f.kind, getattr(event, f.name))) for f in kind.fields]
    topics, encoded = encode(event)
    plain = [(f.kind.abi, value) for f, value in listed if not f.indexed]
    assert encoded == eth_abi.encode([t for t, _ in plain], [value for _, value in plain])
    indexed = [(f.kind.abi, value) for f, value in listed if f.indexed]
    assert topics[1:] == tuple(eth_abi.encode([t], [value]) for t, value in indexed)

    head = digest("head")
    types = ["bytes32", "bytes32", "uint256", *(f.kind.abi for f, _ in listed)]
    values = [head, kind.topic0, event.at.timestamp, *(value for _, value in listed)]
    assert extend_head(head, event) == keccak(eth_abi.encode(types, values))


@every_kind
@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_no_log_with_one_byte_altered_reads_as_the_same_event(
    kind: EventType, data: st.DataObject
) -> None:
    event = data.draw(of_kind(kind))
    flip = data.draw(st.integers(1, 255))
    topics, encoded = encode(event)
    log, cut = b"".join(topics) + encoded, 32 * len(topics)
    for place in range(len(log)):
        altered = log[:place] + bytes([log[place] ^ flip]) + log[place + 1 :]
        found = None
        with suppress(IntegrityError):
            found = decode(
                event.at, [altered[i : i + 32] for i in range(0, cut, 32)], altered[cut:]
            )
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
    said = "log at block 7, log 3 of TransferLog is none of the ledger's events"
    for topics in ([], [bytes(32)]):
        with pytest.raises(IntegrityError, match=f"^{said}$"):
            decode(position("TransferLog"), topics, b"")


def test_an_event_of_another_contract_is_refused() -> None:
    topics, data = encode(sample(TransferOpened))
    said = "is TransferOpened, an event of TransferLog, but AccessGrants emitted it"
    with pytest.raises(IntegrityError, match=f"^log at block 7, log 3 {said}$"):
        decode(position("AccessGrants"), topics, data)


def test_a_missing_and_a_superfluous_topic_are_refused() -> None:
    event = sample(TransferOpened)
    topics, data = encode(event)
    for wrong in (topics[:-1], [*topics, bytes(32)]):
        check_refused(event, wrong, data, f"it has {len(wrong)} topics, expected 4")


def test_data_that_is_cut_off_or_goes_on_is_refused() -> None:
    event = sample(TransferOpened)
    topics, data = encode(event)
    for wrong in (data[:-1], data[:-32], data + b"\0", data + bytes(32), b"", bytes(100_000)):
        check_refused(event, topics, wrong, f"it has {len(wrong)} bytes of data, expected 128")


def test_data_with_a_public_key_that_is_cut_off_or_goes_on_is_refused() -> None:
    event = sample(KeyPublished)
    topics, data = encode(event)
    for wrong in (data[:-1], data[:-32]):
        check_refused(event, topics, wrong, "public_key is cut off or wrongly padded")
    for wrong in (data + b"\0", data + bytes(32)):
        check_refused(event, topics, wrong, f"it has {len(wrong)} bytes of data, expected 1344")
    for wrong in (b"", bytes(100_000)):
        check_refused(event, topics, wrong, f"it has {len(wrong)} bytes of data, expected 96")


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


@pytest.mark.parametrize(
    ("kind", "place", "content", "said"),
    [
        (DatasetRegistered, 0, word(2), "kind is 0x2, expected 0 to 1"),
        (DatasetRegistered, 1, word(3), "sharing is 0x3, expected 0 to 2"),
        (DatasetRegistered, 2, word(0), "approvals is 0x0, expected 1 to 2"),
        (DatasetRegistered, 2, word(3), "approvals is 0x3, expected 1 to 2"),
        (DatasetRegistered, 3, word(2), "agent_may_publish is 0x2, expected 0 to 1"),
        (
            DatasetRegistered,
            3,
            word(2**255),
            f"agent_may_publish is 0x8{'0' * 63}, expected 0 to 1",
        ),
        (DatasetRegistered, 5, bytes(32), "description is zero, expected a digest"),
        (TransferOpened, 0, word(0), "grant is 0x0, expected 1 to 4294967295"),
        (TransferOpened, 0, word(2**32), "grant is 0x100000000, expected 1 to 4294967295"),
        (TransferOpened, 2, word(0), "kind is 0x0, expected 1 to 4"),
        (TransferOpened, 2, word(5), "kind is 0x5, expected 1 to 4"),
        (
            TransferOpened,
            3,
            word(2**40),
            "release_by is 0x10000000000, expected 1 to 1099511627775",
        ),
        (AccountAdded, 0, word(0), "capabilities is 0x0, expected 1 to 7"),
        (AccountAdded, 0, word(8), "capabilities is 0x8, expected 1 to 7"),
    ],
)
def test_a_value_that_cannot_be_is_refused(
    kind: type[Event], place: int, content: bytes, said: str
) -> None:
    event = sample(kind)
    topics, data = encode(event)
    check_refused(event, topics, data[: 32 * place] + content + data[32 * place + 32 :], said)


@pytest.mark.parametrize(
    ("kind", "place", "content", "said"),
    [
        (TransferOpened, 1, bytes(32), "transfer is 0x0, expected 1 to 18446744073709551615"),
        (
            TransferOpened,
            1,
            word(2**64),
            "transfer is 0x10000000000000000, expected 1 to 18446744073709551615",
        ),
        (TransferOpened, 1, b"\1", "transfer has 1 bytes, expected 32"),
        (DatasetRegistered, 3, b"Labour".ljust(32, b"\0"), NO_SLUG),
        (DatasetRegistered, 3, b"a\0b".ljust(32, b"\0"), NO_SLUG),
        (AccountAdded, 2, bytes(32), f"account is 0x{'00' * 32}, {OF_AN_ACCOUNT}"),
        (AccountAdded, 2, b"\1" * 32, f"account is 0x{'01' * 32}, {OF_AN_ACCOUNT}"),
    ],
)
def test_a_topic_that_cannot_be_is_refused(
    kind: type[Event], place: int, content: bytes, said: str
) -> None:
    event = sample(kind)
    topics, data = encode(event)
    check_refused(event, [*topics[:place], content, *topics[place + 1 :]], data, said)


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
    ("alter", "said"),
    [
        pytest.param(
            lambda d: d[:63] + b"\x80" + d[64:],
            "public_key is not where it has to be",
            id="an offset elsewhere",
        ),
        pytest.param(
            lambda d: d[:96] + b"\xff" * 32 + d[128:],
            "public_key is cut off or wrongly padded",
            id="an endless length",
        ),
        pytest.param(
            lambda d: d[:96] + word(1217) + d[128:],
            "public_key is cut off or wrongly padded",
            id="a longer length",
        ),
        pytest.param(
            lambda d: d[:96] + word(1215) + d[128:],
            "public_key is cut off or wrongly padded",
            id="padding that isn't zero",
        ),
    ],
)
def test_a_public_key_encoded_otherwise_is_refused(alter: Any, said: str) -> None:
    event = sample(KeyPublished)
    topics, data = encode(event)
    check_refused(event, topics, alter(data), said)


def test_data_is_read_up_to_a_limit_that_no_event_reaches() -> None:
    # Two words before the key, and its place and length.
    largest = replace(sample(KeyPublished), public_key=bytes(8192 - 4 * 32))
    topics, data = encode(largest)
    assert len(data) == 8192
    assert decode(largest.at, topics, data) == largest
    larger = replace(largest, public_key=bytes(8192 - 4 * 32 + 1))
    said = "it has 8224 bytes of data, expected 96"
    check_refused(larger, topics, encode(larger)[1], said)


def sources(*numbers: int) -> SourcesDeclared:
    values = {"dataset": 1, "dataset_version": 2, "sources": numbers}
    return SourcesDeclared(at=position("TransferLog"), **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("alter", "said"),
    [
        pytest.param(
            lambda d: word(64) + d[32:],
            "sources is not where it has to be",
            id="an offset elsewhere",
        ),
        pytest.param(
            lambda d: d[:32] + word(0), "sources has 0 entries, expected 1 to 16", id="no sources"
        ),
        pytest.param(
            lambda d: d[:32] + word(17) + word(1) * 17,
            "sources has 17 entries, expected 1 to 16",
            id="seventeen sources",
        ),
        pytest.param(
            lambda d: d[:32] + word(2**255) + d[64:],
            "sources is cut off or wrongly padded",
            id="an endless length",
        ),
        pytest.param(
            lambda d: d[:32] + word(1) + d[64:],
            "it has 128 bytes of data, expected 96",
            id="a shorter length",
        ),
        pytest.param(
            lambda d: d[:64] + word(0) + d[96:],
            "sources is 0x0, expected 1 to 18446744073709551615",
            id="a source numbered 0",
        ),
        pytest.param(
            lambda d: d[:64] + word(2**64) + d[96:],
            "sources is 0x10000000000000000, expected 1 to 18446744073709551615",
            id="a source beyond 64 bits",
        ),
        pytest.param(
            lambda d: d[:-1], "sources is cut off or wrongly padded", id="half a word less"
        ),
    ],
)
def test_sources_encoded_otherwise_are_refused(alter: Any, said: str) -> None:
    event = sources(3, 4)
    topics, data = encode(event)
    check_refused(event, topics, alter(data), said)


@pytest.mark.parametrize("count", [1, 16])
def test_as_few_and_as_many_sources_as_may_be_are_read(count: int) -> None:
    event = sources(*range(1, count + 1))
    assert decode(event.at, *encode(event)) == event


def test_the_head_is_the_datasets_or_else_a_members() -> None:
    expected = {
        VersionPublished: HeadKey("DatasetRegistry", "dataset", 1),
        TransferOpened: HeadKey("TransferLog", "dataset", 1),
        SpecificationPublished: HeadKey("DatasetRegistry", "member", 1),
        DeadlinesSet: HeadKey("DepartmentRegistry", "member", 1),
        AuditorAppointed: HeadKey("DepartmentRegistry", "member", 4),
    }
    assert {kind: head_of(sample(kind)) for kind in expected} == expected


def test_a_finding_is_in_the_head_of_the_department_that_it_is_about() -> None:
    values = {"department": 3, "finder": 1, "reason_code": 1, "reason": digest("why")}
    event = FindingPublished(at=position("DepartmentRegistry"), **values)  # type: ignore[arg-type]
    assert head_of(event) == HeadKey("DepartmentRegistry", "member", 3)


def test_a_handover_is_in_the_head_of_the_agency_that_hands_over() -> None:
    event = HandoverProposed(
        at=position("DepartmentRegistry"),
        agency=1,  # type: ignore[arg-type]
        successor=3,  # type: ignore[arg-type]
    )
    assert head_of(event) == HeadKey("DepartmentRegistry", "member", 1)


def test_what_happens_to_a_document_is_in_its_receivers_head() -> None:
    story = country()
    sent = story.send(LABOUR, HEALTH)
    story.because(TransferDisputed, sent)
    story.emit(
        KeyDisclosed,
        **of(sent),
        arbiter=AUDIT,
        key_number=1,
        wrap=digest("wrap"),
    )
    story.because(TransferAttested, sent, recall=0)
    heads = {head_of(event) for event in story.events[-4:]}
    assert heads == {HeadKey("TransferLog", "member", HEALTH)}


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
