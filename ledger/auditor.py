"""The auditor: who got what, when, why, under which grant, and whether the trail is whole.

It needs no account and no department's key. `verify` trusts neither index nor node: it reads chain
and IPFS again and recomputes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from ledger.errors import InputError, IntegrityError, RecordUnavailable
from ledger.events import Event
from ledger.identifiers import DatasetName, Digest
from ledger.ports import Chain, Ipfs, Progress, Prover
from ledger.provenance import Delivery, LedgerState
from ledger.verify import (
    CheckedEvents,
    Finding,
    Reference,
    Severity,
    check_events,
    check_header,
    check_pair,
    check_reference,
    compare_heads,
    head_slot,
    heads_to_prove,
    pairs,
    proven_heads,
    references,
    replay_heads,
)


@dataclass(frozen=True)
class VerifyReport:
    """What a verification went through, and what it found; no findings: all of it holds."""

    block: int
    block_hash: bytes
    events: int
    heads: int
    records: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class _Snapshot:
    """The ledger at one final block."""

    block: int
    block_hash: bytes
    timestamp: int
    events: tuple[Event, ...]
    checked: CheckedEvents


class Auditor:
    """Answers from the chain itself, as of the latest final block when it is first asked."""

    def __init__(self, chain: Chain, prover: Prover, ipfs: Ipfs, *, progress: Progress) -> None:
        self._chain = chain
        self._prover = prover
        self._ipfs = ipfs
        self._progress = progress

    def state(self) -> LedgerState:
        """The ledger up to that block.

        Raises:
            IntegrityError: the events are not ones that the contracts could have emitted.
        """
        checked = self._now.checked
        if checked.findings:
            hint = "see everything that is wrong: ledger audit verify"
            raise IntegrityError(checked.findings[0].found, hint=hint)
        return checked.state

    def now(self) -> int:
        """That block's time, in Unix seconds."""
        return self._now.timestamp

    def recipients(self, dataset: str) -> list[Delivery]:
        """Who received a dataset, or one version of it.

        Raises:
            NotFound: no such dataset or version.
        """
        return list(self.state().recipients(dataset))

    def received_by(self, department: str) -> list[Delivery]:
        """What a department received, documents too.

        Raises:
            NotFound: no such department.
        """
        return list(self.state().received_by(department))

    def timeline(
        self,
        *,
        dataset: str | None = None,
        department: str | None = None,
        grant: int | None = None,
        transfer: int | None = None,
    ) -> list[Event]:
        """Everything that happened to one thing, in order, refused attempts included.

        Raises:
            InputError: not exactly one thing is named.
            NotFound: there is no such thing.
        """
        state = self.state()
        histories: list[Iterable[Event]] = []
        if dataset is not None:
            version = DatasetName.parse(dataset).version
            history = state.dataset(dataset).history
            histories.append(history if version is None else _of_version(history, version))
        if department is not None:
            histories.append(state.department(department).history)
        if grant is not None:
            histories.append(state.grant(grant).history)
        if transfer is not None:
            histories.append(state.transfer(transfer).history)
        if len(histories) != 1:
            raise InputError("a timeline is of one dataset, department, request or transfer")
        return list(histories[0])

    def events(self, wanted: Callable[[Event], bool]) -> list[Event]:
        """Every event that `wanted` accepts, in the order of the chain."""
        return [event for event in self._now.events if wanted(event)]

    def verify(self) -> VerifyReport:
        """Recompute everything: each event against those before it, all of them against proven
        heads, every record against its digest.

        Raises:
            IntegrityError: the node's answers contradict each other or are no events and proofs
                at all, so that nothing can be said.
            NodeUnreachable: no node answers.
        """
        now = self._now
        state, replayed = now.checked.state, replay_heads(now.events)
        # Also those that only impossible events speak of.
        keys = sorted({*heads_to_prove(state), *replayed})
        header = check_header(self._prover.block(now.block), now.block_hash)
        proven = {}
        for contract in self._chain.deployment.contracts:
            slots = [head_slot(key) for key in keys if key.contract == contract]
            proof = self._prover.state_proof(contract, slots, now.block)
            proven.update(proven_heads(self._chain.deployment, header.state_root, keys, proof))
        findings = [*now.checked.findings, *compare_heads(replayed, proven, state)]
        named = [one for event in now.checked.possible for one in references(event, state)]
        findings += self._check_records(named, state)
        tied = [pair for event in now.checked.possible for pair in pairs(event, state)]
        findings += [
            finding
            for pair in tied
            for finding in check_pair(
                pair, self._found(pair.permitting.digest), self._found(pair.permitted.digest)
            )
        ]
        return VerifyReport(
            block=now.block,
            block_hash=now.block_hash,
            events=len(now.events),
            heads=len(proven),
            records=len(named),
            findings=tuple(findings),
        )

    def _check_records(self, listed: list[Reference], state: LedgerState) -> Iterator[Finding]:
        task = self._progress.start("checking records", None)
        for named in listed:
            yield from self._check_record(named, state)
            task.advance(1)
        task.done()

    def _check_record(self, named: Reference, state: LedgerState) -> list[Finding]:
        try:
            data = self._ipfs.get_block(named.digest)
        except RecordUnavailable:
            return check_reference(named, None, state)
        except IntegrityError as error:
            expected = f"the record {named.digest.hex()}"
            return [Finding(Severity.ALTERED, named.subject, "record", expected, error.message)]
        return check_reference(named, data, state)

    def _found(self, named: Digest) -> bytes | None:
        """A record that was checked by itself before; None where it can't be had."""
        try:
            return self._ipfs.get_block(named)
        except (RecordUnavailable, IntegrityError):
            return None

    @cached_property
    def _now(self) -> _Snapshot:
        head = self._chain.head()
        events = tuple(self._chain.events(last=head.number))
        checked = check_events(events)
        return _Snapshot(head.number, head.hash, head.timestamp, events, checked)


def _of_version(history: Iterable[Event], version: int) -> Iterator[Event]:
    """The events that concern one version: its own, and those of its transfers."""
    transfers = set()
    for event in history:
        about = getattr(event, "dataset_version", None)
        number = getattr(event, "transfer", None)
        if about == version and number is not None:
            transfers.add(number)
        if about == version or number in transfers:
            yield event
