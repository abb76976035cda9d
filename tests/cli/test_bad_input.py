"""Bad input as a new user meets it: one clear line, the exit code by class, nothing half done."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from ledger.ipfs import KuboIpfs
from ledger.testnet.http import json_rpc
from tests.country import EMPLOYMENT, Country, Ran, another_chain
from tests.ipfs_fixtures import NOWHERE
from tests.ipfs_proxy import LyingIpfs, Refuse

pytestmark = pytest.mark.integration

FETCH = "transfer fetch labour/employment --out got.csv --timeout 5s"
YEAR_S = 365 * 86_400


def told(ran: Ran, code: int, *lines: str) -> None:
    """It ended with `code`, printed no result, and told each of `lines` in this order."""
    assert (ran.code, ran.out) == (code, ""), ran
    found = ran.err.splitlines()
    assert len(found) == len(lines), ran.err
    for line, expected in zip(found, lines, strict=True):
        assert expected in line, ran.err
    assert found[0].startswith("error: ")
    assert "Traceback" not in ran.err


@contextmanager
def nothing_done(country: Country) -> Iterator[None]:
    """The block leaves no event, no unfinished intent, no new pin and no file behind."""
    before = _traces(country)
    yield
    assert _traces(country) == before


def _traces(country: Country) -> tuple[object, ...]:
    return country.state().last, _unfinished(country), _pins(country), _files(country)


def _unfinished(country: Country) -> list[tuple[str, ...]]:
    found = []
    for store in sorted(country.root.glob("*/ledger.db")):
        with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as database:
            query = "SELECT command, state FROM intents WHERE unfinished IS NOT NULL"
            found += [(store.parent.name, *row) for row in database.execute(query)]
            found += [
                (store.parent.name, str(dataset), str(version))
                for dataset, version in database.execute("SELECT dataset, version FROM data_keys")
            ]
    return found


def _pins(country: Country) -> set[str]:
    client = KuboIpfs([country.world.testnet.nodes().ipfs])._nodes[0]._client
    return set(client.pin.ls(type="recursive").as_json()["Keys"])


def _files(country: Country) -> list[Path]:
    return sorted(path for path in Path.cwd().rglob("*") if country.root not in path.parents)


def corrected(text: str = "") -> Path:
    """The employment table, as a file of the test's own, with `text` after it."""
    file = Path("employment.csv")
    file.write_bytes(EMPLOYMENT.read_bytes() + text.encode())
    return file


def test_an_unknown_dataset_is_answered_with_the_nearest(country: Country) -> None:
    file = corrected()
    request = "--purpose planning --why w --legal-basis l --valid-days 9"
    with nothing_done(country):
        for line, as_ in (
            ("dataset show labour/employmnt", "health"),
            (f"request create labour/employmnt {request}", "health"),
            ("access check labour/employmnt --purpose planning", "health"),
            ("transfer fetch labour/employmnt", "health"),
            ("transfer open labour/employmnt@1", "health"),
            ("audit recipients labour/employmnt", "audit-office"),
            (f"dataset publish labour/employmnt {file}", "labour"),
            ("dataset withdraw labour/employmnt --reason correction --text t --yes", "labour"),
        ):
            told(
                country.ledger(line, as_=as_),
                2,
                "there is no dataset 'labour/employmnt'; did you mean labour/employment?",
                "try: list them: ledger dataset list",
            )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("dataset show labour/employment@9", "names one version, and this is about the dataset"),
        ("dataset publish labour/employment@1 x.csv", "names one version"),
        ("grant list --dataset labour/employment@1", "names one version"),
        ("transfer fetch labour/employment@9", "has no version 9"),
        ("dataset show employment", "'employment' is not a dataset's name: expected department/"),
        ("request show 99", "there is no request 99; there are 6"),
        ("transfer show 99", "there is no transfer 99; there are 3"),
        ("department show helth", "there is no department 'helth'; did you mean health?"),
        ("spec show employmnt", "there is no specification 'employmnt'; published are: airports"),
        ("inbox --profile helth", "there is no home 'helth'"),
    ],
)
def test_an_unknown_name_or_number(country: Country, line: str, message: str) -> None:
    ran = country.ledger(line, as_="" if "--profile" in line else "health")
    assert ran.code == 2
    assert message in ran.err.splitlines()[0]


