"""`ganache.config.json`: what it may hold, and what it means as flags of Ganache and of anvil."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ledger.errors import ConfigError

Engine = Literal["ganache", "anvil"]

DEFAULT_CONFIG = Path(__file__).with_name("ganache.config.json")

_Value = int | str | bool

# The nested options of Ganache that we support: their type, and anvil's flag where it has one.
_OPTIONS: Mapping[str, tuple[type[int] | type[str] | type[bool], str | None]] = {
    "chain.chainId": (int, "--chain-id"),
    "chain.networkId": (int, None),
    "chain.hardfork": (str, "--hardfork"),
    "logging.quiet": (bool, None),
    "miner.blockTime": (int, "--block-time"),
    "miner.blockGasLimit": (int, "--gas-limit"),
    "miner.defaultGasPrice": (int, "--gas-price"),
    "miner.instamine": (str, None),
    "wallet.totalAccounts": (int, "--accounts"),
    "wallet.defaultBalance": (int, "--balance"),
}
_REQUIRED = ("chain.chainId", "chain.hardfork")
_HARDFORKS = ("berlin", "london")


@dataclass(frozen=True)
class ChainSettings:
    """The checked options of a test chain, by Ganache's dotted names."""

    options: Mapping[str, _Value]

    @property
    def chain_id(self) -> int:
        """The chain id that the engine must answer with (EIP-155)."""
        return int(self.options["chain.chainId"])

    def flags(self, engine: Engine) -> list[str]:
        """Return the options as command-line flags of the engine."""
        if engine == "ganache":
            return [f"--{name}={_text(value)}" for name, value in self.options.items()]
        flags = ["--base-fee=0", "--disable-default-create2-deployer"]
        for name, value in self.options.items():
            flag = _OPTIONS[name][1]
            # To anvil, no interval at all is what 0 seconds are to Ganache: blocks at once.
            if flag and not (name == "miner.blockTime" and value == 0):
                flags.append(f"{flag}={_text(value)}")
        return flags


def load_settings(path: Path = DEFAULT_CONFIG) -> ChainSettings:
    """Read a `ganache.config.json`.

    Raises:
        ConfigError: it cannot be read, or holds an option that is unknown or of the wrong type.
    """
    try:
        sections = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"cannot read the chain's configuration {path}: {error}") from error
    options: dict[str, _Value] = {}
    for section, entries in _items(sections, path.name):
        for key, value in _items(entries, f"{path.name}: {section}"):
            name = f"{section}.{key}"
            options[name] = _checked(name, value)
    missing = [name for name in _REQUIRED if name not in options]
    if missing:
        raise ConfigError(f"{path.name} lacks {', '.join(missing)}")
    return ChainSettings(options)


def _items(value: object, where: str) -> list[tuple[str, object]]:
    if not isinstance(value, dict):
        raise ConfigError(f"{where} must be a JSON object")
    return list(value.items())


def _checked(name: str, value: object) -> _Value:
    if name not in _OPTIONS:
        raise ConfigError(
            f"ganache.config.json holds the unknown option {name}",
            hint=f"Known are: {', '.join(_OPTIONS)}.",
        )
    expected = _OPTIONS[name][0]
    # Ganache writes some numbers as hexadecimal text.
    if expected is int and isinstance(value, str) and value.startswith("0x"):
        value = _hexadecimal(name, value)
    if type(value) is not expected or (isinstance(value, int) and value < 0):
        raise ConfigError(f"{name} must be {_NAMES[expected]}, not {json.dumps(value)}")
    if name == "chain.hardfork" and value not in _HARDFORKS:
        raise ConfigError(f"chain.hardfork must be one of {', '.join(_HARDFORKS)}, not {value}")
    assert isinstance(value, int | str)  # noqa: S101 - for the type checker
    return value


_NAMES = {int: "a whole number of at least 0", str: "text", bool: "true or false"}


def _hexadecimal(name: str, value: str) -> int:
    try:
        return int(value, 16)
    except ValueError as error:
        raise ConfigError(f"{name} is not a hexadecimal number: {value}") from error


def _text(value: _Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
