"""Receipts: a receiver that says it has the content, and hasn't, is found out by the owner."""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path
from typing import Any

import pytest

from ledger.agent import Agent
from ledger.client.versionsecrets import VersionSecrets, open_secrets, seal_secrets
from ledger.envelope.binding import SecretKey
from ledger.envelope.commitments import receipt_key, receipt_tag
from ledger.testnet.offices import open_home
from tests.attacks.modified import act
from tests.country import EMPLOYMENT, Country

pytestmark = pytest.mark.integration

HASH = hashlib.sha256(EMPLOYMENT.read_bytes()).digest()


def made(country: Country, number: int, **other: Any) -> bytes:
    """The tag of labour/employment@1, or one that somebody made of something else."""
    labour = country.world.department("labour")
    said: dict[str, Any] = {"key": data_key(country), "transfer": number, "content": HASH} | other
    derived = receipt_key(said["key"], labour.session.deployment, said["transfer"])
    manifest = labour.state().dataset("labour/employment").version(1).manifest
    return receipt_tag(derived, said.get("manifest", manifest), said["content"])


def data_key(country: Country) -> SecretKey:
    return kept(country)[0].key


def kept(country: Country) -> tuple[VersionSecrets, tuple[int, int, bytes]]:
    """What labour's home keeps of its version, and of which it is."""
    session = country.world.department("labour").session
    dataset = session.state().dataset("labour/employment")
    place = (dataset.id, 1, dataset.version(1).manifest)
    sealed = session.store.data_key(*place)
    assert sealed is not None
    return open_secrets(session.keys.load(), sealed, dataset.id, 1), place


def acknowledge(country: Country, number: int, tag: bytes) -> None:
    """Health's receipt, by its modified client."""
    health = country.world.department("health")
    manifest = health.state().dataset("labour/employment").version(1).manifest
    act(health, "agent", "TransferLog", "acknowledge", number, manifest, tag)


def checked(country: Country) -> dict[int, str]:
    """What labour's agent reports of receipts in one round, by transfer."""
    told: dict[int, str] = {}

    def report(event: str, **fields: Any) -> None:
        if event.startswith("receipt "):
            told[fields["transfer"]] = event.removeprefix("receipt ")

    with open_home(country.root / "labour") as labour:
        Agent(labour.session, report).step()
    return told


def shown(country: Country, number: int, as_: str) -> Any:
    return country.shown(f"transfer show {number}", as_)["receipt"]


FORGED: dict[str, dict[str, Any]] = {
    "of the hash of another content": {"content": bytes(32)},
    "with another key": {"key": SecretKey.generate()},
    "for another transfer": {"transfer": 3},
    "for another manifest": {"manifest": bytes(32)},
}


@pytest.mark.parametrize("how", FORGED)
def test_a_receipt_that_was_made_without_the_content_is_reported(
    country: Country, how: str
) -> None:
    number = country.released()
    acknowledge(country, number, made(country, number, **FORGED[how]))
    assert checked(country)[number] == "WRONG"
    assert checked(country) == {}
    assert shown(country, number, "labour") == {
        "verdict": "wrong",
        "why": "receipt tag was not made with the released key and content",
    }
    told = country.ledger(f"transfer show {number}", as_="labour").out
    assert "\nReceipt         WRONG (receipt tag was not made" in told
    inbox = country.ledger("inbox", as_="labour").out
    assert "receipt  health acknowledged labour/employment@1 with a WRONG receipt" in inbox
    assert f"ledger transfer show {number}" in inbox


def test_a_wrong_receipt_is_said_aloud_by_one_round(country: Country) -> None:
    number = country.released()
    acknowledge(country, number, secrets.token_bytes(32))
    ran = country.ledger("agent run --once", as_="labour")
    assert ran.code == 0
    assert f"receipt WRONG transfer={number} receiver=health reason=" in ran.err
    assert ran.out.splitlines()[1:] == ["WRONG RECEIPTS: 1, see: ledger inbox"]


