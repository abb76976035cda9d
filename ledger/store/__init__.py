"""A home's durable notes in SQLite, or in PostgreSQL by URL; the names that other packages use."""

from __future__ import annotations

from ledger.store.home import SqlStore
from ledger.store.outgoing import SqlOutbox

__all__ = ["SqlOutbox", "SqlStore"]
