"""How tests of your own can look: a real chain, a real IPFS node, a fresh ledger for each test.

The fixture `ledger_world` comes with the package; nothing has to be imported or configured.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.codes import Purpose, ReasonCode
from ledger.errors import RefusedError
from ledger.testing import World

DAY_S = 86_400
TABLE = "year,visitors\n2024,120000\n2025,131000\n"


@pytest.fixture
def granted(ledger_world: World, tmp_path: Path) -> int:
    """`culture/visitors`, which tourism may have for 30 days; the number of that grant."""
    culture, tourism = ledger_world.department("culture"), ledger_world.department("tourism")
    culture.datasets.register("visitors", title="Visitors", description="Of museums, yearly.")
    table = tmp_path / "visitors.csv"
    table.write_text(TABLE)
    culture.datasets.publish("culture/visitors", table)
    asked = tourism.requests.create(
        "culture/visitors",
        purpose=Purpose.PLANNING,
        purpose_text="Bus lines to the museums.",
        legal_basis="Tourism Act, section 2",
        valid_days=30,
        retention_days=90,
        security_measures="Encrypted at rest.",
    )
    culture.requests.approve(asked.grant)
    return asked.grant


@pytest.mark.usefixtures("granted")
def test_tourism_receives_what_culture_published(ledger_world: World, tmp_path: Path) -> None:
    with ledger_world.running_agent("culture"):
        received = ledger_world.department("tourism").transfers.fetch(
            "culture/visitors", tmp_path / "received.csv"
        )
    assert received.path.read_text() == TABLE


def test_a_revoked_grant_gives_nothing(ledger_world: World, granted: int, tmp_path: Path) -> None:
    ledger_world.department("culture").grants.revoke(
        granted, reason=ReasonCode.MISUSE, text="Passed on."
    )
    with pytest.raises(RefusedError, match="revoked"):
        ledger_world.department("tourism").transfers.fetch(
            "culture/visitors", tmp_path / "received.csv"
        )


@pytest.mark.usefixtures("granted")
def test_a_grant_ends_with_its_term(ledger_world: World, tmp_path: Path) -> None:
    ledger_world.advance(31 * DAY_S)
    with pytest.raises(RefusedError, match="expired"):
        ledger_world.department("tourism").transfers.fetch(
            "culture/visitors", tmp_path / "received.csv"
        )


def test_nothing_of_another_test_is_left(ledger_world: World) -> None:
    assert ledger_world.department("tourism").datasets.list() == []
