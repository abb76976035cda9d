"""Answers: what a query of one's own service is served with, by the provider that is configured.

A query is a stranger's until it is checked: against the event that names it, against the service's
parameters, and against those before it. Question and answer are in no log and no public record;
what is wrong with a query is sealed to its requester.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

from ledger.client.making import Making
from ledger.client.recipients import sealable
from ledger.client.serving import Delivery, UndeliverableError, curable
from ledger.client.session import Session
from ledger.client.tagging import Tagging
from ledger.client.terms import TermsRecords
from ledger.client.versionsecrets import secrets_of
from ledger.envelope.annex import open_content
from ledger.envelope.binding import WrapInfo, transfer_wrap_info
from ledger.envelope.padding import pad
from ledger.errors import (
    ConfigError,
    InputError,
    IntegrityError,
    NotFound,
    ProviderError,
    RecordError,
    SpecificationBroken,
)
from ledger.events import DatasetKind, TransferState
from ledger.identifiers import Code, Digest
from ledger.models import (
    DatasetDescription,
    PayloadKind,
    Query,
    QueryContent,
    ReasonCode,
    Specification,
)
from ledger.ports import Intent, Provider, Question
from ledger.provenance import Dataset, LedgerState, Transfer
from ledger.tableschema import TableSchema

COMMAND: Final = "transfer answer"
_FIRST_PAUSE_S: Final = 5.0
_LONGEST_PAUSE_S: Final = 300.0
_INVALID: Final = "The query isn't one that this service answers."


class AnswerServer:
    """Delivers answers, each under a key of its own."""

    def __init__(self, session: Session, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._session = session
        self._making = Making(session, COMMAND, PayloadKind.ANSWER)
        self._tagging = Tagging(session)
        self._clock = clock
        self._pauses: dict[int, tuple[float, float]] = {}
        """By transfer: how long its provider is left alone, and until when."""

    def require_configured(self) -> list[str]:
        """Check the providers of this department's services; return the services without one.

        Raises:
            ConfigError: a provider can't be asked what its service is asked.
            RecordUnavailable: no node has the description of a service.
        """
        session, lacking = self._session, []
        for dataset in own_services(session.state(), session.code):
            provider = session.providers.provider(dataset.name)
            if provider is None:
                lacking.append(dataset.name)
            else:
                require_answerable(provider, self._description(dataset))
        return lacking

    def due(self, transfer: Transfer) -> bool:
        """Whether it was asked, or is disputed and wasn't released again."""
        return transfer.state is TransferState.OPENED or curable(transfer)

    def delivery(self, transfer: Transfer) -> Delivery | None:
        """The answer that was made for this query, or is now; None while its provider is left
        alone.

        Raises:
            UndeliverableError: the query can't be answered.
            ProviderError: nothing is configured, or it failed for now.
            IntegrityError: query, terms or description can't be had for now.
        """
        session, named = self._session, transfer.manifest
        if named is None:
            with session.keys.held():
                named = self._made(transfer)
        if named is None:
            return None
        secrets = secrets_of(session, transfer.dataset or 0, 0, named)
        key = secrets.key if secrets else None
        if transfer.manifest is None:
            mark = self._tagging.mark(self._making.intent(transfer))
        else:
            mark = self._tagging.mark_again(transfer)
        if mark is None:
            return Delivery(named, key)
        return Delivery(named, key, "releaseTagged", (mark.call(),))

    def wrap_info(self, transfer: Transfer, receiver: Code, key_number: int) -> WrapInfo:
        """Bound to the transfer."""
        return transfer_wrap_info(self._session.deployment, transfer.id, receiver, key_number)

    def released(self, transfer: Transfer) -> None:  # noqa: ARG002 - `settle` finds it
        """The chain names the manifest from now on: nothing has to be continued any more."""
        self._making.settle()

    def settle(self) -> None:
        """End what a crash left of releases, and of queries that were declined."""
        self._making.settle()

    def _made(self, transfer: Transfer) -> Digest | None:
        intent = self._making.intent(transfer)
        named = self._making.made(intent)
        if named is not None:
            return named
        pause_s, until = self._pauses.get(transfer.id, (0.0, 0.0))
        if self._clock() < until:
            return None
        try:
            self._answer(intent, transfer)
        except UndeliverableError:
            intent.drop()
            raise
        except (IntegrityError, ProviderError):
            # Also a query that no node delivers: looking for it takes as long as the node waits.
            pause_s = min(max(2 * pause_s, _FIRST_PAUSE_S), _LONGEST_PAUSE_S)
            self._pauses[transfer.id] = (pause_s, self._clock() + pause_s)
            raise
        self._pauses.pop(transfer.id, None)
        return self._making.made(intent)

    def _answer(self, intent: Intent, transfer: Transfer) -> None:
        """Ask the provider, and make a payload of what it says."""
        session, dataset = self._session, self._dataset(transfer)
        grant = session.state().grants[transfer.grant] if transfer.grant else None
        if grant is None or not grant.holds(session.now()):
            # The contract would say so too, but only once somebody's data was looked up.
            raise UndeliverableError(
                ReasonCode.GRANT_DOES_NOT_HOLD, f"Grant {transfer.grant} doesn't hold any more."
            )
        description = self._description(dataset)
        question = self._question(transfer, dataset, description)
        fields = TermsRecords(session).terms(transfer.grant or 0).fields
        reference = description.specification
        schema = None
        if reference is not None:
            schema = session.fetch_record(Specification, reference.digest).table_schema
        if schema is None:
            raise ProviderError(
                f"{dataset.name} follows no specification of a table, so nothing can be checked"
            )
        table = self._table(dataset, question, schema, fields)
        self._making.make(
            intent,
            transfer,
            [pad(table)],
            dataset=dataset.name,
            media_type="text/csv",
            specification=reference,
            query=transfer.query,
            fields=fields,
            subject_nonce=self._tagging.begin(intent, transfer, question.subject),
        )

    def _table(
        self,
        dataset: Dataset,
        question: Question,
        schema: TableSchema,
        fields: Sequence[str] | None,
    ) -> bytes:
        """What the provider says, checked as a whole and cut to the columns that were granted.

        Raises:
            UndeliverableError: it is too much, or doesn't follow the specification.
            ProviderError: it failed for now.
        """
        session = self._session
        if not set(fields or ()) <= set(schema.field_names):
            raise UndeliverableError(
                ReasonCode.SPECIFICATION_BROKEN,
                "The service has not all of the columns that were granted any more.",
            )
        try:
            rows = self._provider(dataset).rows(question, schema.field_names)
        except SpecificationBroken as error:
            raise _broken(error.message) from error
        except InputError as error:
            raise UndeliverableError(
                ReasonCode.EXCESSIVE,
                "The query asks for more than is answered at once.",
                detail=error.message,
            ) from error
        try:
            return session.write_answer(schema, rows, fields)
        except SpecificationBroken as error:
            # Its problems quote cells.
            raise _broken(f"cells that break it: {len(error.problems)} or more") from None

    def _question(
        self, transfer: Transfer, dataset: Dataset, description: DatasetDescription
    ) -> Question:
        """What the query asks, once it is sure that this service was asked it, now, by the grantee.

        Raises:
            UndeliverableError: it is something else.
            RecordUnavailable: no node has it.
        """
        session = self._session
        receiver = session.state().departments[transfer.receiver]
        assert transfer.query is not None  # noqa: S101 - the kind says so
        asked = (transfer.query, transfer.receiver)
        if any(
            # By the same department: who copies another's query shall not stop it.
            (earlier.query, earlier.receiver) == asked and earlier.id < transfer.id
            for earlier in session.state().transfers.values()
        ):
            raise self._invalid(transfer, "it was asked before; each query has its own nonce")
        try:
            query = session.fetch_record(Query, transfer.query)
            query.require_match(dataset=dataset.name, requester=receiver.code)
        except RecordError as error:
            raise self._invalid(transfer, error.message) from error
        try:
            content = open_content(
                query,
                QueryContent,
                session.keys.load(),
                department=session.code,
                deployment=session.deployment,
            )
        except (NotFound, IntegrityError) as error:
            raise self._invalid(transfer, error.message) from error
        self._tagging.require_consent(transfer, content)
        if description.service is None:
            raise ProviderError(f"the description of {dataset.name} says not how it is asked")
        try:
            content.require_fits(description.service, consent=transfer.consent or 0)
        except RecordError as error:
            raise self._invalid(transfer, error.message) from error
        return Question(content.parameters, content.subject)

    def _invalid(self, transfer: Transfer, why: str) -> UndeliverableError:
        """The refusal of a query; why is for its requester alone, if it can be sealed to."""
        session = self._session
        receiver = session.state().departments[transfer.receiver]
        told = why if sealable(receiver, session.now()) else None
        return UndeliverableError(ReasonCode.QUERY_INVALID, _INVALID, grounds=told)

    def _provider(self, dataset: Dataset) -> Provider:
        try:
            provider = self._session.providers.provider(dataset.name)
        except ConfigError as error:
            raise ProviderError(error.message, hint=error.hint) from error
        if provider is None:
            raise ProviderError(
                f"nothing answers {dataset.name} here",
                hint=f'configure [services."{dataset.name}"] in config.toml',
            )
        return provider

    def _description(self, dataset: Dataset) -> DatasetDescription:
        return self._session.fetch_record(DatasetDescription, dataset.description)

    def _dataset(self, transfer: Transfer) -> Dataset:
        assert transfer.dataset is not None  # noqa: S101 - the kind says so
        return self._session.state().datasets[transfer.dataset]


def _broken(detail: str) -> UndeliverableError:
    return UndeliverableError(
        ReasonCode.SPECIFICATION_BROKEN,
        "What the service has doesn't follow its specification.",
        detail=detail,
    )


def own_services(state: LedgerState, code: Code) -> list[Dataset]:
    """The services of a department that aren't withdrawn."""
    me = state.departments_by_code.get(code)
    return [
        dataset
        for dataset in state.datasets.values()
        if me is not None
        and dataset.owner == me.id
        and dataset.kind is DatasetKind.SERVICE
        and not dataset.withdrawn
    ]


def require_answerable(provider: Provider, description: DatasetDescription) -> None:
    """Check that a provider can be asked what its service is asked.

    Raises:
        ConfigError: it can't.
    """
    service = description.service
    if service is not None:
        provider.require_fits(service.parameters.properties, subject=service.subject)
