"""Queries that aren't what they say, and answers that aren't what was asked for or granted."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.agent import Agent
from ledger.client import Ledger
from ledger.client.making import Making
from ledger.client.recipients import party_keys
from ledger.client.versionsecrets import secrets_of
from ledger.client.wraps import publish_wrap
from ledger.codes import PayloadKind, ReasonCode
from ledger.envelope.annex import open_annex, seal_annex
from ledger.envelope.binding import transfer_wrap_info
from ledger.envelope.padding import pad
from ledger.envelope.wrap import wrap_key
from ledger.errors import IntegrityError, NotFound, RecordError, RefusedError
from ledger.events import QueryOpened, TransferState
from ledger.models import Query, Reason
from ledger.ports import Wrap
from ledger.records import MAX_RECORD_BYTES, digest
from ledger.testing import World
from tests.attacks.modified import act, hostile_records, put
from tests.services import DATASET, SQL, configured, grant, query, register, service

pytestmark = pytest.mark.integration

CANARY = "canary-8c1f"
ALL = "person,status,since,wage\r\np-1,employed,2001-02-03,3000\r\n"


def opened(asker: Ledger, record: bytes | None, *, grant: int = 1, named: bytes = b"") -> int:
    """A query that a modified client opens with these bytes, or this digest of others."""
    if record is not None:
        named = put(asker, record)
    dataset = asker.state().dataset(DATASET).id
    receipt = act(asker, "agent", "TransferLog", "query", dataset, grant, 0, named)
    (event,) = [event for event in receipt.events if isinstance(event, QueryOpened)]
    return int(event.transfer)


def sealed(asker: Ledger, to: Ledger, secret: dict[str, Any], **public: Any) -> bytes:
    """The bytes of a query with any sealed content."""
    said = {"dataset": DATASET, "requester": asker.code, "nonce": secrets.token_bytes(32)}
    deployment = public.pop("deployment", asker.session.deployment)
    members = [asker.state().department(one.code) for one in (to, asker)]
    readers = party_keys(members, asker.session.now())
    return seal_annex(Query(**(said | public)), secret, readers, deployment=deployment).to_bytes()


def answered(owner: Ledger) -> tuple[int, str]:
    """One round of the owner's agent: how many keys were released, and all that it reports."""
    told: list[object] = []
    agent = Agent(owner.session, lambda event, **more: told.append((event, more)))
    return agent.step().released, str(told)


def declined_for(asker: Ledger, number: int) -> ReasonCode:
    transfer = asker.transfers.show(number)
    assert transfer.state is TransferState.DECLINED
    assert transfer.decision is not None
    return ReasonCode(transfer.decision.code)


@pytest.fixture
def parties(ledger_world: World, tmp_path: Path) -> tuple[Ledger, Ledger]:
    """Labour, whose service is answered from a database, and health, which may ask it."""
    configured(ledger_world, sql=SQL, database=str(register(tmp_path)))
    return service(ledger_world)


def test_a_query_is_answered_once_and_to_whom_sealed_it(
    ledger_world: World, parties: tuple[Ledger, Ledger]
) -> None:
    owner, asker = parties
    thief = ledger_world.department("statistics")
    granted = grant(owner, thief)
    first = query(asker)
    named = asker.transfers.show(first).query
    assert named is not None
    replayed = opened(asker, None, named=named)
    stolen = opened(thief, None, named=named, grant=granted)
    released, _ = answered(owner)
    assert released == 1
    assert asker.transfers.show(first).state is TransferState.RELEASED
    for number in (replayed, stolen):
        assert declined_for(asker, number) is ReasonCode.QUERY_INVALID


