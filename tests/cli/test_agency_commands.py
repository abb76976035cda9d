"""What only the agency does, as it types it: members, rulings, standings, its own succession."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from ledger.deployment import Deployment
from tests.country import Country

pytestmark = pytest.mark.integration

BECAUSE = "--reason other --text Because."
ADMIN = "0x00000000000000000000000000000000000000AA"
NOTICE_OVER_S = 60
DAY_S = 86_400


def told(country: Country, line: str, as_: str = "agency") -> str:
    ran = country.ledger(line, as_=as_)
    assert ran.code == 0, ran.err
    return ran.out


def doctors_word(country: Country, as_: str = "labour") -> dict[str, Any]:
    checks = json.loads(country.ledger("doctor --json", as_=as_).out)
    return next(check for check in checks if check["name"] == "ledger")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (f"agency auditor statistics {BECAUSE}", "an appointment gives no reason"),
        ("agency auditor statistics --text Because.", "an appointment gives no reason"),
        ("agency auditor audit-office --remove --reason other", "expected --reason and --text"),
        ("agency auditor audit-office --remove --text Because.", "expected --reason and --text"),
        ("agency group hospitals health", "expected --add or --remove"),
        (f"agency ruling 3 {BECAUSE}", "expected --order or --uphold"),
    ],
)
def test_an_act_that_goes_two_ways_says_which(country: Country, line: str, why: str) -> None:
    ran = country.ledger(f"{line} --yes --json", as_="agency")
    assert (ran.code, ran.error["class"]) == (2, "InputError")
    assert why in ran.error["message"]


def test_periods_that_are_not_given_stay_as_they_were_last_set(country: Country) -> None:
    ran = country.ledger("agency deadline", as_="agency")
    assert (ran.code, "no period is given" in ran.err) == (2, True)
    first = country.shown("agency deadline --respond 20d", "agency")
    # In the notice period of the first.
    then = country.shown("agency deadline --release 3d", "agency")
    assert then | {"effectiveAt": 0} == first | {"release": 3 * DAY_S, "effectiveAt": 0}
    country.world.advance(NOTICE_OVER_S)
    assert country.shown("agency deadline --comply 4d", "agency")["respond"] == 20 * DAY_S


def test_an_auditing_body_is_appointed_and_removed(country: Country) -> None:
    assert told(country, "agency auditor statistics") == "statistics is an auditing body.\n"
    line = f"agency auditor statistics --remove {BECAUSE}"
    ran = country.ledger(line, as_="agency")
    assert (ran.code, "Remove the auditing body statistics?" in ran.err) == (2, True)
    assert told(country, f"{line} --yes").startswith("statistics is an auditing body until ")
    country.world.advance(NOTICE_OVER_S)
    assert country.shown("department show statistics", "health")["auditor"] is False


def test_a_department_comes_into_a_group_and_leaves_it(country: Country) -> None:
    line = "agency group hospitals health"
    assert told(country, f"{line} --add").startswith("health is in the group hospitals from ")
    members = country.shown("department list --group hospitals", "labour")
    assert [member["code"] for member in members] == ["health"]
    assert told(country, f"{line} --remove") == "health is not in hospitals any more.\n"
    assert country.shown("department list --group hospitals", "labour") == []
    timeline = told(country, "audit timeline --department health", "audit-office")
    assert "health comes into the group hospitals" in timeline
    assert "health leaves the group hospitals" in timeline


@pytest.mark.parametrize(
    ("way", "answer"),
    [
        ("--order", "The owner is ordered to grant request 4, due "),
        ("--uphold", "The owner need not grant request 4.\n"),
    ],
)
def test_a_refusal_is_escalated_and_ruled_on(country: Country, way: str, answer: str) -> None:
    state = country.state()
    requester = state.departments[state.grant(4).requester].code
    owner = state.departments[state.datasets[state.grant(4).dataset].owner].code
    ran = country.ledger("request comply 4", as_=owner)
    assert (ran.code, ran.out) == (3, "")
    line = f"request escalate 4 {BECAUSE}"
    assert told(country, line, requester) == "Request 4 is before the agency.\n"
    ran = country.ledger(f"agency ruling 4 {way} {BECAUSE}", as_="agency")
    assert (ran.code, "this can't be undone" in ran.err) == (2, True)
    assert told(country, f"agency ruling 4 {way} {BECAUSE} --yes").startswith(answer)
    if way == "--order":
        country.world.advance(NOTICE_OVER_S)
        assert told(country, "request comply 4", owner) == "Request 4 is approved.\n"


def test_nobody_is_ordered_to_grant_what_has_ended(country: Country) -> None:
    grant = country.state().grant(4)
    requester = country.state().departments[grant.requester].code
    told(country, f"request escalate 4 {BECAUSE}", requester)
    # From the last block on, which may be behind the clock.
    country.world.advance(grant.valid_until - country.world.department("agency").session.now())
    country.world.advance(DAY_S)
    ran = country.ledger(f"agency ruling 4 --order {BECAUSE} --yes", as_="agency")
    assert (ran.code, "past the end of what it asks for" in ran.err) == (3, True)
    assert told(country, f"agency ruling 4 --uphold {BECAUSE} --yes").startswith("The owner need")


def test_a_lost_admin_is_replaced_by_notice(country: Country) -> None:
    line = f"agency reset health {ADMIN} --reason accounts-lost --text Burnt."
    ran = country.ledger(line, as_="agency")
    assert (ran.code, f"Make {ADMIN} an ADMIN of health?" in ran.err) == (2, True)
    assert told(country, f"{line} --yes").endswith(", unless health vetoes.\n")
    country.world.advance(NOTICE_OVER_S)
    (reset,) = country.shown("department show health", "labour")["resets"]
    assert (reset["admin"], reset["reason"], reset["state"]) == (
        ADMIN,
        "accounts-lost",
        "in effect",
    )
    ran = country.ledger("department veto --json", as_="health")
    assert (ran.code, ran.error["name"]) == (3, "ResetNotPending")


def test_the_agency_is_handed_over(country: Country) -> None:
    propose = "agency handover propose"
    assert told(country, f"{propose} statistics").startswith("statistics is proposed: it accepts")
    assert told(country, "agency handover cancel") == "agency stays the agency.\n"
    assert country.ledger("agency handover accept --yes", as_="statistics").code == 3
    timeline = told(country, "audit events --kind HandoverProposed", "audit-office")
    assert "agency proposes statistics as its successor" in timeline
    assert "agency proposes nobody as its successor" in timeline

    told(country, f"{propose} statistics")
    ran = country.ledger("agency handover accept", as_="statistics")
    assert (ran.code, "Become the agency, with all its duties?" in ran.err) == (2, True)
    accepted = told(country, "agency handover accept --yes", "statistics")
    assert accepted.startswith("statistics is the agency from ")
    country.world.advance(NOTICE_OVER_S)
    assert doctors_word(country)["detail"] == "the agency is statistics"
    assert country.ledger("agency group hospitals health --add", as_="agency").code == 3
    assert country.ledger("agency group hospitals health --add", as_="statistics").code == 0


def test_a_ledger_is_retired_in_favour_of_another(country: Country) -> None:
    present = Deployment.from_bytes(country.home("agency").deployment.read_bytes())
    line = "agency retire --successor next.json"
    Path("next.json").write_bytes(present.to_bytes())
    ran = country.ledger(f"{line} --yes", as_="agency")
    assert (ran.code, "expected this ledger's" in ran.err) == (2, True)
    successor = present.model_copy(
        update={"first_block": present.first_block + 1, "predecessor": present.digest}
    )
    Path("next.json").write_bytes(successor.to_bytes())
    assert "Retire this ledger?" in country.ledger(line, as_="agency").err
    done = told(country, f"{line} --yes")
    assert done.endswith(f"; {successor.digest.hex()} takes over.\n")
    country.world.advance(NOTICE_OVER_S)
    found = doctors_word(country)
    assert (found["ok"], "has taken over" in found["detail"]) == (False, True)
    assert "ledger init --deployment FILE" in found["hint"]
    ran = country.ledger("transfer open labour/employment --json", as_="statistics")
    assert (ran.code, ran.error["name"]) == (3, "DeploymentIsRetired")


PERIOD = "--from 2020-01-01 --until 2020-12-31"


@pytest.mark.parametrize("text", ["labour", "=3", "labour=", "labour=three", "labour=1000", "x=³"])
def test_what_is_no_standing_is_refused(country: Country, text: str) -> None:
    ran = country.ledger(
        f"agency scorecard publish {PERIOD} --method None. --yes --json --standing", text,
        as_="agency",
    )  # fmt: skip
    assert (ran.code, ran.error["hint"]) == (2, "for example labour=3")


def day(seconds: int) -> date:
    return datetime.fromtimestamp(seconds, UTC).date()


def test_a_period_is_counted_and_published_with_standings(country: Country) -> None:
    assert told(country, f"agency scorecard count {PERIOD}", "health") == "none\n"
    first = day(country.state().dataset("labour/employment").version(1).published_at)
    last = day(country.world.department("agency").session.now())
    country.world.advance(DAY_S)
    period = f"--from {first} --until {last}"
    lines = country.shown(f"agency scorecard count {period}", "health")
    assert [line["versionsPublished"] for line in lines if line["department"] == "labour"] == [1]
    assert "labour" in told(country, f"agency scorecard count {period}", "health")
    line = f"agency scorecard publish {period} --method Counted."
    twice = country.ledger(f"{line} --standing labour=3 --standing labour=4 --yes", as_="agency")
    assert (twice.code, "one is given twice" in twice.err) == (2, True)
    both = f"{line} --standing labour=3 --standing health=2"
    ran = country.ledger(both, as_="agency")
    assert (ran.code, "Publish the scorecard with 2 standings?" in ran.err) == (2, True)
    assert told(country, f"{both} --yes").endswith(" is published: 2 standings.\n")
    country.world.advance(NOTICE_OVER_S)
    members = country.shown("department list", "labour")
    standings = {member["code"]: member["standing"] for member in members}
    assert (standings["labour"], standings["health"], standings["energy"]) == (3, 2, 0)
