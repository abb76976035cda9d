"""Requests and the grants that they become: asking, deciding, suspending, revoking."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.client.grants import of_dataset
from ledger.client.results import Done, Requested
from ledger.client.session import Because, Session, only
from ledger.envelope.annex import open_annex, seal_annex
from ledger.errors import InputError, NotFound, RecordError, RefusedError
from ledger.events import AccessRequested, GrantState, SharingClass
from ledger.models import Purpose, ReasonCode, Terms, checking_input
from ledger.provenance import Dataset, Grant

SECONDS_PER_DAY = 86_400
WAITING_OR_GRANTED = (GrantState.REQUESTED, GrantState.ACTIVE)


class Requests:
    """What a department asks for, and what an owner answers."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def create(
        self,
        name: str,
        *,
        purpose: Purpose,
        purpose_text: str,
        legal_basis: str,
        retention_days: int,
        security_measures: str,
        valid_days: int | None = None,
        valid_until: int | None = None,
        fields: Sequence[str] | None = None,
        onward_use: bool = False,
        contact: str | None = None,
        case: str | None = None,
    ) -> Requested:
        """Ask for a dataset; an identical request that waits or is granted is returned instead.

        `contact` and `case` are sealed to the owner and the auditing bodies.

        Raises:
            NotFound: no such dataset.
            InputError: malformed text, or no validity.
            RefusedError: the dataset is closed, or only some fields are asked for.
            ContractError: the ledger's rules refuse it.
        """
        session = self._session
        dataset = session.state().dataset(name)
        if dataset.sharing is SharingClass.CLOSED:
            raise RefusedError(
                f"{dataset.name} is closed: it can't be requested",
                hint=f"the legal reason is listed by: ledger dataset show {dataset.name}",
            )
        if fields is not None:
            raise RefusedError(
                "a request for some of the fields can't be served yet: derived payloads come later",
                hint="leave out --fields to ask for all of them",
            )
        with session.intent(
            "request create",
            dataset=dataset.name,
            purpose=purpose.label,
            purpose_text=purpose_text,
            legal_basis=legal_basis,
            retention_days=retention_days,
            security_measures=security_measures,
            valid_days=valid_days,
            valid_until=valid_until,
            onward_use=onward_use,
        ) as intent:
            if "terms" not in intent.state:
                until = valid_until or session.now() + _seconds(valid_days)
                with checking_input("the terms"):
                    terms = Terms(
                        dataset=dataset.name,
                        requester=session.code,
                        purpose=purpose,
                        purpose_text=purpose_text,
                        legal_basis=legal_basis,
                        fields=None,
                        retention_days=retention_days,
                        onward_use=onward_use,
                        security_measures=security_measures,
                        valid_until=until,
                    )
                same = self._identical(dataset, terms, valid_days)
                if same is not None:
                    return _requested(same, dataset.name, already=True)
                terms = self._sealed(terms, dataset, contact=contact, case=case)
                # The annex has a fresh key each time: kept, so that a second run names the same
                # digest.
                digest = session.publish_record(terms)
                intent.save(terms=digest.hex())
            digest_hex = str(intent.state["terms"])
            terms = session.fetch_record(Terms, bytes.fromhex(digest_hex))
            receipt = session.act(
                "officer",
                "AccessGrants",
                "request",
                dataset.id,
                (
                    bytes.fromhex(digest_hex),
                    int(terms.purpose),
                    terms.all_fields,
                    terms.onward_use,
                    terms.valid_until,
                ),
                key=intent.key,
            )
        number = only(receipt, AccessRequested).grant
        return _requested(session.state().grant(number), dataset.name, already=False)

    def approve(self, number: int) -> Done:
        """Approve a request, after checking that its terms say what the chain says.

        Raises:
            NotFound: no such request.
            RecordUnavailable: the terms can't be fetched: refuse it for that reason.
            IntegrityError: the terms contradict the request.
            ContractError: the ledger's rules refuse it.
        """
        grant = self._session.state().grant(number)
        self.terms(number)
        return self._session.decide(
            "request approve", "AccessGrants", "approve", grant.id, grant.terms
        )

    def refuse(
        self, number: int, *, reason: ReasonCode, text: str, grounds: str | None = None
    ) -> Done:
        """Refuse a request; `grounds` are sealed to the requester and the auditing bodies.

        Raises:
            NotFound: no such request.
            ContractError: it isn't this department's to refuse, or not waiting.
        """
        session, state = self._session, self._session.state()
        grant = state.grant(number)
        readers = (state.departments[grant.requester],)
        return session.decide_because(
            "request refuse",
            "AccessGrants",
            "refuse",
            grant.id,
            because=Because(reason, text, grounds, readers),
        )

    def withdraw(self, number: int) -> Done:
        """Take back a request that waits.

        Raises:
            NotFound: no such request.
            ContractError: it isn't this department's, or not waiting.
        """
        grant = self._session.state().grant(number)
        return self._session.decide("request withdraw", "AccessGrants", "withdraw", grant.id)

    def list(self, *, dataset: str | None = None) -> list[Grant]:
        """Requests by number, of all members, whatever became of them.

        Raises:
            NotFound: no such dataset.
        """
        return of_dataset(self._session, dataset)

    def show(self, number: int) -> Grant:
        """One request or grant.

        Raises:
            NotFound: there is none of this number.
        """
        return self._session.state().grant(number)

    def terms(self, number: int) -> Terms:
        """The terms of a request, checked against what the chain says of it.

        Raises:
            NotFound: no such request.
            RecordUnavailable: no node has them.
            RecordError: they contradict the chain.
        """
        session, state = self._session, self._session.state()
        grant = state.grant(number)
        terms = session.fetch_record(Terms, grant.terms)
        terms.require_match(
            dataset=state.datasets[grant.dataset].name,
            requester=state.departments[grant.requester].code,
            purpose=grant.purpose,
            all_fields=grant.all_fields,
            onward_use=grant.onward_use,
            valid_until=grant.valid_until,
        )
        return terms

    def sealed(self, number: int) -> dict[str, object]:
        """The sealed part of a request's terms, for those to whom it is sealed.

        Raises:
            NotFound: there is none, or it isn't sealed to this department.
            IntegrityError: it was altered.
        """
        session = self._session
        return open_annex(
            self.terms(number),
            session.keys.load(),
            department=session.code,
            deployment=session.deployment,
        )

    def _identical(self, dataset: Dataset, terms: Terms, valid_days: int | None) -> Grant | None:
        """This department's request that waits or is granted and asks for the same.

        A validity in days counts from each run's own time, so it is not compared.
        """
        session = self._session
        me, now = session.me().id, session.now()
        for grant in session.state().grants.values():
            if (grant.dataset, grant.requester) != (dataset.id, me):
                continue
            if grant.state not in WAITING_OR_GRANTED or grant.valid_until <= now:
                continue
            try:
                found = self.terms(grant.id)
            except (NotFound, RecordError):
                continue
            ignored = {"annex": None}
            if valid_days is not None:
                ignored["valid_until"] = None
            if found.model_copy(update=ignored) == terms.model_copy(update=ignored):
                return grant
        return None

    def _sealed(
        self, terms: Terms, dataset: Dataset, *, contact: str | None, case: str | None
    ) -> Terms:
        secret: dict[str, object] = {
            key: value for key, value in (("contact", contact), ("case", case)) if value
        }
        if not secret:
            return terms
        session = self._session
        owner = session.state().departments[dataset.owner]
        return seal_annex(
            terms, secret, session.recipients([owner, session.me()]), deployment=session.deployment
        )


def _seconds(valid_days: int | None) -> int:
    if valid_days is None or valid_days < 1:
        raise InputError("a request says how long it is for, in days from 1 on, or until when")
    return valid_days * SECONDS_PER_DAY


def _requested(grant: Grant, dataset: str, *, already: bool) -> Requested:
    return Requested(
        grant=grant.id,
        dataset=dataset,
        state=grant.state.name.lower(),
        respond_by=grant.respond_by,
        already=already,
    )
