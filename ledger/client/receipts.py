"""Receipts at the owner: whether a tag shows that its receiver had the key and the content.

The agent checks each tag once, as it has the keys at hand. What it found lies in the store, where
everybody else of the department reads it without a passphrase.
"""

from __future__ import annotations

from ledger.client.session import Session
from ledger.client.versionsecrets import secrets_of
from ledger.envelope.commitments import check_receipt, receipt_key
from ledger.errors import IntegrityError
from ledger.ports import ReceiptCheck
from ledger.provenance import Transfer


def check(session: Session, transfer: Transfer) -> ReceiptCheck:
    """Check the receipt of a delivery that this department released."""
    tag, manifest = transfer.receipt_tag, transfer.manifest
    assert tag is not None  # noqa: S101 - a transfer with a receipt
    assert manifest is not None  # noqa: S101 - nothing is acknowledged before it is released
    try:
        secrets = secrets_of(session, transfer.dataset or 0, transfer.version or 0, manifest)
    except IntegrityError as error:
        return ReceiptCheck("not checkable", error.message)
    if secrets is None:
        return ReceiptCheck("not checkable", "its data key is not here")
    if secrets.plaintext_sha256 is None:
        why = "the version was published before the hash of its content was kept"
        return ReceiptCheck("not checkable", why)
    derived = receipt_key(secrets.key, session.deployment, transfer.id)
    try:
        check_receipt(tag, derived, manifest, secrets.plaintext_sha256)
    except IntegrityError as error:
        return ReceiptCheck("wrong", error.message)
    return ReceiptCheck("checked")


def found(session: Session, transfer: Transfer) -> ReceiptCheck | None:
    """What is known here of a transfer's receipt; None while there is none."""
    if transfer.receipt_tag is None:
        return None
    owner = session.state().departments[transfer.sender].code
    if owner != session.code:
        return ReceiptCheck("not checkable", f"only {owner} can")
    known = session.store.receipt_checks().get((transfer.id, transfer.receipt_tag))
    return known or ReceiptCheck("not checked", "the agent does it: ledger agent run")
