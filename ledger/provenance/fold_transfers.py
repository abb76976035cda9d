"""The rules of openings and releases: what each event requires and what it changes.

A rule checks everything before it changes anything, and returns the histories that its event
belongs to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.codes import PayloadKind
from ledger.events import (
    DatasetKind,
    DocumentSent,
    Event,
    QueryOpened,
    RefusalCause,
    TransferOpened,
    TransferRefused,
    TransferReleased,
    TransferState,
)
from ledger.identifiers import DatasetId, KeyNumber, VersionNumber
from ledger.provenance.access import Grant
from ledger.provenance.catalogue import Dataset, Version
from ledger.provenance.deliveries import MAX_UNACKNOWLEDGED, Transfer
from ledger.provenance.members import Department
from ledger.provenance.rules import (
    Histories,
    acting,
    histories,
    impossible,
    known,
    periods,
    require,
    require_deadline,
    require_not_retired,
)

if TYPE_CHECKING:
    from ledger.provenance.state import LedgerState


def opened(state: LedgerState, event: TransferOpened) -> Histories:
    """A delivery of a version that may be served, under a grant that holds."""
    dataset, version = _servable_version(state, event, event.dataset, event.dataset_version)
    sender, receiver, grant = _attempt(state, event, dataset)
    kind = PayloadKind.VERSION if grant.all_fields else PayloadKind.DERIVED
    require(event.kind is kind, event, f"under grant {grant.id} the payload is {kind.label}")
    transfer = Transfer(
        id=event.transfer,
        kind=kind,
        dataset=dataset.id,
        version=version.number,
        grant=grant.id,
        sender=sender.id,
        receiver=receiver.id,
        opened_at=event.at.timestamp,
        release_by=event.release_by,
        waiting=grant.waiting,
    )
    version.transfers.append(transfer.id)
    return _begun(state, grant, transfer)


def query_opened(state: LedgerState, event: QueryOpened) -> Histories:
    """A query of a service, under a grant and, where it needs one, a consent that hold."""
    dataset = _servable(state, event, event.dataset, DatasetKind.SERVICE)
    sender, receiver, grant = _attempt(state, event, dataset)
    if dataset.consent_needed:
        in_force = state.consented(event.consent, grant, event.at.timestamp)
        require(in_force, event, _NO_CONSENT)
    else:
        require(not event.consent, event, f"{dataset.name} needs no consent")
    transfer = Transfer(
        id=event.transfer,
        kind=PayloadKind.ANSWER,
        dataset=dataset.id,
        version=None,
        grant=grant.id,
        sender=sender.id,
        receiver=receiver.id,
        opened_at=event.at.timestamp,
        release_by=event.release_by,
        consent=event.consent or None,
        query=event.query,
        waiting=grant.waiting,
    )
    return _begun(state, grant, transfer)


def attempt_refused(state: LedgerState, event: TransferRefused) -> Histories:
    """An attempt by a member in good standing on what may be served, under no grant that holds."""
    if event.dataset_version:
        dataset, _ = _servable_version(state, event, event.dataset, event.dataset_version)
    else:
        dataset = _servable(state, event, event.dataset, DatasetKind.SERVICE)
    owner, receiver = _parties(state, event, dataset)
    expected = state.refusal_cause(event.grant, dataset.id, receiver.id, event.at.timestamp)
    if expected is RefusalCause.NONE and dataset.consent_needed:
        expected = RefusalCause.NO_CONSENT  # which consent was named, nobody is told
    _require_cause(event, event.cause, expected)
    state.refused.append(event)
    parties = [dataset.events, receiver.events, owner.events]
    grant = state.grants.get(event.grant)
    # An attempt that names somebody else's grant says nothing about that grant.
    if grant and (grant.dataset, grant.requester) == (dataset.id, receiver.id):
        parties.append(grant.events)
    return histories(*parties)


def released(state: LedgerState, event: TransferReleased) -> Histories:
    """The key's release, or its one cure after a dispute; everything was rechecked."""
    transfer = known(state.transfers, event.transfer, event, "transfer")
    if transfer.grant is None or transfer.dataset != event.dataset:
        raise impossible(event, f"transfer {transfer.id} is of another dataset")
    require(transfer.receiver == event.receiver, event, f"transfer {transfer.id} is to another")
    cure = _cures(transfer, event, TransferState.OPENED, TransferState.DISPUTED)
    _require_manifest(state, event, transfer)
    grant = state.grants[transfer.grant]
    now = event.at.timestamp
    require(grant.holds(now), event, f"grant {grant.id} doesn't hold ({grant.state.label})")
    # Also where the dataset has stopped needing consents since: it was asked for under this one.
    if state.datasets[event.dataset].consent_needed or transfer.consent is not None:
        require(state.consented(transfer.consent, grant, now), event, _NO_CONSENT)
    return _released(state, event, transfer, cure=cure)


def document_sent(state: LedgerState, event: DocumentSent) -> Histories:
    """A document, released as it is sent, or sent once more after a dispute."""
    transfer = state.transfers.get(event.transfer)
    if transfer is not None:
        parties = (transfer.kind, transfer.sender, transfer.receiver)
        same = parties == (PayloadKind.DOCUMENT, event.sender, event.receiver)
        require(same, event, f"transfer {transfer.id} is no document between these two")
        return _released(
            state, event, transfer, cure=_cures(transfer, event, TransferState.DISPUTED)
        )
    require(event.transfer == len(state.transfers) + 1, event, _NOT_NEXT)
    require(event.sender != event.receiver, event, "it is to its own sender")
    between = (event.sender, event.receiver)
    document = Transfer(
        id=event.transfer,
        kind=PayloadKind.DOCUMENT,
        dataset=None,
        version=None,
        grant=None,
        sender=event.sender,
        receiver=event.receiver,
        opened_at=event.at.timestamp,
        release_by=None,
        waiting=state.waiting_documents.get(between, {}),
    )
    belongs_to = _released(state, event, document, cure=False)
    state.waiting_documents[between] = document.waiting
    return belongs_to