def test_a_query_that_a_thief_copies_before_it_is_opened_is_not_answered_to_the_thief(
    ledger_world: World, parties: tuple[Ledger, Ledger]
) -> None:
    owner, asker = parties
    thief = ledger_world.department("statistics")
    granted = grant(owner, thief)
    record = sealed(asker, owner, {"parameters": {"year": 2000}, "subject": "p-1"})
    stolen = opened(thief, record, grant=granted)
    # With the requester's name in place of the other, the sealed part doesn't open.
    forged = Query.from_bytes(record).model_copy(update={"requester": thief.code}).to_bytes()
    renamed = opened(thief, forged, grant=granted)
    honest = opened(asker, record)
    assert answered(owner)[0] == 1
    # Whose it is gets the answer, although it came later.
    assert asker.queries.receive(honest).rows == 2
    for number in (stolen, renamed):
        assert declined_for(thief, number) is ReasonCode.QUERY_INVALID


GOOD: dict[str, Any] = {"parameters": {"year": 2000}, "subject": "p-1"}


def test_a_query_that_breaks_the_services_rules_is_declined_and_only_its_requester_learns_why(
    ledger_world: World, parties: tuple[Ledger, Ledger]
) -> None:
    owner, asker = parties
    broken: list[dict[str, Any]] = [
        {"parameters": {}, "subject": CANARY},
        {"parameters": {"year": CANARY}, "subject": "p-1"},
        {"parameters": {"year": True}, "subject": "p-1"},
        {"parameters": {"year": 1999}, "subject": "p-1"},
        {"parameters": {"year": 2000, CANARY.replace("-", "_"): 1}, "subject": "p-1"},
        {"parameters": {"year": 2000, "status": CANARY * 3}, "subject": "p-1"},
        {"parameters": {"year": 2000}},
        {"parameters": {"year": 2000}, "subject": CANARY, "more": 1},
        {"parameters": [CANARY], "subject": "p-1"},
        {"subject": CANARY},
        {},
    ]
    numbers = [opened(asker, sealed(asker, owner, secret)) for secret in broken]
    released, told = answered(owner)
    assert released == 0
    assert CANARY not in told
    for number in numbers:
        assert declined_for(asker, number) is ReasonCode.QUERY_INVALID
        decision = asker.transfers.show(number).decision
        assert decision is not None
        record = owner.session.ipfs.get_block(decision.digest)
        assert CANARY.encode() not in record
        # Not in the annex, whose base64 may spell it by chance.
        public = json.loads(record) | {"annex": None}
        assert "year" not in json.dumps(public)
        reason = Reason.from_bytes(record)
        outsider = ledger_world.department("statistics").session
        with pytest.raises(NotFound):
            open_annex(
                reason,
                outsider.keys.load(),
                department=outsider.code,
                deployment=outsider.deployment,
            )
    with pytest.raises(RefusedError, match=r"is declined: .*query-invalid.*year is missing"):
        asker.queries.receive(numbers[0])


def test_what_is_no_query_of_this_service_is_declined_or_waits_and_harms_nobody(
    ledger_world: World, parties: tuple[Ledger, Ledger]
) -> None:
    owner, asker = parties
    statistics = ledger_world.department("statistics")
    foreign = [
        sealed(asker, statistics, GOOD),
        sealed(asker, owner, GOOD, dataset="labour/employment"),
        sealed(asker, owner, GOOD, deployment=bytes(32)),
        sealed(asker, owner, GOOD)[:-1],
        Query(dataset=DATASET, requester=asker.code, nonce=bytes(32)).to_bytes(),
    ]
    hostile = {what: opened(asker, record) for what, record in hostile_records()}
    numbers = [opened(asker, record) for record in foreign]
    honest = query(asker)
    released, told = answered(owner)
    assert released == 1
    assert asker.queries.receive(honest).rows == 2
    for number in numbers:
        assert declined_for(asker, number) is ReasonCode.QUERY_INVALID
    for what, record in hostile_records():
        if len(record) > MAX_RECORD_BYTES:
            # No node delivers it; one may deliver what has this digest later.
            assert asker.transfers.show(hostile[what]).state is TransferState.OPENED, what
        else:
            assert declined_for(asker, hostile[what]) is ReasonCode.QUERY_INVALID, what
    assert "\x1b" not in told


