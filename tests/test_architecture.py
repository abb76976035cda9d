"""Who may import whom, how long a file may be, and what no file may hold."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "ledger"

CORE = {
    "codes", "deployment", "envelope", "errors", "events", "identifiers", "models", "ports",
    "provenance", "recordmodel", "records", "silence", "tableschema", "tablevalues", "unixfs",
    "verify",
}  # fmt: skip
ADAPTERS = {"chain", "config", "ipfs", "keystore", "providers", "store", "tables", "toolchain"}
APPLICATION = {"agent", "auditor", "citizen", "client", "doctor"}
# `opening` builds the adapters for all roots, `backup` copies a home through them; `render` is how
# the command line shows things.
ROOTS = {"backup", "cli", "opening", "render", "testing", "testnet"}
# Files written whole or not at all, what configuration files look like, answers over HTTP that have
# an end: what adapters and verbs need of disk and network.
SHARED = {"files", "http", "toml"}
# The package itself: a table of names.
FRONT = {""}

MAY_IMPORT = {
    **dict.fromkeys(CORE, CORE),
    **dict.fromkeys(SHARED, CORE),
    **{adapter: CORE | SHARED | {adapter} for adapter in ADAPTERS},
    **dict.fromkeys(APPLICATION, CORE | SHARED | APPLICATION),
}

# The core has no files, processes, network, clock or randomness; `envelope` draws keys. `coincurve`
# signs consents with keys that are derived in the same place, and accounts' keys nowhere here.
PURE = {
    "__future__", "base64", "binascii", "coincurve", "collections", "contextlib", "cryptography",
    "dataclasses", "datetime", "decimal", "difflib", "enum", "eth_hash", "eth_utils", "functools",
    "hashlib", "heapq", "hmac", "io", "itertools", "json", "multiformats", "pydantic",
    "pydantic_core", "re", "rfc8785", "rlp", "trie", "typing", "unicodedata",
}  # fmt: skip
CLOCK = re.compile(r"\b(?:datetime|date)\.(?:now|today|utcnow)\(")

# Imports inside functions: a library that is slow to load, where few callers need it.
LAZY = {
    "ledger/identifiers.py": {"eth_utils", "multiformats"},
    "ledger/keystore/accounts.py": {"eth_utils"},
    "ledger/tables/__init__.py": {"ledger.tables.checking"},
    "ledger/tables/answers.py": {"ledger.tables.checking"},
}

ABOUT_300 = 330
LONG = {
    "ledger/ports.py": "all ports in one place, with their error contracts",
    "contracts/interfaces/IDepartmentRegistry.sol": "one contract's calls, events and errors",
    "contracts/interfaces/IAccessGrants.sol": "one contract's calls, events and errors",
    "contracts/interfaces/ITransferLog.sol": "one contract's calls, events and errors",
    "examples/demo.py": "a story, told in order",
}


@dataclass(frozen=True)
class Import:
    """One import statement's module, and whether it stands inside a function."""

    file: str
    module: str
    inside: bool


def part(module: str) -> str:
    """The part of the package that a module belongs to."""
    return [*module.split("."), ""][1]


def imports() -> list[Import]:
    """What the package's files import when they run; type checking doesn't count."""
    return [found for file in sorted(PACKAGE.rglob("*.py")) for found in imports_of(file)]


def imports_of(file: Path) -> Iterator[Import]:
    """The imports of one file."""
    tree = ast.parse(file.read_text())
    for block in ast.walk(tree):
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING":
            block.body = []
    inside = {
        node
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
    }
    name = str(file.relative_to(ROOT))
    for node in ast.walk(tree):
        for module in modules(node):
            yield Import(name, module, node in inside)


