"""What an owner does about a request: approving, countering, returning, refusing, complying."""

from __future__ import annotations

from dataclasses import replace
from typing import Unpack

from ledger.client.mined import only
from ledger.client.results import Countered, Decided, Done
from ledger.client.session import Because
from ledger.client.terms import Changes, TermsRecords, call_of, changed, said
from ledger.events import GrantActivated, RequestCountered
from ledger.models import ReasonCode, Terms


class Deciding(TermsRecords):
    """An owner's verbs."""

    def approve(self, number: int) -> Decided:
        """Approve a request, after checking that its terms say what the chain says.

        Where the dataset asks for two officers, it is granted by the second.

        Raises:
            NotFound: no such request.
            RecordUnavailable: the terms can't be fetched: refuse it for that reason.
            IntegrityError: the terms contradict the request.
            ContractError: the ledger's rules refuse it.
        """
        return self._agree("approve", number)

    def comply(self, number: int) -> Decided:
        """Grant what the agency ordered, after checking that its terms say what the chain says.

        Raises:
            NotFound: no such request.
            RecordUnavailable: the terms can't be fetched.
            IntegrityError: the terms contradict the request.
            ContractError: it isn't this department's, or not ordered.
        """
        return self._agree("comply", number)

    def counter(self, number: int, **changes: Unpack[Changes]) -> Countered:
        """Offer the requester other terms: those it asked for, with changes.

        Raises:
            NotFound: no such request.
            InputError: malformed text, or a field that isn't a column.
            ContractError: it isn't this department's to answer, or not waiting.
        """
        session, grant = self._session, self._session.state().grant(number)
        self._require_columns(session.state().datasets[grant.dataset], changes.get("fields"))
        with session.intent("request counter", grant=number, changes=said(changes)) as intent:
            if "terms" not in intent.state:
                terms = changed(self.terms(number), changes, session.now(), counter_by=session.code)
                intent.save(terms=session.publish_record(terms).hex())
            digest = bytes.fromhex(str(intent.state["terms"]))
            call = call_of(session.fetch_record(Terms, digest), digest)
            receipt = session.act(
                "officer", "AccessGrants", "counter", grant.id, call, key=intent.key
            )
        event = only(receipt, RequestCountered)
        return Countered(event.grant, event.terms, event.lapses_at)

    def return_for_completion(
        self, number: int, *, reason: ReasonCode, text: str, grounds: str | None = None
    ) -> Done:
        """Send a request back to be completed; `grounds` are sealed as in a refusal.

        Raises:
            NotFound: no such request.
            ContractError: it isn't this department's to answer, or not waiting.
        """
        return self._because(
            "return", "returnForCompletion", number, Because(reason, text, grounds)
        )

    def refuse(
        self, number: int, *, reason: ReasonCode, text: str, grounds: str | None = None
    ) -> Done:
        """Refuse a request; `grounds` are sealed to the requester and the auditing bodies.

        Raises:
            NotFound: no such request.
            ContractError: it isn't this department's to refuse, or not waiting.
        """
        return self._because("refuse", "refuse", number, Because(reason, text, grounds))

    def _agree(self, verb: str, number: int) -> Decided:
        session = self._session
        grant = session.state().grant(number)
        self.terms(number)
        with session.intent(f"request {verb}", grant=number, terms=grant.terms.hex()) as intent:
            receipt = session.act(
                "officer", "AccessGrants", verb, grant.id, grant.terms, key=intent.key
            )
        granted = any(isinstance(event, GrantActivated) for event in receipt.events)
        return Decided(receipt.transaction, receipt.block.number, granted)

    def _because(self, verb: str, function: str, number: int, reason: Because) -> Done:
        state = self._session.state()
        grant = state.grant(number)
        return self._session.decide_because(
            f"request {verb}",
            "AccessGrants",
            function,
            grant.id,
            because=replace(reason, readers=(state.departments[grant.requester],)),
        )
