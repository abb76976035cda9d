"""Datasets: registering, describing, finding, withdrawing them, and publishing their versions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from ledger.client.describing import require_subject, require_table
from ledger.client.erasure import erase_version
from ledger.client.mined import only
from ledger.client.publishing import Publisher
from ledger.client.recalling import (
    Concerned,
    Recalled,
    of_dataset,
    recall_version,
    would_concern,
)
from ledger.client.results import DatasetView, Done, Erased, Published, Registered
from ledger.client.session import Because, Session
from ledger.client.specs import Specifications
from ledger.errors import InputError, RecordError, RecordUnavailable
from ledger.events import DatasetKind, DatasetRegistered, SharingClass
from ledger.identifiers import DatasetName, Digest, encode_code, parse_code
from ledger.models import DatasetDescription, ReasonCode, Service, checking_input
from ledger.provenance import Dataset

LANGUAGE = "en"


class Datasets:
    """What there is to share, as its owners describe it."""

    def __init__(self, session: Session, specs: Specifications) -> None:
        self._session = session
        self._specs = specs
        self._publisher = Publisher(session, specs)

    def publish(
        self,
        name: str,
        file: Path,
        *,
        again: bool = False,
        validate: bool = True,
        media_type: str | None = None,
        sources: Iterable[int] = (),
    ) -> Published:
        """Publish a file as a dataset's next version; identical content is a no-op unless `again`.

        `sources` are the transfers to this department that it was made from.

        Raises:
            NotFound: no such dataset, or no such file.
            InputError: it is another department's, or a service; a source isn't to this one.
            RefusedError: a source isn't acknowledged, or may not be used onward.
            SpecificationBroken: the file doesn't follow the dataset's specification.
            FileChanged: the file changed while it was read; nothing was published.
            ContractError: the dataset is withdrawn, or the account may not publish.
        """
        with self._session.keys.held():
            return self._publisher.publish(
                name,
                file,
                again=again,
                validate=validate,
                media_type=media_type,
                sources=sources,
            )

    def register(
        self,
        slug: str,
        *,
        title: str,
        description: str,
        service: Service | None = None,
        sharing: SharingClass = SharingClass.CONDITIONAL,
        specification: str | None = None,
        approvals: int = 1,
        agent_may_publish: bool = False,
        consent_needed: bool = False,
        legal_reason: str | None = None,
        keywords: Iterable[str] = (),
        language: str = LANGUAGE,
        licence: str | None = None,
    ) -> Registered:
        """Register a dataset of this department: a file, or a `service` and how it is asked; where
        `consent_needed`, each query of the service names a consent.

        Raises:
            InputError: malformed text, a closed dataset without a legal reason, a service whose
                answers follow no specification of a table, or consents of nobody.
            NotFound: no such specification.
            ContractError: the slug is taken.
        """
        session = self._session
        code = parse_code(slug)
        if sharing is SharingClass.CLOSED and not legal_reason:
            raise InputError("a closed dataset is listed with the legal reason why it is closed")
        with checking_input("the description"):
            record = DatasetDescription(
                publisher=session.code,
                title=title,
                description=description,
                keywords=tuple(keywords),
                specification=self._specs.reference(specification) if specification else None,
                service=service,
                legal_reason=legal_reason,
                language=language,
                licence=licence,
            )
        require_subject(record, consent_needed)
        if service is not None:
            require_table(self._specs, specification)
        kind = DatasetKind.FILE if service is None else DatasetKind.SERVICE
        digest = session.publish_record(record)
        rules = (int(sharing), approvals, agent_may_publish, consent_needed)
        with session.intent(
            "dataset register", slug=slug, rules=list(rules), description=digest.hex()
        ) as intent:
            receipt = session.act(
                "officer",
                "DatasetRegistry",
                "register",
                encode_code(code),
                int(kind),
                rules,
                digest,
                key=intent.key,
            )
        event = only(receipt, DatasetRegistered)
        return Registered(event.dataset, f"{session.code}/{code}")

    def edit(
        self,
        name: str,
        *,
        title: str | None = None,
        description: str | None = None,
        sharing: SharingClass | None = None,
        specification: str | None = None,
        approvals: int | None = None,
        agent_may_publish: bool | None = None,
        consent_needed: bool | None = None,
        service: Service | None = None,
        legal_reason: str | None = None,
        keywords: Iterable[str] | None = None,
    ) -> Done:
        """Change what is given of a dataset's description and rules; grants stay as they are.

        Raises:
            NotFound: no such dataset or specification.
            InputError: it is another department's, the text is malformed, a file isn't asked
                anything, or consents of nobody.
            RecordUnavailable: its present description can't be fetched.
            ContractError: it is withdrawn.
        """
        session = self._session
        dataset = session.own_dataset(name)
        if service is not None and dataset.kind is not DatasetKind.SERVICE:
            raise InputError(f"{dataset.name} is a file: it isn't asked with parameters")
        if specification is not None and dataset.kind is DatasetKind.SERVICE:
            require_table(self._specs, specification)
        record = session.fetch_record(DatasetDescription, dataset.description)
        changes = {
            "title": title,
            "description": description,
            "legal_reason": legal_reason,
            "service": service,
            "keywords": tuple(keywords) if keywords is not None else None,
            "specification": self._specs.reference(specification) if specification else None,
        }
        given = {field: value for field, value in changes.items() if value is not None}
        with checking_input("the description"):
            edited = DatasetDescription.model_validate({**dict(record), **given})
        sharing = dataset.sharing if sharing is None else sharing
        if sharing is SharingClass.CLOSED and not edited.legal_reason:
            raise InputError("a closed dataset is listed with the legal reason why it is closed")
        consents = dataset.consent_needed if consent_needed is None else consent_needed
        require_subject(edited, consents)
        rules = (
            int(sharing),
            dataset.approvals if approvals is None else approvals,
            dataset.agent_may_publish if agent_may_publish is None else agent_may_publish,
            consents,
        )
        digest = session.publish_record(edited)
        return session.decide("dataset edit", "DatasetRegistry", "edit", dataset.id, rules, digest)

    def withdraw(self, name: str, *, reason: ReasonCode, text: str) -> Done:
        """Withdraw a dataset, or one version (`department/slug@version`), for good.

        Raises:
            NotFound: no such dataset or version.
            InputError: it is another department's.
            ContractError: it is withdrawn already.
        """
        session = self._session
        dataset = session.own_dataset(name)
        version = DatasetName.parse(name).version
        if version is not None:
            dataset.version(version)
        function = "withdraw" if version is None else "withdrawVersion"
        return session.decide_because(
            "dataset withdraw",
            "DatasetRegistry",
            function,
            *([dataset.id] if version is None else [dataset.id, version]),
            because=Because(reason, text),
        )

    def recall(
        self,
        name: str,
        *,
        reason: ReasonCode,
        text: str,
        replaced_by: int | None = None,
    ) -> Recalled:
        """Call on all receivers of a version (`department/slug@version`), also of what was made
        from it, to replace or destroy it; it is withdrawn first.

        Raises:
            NotFound: no such dataset or version.
            InputError: it is another department's, no version is named, it isn't what versions are
                recalled for, or what takes its place is itself or withdrawn.
            ContractError: it is recalled already.
        """
        return recall_version(
            self._session, name, reason=reason, text=text, replaced_by=replaced_by
        )

    def concerned(self, name: str) -> Sequence[Concerned]:
        """Whom a recall of this version would concern now, directly and through lineage.

        Raises:
            NotFound: no such dataset or version.
            InputError: it is another department's, or no version is named.
        """
        return would_concern(self._session, name)

    def recalls(self, name: str) -> Sequence[Concerned]:
        """What the recalls of a dataset's versions concern, and what was attested.

        Raises:
            NotFound: no such dataset.
        """
        state = self._session.state()
        return list(of_dataset(state, state.dataset(name)))

    def erase(self, name: str, *, text: str) -> Erased:
        """Withdraw a version (`department/slug@version`), if it isn't, and destroy its data key.

        Raises:
            NotFound: no such dataset or version.
            InputError: it is another department's, or no version is named.
            ContractError: it may not be withdrawn by this account.
        """
        return erase_version(self._session, name, text=text)

    def list(
        self, *, owner: str | None = None, sharing: SharingClass | None = None
    ) -> list[DatasetView]:
        """The datasets that aren't withdrawn, by name.

        Raises:
            NotFound: no department has the code `owner`.
        """
        state = self._session.state()
        wanted = state.department(owner).id if owner else None
        return [
            self._view(dataset)
            for dataset in sorted(state.datasets.values(), key=lambda dataset: dataset.name)
            if not dataset.withdrawn
            and wanted in (None, dataset.owner)
            and sharing in (None, dataset.sharing)
        ]

    def search(self, text: str) -> Sequence[DatasetView]:
        """The datasets whose name, title, description or keywords contain every word of `text`."""
        words = text.casefold().split()
        return [view for view in self.list() if all(word in _searchable(view) for word in words)]

    def show(self, name: str) -> DatasetView:
        """One dataset, withdrawn or not.

        Raises:
            NotFound: there is none of this name.
        """
        return self._view(self._session.state().dataset(name))

    def _view(self, dataset: Dataset) -> DatasetView:
        owner = self._session.state().departments[dataset.owner].code
        return DatasetView(dataset, owner, self._description(owner, dataset.description))

    def _description(self, owner: str, digest: Digest) -> DatasetDescription | None:
        # A record that can't be fetched, or isn't what it should be, is treated as absent.
        try:
            record = self._session.fetch_record(DatasetDescription, digest)
        except (RecordUnavailable, RecordError):
            return None
        return record if record.publisher == owner else None


def _searchable(view: DatasetView) -> str:
    parts = [view.dataset.name]
    if view.description is not None:
        parts += [view.description.title, view.description.description, *view.description.keywords]
    return " ".join(parts).casefold()
