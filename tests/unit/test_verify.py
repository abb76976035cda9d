"""Completeness: replayed heads against heads proven from a block's hash, with hostile proofs."""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import rlp
from eth_hash.auto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st
from trie import HexaryTrie

from ledger.deployment import CONTRACTS, Contract, Delays, Deployment
from ledger.errors import IntegrityError
from ledger.events import (
    Event,
    GrantRevoked,
    HeadKey,
    RefusalCause,
    TransferAcknowledged,
    TransferOpened,
    TransferReleased,
)
from ledger.identifiers import ContractName, DepartmentId, parse_address
from ledger.provenance import LedgerState, fold
from ledger.verify import (
    Account,
    Finding,
    Header,
    Severity,
    StateProof,
    check_events,
    check_header,
    compare_heads,
    head_slot,
    heads_to_prove,
    prove_account,
    prove_slot,
    proven_heads,
    replay_heads,
    verify_storage_proof,
)
from tests.unit.story import AIRPORTS, refuse, shared

NO_ACCOUNT = "the state holds something that isn't 4 values"
MALFORMED_ACCOUNT = f"account 0x{'03' * 20} in the state is malformed"
NO_NUMBER = "a number out of range"
VECTORS = Path(__file__).parents[1] / "vectors"
ADDRESSES = {name: bytes([0xC0 + i]) * 20 for i, name in enumerate(CONTRACTS)}
CODE_HASHES = {name: hashlib.sha256(name.encode()).digest() for name in CONTRACTS}


def whole_story() -> list[Event]:
    story, request, released = shared()
    story.acknowledge(released)
    story.because(GrantRevoked, request)
    refuse(story, RefusalCause.REVOKED)
    story.register(AIRPORTS, "airports")
    return story.events


EVENTS = whole_story()
STATE = fold(EVENTS)
KEYS = heads_to_prove(STATE)
DEPLOYMENT = Deployment(
    chain_id=1,
    genesis_hash=bytes(32),
    engine="ganache",
    contracts={
        name: Contract(
            address=parse_address(f"0x{ADDRESSES[name].hex()}"), code_hash=CODE_HASHES[name]
        )
        for name in CONTRACTS
    },
    first_block=1,
    delays=Delays(notice_period=1, key_delay=1, minimum_period=1),
)


def proof_nodes(trie: HexaryTrie, key: bytes) -> tuple[bytes, ...]:
    return tuple(rlp.encode(node) for node in trie.get_proof(keccak(key)))


class Chain:
    """The state of the contracts as a node would keep it."""

    def __init__(self, events: list[Event]) -> None:
        self.storage = {name: HexaryTrie({}) for name in CONTRACTS}
        for key, head in replay_heads(events).items():
            slot = head_slot(key).to_bytes(32, "big")
            self.storage[key.contract][keccak(slot)] = rlp.encode(head.lstrip(b"\0"))
        self.accounts = HexaryTrie({})
        for name, storage in self.storage.items():
            account = [1, 0, storage.root_hash, CODE_HASHES[name]]
            self.accounts[keccak(ADDRESSES[name])] = rlp.encode(account)

    @property
    def state_root(self) -> bytes:
        return bytes(self.accounts.root_hash)

    def proof(self, contract: ContractName) -> StateProof:
        slots = [head_slot(key) for key in KEYS if key.contract == contract]
        storage = self.storage[contract]
        return StateProof(
            ADDRESSES[contract],
            proof_nodes(self.accounts, ADDRESSES[contract]),
            {slot: proof_nodes(storage, slot.to_bytes(32, "big")) for slot in slots},
        )


CHAIN = Chain(EVENTS)


def proven() -> dict[HeadKey, bytes]:
    found: dict[HeadKey, bytes] = {}
    for name in CONTRACTS:
        found |= proven_heads(DEPLOYMENT, CHAIN.state_root, KEYS, CHAIN.proof(name))
    return found


PROVEN = proven()


