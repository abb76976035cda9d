"""Recalls and attestations as departments type them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.country import EMPLOYMENT, Country

pytestmark = pytest.mark.integration

WHY = '--reason correction --text "Wrong sums."'


@pytest.fixture
def made(country: Country) -> int:
    """Health received labour/employment@1 and made health/staff@1 from it; the transfer."""
    number = country.released()
    fetched = country.ledger(f"transfer fetch {number} --out employment.csv", as_="health")
    assert fetched.code == 0, fetched.err
    register = 'dataset register staff --title Staff --description "Who works where."'
    ran = country.ledger(register, as_="health")
    assert ran.out == (
        "health/staff is registered; publish with: ledger dataset publish health/staff FILE\n"
    )
    return number


def test_sources_need_onward_use(country: Country, made: int) -> None:
    Path("staff.csv").write_text("a,b\n1,2\n")
    ran = country.ledger(f"dataset publish health/staff staff.csv --source {made}", as_="health")
    assert ran.code == 3
    assert "terms that forbid onward use" in ran.err
    assert country.state().dataset("health/staff").versions == {}


def test_a_recall_is_announced_attested_and_told(country: Country, made: int) -> None:
    line = f"dataset recall labour/employment@1 {WHY}"
    ran = country.ledger(line, as_="labour")
    assert ran.code == 2
    assert "It concerns energy, health, statistics. Recall labour/employment@1 for good?" in ran.err
    ran = country.ledger(f"{line} --dry-run", as_="labour")
    assert ran.code == 0, ran.err
    assert "DatasetRegistry.withdrawVersion" in ran.out
    assert "It concerns energy, health, statistics." in ran.err
    assert country.state().recalls == {}

    ran = country.ledger(f"{line} --yes", as_="labour")
    assert ran.code == 0, ran.err
    assert "labour/employment@1 is recalled (recall 1)" in ran.out
    assert "It concerns energy, health, statistics." in ran.out
    (task,) = [one for one in country.shown("inbox", "health") if one["kind"] == "recall"]
    assert task["number"] == made
    assert task["what"] == "labour recalls labour/employment@1 (correction)"
    assert "Recalls" not in country.ledger("transfer show 1", as_="health").out
    (asked,) = country.shown(f"transfer show {made}", "health")["recalls"]
    assert (asked["recall"], asked["outcome"]) == (1, None)

    attest = f"transfer attest {made} --recall 1 --outcome"
    ran = country.ledger(f"{attest} kept --yes", as_="health")
    assert (ran.code, "legal ground" in ran.err) == (2, True)
    assert country.ledger(f"{attest} destroyed", as_="health").code == 2
    planned = country.shown(f"{attest} destroyed --dry-run", "health")
    assert planned["call"]["function"] == "attest"
    ran = country.ledger(f'{attest} kept --ground "Archives Act, section 5" --yes', as_="health")
    assert ran.code == 0, ran.err
    assert ran.out == f"Transfer {made} is attested for recall 1: kept.\n"

    dataset = country.shown("dataset show labour/employment", "audit-office")
    told = {one["receiver"]: one["outcome"] for one in dataset["concerned"]}
    assert told == {"energy": None, "health": "kept", "statistics": None}
    assert [one["text"] for one in dataset["reasons"]] == ["Wrong sums.", "Wrong sums."]
    assert dataset["versions"][0]["recall"] == 1
    in_words = country.ledger("dataset show labour/employment", as_="audit-office").out
    assert "Concerned" in in_words
    assert "kept" in in_words
    delivery = country.ledger(f"transfer show {made}", as_="labour").out
    assert "On the ground of: Archives Act, section 5" in delivery
    timeline = country.ledger("audit timeline labour/employment@1", as_="audit-office").out
    assert "labour recalls labour/employment@1: recall 1 (correction)" in timeline
    assert f"health attests for recall 1: transfer {made} is kept" in timeline
    assert country.ledger("audit verify", as_="audit-office").code == 0


def test_a_recall_says_what_takes_its_place(country: Country) -> None:
    table = EMPLOYMENT.read_text()
    Path("july.csv").write_text("\n".join(table.splitlines()[:-1]) + "\n")
    assert country.ledger("dataset publish labour/employment july.csv", as_="labour").code == 0
    line = f"dataset recall labour/employment@1 {WHY} --replaced-by"
    ran = country.ledger(f"{line} 3 --yes", as_="labour")
    assert (ran.code, "no version 3" in ran.err) == (2, True)
    assert country.ledger(f"{line} 2 --yes", as_="labour").code == 0
    told = country.ledger("dataset show labour/employment", as_="health").out
    assert "Wrong sums.; Replaced by version 2" in told


def test_an_erasure_by_recall_says_that_the_key_is_still_there(country: Country) -> None:
    line = 'dataset recall labour/employment@1 --reason erasure --text "Ordered." --yes'
    ran = country.ledger(line, as_="labour")
    assert ran.code == 0
    assert "ledger dataset erase labour/employment@1" in ran.err
    erase = 'dataset erase labour/employment@1 --text "Ordered." --yes'
    assert "is erased" in country.ledger(erase, as_="labour").out


def test_an_erasure_of_what_is_withdrawn_destroys_its_key_alone(country: Country) -> None:
    version = "labour/employment@1"
    withdraw = f"dataset withdraw {version} {WHY} --yes"
    assert country.ledger(withdraw, as_="labour").code == 0
    erase = f'dataset erase {version} --text "Ordered."'
    ran = country.ledger(f"{erase} --dry-run", as_="labour")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == "It is withdrawn already: only its key would be destroyed, here.\n"
    assert f"{version} is erased." in country.ledger(f"{erase} --yes", as_="labour").out
    again = country.ledger(f"{erase} --yes", as_="labour").out
    assert f"{version} was erased before." in again


def test_a_recall_of_what_nobody_received_says_so(country: Country) -> None:
    line = f"dataset recall energy/electricity@1 {WHY}"
    ran = country.ledger(line, as_="energy")
    assert (ran.code, "Nobody has received it. Recall energy/" in ran.err) == (2, True)
    assert "Nobody has received it." in country.ledger(f"{line} --yes", as_="energy").out


def test_a_recall_names_whom_it_reaches_through_what_was_made(country: Country) -> None:
    ask = "--purpose statistics --why Report. --legal-basis Act --valid-days 30 --onward-use"
    made = _received(country, "transport", "labour/employment", ask)
    register = "dataset register jobs --title Jobs --description Jobs. --sharing open"
    assert country.ledger(register, as_="transport").code == 0
    Path("jobs.csv").write_text("a,b\n1,2\n")
    publish = f"dataset publish transport/jobs jobs.csv --source {made}"
    assert country.ledger(publish, as_="transport").code == 0
    _received(country, "interior", "transport/jobs", ask)
    ran = country.ledger(f"dataset recall labour/employment@1 {WHY}", as_="labour")
    onward = "transport and, through what was made from it, interior. Recall labour/"
    assert (ran.code, onward in ran.err) == (2, True)


def _received(country: Country, receiver: str, dataset: str, ask: str) -> int:
    """What a member asks for, gets and acknowledges; the transfer."""
    owner = dataset.partition("/")[0]
    grant = country.shown(f"request create {dataset} {ask}", receiver)
    if grant["state"] == "requested":
        assert country.ledger(f"request approve {grant['grant']}", as_=owner).code == 0
    number = int(country.shown(f"transfer open {dataset}", receiver)["transfer"])
    assert country.world.agent(owner).step().released == 1
    fetched = country.ledger(f"transfer fetch {number} --out {number}.csv", as_=receiver)
    assert fetched.code == 0, fetched.err
    return number
