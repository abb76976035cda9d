"""`ledger doctor`: each check broken once, and found."""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ledger.codes import ReasonCode
from ledger.deployment import Deployment
from ledger.keystore import (
    LIGHT_SCRYPT_N,
    Passphrase,
    create_account,
    create_keyset,
    passphrase_from_file,
)
from ledger.testnet.http import json_rpc
from tests.country import Country, another_chain
from tests.ipfs_fixtures import NOWHERE
from tests.ipfs_proxy import LyingIpfs

pytestmark = pytest.mark.integration

PROGRAMS = ["program node", "program ganache", "program anvil", "program kubo"]
WHOLE = [
    "command", "home", "disk", "IPFS node", "IPFS is private", *PROGRAMS, "backup", "chain node",
    "chain", "contracts", "clock", "ledger", "membership", "account admin", "account officer",
    "account agent", "encryption key", "data keys",
]  # fmt: skip


@pytest.fixture(autouse=True)
def own_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command is the one in this Python's folder, and the first on PATH."""
    folder = Path(sys.executable).parent
    monkeypatch.setattr(sys, "argv", [str(folder / "ledger")])
    monkeypatch.setenv("PATH", str(folder), prepend=":")


def failing(country: Country, line: str = "doctor", *, as_: str = "labour") -> dict[str, Any]:
    """The checks that fail, by name."""
    ran = country.ledger(f"{line} --json", as_=as_)
    assert ran.err == ""
    checks = {check["name"]: check for check in json.loads(ran.out)}
    failed = {name: check for name, check in checks.items() if not check["ok"]}
    assert ran.code == (1 if failed else 0)
    return failed


def test_a_home_where_all_is_well(country: Country) -> None:
    assert failing(country) == {}
    ran = country.ledger("doctor", as_="audit-office")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()[1:]
    assert [line.split("  ")[1].strip() for line in lines] == WHOLE
    assert {line.split()[0] for line in lines} == {"ok"}
    assert "Kubo 0.42" in ran.out
    assert "ganache v7.9.2" in ran.out
    assert "may act as officer" in ran.out


def test_people_are_told_what_to_do_about_each_failure(country: Country) -> None:
    with country.nodes("labour", rpc="http://127.0.0.1:1"):
        ran = country.ledger("doctor", as_="labour")
    assert ran.code == 1
    assert [line.split("  ")[1].strip() for line in ran.out.splitlines() if "FAIL" in line] == [
        "chain node", "chain", "contracts", "membership",
    ]  # fmt: skip
    assert ran.err == (
        "backup: ledger backup create\n"
        "chain node: start the node, or correct its address in the configuration\n"
    )


def test_no_home(country: Country) -> None:
    failed = failing(country, as_="helth")
    assert list(failed) == ["home"]
    assert failed["home"]["hint"] == "did you mean 'health'?"


