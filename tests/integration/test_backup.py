"""A home and its IPFS node are destroyed and come back from one file; nothing is sent twice."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ledger.agent import Agent
from ledger.backup.reading import BackupFile
from ledger.chain import Step, Web3Chain
from ledger.client import Ledger
from ledger.codes import Purpose, ReasonCode
from ledger.config import Home
from ledger.errors import ContractError
from ledger.events import (
    TransferDeclined,
    TransferOpened,
    TransferReleased,
    TransferState,
    VersionPublished,
)
from ledger.keystore import Passphrase, load_account, passphrase_from_file
from ledger.keystore.accounts import account_address
from ledger.store import SqlStore
from ledger.testing import World
from ledger.testnet.http import json_rpc
from ledger.testnet.offices import open_home
from tests.country import Country, Ran
from tests.ipfs_fixtures import Kubo, running_kubo

pytestmark = pytest.mark.integration

DATASET = "labour/book"
# The second has three chunks, so that its address isn't that of a single block.
CONTENTS = (b"first\n", random.Random(2).randbytes(2_500_000), b"third\n")


@pytest.fixture
def other_ipfs(tmp_path: Path) -> Iterator[Kubo]:
    """An IPFS node that has nothing, and nobody to ask."""
    with running_kubo(tmp_path / "other-ipfs") as kubo:
        yield kubo


class Scene:
    """Labour, which publishes, and health and statistics, which receive."""

    def __init__(self, world: World, folder: Path, other_ipfs: Kubo) -> None:
        self.world = world
        self.folder = folder
        self.other_ipfs = other_ipfs
        self.passphrases: dict[str, str] = {}
        for code in ("labour", "health", "statistics"):
            self.passphrases[code] = self.passphrase_file(code).read_text()
        self.labour.datasets.register("book", title="The book", description="All entries.")

    @property
    def labour(self) -> Ledger:
        return self.world.department("labour")

    @property
    def file(self) -> Path:
        return self.folder / "labour.backup"

    def passphrase_file(self, code: str) -> Path:
        self.world.department(code)
        return self.world.root / code / "passphrase"

    def ledger(self, line: str, *more: str | Path, as_: str = "") -> Ran:
        return Country(self.world).ledger(line, *more, as_=as_)

    def publish(self, content: bytes, **options: Any) -> int:
        path = self.folder / "book.bin"
        path.write_bytes(content)
        return self.labour.datasets.publish(DATASET, path, **options).version

    def grant(self, code: str) -> None:
        asked = self.world.department(code).requests.create(
            DATASET,
            purpose=Purpose.PLANNING,
            purpose_text="To plan",
            legal_basis="Planning Act",
            retention_days=30,
            security_measures="Encrypted at rest.",
            valid_days=30,
        )
        self.labour.requests.approve(asked.grant)

    def fetched(self, code: str, what: str) -> bytes:
        """What a department receives, with labour's agent at work."""
        out = self.folder / f"{code}-{what.replace('/', '-')}"
        out.unlink(missing_ok=True)
        with self.world.running_agent("labour"):
            self.world.department(code).transfers.fetch(what, out)
        return out.read_bytes()

    def backup(self, code: str = "labour", *more: str) -> None:
        ran = self.ledger("backup create", self.file, *more, as_=code)
        assert ran.code == 0, ran.err

    def restore(self, code: str = "labour", *more: str, ipfs: str = "") -> dict[str, Any]:
        """Destroy a home and its node's content, and restore it on another node."""
        ipfs = ipfs or self.other_ipfs.api
        self.world.close()
        home = self.world.root / code
        if home.exists():
            shutil.rmtree(home)
        secret = self.folder / "secret"
        secret.touch(mode=0o600)
        secret.write_text(self.passphrases[code])
        given = ("--ipfs", ipfs, "--passphrase-file", secret, "--json", *more)
        ran = self.ledger("backup restore", self.file, *given)
        assert ran.code == 0, ran.out
        # So that the helpers of the test network can open it.
        shutil.copyfile(secret, home / "passphrase")
        (home / "passphrase").chmod(0o600)
        config = home / "config.toml"
        config.write_text('passphrase_file = "passphrase"\n' + config.read_text())
        for receiver in ("health", "statistics"):
            found = Home.load(self.world.root / receiver)
            found.with_addresses(rpc=found.rpc, ipfs=(ipfs,))
        return dict(json.loads(ran.out))

    def nonces(self, code: str = "labour") -> dict[str, int]:
        """How many transactions each account has sent, by role."""
        found = {}
        for role in ("admin", "officer", "agent"):
            address = account_address(self.world.root / code / "accounts" / f"{role}.json")
            count: Any = self.rpc("eth_getTransactionCount", address, "latest")
            found[role] = int(count, 16)
        return found

    def pins(self) -> set[str]:
        """What the other IPFS node keeps; only `ipfs init` writes version 0 of addresses."""
        listed = self.other_ipfs.ipfs("pin", "ls", "--type=recursive", "-q").split()
        return {cid for cid in listed if not cid.startswith("Qm")}

    def rpc(self, method: str, *parameters: object) -> object:
        return json_rpc(self.world.testnet.nodes().rpc, method, parameters)

    def happened(self, kind: type) -> int:
        chain = self.world.department("agency").session.chain
        return sum(isinstance(event, kind) for event in chain.events())


