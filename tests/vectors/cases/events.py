"""Every event as a log, logs that no contract writes, and rolling hashes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from eth_abi.abi import encode as abi_encode
from eth_hash.auto import keccak

from ledger.events import EVENTS, EventType
from tests.vectors.cases.case import Case, Json, bad, drawn, good
from tests.vectors.reference import code32

NOW = 1_790_000_000
INTEGRITY = "IntegrityError"
_NAMED: dict[str, Any] = {
    "code": code32("labour"),
    "name": code32("employment"),
    "slug": code32("employment"),
    "group": code32("municipal-health"),
    "approvals": 2,
    "capabilities": 6,
    "public_key": b"".join(drawn("public key", number) for number in range(38)),
}


MEMBER = ("DepartmentAdmitted", "AccountAdded", "KeyPublished", "StandingSet", "FindingPublished")

# Fields whose 0 means "none".
NOTHING: list[tuple[str, Json, str]] = [
    ("AccessRequested", {"offer": 0}, "under no offer"),
    ("OfferPublished", {"group": bytes(32), "purpose": 0}, "to any group, for any purpose"),
    ("HandoverProposed", {"successor": 0}, "taken back"),
    ("QueryOpened", {"consent": 0}, "without a consent"),
    ("TransferRefused", {"datasetVersion": 0}, "of a query"),
    ("TransferAttested", {"recall": 0}, "at the end of retention"),
    ("TransferAcknowledged", {"dataset": 0}, "of a document"),
    (
        "SubjectTagged",
        {"hiddenUntil": 0, "opening": bytes(32), "rulingCode": 0, "ruling": bytes(32)},
        "that isn't hidden",
    ),
]


def _value(kind: EventType, name: str, abi: str, number: int) -> Any:
    if name in _NAMED:
        return _NAMED[name]
    if abi == "bytes32":
        return drawn(kind.event.__name__, name)
    if abi == "address":
        return "0x" + drawn(kind.event.__name__, name)[:20].hex()
    if abi == "bool":
        return number % 2 == 0
    if abi == "uint8":
        return 1
    if abi == "uint40":
        return NOW + 1000 * number
    if abi.endswith("[]"):
        return [3, 9, 17]
    return number + 1


def _values(kind: EventType, changes: Json) -> list[Any]:
    return [
        changes.get(field.solidity_name, _value(kind, field.name, field.kind.abi, number))
        for number, field in enumerate(kind.fields)
    ]


def _written(kind: EventType, changes: Json | None = None, timestamp: int = NOW) -> Json:
    """The log of an event by eth_abi."""
    pairs = list(zip(kind.fields, _values(kind, changes or {}), strict=True))
    topics = [abi_encode([f.kind.abi], [value]) for f, value in pairs if f.indexed]
    rest = [(f.kind.abi, value) for f, value in pairs if not f.indexed]
    data = abi_encode([abi for abi, _ in rest], [value for _, value in rest])
    topic0 = keccak(kind.signature.encode())
    return {
        "contract": kind.event.CONTRACT,
        "timestamp": timestamp,
        "topics": [topic.hex() for topic in (topic0, *topics)],
        "data": data.hex(),
    }


def _kind(name: str) -> EventType:
    return next(kind for kind in EVENTS.values() if kind.event.__name__ == name)


def events() -> Iterator[Case]:
    """Each event once; each way in which a log is none."""
    for kind in EVENTS.values():
        yield good(kind.event.__name__, "event.read", _written(kind))
    for name, changes, what in NOTHING:
        yield good(f"{name} {what}", "event.read", _written(_kind(name), changes))
    suspended = _written(_kind("DepartmentSuspended"))
    admitted = _written(_kind("DepartmentAdmitted"))
    key = _written(_kind("KeyPublished"))
    added = _written(_kind("AccountAdded"))
    requested = _written(_kind("AccessRequested"))
    refused = _written(_kind("TransferRefused"))
    declared = _kind("SourcesDeclared")
    sources = _written(declared)
    zero, one = "00" * 32, f"{1:064x}"

    def word(log: Json, index: int, value: str) -> Json:
        words = [log["data"][at : at + 64] for at in range(0, len(log["data"]), 64)]
        words[index] = value
        return {**log, "data": "".join(words)}

    def topic(log: Json, index: int, value: str) -> Json:
        topics = [*log["topics"][:index], value, *log["topics"][index + 1 :]]
        return {**log, "topics": topics}

    order = [field.name for field in _kind("AccessRequested").fields if not field.indexed]
    for log, why in (
        ({**suspended, "topics": []}, "no topics"),
        ({**suspended, "topics": [drawn("topic").hex()]}, "an unknown topic"),
        ({**suspended, "contract": "TransferLog"}, "another contract's event"),
        ({**suspended, "topics": suspended["topics"][:1]}, "a topic less"),
        ({**suspended, "topics": [*suspended["topics"], one]}, "a topic more"),
        ({**suspended, "data": suspended["data"][:-64]}, "a word less"),
        ({**suspended, "data": suspended["data"] + zero}, "a word more"),
        ({**suspended, "data": suspended["data"][:-2]}, "a byte less"),
        (topic(suspended, 1, zero), "department 0"),
        (topic(suspended, 1, f"{2**32:064x}"), "a department beyond 32 bits"),
        (topic(suspended, 1, one[2:]), "a topic of 31 bytes"),
        (word(suspended, 0, f"{2**16:064x}"), "a reason beyond 16 bits"),
        (word(suspended, 1, zero), "no digest"),
        (topic(admitted, 2, code32("Labour").hex()), "a code with a capital"),
        (topic(admitted, 2, zero), "an empty code"),
        (word(admitted, 0, zero), "account 0"),
        (word(admitted, 0, "01" * 32), "an account of more than 20 bytes"),
        (word(added, 0, f"{8:064x}"), "an unknown capability"),
        (word(added, 0, zero), "no capability"),
        (word(requested, order.index("all_fields"), f"{2:064x}"), "a boolean of 2"),
        (word(requested, order.index("valid_until"), f"{2**40:064x}"), "a time beyond 40 bits"),
        (word(requested, order.index("respond_by"), zero), "no time"),
        (word(refused, 1, zero), "refused without a cause"),
        (word(refused, 1, f"{200:064x}"), "an unknown cause"),
        (word(key, 1, f"{32 * 4:064x}"), "a key in another place"),
        (word(key, 3, f"{1215:064x}"), "a key shorter than it says"),
        (word(key, 3, f"{2**64:064x}"), "a key of endless length"),
        ({**key, "data": key["data"][:-64]}, "a key that is cut"),
        ({**key, "data": key["data"] + zero * 300}, "8 KiB and more"),
        (_written(declared, {"sources": []}), "made of nothing"),
        (_written(declared, {"sources": list(range(1, 18))}), "17 sources"),
        (_written(declared, {"sources": [0]}), "source 0"),
        (word(sources, 0, f"{64:064x}"), "a list in another place"),
        (word(sources, 1, f"{4:064x}"), "a list shorter than it says"),
        (word(sources, 1, f"{2**60:064x}"), "a list of endless length"),
        (_written(_kind("TransferOpened"), {"kind": 0}), "a transfer of no kind"),
        (_written(_kind("TransferOpened"), {"kind": 5}), "an unknown kind"),
        (_written(_kind("ConsentRecorded"), {"consent": 0}), "consent 0"),
        (_written(_kind("SubjectTagged"), {"tag": bytes(32)}), "no tag"),
    ):
        yield bad(f"log: {why}", "event.read", log, why, INTEGRITY)


def heads() -> Iterator[Case]:
    """The heads after some events, as the contracts compute them."""
    document = {"dataset": 0, "receiver": 7}
    stories: dict[str, list[tuple[str, Json]]] = {
        "an admission": [("DepartmentAdmitted", {})],
        "a member's events": [(name, {}) for name in MEMBER],
        "a request": [("AccessRequested", {}), ("GrantActivated", {}), ("GrantRevoked", {})],
        "a transfer": [(f"Transfer{name}", {}) for name in ("Opened", "Released", "Acknowledged")],
        "two equal events": [("TransferRefused", {}), ("TransferRefused", {})],
        "a document, which is its receiver's": [
            ("DocumentSent", {"receiver": 7}),
            ("TransferAcknowledged", document),
            ("TransferAttested", document),
        ],
        "a consent": [("ConsentRecorded", {}), ("ConsentWithdrawn", {})],
        "every event": [(kind.event.__name__, {}) for kind in EVENTS.values()],
    }
    for title, story in stories.items():
        logs = [
            _written(_kind(name), changed, NOW + at) for at, (name, changed) in enumerate(story)
        ]
        yield good(f"heads of {title}", "heads.replay", {"logs": logs}, {"heads": _heads(story)})


def _heads(story: list[tuple[str, Json]]) -> dict[str, str]:
    found: dict[str, bytes] = {}
    for at, (name, changes) in enumerate(story):
        kind = _kind(name)
        values = _values(kind, changes)
        numbers = {f.name: value for f, value in zip(kind.fields, values, strict=True)}
        field = next(name for name in kind.head_fields if numbers[name])
        of = "dataset" if field == "dataset" else "member"
        key = f"{kind.event.CONTRACT}/{of}/{numbers[field]}"
        abis = ["bytes32", "bytes32", "uint256", *(f.kind.abi for f in kind.fields)]
        topic0 = keccak(kind.signature.encode())
        head = [found.get(key, bytes(32)), topic0, NOW + at, *values]
        found[key] = keccak(abi_encode(abis, head))
    return {key: head.hex() for key, head in sorted(found.items())}
