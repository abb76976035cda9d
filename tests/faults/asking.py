"""What is broken off of service queries and of their answers."""

from __future__ import annotations

from ledger.client.versionsecrets import secrets_of
from ledger.events import QueryOpened, TransferAcknowledged, TransferReleased, TransferState
from ledger.identifiers import record_cid
from ledger.models import Manifest
from tests.faults.scenarios import Scenario
from tests.faults.stage import Mark, Stage
from tests.services import DATASET, SQL, configure, grant, publish_service, query, register

QUERY = ("query", DATASET, "--param", "year=2001", "--subject", "p-1")
ANSWER = (
    b"person,status,since,wage\r\n"
    b"p-1,employed,2001-02-03,3000\r\np-1,self-employed,2011-02-03,-\r\n"
)


def service(stage: Stage) -> None:
    """Labour answers a service from a database, and health may ask it."""
    home = stage.homes / "labour"
    # In the home, which goes back to the mark with it.
    configure(home, sql=SQL, database=register(home).name)
    with stage.ledger("agency") as agency, stage.ledger("labour") as labour:
        publish_service(agency, labour)
        with stage.ledger("health") as health:
            grant(labour, health)


def asked(stage: Stage) -> None:
    """… and did, without waiting for the answer."""
    service(stage)
    with stage.ledger("health") as health:
        query(health)


def check_asked(stage: Stage, _mark: Mark) -> None:
    """One query, whose answer was received."""
    with stage.ledger("health") as health:
        (transfer,) = health.state().transfers.values()
        assert transfer.state is TransferState.ACKNOWLEDGED
        assert health.queries.receive(transfer.id).rows == 2


def check_taken(stage: Stage, mark: Mark) -> None:
    """… and is in its file, alone."""
    check_asked(stage, mark)
    assert [file.name for file in stage.work.iterdir() if "received" in file.name] == [
        "received.csv"
    ]
    assert (stage.work / "received.csv").read_bytes() == ANSWER


def check_answered(stage: Stage, mark: Mark) -> None:
    """One answer was made, and that one is kept, named, and readable by its receiver."""
    with stage.ledger("labour") as labour:
        session, transfer = labour.session, labour.state().transfer(1)
        assert transfer.manifest is not None
        assert transfer.wrap is not None
        manifest = session.fetch_record(Manifest, transfer.manifest)
        assert secrets_of(session, transfer.dataset or 0, 0, transfer.manifest) is not None
        assert session.store.unpublished_wraps() == []
    records = {record_cid(transfer.manifest), record_cid(transfer.wrap)}
    assert stage.pins() - mark.pins == {manifest.payload.cid} | records
    assert stage.notes("labour", "SELECT COUNT(*) FROM data_keys") == [(1,)]
    with stage.ledger("health") as health:
        assert health.queries.receive(1).rows == 2


ASKING = (
    Scenario(
        "query",
        service,
        lambda stage: stage.errand("health", *QUERY, "--out", "received.csv", owner="labour"),
        (QueryOpened, TransferReleased, TransferAcknowledged),
        check_taken,
        actor="health",
        done_code=2,
    ),
    Scenario(
        "query-shown",
        service,
        lambda stage: stage.errand("health", *QUERY, owner="labour"),
        (QueryOpened, TransferReleased, TransferAcknowledged),
        check_asked,
        actor="health",
        repeats=True,
    ),
    Scenario(
        "answer",
        asked,
        lambda stage: stage.errand("labour", "agent", "run", "--once"),
        (TransferReleased,),
        check_answered,
        actor="labour",
    ),
)
