"""Opens a home: builds its adapters, and the application over them. Every program begins here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from ledger.chain import Web3Chain
from ledger.client import Ledger
from ledger.config import Home
from ledger.deployment import Deployment
from ledger.errors import ConfigError, LedgerError
from ledger.ipfs import KuboIpfs
from ledger.keystore import HomeAccounts, HomeKeys, Passphrase
from ledger.ports import Ports
from ledger.provenance import LedgerState, fold
from ledger.providers import ConfiguredProviders
from ledger.silence import Silence
from ledger.store import SqlStore
from ledger.tables import check_table, cut_columns, read_answer, write_answer

if TYPE_CHECKING:
    from ledger.auditor import Auditor
    from ledger.ports import Progress


def deployment_of(home: Home) -> Deployment:
    """Read a home's deployment file.

    Raises:
        ConfigError: it is missing or wrong.
    """
    try:
        return Deployment.from_bytes(home.deployment.read_bytes())
    except OSError as error:
        raise ConfigError(
            f"the deployment file {home.deployment} can't be read: {error.strerror}",
            hint="get it from the agency again",
        ) from error
    except LedgerError as error:
        raise ConfigError(
            f"the deployment file {home.deployment} is wrong: {error.message}",
            hint="get it from the agency again",
        ) from error


@contextmanager
def opened_ledger(
    home: Home,
    *,
    ask: Callable[[], Passphrase],
    progress: Progress | None = None,
    through: Callable[[Ports], Ports] = lambda ports: ports,
) -> Iterator[Ledger]:
    """Open a department's home; `through` may put something between the verbs and the world.

    Raises:
        ConfigError: the home is wrong.
        NodeError: no node of the right chain answers.
    """
    deployment = deployment_of(home)
    with closing(SqlStore.open(home.store)) as store:
        chain = Web3Chain(deployment, home.rpc, store.outbox(deployment.genesis_hash))
        keys = HomeKeys(
            home.keyset, ask, department=home.department, deployment_digest=deployment.digest
        )
        ports = through(Ports(chain, KuboIpfs(home.ipfs), store, keys))
        yield Ledger(
            home.department,
            chain=ports.chain,
            ipfs=ports.ipfs,
            store=ports.store,
            keys=ports.keys,
            accounts=HomeAccounts(home.accounts, ask),
            check_table=check_table,
            cut_table=cut_columns,
            write_answer=write_answer,
            read_answer=read_answer,
            providers=ConfiguredProviders(home.services, home.path),
            progress=progress or Silence(),
        )


@dataclass(frozen=True)
class Reader:
    """Chain and IPFS for whoever reads and has no home."""

    chain: Web3Chain
    ipfs: KuboIpfs

    def state(self) -> LedgerState:
        """The ledger up to the latest final block.

        Raises:
            IntegrityError: the events are not ones that the contracts could have emitted.
        """
        return fold(self.chain.events())


@contextmanager
def opened_reader(
    deployment: Deployment, rpc: Sequence[str], ipfs: Sequence[str]
) -> Iterator[Reader]:
    """Open chain and IPFS for a reader, who leaves nothing behind.

    Raises:
        NodeError: no node of the right chain answers.
    """
    with (
        TemporaryDirectory(prefix="ledger-") as folder,
        closing(SqlStore.open(Path(folder) / "ledger.db")) as store,
    ):
        chain = Web3Chain(deployment, rpc, store.outbox(deployment.genesis_hash))
        yield Reader(chain, KuboIpfs(ipfs))


@contextmanager
def opened_auditor(home: Home, progress: Progress) -> Iterator[Auditor]:
    """Open chain and IPFS for an auditor, who needs no account.

    Raises:
        ConfigError: the home is wrong.
        NodeError: no node of the right chain answers.
    """
    # Only here: it brings what checks proofs, which takes 0.2 s to load.
    from ledger.auditor import Auditor

    deployment = deployment_of(home)
    with closing(SqlStore.open(home.store)) as store:
        chain = Web3Chain(deployment, home.rpc, store.outbox(deployment.genesis_hash))
        yield Auditor(chain, chain, KuboIpfs(home.ipfs), progress=progress)
