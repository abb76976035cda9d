"""A subject's key in its file: opened by its passphrase, by nobody else, never written over."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ledger.envelope.binding import SecretKey
from ledger.errors import ConfigError, InputError, WrongPassphrase
from ledger.identifiers import Code
from ledger.keystore import (
    Passphrase,
    create_keyset,
    load_subject_key,
    save_subject_key,
    subjectkeys,
)
from ledger.keystore.sealedfiles import seal_file

SECRET, KEY = Passphrase("correct horse"), SecretKey(bytes(range(32)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    save_subject_key(tmp_path / "my.key", KEY, SECRET, scrypt_n=2**10)
    return tmp_path / "my.key"


def test_a_key_opens_with_its_passphrase_alone(path: Path) -> None:
    assert load_subject_key(path, SECRET) == KEY
    with pytest.raises(WrongPassphrase):
        load_subject_key(path, Passphrase("wrong"))
    assert path.stat().st_mode & 0o777 == 0o600
    assert KEY.value.hex() not in path.read_text()


def test_only_its_subject_may_read_it(path: Path) -> None:
    path.chmod(0o604)
    with pytest.raises(ConfigError, match="open to other users"):
        load_subject_key(path, SECRET)


def test_it_is_never_written_over(path: Path) -> None:
    with pytest.raises(InputError, match="exists already"):
        save_subject_key(path, SecretKey.generate(), SECRET, scrypt_n=2**10)
    assert load_subject_key(path, SECRET) == KEY


@pytest.mark.parametrize("name", ["ciphertext", "nonce", "salt", "n"])
def test_an_altered_file_is_found(path: Path, name: str) -> None:
    found = json.loads(path.read_bytes())
    if name == "n":
        found["n"] *= 2
    else:
        found[name] = ("1" if found[name][0] == "0" else "0") + found[name][1:]
    path.write_text(json.dumps(found, sort_keys=True, separators=(",", ":")))
    with pytest.raises(WrongPassphrase):
        load_subject_key(path, SECRET)


def test_a_sealed_key_of_another_length_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "long.key"
    path.write_bytes(seal_file(subjectkeys._Sealed, SECRET, bytes(33), n=2**10))
    path.chmod(0o600)
    with pytest.raises(ConfigError, match="does not hold a subject's key"):
        load_subject_key(path, SECRET)


@pytest.mark.parametrize("n", [2**30, 2**9, 3_000, 0])
def test_a_file_that_costs_too_much_or_too_little_is_refused(path: Path, n: int) -> None:
    found = json.loads(path.read_bytes()) | {"n": n}
    path.write_text(json.dumps(found, sort_keys=True, separators=(",", ":")))
    with pytest.raises(ConfigError, match="out of bounds"):
        load_subject_key(path, SECRET)


def test_what_is_no_subject_s_key_is_refused(path: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no file") as caught:
        load_subject_key(tmp_path / "none.key", SECRET)
    assert "ledger citizen key create" in str(caught.value.hint)
    for data in (b"", b"{}", b"\xff"):
        path.write_bytes(data)
        with pytest.raises(ConfigError, match="is not a subject's key"):
            load_subject_key(path, SECRET)
    # A keyset is sealed in the same form.
    keyset = tmp_path / "keyset.json"
    create_keyset(
        keyset, SECRET, department=Code("labour"), deployment_digest=bytes(32), scrypt_n=2**10
    )
    with pytest.raises(ConfigError, match="is not a subject's key"):
        load_subject_key(keyset, SECRET)
