"""What each custom error of the contracts says to a person, and what to do; nothing else.

Placeholders are the error's arguments; `refusals` writes times as UTC, codes as text, states by
their names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple


class Sentence(NamedTuple):
    """A message with placeholders, and a hint without."""

    text: str
    hint: str | None = None


SENTENCES: Final[Mapping[str, Sentence]] = {
    # Members, accounts and keys
    "AccountUnauthorized": Sentence(
        "the account {account} may not do this: it needs the capability {neededCapabilities}",
        "an ADMIN of the department adds an account that has it: ledger department account add",
    ),
    "TooManyAccounts": Sentence(
        "department {department} has {limit} accounts already, more are not possible",
        "remove one first: ledger department account remove",
    ),
    "AccountTaken": Sentence(
        "the account {account} belongs to department {department} already",
        "an account serves one department: use a fresh one",
    ),
    "AccountUnknown": Sentence("the account {account} is not one of this department's"),
    "AccountInvalid": Sentence(
        "{account} cannot be an account: expected an address that is not zero"
    ),
    "AgencyOnly": Sentence(
        "the account {account} may not do this: only an OFFICER of the agency may"
    ),
    "AgencyRequired": Sentence("department {department} is the agency, which cannot be suspended"),
    "AdminRequired": Sentence(
        "this is the last ADMIN account of department {department}, which it cannot be without",
        "add another ADMIN account first",
    ),
    "CapabilitiesInvalid": Sentence(
        "{capabilities} is not a set of capabilities: expected some of ADMIN, OFFICER and AGENT"
    ),
    "CodeInvalid": Sentence(
        "{code} is not a department's code: expected 1 to 32 of a-z, 0-9 and '-'"
    ),
    "CodeTaken": Sentence(
        "the code {code} is department {department}'s already", "choose another code"
    ),
    "DepartmentUnknown": Sentence(
        "there is no department {department}", "see all with: ledger department list"
    ),
    "DepartmentNotYetAdmitted": Sentence(
        "department {department} is a member from {effectiveAt} on, not before",
        "run this again then",
    ),
    "DepartmentIsSuspended": Sentence(
        "department {department} is suspended", "the agency can reinstate it"
    ),
    "DepartmentIsNotSuspended": Sentence("department {department} is not suspended"),
    "AuditorAlready": Sentence("department {department} is an auditor already"),
    "DigestMissing": Sentence(
        "a record's digest is missing: expected 32 bytes that are not all zero"
    ),
    "KeyLengthInvalid": Sentence(
        "the encryption key has {length} bytes, expected {expected} (X-Wing, raw)"
    ),
    "KeyNumberUnexpected": Sentence(
        "the encryption key cannot have number {keyNumber}, expected {expected}",
        "another key was published meanwhile: run this again",
    ),
    "KeyRotationPending": Sentence(
        "encryption key {keyNumber} of department {department} takes effect at {effectiveAt} "
        "only; until then no other can be published",
        "run this again then",
    ),
    "KeyUnknown": Sentence(
        "department {department} has no encryption key {keyNumber}, or it is retired",
        "see its keys with: ledger department show",
    ),
    "KeyMissing": Sentence(
        "department {department} has no encryption key in force",
        "it publishes one with: ledger department key publish",
    ),
    "PeriodTooShort": Sentence(
        "a period of {period} s is too short: expected {minimum} s at least"
    ),
    "ReasonMissing": Sentence(
        "a reason is missing: expected a code and a record's digest, not zero"
    ),
    # Specifications and datasets
    "ApprovalsInvalid": Sentence("a dataset cannot ask for {approvals} approvals: expected 1 or 2"),
    "DatasetUnknown": Sentence(
        "there is no dataset {dataset}", "see all with: ledger dataset list"
    ),
    "DatasetIsWithdrawn": Sentence("dataset {dataset} is withdrawn"),
    "NotAFileDataset": Sentence(
        "dataset {dataset} is a service, which answers queries: only files have versions"
    ),
    "NotTheOwner": Sentence(
        "dataset {dataset} is not department {department}'s: only its owner may do this"
    ),
    "AgentMayNotPublish": Sentence(
        "the account {account} is an AGENT, and dataset {dataset} lets only an OFFICER publish",
        "use an OFFICER account, or allow it with: ledger dataset edit",
    ),
    "SlugInvalid": Sentence("{slug} is not a dataset's name: expected 1 to 32 of a-z, 0-9 and '-'"),
    "SlugTaken": Sentence(
        "the department has a dataset {slug} already (dataset {dataset})", "choose another name"
    ),
    "SpecificationNameInvalid": Sentence(
        "{name} is not a specification's name: expected 1 to 32 of a-z, 0-9 and '-'"
    ),
    "SpecificationVersionUnexpected": Sentence(
        "the specification {name} cannot have version {specificationVersion} now, "
        "expected {expected}",
        "another version was published meanwhile: run this again",
    ),
    "VersionUnexpected": Sentence(
        "dataset {dataset} cannot have version {datasetVersion} now, expected {expected}",
        "another version was published meanwhile: run this again",
    ),
    "VersionUnknown": Sentence(
        "dataset {dataset} has no version {datasetVersion}",
        "see its versions with: ledger dataset show",
    ),
    "VersionIsWithdrawn": Sentence("version {datasetVersion} of dataset {dataset} is withdrawn"),
    # Requests and grants
    "ApprovalGivenAlready": Sentence(
        "the officer {officer} has approved request {grant} already: "
        "this dataset asks for two different officers",
        "the second approval must come from another OFFICER account",
    ),
    "DatasetIsClosed": Sentence(
        "dataset {dataset} is closed: nobody can request it",
        "the legal reason stands in its description: ledger dataset show",
    ),
    "GrantHasExpired": Sentence(
        "grant {grant} expired at {validUntil}", "request access again: ledger request create"
    ),
    "GrantStateUnexpected": Sentence(
        "this cannot be done with request {grant}: it is {state}",
        "see what happened with: ledger request show",
    ),
    "GrantUnknown": Sentence(
        "there is no request or grant {grant}", "see all with: ledger request list"
    ),
    "NotTheRequester": Sentence(
        "request {grant} is not department {department}'s: only its requester may do this"
    ),
    "OwnDataset": Sentence("dataset {dataset} is the requester's own: it needs no grant"),
    "PartialFieldsUnsupported": Sentence(
        "a request for some fields cannot be served yet", "request all fields"
    ),
    "PurposeMissing": Sentence("the purpose is missing: expected the number of one, not 0"),
    "TermsMismatch": Sentence(
        "request {grant} has the terms {expected}, not {terms}",
        "read the request again before approving it: ledger request show",
    ),
    "ValidityOver": Sentence(
        "the validity ends at {validUntil}, which is over", "ask for a later date"
    ),
    # Transfers
    "CuredAlready": Sentence(
        "transfer {transfer} was released a second time already: a dispute is cured once only"
    ),
    "GrantDoesNotHold": Sentence(
        "grant {grant} does not hold: {cause}", "see why with: ledger grant show"
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
        "{limit} releases of dataset {dataset} to department {receiver} wait for a receipt already",
        "the receiver acknowledges or disputes them first",
    ),
    "TransferStateUnexpected": Sentence(
        "this cannot be done with transfer {transfer}: it is {state}",
        "see what happened with: ledger transfer show",
    ),
    "TransferUnknown": Sentence(
        "there is no transfer {transfer}", "see all with: ledger transfer list"
    ),
}
