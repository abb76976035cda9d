"""Receipts before an auditor: the owner discloses the tag's key and the content's hash, sealed.

The auditor recomputes the tag and learns neither the data key nor the content. That a tag fits
proves that its receiver had both; that it doesn't proves nothing, since the owner chose what to
disclose.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ledger.client.recipients import party_keys
from ledger.client.session import Session
from ledger.client.versionsecrets import secrets_of
from ledger.envelope.annex import open_content, seal_annex
from ledger.envelope.binding import SecretKey
from ledger.envelope.commitments import check_receipt, receipt_key
from ledger.errors import InputError, IntegrityError, RefusedError
from ledger.files import write_private
from ledger.identifiers import Code, Digest, TransferId
from ledger.models import DisclosureContent, ReceiptDisclosure
from ledger.provenance import Transfer


@dataclass(frozen=True)
class Proved:
    """A file that shows an auditing body that a receipt is genuine."""

    transfer: TransferId
    auditor: Code
    path: Path


@dataclass(frozen=True)
class GenuineReceipt:
    """A receipt whose tag only one who had the key and the content could make."""

    transfer: TransferId
    sender: Code
    receiver: Code
    manifest: Digest
    acknowledged_at: int | None
    """Unix seconds."""


def prove(session: Session, number: int, auditor: str, out: Path) -> Proved:
    """Write what shows an auditing body that a transfer's receipt is genuine, sealed to it.

    Raises:
        NotFound: no such transfer or department.
        InputError: this department didn't send it, the other is no auditing body, or the file
            exists already.
        RefusedError: there is no receipt, the key or hash isn't here, or a party has no key.
        IntegrityError: the receipt is wrong, so that nothing can show that it is genuine.
    """
    state, me = session.state(), session.me()
    transfer, reader = state.transfer(number), state.department(auditor)
    if transfer.sender != me.id:
        raise InputError(f"transfer {number} is not from {session.code}: its sender can prove it")
    if not reader.auditor(session.now()):
        raise InputError(f"{reader.code} is no auditing body", hint="ledger department list")
    tag, manifest = _receipt(transfer)
    secrets = secrets_of(session, transfer.dataset or 0, transfer.version or 0, manifest)
    if secrets is None or secrets.plaintext_sha256 is None:
        raise RefusedError(
            f"the data key of transfer {number}, or its content's hash, is not in this home",
            hint="restore a backup that has it: ledger backup restore",
        )
    derived = receipt_key(secrets.key, session.deployment, transfer.id)
    check_receipt(tag, derived, manifest, secrets.plaintext_sha256)
    record = ReceiptDisclosure(
        sender=session.code,
        receiver=state.departments[transfer.receiver].code,
        transfer=transfer.id,
        manifest=manifest,
    )
    content = DisclosureContent(
        receipt_key=derived.value, plaintext_sha256=secrets.plaintext_sha256
    )
    sealed = seal_annex(
        record,
        content.to_members(),
        party_keys([reader, me], session.now()),
        deployment=session.deployment,
    )
    write_private(out, sealed.to_bytes(), replace=False)
    return Proved(transfer.id, reader.code, out)


def check_proof(session: Session, number: int, data: bytes) -> GenuineReceipt:
    """Recompute a receipt's tag from what its owner disclosed to this department.

    Raises:
        NotFound: no such transfer, or it isn't sealed to a key of this department.
        RefusedError: the transfer has no receipt.
        RecordError: it is no such record, or of another receipt.
        IntegrityError: it was altered, or the tag wasn't made with what was disclosed.
    """
    state = session.state()
    transfer = state.transfer(number)
    tag, manifest = _receipt(transfer)
    sender, receiver = (state.departments[one].code for one in (transfer.sender, transfer.receiver))
    record = ReceiptDisclosure.from_bytes(data)
    record.require_match(sender=sender, receiver=receiver, transfer=number, manifest=manifest)
    content = open_content(
        record,
        DisclosureContent,
        session.keys.load(),
        department=session.code,
        deployment=session.deployment,
    )
    try:
        check_receipt(tag, SecretKey(content.receipt_key), manifest, content.plaintext_sha256)
    except IntegrityError as error:
        raise IntegrityError(
            f"the receipt of transfer {number} was not made with what {sender} disclosed: one of "
            "the two is wrong, and this doesn't show which",
            hint="an arbiter can tell, once the transfer is disputed and its key is disclosed",
        ) from error
    return GenuineReceipt(transfer.id, sender, receiver, manifest, transfer.acknowledged_at)


def _receipt(transfer: Transfer) -> tuple[Digest, Digest]:
    """The tag of a transfer's receipt, and the manifest that it names."""
    if transfer.receipt_tag is None or transfer.manifest is None:
        raise RefusedError(
            f"transfer {transfer.id} has no receipt", hint=f"ledger transfer show {transfer.id}"
        )
    return transfer.receipt_tag, transfer.manifest
