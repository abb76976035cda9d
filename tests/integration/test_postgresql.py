"""PostgreSQL in the place of SQLite files: a home's store, and the register that answers queries.

What both kinds of store promise is tried on both in `tests/unit/test_store*.py`.
"""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from ledger.errors import LedgerError, ProviderError
from ledger.ports import Provider, Question, Row
from ledger.providers import ConfiguredProviders
from ledger.store import SqlStore
from tests.ipfs_fixtures import NOWHERE
from tests.postgresql import Postgresql

pytestmark = [pytest.mark.integration, pytest.mark.timeout(60)]
NAME = "labour/status"
COLUMNS = ("person", "wage")
SQL = "SELECT wage, person FROM register WHERE person = :subject ORDER BY wage"
CANARY = "canary-of-a-person"


@pytest.fixture
def register(postgresql: Postgresql) -> str:
    url = postgresql.database()
    postgresql.run(
        url.rpartition("/")[2],
        "CREATE TABLE register (person text, wage integer)",
        "INSERT INTO register VALUES ('p-1', 2), ('p-1', 1), ('p-2', NULL)",
        "CREATE FUNCTION take(who text) RETURNS text LANGUAGE sql AS "
        "'DELETE FROM register WHERE person = who RETURNING person'",
    )
    return url


def provider(url: str, sql: str = SQL, **limits: float) -> Provider:
    found = ConfiguredProviders(
        {NAME: {"sql": sql, "database": url, **limits}}, Path("/nowhere")
    ).provider(NAME)
    assert found is not None
    return found


def asked(
    url: str, sql: str = SQL, subject: str | None = None, *, least: int | None = None
) -> list[Row]:
    parameters = {} if least is None else {"least": least}
    return list(provider(url, sql).rows(Question(parameters, subject), COLUMNS))


def failing(url: str, sql: str, **limits: float) -> str:
    """What is told of a question about the person; neither it nor what is beneath names them."""
    with pytest.raises(ProviderError) as caught:
        provider(url, sql, **limits).rows(Question({}, CANARY), COLUMNS)
    assert caught.value.__suppress_context__
    assert CANARY not in str(caught.value)
    return str(caught.value)


# ------------------------------------------------------------------ a service's register
def test_a_register_answers_with_the_columns_in_the_order_asked_for(register: str) -> None:
    provider(register).require_fits((), subject=True)
    assert asked(register, subject="p-1") == [("p-1", "1"), ("p-1", "2")]
    assert asked(register, subject="p-2") == [("p-2", None)]
    assert asked(register, subject="' OR 1=1 --") == []


def test_a_parameter_that_was_left_out_is_null(register: str) -> None:
    sql = (
        "SELECT person, wage FROM register "
        "WHERE CAST(:least AS integer) IS NULL OR wage >= :least ORDER BY wage"
    )
    assert len(asked(register, sql)) == 3
    assert asked(register, sql, least=2) == [("p-1", "2")]


def test_values_are_written_as_a_specification_has_them(register: str) -> None:
    sql = """SELECT DATE '2026-01-31' AS person, 1.50::numeric AS wage
             UNION ALL SELECT DATE '2026-02-01', -0.1 ORDER BY person"""
    assert asked(register, sql) == [("2026-01-31", "1.50"), ("2026-02-01", "-0.1")]
    sql = "SELECT TRUE AS person, TIMESTAMP '2026-01-31 12:00:01' AS wage"
    assert asked(register, sql) == [("true", "2026-01-31T12:00:01")]


@pytest.mark.parametrize(
    "sql",
    [
        "WITH gone AS (DELETE FROM register RETURNING *) SELECT person, wage FROM gone",
        "WITH x AS (SELECT 1) INSERT INTO register VALUES ('x', 1) RETURNING person, wage",
        "SELECT person, wage INTO other FROM register",
        "SELECT take('p-1') AS person, 1 AS wage",
        "SELECT person, wage FROM register FOR UPDATE",
    ],
)
def test_a_statement_that_does_more_than_reading_is_stopped(register: str, sql: str) -> None:
    # No such cursor, no such syntax of one, a transaction that only reads (PostgreSQL, Appendix A).
    assert re.search(r"failed \((0A000|42601|25006)\)$", failing(register, sql))
    assert len(asked(register, "SELECT person, wage FROM register")) == 3


def test_a_statement_that_takes_too_long_is_ended(register: str) -> None:
    begun = time.monotonic()
    sql = "SELECT :subject AS person, pg_sleep(60) AS wage"
    assert "took too long" in failing(register, sql, timeout_s=0.2)
    assert time.monotonic() - begun < 30


def test_what_a_database_says_of_a_value_is_not_repeated(register: str) -> None:
    sql = "SELECT person, CAST(:subject AS integer) AS wage FROM register"
    assert failing(register, sql).endswith("failed (22P02)")
    assert "failed" in failing(register, "SELECT person, wage FROM nobody WHERE :subject = ''")


# ------------------------------------------------------------------ where no server is
def test_a_server_that_is_down_is_told_without_its_password() -> None:
    port = NOWHERE.rpartition("/")[2]
    url = f"postgresql+psycopg://agent:canary@127.0.0.1:{port}/register"
    assert "canary" not in failing(url, SQL)
    with pytest.raises(LedgerError, match=r"127\.0\.0\.1/register failed") as caught:
        SqlStore.open(url)
    assert "canary" not in f"{caught.value} {caught.value.hint} {caught.value.__cause__}"


# ------------------------------------------------------------------ a home's store
def test_a_later_version_of_the_store_is_refused(postgresql: Postgresql) -> None:
    url = postgresql.database()
    SqlStore.open(url).close()
    postgresql.run(url.rpartition("/")[2], "UPDATE schema_version SET version = 2")
    with pytest.raises(LedgerError, match="version 2 of its tables"):
        SqlStore.open(url)
