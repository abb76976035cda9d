"""Disputes over deliveries, on a real ledger: who may judge them, and who ends them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.codes import ReasonCode
from ledger.errors import ContractError, InputError, NotFound
from ledger.events import TransferState
from ledger.models import Reason
from ledger.testing import World

pytestmark = pytest.mark.integration


def test_a_dispute_names_its_arbiters_and_the_agency_may_end_it(
    ledger_world: World, tmp_path: Path
) -> None:
    labour, health = ledger_world.department("labour"), ledger_world.department("health")
    file = tmp_path / "minutes.txt"
    file.write_text("Minutes.")
    number = labour.documents.send("health", file, title="Minutes").transfer

    def dispute(*arbiters: str) -> None:
        health.transfers.dispute(
            number, reason=ReasonCode.CORRUPT, text="It can't be read.", arbiters=arbiters
        )

    with pytest.raises(InputError, match="labour is a party"):
        dispute("statistics", "labour")
    with pytest.raises(NotFound):
        dispute("statistcs")
    dispute("statistics", "agency", "statistics")
    decision = labour.transfers.show(number).decision
    assert decision is not None
    assert labour.session.fetch_record(Reason, decision.digest).arbiters == ("agency", "statistics")

    with pytest.raises(ContractError):
        labour.transfers.settle(number, text="It can.")
    ledger_world.department("agency").transfers.settle(
        number, reason=ReasonCode.UNFOUNDED, text="It can."
    )
    settled = health.transfers.show(number)
    assert settled.state is TransferState.SETTLED
    assert settled.decision is not None
    assert settled.decision.code == ReasonCode.UNFOUNDED
