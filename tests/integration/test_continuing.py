"""Verbs that break off after their transaction, on a real ledger: the same again finishes them by
what they had noted, and sends nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from ledger.client import Ledger, fetching
from ledger.codes import Purpose, ReasonCode
from ledger.errors import ContractError, WaitTimeout
from ledger.events import GrantState, GrantSuspended, TransferState
from ledger.testing import World
from tests.rounds import Broken
from tests.services import DATASET as STATUS
from tests.services import service

pytestmark = pytest.mark.integration

DAY_S = 86_400
DATASET = "labour/book"
# More than a publication is found by.
CONTENT = b"All entries.\n" * 100_000
ASKED: dict[str, Any] = {
    "purpose": Purpose.PLANNING,
    "purpose_text": "Staff for clinics.",
    "legal_basis": "Health Act, section 21",
    "retention_days": 90,
    "security_measures": "Encrypted at rest.",
    "valid_days": 300,
}
DoneT = TypeVar("DoneT")


@pytest.fixture
def labour(ledger_world: World) -> Ledger:
    labour = ledger_world.department("labour")
    labour.datasets.register("book", title="The book", description="All entries.")
    return labour


@pytest.fixture
def health(ledger_world: World, labour: Ledger) -> Ledger:
    return ledger_world.department("health")


@pytest.fixture
def book(tmp_path: Path) -> Path:
    file = tmp_path / "book.txt"
    file.write_bytes(CONTENT)
    return file


class Breaking:
    """Lets verbs break off at a contract's call, before it is sent or after it was mined."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def off(
        self, ledger: Ledger, function: str, verb: Callable[[], object], *, before: bool = False
    ) -> None:
        """Run a verb that breaks off."""
        chain, transact = ledger.session.chain, ledger.session.chain.transact

        def breaking(signer: Any, contract: Any, called: str, *rest: Any, key: str) -> Any:
            if called == function and before:
                raise Broken
            receipt = transact(signer, contract, called, *rest, key=key)
            if called == function:
                raise Broken
            return receipt

        with self._monkeypatch.context() as patched:
            patched.setattr(chain, "transact", breaking)
            with pytest.raises(Broken):
                verb()

    def continued(
        self, ledger: Ledger, command: str, function: str, verb: Callable[[], DoneT]
    ) -> DoneT:
        """The same verb once more: it sends nothing and leaves no note."""
        events = ledger.session.chain.events
        self.off(ledger, function, verb)
        assert len(ledger.session.store.unfinished(command)) == 1
        told = list(events())
        done = verb()
        assert list(events()) == told
        assert ledger.session.store.unfinished(command) == []
        return done


@pytest.fixture
def breaking(monkeypatch: pytest.MonkeyPatch) -> Breaking:
    return Breaking(monkeypatch)


def test_what_was_being_negotiated_is_said_once(
    breaking: Breaking, labour: Ledger, health: Ledger
) -> None:
    asked = breaking.continued(
        health,
        "request create",
        "request",
        lambda: health.requests.create(DATASET, **ASKED, contact="desk 7"),
    )
    assert (asked.grant, asked.already) == (1, False)
    assert labour.requests.sealed(1) == {"contact": "desk 7"}

    labour.requests.return_for_completion(1, reason=ReasonCode.INCOMPLETE, text="Which case?")
    breaking.continued(
        health, "request resubmit", "resubmit", lambda: health.requests.resubmit(1, case="A 17")
    )
    assert labour.requests.sealed(1) == {"contact": "desk 7", "case": "A 17"}

    countered = breaking.continued(
        labour, "request counter", "counter", lambda: labour.requests.counter(1, retention_days=9)
    )
    assert health.requests.counter_terms(1).retention_days == 9
    assert countered.terms == labour.requests.show(1).counter.terms.digest  # type: ignore[union-attr]
    health.requests.accept(1)

    until = labour.grants.show(1).valid_until + 10 * DAY_S
    extended = breaking.continued(
        labour, "grant extend", "extend", lambda: labour.grants.extend(1, days=10)
    )
    assert extended.valid_until == labour.grants.show(1).valid_until == until

    offered = breaking.continued(
        labour,
        "offer publish",
        "publishOffer",
        lambda: labour.offers.publish(
            DATASET,
            longest_days=400,
            valid_days=100,
            retention_days=90,
            security_measures="Encrypted at rest.",
        ),
    )
    assert labour.offers.record(offered.offer).longest_seconds == 400 * DAY_S


def test_a_grant_that_was_resumed_since_is_suspended_once_more(
    breaking: Breaking, labour: Ledger, health: Ledger
) -> None:
    def suspend() -> object:
        return labour.grants.suspend(1, reason=ReasonCode.SECURITY, text="A leak.")

    health.requests.create(DATASET, **ASKED)
    labour.requests.approve(1)
    breaking.off(labour, "suspend", suspend)
    labour.grants.resume(1)
    suspend()
    grant = labour.grants.show(1)
    assert grant.state is GrantState.SUSPENDED
    assert sum(isinstance(event, GrantSuspended) for event in grant.history) == 2


def test_what_was_taken_back_before_a_crash_is_not_refused_after_it(
    breaking: Breaking, ledger_world: World, health: Ledger
) -> None:
    agency = ledger_world.department("agency")
    agency.agency.set_group_member("hospitals", "health", member=True)
    breaking.continued(
        agency,
        "agency group",
        "setGroupMember",
        lambda: agency.agency.set_group_member("hospitals", "health", member=False),
    )
    agency.agency.propose_handover("health")
    breaking.continued(
        agency, "agency handover cancel", "proposeHandover", agency.agency.cancel_handover
    )
    assert (health.session.me().groups, health.state().proposed_agency) == ({}, None)


