"""How good bytes are altered so that a parser reads on: by what they hold, not byte by byte."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from ledger.envelope.padding import pad, unpad
from ledger.errors import IntegrityError

Mutation = Callable[[random.Random, bytes, tuple[bytes, ...]], bytes]
"""Other bytes, made by chance from some bytes and from the target's seeds."""

_VALUES: tuple[object, ...] = (
    *(None, True, False, 0.5, 0, 1, -1, 255, 2**32 - 1, 2**32, 2**40, 2**53 - 1, 2**53, 10**30),
    *("", " ", "a", "a" * 32, "x" * 201, "é" * 128, "00" * 32, "0x" + "00" * 20, "AAAA", "AB=="),
    *("labour", "labour/employment", "a\u202eb", "a\nb", "a\0b", "../a", "^a+$", "2026-11-27"),
    *(
        [],
        {},
        [[]],
        [None],
        {"a": 1},
        json.loads("[" * 29 + "]" * 29),
        json.loads("[" * 33 + "]" * 33),
    ),
)
_CHARACTERS = 'aZ09-/.=+ \n\t\0"\\é\u200d\u202e\ue000\ufeff\U0001f600'


def written(value: Any) -> bytes:
    """JSON as records are written, but for exotic keys: for a fuzzer, `encode` is too slow."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.encode("utf-8", "surrogatepass")


def edited_json(draw: random.Random, data: bytes, seeds: tuple[bytes, ...]) -> bytes:
    """JSON with some members replaced, renamed, added or left out, mostly in canonical form."""
    whole = _json(draw, data if draw.random() < 0.6 else draw.choice(seeds), seeds)
    other = _json(draw, draw.choice(seeds), seeds)
    for _ in range(draw.choice((1, 1, 1, 2, 4))):
        places = list(_places(whole))
        if places:
            _edit(draw, *draw.choice(places), [*_places(other)])
    return written(whole) if draw.random() < 0.9 else json.dumps(whole).encode()


def edited_sealed(draw: random.Random, data: bytes, seeds: tuple[bytes, ...]) -> bytes:
    """The same of JSON that is padded, or isn't."""
    edited = edited_json(draw, data, seeds)
    return pad(edited) if draw.random() < 0.5 else edited


def edited_padding(draw: random.Random, data: bytes, seeds: tuple[bytes, ...]) -> bytes:
    """Padded content whose length, zeros or size were changed."""
    content = draw.randbytes(draw.choice((0, 1, 251, 252, 253, 300, 1020, 1021)))
    padded = bytearray(draw.choice((data, draw.choice(seeds), pad(content))))
    match draw.randrange(5):
        case 0:
            length = int.from_bytes(padded[:4], "big") + draw.choice((-256, -1, 1, 256, 1024))
            padded[:4] = (length % 2**32).to_bytes(4, "big")
        case 1 if padded:
            padded[draw.randrange(len(padded))] ^= draw.randrange(256)
        case 2:
            padded += bytes(draw.choice((1, 256, 768, 3072)))
        case 3:
            del padded[draw.choice((0, 3, 4, 5, 255, 256, 1023, 1024)) :]
    return bytes(padded)


def pieces(*known: bytes) -> Mutation:
    """Text into which pieces that mean something are put, over what is there or between it."""

    def edited(draw: random.Random, data: bytes, seeds: tuple[bytes, ...]) -> bytes:
        text = data if draw.random() < 0.7 else draw.choice(seeds)
        for _ in range(draw.randrange(1, 6)):
            piece = draw.choice(known) * draw.choice((1, 1, 1, 2, 40))
            start = draw.randrange(len(text) + 1)
            over = draw.choice((0, 0, len(piece), draw.randrange(8)))
            text = text[:start] + draw.choice((piece, piece, b"")) + text[start + over :]
        return text

    return edited


