"""`docs/mutation.md`: how many mutants of each module the tests notice, and why the others survive.

The document is its own store. A run replaces the rows and lists of the modules that it tried, and
keeps what people wrote above a survivor, which is known by its function and its change.
"""

from __future__ import annotations

import ast
import difflib
import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ledger import errors

DOCUMENT: Final = Path("docs/mutation.md")
UNEXPLAINED: Final = "Not explained yet:"
SENTENCES: Final = "What an error says, not which error it is or what raises it:"
SAME_CODEC: Final = "Equivalent: names of encodings are the same in capitals:"
BIG_ENDIAN: Final = (
    "Equivalent: `to_bytes` and `from_bytes` take the most significant byte first by default:"
)
CAST: Final = "Equivalent: `cast` does nothing when it runs:"
STRICT: Final = (
    "`zip`'s `strict` guards against a mistake that nobody makes: the lengths are equal:"
)
_CONTEXT: Final = 40
_WIDTH: Final = 72

_ROW: Final = re.compile(r"\| `(ledger\.[\w.]+)` \| ([\d,]+) \| ([\d,]+) \|")
_HEADING: Final = re.compile(r"## `(.+)`")
_TIMES: Final = re.compile(r" \(×(\d+)\)$")


@dataclass
class Module:
    """What is known of one module: its counts, and each survivor's explanation."""

    mutants: int = 0
    killed: int = 0
    survivors: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """By explanation; as often as it survives."""


def record(
    copy: Path, modules: list[str], made: list[str], tried: set[str], alive: set[str]
) -> None:
    """Write what became of the mutants of `modules` into the document, where all were tried."""
    head, known = read(DOCUMENT.read_text())
    for module in modules:
        of_module = [mutant for mutant in made if re.sub(r"\.x[ǁ_].*$", "", mutant) == module]
        left = [mutant for mutant in of_module if mutant in alive]
        before = known.get(module, Module()).survivors
        explained = {what: why for why, found in before.items() for what in found}
        new = Module(len(of_module), len(of_module) - len(left))
        for what, why in changes(copy, module, left):
            kept = explained.get(what, UNEXPLAINED)
            new.survivors[why if kept == UNEXPLAINED else kept].append(what)
        if of_module and tried.issuperset(of_module):
            known[module] = new
    DOCUMENT.write_text(written(head, known))


def read(text: str) -> tuple[str, dict[str, Module]]:
    """The document's introduction, and what it says of each module."""
    head, _, rest = text.partition("\n| module |")
    found: dict[str, Module] = {}
    for name, mutants, killed in _ROW.findall(rest):
        found[name] = Module(int(mutants.replace(",", "")), int(killed.replace(",", "")))
    module, why = Module(), ""
    for block in rest.split("\n\n"):
        if heading := _HEADING.match(block):
            module = found[heading[1]]
        elif block.startswith("- "):
            for line in block.strip().splitlines():
                times = _TIMES.search(line)
                what = _TIMES.sub("", line.removeprefix("- "))
                module.survivors[why].extend([what] * int(times[1] if times else 1))
        else:
            why = " ".join(block.split())
    return head, found


def written(head: str, modules: dict[str, Module]) -> str:
    """The document."""
    rows, lists = [], []
    for name, module in sorted(modules.items()):
        rows.append(_row(f"`{name}`", module.mutants, module.killed))
        if module.survivors:
            lists.append(f"## `{name}`")
        for why, found in sorted(module.survivors.items()):
            counted = sorted(Counter(found).items())
            lines = [f"- {what}" + (f" (×{n})" if n > 1 else "") for what, n in counted]
            lists += [why, "\n".join(lines)]
    mutants = sum(module.mutants for module in modules.values())
    killed = sum(module.killed for module in modules.values())
    rows.append(_row("together", mutants, killed))
    table = "\n".join(["| module | mutants | killed | share |", "|---|---:|---:|---:|", *rows])
    return "\n\n".join([head.rstrip("\n"), table, *lists]) + "\n"


def _row(name: str, mutants: int, killed: int) -> str:
    return f"| {name} | {mutants:,} | {killed:,} | {killed / max(mutants, 1):.1%} |"


