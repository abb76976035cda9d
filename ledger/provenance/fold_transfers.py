"""The rules of `TransferLog`'s events: what each requires and what it changes.

A rule checks everything before it changes anything, and returns the histories that its event
belongs to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.events import (
    Event,
    RefusalCause,
    TransferAcknowledged,
    TransferDeclined,
    TransferDisputed,
    TransferEvent,
    TransferOpened,
    TransferRefused,
    TransferReleased,
    TransferSettled,
    TransferState,
)
from ledger.identifiers import DatasetId, VersionNumber
from ledger.provenance.access import MAX_UNACKNOWLEDGED, Transfer
from ledger.provenance.catalogue import Dataset, Decision, Version
from ledger.provenance.members import Department
from ledger.provenance.rules import (
    Histories,
    acting,
    known,
    periods,
    require,
    require_deadline,
)

if TYPE_CHECKING:
    from ledger.provenance.state import LedgerState


def opened(state: LedgerState, event: TransferOpened) -> Histories:
    """A delivery of a version that may be served, under a grant that holds."""
    dataset, version, sender, receiver = _attempt(state, event)
    _require_cause(state, event, RefusalCause.NONE)
    require(event.transfer == len(state.transfers) + 1, event, "the number isn't the next one")
    require_deadline(event.release_by, periods(state, event).release, event)
    grant = state.grants[event.grant]
    transfer = Transfer(
        id=event.transfer,
        dataset=dataset.id,
        version=version.number,
        grant=grant.id,
        sender=sender.id,
        receiver=receiver.id,
        opened_at=event.at.timestamp,
        release_by=event.release_by,
    )
    state.transfers[transfer.id] = transfer
    grant.transfers.append(transfer.id)
    return _histories(state, transfer)


def attempt_refused(state: LedgerState, event: TransferRefused) -> Histories:
    """An attempt on a version that may be served, by a member in good standing."""
    dataset, _, owner, receiver = _attempt(state, event)
    _require_cause(state, event, event.cause)
    state.refused.append(event)
    parties = [dataset.events, receiver.events]
    if owner.id != receiver.id:
        parties.append(owner.events)
    grant = state.grants.get(event.grant)
    # An attempt that names somebody else's grant says nothing about that grant.
    if grant and (grant.dataset, grant.requester) == (dataset.id, receiver.id):
        parties.append(grant.events)
    return tuple(parties)


def released(state: LedgerState, event: TransferReleased) -> Histories:
    """The key's release, or its one cure after a dispute; everything was rechecked."""
    transfer = _transfer(state, event, TransferState.OPENED, TransferState.DISPUTED)
    acting(state, event, transfer.sender)
    receiver = acting(state, event, transfer.receiver)
    _, version = _servable(state, event, transfer.dataset, transfer.version)
    cure = transfer.state is TransferState.DISPUTED
    require(not (cure and transfer.cured), event, f"transfer {transfer.id} was cured already")
    require(event.manifest == version.manifest, event, "the manifest isn't the version's")
    key = receiver.current_key(event.at.timestamp)
    current = key is not None and key.number == event.key_number
    require(current, event, f"key {event.key_number} isn't the receiver's current one")
    grant = state.grants[transfer.grant]
    holds = grant.holds(event.at.timestamp)
    require(holds, event, f"grant {grant.id} doesn't hold ({grant.state.label})")
    require(len(grant.waiting) < MAX_UNACKNOWLEDGED, event, "too many releases wait for a receipt")
    require_deadline(event.acknowledge_by, periods(state, event).acknowledge, event)
    grant.waiting[transfer.id] = event.acknowledge_by
    transfer.state = TransferState.RELEASED
    transfer.cured = cure
    transfer.manifest = event.manifest
    transfer.wrap = event.wrap
    transfer.key_number = event.key_number
    transfer.released_at = event.at.timestamp
    transfer.acknowledge_by = event.acknowledge_by
    # Whatever was acknowledged before the dispute, this release is not yet.
    transfer.acknowledged_at = transfer.receipt_tag = None
    return _histories(state, transfer)


