"""`scripts/assure mutation SOURCE … [--sample N]`: does a test notice each small mistake?

`SOURCE` is a file of `contracts/`. All mutants are compiled at once and chosen one by one as the
tests run (`mutants.py`); the contracts that have them are laid in the place of the real ones among
forge's artifacts, of a copy; nothing of the checkout changes. Tests in `contracts/test/functions/`
import what they test, so a mutant of that which survives is compiled once more for them, alone.
Mutants that don't compile are not counted; those that change nothing are, and have to be told apart
by reading.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import solcx
from solcx.exceptions import SolcError

from ledger.toolchain.compile import SETTINGS, read_sources
from scripts.assurance.mutants import CHOOSER, CHOOSER_PATH, Mutant, Place, Weaver, mutants, places

FORGE = Path("build/forge").resolve()
CONTRACTS = (
    "DepartmentRegistry",
    "DatasetRegistry",
    "ConsentRegistry",
    "AccessGrants",
    "TransferLog",
)
# They are to be compiled soon, not to run cheaply, and are larger than may be deployed.
FAST = {**SETTINGS, "optimizer": {"enabled": True, "runs": 1}}
FORGE_SETTINGS = {
    "FOUNDRY_FUZZ_RUNS": "64",
    "FOUNDRY_CODE_SIZE_LIMIT": "1000000",
}
FUNCTIONS = "contracts/test/functions"
NONE = 0


def compile_sources(
    sources: Mapping[str, str], outputs: Mapping[str, Mapping[str, list[str]]]
) -> dict[str, Any]:
    """Return solc's output.

    Raises:
        SolcError: the sources don't compile.
    """
    request = {
        "language": "Solidity",
        "settings": {**FAST, "outputSelection": outputs},
        "sources": {name: {"content": content} for name, content in sources.items()},
    }
    return dict(solcx.compile_standard(request, solc_binary=Path("build/solc").resolve()))


class Subject:
    """The contracts' sources, some of which have mutants."""

    def __init__(self, sources: Mapping[str, str], names: list[str]) -> None:
        self._sources = sources
        trees = compile_sources(sources, {name: {"": ["ast"]} for name in names})["sources"]
        self._places: dict[str, list[Place]] = {
            name: places(trees[name]["ast"], sources[name].encode()) for name in names
        }

    def sample(self, count: int, seed: int) -> dict[str, list[Mutant]]:
        """Return so many mutants of each source at random, or all, of those that compile."""
        compiling = {name: mutants(found) for name, found in self._places.items()}
        while wrong := self._not_compiling(compiling):
            compiling = {
                name: [mutant for mutant in of_it if (name, mutant) not in wrong]
                for name, of_it in compiling.items()
            }
        for of_it in compiling.values():
            random.Random(seed).shuffle(of_it)
        return {name: of_it if count < 0 else of_it[:count] for name, of_it in compiling.items()}

    def codes(self, numbers: Mapping[str, Mapping[Mutant, int]]) -> dict[str, str]:
        """Return the creation code of each contract that has some of the numbered mutants."""
        names = [name for name in CONTRACTS if not self._closure(name).isdisjoint(numbers)]
        wanted = {f"contracts/{name}.sol": {name: ["evm.bytecode.object"]} for name in names}
        woven, _ = self._weave(numbers)
        output = compile_sources(woven, wanted)["contracts"]
        return {
            name: "0x" + output[f"contracts/{name}.sol"][name]["evm"]["bytecode"]["object"]
            for name in names
        }

    def with_mutant(self, name: str, mutant: Mutant) -> str:
        """Return a source with one mutant in the place of the original."""
        source = self._sources[name].encode()
        return mutant.apply(source, 0, len(source))

    def describe(self, name: str, mutant: Mutant) -> str:
        """Return where a mutant is and what it changes."""
        return f"{name}:{mutant.describe(self._sources[name].encode())}"

    def _closure(self, contract: str) -> set[str]:
        """Return the sources that a contract is compiled from."""
        pending, seen = [f"contracts/{contract}.sol"], set[str]()
        while pending:
            current = pending.pop()
            seen.add(current)
            pending += [
                other
                for other in self._sources
                if f'/{Path(other).name}"' in self._sources[current] and other not in seen
            ]
        return seen

    def _not_compiling(self, chosen: Mapping[str, list[Mutant]]) -> set[tuple[str, Mutant]]:
        """Return mutants that the compiler rejects, at least one if there are any."""
        woven, weavers = self._weave(
            {name: dict.fromkeys(of_it, NONE) for name, of_it in chosen.items()}
        )
        try:
            # The syntax tree is had without any code.
            compile_sources(woven, {"*": {"": ["ast"]}})
        except SolcError as error:
            found = {
                (name, mutant)
                for problem in error.error_dict or []
                if problem["severity"] == "error"
                for name in [problem["sourceLocation"]["file"]]
                for mutant, where in weavers[name].spans.items()
                if _touches(where, problem["sourceLocation"])
            }
            if not found:
                raise
            return found
        return set()

    def _weave(
        self, numbers: Mapping[str, Mapping[Mutant, int]]
    ) -> tuple[dict[str, str], dict[str, Weaver]]:
        weavers = {
            name: Weaver(self._sources[name].encode(), of_it) for name, of_it in numbers.items()
        }
        woven = {name: weaver.weave(self._places[name]) for name, weaver in weavers.items()}
        return {**self._sources, **woven, CHOOSER_PATH: CHOOSER}, weavers


