"""The rules of sources, recalls and attestations: what each event requires and what it changes.

A rule checks everything before it changes anything, and returns the histories that its event
belongs to.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from ledger.events import SourcesDeclared, TransferAttested, TransferState, VersionRecalled
from ledger.identifiers import TransferId
from ledger.provenance.catalogue import Dataset, Version
from ledger.provenance.deliveries import Recall, Transfer
from ledger.provenance.fold_transfers import transfer_histories
from ledger.provenance.members import Department
from ledger.provenance.rules import (
    Histories,
    acting,
    decision,
    histories,
    known,
    periods,
    require,
    require_deadline,
)

if TYPE_CHECKING:
    from ledger.provenance.state import LedgerState


def sources_declared(state: LedgerState, event: SourcesDeclared) -> Histories:
    """From which acknowledged transfers a version was made; said once, by its owner."""
    dataset, version, owner = _owned_version(state, event)
    declared = version.sources_declared_at is not None
    require(not declared, event, f"the sources of {dataset.name}@{version.number} are declared")
    ascending = all(one < next_ for one, next_ in pairwise(event.sources))
    require(ascending, event, "the sources don't ascend")
    sources = [_source(state, event, number, owner) for number in event.sources]
    version.sources = event.sources
    version.sources_declared_at = event.at.timestamp
    for source in sources:
        source.made.append((dataset.id, version.number))
    return histories(dataset.events, owner.events, *(source.events for source in sources))


def recalled(state: LedgerState, event: VersionRecalled) -> Histories:
    """A recall, with the next number, of a version that its owner withdrew before."""
    dataset, version, owner = _owned_version(state, event)
    name = f"{dataset.name}@{version.number}"
    require(event.recall == len(state.recalls) + 1, event, "the number isn't the next one")
    require(version.withdrawn, event, f"{name} isn't withdrawn")
    require(version.recall is None, event, f"{name} is recalled already")
    require_deadline(event.attest_by, periods(state, event).attest, event)
    version.recall = event.recall
    state.recalls[event.recall] = Recall(
        event.recall, dataset.id, version.number, decision(event), event.attest_by
    )
    return dataset.events, owner.events


def attested(state: LedgerState, event: TransferAttested) -> Histories:
    """What a receiver did with what it has, once for each recall; a suspended one may say it."""
    transfer = known(state.transfers, event.transfer, event, "transfer")
    same = (transfer.dataset or 0, transfer.receiver) == (event.dataset, event.receiver)
    require(same, event, f"transfer {transfer.id} is of another dataset or receiver")
    require(transfer.released_at is not None, event, f"transfer {transfer.id} was never released")
    if event.recall:
        known(state.recalls, event.recall, event, "recall")
    attested = event.recall in transfer.attestations
    require(not attested, event, f"transfer {transfer.id} is attested for it already")
    transfer.attestations[event.recall] = decision(event)
    return transfer_histories(state, transfer)


def _owned_version(
    state: LedgerState, event: SourcesDeclared | VersionRecalled
) -> tuple[Dataset, Version, Department]:
    dataset = known(state.datasets, event.dataset, event, "dataset")
    owner = acting(state, event, dataset.owner)
    what = f"version of {dataset.name} with number"
    return dataset, known(dataset.versions, event.dataset_version, event, what), owner


def _source(
    state: LedgerState, event: SourcesDeclared, number: TransferId, owner: Department
) -> Transfer:
    transfer = known(state.transfers, number, event, "transfer")
    received = (transfer.receiver, transfer.state) == (owner.id, TransferState.ACKNOWLEDGED)
    require(received, event, f"transfer {number} isn't one that {owner.code} acknowledged")
    onward = transfer.grant is not None and state.grants[transfer.grant].onward_use
    require(onward, event, f"transfer {number} allows no onward use")
    return transfer
