"""The frame of the command line, without a chain: help, usage errors, shared options, failures."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from ledger import __version__
from ledger.cli import app as app_module
from ledger.cli import main as main_module
from ledger.cli.context import Invocation
from ledger.cli.frame import command, noun
from ledger.cli.options import Settings, end_of_day, seconds
from ledger.errors import (
    ContractError,
    InputError,
    LedgerError,
    NodeUnreachable,
    SpecificationBroken,
)
from ledger.render import iso, when
from tests.cli.commands import COMMANDS, SINGLE, VERBS

WRITES = {
    "agency admit", "agency suspend", "agency reinstate", "agency deadline", "agency auditor",
    "agency group", "agency reset", "agency retire", "agency handover propose",
    "agency handover accept", "agency handover cancel", "department veto", "audit finding",
    "agency scorecard publish", "need publish", "need withdraw", "spec deprecate",
    "department account add", "department account remove", "department key publish",
    "department key rotate", "department key retire", "spec publish", "dataset register",
    "dataset publish", "dataset edit", "dataset withdraw", "dataset erase",
    "agency ruling", "offer publish", "offer retire",
    "request create", "request approve", "request counter", "request return", "request refuse",
    "request accept", "request resubmit", "request withdraw", "request escalate", "request comply",
    "query", "document send", "document receive", "document refuse",
    "consent record", "consent withdraw", "consent enrol", "consent forget",
    "grant hide", "grant unhide", "transfer reveal",
    "grant extend", "grant suspend", "grant resume", "grant revoke",
    "transfer fetch", "transfer open", "transfer decline", "transfer dispute", "transfer settle",
    "dataset recall", "transfer attest", "transfer disclose",
}  # fmt: skip
SHARED = ("--profile", "--json", "--quiet", "--yes", "--no-input", "--passphrase-file")


@pytest.fixture(autouse=True)
def own_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LEDGER_HOME", str(tmp_path / "root"))
    monkeypatch.delenv("LEDGER_PROFILE", raising=False)
    return tmp_path / "root"


@pytest.fixture
def trying(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """A noun `try` whose verb `it` does what the first item of the list says."""
    does: list[Any] = []
    try_app = noun("Try things.")

    @command(try_app, "it", example="ledger try it", writes=True)
    def it(cli: Invocation) -> None:
        """Do it."""
        action = does[0]
        if isinstance(action, BaseException):
            raise action
        action(cli)

    @command(try_app, "other", example="ledger try other")
    def other(cli: Invocation) -> None:
        """Do the other."""
        does[0](cli)

    class Module:
        pass

    Module.try_app = try_app  # type: ignore[attr-defined]
    nouns = {**app_module.NOUNS, "try": app_module.Noun("try", "Try things.")}
    monkeypatch.setattr(app_module, "NOUNS", nouns)
    monkeypatch.setattr(app_module, "import_module", lambda name: Module)
    return does


def ledger(*arguments: str) -> int:
    return main_module.run(list(arguments))


def test_the_commands_are_those_of_the_design() -> None:
    def words(group: Any, before: str) -> list[str]:
        if not hasattr(group, "commands"):
            return [before]
        return [
            line for name, one in group.commands.items() for line in words(one, f"{before} {name}")
        ]

    found = [line for name, one in app_module.LazyCommands().items() for line in words(one, name)]
    assert sorted(found) == sorted(COMMANDS)


@pytest.mark.parametrize("line", COMMANDS)
def test_every_help_has_a_sentence_an_example_and_the_shared_options(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ledger(*line.split(), "--help") == 0
    shown = capsys.readouterr().out
    usage, _, rest = shown.partition("\n\n")
    assert usage.startswith(f"Usage: ledger {line} ")
    assert re.match(r" {2}[A-Z].*[.;:]", rest.partition("\n\n")[0], re.DOTALL)
    assert f"Example:\n    ledger {line}" in shown
    assert all(option in shown for option in SHARED)
    assert ("--dry-run" in shown) == (line in WRITES)


@pytest.mark.parametrize("noun_name", [*VERBS])
def test_a_noun_alone_shows_its_verbs_and_is_a_usage_error(
    noun_name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ledger(*noun_name.split()) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert all(f"\n  {verb} " in shown.err for verb in VERBS[noun_name].split())


def test_ledger_alone_shows_the_nouns(capsys: pytest.CaptureFixture[str]) -> None:
    assert ledger() == 2
    shown = capsys.readouterr().err
    assert all(f"\n  {name.split()[0]} " in shown for name in [*VERBS, *SINGLE])


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert ledger("--version") == 0
    assert capsys.readouterr().out == f"ledger {__version__}\n"


def test_a_misspelt_noun_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert ledger("reqest", "list") == 2
    shown = capsys.readouterr()
    assert shown.err == (
        "error: No such command 'reqest'. Did you mean 'request'?\ntry: ledger --help\n"
    )


def test_a_misspelt_verb_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert ledger("request", "aprove", "7") == 2
    assert "Did you mean 'approve'?\ntry: ledger request --help\n" in capsys.readouterr().err


def test_a_misspelt_option_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert ledger("request", "refuse", "7", "--reson", "late") == 2
    assert "--reason" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("request refuse 7 --text x --reason bad", "'bad' is not a reason code: expected one of"),
        ("access check a/b --purpose fun", "'fun' is not a purpose: expected one of statistics"),
        ("testnet advance 5x", "'5x' is not a length of time"),
        ("request approve seven", "Invalid value for 'NUMBER': is not a whole number\n"),
        ("request approve 0", "Invalid value for 'NUMBER': is less than 1\n"),
        ("request approve", "Missing argument 'NUMBER'"),
        ("access check a/b", "option '--purpose': expected one of statistics, research"),
        ("request refuse 7 --text x", "option '--reason': expected one of incomplete"),
        ("request approve 1 2", "unexpected extra argument(s) (2)"),
        (
            "agency admit a 0x0 --name A --level galactic",
            "Invalid value for '--level': 'galactic' is not one of '",
        ),
        ("request create a/b --purpose audit --why w --legal-basis l", "expected --valid-days or"),
        (
            (
                "request create a/b --purpose audit --why w --legal-basis l "
                "--valid-days 3 --valid-until 2199-02-20"
            ),
            "expected --valid-days or --valid-until, not both",
        ),
        (
            "request create a/b --purpose audit --why w --legal-basis l --valid-until 2027-02-30",
            "'2027-02-30' is not a date",
        ),
        ("dataset edit labour/employment", "there is nothing to change: say what of labour/emp"),
        ("dataset edit labour/employment --dry-run", "--title, --description, --keyword, --spec"),
        ("audit events --kind TransferRefusd", "did you mean 'TransferRefused'?"),
    ],
)
def test_wrong_usage_is_one_line_with_a_hint(
    line: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ledger(*line.split()) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert told in shown.err
    assert shown.err.startswith("error: ")
    assert len(shown.err.splitlines()) <= 2


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("agency retire --successor", "deployment file"),
        ("audit receipt 12", "disclosure of a receipt"),
    ],
)
def test_a_file_of_another_kind_is_named_with_what_was_expected(
    line: str, kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "table.csv"
    file.write_text("a,b\n")
    assert ledger(*line.split(), str(file)) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"error: '{file}' is no {kind}: record is not JSON")
    assert "\ntry: give the file that" in told


def test_a_usage_error_with_json_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert ledger("request", "approve", "--json") == 2
    shown = capsys.readouterr()
    assert shown.err == ""
    assert json.loads(shown.out) == {
        "error": {
            "class": "UsageError",
            "message": "Missing argument 'NUMBER'",
            "hint": "ledger request approve --help",
            "exitCode": 2,
        }
    }


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("access check a/b --purpose", "ledger access check"),
        ("request list --nothing", "ledger request list"),
        ("--profile", "ledger"),
    ],
)
def test_wrong_usage_leads_to_the_help_of_the_command(
    line: str, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ledger(*line.split()) == 2
    assert capsys.readouterr().err.endswith(f"\ntry: {command} --help\n")


@pytest.mark.parametrize("words", ["", "request", "request list", "inbox"])
def test_help_has_a_short_option(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert ledger(*words.split(), "-h") == 0
    assert capsys.readouterr().out.startswith(f"Usage: ledger {words}".rstrip())


@pytest.mark.parametrize(
    "line",
    [
        "--profile health --json --no-input try it",
        "try --profile health --json --no-input it",
        "try it --profile health --json --no-input",
        "--profile labour --json try --no-input it --profile health",
    ],
)
def test_shared_options_stand_anywhere(line: str, trying: list[Any]) -> None:
    seen: list[Settings] = []
    trying.append(lambda cli: seen.append(cli.settings))
    assert ledger(*line.split()) == 0
    assert seen == [Settings(profile="health", json=True, no_input=True)]


def test_file_descriptor_zero_is_a_value(trying: list[Any]) -> None:
    seen: list[Settings] = []
    trying.append(lambda cli: seen.append(cli.settings))
    assert ledger("try", "it", "--passphrase-fd", "0") == 0
    assert seen[0].passphrase_fd == 0


def test_a_command_that_only_reads_has_no_dry_run(
    trying: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    trying.append(lambda cli: None)
    assert ledger("try", "other", "--dry-run") == 2
    seen: list[Settings] = []
    trying[0] = lambda cli: seen.append(cli.settings)
    assert ledger("--dry-run", "try", "other") == 0
    assert seen[0].dry_run is False


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (InputError("bad", hint="do good"), 2, "error: bad\ntry: do good\n"),
        (InputError("bad"), 2, "error: bad\n"),
        (ContractError("no", name="X", arguments={}), 3, "error: no\n"),
        (NodeUnreachable("away"), 5, "error: away\n"),
        (
            SpecificationBroken("2 problems", problems=["row 1: a", "row 2: b"]),
            2,
            "error: 2 problems\n  row 1: a\n  row 2: b\n",
        ),
        (SpecificationBroken("1: row 1: a", problems=["row 1: a"]), 2, "error: 1: row 1: a\n"),
        (
            LedgerError("line\nbreak \x1b[31mred\u202e"),
            1,
            "error: line break \\u001b[31mred\\u202e\n",
        ),
        (
            OSError(28, "No space left on device", "/var/x"),
            1,
            (
                "error: the disk is full at /var/x\n"
                "try: free some space, then run the same command again\n"
            ),
        ),
        (
            KeyboardInterrupt(),
            130,
            "error: interrupted\ntry: run the same command again: it goes on where it stopped\n",
        ),
    ],
)
def test_a_failure_is_told_with_its_exit_code(
    error: BaseException,
    code: int,
    told: str,
    trying: list[Any],
    capsys: pytest.CaptureFixture[str],
) -> None:
    trying.append(error)
    assert ledger("try", "it") == code
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", told)


def test_a_contract_error_as_json_has_its_name_and_arguments(
    trying: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    trying.append(ContractError("no", name="GrantUnknown", arguments={"grant": 7}, hint="look"))
    assert ledger("try", "it", "--json") == 3
    assert json.loads(capsys.readouterr().out) == {
        "error": {
            "class": "ContractError",
            "message": "no",
            "hint": "look",
            "exitCode": 3,
            "name": "GrantUnknown",
            "arguments": {"grant": 7},
        }
    }


def test_the_unexpected_is_one_line_with_a_private_log(
    trying: list[Any], capsys: pytest.CaptureFixture[str], own_root: Path
) -> None:
    def fail(cli: Invocation) -> None:
        canary = "canary in a local variable"
        raise ZeroDivisionError(len(canary))

    trying.append(fail)
    assert ledger("try", "it") == 1
    shown = capsys.readouterr().err
    (log,) = (own_root / "logs").iterdir()
    assert shown.splitlines()[0] == (
        f"error: something unexpected happened (ZeroDivisionError): the details are in {log}"
    )
    assert log.stat().st_mode & 0o777 == 0o600
    assert "raise ZeroDivisionError" in log.read_text()
    assert "canary in a" not in log.read_text().replace('canary = "canary in a', "")


def test_without_a_folder_of_its_own_the_log_is_among_temporary_files(
    trying: list[Any],
    capsys: pytest.CaptureFixture[str],
    own_root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trying.append(ZeroDivisionError())
    own_root.write_bytes(b"a file where the folder should be")
    temporary = tmp_path / "temporary"
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    assert ledger("try", "it") == 1
    (log,) = temporary.iterdir()
    assert f"the details are in {log}\n" in capsys.readouterr().err
    monkeypatch.setattr("tempfile.tempdir", str(own_root))
    assert ledger("try", "it") == 1
    assert "the details could not be written to a file\n" in capsys.readouterr().err


def test_an_irreversible_write_without_an_answer_is_refused(
    trying: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    done = []

    def act(cli: Invocation) -> None:
        cli.confirm("Revoke grant 7 for good?")
        done.append(True)

    trying.append(act)
    assert ledger("try", "it", "--no-input") == 2
    assert "Revoke grant 7 for good?\ntry: add --yes" in capsys.readouterr().err
    assert not done
    assert ledger("try", "it", "--no-input", "--yes") == 0
    assert done == [True]


def test_nobody_is_asked_about_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    line = "document send health nowhere.txt --title T --no-input"
    assert ledger(*line.split()) == 2
    assert capsys.readouterr().err == "error: there is no file 'nowhere.txt'\n"


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 2), ("\n", 2)])
def test_an_irreversible_write_is_done_when_somebody_says_yes(
    answer: str,
    code: int,
    trying: list[Any],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = []

    def act(cli: Invocation) -> None:
        cli.confirm("Revoke grant 7 for good?")
        done.append(True)

    trying.append(act)
    typed = io.StringIO(answer)
    monkeypatch.setattr(typed, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", typed)
    assert ledger("try", "it") == code
    shown = capsys.readouterr()
    assert (shown.out, done) == ("", [True] if code == 0 else [])
    assert shown.err.startswith("Revoke grant 7 for good? [y/N]: ")
    assert ("error: not confirmed: nothing was done\n" in shown.err) == (code == 2)


def test_a_test_network_that_is_not_there_is_shown_as_such(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert ledger("testnet", "status", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["engine"], found["chain"], found["homes"]) == (None, None, [])
    assert ledger("testnet", "snapshot", "one") == 2
    told = "error: there is no test network yet\ntry: ledger testnet up\n"
    assert capsys.readouterr().err == told


@pytest.mark.parametrize("line", ["inbox", "testnet up", "testnet status", "testnet seed"])
def test_a_file_in_the_place_of_all_homes_is_told(
    line: str, own_root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own_root.touch()
    assert ledger(*line.split()) == 2
    told = f"error: {own_root} is not a folder\ntry: set LEDGER_HOME to the folder for all homes\n"
    assert capsys.readouterr().err == told


def test_a_folder_for_a_test_network_that_cannot_be_made_is_named(
    own_root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own_root.touch()
    monkeypatch.setenv("LEDGER_HOME", str(own_root / "deeper"))
    assert ledger("testnet", "up") == 2
    told = capsys.readouterr().err
    assert told.startswith(f"error: the folder '{str(own_root)[:20]}")
    assert told.endswith(" cannot be made: Not a directory\n")


def test_output_into_a_closed_pipe_is_quiet() -> None:
    code = "from ledger.cli.main import main; main(['request', 'create', '--help'])"
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.close()
    _, told = process.communicate(timeout=60)
    assert told == b""


def test_output_that_the_caller_closed_is_as_a_closed_pipe() -> None:
    script = f"{sys.executable} -c 'from ledger.cli.main import main; main()' init --help >&-"
    done = subprocess.run(["sh", "-c", script], capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (1, b"")


def test_sigterm_ends_a_command_as_an_interruption() -> None:
    code = (
        "import time\n"
        "from ledger.cli import main\n"
        "def wait(**_):\n"
        "    print('waiting', flush=True)\n"
        "    time.sleep(60)\n"
        "main.app = wait\n"
        "main.main([])\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    _, told = process.communicate(timeout=60)
    assert (process.returncode, told.splitlines()[0]) == (130, b"error: interrupted")


@pytest.mark.parametrize(
    ("text", "expected"), [("90s", 90), ("30min", 1_800), ("12h", 43_200), ("14d", 1_209_600)]
)
def test_a_length_of_time_is_read(text: str, expected: int) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "0s", "-1d", "1w", "1.5h", "1 d", "d", "٣d", "9999999999s"])
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        seconds(text)


def test_a_date_means_its_end_in_utc_and_is_shown_as_that_day() -> None:
    end = end_of_day("2199-12-31")
    assert iso(end) == "2199-12-31T23:59:59Z"
    assert when(end, end - 86_400 * 3) == "2199-12-31 (in 3 d)"


def test_today_is_taken_and_a_past_day_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 1_830_297_599.5)
    with pytest.raises(InputError, match="2027-12-30 is past: expected today or a later day"):
        end_of_day("2027-12-30")
    with pytest.raises(InputError, match="2027-12-31 is past"):
        end_of_day("2027-12-31")
    monkeypatch.setattr("time.time", lambda: 1_830_297_598.5)
    assert end_of_day("2027-12-31") == 1_830_297_599


@pytest.mark.parametrize("text", ["2027-13-01", "31.12.2027", "2027-12-31T00:00", "tomorrow", ""])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        end_of_day(text)


def test_completion_names_nouns_verbs_and_options() -> None:
    def complete(words: str) -> str:
        environment = {
            **os.environ,
            "_LEDGER_COMPLETE": "complete_bash",
            "COMP_WORDS": f"ledger {words}",
            "COMP_CWORD": str(len(words.split(" "))),
        }
        code = "from ledger.cli.main import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True
        )
        return done.stdout

    assert complete("tr").split() == ["transfer"]
    assert complete("grant re").split() == ["resume", "revoke"]
    assert "no-legal-basis" in complete("request refuse 7 --reason ")


def test_typer_is_not_left_to_print_tracebacks() -> None:
    assert app_module.app.pretty_exceptions_enable is False
    assert isinstance(app_module.app, typer.Typer)