def transfer_histories(state: LedgerState, transfer: Transfer) -> Histories:
    """The histories of everything that an event of a transfer concerns."""
    parties = [transfer.events]
    if transfer.grant is not None:
        parties.append(state.grants[transfer.grant].events)
    if transfer.dataset is not None:
        parties.append(state.datasets[transfer.dataset].events)
    return histories(
        *parties,
        state.departments[transfer.sender].events,
        state.departments[transfer.receiver].events,
    )


def require_current_key(receiver: Department, number: KeyNumber, event: Event) -> None:
    """Check that a key was wrapped for the key that a department uses now.

    Raises:
        IntegrityError: it is another one.
    """
    key = receiver.current_key(event.at.timestamp)
    current = key is not None and key.number == number
    require(current, event, f"key {number} isn't the current one of {receiver.code}")


_NOT_NEXT = "the number isn't the next one"
_NO_CONSENT = "no such consent is in force"


def _servable(state: LedgerState, event: Event, number: DatasetId, kind: DatasetKind) -> Dataset:
    dataset = known(state.datasets, number, event, "dataset")
    require(dataset.kind is kind, event, f"{dataset.name} is a {dataset.kind.label}")
    require(not dataset.withdrawn, event, f"{dataset.name} is withdrawn")
    return dataset


def _servable_version(
    state: LedgerState, event: Event, number: DatasetId, version: VersionNumber
) -> tuple[Dataset, Version]:
    dataset = _servable(state, event, number, DatasetKind.FILE)
    found = known(dataset.versions, version, event, f"version of {dataset.name} with number")
    require(not found.withdrawn, event, f"{dataset.name}@{version} is withdrawn")
    return dataset, found


def _parties(
    state: LedgerState, event: TransferOpened | QueryOpened | TransferRefused, dataset: Dataset
) -> tuple[Department, Department]:
    """The owner of what was attempted, and who attempted it."""
    require_not_retired(state, event)
    return acting(state, event, dataset.owner), acting(state, event, event.receiver)


def _attempt(
    state: LedgerState, event: TransferOpened | QueryOpened, dataset: Dataset
) -> tuple[Department, Department, Grant]:
    """The owner, the receiver and the grant of an attempt that succeeded."""
    sender, receiver = _parties(state, event, dataset)
    cause = state.refusal_cause(event.grant, dataset.id, receiver.id, event.at.timestamp)
    _require_cause(event, RefusalCause.NONE, cause)
    require(event.transfer == len(state.transfers) + 1, event, _NOT_NEXT)
    require_deadline(event.release_by, periods(state, event).release, event)
    return sender, receiver, state.grants[event.grant]


def _require_cause(event: Event, cause: RefusalCause, expected: RefusalCause) -> None:
    why = f"the cause is {cause.label}, but the grant's is {expected.label}"
    require(cause is expected, event, why)


def _begun(state: LedgerState, grant: Grant, transfer: Transfer) -> Histories:
    state.transfers[transfer.id] = transfer
    grant.transfers.append(transfer.id)
    return transfer_histories(state, transfer)


def _cures(transfer: Transfer, event: Event, *allowed: TransferState) -> bool:
    """Whether this release cures a dispute, which is possible once."""
    require(transfer.state in allowed, event, f"transfer {transfer.id} is {transfer.state.label}")
    cure = transfer.state is TransferState.DISPUTED
    require(not (cure and transfer.cured), event, f"transfer {transfer.id} was cured already")
    return cure


def _require_manifest(state: LedgerState, event: TransferReleased, transfer: Transfer) -> None:
    """The version's own for all fields, never that for some, any for an answer."""
    if transfer.version is None:
        _servable(state, event, event.dataset, DatasetKind.SERVICE)
        return
    _, version = _servable_version(state, event, event.dataset, transfer.version)
    own = event.manifest == version.manifest
    if transfer.kind is PayloadKind.VERSION:
        require(own, event, "the manifest isn't the version's")
    else:
        require(not own, event, "the manifest is the version's, but some fields were granted")


def _released(
    state: LedgerState, event: TransferReleased | DocumentSent, transfer: Transfer, *, cure: bool
) -> Histories:
    """What every release requires and changes."""
    require_not_retired(state, event)
    acting(state, event, transfer.sender)
    receiver = acting(state, event, transfer.receiver)
    require_current_key(receiver, event.key_number, event)
    few = len(transfer.waiting) < MAX_UNACKNOWLEDGED
    require(few, event, "too many releases wait for a receipt")
    require_deadline(event.acknowledge_by, periods(state, event).acknowledge, event)
    state.transfers[transfer.id] = transfer
    transfer.waiting[transfer.id] = event.acknowledge_by
    transfer.state = TransferState.RELEASED
    transfer.cured = cure
    transfer.manifest = event.manifest
    transfer.wrap = event.wrap
    transfer.key_number = event.key_number
    transfer.released_at = event.at.timestamp
    transfer.acknowledge_by = event.acknowledge_by
    # Whatever was acknowledged or disclosed before the dispute, this release is not yet.
    transfer.acknowledged_at = transfer.receipt_tag = None
    transfer.disclosures = []
    return transfer_histories(state, transfer)
