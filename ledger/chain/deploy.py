"""Putting the contracts on a chain, exactly once, and writing down where they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from eth_hash.auto import keccak
from eth_utils.address import to_checksum_address

from ledger.chain.contracts import contract_abi
from ledger.chain.endpoint import Endpoint
from ledger.chain.node import Node, identity
from ledger.chain.outbox import Mined, Outbox, Step, no_step
from ledger.chain.quantities import data
from ledger.chain.simulation import Transaction
from ledger.deployment import Contract, Delays, Deployment
from ledger.errors import IntegrityError, WrongChain
from ledger.identifiers import Address, Code, ContractName, Digest, encode_code
from ledger.ports import OutboxStore, Signer


@dataclass(frozen=True)
class Founding:
    """What is fixed at deployment: the agency, the delays and the first periods (seconds)."""

    code: Code
    """The agency's."""
    admin: Address
    """The agency's first account."""
    card: Digest
    delays: Delays
    respond: int
    release: int
    acknowledge: int
    comply: int
    attest: int


def deploy(
    urls: Sequence[str],
    engine: Literal["ganache", "anvil", "qbft"],
    signer: Signer,
    outbox: Callable[[bytes], OutboxStore],
    founding: Founding,
    *,
    key: str = "deploy",
    on_step: Callable[[Step], None] = no_step,
) -> Deployment:
    """Deploy the five contracts, or find those that were deployed before for `key`.

    `outbox` gives the outbox for a chain's genesis hash. Any account may sign: the agency's is
    named in `founding`.

    Raises:
        ContractError: the founding breaks a rule (a period below the minimum, no code).
        IntegrityError: the chain has other code than was sent.
        NodeUnreachable: no node answers.
    """
    deployer = _Deployer(urls, engine, signer, outbox, key, on_step)
    departments = deployer.create(
        "DepartmentRegistry",
        encode_code(founding.code),
        founding.admin,
        founding.card,
        founding.delays.notice_period,
        founding.delays.key_delay,
        founding.delays.minimum_period,
        (
            founding.respond,
            founding.release,
            founding.acknowledge,
            founding.comply,
            founding.attest,
        ),
    )
    datasets = deployer.create("DatasetRegistry", departments)
    consents = deployer.create("ConsentRegistry", datasets)
    grants = deployer.create("AccessGrants", consents)
    deployer.create("TransferLog", grants)
    return deployer.written(engine, founding.delays)


class _Deployer:
    """One deployment under way."""

    def __init__(
        self,
        urls: Sequence[str],
        engine: str,
        signer: Signer,
        outbox: Callable[[bytes], OutboxStore],
        key: str,
        on_step: Callable[[Step], None],
    ) -> None:
        self._chain_id, self._genesis = Node(urls, _no_check).identity()
        self._node = Node(urls, self._check_same_chain)
        self._outbox = Outbox(
            self._node,
            outbox(self._genesis),
            chain_id=self._chain_id,
            engine=engine,
            on_step=on_step,
        )
        self._signer = signer
        self._key = key
        self._contracts: dict[ContractName, Contract] = {}
        self._first_block: int | None = None

    def create(self, name: ContractName, *arguments: object) -> Address:
        """Create one contract; its address."""
        abi = contract_abi(name)
        creation = Transaction(name, "constructor", None, abi.encode_deployment(arguments))
        mined = self._outbox.send(self._signer, creation, key=f"{self._key}:{name}")
        address = _address(mined, name)
        code = data(self._node.request("eth_getCode", address, "latest"))
        if not abi.has_runtime(code):
            raise IntegrityError(f"the code of {name} at {address} is not what was deployed")
        self._contracts[name] = Contract(address=address, code_hash=Digest(bytes(keccak(code))))
        if self._first_block is None:
            self._first_block = mined.block_number
        return address

    def written(self, engine: Literal["ganache", "anvil", "qbft"], delays: Delays) -> Deployment:
        """The deployment file."""
        return Deployment(
            chain_id=self._chain_id,
            genesis_hash=Digest(self._genesis),
            engine=engine,
            contracts=self._contracts,
            first_block=self._first_block or 0,
            delays=delays,
        )

    def _check_same_chain(self, endpoint: Endpoint) -> None:
        if identity(endpoint) != (self._chain_id, self._genesis):
            raise WrongChain(
                f"the node {endpoint.name} is of another chain than the first one",
                hint="give the addresses of nodes of one chain only",
            )


def _address(mined: Mined, name: str) -> Address:
    if mined.created is None:
        raise IntegrityError(f"the receipt of {name}'s creation names no contract")
    return Address(to_checksum_address(mined.created))


def _no_check(_: Endpoint) -> None:
    """Any chain will do."""
