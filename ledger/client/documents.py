"""Documents: sent from one department to another without a catalogue entry."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ledger.client.fetching import Fetcher
from ledger.client.places import require_absent, require_writable
from ledger.client.results import Document, Done, Received, Sent
from ledger.client.sending import Sender
from ledger.client.session import Because, Session
from ledger.envelope.annex import open_content
from ledger.errors import InputError, IntegrityError, NotFound
from ledger.events import TransferState
from ledger.identifiers import Digest
from ledger.models import DocumentContent, Manifest, PayloadKind, ReasonCode
from ledger.provenance import Transfer

DEFAULT_TIMEOUT_S = 120.0


class Documents:
    """What a department sends to others, and what others sent to it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._fetcher = Fetcher(session)
        self._sender = Sender(session)

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
        """Send a file to a department; title, note and the file's name are sealed to it.

        `again` is the number of a disputed document in whose place this one comes.

        Raises:
            NotFound: no such department, file or document.
            InputError: malformed text, to oneself, or `again` is another kind of transfer.
            RefusedError: a party has no encryption key, or the document isn't disputed.
            FileChanged: the file changed while it was read; nothing was sent.
            IntegrityError: the receiver's encryption key is malformed.
            ContractError: the ledger's rules refuse it.
        """
        return self._sender.send(
            receiver, file, title=title, note=note, media_type=media_type, again=again
        )

    def receive(self, number: int, out: Path, *, timeout_s: float = DEFAULT_TIMEOUT_S) -> Received:
        """Fetch a document, check and acknowledge it, and put it in place.

        `out` is the file to write, or a folder, which keeps the sender's file name.

        Raises:
            NotFound: no such document.
            InputError: it isn't to this department, the file exists already, or the sender's name
                for it is a hidden file's.
            RefusedError: it is disputed or settled.
            WaitTimeout: its key can't be had yet; run again.
            IntegrityError: key, manifest or payload aren't what was sent; nothing is left behind.
        """
        session = self._session
        require_writable(out)
        document = self._mine(number)
        release = self._fetcher.release(number, timeout_s)
        manifest, content = self._opened(document, release.manifest)
        target = out / _harmless(content.name) if out.is_dir() else out
        with session.intent("document receive", transfer=number, out=str(out.absolute())) as intent:
            require_absent(target, intent)
            self._fetcher.take(intent, release, manifest, target, timeout_s=timeout_s)
        return Received(
            transfer=document.id,
            sender=manifest.sender,
            title=content.title,
            path=target,
            size_bytes=manifest.plaintext_size_bytes,
            manifest=release.manifest,
        )

    def refuse(
        self, number: int, *, reason: ReasonCode, text: str, grounds: str | None = None
    ) -> Done:
        """Say that a document can't be used, isn't for this department or isn't wanted: a dispute.

        `grounds` are sealed to the sender and the auditing bodies.

        Raises:
            NotFound: no such document.
            InputError: it isn't to this department.
            ContractError: it is disputed or settled already.
        """
        document = self._mine(number)
        sender = self._session.state().departments[document.sender]
        return self._session.decide_because(
            "document refuse",
            "TransferLog",
            "dispute",
            document.id,
            because=Because(reason, text, grounds, readers=(sender,)),
        )

    def list(self) -> list[Transfer]:
        """The documents of all members, by number; what they are about only the parties know."""
        transfers = sorted(self._session.state().transfers.items())
        return [found for _, found in transfers if found.kind is PayloadKind.DOCUMENT]

    def inbox(self) -> Sequence[Document]:
        """What was sent to this department, that which waits for a receipt first."""
        me = self._session.me().id
        mine = [document for document in self.list() if document.receiver == me]
        mine.sort(key=lambda one: (one.state is not TransferState.RELEASED, -one.id))
        return [self._view(document) for document in mine]

    def show(self, number: int) -> Document:
        """One document, with what is sealed in it for the parties.

        Raises:
            NotFound: there is none of this number.
        """
        return self._view(self._document(number))

    def _view(self, document: Transfer) -> Document:
        parties = (document.sender, document.receiver)
        if self._session.me().id not in parties:
            return Document(document, None, "sealed to its sender and its receiver")
        try:
            return Document(document, self._opened(document, _named(document))[1])
        except (IntegrityError, NotFound) as error:
            # A stranger's record: what is wrong with it shall not hide the others.
            return Document(document, None, error.message)

    def _opened(self, document: Transfer, named: Digest) -> tuple[Manifest, DocumentContent]:
        """The manifest of a document, checked against the chain, and what is sealed in it.

        Raises:
            RecordUnavailable: no node has it.
            IntegrityError: it is another one's, or was altered.
            NotFound: it isn't sealed to a key of this department.
        """
        session = self._session
        manifest = session.fetch_record(Manifest, named)
        manifest.require_match(
            sender=session.state().departments[document.sender].code,
            dataset=None,
            version=None,
            kind=PayloadKind.DOCUMENT,
        )
        content = open_content(
            manifest,
            DocumentContent,
            session.keys.load(),
            department=session.code,
            deployment=session.deployment,
        )
        return manifest, content

    def _mine(self, number: int) -> Transfer:
        document = self._document(number)
        if document.receiver != self._session.me().id:
            raise InputError(f"document {number} is not to {self._session.code}")
        return document

    def _document(self, number: int) -> Transfer:
        found = self._session.state().transfer(number)
        if found.kind is not PayloadKind.DOCUMENT:
            raise NotFound(
                f"transfer {number} is no document", hint=f"ledger transfer show {number}"
            )
        return found


def _named(document: Transfer) -> Digest:
    assert document.manifest is not None  # noqa: S101 - a document is released as it is sent
    return document.manifest


def _harmless(name: str) -> str:
    """The sender's name for a file, which the record's rules keep to one folder.

    Raises:
        InputError: a hidden file: what programs read unasked.
    """
    if name.startswith("."):
        raise InputError(
            f"the sender calls the file {name!r}, which would be hidden",
            hint="name the file to write with --out",
        )
    return name
