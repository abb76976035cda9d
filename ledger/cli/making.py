"""Makes a home: configuration, accounts and keys, complete or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ledger.config import ROLES, Home, root
from ledger.deployment import Deployment
from ledger.errors import InputError
from ledger.files import make_private_folder, sync_folder, write_private
from ledger.identifiers import parse_code
from ledger.keystore import Passphrase, create_account, create_keyset


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
    deployment: bytes,
    rpc: Sequence[str],
    ipfs: Sequence[str],
    ask: Callable[[], Passphrase],
) -> HomeMade:
    """Make the home of a department, with an account for each capability and an encryption key.

    Raises:
        InputError: there is one of this name, or a value is malformed.
        RecordError: the deployment file isn't one.
        DiskFull: no space is left; nothing is kept.
    """
    department = parse_code(code)
    name = parse_code(profile or code)
    digest = Deployment.from_bytes(deployment).digest
    folder = root() / name
    if folder.exists():
        raise InputError(
            f"there is a home {name!r} already", hint="choose another name with --profile"
        )
    make_private_folder(root())
    # Everything is made beside its place, so that a crash leaves no half of a home.
    partial = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=root()))
    try:
        Home.create(partial, department=department, rpc=tuple(rpc), ipfs=tuple(ipfs))
        write_private(partial / "deployment.json", deployment, replace=False)
        passphrase = ask()
        accounts = {role: create_account(partial, role, passphrase) for role in ROLES}
        create_keyset(
            partial / "keyset.json", passphrase, department=department, deployment_digest=digest
        )
        partial.rename(folder)
        sync_folder(root())
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return HomeMade(folder, department, accounts)
