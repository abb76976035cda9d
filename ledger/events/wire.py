"""How each kind of event field is encoded (Solidity contract ABI), and the annotations that say so.

Reading is stricter than general ABI decoders: a value has exactly one encoding, and numbers that
the contracts never emit (an id of 0, a fourth member of three) are refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated, Any, Final, TypeVar

from ledger.events.states import (
    Capability,
    DatasetKind,
    GrantBasis,
    RefusalCause,
    SharingClass,
)
from ledger.identifiers import (
    Address,
    Code,
    DatasetId,
    DepartmentId,
    Digest,
    GrantId,
    KeyNumber,
    TransferId,
    VersionNumber,
    decode_code,
    encode_code,
    parse_address,
)

WORD_BYTES: Final = 32
_ADDRESS_BYTES: Final = 20


@dataclass(frozen=True, slots=True)
class Kind:
    """A field's ABI type, its reading and its writing; `read` raises `ValueError`.

    A static kind is one 32-byte word; a dynamic one is the bare content, whose length and padding
    the codec handles.
    """

    abi: str
    read: Callable[[bytes], Any]
    write: Callable[[Any], bytes]
    dynamic: bool = False


class _Indexed:
    """Marks a field that is a topic of its log."""


INDEXED: Final = _Indexed()

T = TypeVar("T")
Indexed = Annotated[T, INDEXED]


def _number(bits: int, *, least: int = 0, most: int | None = None) -> Kind:
    largest = 2**bits - 1 if most is None else most

    def read(word: bytes) -> int:
        value = int.from_bytes(word, "big")
        if not least <= value <= largest:
            raise ValueError(f"is {value:#x}, expected {least} to {largest}")
        return value

    return Kind(f"uint{bits}", read, lambda value: int(value).to_bytes(WORD_BYTES, "big"))


def _member(of: type[IntEnum], *, least: int = 0) -> Kind:
    number = _number(8, least=least, most=max(of))
    return Kind("uint8", lambda word: of(number.read(word)), number.write)


def _capabilities() -> Kind:
    number = _number(8, least=1, most=7)
    return Kind("uint8", lambda word: Capability(number.read(word)), number.write)


def _boolean() -> Kind:
    number = _number(8, most=1)
    return Kind("bool", lambda word: bool(number.read(word)), number.write)


def _read_digest(word: bytes) -> Digest:
    if not any(word):
        raise ValueError("is zero, expected a digest")
    return Digest(word)


def _read_address(word: bytes) -> Address:
    padding, account = word[:-_ADDRESS_BYTES], word[-_ADDRESS_BYTES:]
    if any(padding) or not any(account):
        raise ValueError(f"is 0x{word.hex()}, expected the 20 bytes of an account")
    return parse_address(f"0x{account.hex()}")


def _write_address(address: Address) -> bytes:
    return bytes.fromhex(address.removeprefix("0x")).rjust(WORD_BYTES, b"\0")


_ID32 = _number(32, least=1)

DepartmentField = Annotated[DepartmentId, _ID32]
DatasetField = Annotated[DatasetId, _ID32]
GrantField = Annotated[GrantId, _ID32]
TransferField = Annotated[TransferId, _number(64, least=1)]
VersionField = Annotated[VersionNumber, _ID32]
KeyField = Annotated[KeyNumber, _ID32]
CountField = Annotated[int, _ID32]

AttemptedGrantField = Annotated[GrantId, _number(32)]
"""The grant that an attempt named, which need not exist."""

CodeField = Annotated[Code, Kind("bytes32", decode_code, encode_code)]
DigestField = Annotated[Digest, Kind("bytes32", _read_digest, bytes)]
AddressField = Annotated[Address, Kind("address", _read_address, _write_address)]
BytesField = Annotated[bytes, Kind("bytes", bytes, bytes, dynamic=True)]
FlagField = Annotated[bool, _boolean()]
TimeField = Annotated[int, _number(40, least=1)]
"""Block time, in seconds since 1970."""
PeriodField = Annotated[int, _number(32)]
"""A period in seconds."""
ApprovalsField = Annotated[int, _number(8, least=1, most=2)]
PurposeField = Annotated[int, _number(16)]
"""A purpose's number; `ledger.codes.Purpose` names the known ones."""
ReasonField = Annotated[int, _number(16)]
"""A reason's number; `ledger.codes.ReasonCode` names the known ones."""

CapabilitiesField = Annotated[Capability, _capabilities()]
SharingField = Annotated[SharingClass, _member(SharingClass)]
DatasetKindField = Annotated[DatasetKind, _member(DatasetKind)]
BasisField = Annotated[GrantBasis, _member(GrantBasis)]
CauseField = Annotated[RefusalCause, _member(RefusalCause, least=1)]
