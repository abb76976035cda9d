"""One department's open ledger, as every verb uses it: chain, IPFS, store, accounts and keys
together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from ledger.client.because import Because
from ledger.client.continuing import followed
from ledger.client.mined import done
from ledger.client.naming import naming
from ledger.client.recipients import sealing_keys
from ledger.client.results import Done
from ledger.envelope.annex import Recipient, seal_annex
from ledger.errors import ConfigError, InputError, RecordUnavailable, RefusedError
from ledger.identifiers import Code, ContractName, Digest
from ledger.models import Grounds, Reason, RecordModel, checking_input
from ledger.ports import (
    Accounts,
    AnswerReader,
    AnswerWriter,
    Capability,
    Chain,
    Intent,
    Ipfs,
    Keys,
    Progress,
    Providers,
    Receipt,
    Store,
)
from ledger.provenance import Dataset, Department, LedgerState

__all__ = ["Because", "Session", "TableCut"]

RecordT = TypeVar("RecordT", bound=RecordModel)


TableCut = Callable[[Iterable[bytes], Sequence[str]], Iterator[bytes]]
"""Cuts columns out of a table; the adapter `ledger.tables` is one."""


class Session:
    """What the verbs share; holds no rule of its own."""

    def __init__(
        self,
        code: Code,
        *,
        chain: Chain,
        ipfs: Ipfs,
        store: Store,
        accounts: Accounts,
        keys: Keys,
        progress: Progress,
        clock: Callable[[], float],
        cut_table: TableCut,
        write_answer: AnswerWriter,
        read_answer: AnswerReader,
        providers: Providers,
    ) -> None:
        self.code = code
        self.chain = chain
        self.ipfs = ipfs
        self.store = store
        self.accounts = accounts
        self.keys = keys
        self.progress = progress
        self.cut_table = cut_table
        self.write_answer = write_answer
        self.read_answer = read_answer
        self.providers = providers
        self._clock = clock
        self._state = LedgerState()
        self._next_block = chain.deployment.first_block

    @property
    def deployment(self) -> bytes:
        """The deployment digest, which everything encrypted is bound to."""
        return self.chain.deployment.digest

    def state(self) -> LedgerState:
        """The ledger up to the latest final block."""
        last = self.chain.head().number
        if last >= self._next_block:
            for event in self.chain.events(self._next_block, last):
                self._state.apply(event)
            self._next_block = last + 1
        return self._state

    def now(self) -> int:
        """Block time, in Unix seconds; the wall clock's where an idle test chain lags behind it."""
        return max(self.chain.head().timestamp, int(self._clock()))

    def me(self) -> Department:
        """This home's department.

        Raises:
            ConfigError: the ledger knows no department of this code.
        """
        found = self.state().departments_by_code.get(self.code)
        if found is None:
            raise ConfigError(
                f"the ledger has no department {self.code!r} yet",
                hint="send the addresses that 'ledger init' printed to the agency to be admitted",
            )
        return found

    def own_dataset(self, name: str) -> Dataset:
        """The dataset of this name, when it is this department's.

        Raises:
            NotFound: there is none of this name.
            InputError: it is another department's.
        """
        dataset = self.state().dataset(name)
        if dataset.owner != self.me().id:
            owner = self.state().departments[dataset.owner].code
            raise InputError(
                f"{dataset.name} belongs to {owner}, not to {self.code}",
                hint="only its owner can do this",
            )
        return dataset

    @contextmanager
    def intent(self, command: str, **arguments: object) -> Iterator[Intent]:
        """The note that a command leaves before its first effect; the same command after a crash
        continues it.

        What the ledger or the input refuses for good ends the intent; anything else leaves it for
        the next run.
        """
        intent = self.store.intent(command, arguments)
        try:
            yield intent
        except (InputError, RefusedError):
            intent.drop()
            raise
        intent.finish()

    def act(
        self,
        capability: Capability,
        contract: ContractName,
        function: str,
        *arguments: object,
        key: str,
    ) -> Receipt:
        """Send one transaction from this department's account, exactly once for `key`.

        Raises:
            ContractError: the ledger's rules refuse it.
        """
        signer = self.accounts.signer(capability)
        with naming(self.state):
            return self.chain.transact(signer, contract, function, *arguments, key=key)

    def decide(
        self,
        command: str,
        contract: ContractName,
        function: str,
        *arguments: object,
        capability: Capability = "officer",
    ) -> Done:
        """One transaction that is the whole command.

        Raises:
            ContractError: the ledger's rules refuse it.
        """
        return done(self.send(command, contract, function, *arguments, capability=capability))

    def send(
        self,
        command: str,
        contract: ContractName,
        function: str,
        *arguments: object,
        capability: Capability = "officer",
    ) -> Receipt:
        """As `decide`, for a command that tells what the receipt's events say.

        Raises:
            ContractError: the ledger's rules refuse it.
        """

        def act(intent: Intent) -> Receipt:
            return self.act(capability, contract, function, *arguments, key=intent.key)

        return self._whole(command, act, arguments=_plain(arguments))

    def decide_because(
        self,
        command: str,
        contract: ContractName,
        function: str,
        *subject: object,
        because: Because,
        capability: Capability = "officer",
    ) -> Done:
        """As `decide`, with a reason, whose record is published first and named by the transaction.

        Raises:
            ContractError: the ledger's rules refuse it.
        """
        return done(
            self.send_because(
                command, contract, function, *subject, because=because, capability=capability
            )
        )

    def send_because(
        self,
        command: str,
        contract: ContractName,
        function: str,
        *subject: object,
        because: Because,
        capability: Capability = "officer",
    ) -> Receipt:
        """As `decide_because`, for a command that tells what the receipt's events say.

        Raises:
            ContractError: the ledger's rules refuse it.
        """

        def act(intent: Intent) -> Receipt:
            return self.act_because(
                intent, contract, function, *subject, because=because, capability=capability
            )

        return self._whole(
            command,
            act,
            subject=_plain(subject),
            reason=because.code.label,
            text=because.text,
            arbiters=list(because.arbiters),
            legal_ground=because.legal_ground,
        )

    def _whole(
        self, command: str, act: Callable[[Intent], Receipt], **arguments: object
    ) -> Receipt:
        """The transaction that is a whole command; what a crash broke off is done once, and once
        more where it was undone since.
        """
        began = self.chain.head().number
        with self.intent(command, **arguments) as intent:
            receipt = act(intent)
        if receipt.block.number > began or not followed(self.chain, receipt):
            return receipt
        # An earlier run did it and ended before its intent, and the ledger has gone on from there.
        with self.intent(command, **arguments) as intent:
            return act(intent)

    def act_because(
        self,
        intent: Intent,
        contract: ContractName,
        function: str,
        *subject: object,
        because: Because,
        capability: Capability = "officer",
        step: str = "",
    ) -> Receipt:
        """One transaction with a reason, exactly once for an intent, which keeps the reason, and
        for a `step` of it.

        Raises:
            ContractError: the ledger's rules refuse it.
        """
        if "reason" not in intent.state:
            # Sealed grounds have a fresh key each time: kept, so that a second run names the
            # same digest.
            intent.save(reason=self.publish_record(self._reason_record(because)).hex())
        reason = (int(because.code), bytes.fromhex(str(intent.state["reason"])))
        return self.act(capability, contract, function, *subject, reason, key=intent.key + step)

    def _reason_record(self, because: Because) -> Reason:
        record = because.record(self.code)
        if because.grounds is None:
            return record
        with checking_input("the reason"):
            grounds = Grounds(grounds=because.grounds).to_members()
        readers = self.recipients([*because.readers, self.me()])
        return seal_annex(record, grounds, readers, deployment=self.deployment)

    def publish_record(self, record: RecordModel) -> Digest:
        """Store a record; its digest is its address."""
        return Digest(self.ipfs.put_block(record.to_bytes()))

    def fetch_record(self, kind: type[RecordT], digest: bytes) -> RecordT:
        """Fetch a record and check that it is of this type.

        Raises:
            RecordUnavailable: no node has it.
            RecordError: it is something else.
        """
        try:
            data = self.ipfs.get_block(digest)
        except RecordUnavailable as error:
            what = kind.TYPE.rpartition("/")[2]
            message = f"a record ({what}) can't be had: {error.message}"
            raise RecordUnavailable(message, hint="see all: ledger audit verify") from error
        return kind.from_bytes(data)

    def recipients(self, departments: Sequence[Department]) -> list[Recipient]:
        """The current keys of these departments and of every auditing body, for a sealed annex.

        Raises:
            RefusedError: one of the departments has no encryption key.
        """
        return sealing_keys(self.state(), departments, self.now())


def _plain(argument: object) -> object:
    """An argument of a contract call as an intent's record can hold it."""
    if isinstance(argument, bytes):
        return argument.hex()
    if isinstance(argument, (list, tuple)):
        return [_plain(part) for part in argument]
    return argument
