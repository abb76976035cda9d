"""What is broken off of backups, rotation and erasure, and what each shall have done once."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from ledger.config import Home
from ledger.envelope.backup import BackupHeader, open_backup
from ledger.envelope.keyset import Keyset
from ledger.events import TransferReleased, VersionWithdrawn
from ledger.identifiers import record_cid
from ledger.keystore import load_keyset, passphrase_from_file
from ledger.models import Manifest
from ledger.opening import deployment_of
from tests.faults.scenarios import (
    CONTENT,
    DATASET,
    Scenario,
    content_of,
    open_transfer,
    publish,
    serve,
)
from tests.faults.stage import Mark, Stage


def gone(stage: Stage) -> None:
    """Labour's home is gone, and there is a backup of it."""
    publish(stage)
    backup, secret = kept(stage)
    backup.unlink(missing_ok=True)
    made = stage.run(stage.errand("labour", "backup", "create", str(backup)))
    assert made.code == 0, made.output
    home = stage.homes / "labour"
    secret.unlink(missing_ok=True)
    (home / "passphrase").rename(secret)
    shutil.rmtree(home)


def kept(stage: Stage) -> tuple[Path, Path]:
    """Where a backup and its passphrase are kept, away from what is put back to a mark."""
    return stage.folder / "kept.backup", stage.folder / "kept.passphrase"


def released(stage: Stage) -> None:
    """A version whose key was released to health."""
    open_transfer(stage)
    serve(stage)


def check_backed_up(stage: Stage, _mark: Mark) -> None:
    """There is one whole file, of which the home knows."""
    assert sorted(file.name for file in stage.work.iterdir()) == ["book.bin", "received.backup"]
    passphrase = passphrase_from_file(stage.homes / "labour" / "passphrase")
    with (stage.work / "received.backup").open("rb") as file:
        header = BackupHeader.from_line(file.readline())
        entries = open_backup(header, header.key(passphrase.value), file)
        names = {entry.name.partition("/")[0] for entry in entries}
    assert names == {
        "home", "deployment.json", "keyset.json", "accounts", "row", "record", "payload",
    }  # fmt: skip
    finished = stage.notes("labour", "SELECT generation FROM backups WHERE finished")
    assert finished == [(header.generation,)]


def check_restored(stage: Stage, mark: Mark) -> None:
    """The home is there, and has all that it had."""
    assert sorted(home.name for home in stage.homes.glob("*labour*")) == ["labour"]
    shutil.copyfile(kept(stage)[1], stage.homes / "labour" / "passphrase")
    (stage.homes / "labour" / "passphrase").chmod(0o600)
    assert content_of(stage, 1) == CONTENT
    assert stage.notes("labour", "SELECT COUNT(*) FROM restored") == [(1,)]
    (stage.homes / "labour" / "passphrase").unlink()
    assert stage.pins() >= mark.pins


def keyset(homes: Path) -> Keyset:
    home = Home.load(homes / "labour")
    digest = deployment_of(home).digest
    passphrase = passphrase_from_file(home.path / "passphrase")
    return load_keyset(
        home.keyset, passphrase, department=home.department, deployment_digest=digest
    )


def check_rotated(stage: Stage, mark: Mark) -> None:
    """Another archive key opens what there is, and the former is in no keyset."""
    before, now = keyset(mark.homes), keyset(stage.homes)
    assert now.former is None
    assert now.archive.value != before.archive.value
    assert (now.keys, now.pending) == (before.keys, before.pending)
    assert content_of(stage, 1) == CONTENT


def check_erased(stage: Stage, mark: Mark) -> None:
    """No file of the home has the key in any form, and IPFS keeps neither ciphertext nor wrap."""
    ((sealed,),) = notes_of(mark.homes, "SELECT sealed FROM data_keys")
    assert keyset(stage.homes).former is None
    assert keyset(stage.homes).archive.value != keyset(mark.homes).archive.value
    assert stage.notes("labour", "SELECT COUNT(*) FROM data_keys") == [(0,)]
    assert stage.notes("labour", "SELECT COUNT(*) FROM wraps") == [(0,)]
    for file in (stage.homes / "labour").rglob("*"):
        if file.is_file():
            data = file.read_bytes()
            assert sealed not in data, file
            assert sealed.hex().encode() not in data, file
    with stage.ledger("labour") as labour:
        version = labour.state().dataset(DATASET).version(1)
        cid = labour.session.fetch_record(Manifest, version.manifest).payload.cid
        (wrap,) = (
            event.wrap
            for event in labour.state().transfer(1).history
            if isinstance(event, TransferReleased)
        )
    assert not {cid, record_cid(wrap)} & stage.pins()


def notes_of(homes: Path, query: str) -> list[tuple[bytes, ...]]:
    """Ask a copy of labour's store directly."""
    with closing(sqlite3.connect(homes / "labour" / "ledger.db")) as database:
        return database.execute(query).fetchall()


BACKUPS = (
    Scenario(
        "backup",
        publish,
        lambda stage: stage.errand(
            "labour", "backup", "create", "received.backup", watch_homes=True
        ),
        (),
        check_backed_up,
        actor="labour",
        done_code=2,
    ),
    Scenario(
        "restore",
        gone,
        lambda stage: stage.errand(
            "labour", "backup", "restore", str(kept(stage)[0]),
            "--passphrase-file", str(kept(stage)[1]), watch_homes=True,
        ),
        (),
        check_restored,
        actor="labour",
    ),
    Scenario(
        "rotate",
        publish,
        lambda stage: stage.errand("labour", "backup", "rotate", watch_homes=True),
        (),
        check_rotated,
        actor="labour",
    ),
    Scenario(
        "erase",
        released,
        lambda stage: stage.errand(
            "labour", "dataset", "erase", f"{DATASET}@1", "--text", "Ordered.", watch_homes=True
        ),
        (VersionWithdrawn,),
        check_erased,
        actor="labour",
    ),
)  # fmt: skip
