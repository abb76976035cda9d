"""A service about single persons on a real ledger, and the papers of the person it is about."""

from __future__ import annotations

import secrets
from typing import Any

from ledger.citizen import Directory, directory_of
from ledger.client import Ledger
from ledger.codes import Purpose
from ledger.envelope.binding import SecretKey
from ledger.envelope.papers import ConsentPaper, make_consent, make_withdrawal
from ledger.events import DatasetKind, SharingClass
from ledger.identifiers import encode_code, parse_code
from ledger.models import DatasetDescription, Parameter, ParameterSchema, Service
from ledger.models.service import ParameterType

STATUS = "labour/status"
SUBJECT = "19650312-4471"
DAY_S = 86_400
KEY = SecretKey(bytes(range(7, 39)))


def register(owner: Ledger, slug: str = "status", *, consent_needed: bool = True) -> int:
    """Register a service about one person a query; return its number."""
    session = owner.session
    parameters = ParameterSchema(properties={"year": Parameter(type=ParameterType.INTEGER)})
    record = DatasetDescription(
        publisher=owner.code,
        title="Employment status",
        description="Whether a person was employed in a year.",
        keywords=(),
        language="en",
        service=Service(parameters=parameters, subject=True),
    )
    rules = (int(SharingClass.CONDITIONAL), 1, False, consent_needed)
    session.act(
        "officer",
        "DatasetRegistry",
        "register",
        encode_code(parse_code(slug)),
        int(DatasetKind.SERVICE),
        rules,
        session.publish_record(record),
        key=f"register-{slug}-{secrets.token_hex(4)}",
    )
    return owner.state().dataset(f"{owner.code}/{slug}").id


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