@pytest.fixture
def scene(
    ledger_world: World, tmp_path: Path, other_ipfs: Kubo, monkeypatch: pytest.MonkeyPatch
) -> Scene:
    monkeypatch.setenv("LEDGER_HOME", str(ledger_world.root))
    monkeypatch.delenv("LEDGER_PROFILE", raising=False)
    return Scene(ledger_world, tmp_path, other_ipfs)


def test_a_restored_department_serves_all_it_ever_published_and_sends_nothing_twice(
    scene: Scene,
) -> None:
    for content in CONTENTS:
        scene.publish(content)
    scene.grant("health")
    assert scene.fetched("health", f"{DATASET}@1") == CONTENTS[0]
    # Released, and not yet received.
    scene.world.department("health").transfers.open(f"{DATASET}@2")
    assert scene.world.agent("labour").step().released == 1
    scene.backup()
    assert scene.file.stat().st_mode & 0o777 == 0o600
    before, events = scene.nonces(), list(scene.labour.session.chain.events())

    done = scene.restore()
    assert (done["generation"], done["payloads"]) == (1, 3)
    assert done["lost"] == done["erased"] == done["waiting"] == []
    for _ in range(2):
        step = scene.world.agent("labour").step()
        assert (step.released, step.declined, step.waiting) == (0, 0, 0)
    assert scene.publish(CONTENTS[2]) == 3
    assert scene.nonces() == before
    assert list(scene.labour.session.chain.events()) == events

    out = scene.folder / "two"
    scene.world.department("health").transfers.fetch("2", out)
    assert out.read_bytes() == CONTENTS[1]
    scene.grant("statistics")
    for number, content in enumerate(CONTENTS, start=1):
        assert scene.fetched("statistics", f"{DATASET}@{number}") == content
    sent = {role: count - before[role] for role, count in scene.nonces().items()}
    assert sent == {"admin": 0, "officer": 1, "agent": 3}
    assert scene.happened(TransferReleased) == 5
    assert scene.happened(VersionPublished) == 3
    assert scene.publish(b"fourth\n") == 4
    assert scene.fetched("statistics", f"{DATASET}@4") == b"fourth\n"


