"""Destroying keys: one version's for good, and the archive key once another has taken its place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from ledger.client.enrolments import reseal_enrolments
from ledger.client.results import ArchiveKeyReplaced, Erased
from ledger.client.session import Because, Session
from ledger.client.versionsecrets import PUBLISHING, open_secrets, seal_secrets
from ledger.envelope.keyset import Keyset
from ledger.errors import InputError, RecordUnavailable
from ledger.events import KeyDisclosed, TransferReleased
from ledger.identifiers import DatasetName, record_cid
from ledger.models import Manifest, ReasonCode
from ledger.ports import Intent
from ledger.provenance import Dataset, Transfer, Version


def replace_archive_key(session: Session) -> ArchiveKeyReplaced:
    """Seal every data key to a fresh archive key, then destroy the former one.

    Raises:
        InputError: something is being published or backed up.
        IntegrityError: a stored data key doesn't open; until that is mended both keys are kept.
    """
    with session.keys.held(exclusively=True):
        return ArchiveKeyReplaced(_replaced(session))


def erase_version(session: Session, name: str, *, text: str) -> Erased:
    """Withdraw a version (`department/slug@version`), if it isn't, and destroy its data key.

    Raises:
        NotFound: no such dataset or version.
        InputError: it is another department's, no version is named, or something is being
            published or backed up.
        ContractError: it may not be withdrawn by this account.
    """
    dataset = session.own_dataset(name)
    number = DatasetName.parse(name).version
    if number is None:
        raise InputError(
            "one version is erased at a time", hint=f"name it, for example {dataset.name}@1"
        )
    version = dataset.version(number)
    with (
        session.keys.held(exclusively=True),
        session.intent("dataset erase", dataset=dataset.name, version=number) as intent,
    ):
        kept = session.store.data_key(dataset.id, number, version.manifest) is not None
        if version.withdrawn and not kept and not intent.state:
            return Erased(dataset.name, number, already=True)
        intent.save(begun=True)
        # What a crash broke off is settled first, although the version is withdrawn by now.
        if "reason" in intent.state or not version.withdrawn:
            session.act_because(
                intent,
                "DatasetRegistry",
                "withdrawVersion",
                dataset.id,
                number,
                because=Because(ReasonCode.ERASURE, text),
            )
        destroy_data_key(session, dataset, version)
        _replaced(session)
        _unpin(session, dataset, version)
    return Erased(dataset.name, number, already=False)


def destroy_data_key(session: Session, dataset: Dataset, version: Version) -> None:
    """Delete a version's data key, wherever the store has it, and the wraps made of it."""
    transfers = [transfer.id for transfer in _transfers(session, dataset, version)]
    session.store.erase(dataset.id, version.number, transfers)
    for intent in session.store.unfinished(PUBLISHING):
        if _of(intent) == (dataset.id, version.number):
            intent.drop()


def _replaced(session: Session) -> int:
    """Replace the archive key, or finish doing so; return how many data keys there are."""
    keyset = session.keys.load().with_fresh_archive()
    # From here on both keys open, the fresh one seals; a crash leaves it so.
    session.keys.save(keyset)
    count = session.store.reseal(
        lambda dataset, version, sealed: _again(keyset, sealed, dataset, version)
    )
    for intent in session.store.unfinished(PUBLISHING):
        if "key" in intent.state:
            sealed = bytes.fromhex(str(intent.state["key"]))
            intent.save(key=_again(keyset, sealed, *_of(intent)).hex())
    reseal_enrolments(session.store.subjects(), keyset)
    session.keys.save(keyset.without_former())
    session.store.compact()
    return count


def _again(keyset: Keyset, sealed: bytes, dataset: int, version: int) -> bytes:
    secrets = open_secrets(keyset, sealed, dataset, version)
    return seal_secrets(keyset, secrets, dataset, version)


def _of(intent: Intent) -> tuple[int, int]:
    """Dataset and version that a publication in progress is of; 0 while it isn't decided."""
    state = intent.state
    return int(str(state.get("dataset", 0))), int(str(state.get("version", 0)))


def _transfers(session: Session, dataset: Dataset, version: Version) -> Iterator[Transfer]:
    for transfer in session.state().transfers.values():
        if (transfer.dataset, transfer.version) == (dataset.id, version.number):
            yield transfer


def _unpin(session: Session, dataset: Dataset, version: Version) -> None:
    """Let go of ciphertext and wraps; the manifest stays, as what the chain names."""
    with suppress(RecordUnavailable):
        session.ipfs.unpin(session.fetch_record(Manifest, version.manifest).payload.cid)
    for transfer in _transfers(session, dataset, version):
        for event in transfer.history:
            if isinstance(event, TransferReleased | KeyDisclosed):
                session.ipfs.unpin(record_cid(event.wrap))
