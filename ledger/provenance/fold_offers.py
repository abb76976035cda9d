"""The rules of offers, and of requests made under one: what each requires and changes.

A rule checks everything before it changes anything, and returns the histories that its event
belongs to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.events import AccessRequested, Event, OfferPublished, OfferRetired, SharingClass
from ledger.provenance.access import Offer, Terms
from ledger.provenance.catalogue import Dataset
from ledger.provenance.members import Department
from ledger.provenance.rules import Histories, acting, decision, known, require

if TYPE_CHECKING:
    from ledger.provenance.state import LedgerState


def published(state: LedgerState, event: OfferPublished) -> Histories:
    """A standing permission with the next number, for a dataset that one officer may grant."""
    dataset = known(state.datasets, event.dataset, event, "dataset")
    owner = acting(state, event, dataset.owner)
    require(event.offer == len(state.offers) + 1, event, "the number isn't the next one")
    require_requestable(dataset, event)
    require(dataset.approvals == 1, event, f"{dataset.name} asks for two approvals")
    require(event.valid_until > event.at.timestamp, event, "it is over already")
    offer = Offer(
        id=event.offer,
        dataset=dataset.id,
        owner=owner.id,
        terms=Terms(
            event.terms, event.purpose, event.all_fields, event.onward_use, event.valid_until
        ),
        group=event.group,
        standing=event.standing,
        longest=event.longest,
        published_at=event.at.timestamp,
    )
    state.offers[offer.id] = offer
    return offer.events, dataset.events, owner.events


def retired(state: LedgerState, event: OfferRetired) -> Histories:
    """The end of an offer, by its owner."""
    offer = known(state.offers, event.offer, event, "offer")
    owner = acting(state, event, offer.owner)
    require(offer.dataset == event.dataset, event, f"offer {offer.id} is of another dataset")
    require(offer.retirement is None, event, f"offer {offer.id} is retired")
    offer.retirement = decision(event)
    return offer.events, state.datasets[offer.dataset].events, owner.events


def require_requestable(dataset: Dataset, event: Event) -> None:
    """Check that anybody may be granted a dataset.

    Raises:
        IntegrityError: it is withdrawn or closed.
    """
    require(not dataset.withdrawn, event, f"{dataset.name} is withdrawn")
    require(dataset.sharing is not SharingClass.CLOSED, event, f"{dataset.name} is closed")


def require_fitting(
    state: LedgerState,
    event: AccessRequested,
    dataset: Dataset,
    requester: Department,
    asked: Terms,
) -> None:
    """Check that a request may be made under the offer that it names.

    Raises:
        IntegrityError: the offer doesn't fit, is over, or offers less.
    """
    offer = known(state.offers, event.offer, event, "offer")
    now = event.at.timestamp
    require(offer.dataset == dataset.id, event, f"offer {offer.id} is of another dataset")
    require(offer.in_force(now), event, f"offer {offer.id} is retired or over")
    fits = requester.qualifies(offer.group, offer.standing, offer.published_at, now)
    require(fits, event, f"offer {offer.id} doesn't fit {requester.code}")
    require(offer.covers(asked, now), event, f"offer {offer.id} offers less")
    require(dataset.approvals == 1, event, f"{dataset.name} asks for two approvals")
