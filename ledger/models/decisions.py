"""Records of decisions: reasons, findings, scorecards."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from ledger.errors import RecordError
from ledger.models.codes import ReasonCode, ReasonLabel
from ledger.models.sealed import AnnexedRecord, SealedContent
from ledger.recordmodel import (
    CodeText,
    Count,
    Number32,
    Number64,
    Part,
    RecordModel,
    StandingNumber,
    Text,
    UnixSeconds,
    require_same,
)

MAX_LINES: Final = 2000

HIDING: Final = frozenset({ReasonCode.INVESTIGATION, ReasonCode.COURT_ORDER, ReasonCode.PROTECTION})
"""What may permit hiding for a time whom an answer is about."""

DISPUTING: Final = frozenset(
    {
        ReasonCode.KEY_UNAVAILABLE,
        ReasonCode.PAYLOAD_UNAVAILABLE,
        ReasonCode.CORRUPT,
        ReasonCode.SPECIFICATION_BROKEN,
        ReasonCode.OTHER,
    }
)
"""Why a receiver disputes a release that an arbiter can judge."""

RECALLING: Final = frozenset(
    {
        ReasonCode.SUPERSEDED,
        ReasonCode.ERASURE,
        ReasonCode.LEAK,
        ReasonCode.MISUSE,
        ReasonCode.ORDER,
        ReasonCode.CORRECTION,
        ReasonCode.FLAWED,
        ReasonCode.OTHER,
    }
)
"""Why an owner recalls a version."""


class Grounds(SealedContent):
    """What a reason seals to the parties and the auditing bodies."""

    grounds: Text


class Reason(AnnexedRecord):
    """Why somebody decided so: a code, a text that members may read, sealed grounds."""

    TYPE: ClassVar[str] = "sharing-ledger/v1/reason"

    type: Literal["sharing-ledger/v1/reason"] = "sharing-ledger/v1/reason"
    department: CodeText
    """Who gives the reason; without it a copied record would speak for the copier."""
    code: ReasonLabel
    text: Text
    legal_ground: Text | None = None
    """The law or order that it rests on; needed to keep what was recalled, and to hide a tag."""
    arbiters: Annotated[tuple[CodeText, ...], Field(min_length=1, max_length=8)] | None = None
    """Who may judge a dispute, of those whom the receiver accepts, by code ascending."""
    replaced_by: Number32 | None = None
    """The version of the dataset that takes the place of the one that is recalled."""

    @model_validator(mode="after")
    def _what_the_code_needs(self) -> Self:
        if self.code in HIDING | {ReasonCode.KEPT} and self.legal_ground is None:
            raise ValueError(f"the reason {self.code.label} needs legalGround")
        if self.replaced_by is not None and self.code not in RECALLING:
            raise ValueError(f"the reason {self.code.label} has no replacedBy")
        if self.arbiters is not None:
            if self.code not in DISPUTING:
                raise ValueError(f"the reason {self.code.label} has no arbiters")
            if list(self.arbiters) != sorted(set(self.arbiters)):
                raise ValueError("arbiters must ascend, each once")
            if self.department in self.arbiters:
                raise ValueError("a party can't be the arbiter")
        return self

    def require_match(self, *, department: str, code: int) -> None:
        """Check that the record says what the contract call said.

        Raises:
            RecordError: another department or another code.
        """
        require_same(
            "reason",
            {"department": (self.department, department), "code": (int(self.code), code)},
        )

    def require_arbiter(self, arbiter: str) -> None:
        """Check that the receiver accepts this arbiter in this dispute.

        Raises:
            RecordError: it is not among those that the receiver listed.
        """
        if arbiter not in (self.arbiters or ()):
            raise RecordError(f"{arbiter} is not an arbiter whom the receiver accepts")


class Finding(AnnexedRecord):
    """What the agency or an auditing body found about a department, good or bad."""

    TYPE: ClassVar[str] = "sharing-ledger/v1/finding"

    type: Literal["sharing-ledger/v1/finding"] = "sharing-ledger/v1/finding"
    department: CodeText
    """Whom it is about."""
    finder: CodeText
    code: ReasonLabel
    text: Text
    grants: Annotated[tuple[Number32, ...], Field(max_length=100)] = ()
    """The requests and grants that show it, ascending."""
    transfers: Annotated[tuple[Number64, ...], Field(max_length=100)] = ()

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        for name, numbers in (("grants", self.grants), ("transfers", self.transfers)):
            if list(numbers) != sorted(set(numbers)):
                raise ValueError(f"{name} must ascend, each once")
        return self

    def require_match(self, *, department: str, finder: str, code: int) -> None:
        """Check that the record says what `FindingPublished` says.

        Raises:
            RecordError: another department, finder or code.
        """
        require_same(
            "finding",
            {
                "department": (self.department, department),
                "finder": (self.finder, finder),
                "code": (int(self.code), code),
            },
        )


class Duty(Part):
    """How often a department met a deadline of the period, was late, or still owed at its end."""

    in_time: Count
    late: Count
    overdue: Count


class ScorecardLine(Part):
    """One department's period in numbers, which anyone can count again from the events."""

    department: CodeText
    standing: StandingNumber
    """Follows from the counts by the scorecard's method."""
    respond: Duty
    release: Duty
    acknowledge: Duty
    comply: Duty
    attest: Duty
    versions_published: Count
    refused_attempts: Count
    """Attempts to get data under a grant that didn't hold."""
    disputes_against: Count
    findings: Count


class Scorecard(RecordModel):
    """How the departments did in a period, one line each, and the standings that follow."""

    TYPE: ClassVar[str] = "sharing-ledger/v1/scorecard"

    type: Literal["sharing-ledger/v1/scorecard"] = "sharing-ledger/v1/scorecard"
    agency: CodeText
    period_from: UnixSeconds
    period_until: UnixSeconds
    """Block times; the end is not part of the period."""
    method: Text
    """How a standing follows from the counts."""
    lines: Annotated[tuple[ScorecardLine, ...], Field(min_length=1, max_length=MAX_LINES)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.period_until <= self.period_from:
            raise ValueError("the period ends before it begins")
        departments = [line.department for line in self.lines]
        if departments != sorted(set(departments)):
            raise ValueError("lines must ascend by department, each once")
        return self

    def require_match(self, *, agency: str) -> None:
        """Check that the record is by whom `ScorecardPublished` names.

        Raises:
            RecordError: another agency.
        """
        require_same("scorecard", {"agency": (self.agency, agency)})

    def require_standing(self, *, department: str, standing: int) -> None:
        """Check that a `StandingSet` that names this scorecard says what its line says.

        Raises:
            RecordError: there is no line of this department, or it has another standing.
        """
        standings: dict[str, int] = {line.department: line.standing for line in self.lines}
        require_same(
            f"scorecard's line of {department}",
            {"standing": (standings.get(department), standing)},
        )
