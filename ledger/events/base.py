"""What all events share: where they stand on the chain, and the class that they derive from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ledger.identifiers import ContractName


@dataclass(frozen=True, slots=True)
class Position:
    """Where an event stands on the chain; `timestamp` is block time in Unix seconds."""

    contract: ContractName
    block_number: int
    block_hash: bytes
    timestamp: int
    transaction: bytes
    log_index: int
    """Counts the logs of the block."""

    def __str__(self) -> str:
        return f"block {self.block_number}, log {self.log_index}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of one contract; its fields have the names and the order of the Solidity event."""

    CONTRACT: ClassVar[ContractName]

    at: Position
