"""Documents that nobody asked for: they can neither fill a disk nor flood an inbox for ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.client import Ledger
from ledger.errors import ContractError
from tests.attacks.modified import act
from tests.country import Country

pytestmark = pytest.mark.integration

DIGEST = b"\x44" * 32


def send(sender: Ledger, receiver: int) -> None:
    act(sender, "agent", "TransferLog", "send", receiver, DIGEST, 1, DIGEST)


def test_a_flood_of_documents_ends_at_a_few_and_hurts_nobody_else(country: Country) -> None:
    interior = country.world.department("interior")
    health = country.world.department("health").session.me().id
    with pytest.raises(ContractError) as error:  # noqa: PT012 - which one it is, is the question
        for _ in range(7):
            send(interior, health)
    assert error.value.name == "TooManyUnacknowledged"
    send(country.world.department("energy"), health)
    # The receiver alone makes room, by refusing; and none of it hides what others send.
    sender = interior.session.me().id
    flood = [one.id for one in country.state().transfers.values() if one.sender == sender]
    refuse = f"document refuse {flood[0]} --reason other --text Unasked. --yes"
    assert country.ledger(refuse, as_="health").code == 0
    assert "energy" in country.ledger("document inbox", as_="health").out
    send(interior, health)


def test_an_unsolicited_document_writes_nothing_at_its_receiver(
    country: Country, tmp_path: Path
) -> None:
    file = tmp_path / "letter.txt"
    file.write_bytes(b"x" * 100_000)
    before = _files(country.root / "health")
    ran = country.ledger("document send health --title Letter --yes", file, as_="interior")
    assert ran.code == 0, ran
    with country.world.running_agent("health"):
        assert country.ledger("inbox", as_="health").code == 0
    assert _files(country.root / "health") == before


def _files(home: Path) -> set[Path]:
    return {path for path in home.rglob("*") if not path.name.startswith("ledger.db")}
