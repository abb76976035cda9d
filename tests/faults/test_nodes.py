"""Nodes that fail in the middle of a command: a reply that is lost, a chain that is stopped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ledger.config import Home
from ledger.testnet.world import Testnet
from tests.chain_fixtures import FaultyProxy
from tests.faults.breaking import Errand
from tests.faults.scenarios import SCENARIOS, Scenario
from tests.faults.stage import Stage, errand_server


class LosingReplies(FaultyProxy):
    """Swallows the first reply to each raw transaction: it arrives, and nobody hears so."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.lost: set[str] = set()
        self.after = self._lose

    def _lose(self, request: Any, answer: Any) -> Any:
        if isinstance(request, dict) and request["method"] == "eth_sendRawTransaction":
            (raw,) = request["params"]
            if raw not in self.lost:
                self.lost.add(raw)
                raise ConnectionAbortedError
        return answer

    def __enter__(self) -> LosingReplies:
        super().__enter__()
        return self


@pytest.mark.parametrize(
    "scenario", [pytest.param(scenario, id=scenario.name) for scenario in SCENARIOS]
)
def test_a_lost_reply_to_a_transaction_is_not_a_second_transaction(
    stage: Stage, scenario: Scenario
) -> None:
    scenario.prepare(stage)
    mark, command = stage.mark(), scenario.command(stage)
    nodes = stage.testnet.nodes()
    home = stage.homes / scenario.actor
    with LosingReplies(nodes.rpc) as proxy:
        Home.load(home).with_addresses(rpc=(proxy.url,), ipfs=(nodes.ipfs,))
        done = stage.run(command)
    Home.load(home).with_addresses(rpc=(nodes.rpc,), ipfs=(nodes.ipfs,))
    assert done.code == 0, done.output
    assert len(proxy.lost) == done.points.count("chain.sent")
    scenario.require_one_effect(stage, mark)


@pytest.fixture(scope="module")
def lone_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A test network of its own, with the agency alone: its chain is stopped and started."""
    folder = tmp_path_factory.mktemp("outage")
    testnet = Testnet(folder / "homes" / "testnet", with_parent=True)
    try:
        testnet.up("anvil")
        with errand_server() as server:
            made = Stage(testnet, folder, server)
            made.work.mkdir()
            yield made
    finally:
        testnet.down()


@pytest.mark.parametrize("point", ["outbox.sign", "chain.stored", "chain.sent", "chain.mined"])
def test_a_chain_that_stops_in_the_middle_of_a_publication_costs_nothing(
    lone_stage: Stage, point: str
) -> None:
    stage, slug = lone_stage, point.replace(".", "-")
    points = stage.run(publication(stage, f"{slug}-unharmed")).points
    errand = publication(stage, slug)
    away = stage.run(errand, at=points.index(point) + 1, how="outage")
    assert point in away.points
    assert away.code == 5, away.output
    assert "no chain node answers" in away.output
    stage.testnet.up()
    again = stage.run(errand)
    assert again.code == 0, again.output
    with stage.ledger("agency") as agency:
        assert agency.state().dataset(f"agency/{slug}").version_count == 1
    stage.require_settled("agency")


def publication(stage: Stage, slug: str) -> Errand:
    """The first publication of a new dataset of the agency's."""
    (stage.work / f"{slug}.bin").write_bytes(slug.encode())
    with stage.ledger("agency") as agency:
        agency.datasets.register(slug, title="The book", description="All entries.")
    return stage.errand("agency", "dataset", "publish", f"agency/{slug}", f"{slug}.bin")
