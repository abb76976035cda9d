"""The IPFS adapter: records as raw blocks, payloads as streams, over the HTTP API of Kubo nodes."""

from __future__ import annotations

from ledger.ipfs.kubo import KuboIpfs
from ledger.ipfs.node import RepoStat

__all__ = ["KuboIpfs", "RepoStat"]
