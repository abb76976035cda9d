"""An owner whose manifest describes something else, leads out of the folder, or lies on sizes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ledger.events import TransferState
from ledger.identifiers import Digest, record_cid
from ledger.models import Manifest
from ledger.models.manifest import ciphertext_size
from tests.attacks import modified
from tests.attacks.modified import PLAIN, hostile_records, publish
from tests.country import EMPLOYMENT, Country

pytestmark = pytest.mark.integration


def setting(path: str, value: Any) -> modified.Change:
    """A change of one member."""

    def change(record: dict[str, Any]) -> None:
        *parents, last = path.split(".")
        for parent in parents:
            record = record[parent]
        record[last] = value

    return change


def longer(record: dict[str, Any]) -> None:
    """Both sizes say one byte more than there is."""
    record["plaintextSizeBytes"] += 1
    record["payload"]["sizeBytes"] = ciphertext_size(record["plaintextSizeBytes"])


def shorter(record: dict[str, Any]) -> None:
    """Both sizes say one byte less than there is."""
    record["plaintextSizeBytes"] -= 1
    record["payload"]["sizeBytes"] = ciphertext_size(record["plaintextSizeBytes"])


def huge(record: dict[str, Any]) -> None:
    """A petabyte is announced."""
    record["plaintextSizeBytes"] = 2**49
    record["payload"]["sizeBytes"] = ciphertext_size(2**49)


def fetched(country: Country, line: str) -> str:
    """Health can't fetch the latest version, and nothing is left behind; return what it is told."""
    before = _files(country)
    ran = country.ledger(f"transfer fetch {line} --timeout 5s", as_="health")
    assert (ran.code, ran.out) == (4, ""), ran
    assert len(ran.err.splitlines()) <= 2, ran.err
    assert "Traceback" not in ran.err
    assert _files(country) == before
    return ran.err


def _files(country: Country) -> set[Path]:
    return {
        path for path in country.root.parent.rglob("*") if path.is_file() and path.suffix != ".db"
    }


LIES: dict[str, modified.Change] = {
    "another dataset": setting("dataset", "labour/wages"),
    "another department's dataset": setting("dataset", "transport/airports"),
    "another version": setting("version", 1),
    "another sender": setting("sender", "transport"),
    "another kind": setting("kind", "document"),
    "name leads up": setting("name", "../../evil"),
    "name is a path": setting("name", "/etc/passwd"),
    "name is a folder": setting("name", ".."),
    "name is empty": setting("name", ""),
    "name moves the cursor": setting("name", "a\x1b[2Jb"),
    "name is turned around": setting("name", "a\u202egpj.exe"),
    "name has a zero": setting("name", "a\0b"),
    "name is long": setting("name", "x" * 300),
    "sizes are longer": longer,
    "sizes are shorter": shorter,
    "sizes are huge": huge,
    "size is negative": setting("plaintextSizeBytes", -1),
    "sizes contradict": setting("plaintextSizeBytes", len(PLAIN) + 1),
    "another key": setting("encryption.keyCommitment", "11" * 32),
    "another content": setting("encryption.contentCommitment", "22" * 32),
    "another algorithm": setting("encryption.algorithm", "NONE"),
    "other chunks": setting("payload.chunkBytes", 4096),
    "a cid with a path": setting("payload.cid", "bafkreia/../../x"),
    "a cid in base58": setting("payload.cid", "QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn"),
    "an unknown member": setting("evil", 1),
}


@pytest.mark.parametrize("lie", list(LIES))
def test_a_manifest_that_lies_is_refused_and_leaves_nothing(country: Country, lie: str) -> None:
    country.approved()
    labour = country.world.department("labour")
    publish(labour, "labour/employment", LIES[lie])
    health = country.world.department("health")
    number = health.transfers.open("labour/employment").transfer
    country.world.agent("labour").step()
    told = fetched(country, str(number))
    assert "\x1b" not in told
    assert "\u202e" not in told
    assert country.state().transfer(number).state is not TransferState.ACKNOWLEDGED
    ran = country.ledger(
        f"transfer dispute {number} --reason corrupt --text 'It is not what it says.'", as_="health"
    )
    assert ran.code == 0 or country.state().transfer(number).state is TransferState.OPENED


