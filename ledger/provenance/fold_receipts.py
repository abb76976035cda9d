"""The rules of what follows a release, or stands beside it: what each event requires and changes.

A rule checks everything before it changes anything, and returns the histories that its event
belongs to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eth_hash.auto import keccak

from ledger.codes import PayloadKind
from ledger.events import (
    KeyDisclosed,
    SubjectRevealed,
    SubjectTagged,
    TransferAcknowledged,
    TransferDeclined,
    TransferDisputed,
    TransferReleased,
    TransferSettled,
    TransferState,
)
from ledger.identifiers import DatasetId, DepartmentId, Digest
from ledger.provenance.deliveries import Disclosure, SubjectTag, Transfer
from ledger.provenance.fold_transfers import require_current_key, transfer_histories
from ledger.provenance.rules import (
    Histories,
    acting,
    decision,
    histories,
    impossible,
    known,
    require,
)
from ledger.provenance.times import Decision

if TYPE_CHECKING:
    from ledger.provenance.state import LedgerState

TransferStep = (
    TransferDeclined
    | TransferAcknowledged
    | TransferDisputed
    | TransferSettled
    | KeyDisclosed
    | SubjectTagged
    | SubjectRevealed
)


def declined(state: LedgerState, event: TransferDeclined) -> Histories:
    """The owner's no to a delivery."""
    transfer = _transfer(state, event, TransferState.OPENED)
    acting(state, event, transfer.sender)
    transfer.state = TransferState.DECLINED
    transfer.decision = decision(event)
    return transfer_histories(state, transfer)


def acknowledged(state: LedgerState, event: TransferAcknowledged) -> Histories:
    """The receipt for the manifest that was released; a suspended receiver may give it."""
    transfer = _transfer(state, event, TransferState.RELEASED)
    require(event.manifest == transfer.manifest, event, "another manifest was released")
    del transfer.waiting[transfer.id]
    transfer.state = TransferState.ACKNOWLEDGED
    transfer.acknowledged_at = event.at.timestamp
    transfer.receipt_tag = event.receipt_tag
    return transfer_histories(state, transfer)


def disputed(state: LedgerState, event: TransferDisputed) -> Histories:
    """The receiver can't use the release; a suspended receiver may say so."""
    transfer = _transfer(state, event, TransferState.RELEASED, TransferState.ACKNOWLEDGED)
    transfer.waiting.pop(transfer.id, None)
    transfer.state = TransferState.DISPUTED
    transfer.decision = decision(event)
    return transfer_histories(state, transfer)


def disclosed(state: LedgerState, event: KeyDisclosed) -> Histories:
    """The sender lets an arbiter, who is neither party, judge a disputed payload."""
    transfer = _transfer(state, event, TransferState.DISPUTED)
    acting(state, event, transfer.sender)
    arbiter = acting(state, event, event.arbiter)
    party = arbiter.id in (transfer.sender, transfer.receiver)
    require(not party, event, f"{arbiter.code} is a party to the dispute")
    require_current_key(arbiter, event.key_number, event)
    transfer.disclosures.append(
        Disclosure(arbiter.id, event.key_number, event.wrap, event.at.timestamp)
    )
    return histories(*transfer_histories(state, transfer), arbiter.events)


def settled(state: LedgerState, event: TransferSettled) -> Histories:
    """The receiver, or the agency, ends the dispute."""
    transfer = _transfer(state, event, TransferState.DISPUTED)
    settler = acting(state, event, event.settler)
    agency = settler.id == state.agencies.at(event.at.timestamp)
    may = settler.id == transfer.receiver or (agency and settler.id != transfer.sender)
    require(may, event, f"{settler.code} is neither the receiver nor an agency that didn't send it")
    transfer.state = TransferState.SETTLED
    transfer.decision = decision(event)
    return histories(*transfer_histories(state, transfer), settler.events)


def subject_tagged(state: LedgerState, event: SubjectTagged) -> Histories:
    """Whom an answer is about, told in the transaction of its release."""
    transfer = _transfer(state, event, TransferState.RELEASED)
    require(transfer.kind is PayloadKind.ANSWER, event, f"transfer {transfer.id} is no answer")
    before = transfer.events[-1]
    beside = isinstance(before, TransferReleased) and before.at.transaction == event.at.transaction
    require(beside, event, "the answer wasn't released in its transaction")
    if event.hidden_until:
        require(event.hidden_until > event.at.timestamp, event, "it is hidden until before")
        reasoned = event.ruling_code != 0 and any(event.ruling) and any(event.opening)
        require(reasoned, event, "it is hidden without a ruling or an opening")
        earlier = _hidden(transfer)
        if earlier is not None:  # it stays hidden as it is, through a cure too
            same = (earlier.tag, earlier.hidden_until) == (event.tag, event.hidden_until)
            require(same, event, "another tag is hidden already")
            return transfer_histories(state, transfer)
        ruling = Decision(event.ruling_code, Digest(event.ruling), event.at.timestamp)
        transfer.subjects.append(SubjectTag(event.tag, event.hidden_until, event.opening, ruling))
    else:
        transfer.subjects.append(SubjectTag(event.tag))
    return transfer_histories(state, transfer)


def subject_revealed(state: LedgerState, event: SubjectRevealed) -> Histories:
    """The owner, or an auditing body when it is due, opens the hidden tag."""
    transfer = _transfer(state, event, *TransferState)
    subject = _hidden(transfer)
    if subject is None:
        raise impossible(event, f"transfer {transfer.id} has no hidden tag")
    same = bytes(keccak(event.tag + event.salt)) == subject.tag
    require(same, event, "another tag was hidden")
    revealer = acting(state, event, event.revealer)
    now = event.at.timestamp
    due = now >= (subject.hidden_until or 0)
    may = revealer.id == transfer.sender or (revealer.auditor(now) and due)
    require(may, event, f"{revealer.code} may not reveal it, or not yet")
    subject.tag = event.tag
    subject.revealer, subject.revealed_at = revealer.id, now
    return histories(*transfer_histories(state, transfer), revealer.events)


def _hidden(transfer: Transfer) -> SubjectTag | None:
    """The one tag that isn't revealed yet."""
    return next((subject for subject in transfer.subjects if subject.hidden), None)


def _transfer(state: LedgerState, event: TransferStep, *allowed: TransferState) -> Transfer:
    """The transfer that the event is about, when it says the same of it and its state allows it."""
    transfer = known(state.transfers, event.transfer, event, "transfer")
    receiver: DepartmentId = getattr(event, "receiver", transfer.receiver)
    same = ((transfer.dataset or DatasetId(0)), transfer.receiver) == (event.dataset, receiver)
    require(same, event, f"transfer {transfer.id} is of another dataset or receiver")
    require(transfer.state in allowed, event, f"transfer {transfer.id} is {transfer.state.label}")
    return transfer
