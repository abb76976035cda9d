"""What is broken off of lineage, recalls, disclosures, documents and derived payloads."""

from __future__ import annotations

from ledger.codes import ReasonCode
from ledger.envelope.arbitration import Verdict
from ledger.events import (
    DocumentSent,
    KeyDisclosed,
    SourcesDeclared,
    TransferAcknowledged,
    TransferReleased,
    TransferState,
    VersionPublished,
    VersionRecalled,
    VersionWithdrawn,
)
from ledger.identifiers import record_cid
from ledger.models import Manifest
from ledger.tableschema import parse_table_schema
from tests.faults.scenarios import CONTENT, DATASET, Scenario, ask, publish, register, serve
from tests.faults.stage import Mark, Stage

SCHEMA = b"""{"fields": [{"name": "year", "type": "year"}, {"name": "wage", "type": "integer"},
 {"name": "sector", "type": "string"}]}"""
# More than one segment of the payload's encryption, once two of three columns are cut out of it.
ROWS = [(2000 + number % 20, 90_000_000 + number, "care" * 8) for number in range(40_000)]


# ------------------------------------------------------------------ lineage and recalls
def received(stage: Stage) -> None:
    """Health received the book, may use it onward, and has a dataset of its own."""
    publish(stage)
    ask(stage, onward_use=True)
    with stage.ledger("labour") as labour:
        labour.requests.approve(1)
    with stage.ledger("health") as health:
        health.transfers.open(DATASET)
    serve(stage)
    got = stage.work / "received.bin"
    with stage.ledger("health") as health:
        health.transfers.fetch("1", got)
        health.datasets.register("digest", title="Digest", description="Of the book.")
    got.unlink()


def check_made(stage: Stage, mark: Mark) -> None:
    """One version, whose manifest and declaration name the same source."""
    with stage.ledger("health") as health:
        (version,) = health.state().dataset("health/digest").versions.values()
        manifest = health.session.fetch_record(Manifest, version.manifest)
    assert manifest.sources == version.sources == (1,)
    assert stage.pins() - mark.pins == {manifest.payload.cid, record_cid(version.manifest)}


def check_recalled(stage: Stage, mark: Mark) -> None:
    """One recall, under the reason that the version was withdrawn for."""
    with stage.ledger("labour") as labour:
        state = labour.state()
        (recall,) = state.recalls.values()
        withdrawal = state.dataset(DATASET).version(1).withdrawal
        assert withdrawal is not None
        assert withdrawal.digest == recall.decision.digest
        assert [one.transfer for one in labour.datasets.recalls(DATASET)] == [1]
    assert stage.pins() - mark.pins == {record_cid(recall.decision.digest)}


# ------------------------------------------------------------------ documents and disputes
def sent(stage: Stage) -> None:
    """Labour sent health the book as a document."""
    (stage.work / "book.bin").write_bytes(CONTENT)
    with stage.ledger("labour") as labour:
        labour.documents.send("health", stage.work / "book.bin", title="The book")


def disputed(stage: Stage) -> None:
    """… which health disputes, naming an arbiter."""
    sent(stage)
    with stage.ledger("health") as health:
        health.transfers.dispute(
            1, reason=ReasonCode.CORRUPT, text="It is broken.", arbiters=["statistics"]
        )


def has_file(stage: Stage) -> None:
    """Labour has the file that it will send."""
    (stage.work / "book.bin").write_bytes(CONTENT)


def check_sent(stage: Stage, mark: Mark) -> None:
    """One document, with its key, payload and published wrap, that its receiver can open."""
    with stage.ledger("health") as health:
        (document,) = health.documents.list()
        assert document.manifest is not None
        assert document.wrap is not None
        manifest = health.session.fetch_record(Manifest, document.manifest)
        health.documents.receive(1, stage.work / "received.bin")
    assert (stage.work / "received.bin").read_bytes() == CONTENT
    (stage.work / "received.bin").unlink()
    records = {record_cid(document.manifest), record_cid(document.wrap)}
    assert stage.pins() - mark.pins == {manifest.payload.cid} | records
    assert stage.notes("labour", "SELECT COUNT(*) FROM data_keys") == [(1,)]
    assert stage.notes("labour", "SELECT COUNT(*) FROM wraps WHERE published") == [(1,)]


