"""Homes: where a department keeps its configuration, accounts, keys and store on this machine."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

from filelock import FileLock, Timeout
from platformdirs import user_data_path

from ledger.errors import ConfigError, InputError
from ledger.files import make_private_folder, read_private, write_private
from ledger.identifiers import Code, DatasetName, parse_address, parse_code, shown
from ledger.toml import to_toml

ROLES: Final = ("admin", "officer", "agent")
_MAX_CONFIG_BYTES: Final = 64 * 1024
_OTHERS: Final = 0o077
_KEYS: Final = frozenset(
    {
        *("department", "deployment", "rpc", "ipfs", "accounts"),
        *("passphrase_file", "store", "received", "services"),
    }
)
_REQUIRED: Final = ("department", "deployment", "rpc", "ipfs")
_RPC_URL: Final = re.compile(r"https?://[^\s/?#]+[^\s]*")


class RemoteAccount(NamedTuple):
    """An account whose key is with a signer behind JSON-RPC."""

    rpc: str
    address: str


@dataclass(frozen=True)
class Home:
    """One department's home; paths are absolute, the store is a path or a database URL."""

    path: Path
    department: Code
    deployment: Path
    rpc: tuple[str, ...]
    ipfs: tuple[str, ...]
    accounts: Mapping[str, Path | RemoteAccount]
    passphrase_file: Path | None
    store: str
    received: Path
    services: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    """How this department's services answer, by dataset; what is in them, `providers` checks."""

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the home in a folder.

        Raises:
            ConfigError: there is none, others may read it, or its `config.toml` is wrong.
        """
        path = path.absolute()
        values = _read(path / "config.toml")
        if path.stat().st_mode & _OTHERS:
            raise ConfigError(f"{path} is open to other users", hint=f"chmod 700 {path}")
        return cls._from_values(path, values)

    @classmethod
    def create(
        cls,
        path: Path,
        *,
        department: str,
        rpc: tuple[str, ...],
        ipfs: tuple[str, ...],
        deployment: Path | None = None,
        accounts: Mapping[str, Path | RemoteAccount] | None = None,
        passphrase_file: Path | None = None,
    ) -> Self:
        """Make a home; `deployment` and account files default to their usual places in it.

        Raises:
            InputError: there is a home already, or it cannot be written.
            ConfigError: a value is wrong.
        """
        path = path.absolute()
        usual = {role: path / "accounts" / f"{role}.json" for role in ROLES}
        values: dict[str, Any] = {
            "department": department,
            "deployment": str(deployment or "deployment.json"),
            "rpc": list(rpc),
            "ipfs": list(ipfs),
            "accounts": {
                role: _account_value(account, path)
                for role, account in (usual if accounts is None else accounts).items()
            },
        }
        if passphrase_file is not None:
            values["passphrase_file"] = str(passphrase_file)
        home = cls._from_values(path, values)
        make_private_folder(path)
        write_private(path / "config.toml", to_toml(values).encode(), replace=False)
        return home

    @property
    def name(self) -> str:
        """The profile's name."""
        return self.path.name

    @property
    def keyset(self) -> Path:
        """The file of the sealed encryption keys."""
        return self.path / "keyset.json"

    def with_addresses(self, *, rpc: tuple[str, ...], ipfs: tuple[str, ...]) -> Home:
        """Write other node addresses into the configuration; comments in it are lost.

        Raises:
            ConfigError: the configuration is wrong.
            InputError: it cannot be written.
        """
        file = self.path / "config.toml"
        values = _read(file) | {"rpc": list(rpc), "ipfs": list(ipfs)}
        changed = type(self)._from_values(self.path, values)
        if (changed.rpc, changed.ipfs) != (self.rpc, self.ipfs):
            write_private(file, to_toml(values).encode(), replace=True)
        return changed

    @contextmanager
    def agent_lock(self) -> Iterator[None]:
        """Hold what only one agent of this home may hold; the system frees it when a process ends.

        Raises:
            InputError: an agent runs already.
        """
        lock = FileLock(self.path / "agent.lock", mode=0o600)
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise InputError(
                f"an agent of the home '{self.name}' is running already",
                hint="see 'ledger agent status'",
            ) from error
        try:
            yield
        finally:
            lock.release()

    @classmethod
    def _from_values(cls, path: Path, values: Mapping[str, Any]) -> Self:
        reader = _Reader(path, values)
        return cls(
            path=path,
            department=reader.department(),
            deployment=reader.path("deployment"),
            rpc=reader.addresses("rpc"),
            ipfs=reader.addresses("ipfs"),
            accounts=reader.accounts(),
            passphrase_file=reader.path("passphrase_file") if "passphrase_file" in values else None,
            store=reader.store(),
            received=reader.path("received", default="received"),
            services=reader.services(),
        )


def root() -> Path:
    """The folder that holds this user's homes: `$LEDGER_HOME`, else the user's data folder."""
    chosen = os.environ.get("LEDGER_HOME")
    return Path(chosen).absolute() if chosen else user_data_path("sharing-ledger")


def checked_root() -> Path:
    """As `root`, where nothing else is in that folder's place.

    Raises:
        ConfigError: something is.
    """
    found = root()
    if found.exists() and not found.is_dir():
        raise ConfigError(
            f"{found} is not a folder", hint="set LEDGER_HOME to the folder for all homes"
        )
    return found