@pytest.mark.parametrize("answer", ["grant revoke 3 --reason misuse --text Forged. --yes", ""])
def test_the_inbox_forgets_a_wrong_receipt_once_it_is_answered(
    country: Country, answer: str
) -> None:
    number = country.released()
    acknowledge(country, number, secrets.token_bytes(32))
    checked(country)
    assert "WRONG receipt" in country.ledger("inbox", as_="labour").out
    if answer:
        assert country.ledger(answer, as_="labour").code == 0
    else:
        dispute = f"transfer dispute {number} --reason other --text Again."
        assert country.ledger(dispute, as_="health").code == 0
    assert "WRONG receipt" not in country.ledger("inbox", as_="labour").out


def test_after_a_cure_the_new_receipt_counts(country: Country) -> None:
    number = country.released()
    acknowledge(country, number, secrets.token_bytes(32))
    assert checked(country)[number] == "WRONG"
    dispute = f"transfer dispute {number} --reason other --text Again."
    assert country.ledger(dispute, as_="health").code == 0
    assert country.world.agent("labour").step().released == 1
    assert country.ledger(f"transfer fetch {number} --out again.csv", as_="health").code == 0
    assert checked(country) == {number: "checked"}
    assert shown(country, number, "labour") == {"verdict": "checked", "why": None}


def test_an_honest_receipt_is_checked_once(country: Country) -> None:
    number = country.released()
    assert shown(country, number, "labour") is None
    assert country.ledger(f"transfer fetch {number} --out got.csv", as_="health").code == 0
    assert shown(country, number, "labour")["verdict"] == "not checked"
    assert checked(country) == {number: "checked"}
    assert checked(country) == {}
    assert shown(country, number, "labour") == {"verdict": "checked", "why": None}
    assert Path("got.csv").read_bytes() == EMPLOYMENT.read_bytes()


def test_only_the_owner_can_check_a_receipt(country: Country) -> None:
    why = {"verdict": "not checkable", "why": "only labour can"}
    for code in ("statistics", "health", "audit-office"):
        assert shown(country, 2, code) == why


def test_a_version_from_before_its_hash_was_kept_is_not_checkable(country: Country) -> None:
    secrets_, place = kept(country)
    session = country.world.department("labour").session
    session.store.delete_data_key(*place)
    old = VersionSecrets(secrets_.key, None)
    session.store.save_data_key(*place, seal_secrets(session.keys.load(), old, *place[:2]))
    number = country.released()
    assert country.ledger(f"transfer fetch {number} --out got.csv", as_="health").code == 0
    assert checked(country)[number] == "not checkable"
    assert "before the hash of its content was kept" in shown(country, number, "labour")["why"]
    assert "receipt" not in country.ledger("inbox", as_="labour").out
    # A backup that has it is put back.
    session.store.delete_data_key(*place)
    session.store.save_data_key(*place, seal_secrets(session.keys.load(), secrets_, *place[:2]))
    assert checked(country)[number] == "checked"


def test_without_the_data_key_a_receipt_is_not_checkable(country: Country) -> None:
    _, place = kept(country)
    country.world.department("labour").session.store.delete_data_key(*place)
    assert checked(country) == {3: "not checkable"}
    assert shown(country, 3, "labour")["why"] == "its data key is not here"


def test_an_altered_data_key_stops_neither_the_check_nor_the_round(country: Country) -> None:
    secrets_, place = kept(country)
    session = country.world.department("labour").session
    sealed = bytearray(seal_secrets(session.keys.load(), secrets_, *place[:2]))
    sealed[20] ^= 1
    session.store.delete_data_key(*place)
    session.store.save_data_key(*place, bytes(sealed))
    assert checked(country) == {3: "not checkable"}
    assert "does not open" in shown(country, 3, "labour")["why"]


def test_what_happens_on_the_chain_meanwhile_does_not_disturb_the_check(country: Country) -> None:
    health, labour = country.world.department("health"), country.world.agent("labour")
    numbers = [country.released(), health.transfers.open("labour/employment").transfer]
    assert labour.step().released == 1
    for number in numbers:
        acknowledge(country, number, made(country, number))
    told: list[int] = []

    def report(event: str, **fields: Any) -> None:
        if event.startswith("receipt "):
            told.append(fields["transfer"])
            health.transfers.open("labour/employment")

    with open_home(country.root / "labour") as opened:
        Agent(opened.session, report).step()
    assert told == numbers
