"""Makes a home: configuration, accounts and keys, complete or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ledger.config import ROLES, Home, checked_root
from ledger.deployment import Deployment
from ledger.errors import InputError
from ledger.files import make_private_folder, sync_folder, write_private
from ledger.identifiers import parse_code
from ledger.keystore import (
    ACCOUNT_SCRYPT_N,
    LIGHT_SCRYPT_N,
    Passphrase,
    create_account,
    create_keyset,
)
from ledger.keystore.keysets import KEYSET_SCRYPT_N


@dataclass(frozen=True)
class HomeMade:
    """A new home, and the addresses of its accounts."""

    folder: Path
    department: str
    accounts: dict[str, str]


def make_home(
    code: str,
    *,
    profile: str | None,
    deployment: Deployment,
    rpc: Sequence[str],
    ipfs: Sequence[str],
    ask: Callable[[], Passphrase],
) -> HomeMade:
    """Make the home of a department, with an account for each capability and an encryption key.

    Raises:
        ConfigError: something else is where the folder of homes should be.
        InputError: there is one of this name, or a value is malformed.
        DiskFull: no space is left; nothing is kept.
    """
    department = parse_code(code)
    name = parse_code(profile or code)
    # On a test chain the keys protect nothing, and every command waits for the stretching.
    test_chain = deployment.engine in ("ganache", "anvil")
    account_n, keyset_n = (
        (LIGHT_SCRYPT_N, LIGHT_SCRYPT_N) if test_chain else (ACCOUNT_SCRYPT_N, KEYSET_SCRYPT_N)
    )
    root = checked_root()
    folder = root / name
    if folder.exists():
        raise InputError(
            f"there is a home {name!r} already", hint="choose another name with --profile"
        )
    make_private_folder(root)
    # Everything is made beside its place, so that a crash leaves no half of a home.
    partial = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=root))
    try:
        Home.create(partial, department=department, rpc=tuple(rpc), ipfs=tuple(ipfs))
        write_private(partial / "deployment.json", deployment.to_bytes(), replace=False)
        passphrase = ask()
        accounts = {
            role: create_account(partial, role, passphrase, scrypt_n=account_n) for role in ROLES
        }
        create_keyset(
            partial / "keyset.json",
            passphrase,
            department=department,
            deployment_digest=deployment.digest,
            scrypt_n=keyset_n,
        )
        partial.rename(folder)
        sync_folder(root)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return HomeMade(folder, department, accounts)
