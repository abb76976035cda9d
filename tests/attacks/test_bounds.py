"""Arguments that are larger, longer or stranger than they may be."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.errors import ContractError, InputError
from tests.attacks.modified import act
from tests.country import Country

pytestmark = pytest.mark.integration

DIGEST = b"\x33" * 32
ADDRESS = "0x000000000000000000000000000000000000dEaD"
FILE = (1, 1, False, False)


def named(text: bytes) -> bytes:
    return text.ljust(32, b"\0")


BAD_NAMES = {
    "empty": bytes(32),
    "capitals": named(b"Labour"),
    "a space": named(b"la bour"),
    "a slash": named(b"labour/x"),
    "a zero inside": named(b"la\0bour"),
    "a letter that looks like another": named("l\N{CYRILLIC SMALL LETTER A}bour".encode()),
    "no zero after it, but 0xff": b"labour".ljust(32, b"\xff"),
}
TOO_MUCH: dict[str, tuple[str, str, str, str, tuple[Any, ...], str]] = {
    "a key of another length": (
        "labour", "admin", "DepartmentRegistry", "publishKey", (2, b"\1" * 1217),
        "KeyLengthInvalid",
    ),
    "a megabyte of key": (
        "labour", "admin", "DepartmentRegistry", "publishKey", (2, b"\1" * 100_000),
        "KeyLengthInvalid",
    ),
    "nine standings": (
        "agency", "officer", "DepartmentRegistry", "publishScorecard",
        (DIGEST, [(4, 1)] * 9), "TooManyStandings",
    ),
    "seventeen sources": (
        "labour", "officer", "TransferLog", "declareSources", (2, 1, list(range(1, 18))),
        "TooManySources",
    ),
    "a reason without a record": (
        "labour", "officer", "AccessGrants", "refuse", (3, (40, bytes(32))), "ReasonMissing",
    ),
    "a consent signature that is none": (
        "labour", "agent", "ConsentRegistry", "record",
        ((2, 3, 5, 4_000_000_000, DIGEST), b"\1" * 64), "",
    ),
}  # fmt: skip
NO_NUMBERS = {
    "more than 40 bits of time": ("AccessGrants", "extend", (2, 2**40)),
    "a negative number": ("AccessGrants", "withdraw", (-1,)),
    "more than 32 bits of number": ("DatasetRegistry", "withdraw", (2**32, (40, DIGEST))),
    "a digest of 33 bytes": ("DatasetRegistry", "publishVersion", (2, 2, DIGEST + b"\1")),
}


@pytest.mark.parametrize("name", list(BAD_NAMES))
def test_names_that_could_be_mistaken_for_others_are_refused(country: Country, name: str) -> None:
    bad = BAD_NAMES[name]
    for code, contract, function, arguments, error in (
        ("agency", "DepartmentRegistry", "admit", (bad, ADDRESS, DIGEST), "CodeInvalid"),
        ("labour", "DatasetRegistry", "register", (bad, 0, FILE, DIGEST), "SlugInvalid"),
    ):
        with pytest.raises(ContractError) as refused:
            act(country.world.department(code), "officer", contract, function, *arguments)
        assert refused.value.name == error


@pytest.mark.parametrize("what", list(TOO_MUCH))
def test_more_than_the_bounds_is_refused(country: Country, what: str) -> None:
    code, account, contract, function, arguments, error = TOO_MUCH[what]
    before = country.state().last
    with pytest.raises(ContractError) as refused:
        act(country.world.department(code), account, contract, function, *arguments)
    assert refused.value.name == error or not error
    assert country.state().last == before


@pytest.mark.parametrize("what", list(NO_NUMBERS))
def test_what_does_not_fit_its_type_never_leaves_the_client(country: Country, what: str) -> None:
    contract, function, arguments = NO_NUMBERS[what]
    with pytest.raises(InputError):
        act(country.world.department("labour"), "officer", contract, function, *arguments)
