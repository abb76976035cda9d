"""`ledger citizen` and `ledger consent`, as a person and several windows use them."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from ledger.cli.main import run
from ledger.codes import ReasonCode
from ledger.envelope.subjects import write_subject_key
from ledger.errors import RecordUnavailable
from ledger.ipfs import KuboIpfs
from ledger.keystore import passphrase_from_file, save_subject_key
from tests.country import Country, Ran
from tests.persons import DAY_S, KEY, STATUS, SUBJECT, Served, register, specify

pytestmark = pytest.mark.integration

AGREED = f"{STATUS} --for health --purpose eligibility --until 2199-12-31"


@pytest.fixture
def person(country: Country) -> Person:
    """Somebody with a key and a directory, in a country where labour has a service."""
    specify(country.world.department("agency"))
    register(country.world.department("labour"))
    found = Person(country)
    ran = country.ledger("citizen directory --out directory.json", as_="interior")
    assert ran.code == 0, ran.err
    assert found.ledger("citizen key create my.key").code == 0
    return found


class Person:
    """Runs commands of its own: with its passphrase, and without any home."""

    def __init__(self, country: Country) -> None:
        self.country = country
        self.secret = Path("my.passphrase")
        self.secret.write_text("a passphrase of mine\n")
        self.secret.chmod(0o600)

    def ledger(self, line: str) -> Ran:
        return self.country.ledger(line, "--passphrase-file", self.secret)


def test_a_person_agrees_without_a_node_and_any_window_relays_it(
    person: Person, country: Country, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as alone:
        # No home, so no node either.
        alone.setenv("LEDGER_HOME", str(Path("nowhere").absolute()))
        line = f"citizen consent {AGREED} --key my.key --directory directory.json"
        ran = person.ledger(f"{line} --out consent.json")
        assert ran.code == 0, ran.err
        assert "consent.json says that health may ask labour/status for eligibility" in ran.out
        ran = person.ledger("citizen withdraw consent.json --key my.key --out withdrawal.json")
        assert ran.code == 0, ran.err
    for name in ("my.key", "consent.json", "withdrawal.json", "directory.json"):
        assert Path(name).stat().st_mode & 0o777 == 0o600

    ran = country.ledger("consent record consent.json --dry-run --json", as_="interior")
    assert json.loads(ran.out)["call"]["function"] == "record"
    assert json.loads(country.ledger("consent list --json", as_="interior").out) == []
    ran = country.ledger("consent record consent.json", as_="interior")
    assert ran.out.startswith("Consent 1 is recorded: health may ask labour/status until ")
    ran = country.ledger("consent record consent.json --json", as_="health")
    assert (json.loads(ran.out)["consent"], json.loads(ran.out)["already"]) == (1, True)
    (row,) = json.loads(country.ledger("consent list --json", as_="energy").out)
    assert (row["number"], row["state"], row["purpose"]) == (1, "in force", "eligibility")

    ran = country.ledger("consent withdraw withdrawal.json", as_="energy")
    assert (ran.code, "for good" in ran.err) == (2, True)
    ran = country.ledger("consent withdraw withdrawal.json --yes", as_="energy")
    assert ran.out == "Consent 1 is withdrawn: nothing is released under it any more.\n"
    assert json.loads(country.ledger("consent list --json", as_="energy").out) == []
    told = country.ledger("consent show 1", as_="energy").out
    assert "withdrawn" in told
    assert "consent 1 for health to ask labour/status is recorded (eligibility)" in told
    assert "consent 1 for health to ask labour/status is withdrawn" in told


def test_a_key_is_written_down_and_typed_again(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = person.ledger("citizen key show my.key").out.strip()
    assert len(written.replace("-", "")) == 56
    assert json.loads(person.ledger("citizen key show my.key --json").out) == {"key": written}
    monkeypatch.setattr("sys.stdin", io.StringIO(written.upper() + "\n"))
    assert person.ledger("citizen key create again.key --restore").code == 0
    assert person.ledger("citizen key show again.key").out.strip() == written

    monkeypatch.setattr("sys.stdin", io.StringIO(written[:-1] + "\n"))
    ran = person.ledger("citizen key create third.key --restore")
    assert (ran.code, Path("third.key").exists()) == (2, False)
    assert "mistyped" in ran.err
    assert written[:20] not in ran.err
    ran = person.ledger("citizen key create my.key")
    assert (ran.code, "exists already" in ran.err) == (2, True)
    Path("my.passphrase").write_text("another\n")
    ran = person.ledger("citizen key show my.key")
    assert (ran.code, written in ran.out) == (2, False)


def test_a_key_is_typed_at_a_terminal_without_echo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written = write_subject_key(KEY)
    answers = {
        "The key that was written down: ": written,
        "A passphrase for the key my.key: ": "of mine",
        "A passphrase for the key my.key, again: ": "of mine",
        "Passphrase of the key my.key: ": "of mine",
    }
    asked: list[str] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("getpass.getpass", lambda label: asked.append(label) or answers[label])
    assert run(["citizen", "key", "create", "my.key", "--restore"]) == 0
    assert written not in capsys.readouterr().out
    assert run(["citizen", "key", "show", "my.key"]) == 0
    assert (capsys.readouterr().out, asked) == (f"{written}\n", list(answers))


WRONG = {
    "citizen consent labour/nothing --for health --purpose eligibility --until 2199-12-31": (
        "lists no service 'labour/nothing'"
    ),
    "citizen consent labour/status --for nobody --purpose eligibility --until 2199-12-31": (
        "lists no member 'nobody'"
    ),
    "citizen consent labour/status --for health --purpose eligibility --until 2001-12-31": (
        "2001-12-31 is past"
    ),
    "citizen enrol energy --subject me": "no service about single persons",
}


@pytest.mark.parametrize("line", WRONG)
def test_what_cannot_be_agreed_leaves_no_file(person: Person, line: str) -> None:
    ran = person.ledger(f"{line} --key my.key --directory directory.json --out paper.json")
    assert (ran.code in (2, 3), Path("paper.json").exists()) == (True, False)
    assert WRONG[line] in ran.err


@pytest.mark.parametrize("line", ["record FILE", "withdraw FILE --yes", "enrol FILE --yes"])
def test_a_file_that_is_no_paper_is_refused(country: Country, line: str) -> None:
    for data in (b"", b"{}", b"\xff", b'{"type":"sharing-ledger/v1/terms"}'):
        Path("paper").write_bytes(data)
        ran = country.ledger(f"consent {line.replace('FILE', 'paper')} --json", as_="labour")
        assert (ran.code, ran.error["class"]) == (2, "InputError")


def test_the_log_needs_nodes_and_no_home(person: Person, country: Country) -> None:
    home = country.home("interior")
    nodes = f"--rpc {home.rpc[0]} --ipfs {home.ipfs[0]} --deployment {home.deployment}"
    ran = person.ledger(f"citizen log --key my.key {nodes} --json")
    assert ran.code == 0, ran.err
    found = json.loads(ran.out)
    assert (found["aboutMe"], found["hidden"], found["unreadable"]) == ([], 0, [])
    assert {use["dataset"] for use in found["bulk"]} >= {"transport/airports@1"}
    assert all(use["legalBasis"] for use in found["bulk"])
    told = person.ledger(f"citizen log --key my.key {nodes}").out
    assert told.startswith("About you\nnone\n\nBulk, may include you\n")
    ran = person.ledger("citizen log --key my.key --rpc http://127.0.0.1:1")
    assert (ran.code, "needed together" in ran.err) == (2, True)


def test_an_enrolment_names_its_subject_to_the_window_and_nothing_else(person: Person) -> None:
    Path("number").write_text(f"{SUBJECT}\n")
    line = "citizen enrol labour --subject @number --key my.key --directory directory.json"
    assert person.ledger(f"{line} --out enrolment.json").code == 0
    record = json.loads(Path("enrolment.json").read_bytes())
    assert (record["owner"], record["subject"]) == ("labour", SUBJECT)
    assert [one["department"] for one in record["annex"]["recipients"]] == ["labour"]
    written = person.ledger("citizen key show my.key").out.strip()
    assert written.replace("-", "") not in Path("enrolment.json").read_text()


def test_help_of_a_person_s_commands_asks_for_nothing() -> None:
    assert run(["citizen", "key", "--help"]) == 0


def test_a_window_sends_an_enrolment_and_its_owner_takes_it(
    person: Person, country: Country
) -> None:
    Path("number").write_text(SUBJECT)
    line = "citizen enrol labour --subject @number --key my.key --directory directory.json"
    assert person.ledger(f"{line} --out enrolment.json").code == 0
    ran = country.ledger(
        "document send labour enrolment.json --title Enrolment --yes --json", as_="interior"
    )
    number = json.loads(ran.out)["transfer"]
    ran = country.ledger(f"consent enrol {number}", as_="labour")
    assert (ran.code, "Take interior's word that" in ran.err) == (2, True)
    ran = country.ledger(f"consent enrol {number} --yes", as_="labour")
    assert ran.out == f"{SUBJECT} is enrolled; interior vouches for that.\n"
    (row,) = json.loads(country.ledger("consent enrolled --json", as_="labour").out)
    assert (row["subject"], row["window"], row["document"]) == (SUBJECT, "interior", number)
    ran = country.ledger("consent enrol enrolment.json --yes --json", as_="labour")
    assert json.loads(ran.out)["already"]
    ran = country.ledger("consent enrol enrolment.json --yes --json", as_="energy")
    assert (ran.code, ran.error["message"]) == (
        2,
        "this enrolment is for labour, not for energy",
    )
    assert country.ledger("consent forget @number --dry-run", as_="labour").code == 0
    assert country.ledger("consent forget @number --yes", as_="labour").code == 0
    assert country.ledger("consent enrolled --json", as_="labour").out.strip() == "[]"


def test_hiding_is_ordered_shown_and_ended(person: Person, country: Country) -> None:
    line = (
        f"request create {STATUS} --purpose eligibility --why Benefits --valid-days 30"
        " --legal-basis Act --retention-days 9 --security Locked --json"
    )
    ran = country.ledger(line, as_="health")
    assert ran.code == 0, ran.out
    number = json.loads(ran.out)["grant"]
    assert country.ledger(f"request approve {number}", as_="labour").code == 0
    order = f"grant hide {number} --until 2199-12-31 --reason court-order --text 'By order.'"
    order += " --legal-ground 'Code, section 100'"
    ran = country.ledger(f"{order} --dry-run --json", as_="labour")
    (record,) = json.loads(ran.out)["records"]
    assert record["content"]["legalGround"] == "Code, section 100"
    assert (country.ledger(order, as_="labour").code, ran.code) == (2, 0)
    shown = json.loads(country.ledger(f"grant show {number} --json", as_="labour").out)
    assert shown["hidesUntil"] is None
    ran = country.ledger(f"{order} --yes", as_="labour")
    assert ran.out.startswith(f"Answers under grant {number} hide whom they are about until ")
    shown = json.loads(country.ledger(f"grant show {number} --json", as_="labour").out)
    assert shown["hidesUntil"] == "2199-12-31T23:59:59Z"
    assert country.ledger(f"grant unhide {number}", as_="labour").code == 0
    ran = country.ledger("transfer reveal 1 --yes", as_="labour")
    assert (ran.code, "hides nobody" in ran.err) == (2, True)
    ran = country.ledger("audit hidden", as_="audit-office")
    assert (ran.code, "There is no such answer." in ran.err) == (0, True)


def test_an_answer_whose_manifest_is_lost_is_told(
    country: Country, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = Served(country.world, tmp_path, consent_needed=False)
    served.enrol()
    number = served.ask().transfer
    lost, read = country.state().transfer(number).manifest, KuboIpfs.get_block

    def get_block(self: KuboIpfs, digest: bytes) -> bytes:
        if digest == lost:
            raise RecordUnavailable("no node has it")
        return read(self, digest)

    monkeypatch.setattr(KuboIpfs, "get_block", get_block)
    person = Person(country)
    save_subject_key(Path("my.key"), KEY, passphrase_from_file(person.secret), scrypt_n=2**10)
    home = country.home("interior")
    nodes = f"--rpc {home.rpc[0]} --ipfs {home.ipfs[0]} --deployment {home.deployment}"
    ran = person.ledger(f"citizen log --key my.key {nodes}")
    assert (ran.code, ran.out.startswith("About you\nnone\n")) == (0, True)
    assert ran.err == f"It can't be told whom these transfers are about: {number}.\n"


def test_what_is_hidden_is_counted_and_revealed(country: Country, tmp_path: Path) -> None:
    served = Served(country.world, tmp_path, consent_needed=False)
    served.enrol()
    until = served.owner.session.now() + DAY_S
    served.owner.grants.hide(
        served.grant,
        until=until,
        reason=ReasonCode.PROTECTION,
        text="Protected.",
        legal_ground="Protection Act",
    )
    number = served.ask().transfer
    reveal = f"transfer reveal {number}"
    (row,) = json.loads(country.ledger("audit hidden --json", as_="audit-office").out)
    assert (row["transfer"], row["ruling"], row["overdue"]) == (number, "protection", False)
    ran = country.ledger(f"{reveal} --yes", as_="audit-office")
    assert (ran.code, "isn't due to be revealed yet" in ran.err) == (3, True)
    assert (
        "is marked for its subject, hidden until"
        in country.ledger(f"transfer show {number}", as_="interior").out
    )
    country.world.advance(2 * DAY_S)
    told = country.ledger("audit hidden --overdue", as_="audit-office")
    assert STATUS in told.out
    assert "1 should be revealed by now" in told.err
    assert f"ledger {reveal}" in country.ledger("inbox", as_="audit-office").out
    assert (country.ledger(reveal, as_="audit-office").code, served.log().about_me) == (2, ())
    ran = country.ledger(f"{reveal} --yes", as_="audit-office")
    assert ran.out == f"The tag of transfer {number} is revealed: its subject finds it now.\n"
    assert [use.transfer for use in served.log().about_me] == [number]
    (row,) = json.loads(country.ledger("audit hidden --json", as_="audit-office").out)
    assert (row["overdue"], row["revealedAt"] is None) == (False, False)
    assert country.ledger("audit hidden --overdue --json", as_="audit-office").out.strip() == "[]"
    assert country.ledger("audit verify", as_="audit-office").code == 0
