"""State proofs and block headers from a node, unverified: `ledger.verify` recomputes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ledger.chain.node import Node
from ledger.chain.quantities import hexadecimal, members
from ledger.verify.proofs import StateProof


def state_proof(node: Node, address: str, slots: Sequence[int], block_number: int) -> StateProof:
    """The proof (EIP-1186) of a contract's account and storage slots in the state after a block.

    Raises:
        IntegrityError: the answer hasn't the form of a proof.
        NodeError: the node serves no proofs.
    """
    # Padded: anvil refuses a slot with an odd number of digits.
    keys = [f"0x{slot:064x}" for slot in slots]
    answer = node.request("eth_getProof", address, keys, hexadecimal(block_number))
    return StateProof.from_rpc(members(answer))


def header_fields(node: Node, block_number: int) -> Mapping[str, Any]:
    """A block's header as the node has it, for `ledger.verify.check_header`."""
    return members(node.request("eth_getBlockByNumber", hexadecimal(block_number), False))
