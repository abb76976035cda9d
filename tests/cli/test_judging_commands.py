"""Disclosure, judgement and proofs of receipts as departments type them; sealed grounds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.ipfs import KuboIpfs
from tests.country import Country

pytestmark = pytest.mark.integration


def test_an_arbiter_judges_what_is_disclosed_to_it(
    country: Country, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = country.released()
    dispute = f"transfer dispute {number} --reason corrupt --arbiter statistics"
    why = '--text "Broken." --grounds "Row 7, Mr Featherstone."'
    ran = country.ledger(f"{dispute} {why}", as_="health")
    assert ran.code == 0, ran.err

    line = f"transfer disclose {number} --to"
    ran = country.ledger(f"{line} statistics", as_="labour")
    assert (ran.code, "Nobody can call it back" in ran.err) == (2, True)
    ran = country.ledger(f"{line} energy --yes --json", as_="labour")
    assert (ran.code, ran.error["class"]) == (3, "RefusedError")
    planned = country.shown(f"{line} statistics --dry-run", "labour")
    assert planned["call"]["function"] == "disclose"
    ran = country.ledger(f"transfer arbitrate {number} --json", as_="statistics")
    assert (ran.code, ran.error["class"]) == (2, "NotFound")
    done = country.shown(f"{line} statistics --yes", "labour")
    assert (done["arbiter"], done["already"]) == ("statistics", False)

    read = KuboIpfs.read_payload

    def altered(self: KuboIpfs, cid: str, offset: int = 0) -> Iterator[bytes]:
        for piece in read(self, cid, offset):
            yield bytes([piece[0] ^ 1]) + piece[1:]

    with monkeypatch.context() as lying:
        lying.setattr(KuboIpfs, "read_payload", altered)
        told = country.ledger(f"transfer arbitrate {number}", as_="statistics").out
    assert "disputed for corrupt: other-ciphertext." in told
    assert told.endswith("That speaks for neither party.\n")

    found = country.shown(f"transfer arbitrate {number}", "statistics")
    assert (found["verdict"], found["favours"]) == ("sound", "sender")
    told = country.ledger(f"transfer arbitrate {number}", as_="statistics").out
    assert "That speaks for labour. health or the agency ends it:" in told
    assert not list(Path().rglob("*.part"))
    settle = found["settlement"].removeprefix("ledger ")
    assert country.ledger(settle, as_="health").code == 0
    timeline = country.ledger(f"audit timeline --transfer {number}", as_="audit-office").out
    assert f"labour discloses the key of transfer {number} to statistics" in timeline
    assert "settles the dispute" in timeline

    # What is sealed is for the parties and the auditors.
    for code in ("labour", "health", "audit-office"):
        assert "Row 7, Mr Featherstone." in country.ledger(f"transfer show {number}", as_=code).out
    for code in ("statistics", "transport", "agency"):
        out = country.ledger(f"transfer show {number}", as_=code).out
        assert "Featherstone" not in out
        assert "sealed" in out
        assert "Broken.; Arbiters: statistics" in out


def test_a_receipt_is_proved_to_an_auditor(country: Country) -> None:
    line = "transfer prove 2 --to audit-office --out proof.json"
    ran = country.ledger(line, as_="labour")
    assert (ran.code, "know the hash" in ran.err) == (2, True)
    state = country.state()
    labour = state.department("labour").id
    sent = [one for one in state.transfers.values() if one.sender == labour]
    number = next(one.id for one in sent if one.receipt_tag)
    line = f"transfer prove {number} --to audit-office --out proof.json --yes"
    ran = country.ledger(line, as_="labour")
    assert ran.code == 0, ran.err
    assert Path("proof.json").stat().st_mode & 0o777 == 0o600
    ran = country.ledger(f"audit receipt {number} proof.json", as_="audit-office")
    assert ran.code == 0, ran.err
    assert f"The receipt of transfer {number} is genuine: statistics had the key" in ran.out
    ran = country.ledger(f"audit receipt {number} proof.json --json", as_="transport")
    assert (ran.code, ran.error["class"]) == (2, "NotFound")
    ran = country.ledger("audit receipt 1 proof.json --json", as_="audit-office")
    assert (ran.code, ran.error["class"]) == (4, "RecordError")
    Path("proof.json").write_bytes(b"{}")
    ran = country.ledger(f"audit receipt {number} proof.json --json", as_="audit-office")
    assert (ran.code, ran.error["class"]) == (2, "InputError")


@pytest.mark.parametrize("verb", ["refuse", "return"])
def test_the_grounds_of_a_refusal_are_shown_to_those_who_can_open_them(
    country: Country, verb: str
) -> None:
    Path("grounds").write_text("Mr Featherstone asked for it.\n")
    line = f'request {verb} 3 --reason excessive --text "Too much." --grounds @grounds'
    assert country.ledger(line, as_="labour").code == 0
    for code in ("labour", "health", "audit-office"):
        (reason,) = country.shown("request show 3", code)["reasons"]
        assert (reason["department"], reason["code"]) == ("labour", "excessive")
        assert reason["grounds"] == "Mr Featherstone asked for it."
    (reason,) = country.shown("request show 3", "transport")["reasons"]
    assert (reason["text"], reason["grounds"]) == ("Too much.", "sealed")
    assert "Featherstone" not in country.ledger("request show 3", as_="transport").out


def test_a_ruling_and_a_revocation_tell_their_reasons(country: Country) -> None:
    (reason,) = country.shown("grant show 6", "transport")["reasons"]
    assert (reason["department"], reason["grounds"]) == ("labour", None)
    assert "Reasons" in country.ledger("grant show 6", as_="transport").out
    assert "Reasons" not in country.ledger("grant show 2", as_="transport").out