def profiles() -> list[str]:
    """The names of this user's homes."""
    names = (file.parent.name for file in root().glob("*/config.toml"))
    # What a crash left of a home that was being made.
    return sorted(name for name in names if not name.startswith("."))


def find_home(profile: str | None) -> Home:
    """Load a home by name; without one `$LEDGER_PROFILE`, else the only one.

    Raises:
        ConfigError: there is no such home, or several and none was named, or no folder of homes.
    """
    name = profile or os.environ.get("LEDGER_PROFILE")
    folder, known = checked_root(), profiles()
    if name is None:
        if len(known) != 1:
            listed = ", ".join(known[:10])
            raise ConfigError(
                f"there are {len(known)} homes here: {listed}" if known else "there is no home yet",
                hint="name one with --profile" if known else "run 'ledger init' first",
            )
        name = known[0]
    if name not in known:
        hint = _near(name, known) or "run 'ledger init' to make it"
        raise ConfigError(f"there is no home {shown(name)} in {folder}", hint=hint)
    return Home.load(folder / name)


def _read(file: Path) -> dict[str, Any]:
    hint = "run 'ledger init', or choose another home with --profile"
    data = read_private(file, limit_bytes=_MAX_CONFIG_BYTES, missing_hint=hint)
    try:
        return tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{file} is not TOML: {error}") from error


class _Reader:
    """The values of a `config.toml`, checked one by one."""

    def __init__(self, folder: Path, values: Mapping[str, Any]) -> None:
        self._folder = folder
        self._values = values
        self._refuse_unknown(values, _KEYS, "config.toml")
        for name in _REQUIRED:
            if name not in values:
                raise self._wrong(f"'{name}' is missing")

    def department(self) -> Code:
        try:
            return parse_code(self._text("department"))
        except InputError as error:
            raise self._wrong(error.message) from error

    def path(self, name: str, *, default: str = "") -> Path:
        return self._folder / Path(self._text(name, default)).expanduser()

    def addresses(self, name: str) -> tuple[str, ...]:
        found = self._values[name]
        if not isinstance(found, list) or not found or not all(isinstance(a, str) for a in found):
            raise self._wrong(f"'{name}' must be a list of one or more addresses")
        if name == "rpc":
            for address in found:
                self._require_url(address)
        return tuple(found)

    def store(self) -> str:
        text = self._text("store", "ledger.db")
        return text if "://" in text else str(self._folder / Path(text).expanduser())

    def accounts(self) -> dict[str, Path | RemoteAccount]:
        found = self._values.get("accounts", {})
        if not isinstance(found, dict):
            raise self._wrong("'accounts' must be a table")
        self._refuse_unknown(found, frozenset(ROLES), "[accounts]")
        return {role: self._account(role, value) for role, value in found.items()}

    def services(self) -> dict[str, Mapping[str, Any]]:
        found, own = self._values.get("services", {}), self.department()
        if not isinstance(found, dict) or not all(isinstance(one, dict) for one in found.values()):
            raise self._wrong("'services' must hold one table for each service")
        for name in found:
            try:
                ours = DatasetName.parse(name)
            except InputError as error:
                raise self._wrong(error.message) from error
            if ours.department != own or ours.version is not None:
                raise self._wrong(f"{shown(name)} is no service of {own}")
        return found

    def _account(self, role: str, value: object) -> Path | RemoteAccount:
        if isinstance(value, str) and value:
            return self._folder / Path(value).expanduser()
        if isinstance(value, dict) and set(value) == {"rpc", "address"}:
            url, address = value["rpc"], value["address"]
            if isinstance(url, str) and isinstance(address, str):
                self._require_url(url)
                try:
                    return RemoteAccount(url, parse_address(address))
                except InputError as error:
                    raise self._wrong(error.message) from error
        raise self._wrong(
            f"the account '{role}' must be a file's name or {{ rpc = URL, address = ADDRESS }}"
        )

    def _require_url(self, text: str) -> None:
        if not _RPC_URL.fullmatch(text):
            raise self._wrong(f"{shown(text)} is not a node's URL, expected http://HOST:PORT")

    def _text(self, name: str, default: str = "") -> str:
        found = self._values.get(name, default)
        if not isinstance(found, str) or not found or not found.isprintable():
            raise self._wrong(f"'{name}' must be one line of text")
        return found

    def _refuse_unknown(self, found: Mapping[str, Any], known: frozenset[str], where: str) -> None:
        for name in found:
            if name not in known:
                raise ConfigError(
                    f"{self._folder / 'config.toml'}: unknown key {shown(name)} in {where}",
                    hint=_near(name, sorted(known)) or f"known are {', '.join(sorted(known))}",
                )

    def _wrong(self, what: str) -> ConfigError:
        file = self._folder / "config.toml"
        # Of a home that is being made there is none yet: its name would lead nobody anywhere.
        where = f"{file}: " if file.exists() else ""
        return ConfigError(f"{where}{what}", hint="correct it, then run the command again")


def _near(name: str, known: list[str]) -> str | None:
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean '{close[0]}'?" if close else None


def _account_value(account: Path | RemoteAccount, home: Path) -> str | dict[str, str]:
    if isinstance(account, RemoteAccount):
        return {"rpc": account.rpc, "address": account.address}
    return str(account.relative_to(home) if account.is_relative_to(home) else account)
