"""Accounts in files: keystore version 3 (Web3 Secret Storage), scrypt, one key each."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

from eth_account import Account
from eth_account.signers.local import LocalAccount

from ledger.errors import ConfigError, RecordError, WrongPassphrase
from ledger.files import make_private_folder, read_private, write_private
from ledger.identifiers import parse_code
from ledger.keystore.passphrases import Passphrase
from ledger.records import require_shallow

ACCOUNT_SCRYPT_N: Final = 2**18
"""Cost of guessing a passphrase: 256 MiB and 0.7 s for each guess."""

LIGHT_SCRYPT_N: Final = 2**12
"""For test networks, whose keys protect nothing."""

_MAX_FILE_BYTES: Final = 64 * 1024
# What a file may demand at most: 512 MiB of memory (128·n·r) and about 3 s.
_MAX_SCRYPT_MEMORY: Final = 512 * 1024 * 1024
_MAX_SCRYPT_WORK: Final = 2**23
_MAX_PBKDF2_ROUNDS: Final = 5_000_000
_HEX: Final = re.compile(r"(?:0x)?(?:[0-9a-fA-F]{2}){1,128}", re.ASCII)
_KEY_HEX: Final = re.compile(r"(?:0x)?[0-9a-fA-F]{64}", re.ASCII)


class LocalSigner:
    """An unlocked account; implements `ledger.ports.Signer`."""

    def __init__(self, account: LocalAccount) -> None:
        self._account = account

    @property
    def address(self) -> str:
        """The account's address (EIP-55)."""
        return str(self._account.address)

    def sign(self, transaction: dict[str, Any]) -> bytes:
        """Return the signed raw transaction (legacy, EIP-155).

        Raises:
            ValueError: the transaction names no chain, so that it would be valid on every chain.
        """
        if not transaction.get("chainId"):
            raise ValueError("a transaction must name its chain (EIP-155)")
        return bytes(self._account.sign_transaction(transaction).raw_transaction)

    def __repr__(self) -> str:
        return f"LocalSigner({self.address})"


def create_account(
    home: Path, name: str, passphrase: Passphrase, *, scrypt_n: int = ACCOUNT_SCRYPT_N
) -> str:
    """Make an account in `<home>/accounts/<name>.json` and return its address.

    Raises:
        InputError: the name is not a code, or there is such an account already.
        DiskFull: no space is left.
    """
    path = home / "accounts" / f"{parse_code(name)}.json"
    account = Account.create()
    sealed = Account.encrypt(account.key, passphrase.value, kdf="scrypt", iterations=scrypt_n)
    make_private_folder(path.parent)
    write_private(path, json.dumps(sealed, indent=1).encode() + b"\n", replace=False)
    return str(account.address)


def load_account(path: Path, passphrase: Passphrase) -> LocalSigner:
    """Unlock the account in a keystore file.

    Raises:
        WrongPassphrase: the passphrase does not open it.
        ConfigError: there is no such file, it is open to others, or is not such a keystore.
    """
    data = read_private(path, limit_bytes=_MAX_FILE_BYTES, missing_hint="run 'ledger init' first")
    keystore = _checked(data, path.name)
    try:
        # What decrypts need not be a key.
        account = Account.from_key(Account.decrypt(keystore, passphrase.value))
    except ValueError as error:
        if "MAC" in str(error):
            raise WrongPassphrase(
                f"the passphrase does not open the account {path.name}",
                hint="type it again, or correct the passphrase file",
            ) from None
        raise _broken(path.name, "its parameters do not fit") from None
    except (ArithmeticError, AttributeError, LookupError, MemoryError, TypeError):
        raise _broken(path.name, "its parameters do not fit") from None
    named = str(keystore.get("address", "")).lower().removeprefix("0x")
    if named and named != account.address[2:].lower():
        raise _broken(path.name, "its key belongs to another address than it says")
    return LocalSigner(account)


def account_address(path: Path) -> str | None:
    """The address that a keystore file names, without unlocking it; None where it names none.

    Raises:
        ConfigError: there is no such file, it is open to others, or is not such a keystore.
    """
    from eth_utils.address import is_address, to_checksum_address

    data = read_private(path, limit_bytes=_MAX_FILE_BYTES, missing_hint="run 'ledger init' first")
    named = str(_checked(data, path.name).get("address", ""))
    return str(to_checksum_address(named)) if is_address(named) else None


def _checked(data: bytes, name: str) -> dict[str, Any]:
    """The keystore, once nothing in it can cost more than its bounds."""
    try:
        require_shallow(data)
        found = json.loads(data)
    except (ValueError, RecordError):
        raise _broken(name, "it is not JSON") from None
    if not isinstance(found, dict) or found.get("version") != 3:
        raise _broken(name, "it is not of version 3")
    crypto = found.get("crypto", found.get("Crypto"))
    if not isinstance(crypto, dict) or crypto.get("cipher") != "aes-128-ctr":
        raise _broken(name, "its cipher is not aes-128-ctr")
    vector = crypto.get("cipherparams")
    texts = [vector.get("iv") if isinstance(vector, dict) else None, crypto.get("mac")]
    if not all(isinstance(text, str) and _HEX.fullmatch(text) for text in texts):
        raise _broken(name, "its iv or mac is not hexadecimal")
    if not _KEY_HEX.fullmatch(str(crypto.get("ciphertext"))):
        raise _broken(name, "it does not hold one key of 32 bytes")
    params = crypto.get("kdfparams")
    if not isinstance(params, dict) or not _affordable(crypto.get("kdf"), params):
        raise _broken(name, "its key derivation is not scrypt or pbkdf2 within bounds")
    return found


def _affordable(kdf: object, params: dict[str, Any]) -> bool:
    salt, length = params.get("salt"), params.get("dklen")
    if length != 32 or not isinstance(salt, str) or not _HEX.fullmatch(salt):
        return False
    if kdf == "pbkdf2":
        rounds = params.get("c")
        known = params.get("prf") == "hmac-sha256"
        return known and type(rounds) is int and 1 <= rounds <= _MAX_PBKDF2_ROUNDS
    n, r, p = (params.get(name) for name in "nrp")
    if kdf != "scrypt" or not (type(n) is type(r) is type(p) is int):
        return False
    positive = n > 1 and n & (n - 1) == 0 and r > 0 and p > 0
    return positive and 128 * n * r <= _MAX_SCRYPT_MEMORY and n * r * p <= _MAX_SCRYPT_WORK


def _broken(name: str, why: str) -> ConfigError:
    return ConfigError(
        f"{name} is not an account: {why}, expected a keystore of version 3",
        hint="restore it from a backup, or make a new account",
    )
