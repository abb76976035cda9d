"""The keyset at rest: private encryption keys and the archive key, sealed by a passphrase.

The file is canonical JSON (RFC 8785) with hexadecimal bytes:

    {"type": "sharing-ledger/v1/sealed-keyset", "department": code, "deployment": digest,
     "kdf": "scrypt", "n": …, "r": 8, "p": 1, "salt": 32 bytes,
     "cipher": "AES-256-GCM", "nonce": 12 bytes, "ciphertext": keyset and 16 bytes of tag}

key = scrypt(passphrase in UTF-8, salt, n, r, p, 32 bytes), with a fresh salt and nonce at each
writing. Associated data: the same document without `ciphertext`, so that department, deployment
and parameters are authenticated. The plaintext is `Keyset.to_bytes()`.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated, ClassVar, Final, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import StringConstraints

from ledger import records
from ledger.envelope.keyset import Keyset
from ledger.envelope.stretching import affordable, fresh_salt, stretch
from ledger.errors import ConfigError, RecordError, WrongPassphrase
from ledger.files import make_private_folder, read_private, write_private
from ledger.identifiers import CODE_PATTERN, Code
from ledger.keystore.passphrases import Passphrase
from ledger.recordmodel import RecordModel

KEYSET_SCRYPT_N: Final = 2**17
"""128 MiB and 0.4 s for each guess of the passphrase."""

_NONCE_BYTES: Final = 12


class _Sealed(RecordModel):
    TYPE: ClassVar[str] = "sharing-ledger/v1/sealed-keyset"

    type: Literal["sharing-ledger/v1/sealed-keyset"] = "sharing-ledger/v1/sealed-keyset"
    department: Annotated[str, StringConstraints(pattern=rf"^{CODE_PATTERN}$")]
    deployment: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    kdf: Literal["scrypt"] = "scrypt"
    n: int
    r: Literal[8] = 8
    p: Literal[1] = 1
    salt: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    cipher: Literal["AES-256-GCM"] = "AES-256-GCM"
    nonce: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{24}$")]
    ciphertext: Annotated[str, StringConstraints(pattern=r"^(?:[0-9a-f]{2}){17,}$")]


def create_keyset(
    path: Path,
    passphrase: Passphrase,
    *,
    department: Code,
    deployment_digest: bytes,
    scrypt_n: int = KEYSET_SCRYPT_N,
) -> Keyset:
    """Make a keyset with a fresh archive key and one key that waits to be published.

    Raises:
        InputError: there is one already.
        DiskFull: no space is left.
    """
    keyset = Keyset.generate()
    make_private_folder(path.parent)
    sealed = _seal(keyset, passphrase, department, deployment_digest, scrypt_n)
    write_private(path, sealed, replace=False)
    return keyset


def load_keyset(
    path: Path, passphrase: Passphrase, *, department: Code, deployment_digest: bytes
) -> Keyset:
    """Open the keyset of this department in this deployment.

    Raises:
        WrongPassphrase: the passphrase does not open it.
        ConfigError: there is none, it is open to others, broken, or another department's.
    """
    sealed = _read(path)
    if (sealed.department, sealed.deployment) != (department, deployment_digest.hex()):
        raise ConfigError(
            f"{path.name} belongs to department '{sealed.department}' in deployment "
            f"{sealed.deployment[:8]}…, expected '{department}' in {deployment_digest.hex()[:8]}…",
            hint="use the home that it was made for",
        )
    key = stretch(passphrase.value, bytes.fromhex(sealed.salt), sealed.n)
    try:
        plaintext = AESGCM(key.value).decrypt(
            bytes.fromhex(sealed.nonce), bytes.fromhex(sealed.ciphertext), _associated(sealed)
        )
    except InvalidTag:
        raise WrongPassphrase(
            f"the passphrase does not open {path.name}, or the file was altered",
            hint="type it again; if it is right, restore the file from a backup",
        ) from None
    try:
        return Keyset.from_bytes(plaintext)
    except RecordError:
        # Without the cause, which may quote secrets.
        raise ConfigError(f"{path.name} does not hold a keyset of this version") from None


def save_keyset(
    path: Path,
    keyset: Keyset,
    passphrase: Passphrase,
    *,
    department: Code,
    deployment_digest: bytes,
) -> None:
    """Replace the keyset durably, sealed afresh at the cost that the file has.

    Raises:
        ConfigError: there is none to replace.
        DiskFull: no space is left; the old one stays.
    """
    cost = _read(path).n
    write_private(
        path, _seal(keyset, passphrase, department, deployment_digest, cost), replace=True
    )


def sealing_cost(path: Path) -> int:
    """Scrypt's `n` of the keyset in a file.

    Raises:
        ConfigError: there is none, or it is broken.
    """
    return _read(path).n


def _read(path: Path) -> _Sealed:
    data = read_private(
        path, limit_bytes=records.MAX_RECORD_BYTES, missing_hint="run 'ledger init' first"
    )
    try:
        sealed = _Sealed.from_bytes(data)
    except RecordError:
        raise ConfigError(
            f"{path.name} is not a sealed keyset", hint="restore it from a backup"
        ) from None
    if not affordable(sealed.n):
        raise ConfigError(f"{path.name} demands scrypt with n = {sealed.n}, out of bounds")
    return sealed


def _seal(
    keyset: Keyset, passphrase: Passphrase, department: Code, deployment_digest: bytes, n: int
) -> bytes:
    salt, nonce = fresh_salt(), secrets.token_bytes(_NONCE_BYTES)
    header = _Sealed(
        department=department,
        deployment=deployment_digest.hex(),
        n=n,
        salt=salt.hex(),
        nonce=nonce.hex(),
        ciphertext="00" * 17,
    )
    key = stretch(passphrase.value, salt, n)
    ciphertext = AESGCM(key.value).encrypt(nonce, keyset.to_bytes(), _associated(header))
    return header.model_copy(update={"ciphertext": ciphertext.hex()}).to_bytes()


def _associated(sealed: _Sealed) -> bytes:
    return records.encode(sealed.model_dump(by_alias=True, exclude={"ciphertext"}))