def _touches(where: range, location: Mapping[str, int]) -> bool:
    return location["start"] < where.stop and where.start < location["end"]


class Bench:
    """A copy of forge's artifacts in which contracts can be replaced, and the tests beside it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        _copy_project(folder)
        shutil.copytree("build/contracts", folder / "build/contracts")

    def lay(self, codes: Mapping[str, str]) -> None:
        """Put these creation codes into the artifacts."""
        for name, code in codes.items():
            path = self._folder / f"build/contracts/out/{name}.sol/{name}.json"
            artifact = json.loads(path.read_text())
            artifact["bytecode"]["object"] = code
            path.write_text(json.dumps(artifact))

    def passes(self, number: int) -> bool:
        """Whether every test passes with this mutant in effect."""
        command = [FORGE, "test", "--fail-fast", "--root", ".", "--no-match-contract", "Gas"]
        done = subprocess.run(
            command,
            cwd=self._folder,
            env={**os.environ, **FORGE_SETTINGS, "FOUNDRY_BLOCK_COINBASE": f"0x{number:040x}"},
            capture_output=True,
            check=False,
        )
        return done.returncode == 0


class FunctionsBench:
    """A copy of the sources, and the tests that import some of their functions."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        _copy_project(folder)
        tests = (folder / FUNCTIONS).glob("*.t.sol")
        self._imports = "".join(test.read_text() for test in tests)

    def passes(self, name: str, source: str) -> bool:
        """Whether every test passes with this in the place of a source, or none imports it."""
        if f'/{Path(name).name}"' not in self._imports:
            return True
        path = self._folder / name
        original = path.read_text()
        path.write_text(source)
        # Nothing else is compiled.
        only = {"FOUNDRY_SRC": FUNCTIONS, "FOUNDRY_TEST": FUNCTIONS}
        done = subprocess.run(
            [FORGE, "test", "--fail-fast", "--root", "."],
            cwd=self._folder,
            env={**os.environ, **only},
            capture_output=True,
            check=False,
        )
        path.write_text(original)
        return done.returncode == 0


def _copy_project(folder: Path) -> None:
    """Lay a project of forge's into a new folder, with nothing compiled yet."""
    (folder / "build").mkdir(parents=True)
    shutil.copy("foundry.toml", folder)
    # Of what lies elsewhere, or is a link to it, forge would compile all anew.
    shutil.copytree("contracts", folder / "contracts")
    for part in ("node_modules", "build/solc"):
        (folder / part).symlink_to(Path(part).resolve())


def try_all(subject: Subject, chosen: Mapping[str, list[Mutant]]) -> tuple[int, int]:
    """Return how many mutants some test noticed, and how many none did, which are printed."""
    numbered = [(name, mutant) for name, of_it in chosen.items() for mutant in of_it]
    numbers: dict[str, dict[Mutant, int]] = {name: {} for name in chosen}
    for number, (name, mutant) in enumerate(numbered, start=NONE + 1):
        numbers[name][mutant] = number
    survived = 0
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder) / "contracts")
        functions = FunctionsBench(Path(folder) / "functions")
        bench.lay(subject.codes(numbers))
        if not bench.passes(NONE):
            raise SystemExit("error: the tests fail without any mutant")
        for name, mutant in numbered:
            if bench.passes(numbers[name][mutant]) and functions.passes(
                name, subject.with_mutant(name, mutant)
            ):
                survived += 1
                print(f"survived {subject.describe(name, mutant)}", flush=True)
    return len(numbered) - survived, survived


def main() -> int:
    """Try the mutants of some sources; return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/assure mutation", description=__doc__)
    parser.add_argument("source", nargs="+", help="for instance contracts/Receipts.sol")
    parser.add_argument("--sample", type=int, default=-1, help="try so many of each, at random")
    parser.add_argument("--seed", type=int, default=1, help="which of them")
    arguments = parser.parse_args()
    subprocess.run([FORGE, "build"], stdout=subprocess.DEVNULL, check=True)
    subject = Subject(read_sources(Path.cwd()), arguments.source)
    noticed, survived = try_all(subject, subject.sample(arguments.sample, arguments.seed))
    print(f"{noticed} passed, {survived} failed")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
