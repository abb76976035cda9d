"""Fixtures of more than one folder of tests."""

from tests.country import country, seeded_testnet
from tests.postgresql import location, postgresql

__all__ = ["country", "location", "postgresql", "seeded_testnet"]
