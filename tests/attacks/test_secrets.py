"""Canaries: every secret of the main job, searched in everything that was written meanwhile."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from eth_account import Account

from ledger.client import requests as requests_module
from ledger.client.versionsecrets import secrets_of
from ledger.testnet.http import json_rpc
from tests.country import EMPLOYMENT, Country

pytestmark = pytest.mark.integration

CONTACT = "canary-contact-5e0d"
CASE = "canary-case-91b7"
GROUNDS = "canary-grounds-c2aa"
CELL = "canary-cell-3f6c"
PASSPHRASE = "canary-passphrase-77d1"
PUBLIC = "canary-that-everybody-may-read"
REQUEST = (
    "request", "create", "labour/employment", "--purpose", "research", "--why", PUBLIC,
    "--legal-basis", "Research Act", "--valid-days", "30",
)  # fmt: skip
REVOKE = ("grant", "revoke", "7", "--yes", "--reason", "misuse", "--text", "Passed on.")
REFUSE = ("request", "refuse", "3", "--reason", "excessive", "--text", "Too much.")


@dataclass
class Written:
    """Everything that was written, by where; names are for the message of a failure."""

    places: dict[str, bytes] = field(default_factory=dict)

    def add(self, where: str, what: bytes | str) -> None:
        """Note something."""
        data = what.encode() if isinstance(what, str) else what
        self.places[where] = self.places.get(where, b"") + data + b"\n"

    def add_files(self, where: str, folder: Path) -> None:
        """Note every file of a folder."""
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                self.add(f"{where}/{path.relative_to(folder)}", path.read_bytes())

    def having(self, secret: bytes) -> list[str]:
        """Where a secret is found: as it is, in hexadecimal or in base64."""
        forms = {
            secret,
            secret.hex().encode(),
            secret.hex().upper().encode(),
            *(_base64(secret, before) for before in range(3)),
        }
        forms |= {form.translate(bytes.maketrans(b"+/", b"-_")) for form in forms}
        return [where for where, data in self.places.items() if any(form in data for form in forms)]


def _base64(secret: bytes, before: int) -> bytes:
    """What every base64 text shows that has the secret after so many other bytes (modulo 3)."""
    padded = base64.b64encode(bytes(before) + secret)
    first = -(-before * 4 // 3)
    whole = (before + len(secret)) // 3 * 4
    return padded[first:whole]


class Watch:
    """Looks at the arguments and the environment of every process, again and again."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def _look(self) -> None:
        while not self._stop.wait(0.1):
            for process in Path("/proc").glob("[0-9]*"):
                for name in ("cmdline", "environ"):
                    with contextlib.suppress(OSError):
                        self.seen.add((process / name).read_bytes())

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


class Runner:
    """Runs commands as their users do, each in a process, and keeps what they print."""

    def __init__(self, passphrases: Path, written: Written) -> None:
        self._passphrases = passphrases
        self._written = written

    def __call__(self, code: str, *line: str, passphrase: str = "") -> int:
        """Run one command; the passphrase comes from a file or a descriptor, in turn."""
        file = self._passphrases / (passphrase or code)
        with file.open("rb") as opened:
            fd = opened.fileno()
            given = (
                ["--passphrase-fd", str(fd)]
                if len(self._written.places) % 2
                else ["--passphrase-file", str(file)]
            )
            done = subprocess.run(
                [*_program(), *line, "--profile", code, "--no-input", *given],
                capture_output=True,
                pass_fds=[fd],
                check=False,
                timeout=120,
            )
        self._written.add(f"output of {line[:2]} by {code}", done.stdout + done.stderr)
        return done.returncode

    @contextlib.contextmanager
    def agent(self, code: str) -> Iterator[None]:
        """A department's agent, beside the block."""
        log = self._passphrases.parent / f"{code}-agent.log"
        with (self._passphrases / code).open("rb") as opened, log.open("wb") as out:
            fd = opened.fileno()
            process = subprocess.Popen(
                [*_program(), "agent", "run", "--profile", code, "--poll", "0.1",
                 "--passphrase-fd", str(fd)],
                stdout=out,
                stderr=out,
                pass_fds=[fd],
            )  # fmt: skip
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0, log.read_text()
            self._written.add(f"log of the agent of {code}", log.read_bytes())


def _program() -> list[str]:
    return [sys.executable, "-c", "from ledger.cli.main import main; main()"]


