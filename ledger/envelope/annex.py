"""Sealed annexes: a record's sensitive part, encrypted to the parties.

A fresh key, AES-256-GCM, padded to a size class; the key wrapped for each recipient. Ciphertext
and wraps are bound to the deployment and to the record's public part, so that an annex can't be
moved to another record.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.envelope.binding import SecretKey, WrapInfo, derive, fixed, labelled
from ledger.envelope.commitments import key_commitment, require_key
from ledger.envelope.keyset import Keyset
from ledger.envelope.padding import pad, unpad
from ledger.envelope.wrap import unwrap_key, wrap_key
from ledger.errors import InputError, IntegrityError, NotFound, RecordError
from ledger.identifiers import Code, Digest, KeyNumber, encode_code
from ledger.models import (
    AnnexedRecord,
    AnnexWrap,
    SealedAnnex,
    SealedContent,
    checking_input,
)
from ledger.models.sizes import MAX_SEALED_BYTES
from ledger.recordmodel import require_safe_text
from ledger.records import decode, digest, encode

# The key is fresh for each annex and encrypts once, so a constant nonce never repeats under it.
_NONCE: Final = bytes(12)

Annexed = TypeVar("Annexed", bound=AnnexedRecord)
Content = TypeVar("Content", bound=SealedContent)


@dataclass(frozen=True, slots=True)
class Recipient:
    """One key of one department that an annex is sealed to."""

    department: Code
    key_number: KeyNumber
    public_key: bytes


def seal_annex(
    record: Annexed,
    secret: dict[str, object],
    recipients: Sequence[Recipient],
    *,
    deployment: bytes,
) -> Annexed:
    """The record with `secret` sealed to the recipients.

    Raises:
        InputError: the secret is too large, not JSON of integers and printable text, or there
            is no recipient, one twice, or more than 16.
        IntegrityError: a recipient's public key is malformed.
    """
    public = _public_digest(record)
    targets = sorted(recipients, key=lambda one: (one.department, one.key_number))
    if not targets or len({(one.department, one.key_number) for one in targets}) != len(targets):
        raise InputError("an annex needs recipients, each named once")
    key = SecretKey.generate()
    padded = pad(encode(secret), MAX_SEALED_BYTES)
    try:
        require_safe_text(secret)
    except ValueError as error:
        raise InputError(f"the sealed part {error}") from error
    ciphertext = _cipher(key).encrypt(_NONCE, padded, _bound(deployment, public))
    with checking_input("the list of recipients"):
        annex = SealedAnnex(
            key_commitment=key_commitment(key),
            ciphertext=ciphertext,
            recipients=tuple(_wrapped(key, one, deployment, public) for one in targets),
        )
    return record.model_copy(update={"annex": annex})


def open_annex(
    record: Annexed, keyset: Keyset, *, department: Code, deployment: bytes
) -> dict[str, object]:
    """The sealed part of a record, opened with whichever key of the department fits.

    Raises:
        NotFound: there is no annex, or it is not sealed to a key that the department holds.
        IntegrityError: it was altered, moved from another record, or its key is not the committed
            one.
    """
    annex = record.annex
    wraps = annex.recipients if annex else ()
    mine = [one for one in wraps if one.department == department and one.key_number in keyset.keys]
    if annex is None or not mine:
        raise NotFound(f"this record has no annex that is sealed to a key of {department}")
    wrap = mine[-1]
    public = _public_digest(record)
    info = _info(deployment, public, department, wrap.key_number)
    key = unwrap_key(keyset.key(wrap.key_number), wrap.wrapped_key, info)
    require_key(annex.key_commitment, key)
    try:
        padded = _cipher(key).decrypt(_NONCE, annex.ciphertext, _bound(deployment, public))
    except InvalidTag as error:
        raise IntegrityError("annex does not decrypt: it was altered") from error
    secret = decode(unpad(padded))
    try:
        require_safe_text(secret)
    except ValueError as error:
        raise RecordError(f"the sealed part of this record {error}") from error
    return secret


def open_content(
    record: AnnexedRecord,
    kind: type[Content],
    keyset: Keyset,
    *,
    department: Code,
    deployment: bytes,
) -> Content:
    """The sealed part of a record as the content that its kind of record has.

    Raises:
        NotFound: there is no annex, or it is not sealed to a key that the department holds.
        IntegrityError: it was altered, moved from another record, or holds something else.
    """
    return kind.from_members(
        open_annex(record, keyset, department=department, deployment=deployment)
    )


def _wrapped(key: SecretKey, one: Recipient, deployment: bytes, public: Digest) -> AnnexWrap:
    info = _info(deployment, public, one.department, one.key_number)
    return AnnexWrap(
        department=one.department,
        key_number=one.key_number,
        wrapped_key=wrap_key(one.public_key, key, info),
    )


def _public_digest(record: AnnexedRecord) -> Digest:
    return digest(record.model_copy(update={"annex": None}).to_bytes())


def _cipher(key: SecretKey) -> AESGCM:
    return AESGCM(derive(key, "annex").value)


def _bound(deployment: bytes, public: Digest) -> bytes:
    return labelled("annex", fixed(deployment, 32), public)


def _info(deployment: bytes, public: Digest, receiver: Code, key_number: int) -> WrapInfo:
    return WrapInfo(
        labelled(
            "wrap/annex",
            fixed(deployment, 32),
            public,
            encode_code(receiver),
            key_number.to_bytes(4, "big"),
        )
    )
