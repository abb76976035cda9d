"""`ledger doctor`: gathers what the checks of `ledger.doctor` look at."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from ledger import doctor
from ledger.chain import Web3Chain
from ledger.cli.context import Invocation
from ledger.client.answering import own_services, require_answerable
from ledger.client.returning import without_key
from ledger.config import Home, RemoteAccount
from ledger.deployment import Deployment
from ledger.doctor import Check
from ledger.errors import ConfigError, LedgerError, WrongChain
from ledger.ipfs import KuboIpfs
from ledger.keystore import HomeKeys
from ledger.keystore.accounts import account_address
from ledger.models import DatasetDescription
from ledger.opening import deployment_of, opened_reader
from ledger.ports import Block
from ledger.provenance import LedgerState
from ledger.providers import ConfiguredProviders
from ledger.store import SqlStore
from ledger.toolchain.kubo import find_kubo
from ledger.toolchain.node_modules import find_node_modules
from ledger.toolchain.programs import foundry_program
from ledger.toolchain.running import answer
from ledger.toolchain.runtimes import find_node

_OBTAIN: Final = "'ledger testnet up' obtains it"
_TEST_ENGINES: Final = ("ganache", "anvil")


def diagnose(cli: Invocation) -> list[Check]:
    """Make every check; one that fails stops only those that depend on it."""
    checks = [doctor.command_path(Path(sys.argv[0]))]
    try:
        home = cli.home()
    except ConfigError as error:
        return [*checks, *_programs(), Check("home", False, error.message, error.hint)]
    checks.append(Check("home", True, f"{home.department} in {home.path}"))
    checks.append(doctor.disk(home.path))
    checks += doctor.ipfs(KuboIpfs(home.ipfs))
    try:
        deployment = deployment_of(home)
    except ConfigError as error:
        return [*checks, Check("deployment file", False, error.message, error.hint)]
    if deployment.engine in _TEST_ENGINES:
        checks += _programs()
    try:
        opened = SqlStore.open(home.store)
    except LedgerError as error:
        checks.append(Check("store", False, error.message, error.hint))
        checks += doctor.skipped(["backup", "data keys"], "the store can't be opened")
        with opened_reader(deployment, home.rpc, home.ipfs) as reader:
            return [*checks, *_of_the_chain(cli, home, None, reader.chain)]
    with closing(opened) as store:
        chain = Web3Chain(deployment, home.rpc, store.outbox(deployment.genesis_hash))
        backup = _tried("backup", lambda: doctor.backup(store.backups().standing()))
        return [*checks, backup, *_of_the_chain(cli, home, store, chain)]


def _tried(name: str, check: Callable[[], Check]) -> Check:
    """A check that reads the store, which may turn out to be damaged wherever it is read."""
    try:
        return check()
    except LedgerError as error:
        return Check(name, False, error.message, error.hint)


def _programs() -> list[Check]:
    """What a test network runs; nothing is installed."""
    node, modules = find_node(), find_node_modules(development=False)
    anvil = foundry_program(modules, "anvil") if modules else None
    ganache = modules / "ganache" / "dist" / "node" / "cli.js" if modules else None
    commands: dict[str, Sequence[str | Path | None]] = {
        "node": [node.program if node else None, "--version"],
        "ganache": [node.program if node else None, ganache, "--version"],
        "anvil": [anvil, "--version"],
        "kubo": [find_kubo(), "version"],
    }
    return [
        doctor.program(f"program {name}", _version(command), hint=_OBTAIN)
        for name, command in commands.items()
    ]


def _version(command: Sequence[str | Path | None]) -> str | None:
    known = [part for part in command if part is not None]
    told = answer(known) if len(known) == len(command) else None
    return told.strip().splitlines()[0] if told and told.strip() else None


def _of_the_chain(
    cli: Invocation, home: Home, store: SqlStore | None, chain: Web3Chain
) -> list[Check]:
    try:
        head = chain.head()
    except WrongChain as error:
        return _wrong_chain(error)
    except LedgerError as error:
        away = Check("chain node", False, error.message, error.hint)
        return [away, *doctor.skipped(["chain", "contracts", "membership"], "no node answers")]
    deployment = chain.deployment
    state = LedgerState()
    for event in chain.events(last=head.number):
        state.apply(event)
    return [
        Check("chain node", True, f"block {head.number:,}"),
        Check("chain", True, f"{deployment.engine}, chain id {deployment.chain_id}"),
        Check("contracts", True, f"{len(deployment.contracts)} as in the deployment file"),
        *_of_the_department(cli, home, deployment, state, head),
        *_of_the_keys(home, state, store),
        *_of_the_services(home, state),
        *_of_a_restored_home(store, chain),
    ]


def _of_the_keys(home: Home, state: LedgerState, store: SqlStore | None) -> list[Check]:
    if store is None:
        return []
    return [
        _tried("data keys", lambda: doctor.data_keys(without_key(state, home.department, store)))
    ]


def _of_the_services(home: Home, state: LedgerState) -> list[Check]:
    """Whether what this department's services are asked can be answered, if it has any."""
    services, ipfs = own_services(state, home.department), KuboIpfs(home.ipfs)
    providers = ConfiguredProviders(home.services, home.path)
    lacking: list[str] = []
    wrong: list[LedgerError] = []
    for dataset in services:
        try:
            provider = providers.provider(dataset.name)
            if provider is None:
                lacking.append(dataset.name)
                continue
            record = ipfs.get_block(dataset.description)
            require_answerable(provider, DatasetDescription.from_bytes(record))
        except LedgerError as error:
            wrong.append(error)
    return [doctor.services(lacking, wrong)] if services else []


