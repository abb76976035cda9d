"""The tables of a home's store; only what more than one dialect understands may be put here."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    insert,
    select,
)

from ledger.errors import LedgerError

VERSION: Final = 1

metadata = MetaData()

schema_version = Table("schema_version", metadata, Column("version", Integer, nullable=False))

intents = Table(
    "intents",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("command", Text, nullable=False),
    Column("arguments", Text, nullable=False),
    # SHA-256 of command and arguments while the intent is unfinished, then NULL: databases let
    # any number of rows be NULL, so that there is one unfinished intent of a kind and no more.
    Column("unfinished", LargeBinary(32), nullable=True, unique=True),
    Column("state", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    # The genesis hash: after a test chain is reset, its old transactions mean nothing.
    Column("chain", LargeBinary(32), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("account", String(42), nullable=False),
    Column("nonce", BigInteger, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("contract", Text, nullable=False),
    Column("function", Text, nullable=False),
    # SHA-256 of what was asked for, to notice a key that is used for two things.
    Column("call", LargeBinary(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("block_number", BigInteger, nullable=True),
    Column("revert", LargeBinary, nullable=True),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("chain", "account", "nonce", name="outbox_nonce"),
)

data_keys = Table(
    "data_keys",
    metadata,
    Column("dataset", BigInteger, primary_key=True),
    Column("version", BigInteger, primary_key=True),
    # Two payloads may compete for one version number; the chain decides which manifest it gets.
    Column("manifest", LargeBinary(32), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

wraps = Table(
    "wraps",
    metadata,
    Column("transfer", BigInteger, primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("key_number", BigInteger, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("published", Boolean, nullable=False),
)
Index("wraps_unpublished", wraps.c.published, wraps.c.transfer)
receipt_checks = Table(
    "receipt_checks",
    metadata,
    Column("transfer", BigInteger, primary_key=True),
    # After a dispute and its cure a transfer gets a second receipt.
    Column("tag", LargeBinary(32), primary_key=True),
    Column("verdict", String(16), nullable=False),
    Column("why", Text, nullable=True),
)

# Keys that subjects enrolled with this department, sealed, by an index that tells nobody of whom.
enrolments = Table(
    "enrolments",
    metadata,
    Column("subject", LargeBinary(32), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)

# By consent, what shows its dataset's owner whose it is.
consent_links = Table(
    "consent_links",
    metadata,
    Column("consent", BigInteger, primary_key=True, autoincrement=False),
    Column("link", LargeBinary(32), nullable=False),
)

# By grant, until when answers under it hide whom they are about, and the ruling that permits it.
hidings = Table(
    "hidings",
    metadata,
    Column("grant", BigInteger, primary_key=True, autoincrement=False),
    Column("until", BigInteger, nullable=False),
    Column("code", Integer, nullable=False),
    Column("ruling", LargeBinary(32), nullable=False),
)

# The backups of this home, which count up; in a restored home the latest is the one it came from.
backups = Table(
    "backups",
    metadata,
    Column("generation", BigInteger, primary_key=True, autoincrement=False),
    # In nanoseconds, as `data_keys.created_at`, which it is compared with.
    Column("created_at", BigInteger, nullable=False),
    Column("finished", Boolean, nullable=False),
)

# Versions whose key was destroyed; backups up to `generation` were made before.
erasures = Table(
    "erasures",
    metadata,
    Column("dataset", BigInteger, primary_key=True),
    Column("version", BigInteger, primary_key=True),
    Column("generation", BigInteger, nullable=False),
    Column("erased_at", BigInteger, nullable=False),
)

# At most one row: which backup this home was restored from.
restored = Table(
    "restored",
    metadata,
    Column("generation", BigInteger, primary_key=True, autoincrement=False),
    Column("created_at", BigInteger, nullable=False),
    Column("restored_at", BigInteger, nullable=False),
    Column("block", BigInteger, nullable=False),
)

# How many transactions each account had sent when the home was restored: what comes after is
# either this home's or another program's.
restored_accounts = Table(
    "restored_accounts",
    metadata,
    Column("account", String(42), primary_key=True),
    Column("transactions", BigInteger, nullable=False),
)

OF_THIS_HOME: Final = (schema_version, restored, restored_accounts)
"""Tables that no backup takes along."""


def create_or_check(connection: Connection) -> None:
    """Create the tables in an empty database, or check that they are of this version.

    Raises:
        LedgerError: a later version of this program has changed the tables.
    """
    metadata.create_all(connection)
    found = connection.execute(select(schema_version.c.version)).scalar_one_or_none()
    if found is None:
        connection.execute(insert(schema_version).values(version=VERSION))
    elif found != VERSION:
        raise LedgerError(
            f"the store has version {found} of its tables, this program knows version {VERSION}",
            hint="use the version of this program that wrote the store, or a later one",
        )
