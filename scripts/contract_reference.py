"""Writes docs/contracts.md from interfaces, artifacts and the test that walks every state.

With --check, fails when it is out of date.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_hash.auto import keccak

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "contracts.md"
CONTRACTS = (
    "DepartmentRegistry",
    "DatasetRegistry",
    "ConsentRegistry",
    "AccessGrants",
    "TransferLog",
)
INTRODUCTION = """# Contracts: calls, events, errors, states

Written by `scripts/contract_reference.py` from `contracts/interfaces/`, the compiled artifacts and
the test that walks every state; a test fails when it is out of date. What all of it is for is
section 5 of [the specification](spec.md).

Ids are numbers from 1. A reason is its code and the digest of its record. In the tables of events ✻
marks indexed fields; the rolling hash takes all fields in this order.
"""
STATES = ROOT / "contracts" / "test" / "States.t.sol"
LETTERS = {
    "R": "Requested", "A": "Active", "C": "Countered", "S": "Suspended", "T": "Returned",
    "V": "Revoked", "F": "Refused", "W": "Withdrawn", "E": "Escalated", "O": "Ordered",
    "U": "Upheld", "-": "·", "d": "`ResponseNotYetDue`", "e": "`GrantHasExpired`",
    "l": "`CounterHasLapsed`", "o": "`GrantIsOrdered`",
}  # fmt: skip
STEP_LETTERS = {
    "O": "Opened", "R": "Released", "A": "Acknowledged", "D": "Declined", "P": "Disputed",
    "S": "Settled", "-": "·", "c": "`CuredAlready`", "k": "`KindUnexpected`", "m": "`TagMismatch`",
}  # fmt: skip


@dataclass(frozen=True)
class Declared:
    """A declaration of an interface with its NatSpec."""

    kind: str
    name: str
    says: str


def declarations(source: str) -> Iterator[Declared]:
    """Every event, error and function, in order."""
    comment: list[str] = []
    for line in source.splitlines():
        text = line.strip()
        if text.startswith("///"):
            comment.append(text.removeprefix("///").strip())
            continue
        if found := re.match(r"(event|error|function|struct|interface) (\w+)", text):
            yield Declared(found[1], found[2], " ".join(comment))
        if text:
            comment = []


def natspec(says: str) -> str:
    """A comment as Markdown: names of events and constants as code."""
    plain = re.sub(r"@(notice|dev|title) ?", "", says)
    return re.sub(r"\{(\w+)\}", r"`\1`", plain).strip().replace("|", "\\|")


def typed(parameter: dict[str, Any], *, marked: bool = False) -> str:
    """A parameter as the ABI has it, tuples written out."""
    kind = parameter["type"]
    if kind.startswith("tuple"):
        parts = ", ".join(typed(part) for part in parameter["components"])
        kind = f"({parts}){kind.removeprefix('tuple')}"
    star = "✻" if marked and parameter.get("indexed") else ""
    return f"{kind} {parameter['name']}{star}".strip()


def signature(entry: dict[str, Any]) -> str:
    """What the selector or the topic is the hash of."""

    def kinds(parameters: list[dict[str, Any]]) -> str:
        found = []
        for one in parameters:
            kind = one["type"]
            if kind.startswith("tuple"):
                kind = f"({kinds(one['components'])}){kind.removeprefix('tuple')}"
            found.append(kind)
        return ",".join(found)

    return f"{entry['name']}({kinds(entry['inputs'])})"


def contract(name: str) -> Iterator[str]:
    """One contract's section."""
    source = (ROOT / "contracts" / "interfaces" / f"I{name}.sol").read_text()
    artifact = json.loads((ROOT / "ledger" / "abi" / f"{name}.json").read_text())
    abi = {(entry["type"], entry.get("name")): entry for entry in artifact["abi"]}
    found = list(declarations(source))
    (title,) = [one for one in found if one.kind == "interface"]
    yield f"\n## {name}\n"
    yield natspec(title.says.replace("@notice", ".", 1).replace(" .", ".", 1)) + "\n"
    yield "### Calls\n"
    for one in found:
        entry = abi.get(("function", one.name))
        if one.kind == "function" and entry and entry["stateMutability"] == "nonpayable":
            arguments = ", ".join(typed(part) for part in entry["inputs"])
            yield f"- **`{one.name}({arguments})`** {natspec(one.says)}"
    yield "\n### Views\n"
    for one in found:
        entry = abi.get(("function", one.name))
        if one.kind == "function" and entry and entry["stateMutability"] in ("view", "pure"):
            arguments = ", ".join(typed(part) for part in entry["inputs"])
            gives = ", ".join(typed(part) for part in entry["outputs"])
            yield f"- **`{one.name}({arguments})`** → `{gives}` {natspec(one.says)}".rstrip()
    yield "\n### Events\n\n| event | fields | topic 0 | |\n|---|---|---|---|"
    for one in found:
        if one.kind == "event":
            entry = abi["event", one.name]
            parts = ", ".join(typed(part, marked=True) for part in entry["inputs"])
            topic = keccak(signature(entry).encode()).hex()
            yield f"| `{one.name}` | {parts} | `{topic}` | {natspec(one.says)} |"
    yield "\n### Errors\n\n| error | selector |\n|---|---|"
    for one in found:
        if one.kind == "error":
            entry = abi["error", one.name]
            parts = ", ".join(typed(part) for part in entry["inputs"])
            selector = keccak(signature(entry).encode())[:4].hex()
            yield f"| `{one.name}({parts})` | `{selector}` |"


