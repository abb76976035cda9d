"""A subject's key at rest: a file that is the subject's own, no part of any department's home.

A sealed file (`sealedfiles.py`) of the type `sharing-ledger/v1/sealed-subject-key` without members
of its own; the plaintext is the key, 32 bytes.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Final, Literal

from ledger.envelope.binding import KEY_BYTES, SecretKey
from ledger.errors import ConfigError
from ledger.files import write_private
from ledger.keystore.keysets import KEYSET_SCRYPT_N
from ledger.keystore.passphrases import Passphrase
from ledger.keystore.sealedfiles import SealedFile, open_sealed, read_sealed, seal_file

_HINT: Final = "make one with: ledger citizen key create FILE"


class _Sealed(SealedFile):
    TYPE: ClassVar[str] = "sharing-ledger/v1/sealed-subject-key"

    type: Literal["sharing-ledger/v1/sealed-subject-key"] = "sharing-ledger/v1/sealed-subject-key"


def save_subject_key(
    path: Path, key: SecretKey, passphrase: Passphrase, *, scrypt_n: int = KEYSET_SCRYPT_N
) -> None:
    """Write a subject's key to a new file of mode 0600.

    Raises:
        InputError: there is a file of this name, or it can't be written.
        DiskFull: no space is left.
    """
    write_private(path, seal_file(_Sealed, passphrase, key.value, n=scrypt_n), replace=False)


def load_subject_key(path: Path, passphrase: Passphrase) -> SecretKey:
    """Open a subject's key.

    Raises:
        WrongPassphrase: the passphrase does not open it.
        ConfigError: there is none, it is open to others, or something else.
    """
    sealed = read_sealed(path, _Sealed, what="a subject's key", missing_hint=_HINT)
    plaintext = open_sealed(sealed, passphrase, path.name)
    if len(plaintext) != KEY_BYTES:
        raise ConfigError(f"{path.name} does not hold a subject's key of this version")
    return SecretKey(plaintext)
