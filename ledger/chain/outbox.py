"""The outbox: each key's transaction is signed once, kept before it is sent, and followed up.

Exactly once, whatever fails: a key has one transaction, found again after a crash. The same bytes
may be sent any number of times, since a nonce is used once. Only when the chain has given the nonce
to another transaction, so that the first can never be mined, is a key signed anew.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from eth_hash.auto import keccak

from ledger.chain.endpoint import RpcError
from ledger.chain.node import Node
from ledger.chain.quantities import data, hexadecimal, member, members, nonsense, number
from ledger.chain.refusals import refusal
from ledger.chain.simulation import Simulation, Transaction
from ledger.errors import ContractError, LedgerError, NodeError, NodeUnreachable, WaitTimeout
from ledger.ports import OutboxStore, Outgoing, Signed, Signer

Step = Literal["signed", "stored", "sent", "mined", "settled"]
"""What became durable or visible: tests break off here, and progress is shown."""

_FIRST_PAUSE_S: Final = 0.004
_LONGEST_PAUSE_S: Final = 1.0
_RESEND_AFTER_S: Final = 3.0
_SURE_AFTER: Final = 3
_ATTEMPTS: Final = 3
_TRANSFER_GAS: Final = 21_000


def no_step(_: Step) -> None:
    """Show nothing."""


@dataclass(frozen=True)
class Mined:
    """A transaction that succeeded, as its receipt has it."""

    hash: bytes
    block_number: int
    block_hash: bytes
    gas_used: int
    created: str | None
    """The contract's address, where one was created."""
    logs: object


class _Superseded(Exception):  # noqa: N818 - never leaves this module
    """The chain gave this transaction's nonce to another one."""


