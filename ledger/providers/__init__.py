"""Providers: what a home configures to answer its services' queries, each a database or a program.

Question and answer are about people: neither is in a message, a log or a traceback of this package.
"""

from __future__ import annotations

from ledger.providers.configured import ConfiguredProviders

__all__ = ["ConfiguredProviders"]
