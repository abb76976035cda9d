"""What a dataset's description has to have."""

from __future__ import annotations

from ledger.client.specs import Specifications
from ledger.errors import InputError
from ledger.models import DatasetDescription


def require_table(specs: Specifications, specification: str | None) -> None:
    """Check that a service's answers have something to be checked against.

    Raises:
        InputError: there is no specification, or it isn't of a table.
    """
    if specification is None or specs.show(specification).table_schema is None:
        raise InputError(
            "a service's answers are tables that follow a specification",
            hint="name one with --spec; see: ledger spec list",
        )


def require_subject(record: DatasetDescription, consent_needed: bool) -> None:
    """Check that there is somebody to consent, as readers of the description will.

    Raises:
        InputError: it is no service, or it names no subject.
    """
    if consent_needed and not (record.service and record.service.subject):
        raise InputError(
            "only a service whose description names its subject can need consents",
            hint="a file is about many; leave --consent-needed out",
        )
