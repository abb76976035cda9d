"""The archive key: replaced without losing what it sealed, whenever a crash comes."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.client.versionsecrets import VersionSecrets, open_secrets, seal_secrets
from ledger.envelope.binding import SecretKey
from ledger.envelope.keyset import Keyset
from ledger.errors import InputError, IntegrityError
from ledger.identifiers import Code
from ledger.keystore import AskOnce, HomeKeys, Passphrase, create_keyset

DIGEST = bytes(32)
LABOUR = Code("labour")


def test_both_keys_open_and_the_fresh_one_seals_until_the_former_is_gone() -> None:
    before, key = Keyset.generate(), VersionSecrets(SecretKey.generate(), bytes(32))
    old = seal_secrets(before, key, 1, 2)
    both = before.with_fresh_archive()
    new = seal_secrets(both, key, 1, 2)
    for sealed in (old, new):
        assert open_secrets(both, sealed, 1, 2) == key
    after = both.without_former()
    assert open_secrets(after, new, 1, 2) == key
    for keyset, sealed in ((after, old), (before, new)):
        with pytest.raises(IntegrityError):
            open_secrets(keyset, sealed, 1, 2)
    with pytest.raises(IntegrityError):
        open_secrets(both, old, 1, 3)


def test_a_change_that_was_begun_is_gone_on_with() -> None:
    both = Keyset.generate().with_fresh_archive()
    assert both.with_fresh_archive() == both


def test_the_former_key_is_kept_with_the_others() -> None:
    both = Keyset.generate().numbered(1).with_fresh_archive()
    assert Keyset.from_bytes(both.to_bytes()) == both
    for changed in (both.with_pending(), both.without(1)):
        assert (changed.archive, changed.former) == (both.archive, both.former)
    waiting = both.with_pending()
    assert waiting.pending is not None
    assert waiting.without(1).pending == waiting.pending
    assert both.former is not None
    assert both.former.value.hex() not in repr(both)


def home_keys(folder: Path) -> HomeKeys:
    return HomeKeys(
        folder / "keyset.json",
        AskOnce(lambda: Passphrase("secret")),
        department=LABOUR,
        deployment_digest=DIGEST,
    )


def test_nobody_replaces_the_key_while_somebody_seals_or_copies(tmp_path: Path) -> None:
    create_keyset(
        tmp_path / "keyset.json",
        Passphrase("secret"),
        department=LABOUR,
        deployment_digest=DIGEST,
        scrypt_n=2**10,
    )
    publisher, copier, officer = (home_keys(tmp_path) for _ in range(3))
    with (
        publisher.held(),
        copier.held(),
        pytest.raises(InputError, match="is in use"),
        officer.held(exclusively=True),
    ):
        pass
    with officer.held(exclusively=True):
        pass
    assert (tmp_path / "archive.lock").stat().st_mode & 0o777 == 0o600


def test_what_a_block_raises_is_not_taken_for_the_lock_s(tmp_path: Path) -> None:
    with pytest.raises(BlockingIOError), home_keys(tmp_path).held():
        raise BlockingIOError
    with home_keys(tmp_path).held(exclusively=True):
        pass