class Outbox:
    """Sends transactions of any accounts to one chain; safe for several threads and processes."""

    def __init__(
        self,
        node: Node,
        store: OutboxStore,
        *,
        chain_id: int,
        engine: str,
        on_step: Callable[[Step], None] = no_step,
        wait_s: float = 120.0,
    ) -> None:
        self._node = node
        self._store = store
        self._chain_id = chain_id
        self._engine = engine
        self._simulation = Simulation(node, engine)
        self._on_step = on_step
        self._wait_s = wait_s
        self._sending: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def send(self, signer: Signer, transaction: Transaction, *, key: str) -> Mined:
        """Send a transaction exactly once for `key`, and wait until it is mined.

        Raises:
            ContractError: the contract refused it, before it was signed or when it was mined.
            WaitTimeout: not mined in time; nothing is lost.
            LedgerError: the key was used for something else.
        """
        for _ in range(_ATTEMPTS):
            found = self._store.find(key)
            outgoing = found or self._signed(signer, transaction, key)
            if outgoing.call.digest != _digest(transaction, outgoing.account):
                raise LedgerError(
                    f"the key {key} stands for another call of {outgoing.call.contract}."
                    f"{outgoing.call.function} already; {transaction.contract}."
                    f"{transaction.function} was not sent"
                )
            try:
                return self._settled(outgoing, transaction, fresh=found is None)
            except _Superseded:
                self._store.discard(outgoing)
        raise NodeError(
            f"the account {signer.address} is used by another program at the same time",
            hint="an account may be in one home only",
        )

    def _signed(self, signer: Signer, transaction: Transaction, key: str) -> Outgoing:
        account = signer.address
        try:
            gas = self._simulation.gas(account, transaction)
        except ContractError:
            # Another process may have done this very thing in the meantime.
            outgoing = self._store.find(key)
            if outgoing is None:
                raise
            return outgoing

        def make(nonce: int) -> Signed:
            signed = self._sign(signer, nonce, gas, transaction.to, transaction.data)
            self._on_step("signed")
            return signed

        outgoing = self._store.sign(
            key,
            account,
            transaction.named(_digest(transaction, account)),
            next_nonce=lambda: self._next_nonce(signer),
            make=make,
        )
        self._on_step("stored")
        return outgoing

    def _sign(
        self, signer: Signer, nonce: int, gas: int, to: str | None, call_data: bytes
    ) -> Signed:
        fields: dict[str, Any] = {
            "chainId": self._chain_id,
            "nonce": nonce,
            "gas": gas,
            "gasPrice": 0,
            "value": 0,
            "data": call_data,
        }
        raw = signer.sign(fields if to is None else {**fields, "to": to})
        return Signed(raw, bytes(keccak(raw)))

    def _next_nonce(self, signer: Signer) -> int:
        """The account's next nonce on the chain; called while nobody else can allocate one."""
        count = self._node.transaction_count(signer.address)
        if count > 0 or self._engine != "ganache":
            return count
        # Ganache executes a raw transaction with nonce 0 again each time that it is sent (it takes
        # 0 for "none given"). So the first of an account is one that may happen twice.
        nothing = self._sign(signer, 0, _TRANSFER_GAS, signer.address, b"")
        self._node.request("eth_sendRawTransaction", hexadecimal(nothing.raw))
        deadline = time.monotonic() + self._wait_s
        while (count := self._node.transaction_count(signer.address)) == 0:
            if time.monotonic() > deadline:
                raise WaitTimeout(f"the account {signer.address} could not be prepared in time")
            time.sleep(_FIRST_PAUSE_S)
        return count

    def _settled(self, outgoing: Outgoing, transaction: Transaction, *, fresh: bool) -> Mined:
        if outgoing.state == "reverted":
            raise refusal(outgoing.revert or b"")
        receipt = None if fresh else self._node.receipt(outgoing.hash)
        if receipt is None:
            self._push(outgoing)
            self._on_step("sent")
            receipt = self._awaited(outgoing)
        self._on_step("mined")
        mined, succeeded = _read(receipt, outgoing.hash)
        revert: bytes | None = None
        if not succeeded:
            revert = self._simulation.why(outgoing.account, transaction, mined.block_number)
        if outgoing.state == "signed":
            self._store.settle(outgoing, mined.block_number, revert)
            self._on_step("settled")
        if revert is not None:
            raise refusal(revert)
        return mined

    def _push(self, outgoing: Outgoing) -> None:
        # One thread at a time: Ganache leaves one of two equal sendings without an answer.
        with self._sending[outgoing.account]:
            self._push_in_order(outgoing)

    def _push_in_order(self, outgoing: Outgoing) -> None:
        """Send the bytes, and before them those of lower nonces that were left behind."""
        count = self._node.transaction_count(outgoing.account)
        if count < outgoing.nonce:
            for earlier in self._store.unfinished(outgoing.account, count, outgoing.nonce):
                self._offer(earlier)
        problem = self._offer(outgoing)
        # Whatever the node says ("already known", "nonce too low", or that it reverts, though it
        # is mined): what counts is whether the node has it.
        if problem is not None and not self._node.knows(outgoing.hash):
            self._check_superseded(outgoing)
            if not self._node.knows(outgoing.hash):
                raise problem

    def _offer(self, outgoing: Outgoing) -> RpcError | None:
        try:
            self._node.request("eth_sendRawTransaction", hexadecimal(outgoing.raw))
        except RpcError as error:
            return error
        except NodeUnreachable:
            # It may have arrived all the same: waiting shows.
            return None
        return None

    def _awaited(self, outgoing: Outgoing) -> dict[str, Any]:
        begin = time.monotonic()
        pause, resend_at = _FIRST_PAUSE_S, begin + _RESEND_AFTER_S
        while True:
            receipt = self._node.receipt(outgoing.hash)
            if receipt is not None:
                return receipt
            now = time.monotonic()
            if now - begin > self._wait_s:
                raise WaitTimeout(
                    f"{outgoing.call.contract}.{outgoing.call.function} was sent but not mined "
                    f"within {self._wait_s:.0f} s",
                    hint="nothing is lost: run the same command again, it is not sent twice",
                )
            if now > resend_at:
                # A node that was restarted has forgotten what waited in its pool.
                self._push(outgoing)
                resend_at = now + 2 * (resend_at - begin)
            time.sleep(min(pause, max(0.0, begin + self._wait_s - now)))
            pause = min(pause * 1.5, _LONGEST_PAUSE_S)

    def _check_superseded(self, outgoing: Outgoing) -> None:
        """Find out for sure that another transaction took the nonce.

        Raises:
            _Superseded: it did, so that this one can never be mined.
        """
        for turn in range(_SURE_AFTER):
            # In this order: what is mined when the count is asked for, the node knows afterwards.
            taken = self._node.transaction_count(outgoing.account) > outgoing.nonce
            if not taken or self._node.knows(outgoing.hash):
                return
            time.sleep(0.2 * (turn + 1))
        raise _Superseded


def _digest(transaction: Transaction, account: str) -> bytes:
    content = hashlib.sha256()
    for part in (account, transaction.to or "", hexadecimal(transaction.data)):
        content.update(f"{part.lower()}\n".encode())
    return content.digest()


def _read(receipt: dict[str, Any], expected: bytes) -> tuple[Mined, bool]:
    if data(member(receipt, "transactionHash"), 32) != expected:
        raise nonsense("a receipt of another transaction")
    status = number(member(receipt, "status"))
    if status not in (0, 1):
        raise nonsense(f"a receipt with status {status}")
    created = members(receipt).get("contractAddress")
    mined = Mined(
        hash=expected,
        block_number=number(member(receipt, "blockNumber")),
        block_hash=data(member(receipt, "blockHash"), 32),
        gas_used=number(member(receipt, "gasUsed")),
        created=None if created is None else hexadecimal(data(created, 20)),
        logs=member(receipt, "logs"),
    )
    return mined, status == 1
