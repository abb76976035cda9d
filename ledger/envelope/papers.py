"""What a subject's device makes for a window: consents, withdrawals, enrolments. No node is asked.

A paper is a canonical record in a file. It never goes into IPFS, and names nobody: who the subject
is, only an enrolment says, to the window that vouches for it.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final, Literal, TypeVar

from pydantic import BeforeValidator, Field, PlainSerializer

from ledger.deployment import AddressText, Deployment
from ledger.envelope.annex import Recipient, seal_annex
from ledger.envelope.binding import SecretKey, fresh_nonce
from ledger.envelope.consents import (
    SIGNATURE_BYTES,
    Consent,
    consent_digest,
    consent_key,
    consent_link,
    recover_signer,
    sign_consent,
    signer_of,
    withdrawal_hash,
    withdrawal_secret,
)
from ledger.envelope.subjects import owner_subject_key
from ledger.errors import InputError, IntegrityError, RecordError
from ledger.identifiers import Code, DatasetName
from ledger.models import Enrolment, EnrolmentContent, Purpose, checking_input
from ledger.models.codes import PurposeLabel
from ledger.recordmodel import (
    CodeText,
    DatasetText,
    Digest32,
    Number32,
    RecordModel,
    UnixSeconds,
)

Paper = TypeVar("Paper", bound=RecordModel)
_SIGNATURE: Final = re.compile(rf"[0-9a-f]{{{2 * SIGNATURE_BYTES}}}", re.ASCII)


def _signature(value: object) -> object:
    if isinstance(value, bytes) and len(value) == SIGNATURE_BYTES:
        return value
    if isinstance(value, str) and _SIGNATURE.fullmatch(value):
        return bytes.fromhex(value)
    raise ValueError(f"is not a signature of {SIGNATURE_BYTES} bytes, in lower-case hexadecimal")


Signature = Annotated[bytes, BeforeValidator(_signature), PlainSerializer(bytes.hex)]
"""r, s and v of secp256k1; hexadecimal on the wire."""


class ConsentPaper(RecordModel):
    """A consent that is signed, as the subject hands it to a window and keeps a copy of it."""

    TYPE: ClassVar[str] = "sharing-ledger/v1/consent"

    type: Literal["sharing-ledger/v1/consent"] = "sharing-ledger/v1/consent"
    deployment: Digest32
    dataset: DatasetText
    dataset_number: Number32
    """What is signed; the name beside it is for people, and checked by whoever records it."""
    receiver: CodeText
    receiver_number: Number32
    purpose: PurposeLabel
    valid_until: UnixSeconds
    withdrawal: Digest32
    nonce: Digest32
    """Of which key and withdrawal are derived; it is no secret."""
    signer: AddressText
    signature: Signature
    link: Annotated[Digest32, Field(repr=False)]
    """What shows the owner whose consent it is; whoever asks passes it on in the query."""

    def signed(self) -> Consent:
        """What the signature is of."""
        return Consent(
            dataset=self.dataset_number,
            receiver=self.receiver_number,
            purpose=int(self.purpose),
            valid_until=self.valid_until,
            withdrawal=self.withdrawal,
        )

    def require_signed(self, deployment: Deployment) -> None:
        """Check that it is of this deployment, and signed by the key that it names.

        Raises:
            InputError: it was made for another deployment.
            IntegrityError: the signature is another's, or of something else.
        """
        _require_deployment("consent", self.deployment, deployment)
        if recover_signer(_digest(self.signed(), deployment), self.signature) != self.signer:
            raise IntegrityError(
                "the consent's signature isn't by the key that it names, or something in it was "
                "changed",
                hint="ask the subject for the file again, or for a new consent",
            )


class WithdrawalPaper(RecordModel):
    """What withdraws a consent at any window; whoever has it can."""

    TYPE: ClassVar[str] = "sharing-ledger/v1/withdrawal"

    type: Literal["sharing-ledger/v1/withdrawal"] = "sharing-ledger/v1/withdrawal"
    deployment: Digest32
    preimage: Annotated[Digest32, Field(repr=False)]

    def withdrawal(self, deployment: Deployment) -> bytes:
        """The `withdrawal` of the consent that it ends.

        Raises:
            InputError: it was made for another deployment.
        """
        _require_deployment("withdrawal", self.deployment, deployment)
        return withdrawal_hash(SecretKey(self.preimage))


@dataclass(frozen=True, slots=True)
class Agreed:
    """What a subject agrees to, by names and numbers. `valid_until` in Unix seconds."""

    dataset: DatasetName
    dataset_number: int
    receiver: Code
    receiver_number: int
    purpose: Purpose
    valid_until: int


def make_consent(subject_key: SecretKey, agreed: Agreed, deployment: Deployment) -> ConsentPaper:
    """Sign a consent with a key derived for it alone.

    Raises:
        InputError: a value is out of range.
    """
    nonce = fresh_nonce()
    key = consent_key(subject_key, nonce)
    signer = signer_of(key)
    owner_key = owner_subject_key(subject_key, agreed.dataset.department)
    said: dict[str, Any] = {
        "deployment": deployment.digest,
        "dataset": f"{agreed.dataset.department}/{agreed.dataset.slug}",
        "dataset_number": agreed.dataset_number,
        "receiver": agreed.receiver,
        "receiver_number": agreed.receiver_number,
        "purpose": agreed.purpose,
        "valid_until": agreed.valid_until,
        "withdrawal": withdrawal_hash(withdrawal_secret(subject_key, nonce)),
        "nonce": nonce,
        "signer": signer,
        "link": consent_link(owner_key, deployment.digest, signer),
    }
    with checking_input("the consent"):
        unsigned = ConsentPaper(**said, signature=bytes(SIGNATURE_BYTES))
    signature = sign_consent(key, _digest(unsigned.signed(), deployment))
    return unsigned.model_copy(update={"signature": signature})


def make_withdrawal(subject_key: SecretKey, consent: ConsentPaper) -> WithdrawalPaper:
    """What withdraws a consent, derived anew by the subject who signed it.

    Raises:
        InputError: another subject signed it.
    """
    secret = withdrawal_secret(subject_key, consent.nonce)
    if not hmac.compare_digest(withdrawal_hash(secret), consent.withdrawal):
        raise InputError(
            "this consent was not made with this key", hint="use the key that signed it"
        )
    return WithdrawalPaper(deployment=consent.deployment, preimage=secret.value)


def make_enrolment(
    subject_key: SecretKey, subject: str, owner: Recipient, *, deployment: bytes
) -> Enrolment:
    """The subject's key for one owner, sealed to it; `subject` is how the owner's register knows
    the person.

    Raises:
        InputError: `subject` isn't one line of text.
        IntegrityError: the owner's public key is malformed.
    """
    key = owner_subject_key(subject_key, owner.department)
    with checking_input("the enrolment"):
        record = Enrolment(owner=owner.department, subject=subject, nonce=fresh_nonce())
    content = EnrolmentContent(owner_subject_key=key.value)
    return seal_annex(record, content.to_members(), [owner], deployment=deployment)


def read_paper(data: bytes, kind: type[Paper], what: str) -> Paper:
    """Read a file that somebody brought, which may be anything.

    Raises:
        InputError: it is something else.
    """
    try:
        return kind.from_bytes(data)
    except RecordError as error:
        raise InputError(f"this is no {what}: {error.message}") from error


def _digest(consent: Consent, deployment: Deployment) -> bytes:
    contract = deployment.contracts["ConsentRegistry"].address
    return consent_digest(consent, chain_id=deployment.chain_id, contract=contract)


def _require_deployment(what: str, said: bytes, deployment: Deployment) -> None:
    if said != deployment.digest:
        raise InputError(
            f"the {what} was made for another ledger: {said.hex()[:8]}…, "
            f"this one is {deployment.digest.hex()[:8]}…",
            hint="the subject makes one with this ledger's directory",
        )
