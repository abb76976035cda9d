"""`ledger query` and what goes before it, as two departments use them."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from tests.country import Country
from tests.services import PARAMETERS, SCHEMA, SQL, configure, program, register

pytestmark = pytest.mark.integration

ASK = (
    "request create labour/status --purpose eligibility --why Benefits --valid-days 30 "
    "--legal-basis 'Health Act, section 21'"
)


@pytest.fixture
def served(country: Country, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Country:
    """Labour has registered a service; nothing answers it yet, and nobody may ask."""
    monkeypatch.chdir(tmp_path)
    Path("status.json").write_bytes(SCHEMA)
    Path("asked.json").write_bytes(PARAMETERS)
    register(country.root / "labour")
    line = "spec publish status status.json --title Status"
    assert country.ledger(line, as_="agency").code == 0
    line = "dataset register status --title Status --description 'Of one person.' --spec status"
    for missing in ("--kind service", "--parameters asked.json"):
        ran = country.ledger(f"{line} {missing}", as_="labour")
        assert (ran.code, "--kind service and --parameters FILE" in ran.err) == (2, True)
    ran = country.ledger(f"{line} --kind service --parameters asked.json --subject", as_="labour")
    assert ran.code == 0, ran.err
    assert ran.out == "labour/status is registered; answer queries with: ledger agent run\n"
    return country


def test_a_service_is_registered_shown_and_asked(
    served: Country, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = served.ledger("dataset show labour/status", as_="health").out
    assert "service" in told
    assert "Parameter  Type     Needed  Rules" in told
    assert "year       integer  yes     minimum 2000, maximum 2030" in told
    shown = json.loads(served.ledger("dataset show labour/status --json", as_="health").out)
    assert (shown["kind"], shown["subject"], shown["consentNeeded"]) == ("service", True, False)
    assert [row["name"] for row in shown["parameters"]] == ["status", "year"]

    check = json.loads(served.ledger("doctor --json", as_="labour").out)
    (services,) = [one for one in check if one["name"] == "services"]
    assert (services["ok"], services["detail"]) == (False, "nothing answers labour/status here")
    ran = served.ledger("agent run --once", as_="labour")
    assert (ran.code, "service without provider dataset=labour/status" in ran.err) == (0, True)

    home = served.root / "labour"
    configure(home, sql="SELECT person FROM register", database="register.db")
    ran = served.ledger("agent run --once", as_="labour")
    assert (ran.code, "would tell of everybody" in ran.err) == (2, True)
    configure(home, sql=SQL, database="register.db")
    check = json.loads(served.ledger("doctor --json", as_="labour").out)
    assert [one["ok"] for one in check if one["name"] == "services"] == [True]

    Path("person").write_text("canary-person\n")
    Path("question.json").write_text('{"year": 2000}')
    line = "query labour/status --params question.json --subject @person"
    ran = served.ledger(f"{line} --json", as_="health")
    assert (ran.code, ran.error["class"]) == (3, "RefusedError")
    assert "the attempt is on the record" in ran.error["message"]
    assert served.ledger(ASK, as_="health").code == 0
    number = served.state().dataset("labour/status").id
    (grant,) = [one.id for one in served.state().grants.values() if one.dataset == number]
    assert served.ledger(f"request approve {grant}", as_="labour").code == 0

    before = len(served.state().transfers)
    ran = served.ledger(f"{line} --dry-run --json", as_="health")
    assert ran.code == 0, ran.err
    plan = json.loads(ran.out)
    assert (plan["call"]["function"], plan["records"][0]["sealedTo"]) == (
        "query", ["health", "labour"],
    )  # fmt: skip
    assert "canary-person" not in ran.out
    assert len(served.state().transfers) == before

    ran = served.ledger(f"{line} --timeout 1s", as_="health")
    assert (ran.code, "nothing is lost" in ran.err) == (6, True)
    transfer = before + 1
    ran = served.ledger("query labour/status --param year=2000 --subject p-1 --timeout 1s",
                        as_="health")  # fmt: skip
    assert ran.code == 6
    assert "ledger agent run" in served.ledger("inbox", as_="labour").out
    assert served.ledger("agent run --once", as_="labour").code == 0
    told = served.ledger("inbox", as_="health").out
    assert "the answer of labour/status is released and unacknowledged" in told
    assert f"ledger query {transfer + 1}" in told

    ran = served.ledger(f"query {transfer + 1}", as_="health")
    assert ran.code == 0, ran.err
    assert ran.out.splitlines() == [
        "person  status         since       wage",
        "p-1     employed       2001-02-03  3000",
        "p-1     self-employed  2011-02-03  -",
    ]
    assert f"labour/status answers with 2 rows; transfer {transfer + 1} is acknowledged." in ran.err
    ran = served.ledger(f"{line} --json", as_="health")
    assert json.loads(ran.out) | {"manifest": ""} == {
        "transfer": transfer,
        "dataset": "labour/status",
        "columns": ["person", "status", "since", "wage"],
        "rows": 0,
        "path": None,
        "content": [],
        "manifest": "",
    }
    ran = served.ledger(f"query {transfer + 1} --out got.csv", as_="health")
    assert ran.out.startswith("The answer of labour/status is in ")
    assert "got.csv (88 bytes, 2 rows); transfer" in ran.out
    assert Path("got.csv").read_text().splitlines()[0] == "person,status,since,wage"

    story = served.ledger(f"transfer show {transfer}", as_="health").out
    assert f"health asks labour/status: transfer {transfer}" in story
    assert "answer" in story
    told = served.ledger(f"grant show {grant}", as_="labour").out
    assert f"health asks labour/status: transfer {transfer}" in told
    told = served.ledger("audit timeline labour/status", as_="audit-office").out
    assert "health is REFUSED labour/status (no-grant), grant none" in told
    told = served.ledger("audit recipients labour/status --json", as_="audit-office").out
    assert {row["transfer"] for row in json.loads(told)} == {transfer, transfer + 1}
    ran = served.ledger("audit verify", as_="audit-office")
    assert ran.code == 0, ran.err
    ran = served.ledger(f"transfer fetch {transfer} --json", as_="health")
    assert (ran.code, ran.error["hint"]) == (2, f"ledger query {transfer}")

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"year": 2001}')))
    ran = served.ledger("query labour/status --params - --subject p-1 --timeout 1s", as_="health")
    assert ran.code == 6, ran.err


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("query labour/status --param year --subject p", "'year' is no parameter"),
        ("query labour/status --param year=x --subject p", "'year' is no integer"),
        ("query labour/status --param month=1 --subject p", "'month' is not a parameter"),
        ("query labour/status --param year=2000", "answers about one person"),
        ("query labour/status --params list.json --subject p", "holds no parameters"),
        ("query labour/status --params twice.json --subject p", "holds no parameters"),
        ("query labour/status --params none.json --subject p", "can't be read"),
        ("query labour/employment", "is a file"),
        ("query 1 --param year=2000", "has its question already"),
        ("query 1", "is no query of health"),
        ("query 99", "99"),
        ("dataset register x --title X --description X --kind service --parameters asked.json",
         "follow a specification"),
        ("dataset register x --title X --description X --kind service --parameters list.json",
         "expected a JSON object"),
        ("dataset edit labour/status --parameters asked.json", "changed as a whole"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_question_is_said_in_one_line(
    served: Country, line: str, message: str
) -> None:
    Path("list.json").write_text('["canary"]')
    Path("twice.json").write_text('{"year": 2000, "year": "canary"}')
    before = len(served.state().transfers)
    as_ = "labour" if line.startswith("dataset") else "health"
    ran = served.ledger(line, as_=as_)
    assert (ran.code, ran.out) == (2, ""), ran
    assert message in ran.err
    assert "canary" not in ran.err
    assert len(ran.err.splitlines()) <= 2
    assert len(served.state().transfers) == before


def test_a_file_is_asked_nothing_and_a_service_may_be_asked_otherwise(served: Country) -> None:
    ran = served.ledger(
        "dataset edit labour/employment --parameters asked.json --no-subject", as_="labour"
    )
    assert (ran.code, "is a file" in ran.err) == (2, True)
    Path("asked.json").write_text('{"type": "object", "properties": {}}')
    ran = served.ledger(
        "dataset edit labour/status --parameters asked.json --no-subject", as_="labour"
    )
    assert ran.code == 0, ran.err
    shown = json.loads(served.ledger("dataset show labour/status --json", as_="health").out)
    assert (shown["subject"], shown["parameters"]) == (False, [])


def test_nothing_of_a_question_or_an_answer_is_in_what_the_agent_writes(
    served: Country, tmp_path: Path
) -> None:
    text = """echo canary-error >&2; echo '[{"person": "canary-cell", "since": "canary-date",
    "status": null, "wage": null}]'"""
    configure(served.root / "labour", command=[str(program(tmp_path, text))])
    assert served.ledger(ASK, as_="health").code == 0
    number = served.state().dataset("labour/status").id
    (grant,) = [one.id for one in served.state().grants.values() if one.dataset == number]
    assert served.ledger(f"request approve {grant}", as_="labour").code == 0
    line = "query labour/status --param year=2000 --subject canary-subject --timeout 1s"
    assert served.ledger(line, as_="health").code == 6
    require_unwritten(served)
    ran = served.ledger("agent run --once", as_="labour")
    assert (ran.code, "declined" in ran.err) == (0, True)
    assert "canary" not in ran.out + ran.err
    ran = served.ledger(line, as_="health")
    assert (ran.code, "specification-broken" in ran.err) == (3, True)
    assert "canary" not in ran.out + ran.err
    require_unwritten(served)


def require_unwritten(served: Country) -> None:
    """Check that neither home has anything of the question or the answer on its disk."""
    for member in ("labour", "health"):
        for file in (served.root / member).rglob("*"):
            if file.is_file():
                assert b"canary" not in file.read_bytes(), file
