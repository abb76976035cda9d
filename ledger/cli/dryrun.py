"""What a command would send: the ports of a home, with every write noted instead of made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ledger.cli.drysubjects import DrySubjects
from ledger.identifiers import ContractName, record_cid
from ledger.ports import (
    Block,
    Chain,
    Intent,
    Ipfs,
    Keys,
    Ports,
    Receipt,
    ReceiptCheck,
    Restoration,
    Signer,
    Store,
    SubjectStore,
    Wrap,
)

if TYPE_CHECKING:
    from ledger.deployment import Deployment
    from ledger.envelope.keyset import Keyset
    from ledger.events import Event


@dataclass(frozen=True)
class Call:
    """The transaction that would be sent."""

    sender: str
    contract: str
    function: str
    arguments: tuple[object, ...]
    gas: int


@dataclass(frozen=True)
class Record:
    """A record that would be stored: its public part, and whom its sealed part is encrypted to."""

    digest: bytes
    content: Mapping[str, object]
    sealed_to: tuple[str, ...]

    @classmethod
    def of(cls, data: bytes) -> Record:
        """Read the bytes of a record that the client made."""
        content = json.loads(data)
        annex = content.pop("annex", None) or {"recipients": ()}
        readers = tuple(str(recipient["department"]) for recipient in annex["recipients"])
        return cls(hashlib.sha256(data).digest(), content, readers)


@dataclass
class Plan:
    """Everything that a command would send."""

    call: Call | None = None
    records: list[Record] = field(default_factory=list)
    payload_bytes: int | None = None


class Planned(Exception):  # noqa: N818 - not an error: the end of a dry run
    """The command reached its first transaction."""


class DryChain:
    """`ledger.ports.Chain` that reads, and stops where it would send."""

    def __init__(self, chain: Chain, plan: Plan) -> None:
        self._chain = chain
        self._plan = plan

    @property
    def deployment(self) -> Deployment:
        """The real chain's deployment file."""
        return self._chain.deployment

    def head(self) -> Block:
        """The real chain's head."""
        return self._chain.head()

    def read(self, contract: ContractName, function: str, *arguments: object) -> Any:
        """Call a view."""
        return self._chain.read(contract, function, *arguments)

    def events(self, first: int | None = None, last: int | None = None) -> Iterator[Event]:
        """Yield the real chain's events."""
        return self._chain.events(first, last)

    def simulate(
        self, account: str, contract: ContractName, function: str, *arguments: object
    ) -> int:
        """Ask the real chain."""
        return self._chain.simulate(account, contract, function, *arguments)

    def transact(
        self,
        signer: Signer,
        contract: ContractName,
        function: str,
        *arguments: object,
        key: str,  # noqa: ARG002 - the port's
    ) -> Receipt:
        """Note the call, when the contract would take it.

        Raises:
            ContractError: the contract would refuse it.
            Planned: always else.
        """
        gas = self.simulate(signer.address, contract, function, *arguments)
        self._plan.call = Call(signer.address, contract, function, arguments, gas)
        raise Planned


class DryIpfs:
    """`ledger.ports.Ipfs` that reads, and keeps in memory what it would store."""

    def __init__(self, ipfs: Ipfs, plan: Plan) -> None:
        self._ipfs = ipfs
        self._plan = plan
        self._blocks: dict[bytes, bytes] = {}

    def put_block(self, data: bytes) -> bytes:
        """Note a record."""
        digest = hashlib.sha256(data).digest()
        self._blocks[digest] = data
        self._plan.records.append(Record.of(data))
        return digest

    def get_block(self, digest: bytes) -> bytes:
        """Read a block, noted or real."""
        return self._blocks.get(digest) or self._ipfs.get_block(digest)

    def has_block(self, digest: bytes) -> bool:
        """Tell whether the block is noted or real."""
        return digest in self._blocks or self._ipfs.has_block(digest)

    def add_payload(self, chunks: Iterable[bytes], name: str) -> str:  # noqa: ARG002 - the port's
        """Take a payload in and forget it; the CID is of the right form but names nothing."""
        hashing, count = hashlib.sha256(), 0
        for chunk in chunks:
            hashing.update(chunk)
            count += len(chunk)
        self._plan.payload_bytes = count
        return record_cid(hashing.digest())

    def read_payload(self, cid: str, offset: int = 0) -> Iterator[bytes]:
        """Stream a real payload."""
        return self._ipfs.read_payload(cid, offset)

    def pinned(self, name: str) -> list[str]:
        """What is really pinned."""
        return self._ipfs.pinned(name)

    def unpin(self, cid: str) -> None:
        """Do nothing."""


