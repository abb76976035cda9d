"""Where a test network's nodes are; a module of its own, so that light and heavy code share it."""

from __future__ import annotations

from typing import NamedTuple


class Nodes(NamedTuple):
    """The addresses of the running chain (JSON-RPC) and IPFS node (API)."""

    rpc: str
    ipfs: str
