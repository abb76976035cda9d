"""Grants of some columns, on a real ledger: what is delivered has those columns and no others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ledger.client import Ledger
from ledger.client.versionsecrets import secrets_of
from ledger.codes import PayloadKind, Purpose, ReasonCode
from ledger.envelope.binding import transfer_wrap_info
from ledger.envelope.wrap import unwrap_key
from ledger.errors import RecordError
from ledger.events import TransferReleased, TransferState
from ledger.models import Manifest
from ledger.provenance import Transfer
from ledger.tableschema import parse_table_schema
from ledger.testing import World
from tests.rounds import break_off_at_each

pytestmark = pytest.mark.integration

DATASET = "labour/wages"
SCHEMA = b"""{"fields": [{"name": "year", "type": "year"}, {"name": "wage", "type": "integer"},
 {"name": "sector", "type": "string"}]}"""
# More than one segment of the payload's encryption.
ROWS = [(2000 + n % 20, 90_000_000 + n, f'"care, {n}"') for n in range(60_000)]
TABLE = "year,wage,sector\n" + "".join(f"{y},{w},{s}\n" for y, w, s in ROWS)
GRANTED = "sector,year\r\n" + "".join(f"{s},{y}\r\n" for y, _, s in ROWS)


@pytest.fixture
def owner(ledger_world: World, tmp_path: Path) -> Ledger:
    """Labour, with a table."""
    ledger_world.department("agency").specs.publish(
        "wages", parse_table_schema(SCHEMA), title="Wages"
    )
    labour = ledger_world.department("labour")
    labour.datasets.register("wages", title="Wages", description="All.", specification="wages")
    publish(labour, tmp_path, TABLE)
    return labour


@pytest.fixture
def asker(ledger_world: World, owner: Ledger) -> Ledger:
    """Health, which was granted two of three columns."""
    health = ledger_world.department("health")
    asked = health.requests.create(
        DATASET,
        purpose=Purpose.PLANNING,
        purpose_text="Staff.",
        legal_basis="Health Act, section 21",
        retention_days=90,
        security_measures="Encrypted at rest.",
        valid_days=300,
        fields=["sector", "year"],
    )
    owner.requests.approve(asked.grant)
    return health


def publish(owner: Ledger, folder: Path, table: str, **more: Any) -> None:
    file = folder / "wages.csv"
    file.write_text(table)
    owner.datasets.publish(DATASET, file, **more)
    file.unlink()


def released_key(asker: Ledger, transfer: Transfer) -> bytes:
    """What the receiver gets of a release, by its own means."""
    session = asker.session
    number = transfer.key_number
    assert number is not None
    assert transfer.wrap is not None
    info = transfer_wrap_info(session.deployment, transfer.id, asker.code, number)
    private_key = session.keys.load().key(number)
    return unwrap_key(private_key, session.ipfs.get_block(transfer.wrap), info).value


def test_the_granted_columns_come_in_their_rows_order_under_a_key_of_their_own(
    ledger_world: World, owner: Ledger, asker: Ledger, tmp_path: Path
) -> None:
    number = asker.transfers.open(DATASET).transfer
    agent = ledger_world.agent("labour")
    assert agent.step().released == 1
    got = asker.transfers.fetch(str(number), tmp_path / "got.csv")
    assert got.path.read_bytes() == GRANTED.encode()
    assert b"90000" not in got.path.read_bytes()

    session, transfer = owner.session, asker.transfers.show(number)
    version = owner.state().dataset(DATASET).version(1)
    manifest = session.fetch_record(Manifest, bytes(transfer.manifest or b""))
    assert (manifest.kind, manifest.fields) == (PayloadKind.DERIVED, ("sector", "year"))
    assert (manifest.derived_from, manifest.rows) == (version.manifest, len(ROWS))
    whole = secrets_of(session, transfer.dataset or 0, 1, version.manifest)
    assert whole is not None
    assert released_key(asker, transfer) != whole.key.value
    agent.step()
    assert str(owner.transfers.receipt(number)) == "checked"

    # The one cure is of the same payload.
    asker.transfers.dispute(number, reason=ReasonCode.CORRUPT, text="See above.")
    assert agent.step().released == 1
    assert asker.transfers.show(number).manifest == transfer.manifest
    asker.transfers.fetch(str(number), tmp_path / "again.csv")
    # Nothing of a cut that was finished is left to be continued.
    assert session.store.unfinished("transfer derive") == []


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_round_that_breaks_off_is_finished_by_the_next_and_cuts_nothing_twice(
    ledger_world: World,
    owner: Ledger,
    asker: Ledger,
    tmp_path: Path,
    after: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    number = asker.transfers.open(DATASET).transfer
    agent, session = ledger_world.agent("labour"), owner.session
    break_off_at_each(agent, session, monkeypatch, after=after)
    agent.step()
    releases = [e for e in asker.transfers.show(number).history if isinstance(e, TransferReleased)]
    assert len(releases) == 1
    got = asker.transfers.fetch(str(number), tmp_path / "got.csv")
    assert got.path.read_bytes() == GRANTED.encode()
    assert session.store.unpublished_wraps() == []


def test_columns_that_the_version_has_not_are_declined_with_a_reason(
    ledger_world: World, owner: Ledger, asker: Ledger, tmp_path: Path
) -> None:
    publish(owner, tmp_path, "year,wage\n2001,90000001\n", validate=False)
    number = asker.transfers.open(DATASET).transfer
    assert ledger_world.agent("labour").step().declined == 1
    transfer = asker.transfers.show(number)
    assert transfer.state is TransferState.DECLINED
    assert transfer.decision is not None
    assert transfer.decision.code == ReasonCode.SPECIFICATION_BROKEN


@pytest.mark.parametrize(
    ("forged", "message"),
    [
        ({"fields": ("sector", "year", "wage")}, "other fields than the grant is for"),
        ({"derived_from": bytes(32)}, "derivedFrom"),
        ({"version": 2}, "version"),
        ({"dataset": "labour/other"}, "dataset"),
    ],
)
def test_what_is_not_cut_from_that_version_for_that_grant_is_not_accepted(
    owner: Ledger, asker: Ledger, tmp_path: Path, forged: dict[str, Any], message: str
) -> None:
    number = asker.transfers.open(DATASET).transfer
    session = owner.session
    version = owner.state().dataset(DATASET).version(1)
    whole = session.fetch_record(Manifest, version.manifest)
    honest: dict[str, Any] = {
        "kind": PayloadKind.DERIVED,
        "encryption": whole.encryption.model_copy(update={"nonce": bytes(32)}),
        "derived_from": version.manifest,
        "fields": ("sector", "year"),
        "specification": None,
    }
    record = session.publish_record(whole.model_copy(update=honest | forged))
    key = session.state().department("health").current_key(session.now())
    assert key is not None
    session.decide("forge", "TransferLog", "release", number, record, key.number, bytes([1] * 32))
    with pytest.raises(RecordError, match=message):
        asker.transfers.fetch(str(number), tmp_path / "got.csv")
    assert not (tmp_path / "got.csv").exists()
    assert asker.transfers.show(number).state is TransferState.RELEASED
