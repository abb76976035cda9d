"""A permissioned ledger for data-sharing provenance between government departments."""

from __future__ import annotations

__version__ = "0.1.0"