def _secrets(country: Country, code: str) -> dict[str, bytes]:
    """A department's passphrase, private keys and archive key."""
    home, session = country.home(code), country.world.department(code).session
    passphrase = (home.path / "passphrase").read_text().strip()
    keyset = session.keys.load()
    found = {
        f"passphrase of {code}": passphrase.encode(),
        f"archive key of {code}": keyset.archive.value,
    }
    for number, pair in keyset.keys.items():
        found[f"key {number} of {code}"] = pair.seed
    for role in ("admin", "officer", "agent"):
        stored = json.loads((home.path / "accounts" / f"{role}.json").read_text())
        found[f"account {role} of {code}"] = bytes(Account.decrypt(stored, passphrase))
    return found


def _secrets_of_versions(country: Country) -> dict[str, bytes]:
    session = country.world.department("labour").session
    dataset = session.state().dataset("labour/employment")
    found = {"archive key of labour, replaced": session.keys.load().archive.value}
    for version in dataset.versions.values():
        if version.withdrawn:
            continue
        secrets = secrets_of(session, dataset.id, version.number, version.manifest)
        assert secrets is not None
        assert secrets.plaintext_sha256 is not None
        found[f"data key of version {version.number}"] = secrets.key.value
        found[f"content's hash of version {version.number}"] = secrets.plaintext_sha256
    return found


def add_chain(written: Written, url: str) -> None:
    """Every transaction's input, and every log."""
    last = int(str(json_rpc(url, "eth_blockNumber")), 16)
    for number in range(last + 1):
        block: Any = json_rpc(url, "eth_getBlockByNumber", [hex(number), True])
        for transaction in block["transactions"]:
            written.add("chain: inputs", bytes.fromhex(transaction["input"][2:]))
    logs: Any = json_rpc(url, "eth_getLogs", [{"fromBlock": "0x0", "toBlock": "latest"}])
    for log in logs:
        written.add("chain: logs", b"".join(bytes.fromhex(t[2:]) for t in log["topics"]))
        written.add("chain: logs", bytes.fromhex(log["data"][2:]))


def add_ipfs(written: Written, url: str) -> None:
    """Every block that the IPFS node has."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)

    def call(path: str) -> bytes:
        connection.request("POST", f"/api/v0/{path}")
        return connection.getresponse().read()

    for line in call("refs/local").splitlines():
        written.add("ipfs", call(f"block/get?arg={json.loads(line)['Ref']}"))
    connection.close()


def _crash(country: Country, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug while everything is unlocked: the traceback goes into a file."""

    def fail(self: Any, number: int) -> None:
        unlocked = self._session.accounts.signer("officer"), self._session.keys.load()
        raise ZeroDivisionError(str(unlocked)[:0] + f"request {number}: {unlocked!r}")

    with monkeypatch.context() as patch:
        patch.setattr(requests_module.Requests, "approve", fail)
        ran = country.ledger(
            "request approve 3", "--passphrase-file", Path("secret") / "labour", as_="labour"
        )
    assert ran.code == 1
    assert list((country.root / "logs").iterdir())


def without_passphrase_files(country: Country, folder: Path) -> None:
    """Passphrases lie outside of the homes, as on a machine that counts."""
    folder.mkdir(mode=0o700)
    for passphrase in country.root.glob("*/passphrase"):
        passphrase.rename(folder / passphrase.parent.name)
        config = passphrase.parent / "config.toml"
        lines = config.read_text().splitlines(keepends=True)
        config.write_text("".join(line for line in lines if "passphrase_file" not in line))
    for name, text in {"wrong": "not the one", "water": PASSPHRASE}.items():
        (folder / name).write_text(f"{text}\n")
        (folder / name).chmod(0o600)


