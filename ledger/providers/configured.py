"""The tables `[services."department/slug"]` of a home's `config.toml`, read when needed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ledger.errors import ConfigError
from ledger.identifiers import shown
from ledger.ports import Provider
from ledger.providers.cells import Limits
from ledger.providers.command import CommandProvider
from ledger.providers.sql import SqlProvider
from ledger.recordmodel import problems

_Text = Annotated[str, Field(min_length=1, max_length=10_000, pattern=r"^[^\x00]*$")]


class _Table(BaseModel):
    """What both kinds of provider have."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", hide_input_in_errors=True)

    # An agent whose round takes longer than a minute isn't healthy.
    timeout_s: Annotated[float, Field(strict=False, gt=0, le=30)] = 10.0
    max_rows: Annotated[int, Field(ge=1, le=100_000)] = 1_000
    max_bytes: Annotated[int, Field(ge=1, le=16_000_000)] = 1_000_000

    def limits(self) -> Limits:
        return Limits(self.timeout_s, self.max_rows, self.max_bytes)


class _Sql(_Table):
    sql: _Text
    database: _Text


class _Command(_Table):
    command: Annotated[list[_Text], Field(min_length=1, max_length=100)]


class ConfiguredProviders:
    """`ledger.ports.Providers` of one home."""

    def __init__(self, services: Mapping[str, Mapping[str, Any]], folder: Path) -> None:
        """`folder` is the home, which relative paths start from."""
        self._services = services
        self._folder = folder
        self._made: dict[str, Provider] = {}

    def provider(self, dataset: str) -> Provider | None:
        """Return what answers a service's queries; None where nothing is configured.

        Raises:
            ConfigError: its configuration is wrong.
        """
        if dataset not in self._services:
            return None
        if dataset not in self._made:
            self._made[dataset] = self._make(dataset, self._services[dataset])
        return self._made[dataset]

    def _make(self, dataset: str, values: Mapping[str, Any]) -> Provider:
        hint = f'correct [services."{dataset}"] in config.toml'
        if ("sql" in values) == ("command" in values):
            raise ConfigError(f"the service {dataset} needs either 'sql' or 'command'", hint=hint)
        try:
            if "sql" in values:
                sql = _Sql.model_validate(values)
                return SqlProvider(dataset, sql.sql, sql.database, self._folder, sql.limits())
            command = _Command.model_validate(values)
        except ValidationError as error:
            wrong = f"the configuration of the service {dataset} is wrong: {problems(error)}"
            raise ConfigError(wrong, hint=hint) from error
        program, *arguments = command.command
        if "/" not in program:
            # It would be looked for on whatever PATH the agent was started with.
            raise ConfigError(
                f"the service {dataset} names the program {shown(program)} without its folder",
                hint="write its whole path, or one from the home's folder on, as ./status",
            )
        argv = (str(self._folder / program), *arguments)
        return CommandProvider(dataset, argv, self._folder, command.limits())
