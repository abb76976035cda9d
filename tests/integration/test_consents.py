"""Consents of subjects on a real ledger: made without a node, recorded and withdrawn by members."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ledger.client import Ledger
from ledger.codes import ReasonCode
from ledger.errors import ContractError, InputError, NotFound, RefusedError, WaitTimeout
from ledger.events import ConsentRecorded, ConsentWithdrawn
from ledger.testing import World
from tests.persons import (
    DAY_S,
    STATUS,
    SUBJECT,
    Served,
    consent,
    register,
    specify,
    withdrawal,
)
from tests.rounds import Broken

pytestmark = pytest.mark.integration


@pytest.fixture
def owner(ledger_world: World) -> Ledger:
    """Labour, with a service that needs consents."""
    specify(ledger_world.department("agency"))
    labour = ledger_world.department("labour")
    register(labour)
    return labour


@pytest.fixture
def window(ledger_world: World, owner: Ledger) -> Ledger:
    """A member that has nothing to do with what is consented to."""
    return ledger_world.department("interior")


def test_a_consent_is_recorded_once_and_withdrawn_at_any_window(
    ledger_world: World, window: Ledger
) -> None:
    paper = consent(window)
    done = window.consents.record(paper.to_bytes())
    assert (done.dataset, done.receiver, done.already) == (STATUS, "health", False)
    found = window.consents.show(done.consent)
    assert (found.signer, found.withdrawal) == (paper.signer, paper.withdrawal)
    assert [one.id for one in window.consents.list(dataset=STATUS)] == [done.consent]
    assert window.session.store.subjects().link(done.consent) is None

    # Whoever asks under it records it too, and keeps what the query carries.
    health = ledger_world.department("health")
    with pytest.raises(NotFound, match="does not have the file"):
        health.consents.link(done.consent)
    again = health.consents.record(paper.to_bytes())
    assert (again.consent, again.already) == (done.consent, True)
    assert health.consents.link(done.consent).link == paper.link
    assert health.session.store.unfinished("consent record") == []

    # Any other window, with what the subject derived.
    transport = ledger_world.department("transport")
    ended = transport.consents.withdraw(withdrawal(paper))
    assert (ended.consent, ended.already) == (done.consent, False)
    assert transport.consents.withdraw(withdrawal(paper)).already
    assert window.consents.list() == []
    assert [one.id for one in window.consents.list(every=True)] == [done.consent]
    assert [type(event) for event in window.consents.history(done.consent)] == [
        ConsentRecorded,
        ConsentWithdrawn,
    ]
    with pytest.raises(RefusedError, match="withdrawn for good"):
        window.consents.record(paper.to_bytes())


def test_a_consent_ends_by_itself(ledger_world: World, window: Ledger) -> None:
    done = window.consents.record(consent(window).to_bytes())
    late = consent(window)
    ledger_world.advance(31 * DAY_S)
    assert window.consents.list() == []
    assert not window.consents.show(done.consent).in_force(window.session.now())
    with pytest.raises(InputError, match="is over"):
        window.consents.record(late.to_bytes())


def test_what_is_not_recorded_is_not_withdrawn_and_stays_secret(window: Ledger) -> None:
    paper = consent(window)
    before = window.session.chain.head().number
    with pytest.raises(NotFound, match="not recorded"):
        window.consents.withdraw(withdrawal(paper))
    assert window.session.chain.head().number == before
    assert not window.consents.record(paper.to_bytes()).already


def test_what_needs_no_consents_takes_none(window: Ledger, owner: Ledger) -> None:
    paper = consent(window)
    owner.datasets.edit(STATUS, consent_needed=False)
    with pytest.raises(InputError, match="needs no consents"):
        window.consents.record(paper.to_bytes())
    with pytest.raises(InputError, match="needs no consents"):
        consent(window)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_command_that_breaks_off_is_finished_by_its_next_run(
    window: Ledger, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    paper, chain = consent(window), window.session.chain
    real = chain.transact

    def breaking(*given: Any, **named: Any) -> Any:
        if after:
            real(*given, **named)
        raise Broken

    for command, data in (
        (window.consents.record, paper.to_bytes()),
        (window.consents.withdraw, withdrawal(paper)),
    ):
        with monkeypatch.context() as patched:
            patched.setattr(chain, "transact", breaking)
            with pytest.raises(Broken):
                command(data)
        assert command(data).consent == 1
    assert [type(event) for event in window.consents.history(1)] == [
        ConsentRecorded,
        ConsentWithdrawn,
    ]
    for name in ("consent record", "consent withdraw"):
        assert window.session.store.unfinished(name) == []


def test_two_windows_that_record_the_same_consent_both_succeed(
    ledger_world: World, window: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper, quicker = consent(window).to_bytes(), ledger_world.department("transport")
    act = window.session.act

    def late(*given: Any, **named: Any) -> Any:
        quicker.consents.record(paper)
        return act(*given, **named)

    monkeypatch.setattr(window.session, "act", late)
    done = window.consents.record(paper)
    assert (done.consent, done.already) == (1, True)
    assert len(window.consents.list()) == 1


def test_a_consent_that_cannot_be_recorded_is_none(
    ledger_world: World, owner: Ledger, window: Ledger
) -> None:
    paper = consent(window)
    agency = ledger_world.department("agency")
    agency.agency.suspend("interior", reason=ReasonCode.MISUSE, text="For now.")
    with pytest.raises(ContractError) as refused:
        window.consents.record(paper.to_bytes())
    assert refused.value.name == "DepartmentIsSuspended"
    agency.agency.reinstate("interior", reason=ReasonCode.RESOLVED, text="It is mended.")

    owner.datasets.withdraw(STATUS, reason=ReasonCode.NO_LONGER_NEEDED, text="It ended.")
    with pytest.raises(InputError, match="labour/status is withdrawn: nothing is asked of it"):
        window.consents.record(paper.to_bytes())
    assert window.consents.list(every=True) == []
    assert window.session.store.unfinished("consent record") == []


def test_a_query_whose_consent_is_withdrawn_before_its_answer_is_declined(
    ledger_world: World, tmp_path: Path
) -> None:
    served = Served(ledger_world, tmp_path)
    served.enrol()
    paper = consent(served.asker)
    number = served.asker.consents.record(paper.to_bytes()).consent
    with pytest.raises(WaitTimeout):
        served.asker.queries.ask(
            STATUS, {}, subject=SUBJECT, consent=served.asker.consents.link(number), timeout_s=0
        )
    served.window.consents.withdraw(withdrawal(paper))
    assert ledger_world.agent("labour").step().declined == 1
    with pytest.raises(RefusedError, match=r"consent of its subject .* it isn't in force"):
        served.asker.queries.receive(1)
