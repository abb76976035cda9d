"""A passphrase made into a key that is costly to guess: scrypt (RFC 7914), r = 8, p = 1."""

from __future__ import annotations

import secrets
from typing import Final

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from ledger.envelope.binding import KEY_BYTES, SecretKey

SALT_BYTES: Final = 32

_R, _P = 8, 1
_MIN_N: Final = 2**10
# 256 MiB: what a file may demand at most.
_MAX_N: Final = 2**18


def fresh_salt() -> bytes:
    """32 random bytes; each sealing has its own."""
    return secrets.token_bytes(SALT_BYTES)


def affordable(n: int) -> bool:
    """Whether scrypt with this `n` neither costs too much nor protects too little."""
    return _MIN_N <= n <= _MAX_N and n & (n - 1) == 0


def stretch(passphrase: str, salt: bytes, n: int) -> SecretKey:
    """The key of a passphrase in UTF-8; it takes 1 KiB of memory for each of the `n`.

    Raises:
        ValueError: `n` is out of bounds.
    """
    if not affordable(n):
        raise ValueError(f"scrypt with n = {n} is out of bounds")
    kdf = Scrypt(salt=salt, length=KEY_BYTES, n=n, r=_R, p=_P)
    return SecretKey(kdf.derive(passphrase.encode()))
