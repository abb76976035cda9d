"""From a revert's data, as Ganache, anvil and others wrap them, to a `ContractError`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.address import to_checksum_address

from ledger.chain.contracts import Parameter, Signature, decode_arguments, known_errors
from ledger.chain.endpoint import RpcError
from ledger.chain.quantities import MAX_DATA_BYTES
from ledger.chain.sentences import SENTENCES
from ledger.codes import Labelled, PayloadKind
from ledger.errors import ContractError, NodeError, RecordError
from ledger.events import Capability, GrantState, RefusalCause, TransferState
from ledger.events.states import State
from ledger.identifiers import decode_code, shown

_ERROR: Final = bytes.fromhex("08c379a0")  # Error(string)
_PANIC: Final = bytes.fromhex("4e487b71")  # Panic(uint256)
_LABELLED: Final[Mapping[str, type[State | Labelled]]] = {
    "enum GrantState": GrantState,
    "enum PayloadKind": PayloadKind,
    "enum RefusalCause": RefusalCause,
    "enum TransferState": TransferState,
}
_TEXTS: Final = frozenset({"code", "group", "name", "slug"})
_CAPABILITIES: Final = frozenset({"capabilities", "neededCapabilities"})


def revert_data(error: RpcError) -> bytes | None:
    """The data of the revert that a node reports; None where it reports something else.

    anvil and geth give the data as text, Ganache as text (`eth_call`) or in an object
    (`eth_estimateGas`), or without any for a bare `revert()`.
    """
    found = error.data
    if isinstance(found, dict):
        found = found.get("result", found.get("data"))
    # Some nodes put words before the data.
    text = found.rpartition(" ")[2] if isinstance(found, str) else ""
    if text.startswith("0x") and len(text) <= 2 + 2 * MAX_DATA_BYTES:
        try:
            return bytes.fromhex(text[2:])
        except ValueError:
            return None
    return b"" if "revert" in error.reason.lower() else None


def refusal(data: bytes) -> ContractError:
    """The error that a revert's data stand for, in words."""
    selector, arguments = data[:4], data[4:]
    try:
        if not data:
            return ContractError("the contract refused without a reason", name="")
        if selector == _ERROR:
            (text,) = decode(["string"], arguments)
            return ContractError(
                f"the contract refused: {shown(text, 200)}", name="Error", arguments={"text": text}
            )
        if selector == _PANIC:
            (code,) = decode(["uint256"], arguments)
            return ContractError(
                f"the contract stopped at an internal error ({code:#04x})",
                name="Panic",
                arguments={"code": code},
                hint="this is a defect of the contract: report it",
            )
        known = known_errors().get(selector)
        if known is not None:
            return _named(known, decode_arguments(known, arguments))
    except (DecodingError, NodeError, OverflowError, ValueError):
        pass
    return ContractError(
        f"the contract refused with an error that this program doesn't know: 0x{selector.hex()}",
        name=f"0x{selector.hex()}",
    )


def _named(error: Signature, values: Mapping[str, Any]) -> ContractError:
    sentence = SENTENCES[error.name]
    spoken = {each.name: _spoken(each, values[each.name]) for each in error.inputs}
    plain = {each.name: _plain(each, values[each.name]) for each in error.inputs}
    return ContractError(
        sentence.text, name=error.name, arguments=plain, hint=sentence.hint, spoken=spoken
    )


def _plain(parameter: Parameter, value: Any) -> object:
    """An argument as JSON can hold it."""
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    return to_checksum_address(value) if parameter.type == "address" else value


def _spoken(parameter: Parameter, value: Any) -> str:
    """An argument as a sentence says it."""
    if parameter.type == "uint40":
        return _utc(value)
    if parameter.solidity in _LABELLED:
        return _label(_LABELLED[parameter.solidity], value)
    if parameter.name in _CAPABILITIES:
        names = [str(each.name) for each in Capability if each & value]
        return " or ".join(names) or str(value)
    if parameter.name in _TEXTS:
        try:
            return decode_code(value)
        except RecordError:
            return shown(value.rstrip(b"\0").decode("latin-1"))
    return str(_plain(parameter, value))


def _label(kinds: type[State | Labelled], value: int) -> str:
    return kinds(value).label if value in {each.value for each in kinds} else str(value)


def _utc(seconds: int) -> str:
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (OverflowError, ValueError, OSError):
        return f"second {seconds}"
