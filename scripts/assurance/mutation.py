"""`scripts/assure mutation SOURCE [--sample N]`: does a test notice each small mistake?

`SOURCE` is a file of `contracts/`. Each mutant's contracts are compiled and laid in the
place of the real ones among forge's artifacts, of a copy; nothing of the checkout changes. Mutants
that don't compile, or to the same code, are not counted.
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
from scripts.assurance.mutants import Mutant, mutants

FORGE = Path("build/forge").resolve()
CONTRACTS = (
    "DepartmentRegistry",
    "DatasetRegistry",
    "ConsentRegistry",
    "AccessGrants",
    "TransferLog",
)
# The mutants are to be compiled soon, not to run cheaply.
FAST = {**SETTINGS, "optimizer": {"enabled": True, "runs": 1}}
FORGE_OPTIONS = {"FOUNDRY_FUZZ_RUNS": "64", "FOUNDRY_OUT": "out", "FOUNDRY_CACHE_PATH": "cache"}

Artifacts = Mapping[str, str]


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


def codes_of(sources: Mapping[str, str], names: list[str]) -> Artifacts:
    """Return the creation code of each contract.

    Raises:
        SolcError: the sources don't compile.
    """
    wanted = {f"contracts/{name}.sol": {name: ["evm.bytecode.object"]} for name in names}
    output = compile_sources(sources, wanted)["contracts"]
    return {
        name: "0x" + output[f"contracts/{name}.sol"][name]["evm"]["bytecode"]["object"]
        for name in names
    }


def affected(source: str, sources: Mapping[str, str]) -> list[str]:
    """Return the contracts that are compiled from `source`, directly or through imports."""
    names = []
    for name in CONTRACTS:
        pending, seen = [f"contracts/{name}.sol"], set[str]()
        while pending:
            current = pending.pop()
            if current in seen:
                continue
            seen.add(current)
            pending += [
                other
                for other in sources
                if f'/{Path(other).name}"' in sources[current] and other not in seen
            ]
        if source in seen:
            names.append(name)
    return names


class Bench:
    """A copy of forge's artifacts in which contracts can be replaced, and the tests beside it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for part in ("contracts", "node_modules", "build/solc"):
            (folder / part).parent.mkdir(parents=True, exist_ok=True)
            (folder / part).symlink_to(Path(part).resolve())
        shutil.copy("foundry.toml", folder)
        shutil.copytree("build/contracts/out", folder / "out")
        shutil.copytree("build/contracts/cache", folder / "cache")

    def lay(self, codes: Artifacts) -> None:
        """Put these creation codes into the artifacts."""
        for name, code in codes.items():
            path = self._folder / f"out/{name}.sol/{name}.json"
            artifact = json.loads(path.read_text())
            artifact["bytecode"]["object"] = code
            path.write_text(json.dumps(artifact))

    def passes(self) -> bool:
        """Whether every test passes."""
        command = [FORGE, "test", "--fail-fast", "--root", ".", "--no-match-contract", "Gas"]
        done = subprocess.run(
            command,
            cwd=self._folder,
            env={**os.environ, **FORGE_OPTIONS},
            capture_output=True,
            check=False,
        )
        return done.returncode == 0


def survivors(source: str, sample: int, seed: int) -> tuple[int, list[str]]:
    """Return how many mutants were tried, and those that no test noticed."""
    sources = read_sources(Path.cwd())
    original = sources[source].encode()
    tree = compile_sources(sources, {source: {"": ["ast"]}})["sources"][source]["ast"]
    all_of_them = mutants(tree, original)
    random.Random(seed).shuffle(all_of_them)
    names = affected(source, sources)
    real = codes_of(sources, names)
    tried, survived = 0, []
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        bench.lay(real)
        if not bench.passes():
            raise SystemExit("error: the tests fail without any mutant")
        for mutant in all_of_them:
            if tried == sample:
                break
            codes = _codes_of(mutant, original, source, sources, names)
            if codes is None or codes == real:
                continue
            tried += 1
            bench.lay(codes)
            if bench.passes():
                survived.append(mutant.describe(original))
                print(f"survived {source}:{survived[-1]}", flush=True)
    return tried, survived


def _codes_of(
    mutant: Mutant, original: bytes, source: str, sources: Mapping[str, str], names: list[str]
) -> Artifacts | None:
    changed = {**sources, source: mutant.apply(original).decode()}
    try:
        return codes_of(changed, names)
    except SolcError:
        return None


def main() -> int:
    """Try the mutants of one source; return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/assure mutation", description=__doc__)
    parser.add_argument("source", help="a file of contracts/, for instance contracts/Receipts.sol")
    parser.add_argument("--sample", type=int, default=-1, help="try so many of them, at random")
    parser.add_argument("--seed", type=int, default=1, help="which of them")
    arguments = parser.parse_args()
    tried, survived = survivors(arguments.source, arguments.sample, arguments.seed)
    print(f"{tried - len(survived)} passed, {len(survived)} failed")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
