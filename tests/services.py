"""A service of labour's about persons, and health, which asks it: for tests on a real ledger."""

from __future__ import annotations

import sqlite3
import tomllib
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ledger.agent import Agent
from ledger.client import Ledger
from ledger.codes import Purpose
from ledger.errors import WaitTimeout
from ledger.models import Service
from ledger.models.service import parse_parameter_schema
from ledger.tableschema import parse_table_schema
from ledger.testing import World
from ledger.toml import to_toml

DATASET = "labour/status"
SCHEMA = b"""{"fields": [{"name": "person"}, {"name": "status"}, {"name": "since", "type": "date"},
 {"name": "wage", "type": "integer"}], "missingValues": ["-"]}"""
PARAMETERS = b"""{"type": "object", "additionalProperties": false, "required": ["year"],
 "properties": {"year": {"type": "integer", "minimum": 2000, "maximum": 2030, "title": "Year"},
  "status": {"type": "string", "maxLength": 20}}}"""
SQL = """SELECT wage, status, since, person FROM register
WHERE person = :subject AND since >= :year || '-01-01' AND (:status IS NULL OR status = :status)
ORDER BY since"""
PERSONS = (
    ("p-1", "employed", "2001-02-03", 3000),
    ("p-1", "self-employed", "2011-02-03", None),
    ("p-2", "employed", "2012-02-03", 4000),
)


def register(folder: Path, persons: Iterable[tuple[Any, ...]] = PERSONS) -> Path:
    """A SQLite file with what labour knows."""
    path = folder / "register.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE register (person, status, since, wage)")
        database.executemany("INSERT INTO register VALUES (?, ?, ?, ?)", persons)
        database.commit()
    return path


def program(folder: Path, text: str) -> Path:
    """A program that takes the question and does what `text` says."""
    path = folder / "status"
    path.write_text(f"#!/bin/sh\ncat > {folder}/asked.json\n{text}\n")
    path.chmod(0o700)
    return path


def configure(home: Path, **service: Any) -> None:
    """Have a home answer the service so; whoever opens it from now on knows."""
    file = home / "config.toml"
    values = tomllib.loads(file.read_text())
    file.write_text(to_toml(values | {"services": {DATASET: service}}))


def configured(world: World, **service: Any) -> None:
    """Have labour's home answer the service so."""
    world.department("labour")
    world.close()
    configure(world.root / "labour", **service)


def publish_service(agency: Ledger, labour: Ledger) -> None:
    """Put the service into the catalogue."""
    agency.specs.publish("status", parse_table_schema(SCHEMA), title="Status")
    labour.datasets.register(
        "status",
        title="Status",
        description="Of one person.",
        specification="status",
        service=Service(parameters=parse_parameter_schema(PARAMETERS), subject=True),
    )


def grant(labour: Ledger, asker: Ledger, **terms: Any) -> int:
    """Let a department ask; return the grant's number."""
    asked = asker.requests.create(
        DATASET,
        purpose=Purpose.ELIGIBILITY,
        purpose_text="Benefits.",
        legal_basis="Health Act, section 21",
        retention_days=90,
        security_measures="Encrypted at rest.",
        valid_days=300,
        **terms,
    )
    labour.requests.approve(asked.grant)
    return int(asked.grant)


def service(world: World, **terms: Any) -> tuple[Ledger, Ledger]:
    """Labour with the service, and health with a grant for it."""
    labour, health = world.department("labour"), world.department("health")
    publish_service(world.department("agency"), labour)
    grant(labour, health, **terms)
    return labour, health


def query(asker: Ledger, year: int = 2000, subject: str = "p-1") -> int:
    """Open a query without waiting for its answer; return its number."""
    session = asker.session
    before = len(session.state().transfers)
    with pytest.raises(WaitTimeout):
        asker.queries.ask(DATASET, {"year": year}, subject=subject, timeout_s=0)
    for intent in session.store.unfinished("query"):
        intent.finish()
    return before + 1


def reporting(owner: Ledger) -> tuple[Agent, list[tuple[str, dict[str, object]]]]:
    """The owner's agent, and what it reports."""
    told: list[tuple[str, dict[str, object]]] = []
    return Agent(owner.session, lambda event, **more: told.append((event, more))), told
