"""`ledger doctor` on a real home: everything as it should be, then each check broken once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.testnet.http import json_rpc
from tests.country import Country
from tests.ipfs_fixtures import free_address

pytestmark = pytest.mark.integration

ALL = [
    "command", "home", "disk", "IPFS node", "IPFS is private", "program node", "program ganache",
    "program anvil", "program kubo", "chain node", "chain", "contracts", "clock", "membership",
    "account admin", "account officer", "account agent", "encryption key",
]  # fmt: skip


def failing(country: Country, *, code: int = 1) -> dict[str, str]:
    """The checks that fail for labour: what each found."""
    ran = country.ledger("doctor --json", as_="labour")
    assert ran.code == code
    return {row["name"]: row["detail"] for row in json.loads(ran.out) if not row["ok"]}


def test_a_home_in_order(country: Country) -> None:
    ran = country.ledger("doctor --json", as_="labour")
    checks = json.loads(ran.out)
    assert [check["name"] for check in checks] == ALL
    assert [check for check in checks if not check["ok"]] == []
    assert (ran.code, ran.err) == (0, "")
    assert set(checks[0]) == {"name", "ok", "detail", "hint"}


def test_people_see_what_fails_and_what_to_do(country: Country) -> None:
    (country.root / "labour" / "accounts" / "agent.json").unlink()
    ran = country.ledger("doctor", as_="labour")
    assert ran.code == 1
    assert "\nFAIL  account agent" in ran.out
    assert ran.err.startswith("account agent: ")


def test_a_program_that_is_missing(country: Country, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.cli.diagnosis.find_kubo", lambda: None)
    assert failing(country) == {"program kubo": "not found"}
    monkeypatch.setattr("ledger.cli.diagnosis.find_node", lambda: None)
    assert set(failing(country)) == {"program node", "program ganache", "program kubo"}
    monkeypatch.setattr("ledger.cli.diagnosis.find_node_modules", lambda development: None)
    assert set(failing(country)) == {name for name in ALL if name.startswith("program")}


def test_another_ledger_that_comes_first_on_path(
    country: Country, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "bin" / "ledger"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    monkeypatch.setenv("PATH", str(other.parent), prepend=":")
    assert failing(country) == {"command": f"'ledger' starts another program: {other}"}


def test_no_home(country: Country) -> None:
    ran = country.ledger("doctor --json", as_="nobody")
    (failed,) = (check for check in json.loads(ran.out) if not check["ok"])
    assert (ran.code, failed["name"]) == (1, "home")
    assert "there is no home 'nobody'" in failed["detail"]


def test_a_deployment_file_that_is_none(country: Country) -> None:
    (country.root / "labour" / "deployment.json").write_text("{}")
    assert set(failing(country)) == {"deployment file"}
    (country.root / "labour" / "deployment.json").unlink()
    assert "can't be read" in failing(country)["deployment file"]


def test_a_chain_node_that_is_down(country: Country) -> None:
    port = free_address().split("/")[-1]
    with country.nodes("labour", rpc=f"http://127.0.0.1:{port}"):
        found = failing(country)
    assert set(found) == {"chain node", "chain", "contracts", "membership"}
    assert found["chain"] == "not checked: no node answers"


def test_another_chain(country: Country) -> None:
    _alter(country, lambda deployment: deployment.update(chainId=4242))
    found = failing(country)
    assert set(found) == {"chain", "contracts", "membership"}
    assert "has another chain id than the deployment file" in found["chain"]


def test_other_contracts(country: Country) -> None:
    home = country.home("labour")
    deployment = json.loads(home.deployment.read_bytes())
    address = deployment["contracts"]["TransferLog"]["address"]
    code = str(json_rpc(home.rpc[0], "eth_getCode", [address, "latest"]))
    json_rpc(home.rpc[0], "anvil_setCode", [address, f"{code}00"])
    try:
        found = failing(country)
    finally:
        json_rpc(home.rpc[0], "anvil_setCode", [address, code])
    assert set(found) == {"contracts"}
    assert "another code of TransferLog" in found["contracts"]


def test_an_ipfs_node_that_is_down(country: Country) -> None:
    with country.nodes("labour", ipfs=free_address()):
        assert set(failing(country)) == {"IPFS node", "IPFS is private"}


def test_an_ipfs_node_that_is_public(country: Country, monkeypatch: pytest.MonkeyPatch) -> None:
    contacts = ["Routing.Type is 'auto', expected 'none' or 'dht'"]
    monkeypatch.setattr("ledger.ipfs.KuboIpfs.public_contacts", lambda self: contacts)
    assert failing(country) == {"IPFS is private": contacts[0]}


def test_a_suspended_department(country: Country) -> None:
    line = "agency suspend labour --reason other --text Because. --yes"
    assert country.ledger(line, as_="agency").code == 0
    assert failing(country) == {"membership": "labour is suspended"}


def test_an_account_that_was_removed(country: Country) -> None:
    found = json.loads(country.ledger("department show labour --json", as_="labour").out)
    agent = found["accounts"][2]["address"]
    assert country.ledger(f"department account remove {agent} --yes", as_="labour").code == 0
    assert failing(country) == {"account agent": f"{agent} is not known to the ledger"}


def test_a_key_that_was_retired(country: Country) -> None:
    assert country.ledger("department key retire 1 --yes", as_="labour").code == 0
    assert failing(country) == {"encryption key": "no key is in use"}


def test_a_keyset_that_is_anothers(country: Country) -> None:
    theirs, ours = country.root / "health", country.root / "labour"
    (ours / "keyset.json").write_bytes((theirs / "keyset.json").read_bytes())
    assert set(failing(country)) == {"encryption key"}


def test_without_a_passphrase_the_key_is_looked_up_on_the_chain_alone(country: Country) -> None:
    config = country.root / "labour" / "config.toml"
    lines = config.read_text().splitlines(keepends=True)
    config.write_text("".join(line for line in lines if not line.startswith("passphrase_file")))
    ran = country.ledger("doctor", as_="labour")
    assert ran.code == 0
    assert "its private key was not looked at: no passphrase" in ran.out


def _alter(country: Country, change: Callable[[dict[str, object]], None]) -> None:
    file = country.root / "labour" / "deployment.json"
    deployment = json.loads(file.read_bytes())
    change(deployment)
    file.write_text(json.dumps(deployment, separators=(",", ":"), sort_keys=True))
