"""Offers: an owner's standing permissions, and the one that a request fits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ledger.client.mined import only
from ledger.client.results import Done, Offered
from ledger.client.session import Because, Session
from ledger.client.terms import SECONDS_PER_DAY, TermsRecords, until
from ledger.errors import InputError, NotFound, RecordError, RecordUnavailable, RefusedError
from ledger.events import OfferPublished, SharingClass
from ledger.identifiers import Code, OfferId, encode_code, parse_code
from ledger.models import Offer as OfferRecord
from ledger.models import Purpose, ReasonCode, Terms, checking_input
from ledger.provenance import Dataset, Offer
from ledger.words import there_are


class Offers(TermsRecords):
    """What an owner permits beforehand."""

    def publish(
        self,
        name: str,
        *,
        longest_days: int,
        valid_days: int,
        retention_days: int,
        security_measures: str,
        group: str | None = None,
        standing: int = 0,
        purpose: Purpose | None = None,
        fields: Sequence[str] | None = None,
        onward_use: bool = False,
    ) -> Offered:
        """Permit whoever fits to have a dataset at once, for at most `longest_days`, if it asks
        within `valid_days`.

        Raises:
            NotFound: no such dataset.
            InputError: malformed text, a field that isn't a column, or another's dataset.
            ContractError: the ledger's rules refuse it.
        """
        session = self._session
        dataset = session.own_dataset(name)
        self._require_columns(dataset, fields)
        in_group = parse_code(group) if group else None
        if longest_days < 1:
            raise InputError("an offer says for how many days a grant is valid, from 1 on")
        with session.intent(
            "offer publish",
            dataset=dataset.name,
            group=group,
            standing=standing,
            purpose=purpose.label if purpose else None,
            fields=None if fields is None else list(fields),
            retention_days=retention_days,
            security_measures=security_measures,
            onward_use=onward_use,
            longest_days=longest_days,
            valid_days=valid_days,
        ) as intent:
            if "offer" not in intent.state:
                with checking_input("the offer"):
                    record = OfferRecord(
                        dataset=dataset.name,
                        group=in_group,
                        standing=standing,
                        purpose=purpose,
                        fields=None if fields is None else tuple(fields),
                        retention_days=retention_days,
                        onward_use=onward_use,
                        security_measures=security_measures,
                        valid_until=until(valid_days, session.now()),
                        longest_seconds=longest_days * SECONDS_PER_DAY,
                    )
                intent.save(offer=session.publish_record(record).hex())
            digest = bytes.fromhex(str(intent.state["offer"]))
            record = session.fetch_record(OfferRecord, digest)
            call = _call_of(record, digest)
            receipt = session.act(
                "officer", "AccessGrants", "publishOffer", dataset.id, call, key=intent.key
            )
        event = only(receipt, OfferPublished)
        return Offered(event.offer, dataset.name, event.valid_until)

    def retire(self, number: int, *, reason: ReasonCode, text: str) -> Done:
        """End an offer; what was granted under it stays granted.

        Raises:
            NotFound: no such offer.
            ContractError: it isn't this department's, or retired already.
        """
        offer = self.show(number)
        return self._session.decide_because(
            "offer retire", "AccessGrants", "retireOffer", offer.id, because=Because(reason, text)
        )

    def list(self, *, dataset: str | None = None, in_force: bool = False) -> list[Offer]:
        """Offers by number, of all owners.

        Raises:
            NotFound: no such dataset.
        """
        state, now = self._session.state(), self._session.now()
        wanted = state.dataset(dataset).id if dataset else None
        return [
            offer
            for _, offer in sorted(state.offers.items())
            if wanted in (None, offer.dataset) and (offer.in_force(now) or not in_force)
        ]

    def show(self, number: int) -> Offer:
        """One offer.

        Raises:
            NotFound: there is none of this number.
        """
        return _offer(self._session, number)

    def record(self, number: int) -> OfferRecord:
        """What an offer permits in words, checked against what the chain says of it.

        Raises:
            NotFound: no such offer.
            RecordUnavailable: no node has the record.
            RecordError: it contradicts the chain.
        """
        return offer_record(self._session, self.show(number))


def require_offer(session: Session, number: int, dataset: Dataset, terms: Terms) -> OfferId:
    """Check that an offer covers what these terms ask for.

    Raises:
        NotFound: there is no such offer.
        RecordUnavailable: no node has its record.
        RefusedError: it is of another dataset, over, doesn't fit this department, or covers less.
    """
    offer = _offer(session, number)
    against = [*_against(session, offer, dataset, terms)]
    if against:
        raise RefusedError(
            f"offer {number} doesn't cover this request: {'; '.join(against)}",
            hint=f"ledger offer show {number}; without --offer the owner is asked",
        )
    return offer.id


def fitting_offer(session: Session, dataset: Dataset, terms: Terms) -> OfferId | None:
    """The first offer that covers what these terms ask for; None where none does."""
    if dataset.sharing is not SharingClass.CONDITIONAL:
        return None
    for offer in session.state().offers.values():
        try:
            if offer.dataset == dataset.id and not [*_against(session, offer, dataset, terms)]:
                return offer.id
        except (RecordUnavailable, RecordError):
            continue  # its record can't be read: the owner is asked instead
    return None


def offer_record(session: Session, offer: Offer) -> OfferRecord:
    """The record of an offer, checked against what the chain says of it.

    Raises:
        RecordUnavailable: no node has it.
        RecordError: it contradicts the chain.
    """
    record = session.fetch_record(OfferRecord, offer.terms.digest)
    record.require_match(
        dataset=session.state().datasets[offer.dataset].name,
        group=offer.group,
        purpose=offer.terms.purpose,
        standing=offer.standing,
        all_fields=offer.terms.all_fields,
        onward_use=offer.terms.onward_use,
        valid_until=offer.terms.valid_until,
        longest=offer.longest,
    )
    return record


def _against(session: Session, offer: Offer, dataset: Dataset, terms: Terms) -> Iterator[str]:
    """What speaks against asking under an offer."""
    me, now = session.me(), session.now()
    if offer.dataset != dataset.id:
        yield "it is of another dataset"
        return
    if dataset.approvals > 1:
        yield f"{dataset.name} asks for two officers by now"
    if not offer.in_force(now):
        yield "it is retired or over"
    if not me.qualifies(offer.group, offer.standing, offer.published_at, now):
        yield f"{session.code} is not in its group, or of a lower standing, or was reset since"
    if terms.valid_until > now + offer.longest:
        yield f"it grants for {offer.longest // SECONDS_PER_DAY} days at most"
    try:
        offer_record(session, offer).require_covers(terms)
    except RecordError as error:
        yield error.message


def _offer(session: Session, number: int) -> Offer:
    offers = session.state().offers
    found = offers.get(OfferId(number))
    if found is None:
        raise NotFound(
            f"there is no offer {number}; {there_are(len(offers))}", hint="ledger offer list"
        )
    return found


def _call_of(record: OfferRecord, digest: bytes) -> tuple[object, ...]:
    """An offer as the contract takes it (`IAccessGrants.Offer`)."""
    return (
        digest,
        encode_code(Code(record.group)) if record.group else bytes(32),
        int(record.purpose or 0),
        record.standing,
        record.fields is None,
        record.onward_use,
        record.valid_until,
        record.longest_seconds,
    )
