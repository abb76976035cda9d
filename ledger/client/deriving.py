"""Derived payloads: what a grant of some fields is served with, cut from the version.

What is durable, in this order: the intent of the transfer, the payload under the intent's name in
IPFS, the manifest's digest, the sealed data key, the manifest. A crash anywhere between continues
from the last of them, and a payload that was cut is cut once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final

from ledger.client.payloads import checked_ciphertext
from ledger.client.serving import Delivery, UndeliverableError, curable
from ledger.client.session import Session
from ledger.client.terms import TermsRecords
from ledger.client.uploading import upload
from ledger.client.versionsecrets import VersionSecrets, seal_secrets, secrets_of
from ledger.envelope.binding import (
    SecretKey,
    WrapInfo,
    fresh_nonce,
    manifest_associated_data,
    nonce_associated_data,
    transfer_wrap_info,
)
from ledger.envelope.commitments import check_content, content_commitment, key_commitment
from ledger.envelope.streaming import decrypt_stream
from ledger.errors import InputError
from ledger.events import TransferState
from ledger.identifiers import Code, Digest
from ledger.models import Encryption, Manifest, PayloadKind, ReasonCode, checking_input
from ledger.ports import Intent
from ledger.provenance import Transfer, Version
from ledger.records import digest

_DERIVING: Final = "transfer derive"


class DerivedServer:
    """Delivers the columns that a grant is for, under a key of their own."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def due(self, transfer: Transfer) -> bool:
        """Whether it was opened, or is disputed and wasn't released again."""
        return transfer.state is TransferState.OPENED or curable(transfer)

    def delivery(self, transfer: Transfer) -> Delivery:
        """The payload that was cut for this transfer, or is now.

        Raises:
            UndeliverableError: the version has no such columns.
            IntegrityError: terms, manifest or payload aren't what they should be, or can't be had.
        """
        session, version = self._session, self._version(transfer)
        named = transfer.manifest
        if named is None:
            with session.keys.held():
                named = self._made(transfer, version)
        if named is None:
            return Delivery(version.manifest, None)
        secrets = secrets_of(session, transfer.dataset or 0, version.number, named)
        return Delivery(named, secrets.key if secrets else None)

    def wrap_info(self, transfer: Transfer, receiver: Code, key_number: int) -> WrapInfo:
        """Bound to the transfer."""
        return transfer_wrap_info(self._session.deployment, transfer.id, receiver, key_number)

    def released(self, transfer: Transfer) -> None:
        """The chain names the manifest from now on: nothing has to be continued any more."""
        self._intent(transfer).finish()

    def settle(self) -> None:
        """End what a crash left of deliveries that are decided, and keep nothing of those that were
        declined.
        """
        state = self._session.state()
        for intent in self._session.store.unfinished(_DERIVING):
            number = intent.state.get("transfer")
            if number is None:
                continue
            transfer = state.transfer(int(str(number)))
            if transfer.state is TransferState.DECLINED:
                self._forget(intent, (transfer.dataset or 0, transfer.version or 0))
                intent.drop()
            elif transfer.state is not TransferState.OPENED:
                intent.finish()

    def _forget(self, intent: Intent, place: tuple[int, int]) -> None:
        """Keep nothing of what was cut and isn't released."""
        session = self._session
        for left in session.ipfs.pinned(intent.key):
            session.ipfs.unpin(left)
        if "made" in intent.state:
            session.store.delete_data_key(*place, bytes.fromhex(str(intent.state["made"])))

    def _made(self, transfer: Transfer, version: Version) -> Digest | None:
        """Cut the payload, or take what was cut; None where the version's key isn't here."""
        session, intent = self._session, self._intent(transfer)
        if "record" not in intent.state:
            secrets = secrets_of(session, transfer.dataset or 0, version.number, version.manifest)
            if secrets is None:
                return None
            try:
                self._store(intent, transfer, version, secrets.key)
            except InputError as error:
                intent.drop()
                raise UndeliverableError(
                    ReasonCode.SPECIFICATION_BROKEN,
                    f"The columns that were granted can't be cut from this version: {error}.",
                ) from error
        return session.publish_record(
            Manifest.from_bytes(bytes.fromhex(str(intent.state["record"])))
        )

    def _store(
        self, intent: Intent, transfer: Transfer, version: Version, version_key: SecretKey
    ) -> None:
        session = self._session
        whole = session.fetch_record(Manifest, version.manifest)
        fields = TermsRecords(session).terms(transfer.grant or 0).fields
        if fields is None:
            raise InputError("the terms name no columns")
        key, nonce = SecretKey.generate(), fresh_nonce()
        place = (transfer.dataset or 0, version.number)
        # What a crash left: nothing names it.
        self._forget(intent, place)
        intent.save(transfer=transfer.id)
        cut = session.cut_table(self._content(whole, version_key), fields)
        bound = nonce_associated_data(session.deployment, PayloadKind.DERIVED, session.code, nonce)
        uploaded = upload(session, cut, key, bound, name=intent.key)
        with checking_input("the manifest"):
            record = Manifest(
                kind=PayloadKind.DERIVED,
                sender=session.code,
                dataset=whole.dataset,
                version=whole.version,
                name=whole.name,
                media_type="text/csv",
                payload=uploaded.payload,
                plaintext_size_bytes=uploaded.plaintext_size_bytes,
                rows=whole.rows,
                encryption=Encryption(
                    key_commitment=key_commitment(key),
                    content_commitment=content_commitment(key, uploaded.plaintext_sha256),
                    nonce=nonce,
                ),
                derived_from=version.manifest,
                fields=fields,
            ).to_bytes()
        secrets = VersionSecrets(key, uploaded.plaintext_sha256)
        sealed = seal_secrets(session.keys.load(), secrets, *place)
        intent.save(made=digest(record).hex())
        session.store.save_data_key(*place, digest(record), sealed)
        intent.save(record=record.hex())

    def _content(self, whole: Manifest, key: SecretKey) -> Iterator[bytes]:
        """What the version says, checked to its last byte before the upload ends."""
        session = self._session
        ciphertext = checked_ciphertext(session, whole)
        bound = manifest_associated_data(session.deployment, whole)
        sha256, size = hashlib.sha256(), 0
        for chunk in decrypt_stream(key, bound, ciphertext):
            sha256.update(chunk)
            size += len(chunk)
            yield chunk
        check_content(whole, key, sha256.digest(), size)

    def _version(self, transfer: Transfer) -> Version:
        assert transfer.dataset is not None  # noqa: S101 - the kind says so
        assert transfer.version is not None  # noqa: S101 - the kind says so
        return self._session.state().datasets[transfer.dataset].version(transfer.version)

    def _intent(self, transfer: Transfer) -> Intent:
        return self._session.store.intent(_DERIVING, {"transfer": transfer.id})
