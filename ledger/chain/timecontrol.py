"""A test chain's clock: only test networks may use it."""

from __future__ import annotations

from ledger.chain.endpoint import Endpoint
from ledger.chain.node import block
from ledger.ports import Block


class TimeControl:
    """Moves a Ganache or anvil chain forward in time."""

    def __init__(self, url: str) -> None:
        self._endpoint = Endpoint(url)

    def advance(self, seconds: int) -> Block:
        """Move the clock on by `seconds`, mine a block at the new time and return it.

        Raises:
            NodeError: the chain is no test chain.
        """
        self._endpoint.request("evm_increaseTime", seconds)
        return self.mine()

    def mine(self) -> Block:
        """Mine one block and return it.

        Raises:
            NodeError: the chain is no test chain.
        """
        self._endpoint.request("evm_mine")
        return block(self._endpoint.request("eth_getBlockByNumber", "latest", False))
