"""What the errors of the DepartmentRegistry say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ledger.chain.sentences.sentence import Sentence

OF_MEMBERS: Final[Mapping[str, Sentence]] = {
    "AccountUnauthorized": Sentence(
        "the account {account} may not do this: it needs the capability {neededCapabilities}",
        "an ADMIN of the department adds an account that has it: ledger department account add",
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
    "AgencyRequired": Sentence(
        "department {department} is the agency, or accepted to be the next: "
        "it cannot be suspended, reset or named as the successor"
    ),
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
    "CodeTaken": Sentence("there is a department {code} already", "choose another code"),
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
        "see its keys with: ledger department show {department}",
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
    "AuditorOnly": Sentence(
        "the account {account} may not do this: only an OFFICER of the agency or of an auditor may"
    ),
    "NotAnAuditor": Sentence(
        "department {department} is not an auditor, or its removal is announced already",
        "see who is one with: ledger department list",
    ),
    "DeploymentIsRetired": Sentence(
        "this ledger is retired: the deployment {successor} has taken over",
        "ask the agency for the new deployment file",
    ),
    "GroupNameInvalid": Sentence(
        "{group} is not a group's name: expected 1 to 32 of a-z, 0-9 and '-'"
    ),
    "HandoverNotProposed": Sentence(
        "the agency has not proposed department {department} as its successor, "
        "or it has accepted already",
        "the agency proposes it with: ledger agency handover propose {department}",
    ),
    "ResetPending": Sentence(
        "a reset of department {department}'s ADMIN is pending until {effectiveAt}",
        "any account of the department can veto it; else run this again then",
    ),
    "ResetNotPending": Sentence(
        "there is no pending reset of department {department}'s ADMIN",
        "one that has taken effect cannot be vetoed any more",
    ),
    "TooManyStandings": Sentence(
        "one call sets {limit} standings at most, not {count}",
        "publish the rest with the same scorecard again",
    ),
}