def blocks(size: int, first: int = 0, words: tuple[bytes, ...] = ()) -> Mutation:
    """Blocks of a size, after what comes first: changed, swapped, repeated, left out, foreign."""

    def edited(draw: random.Random, data: bytes, seeds: tuple[bytes, ...]) -> bytes:
        whole, other = (data if draw.random() < 0.7 else draw.choice(seeds)), draw.choice(seeds)
        head = whole[:first]
        mine, foreign = _blocks(whole[first:], size), _blocks(other[first:], size)
        for _ in range(draw.choice((1, 1, 2, 3))):
            at = draw.randrange(len(mine) + 1)
            with_one = [draw.choice([*foreign, *words, *mine, bytes(size)])]
            mine[at : at + draw.randrange(2)] = draw.choice((with_one, with_one, []))
        if draw.random() < 0.2:
            draw.shuffle(mine)
        if mine and draw.random() < 0.3:
            at = draw.randrange(len(mine))
            mine[at] = overwritten(draw, mine[at], seeds)
        return head + b"".join(mine)

    return edited


def overwritten(draw: random.Random, data: bytes, seeds: tuple[bytes, ...]) -> bytes:
    """As many bytes as before, some of them others."""
    changed = bytearray(data or draw.choice(seeds))
    for _ in range(draw.choice((1, 1, 2, 8))):
        piece = draw.choice((b"\0", b"\xff", b"\0" * 32, b"\xff" * 32, draw.randbytes(1)))
        piece = draw.choice((piece, piece, draw.randbytes(32)))[: len(changed)]
        start = draw.randrange(len(changed) - len(piece) + 1)
        changed[start : start + len(piece)] = piece
    return bytes(changed)


def of_lengths(*lengths: int) -> Mutation:
    """Bytes of a length that is looked at, some of them others."""

    def edited(draw: random.Random, data: bytes, seeds: tuple[bytes, ...]) -> bytes:
        whole = data if len(data) in lengths and draw.random() < 0.7 else draw.choice(seeds)
        return overwritten(draw, whole, seeds)

    return edited


def _json(draw: random.Random, data: bytes, seeds: tuple[bytes, ...]) -> Any:
    for each in (data, draw.choice(seeds), seeds[0]):
        with suppress(IntegrityError):
            each = unpad(each)
        with suppress(ValueError, RecursionError):
            value = json.loads(each)
            if isinstance(value, dict):
                return value
    return {}


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each member of each object and list in it, as what holds it and its name or number."""
    pending = [value]
    while pending:
        holder = pending.pop()
        names = list(holder) if isinstance(holder, dict) else range(len(holder))
        for name in names:
            yield holder, name
            if isinstance(holder[name], dict | list):
                pending.append(holder[name])


def _edit(draw: random.Random, holder: Any, name: Any, others: list[tuple[Any, Any]]) -> None:
    place, foreign = draw.choice(others) if others else ({"a": 0}, "a")
    # A copy: what is put in twice must not be altered in both places, nor hold itself.
    donated = json.loads(json.dumps(place[foreign]))
    match draw.randrange(8):
        case 0:
            del holder[name]
        case 1 if isinstance(holder, dict):
            holder[str(foreign)] = holder.pop(name)
        case 2 if isinstance(holder, dict):
            holder[str(foreign)] = donated
        case 2:
            holder.insert(name, donated)
        case 3:
            holder[name] = donated
        case 4:
            holder[name] = [holder[name]] * draw.choice((1, 2, 17))
        case _:
            holder[name] = _altered(draw, holder[name])


def _altered(draw: random.Random, value: Any) -> Any:
    if isinstance(value, str) and draw.random() < 0.7:
        start = draw.randrange(len(value) + 1)
        end = start + draw.choice((0, 1, 1, 1, 2, 8))
        # A neighbour of what is there is often of the same alphabet: hexadecimal, or a CID's.
        near = chr(ord(value[start]) ^ 1 << draw.randrange(5)) if start < len(value) else "a"
        return value[:start] + draw.choice((draw.choice(_CHARACTERS), near, near, "")) + value[end:]
    if isinstance(value, int) and abs(value) < 2**80 and draw.random() < 0.7:
        return draw.choice((value + 1, value - 1, -value, value * 2, value << 32, str(value)))
    if isinstance(value, list) and draw.random() < 0.7:
        return draw.choice((value + value, value[::-1], value[1:], sorted(value, key=str)))
    return json.loads(json.dumps(draw.choice(_VALUES)))


def _blocks(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]
