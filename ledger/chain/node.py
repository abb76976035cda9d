"""A chain behind any number of nodes: failover, and the checks of each against the deployment."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from eth_hash.auto import keccak

from ledger.chain.endpoint import Endpoint
from ledger.chain.quantities import data, hexadecimal, member, members, number
from ledger.deployment import Deployment
from ledger.errors import ConfigError, NodeUnreachable, WrongChain
from ledger.ports import Block

T = TypeVar("T")

_ROUNDS: Final = 2
_PAUSE_S: Final = 0.1


class Node:
    """JSON-RPC by whichever node answers; each connection is checked before its first use."""

    def __init__(self, urls: Sequence[str], check: Callable[[Endpoint], None]) -> None:
        if not urls:
            raise ConfigError(
                "no chain node is configured",
                hint="add its address, http://…, to the configuration",
            )
        self._endpoints = [Endpoint(url) for url in urls]
        self._check = check
        self._checked: set[Endpoint] = set()
        self._current = self._endpoints[0]

    def request(self, method: str, *parameters: object) -> Any:
        """Return the result of one call, from the first node that answers.

        A call may be sent twice, the second time after a lost reply: what is signed is the same.

        Raises:
            NodeUnreachable: no node answers.
            WrongChain: a node doesn't match the deployment.
            RpcError: the node answers with an error.
        """
        return self._first(lambda endpoint: endpoint.request(method, *parameters))

    def batch(self, method: str, parameters: Sequence[Sequence[object]]) -> list[Any]:
        """Return the results of many calls of one method, in their order; raises as `request`."""
        return self._first(lambda endpoint: endpoint.batch(method, parameters))

    def identity(self) -> tuple[int, bytes]:
        """Return the chain id and the genesis hash."""
        return self._first(identity)

    def head(self) -> Block:
        """Return the latest block."""
        return block(self.request("eth_getBlockByNumber", "latest", False))

    def transaction_count(self, account: str) -> int:
        """Return the nonce of the account's next transaction, as the latest block has it."""
        return number(self.request("eth_getTransactionCount", account, "latest"))

    def receipt(self, transaction: bytes) -> dict[str, Any] | None:
        """Return a mined transaction's receipt, unread."""
        answer = self.request("eth_getTransactionReceipt", hexadecimal(transaction))
        # A receipt may be announced before its block: then it doesn't count yet.
        if answer is None or members(answer).get("blockNumber") is None:
            return None
        return dict(members(answer))

    def knows(self, transaction: bytes) -> bool:
        """Whether the node has the transaction, mined or waiting."""
        answer = self.request("eth_getTransactionByHash", hexadecimal(transaction))
        return answer is not None

    def _first(self, ask: Callable[[Endpoint], T]) -> T:
        start = self._endpoints.index(self._current)
        order = [*self._endpoints[start:], *self._endpoints[:start]]
        failures: list[NodeUnreachable] = []
        for turn in range(_ROUNDS):
            for endpoint in order:
                try:
                    if endpoint not in self._checked:
                        self._check(endpoint)
                        self._checked.add(endpoint)
                    result = ask(endpoint)
                except NodeUnreachable as failure:
                    # Whoever answers there next may be another chain.
                    self._checked.discard(endpoint)
                    failures.append(failure)
                    continue
                self._current = endpoint
                return result
            if turn + 1 < _ROUNDS:
                time.sleep(_PAUSE_S)
        raise self._none_answers(failures)

    def _none_answers(self, failures: Sequence[NodeUnreachable]) -> NodeUnreachable:
        if len(self._endpoints) == 1:
            return failures[-1]
        names = ", ".join(endpoint.name for endpoint in self._endpoints)
        return NodeUnreachable(f"no chain node answers: tried {names}", hint=failures[-1].hint)


def check_deployment(deployment: Deployment) -> Callable[[Endpoint], None]:
    """The check that a node serves this deployment: chain id, genesis and the contracts' code."""

    def check(endpoint: Endpoint) -> None:
        found_id, genesis = identity(endpoint)
        if found_id != deployment.chain_id:
            raise _wrong(endpoint, "chain id", str(found_id), str(deployment.chain_id))
        if genesis != deployment.genesis_hash:
            raise _wrong(endpoint, "genesis hash", genesis.hex(), deployment.genesis_hash.hex())
        for name, contract in deployment.contracts.items():
            found = runtime_code_hash(endpoint.request, contract.address)
            if found != contract.code_hash:
                raise _wrong(endpoint, f"code of {name}", found.hex(), contract.code_hash.hex())

    return check


def identity(endpoint: Endpoint) -> tuple[int, bytes]:
    """The chain id and the genesis hash of a node."""
    chain_id = number(endpoint.request("eth_chainId"))
    genesis = endpoint.request("eth_getBlockByNumber", "0x0", False)
    return chain_id, data(member(genesis, "hash"), 32)


def runtime_code_hash(request: Callable[..., Any], address: str) -> bytes:
    """The Keccak-256 of the code at an address, at the latest block."""
    return bytes(keccak(data(request("eth_getCode", address, "latest"))))


def block(answer: object) -> Block:
    """A block's number, hash and time, from a node's answer."""
    return Block(
        number=number(member(answer, "number")),
        hash=data(member(answer, "hash"), 32),
        timestamp=number(member(answer, "timestamp")),
    )


def _wrong(endpoint: Endpoint, what: str, found: str, expected: str) -> WrongChain:
    return WrongChain(
        f"the node {endpoint.name} has another {what} than the deployment file: "
        f"found {found}, expected {expected}",
        hint="use the address of a node of this ledger, or the deployment file of this chain",
    )
