"""Answers that can't be given or kept, on a real ledger: what changed since the query was asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ledger.codes import ReasonCode
from ledger.errors import ContractError, RefusedError
from ledger.models import DatasetDescription
from ledger.tableschema import parse_table_schema
from ledger.testing import World
from tests.services import DATASET, SQL, configured, query, register, reporting, service

pytestmark = pytest.mark.integration


def test_a_service_that_is_not_described_as_one_answers_once_it_is(
    ledger_world: World, tmp_path: Path
) -> None:
    """Another program of the owner's wrote what this one would not have."""
    configured(ledger_world, sql=SQL, database=str(register(tmp_path)))
    owner, asker = service(ledger_world)
    number, session = query(asker), owner.session
    dataset = session.state().dataset(DATASET)
    good = session.fetch_record(DatasetDescription, dataset.description)
    rules = (int(dataset.sharing), dataset.approvals, False, False)

    def describe(**changes: Any) -> None:
        named = session.publish_record(good.model_copy(update=changes))
        session.decide("describe", "DatasetRegistry", "edit", dataset.id, rules, named)

    wrong: list[tuple[dict[str, Any], str]] = [
        ({"specification": None}, f"{DATASET} follows no specification of a table"),
        ({"service": None}, f"the description of {DATASET} says not how it is asked"),
    ]
    for changes, message in wrong:
        describe(**changes)
        agent, told = reporting(owner)
        agent.require_services()
        assert agent.step().waiting == 1
        ((event, more),) = told
        assert (event, more["transfer"]) == ("not released", number)
        assert str(more["reason"]).startswith(message)
    describe()
    assert ledger_world.agent("labour").step().released == 1
    assert asker.queries.receive(number).rows == 2


def test_columns_that_the_specification_has_no_more_are_declined(ledger_world: World) -> None:
    owner, asker = service(ledger_world, fields=["since", "status"])
    number = query(asker)
    fewer = parse_table_schema(b'{"fields": [{"name": "person"}, {"name": "status"}]}')
    ledger_world.department("agency").specs.publish("status", fewer, title="Status")
    owner.datasets.edit(DATASET, specification="status")
    assert ledger_world.agent("labour").step().declined == 1
    with pytest.raises(RefusedError, match="not all of the columns that were granted any more"):
        asker.queries.receive(number)


@pytest.mark.parametrize("name", [None, "got.csv"])
def test_an_answer_that_another_process_disputes_meanwhile_is_not_kept(
    ledger_world: World, tmp_path: Path, name: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured(ledger_world, sql=SQL, database=str(register(tmp_path)))
    _, asker = service(ledger_world)
    number = query(asker)
    assert ledger_world.agent("labour").step().released == 1
    chain, transact = asker.session.chain, asker.session.chain.transact

    def meanwhile(signer: Any, contract: Any, function: str, *rest: Any, key: str) -> Any:
        if function == "acknowledge":
            asker.transfers.dispute(number, reason=ReasonCode.CORRUPT, text="Another desk.")
        return transact(signer, contract, function, *rest, key=key)

    monkeypatch.setattr(chain, "transact", meanwhile)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(ContractError):
        asker.queries.receive(number, out=None if name is None else tmp_path / name)
    assert sorted(tmp_path.iterdir()) == before
    assert asker.transfers.show(number).receipt_tag is None
