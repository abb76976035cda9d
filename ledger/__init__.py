"""A permissioned ledger for data-sharing provenance between government departments.

The package's public names, each loaded when it is first used; the command line and the test
network (`ledger.testing`) are used as programs and fixtures.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ledger.agent import Agent
    from ledger.auditor import Auditor
    from ledger.client import Because, Ledger
    from ledger.codes import Purpose, ReasonCode
    from ledger.config import Home
    from ledger.deployment import Deployment
    from ledger.errors import (
        ConfigError,
        ContractError,
        DiskFull,
        FileChanged,
        InputError,
        IntegrityError,
        LedgerError,
        NodeError,
        NodeUnreachable,
        NotFound,
        ProviderError,
        RecordError,
        RecordUnavailable,
        RefusedError,
        SpecificationBroken,
        StaleHead,
        ToolchainError,
        WaitTimeout,
        WrongChain,
        WrongPassphrase,
    )
    from ledger.events import SharingClass
    from ledger.opening import opened_auditor, opened_ledger

__version__ = "0.1.0"

__all__ = [
    "Agent",
    "Auditor",
    "Because",
    "ConfigError",
    "ContractError",
    "Deployment",
    "DiskFull",
    "FileChanged",
    "Home",
    "InputError",
    "IntegrityError",
    "Ledger",
    "LedgerError",
    "NodeError",
    "NodeUnreachable",
    "NotFound",
    "ProviderError",
    "Purpose",
    "ReasonCode",
    "RecordError",
    "RecordUnavailable",
    "RefusedError",
    "SharingClass",
    "SpecificationBroken",
    "StaleHead",
    "ToolchainError",
    "WaitTimeout",
    "WrongChain",
    "WrongPassphrase",
    "opened_auditor",
    "opened_ledger",
]

_ELSEWHERE = {
    "Agent": "ledger.agent",
    "Auditor": "ledger.auditor",
    "Because": "ledger.client",
    "Deployment": "ledger.deployment",
    "Home": "ledger.config",
    "Ledger": "ledger.client",
    "Purpose": "ledger.codes",
    "ReasonCode": "ledger.codes",
    "SharingClass": "ledger.events",
    "opened_auditor": "ledger.opening",
    "opened_ledger": "ledger.opening",
}

# Type checkers read the imports above; to them this would make every name a good one.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Load a public name; whatever isn't listed elsewhere is an error."""
        if name not in __all__:
            raise AttributeError(f"module 'ledger' has no attribute {name!r}")
        return getattr(import_module(_ELSEWHERE.get(name, "ledger.errors")), name)
