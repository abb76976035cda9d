"""Fixtures of more than one folder of tests."""

from tests.country import country, seeded_testnet

__all__ = ["country", "seeded_testnet"]
