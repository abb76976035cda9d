"""Records of the catalogue: departments, specifications, datasets, needs."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, JsonValue, StringConstraints, model_validator

from ledger.errors import RecordError
from ledger.models.codes import PurposeLabel
from ledger.models.service import Service
from ledger.recordmodel import (
    LANGUAGE_PATTERN,
    CodeText,
    Digest32,
    Line,
    Lines,
    Number32,
    Part,
    RecordModel,
    Text,
    UnixSeconds,
    require_same,
)
from ledger.tableschema import TableSchema


class Level(StrEnum):
    """The level of government that a department belongs to."""

    NATIONAL = "national"
    REGIONAL = "regional"
    MUNICIPAL = "municipal"


class DepartmentCard(RecordModel):
    """Who a member is."""

    TYPE: ClassVar[str] = "sharing-ledger/v1/department"

    type: Literal["sharing-ledger/v1/department"] = "sharing-ledger/v1/department"
    code: CodeText
    name: Line
    level: Level
    parent: CodeText | None = None
    contact: Line | None = None

    @model_validator(mode="after")
    def _not_its_own_parent(self) -> Self:
        if self.parent == self.code:
            raise ValueError("a department is not its own parent")
        return self


class SpecificationReference(Part):
    """A published specification: its name, version and the digest of its record."""

    name: CodeText
    version: Number32
    digest: Digest32


class Specification(RecordModel):
    """A data schema that the agency publishes: of a table, or of a JSON document."""

    TYPE: ClassVar[str] = "sharing-ledger/v1/specification"

    type: Literal["sharing-ledger/v1/specification"] = "sharing-ledger/v1/specification"
    name: CodeText
    version: Number32
    title: Line
    description: Text | None = None
    table_schema: TableSchema | None = None
    json_schema: dict[str, JsonValue] | None = None

    @model_validator(mode="after")
    def _one_schema(self) -> Self:
        if (self.table_schema is None) == (self.json_schema is None):
            raise ValueError("expected exactly one of tableSchema and jsonSchema")
        return self


class DatasetDescription(RecordModel):
    """What a dataset is, for people who search the catalogue."""

    TYPE: ClassVar[str] = "sharing-ledger/v1/dataset"

    type: Literal["sharing-ledger/v1/dataset"] = "sharing-ledger/v1/dataset"
    publisher: CodeText
    title: Line
    description: Text
    keywords: Annotated[Lines, Field(max_length=20)] = ()
    specification: SpecificationReference | None = None
    """What each version, or each answer of a service, follows."""
    service: Service | None = None
    """How it is asked; None where it is a file."""
    legal_reason: Text | None = None
    """Why a `closed` dataset is closed: the law that says so."""
    language: Annotated[str, StringConstraints(pattern=LANGUAGE_PATTERN)]
    """A language tag (BCP 47)."""
    licence: Line | None = None
    """The licence or the terms of use, by name or address."""

    def require_match(
        self, *, publisher: str, is_service: bool, is_closed: bool, consent_needed: bool
    ) -> None:
        """Check that the record says what `DatasetRegistered` or `DatasetEdited` says.

        Raises:
            RecordError: another publisher, a file that describes a service or the reverse, no
                legal reason for closing, or a consent of nobody.
        """
        require_same(
            "description",
            {
                "publisher": (self.publisher, publisher),
                "service": (self.service is not None, is_service),
            },
        )
        if is_closed and self.legal_reason is None:
            raise RecordError("description gives no legal reason, the dataset is closed")
        if consent_needed and not (self.service and self.service.subject):
            raise RecordError("description names no subject, the dataset needs consents")


class Need(RecordModel):
    """Data that a department misses and nobody lists."""

    TYPE: ClassVar[str] = "sharing-ledger/v1/need"

    type: Literal["sharing-ledger/v1/need"] = "sharing-ledger/v1/need"
    department: CodeText
    title: Line
    description: Text
    keywords: Annotated[Lines, Field(max_length=20)] = ()
    purpose: PurposeLabel
    legal_basis: Line | None = None
    holder: CodeText | None = None
    """Who probably has it."""
    needed_by: UnixSeconds | None = None

    def require_match(self, *, department: str) -> None:
        """Check that the need is of whom `NeedPublished` names.

        Raises:
            RecordError: another department.
        """
        require_same("need", {"department": (self.department, department)})