def declined(state: LedgerState, event: TransferDeclined) -> Histories:
    """The owner's no to a delivery."""
    transfer = _transfer(state, event, TransferState.OPENED)
    acting(state, event, transfer.sender)
    transfer.state = TransferState.DECLINED
    transfer.decision = Decision(event.reason_code, event.reason, event.at.timestamp)
    return _histories(state, transfer)


def acknowledged(state: LedgerState, event: TransferAcknowledged) -> Histories:
    """The receipt for the manifest that was released; a suspended receiver may give it."""
    transfer = _transfer(state, event, TransferState.RELEASED)
    require(event.manifest == transfer.manifest, event, "another manifest was released")
    del state.grants[transfer.grant].waiting[transfer.id]
    transfer.state = TransferState.ACKNOWLEDGED
    transfer.acknowledged_at = event.at.timestamp
    transfer.receipt_tag = event.receipt_tag
    return _histories(state, transfer)


def disputed(state: LedgerState, event: TransferDisputed) -> Histories:
    """The receiver can't use the release; a suspended receiver may say so."""
    transfer = _transfer(state, event, TransferState.RELEASED, TransferState.ACKNOWLEDGED)
    state.grants[transfer.grant].waiting.pop(transfer.id, None)
    transfer.state = TransferState.DISPUTED
    transfer.decision = Decision(event.reason_code, event.reason, event.at.timestamp)
    return _histories(state, transfer)


def settled(state: LedgerState, event: TransferSettled) -> Histories:
    """The receiver ends its dispute."""
    transfer = _transfer(state, event, TransferState.DISPUTED)
    acting(state, event, transfer.receiver)
    transfer.state = TransferState.SETTLED
    transfer.decision = Decision(event.reason_code, event.reason, event.at.timestamp)
    return _histories(state, transfer)


def _transfer(state: LedgerState, event: TransferEvent, *allowed: TransferState) -> Transfer:
    """The transfer that the event is about, when it says the same of it and its state allows it."""
    transfer = known(state.transfers, event.transfer, event, "transfer")
    same = (transfer.dataset, transfer.receiver) == (event.dataset, event.receiver)
    require(same, event, f"transfer {transfer.id} is of another dataset or receiver")
    require(transfer.state in allowed, event, f"transfer {transfer.id} is {transfer.state.label}")
    return transfer


def _servable(
    state: LedgerState, event: Event, number: DatasetId, version: VersionNumber
) -> tuple[Dataset, Version]:
    dataset = known(state.datasets, number, event, "dataset")
    found = known(dataset.versions, version, event, f"version of {dataset.name} with number")
    servable = not (dataset.withdrawn or found.withdrawn)
    require(servable, event, f"{dataset.name}@{version} is withdrawn")
    return dataset, found


def _attempt(
    state: LedgerState, event: TransferOpened | TransferRefused
) -> tuple[Dataset, Version, Department, Department]:
    """What was attempted, by whom: dataset, version, its owner, the receiver."""
    receiver = acting(state, event, event.receiver)
    dataset, version = _servable(state, event, event.dataset, event.dataset_version)
    return dataset, version, acting(state, event, dataset.owner), receiver


def _require_cause(
    state: LedgerState, event: TransferOpened | TransferRefused, cause: RefusalCause
) -> None:
    expected = state.refusal_cause(event.grant, event.dataset, event.receiver, event.at.timestamp)
    why = f"the cause is {cause.label}, but the grant's is {expected.label}"
    require(cause is expected, event, why)


def _histories(state: LedgerState, transfer: Transfer) -> Histories:
    return (
        transfer.events,
        state.grants[transfer.grant].events,
        state.datasets[transfer.dataset].events,
        state.departments[transfer.sender].events,
        state.departments[transfer.receiver].events,
    )
