"""Specifications: the schemas that the agency publishes and everybody checks files against."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ledger.client.results import Done, SpecificationPublished
from ledger.client.session import Because, Session
from ledger.errors import InputError, NotFound, RecordError
from ledger.identifiers import encode_code, parse_code, shown
from ledger.models import (
    ReasonCode,
    Specification,
    SpecificationReference,
    checking_input,
)
from ledger.tableschema import TableSchema

TableCheck = Callable[[Path, TableSchema], int]
"""Checks a file's rows and returns their number; the adapter `ledger.tables` is one."""


@dataclass(frozen=True)
class CheckReport:
    """A file that follows a specification."""

    specification: SpecificationReference
    rows: int


class Specifications:
    """Publishing and reading specifications."""

    def __init__(self, session: Session, check_table: TableCheck) -> None:
        self._session = session
        self._check_table = check_table

    def publish(
        self, name: str, schema: TableSchema, *, title: str, description: str | None = None
    ) -> SpecificationPublished:
        """Publish a specification's next version; the same schema again is a no-op.

        Raises:
            InputError: a malformed name or text.
            ContractError: this is not the agency.
        """
        session = self._session
        code = parse_code(name)
        versions = session.state().specifications.get(code, {})
        latest = max(versions, default=0)
        if latest:
            current = self.show(f"{code}@{latest}")
            if (current.table_schema, current.title, current.description) == (
                schema,
                title,
                description,
            ):
                return SpecificationPublished(code, latest, versions[latest].digest, already=True)
        with checking_input("the specification"):
            record = Specification(
                name=code,
                version=latest + 1,
                title=title,
                description=description,
                table_schema=schema,
            )
        digest = session.publish_record(record)
        session.decide(
            "spec publish",
            "DatasetRegistry",
            "publishSpecification",
            encode_code(code),
            latest + 1,
            digest,
        )
        return SpecificationPublished(code, latest + 1, digest, already=False)

    def deprecate(self, name: str, *, reason: ReasonCode, text: str) -> Done:
        """Say that a version, `name@version`, shouldn't be used for new datasets any more.

        Raises:
            NotFound: there is no such version.
            InputError: no version is named.
            ContractError: this is not the agency, or the version is deprecated already.
        """
        if "@" not in name:
            raise InputError(
                f"{shown(name)} names no version: one version is deprecated at a time",
                hint=f"for example {name}@1",
            )
        reference = self.reference(name)
        return self._session.decide_because(
            "spec deprecate",
            "DatasetRegistry",
            "deprecateSpecification",
            encode_code(reference.name),
            reference.version,
            because=Because(reason, text),
        )

    def list(self) -> list[SpecificationReference]:
        """Every published specification in every version, by name."""
        return [
            SpecificationReference(name=parse_code(name), version=number, digest=version.digest)
            for name, versions in sorted(self._session.state().specifications.items())
            for number, version in sorted(versions.items())
        ]

    def deprecated(self, name: str, version: int) -> bool:
        """Whether a version shouldn't be used for new datasets any more."""
        found = self._session.state().specifications.get(name, {}).get(version)
        return found is not None and found.deprecation is not None

    def reference(self, name: str) -> SpecificationReference:
        """The specification `name@version`, or the latest version of `name`.

        Raises:
            NotFound: there is none.
            InputError: a malformed name.
        """
        code, _, number = name.partition("@")
        versions = self._session.state().specifications.get(parse_code(code))
        if not versions:
            known = ", ".join(sorted(self._session.state().specifications)) or "none yet"
            raise NotFound(
                f"there is no specification {code!r}; published are: {known}",
                hint="ledger spec list",
            )
        if number and not number.isdecimal():
            raise InputError(f"{name!r} is not a specification: expected name or name@version")
        version = int(number) if number else max(versions)
        if version not in versions:
            raise NotFound(
                f"specification {code} has no version {version}; the latest is {max(versions)}"
            )
        return SpecificationReference(
            name=parse_code(code), version=version, digest=versions[version].digest
        )

    def show(self, name: str) -> Specification:
        """The record of a specification.

        Raises:
            NotFound: there is none of this name.
            RecordUnavailable: no node has the record.
            IntegrityError: the record isn't the specification that the chain names.
        """
        reference = self.reference(name)
        record = self._session.fetch_record(Specification, reference.digest)
        if (record.name, record.version) != (reference.name, reference.version):
            raise RecordError(
                f"the record of specification {reference.name}@{reference.version} "
                "describes another one"
            )
        return record

    def check(self, file: Path, name: str) -> CheckReport:
        """Check a file's columns and rows against a specification.

        Raises:
            SpecificationBroken: they don't follow it; every problem names row and column.
            InputError: the specification isn't for tables, or the file can't be read.
        """
        reference = self.reference(name)
        specification = self.show(f"{reference.name}@{reference.version}")
        if specification.table_schema is None:
            raise InputError(f"specification {reference.name} is not for tables")
        task = self._session.progress.start("checking rows", None)
        rows = self._check_table(file, specification.table_schema)
        task.done()
        return CheckReport(reference, rows)
