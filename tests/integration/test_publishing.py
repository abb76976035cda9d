"""When a file is read twice for a publication, and that once is as safe."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.client import Ledger
from ledger.errors import FileChanged
from ledger.ports import Task
from ledger.silence import Silence
from ledger.testnet.offices import open_home
from tests.country import EMPLOYMENT, Country
from tests.ipfs_proxy import LyingIpfs, Refuse

pytestmark = pytest.mark.integration
CONTENT = random.Random(5).randbytes(2_500_000)
TWICE, ONCE = ["hashing", "encrypting"], ["encrypting"]


class Passes(Silence):
    """Notes what is begun; `before` runs before the first chunk of each pass."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.before: Callable[[str], None] = lambda label: None

    def start(self, label: str, total_bytes: int | None) -> Task:
        self.begun.append(label)
        self.before(label)
        return super().start(label, total_bytes)


@pytest.fixture
def passes() -> Passes:
    return Passes()


@pytest.fixture
def book(tmp_path: Path) -> Path:
    file = tmp_path / "book.bin"
    file.write_bytes(CONTENT)
    return file


@pytest.fixture
def labour(country: Country, passes: Passes, book: Path) -> Ledger:
    """Labour, with a dataset that has one version: the book."""
    labour = country.world.department("labour")
    labour.datasets.register("book", title="The book", description="All entries.")
    labour.datasets.publish("labour/book", book)
    labour.session.progress = passes
    return labour


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (CONTENT + b"!", ONCE),
        (b"!" + CONTENT[1:], ONCE),
        (CONTENT[:-1] + b"!", TWICE),
    ],
    ids=["another size", "another beginning", "another end"],
)
def test_a_file_is_read_twice_only_where_it_may_be_the_latest_version(
    labour: Ledger, passes: Passes, book: Path, content: bytes, expected: list[str]
) -> None:
    book.write_bytes(content)
    assert labour.datasets.publish("labour/book", book).version == 2
    assert passes.begun == expected


def test_the_latest_version_again_is_not_encrypted(
    labour: Ledger, passes: Passes, book: Path
) -> None:
    again = labour.datasets.publish("labour/book", book)
    assert (again.version, again.already) == (1, True)
    assert passes.begun == ["hashing"]


def test_the_latest_version_again_is_encrypted_when_asked_for(
    labour: Ledger, passes: Passes, book: Path
) -> None:
    assert labour.datasets.publish("labour/book", book, again=True).version == 2
    assert passes.begun == ONCE


def test_the_latest_version_is_known_again_although_its_payload_is_lost(
    country: Country, passes: Passes, book: Path, labour: Ledger
) -> None:
    def refuse(call: str, options: dict[str, str]) -> None:
        if call in ("cat", "block/stat"):
            raise Refuse("block was not found locally (offline)")

    with LyingIpfs(country.home("labour").ipfs[0]) as node:
        node.before = refuse
        with (
            country.nodes("labour", ipfs=node.address),
            open_home(country.root / "labour") as office,
        ):
            office.session.progress = passes
            assert office.datasets.publish("labour/book", book).already
    assert passes.begun == ["hashing"]


@pytest.mark.parametrize(("validate", "expected"), [(True, TWICE), (False, ONCE)])
def test_a_file_that_is_checked_is_read_twice(
    labour: Ledger, passes: Passes, tmp_path: Path, validate: bool, expected: list[str]
) -> None:
    file, table = tmp_path / "employment.csv", EMPLOYMENT.read_text()
    file.write_text(f"{table}2016-01-01{table.splitlines()[-1][10:]}\n")
    labour.datasets.publish("labour/employment", file, validate=validate)
    assert [label for label in passes.begun if label in TWICE] == expected


def test_a_file_that_changes_while_it_is_read_once_is_not_published(
    country: Country, labour: Ledger, passes: Passes, book: Path
) -> None:
    def meanwhile(label: str) -> None:
        if label == "encrypting":
            with book.open("r+b") as file:
                file.seek(-1, 2)
                file.write(b"?")

    book.write_bytes(CONTENT + b"!")
    before = country.state().last
    passes.before = meanwhile
    with pytest.raises(FileChanged):
        labour.datasets.publish("labour/book", book)
    assert passes.begun == ONCE
    assert country.state().last == before
    passes.before = lambda label: None
    assert labour.datasets.publish("labour/book", book).version == 2
