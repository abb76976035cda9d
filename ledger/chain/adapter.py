"""`Web3Chain`: the port `Chain` on the ledger's contracts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ledger.chain.contracts import contract_abi
from ledger.chain.logs import LogReader
from ledger.chain.node import Node, block, check_deployment
from ledger.chain.outbox import Outbox, Step, no_step
from ledger.chain.proofs import header_fields, state_proof
from ledger.chain.quantities import hexadecimal, nonsense
from ledger.chain.simulation import Simulation, Transaction
from ledger.deployment import Deployment
from ledger.errors import IntegrityError
from ledger.events import Event
from ledger.identifiers import ContractName
from ledger.ports import Block, OutboxStore, Receipt, Signer
from ledger.verify import StateProof


class Web3Chain:
    """One deployment behind any number of nodes; safe for several threads."""

    def __init__(
        self,
        deployment: Deployment,
        urls: Sequence[str],
        outbox: OutboxStore,
        *,
        on_step: Callable[[Step], None] = no_step,
        wait_s: float = 120.0,
    ) -> None:
        self._deployment = deployment
        self.node = Node(urls, check_deployment(deployment))
        self._simulation = Simulation(self.node, deployment.engine)
        self._logs = LogReader(self.node, deployment)
        self._outbox = Outbox(
            self.node,
            outbox,
            chain_id=deployment.chain_id,
            engine=deployment.engine,
            on_step=on_step,
            wait_s=wait_s,
        )

    @property
    def deployment(self) -> Deployment:
        """The deployment file that the node was checked against."""
        return self._deployment

    def head(self) -> Block:
        """Return the latest final block: on a test chain, the latest."""
        return self.node.head()

    def read(self, contract: ContractName, function: str, *arguments: object) -> Any:
        """Call a view at the latest block; structs come back as named tuples.

        Raises:
            ContractError: the call reverts.
            InputError: an argument doesn't fit its type.
        """
        abi = contract_abi(contract)
        address = self._deployment.contracts[contract].address
        call_data = abi.encode_call(function, arguments)
        return abi.decode_result(function, self._simulation.view(address, call_data))

    def events(self, first: int | None = None, last: int | None = None) -> Iterator[Event]:
        """Yield every event of the ledger's contracts in blocks `first` to `last`, in chain order.

        Default: from the deployment's first block to the latest final block.

        Raises:
            IntegrityError: a log that isn't one of the ledger's events.
        """
        head = self.head().number
        begin = self._deployment.first_block if first is None else first
        return self._logs.events(begin, head if last is None else min(last, head))

    def block(self, number: int) -> Mapping[str, Any]:
        """Return a block as the node describes it, unverified."""
        return header_fields(self.node, number)

    def state_proof(self, contract: ContractName, slots: Sequence[int], block: int) -> StateProof:
        """Return the proof of storage slots of a contract at a block, unverified.

        Raises:
            IntegrityError: the answer hasn't the form of a proof.
        """
        return state_proof(self.node, self._deployment.contracts[contract].address, slots, block)

    def transact(
        self, signer: Signer, contract: ContractName, function: str, *arguments: object, key: str
    ) -> Receipt:
        """Send one transaction exactly once for `key` and wait until it is final.

        Raises:
            ContractError: the contract refused it; nothing was recorded.
            InputError: an argument doesn't fit its type.
            WaitTimeout: not mined in time; run again, it is not sent twice.
        """
        transaction = self._transaction(contract, function, arguments)
        mined = self._outbox.send(signer, transaction, key=key)
        at = self._block(mined.block_number)
        if at.hash != mined.block_hash:
            raise IntegrityError(
                f"the receipt's block {at.number} has the hash 0x{mined.block_hash.hex()}, "
                f"the chain's block 0x{at.hash.hex()}"
            )
        return Receipt(mined.hash, at, mined.gas_used, self._logs.of_receipt(mined.logs, at))

    def simulate(
        self, account: str, contract: ContractName, function: str, *arguments: object
    ) -> int:
        """Return the gas limit that `transact` would use now; nothing is signed or sent.

        Raises:
            ContractError: the contract would refuse it.
            InputError: an argument doesn't fit its type.
        """
        return self._simulation.gas(account, self._transaction(contract, function, arguments))

    def _transaction(
        self, contract: ContractName, function: str, arguments: Sequence[object]
    ) -> Transaction:
        call_data = contract_abi(contract).encode_call(function, arguments)
        address = self._deployment.contracts[contract].address
        return Transaction(contract, function, address, call_data)

    def _block(self, number: int) -> Block:
        found = block(self.node.request("eth_getBlockByNumber", hexadecimal(number), False))
        if found.number != number:
            raise nonsense(f"block {found.number} instead of {number}")
        return found
