"""Accounts, keysets, passphrases and remote signers."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_hash.auto import keccak
from eth_keys.backends import get_backend
from eth_keys.backends.coincurve import CoinCurveECCBackend

from ledger.envelope.keyset import Keyset
from ledger.errors import (
    ConfigError,
    FileChanged,
    InputError,
    IntegrityError,
    LedgerError,
    NodeUnreachable,
    RefusedError,
    WrongPassphrase,
)
from ledger.identifiers import Code
from ledger.keystore import (
    LIGHT_SCRYPT_N,
    AskOnce,
    HomeAccounts,
    HomeKeys,
    LocalSigner,
    Passphrase,
    RpcSigner,
    create_account,
    create_keyset,
    load_account,
    load_keyset,
    passphrase_from_descriptor,
    passphrase_from_file,
    passphrase_from_prompt,
)
from ledger.keystore.accounts import account_address
from ledger.keystore.keysets import save_keyset
from tests.twins import FixedSigner

SECRET = Passphrase("correct horse battery staple")
LABOUR = Code("labour")
DIGEST = bytes(range(32))
TRANSACTION = {
    "nonce": 3,
    "gasPrice": 0,
    "gas": 100_000,
    "to": "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf",
    "value": 0,
    "data": b"\x01\x02",
    "chainId": 1337,
}


def make_account(home: Path, name: str = "officer") -> tuple[Path, str]:
    address = create_account(home, name, SECRET, scrypt_n=LIGHT_SCRYPT_N)
    return home / "accounts" / f"{name}.json", address


def make_keyset(home: Path) -> tuple[Path, Keyset]:
    path = home / "keyset.json"
    keyset = create_keyset(
        path, SECRET, department=LABOUR, deployment_digest=DIGEST, scrypt_n=2**10
    )
    return path, keyset


def open_keyset(path: Path, passphrase: Passphrase = SECRET) -> Keyset:
    return load_keyset(path, passphrase, department=LABOUR, deployment_digest=DIGEST)


def test_signing_uses_the_fast_library() -> None:
    assert isinstance(get_backend(), CoinCurveECCBackend)


def test_an_account_opens_with_its_passphrase(tmp_path: Path) -> None:
    path, address = make_account(tmp_path)
    signer = load_account(path, SECRET)
    assert signer.address == address
    assert Account.recover_transaction(signer.sign(TRANSACTION)) == address
    assert account_address(path) == address


def test_only_the_owner_may_read_an_account(tmp_path: Path) -> None:
    path, _ = make_account(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    path.chmod(0o640)
    with pytest.raises(ConfigError, match="open to other users"):
        load_account(path, SECRET)


def test_an_account_is_never_overwritten(tmp_path: Path) -> None:
    path, _ = make_account(tmp_path)
    before = path.read_bytes()
    with pytest.raises(InputError, match="exists already"):
        make_account(tmp_path)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["officer.json"]


def test_a_wrong_passphrase_is_told(tmp_path: Path) -> None:
    path, _ = make_account(tmp_path)
    with pytest.raises(WrongPassphrase) as caught:
        load_account(path, Passphrase("wrong"))
    assert caught.value.hint
    assert "wrong" not in caught.value.message


def test_an_account_s_name_is_no_path(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        create_account(tmp_path, "../officer", SECRET, scrypt_n=LIGHT_SCRYPT_N)


def test_a_transaction_without_a_chain_is_not_signed(tmp_path: Path) -> None:
    path, _ = make_account(tmp_path)
    without = {name: value for name, value in TRANSACTION.items() if name != "chainId"}
    with pytest.raises(ValueError, match="EIP-155"):
        load_account(path, SECRET).sign(without)


def test_no_secret_is_shown(tmp_path: Path) -> None:
    path, address = make_account(tmp_path)
    signer = load_account(path, SECRET)
    assert repr(signer) == f"LocalSigner({address})"
    assert SECRET.value not in repr(SECRET)
    assert SECRET.value not in str(SECRET)
    assert SECRET.value not in repr(AskOnce(lambda: SECRET))


@pytest.mark.parametrize(
    "change",
    [
        {"version": 1},
        {"version": "3"},
        {"crypto": None},
        {"cipher": "aes-256-cbc"},
        {"cipherparams": None},
        {"cipherparams": {"iv": "zz"}},
        {"cipherparams": {"iv": "00"}},
        {"cipherparams": {"iv": "ff" * 20}},
        {"mac": 7},
        {"ciphertext": "00"},
        {"ciphertext": "00" * 33},
        {"kdf": "md5"},
        {"kdf": "pbkdf2"},
        {"kdfparams": None},
        {"n": 2**30},
        {"n": 3},
        {"n": 0},
        {"n": 2.5},
        {"n": True},
        {"r": 2**20},
        {"p": 2**20},
        {"p": -1},
        {"dklen": 2**31},
        {"salt": "not hex"},
        {"salt": 5},
        {"address": "00" * 20},
    ],
)
def test_a_hostile_account_file_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    path, _ = make_account(tmp_path)
    found = json.loads(path.read_text())
    for name, value in change.items():
        for part in (found, found["crypto"], found["crypto"]["kdfparams"]):
            if name in part:
                part[name] = value
                break
    path.write_text(json.dumps(found))
    with pytest.raises(ConfigError):
        load_account(path, SECRET)


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff", b"[" * 60_000, b"{" + b" " * 70_000])
def test_a_file_that_is_no_account_is_refused(tmp_path: Path, data: bytes) -> None:
    path, _ = make_account(tmp_path)
    path.write_bytes(data)
    with pytest.raises(ConfigError):
        load_account(path, SECRET)


def test_pbkdf2_rounds_are_bounded(tmp_path: Path) -> None:
    path, _ = make_account(tmp_path)
    found = Account.encrypt(b"\1" * 32, SECRET.value, kdf="pbkdf2", iterations=10)
    path.write_text(json.dumps(found))
    assert load_account(path, SECRET)
    found["crypto"]["kdfparams"]["c"] = 2**31
    path.write_text(json.dumps(found))
    with pytest.raises(ConfigError):
        load_account(path, SECRET)


def test_what_decrypts_to_no_key_is_no_account(tmp_path: Path) -> None:
    path, _ = make_account(tmp_path)
    found = Account.encrypt(b"\1" * 32, SECRET.value, kdf="pbkdf2", iterations=10)
    parts = found["crypto"]
    zero = bytes(byte ^ 1 for byte in bytes.fromhex(parts["ciphertext"]))
    salt = bytes.fromhex(parts["kdfparams"]["salt"])
    stretched = hashlib.pbkdf2_hmac("sha256", SECRET.value.encode(), salt, 10, 32)
    parts |= {"ciphertext": zero.hex(), "mac": keccak(stretched[16:] + zero).hex()}
    path.write_text(json.dumps(found))
    with pytest.raises(ConfigError, match="its parameters do not fit"):
        load_account(path, SECRET)


def test_a_missing_account_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no file") as caught:
        load_account(tmp_path / "none.json", SECRET)
    assert "ledger init" in (caught.value.hint or "")


def test_a_keyset_opens_with_its_passphrase(tmp_path: Path) -> None:
    path, keyset = make_keyset(tmp_path)
    assert open_keyset(path).to_bytes() == keyset.to_bytes()
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_file_holds_nothing_in_the_clear(tmp_path: Path) -> None:
    path, keyset = make_keyset(tmp_path)
    stored = path.read_bytes()
    assert keyset.archive.value.hex().encode() not in stored
    assert keyset.archive.value not in stored
    assert [file.name for file in tmp_path.iterdir()] == ["keyset.json"]


def test_a_keyset_is_never_overwritten(tmp_path: Path) -> None:
    path, keyset = make_keyset(tmp_path)
    with pytest.raises(InputError, match="exists already"):
        make_keyset(tmp_path)
    assert open_keyset(path).to_bytes() == keyset.to_bytes()


def test_a_keyset_does_not_open_with_another_passphrase(tmp_path: Path) -> None:
    path, _ = make_keyset(tmp_path)
    with pytest.raises(WrongPassphrase):
        open_keyset(path, Passphrase("wrong"))


@pytest.mark.parametrize(("department", "digest"), [(Code("energy"), DIGEST), (LABOUR, bytes(32))])
def test_another_department_s_keyset_is_refused(
    tmp_path: Path, department: Code, digest: bytes
) -> None:
    path, _ = make_keyset(tmp_path)
    with pytest.raises(ConfigError, match="belongs to"):
        load_keyset(path, SECRET, department=department, deployment_digest=digest)


def test_a_keyset_relabelled_for_another_department_does_not_open(tmp_path: Path) -> None:
    path, _ = make_keyset(tmp_path)
    path.write_bytes(path.read_bytes().replace(b'"labour"', b'"energy"'))
    with pytest.raises(WrongPassphrase):
        load_keyset(path, SECRET, department=Code("energy"), deployment_digest=DIGEST)


@pytest.mark.parametrize("name", ["ciphertext", "nonce", "salt", "n"])
def test_any_altered_part_of_a_keyset_is_found(tmp_path: Path, name: str) -> None:
    path, _ = make_keyset(tmp_path)
    found = json.loads(path.read_bytes())
    if name == "n":
        found["n"] *= 2
    else:
        found[name] = ("1" if found[name][0] == "0" else "0") + found[name][1:]
    path.write_text(json.dumps(found, sort_keys=True, separators=(",", ":")))
    with pytest.raises(WrongPassphrase):
        open_keyset(path)


@pytest.mark.parametrize("n", [2**30, 2**9, 3_000, 0, -(2**12)])
def test_a_keyset_that_costs_too_much_or_too_little_is_refused(tmp_path: Path, n: int) -> None:
    path, _ = make_keyset(tmp_path)
    found = json.loads(path.read_bytes())
    path.write_text(json.dumps(found | {"n": n}, sort_keys=True, separators=(",", ":")))
    with pytest.raises(ConfigError):
        open_keyset(path)


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff", b'{"type":"x"}'])
def test_a_file_that_is_no_keyset_is_refused(tmp_path: Path, data: bytes) -> None:
    path, _ = make_keyset(tmp_path)
    path.write_bytes(data)
    with pytest.raises(ConfigError):
        open_keyset(path)


def test_a_full_disk_keeps_the_old_keyset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, keyset = make_keyset(tmp_path)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(LedgerError, match="no space is left"):
        save_keyset(path, Keyset.generate(), SECRET, department=LABOUR, deployment_digest=DIGEST)
    monkeypatch.undo()
    assert open_keyset(path).to_bytes() == keyset.to_bytes()
    assert [file.name for file in tmp_path.iterdir()] == ["keyset.json"]


def home_keys(path: Path, ask: AskOnce | None = None) -> HomeKeys:
    asked = ask or AskOnce(lambda: SECRET)
    return HomeKeys(path, asked, department=LABOUR, deployment_digest=DIGEST)


def test_a_home_s_keys_are_saved_and_read_again_by_others(tmp_path: Path) -> None:
    path, keyset = make_keyset(tmp_path)
    agent, officer = home_keys(path), home_keys(path)
    assert agent.load().to_bytes() == keyset.to_bytes()
    officer.save(officer.load().numbered(1))
    assert list(agent.load().keys) == [1]


def test_a_key_of_another_process_is_never_overwritten(tmp_path: Path) -> None:
    path, _ = make_keyset(tmp_path)
    first, second = home_keys(path), home_keys(path)
    stale = second.load()
    first.save(first.load().numbered(1))
    with pytest.raises(FileChanged):
        second.save(stale.with_pending())
    assert list(open_keyset(path).keys) == [1]


def test_keys_are_not_saved_under_another_passphrase(tmp_path: Path) -> None:
    path, keyset = make_keyset(tmp_path)
    with pytest.raises(WrongPassphrase):
        home_keys(path, AskOnce(lambda: Passphrase("typo"))).save(Keyset.generate())
    assert open_keyset(path).to_bytes() == keyset.to_bytes()


def test_accounts_are_unlocked_once_and_by_capability(tmp_path: Path) -> None:
    officer, officer_address = make_account(tmp_path, "officer")
    agent, agent_address = make_account(tmp_path, "agent")
    asked = []

    def ask() -> Passphrase:
        asked.append(True)
        return SECRET

    accounts = HomeAccounts({"officer": officer, "agent": agent}, AskOnce(ask))
    assert not asked
    assert accounts.signer("agent").address == agent_address
    assert accounts.signer("officer").address == officer_address
    assert accounts.signer("publisher") is accounts.signer("officer")
    assert len(asked) == 1
    with pytest.raises(ConfigError, match="acts as admin"):
        accounts.signer("admin")
    assert HomeAccounts({"officer": officer}, ask).signer("agent").address == officer_address
    assert HomeAccounts({"agent": agent}, ask).signer("publisher").address == agent_address
    with pytest.raises(ConfigError):
        HomeAccounts({"agent": agent}, ask).signer("officer")


def test_an_account_elsewhere_needs_no_passphrase() -> None:
    def ask() -> Passphrase:
        raise AssertionError("nobody is asked")

    with signer_at({"result": "0x" + SIGNED.hex()}) as url:
        accounts = HomeAccounts({"officer": (url, KEY_HOLDER.address)}, ask)
        assert accounts.signer("officer").sign(TRANSACTION) == SIGNED


def test_a_passphrase_file_gives_its_first_line(tmp_path: Path) -> None:
    path = tmp_path / "pass"
    path.write_bytes("pässword \r\nsecond".encode())
    path.chmod(0o600)
    assert passphrase_from_file(path).value == "pässword "


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_passphrase_file_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "pass"
    path.write_text("secret")
    path.chmod(mode)
    with pytest.raises(ConfigError, match="open to other users") as caught:
        passphrase_from_file(path)
    assert caught.value.hint == f"chmod 600 {path}"


@pytest.mark.parametrize("data", [b"", b"\nsecond", b"\xff\xfe", b"x" * 5000])
def test_a_file_without_a_passphrase_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "pass"
    path.write_bytes(data)
    path.chmod(0o600)
    with pytest.raises(InputError):
        passphrase_from_file(path)


def test_a_passphrase_comes_from_a_descriptor() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"secret\nrest")
    os.close(writing)
    assert passphrase_from_descriptor(reading).value == "secret"
    with pytest.raises(InputError, match="cannot be read"):
        passphrase_from_descriptor(reading)


def test_a_passphrase_that_does_not_end_is_refused() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"x" * 5000)
    os.close(writing)
    with pytest.raises(InputError, match="is longer than 4,096 bytes"):
        passphrase_from_descriptor(reading)


def test_a_prompt_needs_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", open(os.devnull))  # noqa: PTH123, SIM115
    with pytest.raises(InputError, match="no terminal") as caught:
        passphrase_from_prompt("Passphrase")
    assert "--passphrase-file" in (caught.value.hint or "")


@pytest.mark.parametrize(("answers", "fine"), [(["a", "a"], True), (["a", "b"], False)])
def test_a_new_passphrase_is_asked_twice(
    monkeypatch: pytest.MonkeyPatch, answers: list[str], fine: bool
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    given = iter(answers)
    monkeypatch.setattr("getpass.getpass", lambda _: next(given))
    if fine:
        assert passphrase_from_prompt("New passphrase", twice=True).value == "a"
    else:
        with pytest.raises(InputError, match="differ"):
            passphrase_from_prompt("New passphrase", twice=True)


def test_an_empty_passphrase_is_refused() -> None:
    with pytest.raises(InputError):
        Passphrase("")


@contextmanager
def signer_at(answer: Any, asked: list[Any] | None = None) -> Iterator[str]:
    """A JSON-RPC server that gives one answer: JSON, or raw bytes."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if asked is not None:
                asked.append(body)
            data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *arguments: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


