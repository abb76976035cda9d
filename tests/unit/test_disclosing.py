"""Disclosing a disputed payload's key and judging by it, over in-memory twins."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.client import disclosing
from ledger.codes import ReasonCode
from ledger.envelope.arbitration import Party, Verdict
from ledger.envelope.binding import disclosure_wrap_info
from ledger.envelope.wrap import wrap_key
from ledger.errors import RefusedError
from ledger.events import KeyDisclosed, TransferDisputed, TransferReleased
from ledger.records import digest as digest_of
from tests.unit import samples
from tests.unit.chapters import activated
from tests.unit.office import NEWCOMER, Office, opened
from tests.unit.samples import CID, DATA_KEY
from tests.unit.story import AGENCY, AUDIT, EMPLOYMENT, HEALTH, country, digest, of

ARBITERS = ("agency", "audit-office", "department-5")


@pytest.fixture
def labour(tmp_path: Path) -> Iterator[Office]:
    """Labour's home; `labour/employment@2` is published."""
    story = country()
    story.admit(NEWCOMER)
    with opened(story, tmp_path) as office:
        office.publish(2)
        yield office


def dispute(office: Office, released: TransferReleased) -> None:
    reason = samples.reason(department="health", code=ReasonCode.CORRUPT, arbiters=ARBITERS)
    office.story.emit(
        TransferDisputed,
        **of(released),
        reason_code=int(ReasonCode.CORRUPT),
        reason=office.put(reason),
    )


def disputed(office: Office) -> None:
    """The version as health had it, and disputes it."""
    story = office.story
    manifest = office.session.state().datasets[EMPLOYMENT].version(2).manifest
    dispute(office, story.release(story.open(activated(story), 2), manifest=manifest))


def disclose(office: Office, arbiter: int, key_number: int, wrap: bytes) -> KeyDisclosed:
    return office.story.emit(
        KeyDisclosed,
        transfer=1,
        dataset=EMPLOYMENT,
        arbiter=arbiter,
        receiver=HEALTH,
        key_number=key_number,
        wrap=wrap,
    )


def test_what_cannot_be_disclosed_is_said_before_anything_is(labour: Office) -> None:
    disputed(labour)
    transfers = labour.ledger.transfers
    with pytest.raises(RefusedError, match="department-5 has no encryption key to wrap to"):
        transfers.disclose(1, "department-5")
    with pytest.raises(RefusedError, match="the data key of transfer 1 is not in this home"):
        transfers.disclose(1, "audit-office")
    assert labour.chain.sent == []
    assert labour.store.unfinished("transfer disclose") == []


def test_a_disclosure_that_the_arbiter_cannot_open_is_made_again(labour: Office) -> None:
    disputed(labour)
    manifest = labour.session.state().datasets[EMPLOYMENT].version(2).manifest
    labour.store.save_data_key(EMPLOYMENT, 2, manifest, labour.sealed(2))
    labour.story.publish_key(AGENCY, 1)
    # To another one, and to this one with a wrap that is nowhere.
    disclose(labour, AGENCY, 1, digest("wrap to the agency"))
    disclose(labour, AUDIT, 1, digest("a lost wrap"))
    labour.chain.contracts = lambda function, transfer, arbiter, number, wrap: [
        disclose(labour, arbiter, number, wrap)
    ]
    made = labour.ledger.transfers.disclose(1, "audit-office")
    assert not made.already
    assert [sent.function for sent in labour.chain.sent] == ["disclose"]
    again = labour.ledger.transfers.disclose(1, "audit-office")
    assert (again.already, again.wrap) == (True, made.wrap)
    assert len(labour.chain.sent) == 1


def test_other_bytes_than_a_derived_payload_decide_nothing(
    labour: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The arbiter's node has other bytes, and gets the disclosed key while it waits."""
    story = labour.story
    version = labour.session.state().datasets[EMPLOYMENT].version(2)
    derived = samples.derived(version=2, derived_from=version.manifest)
    opened_by_health = story.open(activated(story, all_fields=False), 2)
    dispute(labour, story.release(opened_by_health, manifest=labour.put(derived)))
    labour.ipfs.content[CID] = bytes(derived.payload.size_bytes)

    with opened(story, tmp_path, "audit-office", ipfs=labour.ipfs) as audit:
        pending = audit.keys.keyset.pending
        assert pending is not None
        audit.publish_key(2)
        audit.keys.keyset = audit.keys.keyset.numbered(2)
        info = disclosure_wrap_info(audit.session.deployment, 1, audit.ledger.code, 2)
        wrapped = wrap_key(pending.public_key, DATA_KEY, info)
        disclose(labour, AUDIT, 2, digest_of(wrapped))

        waited = []

        def arrives(pause_s: float) -> None:
            waited.append(pause_s)
            audit.ipfs.put_block(wrapped)

        monkeypatch.setattr(disclosing.time, "sleep", arrives)
        found = audit.ledger.transfers.arbitrate(1)
    assert len(waited) == 1
    assert (found.verdict, found.favours) == (Verdict.OTHER_CIPHERTEXT, Party.NOBODY)
    assert found.settlement is None
