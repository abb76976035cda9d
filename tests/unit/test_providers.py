"""What answers queries: one statement that only reads, or one program that is held short."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ledger.errors import ConfigError, InputError, LedgerError, ProviderError, SpecificationBroken
from ledger.ports import Provider, Question, Row
from ledger.providers import ConfiguredProviders

NAME = "labour/status"
COLUMNS = ("person", "wage")
CANARY = "canary-of-a-person"
SQL = "SELECT wage, person FROM register WHERE person = :subject ORDER BY wage"


@pytest.fixture
def register(tmp_path: Path) -> Path:
    path = tmp_path / "register.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE register (person TEXT, wage INTEGER)")
        rows = [("p-1", 2), ("p-1", 1), ("p-2", None)]
        database.executemany("INSERT INTO register VALUES (?, ?)", rows)
        database.commit()
    return path


def made(folder: Path, **values: Any) -> Provider:
    found = ConfiguredProviders({NAME: values}, folder).provider(NAME)
    assert found is not None
    return found


def ask(
    provider: Provider,
    parameters: Mapping[str, int | bool | str] | None = None,
    subject: str | None = None,
    columns: Sequence[str] = COLUMNS,
) -> list[Row]:
    return list(provider.rows(Question(parameters or {}, subject), columns))


def refused(kind: type[LedgerError], provider: Provider, **question: Any) -> LedgerError:
    """What a provider raises; nothing of it or before it may name the person."""
    with pytest.raises(kind) as caught:
        ask(provider, **question)
    error: BaseException | None = caught.value
    while error is not None:
        shown = [error] if not error.__suppress_context__ else []
        for one in (caught.value, *shown):
            assert CANARY not in f"{one} {one.args}"
        error = None if error.__suppress_context__ else (error.__cause__ or error.__context__)
    return caught.value


def test_what_is_not_configured_has_no_provider(tmp_path: Path) -> None:
    assert ConfiguredProviders({}, tmp_path).provider(NAME) is None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "either 'sql' or 'command'"),
        ({"sql": SQL, "database": "r.db", "command": ["/bin/true"]}, "either 'sql' or 'command'"),
        ({"sql": SQL}, "database: Field required"),
        ({"sql": SQL, "database": "r.db", "max_row": 3}, "max_row: Extra inputs"),
        ({"sql": SQL, "database": "r.db", "timeout_s": 31}, "timeout_s"),
        ({"sql": SQL, "database": "r.db", "max_rows": 0}, "max_rows"),
        ({"sql": SQL, "database": "r.db", "max_bytes": True}, "max_bytes"),
        ({"command": []}, "command"),
        ({"command": "/bin/true"}, "command"),
        ({"command": ["status"]}, "'status' without its folder"),
        ({"sql": SQL, "database": "mysql://u:canary@h/d"}, "isn't supported"),
        ({"sql": SQL, "database": "postgresql+nothing://u:canary@h/d"}, "malformed, or the driver"),
        ({"sql": SQL, "database": "postgresql://u:canary@h:port/d"}, "malformed, or the driver"),
    ],
)
def test_a_configuration_that_is_wrong_is_told_without_its_password(
    tmp_path: Path, values: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        made(tmp_path, **values)
    assert "canary" not in f"{caught.value} {caught.value.hint}"
    assert NAME in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM register",
        "ATTACH 'other.db' AS other",
        "PRAGMA user_version = 3",
        "SELECT person FROM register; DELETE FROM register",
        "-- a comment\nSELECT 1",
        "",
    ],
)
def test_only_one_select_is_a_statement(tmp_path: Path, register: Path, sql: str) -> None:
    with pytest.raises(ConfigError):
        made(tmp_path, sql=sql, database=str(register))


def test_a_database_answers_with_the_columns_in_the_order_asked_for(
    tmp_path: Path, register: Path
) -> None:
    provider = made(tmp_path, sql=f"{SQL};\n", database=register.name)
    assert ask(provider, subject="p-1") == [("p-1", "1"), ("p-1", "2")]
    assert ask(provider, subject="p-2") == [("p-2", None)]
    assert ask(provider, subject="p-3") == []
    by_url = made(tmp_path, sql=SQL, database=f"sqlite:///{register}")
    assert ask(by_url, subject="p-2") == [("p-2", None)]


def test_a_parameter_that_is_sql_is_a_value_like_any_other(tmp_path: Path, register: Path) -> None:
    provider = made(tmp_path, sql=SQL, database=str(register))
    for attack in ("' OR 1=1 --", "p-1'; DROP TABLE register; --", '" OR ""="', "p-1\x00' OR 1"):
        assert ask(provider, subject=attack) == []
    assert len(ask(provider, subject="p-1")) == 2


def test_a_parameter_that_was_left_out_is_null(tmp_path: Path, register: Path) -> None:
    sql = "SELECT person, wage FROM register WHERE :least IS NULL OR wage >= :least"
    provider = made(tmp_path, sql=sql, database=str(register))
    assert len(ask(provider)) == 3
    assert ask(provider, {"least": 2, "unused": "x"}) == [("p-1", "2")]


@pytest.mark.parametrize(
    "sql",
    [
        "WITH x AS (SELECT 1) DELETE FROM register",
        "WITH x AS (SELECT 1) INSERT INTO register SELECT 'x', 1",
        "SELECT name AS person, 1 AS wage FROM pragma_table_info('register')",
    ],
)
def test_a_statement_that_does_more_than_reading_is_stopped(
    tmp_path: Path, register: Path, sql: str
) -> None:
    before = register.read_bytes()
    provider = made(tmp_path, sql=sql, database=str(register))
    refused(ProviderError, provider)
    with pytest.raises(ConfigError, match="can't be run"):
        provider.require_fits((), subject=False)
    assert register.read_bytes() == before
    assert sorted(file.name for file in tmp_path.iterdir()) == ["register.db"]


def test_a_statement_loads_no_extension(tmp_path: Path, register: Path) -> None:
    sql = "SELECT load_extension('x') AS person, 1 AS wage"
    refused(ProviderError, made(tmp_path, sql=sql, database=str(register)))


def test_a_database_that_another_program_writes_is_read_meanwhile(
    tmp_path: Path, register: Path
) -> None:
    with closing(sqlite3.connect(register)) as writer:
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute("INSERT INTO register VALUES ('p-4', 7)")
        writer.commit()
        writer.execute("INSERT INTO register VALUES ('p-4', 8)")
        provider = made(tmp_path, sql=SQL, database=str(register))
        assert ask(provider, subject="p-4") == [("p-4", "7")]


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    provider = made(tmp_path, sql=SQL, database="none.db")
    refused(ProviderError, provider, subject=CANARY)
    with pytest.raises(ConfigError, match="can't be run"):
        provider.require_fits((), subject=True)
    assert list(tmp_path.iterdir()) == []


def test_a_statement_that_takes_too_long_is_ended(tmp_path: Path, register: Path) -> None:
    sql = """WITH RECURSIVE n(person) AS (SELECT 1 UNION ALL SELECT person + 1 FROM n)
             SELECT max(person) AS person, :subject AS wage FROM n"""
    provider = made(tmp_path, sql=sql, database=str(register), timeout_s=0.2)
    begun = time.monotonic()
    assert "took too long" in str(refused(ProviderError, provider, subject=CANARY))
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT person FROM register", "lacks the column wage"),
        (
            "SELECT person, wage, 1 AS more FROM register",
            "isn't in the specification, or one twice",
        ),
        ("SELECT person, wage, wage FROM register", "isn't in the specification, or one twice"),
        (
            "SELECT person, CAST('x' AS BLOB) AS wage FROM register",
            "column wage: a value of no type",
        ),
    ],
)
def test_other_columns_than_the_specifications_are_refused(
    tmp_path: Path, register: Path, sql: str, message: str
) -> None:
    provider = made(tmp_path, sql=sql, database=str(register))
    assert message in str(refused(SpecificationBroken, provider))


def test_fractions_and_what_is_beyond_them_are_written_as_a_specification_has_them(
    tmp_path: Path, register: Path
) -> None:
    sql = "SELECT 1.50 AS person, -0.1 AS wage UNION ALL SELECT 9e999, -9e999 ORDER BY person"
    provider = made(tmp_path, sql=sql, database=str(register))
    assert ask(provider) == [("1.5", "-0.1"), ("INF", "-INF")]


@pytest.mark.parametrize(
    ("limit", "message"), [({"max_rows": 2}, "2 rows"), ({"max_bytes": 12}, "12 bytes")]
)
def test_an_answer_that_is_too_large_is_refused_as_a_whole(
    tmp_path: Path, register: Path, limit: dict[str, int], message: str
) -> None:
    sql = "SELECT person, wage FROM register"
    assert len(ask(made(tmp_path, sql=sql, database=str(register), max_rows=3))) == 3
    provider = made(tmp_path, sql=sql, database=str(register), **limit)
    assert message in str(refused(InputError, provider))


def test_what_a_database_says_of_a_value_is_not_repeated(tmp_path: Path, register: Path) -> None:
    with closing(sqlite3.connect(register)) as database:
        database.execute("INSERT INTO register VALUES ('p-5', CAST(X'63ff' AS TEXT))")
        database.commit()
    provider = made(tmp_path, sql=SQL, database=str(register))
    error = refused(ProviderError, provider, subject="p-5")
    assert "c\\xff" not in str(error)
    sql = "SELECT person, json_extract(:subject, '$.a') AS wage FROM register"
    refused(ProviderError, made(tmp_path, sql=sql, database=str(register)), subject=CANARY)


@pytest.mark.parametrize(
    ("sql", "names", "subject", "message"),
    [
        (SQL, (), False, "takes :subject, which queries haven't"),
        ("SELECT person, wage FROM register", (), True, "would tell of everybody"),
        (SQL, ("subject",), True, "hides its subject"),
        ("SELECT person, wage FROM nobody WHERE :subject", (), True, "no such table"),
    ],
)
def test_a_statement_is_held_to_what_is_asked(
    tmp_path: Path,
    register: Path,
    sql: str,
    names: tuple[str, ...],
    subject: bool,
    message: str,
) -> None:
    with pytest.raises(ConfigError, match=message):
        made(tmp_path, sql=sql, database=str(register)).require_fits(names, subject=subject)
    made(tmp_path, sql=SQL, database=str(register)).require_fits(("year",), subject=True)


def program(folder: Path, text: str, shell: str = "/bin/sh") -> Path:
    path = folder / "status"
    path.write_text(f"#!{shell}\n{text}\n")
    path.chmod(0o700)
    return path


def by_program(folder: Path, text: str, **limits: Any) -> Provider:
    return made(folder, command=[str(program(folder, text))], **limits)


def test_a_program_gets_the_question_on_stdin_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEDGER_SECRET", "canary")
    kept = os.open(tmp_path, os.O_RDONLY)
    os.set_inheritable(kept, False)
    text = """cat > asked; env > environment; ls /proc/self/fd > files; echo "$@" > arguments