def test_a_complete_list_of_events_has_no_findings() -> None:
    found = proven()
    assert compare_heads(replay_heads(EVENTS), found, STATE) == []
    assert found == {key: bytes(32) for key in KEYS} | replay_heads(EVENTS)


def test_heads_replay_piece_by_piece() -> None:
    for cut in range(len(EVENTS)):
        assert replay_heads(EVENTS[cut:], replay_heads(EVENTS[:cut])) == replay_heads(EVENTS)


@pytest.mark.parametrize("index", range(len(EVENTS)), ids=lambda i: type(EVENTS[i]).__name__)
def test_any_event_left_out_is_found(index: int) -> None:
    gap = [*EVENTS[:index], *EVENTS[index + 1 :]]
    (finding,) = compare_heads(replay_heads(gap), PROVEN, STATE)
    assert finding.severity is Severity.ALTERED
    assert finding.subject.startswith(EVENTS[index].CONTRACT)


@pytest.mark.parametrize("index", range(len(EVENTS)), ids=lambda i: type(EVENTS[i]).__name__)
def test_any_event_at_another_time_is_found(index: int) -> None:
    event = EVENTS[index]
    altered = replace(event, at=replace(event.at, timestamp=event.at.timestamp + 1))
    events = [*EVENTS[:index], altered, *EVENTS[index + 1 :]]
    assert len(compare_heads(replay_heads(events), PROVEN, STATE)) == 1


@pytest.mark.parametrize("index", range(len(EVENTS)))
def test_what_an_event_left_out_makes_impossible_is_listed_and_the_rest_is_folded(
    index: int,
) -> None:
    rest = [*EVENTS[:index], *EVENTS[index + 1 :]]
    checked = check_events(rest)
    assert len(checked.possible) + len(checked.findings) == len(rest)
    assert fold(checked.possible) == checked.state
    for finding in checked.findings:
        assert finding.severity is Severity.ALTERED
        assert "is impossible: " in finding.found


def test_each_impossible_event_is_named() -> None:
    (at,) = [at for at, event in enumerate(EVENTS) if isinstance(event, TransferOpened)]
    found = check_events([*EVENTS[:at], *EVENTS[at + 1 :]]).findings
    named = [finding.subject.partition(" at ")[0] for finding in found]
    assert named == ["TransferReleased", "TransferAcknowledged"]
    assert [finding.subject.partition(" at ")[2] for finding in found] == [
        str(event.at)
        for event in EVENTS
        if isinstance(event, TransferReleased | TransferAcknowledged)
    ]
    assert {finding.what for finding in found} == {"event"}
    assert {finding.expected for finding in found} == {"one that the contracts could emit there"}
    assert check_events(EVENTS).findings == ()


def test_a_hidden_attempt_names_the_dataset() -> None:
    hidden = [event for event in EVENTS if type(event).__name__ != "TransferRefused"]
    (finding,) = compare_heads(replay_heads(hidden), PROVEN, fold(hidden))
    assert finding.subject == "TransferLog, dataset labour/employment"
    assert "left out" in str(finding)


def test_a_hidden_dataset_is_found_though_nothing_names_it() -> None:
    hidden = EVENTS[:-1]
    keys = heads_to_prove(fold(hidden))
    heads = {key: PROVEN[key] for key in keys}
    (finding,) = compare_heads(replay_heads(hidden), heads, fold(hidden))
    assert finding.severity is Severity.ALTERED
    assert finding.subject == "DatasetRegistry, dataset 2"


def test_a_head_that_was_not_proven_is_reported() -> None:
    key = HeadKey("AccessGrants", "dataset", 1)
    rest = {k: head for k, head in PROVEN.items() if k != key}
    (finding,) = compare_heads(replay_heads(EVENTS), rest, STATE)
    subject = "AccessGrants, dataset labour/employment"
    assert finding == Finding(Severity.ABSENT, subject, "events", "a proven head", "no proof")


