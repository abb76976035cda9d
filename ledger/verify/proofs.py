"""Block headers and state proofs (EIP-1186), recomputed: nothing that a node says is believed.

The trust runs from a block's hash to its header, to the state root, to a contract's account, to
one of its storage slots. Proofs are hostile: their size is bounded before anything parses them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Self, cast

import rlp
from eth_hash.auto import keccak
from trie.constants import BLANK_NODE_HASH
from trie.hexary import HexaryTrie

from ledger.errors import IntegrityError

_MAX_NODE_BYTES: Final = 1024  # a full branch takes 532, a leaf with an account about 150
_MAX_NODES: Final = 65  # one for each nibble of a hash, and the root
_MAX_EXTRA_DATA_BYTES: Final = 64 * 1024
_INLINE_BYTES: Final = 32
"""Smaller nodes stand in their parent instead of their hash (yellow paper, appendix D)."""

# The header's fields in the order of the yellow paper, by their JSON-RPC names: hex data as bytes,
# quantities as integers. London appends the base fee.
_FIELDS: Final = (
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
)
_QUANTITIES: Final = frozenset(
    {"difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas"}
)
_SIZES: Final = {"miner": 20, "logsBloom": 256, "nonce": 8, "extraData": None}


@dataclass(frozen=True, slots=True)
class Header:
    """What is used of a block header that was checked against the block's hash."""

    number: int
    hash: bytes
    parent_hash: bytes
    state_root: bytes
    receipts_root: bytes
    timestamp: int


@dataclass(frozen=True, slots=True)
class Account:
    """A contract's account as the state has it; `code_hash` is the Keccak-256 of its code."""

    nonce: int
    balance: int
    storage_root: bytes
    code_hash: bytes


@dataclass(frozen=True, slots=True)
class StateProof:
    """A node's answer to `eth_getProof`: trie nodes only; the values it claims are left out."""

    address: bytes
    account: tuple[bytes, ...]
    storage: Mapping[int, tuple[bytes, ...]]
    """By storage slot."""

    @classmethod
    def from_rpc(cls, answer: Mapping[str, Any]) -> Self:
        """Read the answer.

        Raises:
            IntegrityError: it doesn't have the form of EIP-1186.
        """
        try:
            return cls(
                address=_data(answer["address"], 20),
                account=_nodes(answer["accountProof"]),
                storage={
                    _quantity(entry["key"]): _nodes(entry["proof"])
                    for entry in answer["storageProof"]
                },
            )
        except (KeyError, TypeError, ValueError) as error:
            raise IntegrityError(f"the node's state proof is malformed: {error}") from error


def check_header(block: Mapping[str, Any], block_hash: bytes) -> Header:
    """Recompute a block's hash from the fields that a node gave (berlin or London).

    Raises:
        IntegrityError: a field is malformed, or the fields don't hash to `block_hash`.
    """
    try:
        fields = {name: _field(name, block[name]) for name in _FIELDS}
        if block.get("baseFeePerGas") is not None:
            fields["baseFeePerGas"] = _field("baseFeePerGas", block["baseFeePerGas"])
    except (KeyError, TypeError, ValueError) as error:
        raise IntegrityError(f"the node's block header is malformed: {error}") from error
    found = bytes(keccak(rlp.encode(list(fields.values()))))
    if found != block_hash:
        raise IntegrityError(
            f"the block header hashes to 0x{found.hex()}, expected 0x{block_hash.hex()}"
        )
    return Header(
        number=cast("int", fields["number"]),
        hash=found,
        parent_hash=cast("bytes", fields["parentHash"]),
        state_root=cast("bytes", fields["stateRoot"]),
        receipts_root=cast("bytes", fields["receiptsRoot"]),
        timestamp=cast("int", fields["timestamp"]),
    )


def prove_account(state_root: bytes, address: bytes, nodes: Sequence[bytes]) -> Account:
    """The account that the state with this root has at `address`.

    Raises:
        IntegrityError: the proof doesn't hold, or shows that there is no such account.
    """
    value = _prove(state_root, keccak(address), nodes, f"account 0x{address.hex()}")
    if not value:
        raise IntegrityError(f"the state has no account 0x{address.hex()}")
    nonce, balance, storage_root, code_hash = _decoded_list(value, 4)
    if len(storage_root) != 32 or len(code_hash) != 32:
        raise IntegrityError(f"account 0x{address.hex()} in the state is malformed")
    return Account(
        int.from_bytes(nonce, "big"), int.from_bytes(balance, "big"), storage_root, code_hash
    )


