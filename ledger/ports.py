"""What the application needs of the outside world: one small Protocol for each foreign system.

Each adapter implements one of them; unit tests implement them in memory (`tests/twins.py`). The
error contract is written here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from ledger.identifiers import ContractName

if TYPE_CHECKING:
    from ledger.deployment import Deployment
    from ledger.envelope.keyset import Keyset
    from ledger.events import Event
    from ledger.tableschema import TableSchema
    from ledger.verify import StateProof

Capability = Literal["admin", "officer", "agent", "publisher"]
"""What an account may do; `publisher` is an officer, or an agent where a dataset lets it publish.
"""


@dataclass(frozen=True)
class Block:
    """One block of the chain; `timestamp` in Unix seconds."""

    number: int
    hash: bytes
    timestamp: int


@dataclass(frozen=True)
class Receipt:
    """A mined transaction that succeeded, with the ledger's events that it emitted."""

    transaction: bytes
    block: Block
    gas_used: int
    events: tuple[Event, ...]


class Signer(Protocol):
    """An account that signs transactions; its key never leaves it."""

    @property
    def address(self) -> str:
        """The account's address (EIP-55)."""
        ...

    def sign(self, transaction: dict[str, Any]) -> bytes:
        """Return the signed raw transaction (legacy, EIP-155)."""
        ...


class Chain(Protocol):
    """The ledger's contracts on one chain.

    Every method raises `NodeUnreachable`, `WrongChain` or `StaleHead` when no node can serve it.
    """

    @property
    def deployment(self) -> Deployment:
        """The deployment file that the node was checked against."""
        ...

    def head(self) -> Block:
        """Return the latest final block."""
        ...

    def read(self, contract: ContractName, function: str, *arguments: object) -> Any:
        """Call a view at the latest block; structs come back as dataclass-like named tuples.

        Raises:
            ContractError: the call reverts.
        """
        ...

    def events(self, first: int | None = None, last: int | None = None) -> Iterator[Event]:
        """Yield every event of the ledger's contracts in blocks `first` to `last`, in chain order.

        Default: from the deployment's first block to the latest final block.

        Raises:
            IntegrityError: a log that isn't one of the ledger's events.
        """
        ...

    def simulate(
        self, account: str, contract: ContractName, function: str, *arguments: object
    ) -> int:
        """Return the gas limit that `transact` would use now; nothing is signed or sent.

        Raises:
            ContractError: the contract would refuse it.
        """
        ...

    def transact(
        self, signer: Signer, contract: ContractName, function: str, *arguments: object, key: str
    ) -> Receipt:
        """Send one transaction exactly once for `key` and wait until it is final.

        The same `key` after a crash finds the transaction that was signed before, or sends the same
        bytes again.

        Raises:
            ContractError: the contract refused it; nothing was recorded.
            WaitTimeout: not mined in time; run again, it is not sent twice.
        """
        ...


class Ipfs(Protocol):
    """Content-addressed storage; every method raises `NodeUnreachable` when no node answers."""

    def put_block(self, data: bytes) -> bytes:
        """Store and pin `data` (at most 1 MiB) as one raw block; return its SHA-256.

        Raises:
            IntegrityError: the node answered with another CID than the one computed locally.
        """
        ...

    def get_block(self, digest: bytes) -> bytes:
        """Return the raw block with this SHA-256.

        Raises:
            RecordUnavailable: no node has it, or it is larger than 1 MiB.
            IntegrityError: the bytes don't hash to `digest`.
        """
        ...

    def has_block(self, digest: bytes) -> bool:
        """Tell whether the node has the block without asking the network."""
        ...

    def add_payload(self, chunks: Iterable[bytes], name: str) -> str:
        """Stream a ciphertext in bounded memory, pinned under `name` at its end; return its CID.

        CIDv1, raw leaves, 1 MiB chunks (specification, "Manifest"). Where `chunks` raises, nothing
        is pinned.
        """
        ...

    def pinned(self, name: str) -> list[str]:
        """Return the CIDs of the payloads that are pinned under `name`."""
        ...

    def read_payload(self, cid: str, offset: int = 0) -> Iterator[bytes]:
        """Stream a payload from `offset` (bytes) on, in bounded memory. The caller checks the hash.

        Raises:
            RecordUnavailable: no node has it.
        """
        ...

    def unpin(self, cid: str) -> None:
        """Let go of a payload; nothing happens when it isn't pinned."""
        ...


