"""Text that members wrote, on the terminal of somebody who reads it."""

from __future__ import annotations

import json

import pytest

from ledger.codes import ReasonCode
from ledger.records import digest, encode
from tests.attacks.modified import act, put
from tests.country import Country

pytestmark = pytest.mark.integration

HOSTILE = {
    "clears the screen": "\x1b[2J",
    "sets the clipboard": "\x1b]52;c;cm0gLXJmIH4=\x07",
    "turns the text around": "\u202e",
    "begins a line of its own": "\nerror: nothing",
    "goes back": "\rApproved.",
    "is the C1 form": "\x9b2J",
}


@pytest.mark.parametrize("what", list(HOSTILE))
def test_a_reason_does_not_steer_the_terminal_of_its_reader(country: Country, what: str) -> None:
    """A modified client refuses request 3 with it; nobody is shown it as it is."""
    labour = country.world.department("labour")
    record = encode(
        {
            "type": "sharing-ledger/v1/reason",
            "department": "labour",
            "code": ReasonCode.EXCESSIVE.label,
            "text": f"Too{HOSTILE[what]}much.",
        }
    )
    put(labour, record)
    act(labour, "officer", "AccessGrants", "refuse", 3, (int(ReasonCode.EXCESSIVE), digest(record)))
    for line in ("request show 3", "audit timeline --grant 3", "inbox"):
        ran = country.ledger(line, as_="health")
        assert ran.code == 0, ran
        assert HOSTILE[what] not in ran.out + ran.err
    shown = country.ledger("request show 3 --json", as_="health")
    assert isinstance(json.loads(shown.out), dict)
