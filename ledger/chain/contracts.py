"""The contracts' ABIs: calls encoded, results and custom errors decoded."""

from __future__ import annotations

import json
import re
from collections import namedtuple
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final, Self, cast

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError, EncodingError, ParseError
from eth_hash.auto import keccak
from eth_utils.address import to_checksum_address

from ledger.chain.quantities import nonsense
from ledger.deployment import CONTRACTS
from ledger.errors import InputError, LedgerError, NodeError

_SELECTOR_BYTES: Final = 4
_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True)
class Parameter:
    """One input or output: its ABI type, its name, and the name of its type in Solidity."""

    type: str
    name: str
    solidity: str
    parts: tuple[Parameter, ...] = ()
    """A struct's members."""

    @classmethod
    def read(cls, entry: Mapping[str, Any]) -> Self:
        """Read a parameter of a JSON ABI."""
        parts = tuple(cls.read(part) for part in entry.get("components", ()))
        kind = str(entry["type"])
        if parts:
            kind = "(" + ",".join(part.type for part in parts) + ")" + kind.removeprefix("tuple")
        return cls(kind, str(entry["name"]), str(entry.get("internalType", kind)), parts)


@dataclass(frozen=True)
class Signature:
    """A function, constructor or custom error."""

    name: str
    inputs: tuple[Parameter, ...]
    outputs: tuple[Parameter, ...] = ()

    @property
    def selector(self) -> bytes:
        """The first four bytes of calls, or of revert data."""
        kinds = ",".join(parameter.type for parameter in self.inputs)
        return bytes(keccak(f"{self.name}({kinds})".encode())[:_SELECTOR_BYTES])


class ContractAbi:
    """One contract as `ledger/abi` has it."""

    def __init__(self, artifact: Mapping[str, Any]) -> None:
        self.name = str(artifact["contractName"])
        self.bytecode = bytes.fromhex(artifact["bytecode"].removeprefix("0x"))
        self.functions = _signatures(artifact["abi"], "function")
        self.errors = {
            error.selector: error for error in _signatures(artifact["abi"], "error").values()
        }
        constructors = _signatures(artifact["abi"], "constructor")
        self._constructor = constructors.get("", Signature("", ()))
        self._runtime = bytes.fromhex(artifact["deployedBytecode"].removeprefix("0x"))
        self._immutables = [
            (int(place["start"]), int(place["length"])) for place in artifact["immutableReferences"]
        ]

    def encode_call(self, function: str, arguments: Sequence[object]) -> bytes:
        """The data of a call.

        Raises:
            InputError: an argument doesn't fit its type.
        """
        signature = self._function(function)
        return signature.selector + self._encode(signature, arguments)

    def encode_deployment(self, arguments: Sequence[object]) -> bytes:
        """The data of the transaction that creates the contract.

        Raises:
            InputError: an argument doesn't fit its type.
        """
        return self.bytecode + self._encode(self._constructor, arguments)

    def decode_result(self, function: str, result: bytes) -> Any:
        """What a view returned: None, one value, or a named tuple; structs are named tuples too.

        Raises:
            NodeError: the node's answer isn't what the function returns.
        """
        outputs = self._function(function).outputs
        try:
            values = decode([output.type for output in outputs], result)
        except (DecodingError, OverflowError, ValueError) as error:
            raise nonsense(f"{self.name}.{function} returns something else") from error
        named = [_named(output, value) for output, value in zip(outputs, values, strict=True)]
        if len(named) < 2:
            return named[0] if named else None
        return _tuple(function, [output.name for output in outputs], named)

    def has_runtime(self, code: bytes) -> bool:
        """Whether `code` is this contract's, whatever its immutables were set to."""
        return len(code) == len(self._runtime) and self._masked(code) == self._masked(self._runtime)

    def _masked(self, code: bytes) -> bytes:
        masked = bytearray(code)
        for start, length in self._immutables:
            masked[start : start + length] = bytes(length)
        return bytes(masked)

    def _function(self, name: str) -> Signature:
        if name not in self.functions:
            raise LedgerError(f"the contract {self.name} has no function {name}")
        return self.functions[name]

    def _encode(self, signature: Signature, arguments: Sequence[object]) -> bytes:
        try:
            return encode([parameter.type for parameter in signature.inputs], list(arguments))
        except (EncodingError, ParseError, TypeError, ValueError) as error:
            expected = ", ".join(f"{p.type} {p.name}" for p in signature.inputs) or "nothing"
            raise InputError(
                f"{self.name}.{signature.name or 'constructor'} cannot be called with these "
                f"arguments: {error}; expected {expected}"
            ) from error


@cache
def contract_abi(name: str) -> ContractAbi:
    """The ABI of one of the ledger's contracts.

    Raises:
        LedgerError: the package lacks it.
    """
    try:
        text = (files("ledger") / "abi" / f"{name}.json").read_text(encoding="utf-8")
        return ContractAbi(json.loads(text))
    except (OSError, ValueError, KeyError) as error:
        raise LedgerError(
            f"the artifact of the contract {name} is missing or damaged",
            hint="install the package again",
        ) from error


@cache
def known_errors() -> Mapping[bytes, Signature]:
    """The custom errors of all contracts by selector: one contract passes on another's."""
    return {
        selector: error
        for name in CONTRACTS
        for selector, error in contract_abi(name).errors.items()
    }


def decode_arguments(error: Signature, arguments: bytes) -> dict[str, Any]:
    """The named arguments of a custom error.

    Raises:
        NodeError: the data aren't its arguments.
    """
    try:
        values = decode([parameter.type for parameter in error.inputs], arguments)
    except (DecodingError, OverflowError, ValueError) as problem:
        raise NodeError(
            f"the arguments of the contract's error {error.name} are malformed"
        ) from problem
    return {parameter.name: value for parameter, value in zip(error.inputs, values, strict=True)}


def _signatures(abi: Sequence[Mapping[str, Any]], kind: str) -> dict[str, Signature]:
    return {
        str(entry.get("name", "")): Signature(
            str(entry.get("name", "")),
            tuple(Parameter.read(each) for each in entry.get("inputs", ())),
            tuple(Parameter.read(each) for each in entry.get("outputs", ())),
        )
        for entry in abi
        if entry["type"] == kind
    }


def _named(parameter: Parameter, value: Any) -> Any:
    if parameter.type == "address":
        return to_checksum_address(value)
    if not parameter.parts or parameter.type.endswith("]"):
        return value
    parts = [_named(part, each) for part, each in zip(parameter.parts, value, strict=True)]
    struct = parameter.solidity.rpartition(".")[2].removeprefix("struct ")
    return _tuple(struct, [part.name for part in parameter.parts], parts)


def _tuple(name: str, fields: Sequence[str], values: Sequence[Any]) -> Any:
    return _tuple_type(name, tuple(map(_snake_case, fields)))(*values)


@cache
def _tuple_type(name: str, fields: tuple[str, ...]) -> Any:
    return cast("Any", namedtuple(name, fields, rename=True))


def _snake_case(name: str) -> str:
    return _WORD_START.sub("_", name).lower()
