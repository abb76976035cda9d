"""Homes: reading and writing their configuration, finding them, one agent each."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ledger.config import Home, RemoteAccount, find_home, profiles, root
from ledger.errors import ConfigError, InputError

ADDRESS = "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf"


@pytest.fixture
def homes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LEDGER_HOME", str(tmp_path / "homes"))
    monkeypatch.delenv("LEDGER_PROFILE", raising=False)
    return tmp_path / "homes"


def made(path: Path, **values: object) -> Home:
    given = {
        "department": "labour",
        "rpc": ("http://127.0.0.1:8545",),
        "ipfs": ("/ip4/127.0.0.1/tcp/5001",),
    } | values
    return Home.create(path, **given)  # type: ignore[arg-type]


def with_config(home: Home, text: str) -> Path:
    (home.path / "config.toml").write_text(text)
    return home.path


def test_a_home_reads_as_it_was_made(homes: Path) -> None:
    home = made(
        homes / "labour",
        accounts={
            "admin": homes / "labour" / "accounts" / "admin.json",
            "agent": RemoteAccount("http://signer:8550", ADDRESS),
        },
        passphrase_file=homes / 'a "quoted" \\ name',
    )
    assert Home.load(homes / "labour") == home
    assert home.accounts["agent"] == ("http://signer:8550", ADDRESS)
    assert home.passphrase_file == homes / 'a "quoted" \\ name'


def test_usual_places_are_in_the_home(homes: Path) -> None:
    home = made(homes / "labour")
    folder = homes / "labour"
    assert home.deployment == folder / "deployment.json"
    assert home.accounts["officer"] == folder / "accounts" / "officer.json"
    assert home.store == str(folder / "ledger.db")
    assert home.received == folder / "received"
    assert home.keyset == folder / "keyset.json"
    assert home.name == "labour"


def test_only_the_owner_may_read_a_home(homes: Path) -> None:
    home = made(homes / "labour")
    assert home.path.stat().st_mode & 0o777 == 0o700
    assert (home.path / "config.toml").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in home.path.iterdir()] == ["config.toml"]


@pytest.mark.parametrize("opened", ["config.toml", "."])
def test_a_home_open_to_others_is_refused(homes: Path, opened: str) -> None:
    home = made(homes / "labour")
    (home.path / opened).chmod(0o755)
    with pytest.raises(ConfigError, match="open to other users") as caught:
        Home.load(home.path)
    assert "chmod" in (caught.value.hint or "")


def test_a_home_is_never_overwritten(homes: Path) -> None:
    made(homes / "labour")
    with pytest.raises(InputError, match="exists already"):
        made(homes / "labour", department="energy")
    assert Home.load(homes / "labour").department == "labour"


def test_addresses_are_changed_in_place(homes: Path) -> None:
    home = made(homes / "labour")
    changed = home.with_addresses(rpc=("http://127.0.0.1:1",), ipfs=("http://127.0.0.1:2",))
    assert Home.load(home.path) == changed
    assert changed.accounts == home.accounts
    assert changed.rpc == ("http://127.0.0.1:1",)


BASE = (
    'department = "labour"\ndeployment = "d.json"\n'
    'rpc = ["http://h:1"]\nipfs = ["/ip4/127.0.0.1/tcp/5001"]\n'
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'department' is missing"),
        ("department = ", "not TOML"),
        (b"\xff".decode("latin-1"), "not TOML"),
        (BASE.replace('"labour"', '"Labour!"'), "is not a code"),
        (BASE.replace('["http://h:1"]', '"http://h:1"'), "'rpc' must be a list"),
        (BASE.replace('["http://h:1"]', "[]"), "'rpc' must be a list"),
        (BASE.replace("http://h:1", "h:1"), "is not a node's URL"),
        (BASE.replace('"d.json"', "7"), "'deployment' must be one line"),
        (BASE + 'accounts = "x"', "'accounts' must be a table"),
        (BASE + "[accounts]\nadmin = 7", "the account 'admin' must be"),
        (BASE + '[accounts]\nadmin = { rpc = "http://s" }', "the account 'admin' must be"),
        (BASE + '[accounts]\nadmin = { rpc = 1, address = "0x1" }', "the account 'admin' must be"),
        (BASE + '[accounts]\nadmin = { rpc = "http://s", address = "0x1" }', "is not an address"),
        (BASE + '[accounts]\nadmin = { rpc = "s", address = "0x1" }', "is not a node's URL"),
    ],
)
def test_a_wrong_configuration_is_named(homes: Path, text: str, message: str) -> None:
    path = with_config(made(homes / "labour"), text)
    with pytest.raises(ConfigError, match=message):
        Home.load(path)


def test_an_unknown_key_gets_a_suggestion(homes: Path) -> None:
    path = with_config(made(homes / "labour"), BASE + 'pasphrase_file = "x"')
    with pytest.raises(ConfigError, match="unknown key 'pasphrase_file'") as caught:
        Home.load(path)
    assert caught.value.hint == "did you mean 'passphrase_file'?"
    path = with_config(Home.load(with_config(made(homes / "b"), BASE)), BASE + "zzz = 1")
    with pytest.raises(ConfigError) as caught:
        Home.load(path)
    assert "known are" in (caught.value.hint or "")


def test_a_database_url_is_kept_as_it_is(homes: Path) -> None:
    path = with_config(made(homes / "labour"), BASE + 'store = "postgresql://db/ledger"')
    assert Home.load(path).store == "postgresql://db/ledger"


def test_the_only_home_needs_no_name(homes: Path) -> None:
    with pytest.raises(ConfigError, match="no home yet"):
        find_home(None)
    made(homes / "labour")
    assert find_home(None).name == "labour"


def test_one_of_several_homes_is_named(homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(homes / "labour")
    made(homes / "energy", department="energy")
    assert profiles() == ["energy", "labour"]
    with pytest.raises(ConfigError, match="energy, labour") as caught:
        find_home(None)
    assert "--profile" in (caught.value.hint or "")
    monkeypatch.setenv("LEDGER_PROFILE", "energy")
    assert find_home(None).department == "energy"
    assert find_home("labour").department == "labour"


def test_an_unknown_home_gets_a_suggestion(homes: Path) -> None:
    made(homes / "labour")
    with pytest.raises(ConfigError, match="no home 'labor'") as caught:
        find_home("labor")
    assert caught.value.hint == "did you mean 'labour'?"


@pytest.mark.parametrize("name", ["../labour", "/etc", "", "a/b"])
def test_a_home_s_name_is_no_path(homes: Path, name: str) -> None:
    made(homes / "labour")
    made(homes / "energy")
    with pytest.raises(ConfigError):
        find_home(name)


def test_the_default_root_is_the_user_s_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LEDGER_HOME", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert root() == Path("/data/sharing-ledger")


SERVICE = """
[services."labour/status"]
sql = '''SELECT status
FROM "register" WHERE person = :subject'''
database = "postgresql://u:canary@db/register"
timeout_s = 2.5
max_rows = 7
"""


def test_what_services_are_answered_by_survives_other_changes(homes: Path) -> None:
    path = with_config(made(homes / "labour"), BASE + SERVICE)
    before = Home.load(path)
    assert list(before.services) == ["labour/status"]
    assert before.services["labour/status"]["timeout_s"] == 2.5
    assert "canary" not in repr(before)
    changed = before.with_addresses(rpc=("http://h:2",), ipfs=before.ipfs)
    assert (changed.rpc, changed.services) == (("http://h:2",), before.services)
    assert Home.load(path) == changed


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("services = 3", "one table for each service"),
        ('services = { "labour/status" = 3 }', "one table for each service"),
        ('[services."health/status"]', "no service of labour"),
        ('[services."labour/status@1"]', "no service of labour"),
        ("[services.status]", "is not a dataset's name"),
    ],
)
def test_services_are_the_departments_own(homes: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Home.load(with_config(made(homes / "labour"), f"{BASE}{text}\n"))


def test_one_agent_runs_per_home(homes: Path) -> None:
    home = made(homes / "labour")
    with home.agent_lock():
        program = (
            "import sys; from pathlib import Path; from ledger.config import Home\n"
            "with Home.load(Path(sys.argv[1])).agent_lock(): pass"
        )
        other = subprocess.run(
            [sys.executable, "-c", program, str(home.path)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert "running already" in other.stderr
    with home.agent_lock():
        pass


def test_configuration_is_light() -> None:
    program = (
        "import sys, ledger.config\n"
        "heavy = {'web3', 'eth_account', 'ipfshttpclient', 'polars', 'sqlalchemy'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
