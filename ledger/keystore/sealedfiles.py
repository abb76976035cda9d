"""Secrets at rest in a file of their own: canonical JSON (RFC 8785) with hexadecimal bytes.

    {"type": …, what the file is for,
     "kdf": "scrypt", "n": …, "r": 8, "p": 1, "salt": 32 bytes,
     "cipher": "AES-256-GCM", "nonce": 12 bytes, "ciphertext": the secret and 16 bytes of tag}

key = scrypt(passphrase in UTF-8, salt, n, r, p, 32 bytes), with a fresh salt and nonce at each
writing. Associated data: the same document without `ciphertext`, so that all of it is
authenticated.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated, Final, Literal, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import StringConstraints

from ledger import records
from ledger.envelope.stretching import affordable, fresh_salt, stretch
from ledger.errors import ConfigError, RecordError, WrongPassphrase
from ledger.files import read_private
from ledger.keystore.passphrases import Passphrase
from ledger.recordmodel import RecordModel

_NONCE_BYTES: Final = 12


class SealedFile(RecordModel):
    """What every such file has; the kinds say what theirs is for."""

    kdf: Literal["scrypt"] = "scrypt"
    n: int
    r: Literal[8] = 8
    p: Literal[1] = 1
    salt: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    cipher: Literal["AES-256-GCM"] = "AES-256-GCM"
    nonce: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{24}$")]
    ciphertext: Annotated[str, StringConstraints(pattern=r"^(?:[0-9a-f]{2}){17,}$")]


Sealed = TypeVar("Sealed", bound=SealedFile)


def seal_file(
    kind: type[SealedFile], passphrase: Passphrase, plaintext: bytes, *, n: int, **about: object
) -> bytes:
    """The bytes of a file of this kind; `about` are the members that say what it is for."""
    salt, nonce = fresh_salt(), secrets.token_bytes(_NONCE_BYTES)
    header = kind.model_validate(
        {**about, "n": n, "salt": salt.hex(), "nonce": nonce.hex(), "ciphertext": "00" * 17}
    )
    key = stretch(passphrase.value, salt, n)
    ciphertext = AESGCM(key.value).encrypt(nonce, plaintext, _associated(header))
    return header.model_copy(update={"ciphertext": ciphertext.hex()}).to_bytes()


def read_sealed(path: Path, kind: type[Sealed], *, what: str, missing_hint: str) -> Sealed:
    """Read a file of this kind without opening it.

    Raises:
        ConfigError: there is none, it is open to others, or something else.
    """
    data = read_private(path, limit_bytes=records.MAX_RECORD_BYTES, missing_hint=missing_hint)
    try:
        sealed = kind.from_bytes(data)
    except RecordError:
        raise ConfigError(f"{path.name} is not {what}", hint="restore it from a backup") from None
    if not affordable(sealed.n):
        raise ConfigError(f"{path.name} demands scrypt with n = {sealed.n}, out of bounds")
    return sealed


def open_sealed(sealed: SealedFile, passphrase: Passphrase, name: str) -> bytes:
    """What a file holds; `name` is for the message.

    Raises:
        WrongPassphrase: the passphrase does not open it.
    """
    key = stretch(passphrase.value, bytes.fromhex(sealed.salt), sealed.n)
    try:
        return AESGCM(key.value).decrypt(
            bytes.fromhex(sealed.nonce), bytes.fromhex(sealed.ciphertext), _associated(sealed)
        )
    except InvalidTag:
        raise WrongPassphrase(
            f"the passphrase does not open {name}, or the file was altered",
            hint="type it again; if it is right, restore the file from a backup",
        ) from None


def _associated(sealed: SealedFile) -> bytes:
    return records.encode(sealed.model_dump(by_alias=True, exclude={"ciphertext"}))
