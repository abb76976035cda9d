"""Recalls: an owner calls on everybody who has a version, or what was made from it, to give it up.

A recall takes two transactions under one reason: the version is withdrawn first, so that nothing of
it is released any more. A crash between them is continued by the same command.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ledger.client.mined import only
from ledger.client.naming import delivered_name, recalled_name
from ledger.client.session import Because, Session
from ledger.codes import ReasonCode
from ledger.errors import InputError
from ledger.events import VersionRecalled
from ledger.identifiers import Code, DatasetName, Digest, RecallId, TransferId
from ledger.models import RECALLING
from ledger.provenance import (
    Concern,
    Dataset,
    Decision,
    LedgerState,
    Recall,
    Transfer,
    Version,
    concerned,
)


@dataclass(frozen=True)
class Concerned:
    """A delivery that a recall concerns; times in Unix seconds."""

    recall: RecallId
    recalled: str
    """The version that is recalled: `labour/employment@3`."""
    transfer: TransferId
    dataset: str
    """What was delivered: the version itself, or one that was made from it."""
    receiver: Code
    via: TransferId | None
    """The source of what was delivered that is concerned too; None: recalled itself."""
    attest_by: int
    outcome: str | None
    """What its receiver attested: `replaced`, `destroyed` or `kept`."""
    attested_at: int | None


@dataclass(frozen=True)
class Recalled:
    """A recall, to be attested by `attest_by` (Unix seconds) by all that it concerns."""

    recall: RecallId
    dataset: str
    version: int
    attest_by: int
    concerned: tuple[Concerned, ...]


def recall_version(
    session: Session,
    name: str,
    *,
    reason: ReasonCode,
    text: str,
    replaced_by: int | None = None,
) -> Recalled:
    """Recall a version (`department/slug@version`), withdrawing it first if it isn't.

    Raises:
        NotFound: no such dataset or version.
        InputError: it is another department's, no version is named, it isn't what versions are
            recalled for, or what takes its place is itself or withdrawn.
        ContractError: it is recalled already, or this account may not.
    """
    dataset, version = recallable(session, name)
    if reason not in RECALLING:
        known = ", ".join(code.label for code in sorted(RECALLING))
        raise InputError(f"no version is recalled for {reason.label}: expected one of {known}")
    if replaced_by is not None:
        _require_replacement(dataset, version, replaced_by)
    because = Because(reason, text, replaced_by=replaced_by)
    with session.intent(
        "dataset recall",
        dataset=dataset.name,
        version=version.number,
        reason=reason.label,
        text=text,
        replaced_by=replaced_by,
    ) as intent:
        if "withdraws" not in intent.state:
            # Kept: once it is withdrawn, by whom can't be seen any more.
            intent.save(withdraws=not version.withdrawn)
        of = (dataset.id, version.number)
        if intent.state["withdraws"]:
            session.act_because(
                intent, "DatasetRegistry", "withdrawVersion", *of, because=because, step=":withdraw"
            )
        receipt = session.act_because(intent, "TransferLog", "recall", *of, because=because)
    event = only(receipt, VersionRecalled)
    state = session.state()
    return Recalled(
        recall=event.recall,
        dataset=dataset.name,
        version=version.number,
        attest_by=event.attest_by,
        concerned=tuple(views(state, concerned(state, state.recalls[event.recall]))),
    )


def recallable(session: Session, name: str) -> tuple[Dataset, Version]:
    """The version of this department that a recall names.

    Raises:
        NotFound: no such dataset or version.
        InputError: it is another department's, or no version is named.
    """
    dataset = session.own_dataset(name)
    number = DatasetName.parse(name).version
    if number is None:
        raise InputError(
            "one version is recalled at a time", hint=f"name it, for example {dataset.name}@1"
        )
    return dataset, dataset.version(number)


def would_concern(session: Session, name: str) -> list[Concerned]:
    """Whom a recall of a version would concern now, directly and through lineage.

    Raises:
        NotFound: no such dataset or version.
        InputError: it is another department's, or no version is named.
    """
    return list(views(session.state(), _prospect(session, *recallable(session, name))))


def of_dataset(state: LedgerState, dataset: Dataset) -> Iterator[Concerned]:
    """What the recalls of a dataset's versions concern, and what was attested."""
    for version in dataset.versions.values():
        if version.recall is not None:
            yield from views(state, concerned(state, state.recalls[version.recall]))


def of_transfer(state: LedgerState, transfer: Transfer) -> Iterator[Concern]:
    """The recalls that concern one transfer, attested or not."""
    for recall in state.recalls.values():
        for concern in concerned(state, recall):
            if concern.transfer.id == transfer.id:
                yield concern


def views(state: LedgerState, concerns: Iterable[Concern]) -> Iterator[Concerned]:
    """Concerns in words."""
    for concern in concerns:
        transfer = concern.transfer
        attested = transfer.attestations.get(concern.recall.id)
        yield Concerned(
            recall=concern.recall.id,
            recalled=recalled_name(state, concern.recall),
            transfer=transfer.id,
            dataset=delivered_name(state, transfer),
            receiver=state.departments[transfer.receiver].code,
            via=concern.via,
            attest_by=concern.attest_by,
            outcome=ReasonCode.told(attested.code) if attested else None,
            attested_at=attested.decided_at if attested else None,
        )


def _prospect(session: Session, dataset: Dataset, version: Version) -> tuple[Concern, ...]:
    """What a recall that is decided now would concern."""
    state, now = session.state(), session.now()
    decision = Decision(int(ReasonCode.OTHER), Digest(bytes(32)), now)
    attest_by = now + state.periods_at(now).attest
    number = RecallId(len(state.recalls) + 1)
    return concerned(state, Recall(number, dataset.id, version.number, decision, attest_by))


def _require_replacement(dataset: Dataset, version: Version, number: int) -> None:
    """Check that a version can take the place of the one that is recalled.

    Raises:
        NotFound: there is none of this number.
        InputError: it is the same, or withdrawn.
    """
    if number == version.number:
        raise InputError(f"{dataset.name}@{number} can't take its own place")
    if dataset.version(number).withdrawn:
        raise InputError(f"{dataset.name}@{number} is withdrawn: nobody can fetch it")
