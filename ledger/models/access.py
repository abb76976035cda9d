"""Records of access: the terms of a request, the reason of a decision."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ledger.errors import RecordError
from ledger.models.codes import PurposeLabel, ReasonLabel
from ledger.models.sealed import AnnexedRecord
from ledger.recordmodel import (
    CodeText,
    DatasetText,
    Line,
    Lines,
    Text,
    UnixSeconds,
)


class Terms(AnnexedRecord):
    """What a department asks for and promises; `fields` is None for all of them."""

    TYPE: ClassVar[str] = "sharing-ledger/v1/terms"

    type: Literal["sharing-ledger/v1/terms"] = "sharing-ledger/v1/terms"
    dataset: DatasetText
    requester: CodeText
    purpose: PurposeLabel
    purpose_text: Text
    legal_basis: Line
    fields: Annotated[Lines, Field(min_length=1, max_length=1000)] | None = None
    retention_days: Annotated[int, Field(ge=1, le=36_525)]
    onward_use: bool
    security_measures: Text
    valid_until: UnixSeconds

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
    ) -> None:
        """Check that the record says what the contract call said (design, section 4, rule 13).

        Raises:
            RecordError: they differ; the message names every difference.
        """
        pairs = {
            "dataset": (self.dataset, dataset),
            "requester": (self.requester, requester),
            "purpose": (int(self.purpose), purpose),
            "allFields": (self.all_fields, all_fields),
            "onwardUse": (self.onward_use, onward_use),
            "validUntil": (self.valid_until, valid_until),
        }
        wrong = [
            f"{name} is {said} in the record, {called} on the chain"
            for name, (said, called) in pairs.items()
            if said != called
        ]
        if wrong:
            raise RecordError(f"terms contradict the request: {'; '.join(wrong)}")


class Reason(AnnexedRecord):
    """Why somebody decided so: a code, a text that members may read, sealed grounds."""

    TYPE: ClassVar[str] = "sharing-ledger/v1/reason"

    type: Literal["sharing-ledger/v1/reason"] = "sharing-ledger/v1/reason"
    department: CodeText
    """Who gives the reason; without it a copied record would speak for the copier."""
    code: ReasonLabel
    text: Text

    def require_match(self, *, department: str, code: int) -> None:
        """Check that the record says what the contract call said.

        Raises:
            RecordError: another department or another code.
        """
        if (self.department, int(self.code)) != (department, code):
            raise RecordError(
                f"reason is by {self.department} with code {int(self.code)} in the record, "
                f"by {department} with code {code} on the chain"
            )
