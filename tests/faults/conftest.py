"""One stage for all fault tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.testnet.world import Testnet

pytest.register_assert_rewrite(
    "tests.faults.asking",
    "tests.faults.crashing",
    "tests.faults.stage",
    "tests.faults.scenarios",
    "tests.faults.backups",
    "tests.faults.deliveries",
)

from tests.faults.stage import Stage, errand_server  # noqa: E402 - the rewriting comes first


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of this folder needs real servers, and shares one stage."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.integration)
            item.add_marker(pytest.mark.xdist_group("faults"))


@pytest.fixture(scope="session")
def built_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """On anvil, which answers three times as fast: hundreds of commands are broken off here."""
    folder = tmp_path_factory.mktemp("faults")
    testnet = Testnet(folder / "network" / "testnet", with_parent=True)
    try:
        testnet.up("anvil")
        with errand_server() as server:
            made = Stage(testnet, folder, server)
            made.build()
            yield made
    finally:
        testnet.down()


@pytest.fixture
def stage(built_stage: Stage) -> Iterator[Stage]:
    """The stage; what a test does on its chain and in its homes is undone after it."""
    mark = built_stage.mark()
    yield built_stage
    built_stage.back(mark)
