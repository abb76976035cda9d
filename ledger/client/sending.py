"""Sending a document: the file is encrypted into IPFS and released in one transaction; resumable,
exactly one document.

What is durable, in this order: the intent, the payload under the intent's name in IPFS, the
manifest's digest, the sealed data key, manifest and wrap, the transaction, the wrap in IPFS.
A crash anywhere between continues from the last of them.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from pathlib import Path

from ledger.client.mined import only
from ledger.client.results import Sent
from ledger.client.session import Session
from ledger.client.source import Hashing, Watch, opened
from ledger.client.submission import DEFAULT_MEDIA_TYPE
from ledger.client.uploading import forget, upload
from ledger.client.versionsecrets import DOCUMENTS, VersionSecrets, seal_secrets
from ledger.client.wraps import publish_wrap
from ledger.envelope.annex import Recipient, seal_annex
from ledger.envelope.binding import SecretKey, fresh_nonce, nonce_associated_data, nonce_wrap_info
from ledger.envelope.commitments import content_commitment, key_commitment
from ledger.envelope.wrap import check_public_key, wrap_key
from ledger.errors import InputError, RefusedError
from ledger.events import DocumentSent, TransferState
from ledger.models import DocumentContent, Encryption, Manifest, PayloadKind, checking_input
from ledger.ports import Intent, Wrap
from ledger.provenance import Department, EncryptionKey, Transfer
from ledger.records import digest


class Sender:
    """Turns a file into a document that a department has."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def send(
        self,
        receiver: str,
        file: Path,
        *,
        title: str,
        note: str | None = None,
        media_type: str | None = None,
        again: int | None = None,
    ) -> Sent:
        """Send a file; `again` names the disputed document that it takes the place of.

        Raises:
            NotFound: no such department, file or document.
            InputError: malformed text, to oneself, or `again` is another kind of transfer.
            RefusedError: a party has no encryption key, or the document isn't disputed.
            FileChanged: the file changed while it was read; nothing was sent.
            IntegrityError: the receiver's encryption key is malformed.
            ContractError: the ledger's rules refuse it.
        """
        session = self._session
        to = session.state().department(receiver)
        if to.id == session.me().id:
            raise InputError("a document goes to another department than the one that sends it")
        with checking_input("the document"):
            content = DocumentContent(title=title, name=file.name, note=note)
        with opened(file) as source, session.keys.held():
            watch = Watch(file, source)
            hashing = Hashing(session.progress, "hashing", watch.size_bytes)
            for _ in hashing.passing(watch.chunks()):
                pass
            with session.intent(
                "document send",
                receiver=to.code,
                content=content.to_members(),
                sha256=hashing.digest().hex(),
                media_type=media_type,
                again=again,
            ) as intent:
                try:
                    if "record" not in intent.state:
                        # Not of what a crash broke off: that may have been sent again by now.
                        if again is not None:
                            self._require_curable(again, to)
                        self._store(intent, to, watch, hashing.digest(), content, media_type)
                    return self._sent(intent, to, again)
                except (InputError, RefusedError):
                    forget(self._session, intent, *DOCUMENTS)
                    raise

    def _require_curable(self, number: int, receiver: Department) -> None:
        transfer: Transfer = self._session.state().transfer(number)
        mine = (PayloadKind.DOCUMENT, self._session.me().id, receiver.id)
        if (transfer.kind, transfer.sender, transfer.receiver) != mine:
            raise InputError(
                f"transfer {number} is no document from {self._session.code} to {receiver.code}",
                hint="ledger document list",
            )
        if transfer.state is not TransferState.DISPUTED or transfer.cured:
            why = "was sent again already" if transfer.cured else "isn't disputed"
            raise RefusedError(
                f"document {number} {why}: only a disputed one is sent again, and once",
                hint="leave out --again to send another document",
            )

    def _store(
        self,
        intent: Intent,
        to: Department,
        watch: Watch,
        sha256: bytes,
        content: DocumentContent,
        media_type: str | None,
    ) -> None:
        """Put the payload into IPFS under a fresh key, keep the key, and note the manifest."""
        session = self._session
        # Whoever can't be sealed or wrapped to ends it here, before anything is stored.
        readers = [self._reader(session.me()), self._reader(to)]
        key, nonce = SecretKey.generate(), fresh_nonce()

        def chunks() -> Iterator[bytes]:
            passing = Hashing()
            yield from passing.passing(watch.chunks())
            # Before the upload ends, so that nothing is pinned.
            if passing.digest() != sha256:
                raise watch.changed()
            watch.require()

        bound = nonce_associated_data(session.deployment, PayloadKind.DOCUMENT, session.code, nonce)
        forget(self._session, intent, *DOCUMENTS)
        uploaded = upload(
            session, chunks(), key, bound, name=intent.key, total_bytes=watch.size_bytes
        )
        guessed = mimetypes.guess_type(watch.file.name)[0]
        with checking_input("the manifest"):
            manifest = Manifest(
                kind=PayloadKind.DOCUMENT,
                sender=session.code,
                media_type=media_type or guessed or DEFAULT_MEDIA_TYPE,
                payload=uploaded.payload,
                plaintext_size_bytes=uploaded.plaintext_size_bytes,
                encryption=Encryption(
                    key_commitment=key_commitment(key),
                    content_commitment=content_commitment(key, sha256),
                    nonce=nonce,
                ),
            )
        record = seal_annex(
            manifest, content.to_members(), readers, deployment=session.deployment
        ).to_bytes()
        sealed = seal_secrets(session.keys.load(), VersionSecrets(key, sha256), *DOCUMENTS)
        intent.save(made=digest(record).hex())
        session.store.save_data_key(*DOCUMENTS, digest(record), sealed)
        theirs = self._current_key(to)
        info = nonce_wrap_info(session.deployment, nonce, to.code, theirs.number)
        wrapped = wrap_key(theirs.public_key, key, info)
        intent.save(record=record.hex(), wrap=wrapped.hex(), key_number=theirs.number)

    def _sent(self, intent: Intent, to: Department, again: int | None) -> Sent:
        """Record the release, then publish the wrap: never before it is final."""
        session = self._session
        record = bytes.fromhex(str(intent.state["record"]))
        manifest = Manifest.from_bytes(record)
        named = session.publish_record(manifest)
        wrapped, key_number = bytes.fromhex(str(intent.state["wrap"])), intent.state["key_number"]
        receipt = session.act(
            "officer",
            "TransferLog",
            "send" if again is None else "resend",
            to.id if again is None else again,
            named,
            key_number,
            digest(wrapped),
            key=intent.key,
        )
        sent = only(receipt, DocumentSent)
        attempt = 0 if again is None else 1
        publish_wrap(session, Wrap(sent.transfer, attempt, sent.key_number, wrapped, False))
        return Sent(
            transfer=sent.transfer,
            receiver=to.code,
            manifest=named,
            size_bytes=manifest.plaintext_size_bytes,
            acknowledge_by=sent.acknowledge_by,
        )

    def _reader(self, department: Department) -> Recipient:
        key = self._current_key(department)
        check_public_key(key.public_key)
        return Recipient(department.code, key.number, key.public_key)

    def _current_key(self, department: Department) -> EncryptionKey:
        key = department.current_key(self._session.now())
        if key is None:
            raise RefusedError(
                f"{department.code} has no encryption key to send a document to",
                hint=f"{department.code} publishes one with: ledger department key publish",
            )
        return key
