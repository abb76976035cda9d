"""The table adapter: CSV files against a Table Schema, fast and in bounded memory, by polars."""

from __future__ import annotations

from ledger.tables.checking import check_table
from ledger.tables.inferring import infer_schema

__all__ = ["check_table", "infer_schema"]
