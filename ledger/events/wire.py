"""How each kind of event field is encoded (Solidity contract ABI), and the annotations that say so.

Reading is stricter than general ABI decoders: a value has exactly one encoding, and numbers that
the contracts never emit (an id of 0, a fourth member of three) are refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated, Any, Final, TypeVar

from ledger.codes import PayloadKind
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
    ConsentId,
    DatasetId,
    DepartmentId,
    Digest,
    GrantId,
    KeyNumber,
    NeedId,
    OfferId,
    RecallId,
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
    unit_bytes: int = 0
    """What the length of a dynamic kind counts: single bytes, or words; 0 of a static kind."""

    @property
    def dynamic(self) -> bool:
        """Whether its content stands behind the words of the others, with its length."""
        return self.unit_bytes > 0


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


def _list_of(kind: Kind, *, least: int, most: int) -> Kind:
    def read(content: bytes) -> tuple[Any, ...]:
        words = [content[i : i + WORD_BYTES] for i in range(0, len(content), WORD_BYTES)]
        if not least <= len(words) <= most:
            raise ValueError(f"has {len(words)} entries, expected {least} to {most}")
        return tuple(kind.read(word) for word in words)

    def write(values: Any) -> bytes:
        return b"".join(kind.write(value) for value in values)

    return Kind(f"{kind.abi}[]", read, write, unit_bytes=WORD_BYTES)


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


def _read_group(word: bytes) -> Code | None:
    return decode_code(word) if any(word) else None


def _write_group(group: Code | None) -> bytes:
    return bytes(WORD_BYTES) if group is None else encode_code(group)


_ID32 = _number(32, least=1)
_ID64 = _number(64, least=1)
_ANY32 = _number(32)

MAX_SOURCES: Final = 16
"""From how many transfers a version may be declared to be made (`ITransferLog`)."""

DepartmentField = Annotated[DepartmentId, _ID32]
DatasetField = Annotated[DatasetId, _ID32]
GrantField = Annotated[GrantId, _ID32]
OfferField = Annotated[OfferId, _ID32]
TransferField = Annotated[TransferId, _ID64]
NeedField = Annotated[NeedId, _ID32]
ConsentField = Annotated[ConsentId, _ID32]
RecallField = Annotated[RecallId, _ID32]
VersionField = Annotated[VersionNumber, _ID32]
KeyField = Annotated[KeyNumber, _ID32]
CountField = Annotated[int, _ID32]
SourcesField = Annotated[tuple[TransferId, ...], _list_of(_ID64, least=1, most=MAX_SOURCES)]

# Numbers of which 0 says that there is none.
MaybeDepartmentField = Annotated[DepartmentId, _ANY32]
MaybeDatasetField = Annotated[DatasetId, _ANY32]
"""0: of a document."""
MaybeVersionField = Annotated[VersionNumber, _ANY32]
"""0: of a query."""
MaybeOfferField = Annotated[OfferId, _ANY32]
MaybeConsentField = Annotated[ConsentId, _ANY32]
MaybeRecallField = Annotated[RecallId, _ANY32]
AttemptedGrantField = Annotated[GrantId, _ANY32]
"""The grant that an attempt named, which need not exist."""

CodeField = Annotated[Code, Kind("bytes32", decode_code, encode_code)]
GroupField = Annotated[Code | None, Kind("bytes32", _read_group, _write_group)]
"""A group's name, or None for any department."""
DigestField = Annotated[Digest, Kind("bytes32", _read_digest, bytes)]
WordField = Annotated[bytes, Kind("bytes32", bytes, bytes)]
"""Any 32 bytes."""
AddressField = Annotated[Address, Kind("address", _read_address, _write_address)]
BytesField = Annotated[bytes, Kind("bytes", bytes, bytes, unit_bytes=1)]
FlagField = Annotated[bool, _boolean()]
TimeField = Annotated[int, _number(40, least=1)]
"""Block time, in seconds since 1970."""
MaybeTimeField = Annotated[int, _number(40)]
PeriodField = Annotated[int, _number(32)]
"""A period in seconds."""
ApprovalsField = Annotated[int, _number(8, least=1, most=2)]
StandingField = Annotated[int, _number(8)]
PurposeField = Annotated[int, _number(16)]
"""A purpose's number; `ledger.codes.Purpose` names the known ones."""
ReasonField = Annotated[int, _number(16)]
"""A reason's number; `ledger.codes.ReasonCode` names the known ones."""

CapabilitiesField = Annotated[Capability, _capabilities()]
SharingField = Annotated[SharingClass, _member(SharingClass)]
DatasetKindField = Annotated[DatasetKind, _member(DatasetKind)]
BasisField = Annotated[GrantBasis, _member(GrantBasis)]
PayloadKindField = Annotated[PayloadKind, _member(PayloadKind, least=1)]
CauseField = Annotated[RefusalCause, _member(RefusalCause, least=1)]
