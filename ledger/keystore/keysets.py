"""The keyset at rest: private encryption keys and the archive key, sealed by a passphrase.

A sealed file (`sealedfiles.py`) of the type `sharing-ledger/v1/sealed-keyset` with the members
`department` (a code) and `deployment` (a digest); the plaintext is `Keyset.to_bytes()`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Final, Literal

from pydantic import StringConstraints

from ledger.envelope.keyset import Keyset
from ledger.errors import ConfigError, RecordError
from ledger.files import make_private_folder, write_private
from ledger.identifiers import CODE_PATTERN, Code
from ledger.keystore.passphrases import Passphrase
from ledger.keystore.sealedfiles import SealedFile, open_sealed, read_sealed, seal_file

KEYSET_SCRYPT_N: Final = 2**17
"""128 MiB and 0.4 s for each guess of the passphrase."""


class _Sealed(SealedFile):
    TYPE: ClassVar[str] = "sharing-ledger/v1/sealed-keyset"

    type: Literal["sharing-ledger/v1/sealed-keyset"] = "sharing-ledger/v1/sealed-keyset"
    department: Annotated[str, StringConstraints(pattern=rf"^{CODE_PATTERN}$")]
    deployment: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


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
    plaintext = open_sealed(sealed, passphrase, path.name)
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
    hint = "run 'ledger init' first"
    return read_sealed(path, _Sealed, what="a sealed keyset", missing_hint=hint)


def _seal(
    keyset: Keyset, passphrase: Passphrase, department: Code, deployment_digest: bytes, n: int
) -> bytes:
    return seal_file(
        _Sealed,
        passphrase,
        keyset.to_bytes(),
        n=n,
        department=department,
        deployment=deployment_digest.hex(),
    )
