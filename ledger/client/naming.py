"""What transfers, recalls and refusals are of, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Final

from ledger.errors import ContractError, LedgerError
from ledger.identifiers import DatasetId, DepartmentId
from ledger.provenance import LedgerState, Recall, Transfer

DEPARTMENTS: Final = frozenset({"arbiter", "department", "owner", "receiver", "requester"})
DATASETS: Final = frozenset({"dataset"})
"""The arguments of the contracts' errors that are numbers of departments, and of datasets."""


@contextmanager
def naming(state: Callable[[], LedgerState]) -> Iterator[None]:
    """Have what the contracts refuse in this block say departments and datasets by their names."""
    try:
        yield
    except ContractError as error:
        # Without a node that answers, the numbers have to do.
        with suppress(LedgerError):
            error.speak(_names(state(), error.arguments))
        raise


def _names(state: LedgerState, arguments: Mapping[str, object]) -> dict[str, str]:
    """The names of the departments and datasets among an error's arguments, by argument."""
    found: dict[str, str] = {}
    for argument, number in arguments.items():
        if argument in DEPARTMENTS and isinstance(number, int):
            department = state.departments.get(DepartmentId(number))
            found |= {argument: department.code} if department else {}
        elif argument in DATASETS and isinstance(number, int):
            dataset = state.datasets.get(DatasetId(number))
            found |= {argument: dataset.name} if dataset else {}
    return found


def recalled_name(state: LedgerState, recall: Recall) -> str:
    """The version that a recall is of: `labour/employment@3`."""
    return f"{state.datasets[recall.dataset].name}@{recall.version}"


def delivered_name(state: LedgerState, transfer: Transfer) -> str:
    """What a transfer delivers: `labour/employment@3`, a service's answer, or a document."""
    if transfer.dataset is None:
        return "a document"
    name = state.datasets[transfer.dataset].name
    return name if transfer.version is None else f"{name}@{transfer.version}"