def test_another_program_of_this_name_comes_first(
    country: Country, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "bin" / "ledger"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    monkeypatch.setenv("PATH", str(other.parent), prepend=":")
    failed = failing(country)
    assert list(failed) == ["command"]
    assert str(other) in failed["command"]["detail"]


def test_programs_that_are_missing(
    country: Country, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    failed = failing(country)
    assert list(failed) == PROGRAMS
    assert {check["detail"] for check in failed.values()} == {"not found"}
    assert all("ledger testnet up" in check["hint"] for check in failed.values())


def test_programs_that_are_too_old(
    country: Country, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "old"
    old.mkdir()
    for name, version in {"node": "v12.22.0", "npm": "6.0.0", "ipfs": "0.20.0"}.items():
        (old / name).write_text(f"#!/bin/sh\necho {version}\n")
        (old / name).chmod(0o755)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{old}")
    assert list(failing(country)) == PROGRAMS


def test_the_chain_node_is_away(country: Country) -> None:
    with country.nodes("labour", rpc="http://127.0.0.1:1"):
        failed = failing(country)
    assert list(failed) == ["chain node", "chain", "contracts", "membership"]
    assert "no chain node answers at http://127.0.0.1:1" in failed["chain node"]["detail"]
    assert failed["contracts"]["detail"] == "not checked: no node answers"


def test_the_node_is_of_another_chain(country: Country, tmp_path: Path) -> None:
    with another_chain(tmp_path / "other", 4242) as url, country.nodes("labour", rpc=url):
        failed = failing(country)
    assert list(failed) == ["chain", "contracts", "membership"]
    assert "another chain id" in failed["chain"]["detail"]
    assert "found 4242, expected 1337" in failed["chain"]["detail"]


def test_the_contracts_differ(country: Country) -> None:
    deployment = Deployment.from_bytes(country.home("labour").deployment.read_bytes())
    (url,) = country.home("labour").rpc
    json_rpc(url, "anvil_setCode", [deployment.contracts["AccessGrants"].address, "0x60006000"])
    failed = failing(country)
    assert list(failed) == ["contracts"]
    assert "another code of AccessGrants" in failed["contracts"]["detail"]


def test_the_deployment_file_is_broken(country: Country) -> None:
    country.home("labour").deployment.write_text("{}")
    failed = failing(country)
    assert list(failed) == ["deployment file"]
    assert failed["deployment file"]["hint"] == "get it from the agency again"


def test_the_store_is_damaged(country: Country) -> None:
    Path(country.home("labour").store).write_bytes(b"damaged" * 1000)
    failed = failing(country)
    assert list(failed) == ["store", "backup", "data keys"]
    assert "ledger.db" in failed["store"]["detail"]
    assert failed["data keys"]["detail"] == "not checked: the store can't be opened"


def test_the_store_is_damaged_in_one_table(country: Country) -> None:
    store = Path(country.home("labour").store)
    with closing(sqlite3.connect(store)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        query = "SELECT rootpage FROM sqlite_schema WHERE name = 'data_keys'"
        ((page,),) = database.execute(query)
        ((size,),) = database.execute("PRAGMA page_size")
    with store.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    failed = failing(country)
    assert list(failed) == ["backup", "data keys"]
    assert "ledger.db" in failed["data keys"]["detail"]


def _strange_account(country: Country) -> None:
    folder = country.root / "labour"
    (folder / "accounts" / "agent.json").unlink()
    create_account(folder, "agent", Passphrase("x"), scrypt_n=LIGHT_SCRYPT_N)


def _missing_account(country: Country) -> None:
    (country.root / "labour" / "accounts" / "agent.json").unlink()


def _broken_account(country: Country) -> None:
    (country.root / "labour" / "accounts" / "agent.json").write_text("{}")


def _open_account(country: Country) -> None:
    (country.root / "labour" / "accounts" / "agent.json").chmod(0o644)


def _other_capability(country: Country) -> None:
    accounts = country.root / "labour" / "accounts"
    shutil.copy(accounts / "admin.json", accounts / "agent.json")


@pytest.mark.parametrize(
    ("act", "detail", "hint"),
    [
        (_strange_account, "is not known to the ledger", "ledger department account add 0x"),
        (_missing_account, "", ""),
        (_broken_account, "agent.json is not an account", "restore it from a backup"),
        (_open_account, "open to other", "chmod"),
        (_other_capability, "may act as admin", "it should act as agent"),
    ],
    ids=["unknown", "missing", "broken", "readable by others", "without the capability"],
)
def test_an_account_that_cannot_act(
    country: Country, act: Callable[[Country], None], detail: str, hint: str
) -> None:
    act(country)
    failed = failing(country)
    assert list(failed) == ["account agent"]
    assert detail in failed["account agent"]["detail"]
    assert hint in failed["account agent"]["hint"]


def test_no_encryption_key_is_in_use(country: Country) -> None:
    country.world.department("labour").department.retire_key(1)
    failed = failing(country)
    assert list(failed) == ["encryption key"]
    assert failed["encryption key"]["detail"] == "no key is in use"
    assert failed["encryption key"]["hint"] == "ledger department key publish"


def test_the_private_key_is_not_here(country: Country) -> None:
    home = country.home("labour")
    home.keyset.unlink()
    create_keyset(
        home.keyset,
        passphrase_from_file(home.path / "passphrase"),
        department=home.department,
        deployment_digest=Deployment.from_bytes(home.deployment.read_bytes()).digest,
        scrypt_n=LIGHT_SCRYPT_N,
    )
    failed = failing(country)
    assert list(failed) == ["encryption key"]
    assert "its private key is not in this home" in failed["encryption key"]["detail"]


def test_the_keyset_does_not_open(country: Country, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("wrong\n")
    wrong.chmod(0o600)
    failed = failing(country, f"doctor --passphrase-file {wrong}")
    assert list(failed) == ["encryption key"]
    assert "the passphrase does not open" in failed["encryption key"]["detail"]


def test_without_a_passphrase_the_rest_is_checked(country: Country) -> None:
    home = country.home("labour")
    config = home.path / "config.toml"
    lines = config.read_text().splitlines(keepends=True)
    config.write_text("".join(line for line in lines if "passphrase_file" not in line))
    assert failing(country) == {}
    shown = country.ledger("doctor", as_="labour").out
    assert "its private key was not looked at: no passphrase" in shown


def test_the_ipfs_node_is_away(country: Country) -> None:
    with country.nodes("labour", ipfs=NOWHERE):
        failed = failing(country)
    assert list(failed) == ["IPFS node", "IPFS is private"]
    assert "does not answer" in failed["IPFS node"]["detail"]


def test_the_ipfs_node_is_not_private(country: Country) -> None:
    def public(call: str, options: dict[str, str], body: bytes) -> bytes:
        if call != "config/show":
            return body
        config = json.loads(body)
        config["Routing"]["Type"] = "auto"
        config["Bootstrap"] = ["/dnsaddr/bootstrap.libp2p.io/p2p/Qm"]
        return json.dumps(config).encode()

    with LyingIpfs(country.home("labour").ipfs[0]) as node:
        node.change = public
        with country.nodes("labour", ipfs=node.address):
            failed = failing(country)
    assert list(failed) == ["IPFS is private"]
    assert "Bootstrap has the public peer" in failed["IPFS is private"]["detail"]
    assert "Routing.Type is 'auto'" in failed["IPFS is private"]["detail"]


def test_the_disk_is_nearly_full(country: Country, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(country.root)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage._replace(free=500 * 1024**2))
    failed = failing(country)
    assert list(failed) == ["disk"]
    assert failed["disk"]["detail"] == "0.5 GiB free"


def test_the_clock_is_off(country: Country) -> None:
    """On a chain that isn't a test chain, which block time keeps to the world's."""
    file = country.home("labour").deployment
    deployment = json.loads(file.read_bytes())
    deployment["engine"] = "qbft"
    file.write_bytes(json.dumps(deployment, separators=(",", ":"), sort_keys=True).encode())
    country.world.advance(86_400)
    failed = failing(country)
    # The keyset belongs to the deployment as it was.
    assert set(failed) == {"clock", "encryption key"}
    assert "block time is +8" in failed["clock"]["detail"]
    assert "NTP" in failed["clock"]["hint"]


def test_a_suspended_department(country: Country) -> None:
    agency = country.world.department("agency").agency
    agency.suspend("labour", reason=ReasonCode.MISUSE, text="Passed data on.")
    failed = failing(country)
    assert list(failed) == ["membership"]
    assert failed["membership"]["detail"] == "labour is suspended"


def test_a_department_that_nobody_admitted(country: Country) -> None:
    home = country.home("labour")
    config = home.path / "config.toml"
    config.write_text(config.read_text().replace('"labour"', '"forestry"'))
    failed = failing(country)
    assert list(failed) == ["membership", "account admin", "account officer", "account agent"]
    assert failed["membership"]["detail"] == "forestry is no member"
