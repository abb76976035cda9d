"""The package's public names: this list changes only on purpose."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import ledger
from ledger import errors

ERRORS = {
    name
    for name, found in vars(errors).items()
    if inspect.isclass(found) and issubclass(found, errors.LedgerError)
}
NAMES = {
    "Agent",
    "Auditor",
    "Because",
    "Deployment",
    "Home",
    "Ledger",
    "Purpose",
    "ReasonCode",
    "SharingClass",
    "opened_auditor",
    "opened_ledger",
}


def test_the_public_names_are_these() -> None:
    assert set(ledger.__all__) == NAMES | ERRORS
    assert list(ledger.__all__) == sorted(ledger.__all__)


@pytest.mark.parametrize("name", sorted(NAMES | ERRORS))
def test_a_public_name_can_be_imported(name: str) -> None:
    assert getattr(ledger, name).__name__ == name


def test_any_other_name_is_none_of_the_package() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Blockchain'"):
        _ = ledger.Blockchain  # type: ignore[attr-defined]


def test_importing_the_package_loads_nothing_of_it() -> None:
    probe = (
        "import ledger, sys; print([name for name in sys.modules if name.startswith('ledger.')])"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
