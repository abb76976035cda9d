"""Canaries: what only a person has, searched in everything that was written meanwhile."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ledger.client.revealing import hidden_tag_of, opening
from ledger.envelope.consents import consent_key, withdrawal_secret
from ledger.envelope.papers import ConsentPaper
from ledger.envelope.subjects import owner_subject_key, write_subject_key
from ledger.identifiers import Code
from ledger.keystore import load_subject_key, passphrase_from_file
from tests.attacks.test_secrets import (
    Runner,
    Watch,
    Written,
    add_chain,
    add_ipfs,
    found,
    without_passphrase_files,
)
from tests.country import Country
from tests.persons import STATUS, SUBJECT, Served

pytestmark = pytest.mark.integration

SECRET = "canary-passphrase-of-a-person-3b1f"
AGREED = ("--for", "health", "--purpose", "eligibility", "--until", "2199-12-31")
MINE = ("--key", "my.key", "--directory", "directory.json")
HIDE = ("--until", "2199-12-31", "--reason", "protection", "--text", "Protected.",
        "--legal-ground", "Protection Act")  # fmt: skip


def _life(run: Runner, grant: int) -> None:
    """A person's whole dealings with the ledger, with commands that fail between."""
    person = {"passphrase": "person"}
    assert run("interior", "citizen", "key", "create", "my.key", **person) == 0
    assert run("interior", "citizen", "directory", "--out", "directory.json") == 0
    agree = ("citizen", "consent", STATUS, *AGREED, *MINE)
    assert run("interior", *agree, "--out", "consent.json", passphrase="wrong") == 2
    assert run("interior", *agree, "--out", "consent.json", **person) == 0
    enrol = ("citizen", "enrol", "labour", "--subject", "@number", *MINE)
    assert run("interior", *enrol, "--out", "enrolment.json", **person) == 0
    withdraw = ("citizen", "withdraw", "consent.json", "--key", "my.key", "--out", "end.json")
    assert run("interior", *withdraw, **person) == 0

    send = ("document", "send", "labour", "enrolment.json", "--title", "An enrolment", "--yes")
    assert run("interior", *send) == 0
    assert run("health", "consent", "record", "consent.json") == 0
    assert run("labour", "consent", "enrol", "4", "--yes") == 0
    assert run("labour", "grant", "hide", str(grant), *HIDE, "--yes") == 0
    with run.agent("labour"):
        ask = ("query", STATUS, "--subject", "@number", "--consent", "1", "--out", "answer.csv")
        assert run("health", *ask) == 0
        assert run("health", "query", STATUS, "--subject", "@number", "--consent", "9") == 2
    assert Path("answer.csv").read_text().splitlines()[1] == f"{SUBJECT},employed"
    assert run("interior", "citizen", "log", "--key", "my.key", **person) == 0
    assert run("labour", "backup", "create", "kept.backup") == 0


def test_what_only_a_person_has_is_found_nowhere_else(country: Country, tmp_path: Path) -> None:
    served = Served(country.world, tmp_path)
    country.world.close()
    written, folder = Written(), Path("secret")
    without_passphrase_files(country, folder)
    (folder / "person").write_text(f"{SECRET}\n")
    (folder / "person").chmod(0o600)
    Path("number").write_text(SUBJECT)
    with Watch() as watch:
        _life(Runner(folder, written), served.grant)

    key = load_subject_key(Path("my.key"), passphrase_from_file(folder / "person"))
    paper = ConsentPaper.from_bytes(Path("consent.json").read_bytes())
    secrets = {
        "passphrase": SECRET.encode(),
        "key": key.value,
        "key, written down": write_subject_key(key).encode(),
        "key of the consent": consent_key(key, paper.nonce).value,
        "what withdraws the consent": withdrawal_secret(key, paper.nonce).value,
    }
    for owner in ("labour", "energy", "health"):
        secrets[f"key for {owner}"] = owner_subject_key(key, Code(owner)).value
    (country.root / "labour" / "passphrase").write_bytes((folder / "labour").read_bytes())
    (country.root / "labour" / "passphrase").chmod(0o600)
    labour = country.home("labour")
    config = labour.path / "config.toml"
    config.write_text('passphrase_file = "passphrase"\n' + config.read_text())
    session = country.world.department("labour").session
    transfer = max(session.state().transfers.values(), key=lambda one: one.id)
    hidden = hidden_tag_of(transfer)
    assert hidden is not None
    opened = opening(session, transfer, hidden)
    secrets |= {"hidden tag": opened.tag, "its salt": opened.salt}
    country.world.close()

    for seen in watch.seen:
        written.add("arguments and environments of processes", seen)
    written.add_files("homes", country.root)
    written.add_files("testnet", country.world.testnet.folder)
    written.add("backup", Path("kept.backup").read_bytes())
    for name in ("my.key", "consent.json", "enrolment.json", "directory.json"):
        written.add(f"paper {name}", Path(name).read_bytes())
    nodes = country.world.testnet.nodes()
    add_chain(written, nodes.rpc)
    add_ipfs(written, nodes.ipfs)
    # The search finds what is there, wherever it looks.
    assert "chain: inputs" in written.having(paper.withdrawal)
    assert "chain: logs" in written.having(hidden.tag)

    assert found(written, secrets) == {}
    # Whom it is about, only papers and those who deal with the person say.
    assert set(written.having(SUBJECT.encode())) == {
        "paper enrolment.json",
        "output of ('consent', 'enrol') by labour",
    }
    assert json.loads(Path("enrolment.json").read_bytes())["subject"] == SUBJECT
