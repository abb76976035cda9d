"""A service about single persons on a real ledger, and the papers of a person it is about."""

from __future__ import annotations

import sqlite3
import tomllib
from contextlib import closing
from pathlib import Path
from typing import Any

from ledger.citizen import Directory, SubjectLog, directory_of, subject_log
from ledger.client import Ledger
from ledger.client.results import Answered
from ledger.codes import Purpose
from ledger.envelope.binding import SecretKey
from ledger.envelope.papers import ConsentPaper, make_consent, make_enrolment, make_withdrawal
from ledger.models import Parameter, ParameterSchema, Service
from ledger.models.service import ParameterType
from ledger.tableschema import parse_table_schema
from ledger.testing import World
from ledger.toml import to_toml

STATUS = "labour/status"
SUBJECT, SOMEBODY = "19650312-4471", "19800101-0001"
DAY_S = 86_400
KEY, OTHER_KEY = SecretKey(bytes(range(7, 39))), SecretKey(bytes(range(8, 40)))

_SCHEMA = b'{"fields": [{"name": "person"}, {"name": "status"}]}'
_SQL = "SELECT person, status FROM register WHERE person = :subject"


def configure(root: Path, folder: Path) -> None:
    """Have the home of labour, which isn't open, answer from a database in a folder."""
    with closing(sqlite3.connect(folder / "register.db")) as register:
        register.execute("CREATE TABLE register (person, status)")
        rows = [(SUBJECT, "employed"), (SOMEBODY, "retired")]
        register.executemany("INSERT INTO register VALUES (?, ?)", rows)
        register.commit()
    file = root / "labour" / "config.toml"
    provider = {"sql": _SQL, "database": str(folder / "register.db")}
    file.write_text(to_toml(tomllib.loads(file.read_text()) | {"services": {STATUS: provider}}))


def register(owner: Ledger, slug: str = "status", *, consent_needed: bool = True) -> None:
    """Register a service about one person a query; its specification is there."""
    parameters = ParameterSchema(properties={"year": Parameter(type=ParameterType.INTEGER)})
    owner.datasets.register(
        slug,
        title="Employment status",
        description="Whether a person is employed.",
        specification="status",
        consent_needed=consent_needed,
        service=Service(parameters=parameters, subject=True),
    )


def specify(agency: Ledger) -> None:
    """Publish what the services answer with."""
    agency.specs.publish("status", parse_table_schema(_SCHEMA), title="Status")


class Served:
    """Labour's service in a world, what health asks of it, and what a person can do about that."""

    def __init__(self, world: World, folder: Path, *, consent_needed: bool = True) -> None:
        world.department("labour")
        world.close()
        configure(world.root, folder)
        self.world = world
        self.owner, self.asker = world.department("labour"), world.department("health")
        self.window = world.department("interior")
        specify(world.department("agency"))
        register(self.owner, consent_needed=consent_needed)
        self.grant = self.granted()

    def granted(self, name: str = STATUS, purpose: Purpose = Purpose.ELIGIBILITY) -> int:
        """A grant of health for a service of labour; its number."""
        asked = self.asker.requests.create(
            name,
            purpose=purpose,
            purpose_text="Benefits.",
            legal_basis="Health Act, section 21",
            retention_days=90,
            security_measures="Encrypted at rest.",
            valid_days=300,
        )
        self.owner.requests.approve(asked.grant)
        return asked.grant

    def enrol(self, subject: str = SUBJECT, key: SecretKey = KEY, **more: Any) -> None:
        """Have labour keep the key that a subject brought."""
        recipient = directory(self.owner).owner("labour")
        deployment = self.owner.session.deployment
        record = make_enrolment(key, subject, recipient, deployment=deployment)
        self.owner.enrolments.enrol(self.owner.enrolments.brought(record.to_bytes()), **more)

    def consented(self, key: SecretKey = KEY, **said: Any) -> int:
        """A consent of a subject that health recorded; its number."""
        paper = consent(self.asker, key, **said)
        return self.asker.consents.record(paper.to_bytes()).consent

    def ask(self, consent: int | None = None, subject: str = SUBJECT) -> Answered:
        """Health's query, with labour's agent at work."""
        with self.world.running_agent("labour"):
            return self.asker.queries.ask(
                STATUS,
                {},
                subject=subject,
                consent=None if consent is None else self.asker.consents.link(consent),
            )

    def log(self, key: SecretKey = KEY) -> SubjectLog:
        """What a person finds, through a node that has nothing to do with it."""
        node = self.window
        deployment = node.session.deployment
        return subject_log(node.state(), node.session.ipfs, key, deployment=deployment)


def directory(ledger: Ledger) -> Directory:
    """The directory as a member's node has it."""
    session = ledger.session
    return directory_of(
        ledger.state(), session.chain.deployment, session.ipfs, now=session.chain.head().timestamp
    )


def consent(ledger: Ledger, key: SecretKey = KEY, **said: Any) -> ConsentPaper:
    """A consent that health asks labour/status for eligibility, but for what is said."""
    listed = directory(ledger)
    until = said.pop("until", ledger.session.now() + 30 * DAY_S)
    agreed = listed.agreed(
        said.pop("dataset", STATUS),
        said.pop("receiver", "health"),
        said.pop("purpose", Purpose.ELIGIBILITY),
        until,
    )
    assert not said
    return make_consent(key, agreed, listed.deployment)


def withdrawal(paper: ConsentPaper, key: SecretKey = KEY) -> bytes:
    """What withdraws a consent."""
    return make_withdrawal(key, paper).to_bytes()