class DryKeys:
    """`ledger.ports.Keys` that never replaces the keyset."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def load(self) -> Keyset:
        """The real keyset."""
        return self._keys.load()

    def save(self, keyset: Keyset) -> None:
        """Do nothing."""

    def held(self, *, exclusively: bool = False) -> AbstractContextManager[None]:
        """The real archive key."""
        return self._keys.held(exclusively=exclusively)


class DryIntent:
    """An intent that ends with the command."""

    key = "dry run"

    def __init__(self) -> None:
        self._state: dict[str, object] = {}

    @property
    def state(self) -> Mapping[str, object]:
        """What was saved so far."""
        return self._state

    def save(self, **values: object) -> None:
        """Add to the state."""
        self._state |= values

    def finish(self) -> None:
        """Do nothing."""

    def drop(self) -> None:
        """Do nothing."""


class DryStore:
    """`ledger.ports.Store` that reads, and notes nothing."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def intent(self, command: str, arguments: Mapping[str, object]) -> Intent:  # noqa: ARG002
        """Begin an intent that nobody will find."""
        return DryIntent()

    def data_key(self, dataset: int, version: int, manifest: bytes) -> bytes | None:
        """Read a sealed data key."""
        return self._store.data_key(dataset, version, manifest)

    def wrap(self, transfer: int, attempt: int) -> Wrap | None:
        """Read a wrap."""
        return self._store.wrap(transfer, attempt)

    def unpublished_wraps(self) -> list[Wrap]:
        """Read the wraps that aren't published."""
        return self._store.unpublished_wraps()

    def save_data_key(self, dataset: int, version: int, manifest: bytes, sealed: bytes) -> None:
        """Do nothing."""

    def delete_data_key(self, dataset: int, version: int, manifest: bytes) -> None:
        """Do nothing."""

    def save_wrap(self, wrap: Wrap) -> None:
        """Do nothing."""

    def receipt_checks(self) -> dict[tuple[int, bytes], ReceiptCheck]:
        """Read what was found of receipts."""
        return self._store.receipt_checks()

    def save_receipt_check(self, transfer: int, tag: bytes, check: ReceiptCheck) -> None:
        """Do nothing."""

    def unfinished(self, command: str) -> Sequence[Intent]:  # noqa: ARG002 - the port's
        """Show none: a dry run may change none."""
        return []

    def reseal(self, change: Callable[[int, int, bytes], bytes]) -> int:  # noqa: ARG002
        """Do nothing."""
        return 0

    def erase(self, dataset: int, version: int, transfers: Iterable[int]) -> None:
        """Do nothing."""

    def compact(self) -> None:
        """Do nothing."""

    def restored(self) -> Restoration | None:
        """Read where the home came from."""
        return self._store.restored()

    def subjects(self) -> SubjectStore:
        """Read what is kept of subjects."""
        return DrySubjects(self._store.subjects())


def noting(ports: Ports, plan: Plan) -> Ports:
    """Ports that read through the given ones and note in `plan` what they would send."""
    return Ports(
        DryChain(ports.chain, plan),
        DryIpfs(ports.ipfs, plan),
        DryStore(ports.store),
        DryKeys(ports.keys),
    )


def visibility(plan: Plan) -> list[str]:
    """Who could see what would be sent, and for how long, one sentence each."""
    found = []
    if plan.call is not None:
        found.append("The call and its arguments: every member, for as long as the chain exists.")
    for record in plan.records:
        kind = str(record.content.get("type", "record")).rpartition("/")[2]
        found.append(f"The {kind} record: every member, until every IPFS node has dropped it.")
        if record.sealed_to:
            readers = ", ".join(record.sealed_to)
            found.append(f"Its sealed part: {readers} only, for as long as they keep their keys.")
    if plan.payload_bytes is not None:
        found.append(
            f"The payload, {plan.payload_bytes:,} bytes of ciphertext: whoever reaches the IPFS "
            "network can copy it; it is readable only with a key that a release gives."
        )
    return found