def _main_job(country: Country, run: Runner) -> None:
    """Everything from publishing to the refused attempt, with commands that fail between."""
    header, row, rest = EMPLOYMENT.read_text().split("\n", 2)
    data, broken = Path("data.csv"), Path("broken.csv")
    data.write_text(f"{header}\n{row}\n{rest}{CELL}\n")
    month, _, others = row.split(",", 2)
    broken.write_text(f"{header}\n{month},{CELL},{others}\n{rest}")
    nodes = country.world.testnet.nodes()
    init = ("init", "water", "--deployment", str(country.home("labour").deployment))
    assert run("water", *init, "--rpc", nodes.rpc, "--ipfs", nodes.ipfs) == 0
    assert run("labour", "dataset", "publish", "labour/employment", str(broken)) == 2
    publish = ("dataset", "publish", "labour/employment", str(data), "--no-validate")
    assert run("labour", *publish, passphrase="wrong") == 2
    assert run("labour", *publish) == 0
    assert run("health", *REQUEST, "--contact", CONTACT, "--case", CASE) == 0
    assert run("labour", "request", "show", "7", "--json") == 0
    assert run("labour", "request", "approve", "7", passphrase="wrong") == 2
    with run.agent("labour"):
        assert run("labour", "request", "approve", "7") == 0
        assert run("health", "transfer", "fetch", "labour/employment", "--out", "got.csv") == 0
        assert run("labour", *REFUSE, "--grounds", GROUNDS) == 0
        assert run("labour", *REVOKE) == 0
        assert run("health", "transfer", "fetch", "labour/employment", "--out", "no.csv") == 3
    assert Path("got.csv").read_bytes() == data.read_bytes()
    assert run("labour", "backup", "create", "kept.backup") == 0
    restore = ("backup", "restore", "kept.backup")
    assert run("restored", *restore, passphrase="wrong") == 2
    assert run("restored", *restore, passphrase="labour") == 0
    assert run("labour", "backup", "rotate") == 0
    erase = ("dataset", "erase", "labour/employment@1", "--yes", "--text", "Ordered.")
    assert run("labour", *erase) == 0
    assert run("labour", "doctor") in (0, 1)


def test_no_secret_of_the_main_job_is_found_anywhere(
    country: Country, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, folder = Written(), Path("secret")
    secrets: dict[str, bytes] = {}
    for code in ("labour", "health", "agency"):
        secrets |= _secrets(country, code)
    country.world.close()
    without_passphrase_files(country, folder)
    with Watch() as watch:
        _main_job(country, Runner(folder, written))
    _crash(country, monkeypatch)
    for code in ("labour", "health"):
        (country.root / code / "passphrase").write_bytes((folder / code).read_bytes())
        (country.root / code / "passphrase").chmod(0o600)
    secrets |= _secrets_of_versions(country) | {"passphrase of water": PASSPHRASE.encode()}
    country.world.close()
    for code in ("labour", "health"):
        (country.root / code / "passphrase").unlink()

    for seen in watch.seen:
        written.add("arguments and environments of processes", seen)
    written.add_files("homes", country.root)
    written.add_files("testnet", country.world.testnet.folder)
    written.add("backup", Path("kept.backup").read_bytes())
    nodes = country.world.testnet.nodes()
    add_chain(written, nodes.rpc)
    add_ipfs(written, nodes.ipfs)
    # The search finds what is there, wherever it looks.
    assert "ipfs" in written.having(PUBLIC.encode())
    assert "arguments and environments of processes" in written.having(PUBLIC.encode())
    assert "chain: inputs" in written.having(country.state().grant(7).terms)

    assert found(written, secrets) == {}
    # Its receiver and its sender may see these, where they ask for them; nobody else.
    sealed = {"contact": CONTACT, "case": CASE, "grounds": GROUNDS}
    shown = {"output of ('request', 'show') by labour", "arguments and environments of processes"}
    for name, text in sealed.items():
        assert set(written.having(text.encode())) <= shown, name
    # Whoever has a file is told which of its cells breaks the specification.
    assert written.having(CELL.encode()) == ["output of ('dataset', 'publish') by labour"]


def found(written: Written, secrets: Mapping[str, bytes]) -> dict[str, list[str]]:
    """Where each secret is found."""
    places = {name: written.having(secret) for name, secret in secrets.items()}
    return {name: where for name, where in places.items() if where}


@pytest.mark.parametrize("before", range(4))
def test_the_search_finds_every_form(before: int) -> None:
    secret = os.urandom(32)
    for text in (
        secret,
        secret.hex().encode(),
        secret.hex().upper().encode(),
        base64.b64encode(os.urandom(before) + secret + b"after"),
        base64.urlsafe_b64encode(os.urandom(before) + secret),
    ):
        written = Written()
        written.add("here", b"before" + text + b"after")
        assert written.having(secret) == ["here"]
        assert written.having(os.urandom(32)) == []