@pytest.mark.parametrize("where", ["/proc/got.csv", "/sys/got.csv", "file/got.csv"])
@pytest.mark.parametrize(
    "line",
    ["transfer fetch labour/employment", "document receive 1", "query labour/employment"],
)
def test_a_place_that_cannot_be_written_is_refused_before_anything_is_asked_for(
    country: Country, line: str, where: str
) -> None:
    country.approved()
    before = len(country.state().transfers)
    Path("file").write_text("")
    ran = country.ledger(f"{line} --out {where}", as_="health")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"error: '{where}' can't be written: ")
    assert len(country.state().transfers) == before


def test_an_unknown_dataset_as_json_is_one_document(country: Country) -> None:
    ran = country.ledger("dataset show labour/employmnt --json", as_="health")
    assert (ran.code, ran.err) == (2, "")
    assert ran.error == {
        "class": "NotFound",
        "message": "there is no dataset 'labour/employmnt'; did you mean labour/employment?",
        "hint": "list them: ledger dataset list",
        "exitCode": 2,
    }


def test_a_column_that_the_specification_lacks_is_named(country: Country) -> None:
    file = Path("extra.csv")
    header, _, rows = EMPLOYMENT.read_text().partition("\n")
    lines = [f"{row},1" for row in rows.splitlines()]
    file.write_text("\n".join([f"{header},bonus", *lines]))
    with nothing_done(country):
        told(
            country.ledger(f"dataset publish labour/employment {file}", as_="labour"),
            2,
            "extra.csv breaks the specification in one place: row 1, column 'bonus': "
            "is not in the specification",
            "try: correct the file",
        )


def test_rows_that_break_the_specification_are_named_with_row_and_column(country: Country) -> None:
    file = Path("broken.csv")
    rows = EMPLOYMENT.read_text().splitlines()
    rows[4] = rows[4].replace(",", ",many", 1)
    rows[9] = rows[8].partition(",")[0] + "," + rows[9].partition(",")[2]
    file.write_text("\n".join(rows) + "\n")
    with nothing_done(country):
        ran = country.ledger(f"dataset publish labour/employment {file}", as_="labour")
        assert ran.code == 2
        assert "error: broken.csv breaks the specification in 2 places: row" in ran.err
        assert "row 5, column 'nonfarm'" in ran.err
        assert "row 10, column 'month'" in ran.err
        checked = country.ledger(f"spec check {file} employment --json", as_="labour")
        assert checked.code == 2
        assert checked.error["class"] == "SpecificationBroken"
        assert len(checked.error["problems"]) == 2


def test_a_file_that_is_no_table_is_refused(country: Country) -> None:
    Path("noise.csv").write_bytes(bytes(range(256)) * 64)
    Path("empty.csv").touch()
    with nothing_done(country):
        for name in ("noise.csv", "empty.csv"):
            ran = country.ledger(f"dataset publish labour/employment {name}", as_="labour")
            assert (ran.code, ran.out) == (2, "")
            assert ran.err.startswith(f"error: {name} breaks the specification")


def test_a_wrong_passphrase_is_said_once(country: Country) -> None:
    wrong = Path("wrong")
    wrong.write_text("not this one\n")
    wrong.chmod(0o600)
    for line, what in (
        ("request approve 3", "the account officer.json"),
        ("agent run --once", "the account agent.json"),
        ("department key rotate", "keyset.json"),
    ):
        with nothing_done(country):
            ran = country.ledger(f"{line} --passphrase-file {wrong}", as_="labour")
            told(ran, 2, f"the passphrase does not open {what}", "try: type it again")
            assert "not this one" not in ran.err


def test_a_passphrase_file_that_others_may_read_is_refused(country: Country) -> None:
    passphrase = country.root / "labour" / "passphrase"
    passphrase.chmod(0o644)
    with nothing_done(country):
        told(country.ledger("request approve 3", as_="labour"), 2, "open to other", "chmod")