class Accounts(Protocol):
    """A home's accounts, unlocked when they are first needed."""

    def signer(self, capability: Capability) -> Signer:
        """Return the account that acts with this capability.

        Raises:
            ConfigError: this home has none.
            WrongPassphrase: the passphrase doesn't open it.
        """
        ...


class Keys(Protocol):
    """A home's encryption keys, unlocked when they are first needed."""

    def load(self) -> Keyset:
        """Return the keyset.

        Raises:
            ConfigError: this home has none.
            WrongPassphrase: the passphrase doesn't open it.
        """
        ...

    def save(self, keyset: Keyset) -> None:
        """Replace the keyset durably, sealed under the same passphrase."""
        ...

    def held(self, *, exclusively: bool = False) -> AbstractContextManager[None]:
        """Hold the archive key for a block: it isn't replaced meanwhile.

        Whoever replaces it holds it `exclusively`: nobody else seals or copies meanwhile.

        Raises:
            InputError: it is to be held exclusively, and another process holds it.
        """
        ...


@dataclass(frozen=True)
class Question:
    """What a query asks, opened and checked; no `repr` shows it."""

    parameters: Mapping[str, int | bool | str] = field(repr=False)
    subject: str | None = field(default=None, repr=False)


Row = tuple[str | None, ...]
"""The cells of one row as a table writes them; None where there is no value."""


class Provider(Protocol):
    """What answers the queries of one service: a database, a program.

    No message of its errors shows the question or the answer.
    """

    def require_fits(self, parameters: Collection[str], *, subject: bool) -> None:
        """Check, without asking anything, that it can be asked with these parameters.

        Raises:
            ConfigError: it can't.
        """
        ...

    def rows(self, question: Question, columns: Sequence[str]) -> Sequence[Row]:
        """Return the rows of the answer, each with its cells in the order of `columns`.

        Raises:
            ProviderError: it failed for now, or took too long.
            SpecificationBroken: it gives other columns, or what no cell can hold.
            InputError: the question asks for more than is given at once.
        """
        ...


class Providers(Protocol):
    """What a home configures for its services."""

    def provider(self, dataset: str) -> Provider | None:
        """Return what answers a service's queries; None where nothing is configured.

        Raises:
            ConfigError: its configuration is wrong.
        """
        ...


AnswerWriter = Callable[["TableSchema", Sequence[Row], Sequence[str] | None], bytes]
"""Writes the rows of an answer as a table, checked against a schema, and cut to some columns.

Raises `SpecificationBroken`, whose problems quote cells, when they don't follow the schema.
"""

AnswerReader = Callable[[bytes], list[list[str]]]
"""Reads the rows of such a table, the first with the columns' names.

Raises `IntegrityError` when it is none.
"""


class Task(Protocol):
    """One piece of work whose progress is shown."""

    def advance(self, amount: int) -> None:
        """Add `amount` to what is done."""
        ...

    def done(self) -> None:
        """Show no more of it."""
        ...


class Progress(Protocol):
    """Where long work shows itself."""

    def start(self, label: str, total_bytes: int | None) -> Task:
        """Begin a piece of work; None where its size isn't known."""
        ...


class Intent(Protocol):
    """What a command noted before its first effect; kept until it is finished."""

    @property
    def key(self) -> str:
        """Unique among all intents, the finished ones included."""
        ...

    @property
    def state(self) -> Mapping[str, object]:
        """What was saved so far."""
        ...

    def save(self, **values: object) -> None:
        """Add JSON values to the state, durably."""
        ...

    def finish(self) -> None:
        """The command is done: the same arguments begin a new intent from now on."""
        ...

    def drop(self) -> None:
        """The command can't be done: nothing of it is continued."""
        ...