echo '[{"wage": 1.50, "person": "\\u00e4"}, {"person": true, "wage": null}]'"""
    provider = made(tmp_path, command=["./status", "$HOME", "; rm -r /"])
    program(tmp_path, text)
    provider.require_fits(("anything",), subject=True)
    found = ask(provider, {"year": 2001, "name": "Jö"}, CANARY)
    os.close(kept)
    assert found == [("ä", "1.50"), ("true", None)]
    asked = (tmp_path / "asked").read_text()
    assert asked == f'{{"parameters": {{"year": 2001, "name": "Jö"}}, "subject": "{CANARY}"}}'
    assert (tmp_path / "arguments").read_text() == "$HOME ; rm -r /\n"
    environment = (tmp_path / "environment").read_text()
    assert "canary" not in environment
    assert {line.partition("=")[0] for line in environment.splitlines()} <= {
        "PATH", "LANG", "PWD", "SHLVL", "_", "OLDPWD",
    }  # fmt: skip
    assert set((tmp_path / "files").read_text().split()) <= {"0", "1", "2", "3"}


def test_a_program_may_leave_the_question_unread(tmp_path: Path) -> None:
    provider = by_program(tmp_path, "exec <&-; echo '[]'")
    assert ask(provider, {"long": "x" * 1_000_000}) == []


def test_a_program_that_is_missing_or_no_program_is_found_beforehand(tmp_path: Path) -> None:
    provider = made(tmp_path, command=["./status"])
    for make in (lambda: None, lambda: (tmp_path / "status").write_text("x")):
        make()
        with pytest.raises(ConfigError, match="there is no program"):
            provider.require_fits((), subject=False)
        assert "can't be started" in str(refused(ProviderError, provider, subject=CANARY))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"cat > /dev/null; echo '{CANARY}'", "something else than JSON"),
        (f'cat > /dev/null; printf \'[{{"person": "{CANARY}\\377"}}]\'', "else than JSON"),
        ('cat > /dev/null; echo \'[{"person": NaN, "wage": 1}]\'', "else than JSON"),
        (f'cat > /dev/null; echo \'[{{"wage": 1, "wage": "{CANARY}"}}]\'', "else than JSON"),
        ("cat > /dev/null; head -c 100000 /dev/zero | tr '\\0' '['", "else than JSON"),
        ("cat > /dev/null", "else than JSON"),
        (f"cat > /dev/null; echo '{CANARY}' >&2; echo '[]'; exit 3", "ended with 3"),
        ("cat > /dev/null; kill -9 $$", "ended with -9"),
    ],
)
def test_a_program_that_fails_is_tried_again_later(
    tmp_path: Path, text: str, message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    error = refused(ProviderError, by_program(tmp_path, text), subject=CANARY)
    assert message in str(error)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (f'"{CANARY}"', "isn't a list of rows"),
        (f'{{"person": "{CANARY}"}}', "isn't a list of rows"),
        (f'["{CANARY}"]', "isn't a list of rows"),
        (f'[{{"person": "{CANARY}"}}]', "lacks the column wage"),
        (f'[{{"person": 1, "wage": 1, "{CANARY}": 2}}]', "isn't in the specification"),
        (f'[{{"person": 1, "wage": ["{CANARY}"]}}]', "row 1, column wage: a value of no type"),
        ('[{"person": 1, "wage": "\\\\ud800"}]', "text that isn't Unicode"),
    ],
)
def test_a_program_that_answers_with_something_else_is_told_where(
    tmp_path: Path, output: str, message: str
) -> None:
    provider = by_program(tmp_path, f"cat > /dev/null; cat <<'END'\n{output}\nEND")
    if "ud800" in output:
        provider = by_program(
            tmp_path, 'cat > /dev/null; printf \'[{"person": 1, "wage": "\\\\ud800"}]\''
        )
    assert message in str(refused(SpecificationBroken, provider, subject="p-1"))


@pytest.mark.parametrize(
    "text",
    [
        "yes '[' | head -c 100000000",
        "while :; do echo '                                                    '; done",
    ],
)
def test_a_program_that_writes_without_end_is_ended(tmp_path: Path, text: str) -> None:
    provider = by_program(tmp_path, text, max_bytes=10_000)
    assert "bytes of JSON" in str(refused(InputError, provider, subject=CANARY))


def test_a_program_that_answers_too_much_is_refused(tmp_path: Path) -> None:
    row = '{"person": 1, "wage": 2}'
    text = f"cat > /dev/null; echo '[{row}, {row}, {row}]'"
    assert len(ask(by_program(tmp_path, text, max_rows=3))) == 3
    assert "2 rows" in str(refused(InputError, by_program(tmp_path, text, max_rows=2)))


@pytest.mark.parametrize(
    "text",
    [
        "sleep 60 & echo $! > child; wait",
        "sleep 60 & echo $! > child; exec <&- >&-; wait",
        "exec <&- >&-; sleep 60 & echo $! > child; wait",
        "sleep 60 & echo $! > child; while :; do echo; sleep 0.05; done",
    ],
    ids=["silent", "closed", "closed by all", "trickling"],
)
def test_a_program_that_takes_too_long_is_ended_with_what_it_started(
    tmp_path: Path, text: str
) -> None:
    begun = time.monotonic()
    provider = by_program(tmp_path, text, timeout_s=0.5)
    assert "took too long" in str(refused(ProviderError, provider, subject=CANARY))
    assert time.monotonic() - begun < 20
    child = Path("/proc") / (tmp_path / "child").read_text().strip()
    deadline = time.monotonic() + 20
    while child.exists() and " Z " not in (child / "stat").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_what_a_program_leaves_behind_is_ended_too(tmp_path: Path) -> None:
    text = "cat > /dev/null; sleep 60 > /dev/null & echo $! > child; echo '[]'"
    assert ask(by_program(tmp_path, text)) == []
    child = Path("/proc") / (tmp_path / "child").read_text().strip()
    deadline = time.monotonic() + 20
    while child.exists() and " Z " not in (child / "stat").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.01)
