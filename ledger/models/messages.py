"""Records from one party to others that are sealed: queries, openings, disclosures, enrolments."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ledger.errors import RecordError
from ledger.models.sealed import SealedContent, SealedRecord
from ledger.models.service import Parameters, Service
from ledger.recordmodel import (
    CodeText,
    DatasetText,
    Digest32,
    FileName,
    Line,
    Number32,
    Number64,
    Part,
    Text,
    UnixSeconds,
    require_same,
)

SubjectText = Line
"""How an owner knows a person: a number or a name in its register."""


class DocumentContent(SealedContent):
    """What the annex of a document's manifest holds."""

    title: Line
    name: FileName
    """What the receiver's file is called."""
    note: Text | None = None


class ConsentLink(Part):
    """Which consent a query rests on, and the proof that its signer is the query's subject."""

    number: Number32
    link: Annotated[Digest32, Field(repr=False)]


class QueryContent(SealedContent):
    """What a service is asked; for its owner alone to read."""

    parameters: Annotated[Parameters, Field(repr=False)]
    subject: Annotated[SubjectText | None, Field(repr=False)] = None
    consent: ConsentLink | None = None

    def require_fits(self, service: Service, *, consent: int) -> None:
        """Check that the service can be asked this; `consent` is what `QueryOpened` names, or 0.

        Raises:
            RecordError: a parameter is missing, wrong or unknown, the subject is missing or nobody
                was to be named, or the consent is another one.
        """
        breaches = service.parameters.breaches(self.parameters)
        if breaches:
            raise RecordError(f"query does not fit the service: {'; '.join(breaches[:3])}")
        require_same(
            "query",
            {
                "subject": (self.subject is not None, service.subject),
                "consent": (self.consent.number if self.consent else 0, consent),
            },
        )


class Query(SealedRecord):
    """One query of a service; the chain holds its digest."""

    TYPE: ClassVar[str] = "sharing-ledger/v1/query"

    type: Literal["sharing-ledger/v1/query"] = "sharing-ledger/v1/query"
    dataset: DatasetText
    requester: CodeText
    nonce: Digest32
    """Fresh for each query, so that no two have the same digest."""

    def require_match(self, *, dataset: str, requester: str) -> None:
        """Check that the record is of the dataset and by the receiver that `QueryOpened` names.

        Raises:
            RecordError: another dataset or requester.
        """
        require_same(
            "query",
            {"dataset": (self.dataset, dataset), "requester": (self.requester, requester)},
        )


class OpeningContent(SealedContent):
    """A hidden subject tag and the salt that it was hidden with."""

    tag: Annotated[Digest32, Field(repr=False)]
    salt: Annotated[Digest32, Field(repr=False)]


class TagOpening(SealedRecord):
    """The opening of a hidden subject tag, sealed to the auditing bodies at release."""

    TYPE: ClassVar[str] = "sharing-ledger/v1/tag-opening"

    type: Literal["sharing-ledger/v1/tag-opening"] = "sharing-ledger/v1/tag-opening"
    sender: CodeText
    transfer: Number64
    commitment: Digest32
    hidden_until: UnixSeconds

    def require_match(
        self, *, sender: str, transfer: int, commitment: bytes, hidden_until: int
    ) -> None:
        """Check that the record is of the commitment that `SubjectTagged` names.

        Raises:
            RecordError: another sender, transfer, commitment or time.
        """
        require_same(
            "tag opening",
            {
                "sender": (self.sender, sender),
                "transfer": (self.transfer, transfer),
                "commitment": (self.commitment, commitment),
                "hiddenUntil": (self.hidden_until, hidden_until),
            },
        )


class DisclosureContent(SealedContent):
    """What shows that a receipt tag is genuine: its key, and the hash of the content."""

    receipt_key: Annotated[Digest32, Field(repr=False)]
    plaintext_sha256: Annotated[Digest32, Field(repr=False)]


class ReceiptDisclosure(SealedRecord):
    """An owner shows an auditing body that a receiver had the key and the content."""

    TYPE: ClassVar[str] = "sharing-ledger/v1/receipt-disclosure"

    type: Literal["sharing-ledger/v1/receipt-disclosure"] = "sharing-ledger/v1/receipt-disclosure"
    sender: CodeText
    receiver: CodeText
    transfer: Number64
    manifest: Digest32

    def require_match(self, *, sender: str, receiver: str, transfer: int, manifest: bytes) -> None:
        """Check that the record is of the receipt that `TransferAcknowledged` tells of.

        Raises:
            RecordError: another sender, receiver, transfer or manifest.
        """
        require_same(
            "receipt disclosure",
            {
                "sender": (self.sender, sender),
                "receiver": (self.receiver, receiver),
                "transfer": (self.transfer, transfer),
                "manifest": (self.manifest, manifest),
            },
        )


class EnrolmentContent(SealedContent):
    """The key by which the owner tags its answers about the subject."""

    owner_subject_key: Annotated[Digest32, Field(repr=False)]


class Enrolment(SealedRecord):
    """A subject's key for one owner, made on the subject's device and sealed to that owner.

    Any window carries it to the owner as a document, once it has seen that the subject is who the
    record says; the window itself can't open it.
    """

    TYPE: ClassVar[str] = "sharing-ledger/v1/enrolment"

    type: Literal["sharing-ledger/v1/enrolment"] = "sharing-ledger/v1/enrolment"
    owner: CodeText
    subject: Annotated[SubjectText, Field(repr=False)]
    nonce: Digest32

    def require_match(self, *, owner: str, subject: str) -> None:
        """Check that the record is for this owner, and about the subject who stands at the window.

        Raises:
            RecordError: another owner or subject; the subject isn't named in the message.
        """
        require_same(
            "enrolment",
            {
                "owner": (self.owner, owner),
                "subject": (_same(self.subject == subject), _same(True)),
            },
        )


def _same(is_same: bool) -> str:
    return "the one expected" if is_same else "somebody else"
