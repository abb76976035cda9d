"""Backups of other contents than this program writes, and homes that were restored before."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.backup.reading import BackupFile
from ledger.config import Home, RemoteAccount
from ledger.envelope.backup import BackupHeader, Entry, seal_backup
from ledger.keystore import passphrase_from_file
from tests.country import Country, Ran

pytestmark = pytest.mark.integration

Contents = list[tuple[str, bytes]]
SIGNER = RemoteAccount("http://127.0.0.1:8550", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")


class Backup:
    """A backup of labour's home, which is still there."""

    def __init__(self, country: Country, folder: Path) -> None:
        self.country = country
        self.file = folder / "labour.backup"
        self.secret = country.root / "labour" / "passphrase"
        ran = country.ledger("backup create", self.file, as_="labour")
        assert ran.code == 0, ran.err

    def restore(self, profile: str, *more: str) -> Ran:
        given = ("--passphrase-file", self.secret, "--profile", profile, *more)
        return self.country.ledger("backup restore", self.file, *given)

    def rewrite(self, change: Callable[[Contents], Contents], **header: Any) -> None:
        """What another program made of it, which knows the passphrase."""
        secret = passphrase_from_file(self.secret)
        found = BackupFile(self.file, lambda: secret)
        contents = [(entry.name, entry.read(2**30)) for entry in found.entries()]
        said = {
            name: getattr(found.header, name)
            for name in ("department", "deployment", "generation", "created_at")
        }
        made, key = BackupHeader.sealed_by(secret.value, n=2**10, **said | header)
        entries = [Entry.of(name, content) for name, content in change(contents)]
        self.file.write_bytes(b"".join(seal_backup(made, key, entries)))


@pytest.fixture
def backup(country: Country, tmp_path: Path) -> Backup:
    return Backup(country, tmp_path)


def as_it_is(contents: Contents) -> Contents:
    return contents


def without(name: str) -> Callable[[Contents], Contents]:
    return lambda contents: [one for one in contents if one[0] != name]


def altered(kind: str) -> Callable[[Contents], Contents]:
    """The first entry of a kind with other bytes under its name."""

    def change(contents: Contents) -> Contents:
        place = next(n for n, (name, _) in enumerate(contents) if name.startswith(kind))
        name, content = contents[place]
        return [*contents[:place], (name, content[:-1] + b"!"), *contents[place + 1 :]]

    return change


def with_more(contents: Contents) -> Contents:
    return [*contents, ("later/thing", b"")]


@pytest.mark.parametrize(
    ("change", "header", "message"),
    [
        (without("home"), {}, "has an entry 'deployment.json' that this program doesn't know"),
        (without("keyset.json"), {}, "lacks its entry 'keyset.json'"),
        (as_it_is, {"deployment": bytes([7]) * 32}, "another one than its first line says"),
        (altered("record/"), {}, "has another hash"),
        (altered("payload/"), {}, "a ciphertext became"),
        (with_more, {}, "has an entry 'later/thing' that this program doesn't know"),
    ],
    ids=["home", "keyset", "deployment", "record", "payload", "more"],
)
def test_a_whole_backup_of_other_contents_makes_no_home(
    backup: Backup, change: Callable[[Contents], Contents], header: dict[str, Any], message: str
) -> None:
    backup.rewrite(change, **header)
    ran = backup.restore("second")
    assert (ran.code, message in ran.err) == (4, True), ran.err
    assert not list(backup.country.root.glob("*second*"))


def test_a_home_that_this_backup_became_learns_from_the_chain_again(backup: Backup) -> None:
    first = backup.restore("second", "--json")
    assert first.code == 0, first.err
    before = sorted(
        (path, path.stat().st_mtime_ns) for path in (backup.country.root / "second").rglob("*.json")
    )
    again = backup.restore("second", "--json")
    assert again.code == 0, again.err
    told = json.loads(again.out)
    assert (json.loads(first.out)["already"], told["already"], told["payloads"]) == (False, True, 0)
    assert (told["lost"], told["erased"]) == ([], [])
    assert before == sorted(
        (path, path.stat().st_mtime_ns) for path in (backup.country.root / "second").rglob("*.json")
    )


def test_the_home_of_another_department_is_not_taken_for_the_backup_s(backup: Backup) -> None:
    before = (backup.country.root / "health" / "keyset.json").read_bytes()
    ran = backup.restore("health")
    assert ran.code == 2
    assert "there is a home 'health' already: nothing was restored" in ran.err
    assert (backup.country.root / "health" / "keyset.json").read_bytes() == before


def test_an_account_with_a_signer_is_restored_as_one(country: Country, tmp_path: Path) -> None:
    config = country.root / "labour" / "config.toml"
    remote = f'officer = {{ rpc = "{SIGNER.rpc}", address = "{SIGNER.address}" }}'
    text = config.read_text()
    assert 'officer = "accounts/officer.json"' in text
    config.write_text(text.replace('officer = "accounts/officer.json"', remote))
    backup = Backup(country, tmp_path)
    ran = backup.restore("second")
    assert ran.code == 0, ran.err
    assert Home.load(country.root / "second").accounts["officer"] == SIGNER
    assert not (country.root / "second" / "accounts" / "officer.json").exists()
