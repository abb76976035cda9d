"""Builds the adapters of a home and the application over them; nothing else in the CLI does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from ledger.chain import Web3Chain
from ledger.cli.dryrun import Plan, Ports, noting
from ledger.client import Ledger
from ledger.config import Home
from ledger.deployment import Deployment
from ledger.errors import ConfigError, LedgerError
from ledger.ipfs import KuboIpfs
from ledger.keystore import HomeAccounts, HomeKeys, Passphrase
from ledger.store import SqlStore
from ledger.tables import check_table

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
    progress: Progress,
    plan: Plan | None = None,
) -> Iterator[Ledger]:
    """Open a department's home; with a `plan`, nothing is sent or stored but noted there.

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
        ipfs = KuboIpfs(home.ipfs)
        ports = Ports(chain, ipfs, store, keys)
        if plan is not None:
            ports = noting(chain, ipfs, store, keys, plan)
        yield Ledger(
            home.department,
            chain=ports.chain,
            ipfs=ports.ipfs,
            store=ports.store,
            keys=ports.keys,
            accounts=HomeAccounts(home.accounts, ask),
            check_table=check_table,
            progress=progress,
        )


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
