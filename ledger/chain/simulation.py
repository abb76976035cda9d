"""Calls that change nothing: views, what a transaction would do, and why one was reverted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ledger.chain.endpoint import RpcError
from ledger.chain.node import Node
from ledger.chain.quantities import data, hexadecimal, number
from ledger.chain.refusals import refusal, revert_data
from ledger.errors import ContractError
from ledger.ports import CallId

# A third of a block, and more than the largest contract's creation takes.
_GANACHE_GAS: Final = 10_000_000
_TEST_ENGINES: Final = frozenset({"ganache", "anvil"})


@dataclass(frozen=True)
class Transaction:
    """What is to be called: `to` is None where a contract is created."""

    contract: str
    function: str
    to: str | None
    data: bytes

    def named(self, digest: bytes) -> CallId:
        """What the outbox notes of it."""
        return CallId(self.contract, self.function, digest)


class Simulation:
    """Executes calls on a node without recording anything."""

    def __init__(self, node: Node, engine: str) -> None:
        self._node = node
        self._engine = engine

    def view(self, to: str, call_data: bytes) -> bytes:
        """Return what a view returns at the latest block.

        Raises:
            ContractError: it reverts.
        """
        asked = {"to": to, "data": hexadecimal(call_data)}
        try:
            return data(self._node.request("eth_call", asked, "latest"))
        except RpcError as error:
            raise self._explained(error) from error

    def gas(self, account: str, transaction: Transaction) -> int:
        """Return a gas limit with which the transaction succeeds now.

        Raises:
            ContractError: the contract refuses it.
        """
        try:
            return self._estimate(account, transaction)
        except RpcError as error:
            if revert_data(error) is None or self._engine not in _TEST_ENGINES:
                raise self._explained(error) from error
        # An idle test chain executes calls at the time of its latest block, which may be long ago:
        # what was too early then need not be so now.
        self._node.request("evm_mine")
        try:
            return self._estimate(account, transaction)
        except RpcError as error:
            raise self._explained(error) from error

    def why(self, account: str, transaction: Transaction, block_number: int) -> bytes:
        """Return why a transaction failed in a block, as revert data; empty if nothing tells."""
        # Before its block, and (where only the time of the block made it fail) after.
        for at in (block_number - 1, block_number):
            try:
                self._node.request("eth_call", _asked(account, transaction), hexadecimal(at))
            except RpcError as error:
                found = revert_data(error)
                if found is not None:
                    return found
        return b""

    def _estimate(self, account: str, transaction: Transaction) -> int:
        asked = _asked(account, transaction)
        if self._engine == "ganache":
            # Its eth_estimateGas may never answer while a block is being mined.
            self._node.request("eth_call", {**asked, "gas": hexadecimal(_GANACHE_GAS)}, "latest")
            return _GANACHE_GAS
        estimate = number(self._node.request("eth_estimateGas", asked))
        # Gas costs nothing here, and the state may have changed when the transaction is mined.
        return estimate + estimate // 4 + 20_000

    def _explained(self, error: RpcError) -> ContractError | RpcError:
        found = revert_data(error)
        return error if found is None else refusal(found)


def _asked(account: str, transaction: Transaction) -> dict[str, str]:
    asked = {"from": account, "gasPrice": "0x0", "data": hexadecimal(transaction.data)}
    return asked if transaction.to is None else {**asked, "to": transaction.to}
