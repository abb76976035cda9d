"""From logs to events and back, strictly: the table of events, decoding, the rolling hashes.

Own code instead of eth_abi (a test's oracle here): it has to refuse whatever isn't the one
encoding that a contract writes, and has to load fast.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, Literal, NamedTuple, get_type_hints

from eth_hash.auto import keccak

from ledger.errors import IntegrityError, RecordError
from ledger.events import consents, datasets, departments, grants, transfers
from ledger.events.base import Event, Position
from ledger.events.wire import INDEXED, WORD_BYTES, Kind
from ledger.identifiers import ContractName

ZERO_HEAD: Final = bytes(32)
"""The head before the first event."""

# The contracts bound every argument: the largest event is KeyPublished, with a 1,216-byte key.
_MAX_DATA_BYTES: Final = 8192


class HeadKey(NamedTuple):
    """One rolling hash: of a contract, over what concerns one dataset or one member alone."""

    contract: ContractName
    kind: Literal["dataset", "member"]
    number: int


@dataclass(frozen=True, slots=True)
class EventField:
    """One field of an event, by its Python name."""

    name: str
    kind: Kind
    indexed: bool

    @property
    def solidity_name(self) -> str:
        """The name in the ABI (`releaseBy`)."""
        first, *rest = self.name.split("_")
        return first + "".join(part.capitalize() for part in rest)


@dataclass(frozen=True, slots=True)
class EventType:
    """How one event looks in a log."""

    event: type[Event]
    fields: tuple[EventField, ...]
    topic0: bytes
    head_fields: tuple[str, ...]
    """The first of these fields that isn't 0 says which head it extends."""

    @property
    def signature(self) -> str:
        """The canonical signature (`AuditorAppointed(uint32)`)."""
        return _signature(self.event, self.fields)


def decode(at: Position, topics: Sequence[bytes], data: bytes) -> Event:
    """The event that a log is, when it is exactly what the contract `at.contract` writes.

    Raises:
        IntegrityError: an unknown topic, another contract's event, a wrong number of topics, data
            too long or too short, or a field whose value or encoding cannot be.
    """
    kind = EVENTS.get(bytes(topics[0])) if topics else None
    if kind is None:
        raise IntegrityError(f"log at {at} of {at.contract} is none of the ledger's events")
    name = kind.event.__name__
    if at.contract != kind.event.CONTRACT:
        raise IntegrityError(
            f"log at {at} is {name}, an event of {kind.event.CONTRACT}, "
            f"but {at.contract} emitted it"
        )
    try:
        values = _read(kind, topics[1:], data)
    except (ValueError, RecordError) as error:
        raise IntegrityError(f"{name} at {at} of {at.contract} is malformed: {error}") from error
    return kind.event(at=at, **values)


def type_of(event: Event) -> EventType:
    """How this event looks in a log."""
    return _BY_CLASS[type(event)]


def encode(event: Event) -> tuple[tuple[bytes, ...], bytes]:
    """The topics and the data of the log that `decode` reads as this event."""
    kind = type_of(event)
    topics = [f.kind.write(getattr(event, f.name)) for f in kind.fields if f.indexed]
    rest = [(f.kind, f.kind.write(getattr(event, f.name))) for f in kind.fields if not f.indexed]
    return (kind.topic0, *topics), _abi_encode(rest)


def extend_head(head: bytes, event: Event) -> bytes:
    """The next head: `keccak256(abi.encode(head, topic0, timestamp, fields…))` (`IEventHeads`)."""
    kind = type_of(event)
    parts = [(_WORD, head), (_WORD, kind.topic0), (_WORD, _word(event.at.timestamp))]
    parts += [(f.kind, f.kind.write(getattr(event, f.name))) for f in kind.fields]
    return bytes(keccak(_abi_encode(parts)))


def head_of(event: Event) -> HeadKey:
    """The head that this event extends: its dataset's, or, where it has none, a member's."""
    numbers = ((name, getattr(event, name)) for name in type_of(event).head_fields)
    field, number = next(found for found in numbers if found[1] != 0)
    return HeadKey(event.CONTRACT, "dataset" if field == "dataset" else "member", number)


def _read(kind: EventType, topics: Sequence[bytes], data: bytes) -> dict[str, Any]:
    indexed = [field for field in kind.fields if field.indexed]
    if len(topics) != len(indexed):
        raise ValueError(f"it has {len(topics) + 1} topics, expected {len(indexed) + 1}")
    rest = [field for field in kind.fields if not field.indexed]
    contents = [
        *zip(indexed, topics, strict=True),
        *zip(rest, _abi_decode(rest, data), strict=True),
    ]
    values = {}
    for field, content in contents:
        if not field.kind.dynamic and len(content) != WORD_BYTES:
            raise ValueError(f"{field.name} has {len(content)} bytes, expected {WORD_BYTES}")
        try:
            values[field.name] = field.kind.read(bytes(content))
        except (ValueError, RecordError) as error:
            raise ValueError(f"{field.name} {error}") from error
    return values


