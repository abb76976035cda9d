"""Whoever finds, alters or swaps a department's backup."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.country import Country

pytestmark = pytest.mark.integration


@pytest.fixture
def backup(country: Country, tmp_path: Path) -> Path:
    """A backup of labour's home, which is lost since."""
    path = tmp_path / "labour.backup"
    ran = country.ledger("backup create --without-payloads", path, as_="labour")
    assert ran.code == 0, ran.err
    shutil.copyfile(country.root / "labour" / "passphrase", tmp_path / "secret")
    (tmp_path / "secret").chmod(0o600)
    shutil.rmtree(country.root / "labour")
    return path


def restored(country: Country, backup: Path, secret: Path) -> int:
    ipfs = country.home("health").ipfs[0]
    given = ("--ipfs", ipfs, "--passphrase-file", secret)
    return country.ledger("backup restore", backup, *given).code


def test_a_backup_tells_nothing_to_who_finds_it(country: Country, backup: Path) -> None:
    data = backup.read_bytes()
    for clear in (b"labour", b"employment", b"SQLite", b"ciphertext", b"-----BEGIN"):
        assert clear not in data[256:]
    guess = backup.with_name("guess")
    guess.touch(mode=0o600)
    guess.write_text("correct horse")
    assert restored(country, backup, guess) == 2
    assert not (country.root / "labour").exists()


@pytest.mark.parametrize("where", [0.0, 0.01, 0.3, 0.6, 0.9, 0.9999])
def test_an_altered_backup_restores_nothing(country: Country, backup: Path, where: float) -> None:
    data = bytearray(backup.read_bytes())
    data[int(where * len(data))] ^= 1
    backup.write_bytes(data)
    assert restored(country, backup, backup.with_name("secret")) in (2, 4)
    assert not (country.root / "labour").exists()


@pytest.mark.parametrize("left", [0, 1, 100, -1, -100])
def test_a_truncated_backup_restores_nothing(country: Country, backup: Path, left: int) -> None:
    backup.write_bytes(backup.read_bytes()[:left])
    assert restored(country, backup, backup.with_name("secret")) in (2, 4)
    assert not (country.root / "labour").exists()


def test_an_unaltered_backup_restores_the_home(country: Country, backup: Path) -> None:
    assert restored(country, backup, backup.with_name("secret")) == 0
    assert (country.root / "labour").exists()
