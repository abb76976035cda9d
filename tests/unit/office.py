"""A department's open home over a story: the verbs as they are, on in-memory twins of the ports."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ledger.client import Ledger
from ledger.client.session import Session
from ledger.client.versionsecrets import VersionSecrets, seal_secrets
from ledger.deployment import CONTRACTS, Contract, Delays, Deployment
from ledger.envelope.binding import SecretKey
from ledger.envelope.keyset import Keyset
from ledger.events import DatasetKind, KeyPublished, SpecificationPublished, VersionPublished
from ledger.identifiers import Code, parse_address
from ledger.models import SpecificationReference
from ledger.recordmodel import RecordModel
from ledger.silence import Silence
from ledger.store import SqlStore
from ledger.tables import check_table, cut_columns, read_answer, write_answer
from tests.twins import FixedSigner, MemoryAccounts, MemoryChain, MemoryIpfs, MemoryKeys
from tests.unit import samples
from tests.unit.chapters import delivered
from tests.unit.samples import (
    DATA_KEY,
    PLAINTEXT_SHA256,
    dataset,
    service,
    specification,
    terms,
)
from tests.unit.story import (
    AGENCY,
    CODES,
    EMPLOYMENT,
    LABOUR,
    START,
    Story,
    country,
    digest,
    edit,
    withdraw_version,
)

UNTIL = START + 10**6
LOOKUP, LEAFLETS, REGISTER = 2, 3, 4
NEWCOMER = 5
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

    def publish_key(self, number: int = 2) -> None:
        """Have the chain say that the key that waits in this home was published."""
        pending = self.keys.keyset.pending
        assert pending is not None
        me = next(number for number, code in CODES.items() if code == self.code)
        self.story.emit(
            KeyPublished,
            department=me,
            key_number=number,
            digest=hashlib.sha256(pending.public_key).digest(),
            public_key=pending.public_key,
            effective_at=self.story.now + 1,
        )

    def sealed(self, version: int, key: SecretKey = DATA_KEY) -> bytes:
        """The secrets of a version of employment as this home keeps them."""
        secrets = VersionSecrets(key, PLAINTEXT_SHA256)
        return seal_secrets(self.keys.keyset, secrets, EMPLOYMENT, version)

    def publish(self, version: int, **manifest: Any) -> bytes:
        """A version of employment whose manifest is in IPFS; the manifest's digest."""
        named = self.put(samples.manifest(version=version, **manifest))
        self.story.emit(
            VersionPublished,
            dataset=EMPLOYMENT,
            owner=LABOUR,
            dataset_version=version,
            manifest=named,
        )
        return named


@contextmanager
def opened(story: Story, folder: Path, code: str = "labour", **ports: Any) -> Iterator[Office]:
    """A department's home, whose store is a file in a folder."""
    with closing(SqlStore.open(folder / f"{code}.db")) as store:
        yield Office(story, store, code, **ports)


@dataclass
class Scene:
    """Two homes over one story."""

    labour: Office
    health: Office
    file: Path


def specify(story: Story, ipfs: MemoryIpfs, name: str, **record: Any) -> SpecificationReference:
    """Have the agency publish a specification; its record may be of another."""
    made = specification(**{"name": name} | record).to_bytes()
    named = ipfs.put_block(made)
    story.emit(
        SpecificationPublished,
        agency=AGENCY,
        name=name,
        specification_version=1,
        specification=named,
    )
    return SpecificationReference(name=Code(name), version=1, digest=named)


@contextmanager
def two_homes(folder: Path) -> Iterator[Scene]:
    """A file, a service about nobody, a file of no specification, and a request for the first."""
    story, ipfs = country(), MemoryIpfs()
    jobs = specify(story, ipfs, "jobs")
    specify(story, ipfs, "leaflet", table_schema=None, json_schema={"type": "object"})
    specify(story, ipfs, "forged", version=7)
    described = ipfs.put_block(dataset(specification=jobs).to_bytes())
    edit(story, description=described)
    asked = dataset(specification=jobs, service=service(subject=False))
    story.register(
        LOOKUP,
        "lookup",
        kind=DatasetKind.SERVICE,
        description=ipfs.put_block(asked.to_bytes()),
    )
    story.register(
        LEAFLETS, "leaflets", description=ipfs.put_block(dataset(specification=None).to_bytes())
    )
    # Its record is nowhere.
    story.register(REGISTER, "register")
    delivered(story)
    story.publish(EMPLOYMENT, 2)
    withdraw_version(story, 2)
    story.admit(NEWCOMER)
    named = ipfs.put_block(terms(valid_until=UNTIL).to_bytes())
    story.request(EMPLOYMENT, terms=named, valid_until=UNTIL)
    file = folder / "jobs.csv"
    file.write_text("month,jobs\n2001-02-03,7\n")
    with (
        opened(story, folder, ipfs=ipfs) as labour,
        opened(story, folder, "health", ipfs=ipfs) as health,
    ):
        yield Scene(labour, health, file)