def test_a_chain_node_that_is_down(country: Country) -> None:
    with nothing_done(country), country.nodes("labour", rpc="http://127.0.0.1:1"):
        for line in ("request approve 3", "inbox", "audit verify"):
            told(
                country.ledger(line, as_="labour"),
                5,
                "no chain node answers at http://127.0.0.1:1",
                "try: start the node, or correct its address",
            )


def test_an_ipfs_node_that_is_down(country: Country) -> None:
    file = corrected("2030-01-01" + EMPLOYMENT.read_text().splitlines()[-1][10:] + "\n")
    with country.nodes("labour", ipfs=NOWHERE):
        for line in ("request approve 3", f"dataset publish labour/employment {file}"):
            with nothing_done(country):
                ran = country.ledger(line, as_="labour")
                told(ran, 5, "the IPFS node at http://127.0.0.1", "try: start it, or correct")


@pytest.mark.parametrize(("chain_id", "what"), [(4242, "chain id"), (1337, "genesis hash")])
def test_a_node_of_another_chain(
    country: Country, tmp_path: Path, chain_id: int, what: str
) -> None:
    with (
        another_chain(tmp_path / "other", chain_id) as url,
        nothing_done(country),
        country.nodes("labour", rpc=url),
    ):
        for line in ("request approve 3", "inbox", "audit verify"):
            told(
                country.ledger(line, as_="labour"),
                5,
                f"has another {what} than the deployment file",
                "try: use the address of a node of this ledger",
            )


def test_a_node_with_other_contracts(country: Country) -> None:
    deployment = json.loads((country.root / "labour" / "deployment.json").read_bytes())
    address = deployment["contracts"]["TransferLog"]["address"]
    (url,) = country.home("labour").rpc
    code = str(json_rpc(url, "eth_getCode", [address, "latest"]))
    json_rpc(url, "anvil_setCode", [address, f"{code}00"])
    for line in ("request approve 3", "inbox", "audit verify"):
        told(
            country.ledger(line, as_="labour"),
            5,
            "has another code of TransferLog than the deployment file",
            "try: use the address",
        )
    json_rpc(url, "anvil_setCode", [address, code])
    assert country.ledger("request approve 3", as_="labour").code == 0


def test_a_deployment_file_that_was_altered(country: Country) -> None:
    file = country.root / "labour" / "deployment.json"
    file.write_bytes(file.read_bytes()[:-20])
    told(
        country.ledger("request approve 3", as_="labour"),
        2,
        "the deployment file",
        "try: get it from the agency again",
    )


def _flipped(body: bytes) -> bytes:
    return body[:-9] + bytes([body[-9] ^ 1]) + body[-8:]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_flipped, ""),
        (lambda body: bytes([body[0] ^ 0xFF]) + body[1:], ""),
        (lambda body: body[:-1], ""),
        (lambda body: body[: len(body) // 2], ""),
        (lambda body: b"", ""),
        (lambda body: body + b"more", "more than the"),
        (lambda body: body[::-1], ""),
    ],
    ids=["last byte", "header", "one byte short", "half", "nothing", "longer", "reversed"],
)
def test_a_corrupted_ciphertext_is_refused_and_the_right_one_accepted_later(
    country: Country, damage: Callable[[bytes], bytes], message: str
) -> None:
    number = country.released()
    with LyingIpfs(country.home("health").ipfs[0]) as node:
        node.change = lambda call, options, body: damage(body) if call == "cat" else body
        with country.nodes("health", ipfs=node.address):
            ran = country.ledger(FETCH.replace("labour/employment", str(number)), as_="health")
    assert (ran.code, ran.out) == (4, ""), ran
    assert len(ran.err.splitlines()) <= 2
    assert message in ran.err
    assert [path for path in _files(country) if path.is_file()] == []
    assert country.state().transfer(number).state.name == "RELEASED"
    assert country.ledger(FETCH.replace("labour/employment", str(number)), as_="health").code == 0
    assert Path("got.csv").read_bytes() == EMPLOYMENT.read_bytes()
    assert country.state().transfer(number).state.name == "ACKNOWLEDGED"


