"""`ledger document`, as two departments use it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.country import Country

pytestmark = pytest.mark.integration


def test_a_document_goes_from_one_department_to_another(
    country: Country, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("minutes.txt").write_text("Mr Featherstone was heard.")
    Path("title").write_text("Hearing of Mr Featherstone\n")
    line = "document send health minutes.txt --title @title"

    ran = country.ledger(f"{line} --dry-run --json", as_="labour")
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["call"]["function"] == "send"
    assert "Featherstone" not in ran.out
    assert country.ledger("document list --json", as_="labour").out.strip() == "[]"
    ran = country.ledger(line, as_="labour")
    assert (ran.code, "Nobody can call it back" in ran.err) == (2, True)

    sent = country.ledger(f"{line} --note 'For the third desk.' --yes --json", as_="labour")
    assert sent.code == 0, sent.err
    number = json.loads(sent.out)["transfer"]
    told = country.ledger("document inbox", as_="health").out
    assert "Hearing of Mr Featherstone" in told
    assert f"ledger document receive {number}" in country.ledger("inbox", as_="health").out
    (row,) = json.loads(country.ledger("document inbox --json", as_="health").out)
    assert (row["name"], row["note"]) == ("minutes.txt", "For the third desk.")
    told = country.ledger(f"document show {number}", as_="statistics").out
    assert "Featherstone" not in told
    assert "sealed to its sender and its receiver" in told

    why = '--reason key-unavailable --text "It is not there." --yes'
    assert country.ledger(f"document refuse {number} {why}", as_="health").code == 0
    assert "refuses a document" in country.ledger("inbox", as_="labour").out
    assert country.ledger("agent run --once", as_="labour").code == 0
    got = country.ledger(f"document receive {number} --out got.txt", as_="health")
    assert got.code == 0, got.err
    assert f"document {number} is acknowledged." in got.out
    assert Path("got.txt").read_text() == "Mr Featherstone was heard."
    assert country.ledger("audit verify", as_="audit-office").code == 0
    told = json.loads(
        country.ledger("audit recipients --department health --json", as_="health").out
    )
    assert [(one["sender"], one["dataset"]) for one in told if one["transfer"] == number] == [
        ("labour", None)
    ]
    ran = country.ledger("audit recipients", as_="health")
    assert (ran.code, "either a dataset or" in ran.err) == (2, True)
    again = country.ledger(f"document receive {number} --out got.txt --json", as_="health")
    assert (again.code, again.error["class"]) == (2, "InputError")
