"""The pytest plug-in as its users have it: tests of their own, in a folder and a process apart."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.testnet.settings import DEFAULT_CONFIG

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("plugin")]

EXAMPLE = Path(__file__).parents[2] / "examples" / "test_sharing.py"


def run_pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "-rA", *arguments],
        cwd=folder,
        env={**os.environ, "TMPDIR": str(folder), "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def left_running(folder: Path) -> list[str]:
    """The processes that have an open file in a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if str(folder) in command:
            found.append(command)
    return found


@pytest.mark.parametrize("engine", ["ganache", "anvil"])
def test_the_example_of_the_documentation_runs(tmp_path: Path, engine: str) -> None:
    (tmp_path / EXAMPLE.name).write_bytes(EXAMPLE.read_bytes())
    done = run_pytest(tmp_path, f"--ledger-engine={engine}", "--durations=0")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 passed" in done.stdout
    assert left_running(tmp_path) == []


def test_every_test_begins_with_the_same_ledger(tmp_path: Path) -> None:
    (tmp_path / "test_apart.py").write_text(
        """
import pytest

@pytest.mark.parametrize("turn", [1, 2])
def test_turn(ledger_world, turn):
    labour = ledger_world.department("labour")
    assert labour.state().datasets == {}
    time = labour.session.chain.head().timestamp
    assert ledger_world.advance(86_400) >= time + 86_400
    assert abs(time - __import__("time").time()) < 3600
    made = labour.datasets.register("employment", title="T", description="D")
    assert made.dataset == 1
    newcomer = ledger_world.department("water")
    assert newcomer.session.me().id == 9
"""
    )
    done = run_pytest(tmp_path, "--ledger-engine=anvil")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_seeded_world_and_its_agents(tmp_path: Path) -> None:
    (tmp_path / "test_seeded.py").write_text(
        """
from ledger.errors import RefusedError

def test_seeded(ledger_world, tmp_path):
    assert len(ledger_world.seed().grants) == 6
    health = ledger_world.department("health")
    opened = health.transfers.open("transport/airports")
    assert ledger_world.agent("transport").step().released == 1
    assert health.transfers.fetch(str(opened.transfer), tmp_path / "airports.csv").rows == 3376
    assert (ledger_world.root / "health" / "config.toml").exists()
"""
    )
    done = run_pytest(tmp_path, "--ledger-engine=anvil")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_chain_is_configured_by_the_users_root_folder(tmp_path: Path) -> None:
    config = json.loads(DEFAULT_CONFIG.read_text())
    config["chain"] |= {"chainId": 4242, "networkId": 4242}
    (tmp_path / "ganache.config.json").write_text(json.dumps(config))
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_configured.py").write_text(
        """
def test_configured(ledger_world):
    labour = ledger_world.department("labour")
    assert labour.session.chain.deployment.chain_id == 4242
"""
    )
    done = run_pytest(tmp_path, "--ledger-engine=anvil")
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_agent_that_fails_fails_the_test(tmp_path: Path) -> None:
    (tmp_path / "test_failing.py").write_text(
        """
def test_failing(ledger_world):
    ledger_world.department("labour")
    (ledger_world.root / "labour" / "passphrase").chmod(0o644)
    (ledger_world.root / "labour" / "deployment.json").write_text("{}")
    with ledger_world.running_agent("labour"):
        pass
"""
    )
    done = run_pytest(tmp_path, "--ledger-engine=anvil")
    assert done.returncode == 1
    assert "RecordError" in done.stdout


def test_the_plugin_costs_others_nothing(tmp_path: Path) -> None:
    program = (
        "import sys, ledger.testing; "
        "heavy = {'web3', 'eth_account', 'ipfshttpclient', 'polars', 'sqlalchemy'}; "
        "print(sorted(heavy & set(sys.modules)), 'pydantic' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.strip() == "[] False"


def test_a_run_that_is_killed_leaves_nothing_running(tmp_path: Path) -> None:
    (tmp_path / "test_killed.py").write_text(
        """
import os, signal

def test_killed(ledger_world):
    os.kill(os.getpid(), signal.SIGKILL)
"""
    )
    done = run_pytest(tmp_path, "--ledger-engine=anvil")
    assert done.returncode == -9
    for _ in range(200):
        if not left_running(tmp_path):
            break
        subprocess.run(["sleep", "0.05"], check=True)
    assert left_running(tmp_path) == []