def changes(copy: Path, module: str, mutants: list[str]) -> Iterator[tuple[str, str]]:
    """Each mutant's function and change, and the explanation that can be seen from the code."""
    path = copy.joinpath(*module.split("."))
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    functions = dict(_functions(ast.parse(source.read_text())))
    for mutant in mutants:
        name = mutant.removeprefix(f"{module}.")
        mangled, _, _ = name.partition("__mutmut_")
        original, mutated = functions[f"{mangled}__mutmut_orig"], functions[name]
        shown = mangled.removeprefix("xǁ").removeprefix("x_").replace("ǁ", ".")
        old, new = _parted(original, mutated)
        if is_sentence(original, mutated):
            yield f"`{shown}`: {_code(old[:_WIDTH])} …", SENTENCES
        else:
            yield f"`{shown}`: {change(old, new)}", known_reason(old, new)


def _functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    classes = [node.body for node in tree.body if isinstance(node, ast.ClassDef)]
    for body in [tree.body, *classes]:
        for node in body:
            if isinstance(node, ast.FunctionDef) and "__mutmut_" in node.name:
                name, node.name = node.name, "_"
                yield name, node


def known_reason(old: str, new: str) -> str:
    """Why a mutant survives, where the change alone says so."""
    if re.sub(r"'(ascii|latin-1|utf-8)'", lambda found: found[0].upper(), old) == new:
        return SAME_CODEC
    if re.sub(r", (byteorder=)?'big'", "", old) == re.sub(r", (byteorder=)?'big'", "", new):
        return BIG_ENDIAN
    if re.sub(r", strict=\w+", "", old) == re.sub(r", strict=\w+", "", new):
        return STRICT
    if re.sub(r"cast\([^,]+, ", "", old) == re.sub(r"cast\([^,]+, ", "", new):
        return CAST
    return UNEXPLAINED


def change(old: str, new: str) -> str:
    """The statement that differs, before and after, around where it does."""
    lead = max(_common(old, new) - _CONTEXT, 0)
    trail = max(_common(old[::-1], new[::-1]) - _CONTEXT, 0)
    return f"{_code(_cut(old, lead, trail))} → {_code(_cut(new, lead, trail))}"


def _parted(original: ast.AST, mutated: ast.AST) -> tuple[str, str]:
    before, after = ast.unparse(original).splitlines(), ast.unparse(mutated).splitlines()
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    spans = [spans for kind, *spans in matcher.get_opcodes() if kind != "equal"]
    olds = [line.strip() for start, end, _, _ in spans for line in before[start:end]]
    news = [line.strip() for _, _, start, end in spans for line in after[start:end]]
    return " ".join(olds), " ".join(news)


def _common(one: str, other: str) -> int:
    pairs = zip(one, other, strict=False)
    return len(list(itertools.takewhile(lambda pair: pair[0] == pair[1], pairs)))


def _cut(text: str, lead: int, trail: int) -> str:
    begin = text.rfind(" ", 0, lead) + 1 if lead else 0
    end = text.find(" ", len(text) - trail) if trail else len(text)
    end = len(text) if end < 0 else end
    return "…" * (begin > 0) + text[begin:end] + "…" * (end < len(text))


def _code(text: str) -> str:
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def is_sentence(original: ast.AST, mutated: ast.AST) -> bool:
    """Whether only the words differ with which an error is raised."""
    path = list(_towards(original, mutated))
    if not any(isinstance(node, ast.Raise) or _makes_error(node) for node in path):
        return False
    last = path[-1]
    if isinstance(last, ast.Call):
        # An argument is gone: which one shows where the two part.
        return {one.arg for one in last.keywords} - _keywords(original, mutated) == {"hint"}
    if any(isinstance(node, ast.keyword) and node.arg != "hint" for node in path):
        return False
    return isinstance(last, ast.JoinedStr) or (
        isinstance(last, ast.Constant) and isinstance(last.value, str)
    )


def _makes_error(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) in vars(errors)


def _keywords(original: ast.AST, mutated: ast.AST) -> set[str | None]:
    last = list(_towards(mutated, original))[-1]
    return {one.arg for one in last.keywords} if isinstance(last, ast.Call) else set()


def _towards(one: ast.AST, other: ast.AST) -> Iterator[ast.AST]:
    """The nodes from `one` down to the smallest that holds all that differs from `other`."""
    yield one
    if type(one) is not type(other):
        return
    ours, theirs = list(ast.iter_child_nodes(one)), list(ast.iter_child_nodes(other))
    pairs = [
        pair for pair in zip(ours, theirs, strict=False) if ast.dump(pair[0]) != ast.dump(pair[1])
    ]
    if len(ours) == len(theirs) and len(pairs) == 1:
        yield from _towards(*pairs[0])