def test_another_payload_in_the_place_of_the_right_one_is_refused(country: Country) -> None:
    number = country.released()
    other = country.world.department("transport")
    manifest = other.session.fetch_record(
        _manifest(), other.state().dataset("transport/airports").version(1).manifest
    )
    ipfs = other.session.ipfs
    swapped = b"".join(ipfs.read_payload(manifest.payload.cid))
    with LyingIpfs(country.home("health").ipfs[0]) as node:
        node.change = lambda call, options, body: swapped if call == "cat" else body
        with country.nodes("health", ipfs=node.address):
            ran = country.ledger(f"transfer fetch {number} --out got.csv", as_="health")
    assert (ran.code, ran.out) == (4, ""), ran
    assert [path for path in _files(country) if path.is_file()] == []
    assert country.state().transfer(number).state.name == "RELEASED"


def _manifest() -> type:
    from ledger.models import Manifest

    return Manifest


def test_an_expired_grant_is_refused_and_on_the_record(country: Country) -> None:
    country.approved()
    country.world.advance(YEAR_S + 86_400)
    told(
        country.ledger(FETCH, as_="health"),
        3,
        "refused: grant 3 for labour/employment doesn't hold (expired); "
        "the attempt is on the record",
        "try: ledger grant show 3",
    )
    assert not Path("got.csv").exists()
    attempt = country.state().refused[-1]
    assert (attempt.grant, attempt.cause.name) == (3, "EXPIRED")
    assert (
        "TransferRefused"
        in country.ledger("audit events --kind TransferRefused --json", as_="audit-office").out
    )
    ran = country.ledger(f"{FETCH} --json", as_="health")
    assert (ran.code, ran.error["class"]) == (3, "RefusedError")


def test_a_request_that_expired_before_it_was_approved(country: Country) -> None:
    country.world.advance(YEAR_S + 86_400)
    with nothing_done(country):
        ran = country.ledger("request approve 3", as_="labour")
        assert (ran.code, ran.out) == (3, "")
        assert len(ran.err.splitlines()) <= 2


def _append(file: Path) -> None:
    with file.open("ab") as written:
        written.write(b"\n")


def _rewrite_in_place(file: Path) -> None:
    """Another content of the same size, with the time of the last change put back."""
    before = file.stat()
    file.write_bytes(file.read_bytes().replace(b"2006-01-01", b"2006-01-02", 1))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def _replace(file: Path) -> None:
    copy = file.with_suffix(".new")
    copy.write_bytes(file.read_bytes())
    copy.replace(file)


@pytest.mark.parametrize(
    ("act", "how"),
    [
        (_append, "changed"),
        (_rewrite_in_place, "changed"),
        (_replace, "changed"),
        (Path.unlink, "vanished"),
    ],
    ids=["appended to", "rewritten", "replaced", "deleted"],
)
@pytest.mark.parametrize("option", ["--validate", "--no-validate"])
def test_a_file_that_changes_or_vanishes_while_it_is_published(
    country: Country, act: Callable[[Path], None], how: str, option: str
) -> None:
    line = EMPLOYMENT.read_text().splitlines()[-1]
    file = corrected(f"2016-01-01{line[10:]}\n")
    content = file.read_bytes()
    before = country.state().last, _unfinished(country), _pins(country)
    acted = []

    def meanwhile(call: str, options: dict[str, str]) -> None:
        # The client asks for the version before it sends the file.
        if call == "version" and not acted:
            acted.append(call)
            act(file)

    with LyingIpfs(country.home("labour").ipfs[0]) as node:
        node.before = meanwhile
        with country.nodes("labour", ipfs=node.address):
            told(
                country.ledger(f"dataset publish labour/employment {file} {option}", as_="labour"),
                2,
                f"'employment.csv' {how} while it was being published; nothing was published",
                "try: run the command again once nothing writes to the file",
            )
    assert acted
    assert (country.state().last, _unfinished(country), _pins(country)) == before
    file.write_bytes(content)
    assert country.ledger(f"dataset publish labour/employment {file}", as_="labour").code == 0
    assert country.state().dataset("labour/employment").version_count == 2


