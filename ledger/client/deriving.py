"""Derived payloads: what a grant of some fields is served with, cut from the version.

`making.py` says what is durable, and when.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from ledger.client.making import Making
from ledger.client.payloads import checked_ciphertext
from ledger.client.serving import Delivery, UndeliverableError, curable
from ledger.client.session import Session
from ledger.client.terms import TermsRecords
from ledger.client.versionsecrets import secrets_of
from ledger.envelope.binding import (
    SecretKey,
    WrapInfo,
    manifest_associated_data,
    transfer_wrap_info,
)
from ledger.envelope.commitments import check_content
from ledger.envelope.streaming import decrypt_stream
from ledger.errors import InputError
from ledger.events import TransferState
from ledger.identifiers import Code, Digest
from ledger.models import Manifest, PayloadKind, ReasonCode
from ledger.ports import Intent
from ledger.provenance import Transfer, Version


class DerivedServer:
    """Delivers the columns that a grant is for, under a key of their own."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._making = Making(session, "transfer derive", PayloadKind.DERIVED)

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

    def released(self, transfer: Transfer) -> None:  # noqa: ARG002 - `settle` finds it
        """The chain names the manifest from now on: nothing has to be continued any more."""
        self._making.settle()

    def settle(self) -> None:
        """End what a crash left of releases, and of transfers that were declined."""
        self._making.settle()

    def _made(self, transfer: Transfer, version: Version) -> Digest | None:
        """Cut the payload, or take what was cut; None where the version's key isn't here."""
        session, intent = self._session, self._making.intent(transfer)
        if "record" not in intent.state:
            secrets = secrets_of(session, transfer.dataset or 0, version.number, version.manifest)
            if secrets is None:
                return None
            try:
                self._cut(intent, transfer, version, secrets.key)
            except InputError as error:
                intent.drop()
                raise UndeliverableError(
                    ReasonCode.SPECIFICATION_BROKEN,
                    f"The columns that were granted can't be cut from this version: {error}.",
                ) from error
        return self._making.made(intent)

    def _cut(
        self, intent: Intent, transfer: Transfer, version: Version, version_key: SecretKey
    ) -> None:
        session = self._session
        whole = session.fetch_record(Manifest, version.manifest)
        fields = TermsRecords(session).terms(transfer.grant or 0).fields
        assert fields is not None  # noqa: S101 - the kind says so
        self._making.make(
            intent,
            transfer,
            session.cut_table(self._content(whole, version_key), fields),
            dataset=whole.dataset,
            version=whole.version,
            name=whole.name,
            media_type="text/csv",
            rows=whole.rows,
            derived_from=version.manifest,
            fields=fields,
        )

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
