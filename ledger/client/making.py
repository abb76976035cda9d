"""Payloads that an owner makes for one transfer: cut from a version, or an answer.

What is durable, in this order: the intent of the transfer, the payload under the intent's name in
IPFS, the manifest's digest, the sealed data key, the manifest. A crash anywhere between continues
from the last of them, and what was made is made once.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ledger.client.session import Session
from ledger.client.uploading import forget, upload
from ledger.client.versionsecrets import VersionSecrets, seal_secrets
from ledger.envelope.binding import SecretKey, fresh_nonce, nonce_associated_data
from ledger.envelope.commitments import content_commitment, key_commitment
from ledger.events import TransferState
from ledger.identifiers import Digest, TransferId
from ledger.models import Encryption, Manifest, PayloadKind, checking_input
from ledger.ports import Intent
from ledger.provenance import Transfer
from ledger.records import digest


class Making:
    """What one command makes for transfers, each once."""

    def __init__(self, session: Session, command: str, kind: PayloadKind) -> None:
        self._session = session
        self._command = command
        self._kind = kind

    def intent(self, transfer: Transfer) -> Intent:
        """The note of what is made for a transfer."""
        intent = self._session.store.intent(self._command, {"transfer": transfer.id})
        if not intent.state:
            # By which `settle` finds what became of it.
            intent.save(transfer=transfer.id)
        return intent

    def made(self, intent: Intent) -> Digest | None:
        """The manifest of what was made, put into IPFS again; None where it isn't made yet."""
        if "record" not in intent.state:
            return None
        record = bytes.fromhex(str(intent.state["record"]))
        return self._session.publish_record(Manifest.from_bytes(record))

    def make(
        self, intent: Intent, transfer: Transfer, content: Iterable[bytes], **members: Any
    ) -> None:
        """Encrypt the content under a fresh key; `members` are its manifest's own.

        What `content` raises passes through, and nothing is made.
        """
        session, kind = self._session, self._kind
        key, nonce = SecretKey.generate(), fresh_nonce()
        # What a crash left: nothing names it.
        forget(session, intent, *_place(transfer))
        bound = nonce_associated_data(session.deployment, kind, session.code, nonce)
        uploaded = upload(session, iter(content), key, bound, name=intent.key)
        with checking_input("the manifest"):
            record = Manifest(
                kind=kind,
                sender=session.code,
                payload=uploaded.payload,
                plaintext_size_bytes=uploaded.plaintext_size_bytes,
                encryption=Encryption(
                    key_commitment=key_commitment(key),
                    content_commitment=content_commitment(key, uploaded.plaintext_sha256),
                    nonce=nonce,
                ),
                **members,
            ).to_bytes()
        place = _place(transfer)
        secrets = VersionSecrets(key, uploaded.plaintext_sha256)
        sealed = seal_secrets(session.keys.load(), secrets, *place)
        intent.save(made=digest(record).hex())
        session.store.save_data_key(*place, digest(record), sealed)
        intent.save(record=record.hex())

    def settle(self) -> None:
        """End the notes of what was released, and let go of what never will be."""
        session = self._session
        transfers = session.state().transfers
        for intent in session.store.unfinished(self._command):
            transfer = transfers.get(TransferId(int(str(intent.state.get("transfer", 0)))))
            if transfer is None or transfer.state is TransferState.OPENED:
                continue
            if transfer.state is TransferState.DECLINED:
                forget(session, intent, *_place(transfer))
                intent.drop()
            else:
                intent.finish()


def _place(transfer: Transfer) -> tuple[int, int]:
    """Where the store keeps its data key, by the manifest."""
    return transfer.dataset or 0, transfer.version or 0