@pytest.mark.parametrize(
    "lie", ["another dataset", "another department's dataset", "another version", "another sender"]
)
def test_a_manifest_of_something_else_is_refused_before_anything_is_asked_for(
    country: Country, lie: str
) -> None:
    country.approved()
    publish(country.world.department("labour"), "labour/employment", LIES[lie])
    before = len(country.state().transfers)
    assert "manifest" in fetched(country, "labour/employment")
    assert len(country.state().transfers) == before


def test_a_manifest_that_is_no_record_is_refused(country: Country) -> None:
    country.approved()
    labour = country.world.department("labour")
    for _, hostile in hostile_records():
        publish(labour, "labour/employment", modified.unchanged, raw=lambda _, it=hostile: it)  # type: ignore[misc]
        fetched(country, "labour/employment")
    assert country.ledger("dataset show labour/employment", as_="health").code == 0
    ran = country.ledger("audit verify --json", as_="audit-office")
    assert ran.code == 4
    assert ran.out.count('"manifest of labour/employment@') == len(dict(hostile_records()))


def test_a_description_that_is_no_record_is_treated_as_absent(country: Country) -> None:
    labour = country.world.department("labour")
    dataset = country.state().dataset("labour/employment").id
    for what, hostile in hostile_records():
        modified.act(
            labour,
            "officer",
            "DatasetRegistry",
            "edit",
            dataset,
            (1, 1, False, False),
            modified.put(labour, hostile),
        )
        for line in ("dataset list", "dataset show labour/employment"):
            ran = country.ledger(line, as_="health")
            assert ran.code == 0, what
            assert "labour/employment" in ran.out
            assert "\x1b" not in ran.out
    ran = country.ledger("audit verify", as_="audit-office")
    assert ran.code == 4
    assert "description of labour/employment" in ran.out


def test_a_ciphertext_of_other_plaintext_is_refused(country: Country) -> None:
    """The hashes of the ciphertext are right, but it doesn't open: nobody can say it did."""
    country.approved()
    labour = country.world.department("labour")
    publish(
        labour,
        "labour/employment",
        modified.unchanged,
        ciphertext=lambda data: data[:-1] + bytes([data[-1] ^ 1]),
    )
    number = country.world.department("health").transfers.open("labour/employment").transfer
    assert country.world.agent("labour").step().released == 1
    fetched(country, str(number))


def test_the_cid_of_another_payload_is_refused(country: Country) -> None:
    """The owner's own IPFS node named it: the receiver gets a payload, but not this one."""
    country.approved()
    labour = country.world.department("labour")
    session, first = labour.session, country.state().dataset("labour/employment").version(1)
    other = session.fetch_record(Manifest, first.manifest).payload.cid
    content = EMPLOYMENT.read_bytes()
    publish(labour, "labour/employment", setting("payload.cid", other), content=content)
    number = country.world.department("health").transfers.open("labour/employment").transfer
    assert country.world.agent("labour").step().released == 1
    assert "does not decrypt" in fetched(country, str(number))


def test_a_payload_that_nobody_has_is_absent(country: Country) -> None:
    country.approved()
    missing = record_cid(Digest(bytes(32)))
    publish(
        country.world.department("labour"), "labour/employment", setting("payload.cid", missing)
    )
    number = country.world.department("health").transfers.open("labour/employment").transfer
    assert country.world.agent("labour").step().released == 1
    assert "does not have it" in fetched(country, str(number))


def test_an_honest_manifest_in_the_same_way_is_accepted(country: Country) -> None:
    country.approved()
    publish(country.world.department("labour"), "labour/employment", modified.unchanged)
    number = country.world.department("health").transfers.open("labour/employment").transfer
    assert country.world.agent("labour").step().released == 1
    out = Path("got.csv")
    assert country.ledger(f"transfer fetch {number} --out {out}", as_="health").code == 0
    assert out.read_bytes() == PLAIN
