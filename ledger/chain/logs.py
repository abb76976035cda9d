"""The ledger's events from a node's logs and receipts: windowed, in strict order, cross-checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from ledger.chain.endpoint import RpcError
from ledger.chain.node import Node, block
from ledger.chain.quantities import data, hexadecimal, items, member, members, nonsense, number
from ledger.deployment import Deployment
from ledger.errors import IntegrityError
from ledger.events import Event, Position, decode
from ledger.ports import Block

_WINDOW_BLOCKS: Final = 2_000
_HEADERS_AT_ONCE: Final = 100
_MAX_TOPICS: Final = 4


class LogReader:
    """The logs of one deployment's contracts as events; holds nothing between calls."""

    def __init__(self, node: Node, deployment: Deployment) -> None:
        self._node = node
        self._deployment = deployment
        self._addresses = [contract.address for contract in deployment.contracts.values()]

    def events(self, first: int, last: int) -> Iterator[Event]:
        """Yield every event of blocks `first` to `last`, in chain order.

        Raises:
            IntegrityError: a log that isn't one of the ledger's events, is out of order, or of
                another block than the chain's.
        """
        window = _WINDOW_BLOCKS
        while first <= last:
            until = min(first + window - 1, last)
            try:
                logs = self._logs(first, until)
            except RpcError:
                # Nodes bound their answers, by blocks or by logs, and say so in many ways.
                if until == first:
                    raise
                window = max(1, (until - first + 1) // 2)
                continue
            yield from self._decoded(logs, first, until)
            first = until + 1

    def of_receipt(self, logs: object, at: Block) -> tuple[Event, ...]:
        """The ledger's events among a receipt's logs, whose block is `at`.

        Raises:
            IntegrityError: as `events`.
        """
        known = [
            log for log in items(logs) if self._deployment.contract_at(str(member(log, "address")))
        ]
        return tuple(_ordered(self._event(log, {at.number: at}) for log in known))

    def _logs(self, first: int, last: int) -> list[Any]:
        asked = {
            "fromBlock": hexadecimal(first),
            "toBlock": hexadecimal(last),
            "address": self._addresses,
        }
        return items(self._node.request("eth_getLogs", asked))

    def _decoded(self, logs: Sequence[Any], first: int, last: int) -> Iterator[Event]:
        numbers = sorted({number(member(log, "blockNumber")) for log in logs})
        if numbers and not first <= numbers[0] <= numbers[-1] <= last:
            raise nonsense(f"a log is outside of blocks {first} to {last}")
        blocks = {each.number: each for each in self._blocks(numbers)}
        return _ordered(self._event(log, blocks) for log in logs)

    def _blocks(self, numbers: Sequence[int]) -> Iterator[Block]:
        for start in range(0, len(numbers), _HEADERS_AT_ONCE):
            asked = numbers[start : start + _HEADERS_AT_ONCE]
            calls = [(hexadecimal(each), False) for each in asked]
            answers = self._node.batch("eth_getBlockByNumber", calls)
            for expected, answer in zip(asked, answers, strict=True):
                found = block(answer)
                if found.number != expected:
                    raise nonsense(f"block {found.number} instead of {expected}")
                yield found

    def _event(self, log: object, blocks: Mapping[int, Block]) -> Event:
        address = str(member(log, "address"))
        contract = self._deployment.contract_at(address)
        if contract is None:
            raise IntegrityError(
                f"a log of {address[:42]!a}, which is none of the ledger's contracts"
            )
        at = blocks.get(number(member(log, "blockNumber")))
        found = data(member(log, "blockHash"), 32)
        if at is None or found != at.hash:
            raise IntegrityError(
                f"a log of {contract} says that its block has the hash 0x{found.hex()}, "
                "which the chain's block has not"
            )
        topics = items(member(log, "topics"))
        if len(topics) > _MAX_TOPICS or members(log).get("removed") is True:
            raise IntegrityError(
                f"a log of {contract} in block {at.number} is removed or malformed"
            )
        position = Position(
            contract=contract,
            block_number=at.number,
            block_hash=at.hash,
            timestamp=at.timestamp,
            transaction=data(member(log, "transactionHash"), 32),
            log_index=number(member(log, "logIndex")),
        )
        return decode(position, [data(topic, 32) for topic in topics], data(member(log, "data")))


def _ordered(events: Iterable[Event]) -> Iterator[Event]:
    before = (-1, -1)
    for event in events:
        place = (event.at.block_number, event.at.log_index)
        if place <= before:
            raise IntegrityError(f"the node's logs are not in order: {event.at} follows {before}")
        before = place
        yield event