def test_what_happened_after_the_backup_is_learnt_from_the_chain(scene: Scene) -> None:
    for content in CONTENTS[:2]:
        scene.publish(content)
    scene.grant("health")
    first = scene.world.department("health").transfers.open(f"{DATASET}@1").transfer
    scene.backup()
    assert scene.world.agent("labour").step().released == 1
    scene.labour.datasets.erase(f"{DATASET}@2", text="Erasure was ordered.")
    assert scene.publish(CONTENTS[2]) == 3
    old = scene.world.root / "labour"
    shutil.copytree(old, scene.folder / "old")

    done = scene.restore()
    assert (done["lost"], done["erased"]) == ([f"{DATASET}@3"], [f"{DATASET}@2"])
    before = scene.nonces()
    assert scene.world.agent("labour").step().released == 0
    assert scene.nonces() == before
    assert scene.labour.state().transfer(first).state is TransferState.RELEASED

    # Nobody can be served what only the old home had the key of, and everybody is told so.
    doomed = scene.world.department("health").transfers.open(f"{DATASET}@3").transfer
    assert scene.world.agent("labour").step().declined == 1
    (declined,) = [
        event
        for event in scene.labour.state().transfer(doomed).history
        if isinstance(event, TransferDeclined)
    ]
    assert declined.reason_code == ReasonCode.KEY_UNAVAILABLE
    refused = scene.ledger("dataset publish", DATASET, scene.folder / "book.bin", as_="labour")
    assert refused.code == 2
    assert "--again" in refused.err
    assert scene.publish(CONTENTS[2], again=True) == 4
    assert scene.fetched("health", DATASET) == CONTENTS[2]

    checks = doctor(scene)
    assert f"{DATASET}@3" in checks["data keys"]["detail"]
    assert not checks["data keys"]["ok"]
    assert checks["backup"]["hint"] == "ledger backup create"
    assert checks["restored home"]["ok"]
    # The old home comes to life again.
    with open_home(scene.folder / "old") as ghost:
        Agent(ghost.session, lambda *_, **__: None).step()
        ghost.datasets.edit(DATASET, title="By a ghost")
    checks = doctor(scene)
    assert not checks["restored home"]["ok"]
    assert "one home only" in checks["restored home"]["hint"]


def doctor(scene: Scene) -> dict[str, Any]:
    """The checks of labour's home by name; of several with one name the first that fails."""
    found: dict[str, Any] = {}
    for check in json.loads(scene.ledger("doctor --json", as_="labour").out):
        if check["name"] not in found or found[check["name"]]["ok"]:
            found[check["name"]] = check
    return found


def test_without_payloads_no_ipfs_node_is_asked(scene: Scene) -> None:
    scene.publish(CONTENTS[0])
    home = Home.load(scene.world.root / "labour")
    home.with_addresses(rpc=("http://127.0.0.1:9",), ipfs=("/ip4/127.0.0.1/tcp/9",))
    scene.backup("labour", "--without-payloads")
    done = scene.restore("labour", "--rpc", scene.world.testnet.nodes().rpc)
    assert (done["payloads"], done["lost"]) == (0, [])
    assert scene.pins() == set()


def test_a_ciphertext_that_no_node_has_is_named(scene: Scene) -> None:
    scene.publish(CONTENTS[0])
    scene.publish(CONTENTS[1])
    home = Home.load(scene.world.root / "labour")
    home.with_addresses(rpc=home.rpc, ipfs=(scene.other_ipfs.api,))
    ran = scene.ledger("backup create --json", scene.file, as_="labour")
    assert json.loads(ran.out)["missing"] == [f"{DATASET}@1", f"{DATASET}@2"]
    assert ran.code == 0


def test_a_node_that_is_away_leaves_neither_file_nor_home(scene: Scene) -> None:
    scene.publish(CONTENTS[0])
    home = Home.load(scene.world.root / "labour")
    away = ("/ip4/127.0.0.1/tcp/9",)
    home.with_addresses(rpc=home.rpc, ipfs=away)
    assert scene.ledger("backup create", scene.file, as_="labour").code == 5
    assert not list(scene.folder.glob(".labour*")) + list(scene.folder.glob("labour*"))
    Home.load(home.path).with_addresses(rpc=home.rpc, ipfs=home.ipfs)
    scene.backup()
    secret = scene.passphrase_file("labour")
    for place in (("--ipfs", away[0]), ("--rpc", "http://127.0.0.1:9")):
        given = ("--passphrase-file", secret, "--profile", "second", *place)
        ran = scene.ledger("backup restore", scene.file, *given)
        assert ran.code == 5, ran.err
        assert not list(scene.world.root.glob("*second*"))
    # Where the chain is away, nothing is put into an IPFS node that answers.
    given = ("--passphrase-file", secret, "--profile", "second", "--rpc", "http://127.0.0.1:9")
    ran = scene.ledger("backup restore", scene.file, *given, "--ipfs", scene.other_ipfs.api)
    assert ran.code == 5
    assert scene.pins() == set()


