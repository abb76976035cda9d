"""What a requester does: asking, asking again, taking a counter, escalating."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from ledger.client.mined import only
from ledger.client.offering import fitting_offer, require_offer
from ledger.client.results import Done, Requested
from ledger.client.session import Because
from ledger.client.terms import Changes, TermsRecords, call_of, changed, said, until
from ledger.errors import NotFound, RecordError, RecordUnavailable, RefusedError
from ledger.events import AccessRequested, GrantState, RequestResubmitted, SharingClass
from ledger.identifiers import OfferId
from ledger.models import Purpose, ReasonCode, Terms, checking_input
from ledger.ports import Intent, Receipt
from ledger.provenance import Dataset, Grant

WAITING_OR_GRANTED = (
    GrantState.REQUESTED,
    GrantState.COUNTERED,
    GrantState.RETURNED,
    GrantState.ESCALATED,
    GrantState.ORDERED,
    GrantState.ACTIVE,
)


class Asking(TermsRecords):
    """A requester's verbs."""

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
        offer: int | None = None,
    ) -> Requested:
        """Ask for a dataset; an identical request that waits or is granted is returned instead.

        An offer of the owner that covers it, the one named or else any, grants it at once.
        `contact` and `case` are sealed to the owner and the auditing bodies.

        Raises:
            NotFound: no such dataset or offer.
            InputError: malformed text, no validity, or a field that isn't a column.
            RefusedError: the dataset is closed, or the offer doesn't cover the request.
            ContractError: the ledger's rules refuse it.
        """
        session = self._session
        dataset = session.state().dataset(name)
        if dataset.sharing is SharingClass.CLOSED:
            raise RefusedError(
                f"{dataset.name} is closed: it can't be requested",
                hint=f"the legal reason is listed by: ledger dataset show {dataset.name}",
            )
        self._require_columns(dataset, fields)
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
            fields=None if fields is None else list(fields),
            onward_use=onward_use,
            offer=offer,
        ) as intent:
            if "terms" not in intent.state:
                with checking_input("what the terms say"):
                    terms = Terms(
                        dataset=dataset.name,
                        requester=session.code,
                        purpose=purpose,
                        purpose_text=purpose_text,
                        legal_basis=legal_basis,
                        fields=None if fields is None else tuple(fields),
                        retention_days=retention_days,
                        onward_use=onward_use,
                        security_measures=security_measures,
                        valid_until=valid_until or until(valid_days, session.now()),
                    )
                same = self._identical(dataset, terms, valid_days)
                if same is not None:
                    return _requested(same, dataset.name, already=True)
                under = self._offer(dataset, terms, offer)
                secret = {"contact": contact, "case": case}
                terms = self._sealed(terms, dataset, _present(secret))
                # The annex has a fresh key each time: kept, so that a second run names the same
                # digest.
                intent.save(terms=session.publish_record(terms).hex(), offer=under)
            receipt = self._request(intent, dataset)
        number = only(receipt, AccessRequested).grant
        return _requested(session.state().grant(number), dataset.name, already=False)

    def resubmit(
        self,
        number: int,
        *,
        contact: str | None = None,
        case: str | None = None,
        **changes: Unpack[Changes],
    ) -> Requested:
        """Ask again after a return, for the same or with changes; the deadline begins anew.

        `contact` and `case` replace what was sealed before.

        Raises:
            NotFound: no such request.
            InputError: malformed text, or a field that isn't a column.
            ContractError: it isn't this department's, or not returned.
        """
        session, grant = self._session, self._session.state().grant(number)
        dataset = session.state().datasets[grant.dataset]
        self._require_columns(dataset, changes.get("fields"))
        with session.intent("request resubmit", grant=number, changes=said(changes)) as intent:
            if "terms" not in intent.state:
                before = self.terms(number)
                try:
                    secret = self._opened(before)
                except NotFound:
                    secret = {}
                secret |= _present({"contact": contact, "case": case})
                terms = self._sealed(changed(before, changes, session.now()), dataset, secret)
                intent.save(terms=session.publish_record(terms).hex())
            digest = bytes.fromhex(str(intent.state["terms"]))
            terms = session.fetch_record(Terms, digest)
            call = call_of(terms, digest)
            receipt = session.act(
                "officer", "AccessGrants", "resubmit", grant.id, call, key=intent.key
            )
        only(receipt, RequestResubmitted)
        return _requested(session.state().grant(number), dataset.name, already=False)

    def accept(self, number: int) -> Done:
        """Take the terms that the owner offers instead, after checking that they say what the chain
        says.

        Raises:
            NotFound: no such request, or no counter waits.
            RecordUnavailable: the terms can't be fetched.
            IntegrityError: the terms contradict the counter.
            ContractError: it isn't this department's, or the counter has lapsed.
        """
        grant = self._session.state().grant(number)
        self.counter_terms(number)
        counter = self._counter(grant)
        return self._session.decide(
            "request accept", "AccessGrants", "accept", grant.id, counter.terms.digest
        )

    def withdraw(self, number: int) -> Done:
        """Take back a request that isn't granted.

        Raises:
            NotFound: no such request.
            ContractError: it isn't this department's, or decided for good.
        """
        grant = self._session.state().grant(number)
        return self._session.decide("request withdraw", "AccessGrants", "withdraw", grant.id)

    def escalate(
        self, number: int, *, reason: ReasonCode, text: str, grounds: str | None = None
    ) -> Done:
        """Bring a request that got no yes before the agency; `grounds` are sealed to agency, owner
        and auditing bodies.

        Raises:
            NotFound: no such request.
            ContractError: it isn't this department's, or the owner's answer isn't due yet.
        """
        session, state = self._session, self._session.state()
        grant = state.grant(number)
        agency = state.departments[state.agency_at(session.now())]
        return session.decide_because(
            "request escalate",
            "AccessGrants",
            "escalate",
            grant.id,
            because=Because(reason, text, grounds, (agency, state.departments[grant.owner])),
        )

    def _request(self, intent: Intent, dataset: Dataset) -> Receipt:
        session = self._session
        digest = bytes.fromhex(str(intent.state["terms"]))
        call = call_of(session.fetch_record(Terms, digest), digest)
        under = intent.state.get("offer")
        function, of = (
            ("request", dataset.id) if under is None else ("requestUnderOffer", int(str(under)))
        )
        return session.act("officer", "AccessGrants", function, of, call, key=intent.key)

    def _offer(self, dataset: Dataset, terms: Terms, named: int | None) -> OfferId | None:
        """The offer to ask under: the one that was named, else one that covers the terms."""
        if named is not None:
            return require_offer(self._session, named, dataset, terms)
        return fitting_offer(self._session, dataset, terms)

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
            except (RecordUnavailable, RecordError):
                continue
            ignored = {"annex": None}
            if valid_days is not None:
                ignored["valid_until"] = None
            if found.model_copy(update=ignored) == terms.model_copy(update=ignored):
                return grant
        return None


def _present(secret: dict[str, str | None]) -> dict[str, object]:
    return {name: value for name, value in secret.items() if value}


def _requested(grant: Grant, dataset: str, *, already: bool) -> Requested:
    return Requested(
        grant=grant.id,
        dataset=dataset,
        state=grant.state.name.lower(),
        respond_by=grant.respond_by,
        already=already,
    )
