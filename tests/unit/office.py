"""A department's open home over a story: the verbs as they are, on in-memory twins of the ports."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ledger.client import Ledger
from ledger.client.session import Session
from ledger.deployment import CONTRACTS, Contract, Delays, Deployment
from ledger.envelope.keyset import Keyset
from ledger.events import KeyPublished
from ledger.identifiers import Code, parse_address
from ledger.recordmodel import RecordModel
from ledger.silence import Silence
from ledger.store import SqlStore
from ledger.tables import check_table, cut_columns, read_answer, write_answer
from tests.twins import FixedSigner, MemoryAccounts, MemoryChain, MemoryIpfs, MemoryKeys
from tests.unit.story import CODES, LABOUR, Story, digest

DEPLOYMENT = Deployment(
    chain_id=1,
    genesis_hash=bytes(32),
    engine="ganache",
    contracts={
        name: Contract(address=parse_address(f"0x{i:040x}"), code_hash=digest(name))
        for i, name in enumerate(CONTRACTS, start=0xC0)
    },
    first_block=1,
    delays=Delays(notice_period=1, key_delay=1, minimum_period=1),
)


class NoProviders:
    """`ledger.ports.Providers` of a home that configures none."""

    def provider(self, dataset: str) -> None:
        return None


@dataclass
class Office:
    """One department's home, with what is behind its ports in reach."""

    story: Story
    store: SqlStore
    code: str = "labour"
    ipfs: MemoryIpfs = field(default_factory=MemoryIpfs)
    keys: MemoryKeys = field(default_factory=lambda: MemoryKeys(Keyset.generate()))
    accounts: MemoryAccounts = field(
        default_factory=lambda: MemoryAccounts(
            {"admin": FixedSigner(1), "officer": FixedSigner(2), "agent": FixedSigner(3)}
        )
    )

    def __post_init__(self) -> None:
        self.chain = MemoryChain(DEPLOYMENT, self.story.events)
        self.ledger = Ledger(
            Code(self.code),
            chain=self.chain,
            ipfs=self.ipfs,
            store=self.store,
            accounts=self.accounts,
            keys=self.keys,
            check_table=check_table,
            cut_table=cut_columns,
            write_answer=write_answer,
            read_answer=read_answer,
            providers=NoProviders(),
            progress=Silence(),
            clock=lambda: 0.0,
        )

    @property
    def session(self) -> Session:
        return self.ledger.session

    def put(self, record: RecordModel) -> bytes:
        """Have a record in IPFS; its digest."""
        return self.ipfs.put_block(record.to_bytes())

    def publish_key(self, department: int = LABOUR, number: int = 1) -> KeyPublished:
        """A key to which something can be sealed, and which this home has if it is its own."""
        keyset = Keyset.generate()
        assert keyset.pending is not None
        public_key = keyset.pending.public_key
        if CODES[department] == self.code:
            self.keys.keyset = keyset.numbered(number)
        return self.story.emit(
            KeyPublished,
            department=department,
            key_number=number,
            digest=digest(f"key {department} {number}"),
            public_key=public_key,
            effective_at=self.story.now + 1,
        )


@contextmanager
def opened(story: Story, folder: Path, code: str = "labour", **ports: Any) -> Iterator[Office]:
    """A department's home, whose store is a file in a folder."""
    with closing(SqlStore.open(folder / f"{code}.db")) as store:
        yield Office(story, store, code, **ports)
