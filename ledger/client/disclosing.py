"""Before an arbiter: the sender of a disputed payload gives it that one key, and the commitments
decide.

A disclosure takes two steps, as a release does: its wrap is kept, named by the transaction, and put
into IPFS once that is final. A crash anywhere between is continued by the same command.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ledger.client.results import Disclosed
from ledger.client.session import Session
from ledger.client.versionsecrets import secrets_of
from ledger.codes import PayloadKind, ReasonCode
from ledger.envelope.arbitration import Party, Verdict, arbitrate
from ledger.envelope.binding import disclosure_wrap_info
from ledger.envelope.wrap import unwrap_key, wrap_key
from ledger.errors import (
    InputError,
    IntegrityError,
    NotFound,
    RecordError,
    RecordUnavailable,
    RefusedError,
)
from ledger.events import TransferDisputed, TransferState
from ledger.identifiers import Code, Digest, TransferId
from ledger.models import Manifest, Reason
from ledger.ports import Intent
from ledger.provenance import Department, Disclosure, Transfer
from ledger.records import digest

_PAUSE_S: Final = 0.5
_WHY: Final = {
    Verdict.SOUND: "the payload decrypts to the content that the manifest commits to",
    Verdict.OTHER_KEY: "the manifest commits to another key than the one that was disclosed",
    Verdict.OTHER_CIPHERTEXT: "these bytes are not the manifest's payload: fetch them again, "
    "from another node",
    Verdict.UNDECRYPTABLE: "payload and key are the manifest's, and it does not decrypt",
    Verdict.OTHER_CONTENT: "the payload decrypts to another content than the manifest commits to",
}
_RULINGS: Final = {Party.SENDER: ReasonCode.UNFOUNDED, Party.RECEIVER: ReasonCode.WELL_FOUNDED}


@dataclass(frozen=True)
class Judgement:
    """What an arbiter finds of a disputed delivery: which party the bytes speak for, and why."""

    transfer: TransferId
    sender: Code
    receiver: Code
    arbiter: Code
    dispute: str
    """Why the receiver disputes it."""
    verdict: Verdict
    favours: Party
    why: str
    manifest: Digest
    """What the release named, which the payload was judged by."""
    wrap: Digest
    """The disclosure that was opened."""
    settlement: str | None
    """What the receiver or the agency may say; None where nothing is decided."""


def disclose(session: Session, number: int, arbiter: str) -> Disclosed:
    """Give the key of a disputed payload to an arbiter whom the receiver accepts.

    Raises:
        NotFound: no such transfer or department.
        InputError: this department didn't send it.
        RefusedError: it isn't disputed, the receiver accepts others, the arbiter has no encryption
            key, or the payload's isn't here.
        IntegrityError: the dispute's reason or the arbiter's key is not what it should be.
        ContractError: the ledger's rules refuse it.
    """
    state = session.state()
    transfer, reader = state.transfer(number), state.department(arbiter)
    if transfer.sender != session.me().id:
        raise InputError(f"transfer {number} is not from {session.code}: its sender discloses")
    with session.intent(
        "transfer disclose", transfer=number, arbiter=reader.code, released_at=transfer.released_at
    ) as intent:
        if "wrap" not in intent.state:
            made = _made_before(session, transfer, reader)
            if made is not None:
                return Disclosed(transfer.id, reader.code, made.wrap, already=True)
            _wrap(session, intent, transfer, reader)
        wrapped = bytes.fromhex(str(intent.state["wrap"]))
        session.act(
            "officer",
            "TransferLog",
            "disclose",
            transfer.id,
            reader.id,
            intent.state["key_number"],
            digest(wrapped),
            key=intent.key,
        )
        session.ipfs.put_block(wrapped)
    return Disclosed(transfer.id, reader.code, digest(wrapped), already=False)


def judge(session: Session, number: int, *, timeout_s: float) -> Judgement:
    """Judge a disputed payload by its commitments, with the key that was disclosed; nothing of it
    is kept.

    Raises:
        NotFound: no such transfer, or nothing of its latest release was disclosed to this
            department; its own private key isn't here.
        RecordUnavailable: no node has reason, manifest or payload.
        RefusedError: the receiver doesn't accept this arbiter.
        IntegrityError: reason or manifest isn't what the chain says.
    """
    state = session.state()
    transfer = state.transfer(number)
    disclosure = _to_me(session, transfer)
    reason = disputed_for(session, transfer)
    _require_accepted(session, transfer, reason, session.code)
    named, manifest = released_manifest(session, transfer)
    verdict, why = _judged(session, transfer, disclosure, manifest, timeout_s)
    sender, receiver = (state.departments[one].code for one in (transfer.sender, transfer.receiver))
    ruling = _RULINGS.get(verdict.favours)
    settlement = None
    if ruling is not None:
        text = f"{verdict} in the judgement of {session.code}."
        settlement = f'ledger transfer settle {number} --reason {ruling.label} --text "{text}"'
    return Judgement(
        transfer=transfer.id,
        sender=sender,
        receiver=receiver,
        arbiter=session.code,
        dispute=reason.code.label,
        verdict=verdict,
        favours=verdict.favours,
        why=why,
        manifest=named,
        wrap=disclosure.wrap,
        settlement=settlement,
    )


def disputed_for(session: Session, transfer: Transfer) -> Reason:
    """The reason of a disputed transfer's latest dispute, checked against the chain.

    Raises:
        RecordUnavailable: no node has it.
        RecordError: it is another department's, or for something else.
    """
    event = next(one for one in reversed(transfer.history) if isinstance(one, TransferDisputed))
    reason = session.fetch_record(Reason, event.reason)
    receiver = session.state().departments[event.receiver].code
    reason.require_match(department=receiver, code=event.reason_code)
    return reason


def released_manifest(session: Session, transfer: Transfer) -> tuple[Digest, Manifest]:
    """The manifest that a disputed transfer's latest release named, checked against the chain, and
    its digest.

    Raises:
        RecordUnavailable: no node has it.
        RecordError: it is of something else.
    """
    assert transfer.manifest is not None  # noqa: S101 - nothing is disputed before it is released
    state = session.state()
    dataset = None if transfer.dataset is None else state.datasets[transfer.dataset]
    derived_from = None
    if transfer.kind is PayloadKind.DERIVED and dataset is not None:
        derived_from = dataset.version(transfer.version or 0).manifest
    manifest = session.fetch_record(Manifest, transfer.manifest)
    manifest.require_match(
        kind=transfer.kind,
        sender=state.departments[transfer.sender].code,
        dataset=None if dataset is None else dataset.name,
        version=transfer.version,
        derived_from=derived_from,
        query=transfer.query,
    )
    return transfer.manifest, manifest


def _made_before(session: Session, transfer: Transfer, reader: Department) -> Disclosure | None:
    """A disclosure to this arbiter, of this release, that it can open now."""
    key = reader.current_key(session.now())
    for made in transfer.disclosures:
        same = (made.arbiter, made.key_number) == (reader.id, key.number if key else None)
        if same and session.ipfs.has_block(made.wrap):
            return made
    return None


def _wrap(session: Session, intent: Intent, transfer: Transfer, reader: Department) -> None:
    """Wrap the key of what was released for the arbiter, and keep the wrap."""
    if transfer.state is not TransferState.DISPUTED:
        raise RefusedError(
            f"transfer {transfer.id} is {transfer.state.label}: only a disputed payload's key is "
            "disclosed",
            hint=f"ledger transfer show {transfer.id}",
        )
    _require_accepted(session, transfer, disputed_for(session, transfer), reader.code)
    key = reader.current_key(session.now())
    if key is None:
        raise RefusedError(
            f"{reader.code} has no encryption key to wrap to",
            hint=f"{reader.code} publishes one with: ledger department key publish",
        )
    place = (transfer.dataset or 0, transfer.version or 0)
    secrets = secrets_of(session, *place, transfer.manifest or b"")
    if secrets is None:
        raise RefusedError(
            f"the data key of transfer {transfer.id} is not in this home",
            hint="restore a backup that has it: ledger backup restore",
        )
    info = disclosure_wrap_info(session.deployment, transfer.id, reader.code, key.number)
    wrapped = wrap_key(key.public_key, secrets.key, info)
    intent.save(wrap=wrapped.hex(), key_number=key.number)


def _require_accepted(session: Session, transfer: Transfer, reason: Reason, arbiter: str) -> None:
    try:
        reason.require_arbiter(arbiter)
    except RecordError as error:
        receiver = session.state().departments[transfer.receiver].code
        named = ", ".join(reason.arbiters or ("nobody",))
        raise RefusedError(
            f"{receiver} doesn't accept {arbiter} as the arbiter of its dispute: it named {named}",
            hint=f"ledger transfer show {transfer.id}",
        ) from error


def _to_me(session: Session, transfer: Transfer) -> Disclosure:
    """The latest disclosure to this department of what was released last."""
    mine = [one for one in transfer.disclosures if one.arbiter == session.me().id]
    if not mine:
        sender = session.state().departments[transfer.sender].code
        raise NotFound(
            f"{sender} disclosed no key of transfer {transfer.id} to {session.code}",
            hint=f"{sender} runs: ledger transfer disclose {transfer.id} --to {session.code}",
        )
    return mine[-1]


def _judged(
    session: Session,
    transfer: Transfer,
    disclosure: Disclosure,
    manifest: Manifest,
    timeout_s: float,
) -> tuple[Verdict, str]:
    """The verdict, and why; a key that can't be had or opened is no key."""
    number = disclosure.key_number
    info = disclosure_wrap_info(session.deployment, transfer.id, session.code, number)
    private_key = session.keys.load().key(number)
    try:
        key = unwrap_key(private_key, _had(session, disclosure.wrap, timeout_s), info)
    except IntegrityError as error:
        return Verdict.OTHER_KEY, f"the disclosed key can't be had or opened: {error.message}"
    verdict = arbitrate(manifest, key, _shown(session, manifest), deployment=session.deployment)
    return verdict, _WHY[verdict]


def _had(session: Session, wrap: bytes, timeout_s: float) -> bytes:
    """The wrapped key; its sender publishes it once the disclosure is final, a moment later."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            return session.ipfs.get_block(wrap)
        except RecordUnavailable:
            if time.monotonic() >= deadline:
                raise
        time.sleep(_PAUSE_S)


def _shown(session: Session, manifest: Manifest) -> Iterator[bytes]:
    """The payload as IPFS has it, with progress."""
    task = session.progress.start("judging", manifest.payload.size_bytes)
    for chunk in session.ipfs.read_payload(manifest.payload.cid):
        task.advance(len(chunk))
        yield chunk
    task.done()
