"""A disk that is really full: a file system without room, and a limit on the size of files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.scenarios import (
    CONTENT,
    DATASET,
    approve,
    check_fetched,
    check_published,
    open_transfer,
    register,
    serve,
)
from tests.faults.stage import Stage

LEDGER = f"{sys.executable} -c 'from ledger.cli.main import main; main()'"


def mounting_is_allowed() -> bool:
    unshare = shutil.which("unshare")
    if unshare is None:
        return False
    command = [unshare, "--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs"]
    tried = subprocess.run([*command, "none", "/mnt"], capture_output=True, check=False)
    return tried.returncode == 0


needs_mount = pytest.mark.skipif(
    not mounting_is_allowed(), reason="mounting a file system is not allowed here"
)


def run_in_small_disk(stage: Stage, script: str) -> subprocess.CompletedProcess[str]:
    """Run a shell script that may mount what nobody else sees."""
    return subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", f"set -e; {script}"],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(Path.cwd()),
            "LEDGER_HOME": str(stage.homes),
        },
        cwd=stage.work,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@needs_mount
def test_a_delivery_to_a_full_disk_leaves_nothing_and_is_finished_once_there_is_room(
    stage: Stage,
) -> None:
    open_transfer(stage)
    serve(stage)
    out = stage.work / "received.bin"
    fetch = f"{LEDGER} --profile health transfer fetch 1 --out {out}"
    done = run_in_small_disk(
        stage,
        f"mount -t tmpfs -o size=1m none {stage.work}; {fetch} || echo $?; ls -A {stage.work}",
    )
    assert "disk is full" in done.stderr
    assert done.stdout == "1\n", done.stderr
    errand = stage.errand("health", "transfer", "fetch", "1", "--out", str(out))
    assert stage.run(errand).code == 0
    check_fetched(stage, stage.mark())


@needs_mount
def test_a_publication_from_a_home_on_a_full_disk_publishes_nothing(stage: Stage) -> None:
    register(stage)
    mark = stage.mark()
    home = stage.homes / "labour"
    copy = stage.folder / "copy"
    shutil.copytree(home, copy)
    publish = f"{LEDGER} --profile labour dataset publish {DATASET} book.bin"
    full = (
        f"mount -t tmpfs -o size=1m none {home}; cp -a {copy}/. {home}; "
        f"dd if=/dev/zero of={home}/filling bs=4k 2>/dev/null || true"
    )
    done = run_in_small_disk(stage, f"{full}; {publish} || echo $?")
    shutil.rmtree(copy)
    assert "no space is left for the store" in done.stderr
    assert done.stdout == "1\n", done.stderr
    assert len(stage.events()) == mark.events
    errand = stage.errand("labour", "dataset", "publish", DATASET, "book.bin")
    assert stage.run(errand).code == 0
    check_published(stage, mark)


def test_a_file_that_may_not_grow_leaves_nothing_behind(stage: Stage) -> None:
    approve(stage)
    errand = stage.errand(
        "health", "transfer", "fetch", DATASET, "--out", "received.bin", owner="labour"
    )
    small = stage.run(errand, file_limit_bytes=len(CONTENT) // 2)
    assert small.code == 1, small.output
    assert "a file may not grow further" in small.output
    assert [file.name for file in stage.work.iterdir()] == ["book.bin"]
    assert stage.run(errand).code == 0
    check_fetched(stage, stage.mark())
