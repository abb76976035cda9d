"""Events in words: one sentence each, with names in place of numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from ledger.codes import Purpose, ReasonCode
from ledger.errors import InputError
from ledger.identifiers import shown as quoted
from ledger.render import Column, camel, iso, plain

if TYPE_CHECKING:
    from ledger.events import Event
    from ledger.provenance import LedgerState


@dataclass(frozen=True)
class Step:
    """One event: when, what in words, and where it stands on the chain."""

    at: int
    event: str
    what: str
    block: int
    transaction: bytes
    fields: Mapping[str, object]


STEP_COLUMNS: Final = [
    Column("When", "at"),
    Column("What", "what"),
    Column("Block", "block", right=True),
]

REASON_COLUMNS: Final = [
    Column("When", "given_at"),
    Column("By", "department"),
    Column("Reason", "code"),
    Column("In words", "told"),
    Column("Grounds", "grounds"),
]

# `{…}` is a name from `_names`.
SENTENCES: Final = {
    "DepartmentAdmitted": "{department} is admitted",
    "DepartmentSuspended": "{department} is suspended ({reason})",
    "DepartmentReinstated": "{department} is reinstated ({reason})",
    "AuditorAppointed": "{department} becomes an auditing body",
    "AuditorRemoved": "{department} is to be no auditing body any more ({reason})",
    "GroupMemberSet": "{department} {comes} the group {group}",
    "ScorecardPublished": "{agency} publishes a scorecard",
    "StandingSet": "{department} gets the standing {standing}",
    "FindingPublished": "{finder} publishes a finding about {department} ({reason})",
    "AdminResetAnnounced": "{department} is to get the ADMIN account {admin} ({reason})",
    "AdminResetVetoed": "{department} vetoes the ADMIN account {admin}",
    "HandoverProposed": "{agency} proposes {successor} as its successor",
    "HandoverAccepted": "{successor} accepts to succeed {agency} as the agency",
    "DeploymentRetired": "{agency} retires this ledger in favour of another",
    "AccountAdded": "{department} adds the account {account}",
    "AccountRemoved": "{department} removes the account {account}",
    "KeyPublished": "{department} publishes its encryption key {key_number}",
    "KeyRetired": "{department} retires its encryption key {key_number}",
    "DeadlinesSet": "{agency} sets new deadlines",
    "SpecificationPublished": "{agency} publishes the specification {name}@{specification_version}",
    "SpecificationDeprecated": "{agency} deprecates {name}@{specification_version} ({reason})",
    "NeedPublished": "{department} publishes need {need}",
    "NeedWithdrawn": "{department} withdraws need {need} ({reason})",
    "DatasetRegistered": "{owner} registers {dataset} ({sharing})",
    "DatasetEdited": "{owner} edits {dataset} ({sharing})",
    "DatasetWithdrawn": "{owner} withdraws {dataset} ({reason})",
    "VersionPublished": "{owner} publishes {dataset}@{dataset_version}",
    "VersionWithdrawn": "{owner} withdraws {dataset}@{dataset_version} ({reason})",
    "ConsentRecorded": "consent {consent} for {receiver} to ask {dataset} is recorded ({purpose})",
    "ConsentWithdrawn": "consent {consent} for {receiver} to ask {dataset} is withdrawn",
    "OfferPublished": "{owner} publishes offer {offer} for {dataset}",
    "OfferRetired": "{owner} retires offer {offer} for {dataset} ({reason})",
    "AccessRequested": "{requester} requests {dataset} for {purpose}: request {grant}",
    "ApprovalRecorded": "request {grant} of {requester} for {dataset} has its first approval",
    "GrantActivated": "request {grant} of {requester} for {dataset} is granted ({basis})",
    "RequestCountered": "{owner} offers {requester} other terms for request {grant} of {dataset}",
    "CounterAccepted": "{requester} accepts the other terms for request {grant} of {dataset}",
    "RequestReturned": "request {grant} of {requester} for {dataset} is returned ({reason})",
    "RequestResubmitted": "{requester} resubmits request {grant} for {dataset}",
    "RequestRefused": "request {grant} of {requester} for {dataset} is refused ({reason})",
    "RequestWithdrawn": "{requester} withdraws request {grant} for {dataset}",
    "RequestEscalated": "{requester} escalates request {grant} for {dataset} ({reason})",
    "AccessOrdered": "{owner} is ordered to grant request {grant} for {dataset} ({reason})",
    "RefusalUpheld": "request {grant} of {requester} for {dataset} is ruled against ({reason})",
    "GrantExtended": "grant {grant} of {requester} for {dataset} is extended",
    "GrantSuspended": "grant {grant} of {requester} for {dataset} is suspended ({reason})",
    "GrantResumed": "grant {grant} of {requester} for {dataset} is resumed",
    "GrantRevoked": "grant {grant} of {requester} for {dataset} is revoked ({reason})",
    "TransferOpened": "{receiver} opens transfer {transfer} of {dataset}@{dataset_version}",
    "QueryOpened": "{receiver} asks {dataset}: transfer {transfer}{under}",
    "TransferRefused": "{receiver} is REFUSED {dataset}{version} ({cause}), grant {grant}",
    "TransferReleased": "{owner} releases the key of transfer {transfer} to {receiver}",
    "SubjectTagged": "transfer {transfer} of {dataset} is marked for its subject{hidden}",
    "SubjectRevealed": "{revealer} reveals the mark of transfer {transfer} of {dataset}",
    "DocumentSent": "{sender} sends {receiver} a document: transfer {transfer}",
    "TransferDeclined": "{owner} declines transfer {transfer} to {receiver} ({reason})",
    "TransferAcknowledged": "{receiver} acknowledges transfer {transfer} of {dataset}",
    "TransferDisputed": "{receiver} disputes transfer {transfer} of {dataset} ({reason})",
    "KeyDisclosed": "{owner} discloses the key of transfer {transfer} to {arbiter}",
    "TransferSettled": "{settler} settles the dispute over transfer {transfer} ({reason})",
    "SourcesDeclared": "{owner} declares that {dataset}@{dataset_version} was made from {sources}",
    "VersionRecalled": "{owner} recalls {dataset}@{dataset_version}: recall {recall} ({reason})",
    "TransferAttested": "{receiver} attests for {recalled}: transfer {transfer} is {reason}",
}


# Fields whose value is a department.
_ROLES: Final = {
    "agency",
    "arbiter",
    "department",
    "finder",
    "owner",
    "receiver",
    "requester",
    "revealer",
    "sender",
    "settler",
    "successor",
}


def steps(events: Iterable[Event], state: LedgerState) -> list[Step]:
    """Tell events in words; `state` knows the names."""
    return [_step(event, state) for event in events]


def _step(event: Event, state: LedgerState) -> Step:
    name = type(event).__name__
    values = {field.name: getattr(event, field.name) for field in fields(event)}
    del values["at"]
    # 1,216 bytes that nobody reads; its digest stays.
    values.pop("public_key", None)
    return Step(
        at=event.at.timestamp,
        event=name,
        what=SENTENCES[name].format_map(_names(values, state)),
        block=event.at.block_number,
        transaction=event.at.transaction,
        fields={camel(name): plain(value, name) for name, value in values.items()},
    )


def _names(values: Mapping[str, Any], state: LedgerState) -> dict[str, object]:
    names = {name: plain(value) for name, value in values.items()}
    for role in _ROLES & values.keys():
        if isinstance(values[role], int):  # a deployment's successor is another one, by digest
            names[role] = _code(state, values[role])
    if values.get("dataset"):
        dataset = state.datasets[values["dataset"]]
        names["dataset"] = dataset.name
        names["owner"] = _code(state, dataset.owner)
    elif "transfer" in values and "dataset" in values:
        names["dataset"] = "a document"
        names["owner"] = _code(state, state.transfers[values["transfer"]].sender)
    if "dataset_version" in values:
        number = values["dataset_version"]
        names["version"] = f"@{number}" if number else ""
    if "member" in values:
        names["comes"] = "comes into" if values["member"] else "leaves"
    if "reason_code" in values:
        names["reason"] = reason_label(values["reason_code"])
    if "sources" in values:
        numbers = ", ".join(map(str, values["sources"]))
        names["sources"] = f"transfer{'s' if ',' in numbers else ''} {numbers}"
    if "recall" in values:
        ended = "the end of the retention"
        names["recalled"] = f"recall {values['recall']}" if values["recall"] else ended
    if "purpose" in values:
        names["purpose"] = purpose_label(values["purpose"])
    if "consent" in values:
        names["under"] = f", under consent {values['consent']}" if values["consent"] else ""
    if "hidden_until" in values:
        names["hidden"] = _hidden(values["hidden_until"], values["ruling_code"])
    if "grant" in values and not values["grant"]:
        names["grant"] = "none"
    return names


def event_name(text: str) -> str:
    """Check an event's name that a user typed.

    Raises:
        InputError: the ledger has no such event.
    """
    if text in SENTENCES:
        return text
    close = get_close_matches(text, SENTENCES, n=1)
    hint = f"did you mean '{close[0]}'?" if close else f"known are {', '.join(SENTENCES)}"
    raise InputError(f"{quoted(text)} is not an event of the ledger", hint=hint)


def purpose_label(number: int) -> str:
    """The label of a purpose's number."""
    return Purpose.told(number)


def reason_label(number: int) -> str:
    """The label of a reason's number."""
    return ReasonCode.told(number)


def _hidden(until: int, ruling: int) -> str:
    return f", hidden until {iso(until)} ({reason_label(ruling)})" if until else ""


def _code(state: LedgerState, department: Any) -> str:
    if department == 0:
        return "nobody"
    found = state.departments.get(department)
    return found.code if found else f"department {department}"
