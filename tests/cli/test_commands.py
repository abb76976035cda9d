"""Every verb on the seeded country: what it prints, its JSON, and that a dry run has no effect."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.country import EMPLOYMENT, Country

ADDRESS = "0x00000000000000000000000000000000000000aa"
BECAUSE = "--reason other --text Because."
ASK = "--purpose statistics --why Report. --legal-basis Act --valid-days 30"


def document(country: Country, line: str, as_: str) -> Any:
    ran = country.ledger(f"{line} --json", as_=as_)
    assert (ran.code, ran.err) == (0, "")
    return json.loads(ran.out)


@pytest.mark.parametrize(
    ("line", "keys"),
    [
        ("inbox", {"kind", "number", "what", "deadline", "command"}),
        (
            "department list",
            {
                "number", "code", "membership", "standing", "groups", "auditor", "keyNumber",
                "accounts", "effectiveAt",
            },
        ),
        ("department key list", {"number", "state", "digest", "effectiveAt"}),
        ("spec list", {"name", "version", "digest"}),
        (
            "dataset list",
            {"name", "title", "kind", "sharing", "versions", "specification", "withdrawn"},
        ),
        (
            "request list",
            {
                "number", "dataset", "requester", "owner", "state", "purpose", "onwardUse",
                "respondBy", "validUntil", "offer", "complyBy",
            },
        ),
        (
            "transfer list",
            {
                "number", "kind", "dataset", "sender", "receiver", "grant", "state", "releaseBy",
                "acknowledgeBy",
            },
        ),
        (
            "audit recipients labour/employment",
            {
                "sender", "receiver", "dataset", "purpose", "grant", "transfer", "releasedAt",
                "acknowledgedAt", "manifest",
            },
        ),
        ("audit events", {"at", "event", "what", "block", "transaction", "fields"}),
    ],
)  # fmt: skip
def test_a_list_as_json_is_an_array_with_stable_keys(
    country: Country, line: str, keys: set[str]
) -> None:
    found = document(country, line, "labour")
    assert found
    assert all(set(row) == keys for row in found)


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("dataset list", 3),
        ("dataset list --owner labour", 1),
        ("dataset list --sharing open", 1),
        ("dataset list --owner labour --sharing open", 0),
        ("dataset search employment MONTHLY", 1),
        ("dataset search employment nothing", 0),
        ("request list", 6),
        ("request list --mine", 2),
        ("request list --dataset transport/airports", 1),
        ("grant list", 4),
        ("grant list --mine", 1),
        ("transfer list", 3),
        ("transfer list --mine", 1),
        ("transfer list --waiting", 0),
        ("audit events --kind TransferRefused", 1),
        ("audit events --kind TransferRefused --kind RequestRefused", 2),
        ("audit timeline --grant 6", 7),
        ("audit timeline --transfer 3", 3),
        ("department key list labour", 1),
    ],
)
def test_lists_hold_what_was_asked_for(country: Country, line: str, count: int) -> None:
    assert len(document(country, line, "health")) == count


def test_a_list_without_rows_says_so_to_people_only(country: Country) -> None:
    ran = country.ledger("dataset search xyz", as_="health")
    assert (ran.code, ran.out, ran.err) == (0, "", "Nothing was found.\n")
    assert country.ledger("dataset search xyz --quiet", as_="health").err == ""


def test_a_request_shows_its_sealed_part_to_its_parties_alone(country: Country) -> None:
    owners = document(country, "request show 3", "labour")
    assert owners["state"] == "requested"
    assert owners["legalBasis"] == "Health Services Act, section 21"
    assert owners["sealed"] == {"contact": "data desk of health"}
    assert document(country, "request show 3", "energy")["sealed"] is None


def test_a_grant_and_a_transfer_show_their_history(country: Country) -> None:
    events = [step["event"] for step in document(country, "grant show 6", "labour")["history"]]
    assert events[0] == "AccessRequested"
    assert events[-2:] == ["GrantRevoked", "TransferRefused"]
    events = [step["event"] for step in document(country, "transfer show 3", "labour")["history"]]
    assert events == ["TransferOpened", "TransferReleased", "TransferAcknowledged"]
    assert "is REFUSED labour/employment@1" in country.ledger("grant show 6", as_="labour").out


def test_a_dataset_a_department_and_a_specification_are_shown(country: Country) -> None:
    dataset = document(country, "dataset show energy/electricity", "health")
    assert dataset["sharing"] == "closed"
    assert dataset["legalReason"].startswith("Energy Statistics Act")
    assert [version["version"] for version in dataset["versions"]] == [1]
    department = document(country, "department show audit-office", "health")
    assert department["auditor"] is True
    capabilities = [account["capabilities"] for account in department["accounts"]]
    assert capabilities == [["admin"], ["officer"], ["agent"]]
    specification = document(country, "spec show employment", "health")
    assert specification["columns"][0]["name"] == "month"
    ran = country.ledger("dataset show energy/electricity", as_="health")
    assert "Versions\nVersion  Published" in ran.out


def test_a_file_is_checked_against_a_specification(country: Country) -> None:
    ran = country.ledger("spec check", EMPLOYMENT, "employment", as_="health")
    assert (ran.code, ran.out) == (0, f"{EMPLOYMENT} follows employment@1: 120 rows.\n")


def test_access_is_told_beforehand(country: Country) -> None:
    line = "access check {} --purpose statistics"
    opened = document(country, line.format("transport/airports"), "energy")
    assert opened["verdict"] == "granted at once"
    assert document(country, line.format("energy/electricity"), "health")["verdict"] == "refused"
    as_other = line.format("labour/employment") + " --as transport"
    assert document(country, as_other, "health")["verdict"] == "owner decides"


def test_the_auditor_finds_everything_as_it_was_recorded(country: Country) -> None:
    assert document(country, "audit verify", "audit-office")["findings"] == []
    ran = country.ledger("audit verify", as_="audit-office")
    assert ran.out.startswith("Everything is as it was recorded: ")


@pytest.mark.parametrize(
    "of", ["", "labour/employment --grant 6", "--department labour --transfer 1"]
)
def test_a_timeline_is_of_one_thing(country: Country, of: str) -> None:
    ran = country.ledger(f"audit timeline {of} --json", as_="audit-office")
    message = "a timeline is of one dataset, department, request or transfer"
    assert (ran.code, ran.error["message"]) == (2, message)
    assert country.ledger("audit timeline --department labour", as_="health").code == 0


def test_an_altered_record_is_named_and_ends_with_an_exit_code(
    country: Country, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ledger.errors import RecordUnavailable
    from ledger.ipfs import KuboIpfs

    read = KuboIpfs.get_block
    lost = country.state().grant(3).terms

    def get_block(self: KuboIpfs, digest: bytes) -> bytes:
        if digest == lost:
            raise RecordUnavailable("no node has it")
        return read(self, digest)

    monkeypatch.setattr(KuboIpfs, "get_block", get_block)
    ran = country.ledger("audit verify", as_="audit-office")
    assert ran.code == 4
    assert "terms of request 3" in ran.out
    assert ran.err.startswith("Wrong: 1 of ")
    ran = country.ledger("audit verify --json", as_="audit-office")
    assert (ran.code, len(json.loads(ran.out)["findings"])) == (4, 1)


WRITES = [
    ("agency", f"agency admit water {ADDRESS} --name Water"),
    ("agency", f"agency suspend energy {BECAUSE}"),
    ("agency", "agency deadline --respond 7d"),
    ("agency", "agency auditor statistics"),
    ("labour", f"department account add {ADDRESS} --as officer --as agent"),
    ("labour", "department account remove {agent}"),
    ("labour", "department key rotate"),
    ("labour", "department key publish"),
    ("labour", "department key retire 1"),
    ("agency", "spec publish employment {specification} --title Employment"),
    ("labour", "dataset register wages --title Wages --description Wages. --keyword pay"),
    ("labour", "dataset publish labour/employment {file} --again"),
    ("labour", "dataset edit labour/employment --sharing open --title Jobs --approvals 2"),
    ("labour", f"dataset withdraw labour/employment@1 {BECAUSE}"),
    ("labour", f"dataset withdraw labour/employment {BECAUSE}"),
    ("energy", f"request create transport/airports {ASK} --case 7 --contact Desk"),
    ("labour", "request approve 3"),
    ("labour", f"request refuse 3 {BECAUSE} --grounds Secret."),
    ("health", "request withdraw 3"),
    ("labour", f"grant suspend 2 {BECAUSE}"),
    ("labour", "grant resume 5"),
    ("labour", f"grant revoke 2 {BECAUSE}"),
    ("statistics", "transfer open labour/employment"),
    ("statistics", "transfer fetch labour/employment"),
    ("statistics", f"transfer dispute 2 {BECAUSE}"),
]


def filled(country: Country, line: str) -> str:
    from ledger.testnet.country import examples
    from ledger.testnet.offices import addresses

    return line.format(
        agent=addresses(country.root / "labour")["agent"],
        file=EMPLOYMENT,
        specification=examples() / "specifications" / "employment.json",
    )


def blocks(country: Country) -> int:
    return country.world.department("agency").session.chain.head().number


@pytest.mark.parametrize(("who", "line"), WRITES)
def test_a_dry_run_changes_nothing_and_the_run_then_does_it(
    country: Country, who: str, line: str
) -> None:
    line = filled(country, line)
    before, files = blocks(country), sorted(Path().iterdir())
    ran = country.ledger(f"{line} --dry-run --json", as_=who)
    assert (ran.code, ran.err) == (0, "")
    plan = json.loads(ran.out)
    assert plan["call"]["gas"] > 20_000
    assert plan["visibility"]
    assert (blocks(country), sorted(Path().iterdir())) == (before, files)
    if "transfer fetch" in line:
        return
    ran = country.ledger(f"{line} --yes", as_=who)
    assert (ran.code, ran.err.startswith("error")) == (0, False), ran.err
    assert ran.out.strip().endswith((".", "FILE", "attest"))
    assert blocks(country) > before


def test_a_seeded_network_names_what_is_left_to_do(country: Country) -> None:
    assert "\nNext: ledger inbox --profile labour\n" in country.ledger("testnet up").out
    approve = "  ledger request approve 3 --profile labour\n"
    ran = country.ledger("testnet seed")
    assert approve in ran.out
    assert ran.err.splitlines() == [
        "admitting the members",
        "publishing specifications and datasets",
        "asking for access, deciding and delivering",
    ]
    country.approved()
    ran = country.ledger("testnet seed")
    assert (ran.code, "request approve" in ran.out) == (0, False)


def test_a_dry_run_of_what_the_contract_refuses_is_refused(country: Country) -> None:
    ran = country.ledger("agency deadline --respond 7d --dry-run --json", as_="labour")
    assert (ran.code, ran.error["name"]) == (3, "AgencyOnly")


@pytest.mark.parametrize(
    "line",
    [
        f"agency suspend energy {BECAUSE}",
        f"department account remove {ADDRESS}",
        "department key retire 1",
        f"dataset withdraw labour/employment {BECAUSE}",
        "request withdraw 3",
        f"grant suspend 2 {BECAUSE}",
        f"grant revoke 2 {BECAUSE}",
        f"transfer decline 1 {BECAUSE}",
        "testnet reset",
        "testnet restore x",
    ],
)
def test_what_cannot_be_undone_is_asked_for_first(country: Country, line: str) -> None:
    before = blocks(country)
    ran = country.ledger(line, as_="labour")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("error: this can't be undone and needs an answer: ")
    assert blocks(country) == before


def test_a_delivery_is_declined_disputed_and_settled(country: Country) -> None:
    opened = country.ledger("transfer open labour/employment --json", as_="statistics")
    number = json.loads(opened.out)["transfer"]
    ran = country.ledger(f"transfer decline {number} {BECAUSE} --yes", as_="labour")
    assert (ran.code, ran.out) == (0, f"Transfer {number} is declined.\n")
    assert country.ledger(f"transfer dispute 2 {BECAUSE}", as_="statistics").code == 0
    ran = country.ledger("transfer settle 2 --text Done.", as_="statistics")
    assert (ran.code, ran.out) == (0, "The dispute over transfer 2 is settled.\n")


def test_a_dataset_is_fetched_beside_its_agent(country: Country) -> None:
    with country.world.running_agent("labour"):
        ran = country.ledger("transfer fetch labour/employment --out e.csv", as_="statistics")
    assert ran.code == 0
    assert Path("e.csv").read_bytes() == EMPLOYMENT.read_bytes()
    assert "120 rows); transfer 4 is acknowledged." in ran.out


@pytest.mark.parametrize(
    "line", ["transfer open transport/airports", "transfer fetch transport/airports --out no.csv"]
)
def test_an_attempt_without_any_grant_is_on_the_record(country: Country, line: str) -> None:
    before = len(country.state().refused)
    ran = country.ledger(line, as_="labour")
    assert (ran.code, ran.out) == (3, "")
    refused, hint = ran.err.splitlines()[-2:]
    why = "labour has no grant for transport/airports; the attempt is on the record"
    assert refused == f"error: refused: {why}"
    assert hint == "try: ask for one: ledger request create transport/airports"
    (attempt,) = country.state().refused[before:]
    assert (attempt.grant, attempt.cause.name) == (0, "NO_GRANT")
    told = country.ledger("audit timeline transport/airports", as_="audit-office").out
    assert "labour is REFUSED transport/airports@1 (no-grant), grant none" in told
    assert country.ledger("audit verify", as_="audit-office").code == 0
    assert not Path("no.csv").exists()


def test_what_is_ones_own_is_not_asked_for(country: Country) -> None:
    before = len(country.state().refused)
    for line in (
        "transfer open labour/employment",
        "transfer fetch labour/employment --out no.csv",
    ):
        ran = country.ledger(line, as_="labour")
        assert ran.code == 2
        assert "labour/employment is labour's own: nobody delivers it" in ran.err
    assert len(country.state().refused) == before


def test_a_department_is_reinstated(country: Country) -> None:
    assert country.ledger(f"agency suspend energy {BECAUSE} --yes", as_="agency").code == 0
    ran = country.ledger(f"agency reinstate energy {BECAUSE}", as_="agency")
    assert (ran.code, ran.out) == (0, "energy is a member in good standing again.\n")


def test_the_same_request_again_is_said_to_be_made_before(country: Country) -> None:
    line = f"request create labour/employment {ASK}"
    first = country.ledger(line, as_="transport")
    assert first.out.startswith("Request 7 for labour/employment is requested; the answer is due ")
    again = country.ledger(line, as_="transport")
    assert again.out.startswith("Request 7 for labour/employment was made before and is requested")


def test_a_request_for_a_field_that_is_not_there_names_those_that_are(country: Country) -> None:
    line = f"request create labour/employment {ASK} --field wage"
    ran = country.ledger(line, as_="transport")
    assert ran.code == 2
    assert "has no column 'wage'; its columns are month" in ran.err


def test_the_status_of_the_test_network(country: Country, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEDGER_HOME", str(country.world.testnet.root))
    found = document(country, "testnet status", "")
    assert found["engine"] == "anvil"
    assert "labour" in found["homes"]