@dataclass(frozen=True)
class Wrap:
    """A wrapped key that the owner made for a transfer; `published` once it lies in IPFS."""

    transfer: int
    attempt: int
    key_number: int
    wrapped: bytes
    published: bool


@dataclass(frozen=True)
class ReceiptCheck:
    """What the owner of a delivery found of its receipt's tag."""

    verdict: Literal["checked", "wrong", "not checkable", "not checked"]
    why: str | None = None
    """What is wrong, or why it is not checked."""

    @property
    def word(self) -> str:
        """The verdict for people; what is wrong stands out."""
        return self.verdict.upper() if self.verdict == "wrong" else self.verdict

    def __str__(self) -> str:
        return f"{self.word} ({self.why})" if self.why else self.word


@dataclass(frozen=True)
class Restoration:
    """Where a home came from: a backup, restored when the chain's latest final block was `block`.

    Times in Unix seconds.
    """

    generation: int
    created_at: int
    restored_at: int
    block: int


@dataclass(frozen=True)
class BackupStanding:
    """How a home stands with its backups; times in Unix seconds."""

    keys: int
    """How many data keys there are."""
    generation: int | None
    """The latest backup that was finished, or that this home came from."""
    created_at: int | None
    unsaved: int
    """How many data keys came after it."""
    outdated: int | None
    """Backups up to this one hold a key that was destroyed since."""


@dataclass(frozen=True)
class Hiding:
    """Until when (Unix seconds) answers under a grant hide whom they are about, by which ruling."""

    grant: int
    until: int
    code: int
    """Of the ruling; one of `ReasonCode`."""
    ruling: bytes
    """The digest of its record."""


class SubjectStore(Protocol):
    """What a department keeps of subjects; each call is one durable transaction."""

    def save_enrolment(self, index: bytes, sealed: bytes) -> None:
        """Keep a subject's sealed key under an index, in place of an earlier one."""
        ...

    def enrolment(self, index: bytes) -> bytes | None:
        """Return the sealed key under an index."""
        ...

    def enrolments(self) -> list[tuple[bytes, bytes]]:
        """Return every index with its sealed key."""
        ...

    def forget_enrolment(self, index: bytes) -> None:
        """Delete the sealed key under an index."""
        ...

    def reseal(self, change: Callable[[bytes, bytes], tuple[bytes, bytes]]) -> int:
        """Replace each index and sealed key by `change(index, sealed)`, all or none.

        Return how many there are.
        """
        ...

    def save_link(self, consent: int, link: bytes) -> None:
        """Keep the link of a recorded consent."""
        ...

    def link(self, consent: int) -> bytes | None:
        """Return the link of a consent."""
        ...

    def save_hiding(self, hiding: Hiding) -> None:
        """Keep an order to hide, in place of an earlier one for the grant."""
        ...

    def hiding(self, grant: int) -> Hiding | None:
        """Return the order to hide for a grant."""
        ...

    def end_hiding(self, grant: int) -> None:
        """Delete the order to hide for a grant."""
        ...


