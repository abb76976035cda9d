"""Attestations: what a receiver did with what it had, for a recall or at its retention's end."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from ledger.client.recalling import Concerned, of_transfer, views
from ledger.client.retention import END_OF_RETENTION, Retentions
from ledger.client.session import Because, Session
from ledger.codes import ReasonCode
from ledger.errors import InputError, NodeUnreachable
from ledger.identifiers import RecallId, TransferId
from ledger.provenance import Transfer

OUTCOMES: Final = (ReasonCode.REPLACED, ReasonCode.DESTROYED, ReasonCode.KEPT)
_TEXTS: Final = {
    ReasonCode.REPLACED: "The copy was replaced.",
    ReasonCode.DESTROYED: "The copy was destroyed.",
    ReasonCode.KEPT: "The copy is kept.",
}


@dataclass(frozen=True)
class Attested:
    """What a receiver said that it did, for a recall or (None) at the end of the retention."""

    transfer: TransferId
    recall: RecallId | None
    outcome: str
    transaction: bytes
    block: int


@dataclass(frozen=True)
class Obligations:
    """What recalls and terms ask of what a transfer delivered, and what was attested."""

    recalls: tuple[Concerned, ...]
    retained_until: int | None
    """Unix seconds; None where nothing was received under terms, or they can't be had."""
    retention: str | None
    """What its receiver attested at its end."""


def obligations(session: Session, transfer: Transfer) -> Obligations:
    """What recalls and terms ask of a transfer's receiver, and what it attested."""
    state = session.state()
    ending = None
    with suppress(NodeUnreachable):
        # All else is told without any IPFS node.
        ending = Retentions(session).ending(transfer)
    attested = transfer.attestations.get(END_OF_RETENTION)
    return Obligations(
        recalls=tuple(views(state, of_transfer(state, transfer))),
        retained_until=ending.ends_at if ending else None,
        retention=ReasonCode.told(attested.code) if attested else None,
    )


def attest(
    session: Session,
    number: int,
    *,
    outcome: ReasonCode,
    legal_ground: str | None = None,
    text: str | None = None,
    recall: int | None = None,
) -> Attested:
    """Say what became of what a transfer delivered: for the recall that waits for it, or `recall`;
    0 is the end of the retention, which may be attested before it is due.

    Raises:
        NotFound: no such transfer or recall.
        InputError: it isn't to this department, the outcome or its legal ground is wrong, the
            recall doesn't concern it, nothing waits, or several recalls do.
        ContractError: it was attested before.
    """
    if outcome not in OUTCOMES:
        raise InputError(f"{outcome.label} is no outcome of a recall: replaced, destroyed or kept")
    if (outcome is ReasonCode.KEPT) != (legal_ground is not None):
        raise InputError(
            "a copy is kept on a legal ground, and only then one is named",
            hint='say which law or order: --outcome kept --ground "…"',
        )
    transfer = session.state().transfer(number)
    if transfer.receiver != session.me().id:
        raise InputError(f"transfer {number} is not to {session.code}")
    because = Because(outcome, text or _TEXTS[outcome], legal_ground=legal_ground)
    with session.intent(
        "transfer attest",
        transfer=number,
        recall=recall,
        outcome=outcome.label,
        text=because.text,
        legal_ground=legal_ground,
    ) as intent:
        if "recall" not in intent.state:
            # Kept: by the next run it waits no more, and another may that nobody has looked at.
            intent.save(recall=_only(transfer, _waiting(session, transfer, recall)))
        chosen = RecallId(int(str(intent.state["recall"])))
        receipt = session.act_because(
            intent,
            "TransferLog",
            "attest",
            transfer.id,
            chosen,
            because=because,
            capability="agent",
        )
    return Attested(
        transfer.id, chosen or None, outcome.label, receipt.transaction, receipt.block.number
    )


def _waiting(session: Session, transfer: Transfer, recall: int | None) -> list[RecallId]:
    """What this is for: what is named, or else the recalls that wait for this transfer's
    attestation, and the end of its retention.
    """
    if recall is not None:
        return [_named(session, transfer, recall)]
    concerns = of_transfer(session.state(), transfer)
    waiting = [concern.recall.id for concern in concerns if not concern.attested]
    if Retentions(session).due(transfer, session.now()) is not None:
        waiting.append(END_OF_RETENTION)
    return waiting


def _named(session: Session, transfer: Transfer, number: int) -> RecallId:
    """The recall of this number, if it concerns the transfer; 0 always does."""
    if number == END_OF_RETENTION:
        return END_OF_RETENTION
    recall = session.state().recall(number)
    if all(concern.recall.id != number for concern in of_transfer(session.state(), transfer)):
        raise InputError(
            f"recall {number} doesn't concern transfer {transfer.id}",
            hint="see what waits for this department: ledger inbox",
        )
    return recall.id


def _only(transfer: Transfer, waiting: Sequence[RecallId]) -> RecallId:
    if not waiting:
        raise InputError(
            f"no recall waits for transfer {transfer.id}, and its retention isn't over",
            hint="to say before its end that the copy is gone: --recall 0",
        )
    if len(waiting) > 1:
        named = ", ".join(map(str, sorted(waiting)))
        raise InputError(
            f"several recalls wait for transfer {transfer.id}: {named}",
            hint="name the one that this is for with --recall; 0 is the end of the retention",
        )
    return waiting[0]
