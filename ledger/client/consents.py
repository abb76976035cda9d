"""Consents of subjects, as members relay them: recorded, withdrawn, found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.client.mined import only
from ledger.client.session import Session
from ledger.envelope.papers import ConsentPaper, WithdrawalPaper, read_paper
from ledger.errors import ContractError, InputError, NotFound, RefusedError
from ledger.events import ConsentRecorded, Event, QueryOpened
from ledger.events import ConsentWithdrawn as ConsentWithdrawnEvent
from ledger.identifiers import ConsentId
from ledger.models import ConsentLink
from ledger.ports import Intent
from ledger.provenance import Consent, Dataset


@dataclass(frozen=True)
class Recorded:
    """A consent and its number; `already` when it was recorded before."""

    consent: ConsentId
    dataset: str
    receiver: str
    valid_until: int
    """Unix seconds."""
    already: bool


@dataclass(frozen=True)
class Withdrawn:
    """A consent that is withdrawn for good; `already` when it was before."""

    consent: ConsentId
    already: bool


class Consents:
    """What subjects agreed to."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def record(self, paper: bytes) -> Recorded:
        """Bring a consent that a subject signed to the ledger; any member may.

        Whoever is to ask under it has to record it too, after somebody else did: its link, which
        goes into each query, is kept in the home.

        Raises:
            InputError: it is no consent, of another ledger, of other numbers than its names have,
                over, or of a dataset that needs none.
            NotFound: no such dataset or department.
            IntegrityError: the signature isn't by the key that it names.
            RefusedError: it was withdrawn, or another consent has used its withdrawal up.
            ContractError: the ledger's rules refuse it.
        """
        session = self._session
        consent = read_paper(paper, ConsentPaper, "consent")
        consent.require_signed(session.chain.deployment)
        with session.intent("consent record", withdrawal=consent.withdrawal.hex()) as intent:
            dataset = self._named(consent)
            found = self._recorded(consent)
            if found is None:
                self._require_recordable(consent, dataset)
                number, already = self._send(intent, consent)
            else:
                number, already = found.id, True
            if consent.receiver == session.code:
                session.store.subjects().save_link(number, consent.link)
        return Recorded(number, dataset.name, consent.receiver, consent.valid_until, already)

    def withdraw(self, paper: bytes) -> Withdrawn:
        """Withdraw a consent by what its subject derived for that; any member may.

        Raises:
            InputError: it is no withdrawal, or of another ledger.
            NotFound: the consent isn't recorded, so that there is nothing to withdraw.
            ContractError: the ledger's rules refuse it.
        """
        session = self._session
        withdrawal = read_paper(paper, WithdrawalPaper, "withdrawal")
        named = withdrawal.withdrawal(session.chain.deployment)
        with session.intent("consent withdraw", withdrawal=named.hex()) as intent:
            # What isn't recorded is not sent: it would publish what withdraws it for nothing.
            consent = session.state().consents_by_withdrawal.get(named)
            if consent is None:
                raise NotFound(
                    "the consent that this withdraws is not recorded",
                    hint="nothing is asked under it; destroy the consent's file",
                )
            already = consent.withdrawn_at is not None
            if not already:
                receipt = session.act(
                    "agent", "ConsentRegistry", "withdraw", withdrawal.preimage, key=intent.key
                )
                only(receipt, ConsentWithdrawnEvent)
        return Withdrawn(consent.id, already)

    def list(self, *, dataset: str | None = None, every: bool = False) -> list[Consent]:
        """The consents in force by number; with `every` those that ended, too.

        Raises:
            NotFound: no such dataset.
        """
        state, now = self._session.state(), self._session.now()
        wanted = state.dataset(dataset).id if dataset else None
        return [
            consent
            for _, consent in sorted(state.consents.items())
            if wanted in (None, consent.dataset) and (every or consent.in_force(now))
        ]

    def show(self, number: int) -> Consent:
        """One consent.

        Raises:
            NotFound: there is none of this number.
        """
        return self._session.state().consent(number)

    def history(self, number: int) -> Sequence[Event]:
        """All that happened to a consent: recorded, asked under, withdrawn.

        Raises:
            NotFound: there is none of this number.
        """
        consent = self.show(number)
        events = self._session.state().datasets[consent.dataset].history
        kinds = (ConsentRecorded, ConsentWithdrawnEvent, QueryOpened)
        return [one for one in events if isinstance(one, kinds) and one.consent == consent.id]

    def link(self, number: int) -> ConsentLink:
        """What a query under a consent carries for the owner, who sees from it whose it is.

        Raises:
            NotFound: there is no such consent, or its file isn't known to this home.
        """
        consent = self.show(number)
        link = self._session.store.subjects().link(consent.id)
        if link is None:
            raise NotFound(
                f"this home does not have the file of consent {number}, without which its owner "
                "cannot tell whose it is",
                hint="give it to: ledger consent record FILE",
            )
        return ConsentLink(number=consent.id, link=link)

    def _recorded(self, paper: ConsentPaper) -> Consent | None:
        """The consent that this paper became.

        Raises:
            RefusedError: it was withdrawn, or another one used its withdrawal up.
        """
        found = self._session.state().consents_by_withdrawal.get(paper.withdrawal)
        if found is None:
            return None
        said = paper.signed()
        same = (found.dataset, found.receiver, found.purpose, found.valid_until, found.signer)
        if same != (said.dataset, said.receiver, said.purpose, said.valid_until, paper.signer):
            raise RefusedError(
                f"consent {found.id}, by another signer or to something else, has used up this "
                "consent's withdrawal",
                hint="the subject makes a new consent; whoever recorded "
                f"consent {found.id} has seen this one: ledger consent show {found.id}",
            )
        if found.withdrawn_at is not None:
            raise RefusedError(
                f"this is consent {found.id}, which was withdrawn for good",
                hint="the subject makes a new consent",
            )
        return found

    def _require_recordable(self, paper: ConsentPaper, dataset: Dataset) -> None:
        now = self._session.now()
        if dataset.withdrawn:
            raise InputError(f"{dataset.name} is withdrawn: nothing is asked of it any more")
        if not dataset.consent_needed:
            raise InputError(
                f"{dataset.name} needs no consents", hint=f"ledger dataset show {dataset.name}"
            )
        if now >= paper.valid_until:
            raise InputError("the consent is over", hint="the subject makes a new one")

    def _send(self, intent: Intent, paper: ConsentPaper) -> tuple[ConsentId, bool]:
        """Record a consent; return its number, and whether somebody was quicker."""
        said = paper.signed()
        terms = (said.dataset, said.receiver, said.purpose, said.valid_until, said.withdrawal)
        try:
            receipt = self._session.act(
                "agent", "ConsentRegistry", "record", terms, paper.signature, key=intent.key
            )
        except ContractError as error:
            found = self._recorded(paper) if error.name == "ConsentRecordedAlready" else None
            if found is None:
                raise
            return found.id, True
        return only(receipt, ConsentRecorded).consent, False

    def _named(self, paper: ConsentPaper) -> Dataset:
        """The dataset of a consent, whose numbers must be those of the names beside them."""
        state = self._session.state()
        dataset, receiver = state.dataset(paper.dataset), state.department(paper.receiver)
        if (dataset.id, receiver.id) != (paper.dataset_number, paper.receiver_number):
            raise InputError(
                f"the consent says {paper.dataset} and {paper.receiver}, but what is signed is "
                f"dataset {paper.dataset_number} and department {paper.receiver_number}, "
                f"not {dataset.id} and {receiver.id}",
                hint="its subject was given a wrong directory: it makes a new consent",
            )
        return dataset
