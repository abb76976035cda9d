"""Who used data about a subject: found by the subject alone, from what every member can read.

The same records are asked for whomever an answer is about, so that the node that serves them
doesn't learn which answers are the subject's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from ledger.client.terms import check_terms
from ledger.envelope.binding import SecretKey
from ledger.envelope.subjects import TaggedAnswer, own_answers
from ledger.errors import IntegrityError
from ledger.events import Event, SubjectTagged, TransferReleased
from ledger.identifiers import Code, ConsentId, Digest, GrantId, TransferId
from ledger.models import Manifest, PayloadKind, Terms
from ledger.ports import Ipfs
from ledger.provenance import LedgerState, Transfer


@dataclass(frozen=True)
class Use:
    """One use of data: who got it from whom, what for, on which legal basis. Times in Unix s."""

    transfer: TransferId
    receiver: Code
    owner: Code
    dataset: str
    """Of a file, with its version."""
    purpose: int
    legal_basis: str | None
    """None where no node has the grant's terms, or they contradict the chain."""
    grant: GrantId
    consent: ConsentId | None
    released_at: int | None
    acknowledged_at: int | None


@dataclass(frozen=True)
class SubjectLog:
    """What a subject's key finds, and what it can't."""

    about_me: tuple[Use, ...]
    bulk: tuple[Use, ...]
    """Deliveries of files about many, which may include the subject."""
    hidden: int
    """How many answers hide for now whom they are about; about whomever they are."""
    unreadable: tuple[TransferId, ...]
    """Tagged answers whose manifest no node has, or contradicts the chain."""


def subject_log(
    state: LedgerState, ipfs: Ipfs, subject_key: SecretKey, *, deployment: bytes
) -> SubjectLog:
    """Find every use of data about the subject, and those that may include it.

    Raises:
        NodeUnreachable: no IPFS node answers.
    """
    released = [each for each in state.transfers.values() if each.released_at and each.grant]
    tagged = [transfer for transfer in released if transfer.subjects]
    files = [transfer for transfer in released if transfer.version is not None]
    numbers = {transfer.grant for transfer in (*tagged, *files) if transfer.grant is not None}
    bases = {number: _legal_basis(state, ipfs, number) for number in sorted(numbers)}
    answers: list[TaggedAnswer] = []
    unreadable: list[TransferId] = []
    for transfer in tagged:
        try:
            answers += _answers(state, ipfs, transfer)
        except IntegrityError:
            unreadable.append(transfer.id)
    mine = {one.transfer for one in own_answers(subject_key, answers, deployment=deployment)}
    return SubjectLog(
        about_me=tuple(_use(state, each, bases) for each in tagged if each.id in mine),
        bulk=tuple(_use(state, each, bases) for each in files),
        hidden=sum(any(subject.hidden for subject in each.subjects) for each in tagged),
        unreadable=tuple(unreadable),
    )


def _answers(state: LedgerState, ipfs: Ipfs, transfer: Transfer) -> list[TaggedAnswer]:
    """Each nonce of an answer with each tag of it that can be read.

    There is one of both, unless it was released twice or its tag was hidden at first.

    Raises:
        IntegrityError: a manifest can't be had, or contradicts the chain.
    """
    owner = state.departments[transfer.sender].code
    nonces = set()
    for named in _tagged_manifests(transfer.history):
        manifest = Manifest.from_bytes(ipfs.get_block(named))
        manifest.require_match(
            kind=PayloadKind.ANSWER,
            sender=owner,
            dataset=_name(state, transfer),
            version=None,
            query=transfer.query,
        )
        manifest.require_tagged(True)
        nonces.add(manifest.subject_nonce or b"")
    tags = {subject.tag for subject in transfer.subjects if not subject.hidden}
    return [TaggedAnswer(transfer.id, owner, nonce, tag) for nonce in nonces for tag in tags]


def _tagged_manifests(history: tuple[Event, ...]) -> Iterator[Digest]:
    """The manifests of the releases that had a tag."""
    latest: TransferReleased | None = None
    for event in history:
        if isinstance(event, TransferReleased):
            latest = event
        elif isinstance(event, SubjectTagged) and latest is not None:
            yield latest.manifest


def _legal_basis(state: LedgerState, ipfs: Ipfs, number: GrantId) -> str | None:
    grant = state.grants[number]
    # A record that can't be fetched, or isn't what it should be, is treated as absent.
    with suppress(IntegrityError):
        terms = Terms.from_bytes(ipfs.get_block(grant.terms))
        check_terms(terms, grant.terms, grant, state)
        return terms.legal_basis
    return None


def _use(state: LedgerState, transfer: Transfer, bases: Mapping[GrantId, str | None]) -> Use:
    assert transfer.grant is not None  # noqa: S101 - what has none was left out
    version = "" if transfer.version is None else f"@{transfer.version}"
    return Use(
        transfer=transfer.id,
        receiver=state.departments[transfer.receiver].code,
        owner=state.departments[transfer.sender].code,
        dataset=f"{_name(state, transfer)}{version}",
        purpose=state.grants[transfer.grant].purpose,
        legal_basis=bases[transfer.grant],
        grant=transfer.grant,
        consent=transfer.consent,
        released_at=transfer.released_at,
        acknowledged_at=transfer.acknowledged_at,
    )


def _name(state: LedgerState, transfer: Transfer) -> str:
    assert transfer.dataset is not None  # noqa: S101 - of a document there is no tag
    return state.datasets[transfer.dataset].name
