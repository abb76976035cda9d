"""Small mistakes that someone could have made in a contract, from its syntax tree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Mutant:
    """One change of a source: the bytes from `start` to `end` become `text`."""

    start: int
    end: int
    text: str

    def apply(self, source: bytes) -> bytes:
        """Return the source with the change."""
        return source[: self.start] + self.text.encode() + source[self.end :]

    def describe(self, source: bytes) -> str:
        """Return the line and what was changed on it."""
        line = source.count(b"\n", 0, self.start) + 1
        before = " ".join(source[self.start : self.end].decode().split())
        return f"{line}: {before or '(nothing)'} -> {self.text or '(nothing)'}"


def mutants(tree: Node, source: bytes) -> list[Mutant]:
    """Return every mutant of a source unit's functions, in their order."""
    found: list[Mutant] = []
    for node in _nodes(tree):
        if node.get("nodeType") == "FunctionDefinition" and node.get("body"):
            for inner in _nodes(node["body"]):
                found += _of(inner, source)
    return sorted(set(found), key=lambda mutant: (mutant.start, mutant.end, mutant.text))


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
    elif kind in ("IfStatement", "Conditional"):
        yield Mutant(*span(node["condition"]), "false")
        if kind == "Conditional" or node.get("falseBody"):
            yield Mutant(*span(node["condition"]), "true")
    elif kind in ("ExpressionStatement", "EmitStatement"):
        yield Mutant(start, end, "{}" if source[end : end + 1] != b";" else "")
    elif kind == "Literal" and node["kind"] == "bool":
        yield Mutant(start, end, "false" if node["value"] == "true" else "true")
    elif kind == "Literal" and node["kind"] == "number":
        yield Mutant(start, end, f"{node['value']} + 1")


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