def test_a_query_that_no_node_has_holds_up_nobody_twice(parties: tuple[Ledger, Ledger]) -> None:
    owner, asker = parties
    lost = opened(asker, None, named=secrets.token_bytes(32))
    looked: list[bytes] = []
    real = owner.session.ipfs.get_block

    def get_block(named: bytes) -> bytes:
        looked.append(named)
        return real(named)

    agent = Agent(owner.session, lambda *_, **__: None)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(owner.session.ipfs, "get_block", get_block)
        assert [agent.step().waiting for _ in range(3)] == [1, 1, 1]
    named = asker.transfers.show(lost).query
    assert looked.count(named or b"") == 1


def test_a_consent_that_nobody_here_can_check_is_not_taken(parties: tuple[Ledger, Ledger]) -> None:
    owner, asker = parties
    link = {"number": 1, "link": "00" * 32}
    number = opened(asker, sealed(asker, owner, GOOD | {"consent": link}))
    assert answered(owner)[0] == 0
    assert declined_for(asker, number) is ReasonCode.CONSENT_UNFIT


@pytest.mark.parametrize("subject", ["' OR 1=1 --", "p-1'; DELETE FROM register; --", "%", "p-1\t"])
def test_a_subject_that_is_sql_finds_nobody(
    ledger_world: World, parties: tuple[Ledger, Ledger], subject: str
) -> None:
    owner, asker = parties
    attack = opened(asker, sealed(asker, owner, GOOD | {"subject": subject}))
    honest = query(asker)
    answered(owner)
    assert asker.queries.receive(honest).rows == 2
    transfer = asker.transfers.show(attack)
    if transfer.state is TransferState.RELEASED:
        assert asker.queries.receive(attack).rows == 0
    else:
        assert declined_for(asker, attack) is ReasonCode.QUERY_INVALID


def release(
    owner: Ledger, number: int, padded: bytes, change: Callable[[dict[str, Any]], None]
) -> None:
    """What an owner with a modified client releases: these bytes, with a changed manifest."""
    session, transfer = owner.session, owner.state().transfer(number)
    making = Making(session, "forge", PayloadKind.ANSWER)
    members: dict[str, Any] = {
        "dataset": DATASET,
        "media_type": "text/csv",
        "specification": owner.specs.reference("status"),
        "query": transfer.query,
        "fields": None,
    }
    change(members)
    intent = making.intent(transfer)
    making.make(intent, transfer, [padded], **members)
    named = making.made(intent)
    assert named is not None
    released(owner, number, named)


def released(
    owner: Ledger, number: int, named: bytes, *, call: str = "release", **tag: Any
) -> None:
    """Release a manifest of this owner's, whatever it is of, with its own key."""
    session, transfer = owner.session, owner.state().transfer(number)
    kept = secrets_of(session, transfer.dataset or 0, 0, named)
    receiver = session.state().departments[transfer.receiver]
    key = receiver.current_key(session.now())
    assert kept is not None
    assert key is not None
    info = transfer_wrap_info(session.deployment, number, receiver.code, key.number)
    wrapped = wrap_key(key.public_key, kept.key, info)
    act(owner, "agent", "TransferLog", call, number, named, key.number, digest(wrapped),
        *tag.values())  # fmt: skip
    publish_wrap(session, Wrap(number, 0, key.number, wrapped, published=False))


def nothing(_: dict[str, Any]) -> None:
    """Change nothing."""


def setting(**members: Any) -> Callable[[dict[str, Any]], None]:
    return lambda record: record.update(members)


CUT = "since,status\r\n2001-02-03,employed\r\n"


