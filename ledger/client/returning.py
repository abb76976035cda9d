"""A home that came from a backup, brought up to what the chain says happened since."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.client.erasure import destroy_data_key
from ledger.client.session import Session
from ledger.client.versionsecrets import PUBLISHING, open_secrets
from ledger.envelope.commitments import key_commitment
from ledger.errors import IntegrityError, RecordUnavailable
from ledger.events import TransferState
from ledger.identifiers import Code
from ledger.models import Manifest, ReasonCode
from ledger.ports import Store
from ledger.provenance import Dataset, LedgerState, Version


@dataclass(frozen=True)
class Reconciled:
    """What the backup lacked, or had too much."""

    lost: tuple[str, ...]
    """Versions that were published after the backup: their data keys exist nowhere."""
    erased: tuple[str, ...]
    """Versions that were erased after the backup: their data keys were destroyed again."""
    waiting: tuple[int, ...]
    """Transfers to this department that were opened and not received."""


def reconcile(session: Session) -> Reconciled:
    """Bring a restored home up to date; nothing is sent.

    What the agent and every command do next follows from the chain, as it always does; here is what
    the store alone would get wrong.

    Raises:
        NodeError: no node of the right chain answers.
    """
    _number_pending_key(session)
    lost, erased = [], []
    for dataset, version in own_versions(session.state(), session.code):
        name = f"{dataset.name}@{version.number}"
        kept = session.store.data_key(dataset.id, version.number, version.manifest) is not None
        if erased_for_good(version):
            if kept:
                destroy_data_key(session, dataset, version)
                erased.append(name)
        elif not kept and not _recovered(session, dataset, version):
            lost.append(name)
    session.store.compact()
    return Reconciled(tuple(lost), tuple(erased), tuple(_waiting(session)))


def own_versions(state: LedgerState, code: Code) -> Iterator[tuple[Dataset, Version]]:
    """Every version that a department published; none of one that is no member."""
    me = state.departments_by_code.get(code)
    for dataset in state.datasets.values():
        if me is not None and dataset.owner == me.id:
            for version in dataset.versions.values():
                yield dataset, version


def erased_for_good(version: Version) -> bool:
    """Whether the chain says that the version's key was destroyed."""
    return version.withdrawal is not None and version.withdrawal.code == ReasonCode.ERASURE


def without_key(state: LedgerState, code: Code, store: Store) -> list[str]:
    """The versions that should be served and can't be: their data keys aren't in this home."""
    return [
        f"{dataset.name}@{version.number}"
        for dataset, version in own_versions(state, code)
        if not (dataset.withdrawn or version.withdrawn)
        and store.data_key(dataset.id, version.number, version.manifest) is None
    ]


def _number_pending_key(session: Session) -> None:
    """The encryption key that waited to be published may have been published since."""
    keyset = session.keys.load()
    me = session.state().departments_by_code.get(session.code)
    if me is None or keyset.pending is None:
        return
    for number, key in me.keys.items():
        if key.public_key == keyset.pending.public_key and number not in keyset.keys:
            session.keys.save(keyset.numbered(number))
            return


def _recovered(session: Session, dataset: Dataset, version: Version) -> bool:
    """Take the data key of a publication that the backup caught in its middle."""
    try:
        commitment = session.fetch_record(Manifest, version.manifest).encryption.key_commitment
    except (RecordUnavailable, IntegrityError):
        return False
    for intent in session.store.unfinished(PUBLISHING):
        state = intent.state
        if (state.get("dataset"), state.get("version")) == (dataset.id, version.number):
            sealed = bytes.fromhex(str(state["key"]))
            secrets = open_secrets(session.keys.load(), sealed, dataset.id, version.number)
            if key_commitment(secrets.key) == commitment:
                session.store.save_data_key(dataset.id, version.number, version.manifest, sealed)
                # The old home finished it: the same command finds the version published.
                intent.drop()
                return True
    return False


def _waiting(session: Session) -> Iterator[int]:
    me = session.state().departments_by_code.get(session.code)
    for transfer in session.state().transfers.values():
        unreceived = transfer.state in (TransferState.OPENED, TransferState.RELEASED)
        if me is not None and transfer.receiver == me.id and unreceived:
            yield transfer.id
