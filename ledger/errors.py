"""The errors that this package raises on purpose, as one tree; nothing else may be put here.

    LedgerError                 1   base of all; anything unexpected
    ├─ ToolchainError           1   a program that is needed cannot be obtained
    ├─ DiskFull                 1   no space is left where something had to be written
    ├─ ProviderError            1   what answers a service's queries failed, for now
    ├─ InputError               2   wrong input: usage, unknown name
    │   ├─ NotFound                 unknown name or number
    │   ├─ SpecificationBroken      rows or columns against the specification
    │   ├─ WrongPassphrase
    │   ├─ FileChanged              a file changed or vanished while it was read
    │   └─ ConfigError              no home, bad configuration, no account for the capability
    ├─ RefusedError             3   refused by the ledger's rules
    │   └─ ContractError            a revert with a named custom error
    ├─ IntegrityError           4   a hash, commitment, seal or signature did not match
    │   ├─ RecordError              a record is not what its type says
    │   └─ RecordUnavailable        a record could not be fetched; treated as absent
    ├─ NodeError                5   node unreachable, stale or wrong
    │   ├─ NodeUnreachable
    │   ├─ WrongChain               chain id, genesis or code differ from the deployment file
    │   └─ StaleHead
    └─ WaitTimeout              6   waiting ended; nothing is lost, run again

The number is the exit code of the command line (design, section 8).
"""

# The names are the drawn ones: ToolchainError beside DiskFull, which says it all.
# ruff: noqa: N818

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar


class LedgerError(Exception):
    """Base of every error of this package: `str()` is what was wrong, `hint` what to do next."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message


class ToolchainError(LedgerError):
    """A program that is needed cannot be found, built or run."""


class DiskFull(LedgerError):
    """No space is left where something had to be written."""


class ProviderError(LedgerError):
    """What answers a service's queries failed; the message shows neither question nor answer."""


class InputError(LedgerError):
    """The input is wrong: usage, an unknown name, a value out of range."""

    exit_code = 2


class NotFound(InputError):
    """No department, dataset, request or transfer has this name or number."""


class SpecificationBroken(InputError):
    """Rows or columns do not follow the specification; `problems` lists how, one line each."""

    def __init__(self, message: str, *, problems: Sequence[str], hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.problems = tuple(problems)


class WrongPassphrase(InputError):
    """The passphrase does not open the key store."""


class FileChanged(InputError):
    """A file changed or vanished while it was being read."""


class ConfigError(InputError):
    """There is no home, its configuration is wrong, or it lacks an account for the capability."""


class RefusedError(LedgerError):
    """The ledger's rules refuse this."""

    exit_code = 3


class ContractError(RefusedError):
    """A contract reverted with the custom error `name` and its named `arguments`.

    Where `spoken` is given, message and hint have placeholders for it: the arguments in words.
    """

    def __init__(
        self,
        message: str,
        *,
        name: str,
        arguments: Mapping[str, object] | None = None,
        hint: str | None = None,
        spoken: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.name = name
        self.arguments = dict(arguments or {})
        self._sentence = None if spoken is None else (message, hint, spoken)
        self.speak({})

    def speak(self, names: Mapping[str, str]) -> None:
        """Say the arguments that `names` has by these names, where they are said at all."""
        if self._sentence is not None:
            message, hint, spoken = self._sentence
            words = {**spoken, **names}
            self.message = message.format_map(words)
            self.hint = hint and hint.format_map(words)


class IntegrityError(LedgerError):
    """A hash, commitment, seal or signature did not match."""

    exit_code = 4


class RecordError(IntegrityError):
    """A record is not what its type says."""


class RecordUnavailable(IntegrityError):
    """A record could not be fetched and is treated as absent."""


class NodeError(LedgerError):
    """A node is unreachable, stale or wrong."""

    exit_code = 5


class NodeUnreachable(NodeError):
    """No node answers."""


class WrongChain(NodeError):
    """The node's chain id, genesis or contract code differ from the deployment file."""


class StaleHead(NodeError):
    """The node's latest final block is too old to act upon."""


class WaitTimeout(LedgerError):
    """Waiting ended before the condition held; nothing is lost and the command can run again."""

    exit_code = 6
