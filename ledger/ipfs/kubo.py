"""The IPFS port over one or several Kubo nodes: each call goes to the first that can serve it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import TypeVar

from ledger.errors import (
    ConfigError,
    InputError,
    IntegrityError,
    NodeUnreachable,
    RecordUnavailable,
)
from ledger.identifiers import parse_cid
from ledger.ipfs.address import ApiAddress
from ledger.ipfs.node import KuboNode, RepoStat
from ledger.records import MAX_RECORD_BYTES

T = TypeVar("T")


class KuboIpfs:
    """`ledger.ports.Ipfs` over Kubo's HTTP API; safe to use from several threads."""

    def __init__(self, addresses: Sequence[str], *, absent_after_s: float = 10.0) -> None:
        """Connect lazily; a block that no node delivers within `absent_after_s` seconds is absent.

        Raises:
            ConfigError: no address, or one that is none.
        """
        if not addresses:
            raise ConfigError("no IPFS node is configured", hint="set 'ipfs' in config.toml")
        parsed = [ApiAddress.parse(address) for address in addresses]
        self._nodes = [KuboNode(address, absent_after_s=absent_after_s) for address in parsed]
        self._answered_last = 0

    def healthy(self) -> str:
        """Return the version of the first node that answers.

        Raises:
            NodeUnreachable: no node answers.
        """
        return self._first(KuboNode.version)

    def put_block(self, data: bytes) -> bytes:
        """Store and pin `data` as one raw block; return its SHA-256.

        Raises:
            InputError: more than 1 MiB.
            IntegrityError: the node answered with another CID than the one computed locally.
            NodeUnreachable: no node answers.
        """
        if len(data) > MAX_RECORD_BYTES:
            raise InputError(
                f"a record may have {MAX_RECORD_BYTES:,} bytes, this one has {len(data):,}"
            )
        return self._first(lambda node: node.put_block(data))

    def get_block(self, digest: bytes) -> bytes:
        """Return the raw block with this SHA-256.

        Raises:
            RecordUnavailable: no node has it, or it is larger than 1 MiB.
            IntegrityError: the bytes don't hash to `digest`.
            NodeUnreachable: no node answers.
        """
        return self._first(lambda node: node.get_block(digest), or_next=IntegrityError)

    def has_block(self, digest: bytes) -> bool:
        """Tell whether the node has the block without asking the network.

        Raises:
            NodeUnreachable: no node answers.
        """
        return self._first(lambda node: node.has_block(digest))

    def add_payload(self, chunks: Iterable[bytes], name: str) -> str:
        """Stream a ciphertext in bounded memory, pinned under `name` at its end; return its CID.

        An exception in `chunks` goes through, and nothing is pinned.

        Raises:
            NodeUnreachable: no node answers, or the connection broke; the source runs only once.
            DiskFull: the node's disk is full.
            LedgerError: the node did not pin it.
        """
        iterator = iter(chunks)
        # The source runs once: what must not be lost is asked for only when a node answers.
        node = self._first(_answering)
        first = next(iterator, b"")
        return node.add_payload(chain([first], iterator), name)

    def pinned(self, name: str) -> list[str]:
        """Return the CIDs of the payloads that are pinned under `name`, on any node that answers.

        Raises:
            RecordError: a node names something that is not a CID of this ledger.
            NodeUnreachable: no node answers.
        """
        return sorted(
            {cid for found in self._each(lambda node: node.pinned(name)) for cid in found}
        )

    def read_payload(self, cid: str, offset: int = 0) -> Iterator[bytes]:
        """Stream a payload from `offset` (bytes) on, in bounded memory; the caller checks the hash.

        When a node breaks off, the next one goes on from there.

        Raises:
            RecordError: `cid` is not a CID of this ledger.
            RecordUnavailable: no node has it.
            NodeUnreachable: no node answers.
        """
        if offset < 0:
            raise InputError(f"an offset is 0 or more, this one is {offset}")
        # Checked at the call, not at the first piece: a hostile CID never reaches the API.
        return self._read(parse_cid(cid), offset)

    def unpin(self, cid: str) -> None:
        """Let go of a payload on every node that answers; nothing happens when it isn't pinned.

        Raises:
            RecordError: `cid` is not a CID of this ledger.
            NodeUnreachable: no node answers.
        """
        checked = parse_cid(cid)
        self._each(lambda node: node.unpin(checked))

    def repo_stat(self) -> RepoStat:
        """Tell how full the node's repository is.

        Raises:
            NodeUnreachable: no node answers.
        """
        return self._first(KuboNode.repo_stat)

    def public_contacts(self) -> list[str]:
        """List what would bring the node in touch with the public network; empty when private.

        Checked are the bootstrap peers, the kind of routing, automatic configuration, and peers
        with public addresses that the configuration doesn't name. The API doesn't tell whether
        there is a swarm key: that is enforced by LIBP2P_FORCE_PNET=1 where the node is started.

        Raises:
            NodeUnreachable: no node answers.
        """
        return self._first(KuboNode.public_contacts)

    def is_private(self) -> bool:
        """Tell whether `public_contacts` finds nothing.

        Raises:
            NodeUnreachable: no node answers.
        """
        return not self.public_contacts()

    def _read(self, cid: str, offset: int) -> Iterator[bytes]:
        failures: list[NodeUnreachable | IntegrityError] = []
        for index in self._order():
            try:
                for piece in self._nodes[index].read_payload(cid, offset):
                    self._answered_last = index
                    offset += len(piece)
                    yield piece
            except (NodeUnreachable, IntegrityError) as error:
                failures.append(error)
            else:
                return
        raise _worst(failures)

    def _first(
        self, call: Callable[[KuboNode], T], *, or_next: type[IntegrityError] | None = None
    ) -> T:
        """Ask the nodes in turn; after an `or_next` another node may know better."""
        failures: list[NodeUnreachable | IntegrityError] = []
        for index in self._order():
            try:
                result = call(self._nodes[index])
            except (NodeUnreachable, IntegrityError) as error:
                if isinstance(error, IntegrityError) and or_next is None:
                    raise
                failures.append(error)
            else:
                self._answered_last = index
                return result
        raise _worst(failures)

    def _each(self, call: Callable[[KuboNode], T]) -> list[T]:
        """Ask every node that answers."""
        results, unreachable = [], []
        for node in self._nodes:
            try:
                results.append(call(node))
            except NodeUnreachable as error:
                unreachable.append(error)
        if not results:
            raise unreachable[0]
        return results

    def _order(self) -> list[int]:
        count = len(self._nodes)
        return [(self._answered_last + step) % count for step in range(count)]


def _answering(node: KuboNode) -> KuboNode:
    node.version()
    return node


def _worst(failures: list[NodeUnreachable | IntegrityError]) -> NodeUnreachable | IntegrityError:
    """An answer says more than silence, and wrong bytes say more than an absent block."""
    return min(
        failures,
        key=lambda error: (
            isinstance(error, NodeUnreachable),
            isinstance(error, RecordUnavailable),
        ),
    )