@pytest.mark.parametrize(
    ("table", "change", "message"),
    [
        (ALL, nothing, "other fields than the grant is for"),
        (ALL, setting(fields=("since", "status", "wage")), "other fields than the grant is for"),
        (ALL, setting(fields=("since", "status")), "other columns than its manifest says"),
        (CUT, setting(fields=("since",)), "other columns than its manifest says"),
        ("status,since\r\n", setting(fields=("since", "status")), "other columns"),
        (CUT, setting(fields=("since", "status"), query=bytes(32)), "query is"),
        (CUT, setting(fields=("since", "status"), dataset="labour/wages"), "dataset is"),
        (CUT, setting(fields=("since", "status"), subject_nonce=bytes(32)), "subjectNonce"),
        ("since,status\r\n1\r\n", setting(fields=("since", "status")), "aren't of one length"),
        ("\x00", setting(fields=("since", "status")), "columns"),
    ],
)
def test_an_answer_that_is_not_what_was_asked_or_granted_is_not_taken(
    ledger_world: World,
    tmp_path: Path,
    table: str,
    change: Callable[[dict[str, Any]], None],
    message: str,
) -> None:
    owner, asker = service(ledger_world, fields=["since", "status"])
    number = query(asker)
    release(owner, number, pad(table.encode()), change)
    with pytest.raises(IntegrityError, match=message):
        asker.queries.receive(number, out=tmp_path / "got.csv")
    assert [one.name for one in tmp_path.iterdir() if "got" in one.name] == []
    assert asker.transfers.show(number).state is TransferState.RELEASED
    # It goes on to be refused, and can be disputed.
    with pytest.raises(IntegrityError, match=message):
        asker.queries.receive(number)
    asker.transfers.dispute(number, reason=ReasonCode.CORRUPT, text="It is something else.")


def test_what_padding_carries_is_found(ledger_world: World) -> None:
    owner, asker = service(ledger_world)
    number = query(asker)
    release(owner, number, pad(ALL.encode())[:-6] + b"secret", nothing)
    with pytest.raises(IntegrityError, match="not padded as it must be"):
        asker.queries.receive(number)


def test_an_answer_to_another_query_is_not_taken(
    ledger_world: World, parties: tuple[Ledger, Ledger]
) -> None:
    owner, asker = parties
    first = query(asker, subject="p-1")
    assert answered(owner)[0] == 1
    second = query(asker, subject="p-2")
    named = asker.transfers.show(first).manifest
    assert named is not None
    released(owner, second, named)
    with pytest.raises(RecordError, match="query is"):
        asker.queries.receive(second)
    assert asker.queries.receive(first).rows == 2


def test_a_release_with_a_tag_and_a_manifest_without_its_nonce_is_not_taken(
    ledger_world: World, parties: tuple[Ledger, Ledger]
) -> None:
    owner, asker = parties
    number = query(asker)
    making = Making(owner.session, "forge", PayloadKind.ANSWER)
    transfer = owner.state().transfer(number)
    intent = making.intent(transfer)
    making.make(
        intent, transfer, [pad(ALL.encode())], dataset=DATASET, media_type="text/csv",
        query=transfer.query,
    )  # fmt: skip
    named = making.made(intent)
    assert named is not None
    tag = (secrets.token_bytes(32), 0, bytes(32), (0, bytes(32)))
    released(owner, number, named, call="releaseTagged", tag=tag)
    with pytest.raises(RecordError, match="subjectNonce"):
        asker.queries.receive(number)


def test_a_service_that_describes_itself_otherwise_is_not_asked(ledger_world: World) -> None:
    owner, asker = service(ledger_world)
    view = owner.datasets.show(DATASET)
    assert view.description is not None
    lying = owner.session.publish_record(view.description.model_copy(update={"service": None}))
    act(owner, "officer", "DatasetRegistry", "edit", view.dataset.id, (2, 1, False, False), lying)
    with pytest.raises(RecordError, match="service"):
        asker.queries.ask(DATASET, {"year": 2000}, subject="p-1")
    assert asker.state().transfers == {}
