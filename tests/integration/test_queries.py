"""Service queries on a real ledger, start to answer, with each kind of provider."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ledger.client.answering import AnswerServer
from ledger.codes import PayloadKind, ReasonCode
from ledger.errors import InputError, ProviderError, RefusedError, WaitTimeout
from ledger.events import QueryOpened, RefusalCause, TransferReleased, TransferState
from ledger.models import Manifest
from ledger.testing import World
from tests.rounds import break_off_at_each
from tests.services import (
    DATASET,
    SQL,
    configured,
    grant,
    program,
    query,
    register,
    reporting,
    service,
)

pytestmark = pytest.mark.integration

ROW = """echo '[{"since": "2001-02-03", "wage": 3000, "person": "p", "status": null}]'"""


def test_a_query_is_answered_from_a_database(ledger_world: World, tmp_path: Path) -> None:
    configured(ledger_world, sql=SQL, database=str(register(tmp_path)))
    owner, asker = service(ledger_world)
    with ledger_world.running_agent("labour"):
        got = asker.queries.ask(DATASET, {"year": 2000}, subject="p-1")
        other = asker.queries.ask(DATASET, {"year": 2011, "status": "employed"}, subject="p-2")
    assert got.columns == ("person", "status", "since", "wage")
    assert got.content == (
        ("p-1", "employed", "2001-02-03", "3000"),
        ("p-1", "self-employed", "2011-02-03", "-"),
    )
    assert other.content == (("p-2", "employed", "2012-02-03", "4000"),)
    session, transfer = owner.session, asker.transfers.show(got.transfer)
    manifests = [session.fetch_record(Manifest, one.manifest) for one in (got, other)]
    assert (manifests[0].kind, manifests[0].query) == (PayloadKind.ANSWER, transfer.query)
    assert (manifests[0].fields, manifests[0].rows) == (None, None)
    # Neither the query nor the answer tells by its size what is in it.
    assert {manifest.payload.size_bytes for manifest in manifests} == {312}
    asked = [asker.state().transfer(one.transfer).query for one in (got, other)]
    assert len({len(session.ipfs.get_block(bytes(one or b""))) for one in asked}) == 1
    assert session.store.unfinished("transfer answer") == []
    assert asker.session.store.unfinished("query") == []
    ledger_world.agent("labour").step()
    assert str(owner.transfers.receipt(got.transfer)) == "checked"
    # Once more, by its number; nothing is asked or acknowledged again.
    events = len(transfer.history)
    assert asker.queries.receive(got.transfer).content == got.content
    assert len(asker.transfers.show(got.transfer).history) == events

    # The one cure is of the same answer.
    asker.transfers.dispute(got.transfer, reason=ReasonCode.CORRUPT, text="See above.")
    with pytest.raises(RefusedError, match="is disputed; nothing can be fetched"):
        asker.queries.receive(got.transfer)
    assert ledger_world.agent("labour").step().released == 1
    assert asker.transfers.show(got.transfer).manifest == transfer.manifest
    assert asker.queries.receive(got.transfer).content == got.content


def test_a_query_is_answered_by_a_program_and_cut_to_what_was_granted(
    ledger_world: World, tmp_path: Path
) -> None:
    configured(ledger_world, command=[str(program(tmp_path, ROW))])
    _, asker = service(ledger_world, fields=["since", "status"])
    file = tmp_path / "got.csv"
    with ledger_world.running_agent("labour"):
        got = asker.queries.ask(DATASET, {}, texts={"year": "2001"}, subject="p-1", out=file)
    assert (got.columns, got.rows, got.content) == (("since", "status"), 1, None)
    assert file.read_bytes() == b"since,status\r\n2001-02-03,-\r\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []
    asked = json.loads((tmp_path / "asked.json").read_text())
    assert asked == {"parameters": {"year": 2001}, "subject": "p-1"}
    with pytest.raises(InputError, match="exists already"):
        asker.queries.ask(DATASET, {"year": 2001}, subject="p-1", out=file)
    assert asker.session.store.unfinished("query") == []


def test_what_a_service_is_not_asked_with_is_not_sent(ledger_world: World) -> None:
    _, asker = service(ledger_world)
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"parameters": {}, "subject": "p-1"}, "year is missing"),
        ({"parameters": {"year": 1999}, "subject": "p-1"}, "is below 2000"),
        ({"parameters": {"year": 2000, "x": 1}, "subject": "p-1"}, "not a parameter"),
        ({"parameters": {"year": 2000.5}, "subject": "p-1"}, "the query is wrong"),
        ({"parameters": {"year": 2000}}, "answers about one person"),
        ({"parameters": {"year": 2000}, "subject": " p"}, "begins or ends with a space"),
    ]
    for question, message in wrong:
        parameters = question.pop("parameters")
        with pytest.raises(InputError, match=message):
            asker.queries.ask(DATASET, parameters, **question)
    with pytest.raises(InputError, match="labour's own"):
        ledger_world.department("labour").queries.ask(DATASET, {"year": 2000}, subject="p-1")
    assert asker.state().transfers == {}
    assert asker.session.store.unfinished("query") == []


def test_an_attempt_without_a_grant_that_holds_is_recorded(ledger_world: World) -> None:
    owner, asker = service(ledger_world)
    statistics = ledger_world.department("statistics")
    with pytest.raises(RefusedError, match="has no grant for labour/status; the attempt is on"):
        statistics.queries.ask(DATASET, {"year": 2000}, subject="p-1")
    owner.grants.suspend(1, reason=ReasonCode.SECURITY, text="A leak.")
    with pytest.raises(RefusedError, match=r"grant 1 .* doesn't hold \(suspended\)"):
        asker.queries.ask(DATASET, {"year": 2000}, subject="p-1")
    causes = [(event.grant, event.cause) for event in asker.state().refused]
    assert causes == [(0, RefusalCause.NO_GRANT), (1, RefusalCause.SUSPENDED)]
    assert asker.session.store.unfinished("query") == []


def test_a_query_that_timed_out_goes_on_with_the_same_question(
    ledger_world: World, tmp_path: Path
) -> None:
    configured(ledger_world, sql=SQL, database=str(register(tmp_path)))
    _, asker = service(ledger_world)
    for _ in range(2):
        with pytest.raises(WaitTimeout):
            asker.queries.ask(DATASET, {"year": 2000}, subject="p-2", timeout_s=0)
    with pytest.raises(WaitTimeout):
        asker.queries.ask(DATASET, {"year": 2001}, subject="p-2", timeout_s=0)
    assert len(asker.state().transfers) == 2
    # A file that is there already is not written over, and the query goes on without it.
    (tmp_path / "mine.csv").write_text("mine")
    with pytest.raises(InputError, match="exists already"):
        asker.queries.ask(DATASET, {"year": 2000}, subject="p-2", out=tmp_path / "mine.csv")
    waiting = [item for item in ledger_world.department("labour").inbox() if item.number == 1]
    assert [item.what for item in waiting] == ["health waits for the answer of labour/status"]
    assert ledger_world.agent("labour").step().released == 2
    (item,) = [item for item in asker.inbox() if item.number == 1]
    assert item.command == "ledger query 1"
    assert asker.queries.ask(DATASET, {"year": 2000}, subject="p-2").transfer == 1
    # By its number: then the same question is a new one.
    assert asker.queries.receive(2).rows == 1
    with pytest.raises(WaitTimeout):
        asker.queries.ask(DATASET, {"year": 2001}, subject="p-2", timeout_s=0)
    assert len(asker.state().transfers) == 3


def test_a_provider_that_fails_is_tried_again_and_left_alone_in_between(
    ledger_world: World, tmp_path: Path
) -> None:
    failing = program(tmp_path, "echo canary-output; echo canary-error >&2; exit 1")
    configured(ledger_world, command=[str(failing)])
    owner, asker = service(ledger_world)
    number = query(asker, subject="canary-subject")
    agent, told = reporting(owner)
    assert [(done.waiting, done.declined) for done in (agent.step(), agent.step())] == [(1, 0)] * 2
    (reported,) = told
    assert reported[0] == "not released"
    assert "canary" not in str(told)
    assert owner.session.store.unfinished("transfer answer") != []

    now = [0.0]
    server = AnswerServer(owner.session, clock=lambda: now[0])
    transfer = asker.transfers.show(number)
    for pause_s in (5, 10, 20, 40, 80, 160, 300, 300):
        with pytest.raises(ProviderError):
            server.delivery(transfer)
        now[0] += pause_s - 1
        assert server.delivery(transfer) is None
        now[0] += 1

    program(tmp_path, ROW)
    assert ledger_world.agent("labour").step().released == 1
    assert asker.queries.receive(number).rows == 1


def test_a_service_without_a_provider_leaves_its_queries_waiting(ledger_world: World) -> None:
    owner, asker = service(ledger_world)
    query(asker)
    agent, told = reporting(owner)
    agent.require_services()
    assert agent.step().waiting == 1
    assert [event for event, _ in told] == ["service without provider", "not released"]
    assert told[0][1] == {"dataset": DATASET}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("""echo '[{"since": "canary", "wage": 1, "person": 1, "status": 1}]'""",
         ReasonCode.SPECIFICATION_BROKEN),
        ("""echo '[{"since": "2001-02-03"}]'""", ReasonCode.SPECIFICATION_BROKEN),
        ("""yes '{}' """, ReasonCode.EXCESSIVE),
    ],
    ids=["cell", "columns", "endless"],
)  # fmt: skip
def test_an_answer_that_breaks_its_specification_or_bounds_is_declined(
    ledger_world: World, tmp_path: Path, text: str, code: ReasonCode
) -> None:
    configured(ledger_world, command=[str(program(tmp_path, text))], max_bytes=1000)
    owner, asker = service(ledger_world)
    number = query(asker)
    agent, told = reporting(owner)
    assert agent.step().declined == 1
    assert "canary" not in str(told)
    assert [event for event, _ in told] == ["not answered", "declined"]
    decision = asker.transfers.show(number).decision
    assert decision is not None
    assert decision.code == code
    with pytest.raises(RefusedError, match=f"is declined: .*{code.label}"):
        asker.queries.receive(number)
    assert owner.session.store.unfinished("transfer answer") == []


def test_what_was_made_for_a_query_that_is_declined_is_let_go(
    ledger_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured(ledger_world, sql=SQL, database=str(register(tmp_path)))
    owner, asker = service(ledger_world)
    number, later, session = query(asker), query(asker), owner.session
    kept = type(session.ipfs).add_payload
    names: list[str] = []

    def revoking(self: Any, chunks: Any, name: str) -> str:
        names.append(name)
        cid = kept(self, chunks, name)
        owner.grants.revoke(1, reason=ReasonCode.MISUSE, text="Passed on.")
        return cid

    with monkeypatch.context() as patched:
        patched.setattr(type(session.ipfs), "add_payload", revoking)
        assert ledger_world.agent("labour").step().declined == 2
    for one in (number, later):
        assert asker.transfers.show(one).state is TransferState.DECLINED
    ledger_world.agent("labour").step()
    assert session.store.unfinished("transfer answer") == []
    assert session.ipfs.pinned(names[0]) == []
    # The later one was declined before anybody's data was looked up.
    assert len(names) == 1


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_round_that_breaks_off_is_finished_by_the_next_and_answers_nothing_twice(
    ledger_world: World, tmp_path: Path, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured(ledger_world, sql=SQL, database=str(register(tmp_path)))
    owner, asker = service(ledger_world)
    number = query(asker)
    agent, session = ledger_world.agent("labour"), owner.session
    break_off_at_each(agent, session, monkeypatch, after=after)
    agent.step()
    history = asker.transfers.show(number).history
    assert len([event for event in history if isinstance(event, TransferReleased)]) == 1
    assert len([event for event in history if isinstance(event, QueryOpened)]) == 1
    assert asker.queries.receive(number).rows == 2
    assert session.store.unpublished_wraps() == []
    assert session.store.unfinished("transfer answer") == []


def test_two_grants_do_not_open_each_others_answers(ledger_world: World, tmp_path: Path) -> None:
    configured(ledger_world, sql=SQL, database=str(register(tmp_path)))
    owner, asker = service(ledger_world)
    other = ledger_world.department("statistics")
    grant(owner, other, fields=["status"])
    numbers = [query(asker), query(other)]
    assert ledger_world.agent("labour").step().released == 2
    assert other.queries.receive(numbers[1]).columns == ("status",)
    with pytest.raises(InputError, match="is no query of statistics"):
        other.queries.receive(numbers[0])