def test_a_head_that_differs_is_told_beside_the_proven_one() -> None:
    key = HeadKey("DepartmentRegistry", "member", 2)
    altered = replay_heads(EVENTS) | {key: bytes([7]) * 32}
    (finding,) = compare_heads(altered, PROVEN, STATE)
    assert finding == Finding(
        Severity.ALTERED,
        f"DepartmentRegistry, member {STATE.departments[DepartmentId(2)].code}",
        "its events were altered, reordered, added or left out",
        f"the rolling hash 0x{PROVEN[key].hex()}",
        "0x" + "07" * 32,
    )


def test_events_hidden_together_with_their_proof_are_reported() -> None:
    hidden = [event for event in EVENTS if event.CONTRACT != "TransferLog"]
    rest = {key: head for key, head in PROVEN.items() if key.contract != "TransferLog"}
    found = compare_heads(replay_heads(hidden), rest, fold(hidden))
    assert {finding.severity for finding in found} == {Severity.ABSENT}
    assert "TransferLog, dataset labour/employment" in [finding.subject for finding in found]


def test_an_empty_ledger_still_has_heads_to_prove() -> None:
    assert HeadKey("DepartmentRegistry", "member", 1) in heads_to_prove(LedgerState())


def test_the_slot_of_a_head_is_soliditys() -> None:
    expected = keccak((7).to_bytes(32, "big") + (1).to_bytes(32, "big"))
    assert head_slot(HeadKey("AccessGrants", "member", 7)) == int.from_bytes(expected, "big")
    assert head_slot(HeadKey("AccessGrants", "dataset", 7)) != int.from_bytes(expected, "big")


# ---------------------------------------------------------------- hostile proofs


def test_a_proof_of_another_account_is_refused() -> None:
    proof = replace(CHAIN.proof("TransferLog"), address=b"\1" * 20)
    with pytest.raises(IntegrityError, match="none of the ledger's contracts"):
        proven_heads(DEPLOYMENT, CHAIN.state_root, KEYS, proof)


def test_a_proof_under_another_contracts_address_is_refused() -> None:
    proof = replace(CHAIN.proof("TransferLog"), address=ADDRESSES["AccessGrants"])
    with pytest.raises(IntegrityError):
        proven_heads(DEPLOYMENT, CHAIN.state_root, KEYS, proof)


def test_a_contract_with_other_code_is_refused() -> None:
    contracts = dict(DEPLOYMENT.contracts)
    contracts["TransferLog"] = contracts["TransferLog"].model_copy(update={"code_hash": bytes(32)})
    other = DEPLOYMENT.model_copy(update={"contracts": contracts})
    with pytest.raises(IntegrityError, match="TransferLog has code with hash"):
        proven_heads(other, CHAIN.state_root, KEYS, CHAIN.proof("TransferLog"))


def test_a_proof_without_a_head_is_refused() -> None:
    proof = replace(CHAIN.proof("TransferLog"), storage={})
    with pytest.raises(IntegrityError, match="lacks a head"):
        proven_heads(DEPLOYMENT, CHAIN.state_root, KEYS, proof)
    with pytest.raises(IntegrityError, match="lacks storage slot"):
        verify_storage_proof(CHAIN.state_root, proof, 0)


def test_another_state_root_is_refused() -> None:
    account = f"account 0x{ADDRESSES['TransferLog'].hex()}"
    said = f"the proof of {account} doesn't lead from the root 0x{'00' * 32}"
    with pytest.raises(IntegrityError, match=f"^{said}$"):
        proven_heads(DEPLOYMENT, bytes(32), KEYS, CHAIN.proof("TransferLog"))


def test_an_account_that_is_not_there_is_refused() -> None:
    absent = b"\2" * 20
    with pytest.raises(IntegrityError, match="has no account"):
        prove_account(CHAIN.state_root, absent, proof_nodes(CHAIN.accounts, absent))