class Store(Protocol):
    """A home's durable notes; each call is one transaction.

    Every method raises `DiskFull` when no space is left, and `LedgerError` when the database fails
    otherwise.
    """

    def intent(self, command: str, arguments: Mapping[str, object]) -> Intent:
        """Return the unfinished intent of this command with these arguments, or begin one."""
        ...

    def save_data_key(self, dataset: int, version: int, manifest: bytes, sealed: bytes) -> None:
        """Keep the sealed data key of a version; the same again is a no-op."""
        ...

    def data_key(self, dataset: int, version: int, manifest: bytes) -> bytes | None:
        """Return the sealed data key of a version with this manifest, if there is one."""
        ...

    def delete_data_key(self, dataset: int, version: int, manifest: bytes) -> None:
        """Forget the data key of a manifest that was not published."""
        ...

    def save_wrap(self, wrap: Wrap) -> None:
        """Keep a wrap, or note that it is published."""
        ...

    def wrap(self, transfer: int, attempt: int) -> Wrap | None:
        """Return the wrap of a transfer's first (0) or curing (1) release."""
        ...

    def unpublished_wraps(self) -> list[Wrap]:
        """Return the wraps that aren't published, by transfer."""
        ...

    def save_receipt_check(self, transfer: int, tag: bytes, check: ReceiptCheck) -> None:
        """Keep what was found of a receipt's tag, in place of what was found before."""
        ...

    def receipt_checks(self) -> dict[tuple[int, bytes], ReceiptCheck]:
        """Return what was found of receipts, by transfer and tag."""
        ...

    def unfinished(self, command: str) -> Sequence[Intent]:
        """Return the unfinished intents of a command, whatever its arguments."""
        ...

    def reseal(self, change: Callable[[int, int, bytes], bytes]) -> int:
        """Replace each sealed data key by `change(dataset, version, sealed)`, all or none.

        Return how many there are.
        """
        ...

    def erase(self, dataset: int, version: int, transfers: Iterable[int]) -> None:
        """Delete a version's data key and the wraps of its transfers, and note that it was done."""
        ...

    def compact(self) -> None:
        """Leave nothing of what was deleted or replaced in the store's files."""
        ...

    def restored(self) -> Restoration | None:
        """Tell which backup this home came from, if it came from one."""
        ...

    def subjects(self) -> SubjectStore:
        """Return what is kept of subjects."""
        ...


@dataclass(frozen=True)
class CallId:
    """What a transaction does: for people, and as the SHA-256 of its receiver and data."""

    contract: str
    function: str
    digest: bytes


@dataclass(frozen=True)
class Signed:
    """A signed raw transaction and its hash (Keccak-256)."""

    raw: bytes
    hash: bytes


@dataclass(frozen=True)
class Outgoing:
    """A signed transaction, kept since before it was first sent."""

    key: str
    account: str
    nonce: int
    hash: bytes
    raw: bytes
    call: CallId
    state: Literal["signed", "mined", "reverted"]
    revert: bytes | None = None
    """The data of the revert, once that is known."""


class OutboxStore(Protocol):
    """The transactions of a home's accounts on one chain; each call is one durable transaction.

    Every method raises `DiskFull` when no space is left, and `LedgerError` when the database fails
    otherwise.
    """

    def find(self, key: str) -> Outgoing | None:
        """Return what was signed for this key."""
        ...

    def sign(
        self,
        key: str,
        account: str,
        call: CallId,
        *,
        next_nonce: Callable[[], int],
        make: Callable[[int], Signed],
    ) -> Outgoing:
        """Return what was signed for this key, or sign it under the account's next nonce and keep
        it.

        Nobody else allocates a nonce meanwhile. When `next_nonce` (the chain's), `make` or the
        database fails,
        nothing was allocated.
        """
        ...

    def unfinished(self, account: str, first: int, before: int) -> list[Outgoing]:
        """Return the account's unsettled transactions with nonces from `first`, below `before`."""
        ...

    def settle(self, outgoing: Outgoing, block_number: int, revert: bytes | None) -> None:
        """Note the block that has the transaction, and the revert's data where it failed."""
        ...

    def discard(self, outgoing: Outgoing) -> None:
        """Forget a transaction that can never be mined, so that its key can be signed anew."""
        ...


class Prover(Protocol):
    """A node's proofs; what it returns is hostile until `ledger.verify` has checked it.

    Every method raises `NodeUnreachable` when no node answers.
    """

    def block(self, number: int) -> Mapping[str, Any]:
        """Return a block as the node describes it (JSON-RPC `eth_getBlockByNumber`)."""
        ...

    def state_proof(self, contract: ContractName, slots: Sequence[int], block: int) -> StateProof:
        """Return the proof of storage slots of a contract at a block (EIP-1186)."""
        ...


@dataclass(frozen=True)
class Ports:
    """What a home's verbs reach the world through."""

    chain: Chain
    ipfs: Ipfs
    store: Store
    keys: Keys
