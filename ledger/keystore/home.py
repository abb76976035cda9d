"""The accounts and keys of one home, unlocked when they are first needed."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from filelock import FileLock

from ledger.envelope.keyset import Keyset
from ledger.errors import ConfigError, FileChanged, InputError
from ledger.identifiers import Code
from ledger.keystore.accounts import load_account
from ledger.keystore.keysets import load_keyset, save_keyset
from ledger.keystore.passphrases import Passphrase
from ledger.keystore.remote import RpcSigner
from ledger.ports import Capability, Signer

# An officer may do everything that an agent may (design, section 4).
_ACCOUNTS_FOR: Final[Mapping[Capability, tuple[str, ...]]] = {
    "admin": ("admin",),
    "officer": ("officer",),
    "agent": ("agent", "officer"),
    "publisher": ("officer", "agent"),
}


class HomeAccounts:
    """`ledger.ports.Accounts`: for each role a keystore file, or a signer's URL and address."""

    def __init__(
        self,
        accounts: Mapping[str, Path | tuple[str, str]],
        ask: Callable[[], Passphrase],
    ) -> None:
        self._accounts = accounts
        self._ask = ask
        self._unlocked: dict[str, Signer] = {}

    def signer(self, capability: Capability) -> Signer:
        """Return the account that acts with this capability.

        Raises:
            ConfigError: this home has none.
            WrongPassphrase: the passphrase doesn't open it.
        """
        for role in _ACCOUNTS_FOR[capability]:
            if role in self._accounts:
                if role not in self._unlocked:
                    self._unlocked[role] = self._unlock(self._accounts[role])
                return self._unlocked[role]
        raise ConfigError(
            f"this home has no account that acts as {capability}",
            hint="use the home that has one, or add the account to config.toml",
        )

    def _unlock(self, account: Path | tuple[str, str]) -> Signer:
        if isinstance(account, Path):
            return load_account(account, self._ask())
        return RpcSigner(*account)


class HomeKeys:
    """`ledger.ports.Keys`: the sealed keyset of one department in one deployment."""

    def __init__(
        self,
        path: Path,
        ask: Callable[[], Passphrase],
        *,
        department: Code,
        deployment_digest: bytes,
    ) -> None:
        self._path = path
        self._ask = ask
        self._department = department
        self._deployment_digest = deployment_digest
        self._opened: Keyset | None = None
        self._seen: tuple[int, int] | None = None

    def load(self) -> Keyset:
        """Return the keyset; it is read again when another process has replaced it.

        Raises:
            ConfigError: this home has none, or another department's.
            WrongPassphrase: the passphrase doesn't open it.
        """
        seen = self._identity()
        if self._opened is None or seen != self._seen:
            self._opened = load_keyset(
                self._path,
                self._ask(),
                department=self._department,
                deployment_digest=self._deployment_digest,
            )
            self._seen = seen
        return self._opened

    def save(self, keyset: Keyset) -> None:
        """Replace the keyset durably, sealed under the same passphrase.

        Raises:
            FileChanged: another process has replaced it since it was loaded.
            DiskFull: no space is left; the old one stays.
        """
        if self._opened is None:
            # Holds that the passphrase is the one that the file has.
            self.load()
        with FileLock(self._path.with_name(f".{self._path.name}.lock"), mode=0o600):
            # Writing over another process's new key would lose what is sealed to it.
            if self._identity() != self._seen:
                raise FileChanged(
                    f"{self._path.name} was changed by another process", hint="run it again"
                )
            save_keyset(
                self._path,
                keyset,
                self._ask(),
                department=self._department,
                deployment_digest=self._deployment_digest,
            )
            self._seen = self._identity()
        self._opened = keyset

    @contextmanager
    def held(self, *, exclusively: bool = False) -> Iterator[None]:
        """Hold the archive key for a block: it isn't replaced meanwhile.

        Raises:
            InputError: it is to be held exclusively, and another process holds it.
        """
        # The system frees it when a process ends.
        descriptor = os.open(
            self._path.with_name("archive.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
        )
        try:
            # A replacement takes a moment and is waited for; a publication may take hours.
            kind = fcntl.LOCK_EX | fcntl.LOCK_NB if exclusively else fcntl.LOCK_SH
            try:
                fcntl.flock(descriptor, kind)
            except BlockingIOError as error:
                raise InputError(
                    "the archive key is in use: something is being published or backed up",
                    hint="wait until that is done, then run this again",
                ) from error
            yield
        finally:
            os.close(descriptor)

    def _identity(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns
