"""What a home learns from the chain after it was restored, and what it destroys and finds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.client.holdings import Holdings
from ledger.client.returning import reconcile
from ledger.client.versionsecrets import PUBLISHING, open_secrets
from ledger.codes import ReasonCode
from ledger.envelope.binding import SecretKey
from ledger.errors import IntegrityError
from ledger.events import VersionWithdrawn
from ledger.models import Payload, ciphertext_size
from ledger.ports import Intent, Restoration
from tests.unit.chapters import activated
from tests.unit.office import Office, opened
from tests.unit.samples import DATA_KEY
from tests.unit.story import AIRPORTS, EMPLOYMENT, LABOUR, country, digest

OTHER_KEY = SecretKey(bytes(range(1, 33)))


@pytest.fixture
def labour(tmp_path: Path) -> Iterator[Office]:
    """Labour's home, which has no data key of the version that the country begins with."""
    with opened(country(), tmp_path) as office:
        yield office


def publishing(office: Office, name: str, **state: object) -> Intent:
    """A publication that isn't finished."""
    intent = office.store.intent(PUBLISHING, {"name": name})
    intent.save(**state)
    return intent


def unfinished(office: Office) -> set[str]:
    return {intent.key for intent in office.store.unfinished(PUBLISHING)}


# ------------------------------------------------------------------ encryption keys
def test_a_key_that_was_published_after_the_backup_gets_its_number(labour: Office) -> None:
    pending = labour.keys.keyset.pending
    reconcile(labour.session)
    assert labour.keys.keyset.keys == {}
    labour.publish_key(2)
    reconcile(labour.session)
    assert labour.keys.keyset.keys == {2: pending}
    assert labour.keys.keyset.pending is None


def test_a_key_whose_publication_broke_off_after_its_transaction_is_not_sent_twice(
    labour: Office,
) -> None:
    pending = labour.keys.keyset.pending
    labour.publish_key(2)
    assert labour.ledger.department.publish_key().number == 2
    assert labour.chain.sent == []
    assert labour.keys.keyset.keys == {2: pending}


# ------------------------------------------------------------------ data keys
def test_a_publication_that_the_backup_caught_gives_its_key_only_to_its_version(
    labour: Office,
) -> None:
    named = labour.publish(2)
    assert reconcile(labour.session).lost == ("labour/employment@1", "labour/employment@2")

    others = {
        publishing(labour, "not begun").key,
        publishing(labour, "a later one", dataset=1, version=3, key=labour.sealed(3).hex()).key,
        publishing(
            labour, "another key", dataset=1, version=2, key=labour.sealed(2, OTHER_KEY).hex()
        ).key,
    }
    assert reconcile(labour.session).lost == ("labour/employment@1", "labour/employment@2")
    assert labour.store.data_key(EMPLOYMENT, 2, named) is None

    publishing(labour, "this", dataset=1, version=2, key=labour.sealed(2).hex())
    assert reconcile(labour.session).lost == ("labour/employment@1",)
    sealed = labour.store.data_key(EMPLOYMENT, 2, named)
    assert sealed is not None
    assert open_secrets(labour.keys.keyset, sealed, EMPLOYMENT, 2).key == DATA_KEY
    assert unfinished(labour) == others


def test_what_was_erased_after_the_backup_is_destroyed_wherever_it_lies(labour: Office) -> None:
    named = labour.publish(2)
    labour.store.save_data_key(EMPLOYMENT, 2, named, labour.sealed(2))
    publishing(labour, "this", dataset=1, version=2, key=labour.sealed(2).hex())
    later = publishing(labour, "a later one", dataset=1, version=3, key=labour.sealed(3).hex())
    assert reconcile(labour.session).erased == ()

    labour.story.emit(
        VersionWithdrawn,
        dataset=EMPLOYMENT,
        owner=LABOUR,
        dataset_version=2,
        reason_code=int(ReasonCode.ERASURE),
        reason=digest("why"),
    )
    assert reconcile(labour.session).erased == ("labour/employment@2",)
    assert labour.store.data_key(EMPLOYMENT, 2, named) is None
    assert unfinished(labour) == {later.key}
    assert reconcile(labour.session).erased == ()


def test_a_fresh_archive_key_seals_what_is_being_published_too(labour: Office) -> None:
    former = labour.keys.keyset
    begun = publishing(labour, "begun", dataset=1, version=3, key=labour.sealed(3).hex())
    publishing(labour, "without a key yet", dataset=1, version=4)
    assert labour.ledger.department.replace_archive_key().data_keys == 0
    states = [dict(intent.state) for intent in labour.store.unfinished(PUBLISHING)]
    assert {"dataset": 1, "version": 4} in states
    (sealed,) = (bytes.fromhex(str(state["key"])) for state in states if "key" in state)
    assert open_secrets(labour.keys.keyset, sealed, EMPLOYMENT, 3).key == DATA_KEY
    with pytest.raises(IntegrityError):
        open_secrets(former, sealed, EMPLOYMENT, 3)
    assert begun.key in unfinished(labour)


# ------------------------------------------------------------------ what IPFS holds
def test_a_ciphertext_that_is_not_its_manifests_stops_a_backup(labour: Office) -> None:
    content = bytes(ciphertext_size(1000))
    cid = labour.ipfs.add_payload([content], "version 2")
    labour.publish(2, payload=Payload(cid=cid, size_bytes=len(content)))
    (found,) = Holdings(labour.session).ciphertexts()
    assert (found.version, b"".join(found.chunks)) == ("labour/employment@2", content)

    labour.ipfs.corrupt.add(cid)
    (found,) = Holdings(labour.session).ciphertexts()
    with pytest.raises(IntegrityError, match="ciphertext of labour/employment@2 in IPFS"):
        b"".join(found.chunks)


def test_a_home_that_was_not_admitted_holds_nothing(tmp_path: Path) -> None:
    story = country()
    with opened(story, tmp_path, "newcomer") as office:
        holdings = Holdings(office.session)
        assert list(holdings.records()) == list(holdings.ciphertexts()) == []


# ------------------------------------------------------------------ deliveries
def test_a_restored_home_receives_what_it_had_opened_and_opens_nothing_else_twice(
    tmp_path: Path,
) -> None:
    story = country()
    request = activated(story)
    story.register(AIRPORTS, "airports")
    story.publish(AIRPORTS, 1)
    other = activated(story, AIRPORTS)
    opened_before = story.open(request)
    with opened(story, tmp_path, "health") as office:
        office.store.backups().note_restored(
            Restoration(generation=1, created_at=1, restored_at=2, block=story.block), {}
        )
        assert office.ledger.transfers.open("labour/employment").transfer == opened_before.transfer
        assert office.chain.sent == []

        office.chain.contracts = lambda *_: [story.open(other)]
        assert office.ledger.transfers.open("labour/airports").transfer == 2
        assert [sent.function for sent in office.chain.sent] == ["open"]