def test_a_file_that_is_not_there(country: Country) -> None:
    with nothing_done(country):
        ran = country.ledger("dataset publish labour/employment nowhere.csv", as_="labour")
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith("error: there is no file 'nowhere.csv'")
        Path("folder").mkdir()
        ran = country.ledger("dataset publish labour/employment folder", as_="labour")
        assert (ran.code, ran.out) == (2, "")
        Path("folder").rmdir()


def test_a_pipe_is_not_waited_for(country: Country) -> None:
    os.mkfifo("pipe.csv")
    for line in ("dataset publish labour/employment pipe.csv", "spec check pipe.csv employment"):
        told(country.ledger(line, as_="labour"), 2, "'pipe.csv' is not a regular file")


def test_an_ipfs_node_with_a_full_disk(country: Country) -> None:
    line = EMPLOYMENT.read_text().splitlines()[-1]
    file = corrected(f"2016-01-01{line[10:]}\n")
    before = country.state().last, _pins(country)

    def refuse(call: str, options: dict[str, str]) -> None:
        if call in ("add", "block/put"):
            raise Refuse("write /data/blocks: no space left on device")

    with LyingIpfs(country.home("labour").ipfs[0]) as node:
        node.before = refuse
        with country.nodes("labour", ipfs=node.address):
            told(
                country.ledger(f"dataset publish labour/employment {file}", as_="labour"),
                1,
                "the disk of the IPFS node at http://127.0.0.1",
                "try: free some space there",
            )
    assert (country.state().last, _pins(country)) == before
    assert country.ledger(f"dataset publish labour/employment {file}", as_="labour").code == 0
    assert country.state().dataset("labour/employment").version_count == 2


@pytest.fixture(scope="module")
def full_disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that makes a folder's disk full for one process."""
    library = tmp_path_factory.mktemp("full") / "full_disk.so"
    source = Path(__file__).with_name("full_disk.c")
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return library


def on_a_full_disk(library: Path, folder: Path, *line: str) -> Ran:
    """Run a command in a process for which no byte is left in `folder`."""
    done = subprocess.run(
        [sys.executable, "-c", "from ledger.cli.main import main; main()", *line, "--no-input"],
        env={**os.environ, "LD_PRELOAD": str(library), "FULL_DISK": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def test_the_disk_of_a_fetched_file_is_full(country: Country, full_disk: Path) -> None:
    number = country.released()
    folder = Path("full").absolute()
    folder.mkdir()
    fetch = f"transfer fetch {number} --out {folder} --profile health"
    told(on_a_full_disk(full_disk, folder, *fetch.split()), 1, "the disk is full", "try: free some")
    assert list(folder.iterdir()) == []
    assert country.state().transfer(number).state.name == "RELEASED"
    assert country.ledger(fetch).code == 0
    assert (folder / EMPLOYMENT.name).read_bytes() == EMPLOYMENT.read_bytes()
    assert country.state().transfer(number).state.name == "ACKNOWLEDGED"


def test_the_disk_of_the_home_is_full(country: Country, full_disk: Path) -> None:
    last = country.state().last
    home = country.root / "labour"
    approve = "request approve 3 --profile labour"
    ran = on_a_full_disk(full_disk, home, *approve.split())
    told(ran, 1, "no space is left for the store", "try: free some space")
    assert country.state().last == last
    assert country.ledger(approve).code == 0
    assert country.state().grant(3).state.name == "ACTIVE"


def test_the_disk_of_a_new_home_is_full(country: Country, full_disk: Path) -> None:
    passphrase = Path("passphrase")
    passphrase.write_text("correct horse\n")
    passphrase.chmod(0o600)
    nodes = country.world.testnet.nodes()
    deployment = country.home("labour").deployment
    init = (
        f"init water --deployment {deployment} --rpc {nodes.rpc} --ipfs {nodes.ipfs} "
        f"--passphrase-file {passphrase}"
    )
    before = sorted(country.root.iterdir())
    ran = on_a_full_disk(full_disk, country.root, *init.split())
    told(ran, 1, "cannot be written: no space is left", "try: free some space")
    assert sorted(country.root.iterdir()) == before