def _abi_decode(wanted: Sequence[EventField], data: bytes) -> list[bytes]:
    """Split data into one content a field; only the encoding that `_abi_encode` writes is read."""
    head_bytes = WORD_BYTES * len(wanted)
    if not head_bytes <= len(data) <= _MAX_DATA_BYTES:
        raise ValueError(f"it has {len(data)} bytes of data, expected {head_bytes}")
    contents = [data[i : i + WORD_BYTES] for i in range(0, head_bytes, WORD_BYTES)]
    end = head_bytes
    for index, field in enumerate(wanted):
        if field.kind.dynamic:
            if contents[index] != _word(end):
                raise ValueError(f"{field.name} is not where it has to be")
            length = int.from_bytes(data[end : end + WORD_BYTES], "big")
            size = length * field.kind.unit_bytes
            start, end = end + WORD_BYTES, end + WORD_BYTES + _padded(size)
            contents[index] = data[start : start + size]
            if end > len(data) or any(data[start + size : end]):
                raise ValueError(f"{field.name} is cut off or wrongly padded")
    if end != len(data):
        raise ValueError(f"it has {len(data)} bytes of data, expected {end}")
    return contents


def _abi_encode(parts: Iterable[tuple[Kind, bytes]]) -> bytes:
    """`abi.encode` of contents (Solidity contract ABI): words in place, dynamic ones behind."""
    listed = list(parts)
    head, tail = [], b""
    for kind, content in listed:
        if kind.dynamic:
            head.append(_word(WORD_BYTES * len(listed) + len(tail)))
            tail += _word(len(content) // kind.unit_bytes)
            tail += content.ljust(_padded(len(content)), b"\0")
        else:
            head.append(content)
    return b"".join(head) + tail


def _word(number: int) -> bytes:
    return number.to_bytes(WORD_BYTES, "big")


def _padded(size: int) -> int:
    return -(-size // WORD_BYTES) * WORD_BYTES


def _event_type(event: type[Event]) -> EventType:
    hints = get_type_hints(event, include_extras=True)
    found = []
    for field in fields(event):
        if field.name != "at":
            marks = hints[field.name].__metadata__
            kind = next(mark for mark in marks if isinstance(mark, Kind))
            found.append(EventField(field.name, kind, INDEXED in marks))
    names = {field.name for field in found}
    head_fields = tuple(name for name in _HEAD_FIELDS if name in names)
    topic0 = bytes(keccak(_signature(event, found).encode("ascii")))
    return EventType(event, tuple(found), topic0, head_fields)


def _signature(event: type[Event], of: Sequence[EventField]) -> str:
    return f"{event.__name__}({','.join(field.kind.abi for field in of)})"


# A dataset before its parties; of a document, which has none, the receiver.
_HEAD_FIELDS: Final = ("dataset", "department", "agency", "receiver")

_WORD: Final = Kind("bytes32", bytes, bytes)

_BY_CLASS: Final[dict[type[Event], EventType]] = {
    event: _event_type(event)
    for event in (
        departments.DepartmentAdmitted,
        departments.DepartmentSuspended,
        departments.DepartmentReinstated,
        departments.AuditorAppointed,
        departments.AuditorRemoved,
        departments.GroupMemberSet,
        departments.ScorecardPublished,
        departments.StandingSet,
        departments.FindingPublished,
        departments.AdminResetAnnounced,
        departments.AdminResetVetoed,
        departments.HandoverProposed,
        departments.HandoverAccepted,
        departments.DeploymentRetired,
        departments.AccountAdded,
        departments.AccountRemoved,
        departments.KeyPublished,
        departments.KeyRetired,
        departments.DeadlinesSet,
        datasets.SpecificationPublished,
        datasets.SpecificationDeprecated,
        datasets.NeedPublished,
        datasets.NeedWithdrawn,
        datasets.DatasetRegistered,
        datasets.DatasetEdited,
        datasets.DatasetWithdrawn,
        datasets.VersionPublished,
        datasets.VersionWithdrawn,
        consents.ConsentRecorded,
        consents.ConsentWithdrawn,
        grants.OfferPublished,
        grants.OfferRetired,
        grants.AccessRequested,
        grants.ApprovalRecorded,
        grants.GrantActivated,
        grants.RequestCountered,
        grants.CounterAccepted,
        grants.RequestReturned,
        grants.RequestResubmitted,
        grants.RequestRefused,
        grants.RequestWithdrawn,
        grants.RequestEscalated,
        grants.AccessOrdered,
        grants.RefusalUpheld,
        grants.GrantExtended,
        grants.GrantSuspended,
        grants.GrantResumed,
        grants.GrantRevoked,
        transfers.TransferOpened,
        transfers.QueryOpened,
        transfers.TransferRefused,
        transfers.TransferReleased,
        transfers.SubjectTagged,
        transfers.SubjectRevealed,
        transfers.DocumentSent,
        transfers.TransferDeclined,
        transfers.TransferAcknowledged,
        transfers.TransferDisputed,
        transfers.KeyDisclosed,
        transfers.TransferSettled,
        transfers.SourcesDeclared,
        transfers.VersionRecalled,
        transfers.TransferAttested,
    )
}

EVENTS: Final[dict[bytes, EventType]] = {kind.topic0: kind for kind in _BY_CLASS.values()}
"""Every event of the ledger, by topic 0."""