def _of_a_restored_home(store: SqlStore | None, chain: Web3Chain) -> list[Check]:
    """Whether the home that the backup was made from goes on working: its accounts tell."""
    if store is None:
        return []
    outbox = store.outbox(chain.deployment.genesis_hash)
    try:
        return [
            doctor.restored_account(
                address, chain.node.transaction_count(address), max(known, outbox.sent(address))
            )
            for address, known in sorted(store.backups().transactions_when_restored().items())
        ]
    except LedgerError as error:
        return [Check("restored home", False, error.message, error.hint)]


def _wrong_chain(error: WrongChain) -> list[Check]:
    answers = Check("chain node", True, "answers")
    if "code of" in error.message:
        right = Check("chain", True, "chain id and genesis as in the deployment file")
        return [answers, right, Check("contracts", False, error.message, error.hint)]
    wrong = Check("chain", False, error.message, error.hint)
    return [answers, wrong, *doctor.skipped(["contracts", "membership"], "another chain")]


def _of_the_department(
    cli: Invocation, home: Home, deployment: Deployment, state: LedgerState, head: Block
) -> list[Check]:
    now = max(head.timestamp, int(time.time()))
    department = state.departments_by_code.get(home.department)
    checks = [
        doctor.clock(head.timestamp, time.time(), test_chain=deployment.engine in _TEST_ENGINES),
        doctor.service(state, now),
        doctor.standing(department, home.department, now),
    ]
    for role, where in home.accounts.items():
        try:
            address = where.address if isinstance(where, RemoteAccount) else account_address(where)
        except LedgerError as error:
            checks.append(Check(f"account {role}", False, error.message, error.hint))
        else:
            checks.append(doctor.account(role, address or "", department, now))
    if department is None:
        return checks
    try:
        held = _held(cli, home, deployment)
    except LedgerError as error:
        return [*checks, Check("encryption key", False, error.message, error.hint)]
    return [*checks, doctor.key(department, held, now)]


def _held(cli: Invocation, home: Home, deployment: Deployment) -> list[bytes] | None:
    """The public keys whose private ones are here; None where nobody gives the passphrase."""
    settings = cli.settings
    given = settings.passphrase_file or settings.passphrase_fd is not None or home.passphrase_file
    if not given and (settings.no_input or not sys.stdin.isatty()):
        return None
    keys = HomeKeys(
        home.keyset,
        cli.passphrase(home),
        department=home.department,
        deployment_digest=deployment.digest,
    )
    return [pair.public_key for pair in keys.load().keys.values()]