KEY_HOLDER = FixedSigner(1)
SIGNED = KEY_HOLDER.sign(TRANSACTION)


@pytest.mark.parametrize("result", ["0x" + SIGNED.hex(), {"raw": "0x" + SIGNED.hex(), "tx": {}}])
def test_a_remote_signer_signs(result: Any) -> None:
    asked: list[Any] = []
    with signer_at({"jsonrpc": "2.0", "id": 1, "result": result}, asked) as url:
        assert RpcSigner(url, KEY_HOLDER.address).sign(TRANSACTION) == SIGNED
    assert asked[0]["method"] == "eth_signTransaction"
    assert asked[0]["params"][0]["from"] == KEY_HOLDER.address
    assert asked[0]["params"][0]["data"] == "0x0102"
    assert asked[0]["params"][0]["nonce"] == "0x3"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("nonce", 4),
        ("gasPrice", 1),
        ("gas", 99_999),
        ("to", "0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF"),
        ("to", ""),
        ("value", 1),
        ("data", b"\x01\x03"),
        ("chainId", 1),
    ],
)
def test_a_signer_that_signs_something_else_is_found(name: str, value: Any) -> None:
    other = KEY_HOLDER.sign(TRANSACTION | {name: value})
    with (
        signer_at({"result": "0x" + other.hex()}) as url,
        pytest.raises(IntegrityError, match=f"another {name} "),
    ):
        RpcSigner(url, KEY_HOLDER.address).sign(TRANSACTION)


