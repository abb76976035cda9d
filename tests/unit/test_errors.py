"""The tree of errors: exit codes, and that it is the tree that the docstring draws."""

from __future__ import annotations

import inspect
import re

import pytest

from ledger import errors
from ledger.errors import (
    ConfigError,
    ContractError,
    DiskFull,
    InputError,
    IntegrityError,
    LedgerError,
    NodeError,
    RecordUnavailable,
    RefusedError,
    SpecificationBroken,
    WaitTimeout,
    WrongChain,
)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (LedgerError, 1),
        (DiskFull, 1),
        (InputError, 2),
        (ConfigError, 2),
        (RefusedError, 3),
        (IntegrityError, 4),
        (RecordUnavailable, 4),
        (NodeError, 5),
        (WrongChain, 5),
        (WaitTimeout, 6),
    ],
)
def test_every_class_of_error_has_its_exit_code(kind: type[LedgerError], code: int) -> None:
    assert kind.exit_code == code


def test_an_error_prints_as_its_message_and_keeps_its_hint() -> None:
    error = InputError("it is wrong", hint="do this")
    assert (str(error), error.hint) == ("it is wrong", "do this")


def test_a_contract_error_names_the_revert_and_its_arguments() -> None:
    error = ContractError("too late", name="DeadlinePassed", arguments={"deadline": 7})
    assert (error.name, error.arguments, error.exit_code) == ("DeadlinePassed", {"deadline": 7}, 3)


def test_a_broken_specification_lists_its_problems() -> None:
    assert SpecificationBroken("2 rows", problems=["row 1", "row 2"]).problems == ("row 1", "row 2")


def test_the_docstring_draws_every_error_once() -> None:
    drawn = re.findall(r"^[ │├└─]*([A-Z][A-Za-z]+)", errors.__doc__ or "", re.MULTILINE)
    defined = [
        name
        for name, kind in vars(errors).items()
        if inspect.isclass(kind) and issubclass(kind, LedgerError)
    ]
    assert sorted(set(drawn) & set(defined)) == sorted(defined)
    assert len([name for name in drawn if name in defined]) == len(defined)
