"""Fixtures of the attacks."""

from tests.country import country, seeded_testnet

__all__ = ["country", "seeded_testnet"]