def test_what_was_found_of_a_department_is_published_once(
    breaking: Breaking, ledger_world: World, health: Ledger
) -> None:
    agency = ledger_world.department("agency")
    breaking.continued(
        agency,
        "audit finding",
        "publishFinding",
        lambda: agency.findings.publish(
            "health", reason=ReasonCode.DEADLINES_MISSED, text="Late.", grounds="A complaint."
        ),
    )
    assert len(health.session.me().findings) == 1

    since, until = 1, agency.session.chain.head().timestamp
    scored = breaking.continued(
        agency,
        "agency scorecard",
        "publishScorecard",
        lambda: agency.scorecards.publish(
            since=since, until=until, method="Counted.", standings={"health": 3}
        ),
    )
    assert scored.standings == 1
    ledger_world.advance(60 * DAY_S)
    assert health.session.me().standing(health.session.now()) == 3


def test_a_delivery_is_opened_received_and_attested_once(
    breaking: Breaking,
    ledger_world: World,
    labour: Ledger,
    health: Ledger,
    book: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    labour.datasets.publish(DATASET, book)
    health.requests.create(DATASET, **ASKED)
    labour.requests.approve(1)
    opened = breaking.continued(
        health, "transfer open", "open", lambda: health.transfers.open(DATASET)
    )
    assert opened.transfer == 1

    def fetch(out: str) -> Path:
        return health.transfers.fetch(DATASET, tmp_path / out, timeout_s=0).path

    with pytest.raises(WaitTimeout):
        fetch("second")
    # What it opened is in its note: it isn't opened again.
    with pytest.raises(WaitTimeout):
        fetch("second")
    assert list(health.state().transfers) == [1, 2]
    agent = ledger_world.agent("labour")
    assert agent.step().released == 2

    # Checked and acknowledged, and not in place yet: nothing is fetched again.
    breaking.off(health, "acknowledge", lambda: fetch("second"))
    (part,) = tmp_path.glob(".second*.part")
    with monkeypatch.context() as patched:
        patched.setattr(health.session.ipfs, "read_payload", None)
        assert fetch("second").read_bytes() == CONTENT
    assert not part.exists()

    # In place, and only its note is left.
    def killed(folder: Path) -> None:
        raise Broken

    with monkeypatch.context() as patched:
        patched.setattr(fetching, "sync_folder", killed)
        with pytest.raises(Broken):
            health.transfers.fetch("1", tmp_path / "first")
    with monkeypatch.context() as patched:
        patched.setattr(health.session.ipfs, "read_payload", None)
        assert health.transfers.fetch("1", tmp_path / "first").path.read_bytes() == CONTENT
    assert health.session.store.unfinished("transfer fetch") == []

    labour.datasets.recall(f"{DATASET}@1", reason=ReasonCode.LEAK, text="It leaked.")
    attested = breaking.continued(
        health,
        "transfer attest",
        "attest",
        lambda: health.transfers.attest(1, outcome=ReasonCode.DESTROYED),
    )
    assert attested.recall == 1


def test_a_query_is_asked_once(breaking: Breaking, ledger_world: World) -> None:
    _, asker = service(ledger_world)

    def ask() -> object:
        return asker.queries.ask(STATUS, {"year": 2000}, subject="p-1", timeout_s=0)

    breaking.off(asker, "query", ask)
    with pytest.raises(WaitTimeout):
        ask()
    assert [one.state for one in asker.transfers.list()] == [TransferState.OPENED]


def test_an_upload_that_was_finished_is_not_made_again(
    breaking: Breaking, labour: Ledger, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def publish() -> int:
        return labour.datasets.publish(DATASET, book).version

    def killed(record: bytes) -> bytes:
        raise Broken

    with monkeypatch.context() as patched:
        patched.setattr(labour.session.ipfs, "put_block", killed)
        with pytest.raises(Broken):
            publish()
    with monkeypatch.context() as patched:
        patched.setattr(labour.session.ipfs, "add_payload", None)
        breaking.off(labour, "publishVersion", publish, before=True)
        assert publish() == 1

    # The file of a later publication changes behind its beginning: that is another content.
    book.write_bytes(b"!" + CONTENT)
    breaking.off(labour, "publishVersion", publish, before=True)
    book.write_bytes(b"!" + CONTENT[:-1] + b"?")
    assert publish() == 2
    assert labour.datasets.publish(DATASET, book).already


def test_a_publication_that_the_ledger_refuses_leaves_nothing_pinned(
    labour: Ledger, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labour.datasets.withdraw(DATASET, reason=ReasonCode.NO_LONGER_NEEDED, text="It ended.")
    add, names = labour.session.ipfs.add_payload, []

    def named(chunks: Any, name: str) -> str:
        names.append(name)
        return add(chunks, name)

    monkeypatch.setattr(labour.session.ipfs, "add_payload", named)
    with pytest.raises(ContractError) as refused:
        labour.datasets.publish(DATASET, book)
    assert refused.value.name == "DatasetIsWithdrawn"
    (name,) = names
    assert labour.session.ipfs.pinned(name) == []
    assert labour.session.store.unfinished("dataset publish") == []