def words(name: str) -> str:
    """`ActiveOrdered` as people read it."""
    return re.sub(r"(?<!^)(?=[A-Z])", ", ", name).lower()


def states() -> Iterator[str]:
    """The tables of every call in every state, as the test has them."""
    source = STATES.read_text()
    grants, transfers = source.split(
        "// ------------------------------------------------------------------ transfers"
    )
    yield "\n## Every call in every state\n"
    yield (
        "Each call comes from one who may make it. A cell names the state that it leads to, or the "
        "error; · is `GrantStateUnexpected` or `TransferStateUnexpected`. The last column is the "
        "cause for which an attempt to open is refused.\n"
    )
    calls = columns(grants)
    rows = re.findall(r'check\(Row\.(\w+), "(\S+)", RefusalCause\.(\w+)\)', grants)
    yield from table(
        ["grant", *calls, "open"],
        (
            [words(row), *(LETTERS[letter] for letter in cells), "—" if cause == "None" else cause]
            for row, cells, cause in rows
        ),
    )
    yield "\nWhere two officers decide, and one has approved or countered:\n"
    second = re.findall(r'checkAfterFirst\(Row\.(\w+), (true|false), "(\S+)"\)', grants)
    yield from table(
        ["grant", *calls],
        (
            [
                f"{words(row)}, {'approved' if approved == 'true' else 'countered'} once",
                *(LETTERS[letter] for letter in cells),
            ]
            for row, approved, cells in second
            if row != "Ordered" or approved == "true"
        ),
    )
    for kind, block in re.findall(r"kind = PayloadKind\.(\w+);\n((?:\s+check\(.*\n)+)", transfers):
        yield f"\nTransfers of the kind `{kind}`" + (
            " (and `Derived`):\n" if kind == "Version" else ":\n"
        )
        stages = re.findall(r'check\(kind, Stage\.(\w+), "(\S+)"\)', block)
        yield from table(
            ["transfer", *columns(transfers)],
            (
                [words(stage), *(STEP_LETTERS[letter] for letter in cells)]
                for stage, cells in stages
            ),
        )


def columns(source: str) -> list[str]:
    """The calls that the test's comment lists as its columns."""
    found = re.search(r"@dev Columns: (.*?)(?:;|\.\n)", source, re.S)
    assert found
    text = re.sub(r"\([^)]*\)|///", " ", found[1])
    return [f"`{name.strip()}`" for name in text.split(",")]


def table(head: list[str], rows: Any) -> Iterator[str]:
    """A Markdown table."""
    yield f"| {' | '.join(head)} |"
    yield "|---" * len(head) + "|"
    for row in rows:
        assert len(row) == len(head), row
        yield f"| {' | '.join(row)} |"


def page() -> str:
    """The whole page."""
    lines = [INTRODUCTION.rstrip()]
    for name in CONTRACTS:
        lines += contract(name)
    lines += states()
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the page, or check that it is the one that is there."""
    if "--check" in sys.argv[1:]:
        sys.exit(
            TARGET.read_text() != page() and f"{TARGET.name} is out of date: run {sys.argv[0]}"
        )
    TARGET.write_text(page())


if __name__ == "__main__":
    main()
