"""What a member that guesses can test its guesses against: nothing that is public."""

from __future__ import annotations

import hashlib
import hmac
from itertools import combinations
from pathlib import Path

import pytest

from ledger.models import Manifest
from ledger.provenance import Transfer
from tests.country import EMPLOYMENT, Country

pytestmark = pytest.mark.integration


def manifest(country: Country, version: int) -> Manifest:
    dataset = country.state().dataset("labour/employment")
    session = country.world.department("interior").session
    return session.fetch_record(Manifest, dataset.version(version).manifest)


def test_the_same_content_twice_looks_like_two_contents(country: Country) -> None:
    """Who has the content can't tell by commitments, ciphertext or address that it is published."""
    again = country.ledger("dataset publish labour/employment --again", EMPLOYMENT, as_="labour")
    assert again.code == 0, again
    first, second = manifest(country, 1), manifest(country, 2)
    assert first.plaintext_size_bytes == second.plaintext_size_bytes
    assert first.payload.cid != second.payload.cid
    assert first.encryption.key_commitment != second.encryption.key_commitment
    assert first.encryption.content_commitment != second.encryption.content_commitment


def test_receipts_tell_nobody_what_was_received(country: Country) -> None:
    """Two receipts of one version differ, and none is what public values and a guess make."""
    country.approved()
    for code in ("health", "statistics"):
        with country.world.running_agent("labour"):
            ledger = country.world.department(code)
            ledger.transfers.fetch("labour/employment", Path(f"{code}.csv"))
    state = country.state()
    found = [one for one in state.transfers.values() if one.dataset == 2 and one.receipt_tag]
    assert len(found) >= 2
    tags = [one.receipt_tag for one in found]
    assert len(set(tags)) == len(tags)
    content = hashlib.sha256(EMPLOYMENT.read_bytes()).digest()
    for one in found:
        assert one.receipt_tag not in guesses(country, one, content)


def guesses(country: Country, transfer: Transfer, content: bytes) -> set[bytes]:
    """Every HMAC of what a member knows of a transfer under a key that it knows."""
    wrap, named = transfer.wrap, transfer.manifest
    assert wrap is not None
    assert named is not None
    record = manifest(country, 1).encryption
    known = [wrap, named, content, record.key_commitment, record.content_commitment, bytes(32)]
    known.append(country.world.department("interior").session.deployment)
    return {
        hmac.digest(key, b"".join(parts), "sha256")
        for key in known
        for size in (1, 2)
        for parts in combinations(known, size)
    }
