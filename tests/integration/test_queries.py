"""Service queries on a real ledger, start to answer, with each kind of provider."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ledger.client import Ledger
from ledger.codes import PayloadKind, Purpose
from ledger.models import Manifest, Service
from ledger.models.service import parse_parameter_schema
from ledger.tableschema import parse_table_schema
from ledger.testing import World
from ledger.toml import to_toml

pytestmark = pytest.mark.integration

DATASET = "labour/status"
SCHEMA = b"""{"fields": [{"name": "person"}, {"name": "status"}, {"name": "since", "type": "date"},
 {"name": "wage", "type": "integer"}], "missingValues": ["-"]}"""
PARAMETERS = b"""{"type": "object", "additionalProperties": false, "required": ["year"],
 "properties": {"year": {"type": "integer", "minimum": 2000, "maximum": 2030, "title": "Year"},
  "status": {"type": "string", "maxLength": 20}}}"""
SQL = """SELECT wage, status, since, person FROM register
WHERE person = :subject AND since >= :year || '-01-01' AND (:status IS NULL OR status = :status)
ORDER BY since"""


def configure(world: World, **service: Any) -> None:
    """Have labour's home answer `labour/status` so; whoever has it open opens it anew."""
    world.department("labour")
    world.close()
    import tomllib

    file = world.root / "labour" / "config.toml"
    file.write_text(to_toml(tomllib.loads(file.read_text()) | {"services": {DATASET: service}}))


def database(folder: Path) -> Path:
    path = folder / "register.db"
    with closing(sqlite3.connect(path)) as register:
        register.execute("CREATE TABLE register (person, status, since, wage)")
        rows = [
            ("p-1", "employed", "2001-02-03", 3000),
            ("p-1", "self-employed", "2011-02-03", None),
            ("p-2", "employed", "2012-02-03", 4000),
        ]
        register.executemany("INSERT INTO register VALUES (?, ?, ?, ?)", rows)
        register.commit()
    return path


def registered(world: World) -> Ledger:
    """Labour, with the service."""
    world.department("agency").specs.publish("status", parse_table_schema(SCHEMA), title="Status")
    labour = world.department("labour")
    labour.datasets.register(
        "status",
        title="Status",
        description="Of one person.",
        specification="status",
        service=Service(parameters=parse_parameter_schema(PARAMETERS), subject=True),
    )
    return labour


def granted(world: World, **terms: Any) -> Ledger:
    """Health, which may ask."""
    health = world.department("health")
    asked = health.requests.create(
        DATASET,
        purpose=Purpose.ELIGIBILITY,
        purpose_text="Benefits.",
        legal_basis="Health Act, section 21",
        retention_days=90,
        security_measures="Encrypted at rest.",
        valid_days=300,
        **terms,
    )
    world.department("labour").requests.approve(asked.grant)
    return health


def test_a_query_is_answered_from_a_database(ledger_world: World, tmp_path: Path) -> None:
    configure(ledger_world, sql=SQL, database=str(database(tmp_path)))
    owner, asker = registered(ledger_world), granted(ledger_world)
    with ledger_world.running_agent("labour"):
        got = asker.queries.ask(DATASET, {"year": 2000}, subject="p-1")
    assert got.columns == ("person", "status", "since", "wage")
    assert got.content == (
        ("p-1", "employed", "2001-02-03", "3000"),
        ("p-1", "self-employed", "2011-02-03", "-"),
    )
    transfer = asker.transfers.show(got.transfer)
    manifest = owner.session.fetch_record(Manifest, got.manifest)
    assert (manifest.kind, manifest.query) == (PayloadKind.ANSWER, transfer.query)
    assert (manifest.fields, manifest.rows, manifest.plaintext_size_bytes) == (None, None, 256)
    assert owner.session.store.unfinished("transfer answer") == []
    assert asker.session.store.unfinished("query") == []
    ledger_world.agent("labour").step()
    assert str(owner.transfers.receipt(got.transfer)) == "checked"


def test_a_query_is_answered_by_a_program_and_cut_to_what_was_granted(
    ledger_world: World, tmp_path: Path
) -> None:
    program = tmp_path / "status"
    program.write_text(
        "#!/bin/sh\ncat > asked.json\n"
        """echo '[{"since": "2001-02-03", "wage": 3000, "person": "p", "status": null}]'\n"""
    )
    program.chmod(0o700)
    configure(ledger_world, command=[str(program)])
    registered(ledger_world)
    asker = granted(ledger_world, fields=["since", "status"])
    with ledger_world.running_agent("labour"):
        got = asker.queries.ask(
            DATASET, {}, texts={"year": "2001"}, subject="p-1", out=tmp_path / "got.csv"
        )
    assert (got.columns, got.rows, got.content) == (("since", "status"), 1, None)
    assert (tmp_path / "got.csv").read_bytes() == b"since,status\r\n2001-02-03,-\r\n"
    asked = json.loads((ledger_world.root / "labour" / "asked.json").read_text())
    assert asked == {"parameters": {"year": 2001}, "subject": "p-1"}
