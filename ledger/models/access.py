"""Records of access: the terms of a request or a counter, and of an offer."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from ledger.errors import RecordError
from ledger.models.codes import PurposeLabel
from ledger.models.sealed import AnnexedRecord
from ledger.recordmodel import (
    CodeText,
    DatasetText,
    Line,
    Lines,
    RecordModel,
    StandingNumber,
    Text,
    UnixSeconds,
    require_same,
)

Fields = Annotated[Lines, Field(min_length=1, max_length=1000)]
"""Columns of the dataset's specification, each once."""

RetentionDays = Annotated[int, Field(ge=1, le=36_525)]


class Terms(AnnexedRecord):
    """What a department asks for and promises; `fields` is None for all of them.

    In a counter it is what the owner would grant instead.
    """

    TYPE: ClassVar[str] = "sharing-ledger/v1/terms"

    type: Literal["sharing-ledger/v1/terms"] = "sharing-ledger/v1/terms"
    dataset: DatasetText
    requester: CodeText
    counter_by: CodeText | None = None
    """The owner, who wrote this as a counter; None where the requester wrote it."""
    purpose: PurposeLabel
    purpose_text: Text
    legal_basis: Line
    fields: Fields | None = None
    retention_days: RetentionDays
    onward_use: bool
    security_measures: Text
    valid_until: UnixSeconds

    @model_validator(mode="after")
    def _the_owner_counters(self) -> Self:
        if self.counter_by not in (None, self.dataset.partition("/")[0]):
            raise ValueError("counterBy is not the dataset's owner")
        return self

    @property
    def all_fields(self) -> bool:
        """Whether the request is for every column."""
        return self.fields is None

    def require_match(
        self,
        *,
        dataset: str,
        requester: str,
        purpose: int,
        all_fields: bool,
        onward_use: bool,
        valid_until: int,
        counter_by: str | None = None,
    ) -> None:
        """Check that the record says what the contract call said (design, section 4, rule 13).

        `counter_by` is the owner for `RequestCountered`, None for a request.

        Raises:
            RecordError: they differ; the message names every difference.
        """
        require_same(
            "terms",
            {
                "dataset": (self.dataset, dataset),
                "requester": (self.requester, requester),
                "counterBy": (self.counter_by, counter_by),
                "purpose": (int(self.purpose), purpose),
                "allFields": (self.all_fields, all_fields),
                "onwardUse": (self.onward_use, onward_use),
                "validUntil": (self.valid_until, valid_until),
            },
        )


class Offer(RecordModel):
    """The terms of an owner's standing permission: who fits gets this much, and no more.

    None means: of `group` any member, of `purpose` any purpose, of `fields` all of them.
    """

    TYPE: ClassVar[str] = "sharing-ledger/v1/offer"

    type: Literal["sharing-ledger/v1/offer"] = "sharing-ledger/v1/offer"
    dataset: DatasetText
    group: CodeText | None = None
    standing: StandingNumber
    """The least standing of a department that fits."""
    purpose: PurposeLabel | None = None
    fields: Fields | None = None
    retention_days: RetentionDays
    onward_use: bool
    security_measures: Text
    """What the requester promises, word for word."""
    valid_until: UnixSeconds
    longest_seconds: Annotated[int, Field(ge=1, le=2**32 - 1)]
    """How long a grant under the offer may be valid."""

    def require_match(
        self,
        *,
        dataset: str,
        group: str | None,
        purpose: int,
        standing: int,
        all_fields: bool,
        onward_use: bool,
        valid_until: int,
        longest: int,
    ) -> None:
        """Check that the record says what `OfferPublished` says; there, purpose 0 is any.

        Raises:
            RecordError: they differ; the message names every difference.
        """
        require_same(
            "offer",
            {
                "dataset": (self.dataset, dataset),
                "group": (self.group, group),
                "purpose": (int(self.purpose or 0), purpose),
                "standing": (self.standing, standing),
                "allFields": (self.fields is None, all_fields),
                "onwardUse": (self.onward_use, onward_use),
                "validUntil": (self.valid_until, valid_until),
                "longestSeconds": (self.longest_seconds, longest),
            },
        )

    def require_covers(self, terms: Terms) -> None:
        """Check that terms ask for no more than is offered, also where no contract can see it.

        Group, standing and duration are the contract's to check.

        Raises:
            RecordError: they ask for more; the message names everything.
        """
        covered = {
            "dataset": terms.dataset == self.dataset,
            "purpose": self.purpose in (None, terms.purpose),
            "fields": self.fields is None or set(terms.fields or ("",)) <= set(self.fields),
            "retentionDays": terms.retention_days <= self.retention_days,
            "onwardUse": self.onward_use or not terms.onward_use,
            "securityMeasures": terms.security_measures == self.security_measures,
            "counterBy": terms.counter_by is None,
        }
        beyond = [name for name, fits in covered.items() if not fits]
        if beyond:
            raise RecordError(f"terms go beyond the offer: {', '.join(beyond)}")