def test_a_slot_that_holds_nothing_is_zero() -> None:
    storage = CHAIN.storage["DepartmentRegistry"]
    nodes = proof_nodes(storage, (9).to_bytes(32, "big"))
    assert prove_slot(storage.root_hash, 9, nodes) == bytes(32)
    empty = HexaryTrie({}).root_hash
    assert prove_slot(empty, 9, []) == prove_slot(empty, 9, [b"\x80"]) == bytes(32)
    with pytest.raises(
        IntegrityError, match=f"^the proof of storage slot {9:#066x} has nodes of an empty trie$"
    ):
        prove_slot(empty, 9, nodes)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_any_flipped_byte_of_a_proof_is_found(draw: st.DataObject) -> None:
    proof = CHAIN.proof("DepartmentRegistry")
    slot = draw.draw(st.sampled_from(sorted(proof.storage)))
    lists = [list(proof.account), list(proof.storage[slot])]
    nodes = draw.draw(st.sampled_from(lists))
    index = draw.draw(st.integers(0, len(nodes) - 1))
    place = draw.draw(st.integers(0, len(nodes[index]) - 1))
    flipped = bytearray(nodes[index])
    flipped[place] ^= draw.draw(st.integers(1, 255))
    nodes[index] = bytes(flipped)
    altered = StateProof(proof.address, tuple(lists[0]), {slot: tuple(lists[1])})
    with pytest.raises(IntegrityError):
        verify_storage_proof(CHAIN.state_root, altered, slot)


@pytest.mark.parametrize(
    "alter",
    [
        pytest.param(lambda nodes: nodes[:-1], id="the last node missing"),
        pytest.param(lambda nodes: nodes[1:], id="the root missing"),
        pytest.param(lambda nodes: nodes[::-1], id="reversed"),
        pytest.param(lambda nodes: [*nodes, nodes[-1]], id="a node twice"),
        pytest.param(lambda nodes: [*nodes, b"\xc0"], id="an idle node"),
        pytest.param(lambda nodes: [*nodes, b""], id="an empty node"),
        pytest.param(lambda _: [], id="no nodes"),
        pytest.param(lambda nodes: [*nodes, *[nodes[0]] * 100], id="a hundred nodes"),
        pytest.param(lambda nodes: [*nodes, bytes(10_000_000)], id="a huge node"),
    ],
)
def test_a_proof_of_another_shape_is_refused(alter: Any) -> None:
    storage = CHAIN.storage["DepartmentRegistry"]
    slot = head_slot(HeadKey("DepartmentRegistry", "member", 1))
    nodes = list(proof_nodes(storage, slot.to_bytes(32, "big")))
    assert len(nodes) > 1
    with pytest.raises(IntegrityError, match=f"^the proof of storage slot {slot:#066x} doesn't "):
        prove_slot(storage.root_hash, slot, alter(nodes))


@pytest.mark.parametrize(
    "node",
    [
        pytest.param(b"\xc0" * 60, id="no RLP"),
        pytest.param(b"", id="nothing"),
        pytest.param(rlp.encode([b"a", b"b", b"c"]), id="a node of three"),
        pytest.param(b"\xf9\x03\xf0" + b"\xc1" * 1007 + b"\xc0", id="a thousand lists in lists"),
        pytest.param(rlp.encode([[b"x"] * 2] * 17), id="a branch of branches"),
    ],
)
def test_a_root_node_that_is_none_is_refused(node: bytes) -> None:
    with pytest.raises(IntegrityError):
        prove_slot(keccak(node), 0, [node])


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=600), st.lists(st.binary(max_size=600), max_size=3))
def test_noise_as_a_proof_is_refused_and_nothing_else(root: bytes, rest: list[bytes]) -> None:
    with suppress(IntegrityError):
        assert len(prove_slot(keccak(root), 0, [root, *rest])) == 32


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(rlp.encode(b"\0\1"), id="a leading zero"),
        pytest.param(rlp.encode(b"\1" * 33), id="33 bytes"),
        pytest.param(rlp.encode(b""), id="an empty word"),
        pytest.param(rlp.encode([b"\1"]), id="a list"),
        pytest.param(b"\xb8", id="no RLP"),
    ],
)
def test_a_storage_value_in_another_form_is_refused(value: bytes) -> None:
    trie = HexaryTrie({})
    slot = (5).to_bytes(32, "big")
    trie[keccak(slot)] = value
    said = f"storage slot 0x{slot.hex()} holds something malformed"
    if value == b"\xb8":
        said = "the state holds something that isn't RLP"
    with pytest.raises(IntegrityError, match=f"^{said}$"):
        prove_slot(trie.root_hash, 5, proof_nodes(trie, slot))


