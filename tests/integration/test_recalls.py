"""Lineage, recalls and attestations on a real ledger, from one department to the third."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ledger.client import Ledger
from ledger.codes import Purpose, ReasonCode
from ledger.errors import (
    ContractError,
    InputError,
    NodeUnreachable,
    NotFound,
    RecordError,
    RecordUnavailable,
    RefusedError,
)
from ledger.events import VersionRecalled, VersionWithdrawn
from ledger.models import Manifest, Reason
from ledger.testing import World
from tests.rounds import Broken

pytestmark = pytest.mark.integration

DAY_S = 86_400


def register(owner: Ledger, slug: str, folder: Path, content: str, **more: Any) -> str:
    """A dataset with one version; its name."""
    owner.datasets.register(slug, title=slug, description="All of it.")
    return publish(owner, f"{owner.code}/{slug}", folder, content, **more)


def publish(owner: Ledger, name: str, folder: Path, content: str, **more: Any) -> str:
    file = folder / "data.txt"
    file.write_text(content)
    owner.datasets.publish(name, file, **more)
    return name


def deliver(
    world: World, name: str, receiver: Ledger, folder: Path, *, onward: bool = True, days: int = 90
) -> int:
    """Have a dataset asked for, granted, delivered and received; the transfer's number."""
    owner = world.department(name.partition("/")[0])
    asked = receiver.requests.create(
        name,
        purpose=Purpose.PLANNING,
        purpose_text="To plan.",
        legal_basis="Planning Act, section 2",
        retention_days=days,
        security_measures="Encrypted at rest.",
        valid_days=300,
        onward_use=onward,
    )
    owner.requests.approve(asked.grant)
    return fetch(world, name, receiver, folder)


def fetch(world: World, name: str, receiver: Ledger, folder: Path) -> int:
    number = receiver.transfers.open(name).transfer
    world.agent(name.partition("/")[0]).step()
    receiver.transfers.fetch(str(number), folder / f"{receiver.code}-{number}")
    return number


@pytest.fixture
def labour(ledger_world: World, tmp_path: Path) -> Ledger:
    """Labour, with `labour/wages@1`."""
    labour = ledger_world.department("labour")
    register(labour, "wages", tmp_path, "wages")
    return labour


@pytest.fixture
def health(ledger_world: World, labour: Ledger, tmp_path: Path) -> Ledger:
    """Health, which received it and made `health/costs@1` from it."""
    health = ledger_world.department("health")
    source = deliver(ledger_world, "labour/wages", health, tmp_path)
    register(health, "costs", tmp_path, "costs", sources=[source])
    return health


@pytest.fixture
def statistics(ledger_world: World, health: Ledger, tmp_path: Path) -> Ledger:
    """The statistics office, which received that."""
    statistics = ledger_world.department("statistics")
    deliver(ledger_world, "health/costs", statistics, tmp_path)
    return statistics


def kinds(ledger: Ledger) -> list[tuple[str, int]]:
    return [(item.kind, item.number) for item in ledger.inbox()]


# ------------------------------------------------------------------ sources
def test_a_version_names_its_sources_and_its_owner_declares_them(health: Ledger) -> None:
    version = health.state().dataset("health/costs").version(1)
    assert version.sources == (1,)
    assert health.session.fetch_record(Manifest, version.manifest).sources == (1,)
    assert health.state().transfer(1).made == [(health.state().dataset("health/costs").id, 1)]


def test_the_same_content_from_the_same_sources_is_the_same_version(
    health: Ledger, tmp_path: Path
) -> None:
    file = tmp_path / "data.txt"
    again = health.datasets.publish("health/costs", file, sources=[1])
    assert (again.version, again.already, again.sources) == (1, True, (1,))
    with pytest.raises(InputError, match="has this content, and other sources"):
        health.datasets.publish("health/costs", file)
    more = health.datasets.publish("health/costs", file, again=True)
    assert (more.version, more.sources) == (2, ())


def test_only_what_was_received_for_onward_use_is_a_source(
    ledger_world: World, labour: Ledger, tmp_path: Path
) -> None:
    health = ledger_world.department("health")
    health.datasets.register("costs", title="Costs", description="All.")
    file = tmp_path / "costs"
    file.write_text("costs")
    kept = deliver(ledger_world, "labour/wages", health, tmp_path, onward=False)
    with pytest.raises(RefusedError, match="terms that forbid onward use"):
        health.datasets.publish("health/costs", file, sources=[kept])
    opened = health.transfers.open("labour/wages").transfer
    with pytest.raises(RefusedError, match="only what was acknowledged"):
        health.datasets.publish("health/costs", file, sources=[opened])
    with pytest.raises(NotFound):
        health.datasets.publish("health/costs", file, sources=[99])
    with pytest.raises(InputError, match="16 transfers at most"):
        health.datasets.publish("health/costs", file, sources=range(1, 18))
    with pytest.raises(InputError, match="is not to labour"):
        labour.datasets.publish("labour/wages", file, sources=[kept])
    assert health.state().dataset("health/costs").versions == {}
    assert health.session.store.unfinished("dataset publish") == []


