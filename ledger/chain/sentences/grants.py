"""What the errors of AccessGrants say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ledger.chain.sentences.sentence import Sentence

OF_GRANTS: Final[Mapping[str, Sentence]] = {
    "ApprovalGivenAlready": Sentence(
        "the officer {officer} has approved request {grant} already: "
        "this dataset asks for two different officers",
        "the second approval must come from another OFFICER account",
    ),
    "DatasetIsClosed": Sentence(
        "dataset {dataset} is closed: nobody can request it",
        "the legal reason stands in its description: ledger dataset show {dataset}",
    ),
    "GrantHasExpired": Sentence(
        "grant {grant} expired at {validUntil}", "request access again: ledger request create"
    ),
    "GrantStateUnexpected": Sentence(
        "this cannot be done with request {grant}: it is {state}",
        "see what happened with: ledger request show {grant}",
    ),
    "GrantUnknown": Sentence(
        "there is no request or grant {grant}", "see all with: ledger request list"
    ),
    "NotTheRequester": Sentence(
        "request {grant} is not department {department}'s: only its requester may do this"
    ),
    "OwnDataset": Sentence("dataset {dataset} is the requester's own: it needs no grant"),
    "PurposeMissing": Sentence("the purpose is missing: expected the number of one, not 0"),
    "TermsMismatch": Sentence(
        "request {grant} has the terms {expected}, not {terms}",
        "read the request again before approving it: ledger request show {grant}",
    ),
    "ValidityOver": Sentence(
        "the validity ends at {validUntil}, which is over", "ask for a later date"
    ),
    "CounterHasLapsed": Sentence(
        "the owner's other terms for request {grant} lapsed at {lapsesAt}",
        "withdraw the request or escalate it: ledger request withdraw {grant}, "
        "ledger request escalate {grant}",
    ),
    "DatasetNeedsTwoApprovals": Sentence(
        "dataset {dataset} asks for two officers' approvals, which an offer would go round",
        "request it without an offer: ledger request create {dataset}",
    ),
    "ExtensionTooShort": Sentence(
        "grant {grant} is valid until {current} already; {validUntil} is not later",
        "give a later date",
    ),
    "GrantIsOrdered": Sentence(
        "grant {grant} was made under an order: only the agency can suspend or revoke it",
        "write to the agency",
    ),
    "LongestMissing": Sentence(
        "the offer does not say how long a grant under it may be valid: expected seconds, not 0"
    ),
    "OfferDoesNotFit": Sentence(
        "offer {offer} does not fit department {requester}: another group or standing, "
        "terms beyond what is offered, or it is over",
        "see what it offers with: ledger offer show {offer}",
    ),
    "OfferIsRetired": Sentence(
        "offer {offer} is retired", "request the dataset itself: ledger request create"
    ),
    "OfferUnknown": Sentence("there is no offer {offer}", "see all with: ledger offer list"),
    "OwnCase": Sentence("request {grant} is the agency's own, on which it cannot rule"),
    "ResponseNotYetDue": Sentence(
        "the owner has until {respondBy} to answer request {grant}: it cannot be escalated before",
        "run this again then",
    ),
    "TooManyUnanswered": Sentence(
        "{limit} requests of department {requester} wait for an answer of department {owner} "
        "already",
        "withdraw one of them, or escalate one that is overdue",
    ),
}