def prove_slot(storage_root: bytes, slot: int, nodes: Sequence[bytes]) -> bytes:
    """The 32 bytes in a storage slot; zero where the proof shows that nothing is stored.

    Raises:
        IntegrityError: the proof doesn't hold.
    """
    what = f"storage slot {slot:#066x}"
    value = _prove(storage_root, keccak(slot.to_bytes(32, "big")), nodes, what)
    if not value:
        return bytes(32)
    word = _decoded(value)
    if not isinstance(word, bytes) or len(word) > 32 or word[:1] in (b"", b"\0"):
        raise IntegrityError(f"{what} holds something malformed")
    return word.rjust(32, b"\0")


def verify_storage_proof(state_root: bytes, proof: StateProof, slot: int) -> bytes:
    """The 32 bytes in one slot of the proof's account, from the state root down.

    Raises:
        IntegrityError: the proof doesn't hold, or has no nodes for the slot.
    """
    account = prove_account(state_root, proof.address, proof.account)
    nodes = proof.storage.get(slot)
    if nodes is None:
        raise IntegrityError(f"the node's proof lacks storage slot {slot:#066x}")
    return prove_slot(account.storage_root, slot, nodes)


def _prove(root: bytes, key: bytes, nodes: Sequence[bytes], what: str) -> bytes:
    """The value under `key`, or nothing, in the trie with this root."""
    if root == BLANK_NODE_HASH:
        if list(nodes) not in ([], [b"\x80"]):
            raise IntegrityError(f"the proof of {what} has nodes of an empty trie")
        return b""
    if not _linked(root, nodes):
        raise IntegrityError(f"the proof of {what} doesn't lead from the root 0x{root.hex()}")
    try:
        value = HexaryTrie({keccak(node): node for node in nodes}, root).get(key)
    except Exception as error:  # whatever hostile nodes do to the parser, the proof doesn't hold
        raise IntegrityError(f"the proof of {what} doesn't hold") from error
    return bytes(value)


def _linked(root: bytes, nodes: Sequence[bytes]) -> bool:
    """Whether each node is named by the one before it, so that none is idle."""
    if not 1 <= len(nodes) <= _MAX_NODES:
        return False
    if not all(1 <= len(node) <= _MAX_NODE_BYTES for node in nodes):
        return False
    named = keccak(nodes[0]) == root
    for parent, node in pairwise(nodes):
        reference = node if len(node) < _INLINE_BYTES else keccak(node)
        named = named and reference in parent
    return bool(named)


def _decoded(data: bytes) -> object:
    try:
        return rlp.decode(data)
    except rlp.exceptions.RLPException as error:
        raise IntegrityError("the state holds something that isn't RLP") from error


def _decoded_list(data: bytes, length: int) -> list[bytes]:
    found = _decoded(data)
    items = isinstance(found, list) and all(isinstance(item, bytes) for item in found)
    if not items or len(cast("list[bytes]", found)) != length:
        raise IntegrityError(f"the state holds something that isn't {length} values")
    return cast("list[bytes]", found)


def _field(name: str, value: Any) -> bytes | int:
    if name in _QUANTITIES:
        return _quantity(value)
    return _data(value, _SIZES.get(name, 32))


def _data(value: Any, size: int | None) -> bytes:
    """Bytes as JSON-RPC (hexadecimal) or web3 (bytes) gives them."""
    data = bytes.fromhex(value.removeprefix("0x")) if isinstance(value, str) else value
    if not isinstance(data, bytes):
        raise TypeError(f"{type(value).__name__}, expected bytes")
    if len(data) != size and (size is not None or len(data) > _MAX_EXTRA_DATA_BYTES):
        raise ValueError(f"{len(data)} bytes, expected {size or 'less'}")
    return data


def _quantity(value: Any) -> int:
    """A number as JSON-RPC (hexadecimal) or web3 (an integer) gives it; a slot may be padded."""
    number = int(value, 16) if isinstance(value, str) else value
    if isinstance(number, bytes):
        number = int.from_bytes(number, "big")
    if not isinstance(number, int) or not 0 <= number < 2**256:
        raise ValueError("a number out of range")
    return number


def _nodes(value: Any) -> tuple[bytes, ...]:
    if not isinstance(value, list | tuple) or len(value) > _MAX_NODES:
        raise ValueError(f"expected at most {_MAX_NODES} trie nodes")
    return tuple(_data(node, None) for node in value)