# ------------------------------------------------------------------ outbox and intents


def break_off(scene: Scene, at: Step, content: bytes) -> None:
    """A publication that ends at a step of its transaction."""

    def on_step(step: Step) -> None:
        if step == at:
            raise KeyboardInterrupt

    session = scene.labour.session
    honest = session.chain
    with closing(SqlStore.open(scene.world.root / "labour" / "ledger.db")) as store:
        outbox = store.outbox(honest.deployment.genesis_hash)
        rpc = [scene.world.testnet.nodes().rpc]
        session.chain = Web3Chain(honest.deployment, rpc, outbox, on_step=on_step)
        with pytest.raises(KeyboardInterrupt):
            scene.publish(content)
        session.chain = honest


def pending(scene: Scene) -> bytes:
    """The hash of the transaction that labour's officer signed last."""
    home = scene.world.root / "labour"
    signer = load_account(
        home / "accounts" / "officer.json", passphrase_from_file(home / "passphrase")
    )
    with closing(SqlStore.open(home / "ledger.db")) as store:
        outbox = store.outbox(scene.labour.session.chain.deployment.genesis_hash)
        (outgoing,) = outbox.unfinished(signer.address, 0, 2**31)
    return outgoing.hash


def test_a_transaction_that_the_backup_caught_unsent_is_sent_as_it_was_signed(
    scene: Scene,
) -> None:
    break_off(scene, "stored", CONTENTS[0])
    signed = pending(scene)
    scene.backup()
    scene.restore()
    assert scene.happened(VersionPublished) == 0
    assert scene.publish(CONTENTS[0]) == 1
    assert scene.happened(VersionPublished) == 1
    assert scene.rpc("eth_getTransactionReceipt", f"0x{signed.hex()}") is not None


def test_a_transaction_that_was_mined_after_the_backup_is_found(scene: Scene) -> None:
    break_off(scene, "stored", CONTENTS[0])
    scene.backup()
    assert scene.publish(CONTENTS[0]) == 1
    scene.labour.datasets.register("after", title="Another", description="More of it.")
    before = scene.nonces()
    assert scene.restore()["lost"] == []
    assert scene.publish(CONTENTS[0]) == 1
    assert scene.nonces() == before
    assert scene.happened(VersionPublished) == 1


def test_a_transaction_whose_nonce_went_to_another_is_dropped(scene: Scene) -> None:
    break_off(scene, "stored", CONTENTS[0])
    signed = pending(scene)
    scene.backup()
    home = scene.world.root / "labour"
    signer = load_account(
        home / "accounts" / "officer.json", passphrase_from_file(home / "passphrase")
    )
    nothing = {
        "chainId": scene.labour.session.chain.deployment.chain_id,
        "nonce": scene.nonces()["officer"],
        "gas": 21_000, "gasPrice": 0, "value": 0, "to": signer.address, "data": b"",
    }  # fmt: skip
    scene.rpc("eth_sendRawTransaction", f"0x{signer.sign(nothing).hex()}")
    scene.restore()
    assert scene.publish(CONTENTS[0]) == 1
    assert scene.happened(VersionPublished) == 1
    assert scene.rpc("eth_getTransactionReceipt", f"0x{signed.hex()}") is None


