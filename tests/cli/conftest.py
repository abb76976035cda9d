"""Fixtures of the command line's tests."""

from tests.country import country, seeded_testnet

__all__ = ["country", "seeded_testnet"]