def modules(node: ast.AST) -> list[str]:
    """The modules that a statement imports."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0
        if node.module == "ledger":
            return [f"ledger.{alias.name}" for alias in node.names if alias.name[0] != "_"]
        return [str(node.module)]
    return []


IMPORTS = imports()
OWN = [found for found in IMPORTS if found.module.split(".")[0] == "ledger"]


def owner(found: Import) -> str:
    """The part of the package that an import stands in."""
    inner = found.file.removeprefix("ledger/").split("/")[0]
    return "" if inner == "__init__.py" else inner.removesuffix(".py")


def test_every_part_of_the_package_has_its_layer() -> None:
    parts = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or path.is_dir()}
    layers = CORE | ADAPTERS | APPLICATION | ROOTS | SHARED
    assert parts - {"__init__", "__pycache__", "abi", "py"} == layers


def test_each_layer_imports_only_what_it_may() -> None:
    wrong = [
        f"{found.file} imports {found.module}"
        for found in OWN
        if owner(found) in MAY_IMPORT and part(found.module) not in MAY_IMPORT[owner(found)]
    ]
    assert wrong == []


def test_nothing_imports_a_root_but_roots() -> None:
    wrong = [
        f"{found.file} imports {found.module}"
        for found in OWN
        if part(found.module) in ROOTS and owner(found) not in ROOTS | FRONT
    ]
    assert wrong == []


def test_parts_do_not_import_each_other_in_a_circle() -> None:
    graph: dict[str, set[str]] = {}
    for found in OWN:
        graph.setdefault(owner(found), set()).add(part(found.module))
    done: set[str] = set()

    def visit(name: str, above: tuple[str, ...]) -> None:
        assert name not in above, " imports ".join((*above, name))
        if name not in done:
            for other in graph.get(name, set()) - {name}:
                visit(other, (*above, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def test_the_core_imports_only_pure_libraries() -> None:
    wrong = [
        f"{found.file} imports {found.module}"
        for found in IMPORTS
        if owner(found) in CORE
        and found.module.split(".")[0] not in PURE | {"ledger"}
        and not (owner(found) == "envelope" and found.module == "secrets")
    ]
    assert wrong == []


def test_the_core_reads_no_clock_and_opens_no_file() -> None:
    for file in PACKAGE.rglob("*.py"):
        if file.relative_to(PACKAGE).parts[0].removesuffix(".py") in CORE:
            text = file.read_text()
            assert not CLOCK.search(text), file
            assert not re.search(r"(?<![\w.])open\(", text), file


def test_imports_inside_functions_are_lazy_loading_and_hide_no_circle() -> None:
    wrong = [
        f"{found.file} imports {found.module}"
        for found in IMPORTS
        if found.inside
        and owner(found) not in ROOTS
        and not any(found.module.startswith(name) for name in LAZY.get(found.file, ()))
    ]
    assert wrong == []


def sources() -> list[Path]:
    """Everything of the project that people read as code, tests apart."""
    folders = ("ledger", "scripts", "examples", "contracts")
    files = (file for folder in folders for file in (ROOT / folder).rglob("*"))
    return sorted(
        file for file in files if file.suffix in (".py", ".sol") and "test" not in file.parts
    )


def test_files_stay_short() -> None:
    lengths = {str(f.relative_to(ROOT)): len(f.read_text().splitlines()) for f in sources()}
    long = {name for name, length in lengths.items() if length > ABOUT_300}
    assert long == set(LONG)


def tracked() -> list[Path]:
    """The files that git knows, or would know."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    files = (ROOT / name for name in names.split("\0") if name)
    return [file for file in files if file.is_file() and not file.is_symlink()]


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("a path of one machine", r"(?<![\w.])/(?:root|home|Users|work)/(?!mary\b)[\w.]"),
        (
            "the address of a package registry",
            r"https?://[\w.-]*(?:pypi|pythonhosted|npmjs|golang)",
        ),
        ("the URL of a package in a lock", r'"resolved"\s*:'),
    ],
)
def test_no_file_holds(what: str, pattern: str) -> None:
    forbidden = re.compile(pattern)
    found = []
    for file in tracked():
        try:
            text = file.read_text()
        except UnicodeDecodeError:
            continue
        if forbidden.search(text) and file != Path(__file__).resolve():
            found.append(str(file.relative_to(ROOT)))
    assert found == [], what
