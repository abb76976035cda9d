"""In-memory twins of the ports, with faults on demand; nothing else may be put here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from eth_account import Account

from ledger.deployment import Deployment
from ledger.envelope.keyset import Keyset
from ledger.errors import (
    ConfigError,
    InputError,
    IntegrityError,
    NodeUnreachable,
    RecordUnavailable,
)
from ledger.events import Event
from ledger.identifiers import ContractName, parse_cid, record_cid
from ledger.ports import Block, Capability, Receipt, Signer
from ledger.records import MAX_RECORD_BYTES
from ledger.unixfs import CHUNK_BYTES, PayloadHash


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
        found = PayloadHash()
        found.update(data)
        cid = found.cid()
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


@dataclass(frozen=True)
class Sent:
    """A transaction of a `MemoryChain` that was not refused."""

    account: str
    function: str
    arguments: tuple[Any, ...]


class MemoryChain:
    """`ledger.ports.Chain` over events that somebody else appends to, one block after another.

    `contracts` is told the function and the arguments of each call, and returns the events that
    the call emitted, or raises what the contracts refuse it with; without it every call is a fault
    of the test. `views` answers what is read.
    """

    def __init__(self, deployment: Deployment, told: Sequence[Event]) -> None:
        self.deployment = deployment
        self.told = told
        self.views: dict[str, Any] = {}
        self.contracts: Callable[..., Sequence[Event]] = _no_contracts
        self.sent: list[Sent] = []
        self._mined: dict[str, Receipt] = {}

    def head(self) -> Block:
        last = self.told[-1].at
        return Block(last.block_number, last.block_hash, last.timestamp)

    def read(self, contract: ContractName, function: str, *arguments: object) -> Any:
        return self.views[function]

    def events(self, first: int | None = None, last: int | None = None) -> Iterator[Event]:
        for event in list(self.told):
            if (first or 0) <= event.at.block_number and (
                last is None or event.at.block_number <= last
            ):
                yield event

    def simulate(
        self, account: str, contract: ContractName, function: str, *arguments: object
    ) -> int:
        return 21_000

    def transact(
        self, signer: Signer, contract: ContractName, function: str, *arguments: object, key: str
    ) -> Receipt:
        if key not in self._mined:
            emitted = tuple(self.contracts(function, *arguments))
            self.sent.append(Sent(signer.address, function, arguments))
            self._mined[key] = Receipt(
                hashlib.sha256(key.encode()).digest(), self.head(), 1, emitted
            )
        return self._mined[key]


def _no_contracts(function: str, *arguments: object) -> Sequence[Event]:
    raise AssertionError(f"{function} was called")


class MemoryKeys:
    """`ledger.ports.Keys` of one process, unsealed."""

    def __init__(self, keyset: Keyset) -> None:
        self.keyset = keyset

    def load(self) -> Keyset:
        return self.keyset

    def save(self, keyset: Keyset) -> None:
        self.keyset = keyset

    @contextmanager
    def held(self, *, exclusively: bool = False) -> Iterator[None]:
        yield


class MemoryAccounts:
    """`ledger.ports.Accounts` by capability; what isn't there this home hasn't."""

    def __init__(self, signers: dict[Capability, Signer]) -> None:
        self.signers = signers

    def signer(self, capability: Capability) -> Signer:
        if capability not in self.signers:
            raise ConfigError(f"this home has no account for {capability}")
        return self.signers[capability]