def test_sources_that_were_disputed_meanwhile_leave_a_version_that_nobody_accepts(
    ledger_world: World, health: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    statistics = ledger_world.department("statistics")
    deliver(ledger_world, "health/costs", statistics, tmp_path)
    transact = health.session.chain.transact

    def meanwhile(signer: Any, contract: Any, function: str, *rest: Any, key: str) -> Any:
        receipt = transact(signer, contract, function, *rest, key=key)
        if function == "publishVersion":
            health.transfers.dispute(1, reason=ReasonCode.CORRUPT, text="It isn't whole.")
        return receipt

    monkeypatch.setattr(health.session.chain, "transact", meanwhile)
    with pytest.raises(RefusedError, match="health/costs@2 is published, but its sources can't"):
        publish(health, "health/costs", tmp_path, "more costs", sources=[1])
    with pytest.raises(RecordError, match="sources"):
        statistics.transfers.fetch("health/costs", tmp_path / "got")
    health.datasets.withdraw("health/costs@2", reason=ReasonCode.FLAWED, text="No sources.")


def test_a_version_whose_sources_were_never_declared_is_mended_by_the_same_command(
    health: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its intent is lost with the home that a backup was made of."""
    transact = health.session.chain.transact

    def breaking(signer: Any, contract: Any, function: str, *rest: Any, key: str) -> Any:
        if function == "declareSources":
            raise Broken
        return transact(signer, contract, function, *rest, key=key)

    with monkeypatch.context() as patched:
        patched.setattr(health.session.chain, "transact", breaking)
        with pytest.raises(Broken):
            publish(health, "health/costs", tmp_path, "more costs", sources=[1])
    (intent,) = health.session.store.unfinished("dataset publish")
    intent.drop()
    again = health.datasets.publish("health/costs", tmp_path / "data.txt", sources=[1])
    assert (again.version, again.already) == (2, True)
    assert health.state().dataset("health/costs").version(2).sources == (1,)


# ------------------------------------------------------------------ recalls
def test_a_recall_reaches_all_who_have_it_or_what_was_made_from_it(
    ledger_world: World, labour: Ledger, health: Ledger, statistics: Ledger, tmp_path: Path
) -> None:
    publish(labour, "labour/wages", tmp_path, "better wages")
    concerned = [
        (one.receiver, one.dataset, one.via) for one in labour.datasets.concerned("labour/wages@1")
    ]
    assert concerned == [("health", "labour/wages@1", None), ("statistics", "health/costs@1", 1)]

    done = labour.datasets.recall(
        "labour/wages@1", reason=ReasonCode.CORRECTION, text="Wrong sums.", replaced_by=2
    )
    assert [(one.receiver, one.outcome) for one in done.concerned] == [
        ("health", None),
        ("statistics", None),
    ]
    state = labour.state()
    recall = state.recalls[done.recall]
    reason = labour.session.fetch_record(Reason, recall.decision.digest)
    assert (reason.text, reason.replaced_by) == ("Wrong sums.", 2)
    withdrawal = state.dataset("labour/wages").version(1).withdrawal
    assert withdrawal is not None
    assert withdrawal.digest == recall.decision.digest

    assert kinds(health) == [("recall", 1)]
    assert kinds(statistics) == [("recall", 2)]
    (task,) = statistics.inbox()
    assert (
        task.what
        == "labour recalls labour/wages@1 (correction), and health/costs@1 was made from it"
    )
    assert task.command == "ledger transfer attest 2 --recall 1 --outcome OUTCOME"
    assert kinds(labour) == []

    attested = health.transfers.attest(1, outcome=ReasonCode.REPLACED)
    assert (attested.recall, attested.outcome) == (done.recall, "replaced")
    assert kinds(health) == []
    with pytest.raises(ContractError, match="attested for recall 1 already"):
        health.transfers.attest(1, outcome=ReasonCode.DESTROYED, recall=1)

    ledger_world.advance(done.attest_by - labour.session.now() + 10)
    assert kinds(labour) == [("unattested", 2)]
    assert kinds(ledger_world.department("agency")) == [("unattested", 2)]
    assert ("unattested", 2) not in kinds(health)
    statistics.transfers.attest(
        2, outcome=ReasonCode.KEPT, legal_ground="Archives Act, section 5", recall=1
    )
    assert kinds(labour) == []
    found = labour.datasets.recalls("labour/wages")
    assert [(one.receiver, one.outcome) for one in found] == [
        ("health", "replaced"),
        ("statistics", "kept"),
    ]
    owed = statistics.transfers.obligations(2)
    assert [one.outcome for one in owed.recalls] == ["kept"]


def test_a_recall_of_a_withdrawn_version_recalls_alone(labour: Ledger) -> None:
    labour.datasets.withdraw("labour/wages@1", reason=ReasonCode.LEAK, text="It leaked.")
    before = len(list(labour.session.chain.events()))
    labour.datasets.recall("labour/wages@1", reason=ReasonCode.LEAK, text="It leaked.")
    events = list(labour.session.chain.events())[before:]
    assert [type(event) for event in events] == [VersionRecalled]
    with pytest.raises(ContractError, match="recalled already, by recall 1"):
        labour.datasets.recall("labour/wages@1", reason=ReasonCode.LEAK, text="Again.")


@pytest.mark.parametrize(
    ("name", "said", "message"),
    [
        ("labour/wages", {}, "one version is recalled at a time"),
        ("labour/wages@7", {}, "no version 7"),
        ("labour/wages@1", {"reason": ReasonCode.LATE}, "no version is recalled for late"),
        ("labour/wages@1", {"replaced_by": 1}, "can't take its own place"),
        ("labour/wages@1", {"replaced_by": 9}, "no version 9"),
        ("labour/wages@1", {"text": "\x1b[2J"}, "not allowed"),
    ],
)
def test_a_recall_that_cannot_be_meant_changes_nothing(
    labour: Ledger, name: str, said: dict[str, Any], message: str
) -> None:
    before = len(list(labour.session.chain.events()))
    asked: dict[str, Any] = {"reason": ReasonCode.LEAK, "text": "It leaked."}
    with pytest.raises(InputError, match=message):
        labour.datasets.recall(name, **asked | said)
    assert len(list(labour.session.chain.events())) == before
    assert labour.session.store.unfinished("dataset recall") == []


def test_only_its_owner_recalls_a_version(health: Ledger) -> None:
    with pytest.raises(InputError, match="belongs to labour"):
        health.datasets.recall("labour/wages@1", reason=ReasonCode.LEAK, text="It leaked.")


@pytest.mark.parametrize("function", ["withdrawVersion", "recall"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_recall_that_breaks_off_is_finished_by_the_same_command(
    labour: Ledger, function: str, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain, transact = labour.session.chain, labour.session.chain.transact

    def breaking(signer: Any, contract: Any, called: str, *rest: Any, key: str) -> Any:
        if called == function and not after:
            raise Broken
        receipt = transact(signer, contract, called, *rest, key=key)
        if called == function:
            raise Broken
        return receipt

    before = len(list(chain.events()))
    with monkeypatch.context() as patched:
        patched.setattr(chain, "transact", breaking)
        with pytest.raises(Broken):
            labour.datasets.recall("labour/wages@1", reason=ReasonCode.LEAK, text="It leaked.")
    labour.datasets.recall("labour/wages@1", reason=ReasonCode.LEAK, text="It leaked.")
    events = list(chain.events())[before:]
    assert [type(event) for event in events] == [VersionWithdrawn, VersionRecalled]
    assert labour.session.store.unfinished("dataset recall") == []


# ------------------------------------------------------------------ attestations
@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"outcome": ReasonCode.KEPT}, "kept on a legal ground"),
        ({"outcome": ReasonCode.DESTROYED, "legal_ground": "Act"}, "kept on a legal ground"),
        ({"outcome": ReasonCode.LEAK}, "no outcome of a recall"),
        ({"recall": 9}, "there is no recall 9"),
        ({}, "no recall waits for transfer 1"),
    ],
)
def test_an_attestation_that_cannot_be_meant_is_refused(
    health: Ledger, said: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        health.transfers.attest(1, **{"outcome": ReasonCode.DESTROYED} | said)
    assert health.state().transfer(1).attestations == {}
    assert health.session.store.unfinished("transfer attest") == []


def test_where_several_recalls_wait_one_is_named(
    ledger_world: World, labour: Ledger, health: Ledger, tmp_path: Path
) -> None:
    register(labour, "hours", tmp_path, "hours")
    hours = deliver(ledger_world, "labour/hours", health, tmp_path)
    publish(health, "health/costs", tmp_path, "both", sources=[1, hours])
    statistics = ledger_world.department("statistics")
    number = deliver(ledger_world, "health/costs", statistics, tmp_path)
    for name in ("labour/wages@1", "labour/hours@1"):
        labour.datasets.recall(name, reason=ReasonCode.ERASURE, text="Ordered.")
    with pytest.raises(InputError, match="several recalls wait for transfer 3: 1, 2"):
        statistics.transfers.attest(number, outcome=ReasonCode.DESTROYED)
    statistics.transfers.attest(number, outcome=ReasonCode.DESTROYED, recall=2)
    assert statistics.transfers.attest(number, outcome=ReasonCode.DESTROYED).recall == 1
    with pytest.raises(InputError, match="recall 2 doesn't concern transfer 1"):
        health.transfers.attest(1, outcome=ReasonCode.DESTROYED, recall=2)
    with pytest.raises(InputError, match="is not to labour"):
        labour.transfers.attest(number, outcome=ReasonCode.DESTROYED)


# ------------------------------------------------------------------ retention
def test_the_end_of_the_retention_is_attested(
    ledger_world: World, labour: Ledger, tmp_path: Path
) -> None:
    health = ledger_world.department("health")
    number = deliver(ledger_world, "labour/wages", health, tmp_path, days=2)
    received_at = health.state().transfer(number).acknowledged_at
    assert received_at is not None
    ends_at = received_at + 2 * DAY_S
    assert health.transfers.obligations(number).retained_until == ends_at
    ledger_world.advance(DAY_S + 60)
    assert kinds(health) == []
    ledger_world.advance(DAY_S)
    (task,) = health.inbox()
    assert (task.kind, task.number) == ("retention", number)
    assert task.command == f"ledger transfer attest {number} --recall 0 --outcome OUTCOME"
    assert kinds(labour) == []

    assert task.deadline is not None
    ledger_world.advance(task.deadline - health.session.now() + 10)
    for other in (labour, ledger_world.department("agency")):
        assert kinds(other) == [("unattested", number)]
    attested = health.transfers.attest(number, outcome=ReasonCode.DESTROYED)
    assert attested.recall is None
    assert kinds(health) == kinds(labour) == []
    assert health.transfers.obligations(number).retention == "destroyed"


def test_an_inbox_without_ipfs_says_what_it_cannot_tell(
    ledger_world: World, labour: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    health = ledger_world.department("health")
    deliver(ledger_world, "labour/wages", health, tmp_path, days=2)
    labour.datasets.recall("labour/wages@1", reason=ReasonCode.LEAK, text="It leaked.")

    def down(digest: bytes) -> bytes:
        raise NodeUnreachable("no IPFS node answers", hint="start it")

    monkeypatch.setattr(health.session.ipfs, "get_block", down)
    assert kinds(health) == [("recall", 1)]
    ledger_world.advance(3 * DAY_S)
    assert kinds(health) == [("recall", 1), ("node", 0)]
    owed = health.transfers.obligations(1)
    assert (owed.retained_until, len(owed.recalls)) == (None, 1)
    (why,) = health.reasons([health.state().dataset("labour/wages").history[-1]])
    assert (why.text, why.unreadable) == (None, "no IPFS node answers")


def test_terms_that_nobody_has_end_no_retention(
    ledger_world: World, labour: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    health = ledger_world.department("health")
    number = deliver(ledger_world, "labour/wages", health, tmp_path, days=2)

    def missing(digest: bytes) -> bytes:
        raise RecordUnavailable("no node has it")

    monkeypatch.setattr(health.session.ipfs, "get_block", missing)
    ledger_world.advance(3 * DAY_S)
    assert kinds(health) == []
    assert health.transfers.obligations(number).retained_until is None
    assert health.transfers.attest(number, outcome=ReasonCode.DESTROYED, recall=0).recall is None


def test_what_was_given_up_before_its_retention_ended_is_not_asked_for_again(
    ledger_world: World, labour: Ledger, tmp_path: Path
) -> None:
    health = ledger_world.department("health")
    deliver(ledger_world, "labour/wages", health, tmp_path, days=2)
    fetch(ledger_world, "labour/wages", health, tmp_path)
    health.transfers.attest(1, outcome=ReasonCode.DESTROYED, recall=0)
    labour.datasets.recall("labour/wages@1", reason=ReasonCode.LEAK, text="It leaked.")
    for number in (1, 2):
        health.transfers.attest(number, outcome=ReasonCode.DESTROYED)
    ledger_world.advance(3 * DAY_S)
    assert kinds(health) == []
