"""Opens the homes of a test network's members: here the adapters are built for them."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.client import Ledger
from ledger.config import ROLES, Home
from ledger.deployment import Deployment
from ledger.errors import ConfigError
from ledger.files import make_private_folder, write_private
from ledger.identifiers import parse_code
from ledger.keystore import (
    LIGHT_SCRYPT_N,
    AskOnce,
    Passphrase,
    create_account,
    create_keyset,
    passphrase_from_file,
)
from ledger.keystore.accounts import account_address
from ledger.opening import opened_ledger
from ledger.testnet.nodes import Nodes


class Offices:
    """The members' homes in one folder; implements `ledger.testnet.seed.Offices`."""

    def __init__(
        self, root: Path, deployment: Path, nodes: Nodes, *, copied_from: Path | None = None
    ) -> None:
        """`copied_from` is a folder of homes that are copied to `root` when first needed."""
        self._root = root
        self._deployment = deployment
        self._nodes = nodes
        self._originals = copied_from

    def exists(self, code: str) -> bool:
        """Whether this member has a home."""
        if self._originals and not (self._root / code).exists():
            original = self._originals / parse_code(code)
            if (original / "config.toml").exists():
                make_private_folder(self._root)
                shutil.copytree(original, self._root / code)
        return (self._root / code / "config.toml").exists()

    def accounts(self, code: str) -> dict[str, str]:
        """A member's accounts, address by capability; its home is made where there is none."""
        home = self._root / parse_code(code)
        if not self.exists(code):
            partial = self._root / f".{code}.new"
            shutil.rmtree(partial, ignore_errors=True)
            make_accounts(partial)
            complete_home(partial, code, self._deployment.read_bytes(), self._nodes)
            partial.rename(home)
        return addresses(home)

    @contextmanager
    def open(self, code: str) -> Iterator[Ledger]:
        """Open a member's home."""
        with open_home(self._root / code) as ledger:
            yield ledger

    def received(self, code: str) -> Path:
        """The folder for what a member receives."""
        return Home.load(self._root / code).received


def make_accounts(folder: Path) -> None:
    """Make a passphrase and three accounts in a folder that becomes a home.

    The passphrase lies beside the accounts and stretching it is cheap: on a test network both
    protect nothing.
    """
    make_private_folder(folder)
    passphrase = secrets.token_urlsafe(24)
    write_private(folder / "passphrase", f"{passphrase}\n".encode(), replace=False)
    for role in ROLES:
        create_account(folder, role, Passphrase(passphrase), scrypt_n=LIGHT_SCRYPT_N)


def complete_home(folder: Path, code: str, deployment: bytes, nodes: Nodes) -> None:
    """Make the folder of `make_accounts` a department's home in a deployment."""
    write_private(folder / "deployment.json", deployment, replace=True)
    create_keyset(
        folder / "keyset.json",
        passphrase_from_file(folder / "passphrase"),
        department=parse_code(code),
        deployment_digest=Deployment.from_bytes(deployment).digest,
        scrypt_n=LIGHT_SCRYPT_N,
    )
    Home.create(
        folder,
        department=code,
        rpc=(nodes.rpc,),
        ipfs=(nodes.ipfs,),
        passphrase_file=Path("passphrase"),
    )


def addresses(folder: Path) -> dict[str, str]:
    """The addresses of a home's accounts, by capability.

    Raises:
        ConfigError: an account is missing or names no address.
    """
    found = {role: account_address(folder / "accounts" / f"{role}.json") for role in ROLES}
    if None in found.values():
        raise ConfigError(f"an account in {folder} names no address")
    return {role: address for role, address in found.items() if address}


@contextmanager
def open_home(folder: Path) -> Iterator[Ledger]:
    """Open a home whose passphrase lies in it.

    Raises:
        ConfigError: there is no such home.
        NodeUnreachable: its nodes don't run.
    """
    home = Home.load(folder)
    ask = AskOnce(lambda: passphrase_from_file(home.path / "passphrase"))
    with opened_ledger(home, ask=ask) as ledger:
        yield ledger
