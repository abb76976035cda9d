"""In-memory twins of the ports, with faults on demand; nothing else may be put here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from eth_account import Account
from multiformats import CID

from ledger.errors import InputError, IntegrityError, NodeUnreachable, RecordUnavailable
from ledger.identifiers import parse_cid, record_cid
from ledger.records import MAX_RECORD_BYTES

CHUNK_BYTES = 1024 * 1024


class MemoryIpfs:
    """`ledger.ports.Ipfs` in a dictionary.

    Faults: `down` (no node answers), `missing`, `corrupt` and `truncated` (sets of CIDs), and
    `before_piece`, which runs before each piece of a payload is delivered (to wait, or to raise).
    """

    def __init__(self) -> None:
        self.content: dict[str, bytes] = {}
        self.pins: dict[str, str] = {}
        """Names of pins by CID; records have none."""
        self.down = False
        self.missing: set[str] = set()
        self.corrupt: set[str] = set()
        self.truncated: set[str] = set()
        self.before_piece: Callable[[], None] = lambda: None

    def put_block(self, data: bytes) -> bytes:
        self._check_up()
        if len(data) > MAX_RECORD_BYTES:
            raise InputError(f"a record may have {MAX_RECORD_BYTES:,} bytes")
        digest = hashlib.sha256(data).digest()
        self._keep(record_cid(digest), data)
        return digest

    def get_block(self, digest: bytes) -> bytes:
        cid = record_cid(digest)
        data = self._damaged(cid)
        if len(data) > MAX_RECORD_BYTES:
            raise RecordUnavailable(f"record {digest.hex()} is larger than {MAX_RECORD_BYTES:,}")
        if hashlib.sha256(data).digest() != digest:
            raise IntegrityError(f"other bytes than record {digest.hex()}")
        return data

    def has_block(self, digest: bytes) -> bool:
        self._check_up()
        cid = record_cid(digest)
        return cid in self.content and cid not in self.missing

    def add_payload(self, chunks: Iterable[bytes], name: str) -> str:
        self._check_up()
        data = b"".join(chunks)
        digest = hashlib.sha256(data).digest()
        codec = "raw" if len(data) <= CHUNK_BYTES else "dag-pb"
        cid = str(CID("base32", 1, codec, ("sha2-256", digest)))
        self._keep(cid, data, name)
        return cid

    def pinned(self, name: str) -> list[str]:
        self._check_up()
        return [cid for cid, given in self.pins.items() if given == name]

    def read_payload(self, cid: str, offset: int = 0) -> Iterator[bytes]:
        if offset < 0:
            raise InputError(f"an offset is 0 or more, this one is {offset}")
        return self._read(parse_cid(cid), offset)

    def unpin(self, cid: str) -> None:
        self._check_up()
        self.pins.pop(parse_cid(cid), None)

    def _read(self, cid: str, offset: int) -> Iterator[bytes]:
        data = self._damaged(cid)
        for start in range(offset, len(data), CHUNK_BYTES):
            self.before_piece()
            self._check_up()
            yield data[start : start + CHUNK_BYTES]

    def _keep(self, cid: str, data: bytes, name: str = "") -> None:
        self.content[cid] = data
        self.pins[cid] = name

    def _damaged(self, cid: str) -> bytes:
        self._check_up()
        if cid not in self.content or cid in self.missing:
            raise RecordUnavailable(f"no node has {cid}")
        data = self.content[cid]
        if cid in self.truncated:
            data = data[: len(data) // 2]
        if cid in self.corrupt:
            data = bytes([data[0] ^ 1]) + data[1:]
        return data

    def _check_up(self) -> None:
        if self.down:
            raise NodeUnreachable("no IPFS node answers", hint="start it")


class FixedSigner:
    """`ledger.ports.Signer` whose key is a small number: never for anything but tests."""

    def __init__(self, number: int) -> None:
        self._account = Account.from_key(number.to_bytes(32, "big"))
        self.signed: list[dict[str, Any]] = []

    @property
    def address(self) -> str:
        return str(self._account.address)

    def sign(self, transaction: dict[str, Any]) -> bytes:
        self.signed.append(transaction)
        return bytes(self._account.sign_transaction(transaction).raw_transaction)
