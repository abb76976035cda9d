"""Queries of services: asked, waited for, checked, acknowledged, and only then shown or put in
place.

What is durable, in this order: the intent, the sealed query, the transfer's number, the answer
under its temporary name where it goes to a file, the receipt, the file's own name. A crash anywhere
between continues from the last of them, and asks once.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ledger.client.answers import Answers
from ledger.client.attempts import grant_to_name, require_opened
from ledger.client.fetching import Fetcher, Release
from ledger.client.mined import only
from ledger.client.places import require_writable
from ledger.client.recipients import party_keys
from ledger.client.results import Answered
from ledger.client.session import Session
from ledger.envelope.annex import seal_annex
from ledger.envelope.binding import fresh_nonce
from ledger.errors import InputError, RecordError, RefusedError
from ledger.events import DatasetKind, QueryOpened, SharingClass, TransferState
from ledger.files import stream_private, sync_folder
from ledger.identifiers import TransferId
from ledger.models import (
    ConsentLink,
    DatasetDescription,
    PayloadKind,
    Query,
    QueryContent,
    checking_input,
)
from ledger.models.service import Service, typed
from ledger.ports import Intent
from ledger.provenance import Dataset
from ledger.records import digest, encode

DEFAULT_TIMEOUT_S: Final = 120.0
COMMAND: Final = "query"


class Queries:
    """What this department asks of others' services."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._fetcher = Fetcher(session)
        self._answers = Answers(session)

    def service(self, name: str) -> tuple[Dataset, Service]:
        """A service, and how it is asked.

        Raises:
            NotFound: no such dataset.
            InputError: it is no service.
            RecordUnavailable: no node has its description.
            RecordError: its description contradicts the chain.
        """
        session = self._session
        dataset = session.state().dataset(name)
        if dataset.kind is not DatasetKind.SERVICE:
            raise InputError(
                f"{dataset.name} is a file: nobody answers queries of it",
                hint=f"ledger transfer fetch {dataset.name}",
            )
        description = session.fetch_record(DatasetDescription, dataset.description)
        description.require_match(
            publisher=session.state().departments[dataset.owner].code,
            is_service=True,
            is_closed=dataset.sharing is SharingClass.CLOSED,
            consent_needed=dataset.consent_needed,
        )
        service = description.service
        assert service is not None  # noqa: S101 - that is what matches
        return dataset, service

    def ask(
        self,
        name: str,
        parameters: Mapping[str, int | bool | str],
        *,
        texts: Mapping[str, str] | None = None,
        subject: str | None = None,
        consent: ConsentLink | None = None,
        out: Path | None = None,
        timeout_s: float = DEFAULT_TIMEOUT_S,
    ) -> Answered:
        """Ask a service, wait for its answer, check and acknowledge it.

        `texts` are further parameters, as people write them. With `out` the answer goes into that
        file, or one in that folder.

        Raises:
            NotFound: no such dataset.
            InputError: the service isn't asked so, or the file exists already.
            RefusedError: there is no grant, it doesn't hold, or the owner declined and said why.
            WaitTimeout: the owner didn't answer in time; run again.
            IntegrityError: key, manifest or answer aren't what was released; nothing is left
            behind.
        """
        if out is not None:
            require_writable(out)
        session = self._session
        dataset, service = self.service(name)
        if dataset.owner == session.me().id:
            raise InputError(f"{dataset.name} is {session.code}'s own: nobody answers it")
        if dataset.consent_needed != (consent is not None):
            needs = "needs the consent of whom it is about" if consent is None else "needs none"
            raise InputError(
                f"{dataset.name} {needs}", hint=f"ledger consent list --dataset {dataset.name}"
            )
        content = _content(
            service, {**parameters, **typed(service.parameters, texts or {})}, subject, consent
        )
        # By its hash: what is asked about a person doesn't lie in the store.
        asked = digest(encode(content.to_members())).hex()
        arguments = {"dataset": dataset.name, "asked": asked}
        target = self._target(out, dataset, session.store.intent(COMMAND, arguments))
        with session.intent(COMMAND, **arguments) as intent:
            if "transfer" not in intent.state:
                self._open(intent, dataset, content)
            number = TransferId(int(str(intent.state["transfer"])))
            return self._take(intent, number, target, timeout_s)

    def receive(
        self, number: int, *, out: Path | None = None, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> Answered:
        """Receive the answer of a query that was asked before, also once more.

        Raises:
            NotFound: no such transfer.
            InputError: it is no query of this department's, or the file exists already.
            RefusedError: the owner declined and said why, or it is disputed.
            WaitTimeout: the owner didn't answer in time; run again.
            IntegrityError: key, manifest or answer aren't what was released; nothing is left
            behind.
        """
        if out is not None:
            require_writable(out)
        session = self._session
        transfer = session.state().transfer(number)
        if transfer.kind is not PayloadKind.ANSWER or transfer.receiver != session.me().id:
            raise InputError(
                f"transfer {number} is no query of {session.code}",
                hint=f"ledger transfer show {number}",
            )
        dataset = self._answers.asked(transfer)
        arguments = {"transfer": transfer.id}
        target = self._target(out, dataset, session.store.intent(COMMAND, arguments))
        with session.intent(COMMAND, **arguments) as intent:
            answered = self._take(intent, transfer.id, target, timeout_s)
        for asked in session.store.unfinished(COMMAND):
            # Else the same question, asked again, would get this answer once more.
            if asked.state.get("transfer") == number:
                asked.finish()
        return answered

    def _target(self, out: Path | None, dataset: Dataset, begun: Intent) -> Path | None:
        """The file to write; noted, as a run that was broken off may have written it.

        Raises:
            InputError: there is such a file, and it is no answer to this query.
        """
        if out is None:
            return None
        slug = dataset.name.partition("/")[2]
        target = (out / f"{slug}.csv" if out.is_dir() else out).absolute()
        if target.exists() and begun.state.get("out") != str(target):
            if not begun.state:
                begun.drop()
            raise InputError(
                f"{str(target)!r} exists already",
                hint="choose another name with --out, or move the file away",
            )
        begun.save(out=str(target))
        return target

    def _open(self, intent: Intent, dataset: Dataset, content: QueryContent) -> None:
        """Seal the query to its owner and put its digest on the chain.

        Raises:
            RefusedError: there is no grant, or it doesn't hold; the attempt is on the record.
        """
        session = self._session
        if "record" not in intent.state:
            owner = session.state().departments[dataset.owner]
            query = Query(dataset=dataset.name, requester=session.code, nonce=fresh_nonce())
            # Nobody else: what is asked about a person isn't for auditors.
            readers = party_keys([owner, session.me()], session.now())
            sealed = seal_annex(query, content.to_members(), readers, deployment=session.deployment)
            # Kept: a second run names the same digest, and the same grant.
            grant = grant_to_name(session, dataset, purpose=self._purpose(content))
            intent.save(record=sealed.to_bytes().hex(), grant=grant)
        grant = int(str(intent.state["grant"]))
        named = session.publish_record(Query.from_bytes(bytes.fromhex(str(intent.state["record"]))))
        receipt = session.act(
            "agent",
            "TransferLog",
            "query",
            dataset.id,
            grant,
            content.consent.number if content.consent else 0,
            named,
            key=f"{intent.key}:query",
        )
        require_opened(session, receipt, dataset, grant)
        intent.save(transfer=only(receipt, QueryOpened).transfer)

    def _purpose(self, content: QueryContent) -> int | None:
        """What the consent is for that a query rests on."""
        named = content.consent
        return self._session.state().consent(named.number).purpose if named else None

    def _take(
        self, intent: Intent, number: TransferId, target: Path | None, timeout_s: float
    ) -> Answered:
        release = self._release(number, timeout_s)
        manifest = self._answers.manifest(release)
        key = self._fetcher.key(release, manifest, timeout_s)
        answer = self._answers.answer(release.transfer, manifest, key)
        part = target and target.with_name(f".{target.name}.transfer-{number}.part")
        if part is not None:
            part.parent.mkdir(parents=True, exist_ok=True)
            # What a crash left; its own partial file has a name that the next run finds.
            part.unlink(missing_ok=True)
            stream_private(part, [answer.table])
        try:
            self._fetcher.acknowledge(intent, release, key, answer.plaintext_sha256)
        except RefusedError:
            if part is not None:
                part.unlink()
            raise
        if part is not None and target is not None:
            part.replace(target)
            sync_folder(target.parent)
        header, *rows = answer.rows
        return Answered(
            transfer=number,
            dataset=self._answers.asked(release.transfer).name,
            columns=tuple(header),
            rows=len(rows),
            path=target,
            content=None if target is not None else tuple(map(tuple, rows)),
            manifest=release.manifest,
        )

    def _release(self, number: TransferId, timeout_s: float) -> Release:
        try:
            return self._fetcher.release(number, timeout_s)
        except RefusedError as error:
            transfer = self._session.state().transfer(number)
            if transfer.state is not TransferState.DECLINED:
                raise
            why = self._answers.declined_because(transfer)
            raise RefusedError(f"query {number} is declined: {why}", hint=error.hint) from error


def _content(
    service: Service,
    parameters: Mapping[str, int | bool | str],
    subject: str | None,
    consent: ConsentLink | None,
) -> QueryContent:
    """What is asked, checked as the owner will check it.

    Raises:
        InputError: the service isn't asked so.
    """
    with checking_input("the query"):
        content = QueryContent(parameters=dict(parameters), subject=subject, consent=consent)
    if service.subject and subject is None:
        raise InputError("this service answers about one person", hint="name it with --subject")
    if subject is not None and not service.subject:
        raise InputError("this service isn't asked about a person", hint="leave --subject out")
    try:
        content.require_fits(service, consent=consent.number if consent else 0)
    except RecordError as error:
        raise InputError(error.message, hint="see it with: ledger dataset show") from error
    return content