def test_a_signer_with_another_key_is_found() -> None:
    other = FixedSigner(2).sign(TRANSACTION)
    with (
        signer_at({"result": "0x" + other.hex()}) as url,
        pytest.raises(IntegrityError, match="signed as"),
    ):
        RpcSigner(url, KEY_HOLDER.address).sign(TRANSACTION)


@pytest.mark.parametrize("result", [None, 7, "0xzz", "0x", {"raw": 7}, [], "0x" + "c0" * 40])
def test_a_signer_s_nonsense_is_refused(result: Any) -> None:
    with signer_at({"result": result}) as url, pytest.raises(IntegrityError):
        RpcSigner(url, KEY_HOLDER.address).sign(TRANSACTION)


def test_a_signer_s_refusal_is_told() -> None:
    with (
        signer_at({"error": {"code": -32000, "message": "denied by rule"}}) as url,
        pytest.raises(RefusedError, match="denied by rule"),
    ):
        RpcSigner(url, KEY_HOLDER.address).sign(TRANSACTION)


@pytest.mark.parametrize("answer", [b"", b"<html>", b"[" * 100_000])
def test_what_does_not_speak_json_rpc_is_no_signer(answer: bytes) -> None:
    with signer_at(answer) as url, pytest.raises(NodeUnreachable):
        RpcSigner(url, KEY_HOLDER.address).sign(TRANSACTION)


def test_a_signer_that_is_down_is_unreachable() -> None:
    with signer_at({}) as url:
        pass
    with pytest.raises(NodeUnreachable):
        RpcSigner(url, KEY_HOLDER.address).sign(TRANSACTION)


def test_a_signer_s_url_is_checked() -> None:
    with pytest.raises(ConfigError):
        RpcSigner("file:///etc/passwd", KEY_HOLDER.address)
    with pytest.raises(InputError):
        RpcSigner("http://127.0.0.1:1", "0x1")
    assert "RpcSigner(0x" in repr(RpcSigner("http://127.0.0.1:1", KEY_HOLDER.address))


def test_local_and_fixed_signers_agree(tmp_path: Path) -> None:
    local = LocalSigner(Account.from_key((1).to_bytes(32, "big")))
    assert local.sign(TRANSACTION) == SIGNED
