"""Requests beside the plain yes, extensions and two officers' approvals, as they are typed."""

from __future__ import annotations

import re
import shutil

import pytest

from ledger.keystore import LIGHT_SCRYPT_N, create_account, passphrase_from_file
from tests.country import Country

pytestmark = pytest.mark.integration

BECAUSE = "--reason other --text Because."


def told(country: Country, line: str, as_: str) -> str:
    ran = country.ledger(line, as_=as_)
    assert ran.code == 0, ran.err
    return ran.out


def test_a_counter_is_offered_shown_and_accepted(country: Country) -> None:
    ran = country.ledger("request counter 3 --json", as_="labour")
    assert (ran.code, ran.error["message"]) == (2, "a counter says what is different")
    assert ran.error["hint"] == "to agree: ledger request approve 3"
    assert country.shown("request show 3", "health")["counter"] is None
    line = "request counter 3 --purpose statistics --field month --valid-days 30 --no-onward-use"
    offered = told(country, line, "labour")
    assert offered.startswith("Other terms are offered for request 3; they lapse ")

    counter = country.shown("request show 3", "health")["counter"]
    assert (counter["purpose"], counter["fields"]) == ("statistics", ["month"])
    assert counter["legalBasis"] == "Health Services Act, section 21"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", counter["validUntil"])
    shown = told(country, "request show 3", "health")
    assert "fields: month, onward use: no" in shown
    assert re.search(r"valid until: \d{4}-\d\d-\d\d \d\d:\d\d \(in ", shown)
    ran = country.ledger("request accept 3", as_="health")
    assert (ran.code, "Accept the owner's terms for request 3?" in ran.err) == (2, True)
    accepted = "The owner's terms for request 3 are accepted.\n"
    assert told(country, "request accept 3 --yes", "health") == accepted


def test_a_returned_request_is_asked_again(country: Country) -> None:
    line = 'request return 3 --reason incomplete --text "Which years?"'
    assert told(country, line, "labour") == "Request 3 is returned to be completed.\n"
    again = told(country, 'request resubmit 3 --why "Planning, 2020 on."', "health")
    assert again.startswith("Request 3 is requested again; the answer is due ")
    assert country.shown("request show 3", "labour")["purposeText"] == "Planning, 2020 on."


def test_a_grant_is_extended(country: Country) -> None:
    until = country.shown("grant show 2", "labour")["validUntil"]
    for neither in ("grant extend 2", "grant extend 2 --days 3 --until 2199-12-31"):
        ran = country.ledger(neither, as_="labour")
        assert (ran.code, "either for how many days or until when" in ran.err) == (2, True)
    assert told(country, "grant extend 2 --days 30", "labour").startswith("Grant 2 holds until ")
    assert country.shown("grant show 2", "labour")["validUntil"] > until
    told(country, "grant extend 2 --until 2199-12-31", "labour")
    assert country.shown("grant show 2", "labour")["validUntil"] == "2199-12-31T23:59:59Z"


@pytest.fixture
def second_officer(country: Country) -> str:
    """Another home of labour, whose officer is another account."""
    home = country.root / "labour-2"
    shutil.copytree(country.root / "labour", home)
    (home / "accounts" / "officer.json").unlink()
    passphrase = passphrase_from_file(country.home("labour").passphrase_file or home)
    address = create_account(home, "officer", passphrase, scrypt_n=LIGHT_SCRYPT_N)
    told(country, f"department account add {address} --as officer", "labour")
    return home.name


def test_what_two_officers_approve_waits_for_the_second(
    country: Country, second_officer: str
) -> None:
    told(country, "dataset edit labour/employment --approvals 2", "labour")
    ask = "--purpose statistics --why Report. --legal-basis Act --valid-days 30"
    number = country.shown(f"request create labour/employment {ask}", "transport")["grant"]
    second = "has its first approval; another officer has to"
    waits = f"Request {number} {second} approve it too.\n"
    assert told(country, f"request approve {number}", "labour") == waits
    assert country.shown(f"request show {number}", "transport")["state"] == "requested"
    approved = f"Request {number} is approved.\n"
    assert told(country, f"request approve {number}", second_officer) == approved

    until = country.shown(f"grant show {number}", "transport")["validUntil"]
    line = f"grant extend {number} --until 2199-12-31"
    waits = f"Grant {number} {second} extend it too, until 2199-12-31 "
    assert told(country, line, "labour").startswith(waits)
    assert country.shown(f"grant show {number}", "transport")["validUntil"] == until
    assert told(country, line, second_officer).startswith(f"Grant {number} holds until 2199-12-31 ")
    assert country.shown(f"grant show {number}", "transport")["validUntil"] != until


def test_times_are_told_by_the_ledgers_clock(country: Country) -> None:
    def respond_by() -> str:
        lines = told(country, "request show 3", "labour").splitlines()
        return next(line for line in lines if line.startswith("Respond by"))

    assert " (in " in respond_by()
    country.world.advance(365 * 86_400)
    assert respond_by().endswith(" ago)")
    assert "(365 d ago)" in told(country, "audit timeline --grant 3", "audit-office")


def test_members_are_shown_with_what_holds_of_them_no_more(country: Country) -> None:
    told(country, f"agency suspend energy {BECAUSE} --yes", "agency")
    found = country.shown("department list", "health")
    membership = {member["code"]: member["membership"] for member in found}
    assert (membership["energy"], membership["labour"]) == ("suspended", "member")

    keeps = "\nUntil then key 1 is in use; it goes on opening what was wrapped to it.\n"
    assert told(country, "department key publish", "labour").endswith(keeps)
    country.world.advance(60)
    told(country, "department key retire 1 --yes", "labour")
    keys = country.shown("department key list labour", "health")
    assert [key["state"] for key in keys] == ["retired", "in use"]
