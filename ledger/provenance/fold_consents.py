"""The rules of `ConsentRegistry`'s events: what each requires and what it changes.

A rule checks everything before it changes anything, and returns the histories that its event
belongs to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eth_hash.auto import keccak

from ledger.events import ConsentRecorded, ConsentWithdrawn
from ledger.provenance.consents import Consent
from ledger.provenance.rules import Histories, histories, known, require

if TYPE_CHECKING:
    from ledger.provenance.state import LedgerState


def recorded(state: LedgerState, event: ConsentRecorded) -> Histories:
    """A consent that is new, for a service that needs one."""
    dataset = known(state.datasets, event.dataset, event, "dataset")
    known(state.departments, event.receiver, event, "department")
    require(event.consent == len(state.consents) + 1, event, "the number isn't the next one")
    require(not dataset.withdrawn, event, f"{dataset.name} is withdrawn")
    require(dataset.consent_needed, event, f"{dataset.name} needs no consents")
    require(event.valid_until > event.at.timestamp, event, "it is over already")
    new = event.withdrawal not in state.consents_by_withdrawal
    require(new, event, "a consent with this withdrawal was recorded before")
    consent = Consent(
        id=event.consent,
        dataset=dataset.id,
        receiver=event.receiver,
        purpose=event.purpose,
        valid_until=event.valid_until,
        withdrawal=event.withdrawal,
        signer=event.signer,
        recorded_at=event.at.timestamp,
    )
    state.consents[consent.id] = state.consents_by_withdrawal[consent.withdrawal] = consent
    return _histories(state, consent)


def withdrawn(state: LedgerState, event: ConsentWithdrawn) -> Histories:
    """The end of a consent, by whoever knew what withdraws it."""
    consent = known(state.consents, event.consent, event, "consent")
    same = (consent.dataset, consent.receiver) == (event.dataset, event.receiver)
    require(same, event, f"consent {consent.id} is of another dataset or receiver")
    require(consent.withdrawn_at is None, event, f"consent {consent.id} is withdrawn")
    revealed = bytes(keccak(event.preimage)) == consent.withdrawal
    require(revealed, event, f"that isn't what withdraws consent {consent.id}")
    consent.withdrawn_at = event.at.timestamp
    return _histories(state, consent)


def _histories(state: LedgerState, consent: Consent) -> Histories:
    dataset = state.datasets[consent.dataset]
    receiver, owner = state.departments[consent.receiver], state.departments[dataset.owner]
    return histories(dataset.events, owner.events, receiver.events)
