"""Small mistakes that someone could have made in a contract, all in one compiled form.

Compiling takes far longer than testing. So a source is compiled once with many mutants in it, and
which one is in effect is chosen as it runs, by the block's coinbase: `weave`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Node = Mapping[str, Any]

OPERATORS = {
    "<": ("<=", ">="),
    "<=": ("<", ">"),
    ">": (">=", "<="),
    ">=": (">", "<"),
    "==": ("!=",),
    "!=": ("==",),
    "&&": ("||",),
    "||": ("&&",),
    "+": ("-",),
    "-": ("+",),
    "<<": (">>",),
    ">>": ("<<",),
    "&": ("|",),
    "|": ("&",),
}

# Free and pure, so that any function may call it.
CHOOSER_PATH = "contracts/Chooser.sol"
CHOOSER = """// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

function isMutant(uint256 number) pure returns (bool) {
    function(uint256) view returns (bool) viewing = isChosen;
    function(uint256) pure returns (bool) choosing;
    assembly {
        choosing := viewing
    }
    return choosing(number);
}

function isChosen(uint256 number) view returns (bool) {
    return uint160(address(block.coinbase)) == number;
}
"""


@dataclass(frozen=True)
class Mutant:
    """One change of a source: the bytes from `start` to `end` become `text`."""

    start: int
    end: int
    text: str

    def apply(self, source: bytes, start: int, end: int) -> str:
        """Return the source from `start` to `end` with the change."""
        parts = source[start : self.start], self.text.encode(), source[self.end : end]
        return b"".join(parts).decode()

    def describe(self, source: bytes) -> str:
        """Return the line and what was changed on it."""
        line = source.count(b"\n", 0, self.start) + 1
        before = " ".join(source[self.start : self.end].decode().split())
        return f"{line}: {before or '(nothing)'} -> {self.text or '(nothing)'}"


@dataclass
class Place:
    """A statement, or a whole condition or initial value, and the mutants in no smaller one."""

    start: int
    end: int
    is_statement: bool
    mutants: list[Mutant] = field(default_factory=list)
    inner: list[Place] = field(default_factory=list)


def places(tree: Node, source: bytes) -> list[Place]:
    """Return the outermost places of a source unit's functions.

    What is in no place, as the step of a `for` or the arguments of a declaration of several
    variables, is left alone.
    """
    outermost: list[Place] = []
    for node in _nodes(tree):
        if node.get("nodeType") == "FunctionDefinition" and node.get("body"):
            _collect(node["body"], None, outermost, source)
    return sorted(outermost, key=lambda place: place.start)


def mutants(found: Sequence[Place]) -> list[Mutant]:
    """Return all mutants of these places, in their order."""
    inner = [mutant for place in found for mutant in mutants(place.inner)]
    own = [mutant for place in found for mutant in place.mutants]
    return sorted({*own, *inner}, key=lambda mutant: (mutant.start, mutant.end, mutant.text))


class Weaver:
    """A source with those of its mutants that have a number, each in effect where it is chosen."""

    def __init__(self, source: bytes, numbers: Mapping[Mutant, int]) -> None:
        self._source = source
        self._numbers = numbers
        self._text = bytearray()
        # Where each mutant is in `text`, to tell which one doesn't compile.
        self.spans: dict[Mutant, range] = {}

    def weave(self, found: Sequence[Place]) -> str:
        """Return the woven source."""
        pragma = b"pragma solidity ^0.8.37;\n"
        begin = self._source.index(pragma) + len(pragma)
        self._text += self._source[:begin]
        self._put(f'import {{isMutant}} from "{CHOOSER_PATH}";\n')
        self._put_range(begin, len(self._source), found)
        return self._text.decode()

    def _put(self, text: str) -> None:
        self._text += text.encode()

    def _put_range(self, start: int, end: int, inner: Sequence[Place]) -> None:
        for place in sorted(inner, key=lambda place: place.start):
            self._text += self._source[start : place.start]
            self._put_place(place)
            start = place.end
        self._text += self._source[start:end]

    def _put_place(self, place: Place) -> None:
        chosen = [mutant for mutant in place.mutants if mutant in self._numbers]
        before, between, after = (
            ("{ if", "{", "} else") if place.is_statement else ("(", " ? (", ") :")
        )
        for mutant in chosen:
            self._put(f"{before} (isMutant({self._numbers[mutant]})){between}")
            begin = len(self._text)
            self._put(mutant.apply(self._source, place.start, place.end))
            self.spans[mutant] = range(begin, len(self._text))
            self._put(f"{after} ")
        if chosen and place.is_statement:
            self._put("{ ")
        self._put_range(place.start, place.end, place.inner)
        if chosen:
            self._put("} " + "}" * len(chosen) if place.is_statement else ")" * len(chosen))


def _collect(node: Any, place: Place | None, siblings: list[Place], source: bytes) -> None:
    """Add the places in `node` to `siblings`, and mutants to `place`, which is around it."""
    if isinstance(node, list):
        for item in node:
            _collect(item, place, siblings, source)
        return
    if not isinstance(node, Mapping):
        return
    kind = node.get("nodeType")
    opened: dict[str, bool] = {}
    if kind in ("ExpressionStatement", "EmitStatement", "Return", "RevertStatement"):
        start, end = span(node)
        if source[end : end + 1] == b";":
            end += 1
        place = Place(start, end, True)
        siblings.append(place)
        siblings = place.inner
    elif kind in ("IfStatement", "Conditional", "WhileStatement", "ForStatement"):
        opened["condition"] = True
    elif kind == "VariableDeclarationStatement":
        place = None
        if len(node["declarations"]) == 1:
            opened["initialValue"] = True
    if place is not None and kind is not None:
        place.mutants += _of(node, source)
    for name, part in node.items():
        if name == "loopExpression":
            continue
        if name in opened and part:
            own = Place(*span(part), is_statement=False)
            siblings.append(own)
            if name == "condition":
                own.mutants += _of_condition(node)
            _collect(part, own, own.inner, source)
        elif kind in ("IfStatement", "WhileStatement", "ForStatement"):
            _collect(part, None, siblings, source)
        else:
            _collect(part, place, siblings, source)


def _of_condition(node: Node) -> Iterator[Mutant]:
    if node["nodeType"] in ("IfStatement", "Conditional"):
        yield Mutant(*span(node["condition"]), "false")
        if node["nodeType"] == "Conditional" or node.get("falseBody"):
            yield Mutant(*span(node["condition"]), "true")


def _of(node: Node, source: bytes) -> Iterator[Mutant]:
    kind = node["nodeType"]
    start, end = span(node)
    if kind == "BinaryOperation":
        gap = span(node["leftExpression"])[1], span(node["rightExpression"])[0]
        operator = node["operator"]
        at = source.find(operator.encode(), *gap)
        for other in OPERATORS.get(operator, ()):
            if at >= 0:
                yield Mutant(at, at + len(operator), other)
    elif kind == "UnaryOperation":
        if node["operator"] == "!":
            yield Mutant(start, start + 1, "")
        elif node["operator"] in ("++", "--") and node["prefix"]:
            yield Mutant(start, start + 2, "--" if node["operator"] == "++" else "++")
    elif kind in ("ExpressionStatement", "EmitStatement") and not _points(node):
        yield Mutant(start, end + (source[end : end + 1] == b";"), "")
    elif kind == "Literal" and node["kind"] == "bool":
        yield Mutant(start, end, "false" if node["value"] == "true" else "true")
    elif kind == "Literal" and node["kind"] == "number":
        yield Mutant(start, end, f"{node['value']} + 1")


def _points(statement: Node) -> bool:
    """Whether it sets a pointer to storage: without that, the compiler takes none of its uses."""
    left = statement.get("expression", {}).get("leftHandSide", {})
    kind = left.get("typeDescriptions", {}).get("typeString", "")
    return left.get("nodeType") == "Identifier" and str(kind).endswith("storage pointer")


def span(node: Node) -> tuple[int, int]:
    """Return where a node's text begins and ends, in bytes."""
    start, length, _ = (int(part) for part in node["src"].split(":"))
    return start, start + length


def _nodes(value: Any) -> Iterator[Node]:
    if isinstance(value, list):
        for item in value:
            yield from _nodes(item)
    elif isinstance(value, Mapping):
        if "nodeType" in value:
            yield value
        for item in value.values():
            yield from _nodes(item)
