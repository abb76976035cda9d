"""`scripts/assure mutmut [NAME…]`: does a unit test notice each small mistake in the core?

A name is a module (`ledger.envelope.wrap`) or a pattern (`ledger.provenance.*`); none is all of the
core and the outbox. mutmut makes the mutants, in a copy of the checkout; `forks` tries each with
the tests that reach its function. What runs while a module is loaded has run by then: a mutant
there that survives is tried once more in a process of its own. `docs/mutation.md` gets the rows and
survivors of these modules.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from scripts.assurance import survivors

COPY: Final = Path("build/mutation")
TOOLS: Final = Path("build/mutmut")
ASKED: Final = Path("build/mutation.asked")
PYTHON: Final = Path(".venv/bin/python")
CORE: Final = (
    "envelope/", "events/", "models/", "provenance/", "verify/",
    "identifiers.py", "recordmodel.py", "records.py", "chain/outbox.py",
)  # fmt: skip
# Tests of adapters and of the documentation find no mistake of the core, and take their time.
LEFT_OUT: Final = (
    "chain_errors", "compile", "config", "daemon", "doctor", "ipfs", "keystore", "locks", "mutants",
    "providers", "render", "snapshots", "survivors", "tables", "tables_answers", "tables_cutting",
    "testnet_settings", "threat_model", "toml", "toolchain",
)  # fmt: skip
# They start processes, which don't know of mutants.
DESELECTED: Final = (
    "test_events.py::test_events_load_without_heavy_libraries",
    "test_records.py::test_a_bomb_of_brackets_does_not_end_the_process",
)
Ran = subprocess.CompletedProcess[str]


def unit_tests() -> list[str]:
    """The unit tests that mutants have to get past."""
    found = sorted(Path("tests/unit").glob("test_*.py"))
    return [str(path) for path in found if path.stem.removeprefix("test_") not in LEFT_OUT]


def modules(names: list[str]) -> list[str]:
    """The modules of core and outbox that are asked for, in that order."""
    files = sorted(Path("ledger").rglob("*.py"))
    core = [path for path in files if str(path).removeprefix("ledger/").startswith(CORE)]
    every = [".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in core]
    asked = [name for one in names or ["*"] for name in fnmatch.filter(every, one)]
    return list(dict.fromkeys(asked))


def file(module: str) -> str:
    """The file of a module."""
    path = Path(*module.split("."))
    return str(path / "__init__.py" if path.is_dir() else path.with_suffix(".py"))


def copy_checkout() -> None:
    """Lay a copy of what git knows into the build folder, with the settings that mutmut needs."""
    shutil.rmtree(COPY, ignore_errors=True)
    names = subprocess.run(["git", "ls-files", "-z"], check=True, capture_output=True).stdout
    for name in filter(None, names.decode().split("\0")):
        (COPY / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(name, COPY / name)
    with (COPY / "pyproject.toml").open("a") as settings:
        settings.write('\n[tool.mutmut]\nsource_paths = ["ledger"]\n')


def python(*arguments: str, check: bool = True, **variables: str) -> Ran:
    """Run Python in the copy, which comes before the checkout that is installed."""
    places = os.pathsep.join(str(place.resolve()) for place in (COPY, TOOLS))
    return subprocess.run(
        [PYTHON.absolute(), *arguments],
        cwd=COPY,
        env={**os.environ, "PYTHONPATH": places, **variables},
        stdout=subprocess.PIPE,
        text=True,
        check=check,
    )


def pytest(*arguments: str, check: bool = True, **variables: str) -> Ran:
    """Run pytest in the copy."""
    deselected = (f"--deselect=tests/unit/{name}" for name in DESELECTED)
    settings = (
        "-q",
        "--capture=sys",
        "-p",
        "no:cacheprovider",
        "--timeout=150",
        "--tb=no",
        *deselected,
    )
    return python("-m", "pytest", *settings, *arguments, check=check, **variables)


def try_all(mutants: list[str], tests: list[str], children: int) -> tuple[dict[str, str], Any]:
    """Try mutants in forks; how each one's process ended, and what the tests reach."""
    ASKED.write_text("\n".join(mutants))
    results = ASKED.with_suffix(".results")
    results.unlink(missing_ok=True)
    asked, count = str(ASKED.resolve()), str(children)
    done = pytest(
        "-p", "scripts.assurance.forks", *tests,
        check=False, MUTATION_ASKED=asked, MUTATION_CHILDREN=count,
    )  # fmt: skip
    if done.returncode or not results.exists():
        raise SystemExit(done.stdout)
    statuses = dict(line.split()[:2] for line in results.read_text().splitlines())
    return statuses, json.loads(ASKED.with_suffix(".tests").read_text())


def survives_alone(mutant: str, tests: list[str], reached: Any) -> bool:
    """Whether no test notices it in a process of its own, which loads everything with it.

    Asked are the tests named like its module or package and those that know every format, or else
    those that reach it.
    """
    function = mutant.partition("__mutmut_")[0]
    parts = [part.removesuffix("s") for part in function.split(".")[-2:0:-1]]
    reaching = {name.partition("::")[0] for name, (_, all_) in reached.items() if function in all_}
    near = [test for part in parts for test in tests if part in Path(test).stem]
    asked = dict.fromkeys([*(near or sorted(reaching)), "tests/unit/test_vectors.py"])
    return pytest("-x", *asked, check=False, MUTANT_UNDER_TEST=mutant).returncode == 0


def main() -> None:
    """Make mutants, try them, and write down what survives."""
    parser = argparse.ArgumentParser(prog="scripts/assure mutmut", description=__doc__)
    parser.add_argument("--max-children", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--tests", nargs="*", help="files with tests; all that matter by default")
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args()
    copy_checkout()
    asked, tests = modules(options.names), options.tests or unit_tests()
    made = python("-m", "scripts.assurance.pymutants", *map(file, asked)).stdout.split()
    statuses, seen = try_all(made, tests, options.max_children)
    alive = {mutant for mutant in made if statuses.get(mutant) == "0"}
    loaded = set(seen["loaded"])
    again = [mutant for mutant in sorted(alive) if mutant.partition("__mutmut_")[0] in loaded]
    for count, mutant in enumerate(again, 1):
        print(f"{count} of {len(again)} once more", file=sys.stderr, flush=True)
        if not survives_alone(mutant, tests, seen["tests"]):
            alive.discard(mutant)
    survivors.record(COPY, asked, made, set(statuses), alive)


if __name__ == "__main__":
    main()