def test_a_publication_that_the_backup_caught_in_its_middle_keeps_its_key(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(scene.labour.session.ipfs, "add_payload", interrupted)
        with pytest.raises(KeyboardInterrupt):
            scene.publish(CONTENTS[0])
    scene.backup()
    assert scene.publish(CONTENTS[0]) == 1
    scene.grant("health")
    before = scene.nonces()
    # The node that the old home published it to is still there.
    assert scene.restore(ipfs=scene.world.testnet.nodes().ipfs)["lost"] == []
    assert scene.publish(CONTENTS[0]) == 1
    assert scene.nonces() == before
    assert scene.fetched("health", DATASET) == CONTENTS[0]


def test_a_delivery_that_was_opened_after_the_backup_is_taken_up(scene: Scene) -> None:
    scene.publish(CONTENTS[0])
    scene.grant("health")
    scene.backup("health")
    out = scene.folder / "received"
    with pytest.raises(KeyboardInterrupt):
        fetch_interrupted(scene, out)
    scene.world.agent("labour").step()
    # The wrap is younger than the backup, and on labour's node.
    done = scene.restore("health", ipfs=scene.world.testnet.nodes().ipfs)
    assert done["waiting"] == [1]
    scene.world.department("health").transfers.fetch(DATASET, out)
    assert out.read_bytes() == CONTENTS[0]
    assert scene.happened(TransferOpened) == 1


def fetch_interrupted(scene: Scene, out: Path) -> None:
    health = scene.world.department("health")
    with pytest.MonkeyPatch.context() as patch:

        def interrupted(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        patch.setattr("ledger.client.fetching.Fetcher.fetch", interrupted)
        health.transfers.fetch(DATASET, out)


# ------------------------------------------------------------------ archive key and erasure


def test_a_publication_underway_goes_on_under_a_replaced_archive_key(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.publish(CONTENTS[0])

    def interrupted(*_: object) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(scene.labour.session.ipfs, "add_payload", interrupted)
        with pytest.raises(KeyboardInterrupt):
            scene.publish(CONTENTS[1])
    before = scene.labour.session.keys.load().archive
    ran = scene.ledger("backup rotate --json", as_="labour")
    assert json.loads(ran.out) == {"dataKeys": 1}
    after = scene.labour.session.keys.load()
    assert (after.archive == before, after.former) == (False, None)
    assert scene.publish(CONTENTS[1]) == 2
    scene.grant("health")
    for number in (1, 2):
        assert scene.fetched("health", f"{DATASET}@{number}") == CONTENTS[number - 1]


def test_an_archive_key_in_use_is_not_replaced(scene: Scene) -> None:
    with scene.labour.session.keys.held():
        for line in ("backup rotate", f"dataset erase {DATASET}@1 --yes --text Ordered."):
            scene.publish(CONTENTS[0])
            ran = scene.ledger(line, as_="labour")
            assert ran.code == 2
            assert "archive key is in use" in ran.err
    assert not scene.labour.state().dataset(DATASET).version(1).withdrawn


def test_an_erased_version_is_in_no_later_backup_and_served_to_nobody(scene: Scene) -> None:
    for content in CONTENTS[:2]:
        scene.publish(content)
    scene.grant("health")
    waiting = scene.world.department("health").transfers.open(f"{DATASET}@1").transfer
    erase = f"dataset erase {DATASET}@1 --json --yes --text Ordered."
    assert json.loads(scene.ledger(f"{erase} --dry-run", as_="labour").out)["dryRun"]
    assert scene.labour.session.store.data_key(1, 1, manifest(scene, 1)) is not None
    assert json.loads(scene.ledger(erase, as_="labour").out)["already"] is False
    before = scene.nonces()
    assert json.loads(scene.ledger(erase, as_="labour").out)["already"] is True
    assert scene.nonces() == before
    scene.backup()
    passphrase = Passphrase(scene.passphrases["labour"].strip())
    names = [entry.name for entry in BackupFile(scene.file, lambda: passphrase).entries()]
    assert names.count("row/data_keys") == 1
    assert sum(name.startswith("payload/") for name in names) == 1
    scene.restore()
    assert scene.world.agent("labour").step().declined == 1
    assert scene.labour.state().transfer(waiting).state is TransferState.DECLINED
    assert scene.fetched("health", f"{DATASET}@2") == CONTENTS[1]
    with pytest.raises(ContractError, match="withdrawn"):
        scene.world.department("health").transfers.open(f"{DATASET}@1")


def manifest(scene: Scene, number: int) -> bytes:
    return bytes(scene.labour.state().dataset(DATASET).version(number).manifest)


def test_doctor_says_which_backups_to_destroy(scene: Scene) -> None:
    scene.publish(CONTENTS[0])
    scene.publish(CONTENTS[1])
    assert "never backed up" in doctor(scene)["backup"]["detail"]
    scene.backup()
    assert doctor(scene)["backup"]["hint"] is None
    scene.labour.datasets.withdraw(f"{DATASET}@1", reason=ReasonCode.CORRECTION, text="Wrong.")
    scene.labour.datasets.erase(f"{DATASET}@1", text="Ordered.")
    check = doctor(scene)["backup"]
    assert "up to 1 hold keys that were destroyed" in check["detail"]
    assert "destroy these files" in check["hint"]


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        (DATASET, 2, "one version is erased at a time"),
        (f"{DATASET}@9", 2, "no version 9"),
        ("labour/none@1", 2, "there is no dataset"),
        ("health/else@1", 2, "belongs to health"),
    ],
)
def test_nothing_else_is_erased(scene: Scene, name: str, code: int, words: str) -> None:
    scene.publish(CONTENTS[0])
    health = scene.world.department("health")
    health.datasets.register("else", title="Else", description="Another's.")
    ran = scene.ledger(f"dataset erase {name} --yes --text Ordered.", as_="labour")
    assert ran.code == code
    assert words in ran.err
    unasked = scene.ledger(f"dataset erase {DATASET}@1 --text Ordered.", as_="labour")
    assert unasked.code == 2
    assert "can't be undone" in unasked.err
    assert not scene.labour.state().dataset(DATASET).version(1).withdrawn


# ------------------------------------------------------------------ bad input


def test_restore_writes_over_no_home_and_tells_what_is_wrong_with_a_file(scene: Scene) -> None:
    scene.publish(CONTENTS[0])
    scene.backup()
    secret = scene.passphrase_file("labour")
    wrong = scene.folder / "wrong"
    wrong.touch(mode=0o600)
    wrong.write_text("another one")
    whole = scene.file.read_bytes()
    bad = scene.folder / "bad"

    def restored(content: bytes, passphrase: Path = secret, profile: str = "second") -> Ran:
        bad.write_bytes(content)
        given = ("--passphrase-file", passphrase, "--profile", profile)
        return scene.ledger("backup restore", bad, *given)

    middle = len(whole) // 2
    flipped = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
    for ran, code, words in (
        (restored(whole, profile="labour"), 2, "there is a home 'labour' already"),
        (restored(whole, wrong), 2, "the passphrase does not open this backup"),
        (restored(b"PK\x03\x04"), 2, "this is no backup"),
        (restored(whole[:-1]), 4, "the backup is damaged"),
        (restored(whole[:200]), 2, "this is no backup"),
        (restored(flipped), 4, "the backup is damaged"),
        (scene.ledger("backup restore", scene.folder / "none"), 2, "can't be read"),
        (scene.ledger("backup create", scene.file, as_="labour"), 2, "exists already"),
        (scene.ledger("backup create", scene.folder / "no" / "x", as_="labour"), 2, "written"),
    ):
        assert ran.code == code, ran.err
        assert words in ran.err
        assert len(ran.err.splitlines()) <= 2
    assert not list(scene.world.root.glob("*second*"))
    assert not {path.name for path in scene.world.root.glob(".*")} - {".restore.lock"}
    assert scene.pins() == set()
