"""`ledger init`: a home complete or not at all, and what a passphrase may come from."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ledger.cli.main import run
from ledger.config import Home
from ledger.deployment import CONTRACTS, Contract, Delays, Deployment
from ledger.identifiers import Digest, parse_address
from ledger.keystore import Passphrase, load_account, load_keyset

RPC, IPFS = "http://127.0.0.1:8545", "/ip4/127.0.0.1/tcp/5001"


def deployment() -> Deployment:
    """A deployment file of contracts that are nowhere."""
    contracts = {
        name: Contract(address=parse_address(f"0x{number:040x}"), code_hash=Digest(bytes(32)))
        for number, name in enumerate(CONTRACTS, start=1)
    }
    return Deployment(
        chain_id=1337,
        genesis_hash=Digest(bytes(32)),
        engine="anvil",
        contracts=contracts,
        first_block=1,
        delays=Delays(notice_period=1, key_delay=1, minimum_period=1),
    )


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LEDGER_HOME", str(tmp_path / "root"))
    monkeypatch.delenv("LEDGER_PROFILE", raising=False)
    monkeypatch.chdir(tmp_path)
    Path("deployment.json").write_bytes(deployment().to_bytes())
    Path("secret").write_text("correct horse\n")
    Path("secret").chmod(0o600)
    return tmp_path / "root"


def init(*more: str, code: str = "labour", file: str = "deployment.json") -> int:
    nodes = ["--rpc", RPC, "--ipfs", IPFS]
    return run(["init", code, "--deployment", file, *nodes, "--no-input", *more])


def test_a_home_has_accounts_and_keys_under_one_passphrase(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert init("--passphrase-file", "secret", "--json") == 0
    shown = capsys.readouterr()
    made = json.loads(shown.out)
    assert shown.err == ""
    home = Home.load(root / "labour")
    assert (made["folder"], made["department"]) == (str(home.path), "labour")
    assert (home.rpc, home.ipfs, home.passphrase_file) == ((RPC,), (IPFS,), None)
    passphrase = Passphrase("correct horse")
    for role, address in made["accounts"].items():
        file = home.path / "accounts" / f"{role}.json"
        assert load_account(file, passphrase).address == address
        assert file.stat().st_mode & 0o077 == 0
    keyset = load_keyset(
        home.keyset,
        passphrase,
        department=home.department,
        deployment_digest=deployment().digest,
    )
    assert keyset.pending is not None
    assert not list(root.glob(".*"))
    assert "correct horse" not in shown.out
    for written in home.path.rglob("*"):
        assert written.is_dir() or b"correct horse" not in written.read_bytes()


def test_people_are_told_what_to_send_to_the_agency(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert init("--passphrase-file", "secret", "--profile", "office") == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"The home of labour is {root / 'office'}. Its accounts:\n  admin")
    assert "ledger agency admit labour" in shown


def test_a_home_that_exists_is_left_as_it_is(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "labour").mkdir(parents=True)
    assert init("--passphrase-file", "secret") == 2
    assert capsys.readouterr().err == (
        "error: there is a home 'labour' already\ntry: choose another name with --profile\n"
    )
    assert list((root / "labour").iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"code": "La Bour"}, "'La Bour' is not a code"),
        ({"file": "nothing.json"}, "'nothing.json' can't be read"),
        ({"file": "secret"}, "'secret' is no deployment file: record is not JSON"),
    ],
)
def test_wrong_input_leaves_nothing_behind(
    root: Path, arguments: dict[str, str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert init("--passphrase-file", "secret", **arguments) == 2
    assert told in capsys.readouterr().err
    assert not root.exists() or list(root.iterdir()) == []


def test_a_wrong_address_leaves_nothing_behind(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert init("--passphrase-file", "secret", "--rpc", "localhost") == 2
    assert capsys.readouterr().err.startswith("error: 'localhost' is not a node's URL")
    assert list(root.iterdir()) == []


def test_a_file_in_the_place_of_all_homes_is_told(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root.touch()
    assert init("--passphrase-file", "secret") == 2
    assert capsys.readouterr().err.startswith(f"error: {root} is not a folder\n")


def test_without_a_source_of_the_passphrase_nothing_is_made(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert init() == 2
    assert capsys.readouterr().err == (
        "error: a passphrase is needed and may not be asked for\n"
        "try: use --passphrase-file or --passphrase-fd\n"
    )
    assert list(root.iterdir()) == []


def test_a_passphrase_comes_from_a_file_descriptor(root: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"correct horse\n")
    os.close(writing)
    assert init("--passphrase-fd", str(reading)) == 0
    account = root / "labour" / "accounts" / "admin.json"
    assert load_account(account, Passphrase("correct horse"))


def test_a_new_passphrase_is_asked_for_twice(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = iter(["one", "other"])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("getpass.getpass", lambda label: next(answers))
    arguments = ["labour", "--deployment", "deployment.json", "--rpc", RPC, "--ipfs", IPFS]
    assert run(["init", *arguments]) == 2
    assert capsys.readouterr().err.startswith("error: the two passphrases differ\n")
    assert list(root.iterdir()) == []