def test_an_account_is_told_as_the_state_has_it() -> None:
    trie, address = HexaryTrie({}), b"\3" * 20
    trie[keccak(address)] = rlp.encode([258, 3, b"r" * 32, b"c" * 32])
    proof = proof_nodes(trie, address)
    assert prove_account(trie.root_hash, address, proof) == Account(258, 3, b"r" * 32, b"c" * 32)


@pytest.mark.parametrize(
    ("account", "said"),
    [
        pytest.param([1, 0, bytes(32)], NO_ACCOUNT, id="three values"),
        pytest.param([1, 0, [b"x"], bytes(32)], NO_ACCOUNT, id="a list as a root"),
        pytest.param(b"\1\1\1\1", NO_ACCOUNT, id="no list"),
        pytest.param([1, 0, bytes(31), bytes(32)], MALFORMED_ACCOUNT, id="a short root"),
        pytest.param([1, 0, bytes(32), bytes(33)], MALFORMED_ACCOUNT, id="a long hash"),
    ],
)
def test_an_account_in_another_form_is_refused(account: Any, said: str) -> None:
    trie = HexaryTrie({})
    address = b"\3" * 20
    trie[keccak(address)] = rlp.encode(account)
    with pytest.raises(IntegrityError, match=f"^{said}$"):
        prove_account(trie.root_hash, address, proof_nodes(trie, address))


# ---------------------------------------------------------------- what real nodes answer


def vector(engine: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((VECTORS / f"state_proof_{engine}.json").read_text("utf-8"))
    return found


@pytest.fixture(params=["anvil", "ganache"])
def answer(request: pytest.FixtureRequest) -> dict[str, Any]:
    return vector(request.param)


def block_hash(answer: dict[str, Any]) -> bytes:
    return bytes.fromhex(answer["block"]["hash"][2:])


def test_a_real_answer_proves_a_slot_from_the_blocks_hash(answer: dict[str, Any]) -> None:
    header = check_header(answer["block"], block_hash(answer))
    assert header == Header(
        number=1,
        hash=block_hash(answer),
        parent_hash=bytes.fromhex(answer["block"]["parentHash"][2:]),
        state_root=bytes.fromhex(answer["block"]["stateRoot"][2:]),
        receipts_root=bytes.fromhex(answer["block"]["receiptsRoot"][2:]),
        timestamp=int(answer["block"]["timestamp"], 16),
    )
    proof = StateProof.from_rpc(answer["proof"])
    assert verify_storage_proof(header.state_root, proof, 5) == (6).to_bytes(32, "big")
    assert verify_storage_proof(header.state_root, proof, 0xFE) == bytes(32)


@pytest.mark.parametrize("name", [n for n in vector("anvil")["block"] if n != "hash"])
def test_any_altered_header_field_is_found(answer: dict[str, Any], name: str) -> None:
    value = answer["block"][name]
    altered = value[:-1] + ("1" if value[-1] == "0" else "0") if len(value) > 2 else "0x11"
    with pytest.raises(IntegrityError, match="header hashes to"):
        check_header(answer["block"] | {name: altered}, block_hash(answer))


def test_a_london_header_has_a_base_fee(answer: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match="header hashes to"):
        check_header(answer["block"] | {"baseFeePerGas": "0x0"}, block_hash(answer))
    # The yellow paper's order, and the base fee last (EIP-1559).
    names = [
        "parentHash",
        "sha3Uncles",
        "miner",
        "stateRoot",
        "transactionsRoot",
        "receiptsRoot",
        "logsBloom",
        "difficulty",
        "number",
        "gasLimit",
        "gasUsed",
        "timestamp",
        "extraData",
        "mixHash",
        "nonce",
        "baseFeePerGas",
    ]
    numbers = {"difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas"}
    block = answer["block"] | {"baseFeePerGas": "0x3b9aca00"}
    values = [
        int(block[name], 16) if name in numbers else bytes.fromhex(block[name][2:])
        for name in names
    ]
    assert check_header(block, keccak(rlp.encode(values))).number == 1


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("number", "0x" + "f" * 65, NO_NUMBER),
        ("number", "0x1" + "0" * 64, NO_NUMBER),
        ("number", None, NO_NUMBER),
        ("number", "zero", "invalid literal for int() with base 16: 'zero'"),
        ("miner", "0x00", "1 bytes, expected 20"),
        ("miner", None, "NoneType, expected bytes"),
        ("stateRoot", "0x" + "zz" * 32, "non-hexadecimal number found"),
        ("stateRoot", "0x" + "00" * 31, "31 bytes, expected 32"),
        ("stateRoot", 32, "int, expected bytes"),
        ("extraData", "0x" + "00" * 65_537, "65537 bytes, expected less"),
    ],
)
def test_a_malformed_header_is_refused(name: str, value: object, said: str) -> None:
    answer = vector("ganache")
    malformed = f"^the node's block header is malformed: {re.escape(said)}"
    with pytest.raises(IntegrityError, match=malformed):
        check_header(answer["block"] | {name: value}, block_hash(answer))
    with pytest.raises(IntegrityError, match="header is malformed"):
        check_header({}, block_hash(answer))


