"""The few shapes of TOML that a home's configuration has, written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from ledger.errors import ConfigError
from ledger.identifiers import shown

_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def to_toml(values: Mapping[str, Any]) -> str:
    """Write a configuration: its own values, then a table for each that is a table.

    Raises:
        ConfigError: a text holds characters that cannot be printed.
    """
    lines = [_pair(name, value) for name, value in values.items() if not isinstance(value, dict)]
    for name, value in values.items():
        if isinstance(value, dict):
            lines += _table(_key(name), value)
    return "\n".join(lines) + "\n"


def _table(name: str, values: Mapping[str, Any]) -> list[str]:
    if values and all(isinstance(value, dict) for value in values.values()):
        tables = [_table(f"{name}.{_key(key)}", value) for key, value in values.items()]
        return [line for table in tables for line in table]
    return ["", f"[{name}]", *(_pair(key, value) for key, value in values.items())]


def _pair(name: str, value: object) -> str:
    return f"{_key(name)} = {_value(value)}"


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else _text(name)


def _value(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(_pair(name, item) for name, item in value.items())} }}"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else _text(str(value))


def _text(text: str) -> str:
    # A basic string of TOML; a statement may have several lines.
    if not text.translate(dict.fromkeys(map(ord, _ESCAPES))).isprintable():
        raise ConfigError(f"{shown(text)} holds characters that cannot be printed")
    return '"' + "".join(_ESCAPES.get(character, character) for character in text) + '"'
