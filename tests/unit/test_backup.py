"""Writing a home's backup, where no node is needed: the file, its name, its contents."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ledger.backup import BackupMade, create_backup
from ledger.backup.reading import BackupFile
from ledger.cli.making import make_home
from ledger.config import Home, RemoteAccount
from ledger.errors import DiskFull, InputError, IntegrityError, WrongPassphrase
from ledger.keystore import Passphrase
from ledger.silence import Silence
from ledger.store import SqlStore
from tests.unit.test_deployment import read

SECRET = Passphrase("correct horse")
SIGNER = RemoteAccount("http://127.0.0.1:8550", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("LEDGER_HOME", str(tmp_path / "homes"))
    make_home(
        "labour",
        profile=None,
        deployment=read({}),
        rpc=["http://127.0.0.1:9"],
        ipfs=["/ip4/127.0.0.1/tcp/9"],
        ask=lambda: SECRET,
    )
    return Home.load(tmp_path / "homes" / "labour")


def backup(home: Home, target: Path, secret: Passphrase = SECRET) -> BackupMade:
    return create_backup(home, target, ask=lambda: secret, progress=Silence(), payloads=False)


def contents(file: Path) -> Iterator[tuple[str, bytes]]:
    for entry in BackupFile(file, lambda: SECRET).entries():
        yield entry.name, entry.read(100_000)


def test_all_of_a_home_is_in_its_backup(home: Home, tmp_path: Path) -> None:
    made = backup(home, tmp_path / "out")
    assert (made.file, made.generation, made.missing) == (tmp_path / "out", 1, ())
    assert made.file.stat().st_mode & 0o777 == 0o600
    assert made.file.stat().st_size == made.size_bytes
    found = dict(contents(made.file))
    files = ["deployment.json", "keyset.json", *(f"accounts/{r}.json" for r in home.accounts)]
    assert list(found) == ["home", *files, "row/backups"]
    for name in files:
        assert found[name] == (home.path / name).read_bytes()
    assert json.loads(found["home"])["rpc"] == list(home.rpc)


def test_what_places_of_this_machine_and_passphrases_are_called_is_left_out(
    home: Home, tmp_path: Path
) -> None:
    config = home.path / "config.toml"
    config.write_text('passphrase_file = "/run/canary"\nreceived = "/srv/x"\n' + config.read_text())
    made = backup(Home.load(home.path), tmp_path / "out")
    everything = b"".join(data for _, data in contents(made.file))
    for word in (b"/run/canary", b"/srv/x", str(tmp_path).encode(), SECRET.value.encode()):
        assert word not in everything


def test_an_account_with_a_signer_is_named(home: Home, tmp_path: Path) -> None:
    config = home.path / "config.toml"
    remote = f'officer = {{ rpc = "{SIGNER.rpc}", address = "{SIGNER.address}" }}'
    config.write_text(config.read_text().replace('officer = "accounts/officer.json"', remote))
    made = backup(Home.load(home.path), tmp_path / "out")
    found = dict(contents(made.file))
    assert "accounts/officer.json" not in found
    assert json.loads(found["home"])["signers"] == {
        "officer": {"rpc": SIGNER.rpc, "address": SIGNER.address}
    }


def test_in_a_folder_each_backup_has_its_own_name(home: Home, tmp_path: Path) -> None:
    files = [backup(home, tmp_path).file.name for _ in range(2)]
    assert files == ["labour-1.backup", "labour-2.backup"]


def test_nothing_is_written_over(home: Home, tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.write_bytes(b"mine")
    with pytest.raises(InputError, match="exists already"):
        backup(home, target)
    assert target.read_bytes() == b"mine"
    target.unlink()
    first = backup(home, target).file.read_bytes()
    with pytest.raises(InputError, match="exists already"):
        backup(home, target)
    assert target.read_bytes() == first


def test_a_file_that_appears_meanwhile_is_not_written_over(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced, target = os.fsync, tmp_path / "out"

    def fsync(descriptor: int) -> None:
        synced(descriptor)
        target.write_bytes(b"mine")

    monkeypatch.setattr("os.fsync", fsync)
    with pytest.raises(InputError, match="exists already"):
        backup(home, target)
    assert target.read_bytes() == b"mine"
    assert not list(tmp_path.glob(".*"))


def test_a_mistyped_passphrase_makes_no_backup(home: Home, tmp_path: Path) -> None:
    with pytest.raises(WrongPassphrase):
        backup(home, tmp_path / "out", Passphrase("correct horsf"))
    assert not list(tmp_path.glob("*out*"))
    with closing(SqlStore.open(home.store)) as store:
        assert store.backups().begin()[0] == 1


def test_a_full_disk_leaves_nothing(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("ledger.files.os.fsync", full)
        with pytest.raises(DiskFull):
            backup(home, tmp_path / "out")
    assert not list(tmp_path.glob("*out*"))
    with closing(SqlStore.open(home.store)) as store:
        assert store.backups().standing().generation is None


def test_a_backup_that_a_crash_left_without_its_last_note_is_found(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("ledger.store.backups.SqlBackups.finish", killed)
        with pytest.raises(KeyboardInterrupt):
            backup(home, tmp_path / "out")
    again = backup(home, tmp_path / "out")
    assert (again.generation, again.already) == (1, True)
    with pytest.raises(InputError, match="exists already"):
        backup(home, tmp_path / "out")


def test_a_backup_cut_short_by_a_crash_is_begun_anew(home: Home, tmp_path: Path) -> None:
    (tmp_path / ".out.part").write_bytes(b"half of it")
    made = backup(home, tmp_path / "out")
    BackupFile(made.file, lambda: SECRET).check(Silence())
    assert not list(tmp_path.glob(".*"))


def test_an_entry_after_the_check_is_checked_again(home: Home, tmp_path: Path) -> None:
    made = backup(home, tmp_path / "out")
    file = BackupFile(made.file, lambda: SECRET)
    file.check(Silence())
    data = made.file.read_bytes()
    made.file.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(IntegrityError, match="damaged"):
        list(file.entries())
