"""The CID of a payload, reckoned from its bytes as they pass by: the one that IPFS gives it.

The bytes are cut into leaves of 1 MiB; 174 leaves make a node, 174 nodes make a node above them,
until there is one, the root. All leaves lie at the same depth, and one leaf alone is the root.
A node is a DAG-PB block whose links are its children and whose data is a UnixFS `File` with their
sizes. Sources: UnixFS specification (balanced layout), DAG-PB specification (canonical form).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from ledger.identifiers import CID_DAG_PB, CID_RAW, cid_text

CHUNK_BYTES: Final = 1024 * 1024
"""One IPFS block of a payload (design, "Costly to change later")."""

LINKS: Final = 174
"""The children of a node, at most."""

_FILE: Final = 2  # UnixFS `DataType`


@dataclass(frozen=True, slots=True)
class _Link:
    """A child: its CID, the size of all its blocks, and that of the bytes of the file under it."""

    cid: bytes
    tree_bytes: int
    file_bytes: int


class PayloadHash:
    """Takes the bytes of a payload in chunks of any size, in memory of a few kilobytes."""

    def __init__(self) -> None:
        self.size_bytes = 0
        self._leaf = hashlib.sha256()
        self._leaf_bytes = 0
        self._levels: list[list[_Link]] = [[]]
        """What waits for its parent, from the leaves up; each at most `LINKS` long."""

    def update(self, chunk: bytes) -> None:
        """Take the next bytes."""
        rest = memoryview(chunk)
        while rest:
            if self._leaf_bytes == CHUNK_BYTES:
                _add(self._levels, 0, self._taken())
                self._leaf, self._leaf_bytes = hashlib.sha256(), 0
            part = rest[: CHUNK_BYTES - self._leaf_bytes]
            self._leaf.update(part)
            self._leaf_bytes += len(part)
            self.size_bytes += len(part)
            rest = rest[len(part) :]

    def cid(self) -> str:
        """The CID of what was taken so far."""
        levels = [list(links) for links in self._levels]
        _add(levels, 0, self._taken())
        level = 0
        while level + 1 < len(levels) or len(levels[level]) > 1:
            _add(levels, level + 1, _node(levels[level]))
            level += 1
        return cid_text(levels[level][0].cid)

    def _taken(self) -> _Link:
        """The leaf that is being filled; an empty one where there is nothing yet."""
        return _Link(CID_RAW + self._leaf.digest(), self._leaf_bytes, self._leaf_bytes)


def _add(levels: list[list[_Link]], level: int, link: _Link) -> None:
    """Put a link where it belongs; a full row before it goes up as one node."""
    if level == len(levels):
        levels.append([])
    if len(levels[level]) == LINKS:
        _add(levels, level + 1, _node(levels[level]))
        levels[level].clear()
    levels[level].append(link)


def _node(links: list[_Link]) -> _Link:
    """The node above them."""
    file_bytes = sum(link.file_bytes for link in links)
    data = _number(1, _FILE) + _number(3, file_bytes)
    data += b"".join(_number(4, link.file_bytes) for link in links)
    block = b"".join(
        _bytes(2, _bytes(1, link.cid) + _bytes(2, b"") + _number(3, link.tree_bytes))
        for link in links
    )
    block += _bytes(1, data)
    tree_bytes = len(block) + sum(link.tree_bytes for link in links)
    return _Link(CID_DAG_PB + hashlib.sha256(block).digest(), tree_bytes, file_bytes)


def _number(field: int, value: int) -> bytes:
    """A protobuf field with a number."""
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    """A protobuf field with bytes."""
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value])
