"""The fixed-width encodings that ciphertexts, wraps and derived keys are bound to."""

from __future__ import annotations

import hmac
import itertools
from collections.abc import Callable

import pytest

from ledger.envelope.binding import (
    LABELS,
    SecretKey,
    derive,
    disclosure_wrap_info,
    fresh_nonce,
    labelled,
    manifest_associated_data,
    nonce_associated_data,
    nonce_wrap_info,
    transfer_wrap_info,
    version_associated_data,
)
from ledger.errors import RecordError
from ledger.identifiers import Code
from ledger.models import PayloadKind
from tests.unit import samples

D, N = bytes([1]) * 32, bytes([2]) * 32
LABOUR, HEALTH = Code("labour"), Code("health")


def test_no_label_begins_another() -> None:
    for one, other in itertools.permutations(LABELS, 2):
        assert not other.startswith(one)


def test_an_unlisted_use_is_refused() -> None:
    with pytest.raises(ValueError, match="not a listed use"):
        labelled("something")


def test_associated_data_is_laid_out_as_documented() -> None:
    assert version_associated_data(D, LABOUR, Code("employment"), 3) == (
        b"sharing-ledger/v1/payload"
        + D
        + b"\x01"
        + b"labour".ljust(32, b"\0")
        + b"employment".ljust(32, b"\0")
        + b"\0\0\0\x03"
    )
    assert nonce_associated_data(D, PayloadKind.DOCUMENT, LABOUR, N) == (
        b"sharing-ledger/v1/payload" + D + b"\x02" + b"labour".ljust(32, b"\0") + N
    )


def test_wrap_info_is_laid_out_as_documented() -> None:
    assert transfer_wrap_info(D, 258, HEALTH, 2) == (
        b"sharing-ledger/v1/wrap/transfer"
        + D
        + b"\0\0\0\0\0\0\x01\x02"
        + b"health".ljust(32, b"\0")
        + b"\0\0\0\x02"
    )
    assert nonce_wrap_info(D, N, HEALTH, 2) == (
        b"sharing-ledger/v1/wrap/nonce" + D + N + b"health".ljust(32, b"\0") + b"\0\0\0\x02"
    )
    assert disclosure_wrap_info(D, 258, HEALTH, 2) == (
        b"sharing-ledger/v1/wrap/disclosure"
        + D
        + b"\0\0\0\0\0\0\x01\x02"
        + b"health".ljust(32, b"\0")
        + b"\0\0\0\x02"
    )


def test_a_manifest_is_bound_to_its_version_or_to_its_nonce() -> None:
    version, derived = samples.manifest(), samples.derived()
    slug = Code("employment")
    assert manifest_associated_data(D, version) == version_associated_data(D, LABOUR, slug, 3)
    assert manifest_associated_data(D, derived) == nonce_associated_data(
        D, PayloadKind.DERIVED, LABOUR, samples.NONCE
    )


@pytest.mark.parametrize("missing", ["dataset", "version"])
def test_a_manifest_that_names_neither_version_nor_nonce_is_bound_to_nothing(missing: str) -> None:
    manifest = samples.manifest().model_copy(update={missing: None})
    with pytest.raises(RecordError, match="neither a version nor a nonce"):
        manifest_associated_data(D, manifest)


def test_derivation_is_rfc_5869_with_an_empty_salt() -> None:
    key = SecretKey(bytes(range(32)))
    extracted = hmac.digest(b"", key.value, "sha256")
    expected = hmac.digest(extracted, b"sharing-ledger/v1/receipt" + D + b"\x01", "sha256")
    assert derive(key, "receipt", D).value == expected
    assert derive(key, "receipt", N).value != expected


@pytest.mark.parametrize(
    "call",
    [
        lambda: version_associated_data(b"short", LABOUR, LABOUR, 1),
        lambda: nonce_associated_data(D, PayloadKind.DOCUMENT, LABOUR, b"short"),
        lambda: nonce_associated_data(D, PayloadKind.VERSION, LABOUR, N),
        lambda: nonce_wrap_info(D, b"short", HEALTH, 1),
        lambda: nonce_associated_data(b"short", PayloadKind.DOCUMENT, LABOUR, N),
        lambda: nonce_wrap_info(b"short", N, HEALTH, 1),
        lambda: transfer_wrap_info(b"", 1, HEALTH, 1),
        lambda: disclosure_wrap_info(b"", 1, HEALTH, 1),
    ],
)
def test_a_field_of_another_width_is_refused(call: Callable[[], bytes]) -> None:
    with pytest.raises(ValueError, match=r"expected 32 bytes|bound to its number"):
        call()


def test_nonces_are_fresh() -> None:
    assert len({fresh_nonce() for _ in range(10)}) == 10
    assert len(fresh_nonce()) == 32