def check_received(stage: Stage, _mark: Mark) -> None:
    """The receipt is on the ledger and the file in place, alone."""
    with stage.ledger("health") as health:
        assert health.state().transfer(1).state is TransferState.ACKNOWLEDGED
    assert sorted(file.name for file in stage.work.iterdir()) == ["book.bin", "received.bin"]
    assert (stage.work / "received.bin").read_bytes() == CONTENT


def check_disclosed(stage: Stage, mark: Mark) -> None:
    """One disclosure, which its arbiter can open, and no other wrap."""
    with stage.ledger("statistics") as statistics:
        (disclosure,) = statistics.state().transfer(1).disclosures
        found = statistics.transfers.arbitrate(1, timeout_s=0)
    assert found.verdict is Verdict.SOUND
    assert stage.pins() - mark.pins == {record_cid(disclosure.wrap)}


# ------------------------------------------------------------------ derived payloads
def granted_columns(stage: Stage) -> None:
    """Health may have two of three columns of a table, and waits for them."""
    with stage.ledger("agency") as agency:
        agency.specs.publish("wages", parse_table_schema(SCHEMA), title="Wages")
    register(stage)
    table = stage.work / "book.bin"
    table.write_text("year,wage,sector\n" + "".join(f"{y},{w},{s}\n" for y, w, s in ROWS))
    with stage.ledger("labour") as labour:
        labour.datasets.register("wages", title="Wages", description="All.", specification="wages")
        labour.datasets.publish("labour/wages", table)
    ask(stage, "labour/wages", fields=["sector", "year"])
    with stage.ledger("labour") as labour:
        labour.requests.approve(1)
    with stage.ledger("health") as health:
        health.transfers.open("labour/wages")


def check_derived(stage: Stage, mark: Mark) -> None:
    """One payload was cut, and that one is kept, named, and readable by its receiver."""
    with stage.ledger("health") as health:
        transfer = health.state().transfer(1)
        assert transfer.manifest is not None
        assert transfer.wrap is not None
        manifest = health.session.fetch_record(Manifest, transfer.manifest)
    records = {record_cid(transfer.manifest), record_cid(transfer.wrap)}
    assert stage.pins() - mark.pins == {manifest.payload.cid} | records
    assert stage.notes("labour", "SELECT COUNT(*) FROM data_keys") == [(2,)]
    with stage.ledger("health") as health:
        got = health.transfers.fetch("1", stage.work / "received.csv").path
    expected = "sector,year\r\n" + "".join(f"{sector},{year}\r\n" for year, _, sector in ROWS)
    assert got.read_bytes() == expected.encode()
    got.unlink()


DELIVERIES = (
    Scenario(
        "publish-sources",
        received,
        lambda stage: stage.errand(
            "health", "dataset", "publish", "health/digest", "book.bin", "--source", "1"
        ),
        (VersionPublished, SourcesDeclared),
        check_made,
        actor="health",
    ),
    Scenario(
        "recall",
        received,
        lambda stage: stage.errand(
            "labour",
            "dataset",
            "recall",
            f"{DATASET}@1",
            "--reason",
            "leak",
            "--text",
            "It leaked.",
        ),
        (VersionWithdrawn, VersionRecalled),
        check_recalled,
        actor="labour",
        done_code=3,
    ),
    Scenario(
        "document-send",
        has_file,
        lambda stage: stage.errand(
            "labour", "document", "send", "health", "book.bin", "--title", "The book"
        ),
        (DocumentSent,),
        check_sent,
        actor="labour",
        repeats=True,
    ),
    Scenario(
        "document-receive",
        sent,
        lambda stage: stage.errand("health", "document", "receive", "1", "--out", "received.bin"),
        (TransferAcknowledged,),
        check_received,
        actor="health",
        done_code=2,
    ),
    Scenario(
        "disclose",
        disputed,
        lambda stage: stage.errand("labour", "transfer", "disclose", "1", "--to", "statistics"),
        (KeyDisclosed,),
        check_disclosed,
        actor="labour",
    ),
    Scenario(
        "derive",
        granted_columns,
        lambda stage: stage.errand("labour", "agent", "run", "--once"),
        (TransferReleased,),
        check_derived,
        actor="labour",
    ),
)
