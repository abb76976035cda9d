"""What the errors of the TransferLog say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ledger.chain.sentences.sentence import Sentence

OF_TRANSFERS: Final[Mapping[str, Sentence]] = {
    "CuredAlready": Sentence(
        "transfer {transfer} was released a second time already: a dispute is cured once only"
    ),
    "GrantDoesNotHold": Sentence(
        "grant {grant} does not hold: {cause}", "see why with: ledger grant show {grant}"
    ),
    "KeyNotCurrent": Sentence(
        "encryption key {keyNumber} of department {receiver} is not its current one, "
        "which is {current}",
        "the receiver rotated its key meanwhile: run this again",
    ),
    "ManifestMismatch": Sentence(
        "transfer {transfer} is for the manifest {expected}, not {manifest}"
    ),
    "NotTheReceiver": Sentence(
        "transfer {transfer} is not to department {department}: only its receiver may do this"
    ),
    "NotTheSender": Sentence(
        "transfer {transfer} is not from department {department}: only its sender may do this"
    ),
    "ReceiptTagMissing": Sentence("the receipt tag is missing"),
    "TooManyUnacknowledged": Sentence(
        "{limit} releases to department {receiver} wait for a receipt already "
        "(of dataset {dataset}; 0: documents)",
        "the receiver acknowledges or disputes them first",
    ),
    "TransferStateUnexpected": Sentence(
        "this cannot be done with transfer {transfer}: it is {state}",
        "see what happened with: ledger transfer show {transfer}",
    ),
    "TransferUnknown": Sentence(
        "there is no transfer {transfer}", "see all with: ledger transfer list"
    ),
    "ArbiterIsParty": Sentence(
        "department {arbiter} is a party to transfer {transfer}, so it cannot be the arbiter",
        "choose another of the arbiters that the receiver accepts",
    ),
    "AttestedAlready": Sentence("transfer {transfer} is attested for recall {recall} already"),
    "ConsentNotInForce": Sentence(
        "consent {consent} is not in force: it ended, was withdrawn, "
        "or is for another department or purpose",
        "decline the query, or ask the subject for a new consent",
    ),
    "DocumentToSelf": Sentence("a department cannot send a document to itself"),
    "HiddenUntilOver": Sentence(
        "the subject cannot be hidden until {hiddenUntil}, which is over", "give a later time"
    ),
    "KindUnexpected": Sentence(
        "this cannot be done with transfer {transfer}: its payload is of the kind {kind}",
        "see what it is with: ledger transfer show {transfer}",
    ),
    "ManifestNotDerived": Sentence(
        "transfer {transfer} is for some fields only: it cannot be served with the version's own "
        "manifest {manifest}",
        "derive a payload with the granted fields: the agent does it",
    ),
    "OnwardUseForbidden": Sentence(
        "transfer {source} was received under a grant that forbids onward use",
        "ask its owner for a grant that allows it",
    ),
    "QueryMissing": Sentence("the query's digest is missing: expected 32 bytes, not all zero"),
    "RecallUnknown": Sentence("there is no recall {recall}", "see your tasks with: ledger inbox"),
    "RevealTooEarly": Sentence(
        "the subject of transfer {transfer} is hidden until {hiddenUntil}: "
        "before that, only its owner can reveal it",
        "run this again then",
    ),
    "SourceInvalid": Sentence(
        "transfer {source} cannot be a source: it is not one that the owner acknowledged, "
        "or is named twice or out of order",
        "see your transfers with: ledger transfer list",
    ),
    "SourcesDeclaredAlready": Sentence(
        "the sources of version {datasetVersion} of dataset {dataset} are declared already"
    ),
    "SourcesMissing": Sentence("no sources are named: expected one transfer at least"),
    "TagMismatch": Sentence(
        "this is not the tag that is hidden for transfer {transfer}",
        "it is revealed with its salt and the time until which it is hidden",
    ),
    "TagMissing": Sentence("the subject's tag is missing: expected 32 bytes, not all zero"),
    "TooManySources": Sentence(
        "a version can be made from {limit} transfers at most, not from {count}"
    ),
    "VersionIsRecalled": Sentence(
        "version {datasetVersion} of dataset {dataset} is recalled already, by recall {recall}"
    ),
    "VersionNotWithdrawn": Sentence(
        "version {datasetVersion} of dataset {dataset} has to be withdrawn before it is recalled",
        "withdraw it first: ledger dataset withdraw {dataset}@{datasetVersion}",
    ),
}