@pytest.mark.parametrize(("name", "digits"), [("extraData", 2 * 65_536), ("gasLimit", 64)])
def test_what_a_header_may_hold_at_most_is_hashed(name: str, digits: int) -> None:
    answer = vector("ganache")
    with pytest.raises(IntegrityError, match="header hashes to"):
        check_header(answer["block"] | {name: "0x" + "f" * digits}, block_hash(answer))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"address": "0x12"}, "1 bytes, expected 20"),
        ({"address": 7}, "int, expected bytes"),
        ({"accountProof": None}, "expected at most 65 trie nodes"),
        ({"accountProof": "0x00"}, "expected at most 65 trie nodes"),
        ({"accountProof": [5.5]}, "float, expected bytes"),
        ({"accountProof": ["0x00"] * 66}, "expected at most 65 trie nodes"),
        ({"storageProof": None}, "'NoneType' object is not iterable"),
        ({"storageProof": [None]}, "'NoneType' object is not subscriptable"),
        ({"storageProof": [{"key": "0x0"}]}, "'proof'"),
        ({"storageProof": [{"key": "-0x1", "proof": []}]}, NO_NUMBER),
        ({"storageProof": [{"key": 1.5, "proof": []}]}, NO_NUMBER),
    ],
    ids=str,
)
def test_a_malformed_answer_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(IntegrityError, match=f"^the node's state proof is malformed: {said}$"):
        StateProof.from_rpc(vector("ganache")["proof"] | changes)


def test_an_answer_may_have_as_many_nodes_as_a_hash_has_nibbles_and_the_root() -> None:
    answer = vector("ganache")["proof"] | {"accountProof": ["0x00"] * 65}
    assert StateProof.from_rpc(answer).account == (b"\0",) * 65


def test_an_answer_as_web3_gives_it_is_read_too() -> None:
    answer = vector("ganache")
    raw = {
        name: int(value, 16)
        if name in ("difficulty", "number", "gasLimit", "gasUsed", "timestamp")
        else bytes.fromhex(value[2:])
        for name, value in answer["block"].items()
    }
    assert check_header(raw, block_hash(answer)).number == 1
    plain = answer["proof"]
    entry = plain["storageProof"][0]
    as_bytes = plain | {
        "accountProof": [bytes.fromhex(node[2:]) for node in plain["accountProof"]],
        "storageProof": [entry | {"key": bytes.fromhex(entry["key"][2:])}],
    }
    assert set(StateProof.from_rpc(as_bytes).storage) == {5}
